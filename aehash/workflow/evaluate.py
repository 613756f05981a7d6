"""Judge codes: the asked protocol first, the whole Hamming and Euclidean rankings beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aehash import jit, plots
from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.files import atomic_file
from aehash.index.euclidean import EuclideanIndex
from aehash.index.hamming import HammingIndex
from aehash.metrics.evaluation import Evaluation, evaluate
from aehash.metrics.protocol import Protocol
from aehash.metrics.protocols import marked, named_protocol
from aehash.metrics.relevance import LabelSets, relevant
from aehash.report import render, titled
from aehash.workflow.books import Pictures, database_of, latest_codes
from aehash.workflow.common import RUNS, Say, silent
from aehash.workflow.labels import label_name
from aehash.workflow.saved import EVALUATION, REPORT, VALUES, save_evaluation

#: The split whose images are the queries.
QUERIES = "test"
_MONTAGE_QUERIES, _MONTAGE_HITS = 6, 8
_PAGE, _CURVES, _RETRIEVAL = "report.md", "precision-recall.png", "retrieval.png"
_WRITTEN = (REPORT, VALUES, _PAGE, _CURVES, _RETRIEVAL)


@dataclass(frozen=True)
class Judged:
    """What an evaluation wrote.

    Attributes:
        evaluations: By title, the asked one first.
        folder: Where report.json, per_query.npz, report.md and the pictures are; None where none
            were asked for.
    """

    evaluations: dict[str, Evaluation]
    folder: Path | None


def evaluate_codes(
    protocol: Protocol,
    *,
    name: str | None = None,
    database: Path | None = None,
    queries: Path | None = None,
    run: Path | None = None,
    runs: Path = RUNS,
    out: Path | None = None,
    threads: int | None = None,
    say: Say = silent,
    progress: Callable[[str, int], Callable[[int], None] | None] = lambda title, total: None,
) -> Judged:
    """Evaluate queries against a database of codes.

    Args:
        protocol: What is asked.
        name: The named protocol it was made from; the report says what is not as there.
        database: A codebook; by default the latest codes' ``train``.
        queries: A codebook; by default the latest codes' ``test``.
        run: The run whose codes are meant; by default the latest under ``runs``.
        runs: Where runs are kept.
        out: Folder for the report and the pictures; by default ``evaluation`` beside the queries'
            codes, and none where the codebooks were named.
        threads: How many rank; by default one for each core.
        say: Takes each line for the user.
        progress: Gives each ranking a function that takes the number of queries done.

    Returns:
        The evaluations.

    Raises:
        UsageError: Only one codebook was named, or there are none; no protocol has that name.
    """
    named = None if name is None else named_protocol(name)
    database, queries, out = places(database, queries, run, runs, out, _WRITTEN)
    if (slower := jit.note()) is not None:
        say(slower)
    say(f"database  {database}")
    say(f"queries   {queries}")
    books = Codebook.load(database), Codebook.load(queries)
    found = {}
    for each in _rankings(protocol, *books):
        tell = progress(each.title, len(books[1]))
        judged = _evaluate(each, *books, threads, tell)
        if named is not None and each.title == protocol.title:
            judged = marked(judged, named, books[1].source)
        found.update(titled(judged))
    if out is not None:
        _write(out, found, *books, queries, say)
    return Judged(found, out)


def places(
    database: Path | None,
    queries: Path | None,
    run: Path | None,
    runs: Path,
    out: Path | None,
    written: Sequence[str],
) -> tuple[Path, Path, Path | None]:
    """Find the codebooks to judge, and the folder for the report.

    Args:
        database: A codebook; by default the latest codes' ``train``.
        queries: A codebook; by default the latest codes' ``test``.
        run: The run whose codes are meant; by default the latest under ``runs``.
        runs: Where runs are kept.
        out: The folder; by default ``evaluation`` beside the queries' codes, and none where the
            codebooks were named.
        written: The files to be written there.

    Returns:
        The database, the queries and the folder.

    Raises:
        UsageError: Only one codebook was named, there are none, or the folder cannot be made.
    """
    if (database is None) != (queries is None):
        raise UsageError("Give both --database and --queries, or neither.")
    if database is None or queries is None:
        codes = latest_codes(run, runs, split=QUERIES)
        database, queries = database_of(codes, ("train", "all")), codes / QUERIES
        out = out or codes / EVALUATION
    if out is not None:
        _check_folder(out, written)
    return database, queries, out


def _check_folder(out: Path, written: Sequence[str]) -> None:
    """Refuse a folder that cannot be made or written to, before the work and not after it."""
    place = next(each for each in (out, *out.absolute().parents) if each.exists())
    if not place.is_dir():
        raise UsageError(f"--out {out} cannot be a folder, since {place} is a file.")
    for name in written:
        if (out / name).is_dir():
            raise UsageError(
                f"{out / name} is a folder, and a file of that name is to be written: move it "
                "away, or choose another folder with --out."
            )


def _rankings(protocol: Protocol, database: Codebook, queries: Codebook) -> list[Protocol]:
    """Put the whole rankings beside the asked one, where they can be had."""
    whole = replace(protocol, radius=None, rerank=False, metric="hamming")
    floats = replace(whole, metric="euclidean")
    rankings = [protocol, whole]
    mine, theirs = database.features, queries.features
    if mine is not None and theirs is not None and mine.shape[1:] == theirs.shape[1:]:
        rankings.append(floats)
    return list({each.title: each for each in rankings}.values())


def _evaluate(
    protocol: Protocol,
    database: Codebook,
    queries: Codebook,
    threads: int | None,
    progress: Callable[[int], None] | None,
) -> Evaluation:
    conventions = {each.name: getattr(protocol, each.name) for each in fields(protocol)}
    return evaluate(database, queries, **conventions, threads=threads, progress=progress)


def _write(
    folder: Path,
    found: dict[str, Evaluation],
    database: Codebook,
    queries: Codebook,
    place: Path,
    say: Say,
) -> None:
    save_evaluation(folder, found, database, queries)
    with atomic_file(folder / _PAGE) as aside:
        aside.write_text(render(found, "md"), encoding="utf-8")
    drawn = [folder / REPORT, folder / VALUES, folder / _PAGE]
    curves = _curves(found)
    if curves:
        drawn.append(folder / _CURVES)
        plots.precision_recall(drawn[-1], curves)
    asked = next(iter(found.values())).conventions
    picture = folder / _RETRIEVAL
    if _draw_retrieval(picture, asked, database, queries, place):
        drawn.append(picture)
    else:
        say("The images behind the queries are not at hand, so no retrieval picture was drawn.")
    say("see    " + ", ".join(str(path) for path in drawn))


def _curves(found: dict[str, Evaluation]) -> list[plots.Curve]:
    """Draw the Hamming curve once: it is the same for every radius."""
    for each in found.values():
        if each.curve is not None:
            inside = each.curve.recall > 0
            return [
                plots.Curve(
                    f"{each.bits} bits",
                    each.curve.recall[inside],
                    each.curve.precision[inside],
                    float(each.curve.precision[-1]),
                )
            ]
    return []


def _draw_retrieval(
    path: Path, protocol: Protocol, database: Codebook, queries: Codebook, place: Path
) -> bool:
    """Draw some queries, each with its nearest images, right ones framed green, others red."""
    asked, found = Pictures(queries, place), Pictures(database, place)
    rows = np.linspace(0, len(queries) - 1, min(_MONTAGE_QUERIES, len(queries))).astype(np.int64)
    if asked.image(queries.key(int(rows[0]))) is None:
        return False
    labels = LabelSets.from_labels(database.labels)
    wanted = LabelSets.from_labels(queries.labels)
    same = queries.source is not None and queries.source == database.source
    lines = []
    for row, nearest in zip(
        map(int, rows), _nearest(protocol, database, queries, rows), strict=True
    ):
        key = queries.key(row)
        hits = [hit for hit in map(int, nearest) if hit >= 0]
        hits = [hit for hit in hits if not (same and database.key(hit) == key)][:_MONTAGE_HITS]
        right = relevant(wanted[row : row + 1], labels, protocol.relevance)[0]
        line = [plots.Tile(asked.image(key), f"query\n{label_name(queries, row)}")]
        for hit in hits:
            name = label_name(database, hit)
            line.append(plots.Tile(found.image(database.key(hit)), name, bool(right[hit])))
        lines.append(line)
    plots.montage(path, lines)
    return True


def _nearest(
    protocol: Protocol, database: Codebook, queries: Codebook, rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Find the nearest items of some queries, one more than is drawn, since one may be itself."""
    if protocol.metric == "euclidean" and database.features is not None:
        index = EuclideanIndex.from_features(database.features)
        return index.search(np.asarray(queries.features)[rows], _MONTAGE_HITS + 1).indices
    codes = HammingIndex.from_codes(database.codes, database.bits)
    return codes.search(queries.codes[rows], _MONTAGE_HITS + 1).indices
