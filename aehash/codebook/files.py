"""The files of a codebook: arrays written a piece at a time, and read back only when whole.

Arrays are written through ordinary writes, not through a memory map: a full disk is then an
error that can be reported, where a map would end the process.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from aehash import __version__
from aehash.bits import BIT_ORDER, THRESHOLD
from aehash.errors import AehashError, UsageError
from aehash.files import atomic_folder, read_json, sha256_file, write_json
from aehash.mapped import Verify, check_file, check_verify, map_array

MANIFEST = "manifest.json"
ARRAYS = ("codes", "features", "labels", "keys")

_CHUNK_BYTES = 1 << 24
_REMEDY = "Copy the codebook again, or extract it again."


class NpyWriter:
    """Write one ``.npy`` file whose shape is known in advance, rows at a time.

    Args:
        path: The file to make.
        shape: Its whole shape.
        dtype: Its type; rows are converted to it.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._path = path
        self._shape = shape
        self._dtype = dtype
        self._rows = 0
        self._file = path.open("wb")
        npy_format.write_array_header_1_0(
            self._file,
            {
                "descr": npy_format.dtype_to_descr(dtype),
                "fortran_order": False,
                "shape": shape,
            },
        )

    def append(self, rows: NDArray[Any]) -> None:
        """Write further rows.

        Args:
            rows: ``(m, …)``, of the file's row shape.

        Raises:
            AehashError: They have another row shape.
        """
        if rows.shape[1:] != self._shape[1:]:
            raise AehashError(
                f"Rows of shape {rows.shape[1:]} do not fit {self._path.name}, "
                f"whose rows are {self._shape[1:]}."
            )
        self._file.write(np.ascontiguousarray(rows, dtype=self._dtype).tobytes())
        self._rows += len(rows)

    def close(self) -> dict[str, Any]:
        """Close the file.

        Returns:
            Its entry for the manifest: sha256, bytes, shape, dtype.

        Raises:
            AehashError: Fewer or more rows were written than announced.
        """
        self._file.close()
        if self._rows != self._shape[0]:
            raise AehashError(
                f"{self._path.name} was to have {self._shape[0]} rows and got {self._rows}: "
                "the data changed while it was written. Start again."
            )
        form = {"shape": list(self._shape), "dtype": self._dtype.str}
        return {**entry_of(self._path), **form}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()


def entry_of(path: Path) -> dict[str, Any]:
    """Say for a manifest what a file is: its sha256 and its bytes."""
    return {"sha256": sha256_file(path), "bytes": path.stat().st_size}


def write_array(path: Path, array: NDArray[Any]) -> dict[str, Any]:
    """Write an array in pieces.

    Args:
        path: The file to make.
        array: What to write; it may be memory-mapped.

    Returns:
        Its entry for the manifest.
    """
    step = max(1, _CHUNK_BYTES // max(1, array[:1].nbytes))
    with NpyWriter(path, array.shape, array.dtype) as writer:
        for start in range(0, len(array), step):
            writer.append(array[start : start + step])
        return writer.close()


@contextmanager
def codebook_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to fill that becomes the codebook when the block succeeds.

    Args:
        folder: The codebook's folder; an earlier codebook there is replaced.

    Yields:
        A folder aside, removed when the block raises.

    Raises:
        UsageError: Something else than a codebook stands there.
        AehashError: The disk is full or read-only; nothing is left behind.
    """
    try:
        _check_place(folder)
        with atomic_folder(folder) as aside:
            yield aside
    except OSError as error:
        reason = error.strerror or error
        raise AehashError(
            f"The codebook {folder} could not be written ({reason}); what was there is as it "
            "was. Make room, or name another place."
        ) from error


def _check_place(folder: Path) -> None:
    is_other = folder.exists() and not (folder / MANIFEST).is_file()
    if is_other and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is not a codebook. Name another place.")


def new_manifest(
    n: int,
    bits: int,
    classes: Sequence[str] = (),
    source: str | None = None,
    split: str | None = None,
    snapshot: str | None = None,
) -> dict[str, Any]:
    """Describe a codebook that is about to be written.

    Args:
        n: Rows.
        bits: Bits per code.
        classes: Class names.
        source: Stable identity of the data.
        split: The split's name.
        snapshot: Digest of the snapshot that made the features.

    Returns:
        The manifest, without the files.
    """
    return {
        "n": n,
        "bits": bits,
        "bit_order": BIT_ORDER,
        "threshold": THRESHOLD,
        "classes": list(classes),
        "source": source,
        "split": split,
        "snapshot": snapshot,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "aehash": __version__,
    }


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest, the last file of a codebook."""
    write_json(folder / MANIFEST, dict(manifest))


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read a codebook's manifest and check what the arrays are read by.

    Args:
        folder: The codebook's folder.

    Returns:
        The manifest.

    Raises:
        AehashError: There is no codebook there, or the manifest lacks something.
    """
    if not (folder / MANIFEST).is_file():
        raise AehashError(
            f"{folder} holds no codebook ({MANIFEST} is missing). "
            "Make one with 'aehash extract' or 'aehash codebook import'."
        )
    manifest = read_json(folder / MANIFEST)
    for name in ("n", "bits"):
        value = manifest.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise AehashError(f"{folder / MANIFEST} has no whole number {name!r}: {value!r}.")
    files = manifest.get("files")
    if not isinstance(files, dict) or not {"codes.npy", "keys.npy"} <= set(files):
        raise AehashError(f"{folder / MANIFEST} does not list codes.npy and keys.npy.")
    return manifest


def read_arrays(
    folder: Path, manifest: Mapping[str, Any], verify: Verify
) -> dict[str, NDArray[Any]]:
    """Map a codebook's arrays into memory, read-only.

    Args:
        folder: The codebook's folder.
        manifest: Its manifest.
        verify: ``sha256`` reads every byte, ``size`` only compares sizes.

    Returns:
        The arrays by name, without ``.npy``.

    Raises:
        AehashError: A file is missing or is not what the manifest says.
        UsageError: There is no such way to verify.
    """
    check_verify(verify)
    files = manifest["files"]
    return {
        name: _read_array(folder / f"{name}.npy", files[f"{name}.npy"], verify)
        for name in ARRAYS
        if f"{name}.npy" in files
    }


def further_files(folder: Path, manifest: Mapping[str, Any], verify: Verify) -> list[Path]:
    """Find the files beside the arrays, such as what a stage has learned.

    Args:
        folder: The codebook's folder.
        manifest: Its manifest.
        verify: ``sha256`` reads every byte, ``size`` only compares sizes.

    Returns:
        The files.

    Raises:
        AehashError: A file is missing or is not what the manifest says.
    """
    files = manifest["files"]
    arrays = {f"{name}.npy" for name in ARRAYS}
    names = [name for name in files if name not in arrays]
    outside = next((name for name in names if name in (".", "..") or name != Path(name).name), None)
    if outside is not None:
        raise AehashError(f"The manifest of {folder} lists {outside!r}, which is no file of it.")
    for name in names:
        _check_listed(folder / name, files[name], {"sha256", "bytes"})
        check_file(folder / name, files[name], verify, _REMEDY)
    return [folder / name for name in names]


def _read_array(path: Path, entry: Any, verify: Verify) -> NDArray[Any]:
    _check_listed(path, entry, {"sha256", "bytes", "shape", "dtype"})
    return map_array(path, entry, verify, _REMEDY)


def _check_listed(path: Path, entry: Any, needed: set[str]) -> None:
    if not isinstance(entry, dict) or not needed <= set(entry):
        raise AehashError(f"The manifest's entry for {path} is not complete. {_REMEDY}")
    if not path.is_file():
        raise AehashError(f"{path} is missing, though the manifest lists it. {_REMEDY}")
