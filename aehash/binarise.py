"""Codes from descriptors: the sign after centring, after principal components, or after ITQ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.array_file import digest_of, load_arrays, save_arrays
from aehash.bits import check_bits, pack
from aehash.covariance import Floats, centred, check_width, mean_of, rows_of
from aehash.errors import AehashError, UsageError, nearest
from aehash.whitening import Whitening, pca_whitening

Method = Literal["itq", "pcah", "sign"]
METHODS: tuple[Method, ...] = ("itq", "pcah", "sign")
ROTATIONS = 50
_SAMPLE = 1 << 24
"""Numbers a rotation is learned from; of more rows, evenly spaced ones are taken."""


@dataclass(frozen=True, eq=False)
class Binariser:
    """A way from descriptors to codes: bit b is 1 where ``(f - μ)·w_b`` is above 0.

    Attributes:
        method: ``itq``, ``pcah`` or ``sign``.
        mean: ``(d,)`` float64, μ.
        projection: ``(d, bits)`` float64, a direction w_b in each column; None where each
            feature is a bit by itself.
        facts: How it was learned: ``rows``, and ``seed``, ``sample`` and ``rotations`` of ITQ.
    """

    method: Method
    mean: Floats
    projection: Floats | None
    facts: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Check that the parts fit each other."""
        shape = () if self.projection is None else self.projection.shape
        if self.mean.ndim != 1 or (shape and shape[:1] != self.mean.shape) or len(shape) == 1:
            raise UsageError(
                f"A binariser's mean {self.mean.shape} and projection {shape} must be (d,) and "
                "(d, bits)."
            )

    @property
    def bits(self) -> int:
        """Bits per code."""
        return len(self.mean) if self.projection is None else int(self.projection.shape[1])

    @property
    def digest(self) -> str:
        """64 hexadecimal digits that stand for all of it."""
        return digest_of(self._arrays(), self._facts())

    @property
    def summary(self) -> str:
        """Say in a sentence what was learned."""
        text = f"{self.method} of {len(self.mean)} features to {self.bits} bits, from "
        text += f"{self.facts['rows']:,} rows"
        if self.facts.get("sample", self.facts["rows"]) < self.facts["rows"]:
            text += f"; the rotation from {self.facts['sample']:,} of them, evenly spaced"
        return f"{text}."

    def codes(self, features: ArrayLike) -> NDArray[np.bool_]:
        """Make codes, a bool for each bit.

        Args:
            features: ``(n, d)``, finite; may be memory-mapped.

        Returns:
            ``(n, bits)`` bool.

        Raises:
            UsageError: The features are of another width.
            AehashError: A row holds NaN or infinity.
        """
        table = check_width(features, len(self.mean))
        result = np.empty((len(table), self.bits), np.bool_)
        for start, block in self._blocks(table):
            result[start : start + len(block)] = block
        return result

    def packed(self, features: ArrayLike) -> NDArray[np.uint8]:
        """Make packed codes, block by block.

        Args:
            features: ``(n, d)``, finite; may be memory-mapped.

        Returns:
            ``(n, ceil(bits / 8))`` uint8, big bit order, zero-padded.

        Raises:
            UsageError: The features are of another width.
            AehashError: A row holds NaN or infinity.
        """
        table = check_width(features, len(self.mean))
        result = np.empty((len(table), -(-self.bits // 8)), np.uint8)
        for start, block in self._blocks(table):
            result[start : start + len(block)] = pack(block)
        return result

    def save(self, path: str | Path) -> None:
        """Save as one ``.npz``, whole or not at all.

        Args:
            path: The file to make or replace.

        Raises:
            AehashError: The disk is full or read-only.
        """
        save_arrays(Path(path), "binariser", self._arrays(), self._facts())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a saved binariser.

        Args:
            path: The ``.npz``.

        Returns:
            The binariser.

        Raises:
            AehashError: It is missing, damaged, or something else.
        """
        arrays, facts = load_arrays(Path(path), "binariser")
        try:
            method = facts.pop("method")
            return cls(method, arrays["mean"], arrays.get("projection"), facts)
        except (KeyError, UsageError) as error:
            raise AehashError(f"{path} is no complete binariser ({error}).") from error

    def _blocks(self, table: NDArray[Any]) -> Iterator[tuple[int, NDArray[np.bool_]]]:
        for start, block in centred(table, self.mean):
            yield start, (block if self.projection is None else block @ self.projection) > 0

    def _arrays(self) -> dict[str, NDArray[Any]]:
        arrays = {"mean": self.mean}
        return arrays if self.projection is None else {**arrays, "projection": self.projection}

    def _facts(self) -> dict[str, Any]:
        return {"method": self.method, **self.facts}


def fit_binariser(
    features: ArrayLike, method: Method = "itq", bits: int | None = None, *, seed: int = 0
) -> Binariser:
    """Learn codes from descriptors.

    Args:
        features: ``(n, d)``, finite; may be memory-mapped.
        method: ``itq``, ``pcah``, or ``sign``: a feature above its mean is 1.
        bits: Bits per code; for ``sign`` the features' number, which is the default there.
        seed: Of ITQ's first rotation.

    Returns:
        The binariser.

    Raises:
        UsageError: There is no such method, or more bits than directions that vary.
        AehashError: A row is not finite, or all rows are equal.
    """
    if method not in METHODS:
        raise UsageError(f"There is no method {method!r}.{nearest(method, METHODS)}")
    if method == "sign":
        table = rows_of(features)
        if bits is not None and check_bits(bits) != table.shape[1]:
            raise UsageError(
                f"sign makes one bit of each of the {table.shape[1]} features, not {bits} bits: "
                "leave the bits out, whiten to so many dimensions first, or use itq or pcah."
            )
        check_bits(table.shape[1])
        return Binariser("sign", mean_of(table), None, {"rows": len(table)})
    if bits is None:
        raise UsageError(f"{method} needs a number of bits.")
    return itq(features, bits, seed=seed) if method == "itq" else pcah(features, bits)


def pcah(features: ArrayLike, bits: int) -> Binariser:
    """Take the sign of the first principal components.

    Args:
        features: ``(n, d)``, finite.
        bits: Bits per code, up to the directions that vary.

    Returns:
        The binariser.

    Raises:
        UsageError: More bits than directions that vary.
        AehashError: A row is not finite, or all rows are equal.
    """
    axes = _components(features, bits)
    return Binariser("pcah", axes.mean, axes.projection, {"rows": axes.facts["rows"]})


def itq(features: ArrayLike, bits: int, *, rotations: int = ROTATIONS, seed: int = 0) -> Binariser:
    """Turn the first principal components so that their signs lose least (iterative quantisation).

    With V the centred descriptors along the components: B = sign(VR), then R = U Wᵀ with
    ``Vᵀ B = U Σ Wᵀ``, which minimises ``|B - VR|²``; from a seeded random rotation. Gong and
    Lazebnik, "Iterative quantization: a Procrustean approach to learning binary codes", 2011.

    Args:
        features: ``(n, d)``, finite; may be memory-mapped. The components are learned from all
            rows, the rotation from 2^24 / bits of them, evenly spaced, where there are more.
        bits: Bits per code, up to the directions that vary.
        rotations: How often B and R are made anew.
        seed: Of the first rotation.

    Returns:
        The binariser.

    Raises:
        UsageError: More bits than directions that vary, no rotation asked for, or no such seed.
        AehashError: A row is not finite, or all rows are equal.
    """
    rotations, seed = _whole("rotations", rotations, 1), _whole("seed", seed, 0)
    axes = _components(features, bits)
    placed = _sampled(np.asarray(features), axes)
    turn = _rotation(bits, seed)
    for _ in range(rotations):
        signs = np.where(placed @ turn > 0, 1.0, -1.0)
        left, _, right = np.linalg.svd(placed.T @ signs)
        turn = left @ right
    facts = {
        "rows": axes.facts["rows"],
        "sample": len(placed),
        "rotations": rotations,
        "seed": seed,
    }
    return Binariser("itq", axes.mean, axes.projection @ turn, facts)


def _components(features: ArrayLike, bits: int) -> Whitening:
    check_bits(bits)
    table = rows_of(features)
    if bits > table.shape[1]:
        raise UsageError(
            f"{bits} bits cannot be made of {table.shape[1]} features by a rotation: ask for "
            f"{table.shape[1]} or fewer."
        )
    try:
        return pca_whitening(table, bits, power=0.0)
    except UsageError as error:
        raise UsageError(str(error).replace("dimensions is", "The number of bits is")) from None


def _sampled(table: NDArray[Any], axes: Whitening) -> Floats:
    """Place evenly spaced rows along the components."""
    most = max(1, _SAMPLE // axes.dimensions)
    chosen = np.linspace(0, len(table) - 1, min(most, len(table))).round().astype(np.int64)
    placed = np.empty((len(chosen), axes.dimensions))
    step = max(1, (1 << 21) // table.shape[1])
    for start in range(0, len(chosen), step):
        rows = chosen[start : start + step]
        block = np.subtract(table[rows], axes.mean, dtype=np.float64)
        placed[start : start + step] = block @ axes.projection
    return placed


def _rotation(bits: int, seed: int) -> Floats:
    """Draw a rotation, every one as likely."""
    turn, upper = np.linalg.qr(np.random.default_rng(seed).standard_normal((bits, bits)))
    return np.asarray(turn * np.where(np.diag(upper) < 0, -1.0, 1.0))


def _whole(name: str, value: int, least: int) -> int:
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or value < least:
        raise UsageError(f"{name} must be a whole number from {least} on, not {value!r}.")
    return int(value)
