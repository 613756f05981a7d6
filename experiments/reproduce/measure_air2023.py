"""How air2023's figures are measured: by the studies of the same name."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from aehash.experiments import air2023_figure3, air2023_figure4
from aehash.experiments.air2023_sizes import SIZES, Size
from aehash.experiments.reproduce.data import Choice, choose, mobilenet
from aehash.experiments.reproduce.entry import Job, SizeOf
from aehash.experiments.reproduce.findings import OURS, Cell, Claim, Findings, Measured
from aehash.files import read_json
from aehash.recipe import TrainRecipe

_FEW = TrainRecipe(
    epochs=1, batch_size=25, optimizer="sgd", learning_rate=0.1, momentum=0.9, clip_norm=1.0
)
_SIZES: dict[SizeOf, Size] = {
    "fast": Size(
        filters=4,
        train=_FEW,
        learn=5,
        held_out=1,
        database=20,
        queries=2,
        feedback_queries=2,
        seeds={10: 1, 20: 1, 40: 1, 60: 1},
    ),
    "reduced": SIZES["reduced"],
    "full": SIZES["full"],
}
_MEANT = "CIFAR-100"
#: By the paper's name, the study's.
_METHODS = {
    "Baseline": "baseline, no feedback",
    "AIR": "AIR, SVM",
    "EDSSCIR": "EDSSCIR, SVM",
    "SSCAIR": "SSCAIR, SVM",
}
_CLAIMED = {
    "feedback beats none": ("AIR", "Baseline"),
    "AIR above EDSSCIR": ("AIR", "EDSSCIR"),
    "AIR above SSCAIR": ("AIR", "SSCAIR"),
}

_ASYMMETRIC = (
    ("shortcut", "shortcut_symmetric"),
    ("nopool_shortcut", "nopool_shortcut_symmetric"),
)
_POOLED = (
    ("shortcut", "nopool_shortcut"),
    ("shortcut_symmetric", "nopool_shortcut_symmetric"),
)
_DEEP = 40

#: By configuration and depth, the mean.
Means = Mapping[tuple[str, int], float]


def figure3(job: Job) -> Findings:
    """Measure Figure 3: five configurations at four depths."""
    choice, home, size = _place(job)
    path, picture = air2023_figure3.run(home.order(choice.spec), size)
    result = read_json(path)
    obstacle = choice.obstacle(_MEANT)
    cells = {
        (OURS, row["configuration"], f"{row['depth']} layers"): Cell(
            measured(row["all"]), result["chance"]["mean"], obstacle=obstacle
        )
        for row in result["rows"]
    }
    means = {(row["configuration"], row["depth"]): row["all"]["mean"] for row in result["rows"]}
    small = _joined(obstacle, _small(size))
    claims = {
        "40 layers are best": _best(means, size.depths, small),
        "asymmetric above symmetric": _above(means, _ASYMMETRIC, size.depths, small),
        "pooling helps deep nets": _above(
            means, _POOLED, [depth for depth in size.depths if depth >= _DEEP], small
        ),
    }
    facts = {"data": choice.title, **result["images"], "pixels' own mAP": result["pixels"]["mean"]}
    return Findings(cells, claims, [picture], facts, _differences(size))


def figure4(job: Job) -> Findings:
    """Measure Figure 4: three rounds of feedback on three kinds of features."""
    choice, home, size = _place(job)
    weights = None if job.size == "fast" and job.weights is None else mobilenet(job)
    path, *pictures = air2023_figure4.run(home.order(choice.spec, weights), size)
    result = read_json(path)
    obstacle = choice.obstacle(_MEANT)
    found = {(row["method"], row["round"]): row for row in result["rows"]}
    cells = {
        (OURS, name, f"round {number}"): Cell(
            measured(found[method, number]["map"]),
            found[method, number]["map_chance"],
            obstacle=obstacle,
        )
        for name, method in _METHODS.items()
        for number in range(1, size.rounds + 1)
    }
    small = _joined(obstacle, _small(size))
    claims = {name: _rounds(found, *pair, size.rounds, small) for name, pair in _CLAIMED.items()}
    facts = {"data": choice.title, **result["images"], "marks a round": result["marks"]}
    return Findings(cells, claims, pictures, facts, _differences(size))


def measured(found: Mapping[str, Any]) -> Measured:
    """Take a mean over seeds and queries as a study writes it."""
    seeds = found["seeds"]
    spread = float(np.std(seeds, ddof=1)) if len(seeds) > 1 else None
    low, high = found["ci95"]
    return Measured(found["mean"], spread, len(seeds), (low, high))


def _place(job: Job) -> tuple[Choice, Job, Size]:
    from aehash.workflow.common import slug

    choice = choose(job, "cifar100", ("cifar100_20k.npz", "digits"))
    return choice, job.within(slug(choice.title)), _SIZES[job.size]


def _best(means: Means, depths: Sequence[int], small: str) -> Claim:
    best = {
        name: max(depths, key=lambda depth: means[name, depth])
        for name in dict.fromkeys(name for name, _ in means)
    }
    found = "best depth here: " + ", ".join(f"{name} {depth}" for name, depth in best.items())
    return Claim(set(best.values()) == {40}, found, small)


def _above(
    means: Means, pairs: Sequence[tuple[str, str]], depths: Sequence[int], small: str
) -> Claim:
    """Hold pairs of configurations against each other at every depth."""
    better = [means[one, depth] > means[other, depth] for one, other in pairs for depth in depths]
    found = f"above in {sum(better)} of {len(better)} pairs of nets"
    return Claim(all(better) if better else None, found, small)


def _rounds(found: Mapping[Any, Any], one: str, other: str, rounds: int, small: str) -> Claim:
    both = [
        [found[_METHODS[name], number]["map"]["mean"] for number in range(1, rounds + 1)]
        for name in (one, other)
    ]
    better = [mine > theirs for mine, theirs in zip(*both, strict=True)]
    last = found[_METHODS[one], rounds]
    residual = [last[name]["mean"] for name in ("residual_map", "residual_before")]
    text = f"{one} above {other} in {sum(better)} of {rounds} rounds"
    if None not in residual:
        text += (
            f"; without the marked images {one}'s mAP after the last round is {residual[0]:.4f}, "
            f"before feedback {residual[1]:.4f}"
        )
    return Claim(all(better), text, small)


def _small(size: Size) -> str:
    full = _SIZES["full"]
    if size == full:
        return ""
    seen = "all" if size.learn is None else f"{size.learn} a class"
    return (
        f"nets of {size.filters} filters after {size.train.epochs} passes over few images "
        f"({seen}) do not show what {full.filters} filters reach after {full.train.epochs}"
    )


def _differences(size: Size) -> list[str]:
    small = _small(size)
    return [
        *([small] if small else []),
        f"where the paper leaves a choice open: {size.filters} filters, SGD at "
        f"{size.train.learning_rate:g}, the 128 numbers between encoder and decoder, "
        f"{size.marks} marks a round, linear SVM",
    ]


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
