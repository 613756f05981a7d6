"""What was found of each method, kept in a run's folder of codes: JSON and each query's values."""

import hashlib
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from aehash.errors import AehashError
from aehash.files import atomic_file, read_json, sha256_file, write_json
from aehash.metrics.code_statistics import CodeStatistics
from aehash.metrics.method_table import METRICS, Trial

#: The folder of results, beside the codes.
FOLDER = "methods"
_DAMAGE = (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile, zlib.error, AehashError)


def result_name(key: Mapping[str, Any]) -> str:
    """Name the files of a result.

    Args:
        key: All that it depends on, ready for JSON; ``method``, ``features``, ``bits`` and
            ``seed`` are shown.

    Returns:
        Such as ``itq-pixels-64bits-seed0-1f0a2b3c``.
    """
    shown = [str(key["method"]), str(key["features"])]
    shown += [f"{key['bits']}bits"] if key["bits"] is not None else []
    shown += [f"seed{key['seed']}"] if key["seed"] is not None else []
    text = json.dumps(key, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return re.sub(r"[^A-Za-z0-9.-]+", "_", "-".join([*shown, digest]))


def find_result(codes: Sequence[Path], key: Mapping[str, Any]) -> Trial | None:
    """Look for a result.

    Args:
        codes: Folders of codes that may have it.
        key: All that it depends on.

    Returns:
        What was found; None where it is not there, or its files are damaged.
    """
    for folder in codes:
        path = folder / FOLDER / f"{result_name(key)}.json"
        if path.is_file():
            try:
                return _read(path, key)
            except _DAMAGE:
                continue  # it is found again, and written anew
    return None


def keep_result(codes: Path, key: Mapping[str, Any], trial: Trial) -> Trial:
    """Write a result.

    Args:
        codes: The folder of codes.
        key: All that it depends on.
        trial: What was found.

    Returns:
        The same as it will be read, so that a table does not depend on what was kept.
    """
    folder = codes / FOLDER
    folder.mkdir(exist_ok=True)
    path = folder / f"{result_name(key)}.json"
    values = {name: np.asarray(trial.per_query[name], np.float32) for name in METRICS}
    with atomic_file(path.with_suffix(".npz")) as aside:
        np.savez_compressed(aside, allow_pickle=False, **values)
    codes_found = None
    if trial.codes is not None:
        about = trial.codes
        codes_found = {"n": about.n, "bits": about.bits, **about.as_dict()}
    found = {
        "key": dict(key),
        "mean": {name: float(each.mean(dtype=np.float64)) for name, each in values.items()},
        "codes": codes_found,
        "per_query": sha256_file(path.with_suffix(".npz")),
    }
    write_json(path, found)
    return Trial(trial.bits, trial.seed, values, trial.codes)


def _read(path: Path, key: Mapping[str, Any]) -> Trial:
    found = read_json(path)
    arrays = path.with_suffix(".npz")
    if found["key"] != dict(key) or sha256_file(arrays) != found["per_query"]:
        raise ValueError("not what it says")
    with np.load(arrays, allow_pickle=False) as file:
        values = {name: np.asarray(file[name]) for name in METRICS}
    codes = None if found["codes"] is None else CodeStatistics(**found["codes"])
    return Trial(key["bits"], key["seed"], values, codes)
