"""An Hong Son et al. (2023), Figure 3: mAP by depth for the five configurations."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from aehash.experiments.air2023_net import CONFIGURATIONS, Net
from aehash.experiments.air2023_nets import MAP, Judged, Nets
from aehash.experiments.air2023_sizes import SIZES, Size
from aehash.experiments.air2023_summary import Floats, chance, relevant_rows, summary
from aehash.experiments.study import Order, Study
from aehash.experiments.study_facts import write_result

NAME = "air2023_figure3"


def run(order: Order, size: Size | None = None) -> list[Path]:
    """Train what is missing, and write the figure.

    Args:
        order: What was asked for.
        size: How large; by default what the order names.

    Returns:
        The result and the picture.
    """
    from aehash.plots import studies as plots_studies

    nets = Nets(order, size or SIZES[order.size])
    found = nets.make(_nets(nets))
    result = _result(nets, found)
    path = write_result(order.out / f"{NAME}.json", order, result)
    picture = order.out / f"{NAME}.png"
    lines = {
        name: [row for row in result["rows"] if row["configuration"] == name]
        for name in CONFIGURATIONS
    }
    levels = {"chance": result["chance"]["mean"], "pixels": result["pixels"]["mean"]}
    plots_studies.by_depth(picture, lines, levels)
    return [path, picture]


def table(result: dict[str, Any]) -> str:
    """Lay a result out.

    Args:
        result: As :func:`run` wrote it.

    Returns:
        Markdown: a row for each configuration and depth.
    """
    lines = [
        "| configuration | layers | seeds | mAP (95 %) | without near-duplicates | loss, first → "
        "last pass | loss with own / another's / no feature |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {row['configuration']} | {row['depth']} | {len(row['all']['seeds'])} "
        f"| {_cell(row['all'])} | {_cell(row['without_duplicates'])} "
        f"| {row['loss_first_pass']:.4f} → {row['loss_last_pass']:.4f} | {_use(row)} |"
        for row in result["rows"]
    ]
    for name in ("pixels", "chance"):
        both = result[name], result[f"{name}_without_duplicates"]
        lines.append(f"| {name} | | | {both[0]['mean']:.4f} | {both[1]['mean']:.4f} | | |")
    return "\n".join(lines) + "\n"


def _use(row: dict[str, Any]) -> str:
    return " / ".join(f"{row['feature_use'][name]:.4f}" for name in ("own", "other", "zero"))


def _cell(values: dict[str, Any]) -> str:
    low, high = values["ci95"]
    return f"{values['mean']:.4f} ({low:.4f}–{high:.4f})"


def _nets(nets: Nets) -> list[Net]:
    """List the nets, the first seeds of all before the second ones."""
    depths = nets.size.depths
    most = max(len(nets.seeds(depth)) for depth in depths)
    return [
        Net(configuration, depth, seed)
        for seed in range(most)
        for depth in depths
        if seed in nets.seeds(depth)
        for configuration in CONFIGURATIONS
    ]


def _result(nets: Nets, found: Sequence[Judged]) -> dict[str, Any]:
    twice = nets.duplicated()
    database, queries = nets.labels("train"), nets.labels("test")
    pixels, random = _pixels(nets), chance(len(database), relevant_rows(database, queries))
    rows = []
    for depth in nets.size.depths:
        for configuration in CONFIGURATIONS:
            same = [
                each
                for each in found
                if (each.net.depth, each.net.configuration) == (depth, configuration)
            ]
            rows.append(_row(configuration, depth, same, twice))
    return {
        "measure": "map@all/relevant, Euclidean distance of 128 numbers",
        "images": {
            "learned_from": nets.learned(),
            "database": len(database),
            "queries": len(twice),
            "queries_with_near_duplicates_in_train": int(twice.sum()),
        },
        "filters": nets.size.filters,
        "training": nets.training(),
        "seconds": round(sum(each.facts["seconds"] for each in found), 1),
        "chance": {"mean": round(float(random.mean()), 6)},
        "chance_without_duplicates": {"mean": round(float(random[~twice].mean()), 6)},
        "pixels": summary([pixels]),
        "pixels_without_duplicates": summary([pixels[~twice]]),
        "rows": rows,
    }


def _row(configuration: str, depth: int, same: Sequence[Judged], twice: Any) -> dict[str, Any]:
    def median(name: str) -> float:
        return round(float(np.median([each.facts[name] for each in same])), 6)

    def use(name: str) -> float:
        return round(float(np.median([each.facts["feature_use"][name] for each in same])), 6)

    return {
        "configuration": configuration,
        "depth": depth,
        "all": summary([each.values[MAP] for each in same]),
        "without_duplicates": summary([each.values[MAP][~twice] for each in same]),
        "loss_first_pass": median("loss_first_pass"),
        "loss_last_pass": median("loss_last_pass"),
        "feature_use": {name: use(name) for name in ("own", "other", "zero")},
        "parameters": same[0].facts["parameters"],
        "seconds": [each.facts["seconds"] for each in same],
    }


def _pixels(nets: Nets) -> Floats:
    """Rank by the Euclidean distance of the pixels themselves, which needs no net."""
    from aehash.codebook import Codebook
    from aehash.metrics.evaluation import evaluate

    books = []
    for split in ("train", "test"):
        rows = nets.search.rows(split)
        images = nets.search.read_many(rows, nets.search.image_size or 32)
        features = images.reshape(len(rows), -1).astype(np.float32) / np.float32(255)
        books.append(Codebook.from_arrays(features=features, labels=nets.labels(split)))
    found = evaluate(*books, metric="euclidean", per="relevant", ks=("all",), exclude_self=False)
    return np.asarray(found.per_query["map@all/relevant"])


STUDY = Study(
    about="air2023, Figure 3: mAP of five configurations at 10, 20, 40 and 60 layers.",
    cost=(
        "Half an hour on two cores with few filters, images and passes; an accelerator with "
        "--full, the paper's setting."
    ),
    group="air2023",
    run=run,
)
