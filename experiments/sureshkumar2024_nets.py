"""The nets of the medical studies: trained, extracted and judged once, kept by data set."""

import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError, UsageError
from aehash.experiments import sureshkumar2024_accuracy as accuracy
from aehash.experiments.net_folder import (
    JudgedNet,
    NetFolder,
    check_plan,
    extract,
    losses,
    trained,
)
from aehash.experiments.study import Order
from aehash.experiments.sureshkumar2024_sizes import CUTS, Size
from aehash.experiments.sureshkumar2024_systems import (
    AUTOENCODER,
    LATENT,
    PIXELS,
    Net,
    System,
    recipe,
)
from aehash.files import sha256_file

DATA = "retinamnist"
MAP = "map@all/relevant"
_GREY_SAMPLE = 64


Judged = JudgedNet[Net]


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
        from aehash.workflow.common import absolute, slug

        self.data = absolute(order.data or DATA)
        self.dataset = registry.open_dataset(self.data, notes=order.say)
        self.title = slug(self.dataset.name)
        super().__init__(order, order.out / self.title)
        self.size, self.weights = size, _digest(order.weights)
        if self.dataset.labels is None or self.dataset.labels.ndim != 1:
            raise UsageError(
                "The medical studies need data with one label an image, and "
                f"{self.dataset.source} has {'none' if self.dataset.labels is None else 'several'}."
            )
        self.side = self.dataset.image_size or size.side
        self.channels = 1 if self._grey() else 3
        self.train = size.training(len(self.dataset.training_rows()))
        plan = {"data": self.dataset.digest(), "train": asdict(self.train), "side": self.side}
        check_plan(self.out, plan)

    def nets(self, systems: Iterable[System], seeds: int) -> list[Net]:
        """List the nets of systems, the first seeds of all before the second ones."""
        wanted = list(systems)
        return [
            Net(system, seed)
            for seed in range(self.order.seeds or seeds)
            for system in wanted
            if seed == 0 or system.seeded
        ]

    def place(self, net: Net) -> Path:
        """Name a net's folder; that of a pretrained one after its weights as well."""
        weights = f"-{self.weights}" if net.system.pretrained else ""
        return self.out / "nets" / f"{net.name}{weights}"

    def facts(self) -> dict[str, Any]:
        """Say what the nets were made from and how."""
        from aehash.workflow.common import slug

        training = asdict(self.train)
        del training["seed"]
        splits = {split: len(self.dataset.rows(split)) for split in ("train", "val", "test")}
        return {
            "data": slug(self.dataset.name),
            "images": splits,
            "classes": list(self.dataset.classes),
            "image_size": self.side,
            "channels": self.channels,
            "training": training,
        }

    def _make(self, net: Net) -> str:
        started = time.monotonic()
        facts = self._pixels(net) if net.system is PIXELS else self._train(net)
        facts = {"system": net.system.name, "seed": net.seed, **facts, **self._judge(net)}
        seconds = time.monotonic() - started + facts.pop("seconds_before", 0.0)
        facts["seconds"] = round(seconds, 1)
        self.keep(net, facts)
        first = facts["micro"]["metrics"][f"precision@{CUTS[0]}"]
        return (
            f"{net.system.title}, seed {net.seed}: precision@{CUTS[0]} {first:.4f}, "
            f"mAP {facts['map']:.4f}, {facts['seconds']:.0f} s"
        )

    def _train(self, net: Net) -> dict[str, Any]:
        run, started = self.place(net), time.monotonic()
        asked = recipe(
            net,
            self.data,
            train=self.train,
            side=self.side,
            channels=self.channels,
            weights=self.order.weights,
        )
        more = []
        if net.system is AUTOENCODER:
            more = [accuracy.callback(self.dataset, self.side, self.channels, run)]
        snapshot = trained(run, asked, callbacks=more)
        before = max(
            0.0, snapshot.info["seconds"] - (time.monotonic() - started)
        )  # a stopped one's
        model = snapshot.model()
        extract(snapshot, model, self.dataset, run)
        facts = {"parameters": int(model.count_params()), "seconds_before": before}
        return {**facts, **losses(run)} if net.system.passes else facts

    def _pixels(self, net: Net) -> dict[str, Any]:
        """Take the principal components of the training images' pixels."""
        from sklearn.decomposition import PCA

        from aehash.codebook import Codebook

        images = {split: self._flat(split) for split in ("train", "test")}
        count = min(LATENT, *images["train"].shape)
        components = PCA(count, svd_solver="randomized", random_state=0).fit(images["train"])
        for split, pixels in images.items():
            rows = self.dataset.rows(split)
            labels = self.dataset.labels
            Codebook.from_arrays(
                features=components.transform(pixels).astype(np.float32),
                labels=None if labels is None else labels[rows],
                keys=[self.dataset.key(int(row)) for row in rows],
                classes=self.dataset.classes,
                source=self.dataset.source,
                split=split,
            ).save(self.place(net) / "codes" / split)
        return {"explained": round(float(components.explained_variance_ratio_.sum()), 4)}

    def _flat(self, split: str) -> NDArray[np.float32]:
        rows = self.dataset.rows(split)
        pixels = self.dataset.read_many(rows, self.side, self.channels)
        return pixels.reshape(len(rows), -1).astype(np.float32) / np.float32(255)

    def _judge(self, net: Net) -> dict[str, Any]:
        from aehash.metrics.evaluation import evaluate

        books = self.book(net, "train"), self.book(net, "test")
        found = evaluate(
            *books, metric=net.system.metric, per="relevant", ks=(*CUTS, "all"), by_class=True
        )
        if found.by_class is None:
            raise AehashError(f"{self.data} could not be judged by class.")
        judged = found.by_class.as_dict()
        first = str(CUTS[0])
        return {
            "map": found.metrics[MAP],
            "map_chance": found.chance[MAP],
            "micro": judged["micro"],
            "macro": judged["macro"],
            "ci95": {name: found.ci95[name] for name in judged["micro"]["metrics"]},
            "classes": judged["classes"],
            "largest": judged["largest"],
            f"confusion@{first}": judged["confusion"][first],
            "constant_bits": found.codes.constant_bits,
            "distinct_codes": found.codes.distinct,
        }

    def _grey(self) -> bool:
        """Say whether all of some images are grey."""
        rows = self.dataset.training_rows()
        sample = rows[np.linspace(0, len(rows) - 1, min(_GREY_SAMPLE, len(rows))).astype(np.int64)]
        images = self.dataset.read_many(sample, self.side, 3)
        return bool((images == images[..., :1]).all())


def _digest(weights: str | None) -> str | None:
    """Name weights so that others make another net."""
    if weights in (None, "imagenet"):
        return weights
    return sha256_file(Path(str(weights)))[:8]
