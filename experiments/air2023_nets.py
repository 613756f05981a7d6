"""The nets of air2023's studies: trained, extracted and judged once, and kept in one folder."""

import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError
from aehash.experiments.air2023_images import LEARN, SEARCH, labels_of, write_splits
from aehash.experiments.air2023_net import Net
from aehash.experiments.air2023_sizes import Size
from aehash.experiments.net_folder import (
    JudgedNet,
    NetFolder,
    check_plan,
    extract,
    losses,
    trained,
)
from aehash.experiments.study import Order
from aehash.files import read_json, write_json
from aehash.recipe import DataRecipe, LossRecipe, Recipe

if TYPE_CHECKING:
    from aehash.generators.dataset import Dataset

DATA = "cifar100"
MAP = "map@all/relevant"
_DUPLICATES = "duplicates.json"
_USE = 64


Judged = JudgedNet[Net]


class Nets(NetFolder[Net]):
    """A folder of nets, made where they are missing.

    Args:
        order: What was asked for.
        size: How large.

    Raises:
        UsageError: The folder holds nets of other settings, or the data has no single labels.
    """

    def __init__(self, order: Order, size: Size) -> None:
        from aehash import registry
        from aehash.workflow.common import absolute

        super().__init__(order, order.out)
        self.size = size
        self.data = absolute(order.data or DATA)
        dataset = registry.open_dataset(self.data, notes=order.say)
        self._check_plan(dataset)
        write_splits(self.out, dataset, size)
        self.search = registry.open_dataset(self.data, split_file=self.out / SEARCH)

    def seeds(self, depth: int) -> range:
        """Give the seeds of the nets of a depth."""
        return range(self.order.seeds or self.size.seeds.get(depth, 1))

    def duplicated(self) -> NDArray[np.bool_]:
        """Say which queries have duplicates in the whole training split, by `data duplicates`."""
        path = self.out / _DUPLICATES
        if not path.is_file():
            from aehash.workflow.duplicates import duplicates

            self.order.say("counting test images that have near-duplicates in train")
            found = duplicates(self.data)
            write_json(path, {"queries": found.keys(), "of": found.queries[1]})
        keys = set(read_json(path)["queries"])
        rows = self.search.rows("test")
        return np.array([self.search.key(int(row)) in keys for row in rows])

    def labels(self, split: str) -> NDArray[np.int64]:
        """Give the labels of the images searched (``train``) or asked (``test``)."""
        labels: NDArray[np.int64] = labels_of(self.search)[self.search.rows(split)]
        return labels

    def learned(self) -> int:
        """Count the images that every net learns from."""
        from aehash import registry

        learn = registry.open_dataset(self.data, split_file=self.out / LEARN)
        return len(learn.training_rows())

    def training(self) -> dict[str, Any]:
        """Say how the nets are trained, the seed aside."""
        settings = asdict(self.size.train)
        del settings["seed"]
        return settings

    def _make(self, net: Net) -> str:
        run, started = self.place(net), time.monotonic()
        snapshot = trained(run, self._recipe(net), split_file=self.out / LEARN)
        model = snapshot.model()
        extract(snapshot, model, self.search, run)
        facts = {
            **asdict(net),
            "parameters": int(model.count_params()),
            "feature_use": self._use(model),
            **losses(run),
        }
        return _words(net, self._judge(net, facts, started))

    def _judge(self, net: Net, facts: dict[str, Any], started: float) -> dict[str, Any]:
        from aehash.metrics.evaluation import evaluate

        books = self.book(net, "train"), self.book(net, "test")
        found = evaluate(*books, metric="euclidean", per="relevant", ks=("all",))
        if len(found.per_query[MAP]) != len(self.search.rows("test")):
            raise AehashError(f"Some images of {self.data} cannot be read; leave them out of it.")
        seconds = round(time.monotonic() - started, 1)
        facts = {**facts, "map": found.metrics[MAP], "seconds": seconds}
        self.keep(net, facts, {MAP: found.per_query[MAP]})
        return facts

    def _use(self, model: Any) -> dict[str, float]:
        """Say what the feature is worth to the reconstruction of some training images."""
        from aehash.gradients import feature_use
        from aehash.losses import Reconstruction

        rows = self.search.rows("train")[:_USE]
        found = feature_use(model, self.search.read_many(rows), Reconstruction("mse"))
        return {name: round(value, 6) for name, value in found.items()}

    def _recipe(self, net: Net) -> Recipe:
        return Recipe(
            name=net.name,
            data=DataRecipe(self.data),
            model=net.model(self.size.filters),
            loss=LossRecipe(reconstruction="mse", balance="off"),
            train=replace(self.size.train, seed=net.seed),
        )

    def _check_plan(self, dataset: "Dataset") -> None:
        """Refuse a folder whose nets were made with other settings."""
        size = self.size
        plan = {
            "data": dataset.digest(),
            "filters": size.filters,
            "train": asdict(size.train),
            "images": [size.learn, size.held_out, size.database, size.queries],
        }
        check_plan(self.out, plan)


def _words(net: Net, facts: Mapping[str, Any]) -> str:
    layers = f" {net.depth} layers" if net.depth else ""
    return (
        f"{net.configuration}{layers}, seed {net.seed}: "
        f"loss {facts['loss_first_pass']:.4f} to {facts['loss_last_pass']:.4f}, "
        f"mAP {facts['map']:.4f}, {facts['seconds']:.0f} s"
    )
