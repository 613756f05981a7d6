"""Which images train, validate and test: drawn by a seed, written and read with a checksum."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from aehash.errors import AehashError, UsageError
from aehash.files import read_json, write_json
from aehash.generators.arrays import Keys, Labels, Rows
from aehash.generators.dataset import MIN_TRAINING, SPLITS, Dataset
from aehash.generators.groups import Groups, deal

_TENTH = 0.1
MAX_DRAWN_VALIDATION = 1_000


def draw_splits(
    count: int, labels: Labels | None, seed: int, groups: Groups | None = None
) -> dict[str, Rows]:
    """Draw a seeded 80/10/10 split, stratified where every image has one label.

    Each class gives the two tenths within one image of exactly, and always keeps one to train.
    Fewer than four images, too few to train on, are all in ``train``. By groups, the two tenths
    are each met within fewer images than the largest group has, and ``train`` within twice that;
    none is empty. Classes are spread as far as groups allow; see
    :func:`~aehash.generators.groups.deal`.

    Args:
        count: Number of images.
        labels: ``(n,)`` class numbers; multi-hot or None draws without strata.
        seed: What to draw with.
        groups: Images that belong on one side.

    Returns:
        Disjoint, ascending rows of ``train``, ``val`` and ``test`` that cover all images.

    Raises:
        UsageError: There are fewer than three groups.
    """
    everything = np.arange(count, dtype=np.int64)
    if count < MIN_TRAINING:
        none = everything[:0]
        return {"train": everything, "val": none, "test": none}
    rng = np.random.default_rng([seed, 0])
    if groups is not None:
        return _draw_groups(count, labels, groups, rng)
    test = _draw(everything, labels, _TENTH, rng)
    rest = np.setdiff1d(everything, test)
    val = _draw(rest, labels, len(test) / len(rest), rng)
    return {"train": np.setdiff1d(rest, val), "val": val, "test": test}


def _draw_groups(
    count: int, labels: Labels | None, groups: Groups, rng: np.random.Generator
) -> dict[str, Rows]:
    if len(groups) < len(SPLITS):
        named = "one group" if len(groups) == 1 else "two groups"
        raise UsageError(
            f"The column {groups.column!r} names {named}; to train, validate and test on different "
            "ones takes at least three. Add images of others, or leave the column out."
        )
    tenth = max(1, round(_TENTH * count))
    dealt = deal(groups.of, labels, (count - 2 * tenth, tenth, tenth), rng)
    return dict(zip(SPLITS, dealt, strict=True))


def draw_validation(
    train: Rows, labels: Labels | None, seed: int, groups: Groups | None = None
) -> Rows:
    """Draw a tenth of the training rows, at most 1,000, to validate on.

    Args:
        train: The rows of the official training split.
        labels: As in :func:`draw_splits`, for all rows of the data set.
        seed: What to draw with.
        groups: Images that belong on one side; the tenth is then met within fewer images than
            the largest group has.

    Returns:
        Ascending rows, a part of ``train``; empty where there are fewer than two.

    Raises:
        UsageError: All are of one group.
    """
    if len(train) < 2:
        return train[:0]
    fraction = min(_TENTH, MAX_DRAWN_VALIDATION / len(train))
    if groups is not None:
        return _draw_validation_groups(train, labels, fraction, groups, seed)
    return _draw(train, labels, fraction, np.random.default_rng([seed, 1]))


def _draw_validation_groups(
    train: Rows, labels: Labels | None, fraction: float, groups: Groups, seed: int
) -> Rows:
    of = groups.of[train]
    if (of == of[0]).all():
        raise UsageError(
            f"All images to train on are of one group of the column {groups.column!r}, so that "
            "none can validate apart from it. Name images to validate on in the split column."
        )
    part = max(1, round(fraction * len(train)))
    own = None if labels is None else labels[train]
    targets = (len(train) - part, part)
    return train[deal(of, own, targets, np.random.default_rng([seed, 1]))[1]]


def _draw(rows: Rows, labels: Labels | None, fraction: float, rng: np.random.Generator) -> Rows:
    """Draw a fraction of rows (at least one), stratified by largest remainder."""
    if labels is not None and labels.ndim == 1:
        drawn = _draw_stratified(rows, labels[rows], fraction, rng)
        if len(drawn):
            return drawn
    count = max(1, round(fraction * len(rows)))
    return np.sort(rng.permutation(rows)[:count])


def _draw_stratified(rows: Rows, labels: Labels, fraction: float, rng: np.random.Generator) -> Rows:
    _, stratum, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    quotas = fraction * sizes
    counts = np.floor(quotas).astype(np.int64)
    missing = max(0, round(fraction * len(rows)) - int(counts.sum()))
    order = np.argsort(-(quotas - counts), kind="stable")
    able = [c for c in order if counts[c] < min(np.ceil(quotas[c]), sizes[c] - 1)]
    counts[able[:missing]] += 1
    shuffled = rng.permutation(len(rows))
    drawn = [shuffled[stratum[shuffled] == c][:n] for c, n in enumerate(counts) if n]
    return np.sort(rows[np.concatenate(drawn)]) if drawn else rows[:0]


def write_split(path: Path, dataset: Dataset) -> str:
    """Write which keys train, validate and test.

    Args:
        path: The JSON file to make or replace.
        dataset: Whose splits.

    A split by groups is recorded as such: how many there are, and a digest of which images
    belong together. What the groups are called is nowhere.

    Returns:
        The SHA-256 of the split, which the file also holds.
    """
    splits = {name: [key.decode() for key in dataset.keys[dataset.splits[name]]] for name in SPLITS}
    digest = split_digest(splits)
    value: dict[str, Any] = {"source": dataset.source, "seed": dataset.seed, "sha256": digest}
    groups = dataset.groups
    if groups is not None:
        value["groups"] = {
            "column": groups.column,
            "count": len(groups),
            "sha256": groups.digest(dataset.keys),
        }
    write_json(path, {**value, "splits": splits})
    return digest


def by_column(path: Path) -> bool:
    """Say whether a split file keeps groups together that a column of a list named.

    Args:
        path: A file made by :func:`write_split`.

    Returns:
        Whether it says so.

    Raises:
        AehashError: The file is missing or damaged.
    """
    groups = read_json(path).get("groups")
    return isinstance(groups, dict) and isinstance(groups.get("column"), str)


def split_digest(splits: Mapping[str, list[str]]) -> str:
    """Digest the keys of each split.

    Args:
        splits: Keys of ``train``, ``val`` and ``test``.

    Returns:
        SHA-256 of their JSON without spaces, as 64 hexadecimal digits.
    """
    text = json.dumps(splits, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def read_split(path: Path, dataset: Dataset) -> Dataset:
    """Apply a split file to a data set.

    Args:
        path: A file made by :func:`write_split`.
        dataset: The data set with the same keys; images the file does not name are in no split.

    Returns:
        The data set with the file's splits.

    Raises:
        AehashError: The file is damaged or was changed.
        UsageError: It names images the data set does not have, or tests on training images.
    """
    value = read_json(path)
    splits = value.get("splits")
    if not isinstance(splits, dict) or set(splits) != set(SPLITS):
        raise AehashError(f"{path} is not a split file: it needs {', '.join(SPLITS)}.")
    if value.get("sha256") != split_digest(splits):
        raise AehashError(
            f"{path} does not match its own sha256; it was changed or cut off. Draw the split "
            "again, or fetch the file again."
        )
    row_of = {key: row for row, key in enumerate(dataset.keys.tolist())}
    rows = {name: _rows_of(splits[name], row_of, path, dataset.source) for name in SPLITS}
    if np.intersect1d(np.union1d(rows["train"], rows["val"]), rows["test"]).size:
        raise UsageError(f"{path} tests on images that it also trains on.")
    return dataclasses.replace(dataset, splits=rows)


def _rows_of(keys: list[str], row_of: dict[bytes, int], path: Path, source: str) -> Rows:
    encoded = [key.encode() for key in keys]
    unknown = [key for key in encoded if key not in row_of]
    if unknown:
        raise UsageError(
            f"{path} names {len(unknown)} images that {source} does not have, the first "
            f"{unknown[0].decode()!r}. Is it the split of another data set?"
        )
    return np.array(sorted(row_of[key] for key in encoded), dtype=np.int64)


def make_keys(names: list[str]) -> Keys:
    """Turn keys into an array of UTF-8 bytes that can be memory-mapped."""
    return np.array([name.encode() for name in names], dtype=np.bytes_)
