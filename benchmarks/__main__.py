"""Run the benchmarks, or draw the page from their results: ``python -m benchmarks``."""

import argparse
import importlib
import json
import os
import shlex
import sys
import time
from pathlib import Path
from typing import Any

from aehash.files import write_json
from benchmarks import machine, page, pictures
from benchmarks.data import MissingError
from benchmarks.scale import FULL, NORMAL, QUICK, Scale

GROUPS = {
    "images": ("start", "extraction", "describing", "training", "memory"),
    "search": (
        "nearest",
        "range",
        "multi_index",
        "fallback",
        "threads",
        "ceilings",
        "footprint",
        "cold",
    ),
    "eval": ("evaluation",),
    "feedback": ("feedback",),
    "index": ("json_index",),
    "serve": ("serving",),
}
NAMES = tuple(name for group in GROUPS.values() for name in group)
_ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str]) -> None:
    given = _parser().parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if not given.render:
        scale = QUICK if given.quick else FULL if given.full else NORMAL
        for name in _chosen(given.only):
            _run(name, scale, given.results, arguments)
    given.page.parent.mkdir(parents=True, exist_ok=True)
    results = _results(given.results)
    drawn = pictures.draw(results, given.page.parent)
    given.page.write_text(page.render(results, drawn), encoding="utf-8")
    print(f"page: {given.page}")


def _chosen(only: list[str] | None) -> list[str]:
    wanted = only or list(GROUPS)
    return [name for each in wanted for name in GROUPS.get(each, (each,))]


def _run(name: str, scale: Scale, results: Path, arguments: list[str]) -> None:
    print(f"{name} …", flush=True)
    started = time.perf_counter()
    before = os.getloadavg()[0]
    try:
        found: dict[str, Any] = importlib.import_module(f"benchmarks.{name}").run(scale)
    except MissingError as error:
        print(f"{name} is left out: {error}", flush=True)
        return
    seconds = round(time.perf_counter() - started, 1)
    command = shlex.join(["python", "-m", "benchmarks", *_public(arguments)])
    about = {"name": name, "scale": scale.name, "command": command, "seconds": seconds}
    described = machine.describe(before, found.pop("packages", machine.PACKAGES))
    results.mkdir(parents=True, exist_ok=True)
    write_json(results / f"{name}.json", {**about, **described, **found})
    print(page.table(found), flush=True)


def _public(arguments: list[str]) -> list[str]:
    """Leave out what names a path of this machine."""
    return [argument for argument in arguments if "/" not in argument]


def _results(folder: Path) -> list[dict[str, Any]]:
    paths = [folder / f"{name}.json" for name in NAMES]
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.is_file()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    choices = list(dict.fromkeys([*GROUPS, *NAMES]))
    parser.add_argument("--only", choices=choices, action="append", help="one; repeatable")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="tiny inputs, to see that it runs")
    size.add_argument("--full", action="store_true", help="every cell, and 100,000 images")
    parser.add_argument("--render", action="store_true", help="only draw the page again")
    parser.add_argument("--results", type=Path, default=_ROOT / "benchmarks" / "results")
    parser.add_argument("--page", type=Path, default=_ROOT / "docs" / "benchmarks.md")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
