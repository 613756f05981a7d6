"""Tables of contests, shares, footprints and first calls, in Markdown."""

from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.contest import OURS
from benchmarks.pairs import spread
from benchmarks.peers import FAISS

Row = dict[str, Any]
_COLUMNS = {
    "codes": "codes",
    "peer": "against",
    "bits": "bits",
    "rows": "rows",
    "items": "items",
    "queries": "queries",
    "k": "k",
    "radius": "radius",
    "inside": "inside",
    "candidates": "candidates",
    "scanned": "scanned",
    "threads": "threads",
}


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Draw a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def contests(rows: Sequence[Row]) -> str:
    """Draw what was done, both sides' times, their ratio and what it should reach."""
    told = [key for key in _COLUMNS if any(key in row for row in rows)]
    beside = _beside(rows)
    against = [] if "peer" in told else ["fastest peer"]
    head = [_COLUMNS[key] for key in told] + ["aehash, ms", *against, "its ms"]
    head += ["times as fast", "target", "reached", *(f"{name}, ms" for name in beside)]
    return markdown(head, [_contest(row, told, bool(against), beside) for row in rows])


def _beside(rows: Sequence[Row]) -> list[str]:
    """List peers that deserve a column of their own; FAISS's four ways are one."""
    names = {name: None for row in rows for name in row["seconds"]}
    always = {row["fastest"] for row in rows}
    told = set(FAISS) | {OURS} | (always if len(always) == 1 or "peer" in rows[0] else set())
    return [name for name in names if name not in told]


def _contest(row: Row, told: Sequence[str], named: bool, beside: Sequence[str]) -> list[str]:
    cells = [_count(row[key]) if key in row else "" for key in told]
    cells += [_milliseconds(row, OURS), *([row["fastest"]] if named else [])]
    cells += [_milliseconds(row, row["fastest"]), ratio(row["ratio"]), *aimed(row, "≥ {:g}")]
    return cells + [_milliseconds(row, name) for name in beside]


def _milliseconds(row: Row, name: str) -> str:
    if name not in row["seconds"]:
        return ""
    return number(1000 * spread(row["seconds"][name])["median"])


def shares(rows: Sequence[Row]) -> str:
    """Draw speeds beside the ceilings they are measured against."""
    head = ("ceiling", "bits", "rows", "queries", "threads", "aehash", "ceiling", "share")
    return markdown((*head, "target", "reached"), [_share(row) for row in rows])


def _share(row: Row) -> list[str]:
    named = [row["ceiling"], *(_count(row[key]) for key in ("bits", "rows", "queries", "threads"))]
    speeds = [f"{row[who]['median'] / 1e9:.3g} G {row['unit']}" for who in ("ours", "limit")]
    found = row["ratio"]
    share = f"{found['median']:.0%} [{found['min']:.0%}, {found['max']:.0%}]"
    return [*named, *speeds, share, *aimed(row, "≥ {:.0%}")]


def footprints(rows: Sequence[Row]) -> str:
    """Draw what a search held at most."""
    head = ("index", "bits", "rows", "codes, MB", "held, MB", "beyond, MB", "target", "reached")
    return markdown(head, [_footprint(row) for row in rows])


def _footprint(row: Row) -> list[str]:
    sizes = [f"{row[f'{key}_bytes'] / 1e6:,.0f}" for key in ("codes", "held", "beyond")]
    small = {**row, "target": row["target"] and row["target"] / 1e6}
    return [row["how"], str(row["bits"]), _count(row["rows"]), *sizes, *aimed(small, "≤ {:g} MB")]


def first_calls(rows: Sequence[Row]) -> str:
    """Draw how long first calls take."""
    head = ("first call", "kernels", "seconds", "target", "reached")
    return markdown(
        head,
        [
            [row["what"], row["state"], ratio(row["seconds"]), *aimed(row, "≤ {:g} s")]
            for row in rows
        ],
    )


def steps(rows: Sequence[Row]) -> str:
    """Draw what was done with a file or a folder, how long it took and what it held."""
    head = ("step", "rows", "form", "its size, MB", "seconds", "peak, MB", "target", "reached")
    return markdown(head, [_step(row) for row in rows])


def _step(row: Row) -> list[str]:
    sizes = [f"{row[f'{key}_bytes'] / 1e6:,.0f}" for key in ("form", "peak")]
    found = row["seconds"]
    seconds = f"{found['median']:.3g} [{found['min']:.3g}, {found['max']:.3g}]"
    small = {**row, "target": row["target"] and row["target"] / 1e6}
    named = [row["what"], _count(row["rows"]), f".{row['form']}", sizes[0]]
    return [*named, seconds, sizes[1], *aimed(small, "≤ {:g} MB")]


def aimed(row: Row, form: str) -> list[str]:
    """Give a row's target and whether it is reached, as two cells."""
    if row["target"] is None:
        return ["", ""]
    return [form.format(row["target"]), "yes" if row["reached"] else "**no**"]


def ratio(found: dict[str, float]) -> str:
    """Give a median with the smallest and the largest."""
    return f"{found['median']:.2f} [{found['min']:.2f}, {found['max']:.2f}]"


def number(value: float) -> str:
    """Give a number three figures, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _count(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 10 or value == 0 else f"{value:.2g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def rows_of(result: Row) -> list[Row]:
    """Give the rows of a result whose targets can be counted."""
    for shape in SHAPES:
        if shape in result:
            return list(result[shape])
    return []


SHAPES = {
    "contests": contests,
    "shares": shares,
    "footprints": footprints,
    "first_calls": first_calls,
    "steps": steps,
}


def summary(results: Iterable[Row]) -> str:
    """Count, section by section, the lines that have a target and those that reach it."""
    rows = []
    for result in results:
        aims = [row for row in rows_of(result) if row["target"] is not None]
        if aims:
            reached = sum(row["reached"] for row in aims)
            worst = min(row["margin"] for row in aims)
            name = result["title"]
            rows.append([name, str(len(aims)), str(reached), f"{worst:.2f}"])
    if not rows:
        return ""
    head = ("section", "lines with a target", "reached", "the furthest behind, ÷ its target")
    return markdown(head, rows)
