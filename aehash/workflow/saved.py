"""Evaluations on disk: report.json and, beside it, every query's values.

``per_query.npz`` holds ``keys`` (q,) and ``labels`` of the queries; ``rankings`` (r,) the titles,
the asked one first; and for ranking i ``metrics_i`` (m,) names and ``values_i`` (q, m) float32.
``report.json`` names its digest under ``per_query``, that of the database's keys and labels under
``database_digest``, that of its rows' order under ``database_order``, and under ``split`` the
SHA-256 of which images asked and which were searched; see `aehash.metrics.split_identity`.
"""

import math
import zlib
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError
from aehash.files import atomic_file, read_json, sha256_file, write_json
from aehash.metrics.code_statistics import CodeStatistics
from aehash.metrics.evaluation import Evaluation
from aehash.metrics.rows import Rows
from aehash.metrics.scores import Scores
from aehash.metrics.split_identity import known_split
from aehash.report import to_json
from aehash.workflow.common import CODES
from aehash.workflow.saved_landmarks import landmark_scores

#: The folder of an evaluation, beside the codes it judged.
EVALUATION = "evaluation"
REPORT = "report.json"
VALUES = "per_query.npz"
_DAMAGE = (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile, zlib.error)


@dataclass(frozen=True, eq=False)
class Saved:
    """An evaluation read from disk.

    Attributes:
        folder: Where it is.
        codes: Figures of the database's codes; None where features were ranked by a ground truth.
        scores: By ranking, the asked one first.
    """

    folder: Path
    codes: CodeStatistics | None
    scores: Mapping[str, Scores]

    def ranking(self, title: str | None = None) -> Scores:
        """Take one ranking.

        Args:
            title: Such as ``Hamming, whole ranking``; by default the asked one.

        Returns:
            Its values.

        Raises:
            UsageError: There is none of that title.
        """
        if title is None:
            return next(iter(self.scores.values()))
        if title not in self.scores:
            known = "; ".join(map(repr, self.scores))
            raise UsageError(f"{self.folder} has no ranking {title!r}. It has: {known}.")
        return self.scores[title]


def save_evaluation(
    folder: Path, found: Mapping[str, Evaluation], database: Codebook, queries: Codebook
) -> None:
    """Write ``report.json`` and ``per_query.npz``, each whole or not at all.

    Args:
        folder: Where to.
        found: By title, the asked one first.
        database: What was searched.
        queries: What was asked.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, NDArray[Any]] = {
        "keys": np.asarray(queries.keys),
        "labels": np.asarray(queries.labels),
        "rankings": np.array(list(found)),
    }
    for number, each in enumerate(found.values()):
        arrays[f"metrics_{number}"] = np.array(list(each.per_query))
        table = np.stack(list(each.per_query.values()), axis=1)
        arrays[f"values_{number}"] = table.astype(np.float32)
    with atomic_file(folder / VALUES) as aside:
        np.savez_compressed(aside, allow_pickle=False, **arrays)
    rows, split = Rows.of(database), next(iter(found.values())).split
    digests = {
        "database_digest": rows.digest,
        "database_order": rows.order,
        "split": {"sha256": split, "name": known_split(split, queries.source)},
        "per_query": {"file": VALUES, "sha256": sha256_file(folder / VALUES)},
    }
    write_json(folder / REPORT, {**to_json(found), **digests})


def load_evaluation(place: Path) -> Saved:
    """Read an evaluation.

    Args:
        place: Its folder or ``report.json``; or a folder of codes or a run, whose latest
            evaluation is taken.

    Returns:
        The evaluation.

    Raises:
        UsageError: There is none.
        AehashError: Its files are damaged or do not belong together.
    """
    folder = _find(place)
    report = read_json(folder / REPORT)
    stated = report.get("per_query")
    path = folder / VALUES
    if not isinstance(stated, dict) or not path.is_file():
        raise AehashError(
            f"{folder} has no values by query ({VALUES}); evaluate again with: aehash evaluate"
        )
    if sha256_file(path) != stated.get("sha256"):
        raise AehashError(
            f"{path} was not written with {REPORT} beside it; evaluate again with: aehash evaluate"
        )
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if "settings" in report:  # by the Oxford and Paris protocols
                codes = _codes(report) if "codes" in report else None
                return Saved(folder, codes, landmark_scores(report, dict(arrays)))
            return Saved(folder, _codes(report), _scores(report, dict(arrays)))
    except _DAMAGE as error:
        what = f"it has no {error}" if isinstance(error, KeyError) else str(error).rstrip(".")
        raise AehashError(
            f"{folder} holds an evaluation that cannot be read ({what}); evaluate again with: "
            "aehash evaluate"
        ) from None


def _codes(report: Mapping[str, Any]) -> CodeStatistics:
    found = CodeStatistics(report["n_database"], report["bits"], **report["codes"])
    *whole, entropy = astuple(found)
    if any(isinstance(each, bool) or not isinstance(each, int) or each < 0 for each in whole):
        raise ValueError(f"sizes and counts of codes must be whole numbers, not {whole}")
    if not isinstance(entropy, float | int) or not math.isfinite(entropy):
        raise ValueError(f"mean_bit_entropy cannot be {entropy!r}")
    return found


def _scores(report: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> dict[str, Scores]:
    titles = [str(title) for title in arrays["rankings"]]
    if not titles or len(set(titles)) != len(titles):
        raise ValueError(f"it has no rankings of distinct titles: {titles}")
    found = {}
    for number, title in enumerate(titles):
        part = report if number == 0 else report["also"][title]
        found[title] = Scores(
            title=title,
            protocol=part["protocol"],
            n_database=part["n_database"],
            per_query=_by_metric(arrays[f"metrics_{number}"], arrays[f"values_{number}"]),
            keys=arrays["keys"],
            labels=arrays["labels"],
            database=report["database_digest"],
            order=report.get("database_order"),
            split=report["split"]["sha256"] if "split" in report else None,
        )
    return found


def _by_metric(names: NDArray[Any], table: NDArray[Any]) -> dict[str, NDArray[Any]]:
    if table.ndim != 2 or names.shape != table.shape[1:]:
        raise ValueError(f"values of shape {table.shape} for metrics of {names.shape}")
    return dict(zip(map(str, names), table.T, strict=True))


def _find(place: Path) -> Path:
    if place.name == REPORT and place.is_file():
        return place.parent
    if not place.is_dir():
        raise UsageError(
            f"There is no evaluation {place}: no such folder. Make one with: aehash evaluate"
        )
    folders = [place, place / EVALUATION, *(place / CODES).glob(f"*/{EVALUATION}")]
    found = [folder for folder in folders if (folder / REPORT).is_file()]
    if not found:
        raise UsageError(
            f"{place} holds no evaluation; make one with: aehash evaluate --run RUN, or give the "
            "folder named by its --out."
        )
    return max(found, key=lambda folder: (folder / REPORT).stat().st_mtime_ns)
