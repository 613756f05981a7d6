"""Can the numbers of a split be trusted? Ids, pixels, near-duplicates, classes and patients."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aehash import perceptual, plots, registry
from aehash.errors import UsageError
from aehash.index.checks import whole
from aehash.metrics.split_identity import known_split, split_digest, write_split_file
from aehash.parallel import check_threads
from aehash.workflow.common import Say, absolute, silent
from aehash.workflow.duplicate_search import Prints, TooAlikeError
from aehash.workflow.duplicates import Duplicates, Progress, draw_pairs, looked_for

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset

_SHOWN, _MANY = 5, 0.5
"""Keys named; share of queries with near-duplicates above which these tell nothing."""


@dataclass(frozen=True)
class Finding:
    """What one look found.

    Attributes:
        check: ``ids``, ``pixels``, ``near``, ``classes`` or ``groups``.
        leak: Whether what the queries hold is in the database as well.
        sentence: What was found.
        facts: The same as JSON can hold it.
    """

    check: str
    leak: bool
    sentence: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class DataCheck:
    """What all looks found.

    Attributes:
        source: The data set's catalogue name or path.
        queries: The split that asks, and its images.
        database: The split that is searched, and its images.
        split: SHA-256 of which images ask and which are searched; a split file's own.
        split_name: What the split is called, where it is a known one.
        findings: In the order of the looks.
        unreadable: Keys of images that could not be read, and were left out.
        picture: Where the worst pairs were drawn; None where there are none.
    """

    source: str
    queries: tuple[str, int]
    database: tuple[str, int]
    split: str
    split_name: str | None
    findings: Sequence[Finding]
    unreadable: Sequence[str]
    picture: Path | None

    @property
    def leaks(self) -> list[str]:
        """The checks that found a leak."""
        return [each.check for each in self.findings if each.leak]

    def as_dict(self) -> dict[str, Any]:
        """Give everything as JSON can hold it."""
        return {
            "source": self.source,
            "queries": {"split": self.queries[0], "images": self.queries[1]},
            "database": {"split": self.database[0], "images": self.database[1]},
            "split": {"sha256": self.split, "name": self.split_name},
            "leaks": self.leaks,
            "findings": {
                each.check: {"leak": each.leak, "sentence": each.sentence, **each.facts}
                for each in self.findings
            },
            "unreadable": list(self.unreadable),
            "picture": None if self.picture is None else str(self.picture),
        }


def check_data(
    data: str,
    *,
    queries: str = "test",
    database: str = "train",
    distance: int = perceptual.DISTANCE,
    detail: float = perceptual.DETAIL,
    mirror: bool = False,
    group_column: str | None = None,
    seed: int = 0,
    split_file: Path | None = None,
    picture: Path | None = None,
    split_out: Path | None = None,
    threads: int | None = None,
    say: Say = silent,
    progress: Progress = lambda title, total: None,
) -> DataCheck:
    """Look whether queries stand in the database, as images, as pictures or as patients.

    Args:
        data: A catalogue name or a path.
        queries: The split that asks.
        database: The split that is searched.
        distance: The largest difference of the hashes of near-duplicates, in bits of 128.
        detail: The largest difference of their details, 0 to 2.
        mirror: Whether mirrored pictures count.
        group_column: The column of a list that says whose an image is; by default one whose name
            usually does. Where the list has no split, one is drawn by the named column.
        seed: Of the split, where there is no official one.
        split_file: The split of a run instead.
        picture: Where to draw the near-duplicates that are most alike.
        split_out: Where to write the split's file.
        threads: How many work; all cores where it is None.
        say: Takes each line for the user.
        progress: Gives each stage a function to report to.

    Returns:
        What was found.

    Raises:
        UsageError: The data, a split or a column is not there, or a threshold is out of range.
        AehashError: No image can be read.
    """
    distance, workers = whole("distance", distance, 0), check_threads(threads)
    if picture is not None:
        plots.check_picture(picture)
    spec = absolute(data)
    dataset = _opened(spec, group_column, seed, split_file, say)
    rows = dataset.rows(queries), dataset.rows(database)
    findings = [_ids(dataset, *rows)]
    unreadable: Sequence[str] = ()
    drawn = None
    try:
        found, asked, held = looked_for(
            dataset,
            queries,
            database,
            distance=distance,
            detail=detail,
            mirror=mirror,
            workers=workers,
            tell=progress,
        )
    except TooAlikeError as error:
        findings.append(Finding("near", False, f"cannot be told: {error}", {"pairs": None}))
    else:
        unreadable = found.unreadable
        findings += [_pixels(dataset, found, asked, held), _near(found)]
        near = [pair for pair in found.pairs if pair.kind == "near"]
        if picture is not None and found.pairs:
            draw_pairs(picture, near or found.pairs, dataset, worst=True)
            drawn = picture
    findings += [_classes(dataset, queries, database), _groups(dataset, spec, group_column, *rows)]
    sides = dataset.keys[rows[0]], dataset.keys[rows[1]]
    digest = split_digest(*sides)
    if split_out is not None:
        write_split_file(split_out, *sides)
    return DataCheck(
        dataset.source,
        (queries, len(rows[0])),
        (database, len(rows[1])),
        digest,
        known_split(digest, dataset.source),
        findings,
        unreadable,
        drawn,
    )


def _opened(
    spec: str, column: str | None, seed: int, split_file: Path | None, say: Say
) -> "Dataset":
    """Open the data by its own split, whoever stands on both sides of it, or draw by groups."""
    dataset = registry.open_dataset(spec, seed=seed, split_file=split_file, notes=say)
    if column is None or dataset.official or split_file is not None:
        return dataset
    return registry.open_dataset(spec, seed=seed, group_column=column, notes=say)


def _ids(dataset: "Dataset", asked: NDArray[np.int64], held: NDArray[np.int64]) -> Finding:
    names, counts = np.unique(dataset.keys, return_counts=True)
    twice = [name.decode() for name in names[counts > 1][:_SHOWN].tolist()]
    both = np.intersect1d(dataset.keys[asked], dataset.keys[held])
    facts = {
        "images": len(dataset),
        "twice": int((counts > 1).sum()),
        "on_both_sides": len(both),
        "first": [*twice, *(key.decode() for key in both[:_SHOWN].tolist())][:_SHOWN],
    }
    if len(both):
        sentence = f"{len(both):,} images are queries and database items, {both[0].decode()!r} one"
    elif twice:
        sentence = f"{facts['twice']:,} ids stand twice, the first {twice[0]!r}"
    else:
        sentence = f"{len(dataset):,} images, no id twice, none on both sides"
    return Finding("ids", bool(len(both)), sentence, facts)


def _pixels(dataset: "Dataset", found: Duplicates, asked: Prints, held: Prints) -> Finding:
    exact = [pair for pair in found.pairs if pair.kind == "exact"]
    copied = found.keys("exact")
    other = [pair for pair in exact if not _same_label(dataset, pair.query, pair.database)]
    inside = {"queries": _copies(asked), "database": _copies(held)}
    facts = {
        "images": len(copied),
        "share": len(copied) / max(1, found.queries[1]),
        "pairs": len(exact),
        "of_another_label": len(other),
        "copies_within": inside,
        "first": copied[:_SHOWN],
    }
    sentence = (
        f"{len(copied):,} of {found.queries[1]:,} queries ({facts['share']:.2%}) are in the "
        "database pixel for pixel"
    )
    if other:
        sentence += f", {len(other):,} pairs of them with another label"
    for which, number in inside.items():
        if number:
            sentence += f"; {number:,} images copy another of the {which}"
    return Finding("pixels", bool(copied), sentence, facts)


def _copies(prints: Prints) -> int:
    return len(prints.digests) - len(np.unique(prints.digests))


def _same_label(dataset: "Dataset", one: str, other: str) -> bool:
    if dataset.labels is None:
        return True
    keys = dataset.keys.tolist()
    rows = [keys.index(key.encode()) for key in (one, other)]
    return bool(np.array_equal(*(dataset.labels[row] for row in rows)))


def _near(found: Duplicates) -> Finding:
    near = found.keys("near")
    share = len(near) / max(1, found.queries[1])
    sentence = (
        f"{len(near):,} of {found.queries[1]:,} queries ({share:.2%}) have near-duplicates in the "
        f"database, by {found.distance} of 128 bits and {found.detail:g} of the detail"
    )
    told = share <= _MANY
    if not told:
        sentence += (
            "; so many are no leak but pictures too much alike to be told apart by it: look at the "
            "picture, and lower --detail and --distance"
        )
    pairs = sum(pair.kind == "near" for pair in found.pairs)
    facts = {"images": len(near), "share": share, "pairs": pairs, "first": near[:_SHOWN]}
    return Finding("near", bool(near) and told, sentence, facts)


def _classes(dataset: "Dataset", queries: str, database: str) -> Finding:
    """Count the classes of each split; only queries that nothing can answer are worth a word."""
    if dataset.labels is None:
        return Finding("classes", False, "no labels", {"counts": None})
    counts = {name: _counted(dataset, name) for name in (queries, database)}
    asked, held = counts[queries], counts[database]
    alone = [name for name, number in asked.items() if number and not held[name]]
    sentence = f"{sum(map(bool, held.values())):,} classes in the database"
    if held:
        sentence += f", of {min(held.values()):,} to {max(held.values()):,} images"
    if alone:
        sentence += f"; no image there answers {len(alone):,} of the queries' ({alone[0]!r} first)"
    return Finding("classes", False, sentence, {"counts": counts, "without_answer": alone})


def _counted(dataset: "Dataset", split: str) -> dict[str, int]:
    labels = np.asarray(dataset.labels)
    size = max(len(dataset.classes), labels.shape[1] if labels.ndim == 2 else _largest(labels))
    names = [*dataset.classes, *map(str, range(len(dataset.classes), size))]
    chosen = labels[dataset.rows(split)]
    found = chosen.sum(axis=0) if labels.ndim == 2 else _bins(chosen, size)
    return dict(zip(names, map(int, found), strict=True))


def _largest(labels: NDArray[Any]) -> int:
    return int(labels.max(initial=-1)) + 1


def _bins(labels: NDArray[Any], size: int) -> NDArray[np.int64]:
    return np.bincount(labels[labels >= 0], minlength=size)


def _groups(
    dataset: "Dataset",
    spec: str,
    column: str | None,
    asked: NDArray[np.int64],
    held: NDArray[np.int64],
) -> Finding:
    groups = registry.list_groups(spec, column) or dataset.groups
    if groups is None:
        if column is not None:
            raise UsageError(f"{spec} has no columns, so there is no {column!r} to check.")
        return Finding("groups", False, "not checked: no column says whose an image is", {})
    both = np.intersect1d(groups.of[asked], groups.of[held])
    images = int(np.isin(groups.of[asked], both).sum())
    facts = {"column": groups.column, "groups": len(groups), "on_both_sides": len(both)}
    if not len(both):
        return Finding("groups", False, f"{groups.count()}, none on both sides", facts)
    sentence = (
        f"{len(both):,} of {groups.count()} stand on both sides, with {images:,} of "
        f"{len(asked):,} queries"
    )
    if not dataset.official and groups.column is not None:
        sentence += f"; --group-column {groups.column} draws a split that keeps them whole"
    return Finding("groups", True, sentence, {**facts, "queries": images})
