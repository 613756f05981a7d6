"""Pictures that arrive as bytes from a stranger: looked at before they are decoded, in memory."""

from __future__ import annotations

import functools
import io
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image, UnidentifiedImageError

from aehash.errors import AehashError, UsageError
from aehash.generators.arrays import UInt8
from aehash.generators.images import UnreadableImage, decode, fit_batch, formats, upright_size
from aehash.generators.sizes import Box, Longest, Size

#: Pillow's names of the formats that are taken, where it was built with them.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
#: Pixels of a picture, at most: some 40 ms a million to decode.
PIXELS = 40_000_000
_SCANS = 200
"""Passes of a JPEG over its picture: some 10 are usual, and each takes as long as a whole one."""
_OWN_SIZE = 1 << 31

#: Left, top, width and height as parts of the upright picture.
Crop = tuple[float, float, float, float]


class TooLarge(AehashError):  # noqa: N818
    """A picture with more pixels than are decoded."""


@dataclass(frozen=True, eq=False)
class Upload:
    """A picture whose header was read, and no more.

    Attributes:
        data: The file's bytes.
        name: What to call it in an error.
    """

    data: bytes
    name: str = "The picture"

    @classmethod
    def of(cls, data: bytes, name: str = "The picture", pixels: int = PIXELS) -> Upload:
        """Look at a picture without decoding it.

        Args:
            data: The file's bytes.
            name: What to call it in an error.
            pixels: How many there may be.

        Returns:
            The picture.

        Raises:
            UnreadableImage: It is no picture of one of :data:`FORMATS`.
            TooLarge: It has more pixels, or takes too many passes to decode.
        """
        if not data:
            raise UnreadableImage(name, "it is empty")
        try:
            with Image.open(io.BytesIO(data), formats=_formats()) as image:
                (width, height), kind = image.size, image.format
        except Image.DecompressionBombError as error:
            raise TooLarge(f"{name} has more pixels than the {pixels:,} allowed.") from error
        except Exception as error:  # Pillow's readers raise nearly every class on a broken file.
            raise UnreadableImage(name, _reason(error)) from error
        if width * height > pixels:
            raise TooLarge(
                f"{name} has {width:,}×{height:,} pixels, and {pixels:,} are allowed: scale it "
                "down, or crop it first."
            )
        if kind in ("JPEG", "MPO") and data.count(b"\xff\xda") > _SCANS:
            raise TooLarge(f"{name} is a JPEG of more than {_SCANS} passes: save it anew.")
        return cls(data, name)

    @cached_property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright picture, in pixels.

        Raises:
            UnreadableImage: It is damaged.
        """
        try:
            with Image.open(io.BytesIO(self.data), formats=_formats()) as image:
                return upright_size(image)
        except Exception as error:  # A PNG is decoded, since its orientation may stand last.
            raise UnreadableImage(self.name, _reason(error)) from error

    def box(self, crop: Crop) -> Box:
        """Turn a crop into pixels.

        Args:
            crop: As parts of the upright picture.

        Returns:
            Left, upper, right and lower, at least a pixel apart.

        Raises:
            UsageError: It is empty or reaches outside.
        """
        left, top, width, height = crop
        text = ", ".join(f"{value:g}" for value in crop)
        if not all(math.isfinite(value) for value in crop) or width <= 0 or height <= 0:
            raise UsageError(
                f"The crop {text} is empty: give left, top, width and height as parts of the "
                "picture, width and height above 0."
            )
        slack = 1e-6
        if min(left, top) < -slack or max(left + width, top + height) > 1 + slack:
            raise UsageError(
                f"The crop {text} reaches outside the picture: left + width and top + height may "
                "be 1 at most, and left and top 0 at least."
            )
        own = self.size
        across, down = _span(left, width, own[0]), _span(top, height, own[1])
        return across[0], down[0], across[1], down[1]

    def pixels(
        self, size: Size, channels: int, crop: Crop | None = None, *, depth: int | None = None
    ) -> UInt8:
        """Decode the picture, or a part of it.

        Args:
            size: Side of a square that it is squashed to, its longest side, or None for its own.
            channels: 1 or 3.
            crop: What part; None for all.
            depth: Bits of greys of more than eight, as in :func:`decode`.

        Returns:
            ``(H, W, channels)`` uint8, upright, with no metadata.

        Raises:
            UsageError: The crop is empty or reaches outside.
            UnreadableImage: The file is damaged.
        """
        wanted: Size = size if crop is None else Longest(_OWN_SIZE, self.box(crop))
        image = decode(
            io.BytesIO(self.data),
            image_size=wanted,
            channels=channels,
            key=self.name,
            depth=depth,
            allowed=_formats(),
        )
        if crop is None or size is None:
            return image
        fitted = fit_batch(image[None], size, channels)[0]
        return np.ascontiguousarray(fitted)


@functools.cache
def _formats() -> tuple[str, ...]:
    there = set(formats())
    return tuple(name for name in FORMATS if name in there)


def _span(start: float, length: float, pixels: int) -> tuple[int, int]:
    """Round a span to whole pixels inside the picture, at least one."""
    first = min(max(0, round(start * pixels)), pixels - 1)
    return first, min(pixels, max(first + 1, round((start + length) * pixels)))


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return f"its format is none of {', '.join(_formats())}"
    text = str(error).strip().rstrip(".")
    return text.splitlines()[0] if text else type(error).__name__
