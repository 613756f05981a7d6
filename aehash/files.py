"""Files that are whole or not there: write aside, fsync, rename."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aehash.errors import AehashError

_CHUNK = 1 << 20


def fsync(path: Path) -> None:
    """Flush a file or a folder entry to the disk.

    Args:
        path: An existing file or folder.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def atomic_file(target: Path) -> Iterator[Path]:
    """Give a path to write to, and put it in the target's place when the block succeeds.

    The name written to keeps the target's ending, since some writers choose by it.

    Args:
        target: The file to make or replace.

    Yields:
        A temporary path in the same folder; it is removed when the block raises.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(
        prefix=f".{target.stem}.", suffix=f".tmp{target.suffix}", dir=target.parent
    )
    os.close(handle)
    aside = Path(name)
    try:
        yield aside
        aside.chmod(0o666 & ~_umask())
        fsync(aside)
        aside.replace(target)
        fsync(target.parent)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """Give a folder to fill, and rename it to the target when the block succeeds.

    Args:
        target: The folder to make; an existing one is replaced.

    Yields:
        A temporary folder beside the target; it is removed when the block raises.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent))
    try:
        aside.chmod(0o777 & ~_umask())
        yield aside
        put_folder(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def put_folder(aside: Path, target: Path) -> None:
    """Flush a finished folder and put it in the target's place.

    Args:
        aside: The finished folder, on the same file system.
        target: Where it belongs; what is there is replaced, or put back where that fails.
    """
    for path in sorted(aside.rglob("*")):
        fsync(path)
    fsync(aside)
    if target.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".old", dir=target.parent))
        kept = old / target.name
        try:
            target.replace(kept)
            aside.replace(target)
        finally:
            if kept.exists() and not target.exists():
                kept.replace(target)
            shutil.rmtree(old, ignore_errors=True)
    else:
        aside.replace(target)
    fsync(target.parent)


def write_text(target: Path, text: str) -> None:
    """Write a UTF-8 text file, whole or not at all."""
    with atomic_file(target) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(target: Path, value: Any) -> None:
    """Write a value as indented JSON, whole or not at all; NaN is refused."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(target, text + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        path: The file.

    Returns:
        The object.

    Raises:
        AehashError: The file is missing, is not JSON, or holds something else than an object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AehashError(f"{path} is missing.") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise AehashError(f"{path} is not readable JSON ({error}).") from None
    if not isinstance(value, dict):
        raise AehashError(f"{path} should hold a JSON object, not a {type(value).__name__}.")
    return value


def sha256_file(path: Path) -> str:
    """Digest a file in chunks.

    Args:
        path: The file.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _umask() -> int:
    value = os.umask(0)
    os.umask(value)
    return value
