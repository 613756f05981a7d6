"""Opening a saved index: its files are mapped, not read, and none is taken on trust."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.codebook_files import VERIFY, Verify
from aehash.errors import AehashError, UsageError, nearest
from aehash.files import read_json, sha256_file
from aehash.index.manifest import FORMAT, MANIFEST, is_whole
from aehash.index.planes import LANES
from aehash.index.segments import Segment
from aehash.index.store import Home, SavedFile, split_removed, stamp

_REMEDY = "Copy the index again, or make it again from the codes."
_TRIES = 5


def load(folder: Path, verify: Verify) -> tuple[int, tuple[Segment, ...], Home]:
    """Open an index.

    Args:
        folder: Where it was saved.
        verify: ``size`` compares the files' sizes, ``sha256`` reads every byte.

    Returns:
        Bits per code, the segments, and where they are from.

    Raises:
        UsageError: There is no such way to verify.
        AehashError: There is no index there, or it is not what its manifest says.
    """
    if verify not in VERIFY:
        raise UsageError(f"There is no verification {verify!r}.{nearest(verify, VERIFY)}")
    folder = folder.resolve()
    for _ in range(_TRIES):
        manifest = _read_manifest(folder)
        try:
            segments = _segments(folder, manifest, verify)
        except FileNotFoundError as error:
            missing = error.filename
            if read_json(folder / MANIFEST).get("version") == manifest["version"]:
                break
            continue  # it was saved meanwhile
        return manifest["bits"], segments, Home(folder, manifest["version"])
    raise AehashError(f"{missing} is missing, though the manifest lists it. {_REMEDY}")


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise AehashError(
            f"{folder} holds no index ({MANIFEST} is missing). Make one with HammingIndex.save."
        )
    manifest = read_json(path)
    if manifest.get("format") != FORMAT:
        raise AehashError(
            f"{folder} holds something else than an index. A codebook is searched by "
            "HammingIndex.from_codes(book.codes, book.bits, book.keys)."
        )
    if manifest.get("lanes") != LANES:
        raise AehashError(
            f"{path} lays out {manifest.get('lanes')!r} codes a block, and this version of aehash "
            f"{LANES}. Make the index again from the codes."
        )
    if not is_whole(manifest):
        raise AehashError(f"{path} is not complete, or its parts do not agree. {_REMEDY}")
    return manifest


def _segments(folder: Path, manifest: Mapping[str, Any], verify: Verify) -> tuple[Segment, ...]:
    segments = [_segment(folder, entry, verify) for entry in manifest["segments"]]
    if manifest["removed"] is None:
        return tuple(segments)
    path = folder / manifest["removed"]["name"]
    removed = np.array(_map(path, manifest["removed"], verify))
    rows = sum(each.rows for each in segments)
    sound = removed.dtype == np.int64 and removed.ndim == 1 and (np.diff(removed) > 0).all()
    if not sound or not len(removed) or removed[0] < 0 or removed[-1] >= rows:
        raise AehashError(f"{path} is not an ascending list of the index's rows. {_REMEDY}")
    return split_removed(removed, segments)


def _segment(folder: Path, entry: Mapping[str, Any], verify: Verify) -> Segment:
    arrays, files = {}, {}
    for name, file in entry["files"].items():
        path = folder / file["name"]
        seen = stamp(path)
        arrays[name] = _map(path, file, verify)
        files[name] = SavedFile(file, path, seen)
    return Segment(rows=entry["rows"], files=files, **arrays)


def _map(path: Path, entry: Mapping[str, Any], verify: Verify) -> NDArray[Any]:
    if (size := path.stat().st_size) != entry["bytes"]:
        raise AehashError(
            f"{path} has {size} bytes where its manifest says {entry['bytes']}. {_REMEDY}"
        )
    if verify == "sha256" and sha256_file(path) != entry["sha256"]:
        raise AehashError(f"{path} is not the file its manifest describes (sha256). {_REMEDY}")
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise
    except (ValueError, OSError, EOFError) as error:
        raise AehashError(f"{path} is not a plain .npy array ({error}). {_REMEDY}") from error
    if list(array.shape) != entry["shape"] or array.dtype.str != entry["dtype"]:
        raise AehashError(
            f"{path} holds {array.dtype.str} of shape {array.shape} where its manifest says "
            f"{entry['dtype']} of shape {tuple(entry['shape'])}. {_REMEDY}"
        )
    return np.asarray(array)
