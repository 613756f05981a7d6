"""Pictures of a table of methods: MAP by bits, or one width's numbers with their intervals."""

from pathlib import Path
from typing import Any

from aehash.metrics.method_table import PIXELS, MethodRow, MethodTable
from aehash.plots.figure import save_figure, shown

_GRID, _CHANCE = "#dddddd", "#999999"
_LEARNED = ("#c0504d", "#7b2d8b", "#e08214", "#8c510a", "#d01c8b")
_FLOATS = ("#222222", "#777777")
_CODES = {
    "ITQ": "#1f4e79",
    "PCAH": "#2e7d32",
    "LSH": "#5aa0d8",
    "SH": "#8a8d00",
    "AGH": "#00897b",
    "diffusion": "#5e4fa2",
}
_MARKS = "osD^vPX*"
_NAME = 44
_ROW_HEIGHT = 0.28


def methods_picture(path: Path, table: MethodTable) -> None:
    """Draw the table: lines by bits where there are several widths, else dots with intervals.

    Args:
        path: The picture to write.
        table: What was found.
    """
    (_by_bits if len(table.widths) > 1 else _dots)(path, table)


def _by_bits(path: Path, table: MethodTable) -> None:
    count = len(table.metrics)
    several = any(cell.sd is not None for row in table.rows for cell in row.cells.values())
    spread = ", ± sd over seeds" if several else ""
    figure, every = _panels(5.0 * count + 3.6, 4.6, count)
    for axes, metric in zip(every, table.metrics, strict=True):
        for number, row in enumerate(table.rows):
            cells = [(bits, cell) for bits in table.widths if (cell := row.at(bits, metric))]
            axes.errorbar(
                [bits for bits, _ in cells],
                [cell.mean for _, cell in cells],
                yerr=[cell.sd or 0.0 for _, cell in cells],
                label=shown(row.name, _NAME),
                **_line(row, number),
            )
        axes.set_xscale("log", base=2)
        axes.set_xticks(table.widths, [str(bits) for bits in table.widths])
        axes.minorticks_off()
        axes.set(xlabel="bits", title=f"{metric}{spread}")
        axes.set_ylim(bottom=0)
    handles, names = every[0].get_legend_handles_labels()
    figure.legend(handles, names, frameon=False, loc="outside right center", fontsize=8)
    save_figure(figure, path)


def _dots(path: Path, table: MethodTable) -> None:
    (bits,), count = table.widths, len(table.metrics)
    height = 1.6 + _ROW_HEIGHT * len(table.rows)
    figure, every = _panels(3.6 * count + 3.4, height, count, sharey=True)
    places = list(range(len(table.rows)))
    for axes, metric in zip(every, table.metrics, strict=True):
        for place, row in zip(places, table.rows, strict=True):
            cell = row.at(bits, metric)
            if cell is not None:
                reach = [[cell.mean - cell.low], [cell.high - cell.mean]]
                axes.errorbar([cell.mean], [place], xerr=reach, **_dot(row))
        axes.set(title=f"{metric}, {bits} bits")
        axes.set_xlim(left=0)
    every[0].set_yticks(places, [shown(row.name, _NAME) for row in table.rows])
    every[0].set_ylim(len(table.rows) - 0.5, -0.5)
    figure.supxlabel("mean over queries, 95 % interval over queries", fontsize=9)
    save_figure(figure, path)


def _line(row: MethodRow, number: int) -> dict[str, Any]:
    """Style a line: a colour each method, solid on encoder features, dash-dotted on pixels."""
    if row.kind == "chance":
        return {"color": _CHANCE, "linestyle": ":", "linewidth": 1.4}
    if row.kind == "floats":
        ends = {"capsize": 2.5, "linewidth": 1.2}
        return {"color": _FLOATS[row.of == PIXELS], "linestyle": "--", **ends}
    mark = {"marker": _MARKS[number % len(_MARKS)], "capsize": 2.5}
    if row.kind == "learned":
        return {
            "color": _LEARNED[number % len(_LEARNED)],
            "linewidth": 2.4,
            "markersize": 6,
            **mark,
        }
    colour = _CODES.get(row.name.split(" ")[0], "#000000")
    style = "-." if row.of == PIXELS else "-"
    return {"color": colour, "linestyle": style, "linewidth": 1.2, "markersize": 4, **mark}


def _dot(row: MethodRow) -> dict[str, Any]:
    """Style a dot by what it is made of."""
    dot = {"marker": "o", "markersize": 6, "capsize": 2.5, "linestyle": "none"}
    if row.kind == "learned":
        return {**dot, "color": _LEARNED[0], "markersize": 8, "linewidth": 2.0}
    if row.kind == "code":
        return {**dot, "color": _CODES["LSH"] if row.of == PIXELS else _CODES["ITQ"]}
    return {**dot, "color": _FLOATS[0] if row.kind == "floats" else _CHANCE, "mfc": "white"}


def _panels(width: float, height: float, count: int, **more: Any) -> tuple[Any, list[Any]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    every = list(figure.subplots(1, count, squeeze=False, **more)[0])
    for axes in every:
        axes.grid(color=_GRID, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    return figure, every
