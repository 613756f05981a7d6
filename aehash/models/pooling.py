"""Global pooling of feature maps to one vector: GeM, SPoC, MAC, R-MAC; and L2 normalisation.

All take maps (batch, height, width, channels), channels last, of any height and width from 1,
known beforehand or not, and give (batch, channels). They compute in float32 inside a
mixed-precision model, since powers and their sums leave the range of half precision; a float64
policy is kept.
"""

from typing import Any

import keras
from keras import constraints, initializers, layers, ops

from aehash.errors import UsageError

#: What the inputs of GeM are floored at, as in the authors' code.
FLOOR = 1e-6
#: Where p stays while it is learned. Below, 1/p magnifies rounding; above, GeM is the maximum.
SMALLEST_P, LARGEST_P = 1e-2, 1e3
#: Regions along the longer side of the largest scale, of which R-MAC takes the best overlap.
_STEPS = (2, 3, 4, 5, 6, 7)
_OVERLAP = 0.4
_TINY = 1e-12


@keras.saving.register_keras_serializable(package="aehash")
class Between(constraints.Constraint):
    """Keep a weight between two bounds after every step; NaN stays NaN, so that it is seen.

    Args:
        low: The lower bound.
        high: The upper bound.
    """

    def __init__(self, low: float, high: float) -> None:
        self.low = low
        self.high = high

    def __call__(self, value: Any) -> Any:
        """Clip a tensor of any shape."""
        return ops.clip(value, self.low, self.high)

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that make it again."""
        return {"low": self.low, "high": self.high}


class _Real(layers.Layer):
    """A layer that computes in float32, or float64 where that is asked for."""

    def __init__(self, dtype: Any = None, **options: Any) -> None:
        policy = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
        half = policy.compute_dtype not in ("float32", "float64")
        super().__init__(dtype="float32" if half else policy, **options)

    def get_config(self) -> dict[str, Any]:
        """Give the name and the precision; Keras's own guess would drop the name."""
        return dict(super().get_config())


class _Pooling(_Real):
    """Maps (batch, height, width, channels) → (batch, channels)."""

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Drop height and width."""
        return (input_shape[0], input_shape[-1])


@keras.saving.register_keras_serializable(package="aehash")
class GeM(_Pooling):
    """Generalised mean: f_k = (mean over x in X_k of max(x, 1e-6)^p_k)^(1/p_k).

    Radenović, Tolias and Chum (2019), equation 3; dang2023's equation 2 lost the mean's
    denominator. p = 1 is the average (SPoC), p → ∞ the maximum (MAC): over N places it is no less
    than N^(-1/p) of the maximum.

    The maximum m_k is factored out, f_k = m_k · (mean of (x / m_k)^p_k)^(1/p_k), so that no power
    overflows at any p; as f does not depend on the factor, no gradient passes through it. The
    weight is p itself, held from 0.01 to 1000 after every step: finite inputs give a finite
    output. A NaN that comes in by the inputs or the gradients is not hidden: the loss becomes NaN,
    at which training stops with a sentence.

    Args:
        p: The first value, 0.01 to 1000.
        per_map: Learn one p for each map instead of one for all.
        learned: Whether p is trained.
        **options: Of a Keras layer.

    Raises:
        UsageError: p is out of range.
    """

    def __init__(
        self, p: float = 3.0, per_map: bool = False, learned: bool = True, **options: Any
    ) -> None:
        super().__init__(**options)
        if not SMALLEST_P <= p <= LARGEST_P:
            raise UsageError(
                f"p is {p}; it must be from {SMALLEST_P:g} to {LARGEST_P:g}: 1 averages, 3 is the "
                "usual start."
            )
        self.first_p = float(p)
        self.per_map = per_map
        self.learned = learned

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make p: (channels,) where each map has its own, else (1,)."""
        self.p = self.add_weight(
            shape=(input_shape[-1] if self.per_map else 1,),
            initializer=initializers.Constant(self.first_p),
            constraint=Between(SMALLEST_P, LARGEST_P),
            trainable=self.learned,
            name="p",
        )

    def call(self, inputs: Any) -> Any:
        """Pool (batch, height, width, channels) to (batch, channels), 1e-6 or more."""
        p = ops.cast(self.p, self.compute_dtype)
        x = ops.cast(inputs, self.compute_dtype)
        floor = ops.convert_to_tensor(FLOOR, x.dtype)
        x = ops.where(x < floor, floor, x)  # not maximum(), which may hide NaN
        most = ops.stop_gradient(ops.max(x, axis=(1, 2), keepdims=True))
        powers = ops.exp(p * ops.log(x / most))
        mean = ops.mean(powers, axis=(1, 2))
        return most[:, 0, 0, :] * ops.exp(ops.log(mean) / p)

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that make it again."""
        own = {"p": self.first_p, "per_map": self.per_map, "learned": self.learned}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="aehash")
class SPoC(_Pooling):
    """Average of each map: f_k = mean over x in X_k of x (Babenko and Lempitsky 2015, no prior)."""

    def call(self, inputs: Any) -> Any:
        """Pool (batch, height, width, channels) to (batch, channels)."""
        return ops.mean(ops.cast(inputs, self.compute_dtype), axis=(1, 2))


@keras.saving.register_keras_serializable(package="aehash")
class MAC(_Pooling):
    """Maximum of each map: f_k = max over x in X_k of x (Tolias et al. 2016)."""

    def call(self, inputs: Any) -> Any:
        """Pool (batch, height, width, channels) to (batch, channels)."""
        return ops.max(ops.cast(inputs, self.compute_dtype), axis=(1, 2))


@keras.saving.register_keras_serializable(package="aehash")
class RMAC(_Pooling):
    """Sum of the L2-normalised maxima of square regions, then L2 (Tolias et al. 2016, section 3.2).

    At level l the regions are ⌊2·w / (l+1)⌋ wide, w being the shorter side, and there are l of
    them along it, l + m along the longer; m + 1 is what makes the widest regions overlap nearest
    to 40 %, of 2 to 7 (m = 0 for a square). The i-th starts at ⌊i · (side - width) / (count - 1)⌋,
    in whole numbers; regions that would be 0 wide are left out. As in the authors' code, the
    maximum of the whole map is summed as well. The regions are worked out from the maps that come
    in, so height and width need not be known when the graph is made.

    Args:
        levels: How many scales.
        **options: Of a Keras layer.

    Raises:
        UsageError: There is no level.
    """

    def __init__(self, levels: int = 3, **options: Any) -> None:
        super().__init__(**options)
        if levels < 1:
            raise UsageError(f"levels is {levels}; R-MAC takes 1 or more, 3 as published.")
        self.levels = levels

    def call(self, inputs: Any) -> Any:
        """Pool (batch, height, width, channels) to (batch, channels) of length 1 (or 0)."""
        x = ops.cast(inputs, self.compute_dtype)
        height, width = ops.shape(x)[1], ops.shape(x)[2]
        side = ops.minimum(height, width)
        more = _more(ops.maximum(height, width), side)
        total = normalised(ops.max(x, axis=(1, 2)))
        for level in range(1, self.levels + 1):
            region = 2 * side // (level + 1)
            down = _places(height, region, level, ops.where(height > width, more, 0))
            along = _places(width, region, level, ops.where(width > height, more, 0))
            maxima = _maxima(ops.swapaxes(_maxima(x, down), 1, 2), along)
            used = ops.any(down, 1)[None, None, :, None] & ops.any(along, 1)[None, :, None, None]
            vectors = normalised(ops.where(used, maxima, 0))
            total = total + ops.sum(vectors, axis=(1, 2))
        return normalised(total)

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that make it again."""
        return {**super().get_config(), "levels": self.levels}


@keras.saving.register_keras_serializable(package="aehash")
class L2(_Real):
    """Divide each vector by its length: x / ‖x‖; a zero vector stays zero, and so its gradient.

    A vector whose largest value is 1e-12 or less counts as zero.
    """

    def call(self, inputs: Any) -> Any:
        """Map (…, channels) to the same shape."""
        return normalised(ops.cast(inputs, self.compute_dtype))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Keep the shape."""
        return input_shape


def normalised(x: Any) -> Any:
    """Divide vectors by their lengths; zero vectors stay zero, with a gradient of zero.

    The largest value is factored out first, so that no square over- or underflows.

    Args:
        x: (…, channels), float.

    Returns:
        The same shape.
    """
    most = ops.stop_gradient(ops.max(ops.abs(x), axis=-1, keepdims=True))
    zero = most <= _TINY  # not so for NaN, which stays to be seen
    scaled = x / ops.where(zero, ops.ones_like(most), most)
    squares = ops.sum(ops.square(scaled), axis=-1, keepdims=True)
    unit = scaled * ops.rsqrt(ops.where(zero, ops.ones_like(squares), squares))
    return ops.where(zero, ops.zeros_like(x), unit)


def _more(longer: Any, shorter: Any) -> Any:
    """Say how many further regions lie along the longer side; for oblong maps only."""
    steps = ops.convert_to_tensor([step - 1 for step in _STEPS], "float32")
    shift = ops.cast(longer - shorter, "float32") / steps
    overlap = 1 - shift / ops.cast(shorter, "float32")
    return ops.cast(ops.argmin(ops.abs(overlap - _OVERLAP)), "int32") + 1


def _places(side: Any, region: Any, level: int, more: Any) -> Any:
    """Mark which places of a side lie in each region: (most regions, side), bool."""
    count = level + more
    index = ops.arange(level + len(_STEPS), dtype="int32")[:, None]
    start = index * (side - region) // ops.maximum(count - 1, 1)
    place = ops.arange(side, dtype="int32")[None, :]
    return (index < count) & (place >= start) & (place < start + region)


def _maxima(x: Any, inside: Any) -> Any:
    """Take maxima over axis 1 in each region: (batch, side, n, channels) → (batch, regions, …)."""
    least = ops.convert_to_tensor(-float("inf"), x.dtype)
    regions = [
        ops.max(ops.where(inside[index][None, :, None, None], x, least), axis=1)
        for index in range(inside.shape[0])
    ]
    return ops.stack(regions, axis=1)
