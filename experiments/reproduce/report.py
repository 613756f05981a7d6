"""The report of an entry and of several: Markdown and JSON."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from aehash.experiments.reproduce.findings import OURS, Findings
from aehash.experiments.reproduce.numbers import paper_numbers
from aehash.experiments.reproduce.verdict import VERDICTS, Row, rows

_HEADS = ("", "paper", "measured", "95 %", "chance", "verdict")
_LONG = 100
"""Characters of a reason that is not written out twice in a row."""


def entry_report(name: str, findings: Findings, run: Mapping[str, Any]) -> dict[str, Any]:
    """Put an entry's report together.

    Args:
        name: Of the entry.
        findings: What was measured.
        run: How it was run: command, size, date, machine and so on.

    Returns:
        Plain values: the paper's part, the rows with their verdicts, and how all was made.
    """
    numbers = paper_numbers(name)
    found = rows(numbers, findings)
    return {
        "entry": name,
        "paper": numbers.paper.citation,
        "link": numbers.paper.link,
        "place": numbers.place,
        "title": numbers.title,
        "measure": numbers.measure,
        "setting": numbers.setting,
        "open": list(numbers.open_points),
        "run": dict(run),
        "facts": dict(findings.facts),
        "differences": list(findings.differences),
        "verdicts": count_verdicts([each.verdict for each in found]),
        "rows": [_plain(each) for each in found],
        "pictures": [path.name for path in findings.pictures],
    }


def count_verdicts(verdicts: Sequence[str]) -> dict[str, int]:
    """Count verdicts, in their own order, those only that there are."""
    counts = Counter(verdicts)
    return {each: counts[each] for each in VERDICTS if counts[each]}


def markdown(report: Mapping[str, Any], folder: str = "", level: int = 1) -> str:
    """Lay a report out.

    Args:
        report: As :func:`entry_report` made it.
        folder: Before the pictures' names, ending in a slash.
        level: Of the heading.

    Returns:
        Markdown.
    """
    run = report["run"]
    parts = [
        f"{'#' * level} {report['entry']}: {report['title']}",
        f"{report['place']} of {report['paper']}{_link(report['link'])}.",
        table(report["rows"]),
    ]
    parts += [f"![{name}]({folder}{name})" for name in report["pictures"]]
    parts.append(_list("Not as in the paper", report["differences"]))
    parts.append(_list("Open in the paper", report["open"]))
    parts += [
        _sentence("The paper's setting", report["setting"]),
        _sentence("Measured", report["measure"]),
        _sentence("Here", "; ".join(_facts(report["facts"]))),
        _sentence("Measured by", run.get("how", "")),
        _sentence("How the numbers move with the reading", run.get("ladder", "")),
        f"`{run['command']}` – {ran(run)}.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def lay_out(together: Mapping[str, Any]) -> str:
    """Lay the report of several entries out for a page: what came out, then every line.

    Args:
        together: As :func:`aehash.experiments.reproduce.run.reproduce_all` gives it.

    Returns:
        Markdown without headings and pictures.
    """
    parts = [overview(together["entries"]), f"In all: {in_words(together['verdicts'])}."]
    for report in together["entries"]:
        parts += [f"**{report['entry']}**: {report['title']}", table(report["rows"])]
        parts.append(_list("Not as in the paper", report["differences"]))
    return "\n\n".join(part for part in parts if part) + "\n"


def overview(reports: Sequence[Mapping[str, Any]]) -> str:
    """Lay out a line for each entry.

    Args:
        reports: Of the entries.

    Returns:
        Markdown.
    """
    lines = ["| entry | what it shows | verdicts | minutes |", "|---|---|---|---:|"]
    lines += [
        f"| {report['entry']} | {report['title']} | {in_words(report['verdicts'])} "
        f"| {report['run']['seconds'] / 60:.1f} |"
        for report in reports
    ]
    return "\n".join(lines)


def in_words(verdicts: Mapping[str, int]) -> str:
    """Say how many lines have which verdict."""
    return ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())


def table(found: Sequence[Mapping[str, Any]]) -> str:
    """Lay rows out.

    Args:
        found: As a report has them.

    Returns:
        Markdown, a line a row.
    """
    lines = [f"| {' | '.join(_HEADS)} |", "|---|---:|---:|---:|---:|---|"]
    before = ""
    for row in found:
        again = row["reason"] == before and len(before) > _LONG
        before = row["reason"]
        whose = "" if row["of"] == OURS else f"{row['of']}: "
        title = ", ".join(part for part in (row["row"], row["column"]) if part)
        cells = [_measured(row["measured"]), _interval(row["measured"]), _number(row["chance"])]
        verdict = f"**{row['verdict']}**: {'as above' if again else row['reason']}"
        paper = "picture" if row["paper"] is None else _number(row["paper"])
        if not row["column"]:
            paper = f"“{row['paper']}”"
        lines.append(f"| {whose}{title} | {paper} | {' | '.join(cells)} | {verdict} |")
    return "\n".join(lines)


def ran(run: Mapping[str, Any]) -> str:
    """Say in a line how something was run."""
    words = [run["size"], run["machine"], run.get("backend"), run["date"]]
    words.append(f"commit {run['commit']}" if run.get("commit") else None)
    if "seconds" in run:
        words.append(f"{run['seconds'] / 60:.1f} minutes")
    return ", ".join(str(word) for word in words if word)


def _plain(row: Row) -> dict[str, Any]:
    plain = asdict(row)
    if row.measured is not None:
        plain["measured"] = {name: _round(value) for name, value in plain["measured"].items()}
    plain["chance"] = _round(row.chance)
    return plain


def _round(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, tuple | list):
        return [_round(each) for each in value]
    return value


def _measured(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "–"
    if found["mean"] is None:
        return str(found["text"] or "–")
    text = _number(found["mean"])
    return text if found["sd"] is None else f"{text} ± {found['sd']:.4f} ({found['seeds']} seeds)"


def _interval(found: Mapping[str, Any] | None) -> str:
    if found is None or found["ci95"] is None:
        return ""
    low, high = found["ci95"]
    return f"{low:.4f}–{high:.4f}"


def _number(value: float | str | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if value == int(value) and abs(value) != 1 else f"{value:.4f}"


def _sentence(title: str, text: str) -> str:
    return f"{title}: {text.rstrip('.')}." if text else ""


def _facts(facts: Mapping[str, Any]) -> Iterator[str]:
    """Write facts out, those of several parts in brackets."""
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield f"{name} ({'; '.join(_facts(value))})"
        else:
            listed = ", ".join(map(str, value)) if isinstance(value, list) else value
            yield f"{name} {listed:,}" if isinstance(listed, int) else f"{name} {listed}"


def _link(link: str) -> str:
    return f", {link}" if link else ""


def _list(title: str, sentences: Sequence[str]) -> str:
    if not sentences:
        return ""
    return "\n".join([f"{title}:", "", *(f"- {sentence}" for sentence in sentences)])
