"""Sureshkumar et al. (2024), Figures 7, 8 and 11: curves by pass, and what is retrieved.

The paper's accuracy by pass is not defined; here it is the share of images whose majority label
among the first 20 retrieved is right.
"""

from pathlib import Path
from typing import Any

from aehash.experiments import sureshkumar2024_accuracy as accuracy
from aehash.experiments.net_folder import history
from aehash.experiments.study import Order, Study
from aehash.experiments.study_facts import write_result
from aehash.experiments.sureshkumar2024_nets import Nets
from aehash.experiments.sureshkumar2024_sizes import SIZES, Size
from aehash.experiments.sureshkumar2024_systems import AUTOENCODER
from aehash.snapshot import RUN

NAME = "sureshkumar2024_figures"
PROTOCOL = "sureshkumar2024"


def run(order: Order, size: Size | None = None) -> list[Path]:
    """Train what is missing, and draw the figures.

    Args:
        order: What was asked for.
        size: How large; by default what the order names.

    Returns:
        The result and the pictures.
    """
    from aehash.files import read_json

    nets = Nets(order, size or SIZES[order.size])
    found = nets.make(nets.nets([AUTOENCODER], nets.size.seeds))
    places = [nets.place(each.net) for each in found]
    losses = [history(place) for place in places]
    accuracies = [
        accuracy.by_pass(place, len(loss["loss"]))
        for place, loss in zip(places, losses, strict=True)
    ]
    result = {
        **nets.facts(),
        "measure": accuracy.MEASURE,
        "seconds": round(sum(each.facts["seconds"] for each in found), 1),
        "kept": [read_json(place / RUN)["best_epoch"] for place in places],
        "loss": {
            "training": [each["loss"] for each in losses],
            "validation": [each["val_loss"] for each in losses if "val_loss" in each],
        },
        "accuracy": {name: [each[name] for each in accuracies] for name in accuracies[0]},
    }
    path = write_result(nets.out / f"{NAME}.json", order, result)
    return [path, _curves(nets, result), *_retrieved(nets, places[0])]


def table(result: dict[str, Any]) -> str:
    """Lay a result out.

    Args:
        result: As :func:`run` wrote it.

    Returns:
        Markdown: loss and accuracy of each seed after the first pass and the pass that was kept.
    """
    lines = [
        "| seed | kept pass | validation loss, first → kept | "
        f"validation {result['measure']}, first → kept |",
        "|---:|---:|---:|---:|",
    ]
    for seed, kept in enumerate(result["kept"]):
        cells = []
        for name in ("loss", "accuracy"):
            values = result[name]["validation"][seed]
            cells.append(" → ".join(_number(values[at]) for at in (0, kept - 1)))
        lines.append(f"| {seed} | {kept} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _curves(nets: Nets, result: dict[str, Any]) -> Path:
    from aehash.plots.curves import Panel, curves

    named = {
        name: {part: rows for part, rows in result[name].items() if rows}
        for name in ("loss", "accuracy")
    }
    path = nets.out / f"{NAME}.png"
    curves(
        path,
        [
            Panel("Loss", "mean squared error, pixels in 0…1", named["loss"], result["kept"]),
            Panel("Accuracy", result["measure"], named["accuracy"], result["kept"], share=True),
        ],
    )
    return path


def _retrieved(nets: Nets, run: Path) -> list[Path]:
    """Draw queries with the first five retrieved, the confusion of classes, and the map."""
    from aehash.metrics.protocols import named_protocol
    from aehash.workflow.evaluate import evaluate_codes
    from aehash.workflow.map import draw_map

    database, folder = run / "codes" / "train", nets.out / "evaluation"
    evaluate_codes(
        named_protocol(PROTOCOL).conventions,
        name=PROTOCOL,
        database=database,
        queries=run / "codes" / "test",
        out=folder,
    )
    picture = nets.out / f"{NAME}_map.png"
    draw_map(database, picture=picture)
    drawn = [folder / "retrieval.png", folder / "confusion.png", picture]
    return [each for each in drawn if each.is_file()]


STUDY = Study(
    about="sureshkumar2024, Figures 7, 8 and 11: loss and accuracy by pass, and what is retrieved.",
    cost="A minute on two cores after sureshkumar2024_table1 in the same folder.",
    group="sureshkumar2024",
    run=run,
)
