"""Run commands in an empty folder and keep what the last evaluation found, for docs/fill.py.

    python docs/record.py demo 'aehash train --bits 128' 'aehash extract' \
        'aehash evaluate --radius 2' --picture docs/demo-retrieval.png

writes experiments/results/demo.json: the report as it was printed to disk, with the commands, the
training's facts and the machine beside it.
"""

import argparse
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from aehash.experiments.study_facts import machine
from aehash.files import read_json, write_json

ROOT = Path(__file__).resolve().parents[1]


def record(commands: list[str], picture: Path | None) -> dict[str, Any]:
    """Run the commands, one after the other.

    Args:
        commands: Each begins with ``aehash``; the first trains and the last evaluates.
        picture: Where the evaluation's picture of first hits is put; None for nowhere.

    Returns:
        ``run`` and ``report``, as docs/fill.py lays them out.
    """
    with tempfile.TemporaryDirectory() as folder:
        for command in commands:
            name, *arguments = shlex.split(command)
            if name != "aehash":
                raise SystemExit(f"{command!r} does not begin with aehash.")
            line = [sys.executable, "-m", "aehash.cli.main", *arguments]
            subprocess.run(line, cwd=folder, check=True)
        (report,) = Path(folder).glob("runs/*/codes/*/evaluation/report.json")
        if picture is not None:
            shutil.copy(report.with_name("retrieval.png"), picture)
        training = read_json(report.parents[3] / "run.json")
        seed = read_json(report.parents[3] / "recipe.json")["train"]["seed"]
        found = json.loads(report.read_text(encoding="utf-8"))
    facts = f"seed {seed}, trained in {training['seconds']:.0f} s, {machine()}"
    keys = ("digest", "epochs", "seconds", "finished", "backend")
    run = {
        "commands": commands,
        "facts": facts,
        "machine": machine(),
        "seed": seed,
        "training": {key: training[key] for key in keys if key in training},
        "versions": training["versions"],
    }
    return {"run": run, "report": found}


def main() -> None:
    """Read the command line, run what it says, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("name", help="of the result, experiments/results/NAME.json")
    parser.add_argument("commands", nargs="+", metavar="COMMAND")
    parser.add_argument("--picture", type=Path, help="where the picture of first hits is put")
    given = parser.parse_args()
    made = record(given.commands, given.picture)
    write_json(ROOT / "experiments" / "results" / f"{given.name}.json", made)


if __name__ == "__main__":
    main()
