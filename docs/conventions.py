"""Judge one author's published codes under every divisor and every rule of ties, and keep it.

    python docs/conventions.py OUTPUTS.npz LABELS.npz

OUTPUTS.npz holds ``codes_SPLIT_BITS`` and ``features_SPLIT_BITS``, LABELS.npz ``SPLIT_labels``, for
the splits train (the database) and test (the queries). Writes
``experiments/results/conventions.json``.
"""

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from record import RESULTS, how

from aehash.codebook import Codebook
from aehash.files import write_json
from aehash.metrics import Evaluation, collapse_warning, evaluate
from aehash.metrics.average_precision import PER
from aehash.metrics.protocol import TIES

BITS = (16, 32, 48, 64)
KS = (5, 10, 15, 20)


def conventions(outputs: Path, labels: Path) -> dict[str, Any]:
    """Judge every width under every convention, over the whole Hamming ranking.

    Args:
        outputs: The published codes.
        labels: The data set they were made from, in the same order.

    Returns:
        What ``conventions.json`` holds.
    """
    widths, started = [], time.monotonic()
    for bits in BITS:
        books = [_book(outputs, labels, split, bits) for split in ("train", "test")]
        found = {ties: evaluate(*books, ks=KS, ties=ties) for ties in TIES}
        codes = found["expected"].codes
        widths.append(
            {
                "bits": bits,
                "codes": codes.as_dict(),
                "warning": collapse_warning(codes),
                "rows": [_row(per, ties, found[ties]) for per in PER for ties in TIES],
            }
        )
    run = how([f"python docs/conventions.py {outputs.name} {labels.name}"])
    run |= {"facts": run["machine"], "seconds": round(time.monotonic() - started, 1)}
    first = next(iter(found.values()))
    sizes = {"n_queries": first.n_queries, "n_database": first.n_database}
    return {"run": run, **sizes, "ks": list(KS), "conventions": widths}


def _book(outputs: Path, labels: Path, split: str, bits: int) -> Codebook:
    with np.load(outputs) as codes, np.load(labels) as known:
        return Codebook.from_arrays(
            codes[f"codes_{split}_{bits}"],
            labels=known[f"{split}_labels"],
            source=labels.stem,
            split=split,
        )


def _row(per: str, ties: str, found: Evaluation) -> dict[str, Any]:
    names = [f"map@{k}/{per}" for k in KS]
    return {
        "per": per,
        "ties": ties,
        "values": [found.metrics[name] for name in names],
        "ci95": [list(found.ci95[name]) for name in names],
        "chance": [found.chance[name] for name in names],
    }


if __name__ == "__main__":
    target = RESULTS / "conventions.json"
    write_json(target, conventions(Path(sys.argv[1]), Path(sys.argv[2])))
    print(target)
