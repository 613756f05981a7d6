"""Shards on their way to a codebook: joined on the disk, one at a time in memory."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aehash.bits import check_bits, pack, packed_width, threshold
from aehash.codebook.arrays import (
    check_classes,
    check_distinct,
    encode_key,
    float_features,
    label_array,
)
from aehash.codebook.files import (
    NpyWriter,
    codebook_folder,
    new_manifest,
    write_array,
    write_manifest,
)
from aehash.errors import AehashError, UsageError

Keys = Sequence[str] | NDArray[np.bytes_]


class Shard(NamedTuple):
    """A piece of a codebook; a plain tuple of the three does as well.

    Attributes:
        features: ``(m, d)`` float32; where feature > 0 the bit is 1.
        labels: ``(m,)`` class numbers or ``(m, classes)`` multi-hot, or none.
        keys: One per row: text, or an array of UTF-8 bytes, which is taken as it is.
    """

    features: NDArray[np.float32]
    labels: NDArray[Any] | None
    keys: Keys


@dataclass(frozen=True)
class _Plan:
    """What the first reading found."""

    bits: int
    labels: tuple[tuple[int, ...], np.dtype[Any]] | None
    keys: NDArray[np.bytes_]


def write_from_shards(
    folder: str | Path,
    shards: Iterable[tuple[NDArray[np.float32], NDArray[Any] | None, Keys]],
    *,
    classes: Sequence[str] = (),
    source: str | None = None,
    split: str | None = None,
    snapshot: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Join shards into a codebook on the disk; only the keys and one shard are in memory.

    The shards are read twice: once to count them, once to copy them.

    Args:
        folder: The folder to make; a codebook that stands there is replaced.
        shards: ``(features, labels or None, keys)`` each; a list, or an object that can be
            iterated again, not a generator. Empty ones are passed over.
        classes: Class names.
        source: Stable identity of the data.
        split: The split's name.
        snapshot: Digest of the snapshot that made the features.
        more: Further entries of the manifest.

    Raises:
        UsageError: The shards do not fit each other or can be read only once.
        AehashError: There is no row, features are NaN or infinite, or the disk is full or
            read-only; nothing is left behind.
    """
    if iter(shards) is shards:
        raise UsageError("Shards are read twice: pass a list or an iterable object.")
    plan = _plan(shards, classes)
    manifest = new_manifest(len(plan.keys), plan.bits, classes, source, split, snapshot)
    with codebook_folder(Path(folder)) as aside:
        files = _copy(aside, shards, plan)
        write_manifest(aside, {**manifest, **(more or {}), "files": files})


def _plan(shards: Iterable[Any], classes: Sequence[str]) -> _Plan:
    keys: list[bytes] = []
    widths: set[int] = set()
    forms: dict[str, tuple[tuple[int, ...], np.dtype[Any]] | None] = {}
    for features, labels, names in shards:
        marks = None if labels is None or not len(labels) else label_array(labels)
        _check_counts(len(features), labels, names)
        keys.extend(_encoded(names))
        if len(features):
            widths.add(float_features(features).shape[1])
            form = None if marks is None else (marks.shape[1:], marks.dtype)
            forms[str(form)] = form
        check_classes(marks, classes)
    if not keys:
        raise AehashError("There is no row to write: every image was skipped, or there was none.")
    if len(widths) > 1 or len(forms) > 1:
        raise UsageError(
            f"Shards differ: {sorted(widths)} features a row, labels {sorted(forms)}. "
            "Delete them and extract again."
        )
    stored = np.array(keys, dtype=np.bytes_)
    check_distinct(stored)
    return _Plan(check_bits(widths.pop()), next(iter(forms.values())), stored)


def _encoded(keys: Keys) -> list[bytes]:
    if not isinstance(keys, np.ndarray):
        return [encode_key(key) for key in keys]
    encoded: list[bytes] = keys.tolist()
    bad = next((key for key in encoded if not key or b"\0" in key), None)
    if bad is not None:
        raise UsageError(f"A key must not be empty and has no NUL, not {bad!r}.")
    return encoded


def _check_counts(n: int, labels: NDArray[Any] | None, keys: Keys) -> None:
    for name, part in (("labels", labels), ("keys", keys)):
        if part is not None and len(part) != n:
            raise UsageError(f"A shard has {n} rows of features and {len(part)} {name}.")


def _copy(aside: Path, shards: Iterable[Any], plan: _Plan) -> dict[str, Any]:
    n = len(plan.keys)
    shapes: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {
        "codes": ((n, packed_width(plan.bits)), np.dtype(np.uint8)),
        "features": ((n, plan.bits), np.dtype(np.float32)),
    }
    if plan.labels is not None:
        shapes["labels"] = ((n, *plan.labels[0]), plan.labels[1])
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(NpyWriter(aside / f"{name}.npy", *form))
            for name, form in shapes.items()
        }
        for features, labels, _ in shards:
            if not len(features):
                continue
            real = float_features(features)
            writers["codes"].append(pack(threshold(real)))
            writers["features"].append(real)
            if "labels" in writers:
                writers["labels"].append(label_array(labels))
        files = {f"{name}.npy": writer.close() for name, writer in writers.items()}
    return {**files, "keys.npy": write_array(aside / "keys.npy", plan.keys)}
