"""What every way to rank again has in common: what it learns from, and what it gives."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.feedback.marks import Marks
from aehash.feedback.ordering import Scorer
from aehash.feedback.table import Table

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Asked:
    """What a method learns from.

    Attributes:
        table: The database.
        query: ``(d,)`` float64.
        marks: The rows marked so far.
        seed: Of what is drawn.
        own: The row that is the query itself, if any.
    """

    table: Table
    query: Floats
    marks: Marks
    seed: int
    own: int | None = None

    @property
    def positives(self) -> Floats:
        """The query and the rows marked relevant, ``(1 + r, d)``."""
        return np.vstack([self.query[None], self.table.take(self.marks.relevant)])


class Method(Protocol):
    """A way to rank again."""

    pins: ClassVar[bool]

    def scorer(self, asked: Asked) -> Scorer:
        """Learn from the marks."""


def check_number(name: str, value: Any, *, zero: bool) -> None:
    """Check a number.

    Args:
        name: What it is, for the message.
        value: The number.
        zero: Whether it may be 0.

    Raises:
        UsageError: It is not a number, not finite, or too small.
    """
    real = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not real or value < 0 or (value == 0 and not zero):
        raise UsageError(f"{name} must be a number {'from' if zero else 'above'} 0, not {value!r}.")
