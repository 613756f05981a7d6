"""The covariance of matching pairs, and what is done where there are too few of them."""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.covariance import Floats
from aehash.errors import AehashError, UsageError

ENOUGH = 10
"""With fewer pairs a direction than this, the covariance is shrunk."""
SINGULAR = 1e-8
"""A covariance whose least variance is below this share of the mean variance is singular."""
_BLOCK = 1 << 21
"""Numbers of a block of differences."""


def check_pairs(name: str, pairs: ArrayLike, rows: int) -> NDArray[np.int64]:
    """Check pairs of rows.

    Args:
        name: What they are, for the message.
        pairs: ``(m, 2)`` row numbers.
        rows: How many rows there are.

    Returns:
        ``(m, 2)`` int64.

    Raises:
        UsageError: They are not whole numbers, fewer than two, beyond the rows, or of a row with
            itself.
    """
    array = np.asarray(pairs)
    if array.ndim != 2 or array.shape[1] != 2 or (array.size and array.dtype.kind not in "iu"):
        raise UsageError(
            f"{name} must be row numbers (m, 2), not {array.dtype} of shape {array.shape}."
        )
    if len(array) < 2:
        raise UsageError(
            f"{name} must be two or more, and there is {len(array)}: a covariance cannot be "
            "learned from that. Give more, or whiten by PCA, which needs none."
        )
    outside = (array < 0) | (array >= rows)
    if outside.any():
        number = int(np.flatnonzero(outside.any(axis=1))[0])
        raise UsageError(
            f"Pair {number} of {name} names row {array[outside][0]}, and the rows go from 0 to "
            f"{rows - 1}: the pairs must belong to these features."
        )
    same = np.flatnonzero(array[:, 0] == array[:, 1])
    if same.size:
        raise UsageError(
            f"Pair {same[0]} of {name} is row {array[same[0], 0]} with itself, which tells "
            "nothing: leave it out."
        )
    return array.astype(np.int64)


def pair_covariance(
    table: NDArray[Any], pairs: NDArray[np.int64], span: Floats
) -> tuple[Floats, float]:
    """Average the outer products of the pairs' differences, along some axes.

    Args:
        table: ``(n, d)``.
        pairs: ``(m, 2)`` rows.
        span: ``(d, r)`` axes of length 1, at right angles.

    Returns:
        ``(r, r)`` float64, and the mean of the differences' fourth powers of length.
    """
    total, fourth = np.zeros((span.shape[1], span.shape[1])), 0.0
    step = max(1, _BLOCK // table.shape[1])
    for start in range(0, len(pairs), step):
        one, other = pairs[start : start + step].T
        apart = np.subtract(table[one], table[other], dtype=np.float64) @ span
        total += apart.T @ apart
        fourth += float(np.square(np.einsum("ij,ij->i", apart, apart)).sum())
    return total / len(pairs), fourth / len(pairs)


def shrunk(
    within: Floats, fourth: float, count: int, shrinkage: float | Literal["auto", "ledoit_wolf"]
) -> tuple[Floats, float, str]:
    """Shrink a covariance towards a multiple of the identity, where that is wanted.

    Args:
        within: ``(r, r)``, the mean of outer products of differences.
        fourth: The mean of the differences' fourth powers of length.
        count: How many differences there are.
        shrinkage: As for :func:`aehash.whitening.learn_whitening`.

    Returns:
        ``(r, r)`` of full rank, the share s that is the identity's, and the reason in words.

    Raises:
        UsageError: The shrinkage is neither a word nor a number from 0 to below 1.
        AehashError: The result is singular.
    """
    rank, size = len(within), float(np.trace(within)) / len(within)
    if not size > 0:
        raise AehashError(
            f"The {count:,} matching pairs are of equal descriptors, so nothing can be learned "
            "from their differences: pair different pictures of the same thing."
        )
    singular = _singular(within, size)
    amount, reason = _amount(within, fourth, count, shrinkage, singular)
    result = (1 - amount) * within + amount * size * np.eye(rank)
    if _singular(result, size):
        raise AehashError(
            f"The covariance of the {count:,} matching pairs is singular over {rank} directions "
            f"(shrinkage {amount:.3g}): give more pairs, or a shrinkage such as 0.1."
        )
    return result, amount, reason


def _amount(
    within: Floats, fourth: float, count: int, shrinkage: float | str, singular: bool
) -> tuple[float, str]:
    if isinstance(shrinkage, str):
        if shrinkage not in ("auto", "ledoit_wolf"):
            raise UsageError(
                f"shrinkage must be 'auto', 'ledoit_wolf' or a number, not {shrinkage!r}."
            )
        few = count < ENOUGH * len(within)
        if shrinkage == "auto" and not (few or singular):
            return 0.0, ""
        reason = "as asked"
        if shrinkage == "auto":
            reason = f"{count:,} pairs for {len(within)} directions" if few else "it is singular"
        return _ledoit_wolf(within, fourth, count), f"Ledoit-Wolf: {reason}"
    if isinstance(shrinkage, bool) or not isinstance(shrinkage, int | float | np.number):
        raise UsageError(f"shrinkage must be a number or 'auto', not {shrinkage!r}.")
    if not 0 <= shrinkage < 1:
        raise UsageError(f"shrinkage must be from 0 to below 1, not {shrinkage!r}.")
    return float(shrinkage), "as asked"


def _ledoit_wolf(within: Floats, fourth: float, count: int) -> float:
    """Reckon the best share of the identity, by Ledoit and Wolf (2004), the mean being zero."""
    squares = float(np.square(within).sum())
    spread = squares - float(np.trace(within)) ** 2 / len(within)
    doubt = max(0.0, (fourth - squares) / count)
    return min(1.0, doubt / spread) if spread > 0 else 0.0


def _singular(matrix: Floats, size: float) -> bool:
    return float(np.linalg.eigvalsh(matrix)[0]) <= SINGULAR * size
