"""Rows of the medical studies' tables: means over seeds, and how they are laid out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from aehash.experiments.sureshkumar2024_nets import Judged, Nets
from aehash.experiments.sureshkumar2024_sizes import CUTS
from aehash.experiments.sureshkumar2024_systems import System

#: What the paper's tables call accuracy, precision and recall, by this project's names.
MEASURES = ("accuracy@{}/majority", "precision@{}", "recall@{}")
_BOUND = "recall_bound@{}"


def row(system: System, found: Sequence[Judged]) -> dict[str, Any]:
    """Average a system over its seeds.

    Args:
        system: Which.
        found: Its nets, one a seed.

    Returns:
        Means and standard deviations (n - 1; 0 of a single seed) by measure, over all queries and
        over the classes; and the classes' rows and confusion of the first seed.
    """
    first = found[0].facts
    return {
        "system": system.name,
        "title": system.title,
        "metric": system.metric,
        "seeds": len(found),
        "micro": _over_seeds([each.facts["micro"]["metrics"] for each in found]),
        "macro": _over_seeds([each.facts["macro"]["metrics"] for each in found]),
        "map": _spread([each.facts["map"] for each in found]),
        "ci95_first_seed": first["ci95"],
        "classes_first_seed": first["classes"],
        "confusion_first_seed": first[f"confusion@{CUTS[0]}"],
        "constant_bits": [each.facts["constant_bits"] for each in found],
        "distinct_codes": [each.facts["distinct_codes"] for each in found],
        **{name: first[name] for name in ("parameters", "passes", "explained") if name in first},
        "seconds": [each.facts["seconds"] for each in found],
    }


def result(nets: Nets, found: Sequence[Judged]) -> dict[str, Any]:
    """Put together what a table says.

    Args:
        nets: The folder of the nets.
        found: What came of them.

    Returns:
        What they were made from and how, a row for each system, and chance.
    """
    return {
        **nets.facts(),
        "seconds": round(sum(each.facts["seconds"] for each in found), 1),
        "rows": _rows(found),
        "chance": chance(found[0]),
    }


def chance(found: Judged) -> dict[str, Any]:
    """Give the row of a random ranking, which is the same for every system.

    Args:
        found: Any net.

    Returns:
        Its figures, without a spread.
    """
    facts = found.facts
    return {
        "title": "chance",
        "micro": _over_seeds([facts["micro"]["chance"]]),
        "macro": _over_seeds([facts["macro"]["chance"]]),
        "map": _spread([facts["map_chance"]]),
    }


def by_cut(result: dict[str, Any], paper: Mapping[int, Sequence[float]]) -> str:
    """Lay out every cut: accuracy, precision and recall with its bound.

    Args:
        result: With ``rows`` and ``chance``.
        paper: What the paper prints by cut, in the order of :data:`MEASURES`.

    Returns:
        Markdown, a row for each system and measure.
    """
    heads = " | ".join(str(k) for k in CUTS)
    lines = [f"| | measure | {heads} |", "|---|---|" + "---:|" * len(CUTS)]
    for each in [*result["rows"], result["chance"]]:
        for name in MEASURES:
            cells = [_cell(each["micro"][name.format(k)]) for k in CUTS]
            lines.append(f"| {each['title']} | {name.format('n')} | {' | '.join(cells)} |")
    for place, name in enumerate(("accuracy", "precision", "recall")):
        cells = [f"{paper[k][place]:.4f}" for k in CUTS]
        lines.append(f"| *the paper, on its own images* | {name} | {' | '.join(cells)} |")
    bound = [_cell(result["rows"][0]["micro"][_BOUND.format(k)]) for k in CUTS]
    lines.append(f"| *largest recall there can be* | {_BOUND.format('n')} | {' | '.join(bound)} |")
    return "\n".join(lines) + "\n"


def by_system(result: dict[str, Any]) -> str:
    """Lay out the systems at the first cut, over queries and over classes, with the whole ranking.

    Args:
        result: With ``rows`` and ``chance``.

    Returns:
        Markdown, a row for each system.
    """
    k = CUTS[0]
    names = [name.format(k) for name in MEASURES[:2]]
    heads = [*names, *[f"{name}, mean of classes" for name in names], "map@all/relevant"]
    lines = [f"| | seeds | {' | '.join(heads)} |", "|---|---:|" + "---:|" * len(heads)]
    for each in [*result["rows"], result["chance"]]:
        values = [each[over][name] for over in ("micro", "macro") for name in names]
        cells = " | ".join(_cell(value) for value in [*values, each["map"]])
        lines.append(f"| {each['title']} | {each.get('seeds', '')} | {cells} |")
    return "\n".join(lines) + "\n"


def by_class(result: dict[str, Any]) -> str:
    """Lay out the classes of the first system at the first cut, for its first seed.

    Args:
        result: With ``rows``.

    Returns:
        Markdown, a row for each class.
    """
    k = CUTS[0]
    names = [*(name.format(k) for name in MEASURES), _BOUND.format(k)]
    heads = ["queries", "database", *names, f"precision@{k} by chance"]
    lines = [f"| class | {' | '.join(heads)} |", "|---|" + "---:|" * len(heads)]
    for each in result["rows"][0]["classes_first_seed"]:
        values = [each["metrics"][name] for name in names] + [each["chance"][f"precision@{k}"]]
        cells = " | ".join("–" if value is None else f"{value:.4f}" for value in values)
        lines.append(f"| {each['class']} | {each['queries']:,} | {each['database']:,} | {cells} |")
    return "\n".join(lines) + "\n"


def over_cuts(each: dict[str, Any], measure: str) -> float:
    """Average a measure over the cuts, as the paper's Table II does.

    Args:
        each: A row.
        measure: One of :data:`MEASURES`.

    Returns:
        The mean.
    """
    return float(np.mean([each["micro"][measure.format(k)]["mean"] for k in CUTS]))


def _rows(found: Iterable[Judged]) -> list[dict[str, Any]]:
    """Average each system over its seeds, in the order in which their first nets come."""
    seeds: dict[str, list[Judged]] = {}
    for each in found:
        seeds.setdefault(each.net.system.name, []).append(each)
    return [row(nets[0].net.system, nets) for nets in seeds.values()]


def _over_seeds(values: Sequence[dict[str, float]]) -> dict[str, dict[str, float]]:
    return {name: _spread([each[name] for each in values]) for name in values[0]}


def _spread(values: Sequence[float]) -> dict[str, float]:
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return {"mean": round(float(np.mean(values)), 6), "sd": round(spread, 6)}


def _cell(value: dict[str, float]) -> str:
    return f"{value['mean']:.4f}" + (f" ± {value['sd']:.4f}" if value["sd"] else "")
