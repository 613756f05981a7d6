"""Evaluations as a table for the terminal, Markdown, CSV or JSON.

Every table names its conventions, shows the chance line and a 95 % interval beside each number,
and the figures that tell whether the codes have collapsed.
"""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any, Literal

from aehash.errors import UsageError
from aehash.metrics.code_statistics import collapse_warning
from aehash.metrics.evaluation import Evaluation
from aehash.metrics.sameness import mixture_warnings
from aehash.report.classes import class_cells, class_sections
from aehash.report.layout import aligned, markdown, wrapped, writer_of
from aehash.report.sections import facts, footer, notes, sections

__all__ = ["Format", "notes", "render", "titled", "to_json", "warnings"]

_CONVENTIONS = ("ties", "relevance", "self_match")
"""What a CSV names in every row, since neither the ranking nor the metric does."""
_ROWS = 60
"""Rows by class that a terminal gets, unless one cut has more."""
Format = Literal["table", "md", "csv", "json"]


def titled(*evaluations: Evaluation) -> dict[str, Evaluation]:
    """Name evaluations after their rankings.

    Args:
        *evaluations: The asked one first.

    Returns:
        By title; a title that comes again is numbered.
    """
    found: dict[str, Evaluation] = {}
    for evaluation in evaluations:
        count = sum(other.title == evaluation.title for other in found.values())
        found[evaluation.title + (f" ({count + 1})" if count else "")] = evaluation
    return found


def render(evaluations: Mapping[str, Evaluation], form: Format = "table") -> str:
    """Write evaluations out.

    Args:
        evaluations: By the name to show, the asked one first; at least one.
        form: ``table``, ``md``, ``csv`` or ``json``.

    Returns:
        Text that ends in a line break.

    Raises:
        UsageError: There is no such form, nothing to write, or not evaluations by name.
    """
    write = writer_of(form, table=_as_table, md=_as_markdown, csv=_as_csv, json=_as_json)
    if not evaluations:
        raise UsageError("There is no evaluation to report.")
    if not isinstance(evaluations, Mapping):
        raise UsageError(
            f"Evaluations are reported by name, and {type(evaluations).__name__} has no names: "
            "pass titled(evaluation)."
        )
    return write(evaluations)


def warnings(evaluations: Mapping[str, Evaluation]) -> list[str]:
    """Collect what forbids to take the numbers at their word.

    Args:
        evaluations: By name, the asked one first.

    Returns:
        That codes have collapsed, and that not all was judged alike: one sentence for each.
    """
    collapsed = [collapse_warning(evaluation.codes) for evaluation in evaluations.values()]
    found = [*collapsed, *mixture_warnings(evaluations)]
    return list(dict.fromkeys(text for text in found if text))


def to_json(evaluations: Mapping[str, Evaluation]) -> dict[str, Any]:
    """Give evaluations as JSON can hold them.

    Args:
        evaluations: By name, the asked one first.

    Returns:
        protocol, n_queries, n_database, bits, metrics, chance, ci95 and codes of the asked one,
        and by_class where classes were judged; any others under ``also``, by name.
    """
    (_, first), *others = evaluations.items()
    result = _one(first)
    if others:
        result["also"] = {name: _one(evaluation) for name, evaluation in others}
    return result


def _one(evaluation: Evaluation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "protocol": dict(evaluation.protocol),
        "n_queries": evaluation.n_queries,
        "n_database": evaluation.n_database,
        "bits": evaluation.bits,
        "metrics": dict(evaluation.metrics),
        "chance": dict(evaluation.chance),
        "ci95": {name: list(interval) for name, interval in evaluation.ci95.items()},
        "codes": evaluation.codes.as_dict(),
    }
    if evaluation.by_class is not None:
        found["by_class"] = evaluation.by_class.as_dict()
    return found


def _as_json(evaluations: Mapping[str, Evaluation]) -> str:
    return json.dumps(to_json(evaluations), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _as_csv(evaluations: Mapping[str, Evaluation]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = ["ranking", "metric", "value", "chance", "ci95_low", "ci95_high"]
    writer.writerow([*columns, *_CONVENTIONS])
    for name, each in evaluations.items():
        how = [each.protocol[convention] for convention in _CONVENTIONS]
        for metric, value in each.metrics.items():
            writer.writerow([name, metric, value, each.chance[metric], *each.ci95[metric], *how])
        for figure, count in each.codes.as_dict().items():
            writer.writerow([name, f"codes/{figure}", count, "", "", "", *how])
        if each.by_class is not None:
            for cell, (number, chance) in class_cells(each.by_class):
                writer.writerow([name, cell, number, chance, "", "", *how])
    return text.getvalue()


def _as_table(evaluations: Mapping[str, Evaluation]) -> str:
    parts = [wrapped(f"WARNING: {text}") for text in warnings(evaluations)]
    parts.append("\n".join(map(wrapped, facts(evaluations))))
    parts += [aligned(section) for section in sections(evaluations, divisors=1)]
    parts += [aligned(section) for section in class_sections(evaluations, most=_ROWS)]
    parts.append("\n".join(map(wrapped, footer(evaluations))))
    return "\n\n".join(parts) + "\n"


def _as_markdown(evaluations: Mapping[str, Evaluation]) -> str:
    parts = [f"> **Warning.** {text}" for text in warnings(evaluations)]
    parts.append("  \n".join(facts(evaluations)))
    parts += [markdown(section) for section in sections(evaluations)]
    parts += [markdown(section) for section in class_sections(evaluations)]
    parts.append("\n".join(f"- {line}" for line in footer(evaluations)))
    return "\n\n".join(parts) + "\n"
