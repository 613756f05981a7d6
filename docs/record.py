"""Keep a result: what was run, with which seeds, on which machine, and what came out.

    python docs/record.py NAME REPORT.json RUN_FOLDER SECONDS "COMMAND" ["COMMAND" …]

RUN_FOLDER is ``-`` for codes that were made elsewhere, SECONDS what all commands took.
"""

import datetime
import sys
from pathlib import Path
from typing import Any

from aehash.experiments.study_facts import commit, machine
from aehash.files import read_json, write_json

RESULTS = Path(__file__).resolve().parents[1] / "experiments" / "results"


def record(name: str, report: Path, run: Path | None, seconds: float, commands: list[str]) -> Path:
    """Write ``experiments/results/NAME.json``.

    Args:
        name: Of the result.
        report: ``report.json`` of ``aehash evaluate``.
        run: The run's folder; None where the codes came from elsewhere.
        seconds: What all of it took.
        commands: What was typed.

    Returns:
        The file.
    """
    facts = {**how(commands), "seconds": seconds}
    words = [facts["machine"]]
    if run is not None:
        info = read_json(run / "run.json")
        recipe = read_json(run / "recipe.json")
        facts["training"] = {
            key: info[key]
            for key in ("digest", "epochs", "best_epoch", "seconds", "finished", "backend")
        }
        facts["seed"] = recipe["train"]["seed"]
        facts["versions"] = info["versions"]
        words = [f"seed {facts['seed']}", f"trained in {info['seconds']:.0f} s", *words]
    facts["facts"] = ", ".join(words)
    target = RESULTS / f"{name}.json"
    write_json(target, {"run": facts, "report": read_json(report)})
    return target


def how(commands: list[str]) -> dict[str, Any]:
    """Say when, where and with which code something was run.

    Args:
        commands: What was typed.

    Returns:
        Plain values.
    """
    return {
        "commands": commands,
        "machine": machine(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "commit": commit(),
    }


if __name__ == "__main__":
    print(
        record(
            sys.argv[1],
            Path(sys.argv[2]),
            None if sys.argv[3] == "-" else Path(sys.argv[3]),
            float(sys.argv[4]),
            sys.argv[5:],
        )
    )
