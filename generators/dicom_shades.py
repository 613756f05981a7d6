"""From the stored values of a DICOM picture to shades from black to white.

The order is the standard's (PS3.3 C.11): modality, values of interest, presentation. Imports
pydicom, so it is imported only by :mod:`aehash.generators.dicom`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_modality_lut, apply_windowing

from aehash.generators.arrays import AnyArray
from aehash.generators.dicom_quiet import Refused

Reals = NDArray[np.float64]

_TABLED = 16
"""Bits up to which every possible value is worked out once, instead of every pixel."""

_GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
_INSIDE = {
    "PixelValueTransformationSequence": ("RescaleSlope", "RescaleIntercept"),
    "FrameVOILUTSequence": ("WindowCenter", "WindowWidth", "VOILUTFunction"),
}
DESCRIPTION = (
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
)
"""What a header says of its pixels."""

RULES = (
    "ModalityLUTSequence",
    "RescaleSlope",
    "RescaleIntercept",
    "VOILUTSequence",
    "VOILUTFunction",
    "WindowCenter",
    "WindowWidth",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    *_GROUPS,
)
"""What a header says of the shades that its greys are to be shown in."""


def of_frame(header: Any, frame: int) -> Any:
    """Bring the rules of one frame of an enhanced multi-frame picture to the header's top.

    Args:
        header: A :class:`pydicom.Dataset`.
        frame: From 1.

    Returns:
        The header itself where it has no functional groups, else a copy.
    """
    groups = [header.get(_GROUPS[0]) or [], (header.get(_GROUPS[1]) or [])[frame - 1 : frame]]
    if not any(groups):
        return header
    flat = Dataset()
    flat.set_original_encoding(*header.original_encoding)
    _copy(header, RULES + DESCRIPTION, flat)
    for group in [item for part in groups for item in part[:1]]:
        for sequence, keywords in _INSIDE.items():
            for item in (group.get(sequence) or [])[:1]:
                _copy(item, keywords, flat)
    return flat


def _copy(source: Any, words: Iterable[str], target: Any) -> None:
    for word in words:
        if word in source:
            target.add(source[word])


def shades(stored: AnyArray, header: Any) -> NDArray[np.float32]:
    """Turn the stored values of a MONOCHROME picture into shades.

    The modality's lookup table, or slope and intercept, is applied first. Then the first VOI
    lookup table, or else the first window by its function (LINEAR, LINEAR_EXACT or SIGMOID,
    PS3.3 C.11.2.1.2 and C.11.2.1.3). Without either, a picture of up to eight bits keeps its
    shades: black and white are the smallest and largest value that its bits allow, as in any
    eight-bit picture. A deeper one is stretched from the smallest to the largest value that
    occurs in it, since its bits say little of the shades meant. A window that the standard
    does not allow (a width of 0, or below 1 where LINEAR) counts as none.

    MONOCHROME1 is inverted. Pixel padding is black and counts for no range. Overlays are not
    drawn.

    Args:
        stored: ``(H, W)``, as :func:`pydicom.pixels.pixel_array` gives them.
        header: The rules and the description of the pixels.

    Returns:
        ``(H, W)``, 0 black to 1 white.

    Raises:
        Refused: The picture holds NaN or infinity, or a lookup table does not fit.
    """
    if stored.dtype.kind == "f" or header.BitsStored > _TABLED:
        if not np.isfinite(stored).all():
            raise Refused("it holds NaN or infinity")
        return _shades(stored, np.ones(stored.shape, np.bool_), header).astype(np.float32)
    low, high = _span(header)
    possible = np.arange(low, high + 1)
    place = np.clip(stored.astype(np.int32), low, high) - low
    occurs = np.bincount(place.ravel(), minlength=len(possible)) > 0
    return _shades(possible, occurs, header).astype(np.float32)[place]


def _span(header: Any) -> tuple[int, int]:
    bits = int(header.BitsStored)
    if header.PixelRepresentation == 1:
        return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    return 0, 2**bits - 1


def _shades(values: AnyArray, occurs: NDArray[np.bool_], header: Any) -> Reals:
    """Work out the shade of each value; ``occurs`` tells which are in the picture."""
    padding = _padding(values, header)
    real = _modality(values, header)
    shade = _voi(real, header)
    if shade is None:
        few = values.dtype.kind != "f" and header.BitsStored <= 8
        shade = _stretched(real, real if few else real[occurs & ~padding])
    if header.PhotometricInterpretation == "MONOCHROME1":
        shade = 1 - shade
    shade[padding] = 0
    return shade


def _stretched(real: Reals, among: Reals) -> Reals:
    low, high = (among.min(), among.max()) if among.size else (0.0, 0.0)
    if high <= low:
        return np.zeros(real.shape)
    shade: Reals = np.clip((real - low) / (high - low), 0, 1)
    return shade


def _padding(values: AnyArray, header: Any) -> NDArray[np.bool_]:
    limits = [header.get(word) for word in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
    numbers = [limit for limit in limits if isinstance(limit, int)]
    if not isinstance(limits[0], int) or values.dtype.kind == "f":
        return np.zeros(values.shape, np.bool_)
    # Written as unsigned where the pixels are signed, and the other way round.
    signed = header.PixelRepresentation == 1
    wraps = (2**15, 2**16) if signed else (0, 2**16)
    fitting = [
        number - wraps[1]
        if signed and number >= wraps[0]
        else number + wraps[1] * (not signed and number < 0)
        for number in numbers
    ]
    return (values >= min(fitting)) & (values <= max(fitting))


def _modality(values: AnyArray, header: Any) -> Reals:
    tables = header.get("ModalityLUTSequence")
    if tables:
        return look_up(values, tables[0], header)[0]
    rules = Dataset()
    words = ("RescaleSlope", "RescaleIntercept")
    if all(_number(header, word) is not None for word in words):
        _copy(header, words, rules)
    return np.asarray(apply_modality_lut(values, rules), np.float64)


def _voi(real: Reals, header: Any) -> Reals | None:
    """Give 0…1 by a table or a window, or None where there is neither."""
    for item in (header.get("VOILUTSequence") or [])[:1]:
        if item.get("LUTDescriptor") is not None and item.get("LUTData") is not None:
            found, white = look_up(real, item, header)
            return found / white
    centre, width = (_number(header, word) for word in ("WindowCenter", "WindowWidth"))
    if centre is None or width is None:
        return None
    function = str(header.get("VOILUTFunction") or "LINEAR").upper()
    if function not in ("LINEAR", "LINEAR_EXACT", "SIGMOID"):
        raise Refused("its window has a function that DICOM does not define")
    if width <= 0 or (function == "LINEAR" and width < 1):
        return None
    # One bit, so that black is 0 and white 1 whatever the modality's range was.
    rules = Dataset()
    _copy(header, ("WindowCenter", "WindowWidth"), rules)
    rules.VOILUTFunction = function
    rules.PhotometricInterpretation = "MONOCHROME2"
    rules.BitsStored, rules.PixelRepresentation = 1, 0
    with np.errstate(over="ignore"):
        return np.asarray(apply_windowing(real, rules), np.float64)


def _number(header: Any, word: str) -> float | None:
    """Give the first value of an element, or None where it is absent, empty or not finite."""
    value = header.get(word)
    if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue":
        value = value[0] if len(value) else None
    number = None if value is None or value == "" else float(value)
    return number if number is not None and math.isfinite(number) else None


def look_up(values: AnyArray, item: Any, header: Any) -> tuple[Reals, float]:
    """Apply a lookup table of a modality or a VOI (PS3.3 C.11.1.1 and C.11.2.1.1).

    Values before the table's first take its first entry, those after its last the last. Not
    pydicom's own, which counts positions in the entries' type, so that a table of 4,096 entries
    of eight bits is read modulo 256.

    Args:
        values: What to look up, rounded to whole numbers.
        item: With ``LUTDescriptor`` and ``LUTData``.
        header: Whose file it is in.

    Returns:
        The entries, and the largest number an entry can be.

    Raises:
        Refused: The table is shorter than it says.
    """
    entries, first, bits = (int(number) for number in item.LUTDescriptor)
    entries = entries % 2**16 or 2**16
    if first >= 2**15 and values.size and values.min() < 0:
        first -= 2**16
    table = _entries(item["LUTData"], entries, header)
    if len(table) < entries:
        raise Refused("one of its lookup tables is cut off")
    place = np.clip(np.rint(values) - first, 0, entries - 1).astype(np.int64)
    return table[place], float(max(2**bits - 1, table.max(), 1))


def _entries(element: Any, entries: int, header: Any) -> Reals:
    """Read a table's entries, each in two bytes, or two in one word where they are bytes."""
    little = getattr(header, "original_encoding", (None, True))[1] is not False
    order = "<" if little else ">"
    raw = element.value
    data = raw if isinstance(raw, bytes) else np.atleast_1d(raw).astype(f"{order}u2").tobytes()
    bytewise = len(data) < 2 * entries
    return np.frombuffer(data, "u1" if bytewise else f"{order}u2")[:entries].astype(np.float64)
