"""A codebook written as one JSON file, a block of rows at a time."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.codebook.files import ARRAYS
from aehash.errors import AehashError, UsageError
from aehash.files import atomic_file
from aehash.json_index.header import FORMAT, MAX_COLUMNS, header_of
from aehash.json_index.keys import why_not_key
from aehash.json_index.numbers import row_texts
from aehash.json_index.stream import LIMIT

#: The index of a codebook, where it stands in the codebook's folder.
INDEX = "index.json"
_NUMBERS = 1 << 17
_PEEK = 4096
_PLAIN = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_ESCAPED = json.JSONEncoder(allow_nan=False).encode


def export_index(
    folder: Path, out: Path, *, progress: Callable[[int], None] | None = None
) -> Codebook:
    """Write a codebook as a JSON index, whole or not at all.

    Args:
        folder: The codebook.
        out: The file to make; an index that stands there is replaced.
        progress: Takes how many rows were written since it was called last.

    Returns:
        The codebook.

    Raises:
        UsageError: Something else stands at ``out``.
        AehashError: The codebook is damaged, a feature is not finite, a key cannot be in an
            index, or the disk is full or read-only.
    """
    _check_place(out)
    book = Codebook.load(folder)
    if book.labels is not None and book.labels.ndim == 2 and book.labels.shape[1] > MAX_COLUMNS:
        raise AehashError(
            f"{folder} has {book.labels.shape[1]:,} classes, and several labels a row can be of "
            f"{MAX_COLUMNS:,} at most in an index."
        )
    try:
        with atomic_file(out) as aside, aside.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(_head(book))
            for text, rows in _blocks(folder, book):
                file.write(text)
                if progress is not None:
                    progress(rows)
            file.write("\n]\n}\n")
    except OSError as error:
        raise AehashError(
            f"The index {out} could not be written ({error.strerror or error}); what was there is "
            "as it was. Make room, or name another place."
        ) from error
    return book


def _check_place(out: Path) -> None:
    if not out.exists():
        return
    if out.is_file():
        with out.open("rb") as file:
            if f'"{FORMAT}"'.encode() in file.read(_PEEK) or not out.stat().st_size:
                return
    raise UsageError(f"{out} exists and is not a JSON index of aehash. Name another place.")


def _head(book: Codebook) -> Iterator[str]:
    yield "{\n"
    for key, value in header_of(book).items():
        yield f"{_json(key)}: {_json(value)},\n"
    yield '"images": [\n'


def _blocks(folder: Path, book: Codebook) -> Iterator[tuple[str, int]]:
    """Lay out the rows, a block at a time, and count them."""
    labels = _Labels(book)
    width = 1 if book.features is None else book.features.shape[1]
    step = max(1, _NUMBERS // max(width, book.bits // 8))
    for start in range(0, len(book), step):
        block = _load(folder, book, slice(start, start + step))
        columns = [_keys(block["keys"], folder, start)]
        if "labels" in block:
            columns.append(labels.texts(block["labels"]))
        if "features" in block:
            columns.append(_features(block["features"], folder, start))
        columns.append([f'"code": "{code.tobytes().hex()}"' for code in block["codes"]])
        lines = ["{" + ", ".join(parts) + "}" for parts in zip(*columns, strict=True)]
        long = next((row for row, line in enumerate(lines, start) if len(line) > LIMIT), None)
        if long is not None:
            raise AehashError(
                f"Row {long} of {folder} would be longer than {LIMIT:,} characters, which no index "
                "is read with. Keep the codebook, or export it without its features."
            )
        yield (",\n" if start else "") + ",\n".join(lines), len(lines)


def _load(folder: Path, book: Codebook, rows: slice) -> dict[str, NDArray[Any]]:
    """Read some rows; mapped anew each time, so that what was read is let go."""
    names = [name for name in ARRAYS if getattr(book, name) is not None]
    return {
        name: np.array(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)[rows])
        for name in names
    }


def _keys(keys: NDArray[np.bytes_], folder: Path, start: int) -> list[str]:
    texts = []
    for row, key in enumerate(keys.tolist(), start):
        name = key.decode("utf-8", "surrogateescape")
        reason = why_not_key(name)
        if reason is not None:
            raise AehashError(f"Row {row} of {folder} {reason}")
        texts.append(f'"file": {_json(name)}')
    return texts


def _features(features: NDArray[Any], folder: Path, start: int) -> list[str]:
    finite = np.isfinite(features).all(axis=1)
    if not finite.all():
        row = start + int(np.flatnonzero(~finite)[0])
        raise AehashError(
            f"Row {row} of {folder} has features that are NaN or infinite, which JSON cannot "
            "hold. Extract it again with a model that has not diverged."
        )
    return [f'"features": [{text}]' for text in row_texts(features)]


class _Labels:
    """Writes labels by name, where names tell the classes apart, else by number."""

    def __init__(self, book: Codebook) -> None:
        names = book.classes
        columns = len(names)
        if book.labels is not None and book.labels.ndim == 2:
            columns = book.labels.shape[1]
        distinct = len(set(names)) == len(names) == columns
        self._names = [_json(name) for name in names] if distinct else []
        self._columns = columns

    def texts(self, labels: NDArray[Any]) -> list[str]:
        if labels.ndim == 1:
            return [f'"label": {self._name(number)}' for number in labels.tolist()]
        rows, columns = np.nonzero(labels)
        found: list[list[str]] = [[] for _ in range(len(labels))]
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            found[row].append(self._name(column))
        return [f'"label": [{", ".join(each)}]' for each in found]

    def _name(self, number: int) -> str:
        return self._names[number] if 0 <= number < len(self._names) else str(number)


def _json(value: Any) -> str:
    """Write a value on one line; bytes of a name that is not UTF-8 are escaped."""
    text = _PLAIN(value)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return _ESCAPED(value)
    return text
