"""How akbacak2023's tables are measured: nets of each width, and the author's published codes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.experiments.akbacak2023_nets import KS, METRICS, TIES, Judged, Nets, judge
from aehash.experiments.akbacak2023_sizes import SIZES, Size
from aehash.experiments.reproduce import coco
from aehash.experiments.reproduce.data import Choice, MissingError, at_hand, choose
from aehash.experiments.reproduce.entry import Job, SizeOf
from aehash.experiments.reproduce.findings import OURS, Cell, Findings, Measured
from aehash.experiments.reproduce.numbers import paper_numbers
from aehash.recipe import TrainRecipe

AUTHORS = "the author's published codes"
PUBLISHED = "akbacak2023_retinamnist.npz"
_COLUMNS = tuple(f"map@{k}" for k in KS)
_SIZES: dict[SizeOf, Size] = {
    "fast": Size("light", (256,), 28, TrainRecipe(epochs=4, learning_rate=1e-3), seeds=2),
    "reduced": SIZES["reduced"],
    "full": SIZES["full"],
}
_QUOTED = "quoted from its own paper, another net on other queries; it was not trained here"
_NO_K = "the paper does not say at which k; here map@20/hits"


def table1(job: Job) -> Findings:
    """Measure Table 1: COCO at 64, 128 and 256 bits."""
    nets, choice = _coco(job)
    wanted = (64, 128, 256)
    judged = nets.make(nets.nets(wanted))
    obstacle = choice.obstacle("COCO 2017")
    return _findings(nets, judged, paper_numbers("akbacak2023/table1").queries, obstacle)


def table2(job: Job) -> Findings:
    """Measure Table 2: RetinaMNIST at 16, 32 and 64 bits, and the author's codes of it."""
    choice = choose(job, "retinamnist", ("digits",))
    nets = retina_nets(job, choice)
    judged = nets.make(nets.nets((16, 32, 64)))
    asked = paper_numbers("akbacak2023/table2").queries
    found = _findings(nets, judged, asked, choice.obstacle("RetinaMNIST"))
    published = at_hand(PUBLISHED)
    if published is None or not choice.own:
        note = (
            f"the author's published codes were not judged: that needs {PUBLISHED} in $AEHASH_DATA "
            "(arrays codes_SPLIT_BITS and features_SPLIT_BITS) beside RetinaMNIST itself"
        )
        return Findings(found.cells, facts=found.facts, differences=[*found.differences, note])
    theirs, facts = _published(nets, str(published), asked)
    return Findings(
        {**found.cells, **theirs}, facts={**found.facts, **facts}, differences=found.differences
    )


def table3(job: Job) -> Findings:
    """Measure Table 3: COCO at 16, 32 and 64 bits; the other columns are quotations."""
    nets, choice = _coco(job)
    judged = nets.make(nets.nets((16, 32, 64)))
    asked = paper_numbers("akbacak2023/table3").queries
    found = _findings(nets, judged, asked, choice.obstacle("COCO 2017") or _NO_K)
    last = _COLUMNS[-1]
    cells = {
        (of, row, "Akbacak 2023"): cell
        for (of, row, column), cell in found.cells.items()
        if column == last
    }
    cells |= {
        (OURS, f"{bits} bits", column): Cell(missing=_QUOTED)
        for bits in (16, 32, 64)
        for column in paper_numbers("akbacak2023/table3").columns[:-1]
    }
    return Findings(cells, facts=found.facts, differences=[*found.differences, _NO_K])


def retina_nets(job: Job, choice: Choice) -> Nets:
    """Give the nets of RetinaMNIST, which Table 2 and Figure 5 share."""
    return Nets(job.order(choice.spec, job.weights), _SIZES[job.size])


def coco_choice(job: Job) -> Choice:
    """Choose what COCO's tables and figure are measured on."""
    if job.data is None and (listed := coco.coco_list(job.work)) is not None:
        return Choice(str(listed), own=True, title="COCO 2017")
    return choose(job, "", ("coco_photos/labels.csv",), coco.NEEDS)


def coco_nets(job: Job, choice: Choice) -> Nets:
    """Give the nets of COCO, which Tables 1 and 3 and Figure 5 share."""
    size = _SIZES[job.size]
    nets = Nets(job.order(choice.spec, job.weights), size)
    if nets.dataset.labels is None or nets.dataset.labels.ndim < 2:
        raise MissingError(f"{coco.NEEDS}; {choice.title} has one label an image, not several")
    return nets


def _coco(job: Job) -> tuple[Nets, Choice]:
    choice = coco_choice(job)
    return coco_nets(job, choice), choice


def _findings(nets: Nets, judged: Sequence[Judged], asked: int | None, obstacle: str) -> Findings:
    cells: dict[tuple[str, str, str], Cell] = {}
    for bits in dict.fromkeys(each.net.bits for each in judged):
        mine = [each for each in judged if each.net.bits == bits]
        for column, metric in zip(_COLUMNS, METRICS, strict=True):
            cells[OURS, f"{bits} bits", column] = _cell(
                [each.values for each in mine],
                metric,
                float(np.mean([each.facts["chance"][metric] for each in mine])),
                asked,
                obstacle,
            )
    return Findings(cells, facts=_facts(nets, judged), differences=differences(nets))


def _cell(
    ap: Sequence[Any], metric: str, chance: float, asked: int | None, obstacle: str = ""
) -> Cell:
    order, every = ([each[f"{ties} {metric}"] for each in ap] for ties in TIES)
    return Cell(
        Measured.of_queries(order, asked),
        chance,
        evenly=Measured.of_queries(every, asked),
        obstacle=obstacle,
    )


def _facts(nets: Nets, judged: Sequence[Judged]) -> dict[str, Any]:
    facts = nets.facts()
    return {
        "data": facts["data"],
        "queries": judged[0].facts["queries"],
        "database": judged[0].facts["database"],
        "seeds": len({each.net.seed for each in judged}),
        "distinct codes": {
            f"{bits} bits": [each.facts["distinct"] for each in judged if each.net.bits == bits]
            for bits in dict.fromkeys(each.net.bits for each in judged)
        },
        "constant bits": {
            f"{bits} bits": [
                each.facts["constant_bits"] for each in judged if each.net.bits == bits
            ]
            for bits in dict.fromkeys(each.net.bits for each in judged)
        },
        "protocol": "akbacak2023: Hamming ≤ 20, re-ranked, ties in file order",
    }


def differences(nets: Nets) -> list[str]:
    """Say how nets differ from the paper's."""
    full, size = _SIZES["full"], nets.size
    found = []
    if size.encoder != full.encoder:
        found.append(
            f"a {size.encoder} encoder from random weights at {size.image_size} pixels in place of "
            f"ResNet50 from ImageNet's at {full.image_size}"
        )
    if size.train.epochs != full.train.epochs:
        found.append(
            f"{size.train.epochs} epochs of Adam at {size.train.learning_rate:g} in place of "
            f"{full.train.epochs} at {full.train.learning_rate:g}"
        )
    return [
        *found,
        "eq. 2 of the paper is a count without a gradient: the squared mean of a code's outputs "
        "takes its place",
        "all test images are asked; a value counts as reproduced where as many queries as the "
        "paper asked, drawn from ours, may give it",
    ]


def _published(
    nets: Nets, path: str, asked: int | None
) -> tuple[dict[tuple[str, str, str], Cell], dict[str, Any]]:
    """Judge the author's codes by the same protocol."""
    cells: dict[tuple[str, str, str], Cell] = {}
    worth = {}
    with np.load(path) as held:
        for bits in (16, 32, 64):
            books = [_book(nets, held, split, bits) for split in ("train", "test")]
            facts, ap = judge(books[0], books[1])
            worth[f"{bits} bits"] = f"{facts['distinct']} codes, {facts['constant_bits']} constant"
            for column, metric in zip(_COLUMNS, METRICS, strict=True):
                cells[AUTHORS, f"{bits} bits", column] = _cell(
                    [ap], metric, facts["chance"][metric], asked
                )
    return cells, {AUTHORS: worth}


def _book(nets: Nets, held: Any, split: str, bits: int) -> Any:
    from aehash.codebook import Codebook

    rows: NDArray[np.int64] = np.sort(nets.dataset.rows(split))
    return Codebook.from_arrays(
        held[f"codes_{split}_{bits}"],
        features=held[f"features_{split}_{bits}"],
        labels=np.asarray(nets.dataset.labels)[rows],
        keys=[nets.dataset.key(int(row)) for row in rows],
        source=nets.dataset.source,
        split=split,
    )
