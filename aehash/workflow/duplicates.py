"""Images of one split that another holds too: the same pixels, or nearly the same picture."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aehash import perceptual, plots, registry
from aehash.errors import UsageError
from aehash.files import atomic_file
from aehash.index.checks import whole
from aehash.parallel import check_threads
from aehash.plots.figure import shown
from aehash.workflow.common import Say, absolute, silent
from aehash.workflow.duplicate_search import Kind, Pair, Prints, Search, fingerprints, read

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset

__all__ = ["Duplicates", "Kind", "Pair", "duplicates"]

#: Gives each stage, by its title and size, a function that takes how much was done.
Progress = Callable[[str, int], Callable[[int], None] | None]
_DRAWN, _ACROSS = 60, 4
_CAPTION = 15
"""Characters that fit under a tile."""


@dataclass(frozen=True)
class Duplicates:
    """What was found.

    Attributes:
        source: The data set's catalogue name or path.
        queries: The split whose images were looked for, and how many there are.
        database: The split they were looked for in, and how many there are.
        distance: The largest difference of the hashes, in bits.
        detail: The largest difference of the details.
        mirror: Whether mirrored pictures count.
        pairs: In the order of the queries, then of the database.
        unreadable: Keys of images that could not be read, and were left out.
    """

    source: str
    queries: tuple[str, int]
    database: tuple[str, int]
    distance: int
    detail: float
    mirror: bool
    pairs: tuple[Pair, ...]
    unreadable: tuple[str, ...]

    def keys(self, kind: Kind | None = None) -> list[str]:
        """List the queries that have duplicates, each once.

        Args:
            kind: Only those with one of this kind; by default of either.

        Returns:
            Their keys.
        """
        chosen = (pair.query for pair in self.pairs if kind in (None, pair.kind))
        return list(dict.fromkeys(chosen))


def duplicates(
    data: str,
    *,
    queries: str = "test",
    database: str = "train",
    distance: int = perceptual.DISTANCE,
    detail: float = perceptual.DETAIL,
    mirror: bool = False,
    seed: int = 0,
    split_file: Path | None = None,
    out: Path | None = None,
    montage: Path | None = None,
    threads: int | None = None,
    say: Say = silent,
    progress: Progress = lambda title, total: None,
) -> Duplicates:
    """Find the images of one split that another split holds too.

    Every image is read once for its fingerprints, which is all that is kept of it; the pairs that
    the hashes leave are read again and compared by their detail. An image is never its own
    duplicate; where the splits overlap, a pair is found from both sides.

    Args:
        data: A catalogue name or a path.
        queries: The split whose images are looked for.
        database: The split they are looked for in.
        distance: The largest difference of the hashes, inclusive, in bits of 128.
        detail: The largest difference of the details, inclusive, 0 to 2.
        mirror: Also look for mirrored pictures.
        seed: Of the split, where the data has no official one.
        split_file: The split of a run instead.
        out: The CSV to write, a line for each pair.
        montage: The picture of the pairs to draw.
        threads: How many work; all cores where it is None.
        say: Takes each line for the user.
        progress: Gives each stage a function to report to.

    Returns:
        The pairs.

    Raises:
        UsageError: The data or a split is not there, or a threshold is out of range.
        AehashError: No image can be read.
    """
    distance, workers = whole("distance", distance, 0), check_threads(threads)
    if distance > perceptual.BITS or not 0 <= detail <= 2:
        raise UsageError(
            f"distance is {distance} and detail {detail}; they must be from 0 to "
            f"{perceptual.BITS} bits and from 0 to 2."
        )
    if montage is not None:
        plots.check_picture(montage)
    dataset = registry.open_dataset(absolute(data), seed=seed, split_file=split_file, notes=say)

    found, _, _ = looked_for(
        dataset,
        queries,
        database,
        distance=distance,
        detail=detail,
        mirror=mirror,
        workers=workers,
        tell=progress,
    )
    if out is not None:
        _write(out, found)
    if montage is not None:
        draw_pairs(montage, found.pairs, dataset)
    return found


def looked_for(
    dataset: "Dataset",
    queries: str,
    database: str,
    *,
    distance: int,
    detail: float,
    mirror: bool,
    workers: int,
    tell: Progress,
) -> tuple[Duplicates, Prints, Prints]:
    """Look for the images of one split of an open data set in another.

    Args:
        dataset: Where they are.
        queries: The split whose images are looked for.
        database: The split they are looked for in.
        distance: The largest difference of the hashes, in bits.
        detail: The largest difference of the details.
        mirror: Whether mirrored pictures count.
        workers: Threads.
        tell: Gives each stage a function to report to.

    Returns:
        The pairs, and the fingerprints of both splits.

    Raises:
        TooAlikeError: There are so many pairs that the thresholds tell nothing apart.
    """
    asked, held = (
        fingerprints(
            dataset, name, turned, workers, tell(f"reading {name}", len(dataset.rows(name)))
        )
        for name, turned in ((queries, mirror), (database, False))
    )
    search = Search(dataset, asked, held, distance, detail, workers)
    found = Duplicates(
        dataset.source,
        (queries, len(asked.rows)),
        (database, len(held.rows)),
        distance,
        detail,
        mirror,
        tuple(search.pairs(tell("comparing", len(asked.rows)))),
        tuple(dict.fromkeys(asked.unreadable + held.unreadable)),
    )
    return found, asked, held


def _write(path: Path, found: Duplicates) -> None:
    with atomic_file(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([field.name for field in fields(Pair)])
        writer.writerows(astuple(pair) for pair in found.pairs)


def draw_pairs(
    path: Path, pairs: Sequence[Pair], dataset: "Dataset", *, worst: bool = False
) -> None:
    """Draw pairs side by side, the most alike first.

    Args:
        path: The picture to write.
        pairs: Which.
        dataset: Where the images are.
        worst: Of many, draw the most alike; otherwise evenly chosen ones.
    """
    rows = {dataset.key(row): row for row in range(len(dataset))} if pairs else {}
    ordered = sorted(pairs, key=lambda pair: pair.detail)
    last_drawn = _DRAWN - 1 if worst else len(ordered) - 1
    chosen = np.linspace(0, min(last_drawn, len(ordered) - 1), min(_DRAWN, len(ordered)))
    chosen = np.unique(chosen.astype(int))
    tiles: list[plots.Tile] = []
    for pair in (ordered[place] for place in chosen):
        how = "exact" if pair.kind == "exact" else f"{pair.bits} bits, {pair.detail:.2f}"
        tiles.append(
            plots.Tile(read(dataset, rows[pair.query]), f"{shown(pair.query, _CAPTION)}\n{how}")
        )
        last = "mirrored" if pair.mirrored else ""
        name = shown(pair.database, _CAPTION)
        tiles.append(plots.Tile(read(dataset, rows[pair.database]), f"{name}\n{last}"))
    step = 2 * _ACROSS
    lines = [tiles[start : start + step] for start in range(0, len(tiles), step)]
    plots.montage(path, lines or [[plots.Tile(None, "no pairs")]], group=2)
