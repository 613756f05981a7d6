"""Sureshkumar et al. (2024), Table I: precision, recall and accuracy at 20 to 100 retrieved.

The paper's four modalities are private: any data with one label an image takes their place. Beside
the paper's net stand its codes, the same net before training, principal components of the pixels,
and, with weights, the features of a pretrained net.
"""

from pathlib import Path
from typing import Any

from aehash.experiments import sureshkumar2024_rows as rows
from aehash.experiments.study import Order, Study
from aehash.experiments.study_facts import write_result
from aehash.experiments.sureshkumar2024_nets import Nets
from aehash.experiments.sureshkumar2024_sizes import SIZES, Size
from aehash.experiments.sureshkumar2024_systems import FIRST, pretrained

NAME = "sureshkumar2024_table1"
#: As printed: accuracy, which it does not define, precision, and a recall of its own sense.
PAPER = {
    20: (0.9834, 0.9784, 0.9842),
    40: (0.9756, 0.9715, 0.9715),
    60: (0.9611, 0.9548, 0.9487),
    80: (0.9435, 0.9566, 0.9424),
    100: (0.9300, 0.9400, 0.9300),
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
    systems = [*FIRST, *pretrained(order.weights)]
    found = nets.make(nets.nets(systems, nets.size.seeds))
    return [write_result(nets.out / f"{NAME}.json", order, rows.result(nets, found))]


def table(result: dict[str, Any]) -> str:
    """Lay a result out.

    Args:
        result: As :func:`run` wrote it.

    Returns:
        Markdown: the systems, every cut of each, and the classes of the paper's net; mean ±
        standard deviation over seeds.
    """
    images, data = result["images"], result["data"]
    return (
        f"{data}: {images['test']:,} queries, {images['train']:,} database items.\n\n"
        f"{rows.by_system(result)}\n{rows.by_cut(result, PAPER)}\n{rows.by_class(result)}"
    )


STUDY = Study(
    about="sureshkumar2024, Table I: precision, recall and accuracy at 20 to 100 retrieved.",
    cost="About half an hour on two cores for a few thousand small images; an accelerator "
    "with --full.",
    group="sureshkumar2024",
    run=run,
)
