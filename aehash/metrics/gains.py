"""What an item is worth by the labels it shares, and the best that any ranking could gather."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.metrics.ties import Floats, Ints, step_of

Gain = Literal["linear", "exponential"]
GAIN: tuple[Gain, ...] = ("linear", "exponential")
_MOST = 960
"""Labels; 2^960 times any number of items is a float64, which ends before 2^1024."""


def worths(most: int, gain: Gain) -> Floats:
    """Tabulate what an item is worth.

    Args:
        most: The most labels that an item can share.
        gain: ``linear``: g, the labels shared; ``exponential``: 2^g - 1.

    Returns:
        ``(most + 1,)`` float64.

    Raises:
        UsageError: Sums of exponential gains would be beyond float64.
    """
    if gain == "exponential" and most > _MOST:
        raise UsageError(
            f"A query has {most:,} labels, and the exponential gain 2^g - 1 can be summed up to "
            f"{_MOST} labels a query: choose the linear gain (--gain linear)."
        )
    shared = np.arange(most + 1, dtype=np.float64)
    return shared if gain == "linear" else np.exp2(shared) - 1


@dataclass(frozen=True, eq=False)
class Ideal:
    """The whole database of each query, sorted by gain.

    Attributes:
        items: ``(q, levels)`` items by level, its own row left out.
        worth: ``(q, levels)`` float64, what each of them is worth; never falling.
    """

    items: Ints
    worth: Floats

    @classmethod
    def from_levels(cls, by_level: Ints, sizes: Ints, gains: Floats) -> "Ideal":
        """Make it from the counts of a histogram.

        Args:
            by_level: ``(q, levels)`` items of the whole database by level.
            sizes: ``(q,)`` the largest gain there is for each query, in labels.
            gains: Worth by shared labels.

        Returns:
            The ideal.
        """
        level = np.arange(by_level.shape[1])
        return cls(by_level, gains[np.minimum(level, sizes[:, None])])

    def discounted(self, lengths: Ints) -> Floats:
        """Sum the discounted gains of the best ranking there is.

        Args:
            lengths: ``(q, cuts)`` how many items.

        Returns:
            ``(q, cuts)`` float64.
        """
        best = self.items[:, ::-1]
        ends = np.cumsum(best, axis=1)[:, None, :]
        stop = np.minimum(ends, lengths[:, :, None])
        start = np.minimum(ends - best[:, None], lengths[:, :, None])
        sums: NDArray[np.float64] = step_of("discount", start, stop - start)
        # Added up one by one: levels that only other queries have must not change the rounding.
        return np.asarray(np.cumsum(self.worth[:, None, ::-1] * sums, axis=2)[:, :, -1])
