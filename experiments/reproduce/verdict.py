"""How a measured value is held against the paper's, and against chance.

The order of the questions is the order of the words below: what was not measured, or not on what
the paper measured, is not compared; what chance gives as well is at chance, whatever the paper
has; only then does it count whether the paper's value is one that such a run gives.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from aehash.experiments.reproduce.findings import OURS, Cell, Claim, Findings, Interval, Measured
from aehash.experiments.reproduce.paper import PaperNumbers, Printed

NOT_COMPARABLE = "not comparable"
AT_CHANCE = "at chance"
REPRODUCED = "reproduced"
BETTER, WORSE = "better", "worse"
NOT_REPRODUCED = "not reproduced"
VERDICTS = (REPRODUCED, BETTER, WORSE, AT_CHANCE, NOT_REPRODUCED, NOT_COMPARABLE)
_ONLY_A_PICTURE = "the paper prints no number, only a picture"


@dataclass(frozen=True)
class Row:
    """A line of a report.

    Attributes:
        of: Whose value it is.
        row: Of the paper's table.
        column: The same; empty for a claim.
        paper: What the paper has; None for a picture.
        measured: What was found; None where nothing could be.
        chance: What a random ranking gives.
        verdict: One of :data:`VERDICTS`.
        reason: Why, in words.
    """

    of: str
    row: str
    column: str
    paper: Printed
    measured: Measured | None
    chance: float | None
    verdict: str
    reason: str


def rows(numbers: PaperNumbers, findings: Findings) -> list[Row]:
    """Hold what was measured against a table or figure.

    Args:
        numbers: The paper's.
        findings: This project's.

    Returns:
        A line for each value that the paper has or shows, whether it was measured or not; after
        it those of others' codes; last the claims.
    """
    return [*_cells(numbers, findings), *_claims(numbers, findings)]


def _cells(numbers: PaperNumbers, findings: Findings) -> Iterator[Row]:
    for row, column, printed in numbers.cells():
        whose = [of for of, *place in findings.cells if place == [row, column]]
        for of in whose or [OURS]:
            cell = findings.cells.get((of, row, column), Cell(missing=findings.missing))
            verdict, reason = judge(printed, cell, numbers.step)
            yield Row(of, row, column, printed, cell.measured, cell.chance, verdict, reason)


def _claims(numbers: PaperNumbers, findings: Findings) -> Iterator[Row]:
    for name, sentence in numbers.claims.items():
        claim = findings.claims.get(name, Claim(None, "", findings.missing or "not measured"))
        verdict, reason = _judge_claim(claim)
        yield Row(OURS, name, "", sentence, None, None, verdict, reason)


def judge(printed: Printed, cell: Cell, step: float) -> tuple[str, str]:
    """Hold one value against the paper's.

    Args:
        printed: The paper's.
        cell: What was measured.
        step: The last digit that the paper prints.

    Returns:
        The verdict and its reason.
    """
    found = cell.measured
    if found is None:
        return NOT_COMPARABLE, cell.missing or "not measured"
    beside = _beside_chance(cell)
    if cell.exact:
        return _exact(printed, found)
    if printed is None or isinstance(printed, str) or found.mean is None:
        return NOT_COMPARABLE, _joined(_ONLY_A_PICTURE, cell.obstacle, beside)
    side = _side(printed, found, step)
    if cell.obstacle:
        here = {0: "the paper's value is one that such a run gives"}.get(
            side, f"here {'higher' if side > 0 else 'lower'}"
        )
        return NOT_COMPARABLE, _joined(cell.obstacle, here, beside)
    more = _paper_at_chance(printed, cell)
    if beside == AT_CHANCE:
        return AT_CHANCE, _joined(_at_chance(cell), more)
    if side == 0:
        return REPRODUCED, _joined("the paper's value is one that such a run gives", beside, more)
    good = (side < 0) if cell.lower else (side > 0)
    where = "above" if side > 0 else "below"
    apart = f"{where} the paper's value by {abs(found.mean - printed):.4g}"
    return (BETTER if good else WORSE), _joined(apart, beside, more)


def _exact(printed: Printed, found: Measured) -> tuple[str, str]:
    value = found.text if isinstance(printed, str) else found.mean
    if value == printed:
        return REPRODUCED, "the same"
    return NOT_REPRODUCED, "not the same"


def _side(printed: float, found: Measured, step: float) -> int:
    """Say whether a value is above (1) or below (-1) the paper's, or cannot be told from it (0)."""
    low, high = _range(found)
    if low - step / 2 <= printed <= high + step / 2:
        return 0
    return 1 if low > printed else -1


def _range(found: Measured) -> Interval:
    """Say where a run like this may lie."""
    mean = found.mean or 0.0
    if found.one_run is not None:
        return found.one_run
    low, high = found.ci95 or (mean, mean)
    spread = 2 * (found.sd or 0.0)
    return min(low, mean - spread), max(high, mean + spread)


def _beside_chance(cell: Cell) -> str:
    """Say where a value lies beside chance: at it, where queries or seeds leave it open."""
    found = cell.evenly or cell.measured
    if found is None or found.mean is None or cell.chance is None or found.ci95 is None:
        return ""
    low, high = found.ci95
    if found.sd is not None:
        more = 2 * found.sd / np.sqrt(found.seeds)
        low, high = min(low, found.mean - more), max(high, found.mean + more)
    if low - 1e-9 <= cell.chance <= high + 1e-9:
        return AT_CHANCE
    better = (low > cell.chance) is not cell.lower
    evenly = f"{found.mean:.4f} with tied items in every order, " if cell.evenly else ""
    return evenly + ("better than chance" if better else "worse than chance")


def _at_chance(cell: Cell) -> str:
    if cell.evenly is None or cell.evenly.mean is None:
        return "queries and seeds leave open whether it is more than chance"
    return (
        f"with tied items in every order it is {cell.evenly.mean:.4f}, and queries and seeds leave "
        "open whether that is more than chance"
    )


def _paper_at_chance(printed: float, cell: Cell) -> str:
    if cell.chance is None or cell.lower or printed > cell.chance:
        return ""
    return "the paper's own value is not above chance"


def _judge_claim(claim: Claim) -> tuple[str, str]:
    if claim.holds is None:
        return NOT_COMPARABLE, _joined(claim.found, claim.obstacle)
    if claim.obstacle:
        here = "it holds here" if claim.holds else "it does not hold here"
        return NOT_COMPARABLE, _joined(claim.obstacle, f"{here}: {claim.found}")
    return (REPRODUCED if claim.holds else NOT_REPRODUCED), claim.found


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
