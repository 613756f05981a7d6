"""What the manifest of a saved index may say, and what is made of one that says otherwise."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from aehash.bits import MAX_BITS
from aehash.errors import AehashError
from aehash.files import read_json
from aehash.index.planes import WORDS, blocks_for

MANIFEST = "manifest.json"
FORMAT = "aehash-index"
COLUMNS = ("planes", "keys", "labels")
_INTS = np.dtype(np.int64).str
_ENTRY = {"name": str, "sha256": str, "bytes": int, "shape": list, "dtype": str}


def readable(folder: Path) -> dict[str, Any] | None:
    """Read a manifest that may be damaged.

    Args:
        folder: Where it should be.

    Returns:
        What it says; an empty one where there is none; None where it is not a JSON object.
    """
    if not (folder / MANIFEST).is_file():
        return {}
    try:
        return read_json(folder / MANIFEST)
    except AehashError:
        return None


def is_whole(manifest: Mapping[str, Any]) -> bool:
    """Say whether a manifest has all that it should, and its parts agree.

    Args:
        manifest: What was read.

    Returns:
        Whether an index can be opened by it, if its files are there.
    """
    bits, segments = manifest.get("bits"), manifest.get("segments")
    if not _is_count(bits, 1) or bits > MAX_BITS or not isinstance(manifest.get("version"), str):
        return False
    if not isinstance(segments, list) or not all(_is_segment(each, bits) for each in segments):
        return False
    if len({tuple(sorted(each["files"])) for each in segments}) > 1:
        return False
    removed, gone = manifest.get("removed"), 0
    if removed is not None:
        if not _is_entry(removed, "removed") or not _is_list(removed, _INTS):
            return False
        gone = removed["shape"][0]
    rows, names = sum(each["rows"] for each in segments), _names(manifest)
    totals = (manifest.get("rows"), manifest.get("live"))
    return totals == (rows, rows - gone) and len(names) == len(set(names))


def named(manifest: Mapping[str, Any] | None) -> set[str] | None:
    """Say which files belong to an index.

    Args:
        manifest: What `readable` gave.

    Returns:
        Their names; None where the manifest is too damaged to tell.
    """
    if manifest == {}:
        return set()
    return set(_names(manifest)) if manifest is not None and is_whole(manifest) else None


def _names(manifest: Mapping[str, Any]) -> list[str]:
    entries = [entry for each in manifest["segments"] for entry in each["files"].values()]
    return [entry["name"] for entry in [*entries, manifest.get("removed")] if entry]


def _is_count(value: Any, least: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_entry(entry: Any, column: str) -> bool:
    return (
        isinstance(entry, dict)
        and all(isinstance(entry.get(name), kind) for name, kind in _ENTRY.items())
        and re.fullmatch(rf"{column}-[0-9a-f]{{16}}\.npy", entry["name"]) is not None
    )


def _is_list(entry: Mapping[str, Any], dtype: str) -> bool:
    shape = entry["shape"]
    return len(shape) == 1 and _is_count(shape[0], 1) and entry["dtype"] == dtype


def _is_segment(segment: Any, bits: int) -> bool:
    if not isinstance(segment, dict) or not _is_count(segment.get("rows"), 1):
        return False
    files, rows = segment.get("files"), segment["rows"]
    return (
        isinstance(files, dict)
        and "planes" in files
        and set(files) <= set(COLUMNS)
        and all(_is_entry(entry, name) for name, entry in files.items())
        and all(_is_column(name, entry, rows, bits) for name, entry in files.items())
    )


def _is_column(name: str, entry: Mapping[str, Any], rows: int, bits: int) -> bool:
    """Say whether a file has the shape and type of its column."""
    shape: list[Any] = entry["shape"]
    dtype: str = entry["dtype"]
    if name == "planes":
        return shape == [blocks_for(rows), bits, WORDS] and dtype == np.dtype(np.uint64).str
    if shape[:1] != [rows]:
        return False
    if name == "keys":
        return len(shape) == 1 and re.fullmatch(r"\|S[1-9]\d*", dtype) is not None
    return len(shape) <= 2 and dtype == (_INTS if len(shape) == 1 else "|u1")
