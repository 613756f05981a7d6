"""Codebooks made of others: whitened, or given other codes, by a stage learned on any of them."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.bits import check_bits, pack
from aehash.codebook import Codebook
from aehash.codebook.arrays import encode_key
from aehash.codebook.files import new_manifest
from aehash.codebook.stages import digest_after, stage_file, stages_of
from aehash.errors import AehashError, UsageError
from aehash.hashing import Binariser
from aehash.whitening import Whitening

_ROWS = 65_536
#: Entries of a manifest that say how images became features.
_HOW = ("image_size", "longest", "scales", "whitening", "channels")


def open_books(folder: Path, fit: Path | None, out: Path) -> tuple[Codebook, Codebook]:
    """Open a codebook to transform and the one to learn on.

    Args:
        folder: What is transformed.
        fit: What is learned on; by default the same.
        out: Where the result is to stand.

    Returns:
        Both, with features.

    Raises:
        UsageError: One has no features, they are of two trainings, or the result would take the
            place of one of them.
        AehashError: One is missing or damaged.
    """
    if out.resolve() in (folder.resolve(), fit.resolve() if fit else None):
        raise UsageError(f"--out {out} is the codebook that is read: name another folder.")
    book = Codebook.load(folder)
    learned = Codebook.load(fit) if fit else book
    for name, each in ((folder, book), (fit, learned)):
        if each.features is None:
            raise UsageError(
                f"{name} has no features to transform: extract it again, or import it with "
                "--features."
            )
    if book.snapshot and learned.snapshot and book.snapshot != learned.snapshot:
        raise UsageError(
            f"{folder} and {fit} come from two different trainings or stages, so what is learned "
            "on one means nothing to the other: extract both with the same run."
        )
    return book, learned


def features_of(book: Codebook) -> NDArray[np.float32]:
    """Give the features of a codebook that has them.

    Args:
        book: The codebook.

    Returns:
        ``(n, d)``, possibly memory-mapped.

    Raises:
        UsageError: It has none.
    """
    if book.features is None:
        raise UsageError("The codebook has no features: import it with --features.")
    return book.features


def whitened(book: Codebook, stage: Whitening) -> Codebook:
    """Whiten a codebook's features; its codes become their signs.

    Args:
        book: With features, which may be memory-mapped.
        stage: The whitening.

    Returns:
        A codebook of as many features and bits as the whitening has dimensions; the features are
        in memory, 4 bytes each.

    Raises:
        UsageError: The features are of another width.
        AehashError: A row has nothing left to be scaled.
    """
    check_bits(stage.dimensions)
    features = stage.apply(features_of(book))
    starts = range(0, len(features), _ROWS)
    codes = np.concatenate([pack(features[start : start + _ROWS] > 0) for start in starts])
    about = {"name": "whitening", "method": stage.kind, "dimensions": stage.dimensions}
    changed = replace(book, features=features, codes=codes, bits=stage.dimensions)
    return _staged(changed, book, about, stage.digest, stage.save)


def binarised(book: Codebook, stage: Binariser) -> Codebook:
    """Give a codebook other codes, made of its features, which it keeps.

    Args:
        book: With features, which may be memory-mapped.
        stage: The binariser.

    Returns:
        A codebook of the stage's bits.

    Raises:
        UsageError: The features are of another width.
    """
    codes = stage.packed(features_of(book))
    about = {"name": "binariser", "method": stage.method, "bits": stage.bits}
    changed = replace(book, codes=codes, bits=stage.bits)
    return _staged(changed, book, about, stage.digest, stage.save)


def _staged(
    book: Codebook,
    before: Codebook,
    about: dict[str, Any],
    digest: str,
    save: Callable[[Path], object],
) -> Codebook:
    """Name a stage in the manifest, so that codes of other stages are refused as of other runs.

    The new codebook keeps what the stage has learned, so that a new image can be hashed.
    """
    earlier = stages_of(before.manifest)
    file = stage_file(len(earlier) + 1, about["name"])
    own = digest_after(before.snapshot, digest)
    kept = {name: before.manifest[name] for name in _HOW if name in before.manifest}
    manifest = new_manifest(len(book), book.bits, book.classes, book.source, book.split, own)
    stage = {**about, "digest": digest, "of": before.snapshot, "file": file}
    return replace(
        book,
        manifest={**manifest, **kept, "stages": [*earlier, stage]},
        further={**before.further, file: save},
    )


def read_pairs(path: Path, book: Codebook) -> NDArray[np.int64]:
    """Read matching pairs from a CSV of two keys a line.

    Args:
        path: UTF-8; a first line ``first,second`` is passed over.
        book: Holds the keys.

    Returns:
        ``(m, 2)`` rows.

    Raises:
        AehashError: The file cannot be read, or names a key that the codebook does not have.
        UsageError: A line has not two keys.
    """
    rows = {bytes(key): row for row, key in enumerate(book.keys)}
    pairs: list[list[int]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            for line in reader:
                if line and not (reader.line_num == 1 and line == ["first", "second"]):
                    pairs.append(_pair(line, rows, f"{path}, line {reader.line_num}"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AehashError(f"{path} cannot be read as UTF-8 CSV ({error}).") from error
    return np.array(pairs, np.int64).reshape(-1, 2)


def _pair(line: list[str], rows: dict[bytes, int], where: str) -> list[int]:
    if len(line) != 2:
        raise UsageError(f"{where}: a pair is two keys, key,key; there are {len(line)}.")
    found = [rows.get(encode_key(key)) for key in line]
    if None in found:
        missing = line[found.index(None)]
        raise AehashError(
            f"{where}: no row of the codebook that is learned on has the key {missing!r}."
        )
    return [row for row in found if row is not None]
