"""What was measured for a table or figure, before it is held against the paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Interval = tuple[float, float]
Floats = NDArray[np.float64]
#: Whose value a cell is: this project's unless it says otherwise.
OURS = "aehash"
_DRAWS = 2_000


@dataclass(frozen=True)
class Measured:
    """A value, or a text such as a layer's shape.

    Attributes:
        mean: Over seeds and queries; None where a text is compared.
        sd: Over the seeds' means (n - 1); None of a single seed.
        seeds: How many trainings.
        ci95: By bootstrap over queries of their means over the seeds.
        one_run: Where 95 of 100 single trainings, each asked as many queries as the paper asked,
            would lie; None where that is not known.
        text: What is compared in place of a number.
    """

    mean: float | None = None
    sd: float | None = None
    seeds: int = 1
    ci95: Interval | None = None
    one_run: Interval | None = None
    text: str | None = None

    @classmethod
    def of_queries(cls, values: Sequence[Floats], asked: int | None = None) -> "Measured":
        """Average a measure over seeds and queries.

        Args:
            values: For each seed ``(q,)``, one finite number a query, of the same queries.
            asked: How many queries the paper asked; None where it does not say, or all.

        Returns:
            Mean, spread and intervals.
        """
        from aehash.metrics.bootstrap import bootstrap_intervals

        table = np.stack(values)
        means = table.mean(axis=1)
        return cls(
            float(means.mean()),
            float(means.std(ddof=1)) if len(means) > 1 else None,
            len(means),
            bootstrap_intervals({"": table.mean(axis=0)})[""],
            _one_run(table, asked),
        )


def _one_run(table: Floats, asked: int | None) -> Interval:
    """Draw a seed and as many queries as the paper's, again and again."""
    count = table.shape[1]
    generator = np.random.default_rng(0)
    again = asked is None or asked >= count
    means = [
        generator.choice(row, count if again else asked, replace=again).mean()
        for row in table[generator.integers(0, len(table), _DRAWS)]
    ]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


@dataclass(frozen=True)
class Cell:
    """What stands beside one value of the paper.

    Attributes:
        measured: The value; None where it could not be had.
        chance: The same of a random ranking; None where there is no such thing.
        evenly: The same with tied items in every order, where the value itself is of one order;
            chance is held against this one.
        obstacle: Why it cannot be held against the paper's value, though it was measured.
        missing: Why it was not measured, and what it takes.
        lower: Whether less is better.
        exact: Whether it must be the very same.
    """

    measured: Measured | None = None
    chance: float | None = None
    evenly: Measured | None = None
    obstacle: str = ""
    missing: str = ""
    lower: bool = False
    exact: bool = False


@dataclass(frozen=True)
class Claim:
    """What was found of a sentence of the paper.

    Attributes:
        holds: Whether it holds here; None where it cannot be told.
        found: What was found, with the numbers.
        obstacle: Why that says little of the paper's own setting.
    """

    holds: bool | None
    found: str
    obstacle: str = ""


@dataclass(frozen=True)
class Findings:
    """All that was measured for an entry.

    Attributes:
        cells: By whose, row and column.
        claims: By the paper's claim.
        pictures: Files, drawn already.
        facts: What it was measured on, as JSON can hold it.
        differences: Where it is not as the paper has it, in sentences.
        missing: Why what has no cell was not measured.
    """

    cells: Mapping[tuple[str, str, str], Cell] = field(default_factory=dict)
    claims: Mapping[str, Claim] = field(default_factory=dict)
    pictures: Sequence[Path] = ()
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    differences: Sequence[str] = ()
    missing: str = ""
