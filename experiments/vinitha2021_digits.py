"""Vinitha and Velantina (2021), Figures 5 and 6: digits rebuilt, and the neighbours of a query.

The paper has pictures only. Beside them stand the error of the reconstructions, the mean training
image in their place, and the share of the query's digit among the first ten retrieved.
"""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.errors import UsageError
from aehash.experiments.air2023_images import first_of_each, labels_of
from aehash.experiments.air2023_summary import summary
from aehash.experiments.net_folder import (
    NetFolder,
    check_plan,
    extract,
    losses,
    trained,
)
from aehash.experiments.study import Order, SizeName, Study
from aehash.experiments.study_facts import write_result
from aehash.experiments.vinitha2021_mnist import EXPERIMENT as PAPER
from aehash.recipe import DataRecipe

NAME, DATA, DIGIT = "vinitha2021_digits", "mnist", "9"
CUT, SHOWN = 10, 10
_SPLIT = "images.json"
_BATCH = 250


@dataclass(frozen=True)
class Size:
    """One size of the study; counts of images are a class, None takes all.

    Attributes:
        epochs: Passes over the training images.
        learn: Training images, which are searched too.
        queries: Test images.
        seeds: Nets.
    """

    epochs: int
    learn: int | None = None
    queries: int | None = None
    seeds: int = 3


SIZES: Mapping[SizeName, Size] = MappingProxyType(
    {
        "full": Size(PAPER.recipe.train.epochs),
        "reduced": Size(5, learn=1_500, queries=200),
        "quick": Size(1, learn=10, queries=5, seeds=1),
    }
)


@dataclass(frozen=True)
class Net:
    """A net of the study."""

    seed: int

    @property
    def name(self) -> str:
        """Its folder."""
        return f"seed{self.seed}"

    @property
    def cost(self) -> float:
        """What it takes: as much as any other."""
        return 1.0


class Nets(NetFolder[Net]):
    """A folder of nets for one data set, made where they are missing.

    Args:
        order: What was asked for.
        size: How large.

    Raises:
        UsageError: The folder holds nets of other settings, or the data has no single labels.
    """

    def __init__(self, order: Order, size: Size) -> None:
        from aehash import registry
        from aehash.generators.splits import write_split
        from aehash.workflow.common import absolute, slug

        self.data, self.size = absolute(order.data or DATA), size
        dataset = registry.open_dataset(self.data, notes=order.say)
        self.title = slug(dataset.name)
        super().__init__(order, order.out / self.title)
        check_plan(self.out, {"data": dataset.digest(), "size": asdict(size)})
        self.split = self.out / _SPLIT
        if not self.split.is_file():
            labels = labels_of(dataset)
            train, test = dataset.rows("train"), dataset.rows("test")
            learn = first_of_each(train, labels, size.learn)
            held = learn[np.linspace(0, len(learn) - 1, max(1, len(learn) // 20)).astype(np.int64)]
            asked = first_of_each(test, labels, size.queries)
            splits = {"train": learn, "val": np.unique(held), "test": asked}
            write_split(self.split, replace(dataset, splits=splits))
        self.images = registry.open_dataset(self.data, split_file=self.split)

    def nets(self) -> list[Net]:
        """List the nets."""
        return [Net(seed) for seed in range(self.order.seeds or self.size.seeds)]

    def read(self, split: str) -> NDArray[np.uint8]:
        """Read all images of a split."""
        pixels: NDArray[np.uint8] = self.images.read_many(self.images.rows(split))
        return pixels

    def rebuilt(self, net: Net, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Rebuild images with a net that is there."""
        from aehash.snapshot import Snapshot

        return _rebuilt(Snapshot.load(self.place(net)).model(), images)

    def _make(self, net: Net) -> str:
        from aehash.metrics.evaluation import evaluate

        run, started = self.place(net), time.monotonic()
        own = PAPER.recipe
        train = replace(own.train, epochs=self.size.epochs, seed=net.seed)
        recipe = replace(own, name=net.name, data=DataRecipe(self.data), train=train)
        snapshot = trained(run, recipe, split_file=self.split)
        model = snapshot.model()
        extract(snapshot, model, self.images, run)
        books = self.book(net, "train"), self.book(net, "test")
        found = evaluate(*books, metric="euclidean", ks=(CUT,))
        asked = self.read("test")
        error = _squared(asked, _rebuilt(model, asked))
        facts = {
            **asdict(net),
            **losses(run),
            "chance": found.chance[f"precision@{CUT}"],
            "seconds": round(time.monotonic() - started, 1),
        }
        precision = found.per_query[f"precision@{CUT}"]
        self.keep(net, facts, {"precision": precision, "error": error})
        return (
            f"seed {net.seed}: precision@{CUT} {precision.mean():.4f}, error {error.mean():.5f}, "
            f"{facts['seconds']:.0f} s"
        )


def run(order: Order, size: Size | None = None) -> list[Path]:
    """Train what is missing, and draw both figures.

    Args:
        order: What was asked for.
        size: How large; by default what the order names.

    Returns:
        The result and the pictures.
    """
    nets = Nets(order, size or SIZES[order.size])
    judged = nets.make(nets.nets())
    labels = labels_of(nets.images)[nets.images.rows("test")]
    asked = nets.read("test")
    mean = np.broadcast_to(nets.read("train").mean(axis=0) / 255, asked.shape)
    precision = [each.values["precision"] for each in judged]
    result = {
        "data": nets.title,
        "images": {"train": len(nets.images.rows("train")), "test": len(asked)},
        "epochs": nets.size.epochs,
        "seconds": round(sum(each.facts["seconds"] for each in judged), 1),
        "nets": [dict(each.facts) for each in judged],
        "error": summary([each.values["error"] for each in judged]),
        "error_of_the_mean_image": round(float(_squared(asked, mean).mean()), 6),
        "precision": {
            "all": summary(precision),
            **{
                name: summary([each[labels == number] for each in precision])
                for number, name in enumerate(nets.images.classes)
                if (labels == number).any()
            },
        },
        "chance": judged[0].facts["chance"],
    }
    path = write_result(nets.out / f"{NAME}.json", order, result)
    return [path, _figure5(nets, asked), _figure6(nets, labels)]


def table(result: dict[str, Any]) -> str:
    """Lay a result out.

    Args:
        result: As :func:`run` wrote it.

    Returns:
        Markdown: the error, and precision by digit.
    """
    seeds = len(result["nets"])
    lines = [
        f"| {result['data']}, {seeds} seeds, {result['epochs']} epochs | mean (95 %) | chance |",
        "|---|---:|---:|",
        f"| mean squared error | {_cell(result['error'], 5)} "
        f"| {result['error_of_the_mean_image']:.5f} (mean training image) |",
    ]
    lines += [
        f"| precision@{CUT}, {name} | {_cell(found, 4)} | {result['chance']:.4f} |"
        for name, found in result["precision"].items()
    ]
    return "\n".join(lines) + "\n"


def _cell(found: Mapping[str, Any], digits: int) -> str:
    low, high = found["ci95"]
    return f"{found['mean']:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def _squared(images: NDArray[np.uint8], outputs: NDArray[Any]) -> NDArray[np.float64]:
    """Give each image's mean squared error, pixels in 0…1."""
    difference = images.astype(np.float32) / 255 - outputs
    found: NDArray[np.float64] = (
        np.square(difference, dtype=np.float64).reshape(len(images), -1).mean(axis=1)
    )
    return found


def _rebuilt(model: Any, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    parts = [
        np.asarray(model.predict_on_batch(images[start : start + _BATCH]), np.float32)
        for start in range(0, len(images), _BATCH)
    ]
    return np.concatenate(parts)


def _figure5(nets: Nets, asked: NDArray[np.uint8]) -> Path:
    from aehash.plots.tiles import reconstructions

    path = nets.out / f"{NAME}_rebuilt.png"
    rows = np.linspace(0, len(asked) - 1, SHOWN).astype(np.int64)
    reconstructions(path, asked[rows], nets.rebuilt(Net(0), asked[rows]))
    return path


def _figure6(nets: Nets, labels: NDArray[np.int64]) -> Path:
    """Draw some queries of the digit 9, each with its neighbours."""
    from aehash.codebook import Codebook
    from aehash.metrics.protocol import Protocol
    from aehash.workflow.retrieval_picture import draw_retrieval

    classes = nets.images.classes
    number = classes.index(DIGIT) if DIGIT in classes else int(labels[0])
    net = Net(0)
    queries = nets.book(net, "test")
    rows = np.flatnonzero(np.asarray(queries.labels) == number)[:3]
    if not len(rows):
        raise UsageError(f"{nets.data} has no test image of {classes[number]}.")
    few = Codebook.from_arrays(
        features=np.asarray(queries.features)[rows],
        labels=np.asarray(queries.labels)[rows],
        keys=[queries.key(int(row)) for row in rows],
        classes=queries.classes,
        source=queries.source,
        split="test",
    )
    path = nets.out / f"{NAME}_retrieval.png"
    place = nets.place(net) / "codes" / "test"
    draw_retrieval(path, Protocol(metric="euclidean"), nets.book(net, "train"), few, place, CUT)
    return path


STUDY = Study(
    about="vinitha2021, Figures 5 and 6: digits rebuilt, and the neighbours of a digit 9.",
    cost="A quarter of an hour on two cores; the paper's 20 epochs over 60,000 digits with --full.",
    group="vinitha2021",
    run=run,
)
