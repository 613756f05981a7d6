"""How long random walks on a graph of neighbours may be, judged by the graph alone.

A walk should leave the image it starts from far behind and still end in its class. As long as it
spreads inside a class, twice the steps reach nearly twice as many images. At the class's borders,
where few edges lead across, that growth falls; walks go on to other classes from there. So the
walks are as long as they still gain: many small classes ask for some ten steps, few large ones for
hundreds. No label is used.
"""

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.neighbour_graph import NeighbourGraph

_STARTS, _WALKS = 512, 256
_LOOKED = 21
"""Seed that starts and walks are drawn with, beside the caller's."""


def walk_length(graph: NeighbourGraph, most: int, growth: float, seed: int = 0) -> int:
    """Choose the length of walks: the last at which they still gain, counted from the first.

    Args:
        graph: The graph.
        most: Steps at most, 1 or more.
        growth: How many times as many images twice the steps have to reach, from 1 to 2.
        seed: Of the walks that are looked at, 0 or more.

    Returns:
        Steps, from 1 to ``most``.

    Raises:
        UsageError: The steps or the growth are out of their range.
    """
    if most < 1 or not 1 <= growth <= 2:
        raise UsageError(
            f"Walks of at most {most} steps that grow by {growth}: the steps are 1 or more, and "
            "the growth is from 1 to 2."
        )
    lengths = _lengths(most)
    reached = np.log2(reach(graph, lengths, seed))
    chosen = lengths[0]
    for at in range(1, len(lengths)):
        before = max(at - 2, 0)
        doublings = np.log2(lengths[at] / lengths[before])
        # The first steps from pairs of images lead nowhere else; they are no border.
        if at > 1 and reached[at] - reached[before] < np.log2(growth) * doublings:
            break
        chosen = lengths[at]
    return chosen


def reach(
    graph: NeighbourGraph, lengths: list[int], seed: int = 0, starts: int = _STARTS
) -> NDArray[np.float64]:
    """Say among how many images walks of each length end.

    The number for one start is 1 / Σ p², with the shares p of its walks that end at each image: m
    images reached equally often count as m. It is estimated from how often two of 256 walks end at
    one image, so it goes up to some 30,000; of the starts the geometric mean is taken.

    Args:
        graph: The graph, of one image or more.
        lengths: Steps, ascending.
        seed: Of the starts and the walks.
        starts: Images that walks start from, drawn without replacement; all where there are fewer.

    Returns:
        One for each length, 1 or more.
    """
    rng = np.random.default_rng([seed, _LOOKED])
    chosen = rng.choice(len(graph), min(starts, len(graph)), replace=False)
    here, walked, found = np.repeat(chosen, _WALKS), 0, []
    for steps in lengths:
        here, walked = graph.walk(here, steps - walked, rng), steps
        met = _met(here.reshape(-1, _WALKS))
        pairs = _WALKS * (_WALKS - 1) / 2
        found.append(np.exp(np.mean(np.log((pairs + 1) / (met + 1)))))
    return np.array(found)


def _met(ends: NDArray[np.int64]) -> NDArray[np.float64]:
    """Count the pairs of equal numbers in each row."""
    ordered = np.sort(ends, axis=1)
    met = np.zeros(len(ordered))
    run = np.zeros(len(ordered))
    for before, now in zip(ordered.T[:-1], ordered.T[1:], strict=True):
        run = np.where(before == now, run + 1, 0)
        met += run
    return met


def _lengths(most: int) -> list[int]:
    """List steps that grow by √2, up to the most."""
    count = int(2 * np.log2(most)) + 1
    return sorted({*(round(2 ** (half / 2)) for half in range(count)), most})
