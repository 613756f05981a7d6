"""Compiled kernels on disk, one file each, named after all that went into it.

numba numbers its files and keeps an index of them, which two processes that compile at once can
leave crossed, so that one of them loads the other's kernel. And it looks only at the file a
function stands in, not at those it is made from. Here the name tells what a file holds.
"""

import contextlib
import hashlib
import os
import pickle
import uuid
from functools import lru_cache
from pathlib import Path
from typing import Any


class KernelFiles:
    """Takes the place of numba's ``IndexDataCacheFile``.

    Args:
        folder: Where the files are.
        name: What their names begin with.
        source: The folder whose source the kernels are made from.
        variant: What the function's closure holds, where it has one: numba's own mark for it
            differs from process to process when a kernel calls others.
    """

    def __init__(self, folder: Path, name: str, source: Path, variant: tuple[Any, ...]) -> None:
        self._folder = folder
        self._name = name
        self._source = source
        self._variant = variant

    def save(self, key: Any, data: Any) -> None:
        """Keep a kernel; a disk that is full or read-only is no reason to fail."""
        path = self._path(key)
        aside = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}")
        with contextlib.suppress(OSError):
            try:
                aside.write_bytes(pickle.dumps(data))
                aside.replace(path)
            finally:
                aside.unlink(missing_ok=True)

    def load(self, key: Any) -> Any:
        """Give a kernel, or None."""
        try:
            return pickle.loads(self._path(key).read_bytes())
        except (OSError, EOFError, pickle.UnpicklingError):
            return None

    def flush(self) -> None:
        """Forget nothing: a kernel made from other source has another name."""

    def _path(self, key: Any) -> Path:
        signature, target, _ = key
        made_of = f"{signature!r} {target!r} {self._variant} {_stamps(self._source)}"
        digest = hashlib.sha256(made_of.encode()).hexdigest()[:20]
        return self._folder / f"{self._name}.{digest}.nbc"


@lru_cache(maxsize=8)
def _stamps(folder: Path) -> str:
    """Tell one state of a folder's source from another, and of numba."""
    import numba

    files = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(".py"))
    stats = [(folder / name).stat() for name in files]
    marks = [
        (name, stat.st_size, stat.st_mtime_ns) for name, stat in zip(files, stats, strict=True)
    ]
    return f"{numba.__version__} {marks}"


def keep_apart(dispatcher: Any, source: Path, variant: tuple[Any, ...]) -> None:
    """Keep a compiled function's files under names of their own.

    Args:
        dispatcher: What ``numba.njit(cache=True)`` gave. Where a version of numba keeps its files
            otherwise, nothing changes.
        source: The folder whose source the function is made from.
        variant: What its closure holds.
    """
    _stamps(source)  # of the source that was imported, whatever becomes of it before the first call
    cache = getattr(dispatcher, "_cache", None)
    files = getattr(cache, "_cache_file", None)
    index = getattr(files, "_index_name", None)
    if cache is not None and index is not None and hasattr(cache, "cache_path"):
        name = index.removesuffix(".nbi")
        cache._cache_file = KernelFiles(Path(cache.cache_path), name, source, variant)
