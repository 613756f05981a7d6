"""What every method learns: a way from features to codes, used block by block, saved, loaded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.array_file import digest_of, load_arrays, save_arrays
from aehash.bits import pack
from aehash.covariance import Floats, centred, check_width
from aehash.errors import AehashError, UsageError
from aehash.hashing.anchors import Anchors

Method = Literal["agh", "diffusion", "itq", "lsh", "pcah", "sh", "sign"]


@dataclass(frozen=True, eq=False)
class Binariser:
    """A way from features to codes: bit b is 1 where ``(f - μ)·w_b`` is above 0.

    Of spectral hashing, bit b is 1 where ``cos((f - μ)·w_b - φ_b)`` is above 0; of methods with
    anchors, where ``z(f - μ)·w_b`` is, z being the weights for the nearest anchors.

    Attributes:
        method: ``agh``, ``diffusion``, ``itq``, ``lsh``, ``pcah``, ``sh`` or ``sign``.
        mean: ``(d,)`` float64, μ.
        projection: ``(d, bits)`` float64, a direction w_b in each column, or ``(m, bits)`` where
            there are m anchors; None where each feature is a bit by itself.
        facts: How it was learned: ``rows``, ``seed`` where something was drawn, and ``sample``
            and ``rotations`` of ITQ.
        phase: ``(bits,)`` float64, φ; None but for spectral hashing.
        anchors: Of ``agh`` and ``diffusion``.
    """

    method: Method
    mean: Floats
    projection: Floats | None
    facts: Mapping[str, Any]
    phase: Floats | None = None
    anchors: Anchors | None = None

    def __post_init__(self) -> None:
        """Check that the parts fit each other."""
        shape = () if self.projection is None else self.projection.shape
        points = None if self.anchors is None else self.anchors.points.shape
        rows = self.mean.shape if points is None else points[:1]
        if self.mean.ndim != 1 or (shape and shape[:1] != rows) or len(shape) == 1:
            raise UsageError(
                f"A binariser's mean {self.mean.shape} and projection {shape} must be (d,) and "
                "(d, bits), or (m, bits) of m anchors."
            )
        if points is not None and (not shape or points[1:] != self.mean.shape):
            raise UsageError(
                f"A binariser's anchors {points} must be (m, d) and go with a projection, its "
                f"mean being {self.mean.shape}."
            )
        if self.phase is not None and self.phase.shape != shape[1:]:
            raise UsageError(
                f"A binariser's phase {self.phase.shape} must be (bits,), as its projection "
                f"{shape} is (d, bits)."
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
        if self.anchors is not None:
            text += f" told by {len(self.anchors.points):,} anchors"
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
            anchors = None
            if "anchors" in arrays:
                nearest, reach = int(arrays["nearest"]), float(arrays["reach"])
                anchors = Anchors(arrays["anchors"], nearest, reach)
            parts = arrays["mean"], arrays.get("projection"), facts, arrays.get("phase")
            return cls(method, *parts, anchors)
        except (KeyError, UsageError) as error:
            raise AehashError(f"{path} is no complete binariser ({error}).") from error

    def _blocks(self, table: NDArray[Any]) -> Iterator[tuple[int, NDArray[np.bool_]]]:
        for start, block in centred(table, self.mean):
            placed = self._placed(block)
            yield start, (placed if self.phase is None else np.cos(placed - self.phase)) > 0

    def _placed(self, block: Floats) -> Floats:
        if self.projection is None:
            return block
        if self.anchors is not None:
            return self.anchors.placed(block, self.projection)
        return np.asarray(block @ self.projection)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        parts = {"mean": self.mean, "projection": self.projection, "phase": self.phase}
        found: dict[str, NDArray[Any]] = {n: part for n, part in parts.items() if part is not None}
        if self.anchors is None:
            return found
        more = {"nearest": np.array(self.anchors.nearest), "reach": np.array(self.anchors.reach)}
        return {**found, "anchors": self.anchors.points, **more}

    def _facts(self) -> dict[str, Any]:
        return {"method": self.method, **self.facts}
