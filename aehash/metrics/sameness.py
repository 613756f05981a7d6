"""Whether two evaluations' numbers mean the same, and the sentences that say where not."""

from collections.abc import Container, Mapping
from typing import Any

from aehash.errors import UsageError
from aehash.metrics.evaluation import Evaluation
from aehash.metrics.scores import Scores
from aehash.metrics.split_identity import split_text

#: Conventions that must be the same for two numbers of one name to mean the same.
_CONVENTIONS = ("metric", "radius", "rerank", "ties", "relevance", "self_match")
_TITLED = ("metric", "radius", "rerank")


def protocol_warnings(
    a: Mapping[str, Any],
    b: Mapping[str, Any],
    names: tuple[str, str] = ("A", "B"),
    told: Container[str] = (),
) -> list[str]:
    """Say which conventions differ.

    Args:
        a: The first's protocol, as JSON has it.
        b: The second's.
        names: What the two are called.
        told: Conventions that the reader is told of otherwise.

    Returns:
        A sentence, or none.
    """
    mine, theirs = names
    differing = [
        f"{name} is {written(a[name])} in {mine} and {written(b[name])} in {theirs}"
        for name in _CONVENTIONS
        if name not in told and a[name] != b[name]
    ]
    by = a.get("name"), b.get("name")
    if None not in by and by[0] != by[1]:
        differing.append(f"{mine} is by {by[0]} and {theirs} by {by[1]}")
    if not differing:
        return []
    return [
        f"{mine} and {theirs} were not judged by the same protocol: {'; '.join(differing)}. "
        "Their numbers do not mean the same."
    ]


def check_comparable(a: Scores, b: Scores) -> None:
    """Refuse numbers of two named protocols, or of two splits.

    Args:
        a: The first.
        b: The second, of the same queries.

    Raises:
        UsageError: They are; both are named.
    """
    mine, theirs = (each.protocol.get("name") for each in (a, b))
    if None not in (mine, theirs) and mine != theirs:
        raise UsageError(
            f"A was judged by the protocol {mine} and B by {theirs}: numbers of two protocols "
            f"cannot be compared. Judge both by one: aehash evaluate --protocol {mine}"
        )
    if None in (a.split, b.split) or a.split == b.split:
        return
    names = [
        f"{split_text(str(each.split), each.protocol['queries'].get('source'))}, "
        f"{len(each):,} queries against {each.n_database:,} items"
        for each in (a, b)
    ]
    raise UsageError(
        f"A was judged on {names[0]}, and B on {names[1]}: numbers of two splits cannot be "
        "compared. Judge both with the same queries and the same database."
    )


def mixture_warnings(evaluations: Mapping[str, Evaluation]) -> list[str]:
    """Say where evaluations that stand in one table were not made alike.

    Args:
        evaluations: By the name to show, the asked one first; a name that begins with the
            ranking's title tells metric, radius and re-ranking itself.

    Returns:
        Sentences; none where all are the first's queries and database under its conventions.
    """
    (first, asked), *others = evaluations.items()
    found = []
    for name, each in others:
        both = (first, asked), (name, each)
        told = _TITLED if all(who.startswith(one.title) for who, one in both) else ()
        found += protocol_warnings(asked.protocol, each.protocol, (first, name), told)
        for which in ("queries", "database"):
            if not getattr(asked, which).same(getattr(each, which)):
                found.append(
                    f"{first} and {name} were not judged on the same {which}: their keys or "
                    "labels differ."
                )
    return found


def query_warnings(a: Scores, b: Scores) -> list[str]:
    """Say that queries which look the same have different names.

    Args:
        a: The first.
        b: The second, with the same keys.

    Returns:
        A sentence, or none.
    """
    mine, theirs = (data_name(each.protocol, "queries") for each in (a, b))
    if mine == theirs:
        return []
    return [
        f"A's queries are {mine} and B's {theirs}: they have the same keys, but make sure that "
        "they are the same images."
    ]


def database_warnings(a: Scores, b: Scores) -> list[str]:
    """Say whether two databases differ.

    Args:
        a: The first.
        b: The second.

    Returns:
        A sentence, or none.
    """
    if a.n_database != b.n_database:
        return [
            f"A searched a database of {a.n_database:,} items and B one of {b.n_database:,}: "
            "a smaller database is easier."
        ]
    mine, theirs = (data_name(each.protocol, "database") for each in (a, b))
    known = a.database is not None and b.database is not None
    if a.database != b.database if known else mine != theirs:
        return [
            f"A and B searched different databases ({mine}; {theirs}): their items or labels are "
            "not the same."
        ]
    if mine != theirs:
        return [
            f"A's database is {mine} and B's {theirs}: they have the same keys and labels, but "
            "make sure that they are the same images."
        ]
    return _order_warnings(a, b)


def _order_warnings(a: Scores, b: Scores) -> list[str]:
    by_row = "database" in (a.protocol["ties"], b.protocol["ties"])
    if not by_row or a.order == b.order:
        return []
    return [
        "Tied items count in database order, and A's and B's databases are not known to stand in "
        "the same order: part of the difference may be due to that."
    ]


def data_name(protocol: Mapping[str, Any], which: str) -> str:
    """Name the queries or the database.

    Args:
        protocol: As JSON has it.
        which: ``queries`` or ``database``.

    Returns:
        Source and split, or ``unnamed``.
    """
    data = protocol[which]
    return " ".join(part for part in (data.get("source"), data.get("split")) if part) or "unnamed"


def written(value: Any) -> str:
    """Write a convention's value for a reader: on, off, none, or as it is."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return "none" if value is None else str(value)
