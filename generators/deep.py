"""Greys of more than eight bits: scaled at their full depth, and only then brought to eight."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aehash.generators.arrays import AnyArray, UInt8
from aehash.generators.sizes import Size, target, window

_BITS_PER_SAMPLE, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0
_GREY = np.array([0.299, 0.587, 0.114], np.float32)


class Greys(NamedTuple):
    """How whole numbers of a picture are meant.

    Attributes:
        depth: Bits; 2^depth - 1 is white.
        white_is_zero: Whether 0 is white instead.
    """

    depth: int = 16
    white_is_zero: bool = False


def is_deep(image: Image.Image) -> bool:
    """Say whether an image's greys have more than eight bits."""
    return image.mode.startswith("I;16") or image.mode in ("I", "F")


def declared(image: Image.Image, depth: int | None = None) -> Greys:
    """Read from an opened file how its greys are meant.

    A TIFF says its bits (12 or 16) and whether 0 is white; all other files have sixteen bits.
    Largest values that occur in a picture are never looked at, nor TIFF's MaxSampleValue, which
    is only that: two pictures of one scanner must not be stretched differently.

    Args:
        image: An image with its file's tags, so before it is turned.
        depth: Bits the user says there are, 8 to 16; goes before the file's own word.
    """
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_BITS_PER_SAMPLE, (16,))
    own = bits[0] if isinstance(bits, tuple) and bits and 8 < bits[0] < 16 else 16
    inverted = image.mode.startswith("I;16") and tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO
    return Greys(depth or own, inverted)


def fit_deep(
    image: Image.Image, image_size: Size, channels: int, greys: Greys | None = None
) -> UInt8:
    """Bring an image with deep greys to the wanted channels and size.

    Whole numbers from 0 to 65,535 keep the upper eight of their bits after scaling. Real numbers
    in 0…1 are multiplied by 255 and those in 0…255 are rounded. Whatever lies outside is
    stretched from its own smallest to its own largest value.

    Args:
        image: Mode ``I;16``, ``I`` or ``F``.
        image_size: Side of the square result, a longest side, or None to keep the size.
        channels: 1 or 3.
        greys: How whole numbers are meant; sixteen bits by default.

    Returns:
        ``(H, W, channels)`` uint8.

    Raises:
        ValueError: It holds NaN or infinity.
    """
    levels, upper_bits = _levels(np.asarray(image), greys or Greys())
    levels = resized(levels, image_size)
    whole = np.floor(levels) if upper_bits else np.rint(levels)
    return np.repeat(np.clip(whole, 0, 255).astype(np.uint8)[..., None], channels, axis=2)


def fit_shades(shades: NDArray[np.float32], image_size: Size, channels: int) -> UInt8:
    """Bring real-valued pixels to the wanted channels and size, and then to eight bits.

    Args:
        shades: ``(H, W)`` grey or ``(H, W, 3)`` RGB, 0 black to 1 white.
        image_size: Side of the square result, a longest side, or None to keep the size.
        channels: 1 or 3.

    Returns:
        ``(H, W, channels)`` uint8, rounded to the nearest.
    """
    if shades.ndim == 3 and channels == 1:
        shades = shades @ _GREY
    planes = [shades] if shades.ndim == 2 else [shades[..., band] for band in range(3)]
    done = [
        np.rint(np.clip(resized(plane, image_size), 0, 1) * np.float32(255)).astype(np.uint8)
        for plane in planes
    ]
    return np.stack(done * (channels // len(done)), axis=2)


def resized(values: NDArray[np.float32], image_size: Size) -> NDArray[np.float32]:
    """Squash or fit real values with antialiased bilinear resampling.

    Args:
        values: ``(H, W)``.
        image_size: Side of the square result, a longest side, or None to keep the size.

    Returns:
        The result, or the argument where nothing is to be done.
    """
    height, width = values.shape
    wanted = target(width, height, image_size)
    left, upper, right, lower = window(width, height, image_size)
    values = values[upper:lower, left:right]
    if values.shape == wanted[::-1]:
        return values
    plane = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(plane.resize(wanted, Image.Resampling.BILINEAR))


def _levels(values: AnyArray, greys: Greys) -> tuple[NDArray[np.float32], bool]:
    """Give 0…256 with fractions, and whether the upper bits are to be kept of them."""
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise ValueError("it holds NaN or infinity")
    real = values.dtype.kind == "f"
    if not real and low >= 0 and high <= 65_535:
        numbers = values.astype(np.float32)
        if greys.white_is_zero:
            numbers = np.float32(2**greys.depth - 1) - numbers
        return numbers / np.float32(2 ** (greys.depth - 8)), True
    if real and low >= 0 and high <= 255:
        return (values * (255.0 if high <= 1 else 1.0)).astype(np.float32), False
    stretched = (values.astype(np.float64) - low) * (255.0 / max(high - low, 1e-12))
    return stretched.astype(np.float32), False
