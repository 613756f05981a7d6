"""Methods side by side, by bits: learned codes, classical codes, float features and chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from aehash.metrics.code_statistics import CodeStatistics
from aehash.metrics.comparison import Difference

Kind = Literal["learned", "code", "floats", "chance"]
#: What a method is judged by, the metric that decides which baseline is the best first.
METRICS = ("map@all/relevant", "map@1000/min_k")
#: Whose features a baseline has that rests on no net.
PIXELS = "pixels"


@dataclass(frozen=True, eq=False)
class Trial:
    """One evaluation of one method.

    Attributes:
        bits: Bits per code; None where the number does not depend on them.
        seed: Of the training or of what the method draws; None where nothing is drawn.
        per_query: ``(q,)`` each, by metric.
        codes: Figures of the database's codes; None where there are none.
    """

    bits: int | None
    seed: int | None
    per_query: Mapping[str, NDArray[np.floating[Any]]]
    codes: CodeStatistics | None = None


@dataclass(frozen=True, eq=False)
class Method:
    """A row of the table, with all that was tried of it.

    Attributes:
        name: What it is called.
        kind: ``learned``, ``code`` (a classical one), ``floats`` or ``chance``.
        of: Whose features it has: a learned method's name, ``pixels``, or nothing.
        trials: One for each width and seed; all over the same queries.
    """

    name: str
    kind: Kind
    of: str
    trials: Sequence[Trial]


@dataclass(frozen=True)
class Cell:
    """A method's number at one width.

    Attributes:
        mean: Mean over queries, and over seeds.
        sd: Standard deviation of the seeds' means (n - 1); None of one seed.
        by_class: Mean over the queries' classes of each class's mean, and over seeds; None where
            queries do not have one label each.
        by_class_sd: Its standard deviation over the seeds.
        low: 2.5th percentile of the mean, by bootstrap over queries averaged over seeds.
        high: 97.5th percentile.
        seeds: How many trials.
    """

    mean: float
    sd: float | None
    by_class: float | None
    by_class_sd: float | None
    low: float
    high: float
    seeds: int


@dataclass(frozen=True)
class CodeFigures:
    """What codes of one width can tell apart: the worst of the seeds.

    Attributes:
        constant_bits: Bits that are the same in every code of the database; the most.
        distinct: Different codes among the database's; the fewest.
        entropy: Mean entropy of a bit, 0 to 1; the least.
    """

    constant_bits: int
    distinct: int
    entropy: float


@dataclass(frozen=True, eq=False)
class MethodRow:
    """A method's numbers.

    Attributes:
        name: What it is called.
        kind: As of the method.
        of: As of the method.
        cells: By bits and metric; bits are None where the number does not depend on them.
        codes: By bits; nothing of what is no code.
    """

    name: str
    kind: Kind
    of: str
    cells: Mapping[tuple[int | None, str], Cell]
    codes: Mapping[int, CodeFigures]

    def at(self, bits: int, metric: str) -> Cell | None:
        """Give the number that stands at a width, its own or the one for all widths.

        Args:
            bits: The width.
            metric: Its name.

        Returns:
            The number; None where there is none.
        """
        return self.cells.get((bits, metric)) or self.cells.get((None, metric))


@dataclass(frozen=True, eq=False)
class Held:
    """A learned method held against the best baseline of the same bits.

    Attributes:
        learned: The learned method.
        bits: Of both.
        baseline: The best by its mean on the same table, among classical codes of the pixels and
            of the method's own encoder's features; or the best of the pixels.
        difference: Learned - baseline, query by query.
    """

    learned: str
    bits: int
    baseline: str
    difference: Difference

    @property
    def verdict(self) -> str:
        """Say in a sentence what the queries tell."""
        told = self.difference.verdict((self.baseline, self.learned))
        return f"{self.bits} bits, {self.learned} against {self.baseline}: {told}"


@dataclass(frozen=True, eq=False)
class MethodTable:
    """All methods.

    Attributes:
        rows: Learned methods, classical codes, float features, chance.
        widths: Bits, ascending.
        metrics: By name, the deciding one first.
        held: Each learned method against the best baseline, by width and metric; then, where that
            is another, against the best of the pixels.
        protocol: The conventions, as JSON has them.
        n_queries: Queries.
        n_database: Items in the database.
        n_classes: Classes of the queries; None where they do not have one label each.
        notes: What a reader must know, in sentences.
        warnings: That learned codes have collapsed, in sentences.
    """

    rows: Sequence[MethodRow]
    widths: Sequence[int]
    metrics: Sequence[str]
    held: Sequence[Held]
    protocol: Mapping[str, Any]
    n_queries: int
    n_database: int
    n_classes: int | None
    notes: Sequence[str] = ()
    warnings: Sequence[str] = ()
