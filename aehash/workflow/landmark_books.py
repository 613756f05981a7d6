"""Codebooks of Oxford's or Paris's images: the database whole, the queries cut to their boxes."""

import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aehash import registry
from aehash.codebook import Codebook
from aehash.codebook.files import MANIFEST
from aehash.errors import AehashError, UsageError
from aehash.files import read_json, sha256_file, write_json
from aehash.metrics.landmark_files import Box, GroundTruth, check_box, image_name
from aehash.snapshot import Snapshot
from aehash.workflow.common import Say

if TYPE_CHECKING:
    from aehash.extraction import Extraction, Progress
    from aehash.generators.dataset import Dataset

#: What the two codebooks are called, in a folder of the protocol's name.
DATABASE, QUERIES = "database", "queries"
_RECORD = "described.json"
"""What each of them was made of, so that it is made again only where that has changed."""
_WORKERS = 8
"""Threads that decode images, at most."""
_SHARD = 512
"""Images that are described again after a kill, at most."""


@dataclass(frozen=True)
class Described:
    """The two codebooks, and what making them took.

    Attributes:
        database: The database's folder.
        queries: The queries'.
        seconds: Of describing now: 0 where both were at hand.
        before: Of describing what was at hand, when that was done.
    """

    database: Path
    queries: Path
    seconds: float
    before: float


def open_images(truth: GroundTruth, images: Path) -> tuple["Dataset", "Dataset"]:
    """Open the database's images and the queries' boxes, and check that all are there.

    Args:
        truth: The ground truth; where it lists the database, no other image is taken.
        images: The folder of the images, which may have folders in it.

    Returns:
        The database and the queries.

    Raises:
        UsageError: An image is missing or there twice, or a box is not inside its image.
        AehashError: A query's image cannot be read.
    """
    dataset = registry.open_dataset(str(images))
    rows = _rows(dataset, images)
    asked = [image for image, _ in truth.boxes]
    _check_there([*asked, *truth.named], rows, images)
    boxes = [_box(dataset, rows[image], box) for image, box in truth.boxes]
    if truth.images is not None:
        kept = sorted(rows[image] for image in truth.named)
    else:
        kept = sorted(rows.values())
    database = registry.chosen(dataset, np.array(kept))
    return database, registry.chosen(dataset, np.array([rows[name] for name in asked]), boxes)


def _rows(dataset: "Dataset", images: Path) -> dict[str, int]:
    rows: dict[str, int] = {}
    for row in range(len(dataset)):
        name = image_name(dataset.key(row))
        if name in rows:
            raise UsageError(
                f"{images} holds the image {name} twice, as {dataset.key(rows[name])} and "
                f"{dataset.key(row)}: the ground truth knows images by name, so leave one out."
            )
        rows[name] = row
    return rows


def _check_there(names: Sequence[str], rows: Mapping[str, int], images: Path) -> None:
    wanted = list(dict.fromkeys(names))
    missing = [name for name in wanted if name not in rows]
    if missing:
        raise UsageError(
            f"{len(missing):,} of the {len(wanted):,} images that the ground truth names are not "
            f"in {images}, the first of them {missing[0]}: put them there, or name the folder "
            "that has all of them with --images."
        )


def _box(dataset: "Dataset", row: int, box: Box) -> tuple[int, int, int, int]:
    """Round a box to whole pixels, as the field's code does by Pillow's crop, and check it."""
    left, top, right, bottom = (round(edge) for edge in box)
    try:
        check_box((left, top, right, bottom), registry.upright_size(dataset, row))
    except UsageError as error:
        raise UsageError(f"{dataset.key(row)}: {error}") from None
    return left, top, right, bottom


def describe_images(
    snapshot: Snapshot,
    database: "Dataset",
    queries: "Dataset",
    folder: Path,
    *,
    strict: bool,
    threads: int,
    say: Say,
    progress: "Callable[[str], Progress | None]",
) -> Described:
    """Make both codebooks, or take those at hand that were made of the same.

    Args:
        snapshot: The net, its whitening included.
        database: From :func:`open_images`.
        queries: The same.
        folder: Where the codebooks stand.
        strict: Whether an unreadable image of the database is an error; a query's always is.
        threads: How many decode images, up to 8.
        say: Takes each line for the user.
        progress: Gives each codebook a function to report to.

    Returns:
        Where they are, and how long describing took.

    Raises:
        AehashError: An image cannot be read.
    """
    from aehash import extraction, models

    encoder = functools.cache(lambda: models.encoder(snapshot.model()))
    seconds, before = 0.0, 0.0
    for name, dataset in ((QUERIES, queries), (DATABASE, database)):  # the few show errors first
        job = _job(snapshot, dataset)
        kept = _kept(folder, name, job)
        if kept is not None:
            before += kept
            say(f"{name:8s}  {folder / name} (at hand)")
            continue
        started = time.perf_counter()
        found = extraction.extract(
            snapshot,
            dataset,
            "all",
            folder / name,
            shard_size=_SHARD,
            workers=min(threads, _WORKERS),
            strict=strict or name == QUERIES,
            progress=progress(name),
            encoder=encoder,
        )
        taken = time.perf_counter() - started
        seconds += taken
        _note(folder, name, {**job, "seconds": round(taken, 3)})
        say(_line(name, found))
    return Described(folder / DATABASE, folder / QUERIES, seconds, before)


def _line(name: str, found: "Extraction") -> str:
    line = f"{name:8s}  {found.rows:,} images → {found.folder}"
    if found.reused:
        line += f" ({found.reused:,} of them were done before)"
    if found.skipped:
        line += f"; {found.skipped} left out, listed in {found.folder / 'skipped.csv'}"
    return line


def _job(snapshot: Snapshot, dataset: "Dataset") -> dict[str, Any]:
    from aehash.shards import files_digest

    rows: NDArray[np.int64] = dataset.rows("all")
    return {
        "snapshot": snapshot.digest,
        "data": dataset.digest(),
        "files": files_digest(dataset, rows),
    }


def _kept(folder: Path, name: str, job: Mapping[str, Any]) -> float | None:
    """Say how long a codebook at hand took that was made of the same; None where there is none."""
    noted = _noted(folder).get(name)
    manifest = folder / name / MANIFEST
    if not isinstance(noted, dict) or not manifest.is_file():
        return None
    wanted = {**job, "manifest": sha256_file(manifest)}
    if any(noted.get(part) != value for part, value in wanted.items()):
        return None
    try:
        Codebook.load(folder / name, verify="size")
    except AehashError:  # its arrays are damaged, so it is made again
        return None
    seconds = noted.get("seconds")
    return float(seconds) if isinstance(seconds, int | float) else 0.0


def _note(folder: Path, name: str, made: Mapping[str, Any]) -> None:
    manifest = sha256_file(folder / name / MANIFEST)
    write_json(folder / _RECORD, {**_noted(folder), name: {**made, "manifest": manifest}})


def _noted(folder: Path) -> dict[str, Any]:
    try:
        return read_json(folder / _RECORD)
    except AehashError:
        return {}


def check_described(truth: GroundTruth, described: Iterator[str], skipped: Path) -> None:
    """Say which named image is not among those described, since it could not be read.

    Args:
        truth: The ground truth.
        described: Keys of the database.
        skipped: The list of images that could not be read.

    Raises:
        AehashError: There is one.
    """
    there = {image_name(key) for key in described}
    missing = [name for name in truth.named if name not in there]
    if missing:
        raise AehashError(
            f"{len(missing):,} of the {len(truth.named):,} images that the ground truth names "
            f"could not be read, the first of them {missing[0]}: see {skipped}, and fetch them "
            "again."
        )
