"""Images that belong together, such as those of one patient, and splits that keep them so.

What a group is called in a list, often a patient's number, is forgotten as soon as the list is
read: groups are numbered in the order in which they first appear, and nothing else is kept,
written or said of them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import combinations, permutations

import numpy as np

from aehash.errors import UsageError
from aehash.generators.arrays import Keys, Labels, Rows

_PERSON = re.compile(
    r"(patient|subject|participant|person|study|mrn)(id|uid|instanceuid|no|nr|number|key|name|code)?"
)


@dataclass(frozen=True, eq=False)
class Groups:
    """Which images belong together.

    Attributes:
        column: The column of the list that said so; None where frames of one file do.
        of: ``(n,)`` group numbers from 0, in the order of their first images.
    """

    column: str | None
    of: Rows

    @classmethod
    def from_cells(cls, cells: Sequence[str], column: str, where: str) -> Groups:
        """Number the groups that a list's column names.

        Args:
            cells: One per image; blanks around a name do not count.
            column: The column's name.
            where: How to call the list in an error.

        Returns:
            The groups, without their names.

        Raises:
            UsageError: A cell is empty, so that its image may belong to any group.
        """
        names = [cell.strip() for cell in cells]
        empty = [entry for entry, name in enumerate(names, start=2) if not name]
        if empty:
            raise UsageError(
                f"{where}, entry {empty[0]}: the column {column!r} is empty"
                + (f", as in {len(empty) - 1} more" if len(empty) > 1 else "")
                + ". An image of an unknown group may belong to one on another side: fill the "
                "cell, or leave the image out."
            )
        numbers: dict[str, int] = {}
        of = [numbers.setdefault(name, len(numbers)) for name in names]
        return cls(column, np.array(of, dtype=np.int64))

    def __len__(self) -> int:
        """Count the groups."""
        return int(self.of.max()) + 1 if len(self.of) else 0

    def digest(self, keys: Keys) -> str:
        """Digest which images belong together, not what the groups are called.

        Args:
            keys: ``(n,)`` the images' keys.

        Returns:
            64 hexadecimal digits (SHA-256).
        """
        lines = [b"%d\t%s\n" % pair for pair in zip(self.of.tolist(), keys.tolist(), strict=True)]
        return hashlib.sha256(b"".join(lines)).hexdigest()

    def check_apart(self, splits: Mapping[str, Rows], keys: Keys, where: str) -> None:
        """Refuse splits that have images of one group on two sides.

        Args:
            splits: Rows of ``train``, ``val`` and ``test``; what validates does not train.
            keys: ``(n,)`` the images' keys.
            where: Where the splits come from.

        Raises:
            UsageError: A group stands on two sides; how many do, and two images of the first.
        """
        sides = {**splits, "train": np.setdiff1d(splits["train"], splits["val"])}
        for one, other in combinations(("train", "test", "val"), 2):
            both = np.intersect1d(self.of[sides[one]], self.of[sides[other]])
            if len(both):
                first = [sides[side][self.of[sides[side]] == both[0]][0] for side in (one, other)]
                named = " and ".join(repr(keys[row].decode()) for row in first)
                raise UsageError(
                    f"{where}: {self._some(len(both))} on both sides of {one} and "
                    f"{other}, the first {named}. Have the split drawn by the groups: leave out "
                    "the split column and --split-file."
                )

    def count(self) -> str:
        """Say how many there are, and of what."""
        what = "files" if self.column is None else f"groups of the column {self.column!r}"
        return f"{len(self):,} {what}"

    def _some(self, number: int) -> str:
        one, several = ("file", "files") if self.column is None else ("group", "groups")
        named = "" if self.column is None else f" of the column {self.column!r}"
        if number == 1:
            return f"one {one}{named} has images"
        return f"{number:,} {several}{named} have images"


def looks_personal(column: str) -> bool:
    """Say whether a column's name is one that usually tells patients or studies apart."""
    return _PERSON.fullmatch(re.sub(r"[^a-z0-9]", "", column.lower())) is not None


def deal(
    of: Rows, labels: Labels | None, targets: Sequence[int], rng: np.random.Generator
) -> list[Rows]:
    """Deal whole groups out to sides, so that each has nearly as many images as it should.

    Groups come in random order, those of a stratum together, rare strata first; a group's stratum
    is the class of whose images it has the largest share. The first group of a stratum goes to
    the first side, where it fits. Every other goes to the side that still lacks the largest share
    of its target, so that strata are spread as the targets are, as far as groups allow. A side
    left empty is then given the smallest group of another, and groups move from sides that have
    too many images to sides that lack some, while that brings both nearer.

    The guarantee, with M images in the largest group, the first target the largest and the
    others equal: every other side ends with fewer than M images more or less than its target,
    the first therefore with fewer than M times the number of others; no side is empty where
    there are as many groups as sides. For a side is taken past its target only when it lacks the
    largest share and less than M images; so then does every side with no larger target, and what
    is lacking never grows. Giving an empty side a group of at most M leaves it within M, too,
    and so does moving one from a side that has too many to one that lacks some.

    Args:
        of: ``(n,)`` group of each image.
        labels: As in :class:`~aehash.generators.dataset.Dataset`, for the same images.
        targets: Images each side should have, 1 and more; their sum is n.
        rng: What to draw with.

    Returns:
        For each side the ascending positions of its images.
    """
    unique, group_of, sizes = np.unique(of, return_inverse=True, return_counts=True)
    strata = _strata(group_of, labels, len(unique))
    order = _order(strata, rng)
    lacking = list(targets)
    members: list[list[int]] = [[] for _ in targets]
    firsts: set[int] = set()
    last: int | None = None
    for group in order.tolist():
        size, stratum = int(sizes[group]), int(strata[group])
        shares = [lack / target for lack, target in zip(lacking, targets, strict=True)]
        fits_first = stratum != last and size <= lacking[0]
        side = 0 if fits_first else shares.index(max(shares))
        lacking[side] -= size
        members[side].append(group)
        if fits_first:
            firsts.add(group)
        last = stratum
    _fill_empty(members, sizes.tolist(), firsts)
    _even_out(members, sizes.tolist(), targets, firsts)
    side_of = np.empty(len(unique), np.int64)
    for side, groups in enumerate(members):
        side_of[groups] = side
    return [np.flatnonzero(side_of[group_of] == side) for side in range(len(targets))]


def _order(strata: Rows, rng: np.random.Generator) -> Rows:
    """Order groups at random, those of a stratum together, strata of few groups first."""
    shuffled = rng.permutation(len(strata))
    _, number, counts = np.unique(strata, return_inverse=True, return_counts=True)
    return np.asarray(shuffled[np.lexsort((strata[shuffled], counts[number[shuffled]]))])


def _strata(group_of: Rows, labels: Labels | None, count: int) -> Rows:
    """Give each group the class of whose images it has the largest share; -1 without labels."""
    strata = np.full(count, -1, np.int64)
    if labels is None:
        return strata
    images, classes = (np.arange(len(labels)), labels) if labels.ndim == 1 else np.nonzero(labels)
    if not len(classes):
        return strata
    totals = np.bincount(classes)
    pairs, number = np.unique(group_of[images] * len(totals) + classes, return_counts=True)
    groups, kinds = np.divmod(pairs, len(totals))
    best = np.lexsort((-kinds, number / totals[kinds], groups))
    ends = np.append(groups[best][1:] != groups[best][:-1], True)
    strata[groups[best][ends]] = kinds[best][ends]
    return strata


def _fill_empty(members: list[list[int]], sizes: Sequence[int], firsts: set[int]) -> None:
    """Give each empty side the smallest group of the first side that can spare one.

    The first side's first groups of each stratum are spared while it has others.
    """
    for groups in members:
        if groups:
            continue
        donor = next((other for other in members if len(other) > 1), None)
        if donor is not None:
            smallest = min(donor, key=lambda group: (group in firsts, sizes[group]))
            donor.remove(smallest)
            groups.append(smallest)


def _even_out(
    members: list[list[int]], sizes: Sequence[int], targets: Sequence[int], firsts: set[int]
) -> None:
    """Move groups from fuller sides to emptier ones while the squares of what is off get less.

    A side keeps its last group, and the first side its first groups of each stratum. Of groups of
    one size the last is moved, so that only one of each size is looked at.
    """
    off = [sum(sizes[group] for group in groups) for groups in members]
    off = [size - target for size, target in zip(off, targets, strict=True)]
    sides = [set(groups) for groups in members]
    movable = [_by_size(groups - firsts, sizes) for groups in sides]
    while True:
        moves = [
            (size * (off[giver] - off[taker] - size), giver, taker, -heap[0])
            for giver, taker in permutations(range(len(targets)), 2)
            if off[giver] > 0 > off[taker] and len(sides[giver]) > 1
            for size, heap in movable[giver].items()
            if heap
        ]
        gain, giver, taker, group = max(moves, default=(0, 0, 0, 0))
        if gain <= 0:
            break
        size = sizes[group]
        heappop(movable[giver][size])
        heappush(movable[taker].setdefault(size, []), -group)
        sides[giver].remove(group)
        sides[taker].add(group)
        off[giver] -= size
        off[taker] += size
    for groups, side in zip(members, sides, strict=True):
        groups[:] = sorted(side)


def _by_size(groups: set[int], sizes: Sequence[int]) -> dict[int, list[int]]:
    """Sort groups by their size, each size as a heap with the last group, negative, on top."""
    found: dict[int, list[int]] = {}
    for group in sorted(groups, reverse=True):
        found.setdefault(sizes[group], []).append(-group)
    return found
