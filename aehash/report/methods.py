"""A table of methods for the terminal, Markdown, CSV or JSON."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from aehash.metrics.method_table import Cell, Held, MethodRow, MethodTable
from aehash.metrics.sameness import data_name, written
from aehash.report.evaluations import Format
from aehash.report.layout import Section, aligned, markdown, wrapped, writer_of

_NONE = "–"
_CONVENTIONS = ("ties", "relevance", "self_match")


def render_methods(table: MethodTable, form: Format = "table") -> str:
    """Write a table of methods out.

    Args:
        table: What was found.
        form: ``table``, ``md``, ``csv`` or ``json``.

    Returns:
        Text that ends in a line break.

    Raises:
        UsageError: There is no such form.
    """
    write = writer_of(form, table=_as_table, md=_as_markdown, csv=_as_csv, json=_as_json)
    return write(table)


def conventions(table: MethodTable) -> list[str]:
    """Say what the numbers are, in sentences.

    Args:
        table: What was found.

    Returns:
        One sentence or several a line.
    """
    how = table.protocol
    conduct = ", ".join(f"{name} {written(how[name])}" for name in _CONVENTIONS)
    lines = [
        f"{table.n_queries:,} queries ({data_name(how, 'queries')}), {table.n_database:,} database "
        f"items ({data_name(how, 'database')}); {conduct}; codes by the Hamming distance.",
        "map@all/relevant: AP over the whole list, divided by the R relevant items. "
        "map@1000/min_k: AP over the first 1,000, divided by min(1000, R).",
    ]
    cell = "Cells: mean over queries"
    several = any(each.sd is not None for row in table.rows for each in row.cells.values())
    if several:
        cell += ", ± the standard deviation of the seeds' means (n - 1)"
    if table.n_classes is None:
        cell += "; no mean over classes, since queries do not have one label each"
    else:
        cell += f"; in brackets the mean over the {table.n_classes} classes of queries"
    cell += ". Constant bits and distinct codes: the worst of the seeds" if several else ""
    lines.append(f"{cell}.")
    if any(row.kind == "code" for row in table.rows):
        lines.append(
            "Classical codes learn on the database's features, without labels, by the runs' seeds."
        )
    if any(row.kind == "floats" for row in table.rows):
        lines.append(
            "Floats: the features themselves, by cosine after the database's mean is taken off: a "
            "reference and no upper bound, since a code can rank better than its features."
        )
    return lines


def _held_text(table: MethodTable) -> str:
    return (
        "Against the best baseline of the same bits (classical codes of pixels and of the same "
        "encoder's features; the best by its mean in this table, which favours the baseline), and "
        "against the best of pixels where that is another: "
        "paired bootstrap over queries, values averaged over seeds first, so that the interval "
        f"does not hold the seeds' spread. {len(table.held)} comparisons, each by itself."
    )


def _as_table(table: MethodTable) -> str:
    parts = [wrapped(f"WARNING: {text}") for text in table.warnings]
    parts.append("\n".join(map(wrapped, conventions(table))))
    parts += [aligned(section) for section in _sections(table)]
    if table.held:
        lines = [_held_text(table), *(f"  {each.verdict}" for each in table.held)]
        parts.append("\n".join(map(wrapped, lines)))
    parts.append("\n".join(map(wrapped, table.notes)))
    return "\n\n".join(part for part in parts if part) + "\n"


def _as_markdown(table: MethodTable) -> str:
    parts = [f"> **Warning.** {text}" for text in table.warnings]
    parts.append("  \n".join(conventions(table)))
    parts += [markdown(section) for section in _sections(table)]
    if table.held:
        parts += [_held_text(table), "\n".join(f"- {each.verdict}" for each in table.held)]
    parts.append("\n".join(f"- {note}" for note in table.notes))
    return "\n\n".join(part for part in parts if part) + "\n"


def _sections(table: MethodTable) -> list[Section]:
    columns = [f"{bits} bits" for bits in table.widths]
    found = [
        Section(
            metric,
            columns,
            [
                (row.name, [_cell(row.at(bits, metric)) for bits in table.widths])
                for row in table.rows
            ],
        )
        for metric in table.metrics
    ]
    coded = [row for row in table.rows if row.codes]
    title = f"constant bits, distinct codes of {table.n_database:,}"
    rows = [(row.name, [_figures(row, bits) for bits in table.widths]) for row in coded]
    return [*found, Section(title, columns, rows)] if coded else found


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return _NONE
    text = f"{cell.mean:.3f}" + ("" if cell.sd is None else f" ± {cell.sd:.3f}")
    return text if cell.by_class is None else f"{text} ({cell.by_class:.3f})"


def _figures(row: MethodRow, bits: int) -> str:
    found = row.codes.get(bits)
    return _NONE if found is None else f"{found.constant_bits}, {found.distinct:,}"


def _as_json(table: MethodTable) -> str:
    value = {
        "protocol": dict(table.protocol),
        "n_queries": table.n_queries,
        "n_database": table.n_database,
        "n_classes": table.n_classes,
        "metrics": list(table.metrics),
        "bits": list(table.widths),
        "conventions": conventions(table),
        "methods": [_plain_row(row) for row in table.rows],
        "against_baselines": [_plain_held(each) for each in table.held],
        "warnings": list(table.warnings),
        "notes": list(table.notes),
    }
    return json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _plain_row(row: MethodRow) -> dict[str, Any]:
    cells = [
        {"bits": bits, "metric": metric, **asdict(cell)}
        for (bits, metric), cell in row.cells.items()
    ]
    codes = [{"bits": bits, **asdict(each)} for bits, each in row.codes.items()]
    return {"name": row.name, "kind": row.kind, "of": row.of, "cells": cells, "codes": codes}


def _plain_held(each: Held) -> dict[str, Any]:
    found = each.difference
    return {
        "learned": each.learned,
        "bits": each.bits,
        "metric": found.metric,
        "baseline": each.baseline,
        "difference": found.mean,
        "ci95": [found.low, found.high],
        "verdict": each.verdict,
    }


def _as_csv(table: MethodTable) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = ["method", "kind", "of", "bits", "metric", "mean", "sd", "class_mean", "class_sd"]
    columns += ["ci95_low", "ci95_high", "seeds", "constant_bits", "distinct"]
    columns += ["baseline", "difference", "difference_low", "difference_high"]
    writer.writerow([*columns, *_CONVENTIONS])
    how = [table.protocol[name] for name in _CONVENTIONS]
    for row in table.rows:
        for (bits, metric), cell in row.cells.items():
            numbers = [cell.mean, cell.sd, cell.by_class, cell.by_class_sd, cell.low, cell.high]
            figures = None if bits is None else row.codes.get(bits)
            codes = [figures.constant_bits, figures.distinct] if figures else ["", ""]
            place = [row.name, row.kind, row.of, bits, metric]
            held = _of(table.held, row.name, bits, metric)
            writer.writerow([*map(_blank, [*place, *numbers, cell.seeds, *codes, *held]), *how])
    return text.getvalue()


def _of(held: Sequence[Held], name: str, bits: int | None, metric: str) -> list[Any]:
    for each in held:
        if (each.learned, each.bits, each.difference.metric) == (name, bits, metric):
            found = each.difference
            return [each.baseline, found.mean, found.low, found.high]
    return ["", "", "", ""]


def _blank(value: Any) -> Any:
    return "" if value is None else value
