"""Two ways to do one job, timed in turn: A B A B …, so that a busy moment hits both."""

import statistics
import time
from collections.abc import Callable
from typing import Any


def alternate(
    ours: Callable[[], object], bare: Callable[[], object], pairs: int, warm: int = 1
) -> list[dict[str, float]]:
    """Time two functions in turn.

    Args:
        ours: The work done with aehash.
        bare: The same work done by hand.
        pairs: How many pairs to keep.
        warm: How many pairs to run before, unmeasured.

    Returns:
        The seconds of each pair, as ``{"ours": …, "bare": …}``.
    """
    for _ in range(warm):
        ours(), bare()
    return [{"ours": seconds(ours), "bare": seconds(bare)} for _ in range(pairs)]


def seconds(function: Callable[[], object]) -> float:
    """Time one call in wall-clock seconds."""
    started = time.perf_counter()
    function()
    return round(time.perf_counter() - started, 5)


def compared(
    what: str, unit: str, count: int, pairs: list[dict[str, float]], target: str
) -> dict[str, Any]:
    """Turn timed pairs into one comparison.

    Args:
        what: What was compared.
        unit: What is counted, such as ``images/s``.
        count: How many of them each run did.
        pairs: From :func:`alternate`.
        target: What the ratio ours ÷ bare, as speeds, should reach.

    Returns:
        A row for the results: speeds and ratio as median, smallest and largest, and all pairs.
    """
    return {
        "what": what,
        "unit": unit,
        "ours": spread([count / pair["ours"] for pair in pairs]),
        "bare": spread([count / pair["bare"] for pair in pairs]),
        "ratio": spread([pair["bare"] / pair["ours"] for pair in pairs]),
        "target": target,
        "count": count,
        "pairs_seconds": pairs,
    }


def spread(values: list[float]) -> dict[str, float]:
    """Give the median, the smallest and the largest."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}
