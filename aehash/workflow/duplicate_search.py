"""Fingerprints of a split's images, and the pairs of pictures that they leave to be compared."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aehash import perceptual
from aehash.errors import AehashError, UsageError
from aehash.index.hamming import HammingIndex
from aehash.parallel import run, split

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset

Kind = Literal["exact", "near"]
UInt8 = NDArray[np.uint8]
Ints = NDArray[np.int64]

#: Pairs beyond which a search is given up: each takes some hundred bytes.
MOST_PAIRS = 200_000
_BLOCK = 512
"""Images whose detail is held at once: 1.5 MB."""


class TooAlikeError(AehashError):
    """Images so alike that the thresholds find pairs everywhere."""


@dataclass(frozen=True)
class Pair:
    """A query and what is (nearly) the same picture in the database.

    Attributes:
        query: Its key.
        database: The other's key.
        kind: ``exact``: the same decoded pixels; ``near``: hash and detail agree.
        bits: Difference of the difference hashes, of 128.
        detail: Difference of the details, 0 to 2.
        mirrored: Whether the two agree when one is mirrored left–right.
    """

    query: str
    database: str
    kind: Kind
    bits: int
    detail: float
    mirrored: bool


@dataclass(frozen=True, eq=False)
class Prints:
    """Fingerprints of a split's readable images.

    Attributes:
        rows: ``(n,)`` their rows.
        digests: ``(n,)`` of their pixels.
        hashes: ``(n, 16)`` packed difference hashes.
        mirrored: ``(n, 16)`` those of the mirrored images, or none.
        unreadable: Keys of the others.
    """

    rows: Ints
    digests: NDArray[np.void]
    hashes: UInt8
    mirrored: UInt8 | None
    unreadable: list[str]


def fingerprints(
    dataset: "Dataset",
    name: str,
    mirror: bool,
    workers: int,
    tell: Callable[[int], None] | None,
) -> Prints:
    """Read the images of a split, once each.

    Args:
        dataset: Where they are.
        name: The split.
        mirror: Whether they are also hashed mirrored.
        workers: Threads.
        tell: Takes how many were read since it was called last.

    Returns:
        Their fingerprints.

    Raises:
        UsageError: There is no such split, or it is empty.
        AehashError: None of its images can be read.
    """
    rows = dataset.rows(name)
    if not len(rows):
        raise UsageError(f"The split {name!r} of {dataset.source} has no images.")
    digests = np.zeros(len(rows), "V32")
    hashes = np.zeros((2, len(rows), perceptual.BITS // 8), np.uint8)
    good = np.zeros(len(rows), np.bool_)

    def work(part: slice) -> None:
        for place in range(part.start, part.stop):
            image = read(dataset, int(rows[place]))
            if image is None:
                continue
            good[place] = True
            digests[place] = np.void(perceptual.pixel_digest(image))
            hashes[0, place] = perceptual.difference_hash(image)
            if mirror:
                hashes[1, place] = perceptual.difference_hash(image[:, ::-1])

    for block in _blocks(len(rows)):
        run(work, _parts(block, workers))
        if tell is not None:
            tell(block.stop - block.start)
    if not good.any():
        raise AehashError(f"No image of the split {name!r} of {dataset.source} can be read.")
    lost = [dataset.key(int(row)) for row in rows[~good]]
    turned = hashes[1][good] if mirror else None
    return Prints(rows[good], digests[good], hashes[0][good], turned, lost)


class _Near(NamedTuple):
    """Pairs of places in the queries and in the database, with the bits their hashes differ in."""

    queries: Ints
    others: Ints
    bits: NDArray[np.float64]

    def take(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> "_Near":
        return _Near(self.queries[chosen], self.others[chosen], self.bits[chosen])


class Search:
    """Looks for queries in a database by their fingerprints, and compares what is left.

    Args:
        dataset: Where the images are.
        asked: The queries.
        held: The database.
        distance: The largest difference of the hashes, in bits.
        detail: The largest difference of the details.
        workers: Threads.
    """

    def __init__(
        self,
        dataset: "Dataset",
        asked: Prints,
        held: Prints,
        distance: int,
        detail: float,
        workers: int,
    ) -> None:
        self._dataset, self._asked, self._held = dataset, asked, held
        self._distance, self._detail, self._workers = distance, detail, workers
        self._index = HammingIndex.from_codes(held.hashes, perceptual.BITS)

    def pairs(self, tell: Callable[[int], None] | None) -> Iterator[Pair]:
        """Find the pairs, block by block.

        Args:
            tell: Takes how many queries were done since it was called last.

        Yields:
            The pairs, in the order of the queries, then of the database.

        Raises:
            TooAlikeError: There are so many that the thresholds tell nothing apart.
        """
        count = 0
        for block in _blocks(len(self._asked.rows)):
            found = self._block(block, self._asked.hashes, False)
            if self._asked.mirrored is not None:
                found = self._block(block, self._asked.mirrored, True) | found
            count += len(found)
            if count > MOST_PAIRS:
                raise TooAlikeError(
                    f"The first {block.stop:,} images have {count:,} pairs already: these images "
                    f"are too alike for a distance of {self._distance} bits and {self._detail:g} "
                    "of the detail; lower --detail and --distance."
                )
            yield from (found[places] for places in sorted(found))
            if tell is not None:
                tell(block.stop - block.start)

    def _block(self, block: slice, hashes: UInt8, mirrored: bool) -> dict[tuple[int, int], Pair]:
        """Find the pairs of a block of queries, by their places."""
        ranked = self._index.within(hashes[block], self._distance, threads=self._workers)
        queries = np.repeat(np.arange(block.start, block.stop), np.diff(ranked.offsets))
        near = _Near(queries, ranked.indices, ranked.distances)
        near = near.take(self._asked.rows[near.queries] != self._held.rows[near.others])
        near = near.take(np.argsort(near.others, kind="stable"))  # each image is read once a block
        mine = np.unique(near.queries)
        details = self._details(self._asked.rows[mine], mirrored)
        found: dict[tuple[int, int], Pair] = {}
        others = np.unique(near.others)
        for part in _blocks(len(others)):
            start, stop = np.searchsorted(near.others, [others[part][0], others[part][-1] + 1])
            theirs = self._details(self._held.rows[others[part]], False)
            some = near.take(np.arange(start, stop))
            places = np.searchsorted(mine, some.queries), np.searchsorted(others[part], some.others)
            found |= self._confirmed(some, details, theirs, places, mirrored)
        return found

    def _confirmed(
        self,
        near: _Near,
        details: NDArray[np.float32],
        theirs: NDArray[np.float32],
        places: tuple[NDArray[np.intp], NDArray[np.intp]],
        mirrored: bool,
    ) -> dict[tuple[int, int], Pair]:
        table = perceptual.detail_differences(details, theirs)
        difference = table[places]
        exact = self._asked.digests[near.queries] == self._held.digests[near.others]
        exact &= not mirrored
        return {
            (int(near.queries[at]), int(near.others[at])): Pair(
                self._dataset.key(int(self._asked.rows[near.queries[at]])),
                self._dataset.key(int(self._held.rows[near.others[at]])),
                "exact" if exact[at] else "near",
                int(near.bits[at]),
                0.0 if exact[at] else round(float(difference[at]), 4),
                mirrored,
            )
            for at in np.flatnonzero(exact | (difference <= self._detail))
        }

    def _details(self, rows: Ints, mirrored: bool) -> NDArray[np.float32]:
        def work(part: slice) -> NDArray[np.float32]:
            images = (self._dataset.read(int(row)) for row in rows[part])
            return perceptual.details(each[:, ::-1] if mirrored else each for each in images)

        parts = run(work, split(len(rows), self._workers))
        return np.concatenate([perceptual.details([]), *parts])


def read(dataset: "Dataset", row: int) -> UInt8 | None:
    """Read an image.

    Args:
        dataset: Where it is.
        row: Which.

    Returns:
        ``(height, width, channels)``, or None where it cannot be read.
    """
    try:
        image: UInt8 = dataset.read(row)
    except AehashError:
        return None
    return image


def _blocks(count: int) -> list[slice]:
    return [slice(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK)]


def _parts(block: slice, workers: int) -> list[slice]:
    start = block.start
    parts = split(block.stop - start, workers)
    return [slice(start + each.start, start + each.stop) for each in parts]
