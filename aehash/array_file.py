"""What a stage has learned, in one ``.npz``: arrays and facts, whole or not at all."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError
from aehash.files import atomic_file

_FACTS = "facts"


def digest_of(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> str:
    """Digest arrays and facts.

    Args:
        arrays: By name.
        facts: What JSON can hold.

    Returns:
        64 hexadecimal digits, equal where names, types, shapes, values and facts are.
    """
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def save_arrays(
    path: Path, kind: str, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]
) -> None:
    """Write a stage.

    Args:
        path: The ``.npz`` to make or replace.
        kind: What it is, such as ``whitening``.
        arrays: By name.
        facts: What JSON can hold.

    Raises:
        AehashError: The disk is full or read-only; what was there is as it was.
    """
    text = json.dumps({"kind": kind, "digest": digest_of(arrays, facts), "facts": dict(facts)})
    try:
        with atomic_file(path) as aside, aside.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays, **{_FACTS: np.array(text)})
    except OSError as error:
        raise AehashError(
            f"{path} could not be written ({error.strerror or error}); what was there is as it "
            "was. Make room, or name another place."
        ) from error


def load_arrays(path: Path, kind: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read a stage; pickled objects are never loaded.

    Args:
        path: The ``.npz``.
        kind: What it must be.

    Returns:
        The arrays and the facts.

    Raises:
        AehashError: It is missing, damaged or of another kind.
    """
    if not path.is_file():
        raise AehashError(f"{path} is missing. Name a saved {kind}.")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(str(arrays.pop(_FACTS)))
        found, digest, facts = about["kind"], about["digest"], dict(about["facts"])
    except (
        OSError, EOFError, ValueError, KeyError, TypeError, AttributeError,
        zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        raise AehashError(f"{path} is no saved {kind}, or is damaged ({error}).") from error
    if found != kind:
        raise AehashError(f"{path} holds a saved {found}, where a {kind} is wanted.")
    if digest_of(arrays, facts) != digest:
        raise AehashError(f"{path} is not what was saved (digest). Copy it again, or learn again.")
    return arrays, facts
