"""Closed forms for groups of tied items (McSherry and Najork, ECIR 2008).

A group of n tied items, r of them relevant, follows s items of which ``before`` are relevant;
its first m items lie inside the cut. All functions work elementwise on arrays that broadcast.
"""

from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Order = Literal["expected", "optimistic", "pessimistic"]

_CELLS = 1 << 20


def ratio(above: NDArray[Any], below: NDArray[Any]) -> Floats:
    """Divide, giving 0 where the divisor is 0.

    Args:
        above: Dividends.
        below: Divisors, 0 or more.

    Returns:
        float64, of the broadcast shape.
    """
    above, below = np.broadcast_arrays(above, below)
    result = np.zeros(above.shape)
    np.divide(above, below, out=result, where=below != 0)
    return result


@lru_cache(maxsize=4)
def _harmonic_table(size: int) -> NDArray[np.longdouble]:
    table = np.zeros(size + 1, np.longdouble)
    np.cumsum(1 / np.arange(1, size + 1, dtype=np.longdouble), out=table[1:])
    return table


def harmonic_step(start: Ints, length: Ints) -> Floats:
    """Sum 1/i for i from start + 1 to start + length.

    Args:
        start: 0 or more.
        length: 0 or more.

    Returns:
        float64.
    """
    end = np.asarray(start + length)
    size = 1 << int(end.max(initial=1)).bit_length()
    table = _harmonic_table(size)
    return np.asarray(table[end] - table[start], np.float64)


def group_total(n: Ints, r: Ints, s: Ints, before: Ints, m: Ints, order: Order) -> Floats:
    """Sum P(i) · rel(i) over the first m items of a group.

    Args:
        n: Items in the group.
        r: Relevant items in the group.
        s: Items before it.
        before: Relevant items before it.
        m: Items of the group inside the cut.
        order: The mean over all orders, or the relevant items first or last.

    Returns:
        float64.
    """
    if order == "expected":
        steepness = ratio(r - 1, n - 1)
        step = harmonic_step(s, m)
        inner = steepness * m + (before + 1 - steepness * (s + 1)) * step
        return ratio(r, n) * inner
    first = s if order == "optimistic" else s + n - r
    found = hits_in_group(n, r, m, order).astype(np.int64)
    return found + (before - first) * harmonic_step(first, found)


def hits_in_group(n: Ints, r: Ints, m: Ints, order: Order) -> Floats:
    """Count the relevant items among the first m of a group.

    Args:
        n: Items in the group.
        r: Relevant items in the group.
        m: Items of the group inside the cut.
        order: The mean over all orders, or the relevant items first or last.

    Returns:
        float64; a whole number unless it is a mean.
    """
    if order == "expected":
        return ratio(r * m, n)
    found = np.minimum(r, m) if order == "optimistic" else np.maximum(m - (n - r), 0)
    return np.asarray(found, np.float64)


def total_over_hits(n: Ints, r: Ints, s: Ints, before: Ints, m: Ints, total: Floats) -> Floats:
    """Average (Σ P(i) · rel(i)) / hits over all orders of the last group inside the cut.

    The hits h of that group are hypergeometric; given h, they are in random order among its
    first m items. The ratio has no single closed form, so it is summed over h.

    Args:
        n: ``(q,)`` items in the last group.
        r: ``(q,)`` relevant items in it.
        s: ``(q,)`` items before it.
        before: ``(q,)`` relevant items before it.
        m: ``(q,)`` its items inside the cut.
        total: ``(q,)`` mean Σ P(i) · rel(i) over the groups before it.

    Returns:
        ``(q,)`` float64, 0 where there is no hit.
    """
    low, high = np.maximum(m - (n - r), 0), np.minimum(m, r)
    result = np.zeros(len(n))
    spread = int((high - low).max(initial=0)) + 1
    step = max(1, _CELLS // spread)
    for start in range(0, len(n), step):
        rows = slice(start, start + step)
        columns = [part[rows, None] for part in (n, r, s, before, m)]
        offsets = np.arange(int((high - low)[rows].max(initial=0)) + 1)
        h = np.minimum(low[rows, None] + offsets, high[rows, None])
        inside = offsets <= (high - low)[rows, None]
        weights = _hypergeometric(columns[0], columns[1], columns[4], h, inside)
        value = ratio(total[rows, None] + _total_given_hits(h, *columns[2:]), columns[3] + h)
        result[rows] = (weights * value).sum(axis=1)
    return result


def _total_given_hits(h: Ints, s: Ints, before: Ints, m: Ints) -> Floats:
    return group_total(m, h, s, before, m, "expected")


def _hypergeometric(
    n: Ints, r: Ints, m: Ints, h: Ints, inside: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Weigh each number of hits h, a row's h ascending by 1; built outwards from the mode."""
    up = ratio((r - h) * (m - h), (h + 1) * (n - r - m + h + 1))
    rising = up > 1
    above = np.where(rising, 1.0, up)
    below = np.where(rising, ratio(np.ones_like(up), up), 1.0)
    weights = np.ones_like(up)
    np.cumprod(above[:, :-1], axis=1, out=weights[:, 1:])
    weights[:, :-1] *= np.cumprod(below[:, -2::-1], axis=1)[:, ::-1]
    weights = np.where(inside, weights, 0.0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
