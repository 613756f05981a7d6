"""From a DICOM file to uint8 pixels, by pydicom.

Only what describes the pixels is read of a header: nothing that names or dates a patient is
kept, and no word of pydicom's is passed on, neither its errors nor its warnings nor its log,
since they quote the elements they complain of. A picture whose header says that the patient is
named in its pixels is refused unless asked for; where the header does not say so, it is not known.

Imports pydicom, so it is imported only where a DICOM file is read.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image
from pydicom.pixels import apply_color_lut

from aehash.generators.arrays import AnyArray, UInt8
from aehash.generators.deep import fit_shades
from aehash.generators.dicom_file import (
    COLOURS,
    GREYS,
    PALETTE,
    Source,
    frames,
    open_source,
    stored,
)
from aehash.generators.dicom_quiet import Refused, quiet
from aehash.generators.dicom_shades import of_frame, shades
from aehash.generators.images import UnreadableImage, fit
from aehash.generators.sizes import Size


def decode(
    file: str | Path | IO[bytes],
    *,
    image_size: Size,
    channels: int,
    key: str,
    frame: int = 1,
    burned: bool = False,
) -> UInt8:
    """Decode one frame of a DICOM file.

    Greys become shades as :func:`~aehash.generators.dicom_shades.shades` says; YBR becomes RGB,
    a palette its colours. Greys and colours of more than eight bits are scaled at their full
    depth, and only then rounded to eight.

    Args:
        file: A path or an open binary file.
        image_size: Side of the square result, a longest side, or None for the image's own size.
        channels: 1 for grey, 3 for RGB.
        key: How to call the image in an error.
        frame: From 1.
        burned: Whether to read a picture whose header says that what identifies the patient is
            burned into its pixels.

    Returns:
        ``(H, W, channels)`` uint8, 0…255.

    Raises:
        UnreadableImage: The file is no DICOM file, holds no image, is damaged, needs a decoder
            that is not installed, has no such frame, or has more pixels than Pillow's limit
            ``Image.MAX_IMAGE_PIXELS``. The cause is left out, for what it may quote.
    """
    with quiet(), _opened(file, key) as source, _sentences(key, "its pixels are damaged"):
        if not burned and _names_patient(source.header):
            raise Refused(
                "its header says that who the patient is can be read in its pixels; to read it all "
                "the same, put #burned=yes behind the path of the data"
            )
        picture = _picture(stored(source, frame), source, frame)
    if picture.dtype != np.uint8:
        return fit_shades(picture, image_size, channels)
    return fit(Image.fromarray(picture), image_size, channels)


def count_frames(path: str | Path) -> tuple[int, int]:
    """Count the frames of a file, by its header and its size.

    Args:
        path: The file.

    Returns:
        How many its header says it has, and how many of them it can hold.

    Raises:
        UnreadableImage: The header cannot be read, or names no image.
    """
    key = str(path)
    with quiet(), _opened(path, key) as source, _sentences(key, "its header is damaged"):
        return frames(source)


def _names_patient(header: Any) -> bool:
    """Say whether a header leaves it to be feared; only NO, or nothing, does not."""
    value = header.get("BurnedInAnnotation")
    words = [value] if value is None or isinstance(value, str) else list(value)
    return any(str(word or "").strip().upper() not in ("", "NO") for word in words)


@contextlib.contextmanager
def _opened(file: str | Path | IO[bytes], key: str) -> Iterator[Source]:
    """Open a file, and close it again where it was given by its path."""
    with contextlib.ExitStack() as stack:
        with _sentences(key, "its header is damaged"):
            if isinstance(file, str | Path):
                file = stack.enter_context(Path(file).open("rb"))
            source = open_source(file)
        yield source


@contextlib.contextmanager
def _sentences(key: str, otherwise: str) -> Iterator[None]:
    """Turn all errors into one with a sentence of our own."""
    reason = otherwise
    try:
        yield
        return
    except MemoryError:
        raise
    except (Refused, UnreadableImage) as error:
        reason = error.reason
    except OSError as error:
        reason = error.strerror.lower() if error.strerror else otherwise
    except Exception:  # pydicom and its plugins raise nearly every class on a broken file.
        reason = otherwise
    raise UnreadableImage(key, reason) from None


def _picture(pixels: AnyArray, source: Source, frame: int) -> AnyArray:
    """Give ``(H, W)`` or ``(H, W, 3)``: uint8, or float32 in 0…1."""
    header = source.header
    kind = header.PhotometricInterpretation
    if kind in GREYS and pixels.ndim == 2:
        return shades(pixels, of_frame(header, frame))
    if kind == PALETTE and pixels.ndim == 2:
        return _painted(pixels, header)
    if kind in COLOURS and pixels.ndim == 3 and pixels.shape[2] == 3:
        return _levels(pixels, int(header.BitsStored))
    raise Refused(f"{kind} does not go with {int(header.SamplesPerPixel)} samples a pixel")


def _painted(pixels: AnyArray, header: Any) -> AnyArray:
    """Look up the colours of a palette; pydicom expects positions that are in the table."""
    entries, first, bits = (int(n) for n in header.RedPaletteColorLookupTableDescriptor)
    inside = np.clip(pixels, first, first + (entries or 2**16) - 1)
    colours = apply_color_lut(inside, header)[..., :3]
    return _levels(colours, bits if int(colours.max()) < 2**bits else 16)


def _levels(colours: AnyArray, bits: int) -> AnyArray:
    if colours.dtype == np.uint8 and bits == 8:
        return colours
    return colours.astype(np.float32) / np.float32(2**bits - 1)
