"""Akbacak (2023) on COCO: what relevant means where an image has several labels, and what it does.

The author's COCO codes are published without labels, HashNet's split is labels without codes, and
a few hundred photographs have both: each shows the part of the ladder that it can. The ladder is
climbed with codes of the photographs, every photograph asked against all; the lists of HashNet say
what a random ranking scores under each reading at COCO's real size; and the author's codes say how
many images stand inside the script's radius, and how many tie where a list is cut.
"""

import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aehash.errors import UsageError
from aehash.experiments.akbacak2023_ladder import finish
from aehash.experiments.coco_ladder_facts import FACTS, balls, by_chance, facts_table
from aehash.experiments.ladder_books import at_hand, given, trained_here
from aehash.experiments.ladder_judging import Pair
from aehash.experiments.ladder_layout import ladder_table
from aehash.experiments.study import Order, Study

if TYPE_CHECKING:
    from aehash.codebook import Codebook

NAME = "coco_ladder"
PHOTOS, LIST = "coco_photos.zip", "labels.csv"
_BITS, _HEADLINE = 64, 5


def run(order: Order) -> list[Path]:
    """Judge codes of photographs with several labels, and say what the rest of COCO shows.

    Args:
        order: What was asked for; ``data`` is a pair of codebooks, a run, or a list of photographs
            with their labels; ``weights`` a file of MobileNet's, whose features are then hashed.

    Returns:
        The result and the picture.

    Raises:
        UsageError: There are no photographs.
    """
    started = time.monotonic()
    facts = {name: make() for name, make in ((FACTS[0], by_chance), (FACTS[1], balls))}
    missing = [name for name, found in facts.items() if not found]
    for name in missing:
        order.say(f"{name} is not at hand: left out")
    return finish(NAME, order, [_pair(order)], _HEADLINE, started, facts=facts)


def table(result: dict[str, Any]) -> str:
    """Lay a result out.

    Args:
        result: As :func:`run` wrote it.

    Returns:
        Markdown: the ladder, chance at COCO's size, and the author's codes.
    """
    ladders = [ladder_table(pair) for pair in result["pairs"]]
    return "\n".join([*ladders, facts_table(result["facts"])])


def _pair(order: Order) -> Pair:
    place = None if order.data is None else Path(order.data)
    if place is not None and place.is_dir() and not (place / LIST).is_file():
        books = given(place)
        return Pair("given", f"{place.name}, {books[0].bits} bits", *books, {})
    photos = replace(order, data=str(_photos(order, place)))
    if order.weights is None:
        quick = ("train.epochs=1",) if order.size == "quick" else ()
        folder = trained_here(photos, "plain", ("data.image_size=64", *quick), ("all",))
        return replace(_own("plain", "aehash's plain", _book(folder)), trained=True)
    settings = ("train.epochs=0",)
    folder = trained_here(photos, "pretrained_mobilenet", settings, ("all",), order.weights)
    return _own("itq", "ITQ of MobileNet's features", _hashed(_book(folder)))


def _own(name: str, title: str, book: "Codebook") -> Pair:
    return Pair(name, f"{title}, {book.bits} bits", book, book, {})


def _book(folder: Path) -> "Codebook":
    from aehash.codebook import Codebook

    return Codebook.load(folder / "all")


def _hashed(book: "Codebook") -> "Codebook":
    from aehash.workflow.hashing import hashed, learn

    return hashed(book, learn(book, "itq", _BITS))


def _photos(order: Order, place: Path | None) -> Path:
    """Find the list of photographs, unpacked once where they come in one file."""
    if place is not None:
        return (place / LIST if place.is_dir() else place).resolve()
    kept = order.out / "photos"
    found = sorted(kept.rglob(LIST))
    if not found:
        file = at_hand(PHOTOS)
        if file is None:
            raise UsageError(
                f"{PHOTOS} is not where data are looked for: give photographs with --data, a "
                f"{LIST} with the columns path,labels, or codebooks."
            )
        with zipfile.ZipFile(file) as archive:
            archive.extractall(kept)
        found = sorted(kept.rglob(LIST))
    return found[0].resolve()


STUDY = Study(
    about="akbacak2023 on COCO: equal labels, all of the query's, or any shared: what each scores.",
    cost="Five minutes on two cores; --weights FILE of MobileNet's for features that mean more.",
    group="coco_ladder",
    run=run,
)
