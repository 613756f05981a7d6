"""Compiled walks along ranked lists; `aehash.metrics.ties` holds and explains the formulas."""

import numpy as np
from numpy.typing import NDArray

from aehash.jit import compiled

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Small = NDArray[np.uint32]
Sums = tuple[int, int, int, int, float]
"""A group: its items, relevant items, labels shared, shared by the relevant ones, and gain."""
Whole = int | np.int64
Walked = tuple[Whole, Whole, Whole, float, float, float]
"""All before a group: items, hits, labels shared, total, weighted and discounted sums."""

_UNLIKELY = 1e-22


@compiled
def ordered_cuts(
    levels: Small,
    least: Ints,
    sizes: Ints,
    gains: Floats,
    discounts: Floats,
    lengths: Ints,
    order: Ints,
    found: Floats,
) -> None:
    """Sum up lists in a fixed order.

    Args:
        levels: ``(q, n)`` uint32.
        least: ``(q,)`` the relevant levels' first.
        sizes: ``(q,)`` the largest gains.
        gains: Worth by shared labels.
        discounts: ``(n,)`` or longer, by rank from 1 on.
        lengths: ``(q, cuts)``, n at most.
        order: ``(q, cuts)`` sorts the lengths.
        found: ``(4, q, cuts)`` hits, total, weighted, discounted; filled.
    """
    for query in range(len(levels)):
        hits, shared = np.int64(0), np.int64(0)
        total, weighted, discounted = 0.0, 0.0, 0.0
        rank = 0
        for cut in order[query]:
            for place in range(rank, lengths[query, cut]):
                level = np.int64(levels[query, place])
                worth = min(level, sizes[query])
                shared += worth
                discounted += gains[worth] * discounts[place]
                if level >= least[query]:
                    hits += 1
                    total += hits / (place + 1)
                    weighted += shared / (place + 1)
            rank = max(rank, lengths[query, cut])
            found[0, query, cut] = hits
            found[1, query, cut] = total
            found[2, query, cut] = weighted
            found[3, query, cut] = discounted


@compiled
def tied_cuts(
    items: Ints,
    relevant: Ints,
    shared: Ints,
    both: Ints,
    gain: Floats,
    lengths: Ints,
    order: Ints,
    harmonic: Floats,
    discount: Floats,
    found: Floats,
) -> None:
    """Average lists of tied groups over all orders.

    Args:
        items: ``(q, groups)``.
        relevant: ``(q, groups)``.
        shared: ``(q, groups)`` labels shared.
        both: ``(q, groups)`` labels that the relevant items share.
        gain: ``(q, groups)`` float64.
        lengths: ``(q, cuts)``, at most the list's items.
        order: ``(q, cuts)`` sorts the lengths.
        harmonic: ``(2, size)`` as `aehash.metrics.ties.sums_table` gives it.
        discount: The same.
        found: ``(6, q, cuts)`` as in `aehash.metrics.cuts.Cut`; filled.
    """
    cuts = lengths.shape[1]
    for query in range(len(items)):
        walked: Walked = (np.int64(0), np.int64(0), np.int64(0), 0.0, 0.0, 0.0)
        place = 0
        while place < cuts and lengths[query, order[query, place]] <= 0:
            place += 1
        for group in range(items.shape[1]):
            if place == cuts:
                break
            if items[query, group] == 0:
                continue
            sums = (
                items[query, group],
                relevant[query, group],
                shared[query, group],
                both[query, group],
                gain[query, group],
            )
            end = walked[0] + sums[0]
            while place < cuts and lengths[query, order[query, place]] <= end:
                cut = order[query, place]
                m = lengths[query, cut] - walked[0]
                _cut_here(sums, walked, m, harmonic, discount, found[:, query, cut])
                place += 1
            walked = _past(sums, walked, sums[0], harmonic, discount)


@compiled
def _step(table: Floats, start: Whole, length: Whole) -> float:
    end = start + length
    value: float = (table[0, end] - table[0, start]) + (table[1, end] - table[1, start])
    return value


@compiled
def _expected(
    n: Whole,
    r: float,
    shared: float,
    both: float,
    s: Whole,
    carried: float | Whole,
    m: Whole,
    step: float,
) -> float:
    pair = (r * shared - both) / (n * (n - 1)) if n > 1 else 0.0
    return ((r * carried + both) / n - pair * (s + 1)) * step + pair * m


@compiled
def _past(sums: Sums, walked: Walked, m: Whole, harmonic: Floats, discount: Floats) -> Walked:
    """Go past the first m items of a group; hits and labels are right where m is all of it."""
    n, r, shared, both, gain = sums
    s, hits, carried, total, weighted, discounted = walked
    if r == 0 and shared == 0:
        return s + n, hits, carried, total, weighted, discounted
    step = _step(harmonic, s, m)
    return (
        s + n,
        hits + r,
        carried + shared,
        total + _expected(n, r, r, r, s, hits, m, step),
        weighted + _expected(n, r, shared, both, s, carried, m, step),
        discounted + gain / n * _step(discount, s, m),
    )


@compiled
def _cut_here(
    sums: Sums, walked: Walked, m: Whole, harmonic: Floats, discount: Floats, found: Floats
) -> None:
    n, r, _, _, _ = sums
    hits = walked[1]
    _, _, _, total, weighted, discounted = _past(sums, walked, m, harmonic, discount)
    found[0] = total
    found[1] = hits + r * m / n
    if m == n:
        found[2] = total / (hits + r) if hits + r else 0.0
        found[4] = weighted / (hits + r) if hits + r else 0.0
    else:
        found[2], found[4] = _over_hits(sums, walked, m, _step(harmonic, walked[0], m))
    found[3] = weighted
    found[5] = discounted


@compiled
def _line(
    known: float, other: float, s: Whole, carried: float | Whole, m: Whole, step: float
) -> tuple[float, float]:
    """Given h hits, the group's total is h · (a + b · h); find a and b.

    The hits share ``known`` labels each on average, the others ``other``.
    """
    bend = m - (s + 1) * step
    if m == 1:
        return (carried + known) * step, 0.0
    pairs = m * (m - 1.0)
    fixed = (carried + known) / m * step + (m * other - known) / pairs * bend
    return fixed, (known - other) / pairs * bend


@compiled
def _over_hits(sums: Sums, walked: Walked, m: Whole, step: float) -> tuple[float, float]:
    """Average total / hits over the hypergeometric hits of the group, outwards from the mode."""
    n, r, shared, both, _ = sums
    s, before, carried, total, weighted, _ = walked
    plain = _line(1.0, 0.0, s, float(before), m, step)
    known = both / r if r else 0.0
    other = (shared - both) / (n - r) if n > r else 0.0
    labels = _line(known, other, s, float(carried), m, step)
    low, high = max(0, m - (n - r)), min(m, r)
    mode = min(max((m + 1) * (r + 1) // (n + 2), low), high)
    mass, first, second = 0.0, 0.0, 0.0
    for way in range(2):
        h, weight = mode, 1.0
        if way:
            if h == low:
                break
            weight *= h * (n - r - m + h) / ((r - h + 1.0) * (m - h + 1))
            h -= 1
        while weight > _UNLIKELY:
            mass += weight
            if before + h:
                first += weight * (total + h * (plain[0] + plain[1] * h)) / (before + h)
                second += weight * (weighted + h * (labels[0] + labels[1] * h)) / (before + h)
            if h == (low if way else high):
                break
            if way:
                weight *= h * (n - r - m + h) / ((r - h + 1.0) * (m - h + 1))
                h -= 1
            else:
                weight *= (r - h) * (m - h) / ((h + 1.0) * (n - r - m + h + 1))
                h += 1
    return first / mass, second / mass
