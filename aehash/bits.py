"""The one place where a feature becomes a bit: a feature above 0 is 1, everything else is 0.

Packed codes hold 8 bits per byte, most significant bit first (``numpy.packbits``), and the
last byte is padded with zeros.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError, UsageError

BIT_ORDER: Final = "big"
THRESHOLD = "feature > 0"
MAX_BITS = 65_534
"""The longest code: a distance, and one value beyond it, must fit into uint16."""


def check_bits(bits: int) -> int:
    """Check a number of bits.

    Args:
        bits: Bits per code.

    Returns:
        The number itself.

    Raises:
        UsageError: It is not a whole number from 1 to 65,534.
    """
    if isinstance(bits, bool) or not isinstance(bits, (int, np.integer)):
        raise UsageError(f"bits must be a whole number, not {bits!r}.")
    if not 1 <= bits <= MAX_BITS:
        raise UsageError(f"bits must be from 1 to {MAX_BITS}, not {bits}.")
    return int(bits)


def packed_width(bits: int) -> int:
    """Count the bytes that one packed code takes.

    Args:
        bits: Bits per code.

    Returns:
        ``ceil(bits / 8)``.
    """
    return -(-check_bits(bits) // 8)


def threshold(features: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Turn features into bits; 0 and -0 are 0.

    Args:
        features: ``(n, bits)``, real.

    Returns:
        ``(n, bits)`` bool, true where the feature is above 0.

    Raises:
        AehashError: A feature is NaN, which is on neither side.
        UsageError: The array is not two-dimensional.
    """
    features = np.asarray(features)
    if features.ndim != 2:
        raise UsageError(f"features must be (n, bits), not of shape {features.shape}.")
    check_no_nan(features)
    return np.asarray(features > 0)


def check_no_nan(features: NDArray[np.floating], first_row: int = 0) -> None:
    """Refuse features that hold NaN.

    Args:
        features: ``(n, d)``, real.
        first_row: The number of the first row, for the message.

    Raises:
        AehashError: A row holds NaN; the message names the first such row.
    """
    bad = np.isnan(features).any(axis=1)
    if bad.any():
        row = first_row + int(np.flatnonzero(bad)[0])
        raise AehashError(
            f"The features hold NaN in {int(bad.sum())} rows, the first of them row {row}. "
            "A model that gives NaN has diverged: train it again with a lower learning rate."
        )


def pack(bits: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Pack bits, 8 to a byte.

    Args:
        bits: ``(n, bits)`` bool.

    Returns:
        ``(n, ceil(bits / 8))`` uint8, big bit order, zero-padded.

    Raises:
        UsageError: The array is not two-dimensional bool.
    """
    bits = np.asarray(bits)
    if bits.ndim != 2 or bits.dtype != np.bool_:
        raise UsageError(f"pack takes (n, bits) bool, not {bits.dtype} of shape {bits.shape}.")
    check_bits(bits.shape[1])
    return np.packbits(bits, axis=1, bitorder=BIT_ORDER)


def unpack(packed: NDArray[np.uint8], bits: int) -> NDArray[np.bool_]:
    """Undo `pack`.

    Args:
        packed: ``(n, ceil(bits / 8))`` uint8.
        bits: Bits per code.

    Returns:
        ``(n, bits)`` bool.

    Raises:
        UsageError: The width does not belong to that many bits.
    """
    packed = check_packed(packed, bits)
    flat = np.unpackbits(packed, axis=1, count=bits, bitorder=BIT_ORDER)
    return flat.astype(np.bool_)


def check_packed(packed: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """Check the type and width of packed codes.

    Args:
        packed: ``(n, ceil(bits / 8))`` uint8.
        bits: Bits per code.

    Returns:
        The array itself.

    Raises:
        UsageError: Another type, another width.
    """
    width = packed_width(bits)
    if packed.dtype != np.uint8 or packed.ndim != 2 or packed.shape[1] != width:
        raise UsageError(
            f"Packed codes of {bits} bits are uint8 of shape (n, {width}), "
            f"not {packed.dtype} of shape {packed.shape}."
        )
    return packed


def check_padding(packed: NDArray[np.uint8], bits: int) -> None:
    """Refuse codes whose padding is not zero: it would count as distance.

    Args:
        packed: ``(n, ceil(bits / 8))`` uint8.
        bits: Bits per code.

    Raises:
        UsageError: A padding bit is set; the message names the first such row.
    """
    spare = packed_width(bits) * 8 - bits
    wrong = np.flatnonzero(packed[:, -1] & ((1 << spare) - 1)) if spare else np.empty(0, np.intp)
    if wrong.size:
        raise UsageError(
            f"Row {wrong[0]} of the packed codes has bits set beyond the first {bits}. "
            "Say the right number of bits, or pack with numpy.packbits (big bit order)."
        )
