"""Opening a DICOM file: the part of its header that describes pixels, and one frame of them."""

from __future__ import annotations

import io
import re
import zlib
from dataclasses import dataclass
from typing import IO, Any

from PIL import Image
from pydicom import dcmread
from pydicom.filereader import read_dataset, read_preamble
from pydicom.pixels import as_pixel_options, get_decoder
from pydicom.tag import Tag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGExtended12Bit,
    MediaStorageDirectoryStorage,
    RLELossless,
)

from aehash.generators.arrays import AnyArray
from aehash.generators.dicom_quiet import Refused
from aehash.generators.dicom_shades import DESCRIPTION, RULES

_PIXELS = {
    0x7FE00010: "PixelData",
    0x7FE00009: "DoubleFloatPixelData",
    0x7FE00008: "FloatPixelData",
}
_REPRESENTATIONS = ("OB", "OW", "OF", "OD", "UN")
_WORDS = (
    "SOPClassUID",
    "PixelPresentation",
    "BurnedInAnnotation",
    *(f"{colour}PaletteColorLookupTableDescriptor" for colour in ("Red", "Green", "Blue")),
    *(f"{colour}PaletteColorLookupTableData" for colour in ("Red", "Green", "Blue")),
    *(f"Segmented{colour}PaletteColorLookupTableData" for colour in ("Red", "Green", "Blue")),
    "HighBit",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    *DESCRIPTION,
    *RULES,
)
_TAGS: list[Any] = [Tag(word) for word in _WORDS]
GREYS = ("MONOCHROME1", "MONOCHROME2")
PALETTE = "PALETTE COLOR"
COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
"""Photometric interpretations that are read; pydicom brings all of the last to RGB."""
_RETIRED = ("HSV", "ARGB", "CMYK", "YBR_PARTIAL_422", "YBR_PARTIAL_420")

_PLAIN = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)
"""Transfer syntaxes whose pixels are not compressed one by one."""

_REMEDIES = {
    "1.2.840.10008.1.2.4.51": "'pylibjpeg[libjpeg]'",
    "1.2.840.10008.1.2.4.57": "'pylibjpeg[libjpeg]'",
    "1.2.840.10008.1.2.4.70": "'pylibjpeg[libjpeg]'",
    "1.2.840.10008.1.2.4.80": "pyjpegls",
    "1.2.840.10008.1.2.4.81": "pyjpegls",
    "1.2.840.10008.1.2.4.90": "'pylibjpeg[openjpeg]'",
    "1.2.840.10008.1.2.4.91": "'pylibjpeg[openjpeg]'",
    "1.2.840.10008.1.2.4.201": "'pylibjpeg[openjpeg]'",
    "1.2.840.10008.1.2.4.202": "'pylibjpeg[openjpeg]'",
    "1.2.840.10008.1.2.4.203": "'pylibjpeg[openjpeg]'",
}


@dataclass(frozen=True, eq=False, repr=False)
class Source:
    """An opened file.

    Attributes:
        stream: The file, or what was inflated of it.
        header: A :class:`pydicom.Dataset` with what describes the pixels.
        syntax: How they are written.
        element: Which element holds them.
        start: Where in the stream their bytes start.
        vr: Their value representation, or nothing where it does not stand there.
    """

    stream: IO[bytes]
    header: Any
    syntax: UID
    element: str
    start: int
    vr: str


def open_source(stream: IO[bytes]) -> Source:
    """Open a file and read the part of its header that describes its pixels.

    Args:
        stream: The open file, read from its start.

    Returns:
        The file, its pixels not read.

    Raises:
        Refused: It is no DICOM file, or holds no image.
        Exception: What pydicom raises on a damaged header.
    """
    stream.seek(0)
    marked = read_preamble(stream, force=True) is not None
    meta = read_dataset(stream, False, True, stop_when=lambda tag, vr, length: tag >> 16 != 2)
    syntax = meta.get("TransferSyntaxUID")
    if meta.get("MediaStorageSOPClassUID") == MediaStorageDirectoryStorage:
        raise Refused("it is a DICOMDIR, a list of files")
    if syntax == DeflatedExplicitVRLittleEndian:
        stream = _inflated(stream)
        header = read_dataset(stream, False, True, stop_when=_at_pixels, specific_tags=_TAGS)
    else:
        stream.seek(0)
        header = dcmread(stream, stop_before_pixels=True, force=True, specific_tags=_TAGS)
    encoding = header.original_encoding
    syntax = UID(syntax) if syntax else _guess(*encoding)
    found = _pixel_element(stream, *encoding)
    if found is None:
        raise Refused(_imageless(header, marked))
    return Source(stream, header, syntax, *found)


def _at_pixels(tag: int, vr: str | None, length: int) -> bool:
    return tag in _PIXELS


def _inflated(stream: IO[bytes]) -> IO[bytes]:
    """Inflate what follows the file's own header, up to a size that no picture exceeds."""
    most = 8 * (Image.MAX_IMAGE_PIXELS or 2**28)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    data = inflater.decompress(stream.read(), most)
    if inflater.unconsumed_tail:
        raise Refused(f"it inflates to more than the limit of {most:,} bytes")
    return io.BytesIO(data)


def _guess(implicit: bool | None, little: bool | None) -> UID:
    if not little:
        return ExplicitVRBigEndian
    return ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian


def _pixel_element(
    stream: IO[bytes], implicit: bool | None, little: bool | None
) -> tuple[str, int, str] | None:
    """Read the start of the element that the header ends before: its name, its bytes' place, VR."""
    order = "little" if little else "big"
    start = stream.read(8)
    tag = int.from_bytes(start[:2], order) << 16 | int.from_bytes(start[2:4], order)  # type: ignore[arg-type]
    vr = start[4:6].decode("latin-1")
    if implicit or vr not in _REPRESENTATIONS:  # or implicit against the file's own word
        vr = ""
    else:
        stream.seek(4, io.SEEK_CUR)
    return (_PIXELS[tag], stream.tell(), vr) if tag in _PIXELS else None


def _imageless(header: Any, marked: bool) -> str:
    kind = UID(header.get("SOPClassUID") or "")
    if kind and kind.name != kind:
        return f"it holds no pixels; DICOM calls its kind {kind.name}"
    return "it holds no pixels" if marked or "Rows" in header else "it is no DICOM file"


def frames(source: Source) -> tuple[int, int]:
    """Count the frames of a file.

    Returns:
        How many its header says it has, from 1, and how many of them its bytes can hold.
    """
    said = max(1, int(source.header.get("NumberOfFrames") or 1))
    room = source.stream.seek(0, io.SEEK_END) - source.start
    smallest = _bits(source.header) if source.syntax in _PLAIN else 64
    return said, min(said, room * 8 // smallest if smallest else 1)


def _bits(header: Any) -> int:
    """Count the bits of a frame that is not compressed."""
    words = ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated")
    rows, columns, samples, bits = (int(header.get(word) or 0) for word in words)
    sampled = header.get("PhotometricInterpretation") == "YBR_FULL_422"
    return rows * columns * samples * bits * (2 if sampled else 3) // 3


def stored(source: Source, frame: int) -> AnyArray:
    """Read the stored values of one frame; YBR comes as RGB.

    Args:
        source: The file.
        frame: From 1.

    Returns:
        ``(H, W)`` or ``(H, W, samples)`` in the type that the header says.

    Raises:
        Refused: It cannot be read.
    """
    decoder = _decoder(source)
    _check(source.header)
    said, held = frames(source)
    if frame > said:
        raise Refused(f"it has {said} frame{'s' * (said > 1)}, so none is number {frame}")
    if source.syntax in _PLAIN and frame > held:
        room = source.stream.seek(0, io.SEEK_END) - source.start
        wanted = -(-_bits(source.header) * frame // 8)
        raise Refused(f"its pixels are cut off: {room:,} bytes of {wanted:,} are there")
    source.stream.seek(source.start)
    options = as_pixel_options(
        source.header, transfer_syntax_uid=source.syntax, pixel_keyword=source.element
    )
    if source.vr:
        options["pixel_vr"] = source.vr  # big-endian bytes may lie in words
    unused = _unused_low_bits(source)
    if unused:
        options["bits_stored"] += unused  # what pydicom leaves above them is cleared or the sign
    try:
        found: AnyArray = decoder.as_array(
            source.stream, index=frame - 1, validate=True, **options
        )[0]
    except (MemoryError, OSError):
        raise
    except Exception:  # pydicom and its plugins raise nearly every class on broken pixels.
        raise Refused(_undecoded(source, decoder)) from None
    return found >> unused if unused else found


def _unused_low_bits(source: Source) -> int:
    """Count the bits of a word below its value, as files from before 2014 may have them."""
    header = source.header
    high, bits, words = (header.get(w) for w in ("HighBit", "BitsStored", "BitsAllocated"))
    written = source.syntax in (*_PLAIN, RLELossless)
    if not written or not all(isinstance(number, int) for number in (high, bits, words)):
        return 0
    return int(high - bits + 1) if 0 < bits <= high < words else 0


def _check(header: Any) -> None:
    words = ("BitsAllocated", "SamplesPerPixel", "PhotometricInterpretation", "Rows", "Columns")
    missing = [word for word in words if header.get(word) in (None, "")]
    if missing:
        raise Refused(f"its header does not say {missing[0]}")
    kind = header.PhotometricInterpretation
    if kind not in (*GREYS, PALETTE, *COLOURS):
        named = f" {kind}" if kind in _RETIRED else ""
        raise Refused(f"its photometric interpretation{named} is not read")
    rows, columns = int(header.Rows or 0), int(header.Columns)
    if not rows * columns:
        raise Refused(f"it has {columns}×{rows} pixels")
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and rows * columns > limit:
        raise Refused(f"it has {columns}×{rows} pixels, more than the limit of {limit:,}")


def _decoder(source: Source) -> Any:
    try:
        decoder = get_decoder(source.syntax)
    except NotImplementedError:  # what pydicom raises at a transfer syntax it does not know
        raise Refused(f"no decoder is known for its transfer syntax, {_name(source)}") from None
    deep = source.syntax == JPEGExtended12Bit and source.header.get("BitsStored") != 8
    if not decoder.is_available or (deep and decoder.available_plugins == ("pillow",)):
        remedy = _REMEDIES.get(source.syntax, "pylibjpeg")
        raise Refused(
            f"its transfer syntax, {_name(source)}, needs a decoder that is not installed "
            f"(pip install {remedy})"
        )
    return decoder


def _name(source: Source) -> str:
    """Name a transfer syntax as the standard does, or by its number where it is a number."""
    name, number = str(source.syntax.name), str(source.syntax)
    if name != number:
        return name
    return number if re.fullmatch(r"[0-9.]{1,64}", number) else "which is not a UID"


def _undecoded(source: Source, decoder: Any) -> str:
    if source.syntax in _PLAIN:
        return "its header does not describe its pixels"
    plugins = " and ".join(decoder.available_plugins)
    return (
        f"its pixels, {_name(source)}, are damaged, cut off, or of a kind that {plugins} does "
        "not decode"
    )
