"""Float32 numbers as the fewest digits that read back to the bit."""

import re

import numpy as np
from numpy.typing import NDArray

_MOST = 9
_FEWER = (8, 7, 6)
_LOWEST = -80
_POWERS = np.array([float(f"1e{power}") for power in range(_LOWEST, 81)])
#: A decimal must lie this far inside the numbers that round to its float32. The arithmetic here
#: and the reader's own rounding to float64 are off by 2^-50 of the number at most; what is left
#: free is 2^-45 of it or more, so reading by way of float64 never rounds twice to another number.
_INSIDE = 1 - 2.0**-20
_MINUS_ZERO = re.compile(r"(?<![\d.e+-])-0(?=,|$)")


def row_texts(features: NDArray[np.float32]) -> list[str]:
    """Write rows of numbers, each as the fewest digits (9 at most) that read back exactly.

    Args:
        features: ``(m, d)`` float32, finite.

    Returns:
        Each row's numbers with commas between them, as JSON has them; -0 is ``-0.0``.
    """
    features = np.ascontiguousarray(features, dtype=np.float32)
    form = ",".join(["%.*g"] * features.shape[1])
    minus = ((features == 0) & np.signbit(features)).any(axis=1).tolist()
    texts = []
    rows = zip(_digits(features).tolist(), features.tolist(), minus, strict=True)
    for digits, numbers, has_minus in rows:
        both = [None] * (2 * len(numbers))
        both[0::2] = digits
        both[1::2] = numbers
        text = form % tuple(both)
        texts.append(_MINUS_ZERO.sub("-0.0", text) if has_minus else text)
    return texts


def _digits(features: NDArray[np.float32]) -> NDArray[np.int64]:
    """Count the significant digits that each number needs; 9 are always enough."""
    size = np.abs(features)
    exact = size.astype(np.float64)
    # The gap below is the smaller of the two at a power of two.
    room = np.spacing(np.nextafter(size, np.float32(0))).astype(np.float64) * (0.5 * _INSIDE)
    # A power that is one too high only tests one digit less than is written.
    power = np.floor(np.log10(np.where(size == 0, 1.0, exact)) + 1e-9).astype(np.int64)
    found = np.full(features.shape, _MOST)
    for digits in _FEWER:
        scale = digits - 1 - power
        up, down = _POWERS[scale - _LOWEST], _POWERS[-scale - _LOWEST]
        # Dividing by a power of ten that float64 holds exactly is rounded once.
        rounded = np.rint(exact * up)
        back = np.where(scale >= 0, rounded / up, rounded * down)
        found[np.abs(back - exact) <= room] = digits
    return found
