"""How large a picture is wanted: a square, its own size, or its longest side fitted."""

from __future__ import annotations

from dataclasses import dataclass

from aehash.errors import UsageError

#: Left, upper, right, lower, in pixels of the upright image; right and lower are outside.
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Longest:
    """Keep the aspect: the longest side is brought to a length, and never enlarged.

    With a box, only what lies in it is kept, at the scale that the whole image would get: a crop of
    an image that is halved is halved too, as the evaluation on Oxford5k and Paris6k does it.

    Attributes:
        side: The longest side of the whole image's result in pixels.
        box: What is cut out first, in pixels of the whole upright image; None for all.
    """

    side: int
    box: Box | None = None

    def __post_init__(self) -> None:
        if self.side < 1:
            raise UsageError(f"The longest side is {self.side}; it must be 1 pixel or more.")


#: The side of a square that a picture is squashed to, its longest side, or None for its own size.
Size = int | Longest | None


def window(width: int, height: int, size: Size) -> Box:
    """Say which part of a picture is wanted.

    Args:
        width: Of the whole picture.
        height: Of the whole picture.
        size: What is wanted.

    Returns:
        The box; the whole picture where there is none.

    Raises:
        UsageError: The box is empty or reaches outside the picture.
    """
    if not isinstance(size, Longest) or size.box is None:
        return (0, 0, width, height)
    left, upper, right, lower = size.box
    if not (0 <= left < right <= width and 0 <= upper < lower <= height):
        raise UsageError(
            f"The box {tuple(size.box)} does not lie inside the image's {width}×{height} pixels; "
            "give left, upper, right and lower, the first two smaller, in pixels of the upright "
            "image."
        )
    return size.box


def target(width: int, height: int, size: Size) -> tuple[int, int]:
    """Say how large the result is.

    Args:
        width: Of the whole picture.
        height: Of the whole picture.
        size: What is wanted.

    Returns:
        Width and height in pixels, rounded, 1 at least.
    """
    if isinstance(size, int):
        return (size, size)
    left, upper, right, lower = window(width, height, size)
    own = (right - left, lower - upper)
    longest = max(width, height)
    if size is None or longest <= size.side:
        return own
    return (scaled(own[0], size.side, longest), scaled(own[1], size.side, longest))


def scaled(length: int, numerator: int, denominator: int) -> int:
    """Scale a length by a ratio, rounded half up, 1 at least."""
    return max(1, (2 * length * numerator + denominator) // (2 * denominator))
