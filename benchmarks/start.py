"""How long the command line takes to answer."""

import subprocess
import sys
from typing import Any

from benchmarks.pairs import seconds, spread
from benchmarks.scale import Scale

_COMMANDS: dict[str, tuple[list[str], str]] = {
    "python -c pass": (["-c", "pass"], ""),
    "aehash --help": (["-m", "aehash.cli.main", "--help"], "< 0.3 s"),
    "aehash evaluate --help": (["-m", "aehash.cli.main", "evaluate", "--help"], "< 0.3 s"),
}


def run(scale: Scale) -> dict[str, Any]:
    """Time each command in a fresh process, in turn."""
    times: dict[str, list[float]] = {name: [] for name in _COMMANDS}
    for round_ in range(scale.pairs + 1):
        for name, (arguments, _) in _COMMANDS.items():
            taken = seconds(lambda given=arguments: _call(given))  # type: ignore[misc]
            if round_:
                times[name].append(taken)
    rows = [
        {"what": name, "seconds": spread(found), "target": _COMMANDS[name][1], "all": found}
        for name, found in times.items()
    ]
    return {
        "about": "Wall-clock time of a fresh process, in turn, after one round to warm up.",
        "seed": scale.seed,
        "times": rows,
    }


def _call(arguments: list[str]) -> None:
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
