"""Codes to search: random ones, and the COCO codes that the author of akbacak2023 published."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks import data

Kind = Literal["random", "real"]
REAL = "akbacak2023_coco_codes_packed.npz"
FLIPPED = 0.02
_CHUNK = 1 << 16


@dataclass(frozen=True, eq=False)
class Codes:
    """A database and queries.

    Attributes:
        kind: ``random`` or ``real``.
        bits: Bits per code.
        database: ``(n, bits / 8)`` uint8.
        queries: ``(q, bits / 8)`` uint8; of real codes, members of the published set.
    """

    kind: Kind
    bits: int
    database: NDArray[np.uint8]
    queries: NDArray[np.uint8]

    @property
    def name(self) -> str:
        """Say what it is, for a sentence."""
        return f"{self.kind} codes, {self.bits} bits, {len(self.database):,} rows"


def make(kind: Kind, bits: int, rows: int, queries: int, seed: int) -> Codes:
    """Make codes.

    Args:
        kind: ``random``: every bit by a coin; ``real``: the published codes, then copies of them
            with 2 % of the bits flipped.
        bits: A multiple of 8; 64, 128 or 256 for real codes.
        rows: Database codes.
        queries: Queries.
        seed: Of all chance.

    Returns:
        The codes.

    Raises:
        MissingError: The published codes are not at hand.
    """
    rng = np.random.default_rng([seed, bits, rows])
    if kind == "random":
        width = bits // 8
        database = np.frombuffer(rng.bytes(rows * width), np.uint8).reshape(rows, width)
        asked = np.frombuffer(rng.bytes(queries * width), np.uint8).reshape(queries, width)
        return Codes(kind, bits, database, asked)
    with np.load(data.need(REAL)) as file:
        published = file[f"codes_{bits}"]
    database = published[np.arange(rows) % len(published)]
    for start in range(len(published), rows, _CHUNK):
        part = database[start : start + _CHUNK]
        flips = rng.random((len(part), bits), dtype=np.float32) < FLIPPED
        part ^= np.packbits(flips, axis=1)
    members = rng.choice(min(rows, len(published)), queries, replace=False)
    return Codes(kind, bits, database, database[members])


def kinds() -> tuple[list[Kind], str]:
    """Say which codes are at hand.

    Returns:
        The kinds, and a sentence on the real codes.
    """
    if data.find(REAL) is None:
        return ["random"], f"Real codes are left out: {REAL} is not at hand."
    return ["random", "real"], (
        "Real codes are the 78,220 that the author of akbacak2023 published for COCO, then copies "
        f"of them with {FLIPPED:.0%} of the bits flipped; their queries are members of that set."
    )
