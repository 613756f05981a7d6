"""Images of one split that another holds too: the same pixels, or nearly the same picture."""

import csv
from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aehash import perceptual, plots, registry
from aehash.errors import UsageError
from aehash.files import atomic_file
from aehash.index.checks import whole
from aehash.parallel import check_threads
from aehash.workflow.common import Say, absolute, silent
from aehash.workflow.duplicate_search import Kind, Pair, Prints, Search, fingerprints, read

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset

__all__ = ["Duplicates", "Kind", "Pair", "duplicates"]

#: Gives each stage, by its title and size, a function that takes how much was done.
Progress = Callable[[str, int], Callable[[int], None] | None]
_DRAWN, _ACROSS = 60, 4


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

    def prints(name: str, mirror: bool) -> Prints:
        tell = progress(f"reading {name}", len(dataset.rows(name)))
        return fingerprints(dataset, name, mirror, workers, tell)

    asked, held = prints(queries, mirror), prints(database, False)
    search = Search(dataset, asked, held, distance, detail, workers)
    found = Duplicates(
        dataset.source,
        (queries, len(asked.rows)),
        (database, len(held.rows)),
        distance,
        detail,
        mirror,
        tuple(search.pairs(progress("comparing", len(asked.rows)))),
        tuple(dict.fromkeys(asked.unreadable + held.unreadable)),
    )
    if out is not None:
        _write(out, found)
    if montage is not None:
        _draw(montage, found, dataset)
    return found


def _write(path: Path, found: Duplicates) -> None:
    with atomic_file(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([field.name for field in fields(Pair)])
        writer.writerows(astuple(pair) for pair in found.pairs)


def _draw(path: Path, found: Duplicates, dataset: "Dataset") -> None:
    """Draw pairs side by side, the most alike first; of many, evenly chosen ones."""
    rows = {dataset.key(row): row for row in range(len(dataset))} if found.pairs else {}
    ordered = sorted(found.pairs, key=lambda pair: pair.detail)
    chosen = np.unique(np.linspace(0, len(ordered) - 1, min(_DRAWN, len(ordered))).astype(int))
    tiles: list[plots.Tile] = []
    for pair in (ordered[place] for place in chosen):
        how = "exact" if pair.kind == "exact" else f"{pair.bits} bits, {pair.detail:.2f}"
        tiles.append(plots.Tile(read(dataset, rows[pair.query]), f"{pair.query}\n{how}"))
        last = "mirrored" if pair.mirrored else ""
        tiles.append(plots.Tile(read(dataset, rows[pair.database]), f"{pair.database}\n{last}"))
    step = 2 * _ACROSS
    lines = [tiles[start : start + step] for start in range(0, len(tiles), step)]
    plots.montage(path, lines or [[plots.Tile(None, "no pairs")]], group=2)
