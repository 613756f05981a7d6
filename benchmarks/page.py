"""The page of results, drawn from the JSON files; no number in it is typed by hand."""

from collections.abc import Iterable, Sequence
from typing import Any

_HEAD = """# Benchmarks

Drawn by `python -m benchmarks --render` from `benchmarks/results/*.json`, which `make bench` (or
`python -m benchmarks`) writes, all raw values included. Ratios and times are the median of the
runs, with the smallest and the largest in brackets; a ratio above 1 means that aehash is faster.
"""


def render(results: Iterable[dict[str, Any]]) -> str:
    """Draw the whole page."""
    return "\n".join([_HEAD, *(_section(result) for result in results)])


def _section(result: dict[str, Any]) -> str:
    machine, versions = result["machine"], result["versions"]
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    scale = "" if result["scale"] == "normal" else f" ({result['scale']} inputs)"
    return (
        f"## {result['name'].capitalize()}{scale}\n\n{result['about']}\n\n{table(result)}\n\n"
        f"`{result['command']}`, seed {result['seed']}, {result['date']}, commit "
        f"{result['commit']}, {result['seconds']:.0f} s on {machine['cores']} cores of "
        f"{machine['cpu']} ({machine['system']}, {machine['memory_gib']} GiB, load before it "
        f"{machine['load_before']}); {packages}.\n"
    )


def table(result: dict[str, Any]) -> str:
    """Draw a benchmark's table in Markdown."""
    if "comparisons" in result:
        sides = ("", "aehash", "bare", "ratio", "target", "pairs")
        return _markdown(sides, [_comparison(row) for row in result["comparisons"]])
    if "times" in result:
        rows = [(_code(row["what"]), _time(row), row["target"]) for row in result["times"]]
        return _markdown(("", "seconds", "target"), rows)
    head = ("", "images", "peak, MiB", "ratio", "bytes an image more")
    return _markdown(head, [_peak(row) for row in result["peaks"]])


def _comparison(row: dict[str, Any]) -> tuple[str, ...]:
    speeds = [f"{_number(row[who]['median'])} {row['unit']}" for who in ("ours", "bare")]
    ratio = f"{row['ratio']['median']:.3f} [{row['ratio']['min']:.3f}, {row['ratio']['max']:.3f}]"
    return (row["what"], *speeds, ratio, row["target"], str(len(row["pairs_seconds"])))


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


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


def _code(text: str) -> str:
    return f"`{text}`"


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
