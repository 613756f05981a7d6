"""Judge by the Oxford and Paris protocols: codebooks, or a run with the images themselves."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aehash.codebook import Codebook
from aehash.describing import Describing
from aehash.errors import UsageError
from aehash.files import write_text
from aehash.metrics.code_statistics import code_statistics
from aehash.metrics.landmark_conventions import LandmarkConventions
from aehash.metrics.landmark_evaluation import evaluate_landmarks
from aehash.metrics.landmark_files import GroundTruth, read_ground_truth
from aehash.metrics.landmarks import KS
from aehash.metrics.protocols import NamedProtocol, named_protocol
from aehash.parallel import check_threads
from aehash.report.landmarks import LandmarkReport, Times, render_landmarks
from aehash.snapshot import Snapshot, latest_run
from aehash.workflow.common import CODES, RUNS, Say, silent
from aehash.workflow.evaluate import PAGE, WRITTEN, check_folder, places
from aehash.workflow.landmark_books import check_described, describe_images, open_images
from aehash.workflow.landmark_places import find_ground_truth, find_images
from aehash.workflow.saved import EVALUATION, REPORT, VALUES
from aehash.workflow.saved_landmarks import save_landmarks

if TYPE_CHECKING:
    from aehash.extraction import Progress


@dataclass(frozen=True)
class _Asked:
    """What is judged, and how."""

    named: NamedProtocol
    truth: GroundTruth
    how: LandmarkConventions
    threads: int | None


def evaluate_landmark_run(
    name: str,
    *,
    run: Path | None = None,
    runs: Path = RUNS,
    images: Path | None = None,
    ground_truth: Path | None = None,
    conventions: LandmarkConventions | None = None,
    out: Path | None = None,
    threads: int | None = None,
    say: Say = silent,
    progress: "Callable[[str], Progress | None]" = lambda title: None,
) -> LandmarkReport:
    """Describe a protocol's images with a run, the queries cut to their boxes, and judge it.

    The codebooks are kept in the run's folder, as ``codes/NAME/database`` and ``queries``, and
    serve again while the run, the images and the boxes are the same.

    Args:
        name: ``oxford5k``, ``paris6k``, ``roxford5k`` or ``rparis6k``.
        run: The run; by default the latest of ``gem2023`` under ``runs``.
        runs: Where runs are kept.
        images: The folder of the images; by default looked for by the protocol's name in
            ``$AEHASH_DATA`` and the user's cache.
        ground_truth: A .mat file, or the folder of it or of the text files; by default looked for
            beside the images.
        conventions: How to rank; by default as the protocol does.
        out: Folder for report.json, per_query.npz and report.md; by default ``evaluation`` beside
            the codebooks.
        threads: How many rank; by default one for each core.
        say: Takes each line for the user.
        progress: Gives each codebook a function to report to.

    Returns:
        The evaluation.

    Raises:
        UsageError: Images, ground truth or run are not there or do not fit each other.
        AehashError: A file is damaged, or an image cannot be read.
    """
    named, threads = _landmarks(name), check_threads(threads)
    pictures = find_images(named, images)
    place = find_ground_truth(named, ground_truth, pictures)
    snapshot = Snapshot.load(run or latest_run(runs, describing=True))
    codes = snapshot.path / CODES / named.name
    out = out or codes / EVALUATION
    check_folder(out, WRITTEN)
    for what, where in (("run", snapshot.path), ("images", pictures), ("truth", place)):
        say(f"{what:8s}  {where}")
    truth = read_ground_truth(place, name)
    database, queries = open_images(truth, pictures)
    done = describe_images(
        snapshot,
        database,
        queries,
        codes,
        strict=truth.images is not None,
        threads=threads,
        say=say,
        progress=progress,
    )
    asked = _Asked(named, truth, conventions or _default(named), threads)
    started = time.perf_counter()
    book = Codebook.load(done.database)
    check_described(truth, map(book.key, range(len(book))), done.database / "skipped.csv")
    found = _judge(asked, book, Codebook.load(done.queries))
    times = Times(time.perf_counter() - started, done.seconds, done.before)
    report = replace(found, times=times, described=_described(snapshot))
    _write(out, report, say)
    return report


def evaluate_landmark_codes(
    name: str,
    *,
    ground_truth: Path | None,
    database: Path | None,
    queries: Path | None,
    conventions: LandmarkConventions | None = None,
    out: Path | None = None,
    threads: int | None = None,
    say: Say = silent,
) -> LandmarkReport:
    """Evaluate codebooks by the Oxford or Paris protocol, or a revisited one.

    Args:
        name: ``oxford5k``, ``paris6k``, ``roxford5k`` or ``rparis6k``.
        ground_truth: A .mat file, or the folder of it or of the text files.
        database: A codebook of the images; its keys are their names.
        queries: A codebook of the queries, cut to their boxes.
        conventions: How to rank; by default as the protocol does.
        out: Folder for report.json, per_query.npz and report.md; by default none is written.
        threads: How many rank; by default one for each core.
        say: Takes each line for the user.

    Returns:
        The evaluation.

    Raises:
        UsageError: The ground truth or a codebook is not given or not the protocol's, or an image
            is missing.
        AehashError: A file is damaged.
    """
    started = time.perf_counter()
    named = _landmarks(name)
    place = find_ground_truth(named, ground_truth, None)
    if database is None and queries is None:
        raise UsageError(
            f"Protocol {named.name} judges codebooks of its own images: name the database and the "
            "queries, or call evaluate_landmark_run."
        )
    database, queries, out = places(database, queries, None, RUNS, out, WRITTEN)
    for what, where in (("truth    ", place), ("database ", database), ("queries  ", queries)):
        say(f"{what} {where}")
    asked = _Asked(named, read_ground_truth(place, name), conventions or _default(named), threads)
    found = _judge(asked, Codebook.load(database), Codebook.load(queries))
    report = replace(found, times=Times(time.perf_counter() - started))
    if out is not None:
        _write(out, report, say)
    return report


def _landmarks(name: str) -> NamedProtocol:
    named = named_protocol(name)
    if named.landmarks is None:
        raise UsageError(
            f"Protocol {named.name} judges by labels, not by a ground truth: leave --ground-truth "
            "out."
        )
    return named


def _default(named: NamedProtocol) -> LandmarkConventions:
    return named.landmarks or LandmarkConventions()


def _described(snapshot: Snapshot) -> str:
    """Say what images were described by, and at which size."""
    if snapshot.recipe.describes:
        return (
            f"{snapshot.path.name}, {Describing.of(snapshot).summary}; queries cut to their boxes"
        )
    side = snapshot.recipe.data.image_size
    return (
        f"{snapshot.path.name}, which takes squares: images, and the queries' boxes, squashed to "
        f"{side} × {side} pixels"
    )


def _judge(asked: _Asked, database: Codebook, queries: Codebook) -> LandmarkReport:
    """Judge, and once more without expansion and augmentation where there are any."""
    ks = KS if asked.truth.revisited else ()
    found, *plain = (
        evaluate_landmarks(asked.truth, database, queries, how, ks=ks, threads=asked.threads)
        for how in dict.fromkeys((asked.how, asked.how.plain()))
    )
    ranked = asked.how.metric == "hamming"
    return LandmarkReport(
        asked.named,
        found,
        Times(0.0),
        {"database": database.source, "queries": queries.source},
        code_statistics(database.codes, database.bits) if ranked else None,
        plain[0] if plain else None,
    )


def _write(folder: Path, report: LandmarkReport, say: Say) -> None:
    again = (folder / REPORT).is_file()
    save_landmarks(folder, REPORT, VALUES, report)
    write_text(folder / PAGE, render_landmarks(report, "md"))
    if again:  # what is left of another report shows nothing of this one
        for name in {*WRITTEN} - {REPORT, VALUES, PAGE}:
            (folder / name).unlink(missing_ok=True)
    say(f"see    {', '.join(str(folder / name) for name in (REPORT, VALUES, PAGE))}")
