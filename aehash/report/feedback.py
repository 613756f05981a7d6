"""Simulated feedback as a table for the terminal, Markdown, CSV or JSON."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from aehash.report.evaluations import Format
from aehash.report.layout import Section, aligned, markdown, wrapped, writer_of

#: By the name of a measure, its title above a table.
MEASURES = {
    "map": "map@all/relevant, the whole list",
    "residual_map": "residual map@all/relevant",
    "residual_before": "the first ranking's residual",
    "residual_gain": "residual gain",
}
_CHANCE = "  chance"


@dataclass(frozen=True)
class Number:
    """A mean over queries.

    Attributes:
        value: The mean.
        low: Of its 95 % interval.
        high: Of its 95 % interval.
        chance: The same of a random ranking, or None for a difference.
    """

    value: float
    low: float
    high: float
    chance: float | None = None


@dataclass(frozen=True)
class FeedbackRow:
    """One method after one round.

    Attributes:
        method: Its name.
        round: 0 is the first ranking.
        numbers: By the names of `MEASURES`; None where no query has a value.
        found: Images marked relevant so far, the mean over queries.
        residual_queries: Queries that still have an unmarked relevant image.
    """

    method: str
    round: int
    numbers: Mapping[str, Number | None]
    found: float
    residual_queries: int


@dataclass(frozen=True)
class FeedbackReport:
    """What simulated feedback gave.

    Attributes:
        facts: Sentences that say what was simulated, and how.
        protocol: The same as JSON can hold it.
        rows: By method, then by round.
        warnings: What forbids to take the numbers at their word.
        n_queries: Queries.
    """

    facts: Sequence[str]
    protocol: Mapping[str, Any]
    rows: Sequence[FeedbackRow]
    warnings: Sequence[str]
    n_queries: int

    @property
    def methods(self) -> dict[str, list[FeedbackRow]]:
        """The rows by method."""
        found: dict[str, list[FeedbackRow]] = {}
        for row in self.rows:
            found.setdefault(row.method, []).append(row)
        return found


def render_feedback(report: FeedbackReport, form: Format = "table") -> str:
    """Write simulated feedback out.

    Args:
        report: What it gave.
        form: ``table``, ``md``, ``csv`` or ``json``.

    Returns:
        Text that ends in a line break.

    Raises:
        UsageError: There is no such form.
    """
    write = writer_of(form, table=_as_table, md=_as_markdown, csv=_as_csv, json=_as_json)
    return write(report)


def feedback_json(report: FeedbackReport) -> dict[str, Any]:
    """Give simulated feedback as JSON can hold it.

    Args:
        report: What it gave.

    Returns:
        protocol, n_queries, warnings, and under rounds a value for each method and round.
    """
    return {
        "protocol": dict(report.protocol),
        "n_queries": report.n_queries,
        "warnings": list(report.warnings),
        "rounds": [_plain(row) for row in report.rows],
    }


def _plain(row: FeedbackRow) -> dict[str, Any]:
    numbers = {name: each and asdict(each) for name, each in row.numbers.items()}
    counts = {"found": row.found, "residual_queries": row.residual_queries}
    return {"method": row.method, "round": row.round, **counts, **numbers}


def _as_json(report: FeedbackReport) -> str:
    return json.dumps(feedback_json(report), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _as_csv(report: FeedbackReport) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = ["method", "round", "measure", "value", "ci95_low", "ci95_high", "chance", "queries"]
    writer.writerow([*columns, "found"])
    for row in report.rows:
        for name, each in row.numbers.items():
            if each is not None:
                chance = "" if each.chance is None else each.chance
                count = report.n_queries if name == "map" else row.residual_queries
                cells = [each.value, each.low, each.high, chance, count, row.found]
                writer.writerow([row.method, row.round, name, *cells])
    return text.getvalue()


def _as_table(report: FeedbackReport) -> str:
    parts = [wrapped(f"WARNING: {text}") for text in report.warnings]
    parts.append("\n".join(map(wrapped, report.facts)))
    parts += [aligned(section) for section in _sections(report)]
    return "\n\n".join(parts) + "\n"


def _as_markdown(report: FeedbackReport) -> str:
    parts = [f"> **Warning.** {text}" for text in report.warnings]
    parts.append("\n".join(f"- {fact}" for fact in report.facts))
    parts += [markdown(section) for section in _sections(report)]
    return "\n\n".join(parts) + "\n"


def _sections(report: FeedbackReport) -> list[Section]:
    last = max(row.round for row in report.rows)
    columns = ["first", *(f"round {number}" for number in range(1, last + 1))]
    whole = Section(MEASURES["map"], columns, _whole_rows(report))
    residual = Section(MEASURES["residual_map"], columns[1:], _residual_rows(report))
    counts: list[tuple[str, Sequence[str]]] = []
    for method, rows in report.methods.items():
        counts.append((method, [f"{row.found:.1f}" for row in rows[1:]]))
        if rows[-1].residual_queries < report.n_queries:
            left = [f"{row.residual_queries:,}" for row in rows[1:]]
            counts.append(("  queries with a residual", left))
    return [whole, residual, Section("marked relevant so far, a query", columns[1:], counts)]


def _whole_rows(report: FeedbackReport) -> list[tuple[str, Sequence[str]]]:
    rows: list[tuple[str, Sequence[str]]] = []
    for method, rounds in report.methods.items():
        numbers = [row.numbers["map"] for row in rounds]
        rows += [(method, list(map(_value, numbers))), (_INTERVAL, list(map(_interval, numbers)))]
    first = next(iter(report.methods.values()))
    return [*rows, (_CHANCE, [_chance(row.numbers["map"]) for row in first])]


def _residual_rows(report: FeedbackReport) -> list[tuple[str, Sequence[str]]]:
    rows: list[tuple[str, Sequence[str]]] = []
    for method, rounds in report.methods.items():
        after, before, gain = (
            [row.numbers[name] for row in rounds[1:]]
            for name in ("residual_map", "residual_before", "residual_gain")
        )
        rows += [(method, list(map(_value, after))), (_INTERVAL, list(map(_interval, after)))]
        rows += [("  first ranking, same images", list(map(_value, before)))]
        rows += [("  gain", [_value(each, "+") for each in gain])]
        rows += [(_INTERVAL, [_interval(each, "+") for each in gain])]
        rows += [(_CHANCE, list(map(_chance, after)))]
    return rows


_INTERVAL = "  95 % interval"


def _value(number: Number | None, sign: str = "") -> str:
    return "-" if number is None else f"{number.value:{sign}.4f}"


def _interval(number: Number | None, sign: str = "") -> str:
    if number is None:
        return "-"
    if sign:
        return f"[{number.low:+.4f}, {number.high:+.4f}]"
    return f"{number.low:.4f}-{number.high:.4f}"


def _chance(number: Number | None) -> str:
    return "-" if number is None or number.chance is None else f"{number.chance:.4f}"
