"""Thresholds of bits that no bit is nearly constant by.

A bit that is 1 for few images tells few of them apart. Where the balance asked for in training has
left such a bit, its threshold moves towards the median of what it is made of, as far as it must and
no further, so that images far from the threshold keep their bit.
"""

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.metrics.code_statistics import entropy


def even_shifts(outputs: NDArray[np.floating], least: float) -> NDArray[np.float64]:
    """Say what to add to outputs so that every bit, output above 0, has some entropy.

    Args:
        outputs: ``(n, bits)``, finite.
        least: Entropy asked of each bit, 0 to below 1.

    Returns:
        ``(bits,)``: 0 where a bit has it. Where equal outputs stand in the way, as near as can be.

    Raises:
        UsageError: ``least`` is out of its range.
    """
    share = least_share(least)
    ones = (outputs > 0).mean(axis=0)
    poor = np.flatnonzero(entropy(ones) < least)
    shifts = np.zeros(outputs.shape[1])
    for bit in poor:
        shifts[bit] = _shift(np.sort(outputs[:, bit].astype(np.float64)), share, ones[bit] < 0.5)
    return shifts


def least_share(least: float) -> float:
    """Say how many images must differ from the others for an entropy.

    Args:
        least: Of a bit, 0 to below 1.

    Returns:
        A share, 0 to below 0.5.

    Raises:
        UsageError: ``least`` is out of its range.
    """
    if not 0 <= least < 1:
        raise UsageError(f"The least entropy of a bit is {least}; from 0 to below 1.")
    low, high = 0.0, 0.5
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if entropy(np.array(middle)) >= least else (middle, high)
    return high


def _shift(ordered: NDArray[np.float64], share: float, rare: bool) -> float:
    """Move the threshold to the first gap that leaves the share on the rarer side."""
    gaps = 1 + np.flatnonzero(np.diff(ordered) > 0)  # so many are below each
    if not len(gaps):
        return 0.0
    few = len(ordered) - gaps if rare else gaps
    enough = gaps[few >= np.ceil(share * len(ordered))]
    nearest, furthest = (-1, 0) if rare else (0, -1)
    cut = enough[nearest] if len(enough) else gaps[furthest]
    return float(-(ordered[cut - 1] + ordered[cut]) / 2)
