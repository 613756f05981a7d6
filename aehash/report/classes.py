"""Rows by class: sections of a report, and the same as cells of a CSV."""

import math
from collections.abc import Iterator, Mapping

import numpy as np

from aehash.metrics.average_precision import Depth
from aehash.metrics.class_table import ByClass, metrics_of
from aehash.metrics.evaluation import Evaluation
from aehash.report.layout import Section

_COLUMNS = (
    "queries",
    "database",
    "precision",
    "chance",
    "recall",
    "bound",
    "accuracy",
    "chance",
)


def class_sections(evaluations: Mapping[str, Evaluation], most: int | None = None) -> list[Section]:
    """Lay the asked ranking out by class, a section for each cut.

    Args:
        evaluations: By name, the asked one first.
        most: Rows to show, unless the first cut alone has more; by default all.

    Returns:
        A row for each class and for the macro and the micro mean; none where classes were not
        judged.
    """
    name, first = next(iter(evaluations.items()))
    table = first.by_class
    if table is None:
        return []
    cuts = len(table.ks) if most is None else max(1, most // (len(table.names) + 2))
    return [_section(name, table, k) for k in table.ks[:cuts]]


def _section(name: str, table: ByClass, k: Depth) -> Section:
    rows = [(label, _cells(k, *_of_class(table, place))) for place, label in enumerate(table.names)]
    rows += [
        ("macro mean (over classes)", _cells(k, ("", ""), table.macro, table.macro_chance)),
        ("micro mean (over queries)", _cells(k, _totals(table), table.micro, table.micro_chance)),
    ]
    return Section(f"{name}: by class, first {k}", _COLUMNS, rows)


_Row = tuple[tuple[str, str], dict[str, float], dict[str, float]]


def _of_class(table: ByClass, place: int) -> _Row:
    counts = f"{table.queries[place]:,}", f"{table.database[place]:,}"
    found = {name: float(values[place]) for name, values in table.metrics.items()}
    return counts, found, {name: float(values[place]) for name, values in table.chance.items()}


def _totals(table: ByClass) -> tuple[str, str]:
    queries, items = table.unlabelled
    return f"{table.queries.sum() + queries:,}", f"{table.database.sum() + items:,}"


def _cells(
    k: Depth, counts: tuple[str, str], found: Mapping[str, float], chance: Mapping[str, float]
) -> list[str]:
    precision, recall, bound, right = metrics_of(k)
    values = (
        found[precision],
        chance[precision],
        found[recall],
        found[bound],
        found[right],
        chance[right],
    )
    return [*counts, *("-" if math.isnan(value) else f"{value:.4f}" for value in values)]


def class_cells(table: ByClass) -> Iterator[tuple[str, tuple[float, float | str]]]:
    """Give every number by a name of its own.

    Args:
        table: By class.

    Yields:
        Name, and value and chance, empty where there is none: ``class/NAME/precision@20``,
        ``macro/precision@20``, and the cells of the confusion matrices that are not 0 as
        ``confusion@20/CLASS/MAJORITY``. Micro means are the evaluation's own numbers.
    """
    for place, name in enumerate(table.names):
        yield f"class/{name}/queries", (int(table.queries[place]), "")
        yield f"class/{name}/database", (int(table.database[place]), "")
        _, found, chance = _of_class(table, place)
        for metric, value in found.items():
            if not math.isnan(value):
                yield f"class/{name}/{metric}", (value, chance[metric])
    for metric, mean in table.macro.items():
        yield f"macro/{metric}", (mean, table.macro_chance[metric])
    for k, counts in zip(table.ks, table.confusion, strict=True):
        for row, column in np.argwhere(counts > 0).tolist():
            cell = f"confusion@{k}/{table.names[row]}/{table.names[column]}"
            yield cell, (float(counts[row, column]), "")
