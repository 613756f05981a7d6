"""Draw the latent space of a codebook as a map, coloured by class."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from aehash import plots, projection
from aehash.bits import unpack
from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError, nearest
from aehash.files import atomic_file
from aehash.index.checks import whole
from aehash.plots import map as plots_map
from aehash.workflow import map_text
from aehash.workflow.common import RUNS
from aehash.workflow.labels import label_mask, label_name
from aehash.workflow.map_books import (
    Space,
    common_space,
    map_codebook,
    second_codebook,
    width_of,
)
from aehash.workflow.map_rows import classes_of, draw_rows, name_groups
from aehash.workflow.map_trust import Place, Trust, trust

Method = Literal["pca", "umap"]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Images drawn of a codebook, unless told otherwise.
SAMPLE = 20_000
_ROOM = 1 << 30
"""Bytes that the default sample's features may take; of wider ones fewer are drawn."""


@dataclass(frozen=True)
class Part:
    """A codebook in the map.

    Attributes:
        folder: Where it is.
        drawn: How many of its images are drawn.
        total: How many it has.
    """

    folder: Path
    drawn: int
    total: int


@dataclass(frozen=True)
class Map:
    """What was drawn.

    Attributes:
        picture: The file.
        parts: The codebook, and the one placed into its map, if any.
        groups: The legend: names and counts.
        space: ``features`` or ``codes``.
        width: Features or bits an image.
        method: ``pca`` or ``umap``.
        shares: By PCA, the share of the variance along each axis; empty for UMAP.
        trust: How far neighbours in the picture are neighbours.
        notes: What to know of it.
        table: The CSV written, if any.
    """

    picture: Path
    parts: tuple[Part, ...]
    groups: tuple[plots_map.Group, ...]
    space: Space
    width: int
    method: Method
    shares: tuple[float, ...]
    trust: Trust
    notes: tuple[str, ...]
    table: Path | None


@dataclass(frozen=True, eq=False)
class _Drawn:
    """A codebook, its drawn rows and their classes."""

    folder: Path
    book: Codebook
    classes: Ints
    rows: Ints
    space: NDArray[Any]

    def place(self, points: Floats) -> Place:
        labels = None if self.book.labels is None else _take(self.book.labels, self.rows)
        return Place(self.space, points, labels)


def draw_map(
    codes: Path | None = None,
    *,
    runs: Path = RUNS,
    split: str | None = None,
    also: str | None = None,
    method: Method = "pca",
    metric: Space | None = None,
    labels: Sequence[str] = (),
    sample: int | None = None,
    seed: int = 0,
    picture: Path = Path("map.png"),
    table: Path | None = None,
) -> Map:
    """Draw a codebook's images as points, near one another where the net finds them alike.

    Args:
        codes: A codebook, a folder with one for each split, or a run; by default the latest codes.
        runs: Where runs are kept.
        split: Which of the folder's codebooks; by default ``all``, else ``train``.
        also: A split beside it, or another codebook of the same net, placed into the same map.
        method: ``pca``, or ``umap`` where it is installed.
        metric: ``features`` or ``codes``; by default features where there are some.
        labels: Colour only these classes, by name or number; all others are grey.
        sample: How many images to draw of each codebook, evenly over its classes; by default
            20,000, and fewer where their features would take more than 1 GiB.
        seed: Of the sample, and of UMAP.
        picture: The picture to make or replace.
        table: A CSV to write: key, x, y, label, and the split where there are two.

    Returns:
        What was drawn.

    Raises:
        UsageError: A codebook, split, label or feature is not there, or UMAP is not installed.
        AehashError: There is nothing to draw: one image, or all alike; or features are not finite.
    """
    _check_places(picture, table)
    if method not in ("pca", "umap"):
        raise UsageError(f"There is no method {method!r}.{nearest(method, ('pca', 'umap'))}")
    most = None if sample is None else whole("sample", sample, 2)
    seed = whole("seed", seed, 0)
    drawn, space = _drawn(codes, runs, split, also, metric, labels, most, seed)
    points, axes, shares = _place(drawn, method, seed, space)
    figures = trust(drawn[0].place(points[0]), drawn[-1].place(points[-1]), _own(drawn))
    groups, places = name_groups(
        drawn[0].book, labels, [each.classes for each in drawn], [each.rows for each in drawn]
    )
    marks = drawn[0].book.labels
    notes = map_text.notes(
        figures,
        umap=method == "umap",
        several=marks is not None and marks.ndim == 2 and not labels,
        many=sum(not group.grey for group in groups) > plots_map.MOST,
        names=[each.folder.name for each in drawn],
    )
    width = drawn[0].space.shape[1]
    parts = tuple(Part(each.folder, len(each.rows), len(each.book)) for each in drawn)
    plots_map.scatter(
        picture,
        [
            plots_map.Cloud(some, group, ringed=number > 0)
            for number, (some, group) in enumerate(zip(points, places, strict=True))
        ],
        groups,
        labels=axes,
        title=_title(parts, method, space, width),
        notes=[map_text.figures(figures), *notes],
        ticks=method == "pca",
    )
    if table is not None:
        _write(table, drawn, points)
    return Map(picture, parts, tuple(groups), space, width, method, shares, figures, notes, table)


def _check_places(picture: Path, table: Path | None) -> None:
    plots.check_picture(picture)
    if table is None:
        return
    if table.is_dir() or table.resolve() == picture.resolve():
        what = "a folder" if table.is_dir() else "the picture too"
        raise UsageError(f"--csv {table} is {what}: name another file, such as map.csv.")
    place = next(each for each in table.absolute().parents if each.exists())
    if not place.is_dir():
        raise UsageError(f"--csv {table} cannot be made, since {place} is a file.")


def _drawn(
    codes: Path | None,
    runs: Path,
    split: str | None,
    also: str | None,
    metric: Space | None,
    labels: Sequence[str],
    most: int | None,
    seed: int,
) -> tuple[list[_Drawn], Space]:
    """Open one codebook or two, and draw images of each."""
    folders = [map_codebook(codes, split, runs)]
    if also is not None:
        folders.append(second_codebook(also, folders[0]))
    books = [(folder, Codebook.load(folder, verify="size")) for folder in folders]
    space = common_space(metric, books)
    for label in labels:
        label_mask(books[0][1], label)
    return [_draw(*each, labels, space, most, seed) for each in books], space


def _draw(
    folder: Path,
    book: Codebook,
    labels: Sequence[str],
    space: Space,
    most: int | None,
    seed: int,
) -> _Drawn:
    if most is None:
        most = max(2, min(SAMPLE, _ROOM // (4 * width_of(book, space))))
    classes = classes_of(book, labels)
    rows = draw_rows(classes, most, seed)
    if space == "codes" or book.features is None:
        return _Drawn(folder, book, classes, rows, unpack(_take(book.codes, rows), book.bits))
    features = _take(book.features, rows)
    bad = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if len(bad):
        raise AehashError(
            f"{folder} has features that are not finite in {len(bad):,} of the {len(rows):,} "
            f"images drawn, such as {book.key(int(rows[bad[0]]))!r}. A model that gives NaN has "
            "diverged: train it again with a lower learning rate, or draw --metric codes."
        )
    return _Drawn(folder, book, classes, rows, features)


def _take(array: NDArray[Any], rows: Ints) -> NDArray[Any]:
    """Read rows of a mapped array in the order in which they stand in the file."""
    order = np.argsort(rows)
    found = np.empty((len(rows), *array.shape[1:]), array.dtype)
    found[order] = array[rows[order]]
    return found


def _place(
    drawn: Sequence[_Drawn], method: Method, seed: int, space: Space
) -> tuple[list[Floats], tuple[str, str], tuple[float, ...]]:
    """Place the images: points of each codebook, names of the axes, shares of the variance."""
    features = [each.space.astype(np.float32, copy=False) for each in drawn]
    if method == "umap":
        others = features[1] if len(features) > 1 else None
        how: Literal["euclidean", "hamming"] = "hamming" if space == "codes" else "euclidean"
        points, placed = projection.umap_points(features[0], others, seed=seed, metric=how)
        return [points] if placed is None else [points, placed], ("UMAP 1", "UMAP 2"), ()
    found = projection.components(features[0])
    axes = [
        f"component {number + 1}  ({share:.1%} of the variance)".replace("%", " %")
        for number, share in enumerate(found.shares)
    ]
    return [found.place(each) for each in features], (axes[0], axes[1]), found.shares


def _own(drawn: Sequence[_Drawn]) -> Ints:
    """Find each query among the images drawn of the database, by its key; -1: not there."""
    database, queries = drawn[0], drawn[-1]
    if database is queries:
        return np.arange(len(queries.rows))
    if database.book.source is None or database.book.source != queries.book.source:
        return np.full(len(queries.rows), -1)
    places = {
        bytes(key): place for place, key in enumerate(_take(database.book.keys, database.rows))
    }
    return np.array([places.get(bytes(key), -1) for key in _take(queries.book.keys, queries.rows)])


def _title(parts: Sequence[Part], method: Method, space: Space, width: int) -> str:
    counts = " + ".join(
        f"{part.folder.name}, {part.drawn:,}"
        f"{'' if part.drawn == part.total else f' of {part.total:,}'} images"
        for part in parts
    )
    unit = "features" if space == "features" else "bits"
    return f"{method.upper()} of {width:,} {unit}: {counts}"


def _write(path: Path, drawn: Sequence[_Drawn], points: Sequence[Floats]) -> None:
    with (
        atomic_file(path) as aside,
        aside.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file,
    ):
        writer = csv.writer(file)
        two = len(drawn) > 1
        writer.writerow(["key", "x", "y", "label", *(["split"] if two else [])])
        for each, places in zip(drawn, points, strict=True):
            extra = [each.folder.name] if two else []
            for place in np.argsort(each.rows):
                row = int(each.rows[place])
                x, y = (f"{value:.9g}" for value in places[place])
                label = label_name(each.book, row)
                writer.writerow([each.book.key(row), x, y, label, *extra])
