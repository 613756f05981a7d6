"""Rows by their keys, and the digest that tells codebooks apart."""

import hashlib
import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.errors import AehashError


def digest_of(book: Codebook) -> str:
    """Digest what a session's meaning rests on: a codebook's codes, features and keys.

    Args:
        book: Saved or in memory; the two have different digests.

    Returns:
        64 hexadecimal digits; for a saved codebook they come from its manifest, at once.
    """
    parts = ("codes", "features", "keys")
    files = book.manifest.get("files")
    if files is not None:
        told = {name: files[f"{name}.npy"]["sha256"] for name in parts if f"{name}.npy" in files}
        return hashlib.sha256(json.dumps([book.bits, told]).encode()).hexdigest()
    digest = hashlib.sha256(str(book.bits).encode())
    for name in parts:
        array = getattr(book, name)
        if array is not None:
            digest.update(f"{name} {array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def rows_of(book: Codebook, keys: Sequence[str]) -> NDArray[np.int64]:
    """Find rows by their keys.

    Args:
        book: The codebook.
        keys: ``(m,)`` keys.

    Returns:
        ``(m,)`` rows, in the keys' order.

    Raises:
        AehashError: A key is not there.
    """
    if not keys:
        return np.empty(0, np.int64)
    names = np.array([key.encode("utf-8", "surrogateescape") for key in keys])
    wanted, place = np.unique(names, return_inverse=True)
    nearest = np.minimum(np.searchsorted(wanted, book.keys), len(wanted) - 1)
    found = np.flatnonzero(wanted[nearest] == book.keys)  # no key stands in two rows
    rows = np.full(len(wanted), -1, np.int64)
    rows[nearest[found]] = found
    rows = rows[place]
    for missing in np.flatnonzero(rows < 0)[:1]:
        raise AehashError(f"The codebook has no row {keys[missing]!r}, which the session names.")
    return rows
