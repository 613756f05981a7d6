"""Learned codes beside classical ones, float features and chance: everything a table needs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aehash import plots
from aehash.codebook import Codebook
from aehash.errors import AehashError
from aehash.hashing import METHODS
from aehash.metrics.average_precision import Depth
from aehash.metrics.evaluation import Evaluation, evaluate
from aehash.metrics.method_summary import tabulate
from aehash.metrics.method_table import Method, MethodTable, Trial
from aehash.metrics.pairs import own_rows
from aehash.metrics.protocol import Protocol
from aehash.plots import methods as plots_methods
from aehash.workflow.common import Say, silent
from aehash.workflow.hashing import hashed, learn
from aehash.workflow.method_features import (
    WIDEST,
    Pair,
    encoder_pair,
    features_text,
    pixel_pair,
    pixel_shape,
)
from aehash.workflow.method_plan import (
    CHANCE,
    CODES,
    COSINE,
    ENCODER,
    USUAL,
    Task,
    borrowed,
    check_methods,
    plan,
)
from aehash.workflow.method_results import find_result, keep_result
from aehash.workflow.method_runs import MethodRun, grouped, open_runs

if TYPE_CHECKING:
    from aehash.extraction import Progress

_KS: tuple[Depth, ...] = ("all", 1_000)
_SQUARE = ("itq", "pcah", "sh")
_BARE_BITS = 8

#: Gives each evaluation, by title and number of queries, a function that takes those done.
Bars = Callable[[str, int], Callable[[int], None] | None]


def compare_methods(
    runs: Sequence[Path],
    *,
    methods: Sequence[str] = USUAL,
    bits: Sequence[int] = (),
    split: str = "test",
    layer: str | None = None,
    threads: int | None = None,
    say: Say = silent,
    extracting: "Callable[[str], Progress | None]" = lambda split: None,
    progress: Bars = lambda title, total: None,
) -> MethodTable:
    """Hold learned codes against classical ones, by bits.

    The database is the training images, the queries those of a split, ranked whole by the Hamming
    distance, or by the centred cosine of float features. Each result is kept in the run's folder
    of codes, so that a second call finds it there. Labels serve for judging only.

    Args:
        runs: Folders of finished runs whose codes are extracted; those that differ only in seed
            are one method, those that differ only in bits its columns.
        methods: Of `aehash.workflow.method_plan.CLASSICAL`, on encoder features and on pixels.
        bits: Further widths for the baselines.
        split: Whose images are the queries: ``test``, or ``val`` to choose by.
        layer: Whose output the encoders' features are; by default what their code layers take.
        threads: How many rank; by default one for each core.
        say: Takes each line for the user.
        extracting: Gives each split whose encoder features are extracted a function to report to.
        progress: Gives each evaluation a function that takes the number of queries done.

    Returns:
        The table.

    Raises:
        UsageError: A run, its codes, a method or the images do not go with the others.
        AehashError: A run is not finished, or its files are damaged.
    """
    asked = check_methods(methods)
    found = open_runs(runs, split, layer)
    groups = grouped(found)
    tasks = plan(groups, asked, bits)
    desk = _Desk(found, threads, say, extracting, progress)
    trials = desk.run(tasks)
    rows: dict[str, Method] = {}
    for task, trial in zip(tasks, trials, strict=True):
        row = rows.setdefault(task.name, Method(task.name, task.kind, task.of, []))
        if trial is not None:
            rows[task.name] = replace(row, trials=[*row.trials, trial])
    notes = [*_facts(groups, found), *borrowed(groups, bits), *dict.fromkeys(desk.left_out)]
    first = found[0]
    return tabulate(
        list(rows.values()),
        first.queries.labels,
        _protocol(first),
        len(first.database),
        notes=notes,
    )


def draw_methods(table: MethodTable, picture: Path) -> None:
    """Draw a table of methods.

    Args:
        table: What was found.
        picture: The picture to make or replace; its ending says of what kind.

    Raises:
        UsageError: It cannot be a picture.
        AehashError: It cannot be written.
    """
    plots.check_picture(picture)
    try:
        plots_methods.methods_picture(picture, table)
    except OSError as error:
        raise AehashError(
            f"{picture} could not be written ({error.strerror or error}): choose another place, "
            "or none, with --picture."
        ) from None


class _Desk:
    """Runs the tasks that were not run before; holds one pair of features at a time."""

    def __init__(
        self,
        runs: Sequence[MethodRun],
        threads: int | None,
        say: Say,
        extracting: "Callable[[str], Progress | None]",
        progress: Bars,
    ) -> None:
        self._folders = [run.codes for run in runs]
        self._threads, self._say = threads, say
        self._extracting, self._progress = extracting, progress
        self._place: object = None
        self._pair: Pair | None = None
        self.left_out: list[str] = []

    def run(self, tasks: Sequence[Task]) -> list[Trial | None]:
        """Give each task's result, None where a method cannot make such codes."""
        found = {n: find_result(self._folders, task.key) for n, task in enumerate(tasks)}
        missing = [n for n, trial in found.items() if trial is None]
        missing.sort(key=lambda n: (tasks[n].source, str(tasks[n].run.codes)))
        started = time.monotonic()
        for done, n in enumerate(missing, start=1):
            begun = time.monotonic()
            found[n] = self._result(tasks[n])
            now = time.monotonic()
            left = (now - started) / done * (len(missing) - done)
            self._tell(tasks[n], found[n], now - begun, f"{done} of {len(missing)}", left)
        return [found[n] for n in range(len(tasks))]

    def _tell(
        self, task: Task, trial: Trial | None, seconds: float, place: str, left: float
    ) -> None:
        name, values = next(iter(trial.per_query.items())) if trial else ("left out", None)
        number = "" if values is None else f" {float(values.mean(dtype=np.float64)):.4f}"
        more = f", about {_duration(left)} left" if left >= 1 else ""
        self._say(f"{task.title}: {name}{number} ({_duration(seconds)}; {place}{more})")

    def _result(self, task: Task) -> Trial | None:
        pair = self._books(task)
        if task.method in (CODES, COSINE, CHANCE):
            if task.method != CODES:
                pair = _bare(pair[0]), _bare(pair[1])
            made = evaluate(
                *pair,
                ks=_KS,
                metric="cosine" if task.method == COSINE else "hamming",
                threads=self._threads,
                progress=self._progress(task.title, len(pair[1])),
            )
            return self._keep(task, made)
        codes = self._hashed(task, pair)
        if codes is None:
            return None
        bar = self._progress(task.title, len(pair[1]))
        return self._keep(task, evaluate(*codes, ks=_KS, threads=self._threads, progress=bar))

    def _hashed(self, task: Task, pair: Pair) -> Pair | None:
        train, test = pair
        width = 0 if train.features is None else train.features.shape[1]
        if task.method in _SQUARE and width > WIDEST:
            self.left_out.append(
                f"{task.name} is left out: it needs the covariance of {width:,} features, and "
                f"{WIDEST:,} are the most."
            )
            return None
        method = next(each for each in METHODS if each == task.method)
        try:
            stage = learn(train, method, task.bits, seed=task.seed or 0)
        except AehashError as error:  # such as fewer features than bits
            self.left_out.append(f"{task.name}, {task.bits} bits, is left out: {error}")
            return None
        return hashed(train, stage), hashed(test, stage)

    def _keep(self, task: Task, made: Evaluation) -> Trial:
        codes = None if task.method in (COSINE, CHANCE) else made.codes
        trial = Trial(task.bits, task.seed, made.per_query, codes)
        return keep_result(task.run.codes, task.key, trial)

    def _books(self, task: Task) -> Pair:
        place = task.source, str(task.run.codes)
        if self._pair is None or place != self._place:
            self._pair = None  # before the next are read
            self._pair, self._place = self._open(task), place
        return self._pair

    def _open(self, task: Task) -> Pair:
        if task.source == ENCODER:
            return encoder_pair(task.run, self._say, self._extracting)
        if task.source == "pixels":
            return pixel_pair(task.run, self._say)
        return task.run.database, task.run.queries


def _bare(book: Codebook) -> Codebook:
    """Give every row one and the same code: all items tie, and what is expected is chance."""
    return replace(book, codes=np.zeros((len(book), 1), np.uint8), bits=_BARE_BITS)


def _protocol(run: MethodRun) -> dict[str, object]:
    """Write down the conventions, as an evaluation does."""
    protocol = Protocol(ks=_KS)
    removed = int((own_rows(run.database, run.queries, protocol) >= 0).sum())
    return {
        **protocol.as_dict(),
        "self_match": f"removed by key ({removed} queries)" if removed else "none",
        "database": {"source": run.database.source, "split": run.database.split},
        "queries": {"source": run.queries.source, "split": run.queries.split},
    }


def _facts(groups: dict[str, list[MethodRun]], runs: Sequence[MethodRun]) -> list[str]:
    found = []
    for name, each in groups.items():
        folders = ", ".join(str(run.snapshot.path) for run in each)
        found.append(
            f"{name}: seed {', '.join(map(str, sorted({run.seed for run in each})))} "
            f"({folders}); its encoder features are {features_text(each[0])}."
        )
    side, channels = pixel_shape(runs[0])
    sizes = {run.snapshot.recipe.data.image_size for run in runs}
    why = "" if sizes == {side} else f" (the runs' images: {', '.join(map(str, sizes))})"
    return [*found, f"Pixels are those of {side}²×{channels} images{why}."]


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"
