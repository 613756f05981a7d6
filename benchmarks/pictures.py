"""Pictures of contests, drawn from the results alone: the same results, the same file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aehash.files import atomic_file

_INK, _PALE, _MISSED, _GRID = "#1f4e79", "#8fb0cf", "#c0504d", "#dddddd"
_ROW = 0.19
#: Sections that get a picture: their file's name, and the title.
DRAWN = {
    "nearest": "times as fast as the fastest exact FAISS",
    "range": "times as fast as FAISS range_search",
    "evaluation": "times as fast as doing it by hand",
}


def draw(results: Sequence[dict[str, Any]], folder: Path) -> dict[str, str]:
    """Draw the pictures that the results allow.

    Args:
        results: As the page gets them.
        folder: Where the pictures go, beside the page.

    Returns:
        File names by section.
    """
    names = {}
    for result in results:
        rows = _chosen(result)
        if rows:
            names[result["name"]] = f"benchmarks-{result['name']}.svg"
            _ratios(folder / names[result["name"]], rows, DRAWN[result["name"]])
    return names


def _chosen(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Take the lines with a target, on all threads; or all lines, where there is no target."""
    if result["name"] not in DRAWN:
        return []
    rows = result["contests"]
    most = max(row["threads"] for row in rows)
    aims = [row for row in rows if row["target"] is not None and row["threads"] == most]
    return sorted(aims or rows, key=lambda row: -row["queries"])


def _ratios(path: Path, rows: Sequence[dict[str, Any]], what: str) -> None:
    """Draw a dot for each median, a line from the smallest to the largest, a bar at the target."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    settings = {"svg.hashsalt": "aehash", "svg.fonttype": "none", "font.size": 8}
    with mpl.rc_context(settings):
        figure = Figure(figsize=(7.2, 1.2 + _ROW * len(rows)), layout="constrained")
        axes = figure.add_subplot()
        for place, row in enumerate(rows):
            _one(axes, place, row)
        _dress(axes, rows, what)
        with atomic_file(path) as aside:
            figure.savefig(aside, format="svg", metadata={"Date": None})


def _one(axes: Any, place: int, row: dict[str, Any]) -> None:
    found, target = row["ratio"], row["target"]
    missed = row["reached"] is False
    axes.plot([found["min"], found["max"]], [place, place], color=_PALE, linewidth=2.5)
    axes.plot(found["median"], place, "o", color=_MISSED if missed else _INK, markersize=4)
    if target is not None:
        axes.plot(target, place, "|", color="black", markersize=9, markeredgewidth=1.4)


def _dress(axes: Any, rows: Sequence[dict[str, Any]], what: str) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(lambda value, _: f"{value:g}" if _leads(value) else "")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks(range(len(rows)), [_label(row) for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x", which="both", color=_GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"{what}\ndot: median; line: smallest to largest; | target; red: missed")


def _leads(value: float) -> bool:
    return f"{value:e}"[0] in "25"


def _label(row: dict[str, Any]) -> str:
    parts = [row.get("codes", ""), f"{row['bits']} bits"]
    if "rows" in row:
        parts.append(f"{row['rows'] / 1e6:g} M rows")
    if "peer" in row:
        parts.append(row["peer"])
    parts.append(f"{row['queries']:,} quer{'y' if row['queries'] == 1 else 'ies'}")
    parts += [f"{key} {row[key]}" for key in ("k", "radius") if key in row]
    return ", ".join(part for part in parts if part)
