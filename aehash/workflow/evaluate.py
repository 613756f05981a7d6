"""Judge codes: the asked protocol first, the whole Hamming and Euclidean rankings beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from aehash import jit, plots
from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.files import atomic_file
from aehash.metrics.evaluation import Evaluation, evaluate
from aehash.metrics.protocol import Protocol
from aehash.metrics.protocols import HITS, marked, named_protocol
from aehash.plots import classes as plots_classes
from aehash.report import render, titled
from aehash.workflow.books import database_of, latest_codes
from aehash.workflow.common import RUNS, Say, silent
from aehash.workflow.retrieval_picture import draw_retrieval
from aehash.workflow.saved import EVALUATION, REPORT, VALUES, save_evaluation

#: The split whose images are the queries.
QUERIES = "test"
PAGE, _CURVES, _RETRIEVAL = "report.md", "precision-recall.png", "retrieval.png"
_CONFUSION = "confusion.png"
WRITTEN = (REPORT, VALUES, PAGE, _CURVES, _RETRIEVAL, _CONFUSION)


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
    by_class: bool | None = None,
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
        by_class: Whether to judge by class as well; by default as the named protocol has it.
        say: Takes each line for the user.
        progress: Gives each ranking a function that takes the number of queries done.

    Returns:
        The evaluations.

    Raises:
        UsageError: Only one codebook was named, or there are none; no protocol has that name;
            labels or ties do not allow rows by class.
    """
    named = None if name is None else named_protocol(name)
    if named is not None and named.landmarks is not None:
        raise UsageError(
            f"Protocol {name} is judged by its ground truth, not by labels: call "
            "aehash.workflow.evaluate_landmarks.evaluate_landmark_codes."
        )
    database, queries, out = places(database, queries, run, runs, out, WRITTEN)
    if (slower := jit.note()) is not None:
        say(slower)
    say(f"database  {database}")
    say(f"queries   {queries}")
    books = Codebook.load(database), Codebook.load(queries)
    if by_class is None:
        by_class = named is not None and named.by_class
    found = {}
    for each in _rankings(protocol, *books):
        tell = progress(each.title, len(books[1]))
        judged = _evaluate(each, *books, threads, tell, by_class)
        if named is not None and each.title == protocol.title:
            judged = marked(judged, named, books[1].source)
        found.update(titled(judged))
    if out is not None:
        _write(out, found, *books, queries, say, HITS if named is None else named.hits)
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
        check_folder(out, written)
    return database, queries, out


def check_folder(out: Path, written: Sequence[str]) -> None:
    """Refuse a folder that cannot be made or written to, before the work and not after it.

    Args:
        out: The folder of a report.
        written: The files to be written there.

    Raises:
        UsageError: It is a file, or one of its files is a folder.
    """
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
    by_class: bool,
) -> Evaluation:
    conventions = {each.name: getattr(protocol, each.name) for each in fields(protocol)}
    return evaluate(
        database, queries, **conventions, threads=threads, progress=progress, by_class=by_class
    )


def _write(
    folder: Path,
    found: dict[str, Evaluation],
    database: Codebook,
    queries: Codebook,
    place: Path,
    say: Say,
    hits: int,
) -> None:
    again = (folder / REPORT).is_file()
    save_evaluation(folder, found, database, queries)
    with atomic_file(folder / PAGE) as aside:
        aside.write_text(render(found, "md"), encoding="utf-8")
    drawn = [folder / REPORT, folder / VALUES, folder / PAGE]
    curves = _curves(found)
    if curves:
        drawn.append(folder / _CURVES)
        plots.precision_recall(drawn[-1], curves)
    asked = next(iter(found.values()))
    if _draw_confusion(folder / _CONFUSION, asked):
        drawn.append(folder / _CONFUSION)
    picture = folder / _RETRIEVAL
    if draw_retrieval(picture, asked.conventions, database, queries, place, hits):
        drawn.append(picture)
    else:
        say("The images behind the queries are not at hand, so no retrieval picture was drawn.")
    if again:  # what is left of the report that stood here shows nothing of this one
        for path in {folder / name for name in WRITTEN} - set(drawn):
            path.unlink(missing_ok=True)
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


def _draw_confusion(path: Path, asked: Evaluation) -> bool:
    """Draw who is taken for whom by the asked ranking, at its smallest cut."""
    table = asked.by_class
    if table is None:
        return False
    cut = table.first
    title = (
        f"Majority label of the first {table.ks[cut]}, {asked.title}\n"
        f"{asked.n_queries:,} queries, {asked.n_database:,} database items, "
        f"ties={asked.conventions.ties}"
    )
    plots_classes.confusion_matrix(
        path, table.confusion[cut], table.silent[cut], table.names, title
    )
    return True
