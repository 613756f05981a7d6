"""Fill the tables of README.md and docs/*.md from experiments/results; no number is typed.

    python docs/fill.py           write them
    python docs/fill.py --check   fail if one is not what the results say

A table stands between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``, where NAME.json is a
report of ``aehash evaluate`` with the command, machine and time it was run with, or the result of
a study of that name. ``paper/…`` is what a paper prints; see ``docs/paper_blocks.py``.
``results`` is all results there are, and ``entries`` what `aehash reproduce` has; see
``docs/results_page.py``. ``quality`` is what aehash's own codes are worth, in one table.
"""

import importlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import paper_blocks
from quality_block import BLOCK, quality_table
from results_page import entries_table, results_page

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "experiments" / "results"
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_BLOCK = re.compile(r"(<!-- begin (\S+) -->\n)(.*?)(<!-- end \2 -->)", re.DOTALL)


def table(result: dict[str, Any]) -> str:
    """Lay a result out: a row for each ranking and one for chance, then how it was run.

    Args:
        result: ``report``, the JSON of ``aehash evaluate``; and ``run``, how it was made.

    Returns:
        Markdown.
    """
    report = result["report"]
    protocol = report["protocol"]
    names = [f"map@{k}/{protocol['per']}" for k in protocol["ks"]]
    lines = [f"| | {' | '.join(names)} |", "|---|" + "---:|" * len(names)]
    for title, each in [(_title(protocol), report), *report.get("also", {}).items()]:
        lines.append(_row(title, each["metrics"], names))
        lines.append(_row(f"{title}: chance", each["chance"], names))
    codes = report["codes"]
    run = result["run"]
    lines += [
        "",
        f"{report['n_queries']:,} queries, {report['n_database']:,} database items, "
        f"{report['bits']} bits; ties={protocol['ties']}; "
        f"{report['metrics']['empty_queries']:,} queries found nothing inside the radius; "
        f"{codes['distinct']:,} distinct codes, {codes['constant_bits']} constant bits, mean bit "
        f"entropy {codes['mean_bit_entropy']:.3f}. Run: "
        + "; ".join(f"`{command}`" for command in run["commands"])
        + f" – {run['facts']}.",
    ]
    return "\n".join(lines) + "\n"


def _title(protocol: dict[str, Any]) -> str:
    if protocol["radius"] is None:
        return "Hamming, whole ranking"
    return f"Hamming ≤ {protocol['radius']}" + (", re-ranked" if protocol["rerank"] else "")


def _row(title: str, values: dict[str, float], names: list[str]) -> str:
    return f"| {title} | " + " | ".join(f"{values[name]:.4f}" for name in names) + " |"


def filled(text: str) -> str:
    """Put the results' tables into a page.

    Args:
        text: The page.

    Returns:
        The page with every block filled.
    """

    def fill(match: re.Match[str]) -> str:
        if match[2].startswith(paper_blocks.PREFIX):
            return match[1] + paper_blocks.block(match[2]) + match[4]
        if match[2] == BLOCK:
            return match[1] + quality_table(RESULTS) + match[4]
        if match[2] == "entries":
            return match[1] + entries_table() + match[4]
        if match[2] == "results":
            return match[1] + results_page(RESULTS, _lay_out) + match[4]
        result = json.loads((RESULTS / f"{match[2]}.json").read_text(encoding="utf-8"))
        return match[1] + _lay_out(match[2], result) + match[4]

    return _BLOCK.sub(fill, text)


def _lay_out(name: str, result: dict[str, Any]) -> str:
    if "study" in result:
        text: str = importlib.import_module(f"aehash.experiments.{result['study']}").table(result)
        return f"{text}\n{_study_run(result)}\n"
    return table(result)


def _study_run(result: dict[str, Any]) -> str:
    run = result["run"]
    with_what = f"{run['machine']}, {run['backend']}, {run['date']}"
    if "seconds" in result:
        with_what += f", {result['seconds'] / 60:.0f} minutes"
    return f"`{run['command']}` – {with_what}."


def main(arguments: list[str]) -> int:
    """Fill the pages, or check them.

    Args:
        arguments: ``--check`` or none.

    Returns:
        0, or 1 where a page is not what the results say.
    """
    stale = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        if filled(text) != text:
            stale.append(page.name)
            if "--check" not in arguments:
                page.write_text(filled(text), encoding="utf-8")
    if stale and "--check" in arguments:
        print(f"Not what the results say: {', '.join(stale)}; run: python docs/fill.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
