"""The page of all results: an index with how each was run, then every table and picture."""

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aehash.files import read_json

_HEADS = ("result", "command", "seeds", "commit", "date", "time", "machine")
#: Results that are no study's.
_ABOUT = {
    "demo": "The README's three commands, on scikit-learn's digits.",
    "mnist64": "64-bit codes of MNIST by aehash's own recipe.",
    "published": "akbacak2023's author's 16-bit codes of RetinaMNIST, ties in file order.",
    "published_expected": "The same codes, ties in every order.",
    "published64": "akbacak2023's author's 64-bit codes of RetinaMNIST, re-ranked.",
}

Result = Mapping[str, Any]


def results_page(folder: Path, lay_out: Callable[[str, dict[str, Any]], str]) -> str:
    """Lay out every result there is.

    Args:
        folder: Of the results.
        lay_out: Makes a result's tables, with the line that says how it was run.

    Returns:
        Markdown: a line for each result, then a section for each.
    """
    files = sorted(folder.rglob("*.json"))
    results = {
        path.relative_to(folder).with_suffix("").as_posix(): read_json(path) for path in files
    }
    lines = [f"| {' | '.join(_HEADS)} |", "|---|---|---|---|---|---|---|"]
    lines += [f"| {' | '.join(_cells(name, result))} |" for name, result in results.items()]
    for name, result in results.items():
        lines += ["", f"## {name}", "", _about(name, result), "", lay_out(name, result).rstrip()]
        for picture in _pictures(folder, name, results):
            where = f"../experiments/results/{picture.relative_to(folder).as_posix()}"
            lines += ["", f"![{picture.stem}]({where})"]
    return "\n".join(lines) + "\n"


def _cells(name: str, result: Result) -> list[str]:
    run = result["run"]
    commands = run.get("commands") or [run["command"]]
    return [
        f"[{name}](#{name.replace('/', '')})",
        "; ".join(f"`{each}`" for each in commands),
        seeds_of(result),
        run.get("commit") or "not recorded",
        run.get("date") or str(run.get("training", {}).get("finished", "not recorded"))[:10],
        _time(result),
        run["machine"],
    ]


def seeds_of(result: Result) -> str:
    """Say which seeds a result comes from.

    Args:
        result: Of a study, or of a run that was recorded.

    Returns:
        Such as ``0-2``; ``none`` where nothing was trained.
    """
    if "seed" in result["run"]:
        return str(result["run"]["seed"])
    if isinstance(result.get("seeds"), list):
        return _listed(set(result["seeds"]))
    named = {each["seed"] for each in result.get("nets", []) if each.get("seed") is not None}
    if named:
        return _listed(named)
    counts = [len(result.get("kept", []))]
    counts += [each["facts"].get("seeds", 0) for each in result.get("entries", [])]
    for row in result.get("rows", []):
        counts.append(row["seeds"] if isinstance(row.get("seeds"), int) else 0)
        counts += [
            len(part["seeds"])
            for part in row.values()
            if isinstance(part, dict) and isinstance(part.get("seeds"), list)
        ]
    if max(counts):
        return _listed(set(range(max(counts))))
    return "0" if "trials" in result else "none"


def _listed(seeds: set[int]) -> str:
    low, high = min(seeds), max(seeds)
    if len(seeds) > 1 and seeds == set(range(low, high + 1)):
        return f"{low}–{high}"
    return ", ".join(map(str, sorted(seeds)))


def _time(result: Result) -> str:
    run = result["run"]
    training = run.get("training", {}).get("seconds")
    seconds = result.get("seconds") or run.get("seconds") or training
    if seconds is None:
        return "not recorded"
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def _about(name: str, result: Result) -> str:
    if "study" not in result:
        return _ABOUT.get(name, "")
    module = importlib.import_module(f"aehash.experiments.{result['study']}")
    about: str = module.STUDY.about if hasattr(module, "STUDY") else (module.__doc__ or "")
    size = result["run"].get("size")
    line = " ".join(about.split("\n\n")[0].split())
    return f"{line} Size: {size}." if size else line


def _pictures(folder: Path, name: str, results: Mapping[str, Result]) -> list[Path]:
    """List a result's pictures: those that begin with its name, and with no longer one.

    In a folder of its own, a result has the one of its name.
    """
    if "/" in name:
        beside = folder / f"{name}.png"
        return [beside] if beside.is_file() else []
    study = results[name].get("study", name)
    data = name.removeprefix(study)
    family = study.rpartition("_")[0] if data else ""
    found = []
    for path in sorted(folder.glob("*.png")):
        longer = [each for each in results if len(each) > len(name) and path.stem.startswith(each)]
        own = path.stem.startswith(name) and not longer
        mine = data and study.endswith("figures") and path.stem.endswith(data)
        if own or (mine and path.stem.startswith(family)):
            found.append(path)
    return found


def entries_table() -> str:
    """Lay out the entries of `aehash reproduce`.

    Returns:
        Markdown: a line for each, with how it is measured, what that takes and which files.
    """
    from aehash.experiments.reproduce.entries import entries

    lines = ["| entry | measured by | takes, by default | needs |", "|---|---|---|---|"]
    for name, each in entries().items():
        needs = "; ".join(need.removeprefix("needs ") for need in each.needs) or "nothing"
        lines.append(f"| `{name}` | {each.how} | {each.cost} | {needs} |")
    return "\n".join(lines) + "\n"
