"""Find a named data set's file: in a data folder, in the cache, or at its official address."""

from __future__ import annotations

import hashlib
import http.client
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO

from aehash.errors import AehashError
from aehash.files import atomic_file
from aehash.generators.dataset_info import DatasetInfo

Notes = Callable[[str], None]
Progress = Callable[[int, int], None]
_CHUNK = 1 << 18
_TIMEOUT = 30.0


def cache_folder() -> Path:
    """Name the user's cache: ``$AEHASH_CACHE``, else ``$XDG_CACHE_HOME/aehash``."""
    if own := os.environ.get("AEHASH_CACHE"):
        return Path(own).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "aehash"


def folders() -> list[Path]:
    """List where a data file is looked for: ``$AEHASH_DATA``, then the cache."""
    data = os.environ.get("AEHASH_DATA")
    return [*([Path(data).expanduser()] if data else []), cache_folder()]


def find(info: DatasetInfo) -> Path | None:
    """Look for a data set's file without downloading.

    Args:
        info: A data set that has a file.

    Returns:
        The first that exists, or None.
    """
    paths = (folder / info.filename for folder in folders())
    return next((path for path in paths if path.is_file()), None)


def locate(
    info: DatasetInfo, *, notes: Notes | None = None, progress: Progress | None = None
) -> Path:
    """Find a data set's file, downloading it into the cache where it is not at hand.

    A file at hand that is not the official one is used, and a note says so.

    Args:
        info: A data set that has a file.
        notes: Told one line where something is worth knowing.
        progress: Told bytes done and bytes in all (0 where unknown) during a download; a bar
            on stderr by default, where that is a terminal.

    Returns:
        The file.

    Raises:
        AehashError: It is nowhere and could not be fetched, or came damaged.
    """
    path = find(info)
    if path is None:
        if notes is not None:
            notes(f"Fetching {info.filename} ({info.size_text}) from {info.url}.")
        return _download(info, progress or _Bar(info.filename))
    if notes is not None and _digest(path, info.checksum) != info.checksum:
        notes(f"{path} is not the official file (its {_kind(info)} differs); it is used as it is.")
    return path


def _kind(info: DatasetInfo) -> str:
    return info.checksum.partition(":")[0].upper().replace("SHA", "SHA-")


def _digest(path: Path, like: str) -> str:
    kind = like.partition(":")[0]
    with path.open("rb") as file:
        return f"{kind}:{hashlib.file_digest(file, kind).hexdigest()}"


def _download(info: DatasetInfo, progress: Progress) -> Path:
    target = cache_folder() / info.filename
    try:
        with atomic_file(target) as aside:
            with aside.open("wb") as out:
                _copy(info.url, out, progress)
            if _digest(aside, info.checksum) != info.checksum:
                raise AehashError(
                    f"What came from {info.url} is not the official {info.filename} "
                    f"({_kind(info)} differs, {aside.stat().st_size:,} bytes); nothing was kept. "
                    f"Try again, or put the file into {target.parent}."
                )
    except (OSError, http.client.HTTPException) as error:
        looked = ", ".join(str(folder) for folder in folders())
        reason = getattr(error, "reason", None) or error
        if isinstance(error, urllib.error.HTTPError):
            reason = f"the server says {error.code} {reason}"
            error.close()
        raise AehashError(
            f"The data set {info.name!r} needs the file {info.filename}. It is not in {looked}, "
            f"and {info.url} could not be fetched ({reason}). Put the file into "
            f"{folders()[0]} or set AEHASH_DATA to the folder that has it."
        ) from error
    return target


def _copy(url: str, out: IO[bytes], progress: Progress) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": "aehash"})
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
        total = int(answer.headers.get("Content-Length") or 0)
        done = 0
        while chunk := answer.read(_CHUNK):
            out.write(chunk)
            done += len(chunk)
            progress(done, total)


class _Bar:
    """A line on stderr with the share done and the time left; silent off a terminal."""

    def __init__(self, name: str):
        self.name = name
        self.start = time.monotonic()
        self.last = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        over = bool(total) and done >= total
        if not sys.stderr.isatty() or (now - self.last < 0.1 and not over):
            return
        self.last = now
        text = f"{self.name}: {done / 1e6:.1f} MB"
        if total:
            left = (now - self.start) * (total - done) / max(done, 1)
            text = f"{self.name}: {done / total:4.0%} of {total / 1e6:.1f} MB, {left:.0f} s left"
        sys.stderr.write(f"\r\033[K{text}" + ("\n" if over else ""))
        sys.stderr.flush()
