"""The last step of every reader: check, split, and build the data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aehash.errors import UsageError, nearest
from aehash.generators.arrays import Keys, Labels, Rows
from aehash.generators.dataset import SPLITS, Dataset
from aehash.generators.fetch import Notes
from aehash.generators.groups import Groups
from aehash.generators.splits import draw_splits, draw_validation
from aehash.generators.storage import Storage

_ALIASES = {"valid": "val", "validation": "val", "dev": "val"}


@dataclass(frozen=True, eq=False, kw_only=True)
class Content:
    """What a reader found in a file or folder.

    Attributes:
        storage: Where the pixels lie.
        keys: ``(n,)`` UTF-8 bytes.
        labels: As in :class:`~aehash.generators.dataset.Dataset`.
        classes: Class names.
        split_of: The split each image came with, or None where it came with none.
        image_size: Side of the stored square images, or None.
        channels: Channels of the stored images.
        groups: Images that belong on one side of a split, where a column says so.
        advice: What to tell of a split that does not keep groups together; empty for none.
        pairs: ``(p, 2)`` rows of images that match, where the data names them.
        tested: Whether official splits must have a test side.
    """

    storage: Storage
    keys: Keys
    labels: Labels | None
    classes: tuple[str, ...]
    split_of: Sequence[str] | None
    image_size: int | None
    channels: int
    groups: Groups | None = None
    advice: str = ""
    pairs: Rows | None = None
    tested: bool = True


def assemble(content: Content, name: str, source: str, seed: int, notes: Notes) -> Dataset:
    """Build the data set, drawing the splits that the data came without.

    Args:
        content: What a reader found.
        name: How to call the data set.
        source: Its stable identity.
        seed: What to draw with.
        notes: Told where an official split was not used, and what groups made of the shares.

    Returns:
        The data set.

    Raises:
        UsageError: There is no image, counts differ, the official splits are incomplete, or
            groups are on two sides of them or too few to draw by.
    """
    count = len(content.keys)
    if not count:
        raise UsageError(f"{source} has no images.")
    if content.labels is not None and len(content.labels) != count:
        raise UsageError(f"{source} has {count} images, but {len(content.labels)} labels.")
    given = _given_splits(content, source, notes)
    groups = content.groups
    splits = dict(given) if given else draw_splits(count, content.labels, seed, groups)
    if "val" not in splits:
        splits["val"] = draw_validation(splits["train"], content.labels, seed, groups)
    if groups is not None:
        groups.check_apart(splits, content.keys, source)
        notes(_kept(groups, splits))
    return Dataset(
        name=name,
        source=source,
        storage=content.storage,
        keys=content.keys,
        labels=content.labels,
        classes=content.classes,
        image_size=content.image_size,
        channels=content.channels,
        splits={split: splits[split] for split in SPLITS},
        official=given is not None,
        seed=seed,
        groups=groups,
        pairs=content.pairs,
    )


def _kept(groups: Groups, splits: Mapping[str, Rows]) -> str:
    largest = int(np.bincount(groups.of).max())
    train = len(np.setdiff1d(splits["train"], splits["val"]))
    return (
        f"{groups.count()}, the largest of "
        f"{largest:,} images, stand whole on one side each: {train:,} images train, "
        f"{len(splits['val']):,} validate, {len(splits['test']):,} test."
    )


def split_name(text: str, where: str) -> str:
    """Read a split's name in any usual spelling.

    Raises:
        UsageError: It is none.
    """
    name = text.strip().lower()
    name = _ALIASES.get(name, name)
    if name not in SPLITS:
        raise UsageError(f"{where} names the split {text!r}.{nearest(name, SPLITS)}")
    return name


def _given_splits(content: Content, source: str, notes: Notes) -> dict[str, Rows] | None:
    split_of = content.split_of
    names = set(split_of or ())
    if split_of is None or len(names) == 1:
        if names - {"all"}:
            notes(f"{source} has only {names.pop()!r} images; they are split 80/10/10 by the seed.")
        return None
    needed = {"train", "test"} if content.tested else {"train"}
    missing = needed - names
    if missing:
        raise UsageError(
            f"{source} has {' and '.join(sorted(names))} images but none for {missing.pop()!r}. "
            "Add them, or leave out the splits to have them drawn."
        )
    column = np.array(split_of)
    given = {name: np.flatnonzero(column == name) for name in SPLITS if name in names | needed}
    return given if content.tested else {"test": np.empty(0, np.int64), **given}
