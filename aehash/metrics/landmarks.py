"""Scores of the Oxford and Paris protocols: junk leaves the ranking, AP is an area of trapezoids.

Junk images are taken out before anything is counted: neither right nor wrong, and those that
follow move up. With R relevant images, and j of them before the one at position p (from 0),

    AP = 1/R · Σ ½ (j / p + (j + 1) / (p + 1))   over the relevant images, with 0/0 = 1,

the area under precision over recall, joined by straight lines, as the Visual Geometry Group's
``compute_ap.cpp`` and the revisited protocol's ``compute_ap`` have it. A relevant image that is
not in the ranking adds nothing, and R counts it.

mP@k divides by min(k, l), l the place (from 1) of the last relevant image in the ranking, as the
revisited protocol's ``compute_map`` has it: nobody loses by having all of them before k.

Neither protocol says what becomes of ties. Here each score is its mean over all orders of the
tied images, exactly: in a group of n images, r of them relevant, that follows s images, S of them
relevant, a position s + i holds a relevant image with probability r/n, and before it stand S plus,
on average, i (r - 1)/(n - 1). Without ties that is the formula above.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.metrics.landmark_files import GroundTruth

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Marks of an image in a ranking.
JUNK, OTHER, RELEVANT = -1, 0, 1
#: The cuts of the revisited protocol.
KS = (1, 5, 10)
#: What counts as relevant and what is taken out, by setting.
SETTINGS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "good+ok": (("relevant",), ("junk",)),
    "easy": (("easy",), ("junk", "hard")),
    "medium": (("easy", "hard"), ("junk",)),
    "hard": (("hard",), ("junk", "easy")),
}
AP = "map/trapezoid"


def settings_of(truth: GroundTruth) -> tuple[str, ...]:
    """Name the settings that a ground truth is judged in."""
    return ("easy", "medium", "hard") if truth.revisited else ("good+ok",)


def precision_name(k: int) -> str:
    """Name the mean precision at a cut, with its divisor: min(k, the last relevant place)."""
    return f"mp@{k}/last"


def score_rankings(
    marks: NDArray[np.int8], distances: Floats, sizes: Ints, ks: Sequence[int] = KS
) -> dict[str, Floats]:
    """Score rankings.

    Args:
        marks: ``(q, n)`` of -1 for junk, 1 for relevant and 0 for all others, nearest first.
        distances: ``(q, n)`` ascending; equal ones tie.
        sizes: ``(q,)`` relevant images in the ground truth, those not in the ranking included.
        ks: Cuts, from 1 on.

    Returns:
        ``(q,)`` each: ``map/trapezoid`` and ``mp@k/last``; NaN where nothing is relevant.

    Raises:
        UsageError: A cut is below 1, or more images are marked relevant than there are: one
            stands in the ranking twice.
    """
    if min(ks, default=1) < 1:
        raise UsageError(f"k must be a whole number from 1 on, not {min(ks)}.")
    found = (marks == RELEVANT).sum(axis=1)
    if (found > sizes).any():
        query = int((found > sizes).argmax())
        raise UsageError(
            f"Query {query} has {sizes[query]} relevant images, and its ranking holds "
            f"{found[query]}: an image may stand in it once only."
        )
    rows = [_Groups.of(mark, line) for mark, line in zip(marks, distances, strict=True)]
    scores = {AP: np.array([row.area() for row in rows])}
    for k in ks:
        scores[precision_name(k)] = np.array([row.precision(k) for row in rows])
    with np.errstate(invalid="ignore", divide="ignore"):
        scores[AP] = scores[AP] / sizes
    return {name: np.where(sizes > 0, values, np.nan) for name, values in scores.items()}


def chance_scores(items: int, relevant: int, ks: Sequence[int] = KS) -> dict[str, float]:
    """Score a uniformly random ranking: its mean over all orders, exactly.

    Args:
        items: Images in the ranking once junk is taken out.
        relevant: Relevant ones among them.
        ks: Cuts.

    Returns:
        By name; NaN where nothing is relevant.
    """
    marks = (np.arange(items) < relevant).astype(np.int8)[None]
    scores = score_rankings(marks, np.zeros((1, items)), np.array([relevant]), ks)
    return {name: float(values[0]) for name, values in scores.items()}


@dataclass(frozen=True, eq=False)
class _Groups:
    """One ranking without junk, as groups of tied images, nearest first.

    Attributes:
        items: ``(g,)`` images in each group.
        hits: ``(g,)`` relevant ones.
    """

    items: Ints
    hits: Ints

    @classmethod
    def of(cls, marks: NDArray[np.int8], distances: Floats) -> "_Groups":
        kept = marks != JUNK
        marks, distances = marks[kept], distances[kept]
        if not len(marks):
            return cls(np.zeros(0, np.int64), np.zeros(0, np.int64))
        starts = np.flatnonzero(np.append(True, distances[1:] != distances[:-1]))
        hits = np.add.reduceat((marks == RELEVANT).astype(np.int64), starts)
        return cls(np.diff(np.append(starts, len(marks))), hits)

    def area(self) -> float:
        """Add up the trapezoids, R times AP, over the groups that have relevant images."""
        items, hits = np.cumsum(self.items) - self.items, np.cumsum(self.hits) - self.hits
        some = np.flatnonzero(self.hits)
        n, r, s, earlier = (each[some] for each in (self.items, self.hits, items, hits))
        group = np.repeat(np.arange(len(n)), n)
        place = np.arange(len(group)) - np.repeat(np.cumsum(n) - n, n)
        slope = (r - 1) / np.maximum(n - 1, 1)
        position = s[group] + place
        before = earlier[group] + place * slope[group]
        low = np.where(position > 0, before / np.maximum(position, 1), 1.0)
        high = (before + 1) / (position + 1)
        return float(((low + high) / 2 * (r / n)[group]).sum())

    def precision(self, k: int) -> float:
        """Find the mean of the precision at min(k, the last relevant place)."""
        some = np.flatnonzero(self.hits)
        if not len(some):
            return 0.0
        last = int(some[-1])
        n, r = int(self.items[last]), int(self.hits[last])
        s, earlier = int(self.items[:last].sum()), int(self.hits[:last].sum())
        if k <= s:
            return self._hits_within(k) / k
        total, sooner = 0.0, 0.0
        for place in range(r, min(k - s, n + 1)):  # the last one stands before k
            chance = comb(place - 1, r - 1) / comb(n, r)
            total += chance * (earlier + r) / (s + place)
            sooner += chance
        inside = min(k - s, n) * r / n
        return total + ((1 - sooner) * earlier + inside - r * sooner) / k

    def _hits_within(self, k: int) -> float:
        taken = np.clip(k - (np.cumsum(self.items) - self.items), 0, self.items)
        return float((taken * self.hits / self.items).sum())
