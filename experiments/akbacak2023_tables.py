"""Akbacak (2023), Tables 1 to 3: MAP inside a Hamming radius, by width of the codes.

Data with one label an image is judged at Table 2's widths, 16, 32 and 64 bits; data with several
at those of Tables 1 and 3, from 16 to 256.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from aehash.experiments.air2023_summary import summary
from aehash.experiments.akbacak2023_nets import KS, METRICS, TIES, Judged, Nets
from aehash.experiments.akbacak2023_sizes import SIZES, Size
from aehash.experiments.study import Order, Study
from aehash.experiments.study_facts import write_result

NAME = "akbacak2023_tables"
BITS, BITS_OF_SEVERAL_LABELS = (16, 32, 64), (16, 32, 64, 128, 256)


def run(order: Order, size: Size | None = None) -> list[Path]:
    """Train what is missing, judge it by the paper's protocol, and write the table.

    Args:
        order: What was asked for.
        size: How large; by default what the order names.

    Returns:
        The result.
    """
    nets = Nets(order, size or SIZES[order.size])
    judged = nets.make(nets.nets(widths(nets)))
    result = {
        **nets.facts(),
        "seconds": round(sum(each.facts["seconds"] for each in judged), 1),
        "nets": [dict(each.facts) for each in judged],
        "rows": [_row(bits, judged) for bits in widths(nets)],
    }
    return [write_result(nets.out / f"{NAME}.json", order, result)]


def widths(nets: Nets) -> tuple[int, ...]:
    """Say which widths a data set is judged at."""
    several = nets.dataset.labels is not None and nets.dataset.labels.ndim > 1
    return BITS_OF_SEVERAL_LABELS if several else BITS


def table(result: dict[str, Any]) -> str:
    """Lay a result out.

    Args:
        result: As :func:`run` wrote it.

    Returns:
        Markdown: for each width MAP with ties in file order, with ties in every order, and chance.
    """
    lines = [
        f"| {result['data']} | seeds | {' | '.join(f'map@{k}/hits' for k in KS)} | different codes "
        "| constant bits |",
        "|---|---:|" + "---:|" * (len(KS) + 2),
    ]
    titles = {"database": "ties in file order", "expected": "ties in every order"}
    for row in result["rows"]:
        worth = [f"{min(row['distinct']):,}", f"{max(row['constant_bits'])}"]
        for ties, title in titles.items():
            cells = [_cell(row[ties][metric]) for metric in METRICS]
            name = f"{row['bits']} bits, {title}"
            lines.append(f"| {name} | {row['seeds']} | {' | '.join([*cells, *worth])} |")
        chance = " | ".join(f"{row['chance'][metric]:.4f}" for metric in METRICS)
        lines.append(f"| {row['bits']} bits, chance | | {chance} | | |")
    images = result["images"]
    lines += ["", f"{images['test']:,} queries, {images['train']:,} database items."]
    return "\n".join(lines) + "\n"


def _row(bits: int, judged: Sequence[Judged]) -> dict[str, Any]:
    mine = [each for each in judged if each.net.bits == bits]
    return {
        "bits": bits,
        "seeds": len(mine),
        **{
            ties: {
                metric: summary([each.values[f"{ties} {metric}"] for each in mine])
                for metric in METRICS
            }
            for ties in TIES
        },
        "chance": {
            metric: round(float(np.mean([each.facts["chance"][metric] for each in mine])), 6)
            for metric in METRICS
        },
        "distinct": [each.facts["distinct"] for each in mine],
        "constant_bits": [each.facts["constant_bits"] for each in mine],
    }


def _cell(found: dict[str, Any]) -> str:
    seeds = found["seeds"]
    spread = f" ± {np.std(seeds, ddof=1):.4f}" if len(seeds) > 1 else ""
    return f"{found['mean']:.4f}{spread}"


STUDY = Study(
    about="akbacak2023, Tables 1 to 3: MAP inside a Hamming radius by width, with chance.",
    cost="About a quarter of an hour on two cores for RetinaMNIST with a light encoder; an "
    "accelerator and ImageNet's weights with --full, the paper's ResNet50.",
    group="akbacak2023",
    run=run,
)
