"""Which images a map draws, and by what class each is coloured."""

from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.plots.map import Group
from aehash.workflow.labels import label_mask

Ints = NDArray[np.int64]

NONE, SEVERAL, OTHER = -1, -2, -3
_SPECIAL = {NONE: "no label", SEVERAL: "several labels", OTHER: "other"}
_BLOCK = 1 << 24


def classes_of(book: Codebook, wanted: Sequence[str] = ()) -> Ints:
    """Say for each row by what class it is coloured.

    Args:
        book: The codebook.
        wanted: Only these classes, by name or number; of several that a row has, the first here.

    Returns:
        ``(n,)`` int64: the class's number, or its place among the wanted; -1 for no label, -2
        for several (where none is wanted), -3 for another than the wanted.
    """
    if book.labels is None:
        return np.full(len(book), NONE)
    count, first = _labels(book.labels)
    if not wanted:
        return np.where(count > 1, SEVERAL, np.where(count == 1, first, NONE))
    found = np.where(count > 0, OTHER, NONE)
    for place in reversed(range(len(wanted))):
        with suppress(UsageError):  # the first codebook was asked before
            found[label_mask(book, wanted[place])] = place
    return found


def _labels(labels: NDArray[np.generic]) -> tuple[Ints, Ints]:
    """Count each row's labels, and find the first."""
    if labels.ndim == 1:
        numbers = np.asarray(labels, np.int64)
        return (numbers >= 0).astype(np.int64), numbers
    count, first = (np.empty(len(labels), np.int64) for _ in range(2))
    step = max(1, _BLOCK // labels.shape[1])
    for start in range(0, len(labels), step):
        block = np.asarray(labels[start : start + step]) != 0
        count[start : start + step] = block.sum(axis=1)
        first[start : start + step] = block.argmax(axis=1)
    return count, first


def draw_rows(classes: Ints, most: int, seed: int) -> Ints:
    """Draw rows evenly over the classes: from each as many, or all where it has fewer.

    Args:
        classes: ``(n,)`` of each row.
        most: How many rows in all.
        seed: The same seed draws the same rows.

    Returns:
        ``(min(n, most),)`` distinct rows, in an order that favours no class.
    """
    random = np.random.default_rng(seed)
    order = random.permutation(len(classes))
    if most >= len(classes):
        return order
    _, group, counts = np.unique(classes[order], return_inverse=True, return_counts=True)
    quota = shares(counts, most, random)
    by_group = np.argsort(group, kind="stable")
    place = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    kept = by_group[place < np.repeat(quota, counts)]
    return order[np.sort(kept)]


def shares(counts: Ints, most: int, random: np.random.Generator) -> Ints:
    """Share out a number evenly over classes of given sizes.

    Args:
        counts: ``(classes,)``, from 1 on.
        most: To be shared out, no more than all counts together.
        random: Says which classes get one more, where it does not come out even.

    Returns:
        ``(classes,)``, none above its count, ``most`` in all.
    """
    ordered = np.sort(counts)
    before = np.cumsum(ordered) - ordered
    left = np.arange(len(counts), 0, -1)
    full = before + ordered * left <= most  # the classes up to here are taken whole
    whole = int(full.sum())
    if whole == len(counts):
        return counts.copy()
    level, more = divmod(most - int(before[whole]), int(left[whole]))
    found = np.minimum(counts, level)
    larger = np.flatnonzero(counts > level)
    found[random.permutation(larger)[:more]] += 1
    return found


def name_groups(
    book: Codebook, wanted: Sequence[str], classes: Sequence[Ints], drawn: Sequence[Ints]
) -> tuple[list[Group], list[Ints]]:
    """Name the classes that are drawn, and number the drawn rows by them.

    Args:
        book: Has the names.
        wanted: The classes asked for, if any.
        classes: Of each codebook, as `classes_of` gives them.
        drawn: Of each codebook, the rows drawn.

    Returns:
        The groups, grey ones first; and of each codebook the drawn rows' places among them.
    """
    chosen = [each[rows] for each, rows in zip(classes, drawn, strict=True)]
    numbers = np.unique(np.concatenate(chosen))
    totals = [_tally(numbers, each) for each in classes]
    counts = [_tally(numbers, each) for each in chosen]
    groups = [
        Group(
            _name(book, wanted, int(number)),
            " + ".join(
                _count(int(some[place]), int(every[place]))
                for some, every in zip(counts, totals, strict=True)
            ),
            grey=bool(number < 0) and len(numbers) > 1,
            number=int(number),
        )
        for place, number in enumerate(numbers)
    ]
    return groups, [np.searchsorted(numbers, each) for each in chosen]


def _tally(numbers: Ints, classes: Ints) -> Ints:
    found, counts = np.unique(classes, return_counts=True)
    places = np.minimum(np.searchsorted(found, numbers), max(0, len(found) - 1))
    return np.where(found[places] == numbers, counts[places], 0)


def _count(drawn: int, total: int) -> str:
    return f"{drawn:,}" if drawn == total else f"{drawn:,} of {total:,}"


def _name(book: Codebook, wanted: Sequence[str], number: int) -> str:
    if number < 0:
        return _SPECIAL[number]
    names = wanted or book.classes
    return names[number] if number < len(names) else str(number)
