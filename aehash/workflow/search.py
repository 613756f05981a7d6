"""Find the images most like one: by a file, or by the key of an image already hashed."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from aehash import plots
from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.index.euclidean import EuclideanIndex
from aehash.index.expansion import expand_queries
from aehash.parallel import check_threads
from aehash.workflow.alike import alike
from aehash.workflow.books import Pictures, database_of, latest_codes
from aehash.workflow.common import RUNS
from aehash.workflow.labels import label_mask, label_name
from aehash.workflow.query import Query, comparable, features_of, find_query
from aehash.workflow.searcher import Metric, Searcher, check_options

__all__ = ["Found", "Hit", "Metric", "Query", "label_name", "search"]
_MONTAGE = 20
_COLUMNS = 5
_ALPHA = 3.0


@dataclass(frozen=True)
class Hit:
    """One result.

    Attributes:
        rank: From 1.
        key: The image's key.
        distance: In bits (Hamming), or Euclidean.
        label: Its label's name, or empty.
    """

    rank: int
    key: str
    distance: float
    label: str


@dataclass(frozen=True)
class Found:
    """The results of a search.

    Attributes:
        query: What was searched for.
        database: The codebook searched.
        hits: Nearest first.
        montage: The picture drawn, or None.
        note: What forbids to take the ranking at its word; most often empty.
    """

    query: Query
    database: Path
    hits: list[Hit]
    montage: Path | None
    note: str = ""


def search(
    query: str,
    *,
    codes: Path | None = None,
    runs: Path = RUNS,
    top: int = 10,
    radius: int | None = None,
    metric: Metric = "hamming",
    reorder: bool = False,
    label: str | None = None,
    expand: int | None = None,
    alpha: float | None = None,
    threads: int | None = None,
    montage: Path | None = None,
) -> Found:
    """Search a codebook.

    Args:
        query: An image file, or a key of the codebook or of one beside it.
        codes: A codebook, or a folder with one for each split; by default the latest run's.
        runs: Where runs are kept.
        top: How many are wanted.
        radius: Instead: all within so many bits.
        metric: ``hamming`` on codes or ``euclidean`` on features.
        reorder: Order what Hamming distance found by the Euclidean distance of the features.
        label: Only images of this class, by name or number.
        expand: Sum so many descriptors, the query's own among them, and search by the sum (α query
            expansion); with ``euclidean``, for features of length 1.
        alpha: The power of a neighbour's similarity in the sum; 3 by default.
        threads: How many search; all cores where it is None.
        montage: The PNG to draw, or None.

    Returns:
        The results.

    Raises:
        UsageError: The query or the codes are not there, or the options do not go together.
    """
    if montage is not None and Path(query).is_file() and montage.resolve() == Path(query).resolve():
        raise UsageError(f"The picture would replace the query {query}; give another --montage.")
    folder = database_of(codes or latest_codes(None, runs))
    book = Codebook.load(folder, verify="size")
    _check(book, folder, top, radius, metric, reorder)
    _check_expansion(metric, expand, alpha)
    where = None if label is None else label_mask(book, label)
    threads = check_threads(threads)
    pictures = Pictures(book, folder) if montage or not Path(query).is_file() else None
    wanted = find_query(query, folder, book, runs, pictures)
    if expand is not None:
        wanted = _expanded(book, wanted, expand, _ALPHA if alpha is None else alpha, threads)
    rows, distances = Searcher(book).find(
        wanted,
        top,
        radius=radius,
        metric=metric,
        reorder=reorder,
        where=where,
        threads=threads,
    )
    hits = [
        Hit(rank, book.key(int(row)), float(distance), label_name(book, int(row)))
        for rank, (row, distance) in enumerate(zip(rows, distances, strict=True), 1)
    ]
    if montage is not None and pictures is not None:
        _draw(montage, wanted, hits, pictures)
    return Found(wanted, folder, hits, montage, alike(book) if metric == "hamming" else "")


def _check(
    book: Codebook, folder: Path, top: int, radius: int | None, metric: Metric, reorder: bool
) -> None:
    check_options(top, radius, metric, reorder)
    if book.features is None and (reorder or metric == "euclidean"):
        raise UsageError(f"{folder} has no features, so Euclidean distances cannot be had.")


def _check_expansion(metric: Metric, expand: int | None, alpha: float | None) -> None:
    if expand is not None and metric != "euclidean":
        raise UsageError("Expansion sums features, so it goes with --metric euclidean.")
    if alpha is not None and expand is None:
        raise UsageError("--alpha weights what --expand sums: give --expand N, or leave it out.")


def _expanded(book: Codebook, query: Query, n: int, alpha: float, threads: int) -> Query:
    """Enrich a query by its nearest rows; its own row, where it has one, is not counted again."""
    feature = comparable(query, book)
    index = EuclideanIndex.from_features(features_of(book), metric="inner_product")
    key = query.name.encode("utf-8", "surrogateescape")
    rows = np.flatnonzero(book.keys == key)
    own = np.array([-1 if query.is_file or not len(rows) else rows[0]], np.int64)
    found = expand_queries(index, feature[None], n, alpha, own=own, threads=threads)
    return replace(query, feature=found[0])


def _draw(path: Path, query: Query, hits: list[Hit], pictures: Pictures) -> None:
    tiles = [
        plots.Tile(
            pictures.image(hit.key),
            f"{hit.distance:g}  {hit.label}"
            if hit.distance == int(hit.distance)
            else f"{hit.distance:.3f}  {hit.label}",
            None if not (query.label and hit.label) else query.label == hit.label,
        )
        for hit in hits[:_MONTAGE]
    ]
    rows = [tiles[start : start + _COLUMNS] for start in range(0, len(tiles), _COLUMNS)]
    first = plots.Tile(query.image, f"query {query.label}".strip())
    plots.montage(path, [[first], *rows])
