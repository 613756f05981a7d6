"""An evaluation's values by query, checked: what a comparison works on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.metrics.evaluation import Evaluation

_TEXT = ("metric", "per", "ties", "relevance", "self_match")
_DATA = ("database", "queries")


@dataclass(frozen=True, eq=False)
class Scores:
    """An evaluation's values by query, and what they rest on.

    Attributes:
        title: The ranking's name.
        protocol: The conventions and the data's names, as JSON has them.
        n_database: Items in the database.
        per_query: ``(q,)`` each, finite, by metric; float32 where that is all that was kept.
        keys: ``(q,)`` the queries' keys; none where they are known to stand in one order.
        labels: ``(q,)`` or ``(q, classes)``, the queries' labels; none where not known.
        database: Digest of the database's keys and labels; none where not known.
        order: Digest of the database's order by key; none where not known.
        split: SHA-256 of the split of queries and database; none where not known.

    Raises:
        UsageError: A part is missing, of another kind, or of other rows.
    """

    title: str
    protocol: Mapping[str, Any]
    n_database: int
    per_query: Mapping[str, NDArray[np.floating[Any]]]
    keys: NDArray[np.bytes_] | None = None
    labels: NDArray[Any] | None = None
    database: str | None = None
    order: str | None = None
    split: str | None = None

    def __post_init__(self) -> None:
        """Check every part."""
        if isinstance(self.n_database, bool) or not isinstance(self.n_database, int):
            raise UsageError(f"n_database must be a whole number, not {self.n_database!r}.")
        for name in ("database", "order", "split"):
            _check_kind(f"{name}'s digest", getattr(self, name), str | None)
        _check_protocol(self.protocol)
        self._check_values()

    def _check_values(self) -> None:
        if not self.per_query or not len(self):
            raise UsageError(f"{self.title} has no values by query.")
        for name, values in self.per_query.items():
            if values.shape != (len(self),) or values.dtype.kind != "f":
                raise UsageError(
                    f"{name} must be {len(self)} real numbers, one for each query, not "
                    f"{values.dtype} of shape {values.shape}."
                )
            if not np.isfinite(values).all():
                raise UsageError(f"{name} is not a number for some queries.")
        for name, rows in (("keys", self.keys), ("labels", self.labels)):
            if rows is not None and (rows.ndim < 1 or len(rows) != len(self)):
                raise UsageError(f"There are {len(self)} queries and {name} of {rows.shape}.")
        if self.keys is not None and (self.keys.ndim != 1 or self.keys.dtype.kind != "S"):
            raise UsageError(f"keys must be bytes, one a query, not {self.keys.dtype}.")

    @classmethod
    def of(cls, evaluation: Evaluation) -> "Scores":
        """Take them from an evaluation in memory.

        Args:
            evaluation: Any.

        Returns:
            Its values, with the queries' keys and labels and the database's digests.

        Raises:
            UsageError: It is no evaluation.
        """
        if not isinstance(evaluation, Evaluation):
            raise UsageError(
                f"Evaluations are compared, not a {type(evaluation).__name__}: make them with "
                "evaluate(database, queries)."
            )
        return cls(
            title=evaluation.title,
            protocol=evaluation.protocol,
            n_database=evaluation.n_database,
            per_query=evaluation.per_query,
            keys=evaluation.queries.keys,
            labels=evaluation.queries.labels,
            database=evaluation.database.digest,
            order=evaluation.database.order,
            split=evaluation.split,
        )

    def __len__(self) -> int:
        """Count the queries."""
        return len(next(iter(self.per_query.values())))

    @property
    def asked(self) -> list[str]:
        """The metrics to show first: those the protocol names, or AP by its divisor at each cut."""
        if "asked" in self.protocol:
            return list(self.protocol["asked"])
        per = self.protocol["per"]
        return [f"map@{k}/{per}" for k in self.protocol["ks"]]


def _check_protocol(protocol: Mapping[str, Any]) -> None:
    _check_kind("protocol", protocol, Mapping)
    missing = [name for name in (*_TEXT, *_DATA, "radius", "rerank", "ks") if name not in protocol]
    if missing:
        raise UsageError(f"The protocol says nothing of {', '.join(missing)}.")
    for name in _TEXT:
        _check_kind(name, protocol[name], str)
    _check_kind("radius", protocol["radius"], int | None)
    _check_kind("rerank", protocol["rerank"], bool)
    _check_kind("ks", protocol["ks"], list | tuple)
    _check_kind("name", protocol.get("name"), str | None)
    for name in _DATA:
        _check_kind(name, protocol[name], Mapping)
        for part in ("source", "split"):
            _check_kind(f"{name}'s {part}", protocol[name].get(part), str | None)


def _check_kind(name: str, value: Any, kind: Any) -> None:
    if not isinstance(value, kind):
        raise UsageError(f"{name} cannot be {value!r}.")
