"""Find the images most like one: by a file, or by the key of an image already hashed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from aehash import plots
from aehash.bits import pack, threshold
from aehash.codebook import Codebook
from aehash.codebook_files import MANIFEST
from aehash.errors import AehashError, UsageError
from aehash.index.euclidean import EuclideanIndex, rerank
from aehash.index.hamming import HammingIndex
from aehash.parallel import check_threads
from aehash.workflow.books import Pictures, database_of, latest_codes, snapshot_of
from aehash.workflow.common import RUNS
from aehash.workflow.labels import label_mask, label_name

__all__ = ["Found", "Hit", "Metric", "Query", "label_name", "search"]

Metric = Literal["hamming", "euclidean"]
_MONTAGE = 20
_COLUMNS = 5


@dataclass(frozen=True)
class Query:
    """What is searched for.

    Attributes:
        name: The file's path, or the key.
        code: (bytes,) packed uint8.
        feature: (d,) float32, or None where the codebook keeps none.
        image: (height, width, channels) uint8, or None where it cannot be had.
        label: Its label's name, where it has one.
    """

    name: str
    code: NDArray[np.uint8]
    feature: NDArray[np.float32] | None
    image: NDArray[np.uint8] | None
    label: str = ""


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
    """

    query: Query
    database: Path
    hits: list[Hit]
    montage: Path | None


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
    where = None if label is None else label_mask(book, label)
    threads = check_threads(threads)
    pictures = Pictures(book, folder) if montage or not Path(query).is_file() else None
    wanted = _query(query, folder, book, runs, pictures)
    rows, distances = _rank(book, wanted, top, radius, metric, where, threads)
    if reorder:
        rows, distances = rerank(_comparable(wanted, book), rows, _features(book))
    hits = [
        Hit(rank, book.key(int(row)), float(distance), label_name(book, int(row)))
        for rank, (row, distance) in enumerate(zip(rows, distances, strict=True), 1)
    ]
    if montage is not None and pictures is not None:
        _draw(montage, wanted, hits, pictures)
    return Found(wanted, folder, hits, montage)


def _check(
    book: Codebook, folder: Path, top: int, radius: int | None, metric: Metric, reorder: bool
) -> None:
    if top < 1:
        raise UsageError(f"top must be at least 1, not {top}.")
    if radius is not None and metric == "euclidean":
        raise UsageError("A radius counts bits, so it goes with --metric hamming.")
    if reorder and metric == "euclidean":
        raise UsageError("Re-ranking by Euclidean distance goes with --metric hamming.")
    if book.features is None and (reorder or metric == "euclidean"):
        raise UsageError(f"{folder} has no features, so Euclidean distances cannot be had.")


def _rank(
    book: Codebook,
    query: Query,
    top: int,
    radius: int | None,
    metric: Metric,
    where: NDArray[np.bool_] | None,
    threads: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    if metric == "euclidean":
        feature = _comparable(query, book)
        features = EuclideanIndex.from_features(_features(book))
        ranking = features.search(feature[None], min(top, len(book)), where=where, threads=threads)
    else:
        index = HammingIndex.from_codes(book.codes, book.bits)
        code = query.code[None]
        if radius is not None:
            return index.within(code, radius, where=where, threads=threads).of(0)
        ranking = index.search(code, min(top, len(book)), where=where, threads=threads)
    found = ranking.indices[0] >= 0
    return ranking.indices[0][found], ranking.distances[0][found]


def _features(book: Codebook) -> NDArray[np.float32]:
    if book.features is None:
        raise UsageError("The codebook has no features, so Euclidean distances cannot be had.")
    return book.features


def _comparable(query: Query, book: Codebook) -> NDArray[np.float32]:
    width = _features(book).shape[1]
    if query.feature is None or len(query.feature) != width:
        found = "none" if query.feature is None else len(query.feature)
        raise UsageError(
            f"The codebook has {width} features a row and the query {query.name} has {found}, so "
            "Euclidean distances cannot be had; search by --metric hamming."
        )
    return query.feature


def _query(
    query: str, folder: Path, book: Codebook, runs: Path, pictures: Pictures | None
) -> Query:
    if Path(query).is_file():
        return _from_file(Path(query), folder, book, runs)
    siblings = sorted(path.parent for path in folder.parent.glob(f"*/{MANIFEST}"))
    for place in [folder, *(path for path in siblings if path != folder)]:
        other = book if place == folder else _sibling(place, book)
        if other is None:
            continue
        rows = np.flatnonzero(other.keys == query.encode("utf-8", "surrogateescape"))
        if len(rows):
            row = int(rows[0])
            feature = None if other.features is None else np.asarray(other.features[row])
            image = pictures.image(query) if pictures else None
            return Query(
                query, np.asarray(other.codes[row]), feature, image, label_name(other, row)
            )
    raise UsageError(
        f"There is no file {query!r}, and no image of that key in {folder} or beside it."
    )


def _sibling(place: Path, book: Codebook) -> Codebook | None:
    """Open a codebook beside the one searched, if its codes are of the same making."""
    try:
        other = Codebook.load(place, verify="size")
    except AehashError:
        return None
    same = [
        mine is not None and mine == its
        for mine, its in ((book.snapshot, other.snapshot), (book.source, other.source))
    ]
    return other if any(same) and other.bits == book.bits else None


def _from_file(path: Path, folder: Path, book: Codebook, runs: Path) -> Query:
    from aehash import models
    from aehash.generators.images import decode

    snapshot = snapshot_of(folder, book, runs)
    data = snapshot.recipe.data
    size, channels = data.image_size, 1 if data.channels == 1 else 3
    pixels = decode(path, image_size=size, channels=channels)
    net = models.encoder(snapshot.model())
    outputs: Any = net(pixels[None].astype(np.float32), training=False)
    from keras import ops

    feature = np.asarray(ops.convert_to_numpy(outputs), np.float32)
    return Query(str(path), pack(threshold(feature))[0], feature[0], pixels)


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
