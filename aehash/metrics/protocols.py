"""Evaluation protocols by name: what published numbers mean, as data with its sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from aehash.errors import UsageError, nearest
from aehash.metrics.evaluation import Evaluation
from aehash.metrics.landmark_conventions import LandmarkConventions
from aehash.metrics.protocol import Protocol
from aehash.metrics.split_identity import named_split, plain_source, split_text

#: Images beside each query in the picture of an evaluation, where no protocol says otherwise.
HITS = 8


@dataclass(frozen=True)
class Data:
    """The data a protocol is defined on.

    Attributes:
        name: The data set, as its ``source`` in a codebook would be called; empty for any.
        queries: What the queries are, in words.
        database: What the database is, in words.
        n_queries: How many queries; None where the protocol leaves it open.
        n_database: How many database items; None where the protocol leaves it open.
    """

    name: str
    queries: str
    database: str
    n_queries: int | None = None
    n_database: int | None = None


@dataclass(frozen=True)
class NamedProtocol:
    """A protocol that others have used.

    Attributes:
        name: What it is called here.
        about: One line: whose it is.
        conventions: How queries are ranked and judged.
        data: What it is defined on, one entry or several.
        headline: The metric that is reported under it.
        sources: Where each fact stands: paper or code, and the place in it.
        unverified: What its sources do not say or were not at hand for, and what stands here
            instead.
        remarks: What the source's own code does differently.
        by_class: Whether it is judged by class as well.
        hits: Images beside each query in the picture of an evaluation.
        landmarks: How queries are ranked where a ground truth, not labels, says what is relevant;
            ``conventions`` is then the nearest that labels can have. None for all others.
        split: The named split that its images are; none where the protocol leaves them open.
    """

    name: str
    about: str
    conventions: Protocol
    data: Sequence[Data]
    headline: str
    sources: Mapping[str, str]
    unverified: Sequence[str] = field(default=())
    remarks: Sequence[str] = field(default=())
    by_class: bool = False
    hits: int = HITS
    landmarks: LandmarkConventions | None = None
    split: str | None = None

    @property
    def judging(self) -> Protocol | LandmarkConventions:
        """The conventions that it is judged by."""
        return self.conventions if self.landmarks is None else self.landmarks

    def changes(self, used: Protocol | LandmarkConventions) -> list[str]:
        """List what was chosen otherwise.

        Args:
            used: The conventions that were used.

        Returns:
            Such as ``"per=min_k instead of hits"``, one for each changed field.
        """
        mine, theirs = self.judging.as_dict(), used.as_dict()
        found = [
            f"{name}={_written(theirs[name])} instead of {_written(value)}"
            for name, value in mine.items()
            if theirs[name] != value
        ]
        if used.exclude_self != self.judging.exclude_self:
            found.append(f"exclude_self={used.exclude_self} instead of {self.judging.exclude_self}")
        return found

    def mismatches(self, source: str | None, n_queries: int, n_database: int) -> list[str]:
        """Say where data is not what the protocol is defined on.

        Args:
            source: What the data is called; None where that is not known.
            n_queries: Queries at hand.
            n_database: Database items at hand.

        Returns:
            Sentences; none where all that the protocol states holds.
        """
        found = min(
            (_differences(each, source, n_queries, n_database) for each in self.data), key=len
        )
        if not found and source is None and any(each.name for each in self.data):
            names = " or ".join(each.name for each in self.data)
            return [
                f"Protocol {self.name} is defined on {names}, and these codes do not say what "
                "data they come from, so this was not checked (codebook import: --source)."
            ]
        return [f"Not protocol {self.name} as published: {each}." for each in found]

    def as_dict(self) -> dict[str, Any]:
        """Give everything as JSON can hold it."""
        return {
            "name": self.name,
            "about": self.about,
            "conventions": self.judging.as_dict(),
            "data": [
                {each.name: getattr(entry, each.name) for each in fields(Data)}
                for entry in self.data
            ],
            "headline": self.headline,
            "sources": dict(self.sources),
            "unverified": list(self.unverified),
            "remarks": list(self.remarks),
            "by_class": self.by_class,
            "hits": self.hits,
            "split": None
            if self.split is None
            else {"name": self.split, "sha256": named_split(self.split).sha256},
        }


def named_protocols() -> dict[str, NamedProtocol]:
    """Give every protocol that has a name, by its name."""
    from aehash.metrics.landmark_protocols import LANDMARK_TABLE
    from aehash.metrics.protocol_table import TABLE

    return {each.name: each for each in (*TABLE, *LANDMARK_TABLE)}


def named_protocol(name: str) -> NamedProtocol:
    """Find a protocol by its name.

    Args:
        name: Such as ``akbacak2023``.

    Returns:
        The protocol.

    Raises:
        UsageError: There is none of that name.
    """
    known = named_protocols()
    if not isinstance(name, str) or name not in known:
        raise UsageError(f"There is no protocol {name!r}.{nearest(str(name), known)}")
    return known[name]


def marked(evaluation: Evaluation, named: NamedProtocol, source: str | None) -> Evaluation:
    """Write a protocol's name on an evaluation, with all that is not as the protocol has it.

    Args:
        evaluation: Made by its conventions or by changed ones.
        named: The protocol.
        source: What the queries' data is called; None where that is not known.

    Returns:
        The same numbers; ``protocol`` has ``name`` and ``changed`` and the notes say where the
        data is not what the protocol is defined on.
    """
    changed = named.changes(evaluation.conventions)
    mismatches = named.mismatches(source, evaluation.n_queries, evaluation.n_database)
    if not mismatches and named.split is not None:
        mismatches = _other_split(named, named.split, evaluation, source)
    return replace(
        evaluation,
        protocol={"name": named.name, "changed": changed, **evaluation.protocol},
        notes=[*mismatches, *evaluation.notes],
    )


def _other_split(
    named: NamedProtocol, wanted: str, evaluation: Evaluation, source: str | None
) -> list[str]:
    """Say that as many images as the protocol has are not its images."""
    found = evaluation.split
    if found == named_split(wanted).sha256:
        return []
    asked = split_text(named_split(wanted).sha256, wanted)
    return [
        f"Not protocol {named.name} as published: it is defined on the split {asked}, and these "
        f"images are {split_text(found, source)}."
    ]


def _differences(data: Data, source: str | None, n_queries: int, n_database: int) -> list[str]:
    found = []
    if data.name and source is not None and data.name != plain_source(source):
        found.append(f"it is defined on {data.name}, and these codes come from {source}")
    for wanted, there, what in (
        (data.n_queries, n_queries, "queries"),
        (data.n_database, n_database, "database items"),
    ):
        if wanted is not None and wanted != there:
            found.append(f"it has {wanted:,} {what} ({_meant(data, what)}), and here are {there:,}")
    return found


def _meant(data: Data, what: str) -> str:
    return data.queries if what == "queries" else data.database


def _written(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
