"""What aehash's own codes are worth, beside classical ones, float features and chance.

The recipe is as it stands: nothing is chosen here. The test images are the queries, and the
training images, which nobody labelled for the training, the database.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aehash.experiments.autohash_nets import Nets
from aehash.experiments.autohash_sizes import SIZES, Size
from aehash.experiments.study import Order, Study
from aehash.experiments.study_facts import write_result

NAME, SPLIT = "autohash_quality", "test"
#: What learned codes are held against, on pixels and on the encoder's features.
METHODS = ("itq", "lsh", "diffusion", "cosine")


def run(order: Order, size: Size | None = None) -> list[Path]:
    """Train what is missing, judge it once on the test images, and write the table.

    Args:
        order: What was asked for; with weights, a head on that encoder is trained.
        size: How large; by default what the order names.

    Returns:
        The result and the picture.
    """
    from aehash.report.methods import render_methods
    from aehash.workflow.methods import compare_methods, draw_methods

    nets = Nets(order, size or SIZES[order.size])
    wanted = nets.nets({"": ()}, nets.size.bits)
    judged = [each.facts for each in nets.make(wanted)]
    for net in wanted:
        nets.ask(net, SPLIT)
    table = compare_methods(
        [nets.place(net) for net in wanted], methods=METHODS, split=SPLIT, say=order.say
    )
    result = {
        **nets.facts(),
        "split": SPLIT,
        "seeds": sorted({net.seed for net in wanted}),
        "seconds": round(sum(each["seconds"] for each in judged), 1),
        "nets": [dict(each) for each in judged],
        "table": json.loads(_placeless(render_methods(table, "json"), order, nets.data)),
    }
    picture = nets.out / f"{NAME}.png"
    draw_methods(table, picture)
    return [write_result(nets.out / f"{NAME}.json", order, result), picture]


def table(result: dict[str, Any]) -> str:
    """Lay a result out.

    Args:
        result: As :func:`run` wrote it.

    Returns:
        Markdown: methods by bits; then what the bits are worth, and the trainings' time.
    """
    found = result["table"]
    metric = found["metrics"][0]
    lines = [
        f"| {result['data']}: {metric} | {' | '.join(f'{bits} bits' for bits in found['bits'])} |",
        "|---|" + "---:|" * len(found["bits"]),
    ]
    for row in found["methods"]:
        cells = {each["bits"]: each for each in row["cells"] if each["metric"] == metric}
        values = [_cell(cells.get(bits) or cells.get(None)) for bits in found["bits"]]
        lines.append(f"| {row['name']} | {' | '.join(values)} |")
    return "\n".join([*lines, "", *_held(found, metric), _worth(result), ""])


def _placeless(text: str, order: Order, data: str) -> str:
    """Name folders as the command's user sees them: nets from --out, data by its last part."""
    return text.replace(f"{order.out.resolve()}/", "").replace(data, Path(data).name)


def _cell(cell: Mapping[str, Any] | None) -> str:
    if cell is None:
        return "–"
    return f"{cell['mean']:.4f}" + (f" ± {cell['sd']:.4f}" if cell["sd"] is not None else "")


def _held(found: Mapping[str, Any], metric: str) -> Sequence[str]:
    parts = [
        f"{each['bits']} bits {each['difference']:+.4f} ({each['ci95'][0]:+.4f} to "
        f"{each['ci95'][1]:+.4f}, against {each['baseline']})"
        for each in found["against_baselines"]
        if each["metric"] == metric
    ]
    rivals = "the best baseline and the best of pixels"
    return [f"Against {rivals}, paired by query: {'; '.join(parts)}.", ""]


def _worth(result: Mapping[str, Any]) -> str:
    nets, images = result["nets"], result["images"]
    seconds = [each["training_seconds"] for each in nets]
    apart = ", after the encoder's features of all views" if result["encoder"] else ""
    return (
        f"{images['test']:,} queries, {images['train']:,} database items, images of "
        f"{result['image_size']} pixels; mean ± standard deviation over {len(result['seeds'])} "
        f"seeds. The epochs took {min(seconds) / 60:.1f} to {max(seconds) / 60:.1f} "
        f"minutes{apart}; {max(each['constant_bits'] for each in nets)} constant bits, the least "
        f"entropy of a bit {min(each['least_entropy'] for each in nets):.3f}."
    )


STUDY = Study(
    about="autohash: aehash's own codes beside ITQ, LSH, diffusion, float features and chance.",
    cost="Half an hour a net for MNIST's 60,000 digits on one of two busy cores, less for fewer; "
    "three nets of 64 bits, with --full also of 16 and 32; with --weights, heads on a MobileNet.",
    group="autohash",
    run=run,
)
