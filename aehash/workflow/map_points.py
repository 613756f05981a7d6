"""A codebook's images as points of a plane, and where others fall in it."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aehash import projection
from aehash.bits import unpack
from aehash.codebook import Codebook
from aehash.workflow.map_books import Space, width_of
from aehash.workflow.map_rows import classes_of, draw_rows

_ROOM = 1 << 28
"""Numbers held at once, at most."""


@dataclass(frozen=True, eq=False)
class MapPoints:
    """Points by row.

    Attributes:
        rows: ``(m,)`` int64, drawn evenly over the classes, in an order that favours none.
        classes: ``(m,)`` int64 class numbers; below 0 for none, or several.
        points: ``(m, 2)`` float32, between -1 and 1 along the longer side.
        space: ``features`` or ``codes``.
        shares: The share of the variance along each axis.
    """

    rows: NDArray[np.int64]
    classes: NDArray[np.int64]
    points: NDArray[np.float32]
    space: Space
    shares: tuple[float, float]
    _axes: projection.Components
    _scale: float

    @classmethod
    def of(cls, book: Codebook, sample: int = 100_000, seed: int = 0) -> Self:
        """Lay a codebook's images out by their principal components.

        Args:
            book: The codebook; its features are used where it has some.
            sample: Images drawn at most.
            seed: Of the draw.

        Returns:
            The points.

        Raises:
            AehashError: There is nothing to lay out: one image, or all alike.
        """
        space: Space = "codes" if book.features is None else "features"
        most = max(2, min(sample, _ROOM // width_of(book, space)))
        classes = classes_of(book)
        rows = draw_rows(classes, most, seed)
        vectors = _vectors(book, space, rows)
        axes = projection.components(vectors)
        places = axes.place(vectors)
        scale = float(np.abs(places).max()) or 1.0
        points = (places / scale).astype(np.float32)
        return cls(rows, classes[rows], points, space, axes.shares, axes, scale)

    def place(
        self,
        codes: NDArray[np.uint8],
        features: NDArray[np.float32] | None,
        bits: int,
    ) -> NDArray[np.float32]:
        """Place further images.

        Args:
            codes: ``(q, ceil(bits / 8))`` packed uint8.
            features: ``(q, d)``, needed where the map is of features.
            bits: Bits per code.

        Returns:
            ``(q, 2)`` float32.
        """
        vectors = features if self.space == "features" else unpack(codes, bits)
        placed = self._axes.place(np.asarray(vectors, np.float32)) / self._scale
        return np.asarray(placed, np.float32)


def _vectors(book: Codebook, space: Space, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Read rows in the order of the file, and give them in their own."""
    order = np.argsort(rows)
    if space == "features" and book.features is not None:
        read = np.asarray(book.features[rows[order]], np.float32)
    else:
        read = unpack(np.asarray(book.codes[rows[order]]), book.bits).astype(np.float32)
    found = np.empty_like(read)
    found[order] = read
    return found
