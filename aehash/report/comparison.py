"""A comparison of two evaluations as a table for the terminal, Markdown, CSV or JSON."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from aehash.metrics.comparison import Comparison, Difference
from aehash.report.evaluations import Format
from aehash.report.layout import Section, aligned, markdown, wrapped, writer_of

_COLUMNS = ("A", "B", "B - A", "95 % interval", "better", "worse", "equal")


def render_comparison(
    comparison: Comparison, form: Format = "table", *, names: Sequence[str] = ("A", "B")
) -> str:
    """Write a comparison out.

    Args:
        comparison: What was found.
        form: ``table``, ``md``, ``csv`` or ``json``.
        names: What A and B are.

    Returns:
        Text that ends in a line break.

    Raises:
        UsageError: There is no such form.
    """
    write = writer_of(form, table=_as_table, md=_as_markdown, csv=_as_csv, json=_as_json)
    return write(comparison, names)


def _as_table(comparison: Comparison, names: Sequence[str]) -> str:
    parts = [wrapped(f"WARNING: {text}") for text in comparison.warnings]
    parts.append("\n".join(wrapped(line) for line in _sides(names)))
    parts.append(aligned(_section(comparison)))
    parts.append("\n".join(wrapped(each.verdict()) for each in comparison.differences))
    return "\n\n".join(parts) + "\n"


def _as_markdown(comparison: Comparison, names: Sequence[str]) -> str:
    parts = [f"> **Warning.** {text}" for text in comparison.warnings]
    parts.append("  \n".join(_sides(names)))
    parts.append(markdown(_section(comparison)))
    parts.append("\n".join(f"- {each.verdict()}" for each in comparison.differences))
    return "\n\n".join(parts) + "\n"


def _sides(names: Sequence[str]) -> list[str]:
    return [f"{letter}: {name}" for letter, name in zip("AB", names, strict=True) if letter != name]


def _section(comparison: Comparison) -> Section:
    rows = [(each.metric, _cells(each)) for each in comparison.differences]
    queries = "query" if comparison.n_queries == 1 else "queries"
    return Section(f"{comparison.n_queries:,} {queries}", _COLUMNS, rows)


def _cells(each: Difference) -> list[str]:
    digits = each.digits
    return [
        f"{each.a:.{digits}f}",
        f"{each.b:.{digits}f}",
        f"{each.mean:+.{digits}f}",
        f"[{each.low:+.{digits}f}, {each.high:+.{digits}f}]",
        *(f"{100 * share:.1f} %" for share in (each.better, each.worse, each.equal)),
    ]


def _plain(each: Difference) -> dict[str, Any]:
    return {
        "metric": each.metric,
        "a": each.a,
        "b": each.b,
        "difference": each.mean,
        "ci95": [each.low, each.high],
        "better": each.better,
        "worse": each.worse,
        "equal": each.equal,
        "verdict": each.verdict(),
    }


def _as_json(comparison: Comparison, names: Sequence[str]) -> str:
    value = {
        "a": names[0],
        "b": names[1],
        "n_queries": comparison.n_queries,
        "warnings": list(comparison.warnings),
        "differences": [_plain(each) for each in comparison.differences],
    }
    return json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _as_csv(comparison: Comparison, names: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = ["metric", "a", "b", "difference", "ci95_low", "ci95_high"]
    shares = ["better", "worse", "equal"]
    writer.writerow(columns + shares)
    for each in comparison.differences:
        plain = _plain(each)
        row = [plain[name] for name in columns[:4]]
        writer.writerow([*row, *plain["ci95"], *(plain[name] for name in shares)])
    return text.getvalue()
