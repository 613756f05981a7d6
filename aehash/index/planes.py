"""Codes laid out as bit planes: the form in which they are compared.

A block holds 512 codes, transposed: plane j is bit j of all of them, 8 words of 64 bits. Lane l of
a block is its l-th code; it stands in word ``l // 64``, at bit ``l % 64``. Bits are numbered as
``numpy.unpackbits`` gives them. Lanes beyond the last code are zero.

In this form one logical instruction works on as many codes as a register has bits, on any
processor, and distances come from adding planes (`aehash.index.adders`) instead of counting the
bits of each code. It takes as much memory as the packed codes.
"""

import math

import numpy as np
from numpy.typing import NDArray

from aehash.bits import check_packed, packed_width

LANES = 512
"""Codes in a block."""
WORDS = LANES // 64
"""Words of 64 bits in a plane of a block."""
_ALIGN = 64
_CHUNK = 256
"""Blocks transposed at once by NumPy."""


def blocks_for(n: int) -> int:
    """Count the blocks that n codes take."""
    return -(-n // LANES)


def aligned(shape: tuple[int, ...]) -> NDArray[np.uint64]:
    """Make an array of zeros that begins at a cache line.

    Args:
        shape: Its shape.

    Returns:
        uint64, of that shape.
    """
    size = 8 * math.prod(shape)
    raw = np.zeros(size + _ALIGN, np.uint8)
    start = -raw.ctypes.data % _ALIGN
    return raw[start : start + size].view(np.uint64).reshape(shape)


def to_planes(packed: NDArray[np.uint8], bits: int) -> NDArray[np.uint64]:
    """Transpose packed codes.

    Args:
        packed: ``(n, ceil(bits / 8))`` uint8; may be memory-mapped.
        bits: Bits per code.

    Returns:
        ``(ceil(n / 512), bits, 8)`` uint64.

    Raises:
        UsageError: The codes are not of that many bits.
    """
    check_packed(packed, bits)
    planes = aligned((blocks_for(len(packed)), bits, WORDS))
    fill_planes(packed, planes)
    return planes


def fill_planes(packed: NDArray[np.uint8], planes: NDArray[np.uint64]) -> None:
    """Transpose packed codes into planes that are there already.

    Args:
        packed: ``(n, ceil(bits / 8))`` uint8; may be memory-mapped.
        planes: ``(ceil(n / 512), bits, 8)`` uint64, contiguous; may be memory-mapped.
    """
    for start in range(0, len(planes), _CHUNK):
        _fill(packed[start * LANES : (start + _CHUNK) * LANES], planes[start : start + _CHUNK])


def _fill(packed: NDArray[np.uint8], planes: NDArray[np.uint64]) -> None:
    """Transpose 8 × 8 bits at a time, all those of a column of bytes at once."""
    blocks, bits, _ = planes.shape
    lanes = np.zeros((blocks * LANES, packed.shape[1]), np.uint8)
    lanes[: len(packed)] = packed
    out = planes.view(np.uint8).reshape(blocks, bits, LANES // 8)
    for column in range(packed.shape[1]):
        eights = np.ascontiguousarray(lanes[:, column]).view("<u8")
        turned = _turn(eights).view(np.uint8).reshape(blocks, LANES // 8, 8)
        for bit in range(min(8, bits - 8 * column)):
            out[:, 8 * column + bit] = turned[:, :, 7 - bit]


def _turn(eights: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Transpose 8 × 8 bits in each word: bit j of byte i goes to bit i of byte j."""
    steps = ((7, 0x00AA00AA00AA00AA), (14, 0x0000CCCC0000CCCC), (28, 0x00000000F0F0F0F0))
    for shift, mask in steps:
        swap = (eights ^ (eights >> np.uint64(shift))) & np.uint64(mask)
        eights = eights ^ swap ^ (swap << np.uint64(shift))
    return eights


def from_planes(planes: NDArray[np.uint64], n: int) -> NDArray[np.uint8]:
    """Undo `to_planes`.

    Args:
        planes: ``(blocks, bits, 8)`` uint64.
        n: How many codes there are.

    Returns:
        ``(n, ceil(bits / 8))`` uint8.
    """
    blocks, bits, _ = planes.shape
    width = packed_width(bits)
    result = np.empty((blocks * LANES, width), np.uint8)
    bytes_of = np.ascontiguousarray(planes).view(np.uint8).reshape(blocks, bits, LANES // 8)
    for column in range(width):
        turned = np.zeros((blocks, LANES // 8, 8), np.uint8)
        for bit in range(min(8, bits - 8 * column)):
            turned[:, :, 7 - bit] = bytes_of[:, 8 * column + bit]
        eights = turned.reshape(-1).view("<u8")
        result[:, column] = _turn(eights).view(np.uint8)
    return result[:n]


def mask_words(where: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Lay a choice of rows out as the lanes are.

    Args:
        where: ``(n,)`` bool, true for the rows that may be found.

    Returns:
        ``(ceil(n / 512) * 8,)`` uint64.
    """
    words = np.zeros(blocks_for(len(where)) * LANES // 8, np.uint8)
    packed = np.packbits(where, bitorder="little")
    words[: len(packed)] = packed
    return words.view(np.uint64)
