"""What aehash's own codes are worth on every data set they were tried on, in one table."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from aehash.files import read_json

BLOCK, STUDY = "quality", "autohash_quality"
_HEADS = ("images", "trained", "bits", "aehash", "the best classical code", "floats", "chance")
_PIXELS, _FEATURES = "pixels", "encoder features"

Result = Mapping[str, Any]


def quality_table(folder: Path) -> str:
    """Lay out the results of the study of quality, a row for each data set and width.

    Beside each number stands what classical codes and the floats reach from what the training was
    given: pixels, or the features of a pretrained encoder.

    Args:
        folder: Of the results.

    Returns:
        Markdown.
    """
    results = [read_json(path) for path in sorted((folder / BLOCK).glob("*.json"))]
    made = [each for each in results if each["study"] == STUDY]
    lines = [f"| {' | '.join(_HEADS)} |", "|---|---|---:|---:|---|---:|---:|"]
    for result in sorted(made, key=_order):
        lines += [f"| {' | '.join(row)} |" for row in _rows(result)]
    metrics = {each["table"]["metrics"][0] for each in made}
    seeds = {str(len(each["seeds"])) for each in made}
    return "\n".join(
        [
            *lines,
            "",
            f"{' or '.join(sorted(metrics))}, mean ± sd of {' or '.join(sorted(seeds))} seeds.",
            "",
        ]
    )


def _order(result: Result) -> tuple[bool, int]:
    return result["encoder"] is not None, -result["images"]["train"]


def _rows(result: Result) -> Iterator[list[str]]:
    """Give the cells of each width of a result."""
    given = _PIXELS if result["encoder"] is None else _FEATURES
    methods = {row["name"]: row for row in result["table"]["methods"]}
    name = str(result["data"]).removesuffix("-head")
    for bits in result["table"]["bits"]:
        found = {each: _cell(result, row, bits) for each, row in methods.items()}
        classical = [
            each
            for each, row in methods.items()
            if row["kind"] == "code" and each.endswith(f" of {given}")
        ]
        best = max(classical, key=lambda each: float(found[each]["mean"]))
        learned = next(each for each, row in methods.items() if row["kind"] == "learned")
        yield [
            f"{name}, {result['images']['test']:,} queries among {result['images']['train']:,}",
            "whole" if result["encoder"] is None else "a head on MobileNet",
            str(bits),
            _text(found[learned]),
            f"{_text(found[best])} ({best})",
            _text(found[f"floats: {given}"]),
            _text(found["chance"]),
        ]


def _cell(result: Result, row: Mapping[str, Any], bits: int) -> Mapping[str, Any]:
    """Find a method's number at a width, or the one that has none."""
    metric = result["table"]["metrics"][0]
    cells = [each for each in row["cells"] if each["metric"] == metric]
    return next(each for each in cells if each["bits"] in (bits, None))


def _text(cell: Mapping[str, Any]) -> str:
    spread = f" ± {cell['sd']:.4f}" if cell["sd"] is not None else ""
    return f"{cell['mean']:.4f}{spread}"
