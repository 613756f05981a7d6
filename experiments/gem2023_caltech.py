"""Descriptors of classes that no training saw: pooling, fine-tuning, whitening, scales, codes.

A fifth of a folder's classes is tested, each of its images asking all the others; the net is
fine-tuned, and whitenings and codes are learned, on the rest. dang2023 and its field judge by
landmarks, whose photos are not to be had; here the same stages are judged one by one.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.experiments import gem2023_pictures as pictures
from aehash.experiments.gem2023_judging import (
    CENTRED,
    CODES,
    FORMULA,
    LEARNED,
    PCA,
    PLAIN,
    WHITENINGS,
)
from aehash.experiments.gem2023_nets import GEM, SYSTEMS, TUNED, Judged, Nets
from aehash.experiments.gem2023_rows import Asked, cell, signed
from aehash.experiments.gem2023_sizes import POWER, SCALES, SHRINKAGE, SIZES, Size
from aehash.experiments.study import Order, Study
from aehash.experiments.study_facts import write_result

NAME = "gem2023_caltech"
#: What a table calls the ways.
TITLES = {
    PLAIN: "plain",
    CENTRED: "centred",
    PCA: f"PCA whitening, power {POWER:g}",
    FORMULA: "learned whitening, as published",
    LEARNED: f"learned whitening, {SHRINKAGE:.0%} shrunk",
    "pca_sign": "PCA, sign",
    "learned_sign": "learned whitening, sign",
    "itq": "ITQ",
    "learned_itq": "learned whitening, ITQ",
}
_NAMES = {system.name: system.title for system in SYSTEMS}
_MARKS = {"one": "1", "field": "1, 1/√2, 1/2", "up": "√2, 1"}

#: By system, scales and way, the average precision of each query, a row for each seed.
Found = Mapping[tuple[str, str, str], Sequence[NDArray[np.float64]]]
Way = tuple[str, str, str]


def run(order: Order, size: Size | None = None) -> list[Path]:
    """Train and describe what is missing, judge it, and write the table.

    Args:
        order: What was asked for.
        size: How large; by default what the order names.

    Returns:
        The result and the pictures.
    """
    nets = Nets(order, size or SIZES[order.size])
    judged = nets.make(nets.nets())
    asked, found = Asked(nets.labels, nets.sides), _gathered(judged, len(nets.sides))
    names = nets.dataset.classes
    result = {
        "classes": {
            "unseen": [[names[each] for each in sides.unseen] for sides in nets.sides],
            "held_out": [[names[each] for each in sides.held_out] for sides in nets.sides],
        },
        "images": len(nets.labels),
        "queries": asked.counts(),
        "settings": nets.settings(),
        "seconds": round(sum(each.facts["seconds"] for each in judged), 1),
        "nets": [dict(each.facts) for each in judged],
        "rows": [
            {"system": system, "scales": scales, "way": way, **asked.mean(ap)}
            for (system, scales, way), ap in found.items()
        ],
        "chance": asked.chance(),
        "differences": [
            {"way": list(one), "against": list(other), **asked.difference(found[one], found[other])}
            for one, other in _compared(nets.size.scales)
        ],
    }
    path = write_result(order.out / f"{NAME}.json", order, result)
    return [path, _draw(order.out, result), pictures.retrieved(order.out, nets)]


def table(result: dict[str, Any]) -> str:
    """Lay a result out.

    Args:
        result: As :func:`run` wrote it.

    Returns:
        Markdown: descriptors by net, scales and whitening; codes; paired differences.
    """
    return "\n".join([_descriptors(result), _codes(result), _differences(result)])


def _gathered(judged: Sequence[Judged], seeds: int) -> dict[Way, list[NDArray[np.float64]]]:
    found: dict[Way, list[NDArray[np.float64]]] = {}
    for seed in range(seeds):
        for each in judged:
            for name, ap in each.values.items():
                own, scales, way = name.split("/")
                if int(own) == seed:
                    found.setdefault((each.net.system.name, scales, way), []).append(ap)
    return found


def _compared(scales: Sequence[str]) -> list[tuple[Way, Way]]:
    """List what is held against what: one thing changed at a time."""
    one, gem, tuned = scales[0], GEM.name, TUNED.name
    pairs = [((tuned, one, way), (gem, one, way)) for way in (PLAIN, CENTRED, LEARNED)]
    for system in (gem, tuned):
        pairs += [((system, one, way), (system, one, PLAIN)) for way in WHITENINGS[1:]]
        pairs += [((system, one, LEARNED), (system, one, CENTRED))]
    pairs += [((tuned, one, LEARNED), (gem, one, PLAIN))]
    return pairs + [
        ((tuned, other, way), (tuned, one, way)) for other in scales[1:] for way in (PLAIN, LEARNED)
    ]


def _descriptors(result: dict[str, Any]) -> str:
    lines = [
        f"| descriptor | scales | {' | '.join(TITLES[way] for way in WHITENINGS)} |",
        "|---|---|" + "---:|" * len(WHITENINGS),
    ]
    rows = {(each["system"], each["scales"], each["way"]): each for each in result["rows"]}
    for system in _NAMES:
        for scales in dict.fromkeys(each["scales"] for each in result["rows"]):
            cells = [cell(rows[system, scales, way]) for way in WHITENINGS]
            lines.append(f"| {_NAMES[system]} | {_MARKS[scales]} | {' | '.join(cells)} |")
    by_chance = [cell(result["chance"])] * len(WHITENINGS)
    lines.append(f"| chance | | {' | '.join(by_chance)} |")
    return "\n".join(lines) + "\n"


def _codes(result: dict[str, Any]) -> str:
    coded = {
        (each["system"], each["way"]): each
        for each in result["rows"]
        if each["way"].partition("-")[2]
    }
    bits = list(dict.fromkeys(int(way.partition("-")[2]) for _, way in coded))
    lines = [
        f"| codes of | bits | {' | '.join(TITLES[way] for way in CODES)} |",
        "|---|---:|" + "---:|" * len(CODES),
    ]
    for system in dict.fromkeys(system for system, _ in coded):
        for count in bits:
            cells = [cell(coded[system, f"{way}-{count}"]) for way in CODES]
            lines.append(f"| {_NAMES[system]} | {count} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _differences(result: dict[str, Any]) -> str:
    lines = [
        "| difference in mAP | against | over queries | mean of classes | classes better |",
        "|---|---|---:|---:|---:|",
    ]
    for each in result["differences"]:
        one, other = (_title(each[name]) for name in ("way", "against"))
        cells = [signed(each, name) for name in ("queries", "classes")]
        share = f"{each['better']} of {each['classes_in_all']}"
        lines.append(f"| {one} | {other} | {' | '.join(cells)} | {share} |")
    return "\n".join(lines) + "\n"


def _title(way: Sequence[str]) -> str:
    system, scales, name = way
    more = "" if scales == next(iter(SCALES)) else f", scales {_MARKS[scales]}"
    return f"{_NAMES[system]}, {TITLES[name]}{more}"


def _draw(folder: Path, result: dict[str, Any]) -> Path:
    """Draw the classes' means at the photos' own size, a colour for each descriptor."""
    one = result["rows"][0]["scales"]
    groups = {
        title: {
            TITLES[each["way"]]: (each["classes"], *each["classes_ci95"])
            for each in result["rows"]
            if (each["system"], each["scales"]) == (name, one) and each["way"] in WHITENINGS
        }
        for name, title in _NAMES.items()
    }
    path = folder / f"{NAME}.png"
    pictures.dots(path, groups, result["chance"]["classes"])
    return path


STUDY = Study(
    about="gem2023: pooling, fine-tuning, whitening, scales and codes on classes never trained on.",
    cost="About half an hour on two cores for 5,000 photos of 128 pixels, with MobileNet's weights "
    "(--weights); --data FOLDER of classes.",
    group="gem2023",
    run=run,
)
