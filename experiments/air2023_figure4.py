"""An Hong Son et al. (2023), Figure 4: mAP by round of relevance feedback.

The paper compares AIR, EDSSCIR and SSCAIR, each with an SVM, with AIR's features without feedback.
Beside them stand, on AIR's features, the marks pinned and nothing learned from them, Rocchio and
the nearest positive: what an SVM gains over the pinned marks is what it learned.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aehash.experiments.air2023_net import Net
from aehash.experiments.air2023_nets import Nets
from aehash.experiments.air2023_sizes import SIZES, Size
from aehash.experiments.air2023_summary import chance, relevant_rows, summary
from aehash.experiments.study import Order, Study
from aehash.experiments.study_facts import write_result

if TYPE_CHECKING:
    from aehash.feedback import Rounds

NAME = "air2023_figure4"
#: By the paper's names: the configuration, and the feedback given on its features.
SYSTEMS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "AIR": (
        "shortcut",
        {
            "baseline, no feedback": "none",
            "AIR, SVM": "svm",
            "AIR, marks pinned only": "pinned",
            "AIR, Rocchio": "rocchio",
            "AIR, nearest positive": "nearest_positive",
        },
    ),
    "EDSSCIR": ("shortcut_symmetric", {"EDSSCIR, SVM": "svm"}),
    "SSCAIR": ("sscair", {"SSCAIR, SVM": "svm"}),
}
#: The same on features that are known to be good.
PRETRAINED: Mapping[str, str] = {
    "no feedback": "none",
    "SVM": "svm",
    "marks pinned only": "pinned",
    "Rocchio": "rocchio",
    "nearest positive": "nearest_positive",
}
_ENCODER, _SIDE, _BATCH = "mobilenet:0.75", 128, 50
_MEASURES = ("map", "residual_map", "residual_before")


def run(order: Order, size: Size | None = None) -> list[Path]:
    """Train what is missing, simulate the feedback, and write the figure.

    Args:
        order: What was asked for; with weights, MobileNet's features are judged too.
        size: How large; by default what the order names.

    Returns:
        The result and the pictures.
    """
    nets = Nets(order, size or SIZES[order.size])
    depth = nets.size.feedback_depth
    seeds = nets.seeds(depth)
    wanted = [
        Net(configuration, 0 if configuration == "sscair" else depth, seed)
        for seed in seeds
        for configuration, _ in SYSTEMS.values()
    ]
    found = nets.make(wanted)
    rounds: dict[str, list[Rounds]] = {}
    for net in wanted:
        database, queries = (_features(nets, net, split) for split in ("train", "test"))
        methods = next(names for conf, names in SYSTEMS.values() if conf == net.configuration)
        for name, values in _simulated(nets, database, queries, methods, net.name).items():
            rounds.setdefault(name, []).append(values)
    result = {
        "measure": "AP over the whole list, divided by R; residual: without the marked images",
        "images": {"database": len(nets.labels("train")), "queries": len(_asked(nets))},
        "depth": depth,
        "filters": nets.size.filters,
        "training": nets.training(),
        "marks": nets.size.marks,
        "seconds": round(sum(each.facts["seconds"] for each in found), 1),
        "rows": _rows(nets, rounds),
    }
    if order.weights is not None:
        result["pretrained"] = {"encoder": _ENCODER, "rows": _rows(nets, _pretrained(nets, order))}
    path = write_result(order.out / f"{NAME}.json", order, result)
    pictures = [_draw(order.out / f"{NAME}.png", result["rows"])]
    if order.weights is not None:
        picture = order.out / f"{NAME}_pretrained.png"
        pictures.append(_draw(picture, result["pretrained"]["rows"]))
    return [path, *pictures]


def table(result: dict[str, Any]) -> str:
    """Lay a result out.

    Args:
        result: As :func:`run` wrote it.

    Returns:
        Markdown: a row for each method, its mAP and its residual mAP by round.
    """
    text = _table(result["rows"])
    if "pretrained" in result:
        encoder = result["pretrained"]["encoder"]
        text += f"\nOn features of {encoder}:\n\n" + _table(result["pretrained"]["rows"])
    return text


def _table(rows: Sequence[dict[str, Any]]) -> str:
    count = max(row["round"] for row in rows)
    heads = [f"mAP, round {number}" for number in range(count + 1)]
    heads += [f"residual, {number} (before)" for number in range(1, count + 1)]
    lines = [f"| | {' | '.join(heads)} |", "|---|" + "---:|" * len(heads)]
    for name in dict.fromkeys(row["method"] for row in rows):
        mine = [row for row in rows if row["method"] == name]
        cells = [_number(row["map"]["mean"]) for row in mine]
        cells += [
            f"{_number(row['residual_map']['mean'])} ({_number(row['residual_before']['mean'])})"
            for row in mine[1:]
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _asked(nets: Nets) -> NDArray[np.int64]:
    """Give the places of the queries that feedback is given on: the first of each class."""
    labels, most = nets.labels("test"), nets.size.feedback_queries
    taken = [np.flatnonzero(labels == label)[:most] for label in np.unique(labels)]
    return np.sort(np.concatenate(taken))


def _features(nets: Nets, net: Net, split: str) -> NDArray[np.float32]:
    return np.asarray(nets.book(net, split).features, np.float32)


def _simulated(
    nets: Nets,
    database: NDArray[np.float32],
    queries: NDArray[np.float32],
    methods: Mapping[str, str],
    title: str,
) -> dict[str, "Rounds"]:
    """Simulate feedback on some features."""
    from aehash.feedback import METHODS, simulate

    asked, held, labels = _asked(nets), nets.labels("train"), nets.labels("test")
    nets.order.say(f"feedback on {title}: {len(methods)} methods, {len(asked):,} queries")
    simulation = simulate(
        database,
        queries[asked],
        lambda query: held == labels[asked[query]],
        rounds=nets.size.rounds,
        marks=nets.size.marks,
        methods={name: METHODS[method] for name, method in methods.items()},
    )
    return dict(simulation.values)


def _rows(nets: Nets, rounds: Mapping[str, Sequence["Rounds"]]) -> list[dict[str, Any]]:
    """Average over queries and seeds: a row for each method and round."""
    database = nets.labels("train")
    relevant = relevant_rows(database, nets.labels("test")[_asked(nets)])
    rows = []
    for name, seeds in rounds.items():
        for number in range(len(seeds[0].map)):
            left = len(database) - number * nets.size.marks
            random = [chance(max(left, 0), relevant - each.found[number]) for each in seeds]
            for values, each in zip(random, seeds, strict=True):
                values[~np.isfinite(each.residual_map[number])] = np.nan
            row: dict[str, Any] = {"method": name, "round": number}
            for measure in _MEASURES:
                row[measure] = summary([getattr(each, measure)[number] for each in seeds])
            row["map_chance"] = round(float(chance(len(database), relevant).mean()), 6)
            row["residual_chance"] = summary(random)["mean"]
            row["found"] = round(float(np.mean([each.found[number].mean() for each in seeds])), 3)
            rows.append(row)
    return rows


def _draw(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    from aehash.plots.feedback import Line, by_round

    panels: dict[str, dict[str, Line]] = {}
    levels: dict[str, list[float | None]] = {}
    for title, measure, before in (
        ("whole list", "map", ""),
        ("without the marked images (dashed: before)", "residual_map", "residual_before"),
    ):
        panels[title] = {}
        first = [row for row in rows if row["method"] == rows[0]["method"]]
        levels[title] = [row["residual_chance" if before else "map_chance"] for row in first]
        for name in dict.fromkeys(row["method"] for row in rows):
            mine = [row for row in rows if row["method"] == name]
            ends = [row[measure]["ci95"] or (None, None) for row in mine]
            panels[title][name] = Line(
                [row[measure]["mean"] for row in mine],
                [low for low, _ in ends],
                [high for _, high in ends],
                [row[before]["mean"] for row in mine] if before else (),
            )
    by_round(path, panels, levels)
    return path


def _pretrained(nets: Nets, order: Order) -> dict[str, list["Rounds"]]:
    """Simulate feedback on the features of a pretrained encoder."""
    import keras

    from aehash.models.blocks import image_input
    from aehash.models.encoders import encode

    inputs = image_input(_SIDE, 3)
    maps = encode(inputs, _ENCODER, order.weights)
    net = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(maps))
    found = []
    for split in ("train", "test"):
        rows = nets.search.rows(split)
        order.say(f"features of {_ENCODER}: {len(rows):,} images of {split}")
        parts = [
            np.asarray(net.predict_on_batch(nets.search.read_many(rows[start:end], _SIDE, 3)))
            for start, end in ((at, at + _BATCH) for at in range(0, len(rows), _BATCH))
        ]
        found.append(np.concatenate(parts).astype(np.float32))
    values = _simulated(nets, found[0], found[1], PRETRAINED, _ENCODER)
    return {name: [each] for name, each in values.items()}


STUDY = Study(
    about="air2023, Figure 4: mAP by round of relevance feedback, with the controls it lacks.",
    cost=(
        "Some minutes on two cores after air2023_figure3 in the same folder, whose nets it takes; "
        "an accelerator with --full."
    ),
    group="air2023",
    run=run,
)
