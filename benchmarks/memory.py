"""Most memory held by a training epoch and by an extraction, as the images become many."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.scale import Scale

_ROOT = Path(__file__).resolve().parents[1]
Make = Callable[[Path, int, int], Path]


def run(scale: Scale) -> dict[str, Any]:
    """Train an epoch and extract all in fresh processes, on few images and on many."""
    from benchmarks import inputs

    kinds: list[tuple[str, str, tuple[int, ...], Make]] = [
        ("folder of PNGs", "folder", scale.folders, inputs.small_pngs),
        (".h5 file", "images.h5", scale.h5, inputs.h5),
    ]
    rows: list[dict[str, Any]] = []
    for what, name, counts, make in kinds:
        found = {count: _peaks(name, count, scale.seed, make) for count in counts}
        for stage in ("train", "extract"):
            rows += _rows(f"{stage}, {what}", {n: peaks[stage] for n, peaks in found.items()})
    return {
        "about": (
            "Peak resident memory (VmHWM) of a fresh process: `aehash train` for one epoch, "
            "batch 256, and `aehash extract --split all`, both on 28×28 images that are read "
            "from the disk. What grows is what is kept for every image: its key, label and "
            "place in the splits; the pixels would add 784 bytes an image."
        ),
        "seed": scale.seed,
        "peaks": rows,
    }


def _peaks(name: str, count: int, seed: int, make: Make) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        data = make(Path(folder) / name, count, seed)
        run = Path(folder) / "run"
        train = ["train", "--data", str(data), "--out", str(run), "--bits", "64", "--quiet"]
        train += ["--image-size", "28", "--set", "train.epochs=1", "--set", "train.batch_size=256"]
        train += ["--set", "model.options.dense=[16]"]
        extract = ["extract", "--run", str(run), "--split", "all"]
        return {"train": _peak(train), "extract": _peak(extract)}


def _peak(arguments: list[str]) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.peak", *arguments],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"aehash {' '.join(arguments)} failed: {done.stderr.strip()}")
    return int(done.stdout.split()[-1])


def _rows(what: str, peaks: dict[int, int]) -> list[dict[str, Any]]:
    """Compare each count with the smallest."""
    few = min(peaks)
    rows = []
    for count, peak in peaks.items():
        more = (peak - peaks[few]) / (count - few) if count > few else None
        row = {"what": what, "images": count, "peak_bytes": peak, "bytes_per_image": more}
        rows.append({**row, "ratio": peak / peaks[few]})
    return rows
