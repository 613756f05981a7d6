"""A study's folder of nets: made where they are missing, all with the same settings."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from aehash.errors import UsageError
from aehash.files import read_json, write_json

T = TypeVar("T")
_PLAN = "plan.json"


def check_plan(folder: Path, plan: Mapping[str, Any]) -> None:
    """Refuse a folder whose nets were made with other settings; write them into a new one.

    Args:
        folder: The nets' folder; made where missing.
        plan: The settings, as JSON can hold them.

    Raises:
        UsageError: The folder holds nets of other settings.
    """
    if not (folder / _PLAN).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / _PLAN, plan)
        return
    before = read_json(folder / _PLAN)
    other = [name for name, value in plan.items() if before.get(name) != value]
    if other:
        raise UsageError(
            f"{folder} holds nets made with another choice of {', '.join(other)}: give "
            "another folder with --out, or ask for what it was made with."
        )


def make_missing(
    wanted: Sequence[T],
    there: Callable[[T], bool],
    make: Callable[[T], str],
    cost: Callable[[T], float],
    say: Callable[[str], None],
) -> None:
    """Make what is missing, one after the other, saying what came out and the time left.

    Args:
        wanted: The nets.
        there: Whether one is made already.
        make: Makes one, and says in a few words what came out.
        cost: What one takes, in any unit.
        say: Takes each line for the user.
    """
    from aehash.epochs import duration

    todo = [each for each in wanted if not there(each)]
    if len(todo) < len(wanted):
        say(f"{len(wanted) - len(todo)} of {len(wanted)} nets are there already")
    left, started, done = sum(map(cost, todo)), time.monotonic(), 0.0
    for number, each in enumerate(todo, 1):
        words = make(each)
        done += cost(each)
        seconds = (time.monotonic() - started) * (left - done) / done
        more = f"  about {duration(seconds)} left" if number < len(todo) else ""
        say(f"[{number}/{len(todo)}] {words}{more}")


def losses(run: Path) -> dict[str, Any]:
    """Say how a run's training went.

    Args:
        run: Its folder.

    Returns:
        The mean training loss of the first and of the last pass, how many there were, which was
        kept, and the seconds.
    """
    info = read_json(run / "run.json")
    values = history(run)["loss"]
    return {
        "loss_first_pass": values[0],
        "loss_last_pass": values[-1],
        "passes": len(values),
        "kept_pass": info["best_epoch"],
        "training_seconds": info["seconds"],
    }


def history(run: Path) -> dict[str, list[float]]:
    """Read what was noted of each pass.

    Args:
        run: A run's folder.

    Returns:
        By column of ``history.csv``, a number a pass.
    """
    head, *lines = (run / "history.csv").read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines]
    return {
        name: [float(row[column]) for row in rows] for column, name in enumerate(head.split(","))
    }
