"""Compare two evaluations on disk, query by query."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aehash import plots
from aehash.errors import AehashError
from aehash.metrics.code_statistics import collapse_warning
from aehash.metrics.comparison import Comparison, compare
from aehash.workflow.saved import Saved, load_evaluation


@dataclass(frozen=True)
class Compared:
    """What a comparison found.

    Attributes:
        comparison: The differences, B - A.
        names: What A and B are: folder, ranking and bits.
    """

    comparison: Comparison
    names: tuple[str, str]


def compare_evaluations(
    a: Path,
    b: Path,
    *,
    metrics: str | Sequence[str] = (),
    ranking: str | None = None,
    seed: int = 0,
) -> Compared:
    """Compare two evaluations over the same queries.

    Args:
        a: An evaluation's folder, or a run or a folder of codes, whose latest is taken.
        b: The same.
        metrics: A name such as ``map@10/min_k``, or several; by default AP at each cut.
        ranking: Its title, such as ``Hamming, whole ranking``; by default what was asked of each.
        seed: Of the interval's resampling.

    Returns:
        The comparison.

    Raises:
        UsageError: There is no such evaluation, metric or ranking, or the queries are not the
            same.
        AehashError: An evaluation's files are damaged.
    """
    sides = [load_evaluation(place) for place in (a, b)]
    scores = [side.ranking(ranking) for side in sides]
    found = compare(scores[0], scores[1], metrics or None, seed=seed)
    collapsed = [
        f"{letter}: {text}"
        for letter, side in zip("AB", sides, strict=True)
        if side.codes is not None and (text := collapse_warning(side.codes)) is not None
    ]
    found = replace(found, warnings=[*found.warnings, *collapsed])
    names = [_name(side, each.title) for side, each in zip(sides, scores, strict=True)]
    return Compared(found, (names[0], names[1]))


def draw_comparison(comparison: Comparison, picture: Path) -> None:
    """Draw each query's difference by the first metric.

    Args:
        comparison: What was found.
        picture: The picture to make or replace; its ending says of what kind.

    Raises:
        UsageError: It cannot be a picture.
        AehashError: It cannot be written.
    """
    plots.check_picture(picture)
    first = comparison.differences[0]
    interval = first.low / first.scale, first.high / first.scale
    try:
        plots.paired_difference(picture, first.by_query, first.metric, interval)
    except OSError as error:
        raise AehashError(
            f"{picture} could not be written ({error.strerror or error}): choose another place, "
            "or none, with --picture."
        ) from None


def _name(side: Saved, title: str) -> str:
    bits = "" if side.codes is None else f", {side.codes.bits} bits"
    return f"{side.folder} ({title}{bits})"
