"""How sureshkumar2024's tables and figures are measured: by the studies of the same name."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from aehash.experiments import (
    sureshkumar2024_figures,
    sureshkumar2024_table1,
    sureshkumar2024_table2,
)
from aehash.experiments.reproduce.data import Choice, choose
from aehash.experiments.reproduce.entry import Job, SizeOf
from aehash.experiments.reproduce.findings import OURS, Cell, Claim, Findings, Interval, Measured
from aehash.experiments.reproduce.paper_sureshkumar2024 import MEASURES
from aehash.experiments.reproduce.picture import draw_lines
from aehash.experiments.sureshkumar2024_nets import Nets
from aehash.experiments.sureshkumar2024_rows import MEASURES as NAMES
from aehash.experiments.sureshkumar2024_rows import over_cuts
from aehash.experiments.sureshkumar2024_sizes import CUTS, SIZES, Size
from aehash.experiments.sureshkumar2024_systems import AUTOENCODER
from aehash.files import read_json

_SIZES: dict[SizeOf, Size] = {
    "fast": Size(seen=3_700, seeds=1, side=32),
    "reduced": SIZES["reduced"],
    "full": SIZES["full"],
}
_MEANT = "the paper's images, which are not published"
_UNDEFINED = {
    "accuracy": "the paper does not define its accuracy",
    "recall": "the paper's recall cannot be that of its equation",
}
_SHOWN = 5


def table1(job: Job) -> Findings:
    """Measure Table I: accuracy, precision and recall at five cuts."""
    choice = _choice(job)
    path, *_ = sureshkumar2024_table1.run(job.order(choice.spec, job.weights), _SIZES[job.size])
    return _by_cut(read_json(path), choice)


def table2(job: Job) -> Findings:
    """Measure Table II: the same autoencoder behind other encoders."""
    choice = _choice(job)
    path, *_ = sureshkumar2024_table2.run(job.order(choice.spec, job.weights), _SIZES[job.size])
    result = read_json(path)
    chance = result["chance"]
    cells = {}
    for row in result["rows"]:
        for column, name in zip(MEASURES, NAMES, strict=True):
            means = [row["micro"][name.format(k)] for k in CUTS]
            found = Measured(
                over_cuts(row, name),
                float(np.mean([each["sd"] for each in means])) if row["seeds"] > 1 else None,
                row["seeds"],
            )
            cells[OURS, row["title"], column] = Cell(
                found, over_cuts(chance, name), obstacle=_obstacle(choice, column)
            )
    return Findings(
        cells,
        facts=_facts(result),
        differences=[
            *_differences(result),
            "all encoders are trained without labels, in front of the same 48 numbers",
        ],
    )


def figure7(job: Job) -> Findings:
    """Measure Figure 7: loss by pass."""
    result, pictures, choice = _curves(job)
    obstacle = choice.obstacle(_MEANT)
    cells = {
        (OURS, part, "last pass"): Cell(_last(rows), obstacle=obstacle, lower=True)
        for part, rows in result["loss"].items()
        if rows
    }
    last = [rows[-1] for part in result["loss"].values() for rows in part]
    kept, passes = result["kept"], len(result["loss"]["training"][0])
    claims = {
        "loss falls to epoch 35": Claim(
            None if passes < 35 else all(each >= 30 for each in kept),
            f"the pass with the least validation loss is {_listed(kept)} of {passes}",
            obstacle,
        ),
        "loss below 0.2": Claim(max(last) < 0.2, f"at most {max(last):.4f}", obstacle),
    }
    return Findings(cells, claims, pictures[:1], _facts(result), _differences(result))


def figure8(job: Job) -> Findings:
    """Measure Figure 8: accuracy by pass."""
    result, pictures, choice = _curves(job)
    obstacle = choice.obstacle(_MEANT)
    cells = {
        (OURS, part, "last pass"): Cell(_last(rows), obstacle=_obstacle(choice, "accuracy"))
        for part, rows in result["accuracy"].items()
    }
    last = [rows[-1] for part in result["accuracy"].values() for rows in part if rows[-1]]
    passes = len(result["loss"]["training"][0])
    claims = {
        "accuracy above 0.94": Claim(min(last) > 0.94, f"at least {min(last):.4f}", obstacle),
        "steady after epoch 5": _steady(result["accuracy"]["training"], passes, obstacle),
    }
    return Findings(cells, claims, pictures[:1], _facts(result), _differences(result))


def figure9(job: Job) -> Findings:
    """Measure Figure 9: Table I as a chart."""
    choice = _choice(job)
    path, *_ = sureshkumar2024_table1.run(job.order(choice.spec, job.weights), _SIZES[job.size])
    result = read_json(path)
    found = _by_cut(result, choice)
    row = result["rows"][0]["micro"]
    means = {
        column: [row[name.format(k)]["mean"] for k in CUTS]
        for column, name in zip(MEASURES, NAMES, strict=True)
    }
    falls = [column for column, each in means.items() if np.all(np.diff(each) <= 0)]
    claim = Claim(
        len(falls) == len(means),
        f"never rising: {', '.join(falls) or 'none'}; recall by its definition cannot fall",
        choice.obstacle(_MEANT),
    )
    picture = job.out / "figure9.png"
    job.out.mkdir(parents=True, exist_ok=True)
    paper = zip(*sureshkumar2024_table1.PAPER.values(), strict=True)
    printed = dict(zip(MEASURES, map(list, paper), strict=True))
    draw_lines(picture, "images retrieved", CUTS, means, printed)
    return replace(found, claims={"falls with n": claim}, pictures=[picture])


def figure11(job: Job) -> Findings:
    """Measure Figure 11: queries and the first five retrieved."""
    from aehash.metrics.evaluation import evaluate

    _, pictures, choice = _curves(job)
    nets = Nets(job.order(choice.spec), _SIZES[job.size])
    values, chance = [], 0.0
    for net in nets.nets([AUTOENCODER], nets.size.seeds):
        books = nets.book(net, "train"), nets.book(net, "test")
        found = evaluate(*books, metric="euclidean", ks=(_SHOWN,))
        values.append(found.per_query[f"precision@{_SHOWN}"])
        chance = found.chance[f"precision@{_SHOWN}"]
    cell = Cell(Measured.of_queries(values), chance, obstacle=choice.obstacle(_MEANT))
    drawn = [path for path in pictures if path.name == "retrieval.png"]
    return Findings(
        {(OURS, "all queries", "precision@5"): cell},
        pictures=drawn,
        facts={**_plain(nets.facts()), "seeds": len(values)},
        differences=_differences(nets.facts()),
    )


def _choice(job: Job) -> Choice:
    return choose(job, "", ("modalities", "retinamnist", "digits"))


def _curves(job: Job) -> tuple[dict[str, Any], list[Path], Choice]:
    choice = _choice(job)
    path, *pictures = sureshkumar2024_figures.run(job.order(choice.spec), _SIZES[job.size])
    return read_json(path), pictures, choice


def _by_cut(result: dict[str, Any], choice: Choice) -> Findings:
    own, chance = result["rows"][0], result["chance"]["micro"]
    cells = {}
    for k in CUTS:
        for column, name in zip(MEASURES, NAMES, strict=True):
            found, metric = own["micro"][name.format(k)], name.format(k)
            cells[OURS, f"{k} retrieved", column] = Cell(
                Measured(
                    found["mean"],
                    found["sd"] if own["seeds"] > 1 else None,
                    own["seeds"],
                    _interval(own["ci95_first_seed"], metric),
                ),
                chance[metric]["mean"],
                obstacle=_obstacle(choice, column),
            )
    return Findings(cells, facts=_facts(result), differences=_differences(result))


def _interval(found: Mapping[str, Any], metric: str) -> Interval | None:
    if metric not in found:
        return None
    low, high = found[metric]
    return low, high


def _obstacle(choice: Choice, column: str) -> str:
    parts = (choice.obstacle(_MEANT), _UNDEFINED.get(column, ""))
    return "; ".join(part for part in parts if part)


def _last(rows: list[list[float]]) -> Measured:
    last = np.array([row[-1] for row in rows if row[-1] is not None], float)
    spread = float(last.std(ddof=1)) if len(last) > 1 else None
    return Measured(float(last.mean()), spread, len(last))


def _steady(rows: list[list[float | None]], passes: int, obstacle: str) -> Claim:
    if passes < 2 * _SHOWN:
        return Claim(None, f"{passes} passes are too few to see", obstacle)
    after = np.nanmean(np.array(rows, float), axis=0)[_SHOWN - 1 :]
    wide = float(after.max() - after.min())
    return Claim(wide < 0.02, f"from the fifth pass on it moves by {wide:.4f}", obstacle)


def _facts(result: Mapping[str, Any]) -> dict[str, Any]:
    seeds = result["rows"][0]["seeds"] if "rows" in result else len(result["kept"])
    return {**_plain(result), "seeds": seeds}


def _plain(result: Mapping[str, Any]) -> dict[str, Any]:
    images = result["images"]
    return {
        "data": result["data"],
        "queries": images["test"],
        "database": images["train"],
        "passes": result["training"]["epochs"],
    }


def _differences(result: Mapping[str, Any]) -> list[str]:
    size, epochs = result["image_size"], result["training"]["epochs"]
    return [
        f"{result['data']}, {sum(result['images'].values()):,} images at {size} pixels, in place "
        "of about 50,000 private ones",
        f"{epochs} passes; the paper has 50",
    ]


def _listed(values: Any) -> str:
    return ", ".join(map(str, values))
