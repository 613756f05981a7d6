"""Evaluations by the Oxford and Paris protocols on disk, to be compared query by query.

Beside report.json stands ``per_query.npz`` in the form of :mod:`aehash.workflow.saved`. Its
rankings are the settings, ``medium`` first where there are several, then the same ``, plain`` where
descriptors were expanded or augmented; a query without a relevant image is NaN. The labels are
each query's numbers of relevant images and junk, by setting, so that two ground truths are not
taken for one.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.files import atomic_file, sha256_file, write_json
from aehash.metrics.landmark_results import SettingScores
from aehash.metrics.landmarks import AP
from aehash.metrics.scores import Scores
from aehash.report.landmarks import LandmarkReport, landmarks_to_json

_FIRST = "medium"
"""The setting that the revisited protocol's tables lead with."""


def save_landmarks(folder: Path, name: str, values: str, report: LandmarkReport) -> None:
    """Write report.json and per_query.npz, each whole or not at all.

    Args:
        folder: Where to.
        name: What the report is called.
        values: What the file of values is called.
        report: The evaluation.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = report.found
    counts = [array for each in found.settings for array in (each.relevant, each.junk)]
    tables = _tables(report)
    arrays: dict[str, NDArray[Any]] = {
        "keys": np.array([image.encode() for image in found.queries]),
        "labels": np.stack(counts, axis=1),
        "rankings": np.array(list(tables)),
    }
    for number, each in enumerate(tables.values()):
        arrays[f"metrics_{number}"] = np.array(list(each.per_query))
        table = np.stack(list(each.per_query.values()), axis=1)
        arrays[f"values_{number}"] = table.astype(np.float32)
    with atomic_file(folder / values) as aside:
        np.savez_compressed(aside, allow_pickle=False, **arrays)
    stated = {"file": values, "sha256": sha256_file(folder / values)}
    write_json(folder / name, {**landmarks_to_json(report), "per_query": stated})


def _tables(report: LandmarkReport) -> dict[str, SettingScores]:
    found: dict[str, SettingScores] = {}
    for ending, evaluation in zip(("", ", plain"), report.evaluations, strict=False):
        settings = sorted(evaluation.settings, key=lambda each: each.name != _FIRST)
        found |= {f"{each.name}{ending}": each for each in settings}
    return found


def landmark_scores(
    report: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> dict[str, Scores]:
    """Read every setting's values, of the queries that have a relevant image in it.

    Args:
        report: What report.json holds.
        arrays: What per_query.npz holds.

    Returns:
        By setting, the first one to show first.

    Raises:
        KeyError: A part is missing.
        ValueError: Parts do not fit each other.
        UsageError: A value is not a number.
    """
    found = {}
    for number, title in enumerate(map(str, arrays["rankings"])):
        names, table = arrays[f"metrics_{number}"], arrays[f"values_{number}"]
        if table.shape != (len(arrays["keys"]), len(names)):
            raise ValueError(f"values of shape {table.shape} for metrics of {names.shape}")
        kept = ~np.isnan(table).all(axis=1)
        if not kept.any():
            continue
        found[title] = Scores(
            title=title,
            protocol=_protocol(report["protocol"], title),
            n_database=report["n_database"],
            per_query=dict(zip(map(str, names), table[kept].T, strict=True)),
            keys=arrays["keys"][kept],
            labels=arrays["labels"][kept],
        )
    if not found:
        raise ValueError("no query has a relevant image in any setting")
    return found


def _protocol(stated: Mapping[str, Any], title: str) -> dict[str, Any]:
    """Say what a comparison must know, as evaluations by labels do."""
    return {
        "name": stated["name"],
        "metric": stated["metric"],
        "ties": stated["ties"],
        "per": "trapezoid",
        "relevance": title.partition(",")[0],
        "self_match": "as the ground truth has it",
        "radius": None,
        "rerank": False,
        "ks": [],
        "asked": [AP],
        "database": stated["database"],
        "queries": stated["queries"],
    }
