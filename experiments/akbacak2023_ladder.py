"""Akbacak (2023), Table 2: the same codes under every reading, from its script to the textbook.

Judged are the codes that the author published, at all four widths, and codes of one's own: a pair
of codebooks, or a small net that is trained here.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from aehash.experiments.ladder_books import at_hand, given, published, trained_here
from aehash.experiments.ladder_judging import Pair, climb
from aehash.experiments.ladder_layout import ladder_table
from aehash.experiments.study import Order, Study
from aehash.experiments.study_facts import write_result

NAME = "akbacak2023_ladder"
PUBLISHED, LABELS = "akbacak2023_retinamnist.npz", "retinamnist"
WIDTHS = (16, 32, 48, 64)
#: Its Table 2 by bits, MAP@5, 10, 15 and 20; 48 bits are published and not printed.
PAPER: dict[int, tuple[float, ...]] = {
    16: (0.4250, 0.4071, 0.3802, 0.3671),
    32: (0.7415, 0.6443, 0.5422, 0.4602),
    64: (0.8360, 0.7576, 0.6982, 0.6354),
}
_EXPERIMENT = {"reduced": "plain", "full": "autohash", "quick": "plain"}
_HEADLINE = 5


def run(order: Order) -> list[Path]:
    """Judge the published codes, where they are at hand, and others, and draw both.

    Args:
        order: What was asked for; ``data`` is a pair of codebooks, a run, or published outputs;
            by default a net is trained on RetinaMNIST.

    Returns:
        The result and the picture.

    Raises:
        UsageError: There are no codes to judge.
    """
    started = time.monotonic()
    pairs = [*_published(order), _own(order)]
    return finish(NAME, order, pairs, _HEADLINE, started)


def finish(
    name: str, order: Order, pairs: list[Pair], cut: int, started: float, **further: Any
) -> list[Path]:
    """Judge pairs of codebooks, and write the result and its picture.

    Args:
        name: The study's.
        order: What was asked for.
        pairs: The codes.
        cut: The k that is drawn.
        started: When, by `time.monotonic`, the work began.
        **further: More of the result.

    Returns:
        The two files.
    """
    from aehash.plots.ladder import draw_ladders

    ladders = []
    for pair in pairs:
        order.say(f"judging {pair.title}")
        ladders.append(climb(pair))
    found: dict[str, Any] = {"cut": cut, "seconds": round(time.monotonic() - started, 1)}
    if any(pair.trained for pair in pairs):
        found["seeds"] = [0]
    written = write_result(
        order.out / f"{name}.json", order, {**found, "pairs": ladders, **further}
    )
    picture = order.out / f"{name}.png"
    draw_ladders(picture, ladders, cut)
    return [written, picture]


def table(result: dict[str, Any]) -> str:
    """Lay a result out.

    Args:
        result: As :func:`run` wrote it.

    Returns:
        Markdown, a table for each pair of codebooks.
    """
    return "\n".join(ladder_table(pair) for pair in result["pairs"])


def _published(order: Order) -> list[Pair]:
    file = at_hand(PUBLISHED)
    if file is None:
        order.say(f"{PUBLISHED}, the author's published outputs, is not at hand: left out")
        return []
    return [
        Pair(
            f"published{bits}",
            f"the author's {bits} bits",
            *published(file, LABELS, bits),
            _printed(bits),
        )
        for bits in WIDTHS
    ]


def _printed(bits: int) -> Mapping[int, float]:
    return dict(zip((5, 10, 15, 20), PAPER.get(bits, ()), strict=False))


def _own(order: Order) -> Pair:
    if order.data is not None:
        pair = given(Path(order.data))
        return Pair("given", f"{Path(order.data).name}, {pair[0].bits} bits", *pair, {})
    name = _EXPERIMENT[order.size]
    settings = ("train.epochs=1",) if order.size == "quick" else ()
    pair = given(trained_here(replace(order, data=LABELS), name, settings))
    return Pair("ours", f"aehash's {name}, {pair[0].bits} bits", *pair, {}, trained=True)


STUDY = Study(
    about="akbacak2023, Table 2: how its numbers move from the published script to the textbook.",
    cost="Five minutes on two cores, a small net's training among them.",
    group="ladder",
    run=run,
)
