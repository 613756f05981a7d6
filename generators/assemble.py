"""The last step of every reader: check, split, and build the data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aehash.errors import UsageError, nearest
from aehash.generators.arrays import Keys, Labels, Rows
from aehash.generators.dataset import SPLITS, Dataset
from aehash.generators.fetch import Notes
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
    """

    storage: Storage
    keys: Keys
    labels: Labels | None
    classes: tuple[str, ...]
    split_of: Sequence[str] | None
    image_size: int | None
    channels: int


def assemble(content: Content, name: str, source: str, seed: int, notes: Notes) -> Dataset:
    """Build the data set, drawing the splits that the data came without.

    Args:
        content: What a reader found.
        name: How to call the data set.
        source: Its stable identity.
        seed: What to draw with.
        notes: Told where an official split was not used.

    Returns:
        The data set.

    Raises:
        UsageError: There is no image, counts differ, or the official splits are incomplete.
    """
    count = len(content.keys)
    if not count:
        raise UsageError(f"{source} has no images.")
    if content.labels is not None and len(content.labels) != count:
        raise UsageError(f"{source} has {count} images, but {len(content.labels)} labels.")
    given = _given_splits(content.split_of, source, notes)
    splits = dict(given) if given else draw_splits(count, content.labels, seed)
    if "val" not in splits:
        splits["val"] = draw_validation(splits["train"], content.labels, seed)
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


def _given_splits(
    split_of: Sequence[str] | None, source: str, notes: Notes
) -> dict[str, Rows] | None:
    names = set(split_of or ())
    if split_of is None or len(names) == 1:
        if names - {"all"}:
            notes(f"{source} has only {names.pop()!r} images; they are split 80/10/10 by the seed.")
        return None
    missing = {"train", "test"} - names
    if missing:
        raise UsageError(
            f"{source} has {' and '.join(sorted(names))} images but none for {missing.pop()!r}. "
            "Add them, or leave out the splits to have them drawn."
        )
    column = np.array(split_of)
    return {name: np.flatnonzero(column == name) for name in SPLITS if name in names}
