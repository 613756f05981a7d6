"""A codebook as one JSON index and as .npy arrays: size, time and memory, in fresh processes."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from aehash.codebook.shards import Shard, write_from_shards
from benchmarks import child
from benchmarks.contest import aim
from benchmarks.pairs import spread
from benchmarks.scale import Scale

DIMENSIONS = 48
MB = 1_000_000
ALLOWED = 300 * MB
ENOUGH_SECONDS = 10.0
CLASSES = ["eeg", "mri", "oct", "xray"]
#: What is done, on which of the two forms, and whether it is to be done in bounded memory.
STEPS = {
    "export": ("`codebook export`: codebook → index", "json", True),
    "import": ("`codebook import`: index → codebook", "json", True),
    "load": ("`json.load` of the index, then arrays", "json", False),
    "sizes": ("open the codebook, sizes compared", "npy", False),
    "digests": ("open the codebook, digests compared", "npy", False),
    "read": ("open the codebook and read all of it", "npy", False),
}


class _Images:
    """Shards of random features, the same at each reading."""

    def __init__(self, rows: int, seed: int) -> None:
        self.rows = rows
        self.seed = seed

    def __iter__(self) -> Iterator[Shard]:
        rng = np.random.default_rng(self.seed)
        for start in range(0, self.rows, 10_000):
            rows = range(start, min(start + 10_000, self.rows))
            features = rng.standard_normal((len(rows), DIMENSIONS), np.float32)
            labels = rng.integers(0, len(CLASSES), len(rows))
            names = zip(rows, labels.tolist(), strict=True)
            keys = [f"train/{CLASSES[label]}/{row:07d}.png" for row, label in names]
            yield Shard(features, labels, keys)


def run(scale: Scale) -> dict[str, Any]:
    """Convert both ways and open both, and read what the processes held at most."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = folder / "book"
        write_from_shards(made, _Images(scale.rows, scale.seed), classes=CLASSES, split="train")
        found = {how: _measure(folder, how, scale) for how in STEPS}
        sizes = {"json": (folder / "index.json").stat().st_size, "npy": _size(made)}
        _check_same(made, folder / "imported")
    rows = [_row(how, runs, sizes, scale) for how, runs in found.items()]
    return {
        "about": (
            f"A codebook of {DIMENSIONS} random features a row with codes, labels and file names, "
            "as a folder of `.npy` arrays and as one JSON index, which holds the same to the bit. "
            "Each step is done in a process of its own; *peak* is all that it ever held (VmHWM), "
            "Python and NumPy included. The files were just written and are in the system's "
            f"cache. Steps of more than {ENOUGH_SECONDS:.0f} s are done once."
        ),
        "seed": scale.seed,
        "packages": ("aehash", "numpy"),
        "steps": rows,
    }


def _measure(folder: Path, how: str, scale: Scale) -> list[dict[str, float]]:
    runs: list[dict[str, float]] = []
    while len(runs) < scale.box.least and sum(run["seconds"] for run in runs) < ENOUGH_SECONDS:
        runs.append(child.call("json_step", {"folder": str(folder), "how": how}))
    return runs


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _check_same(first: Path, second: Path) -> None:
    """Refuse to report conversions that lost something."""
    for path in first.iterdir():
        if path.read_bytes() != (second / path.name).read_bytes():
            raise RuntimeError(f"{path.name} is not the same after a round trip.")


def _row(
    how: str, runs: list[dict[str, float]], sizes: dict[str, int], scale: Scale
) -> dict[str, Any]:
    what, form, bounded = STEPS[how]
    peak = max(run["peak_bytes"] for run in runs)
    target = ALLOWED if bounded and scale.rows >= 1_000_000 else None
    return {
        "what": what,
        "form": form,
        "rows": scale.rows,
        "form_bytes": sizes[form],
        "seconds": spread([run["seconds"] for run in runs]),
        "runs": runs,
        "peak_bytes": peak,
        **aim(peak, target, at_least=False),
    }
