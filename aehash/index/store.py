"""An index on disk: a folder of arrays that never change, and a manifest that says which count.

Every array has a name of its own, so nothing is ever written over. Saving writes the arrays that
are new, flushes them, and puts a new manifest in the old one's place by renaming it: whoever is
interrupted before that leaves the index as it was, with stale files that the next save clears
away. One process at a time may save; any number may read meanwhile, since a mapped file that is
removed lives on until it is let go.
"""

import fcntl
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash import __version__
from aehash.codebook.files import write_array
from aehash.errors import AehashError, UsageError
from aehash.files import fsync, write_json
from aehash.index.manifest import COLUMNS, FORMAT, MANIFEST, named, readable
from aehash.index.planes import LANES
from aehash.index.segments import Ints, Segment, first_rows

_LOCK = "lock"
_OURS = re.compile(r"(planes|keys|labels|removed)-[0-9a-f]{16}\.npy|\.manifest\..*\.tmp\.json")


@dataclass(frozen=True)
class SavedFile:
    """An array on disk.

    Attributes:
        entry: What the manifest says of it: name, sha256, bytes, shape, dtype.
        path: The file that is mapped, if one is; else None. It may stand in another folder: an
            index that is saved to a new place still reads from the old one.
        stamp: What it looked like when it was mapped.
    """

    entry: Mapping[str, Any]
    path: Path | None = None
    stamp: tuple[int, int, int, int] | None = None

    def check(self) -> None:
        """Refuse a mapped file that was written to since.

        A file that was removed or replaced is no harm: what is mapped is the old one. A change
        that keeps size and time, or one in the midst of a search, is not noticed.

        Raises:
            AehashError: It has another size or time of change.
        """
        if self.path is None:
            return
        try:
            now = stamp(self.path)
        except FileNotFoundError:
            return
        if self.stamp is not None and now[:2] == self.stamp[:2] and now != self.stamp:
            raise AehashError(
                f"{self.path} was changed while it was open: open the index again with "
                'verify="sha256" to see whether it is still whole.'
            )


def stamp(path: Path) -> tuple[int, int, int, int]:
    """Say which file stands at a path, and how long and old it is."""
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


@dataclass(frozen=True)
class Home:
    """The folder that an index was last opened from or saved to, and the manifest found there.

    Attributes:
        folder: Its path, resolved.
        version: The manifest's own, a new one for each save.
    """

    folder: Path
    version: str


def save(
    folder: Path, bits: int, segments: Sequence[Segment], home: Home | None
) -> tuple[tuple[Segment, ...], Home]:
    """Write what is not yet there, then switch the manifest.

    Args:
        folder: The index's folder; an index that stands there is replaced.
        bits: Bits per code.
        segments: Its rows.
        home: Where it was opened or saved last.

    Returns:
        The segments, with the files they are now in, and their new home.

    Raises:
        UsageError: Something else than an index stands there.
        AehashError: The folder cannot be written, the disk is full, or another process saves or
            has saved to it.
    """
    folder = folder.resolve()
    try:
        _check_place(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            keep = _is_home(folder, home)
            _clear(folder)
            return _write(folder, bits, segments, keep)
    except OSError as error:
        raise AehashError(
            f"The index {folder} could not be saved ({error.strerror or error}); what stood there "
            "is as it was. Make room, or name another place."
        ) from error


def _write(
    folder: Path, bits: int, segments: Sequence[Segment], keep: bool
) -> tuple[tuple[Segment, ...], Home]:
    try:
        saved = [
            each if keep and _stands(folder, each) else _write_segment(folder, each)
            for each in segments
        ]
        removed = _write_removed(folder, segments)
        fsync(folder)
        manifest = _manifest(bits, saved, removed)
        write_json(folder / MANIFEST, manifest)
    finally:
        _clear(folder)
    return tuple(saved), Home(folder, manifest["version"])


def _stands(folder: Path, segment: Segment) -> bool:
    """Say whether a segment's files are there, as far as their sizes tell."""
    entries = [file.entry for file in (segment.files or {}).values()]
    paths = [folder / entry["name"] for entry in entries]
    return bool(paths) and all(
        path.is_file() and path.stat().st_size == entry["bytes"]
        for path, entry in zip(paths, entries, strict=True)
    )


def _write_segment(folder: Path, segment: Segment) -> Segment:
    """Write a segment's arrays; those that are mapped stay so, from where they were."""
    before, files = segment.files or {}, {}
    for name in COLUMNS:
        if (array := getattr(segment, name)) is not None:
            entry, old = _write_file(folder, name, array), before.get(name)
            files[name] = SavedFile(entry, old.path, old.stamp) if old else SavedFile(entry)
    return replace(segment, files=files)


def _write_removed(folder: Path, segments: Sequence[Segment]) -> dict[str, Any] | None:
    starts = first_rows(segments)
    gone = [each.removed + start for each, start in zip(segments, starts, strict=False)]
    if not any(map(len, gone)):
        return None
    return _write_file(folder, "removed", np.concatenate(gone))


def _write_file(folder: Path, name: str, array: NDArray[Any]) -> dict[str, Any]:
    path = folder / f"{name}-{secrets.token_hex(8)}.npy"
    entry = write_array(path, array)
    fsync(path)
    return {"name": path.name, **entry}


def _manifest(
    bits: int, segments: Sequence[Segment], removed: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": secrets.token_hex(8),
        "bits": bits,
        "lanes": LANES,
        "rows": sum(each.rows for each in segments),
        "live": sum(each.live for each in segments),
        "segments": [
            {
                "rows": each.rows,
                "files": {name: dict(file.entry) for name, file in (each.files or {}).items()},
            }
            for each in segments
        ],
        "removed": removed,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "aehash": __version__,
    }


def _check_place(folder: Path) -> None:
    """Refuse a folder of something else; an index whose manifest is damaged may be replaced."""
    if not folder.exists():
        return
    manifest = readable(folder)
    if manifest and manifest.get("format") == FORMAT:
        return
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else {""}
    if manifest is None and len(names) > 1:
        names.discard(MANIFEST)
    if not all(map(_is_ours, names)):
        raise UsageError(f"{folder} exists and is not an index. Name another place.")


def _is_home(folder: Path, home: Home | None) -> bool:
    """Say whether the files that the segments are saved in are those of this folder."""
    manifest = readable(folder)
    if home is None or home.folder != folder or not manifest:
        return False
    if manifest.get("version") == home.version:
        return True
    raise AehashError(
        f"The index {folder} was saved by another process since it was opened here. Open it again "
        "and repeat what was added and removed, or save to another folder."
    )


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other processes from saving; a kill lets go of the lock."""
    with (folder / _LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AehashError(
                f"Another process is saving to {folder}; wait for it, then open the index again."
            ) from None
        except OSError:
            pass  # some network file systems have no locks
        yield


def _clear(folder: Path) -> None:
    """Remove the files of interrupted saves, and those that the manifest no longer names.

    Where the manifest is too damaged to tell, all are left until a new one stands in its place.
    """
    kept = named(readable(folder))
    if kept is None:
        return
    for path in folder.iterdir():
        if path.name not in (kept | {_LOCK}) and _is_ours(path.name):
            path.unlink(missing_ok=True)


def _is_ours(name: str) -> bool:
    return name == _LOCK or _OURS.fullmatch(name) is not None


def split_removed(removed: Ints, segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Hand removed rows to the segments they are in.

    Args:
        removed: Rows of the index, ascending.
        segments: In their order.

    Returns:
        The segments without them.
    """
    starts = first_rows(segments)
    edges = np.searchsorted(removed, starts)
    return tuple(
        each.without(removed[edges[number] : edges[number + 1]] - starts[number])
        for number, each in enumerate(segments)
    )
