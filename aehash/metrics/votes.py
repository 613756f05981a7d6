"""Who leads among the first items of a ranking: the majority label.

Each of the first k items votes for its label. Where the cut falls into a group of g tied items and
only m of them fit, ``ties=database`` lets the first m in database order vote, and
``ties=expected`` gives each of the g the vote m/g, so that the votes are what a random order of
tied items casts on average. (The mean, over those orders, of the majority being right is another
number and has no simple closed form.) Votes are compared as whole numbers, multiplied by g, so
that labels with equal votes are found to be equal. Where t labels lead with equal votes, each is
taken with 1/t. Items without a label take their place and vote for none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.index.words import word_distances
from aehash.jit import kernels
from aehash.metrics.allowance import Allowance
from aehash.metrics.average_precision import Depth
from aehash.metrics.protocol import Protocol
from aehash.metrics.ties import Floats, Ints
from aehash.metrics.voters import Voters

_CELLS = 1 << 20
"""Votes held at once, unless a single query has more."""
_PAIRS = 1 << 21
"""Pairs of the NumPy kernel's tables."""
_FIRST = Allowance(1 << 23)
"""Pairs that NumPy compares before the kernel is loaded; see `aehash.metrics.histogram`."""


@dataclass(frozen=True, eq=False)
class Votes:
    """The majority labels of a block of queries.

    Attributes:
        sizes: ``(q, cuts)`` items that stood before each cut, unlabelled ones among them.
        divided: ``(q, cuts)`` bool, whether tied items at the cut had a part of a vote each.
        right: ``(q, cuts)`` the share that the query's own label has in the lead, 0 to 1.
        query: ``(m,)`` int64 queries of the block, ascending, of these entries:
        cut: ``(m,)`` int64 the cut,
        label: ``(m,)`` int64 a leading label, by place,
        share: ``(m,)`` float64 and 1 over the number of labels that lead with it.
    """

    sizes: Ints
    divided: NDArray[np.bool_]
    right: Floats
    query: Ints
    cut: Ints
    label: Ints
    share: Floats


def check_ties(protocol: Protocol) -> None:
    """Refuse orders of ties that say nothing about votes.

    Args:
        protocol: The conventions.

    Raises:
        UsageError: Ties are ``optimistic`` or ``pessimistic``.
    """
    if protocol.ties in ("optimistic", "pessimistic"):
        raise UsageError(
            f"ties={protocol.ties} puts relevant items first or last and says nothing of the "
            "others' order, so labels cannot be voted on: choose --ties expected or database, or "
            "leave --by-class out (--no-by-class)."
        )


def lengths_of(retrieved: Ints, ks: Sequence[Depth]) -> Ints:
    """Say how many items stand before each cut.

    Args:
        retrieved: ``(q,)`` items retrieved.
        ks: Cuts, ``all`` being the whole list.

    Returns:
        ``(q, cuts)`` int64.
    """
    return np.stack([retrieved if k == "all" else np.minimum(retrieved, k) for k in ks], axis=1)


def votes_by_distance(
    queries: NDArray[np.uint64],
    database: NDArray[np.uint64],
    items: Ints,
    lengths: Ints,
    voters: Voters,
    asked: NDArray[np.int32],
    own: Ints,
    *,
    expected: bool,
) -> Votes:
    """Vote among the nearest codes by Hamming distance, in one pass over the database.

    Args:
        queries: ``(words, q)`` uint64 codes of the block.
        database: ``(words, n)`` uint64 codes.
        items: ``(q, bits + 1)`` items at each distance, own rows left out.
        lengths: ``(q, cuts)`` items before each cut, at most what is retrieved.
        voters: The database's classes.
        asked: ``(q,)`` the queries' classes.
        own: ``(q,)`` rows that are the query itself, or -1.
        expected: Whether tied items share the places left; else the first take them.

    Returns:
        The majority labels, equal for every kernel.
    """
    ends = np.cumsum(items, axis=1)
    last = (ends[:, None] < lengths[..., None]).sum(axis=2)
    size = np.take_along_axis(items, last, axis=1)
    inside = lengths - (np.take_along_axis(ends, last, axis=1) - size)
    last, size = np.where(lengths > 0, last, -1), np.where(lengths > 0, size, 1)
    room = size if expected else inside
    pairs = len(own) * database.shape[1]
    compiled = kernels() == "numba" and not _FIRST.covers(pairs)
    count = _count_numba if compiled else _count_numpy
    classes = len(voters.names)
    parts = []
    for rows in _blocks(len(own), lengths.shape[1] * classes):
        shape = (len(own[rows]), lengths.shape[1], classes)
        below, level = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        count(
            (below, level),
            (queries[:, rows], database),
            voters.held,
            own[rows],
            last[rows],
            room[rows].copy(),
        )
        if expected:
            below = below * size[rows, :, None] + level * inside[rows, :, None]
        else:
            below += level
        parts.append(_led(below, asked[rows], rows.start))
    divided = expected & (inside < size) & (lengths > 0)
    return _joined(parts, lengths, divided)


def votes_of_ranked(
    ranked: Sequence[tuple[NDArray[np.integer], Floats]],
    lengths: Ints,
    voters: Voters,
    asked: NDArray[np.int32],
    *,
    expected: bool,
) -> Votes:
    """Vote among items that are ranked already.

    Args:
        ranked: For each query its rows, nearest first, and their ascending distances, with the
            whole of the tied group that the last cut falls into.
        lengths: ``(q, cuts)`` items before each cut.
        voters: The database's classes.
        asked: ``(q,)`` the queries' classes.
        expected: Whether tied items share the places left; else the first take them.

    Returns:
        The majority labels.
    """
    classes = len(voters.names)
    divided = np.zeros(lengths.shape, np.bool_)
    parts = []
    for rows in _blocks(len(ranked), lengths.shape[1] * classes):
        table = np.zeros((len(ranked[rows]), lengths.shape[1], classes), np.int64)
        for query, (found, distances) in enumerate(ranked[rows], rows.start):
            for cut, length in enumerate(lengths[query].tolist()):
                start, end = _group(distances, length) if expected else (length, length)
                whole = _tally(voters.held[found[:start]], classes)
                if start < end:
                    level = _tally(voters.held[found[start:end]], classes)
                    whole = whole * (end - start) + level * (length - start)
                divided[query, cut] = length < end
                table[query - rows.start, cut] = whole
        parts.append(_led(table, asked[rows], rows.start))
    return _joined(parts, lengths, divided)


def _group(distances: Floats, length: int) -> tuple[int, int]:
    """Find the tied group of the last item before the cut."""
    if not length:
        return 0, 0
    value = distances[length - 1]
    return (
        int(np.searchsorted(distances, value, "left")),
        int(np.searchsorted(distances, value, "right")),
    )


def _tally(labels: NDArray[np.int32], classes: int) -> Ints:
    return np.bincount(labels + 1, minlength=classes + 1)[1:]


def _blocks(count: int, cells: int) -> Iterator[slice]:
    step = max(1, _CELLS // cells)
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))


_Entries = tuple[Floats, Ints, Ints, Ints, Floats]


def _led(votes: Ints, asked: NDArray[np.int32], first: int) -> _Entries:
    """Find the leading labels of ``(q, cuts, classes)`` votes."""
    most = votes.max(axis=2, keepdims=True)
    leads = (votes == most) & (most > 0)
    leaders = leads.sum(axis=2)
    query, cut, label = np.nonzero(leads)
    place = np.maximum(asked, 0)[:, None, None]
    mine = np.take_along_axis(leads, place, axis=2)[..., 0] & (asked >= 0)[:, None]
    right = np.where(mine, 1 / np.maximum(leaders, 1), 0.0)
    return right, query + first, cut, label, 1 / leaders[query, cut]


def _joined(parts: Sequence[_Entries], lengths: Ints, divided: NDArray[np.bool_]) -> Votes:
    return Votes(lengths, divided, *(np.concatenate(each) for each in zip(*parts, strict=True)))


_Tables = tuple[Ints, Ints]
"""``(q, cuts, classes)`` items nearer than the cut's distance, and at it."""
_Codes = tuple[NDArray[np.uint64], NDArray[np.uint64]]


def _count_numba(
    found: _Tables, codes: _Codes, held: NDArray[np.int32], own: Ints, last: Ints, room: Ints
) -> None:
    from aehash.metrics._votes_numba import count_votes

    queries, database = codes
    count_votes(database, np.ascontiguousarray(queries), held, own, last, room, *found)


def _count_numpy(
    found: _Tables, codes: _Codes, held: NDArray[np.int32], own: Ints, last: Ints, room: Ints
) -> None:
    queries, database = codes
    below, level = found
    classes = below.shape[2]
    step = max(1, _PAIRS // database.shape[1])
    for start in range(0, len(own), step):
        table: NDArray[Any] = word_distances(queries[:, start : start + step], database)
        for query, distances in enumerate(table, start):
            if own[query] >= 0:
                distances[own[query]] = np.iinfo(distances.dtype).max
            for cut, distance in enumerate(last[query].tolist()):
                below[query, cut] = _tally(held[distances < distance], classes)
                tied = np.flatnonzero(distances == distance)[: room[query, cut]]
                level[query, cut] = _tally(held[tied], classes)
