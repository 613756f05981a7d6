"""Descriptors of images of any size: no squashing, several scales, boxes cut out.

A picture keeps its aspect; its longest side is brought to a length and never enlarged. Further
scales are resampled from that picture, antialiased, their sides rounded down; the descriptors of
the scales are joined by a power mean and divided by their length. Pictures of equal shape are
described together, up to :data:`PIXELS` in one pass, and nothing is padded, since zeros around a
picture would change its maps. TensorFlow traces the net at most four times, whatever the shapes
that come: once, and once more for each of the three axes found to vary. JAX compiles it for every
shape, so there pictures go one by one. Either is kept for as long as the model is.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
from numpy.typing import NDArray

from aehash import models
from aehash.errors import AehashError, UsageError
from aehash.models.blocks import LATENT
from aehash.models.encoders import smallest_inside
from aehash.models.gem2023 import POOL, WHITEN
from aehash.models.pooling import FLOOR, GeM

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset
    from aehash.generators.sizes import Box

#: The scales of the field's evaluation: 1, 1/√2 and 1/2.
SCALES = (1.0, 2**-0.5, 0.5)
#: Pixels in one pass through the net, at most, on an accelerator and on a processor, whose caches
#: hold the maps of few; one picture always goes.
PIXELS = {"accelerator": 1 << 22, "cpu": 1 << 18}
#: Pictures in one pass, at most.
_PICTURES = 32
#: Values of pictures that wait for others of their shape, at most: some 200 MB.
_WAITING = 3 << 26

Pictures = NDArray[np.uint8]
#: Called with the images done and the images in all.
Progress = Callable[[int, int], None]


def describe(
    model: keras.Model,
    images: "Dataset | Sequence[Pictures]",
    rows: Sequence[int] | NDArray[np.int64] | None = None,
    *,
    longest: int = 1024,
    scales: Sequence[float] = SCALES,
    join_p: float | None = None,
    boxes: "Sequence[Box | None] | None" = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Describe images by a net such as ``gem2023``.

    Args:
        model: A model of :func:`aehash.models.build` that only describes.
        images: A data set, or arrays (height, width, 1 or 3), uint8, 0 to 255.
        rows: Which of them, in this order; None for all.
        longest: The longest side in pixels: 1024 for evaluation, 362 for training in the field.
        scales: Of the picture so fitted.
        join_p: The power of the mean over scales. None for GeM's own p, one or one a map, as in
            the authors' code; for 1, the mean, where another pooling or a fully connected layer
            follows the maps.
        boxes: One for each of the rows, or None where the whole image is meant: left, upper,
            right, lower in pixels of the upright image. A box is scaled as its whole image is.
        workers: Threads that decode images.
        progress: Called after each pass.

    Returns:
        (n, d) float32, each row of length 1, in the order of the rows.

    Raises:
        UsageError: The model has a decoder, a scale or the power is out of range, a box does not
            lie inside its image, or an image is too small for the encoder at one of the scales.
        AehashError: An image cannot be read, or gives zero or NaN.
    """
    from aehash.generators.ahead import prefetch

    wanted = np.arange(len(images)) if rows is None else np.asarray(rows, np.int64)
    _check(model, scales, boxes, len(wanted))
    net, p = _net(model), _power(model, join_p)
    read = _reader(images, wanted, boxes, longest, int(model.input_shape[-1]))
    found = np.empty((len(wanted), net.width), np.float32)
    done = 0
    for places, pictures in _grouped(prefetch(read, len(wanted), workers)):
        keys = [_key(images, int(wanted[place])) for place in places]
        parts = [net.run(_at_scale(pictures, scale), keys) for scale in scales]
        found[places] = join(np.stack(parts), p) if len(parts) > 1 else parts[0]
        done += len(places)
        if progress is not None:
            progress(done, len(wanted))
    return found


def join(parts: NDArray[np.floating[Any]], p: float | NDArray[Any]) -> NDArray[np.float32]:
    """Join descriptors of several scales: (mean over scales of x^p)^(1/p), then L2.

    Args:
        parts: (scales, n, d).
        p: One power, or one for each of the d values.

    Returns:
        (n, d) float32 of length 1.

    Raises:
        UsageError: A value is negative and p is not 1.
    """
    values = np.asarray(parts, np.float64)
    if np.all(p == 1):
        mean = values.mean(axis=0)
    else:
        if values.min(initial=0) < 0:
            raise UsageError(
                "Descriptors with negative values have no power mean; join the scales with "
                "join_p=1."
            )
        most = values.max(axis=0)
        shares = np.divide(values, most, out=np.zeros_like(values), where=most > 0)
        mean = most * np.mean(shares**p, axis=0) ** (1 / np.asarray(p, np.float64))
    length = np.linalg.norm(mean, axis=1, keepdims=True)
    unit = np.divide(mean, length, out=np.zeros_like(mean), where=length > 0)
    return np.asarray(unit, np.float32)


class _Net:
    """The net up to the descriptor, with the pooled vector beside it to judge it by."""

    def __init__(self, model: keras.Model) -> None:
        pool = model.get_layer(POOL)
        outputs = [pool.output, model.get_layer(LATENT).output]
        self.width = int(outputs[1].shape[-1])
        self._dead = FLOOR * (1 + 1e-5) if isinstance(pool, GeM) else 0.0
        self._smallest = smallest_inside(model)
        self._net = keras.Model(model.input, outputs)
        if keras.backend.backend() == "tensorflow":
            self._net.jit_compile = False  # XLA would compile the net for every shape

    def run(self, pictures: Pictures, keys: Sequence[str]) -> NDArray[np.float32]:
        """Describe pictures of one shape, (n, height, width, channels) → (n, d)."""
        height, width = pictures.shape[1:3]
        if min(height, width) < self._smallest:
            raise UsageError(
                f"{keys[0]} has {width}×{height} pixels at one of the scales, and the encoder "
                f"takes {self._smallest} and more; leave out small scales, or small images."
            )
        pooled, vectors = self._net.predict_on_batch(pictures)
        for key, before, after in zip(keys, pooled, vectors, strict=True):
            self._judge(key, before, after)
        return np.asarray(vectors, np.float32)

    def _judge(self, key: str, before: NDArray[Any], after: NDArray[Any]) -> None:
        if not np.isfinite(after).all():
            raise AehashError(
                f"{key} gives a descriptor with NaN: the net's weights are not finite, or its "
                "numbers overflow in half precision; train again, or compute in float32."
            )
        if np.abs(before).max() <= self._dead or not after.any():
            raise AehashError(
                f"{key} gives a zero vector, which has no direction: all {len(before)} maps "
                f"are zero everywhere (at most {FLOOR:g} for GeM). Leave the image out if it is "
                "blank; else the net is dead or untrained: give it weights, or train it again "
                "with a smaller learning rate."
            )


_NETS: WeakKeyDictionary[keras.Model, _Net] = WeakKeyDictionary()


def _net(model: keras.Model) -> _Net:
    """Cut a model once only: a new net would be traced anew; the weights are shared."""
    if model not in _NETS:
        _NETS[model] = _Net(model)
    return _NETS[model]


def _check(
    model: keras.Model, scales: Sequence[float], boxes: "Sequence[Box | None] | None", count: int
) -> None:
    if not models.describes(model):
        raise UsageError(
            f"The model {model.name} draws images of one size; descriptors of images of any size "
            "come from gem2023. Take its codes by `aehash extract`."
        )
    if not scales or not all(isfinite(scale) and scale > 0 for scale in scales):
        raise UsageError(f"The scales are {tuple(scales)}; give one or more, each above 0.")
    if boxes is not None and len(boxes) != count:
        raise UsageError(f"There are {len(boxes)} boxes for {count} images; give one for each.")


def _power(model: keras.Model, join_p: float | None) -> float | NDArray[Any]:
    if join_p is not None:
        if not (isfinite(join_p) and join_p > 0):
            raise UsageError(f"join_p is {join_p}; it must be above 0: 1 is the mean.")
        return join_p
    pool = model.get_layer(POOL)
    if not isinstance(pool, GeM) or any(layer.name == WHITEN for layer in model.layers):
        return 1.0
    return np.asarray(keras.ops.convert_to_numpy(pool.p), np.float64)


def _reader(
    images: "Dataset | Sequence[Pictures]",
    rows: NDArray[np.int64],
    boxes: "Sequence[Box | None] | None",
    longest: int,
    channels: int,
) -> Callable[[int], Pictures]:
    """Give a function from a place among the rows to the fitted picture, for any thread."""
    from aehash.generators.dataset import Dataset
    from aehash.generators.images import fit_batch
    from aehash.generators.sizes import Longest

    def read(place: int) -> Pictures:
        row = int(rows[place])
        size = Longest(longest, None if boxes is None else boxes[place])
        try:
            if isinstance(images, Dataset):
                return images.read(row, size, channels)
            return np.asarray(fit_batch(images[row][None], size, channels)[0])
        except UsageError as error:
            raise UsageError(f"{_key(images, row)}: {error}") from error

    return read


def _key(images: "Dataset | Sequence[Pictures]", row: int) -> str:
    key = getattr(images, "key", None)
    return f"image {row}" if key is None else str(key(row))


def _grouped(pictures: Iterable[Pictures]) -> Iterator[tuple[list[int], Pictures]]:
    """Bring pictures of equal shape together; gives their places and (n, height, width, c)."""
    most = _pixels()
    waiting: dict[tuple[int, ...], list[tuple[int, Pictures]]] = {}
    held = 0
    for place, picture in enumerate(pictures):
        shape = picture.shape
        waiting.setdefault(shape, []).append((place, picture))
        held += picture.size
        room = min(_PICTURES, max(1, most // (shape[0] * shape[1])))
        if len(waiting[shape]) < room:
            if held <= _WAITING:
                continue
            shape = max(waiting, key=lambda each: sum(part.size for _, part in waiting[each]))
        group = waiting.pop(shape)
        held -= sum(part.size for _, part in group)
        yield _stacked(group)
    for group in waiting.values():
        yield _stacked(group)


def _pixels() -> int:
    """Say how many pixels go in one pass: on JAX one picture's, since a new count is compiled."""
    backend = keras.backend.backend()
    if backend == "jax":
        return 1
    if backend == "tensorflow":
        names = keras.distribution.list_devices()
        return PIXELS["cpu" if all(name.startswith("cpu") for name in names) else "accelerator"]
    return PIXELS["accelerator"]


def _stacked(group: list[tuple[int, Pictures]]) -> tuple[list[int], Pictures]:
    return [place for place, _ in group], np.stack([picture for _, picture in group])


def _at_scale(pictures: Pictures, scale: float) -> Pictures:
    """Resample (n, height, width, channels), antialiased; the sides are rounded down, from 1 on."""
    from aehash.generators.images import resampled

    height, width = pictures.shape[1:3]
    if scale == 1:
        return pictures
    return resampled(pictures, max(1, int(width * scale)), max(1, int(height * scale)))
