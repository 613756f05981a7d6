"""Every frame of multi-frame DICOM files as a row of its own."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import numpy as np

from aehash.errors import AehashError, UsageError
from aehash.generators.ahead import prefetch
from aehash.generators.arrays import Keys, Rows
from aehash.generators.assemble import Content
from aehash.generators.dicom_names import frame_key, is_dicom
from aehash.generators.dicom_rows import frames_together
from aehash.generators.fetch import Notes
from aehash.generators.groups import Groups
from aehash.generators.splits import make_keys
from aehash.generators.storage import FileStorage

_WORKERS = 4
_SILENCE = 10.0
"""Seconds between two notes of how far it is."""


def every_frame(content: Content, notes: Notes) -> Content:
    """Make each frame of the DICOM files a row, with its file's label and split.

    The key of frame 7 of several is ``heart.dcm#0007``; a file with one frame keeps its own, as
    does one whose header cannot be read. A row that names a frame already is left as it is. Only
    headers are read, a few at a time. Where no column says which images belong together, the
    frames of a file do, so that no split parts them.

    Args:
        content: Files, as a reader found them.
        notes: Told how far it is and what was found.

    Returns:
        The content with a row for each frame.

    Raises:
        UsageError: A frame would stand twice, since its file stands beside it.
    """
    storage = content.storage
    if not isinstance(storage, FileStorage):
        return content
    counts = _count(storage, notes)
    several = int((counts > 1).sum())
    have = "has" if several == 1 else "have"
    notes(
        f"{several:,} of {len(counts):,} files {have} several frames; with each of them there are "
        f"{int(counts.sum()):,} images."
    )
    return content if not several else _expanded(content, storage, counts, notes)


def _expanded(content: Content, storage: FileStorage, counts: Rows, notes: Notes) -> Content:
    file = np.repeat(np.arange(len(counts)), counts)
    frame = np.arange(len(file)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    keys = make_keys(
        [
            frame_key(key.decode(), number, count) if count > 1 else key.decode()
            for key, number, count in zip(
                content.keys[file].tolist(), frame.tolist(), counts[file].tolist(), strict=True
            )
        ]
    )
    _refuse_twice(keys)
    own = (
        frame if storage.frames is None else np.where(counts[file] > 1, frame, storage.frames[file])
    )
    return replace(
        content,
        storage=replace(storage, paths=storage.paths[file], frames=own, keys=keys),
        keys=keys,
        labels=None if content.labels is None else content.labels[file],
        split_of=None
        if content.split_of is None
        else [content.split_of[row] for row in file.tolist()],
        groups=frames_together(storage.root, storage.paths[file].tolist(), notes)
        if content.groups is None
        else Groups(content.groups.column, content.groups.of[file]),
    )


def _refuse_twice(keys: Keys) -> None:
    unique, counts = np.unique(keys, return_counts=True)
    if len(unique) < len(keys):
        raise UsageError(
            f"With frames=all, {unique[counts > 1][0].decode()!r} stands twice: by itself, and as "
            "one of its file's frames. Leave one of them out."
        )


def _count(storage: FileStorage, notes: Notes) -> Rows:
    """Count the frames of each row's file; 1 where it is no DICOM file or names a frame."""
    counts = np.ones(len(storage.paths), np.int64)
    lost = files = 0
    said = time.monotonic()

    def frames(row: int) -> tuple[int, int]:
        path = os.path.join(storage.root, storage.paths[row].decode())  # noqa: PTH118
        named = storage.frames is not None and storage.frames[row] > 0
        if named or not is_dicom(path):
            return 1, 1
        from aehash.generators.dicom import count_frames

        try:
            return count_frames(path)
        except AehashError:
            return 1, 1

    for row, (claimed, held) in enumerate(prefetch(frames, len(counts), _WORKERS)):
        counts[row] = max(1, held)
        files += claimed > max(1, held)
        lost += claimed - max(1, held)
        if time.monotonic() - said > _SILENCE:
            said = time.monotonic()
            notes(f"{row + 1:,} of {len(counts):,} headers read for their frames.")
    if files:
        notes(
            f"{files:,} file{'s' * (files > 1)} with fewer bytes than their headers' frames take: "
            f"{lost:,} frame{'s' * (lost > 1)} cut off and left out."
        )
    return counts
