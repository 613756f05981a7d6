"""Array types, and the one place where other pixel types become 0…255."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError

UInt8 = NDArray[np.uint8]
Rows = NDArray[np.int64]
Keys = NDArray[np.bytes_]
Labels = NDArray[np.int64] | NDArray[np.uint8]
AnyArray = NDArray[Any]
ToUInt8 = Callable[[AnyArray], UInt8]

_UNIT = 1 + 1e-3
_IMPLAUSIBLE = 2


def levels(dtype: np.dtype[Any], low: float, high: float, what: str) -> ToUInt8:
    """Choose how an array's values become uint8.

    Booleans become 0 and 255; integers are kept up to 255 and shifted by eight bits up to
    65,535; real numbers are multiplied by 255 where all are in 0…1 and rounded where all are
    in 0…255. A hair above 1, as resampling leaves it, counts as 1; a largest value from there
    to 2 is neither the one nor the other and is refused.

    Args:
        dtype: The array's type.
        low: Its smallest value; NaN where it holds a NaN.
        high: Its largest value.
        what: How to call the array in an error.

    Returns:
        A function from a block of the array to uint8.

    Raises:
        UsageError: The values cannot be pixels.
    """
    if dtype == np.uint8:
        return np.ascontiguousarray
    if dtype == np.bool_:
        return lambda block: block.astype(np.uint8) * np.uint8(255)
    if dtype.kind in "iu" and low >= 0:
        if high <= 255:
            return lambda block: block.astype(np.uint8)
        if high <= 65_535:
            return lambda block: (block >> 8).astype(np.uint8)
    if dtype.kind == "f" and low >= 0:
        if high <= _UNIT:
            return lambda block: np.rint(np.minimum(block, 1) * 255.0).astype(np.uint8)
        if high <= _IMPLAUSIBLE:
            raise UsageError(
                f"{what} holds {dtype} values up to {high:g}: too large for 0…1, too small for "
                "0…255. Divide them by their largest value, or give uint8."
            )
        if high <= 255:
            return lambda block: np.rint(block).astype(np.uint8)
    raise UsageError(
        f"{what} holds {dtype} values from {low:g} to {high:g}; images are uint8, integers in "
        "0…65535, or real numbers in 0…1 or 0…255 (without NaN)."
    )


def on_white(images: UInt8) -> UInt8:
    """Lay images with transparency on white.

    Args:
        images: ``(…, 4)``, the last channel the opacity.

    Returns:
        ``(…, 3)``.
    """
    alpha = images[..., 3:].astype(np.uint16)
    mixed = images[..., :3] * alpha + 255 * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)


def image_shape(shape: tuple[int, ...], dtype: np.dtype[Any], what: str) -> tuple[int, int, int]:
    """Read height, width and channels from an image array's shape.

    Args:
        shape: ``(n, H, W)`` or ``(n, H, W, 1|3|4)``.
        dtype: Its type, which must be numbers or booleans.
        what: How to call the array in an error.

    Returns:
        ``(H, W, channels)``; channels is 1, 3 or 4.

    Raises:
        UsageError: The shape or the type is another.
    """
    if dtype.kind not in "buif":
        raise UsageError(f"{what} holds {dtype} values; images are numbers.")
    if len(shape) == 3:
        shape = (*shape, 1)
    if len(shape) == 4 and shape[3] in (1, 3, 4) and shape[1] and shape[2]:
        return shape[1], shape[2], shape[3]
    hint = ""
    if len(shape) == 4 and shape[1] in (1, 3, 4):
        hint = " Channels come last: use np.moveaxis(images, 1, -1)."
    raise UsageError(
        f"{what} has shape {shape}; images are (n, height, width) or "
        f"(n, height, width, 1, 3 or 4).{hint}"
    )
