"""A codebook in other programs' files: FAISS's indices, or one Parquet table."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError
from aehash.files import atomic_file, atomic_folder, write_json
from aehash.workflow.export_trec import FACTS, check_place

_ROWS = 1 << 16
_FIELDS = ("n", "bits", "bit_order", "threshold", "classes", "source", "split", "snapshot")
CODES, FEATURES, KEYS = "codes.faiss", "features.faiss", "keys.txt"


def export_faiss(
    folder: Path, out: Path, *, progress: Callable[[int], object] | None = None
) -> Codebook:
    """Write a codebook as exact indices of FAISS: its codes, and its features where it has them.

    Row i of an index is line i of ``keys.txt``. Codes whose bits do not fill whole bytes end in
    zeros, which differ in none; the features' distances are FAISS's, squared Euclidean ones.

    Args:
        folder: The codebook.
        out: The folder to make; an export that stands there is replaced.
        progress: Takes how many rows were written since it was called last.

    Returns:
        The codebook.

    Raises:
        UsageError: FAISS is not installed, or something else stands at ``out``.
        AehashError: The codebook is damaged, or a key has a line break.
    """
    try:
        import faiss
    except ImportError:
        raise UsageError("FAISS is not installed; install it with: pip install faiss-cpu") from None
    check_place(out)
    book = Codebook.load(folder)
    names = [book.key(row) for row in range(len(book))]
    broken = next((name for name in names if "\n" in name or "\r" in name), None)
    if broken is not None:
        raise AehashError(f"The key {broken!r} has a line break, and {KEYS} has lines.")
    with atomic_folder(out) as aside:
        codes = faiss.IndexBinaryFlat(8 * book.codes.shape[1])
        floats = None if book.features is None else faiss.IndexFlatL2(book.features.shape[1])
        for start in range(0, len(book), _ROWS):
            rows = slice(start, start + _ROWS)
            codes.add(np.ascontiguousarray(book.codes[rows]))
            if floats is not None and book.features is not None:
                floats.add(np.ascontiguousarray(book.features[rows]))
            if progress is not None:
                progress(len(book.codes[rows]))
        faiss.write_index_binary(codes, str(aside / CODES))
        if floats is not None:
            faiss.write_index(floats, str(aside / FEATURES))
        text = "".join(f"{name}\n" for name in names)
        (aside / KEYS).write_text(text, encoding="utf-8", errors="surrogateescape", newline="\n")
        write_json(aside / FACTS, _facts(book))
    return book


def export_parquet(
    folder: Path, out: Path, *, progress: Callable[[int], object] | None = None
) -> Codebook:
    """Write a codebook as one Parquet table.

    Columns: ``key`` (text, or bytes where one is not UTF-8), ``code`` (the packed bits, of fixed
    size), ``features`` (float32, a list of fixed size) and ``label`` (a class number, or a list of
    them), the last two where the codebook has them. What its manifest says, the order of bits
    among it, is JSON under ``aehash`` in the table's metadata.

    Args:
        folder: The codebook.
        out: The file to make; a Parquet file that stands there is replaced.
        progress: Takes how many rows were written since it was called last.

    Returns:
        The codebook.

    Raises:
        UsageError: pyarrow is not installed, or something else stands at ``out``.
        AehashError: The codebook is damaged.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UsageError(
            "Parquet needs pyarrow, which is not installed; install it with: "
            "pip install 'aehash[parquet]'"
        ) from None
    _check_file(out)
    book = Codebook.load(folder)
    text = _is_text(book)
    schema = pyarrow.schema(
        _columns(pyarrow, book, text),
        metadata={"aehash": json.dumps(_facts(book), ensure_ascii=False)},
    )
    with atomic_file(out) as aside, pyarrow.parquet.ParquetWriter(aside, schema) as writer:
        for start in range(0, len(book), _ROWS):
            rows = slice(start, min(start + _ROWS, len(book)))
            arrays = _arrays(pyarrow, book, rows, schema, text)
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))
            if progress is not None:
                progress(rows.stop - rows.start)
    return book


def _check_file(out: Path) -> None:
    if not out.exists():
        return
    if out.is_file():
        with out.open("rb") as file:
            if file.read(4) in (b"PAR1", b""):
                return
    raise UsageError(f"{out} exists and is not a Parquet file. Name another place.")


def _is_text(book: Codebook) -> bool:
    try:
        for key in book.keys.tolist():
            key.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _columns(pyarrow: Any, book: Codebook, text: bool) -> list[tuple[str, Any]]:
    columns = [
        ("key", pyarrow.string() if text else pyarrow.binary()),
        ("code", pyarrow.binary(book.codes.shape[1])),
    ]
    if book.features is not None:
        columns.append(("features", pyarrow.list_(pyarrow.float32(), book.features.shape[1])))
    if book.labels is not None:
        several = book.labels.ndim == 2
        columns.append(("label", pyarrow.list_(pyarrow.int64()) if several else pyarrow.int64()))
    return columns


def _arrays(pyarrow: Any, book: Codebook, rows: slice, schema: Any, text: bool) -> list[Any]:
    keys = book.keys[rows].tolist()
    codes = np.ascontiguousarray(book.codes[rows])
    arrays = [
        pyarrow.array([key.decode() for key in keys] if text else keys, schema.field("key").type),
        pyarrow.array([row.tobytes() for row in codes], schema.field("code").type),
    ]
    if book.features is not None:
        features = np.ascontiguousarray(book.features[rows])
        flat = pyarrow.array(features.reshape(-1))
        arrays.append(pyarrow.FixedSizeListArray.from_arrays(flat, features.shape[1]))
    if book.labels is not None:
        labels = np.asarray(book.labels[rows])
        listed = [np.flatnonzero(row) for row in labels] if labels.ndim == 2 else labels
        arrays.append(pyarrow.array(listed, schema.field("label").type))
    return arrays


def _facts(book: Codebook) -> dict[str, Any]:
    return {name: book.manifest.get(name) for name in _FIELDS}
