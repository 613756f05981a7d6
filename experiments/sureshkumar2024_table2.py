"""Sureshkumar et al. (2024), Table II: the same protocol with other encoders.

The paper does not say how DCNN, AlexNet, VGG16 and ResNet50 were trained, nor at which cut they
were judged; its own row is the mean of Table I's five cuts. Here all learn as the paper's net does,
without labels, in front of the same 48 numbers and the same decoder.
"""

from pathlib import Path
from typing import Any

from aehash.experiments import sureshkumar2024_rows as rows
from aehash.experiments.study import Order, Study
from aehash.experiments.study_facts import write_result
from aehash.experiments.sureshkumar2024_nets import Nets
from aehash.experiments.sureshkumar2024_sizes import SIZES, Size
from aehash.experiments.sureshkumar2024_systems import AUTOENCODER, RIVALS, pretrained

NAME = "sureshkumar2024_table2"
#: As printed: accuracy, precision, recall.
PAPER = {
    "DCNN": (0.8842, 0.8748, 0.8862),
    "AlexNet": (0.8765, 0.8751, 0.8775),
    "VGG16": (0.9234, 0.9184, 0.9314),
    "ResNet50": (0.9374, 0.9227, 0.9257),
    AUTOENCODER.title: (0.9587, 0.9603, 0.9554),
}


def run(order: Order, size: Size | None = None) -> list[Path]:
    """Train what is missing, judge it by the paper's protocol, and write the table.

    Args:
        order: What was asked for; with weights, pretrained features are judged too.
        size: How large; by default what the order names.

    Returns:
        The result.
    """
    nets = Nets(order, size or SIZES[order.size])
    wanted = nets.nets([AUTOENCODER, *pretrained(order.weights)], nets.size.seeds)
    found = nets.make([*wanted, *nets.nets(RIVALS, nets.size.rival_seeds)])
    return [write_result(nets.out / f"{NAME}.json", order, rows.result(nets, found))]


def table(result: dict[str, Any]) -> str:
    """Lay a result out.

    Args:
        result: As :func:`run` wrote it.

    Returns:
        Markdown: a row for each encoder, means over the five cuts, beside the paper's.
    """
    names = [measure.format("n") for measure in rows.MEASURES]
    heads = [*names, *(f"paper's {name}" for name in ("accuracy", "precision", "recall"))]
    lines = [
        f"| mean of five cuts | seeds | passes | {' | '.join(heads)} |",
        "|---|---:|---:|" + "---:|" * len(heads),
    ]
    for each in [*result["rows"], result["chance"]]:
        values = [f"{rows.over_cuts(each, measure):.4f}" for measure in rows.MEASURES]
        values += [f"{value:.4f}" for value in PAPER.get(each["title"], ())] or ["–"] * 3
        lines.append(
            f"| {each['title']} | {each.get('seeds', '')} | {each.get('passes', '')} "
            f"| {' | '.join(values)} |"
        )
    return "\n".join(lines) + "\n"


STUDY = Study(
    about="sureshkumar2024, Table II: the same autoencoder behind DCNN, AlexNet, VGG16, ResNet50.",
    cost="About half an hour on two cores for a few thousand small images; an accelerator "
    "with --full.",
    group="sureshkumar2024",
    run=run,
)
