"""Judge codebooks of Oxford's or Paris's images by the protocol's own ground truth."""

import time
from pathlib import Path

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.files import write_json, write_text
from aehash.metrics.code_statistics import code_statistics
from aehash.metrics.landmark_conventions import LandmarkConventions
from aehash.metrics.landmark_evaluation import evaluate_landmarks
from aehash.metrics.landmark_files import read_ground_truth
from aehash.metrics.landmarks import KS
from aehash.metrics.protocols import NamedProtocol, named_protocol
from aehash.report_landmarks import LandmarkReport, landmarks_to_json, render_landmarks
from aehash.workflow.common import RUNS, Say, silent
from aehash.workflow.evaluate import PAGE, WRITTEN, places
from aehash.workflow.saved import REPORT


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
        out: Folder for report.json and report.md; by default none is written.
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
    named = named_protocol(name)
    _check_given(named, ground_truth, database, queries)
    database, queries, out = places(database, queries, None, RUNS, out, WRITTEN)
    for what, place in (
        ("truth    ", ground_truth),
        ("database ", database),
        ("queries  ", queries),
    ):
        say(f"{what} {place}")
    truth = read_ground_truth(Path(str(ground_truth)), name)
    books = Codebook.load(database), Codebook.load(queries)
    how = conventions or named.landmarks
    ks = KS if truth.revisited else ()
    found = evaluate_landmarks(truth, *books, how, ks=ks, threads=threads)
    ranked = found.conventions.metric == "hamming"
    codes = code_statistics(books[0].codes, books[0].bits) if ranked else None
    sources = {"database": books[0].source, "queries": books[1].source}
    report = LandmarkReport(named, found, time.perf_counter() - started, sources, codes)
    if out is not None:
        _write(out, report, say)
    return report


def _check_given(
    named: NamedProtocol, truth: Path | None, database: Path | None, queries: Path | None
) -> None:
    if named.landmarks is None:
        raise UsageError(
            f"Protocol {named.name} judges by labels, not by a ground truth: leave --ground-truth "
            "out."
        )
    if truth is None:
        texts = "" if named.name.startswith("r") else ", or the folder of the text files"
        raise UsageError(
            f"Protocol {named.name} needs its ground truth: give --ground-truth with "
            f"gnd_{named.name}.mat{texts}."
        )
    if database is None or queries is None:
        (data,) = named.data
        raise UsageError(
            f"Protocol {named.name} judges codebooks of its own images: extract the folder of its "
            f"{data.n_database:,} images and that of its {data.n_queries} queries, each cut to its "
            "box and named as its image, and give both with --database and --queries."
        )


def _write(folder: Path, report: LandmarkReport, say: Say) -> None:
    again = (folder / REPORT).is_file()
    write_json(folder / REPORT, landmarks_to_json(report))
    write_text(folder / PAGE, render_landmarks(report, "md"))
    if again:  # what is left of another report shows nothing of this one
        for name in {*WRITTEN} - {REPORT, PAGE}:
            (folder / name).unlink(missing_ok=True)
    say(f"see    {folder / REPORT}, {folder / PAGE}")
