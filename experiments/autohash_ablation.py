"""What each part of aehash's own recipe adds: one is taken out at a time.

Everything here is judged on the validation images. The test images have no part in any choice.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from aehash.experiments.autohash_nets import Net, Nets
from aehash.experiments.autohash_sizes import SIZES, Size
from aehash.experiments.study import Order, Study
from aehash.experiments.study_facts import write_result

NAME, SPLIT = "autohash_ablation", "val"
METRIC = "map@all/relevant"

#: By name, what is changed.
CHANGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "": (),
        "reconstruction_only": ("agree.kind=views", "agree.weight=0"),
        "views_only": ("agree.kind=views",),
        "one_graph": ("agree.rounds=1",),
        "unpruned": ("agree.shared=0", "agree.neighbours=10", "agree.steps=30"),
        "graph_of_codes": ("agree.layer=hash",),
        "short_walks": ("agree.steps=5",),
        "tanh": ("agree.drawn=never",),
        "no_balance": ("loss.balance=off",),
        "no_reconstruction": ("loss.beta=0",),
    }
)
_TITLES = {
    "": "the recipe",
    "reconstruction_only": "reconstruction and balance alone",
    "views_only": "views alone, no neighbours",
    "one_graph": "one graph",
    "unpruned": "nothing pruned: 10 neighbours, walks of 30 steps",
    "graph_of_codes": "graphs of the code layer's outputs",
    "short_walks": "walks of 5 steps",
    "tanh": "tanh codes, none drawn",
    "no_balance": "no balance of the bits",
    "no_reconstruction": "no reconstruction",
}


def run(order: Order, size: Size | None = None) -> list[Path]:
    """Train what is missing, judge it on the validation images, and write the table.

    Args:
        order: What was asked for.
        size: How large; by default what the order names. The widest codes are taken.

    Returns:
        The result.
    """
    nets = Nets(order, size or SIZES[order.size])
    wanted = nets.nets(CHANGES, nets.size.bits[-1:])
    judged = [{**each.facts, **_judge(nets, each.net)} for each in nets.make(wanted)]
    result = {
        **nets.facts(),
        "split": SPLIT,
        "metric": METRIC,
        "seeds": sorted({net.seed for net in wanted}),
        "seconds": round(sum(each["seconds"] for each in judged), 1),
        "changes": {name: list(settings) for name, settings in CHANGES.items()},
        "nets": judged,
    }
    return [write_result(nets.out / f"{NAME}.json", order, result)]


def table(result: dict[str, Any]) -> str:
    """Lay a result out.

    Args:
        result: As :func:`run` wrote it.

    Returns:
        Markdown: a row for each change.
    """
    lines = [
        f"| {result['data']}, {result['nets'][0]['bits']} bits | {result['metric']} | "
        "least entropy of a bit | different codes | minutes |",
        "|---|---:|---:|---:|---:|",
    ]
    for change in result["changes"]:
        nets = [each for each in result["nets"] if each["change"] == change]
        found = np.array([each[METRIC] for each in nets])
        spread = f" ± {found.std(ddof=1):.4f}" if len(found) > 1 else ""
        lines.append(
            f"| {_TITLES[change]} | {found.mean():.4f}{spread} | "
            f"{min(each['least_entropy'] for each in nets):.3f} | "
            f"{min(each['distinct'] for each in nets):,} | "
            f"{np.mean([each['training_seconds'] for each in nets]) / 60:.1f} |"
        )
    images = result["images"]
    lines += ["", f"{images[SPLIT]:,} validation queries, {images['train']:,} database items."]
    return "\n".join(lines) + "\n"


def _judge(nets: Nets, net: Net) -> dict[str, float]:
    from aehash.codebook import Codebook
    from aehash.metrics.evaluation import evaluate

    books = (Codebook.load(nets.codes(net) / split, verify="size") for split in ("train", SPLIT))
    found = evaluate(*books, ks=("all",))
    return {METRIC: round(found.metrics[METRIC], 6)}


STUDY = Study(
    about="autohash: what each part of aehash's own recipe adds, on validation images.",
    cost="A net for each change and seed, each as long as one of autohash_quality.",
    group="autohash",
    run=run,
)
