"""Closed forms for groups of tied items (McSherry and Najork, ECIR 2008).

A group of n tied items, r of them relevant, follows s items of which ``before`` are relevant;
its first m items lie inside the cut. All functions work elementwise on arrays that broadcast.

Weighted AP sums the labels shared with the query where AP counts relevant items. A group then
shares ``shared`` labels in all, ``both`` of them in its relevant items, and ``carried`` labels
were shared before it. With every gain 1 for a relevant item and 0 for another (shared = both = r,
carried = before) it is AP, so one formula serves both. The mean over all orders of

    Σ rel(t) · (carried + Σ_{u ≤ t} g(u)) / (s + t)   for t from 1 to m

follows from three expectations at a place t of the group: rel(t) has r/n, rel(t)·g(t) has
both/n, and rel(t)·g(u), u ≠ t, has c = (r·shared - both) / (n·(n - 1)):

    [(r·carried + both)/n - c·(s + 1)] · (H(s + m) - H(s)) + c·m,   H harmonic numbers.
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


@lru_cache(maxsize=8)
def sums_table(kind: Literal["harmonic", "discount"], size: int) -> Floats:
    """Tabulate sums of 1/i, or of the discounts 1/log2(i + 1), in two parts.

    Args:
        kind: Which.
        size: The last i wanted; the table is at least as long.

    Returns:
        ``(2, size + 1)`` float64, read-only: the sum over the first i, and what rounding took
        away from it, so that differences of sums keep their digits.
    """
    i = np.arange(1, size + 1, dtype=np.longdouble)
    total = np.zeros(size + 1, np.longdouble)
    np.cumsum(1 / i if kind == "harmonic" else 1 / np.log2(i + 1), out=total[1:])
    high = total.astype(np.float64)
    table = np.stack([high, (total - high).astype(np.float64)])
    table.flags.writeable = False
    return table


@lru_cache(maxsize=4)
def discounts(size: int) -> Floats:
    """Tabulate 1/log2(i + 1).

    Args:
        size: The last rank wanted.

    Returns:
        ``(size,)`` float64 for ranks from 1 on, read-only.
    """
    table = 1 / np.log2(np.arange(2, size + 2))
    table.flags.writeable = False
    return table


def table_size(largest: int) -> int:
    """Round a table's size up, so that few are made."""
    return 1 << max(1, largest).bit_length()


def step_of(kind: Literal["harmonic", "discount"], start: Ints, length: Ints) -> Floats:
    """Sum 1/i, or 1/log2(i + 1), for i from start + 1 to start + length.

    Args:
        kind: Which.
        start: 0 or more.
        length: 0 or more.

    Returns:
        float64.
    """
    end = np.asarray(start + length)
    high, low = sums_table(kind, table_size(int(end.max(initial=1))))
    return np.asarray((high[end] - high[start]) + (low[end] - low[start]))


def harmonic_step(start: Ints, length: Ints) -> Floats:
    """Sum 1/i for i from start + 1 to start + length."""
    return step_of("harmonic", start, length)


def expected_total(
    n: NDArray[Any],
    r: NDArray[Any],
    shared: NDArray[Any],
    both: NDArray[Any],
    s: Ints,
    carried: NDArray[Any],
    m: Ints,
) -> Floats:
    """Average Σ rel(t) · (labels shared up to t) / (s + t) over all orders of a group.

    Args:
        n: Items in the group.
        r: Relevant items in it; as the other three, a real number where it is itself a mean.
        shared: Labels they all share with the query; r for plain AP.
        both: Labels the relevant ones share; r for plain AP.
        s: Items before the group.
        carried: Labels shared before it; relevant items before it for plain AP.
        m: Its items inside the cut.

    Returns:
        float64.
    """
    pair = ratio(r * shared - both, n * (n - 1))
    step = harmonic_step(s, m)
    return (ratio(r * carried + both, n) - pair * (s + 1)) * step + pair * m


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
        return expected_total(n, r, r, r, s, before, m)
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


def total_over_hits(
    n: Ints,
    r: Ints,
    s: Ints,
    before: Ints,
    m: Ints,
    total: Floats,
    labels: tuple[Ints, Ints, Ints] | None = None,
) -> Floats:
    """Average a total over its hits, over all orders of the last group inside the cut.

    The hits h of that group are hypergeometric; given h, h of its relevant items and m - h of
    the others, any of them, are in random order among its first m. The ratio has no single closed
    form, so it is summed over h, wherever h weighs more than 1e-20.

    Args:
        n: ``(q,)`` items in the last group.
        r: ``(q,)`` relevant items in it.
        s: ``(q,)`` items before it.
        before: ``(q,)`` relevant items before it.
        m: ``(q,)`` its items inside the cut.
        total: ``(q,)`` the mean total over the groups before it.
        labels: ``shared``, ``both`` and ``carried``, ``(q,)`` each, for weighted AP.

    Returns:
        ``(q,)`` float64, 0 where there is no hit.
    """
    shared, both, carried = labels if labels is not None else (r, r, before)
    of_relevant, of_others = ratio(both, r), ratio(shared - both, n - r)
    low, high = _likely(n, r, m)
    result = np.zeros(len(n))
    spread = int((high - low).max(initial=0)) + 1
    step = max(1, _CELLS // spread)
    for start in range(0, len(n), step):
        rows = slice(start, start + step)
        offsets = np.arange(int((high - low)[rows].max(initial=0)) + 1)
        h = np.minimum(low[rows, None] + offsets, high[rows, None])
        inside = offsets <= (high - low)[rows, None]
        cut, earlier = m[rows, None], s[rows, None]
        weights = _hypergeometric(n[rows, None], r[rows, None], cut, h, inside)
        known = h * of_relevant[rows, None]
        found = known + (cut - h) * of_others[rows, None]
        given = expected_total(cut, h, found, known, earlier, carried[rows, None], cut)
        value = ratio(total[rows, None] + given, before[rows, None] + h)
        result[rows] = _in_order(weights * value)
    return result


def _likely(n: Ints, r: Ints, m: Ints) -> tuple[Ints, Ints]:
    """Bound the hits by Bernstein's inequality, which holds without replacement too."""
    low, high = np.maximum(m - (n - r), 0), np.minimum(m, r)
    share = ratio(r, n)
    mean = np.floor(m * share)
    reach = np.ceil(10 * np.sqrt(m * share * (1 - share)) + 30)
    first = np.maximum(low, (mean - reach).astype(np.int64))
    return first, np.minimum(high, (mean + reach).astype(np.int64) + 1)


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
    return np.asarray(weights / _in_order(weights)[:, None])


def _in_order(terms: Floats) -> Floats:
    """Add rows up from the left, so that zeros behind a row cannot change its rounding."""
    return np.asarray(np.cumsum(terms, axis=-1)[..., -1])
