"""From anything that Pillow or pydicom reads to uint8 pixels of the wanted size and channels."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from aehash.errors import AehashError, UsageError
from aehash.generators.arrays import UInt8
from aehash.generators.deep import Greys, declared, fit_deep, is_deep
from aehash.generators.dicom_names import REMEDY, installed, is_dicom
from aehash.generators.sizes import Longest, Size, target, window

_BARRED = frozenset({"BUFR", "EPS", "FPX", "GRIB", "HDF5", "MPEG", "WMF"})
"""Formats that Pillow only recognises, or hands to another program."""

_ORIENTATION, _TURNED = 0x0112, (5, 6, 7, 8)
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class UnreadableImage(AehashError):  # noqa: N818
    """An image that cannot be decoded.

    Attributes:
        key: Which image.
        reason: Why, in a few words.
    """

    def __init__(self, key: str, reason: str):
        super().__init__(f"{key} is not a readable image: {reason}.")
        self.key = key
        self.reason = reason

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.key, self.reason)


@functools.cache
def formats() -> tuple[str, ...]:
    """Name the formats that are decoded: all of Pillow's but PostScript and mere stubs."""
    Image.init()
    return tuple(name for name in Image.ID if name not in _BARRED)


@functools.cache
def suffixes() -> frozenset[str]:
    """List the file endings of the formats that are decoded, lower case with the dot."""
    allowed = set(formats())
    return frozenset(
        ending.lower() for ending, name in Image.registered_extensions().items() if name in allowed
    )


def decode(
    file: str | Path | IO[bytes],
    *,
    image_size: Size,
    channels: int,
    key: str | None = None,
    frame: int = 1,
    depth: int | None = None,
    burned: bool = False,
    allowed: tuple[str, ...] | None = None,
) -> UInt8:
    """Decode one image, by default the first frame where there are several.

    EXIF orientation is applied, transparency is laid on white, and the picture is squashed to a
    square, or its longest side fitted, with antialiased bilinear resampling. Greys of more than
    eight bits are scaled at their full depth and keep the upper eight of their bits after it. A
    JPEG much larger than wanted is decoded at a half, a quarter or an eighth of its size, unless
    a part of it is wanted; there a fitted short side may come out a pixel off. A DICOM file, as
    :func:`~aehash.generators.dicom_names.is_dicom` tells by its path, is decoded by pydicom.

    Args:
        file: A path or an open binary file.
        image_size: Side of the square result in pixels, a longest side that keeps the aspect
            (:class:`~aehash.generators.sizes.Longest`), or None for the image's own size.
        channels: 1 for grey, 3 for RGB.
        key: How to call the image in an error; the path by default.
        frame: Which frame of a DICOM file, from 1; of other files the first is read.
        depth: Bits of the greys in a PNG or TIFF of sixteen bits, 8 to 16, where the file does
            not say that there are fewer: 12 makes 4,095 white, not 65,535.
        burned: Whether to read a DICOM picture whose header says that what identifies the
            patient is burned into its pixels.
        allowed: Pillow's names of the formats that may be read; by default :func:`formats`.

    Returns:
        ``(H, W, channels)`` uint8, 0…255.

    Raises:
        UnreadableImage: The file is missing, is no image, is cut off, has more pixels than
            Pillow's limit ``Image.MAX_IMAGE_PIXELS``, or is DICOM and pydicom is not installed.
        UsageError: A box that is wanted does not lie inside the image.
    """
    name = key if key is not None else str(getattr(file, "name", file))
    if isinstance(file, str | Path) and is_dicom(str(file)):
        if not installed():
            raise UnreadableImage(name, f"reading DICOM takes pydicom ({REMEDY})")
        from aehash.generators import dicom

        return dicom.decode(
            file,
            image_size=image_size,
            channels=channels,
            key=name,
            frame=frame,
            burned=burned,
        )
    if frame != 1:
        raise UnreadableImage(name, "frames are told apart in DICOM files only")
    try:
        with Image.open(file, formats=formats() if allowed is None else allowed) as image:
            _refuse_bomb(image)
            side = _draft_side(image_size)
            if side is not None:
                image.draft(None, (2 * side, 2 * side))
            image.load()
            _refuse_bomb(image)
            return fit(upright(image), image_size, channels, declared(image, depth))
    except (MemoryError, UsageError):
        raise
    except Exception as error:  # Pillow's decoders raise nearly every class on a broken file.
        raise UnreadableImage(name, _reason(error)) from error


def fit(image: Image.Image, image_size: Size, channels: int, greys: Greys | None = None) -> UInt8:
    """Bring a loaded image to the wanted channels and size.

    Args:
        image: Any mode.
        image_size: Side of the square result, a longest side, or None to keep the size.
        channels: 1 or 3.
        greys: How greys of more than eight bits are meant; as sixteen bits by default.

    Returns:
        ``(H, W, channels)`` uint8.
    """
    if is_deep(image):
        return fit_deep(image, image_size, channels, greys)
    image = opaque(image)
    image = image.convert("L" if channels == 1 else "RGB")
    wanted, box = target(*image.size, image_size), window(*image.size, image_size)
    if box != (0, 0, *image.size):
        image = image.crop(box)
    if image.size != wanted:
        image = image.resize(wanted, Image.Resampling.BILINEAR)
    return np.array(image, dtype=np.uint8).reshape(image.height, image.width, channels)


def fit_batch(images: UInt8, image_size: Size, channels: int) -> UInt8:
    """Bring an array of images to the wanted channels and size.

    Args:
        images: ``(n, H, W, 1 or 3)`` uint8.
        image_size: Side of the square result, a longest side, or None to keep the size.
        channels: 1 or 3.

    Returns:
        ``(n, H, W, channels)`` uint8; the argument itself where nothing is to be done.
    """
    _, height, width, own = images.shape
    wanted, box = target(width, height, image_size), window(width, height, image_size)
    if (width, height) == wanted and box == (0, 0, *wanted):
        if own == channels:
            return images
        if own == 1:
            return np.repeat(images, 3, axis=3)
    out = np.empty((len(images), wanted[1], wanted[0], channels), np.uint8)
    for row, pixels in enumerate(images):
        picture = Image.fromarray(pixels[..., 0] if own == 1 else pixels)
        out[row] = fit(picture, image_size, channels)
    return out


def resampled(images: UInt8, width: int, height: int) -> UInt8:
    """Bring an array of images to any width and height, antialiased bilinear.

    Args:
        images: ``(n, H, W, 1 or 3)`` uint8.
        width: Of the results in pixels.
        height: Of the results in pixels.

    Returns:
        ``(n, height, width, 1 or 3)`` uint8.
    """
    channels = images.shape[3]
    out = np.empty((len(images), height, width, channels), np.uint8)
    for row, pixels in enumerate(images):
        picture = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
        small = picture.resize((width, height), Image.Resampling.BILINEAR)
        out[row] = np.asarray(small).reshape(height, width, channels)
    return out


def upright(image: Image.Image) -> Image.Image:
    """Turn a loaded image as its EXIF orientation says; unreadable EXIF counts as upright."""
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # The pixels are good; damaged metadata must not cost the image.
        orientation = 1
    turn = _UPRIGHT.get(orientation)
    return image if turn is None else image.transpose(turn)


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Say how large an opened image will be once it is loaded and upright.

    Args:
        image: Of which no more than the header was read.

    Returns:
        Width and height.
    """
    # Newer versions of Pillow give a TIFF's size as it will be, and keep the other one here.
    width, height = getattr(image, "_tile_size", image.size)
    turned = image.getexif().get(_ORIENTATION, 1) in _TURNED
    return (height, width) if turned else (width, height)


def opaque(image: Image.Image) -> Image.Image:
    """Turn any mode of eight bits into L or RGB, with transparency on white."""
    mode = image.mode
    if mode in ("L", "RGB") and "transparency" not in image.info:
        return image
    if mode == "La":
        image = image.convert("LA")
    if mode == "RGBa" or image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("L" if mode == "1" else "RGB")


def _draft_side(image_size: Size) -> int | None:
    """Say below twice which side a JPEG may not be read; None for its own size."""
    if isinstance(image_size, Longest):
        return image_size.side if image_size.box is None else None
    return image_size


def _refuse_bomb(image: Image.Image) -> None:
    """Refuse what Pillow would only warn of: a check per image, safe on any thread."""
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and image.width * image.height > limit:
        raise ValueError(
            f"it has {image.width}×{image.height} pixels, more than the limit of {limit:,}"
        )


def _reason(error: Exception) -> str:
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return f"it has more pixels than the limit of {Image.MAX_IMAGE_PIXELS:,}"
    if isinstance(error, UnidentifiedImageError):
        return "its format is not one that Pillow knows"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    text = str(error).strip().rstrip(".")
    return text.splitlines()[0] if text else type(error).__name__
