"""How often the majority label of randomly drawn items is right."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from aehash.metrics.ties import Floats, Ints, ratio

_DRAWN = 1 << 21
"""Numbers drawn: draws times sizes times classes."""
_FEWEST, _MOST = 1_024, 32_768
"""Draws; the standard error of each value is at most half of 1 over their root: 0.003 to 0.016."""


def majority_chance(
    held: Ints, unlabelled: int, sizes: Sequence[int], seed: int = 0
) -> tuple[Floats, Floats]:
    """Estimate it for every class by seeded draws without replacement.

    The numbers of each class among the items drawn follow the multivariate hypergeometric
    distribution. No simple form gives the probability that one of them is the largest, so they
    are drawn, 1,024 to 32,768 times; larger samples go on where smaller ones end. Where t labels
    lead with equal votes, each is taken with 1/t. What was drawn last is kept: all rankings of one
    database have the same chance.

    Args:
        held: ``(classes,)`` database items of each class.
        unlabelled: Items without a label, which vote for none.
        sizes: Numbers of items drawn, ascending and distinct, each at most what there is.
        seed: Of the draws.

    Returns:
        ``(sizes, classes)`` the probability that a query of the class is answered rightly, and
        the same for a query whose own row, of its class, cannot be drawn; 0 where nothing can be.
    """
    counts = tuple(np.append(held, unlabelled).tolist())
    return _chance(counts, tuple(sizes), seed)


@lru_cache(maxsize=4)
def _chance(held: tuple[int, ...], sizes: tuple[int, ...], seed: int) -> tuple[Floats, Floats]:
    counts = np.array(held, np.int64)
    classes, whole = len(counts) - 1, int(counts.sum())
    draws = int(np.clip(_DRAWN // (max(1, len(sizes)) * len(counts)), _FEWEST, _MOST))
    generator = np.random.default_rng(seed)
    taken = np.zeros((draws, len(counts)), np.int64)
    right, without = np.zeros((len(sizes), classes)), np.zeros((len(sizes), classes))
    drawn = 0
    for place, size in enumerate(sizes):
        _draw(generator, taken, counts, size - drawn)
        drawn = size
        share = _shares(taken[:, :classes])
        right[place] = share.mean(axis=0)
        if size < whole:  # weighed as if one item less of the class had been there
            left = ratio((counts - taken)[:, :classes], counts[:classes])
            without[place] = (share * left).mean(axis=0) * whole / (whole - size)
    right.flags.writeable = without.flags.writeable = False
    return right, without


def _draw(generator: np.random.Generator, taken: Ints, counts: Ints, more: int) -> None:
    """Draw so many items more from what each draw has left; taken is changed."""
    left = counts - taken
    rest = left.sum(axis=1)
    wanted = np.full(len(taken), more, np.int64)
    for label in range(len(counts)):
        rest -= left[:, label]
        found = generator.hypergeometric(left[:, label], rest, wanted)
        taken[:, label] += found
        wanted -= found


def _shares(votes: NDArray[np.int64]) -> Floats:
    most = votes.max(axis=1, keepdims=True)
    leads = (votes == most) & (most > 0)
    return ratio(leads, leads.sum(axis=1, keepdims=True))
