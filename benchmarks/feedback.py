"""A round of relevance feedback: fit, score the whole database, order it."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.feedback import Marks, Plain, Svm, Table, rank
from aehash.feedback.method import Asked
from aehash.feedback.svm import presumed_rows
from benchmarks.contest import OURS, check
from benchmarks.pairs import seconds, spread
from benchmarks.scale import Scale

WIDTH, CLUSTERS, MARKS = 128, 100, 20
TARGET = "≤ 0.150 s"
PACKAGES = ("aehash", "numpy", "scikit-learn", "threadpoolctl")
_PEER = "scikit-learn, all rows in float64"

Ints = NDArray[np.int64]


def run(scale: Scale) -> dict[str, Any]:
    """Time rounds of both kernels, and scikit-learn alone, in turn."""
    rows = _features(scale)
    table = Table.of_features(rows)
    ways: dict[str, tuple[Callable[[], Ints], str]] = {}
    for kernel, rounds, target in (("linear", 1, TARGET), ("linear", 3, TARGET), ("rbf", 3, "")):
        method, marks = Svm(kernel), _marks(table, rounds)  # type: ignore[arg-type]
        told = f"{kernel}, {MARKS * rounds} marks"
        ways[f"{OURS}, {told}"] = _ours(table, method, marks), target
        ways[f"{_PEER}, {told}"] = _peer(table, method, marks), ""
        found, theirs = (ways[f"{who}, {told}"][0]() for who in (OURS, _PEER))
        check(bool(np.array_equal(found, theirs)), f"The ranking of {told}")
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(scale.pairs):
        for name, (way, _target) in ways.items():
            times[name].append(seconds(way))
    return {
        "about": (
            f"One round on {len(rows):,} × {WIDTH} float32 features in {CLUSTERS} clusters: fit "
            "the SVM on the marks and 50 presumed negatives, score every row, order all. Beside it "
            "scikit-learn's own machine, fitted to the same rows, with `decision_function` over "
            "the whole database and a stable `argsort`; the features are normalised and in "
            "float64 before its clock starts. Both give the same list, row for row, which is "
            "checked first."
        ),
        "seed": scale.seed,
        "packages": PACKAGES,
        "times": [
            {"what": name, "seconds": spread(found), "target": ways[name][1], "all": found}
            for name, found in times.items()
        ],
    }


def _features(scale: Scale) -> NDArray[np.float32]:
    rng = np.random.default_rng(scale.seed)
    middles = rng.normal(size=(CLUSTERS, WIDTH))
    rows = middles[np.arange(scale.few_rows) % CLUSTERS]
    return (rows + 2 * rng.normal(size=rows.shape)).astype(np.float32)


def _marks(table: Table, rounds: int) -> Marks:
    """Mark what rounds on the first ranking's pages would: row 0 asks, its cluster is relevant."""
    first = rank(table, table.rows[0], Marks(), Plain(), own=0)
    shown = first.rows[: MARKS * rounds]
    good = shown % CLUSTERS == 0
    return Marks().added(shown[good], shown[~good], len(table), 0)


def _ours(table: Table, method: Svm, marks: Marks) -> Callable[[], Ints]:
    return lambda: rank(table, table.rows[0], marks, method).rows


def _peer(table: Table, method: Svm, marks: Marks) -> Callable[[], Ints]:
    rows = table.rows.astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    drawn = presumed_rows(Asked(table, rows[0], marks, 0), method.presumed)
    good = np.concatenate([[0], marks.relevant])
    bad = np.concatenate([marks.irrelevant, drawn])
    samples, classes = rows[np.concatenate([good, bad])], np.repeat([1, 0], [len(good), len(bad)])
    tier = np.zeros(len(rows))
    tier[marks.relevant], tier[marks.irrelevant] = -1, 1

    def ranked() -> Ints:
        scores = method.machine(table).fit(samples, classes).decision_function(rows)
        order = np.argsort(-scores, kind="stable")
        return np.asarray(order[np.argsort(tier[order], kind="stable")])

    return ranked
