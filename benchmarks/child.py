"""Work done in a fresh process: ``python -m benchmarks.child NAME JSON`` prints what it found."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]


def call(name: str, given: dict[str, Any], variables: dict[str, str] | None = None) -> Any:
    """Do a piece of work in a fresh process.

    Args:
        name: One of `WORK`.
        given: Its arguments.
        variables: Environment variables to set there.

    Returns:
        What it printed.

    Raises:
        RuntimeError: It failed.
    """
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.child", name, json.dumps(given)],
        cwd=_ROOT,
        env={**os.environ, **(variables or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed in a process of its own: {done.stderr.strip()}")
    return json.loads(done.stdout.splitlines()[-1])


def search_memory(folder: str, bits: int, k: int, how: str) -> dict[str, int]:
    """Search an index, opened or made; say the peaks before and after."""
    import numba  # noqa: F401
    import numpy as np

    from aehash.index import HammingIndex
    from benchmarks.peak import peak_bytes

    imported = peak_bytes()
    home = Path(folder)
    queries = np.load(home / "queries.npy")
    if how == "opened":
        index = HammingIndex.open(home / "index")
    else:
        index = HammingIndex.from_codes(np.load(home / "codes.npy"), bits)
    index.search(queries, k)
    return {"import_bytes": imported, "peak_bytes": peak_bytes()}


def first_search() -> dict[str, float]:
    """Make an index and search it, once."""
    import numpy as np

    started = time.perf_counter()
    from aehash.index import HammingIndex

    codes = np.random.default_rng(0).integers(0, 256, (2000, 8), dtype=np.uint8)
    HammingIndex.from_codes(codes, 64).search(codes[:4], 10)
    return {"seconds": time.perf_counter() - started}


def first_within() -> dict[str, float]:
    """Make an index and search a radius, once."""
    import numpy as np

    started = time.perf_counter()
    from aehash.index import HammingIndex

    codes = np.random.default_rng(0).integers(0, 256, (2000, 8), dtype=np.uint8)
    HammingIndex.from_codes(codes, 64).within(codes[:4], 4)
    return {"seconds": time.perf_counter() - started}


def first_evaluation() -> dict[str, float]:
    """Evaluate a small codebook, once."""
    import numpy as np

    started = time.perf_counter()
    from aehash.codebook import Codebook
    from aehash.metrics import evaluate

    codes = np.random.default_rng(0).integers(0, 256, (2000, 8), dtype=np.uint8)
    keys = np.arange(2000).astype("S")
    book = Codebook(codes, 64, keys, labels=np.arange(2000) % 10)
    evaluate(book, book)
    return {"seconds": time.perf_counter() - started}


def json_step(folder: str, how: str) -> dict[str, float]:
    """Do one of `benchmarks.json_index.STEPS`."""
    import numpy as np

    from aehash.codebook import Codebook
    from aehash.json_index import export_index, import_index
    from benchmarks.peak import peak_bytes

    book, index, imported = (Path(folder) / name for name in ("book", "index.json", "imported"))
    started = time.perf_counter()
    if how == "export":
        export_index(book, index)
    elif how == "import":
        import_index(index, imported)
    elif how == "load":
        found = json.loads(index.read_text(encoding="utf-8"))
        np.array([image["features"] for image in found["images"]], np.float32)
    else:
        opened = Codebook.load(book, verify="sha256" if how == "digests" else "size")
        if how == "read":
            [np.array(each) for each in (opened.codes, opened.features, opened.keys)]
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "peak_bytes": peak_bytes()}


WORK: dict[str, Callable[..., Any]] = {
    "search_memory": search_memory,
    "first_search": first_search,
    "first_within": first_within,
    "first_evaluation": first_evaluation,
    "json_step": json_step,
}

if __name__ == "__main__":
    print(json.dumps(WORK[sys.argv[1]](**json.loads(sys.argv[2]))))
