"""Evaluations as a table for the terminal, Markdown, CSV or JSON.

Every table names its conventions, shows the chance line and a 95 % interval beside each number,
and the figures that tell whether the codes have collapsed.
"""

import csv
import io
import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aehash.errors import UsageError, nearest
from aehash.metrics.average_precision import PER, Per
from aehash.metrics.code_statistics import CodeStatistics, collapse_warning
from aehash.metrics.evaluation import EMPTY, Evaluation

Format = Literal["table", "md", "csv", "json"]

_WIDTH = 100

_DIVISORS: dict[Per, str] = {
    "min_k": "min(k, R)",
    "hits": "the hits found",
    "relevant": "R",
}
_TIES = {
    "expected": "the mean over all orders of tied items",
    "database": "tied items in database order",
    "optimistic": "relevant items first among tied ones",
    "pessimistic": "relevant items last among tied ones",
}
_RELEVANCE = {
    "any": "an item is relevant if it shares a label with the query",
    "all": "an item is relevant if it holds all the query's labels",
    "exact": "an item is relevant if its labels are the query's",
}


@dataclass(frozen=True)
class Section:
    """A part of a report.

    Attributes:
        title: What its numbers are.
        columns: Column heads.
        rows: A label and one cell per column.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]


def titled(*evaluations: Evaluation) -> dict[str, Evaluation]:
    """Name evaluations after their rankings.

    Args:
        *evaluations: The asked one first.

    Returns:
        By title.
    """
    return {evaluation.title: evaluation for evaluation in evaluations}


def render(evaluations: Mapping[str, Evaluation], form: Format = "table") -> str:
    """Write evaluations out.

    Args:
        evaluations: By the name to show, the asked one first; at least one.
        form: ``table``, ``md``, ``csv`` or ``json``.

    Returns:
        Text that ends in a line break.

    Raises:
        UsageError: There is no such form, or nothing to write.
    """
    writers: dict[str, Callable[[Mapping[str, Evaluation]], str]] = {
        "table": _as_table,
        "md": _as_markdown,
        "csv": _as_csv,
        "json": _as_json,
    }
    if form not in writers:
        raise UsageError(f"There is no format {form!r}.{nearest(form, writers)}")
    if not evaluations:
        raise UsageError("There is no evaluation to report.")
    return writers[form](evaluations)


def warnings(evaluations: Mapping[str, Evaluation]) -> list[str]:
    """Collect the collapse warnings.

    Args:
        evaluations: By name.

    Returns:
        One sentence for each different one.
    """
    found = [collapse_warning(evaluation.codes) for evaluation in evaluations.values()]
    return list(dict.fromkeys(text for text in found if text))


def notes(evaluations: Mapping[str, Evaluation]) -> list[str]:
    """Collect what a reader must know, such as a cut k.

    Args:
        evaluations: By name.

    Returns:
        One sentence for each different one.
    """
    return list(dict.fromkeys(note for each in evaluations.values() for note in each.notes))


def to_json(evaluations: Mapping[str, Evaluation]) -> dict[str, Any]:
    """Give evaluations as JSON can hold them.

    Args:
        evaluations: By name, the asked one first.

    Returns:
        protocol, n_queries, n_database, bits, metrics, chance, ci95 and codes of the asked one;
        any others under ``also``, by name.
    """
    (_, first), *others = evaluations.items()
    result = _one(first)
    if others:
        result["also"] = {name: _one(evaluation) for name, evaluation in others}
    return result


def _one(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "protocol": dict(evaluation.protocol),
        "n_queries": evaluation.n_queries,
        "n_database": evaluation.n_database,
        "bits": evaluation.bits,
        "metrics": dict(evaluation.metrics),
        "chance": dict(evaluation.chance),
        "ci95": {name: list(interval) for name, interval in evaluation.ci95.items()},
        "codes": evaluation.codes.as_dict(),
    }


def _as_json(evaluations: Mapping[str, Evaluation]) -> str:
    return json.dumps(to_json(evaluations), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _as_csv(evaluations: Mapping[str, Evaluation]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["ranking", "metric", "value", "chance", "ci95_low", "ci95_high"])
    for name, each in evaluations.items():
        for metric, value in each.metrics.items():
            writer.writerow([name, metric, value, each.chance[metric], *each.ci95[metric]])
        for figure, count in each.codes.as_dict().items():
            writer.writerow([name, f"codes/{figure}", count, "", "", ""])
    return text.getvalue()


def _as_table(evaluations: Mapping[str, Evaluation]) -> str:
    parts = [_wrapped(f"WARNING: {text}") for text in warnings(evaluations)]
    parts.append("\n".join(map(_wrapped, _facts(evaluations))))
    parts += [_aligned(section) for section in sections(evaluations, divisors=1)]
    parts.append("\n".join(map(_wrapped, _footer(evaluations))))
    return "\n\n".join(parts) + "\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _as_markdown(evaluations: Mapping[str, Evaluation]) -> str:
    parts = [f"> **Warning.** {text}" for text in warnings(evaluations)]
    parts.append("  \n".join(_facts(evaluations)))
    parts += [_markdown(section) for section in sections(evaluations)]
    parts.append("\n".join(f"- {line}" for line in _footer(evaluations)))
    return "\n\n".join(parts) + "\n"


def sections(evaluations: Mapping[str, Evaluation], divisors: int = len(PER)) -> list[Section]:
    """Lay evaluations out, the asked divisor first.

    Args:
        evaluations: By name, the asked one first.
        divisors: How many of AP's divisors to show; a terminal gets the asked one.

    Returns:
        MAP@k by divisor, precision and recall at k, and what is inside the radius.
    """
    first = next(iter(evaluations.values()))
    asked: Per = first.conventions.per
    ks = first.conventions.ks
    families = [
        (f"MAP@k, AP divided by {_DIVISORS[per]}", [f"map@{k}/{per}" for k in ks])
        for per in sorted(PER, key=lambda per: per != asked)[:divisors]
    ]
    families += [
        ("Precision at k", [f"precision@{k}" for k in ks]),
        ("Recall at k", [f"recall@{k}" for k in ks]),
        ("Inside the radius", ["precision@radius", "recall@radius"]),
    ]
    laid = [_section(title, columns, evaluations) for title, columns in families]
    return [section for section in laid if section.rows]


def _section(title: str, columns: Sequence[str], evaluations: Mapping[str, Evaluation]) -> Section:
    rows: list[tuple[str, Sequence[str]]] = []
    for ranking, each in evaluations.items():
        if not any(metric in each.metrics for metric in columns):
            continue
        for label, shown in _SHOWN:
            cells = [shown(each, name) if name in each.metrics else "-" for name in columns]
            rows.append((label or ranking, cells))
    return Section(title, columns, rows)


def _value(evaluation: Evaluation, metric: str) -> str:
    return f"{evaluation.metrics[metric]:.4f}"


def _interval(evaluation: Evaluation, metric: str) -> str:
    low, high = evaluation.ci95[metric]
    return f"{low:.4f}-{high:.4f}"


def _chance(evaluation: Evaluation, metric: str) -> str:
    return f"{evaluation.chance[metric]:.4f}"


_SHOWN = (("", _value), ("  95 % interval", _interval), ("  chance", _chance))


def _facts(evaluations: Mapping[str, Evaluation]) -> list[str]:
    first = next(iter(evaluations.values()))
    protocol = first.protocol
    return [
        f"{first.n_queries:,} queries ({_data(protocol['queries'])}), "
        f"{first.n_database:,} database items ({_data(protocol['database'])}), "
        f"{first.bits} bits; self-match: {protocol['self_match']}.",
        f"Conventions: per={protocol['per']} (AP divided by {_DIVISORS[protocol['per']]}; "
        f"R: relevant items in the database), ties={protocol['ties']} "
        f"({_TIES[protocol['ties']]}), relevance={protocol['relevance']} "
        f"({_RELEVANCE[protocol['relevance']]}).",
    ]


def _data(data: Mapping[str, str | None]) -> str:
    return " ".join(part for part in (data["source"], data["split"]) if part) or "unnamed"


def _footer(evaluations: Mapping[str, Evaluation]) -> list[str]:
    lines = [
        f"Empty queries ({name}): {each.metrics[EMPTY]} of {each.n_queries} found nothing "
        "inside the radius and count as 0."
        for name, each in evaluations.items()
        if each.conventions.radius is not None
    ]
    figures: dict[CodeStatistics, str] = {}
    for name, each in evaluations.items():
        figures.setdefault(each.codes, name)
    for codes, name in figures.items():
        whose = f" ({name})" if len(figures) > 1 else ""
        lines.append(
            f"Codes{whose}: {codes.distinct:,} distinct among {codes.n:,}, "
            f"{codes.constant_bits} of {codes.bits} bits constant, "
            f"mean bit entropy {codes.mean_bit_entropy:.3f} of 1."
        )
    return lines + [f"Note: {note}" for note in notes(evaluations)]


def _widths(section: Section) -> list[int]:
    table = [section.columns, *(cells for _, cells in section.rows)]
    return [max(map(len, column)) for column in zip(*table, strict=True)]


def _aligned(section: Section) -> str:
    widths = _widths(section)
    label = max(len(section.title), *(len(name) for name, _ in section.rows))
    table = [(section.title, section.columns), *section.rows]
    return "\n".join(
        "  ".join([name.ljust(label), *map(str.rjust, cells, widths)]).rstrip()
        for name, cells in table
    )


def _markdown(section: Section) -> str:
    lines = [
        _markdown_row(section.title, section.columns),
        "|---|" + "---:|" * len(section.columns),
        *(_markdown_row(name.strip(), cells) for name, cells in section.rows),
    ]
    return "\n".join(lines)


def _markdown_row(name: str, cells: Sequence[str]) -> str:
    return "| " + " | ".join([name, *cells]).replace("\n", " ") + " |"
