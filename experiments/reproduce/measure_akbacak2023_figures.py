"""How akbacak2023's figures are measured: the layers of the model, and what is retrieved."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from aehash.experiments.akbacak2023_nets import PROTOCOL, Net, Nets
from aehash.experiments.reproduce.data import Choice, MissingError, choose
from aehash.experiments.reproduce.entry import Job
from aehash.experiments.reproduce.findings import OURS, Cell, Findings, Measured
from aehash.experiments.reproduce.measure_akbacak2023 import (
    coco_choice,
    coco_nets,
    differences,
    retina_nets,
)

_BITS, _SHOWN = 64, 5
#: The paper's layers, by this project's names; all that stands before ``flatten`` is its resnet50.
_LAYERS = {
    "flatten": "flatten",
    "encoder_dense_1": "dense",
    "encoder_dense_2": "dense_1",
    "hash": "hashLayer",
    "decoder_dense": "dense_2",
    "decoder_reshape": "reshape",
    "decoder_conv_1": "conv2d",
    "decoder_upsampling_1": "up_sampling2d",
    "decoder_conv_2": "conv2d_1",
    "decoder_upsampling_2": "up_sampling2d_1",
    "decoder_conv_3": "conv2d_2",
    "decoder_upsampling_3": "up_sampling2d_2",
    "decoder_conv_4": "conv2d_3",
    "decoder_upsampling_4": "up_sampling2d_3",
}


def figure3(job: Job) -> Findings:
    """Measure Figure 3: build the model of 128 bits and count its weights."""
    import keras

    from aehash.models import build

    with keras.StatelessScope(initialize_variables=False):  # the weights would take 1.2 GB
        model = build("akbacak2023", bits=128, image_size=256, channels=3, encoder="resnet50")
    cells = {}
    for row, (shape, count) in layers(model).items():
        cells[OURS, row, "output shape"] = Cell(Measured(text=shape), exact=True)
        cells[OURS, row, "parameters"] = Cell(Measured(float(count)), exact=True)
    return Findings(cells, facts={"bits": 128, "image size": 256})


def layers(model: Any) -> dict[str, tuple[str, int]]:
    """List the model's layers by the paper's names.

    Args:
        model: Built with ``resnet50``.

    Returns:
        By the paper's name, the shape of the output and how many weights.
    """
    named = {theirs: model.get_layer(ours) for ours, theirs in _LAYERS.items()}
    counts = {theirs: (_shape(each.output), each.count_params()) for theirs, each in named.items()}
    total = model.count_params()
    encoder = total - sum(count for _, count in counts.values())
    fixed = sum(int(np.prod(each.shape)) for each in model.non_trainable_weights)
    return {
        "input": (_shape(model.input), 0),
        "resnet50": (_shape(named["flatten"].input), encoder),
        **counts,
        "total": ("", total),
        "not trainable": ("", fixed),
    }


def figure5(job: Job) -> Findings:
    """Measure Figure 5: draw queries of both data sets with the first five retrieved."""
    job.out.mkdir(parents=True, exist_ok=True)
    parts = dict(_parts(job))
    cells = {
        (OURS, "RetinaMNIST, a query of level 1", "precision@5"): parts["retinamnist"][0],
        (OURS, "COCO", "precision@5"): parts["coco"][0],
    }
    return Findings(
        cells,
        pictures=[path for _, path, _ in parts.values() if path is not None],
        facts={"bits": _BITS, "seed": 0},
        differences=list(dict.fromkeys(each for *_, found in parts.values() for each in found)),
        missing="likeness to the eye is not measured: see the pictures",
    )


def _parts(job: Job) -> Iterator[tuple[str, tuple[Cell, Path | None, list[str]]]]:
    choice = choose(job, "retinamnist", ("digits",))
    nets = retina_nets(job, choice)
    yield "retinamnist", _drawn(job, nets, choice, "RetinaMNIST", label=1)
    try:
        several = coco_choice(job)
        yield "coco", _drawn(job, coco_nets(job, several), several, "COCO 2017")
    except MissingError as error:
        yield "coco", (Cell(missing=str(error)), None, [])


def _drawn(
    job: Job, nets: Nets, choice: Choice, meant: str, label: int | None = None
) -> tuple[Cell, Path, list[str]]:
    """Judge and draw one net's queries, those of one label only where one is given."""
    from aehash.metrics.evaluation import evaluate
    from aehash.metrics.protocols import named_protocol
    from aehash.workflow.retrieval_picture import draw_retrieval

    net = Net(_BITS, 0)
    nets.make([net])
    database, queries = nets.book(net, "train"), nets.book(net, "test")
    conventions = named_protocol(PROTOCOL).conventions
    asked = {**conventions.as_dict(), "ks": (_SHOWN,)}
    found = evaluate(database, queries, **asked)
    values = found.per_query[f"precision@{_SHOWN}"]
    chance = found.chance[f"precision@{_SHOWN}"]
    if label is not None:
        values = values[np.asarray(queries.labels) == label]
        chance = float((np.asarray(database.labels) == label).mean())
    path = job.out / f"figure5-{_name(meant)}.png"
    draw_retrieval(path, conventions, database, queries, nets.place(net) / "codes" / "test", _SHOWN)
    cell = Cell(Measured.of_queries([values]), chance, obstacle=choice.obstacle(meant))
    return cell, path, differences(nets)


def _name(meant: str) -> str:
    return meant.partition(" ")[0].lower()


def _shape(tensor: Any) -> str:
    return " × ".join(str(side) for side in tensor.shape[1:])
