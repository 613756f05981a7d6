"""Compiled walks along ranked lists; `aehash.metrics.ties` holds and explains the formulas.

Each is one plain loop: a function called from another is compiled for itself and once more inside
it, which takes longer than all the work there is.
"""

import numpy as np
from numpy.typing import NDArray

from aehash.jit import compiled

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Small = NDArray[np.uint32]

_UNLIKELY = 1e-22


@compiled
def ordered_cuts(
    levels: Small,
    about: Ints,
    gains: Floats,
    discounts: Floats,
    lengths: Ints,
    order: Ints,
    found: Floats,
) -> None:
    """Sum up lists in a fixed order.

    Args:
        levels: ``(q, n)`` uint32.
        about: ``(q, 2)`` the relevant levels' first, and the largest gain.
        gains: Worth by shared labels.
        discounts: ``(n,)`` or longer, by rank from 1 on.
        lengths: ``(q, cuts)``, n at most.
        order: ``(q, cuts)`` sorts the lengths.
        found: ``(q, cuts, 4)`` hits, total, weighted, discounted; filled.
    """
    for query in range(levels.shape[0]):
        least, most = about[query, 0], about[query, 1]
        hits, rank = 0, 0
        shared = np.int64(0)
        total, weighted, discounted = 0.0, 0.0, 0.0
        for at in range(order.shape[1]):
            cut = order[query, at]
            while rank < lengths[query, cut]:
                level = np.int64(levels[query, rank])
                worth = level if level < most else most
                shared += worth
                discounted += gains[worth] * discounts[rank]
                rank += 1
                if level >= least:
                    hits += 1
                    total += hits / rank
                    weighted += shared / rank
            found[query, cut, 0] = hits
            found[query, cut, 1] = total
            found[query, cut, 2] = weighted
            found[query, cut, 3] = discounted


@compiled
def tied_cuts(
    counts: Ints,
    gains: Floats,
    lengths: Ints,
    order: Ints,
    harmonic: Floats,
    discount: Floats,
    found: Floats,
) -> None:
    """Average lists of tied groups over all orders.

    Args:
        counts: ``(q, groups, 4)`` items, relevant items, labels shared, those that the relevant
            items share.
        gains: ``(q, groups)`` float64.
        lengths: ``(q, cuts)``, at most the list's items.
        order: ``(q, cuts)`` sorts the lengths.
        harmonic: ``(2, size)`` as `aehash.metrics.ties.sums_table` gives it.
        discount: The same.
        found: ``(q, cuts, 6)`` as in `aehash.metrics.cuts.Cut`; filled.
    """
    for query in range(counts.shape[0]):
        s, before, carried = 0, 0, 0  # items, hits and labels shared before the group
        total, weighted, discounted = 0.0, 0.0, 0.0
        place = 0
        while place < order.shape[1] and lengths[query, order[query, place]] <= 0:
            place += 1
        group = 0
        while place < order.shape[1] and group < counts.shape[1]:
            n, r = counts[query, group, 0], counts[query, group, 1]
            if n == 0:
                group += 1
                continue
            shared, both = counts[query, group, 2], counts[query, group, 3]
            cut = order[query, place]
            m = lengths[query, cut] - s
            within = m <= n
            if not within:
                m = n
            past, past_weighted, past_discounted = total, weighted, discounted
            step = (harmonic[0, s + m] - harmonic[0, s]) + (harmonic[1, s + m] - harmonic[1, s])
            if r != 0 or shared != 0:
                pair, pair_weighted = 0.0, 0.0
                if n > 1:
                    pair = (r * r - r) / (n * (n - 1))
                    pair_weighted = (r * shared - both) / (n * (n - 1))
                past += ((r * before + r) / n - pair * (s + 1)) * step + pair * m
                past_weighted += (
                    (r * carried + both) / n - pair_weighted * (s + 1)
                ) * step + pair_weighted * m
                past_discounted += (
                    gains[query, group]
                    / n
                    * (
                        (discount[0, s + m] - discount[0, s])
                        + (discount[1, s + m] - discount[1, s])
                    )
                )
            if not within:
                s += n
                before += r
                carried += shared
                total, weighted, discounted = past, past_weighted, past_discounted
                group += 1
                continue
            over, over_weighted = 0.0, 0.0
            if m < n:
                # Average total / hits over the group's hypergeometric hits, out from the mode.
                # Given h of them, its total is h · (fixed + slope · h).
                bend = m - (s + 1) * step
                known = both / r if r else 0.0
                other = (shared - both) / (n - r) if n > r else 0.0
                if m == 1:
                    fixed, slope = (before + 1.0) * step, 0.0
                    fixed_weighted, slope_weighted = (carried + known) * step, 0.0
                else:
                    pairs = m * (m - 1.0)
                    fixed = (before + 1.0) / m * step + -1.0 / pairs * bend
                    slope = 1.0 / pairs * bend
                    fixed_weighted = (carried + known) / m * step + (
                        m * other - known
                    ) / pairs * bend
                    slope_weighted = (known - other) / pairs * bend
                low = m - (n - r) if m > n - r else 0
                high = m if m < r else r
                mode = (m + 1) * (r + 1) // (n + 2)
                mode = low if mode < low else high if mode > high else mode
                mass, h, weight, upwards = 0.0, mode, 1.0, True
                while True:
                    mass += weight
                    if before + h:
                        given = total + h * (fixed + slope * h)
                        over += weight * given / (before + h)
                        given = weighted + h * (fixed_weighted + slope_weighted * h)
                        over_weighted += weight * given / (before + h)
                    if upwards and h < high:
                        weight *= (r - h) * (m - h) / ((h + 1.0) * (n - r - m + h + 1))
                        h += 1
                        if weight > _UNLIKELY:
                            continue
                    if upwards:
                        h, weight, upwards = mode, 1.0, False
                    if h == low:
                        break
                    weight *= h * (n - r - m + h) / ((r - h + 1.0) * (m - h + 1))
                    h -= 1
                    if weight <= _UNLIKELY:
                        break
                over /= mass
                over_weighted /= mass
            elif before + r:
                over, over_weighted = past / (before + r), past_weighted / (before + r)
            found[query, cut, 0] = past
            found[query, cut, 1] = before + r * m / n
            found[query, cut, 2] = over
            found[query, cut, 3] = past_weighted
            found[query, cut, 4] = over_weighted
            found[query, cut, 5] = past_discounted
            place += 1
