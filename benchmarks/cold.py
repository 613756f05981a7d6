"""How long the first call takes in a fresh process, with the kernels cached and without."""

import tempfile
from typing import Any

from aehash import jit
from benchmarks import child, data, peers
from benchmarks.contest import aim
from benchmarks.pairs import spread
from benchmarks.scale import Scale

TARGET = 2.0
_CALLS = {
    "first_search": "`HammingIndex.search`",
    "first_within": "`HammingIndex.within`",
    "first_evaluation": "`evaluate`",
}


def run(scale: Scale) -> dict[str, Any]:
    """Time first calls, each in a process of its own."""
    if jit.kernels() != "numba":
        raise data.MissingError("Nothing is compiled where numba is not at work.")
    rows: list[dict[str, Any]] = []
    for name, what in _CALLS.items():
        found: dict[str, list[float]] = {"compiled": [], "cached": []}
        for _ in range(scale.box.least):
            with tempfile.TemporaryDirectory() as folder:
                for state in found:
                    got = child.call(name, {}, {"NUMBA_CACHE_DIR": folder})
                    found[state].append(round(got["seconds"], 4))
        for state, seconds in found.items():
            median = spread(seconds)["median"]
            row = {"what": what, "state": state, "seconds": spread(seconds), "all": seconds}
            rows.append({**row, **aim(median, TARGET, at_least=False)})
    return {
        "about": (
            "Seconds from importing aehash (NumPy is there already) to the first result on 2,000 "
            "codes of 64 bits, in fresh processes. *Compiled*: numba's cache (`NUMBA_CACHE_DIR`) "
            "is an empty folder, as after an installation; *cached*: the next process, which "
            "finds the kernels there."
        ),
        "seed": scale.seed,
        "packages": peers.PACKAGES,
        "first_calls": rows,
    }
