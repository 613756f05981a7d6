"""The nets of air2023's studies: trained, extracted and judged once, and kept in one folder."""

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError, UsageError
from aehash.experiments.air2023_images import LEARN, SEARCH, labels_of, write_splits
from aehash.experiments.air2023_net import Net
from aehash.experiments.air2023_sizes import Size
from aehash.experiments.study import Order
from aehash.files import atomic_folder, read_json, write_json
from aehash.recipe import DataRecipe, LossRecipe, Recipe

if TYPE_CHECKING:
    from aehash.codebook import Codebook
    from aehash.generators.dataset import Dataset

DATA = "cifar100"
MAP = "map@all/relevant"
_PLAN, _DUPLICATES = "plan.json", "duplicates.json"
_JUDGED, _NET, _AP = "judged", "net.json", "ap.npy"
_USE = 64


@dataclass(frozen=True, eq=False)
class Judged:
    """What came of a net.

    Attributes:
        net: Which.
        facts: What ``net.json`` says: losses, seconds, the use of the feature.
        ap: ``(q,)`` average precision of each query, over the whole list and divided by R.
    """

    net: Net
    facts: Mapping[str, Any]
    ap: NDArray[np.float64]


class Nets:
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

        self.order, self.size, self.out = order, size, order.out
        self.data = absolute(order.data or DATA)
        dataset = registry.open_dataset(self.data, notes=order.say)
        self._check_plan(dataset)
        write_splits(self.out, dataset, size)
        self.search = registry.open_dataset(self.data, split_file=self.out / SEARCH)

    def seeds(self, depth: int) -> range:
        """Give the seeds of the nets of a depth."""
        return range(self.order.seeds or self.size.seeds.get(depth, 1))

    def make(self, nets: Iterable[Net]) -> list[Judged]:
        """Train, extract and judge nets, those only that are not there yet.

        Args:
            nets: Which.

        Returns:
            What came of them, in their order.
        """
        logging.getLogger("tensorflow").setLevel(logging.ERROR)  # a new net is traced anew
        wanted = list(nets)
        todo = [net for net in wanted if not self._place(net).joinpath(_JUDGED).is_dir()]
        if len(todo) < len(wanted):
            self.order.say(f"{len(wanted) - len(todo)} of {len(wanted)} nets are there already")
        left, started = sum(net.cost for net in todo), time.monotonic()
        done = 0.0
        for number, net in enumerate(todo, 1):
            facts = self._make(net)
            done += net.cost
            seconds = (time.monotonic() - started) * (left - done) / done
            self.order.say(_line(number, len(todo), net, facts, seconds))
        return [self.judged(net) for net in wanted]

    def judged(self, net: Net) -> Judged:
        """Read what came of a net that is there."""
        folder = self._place(net) / _JUDGED
        return Judged(net, read_json(folder / _NET), np.load(folder / _AP))

    def book(self, net: Net, split: str) -> "Codebook":
        """Open a net's features.

        Args:
            net: One that is there.
            split: ``train``, the database, or ``test``, the queries.

        Returns:
            The codebook.
        """
        from aehash.codebook import Codebook

        return Codebook.load(self._place(net) / "codes" / split, verify="size")

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

    def _make(self, net: Net) -> dict[str, Any]:
        import keras

        from aehash import extraction, models, workflow
        from aehash.snapshot import RECIPE

        keras.backend.clear_session()  # or each net's graph stays in memory with all before it
        run, started = self._place(net), time.monotonic()
        if (run / RECIPE).is_file():
            snapshot = workflow.resume(run)
        else:
            snapshot = workflow.train(self._recipe(net), out=run, split_file=self.out / LEARN)
        model = snapshot.model()
        encoder = models.encoder(model)
        for split in ("train", "test"):
            extraction.extract(
                snapshot, self.search, split, run / "codes" / split, encoder=lambda: encoder
            )
        facts = {
            **asdict(net),
            "parameters": int(model.count_params()),
            "feature_use": self._use(model),
            **_losses(run),
        }
        return self._judge(net, facts, started)

    def _judge(self, net: Net, facts: dict[str, Any], started: float) -> dict[str, Any]:
        from aehash.metrics.evaluation import evaluate

        books = self.book(net, "train"), self.book(net, "test")
        found = evaluate(*books, metric="euclidean", per="relevant", ks=("all",))
        if len(found.per_query[MAP]) != len(self.search.rows("test")):
            raise AehashError(f"Some images of {self.data} cannot be read; leave them out of it.")
        seconds = round(time.monotonic() - started, 1)
        facts = {**facts, "map": found.metrics[MAP], "seconds": seconds}
        with atomic_folder(self._place(net) / _JUDGED) as folder:
            write_json(folder / _NET, facts)
            np.save(folder / _AP, found.per_query[MAP])
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

    def _place(self, net: Net) -> Path:
        return self.out / "nets" / net.name

    def _check_plan(self, dataset: "Dataset") -> None:
        """Refuse a folder whose nets were made with other settings."""
        size = self.size
        plan = {
            "data": dataset.digest(),
            "filters": size.filters,
            "train": asdict(size.train),
            "images": [size.learn, size.held_out, size.database, size.queries],
        }
        if not (self.out / _PLAN).is_file():
            self.out.mkdir(parents=True, exist_ok=True)
            write_json(self.out / _PLAN, plan)
            return
        before = read_json(self.out / _PLAN)
        other = [name for name, value in plan.items() if before.get(name) != value]
        if other:
            raise UsageError(
                f"{self.out} holds nets made with another choice of {', '.join(other)}: give "
                "another folder with --out, or ask for what it was made with."
            )


def _losses(run: Path) -> dict[str, Any]:
    """Read the mean training loss of the first and of the last pass."""
    info = read_json(run / "run.json")
    lines = (run / "history.csv").read_text(encoding="utf-8").splitlines()
    column = lines[0].split(",").index("loss")
    values = [float(line.split(",")[column]) for line in lines[1:]]
    return {
        "loss_first_pass": values[0],
        "loss_last_pass": values[-1],
        "passes": len(values),
        "kept_pass": info["best_epoch"],
        "training_seconds": info["seconds"],
    }


def _line(number: int, count: int, net: Net, facts: Mapping[str, Any], left: float) -> str:
    from aehash.epochs import duration

    layers = f" {net.depth} layers" if net.depth else ""
    more = f"  about {duration(left)} left" if number < count else ""
    return (
        f"[{number}/{count}] {net.configuration}{layers}, seed {net.seed}: "
        f"loss {facts['loss_first_pass']:.4f} to {facts['loss_last_pass']:.4f}, "
        f"mAP {facts['map']:.4f}, {facts['seconds']:.0f} s{more}"
    )
