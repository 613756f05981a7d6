"""The most memory a search of many codes holds, in fresh processes."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from aehash.index import HammingIndex
from benchmarks import child, peers
from benchmarks import codes as made
from benchmarks.contest import aim
from benchmarks.scale import Scale

QUERIES = 16
MB = 1_000_000
ALLOWED = 200 * MB


def run(scale: Scale) -> dict[str, Any]:
    """Search in fresh processes, and read what they held at most."""
    rows: list[dict[str, Any]] = []
    for bits in scale.bits:
        with tempfile.TemporaryDirectory() as name:
            rows += _measure(Path(name), bits, scale)
    return {
        "about": (
            f"Peak resident memory (VmHWM) of a fresh process that searches {QUERIES} queries, "
            f"k = {scale.ks[0]}, less what it held once everything was imported. *Opened*: an "
            "index is opened from its files, which are mapped; *made*: codes are loaded from a "
            "`.npy` file into memory and made into an index, so that both are held, the codes "
            "given and the index's own. *Beyond* is what there is over one copy of the codes "
            "for an opened index, and over the two for one that was made."
        ),
        "seed": scale.seed,
        "packages": peers.PACKAGES,
        "footprints": rows,
    }


def _measure(folder: Path, bits: int, scale: Scale) -> list[dict[str, Any]]:
    codes = made.make("random", bits, scale.many_rows, QUERIES, scale.seed)
    np.save(folder / "codes.npy", codes.database)
    np.save(folder / "queries.npy", codes.queries)
    index = HammingIndex.from_codes(codes.database, bits)
    index.save(folder / "index")
    index.search(codes.queries, scale.ks[0])  # so that the compiled kernels are cached
    size = codes.database.nbytes
    del codes, index
    return [_row(folder, bits, size, how, scale) for how in ("opened", "made")]


def _row(folder: Path, bits: int, size: int, how: str, scale: Scale) -> dict[str, Any]:
    given = {"folder": str(folder), "bits": bits, "k": scale.ks[0], "how": how}
    peak = child.call("search_memory", given)
    held = peak["peak_bytes"] - peak["import_bytes"]
    beyond = held - size * (1 if how == "opened" else 2)
    target = ALLOWED if scale.many_rows >= 10_000_000 else None
    return {
        "how": how,
        "bits": bits,
        "rows": scale.many_rows,
        "codes_bytes": size,
        "held_bytes": held,
        "beyond_bytes": beyond,
        **peak,
        **aim(max(beyond, 1), target, at_least=False),
    }
