"""Judge feedback by simulated rounds, with the labels as the oracle."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from aehash.codebook import Codebook
from aehash.errors import UsageError, nearest
from aehash.feedback import On, Simulation, simulate_books
from aehash.files import write_json, write_text
from aehash.index.checks import whole
from aehash.metrics.code_statistics import code_statistics, collapse_warning
from aehash.metrics.protocol import Metric
from aehash.metrics.relevance import Relevance
from aehash.plots.feedback import Line, by_round
from aehash.report.feedback import FeedbackReport, FeedbackRow, feedback_json, render_feedback
from aehash.workflow.common import RUNS, Say, silent
from aehash.workflow.evaluate import places
from aehash.workflow.feedback_facts import facts_of, order_warning
from aehash.workflow.feedback_summary import counts, summarised

#: What is simulated unless told otherwise; `svm_rbf` is several times slower than all of them.
BASELINES = ("none", "pinned", "rocchio", "nearest_positive", "svm")
_METRICS: tuple[Metric, ...] = ("euclidean", "hamming")
_REPORT, _PAGE, _PICTURE = "report-feedback.json", "report-feedback.md", "feedback.png"


@dataclass(frozen=True)
class Simulated:
    """What a simulation gave.

    Attributes:
        report: Its table.
        folder: Where the files are; None where none were asked for.
    """

    report: FeedbackReport
    folder: Path | None


@dataclass(frozen=True)
class Setting:
    """What is simulated.

    Attributes:
        rounds: Rounds after the first ranking.
        marks: Images marked a round.
        queries: Queries drawn at most.
        methods: Names of `aehash.feedback.METHODS`.
        metric: ``euclidean`` on features or ``hamming`` on codes.
        relevance: ``any``, ``all`` or ``exact``.
        seed: Of the queries drawn, and of what methods draw.

    Raises:
        UsageError: A number is out of range, or there is no such method or metric.
    """

    rounds: int = 3
    marks: int = 20
    queries: int = 1_000
    methods: Sequence[str] = BASELINES
    metric: Metric = "euclidean"
    relevance: Relevance = "any"
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name in ("rounds", "marks", "queries"):
            whole(name, getattr(self, name), 1)
        whole("seed", self.seed, 0)
        if self.metric not in _METRICS:
            raise UsageError(f"There is no metric {self.metric!r}.{nearest(self.metric, _METRICS)}")
        object.__setattr__(self, "methods", tuple(dict.fromkeys(self.methods)) or BASELINES)

    @property
    def on(self) -> On:
        """What is compared."""
        return "codes" if self.metric == "hamming" else "features"


def simulate_feedback(
    setting: Setting,
    *,
    database: Path | None = None,
    queries: Path | None = None,
    run: Path | None = None,
    runs: Path = RUNS,
    out: Path | None = None,
    threads: int | None = None,
    say: Say = silent,
    progress: Callable[[str, int], Callable[[int], None] | None] = lambda title, total: None,
) -> Simulated:
    """Simulate feedback on queries drawn from a codebook, and report mAP by round and method.

    Args:
        setting: What is simulated.
        database: A codebook; by default the latest codes' ``train``.
        queries: A codebook; by default the latest codes' ``test``.
        run: The run whose codes are meant; by default the latest under ``runs``.
        runs: Where runs are kept.
        out: Folder for the report and the picture; by default ``evaluation`` beside the queries'
            codes, and none where the codebooks were named.
        threads: How many work; by default one for each core.
        say: Takes each line for the user.
        progress: Gives a function that takes the number of queries done.

    Returns:
        The table.

    Raises:
        UsageError: There are no such codebooks, or they lack labels or features, or an option is
            out of range.
    """
    database, queries, out = places(database, queries, run, runs, out, (_REPORT, _PAGE, _PICTURE))
    say(f"database  {database}")
    say(f"queries   {queries}")
    held, asked = Codebook.load(database), Codebook.load(queries)
    for book, place in ((held, database), (asked, queries)):
        if setting.on == "features" and book.features is None:
            raise UsageError(
                f"{place} has no features: simulate feedback on the codes, with --metric hamming."
            )
    drawn = _drawn(asked, setting)
    simulation = simulate_books(
        held,
        drawn,
        on=setting.on,
        relevance=setting.relevance,
        rounds=setting.rounds,
        marks=setting.marks,
        methods=setting.methods,
        seed=setting.seed,
        threads=threads,
        progress=progress(f"Feedback, {len(setting.methods)} methods", len(drawn)),
    )
    rows = summarised(simulation, held, drawn, setting.relevance, setting.on)
    report = _report(setting, simulation, rows, held, asked, drawn)
    if out is not None:
        _write(out, report, say)
    return Simulated(report, out)


def _drawn(book: Codebook, setting: Setting) -> Codebook:
    """Draw queries, in the codebook's order."""
    if len(book) <= setting.queries:
        return book
    generator = np.random.default_rng(setting.seed)
    rows = np.sort(generator.choice(len(book), setting.queries, replace=False))
    return replace(
        book,
        codes=book.codes[rows],
        keys=book.keys[rows],
        features=None if book.features is None else book.features[rows],
        labels=None if book.labels is None else book.labels[rows],
    )


def _report(
    setting: Setting,
    simulation: Simulation,
    rows: Sequence[FeedbackRow],
    held: Codebook,
    asked: Codebook,
    drawn: Codebook,
) -> FeedbackReport:
    warnings = []
    if setting.on == "codes":
        warnings = [collapse_warning(code_statistics(held.codes, held.bits)), order_warning(held)]
    items, good = counts(held, drawn, setting.relevance, setting.on)
    methods: dict[str, Any] = dict(simulation.methods)
    protocol: dict[str, Any] = {
        **{name: value for name, value in asdict(setting).items() if name != "queries"},
        "methods": {name: asdict(each) for name, each in methods.items()},
        "ties": "database",
        "queries": {"source": asked.source, "split": asked.split, "of": len(asked)},
        "database": {"source": held.source, "split": held.split, "rows": len(held)},
    }
    return FeedbackReport(
        facts=facts_of(simulation, held, asked, setting.relevance, setting.on, items, good),
        protocol=protocol,
        rows=rows,
        warnings=[each for each in warnings if each],
        n_queries=len(drawn),
    )


def _write(folder: Path, report: FeedbackReport, say: Say) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / _REPORT, feedback_json(report))
    write_text(folder / _PAGE, render_feedback(report, "md"))
    measures = {
        "whole list": ("map", None),
        "residual (dashed: the first ranking)": ("residual_map", "residual_before"),
    }
    panels = {
        title: {name: _line(rows, *names) for name, rows in report.methods.items()}
        for title, names in measures.items()
    }
    first = next(iter(report.methods.values()))
    chance = {title: _chances(first, names[0]) for title, names in measures.items()}
    by_round(folder / _PICTURE, panels, chance)
    say("see    " + ", ".join(str(folder / name) for name in (_REPORT, _PAGE, _PICTURE)))


def _chances(rows: Sequence[FeedbackRow], name: str) -> list[float | None]:
    numbers = [row.numbers[name] for row in rows]
    return [None if each is None else each.chance for each in numbers]


def _line(rows: Sequence[FeedbackRow], name: str, before: str | None = None) -> Line:
    numbers = [row.numbers[name] for row in rows]
    compared = [row.numbers[before] for row in rows] if before else []
    return Line(
        [None if each is None else each.value for each in numbers],
        [None if each is None else each.low for each in numbers],
        [None if each is None else each.high for each in numbers],
        [None if each is None else each.value for each in compared],
    )
