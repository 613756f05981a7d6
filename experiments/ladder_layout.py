"""The table of a ladder: a row for each reading, chance beside each number."""

from collections.abc import Mapping, Sequence
from typing import Any

from aehash.experiments.ladder import KS

_SMALL = 1e-9


def ladder_table(pair: Mapping[str, Any]) -> str:
    """Lay out the ladder of one pair of codebooks.

    Args:
        pair: As :func:`aehash.experiments.ladder_judging.climb` gives it.

    Returns:
        Markdown: AP at each cut, chance in brackets, and where the interval leaves it aside; the
        asides in italics.
    """
    heads = " | ".join(f"map@{k}" for k in KS)
    lines = [
        f"| {pair['title']} | {heads} | against chance |",
        "|---|" + "---:|" * len(KS) + "---|",
    ]
    if pair["paper"]:
        printed = " | ".join(_number(pair["paper"].get(str(k))) for k in KS)
        lines.append(f"| *the paper's table* | {printed} | |")
    lines += [_line(row) for row in pair["rows"]]
    codes, warning = pair["codes"], ". **Collapsed.**" if pair["collapsed"] else "."
    noun = "code" if codes["distinct"] == 1 else "codes"
    lines += [
        "",
        f"{pair['n_queries']:,} queries, {pair['n_database']:,} database items; "
        f"{codes['distinct']:,} distinct {noun}, {codes['constant_bits']} of {pair['bits']} bits "
        f"constant, mean bit entropy {codes['mean_bit_entropy']:.3f}{warning}",
    ]
    return "\n".join(lines) + "\n"


def against_chance(row: Mapping[str, Any]) -> str:
    """Say where the 95 % interval leaves chance aside; an extreme order is no measurement.

    Args:
        row: Of a ladder.

    Returns:
        Such as ``above at 15, 20``.
    """
    if row["name"] in ("best", "worst"):
        return "extreme order"
    both = [
        (str(k), value, interval, chance)
        for k, value, interval, chance in zip(
            KS, row["values"], row["ci95"], row["chance"], strict=True
        )
        if None not in (value, chance)
    ]
    if all(abs(value - chance) < _SMALL for _, value, _, chance in both):
        return "equal"
    words = []
    for word, side in (("above", 0), ("below", 1)):
        at = [
            k
            for k, _, interval, chance in both
            if (interval[0] > chance if side == 0 else interval[1] < chance)
        ]
        if at:
            words.append(word if len(at) == len(both) else f"{word} at {', '.join(at)}")
    return "; ".join(words) or "not told apart"


def _line(row: Mapping[str, Any]) -> str:
    counts: Sequence[int] = row["queries"]
    several = len(set(counts)) > 1 or row["name"] == "selected"
    cells = [
        f"{_number(value)} ({_number(chance)})" + (f", {count} queries" if several else "")
        for value, chance, count in zip(row["values"], row["chance"], counts, strict=True)
    ]
    title = f"*aside: {row['title']}*" if row["aside"] else row["title"]
    return f"| {title} | {' | '.join(cells)} | {against_chance(row)} |"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
