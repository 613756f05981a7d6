"""What an evaluation by the Oxford and Paris protocols found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aehash.metrics.bootstrap import bootstrap_intervals
from aehash.metrics.landmark_conventions import LandmarkConventions


@dataclass(frozen=True, eq=False)
class SettingScores:
    """What was found in one setting.

    Attributes:
        name: ``good+ok``, ``easy``, ``medium`` or ``hard``.
        per_query: By metric, ``(q,)`` each; NaN for queries without a relevant image.
        per_chance: The same for a random ranking, exactly.
        relevant: ``(q,)`` relevant images.
        junk: ``(q,)`` images taken out of the ranking.
    """

    name: str
    per_query: Mapping[str, NDArray[np.float64]]
    per_chance: Mapping[str, NDArray[np.float64]]
    relevant: NDArray[np.int64]
    junk: NDArray[np.int64]

    @property
    def counted(self) -> int:
        """Count the queries that have a relevant image."""
        return int((self.relevant > 0).sum())

    @property
    def metrics(self) -> dict[str, float]:
        """Means over the counted queries; none where there are none."""
        return self._means(self.per_query)

    @property
    def chance(self) -> dict[str, float]:
        """The same for a random ranking."""
        return self._means(self.per_chance)

    @cached_property
    def ci95(self) -> dict[str, tuple[float, float]]:
        """The means' bootstrap intervals over queries."""
        kept = self.relevant > 0
        if not kept.any():
            return {}
        return bootstrap_intervals({name: each[kept] for name, each in self.per_query.items()})

    def _means(self, scores: Mapping[str, NDArray[np.float64]]) -> dict[str, float]:
        kept = self.relevant > 0
        return {name: float(each[kept].mean()) for name, each in scores.items() if kept.any()}


@dataclass(frozen=True, eq=False)
class LandmarkEvaluation:
    """What an evaluation by a ground truth found.

    Attributes:
        conventions: How images were ranked.
        settings: One, or easy, medium and hard.
        queries: The queries' images.
        n_database: Images that were ranked, junk included.
        extra: Images ranked that the ground truth does not list; None where it lists none.
        removed: Query images that the database held and that were left out.
        notes: What a reader must know, in sentences.
    """

    conventions: LandmarkConventions
    settings: tuple[SettingScores, ...]
    queries: tuple[str, ...]
    n_database: int
    extra: int | None
    removed: int
    notes: Sequence[str] = ()
