"""The page of results, drawn from the JSON files; no number in it is typed by hand."""

from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks import tables
from benchmarks.tables import markdown, number

_HEAD = """# Benchmarks

Drawn by `python -m benchmarks --render` from `benchmarks/results/*.json`, which `make bench` (or
`python -m benchmarks`) writes, all raw values included; `make bench-search` and `make bench-eval`
measure search and evaluation alone. Ratios and times are the median of the runs, with the
smallest and the largest in brackets; a ratio above 1 means that aehash is faster. The sides take
turns, on the same number of threads; the machine's load before each section is stated, and is to
be low.
"""
_TARGETS = """## Targets

What each line of the tables below was to reach. A number above 1 in the last column means that
every line does.
"""


def render(results: Iterable[dict[str, Any]], pictures: Mapping[str, str] | None = None) -> str:
    """Draw the whole page.

    Args:
        results: What the benchmarks wrote.
        pictures: File names of pictures by section.

    Returns:
        Markdown.
    """
    results = list(results)
    told = tables.summary([{**result, "title": _title(result)} for result in results])
    targets = [f"{_TARGETS}\n{told}\n"] if told else []
    return "\n".join([_HEAD, *targets, *(_section(each, pictures or {}) for each in results)])


def _title(result: dict[str, Any]) -> str:
    scale = "" if result["scale"] == "normal" else f" ({result['scale']} inputs)"
    return f"{result['name'].replace('_', ' ').capitalize()}{scale}"


def _section(result: dict[str, Any], pictures: Mapping[str, str]) -> str:
    machine, versions = result["machine"], result["versions"]
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    name = pictures.get(result["name"])
    picture = f"![{_title(result)}, as ratios]({name})\n\n" if name else ""
    return (
        f"## {_title(result)}\n\n{result['about']}\n\n{picture}{table(result)}\n\n"
        f"`{result['command']}`, seed {result['seed']}, {result['date']}, commit "
        f"{result['commit']}, {result['seconds']:.0f} s on {machine['cores']} cores of "
        f"{machine['cpu']} ({machine['system']}, {machine['memory_gib']} GiB, load before it "
        f"{machine['load_before']}); {packages}.\n"
    )


def table(result: dict[str, Any]) -> str:
    """Draw a benchmark's table in Markdown."""
    for shape, draw in tables.SHAPES.items():
        if shape in result:
            return draw(result[shape])
    if "comparisons" in result:
        sides = ("", "aehash", "bare", "ratio", "target", "pairs")
        return markdown(sides, [_comparison(row) for row in result["comparisons"]])
    if "times" in result:
        rows = [(f"`{row['what']}`", _time(row), row["target"]) for row in result["times"]]
        return markdown(("", "seconds", "target"), rows)
    head = ("", "images", "peak, MiB", "ratio", "bytes an image more")
    return markdown(head, [_peak(row) for row in result["peaks"]])


def _comparison(row: dict[str, Any]) -> tuple[str, ...]:
    speeds = [f"{number(row[who]['median'])} {row['unit']}" for who in ("ours", "bare")]
    ratio = f"{row['ratio']['median']:.3f} [{row['ratio']['min']:.3f}, {row['ratio']['max']:.3f}]"
    return (row["what"], *speeds, ratio, row["target"], str(len(row["pairs_seconds"])))


def _time(row: dict[str, Any]) -> str:
    found = row["seconds"]
    return f"{found['median']:.3f} [{found['min']:.3f}, {found['max']:.3f}]"


def _peak(row: dict[str, Any]) -> tuple[str, ...]:
    more = row["bytes_per_image"]
    return (
        row["what"],
        f"{row['images']:,}",
        f"{row['peak_bytes'] / 2**20:,.0f}",
        f"{row['ratio']:.3f}",
        "" if more is None else f"{more:,.0f}",
    )
