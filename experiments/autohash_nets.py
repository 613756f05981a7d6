"""The nets of the studies of aehash's own recipe: one for each change, width and seed."""

import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from aehash.experiments.autohash_sizes import Size
from aehash.experiments.net_folder import NetFolder, check_plan, labelled, trained
from aehash.experiments.study import Order

if TYPE_CHECKING:
    from aehash.recipe import Recipe

DATA, OWN, HEAD = "mnist", "autohash", "autohash_backbone"


@dataclass(frozen=True)
class Net:
    """A net of a study.

    Attributes:
        change: What is not as in the recipe, in a word; nothing for the recipe itself.
        bits: Of its codes.
        seed: Of its training.
        settings: The change, ``path=value``.
    """

    change: str
    bits: int
    seed: int
    settings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its folder."""
        return f"{self.change or 'recipe'}-{self.bits}bits-seed{self.seed}"

    @property
    def cost(self) -> float:
        """What it takes: as much as any other."""
        return 1.0


class Nets(NetFolder[Net]):
    """A folder of nets for one data set, made where they are missing.

    Args:
        order: What was asked for; with weights, the nets are heads on that encoder.
        size: How large.

    Raises:
        UsageError: The folder holds nets of other settings, or the data has no labels to judge by.
    """

    def __init__(self, order: Order, size: Size) -> None:
        from aehash.workflow.common import absolute, slug

        self.data, self.size = absolute(order.data or DATA), size
        self.dataset = labelled(self.data, order)
        self.title = slug(self.dataset.name) + ("-head" if order.weights else "")
        super().__init__(order, order.out / self.title)
        plan = {"data": self.dataset.digest(), "settings": list(size.settings)}
        check_plan(self.out, plan)

    def nets(self, changes: Mapping[str, tuple[str, ...]], bits: Iterable[int]) -> list[Net]:
        """List nets: the first seeds of all before the second ones."""
        widths = list(bits)
        return [
            Net(change, width, seed, settings)
            for seed in range(self.order.seeds or self.size.seeds)
            for change, settings in changes.items()
            for width in widths
        ]

    def codes(self, net: Net) -> Path:
        """Name the folder of a net's codebooks."""
        return self.place(net) / "codes" / self.title

    def ask(self, net: Net, split: str) -> None:
        """Extract the queries of a split that no net has been asked so far.

        Args:
            net: One that is there.
            split: ``test``, once nothing is chosen any more.
        """
        from aehash import workflow

        if not (self.codes(net) / split).is_dir():
            workflow.extract(self.place(net), splits=(split,), out=self.codes(net))

    def facts(self) -> dict[str, Any]:
        """Say what the nets were made from."""
        splits = {split: len(self.dataset.rows(split)) for split in ("train", "val", "test")}
        return {
            "data": self.title,
            "images": splits,
            "image_size": self._recipe(Net("", 16, 0)).data.image_size,
            "encoder": Path(self.order.weights).name if self.order.weights else None,
            "classes": len(self.dataset.classes),
            "settings": list(self.size.settings),
        }

    def _recipe(self, net: Net) -> "Recipe":
        from aehash.training import DEFAULT_IMAGE_SIZE
        from aehash.workflow.train import make_recipe

        own = not self.order.weights
        side = min(self.dataset.image_size or DEFAULT_IMAGE_SIZE, self.size.side or sys.maxsize)
        return make_recipe(
            OWN if own else HEAD,
            data=self.data,
            bits=net.bits,
            weights=self.order.weights,
            image_size=side if own else None,
            seed=net.seed,
            settings=[*self.size.settings, *net.settings],
        )

    def _make(self, net: Net) -> str:
        from aehash import workflow

        place = self.place(net)
        snapshot = trained(place, self._recipe(net))
        started, learning = time.monotonic(), snapshot.info["seconds"]
        workflow.extract(place, splits=("train", "val"), out=self.codes(net))
        facts = {
            "change": net.change,
            "bits": net.bits,
            "seed": net.seed,
            "epochs": snapshot.info["epochs"],
            "training_seconds": round(learning, 1),
            "seconds": round(learning + time.monotonic() - started, 1),
            **self._bits(net),
        }
        self.keep(net, facts)
        minutes, least = facts["training_seconds"] / 60, facts["least_entropy"]
        return f"{net.name}: trained in {minutes:.1f} min, every bit's entropy at least {least:.3f}"

    def _bits(self, net: Net) -> dict[str, Any]:
        """Say what the bits of the training images' codes are worth."""
        from aehash.bits import unpack
        from aehash.codebook import Codebook
        from aehash.metrics.code_statistics import code_statistics, entropy

        book = Codebook.load(self.codes(net) / "train", verify="size")
        ones = unpack(np.asarray(book.codes), book.bits).mean(axis=0)
        found = code_statistics(np.asarray(book.codes), book.bits)
        return {"least_entropy": round(float(entropy(ones).min()), 4), **found.as_dict()}
