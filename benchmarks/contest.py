"""Several ways to do one job, timed in turn: A B C A B C …, for as long as a cell may take."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aehash.errors import AehashError
from benchmarks.pairs import spread

OURS = "aehash"
SLOW = 4.0
"""A way this much slower than the fastest peer in the warm-up is not timed again."""
_SHORTEST = 0.004
_QUICK = 0.05


@dataclass(frozen=True)
class Way:
    """One way to do the job.

    Attributes:
        name: As the page calls it.
        call: Does it.
        share: Of the whole job, what the call does: times are divided by it.
        rival: Whether it counts when the fastest peer is looked for.
    """

    name: str
    call: Callable[[], object]
    share: float = 1.0
    rival: bool = True


@dataclass(frozen=True)
class Box:
    """How long a cell is measured: rounds, until the seconds are over.

    Attributes:
        least: Rounds measured in any case.
        most: Rounds measured at most.
        seconds: No further round begins after them.
    """

    least: int = 3
    most: int = 9
    seconds: float = 4.0


def contest(ours: Way, others: Sequence[Way], box: Box) -> dict[str, list[float]]:
    """Time all ways in turn, after one round to warm up.

    Args:
        ours: aehash's way.
        others: The others; those over `SLOW` times the fastest rival's time in the warm-up keep
            that one time.
        box: How long.

    Returns:
        The seconds of the whole job in each round, by name.
    """
    ways = [ours, *others]
    first = {way.name: _warmed(way.call) for way in ways}
    times: dict[str, list[float]] = {way.name: [] for way in ways}
    fastest = min(first[way.name] / way.share for way in others if way.rival)
    kept = [way for way in ways if first[way.name] / way.share <= SLOW * fastest or way is ours]
    started = time.perf_counter()
    for round_ in range(box.most):
        if round_ >= box.least and time.perf_counter() - started > box.seconds:
            break
        for way in kept:
            loops = max(1, int(_SHORTEST / first[way.name]))
            times[way.name].append(_seconds(way.call, loops) / way.share)
    return {way.name: times[way.name] or [first[way.name] / way.share] for way in ways}


def _warmed(call: Callable[[], object]) -> float:
    """Time the first call, and a second one where the first was quick."""
    first = _seconds(call, 1)
    return min(first, _seconds(call, 1)) if first < _QUICK else first


def _seconds(call: Callable[[], object], loops: int) -> float:
    started = time.perf_counter()
    for _ in range(loops):
        call()
    return (time.perf_counter() - started) / loops


def judged(
    about: Mapping[str, Any],
    times: Mapping[str, Sequence[float]],
    rivals: Sequence[str],
    target: float | None,
) -> dict[str, Any]:
    """Turn a contest's times into a row of results.

    Args:
        about: What was done: the cell's parameters.
        times: From `contest`.
        rivals: The peers of which the fastest, by median, is the one to compare with.
        target: What the ratio of speeds, ours ÷ the fastest rival's, should reach; or none.

    Returns:
        The parameters, the raw seconds, and the ratio over the rounds: median, smallest, largest.
    """
    ours = times[OURS]
    fastest = min(rivals, key=lambda name: spread(list(times[name]))["median"])
    theirs = times[fastest]
    rounds = theirs if len(theirs) == len(ours) else [theirs[0]] * len(ours)
    ratio = spread([b / a for a, b in zip(ours, rounds, strict=True)])
    return {
        **about,
        "seconds": {name: [float(f"{one:.5g}") for one in found] for name, found in times.items()},
        "fastest": fastest,
        "ratio": ratio,
        **aim(ratio["median"], target),
    }


def aim(value: float, target: float | None, at_least: bool = True) -> dict[str, Any]:
    """Say what a value should reach and whether it does.

    Args:
        value: As measured, a median.
        target: The smallest, or largest, value asked for; or none.
        at_least: Whether larger is better.

    Returns:
        ``{"target": …, "reached": …, "margin": …}``, the margin above 1 where it is reached; all
        None without a target.
    """
    if target is None:
        return {"target": None, "reached": None, "margin": None}
    reached = value >= target if at_least else value <= target
    margin = value / target if at_least else target / value
    return {"target": target, "reached": bool(reached), "margin": float(f"{margin:.4g}")}


def check(agree: bool, what: str) -> None:
    """Stop a benchmark whose sides do not give the same result.

    Args:
        agree: Whether they do.
        what: What was compared, for the sentence.

    Raises:
        AehashError: They do not.
    """
    if not agree:
        raise AehashError(f"{what}: the results differ, so there is nothing to time. Find out why.")
