"""An evaluation by class: rows, their macro and micro means, and who is taken for whom."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from aehash.metrics.average_precision import Depth
from aehash.metrics.majority_chance import majority_chance
from aehash.metrics.ties import Floats, Ints, ratio
from aehash.metrics.voters import Voters
from aehash.metrics.votes import Votes, lengths_of


def accuracy(k: Depth) -> str:
    """Name the share of queries whose majority label among the first k is theirs."""
    return f"accuracy@{k}/majority"


def recall_bound(k: Depth) -> str:
    """Name the largest recall there can be among the first k."""
    return f"recall_bound@{k}"


def recall_bounds(relevant: Ints, ks: Sequence[Depth]) -> dict[str, Floats]:
    """Say what recall a perfect ranking has.

    Args:
        relevant: ``(q,)`` relevant items in the database, R.
        ks: Cuts.

    Returns:
        By name, ``(q,)`` each: min(k, R)/R, and 0 where R is 0.
    """
    lengths = lengths_of(relevant, ks)
    return {recall_bound(k): ratio(lengths[:, place], relevant) for place, k in enumerate(ks)}


def metrics_of(k: Depth) -> tuple[str, str, str, str]:
    """Name what is judged by class at a cut: precision, recall, its bound and accuracy."""
    return f"precision@{k}", f"recall@{k}", recall_bound(k), accuracy(k)


@dataclass(frozen=True, eq=False)
class ByClass:
    """What each class of queries found.

    Attributes:
        names: The classes that a query or a database item has.
        queries: ``(classes,)`` queries of each.
        database: ``(classes,)`` database items of each.
        ks: Cuts.
        metrics: ``(classes,)`` means over a class's queries by name: ``precision@20``,
            ``recall@20``, ``recall_bound@20``, ``accuracy@20/majority``; NaN for a class that has
            no queries.
        chance: The same for a random ranking.
        macro: Means over the classes that have queries, by name.
        micro: Means over all queries, by name: the evaluation's own numbers.
        macro_chance: As ``macro``, for a random ranking.
        micro_chance: As ``micro``, for a random ranking.
        confusion: ``(cuts, classes, classes)`` queries by their class and by the majority label,
            which is shared where several lead. A row and ``silent`` add up to ``queries``.
        silent: ``(cuts, classes)`` queries that found nothing that votes.
        divided: ``(cuts,)`` queries with tied items at the cut that had a part of a vote each.
        unlabelled: Queries and database items without a label.
    """

    names: Sequence[str]
    queries: Ints
    database: Ints
    ks: Sequence[Depth]
    metrics: Mapping[str, Floats]
    chance: Mapping[str, Floats]
    macro: Mapping[str, float]
    micro: Mapping[str, float]
    macro_chance: Mapping[str, float]
    micro_chance: Mapping[str, float]
    confusion: Floats
    silent: Ints
    divided: Ints
    unlabelled: tuple[int, int]

    @classmethod
    def of(
        cls,
        voters: Voters,
        ks: Sequence[Depth],
        votes: Iterable[Votes],
        found: Mapping[str, Floats],
        chance: Mapping[str, Floats],
    ) -> Self:
        """Gather it from every query's values.

        Args:
            voters: The classes.
            ks: Cuts.
            votes: Who led, block by block in the queries' order.
            found: ``(q,)`` each query's values by name, those of `metrics_of` among them.
            chance: The same for a random ranking.

        Returns:
            The table.
        """
        names = [name for k in ks for name in metrics_of(k)]
        rows, by_chance = _rows(voters, found, names), _rows(voters, chance, names)
        confusion, silent, divided = _confused(voters, len(ks), votes)
        return cls(
            names=voters.names,
            queries=voters.queries,
            database=voters.database,
            ks=tuple(ks),
            metrics=rows,
            chance=by_chance,
            macro={name: float(np.nanmean(rows[name])) for name in names},
            micro={name: float(found[name].mean()) for name in names},
            macro_chance={name: float(np.nanmean(by_chance[name])) for name in names},
            micro_chance={name: float(chance[name].mean()) for name in names},
            confusion=confusion,
            silent=silent,
            divided=divided,
            unlabelled=(int((voters.asked < 0).sum()), int((voters.held < 0).sum())),
        )

    @property
    def first(self) -> int:
        """The place of the smallest cut, ``all`` being the largest."""
        return min(
            range(len(self.ks)), key=lambda at: float(str(self.ks[at]).replace("all", "inf"))
        )

    @property
    def largest(self) -> tuple[Sequence[str], float]:
        """The database's largest classes, and the accuracy of an answer that is always them.

        Several of one size share the answer, as leaders of equal votes do; there are none where no
        item has a label.
        """
        most = int(self.database.max())
        places = np.flatnonzero((self.database == most) & (most > 0))
        total = int(self.queries.sum()) + self.unlabelled[0]
        right = float(self.queries[places].mean() / total) if len(places) else 0.0
        return [self.names[place] for place in places.tolist()], right

    def notes(self) -> list[str]:
        """Say what a reader of the table must know, in sentences."""
        found = []
        names, share = self.largest
        if names:
            which = names[0] if len(names) == 1 else f"one of {len(names):,} of equal size, shared"
            found.append(
                f"An answer that is always the database's largest class ({which}) would be right "
                f"for {share:.4f} of the queries; items that all tie are such an answer under "
                "ties=expected."
            )
        if self.divided.any():
            found.append(
                "Items tied at a cut cast a part of a vote each, as a random order of them does on "
                "average."
            )
        if any(self.unlabelled):
            queries, items = self.unlabelled
            found.append(
                f"{queries:,} queries and {items:,} database items have no label: such a query "
                "counts as 0 and is in no class's row, and such an item votes for none."
            )
        return found

    def as_dict(self) -> dict[str, Any]:
        """Give everything as JSON can hold it.

        Returns:
            ks, classes (a row each), macro, micro, largest, and by cut confusion (rows and columns
            in the order of the classes), silent and divided.
        """
        names, share = self.largest
        return {
            "ks": list(self.ks),
            "classes": [self._row(place) for place in range(len(self.names))],
            "macro": {"metrics": dict(self.macro), "chance": dict(self.macro_chance)},
            "micro": {"metrics": dict(self.micro), "chance": dict(self.micro_chance)},
            "largest": {"classes": list(names), "accuracy": share},
            "unlabelled": dict(zip(("queries", "database"), self.unlabelled, strict=True)),
            "confusion": self._by_cut(self.confusion),
            "silent": self._by_cut(self.silent),
            "divided": self._by_cut(self.divided),
        }

    def _row(self, place: int) -> dict[str, Any]:
        row: dict[str, Any] = {
            "class": self.names[place],
            "queries": int(self.queries[place]),
            "database": int(self.database[place]),
        }
        for what, values in (("metrics", self.metrics), ("chance", self.chance)):
            there = self.queries[place] > 0
            row[what] = {
                name: float(each[place]) if there else None for name, each in values.items()
            }
        return row

    def _by_cut(self, table: NDArray[Any]) -> dict[str, Any]:
        return {str(k): part.tolist() for k, part in zip(self.ks, table, strict=True)}


def by_chance(
    voters: Voters, ks: Sequence[Depth], votes: Iterable[Votes], own: Ints
) -> dict[str, Floats]:
    """Give every query the probability that a random ranking's majority is right.

    Args:
        voters: The classes.
        ks: Cuts.
        votes: With the number of items before each cut, block by block.
        own: ``(q,)`` rows that are the query itself, or -1.

    Returns:
        By name of the accuracy, ``(q,)`` each.
    """
    lengths = np.concatenate([each.sizes for each in votes])
    sizes = np.unique(lengths)
    items = int((voters.held < 0).sum())
    right, without = majority_chance(voters.database, items, sizes.tolist())
    place = np.searchsorted(sizes, lengths)
    asked = np.maximum(voters.asked, 0)[:, None]
    value = np.where(own[:, None] >= 0, without[place, asked], right[place, asked])
    value = np.where(voters.asked[:, None] >= 0, value, 0.0)
    return {accuracy(k): value[:, cut] for cut, k in enumerate(ks)}


def _rows(voters: Voters, values: Mapping[str, Floats], names: Sequence[str]) -> dict[str, Floats]:
    """Average over each class's queries; NaN where there are none."""
    inside, count = voters.asked >= 0, voters.queries
    asked = voters.asked[inside]
    found = {}
    for name in names:
        sums = np.bincount(asked, values[name][inside], len(count))
        found[name] = np.where(count > 0, ratio(sums, count), np.nan)
    return found


def _confused(voters: Voters, cuts: int, votes: Iterable[Votes]) -> tuple[Floats, Ints, Ints]:
    """Add the leaders up in the queries' order, so that blocks change no rounding."""
    classes = len(voters.names)
    confusion = np.zeros((cuts, classes, classes))
    silent, divided = np.zeros((cuts, classes), np.int64), np.zeros(cuts, np.int64)
    start = 0
    for block in votes:
        asked = voters.asked[start : start + len(block.sizes)].astype(np.int64)
        start += len(block.sizes)
        whose = asked[block.query]
        known = whose >= 0
        cells = block.cut[known], whose[known], block.label[known]
        np.add.at(confusion, cells, block.share[known])
        led = np.zeros(block.sizes.shape, np.bool_)
        led[block.query, block.cut] = True
        query, cut = np.nonzero(~led & (asked >= 0)[:, None])
        np.add.at(silent, (cut, asked[query]), 1)
        divided += block.divided.sum(axis=0)
    return confusion, silent, divided
