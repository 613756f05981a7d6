"""Opening a saved index: its files are mapped, not read, and none is taken on trust."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from aehash.errors import AehashError
from aehash.files import read_json
from aehash.index.manifest import FORMAT, MANIFEST, is_whole
from aehash.index.planes import LANES
from aehash.index.segments import Segment
from aehash.index.store import Home, SavedFile, split_removed, stamp
from aehash.mapped import Verify, check_verify, map_array

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
    check_verify(verify)
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
    removed = np.array(map_array(path, manifest["removed"], verify, _REMEDY))
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
        arrays[name] = map_array(path, file, verify, _REMEDY)
        files[name] = SavedFile(file, path, seen)
    return Segment(rows=entry["rows"], files=files, **arrays)
