"""An Hong Son et al. (2023), section III: do shortcuts keep the gradient of deep nets alive?

The gradient's norm at every layer, at the start and after some steps, with and without shortcuts;
and the loss by step of the deepest net under the paper's plain SGD and under the schedule with
momentum, warm-up, cosine and clipping.
"""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.experiments.air2023_net import Net
from aehash.experiments.air2023_nets import Nets
from aehash.experiments.air2023_sizes import PAPER, SIZES, Size
from aehash.experiments.study import Order, Study
from aehash.experiments.study_facts import write_result
from aehash.files import read_json, write_json
from aehash.recipe import LossRecipe, TrainRecipe

NAME = "air2023_gradients"
CONFIGURATIONS = ("classic", "shortcut_symmetric", "shortcut")
_MEASURED = 64


@dataclass(frozen=True)
class Trial:
    """One net trained for some steps.

    Attributes:
        net: Which.
        schedule: ``plain SGD`` as the paper has it, or ``better``.
    """

    net: Net
    schedule: str

    @property
    def name(self) -> str:
        """Its file."""
        return f"{self.net.name}-{self.schedule.replace(' ', '-')}"


def run(order: Order, size: Size | None = None) -> list[Path]:
    """Train what is missing, and write the figure.

    Args:
        order: What was asked for.
        size: How large; by default what the order names.

    Returns:
        The result and two pictures.
    """
    from aehash.plots import studies as plots_studies

    nets = Nets(order, size or SIZES[order.size])
    trials, found = _trials(nets.size), []
    for number, trial in enumerate(trials, 1):
        place = order.out / "gradients" / f"{trial.name}.json"
        if not place.is_file() or len(read_json(place)["losses"]) != nets.size.gradient_steps:
            write_json(place, _measured(nets, trial))
        found.append(read_json(place))
        order.say(_line(number, len(trials), found[-1]))
    result = {
        "measure": "Euclidean norm of the gradient of the mean loss at each layer's weights",
        "batch": nets.size.train.batch_size,
        "filters": nets.size.filters,
        "steps": nets.size.gradient_steps,
        "schedules": {name: asdict(each) for name, each in _schedules(nets.size).items()},
        "seconds": round(sum(each["seconds"] for each in found), 1),
        "trials": found,
    }
    path = write_result(order.out / f"{NAME}.json", order, result)
    pictures = [order.out / f"{NAME}.png", order.out / f"{NAME}_loss.png"]
    plots_studies.gradients(pictures[0], _panels(nets.size, found))
    deepest = max(nets.size.gradient_depths)
    lines = {
        f"{each['configuration']}, {each['schedule']}": each["losses"]
        for each in found
        if each["depth"] == deepest
    }
    plots_studies.losses(pictures[1], lines)
    return [path, *pictures]


def table(result: dict[str, Any]) -> str:
    """Lay a result out.

    Args:
        result: As :func:`run` wrote it.

    Returns:
        Markdown: a row for each trial, the gradient at the first layer and the loss.
    """
    lines = [
        "| configuration | layers | schedule | first layer's gradient, start → later | loss, first "
        "→ last steps |",
        "|---|---:|---|---:|---:|",
    ]
    for each in result["trials"]:
        first = [norms["encoder_conv_1"] for norms in (each["at_start"], each["later"])]
        ends = each["losses"][0], float(np.mean(each["losses"][-5:]))
        lines.append(
            f"| {each['configuration']} | {each['depth']} | {each['schedule']} "
            f"| {first[0]:.1e} → {first[1]:.1e} | {ends[0]:.4f} → {ends[1]:.4f} |"
        )
    return "\n".join(lines) + "\n"


def _line(number: int, count: int, found: Mapping[str, Any]) -> str:
    return (
        f"[{number}/{count}] {found['configuration']} {found['depth']} layers, "
        f"{found['schedule']}: loss {found['losses'][0]:.4f} to {found['losses'][-1]:.4f}, "
        f"{found['seconds']:.0f} s"
    )


def _schedules(size: Size) -> dict[str, TrainRecipe]:
    """Give the two ways to train, with batches of one size, so that a step is a step."""
    better = replace(SIZES["reduced"].train, batch_size=size.train.batch_size)
    return {"plain SGD": replace(PAPER, batch_size=size.train.batch_size), "better": better}


def _trials(size: Size) -> list[Trial]:
    nets = [Net(each, depth, 0) for depth in size.gradient_depths for each in CONFIGURATIONS]
    better = [Trial(net, "better") for net in nets]
    deepest = max(size.gradient_depths)
    return better + [Trial(net, "plain SGD") for net in nets if net.depth == deepest]


def _measured(nets: Nets, trial: Trial) -> dict[str, Any]:
    """Train a net for some steps, with its gradients before and after."""
    import keras

    from aehash import autoencoding, losses, models
    from aehash.gradients import gradient_norms

    started, size = time.monotonic(), nets.size
    keras.backend.clear_session()
    keras.utils.set_random_seed(trial.net.seed)
    recipe = trial.net.model(size.filters)
    side = nets.search.image_size or 32
    net = models.build(
        recipe.name,
        bits=None,
        image_size=side,
        channels=nets.search.channels,
        **recipe.options,
    )
    loss = losses.Reconstruction("mse")
    schedule = _schedules(size)[trial.schedule]
    warmup = min(schedule.warmup, size.gradient_steps - 1)
    trainer = autoencoding.compiled(
        net, LossRecipe(balance="off"), replace(schedule, warmup=warmup), size.gradient_steps
    )
    rows = nets.search.rows("train")
    probe = nets.search.read_many(rows[:_MEASURED])
    at_start = gradient_norms(net, probe, loss)
    values = [
        _step(trainer, nets.search.read_many(batch))
        for batch in _batches(rows, size.train.batch_size, size.gradient_steps)
    ]
    return {
        "configuration": trial.net.configuration,
        "depth": trial.net.depth,
        "schedule": trial.schedule,
        "at_start": _rounded(at_start),
        "later": _rounded(gradient_norms(net, probe, loss)),
        "losses": [round(value, 6) for value in values],
        "seconds": round(time.monotonic() - started, 1),
    }


def _step(trainer: Any, images: NDArray[np.uint8]) -> float:
    zeros = np.zeros((len(images), 1), np.float32)
    found = trainer.train_on_batch(images, {"reconstruction": images, "hash": zeros})
    trainer.reset_metrics()
    return float(np.ravel(found)[0])


def _batches(rows: NDArray[np.int64], size: int, steps: int) -> list[NDArray[np.int64]]:
    """Draw the batches, the same for every net."""
    generator = np.random.default_rng(0)
    return [generator.choice(rows, min(size, len(rows)), replace=False) for _ in range(steps)]


def _panels(size: Size, found: list[dict[str, Any]]) -> Mapping[str, Mapping[str, list[float]]]:
    """Put the convolutions' norms into panels by depth; the feature's dense layers are left out."""
    panels: dict[str, dict[str, list[float]]] = {}
    for depth in size.gradient_depths:
        lines = panels.setdefault(f"{depth} layers", {})
        for each in found:
            if each["depth"] != depth or each["schedule"] != "better":
                continue
            for key, words in (("at_start", "at the start"), ("later", "later")):
                norms = each[key].items()
                lines[f"{each['configuration']}, {words}"] = [
                    value for name, value in norms if "conv" in name or name == "decoder_image"
                ]
    return panels


def _rounded(norms: Mapping[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.4g}") for name, value in norms.items()}


STUDY = Study(
    about="air2023, section III: gradients by layer with and without shortcuts, SGD or better.",
    cost="Some minutes on two cores; an accelerator with --full.",
    group="air2023",
    run=run,
)
