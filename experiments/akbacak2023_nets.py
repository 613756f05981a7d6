"""The nets of akbacak2023's tables: one for each width and seed, judged by the paper's protocol."""

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aehash.experiments.akbacak2023_retinamnist import EXPERIMENT
from aehash.experiments.akbacak2023_sizes import Size
from aehash.experiments.net_folder import (
    JudgedNet,
    NetFolder,
    check_plan,
    extract,
    labelled,
    losses,
    trained,
)
from aehash.experiments.study import Order
from aehash.recipe import DataRecipe, Recipe

if TYPE_CHECKING:
    from aehash.codebook import Codebook

DATA, PROTOCOL = "retinamnist", "akbacak2023"
KS = (5, 10, 15, 20)
#: Of the tables, by the paper's own names and this project's.
METRICS = tuple(f"map@{k}/hits" for k in KS)
#: Ties as the paper's script leaves them, and their mean over all orders.
TIES = ("database", "expected")


@dataclass(frozen=True)
class Net:
    """A net of the study."""

    bits: int
    seed: int

    @property
    def name(self) -> str:
        """Its folder."""
        return f"{self.bits}bits-seed{self.seed}"

    @property
    def cost(self) -> float:
        """What it takes: as much as any other."""
        return 1.0


Judged = JudgedNet[Net]


class Nets(NetFolder[Net]):
    """A folder of nets for one data set, made where they are missing.

    Args:
        order: What was asked for.
        size: How large.

    Raises:
        UsageError: The folder holds nets of other settings, or the data has no labels to judge by.
    """

    def __init__(self, order: Order, size: Size) -> None:
        from aehash.workflow.common import absolute, slug

        self.data, self.size = absolute(order.data or DATA), size
        self.dataset = labelled(self.data, order)
        self.title = slug(self.dataset.name)
        super().__init__(order, order.out / self.title)
        check_plan(self.out, {"data": self.dataset.digest(), **self._settings()})

    def nets(self, bits: Iterable[int]) -> list[Net]:
        """List nets: the first seeds of all widths before the second ones."""
        widths = list(bits)
        return [
            Net(width, seed)
            for seed in range(self.order.seeds or self.size.seeds)
            for width in widths
        ]

    def facts(self) -> dict[str, Any]:
        """Say what the nets were made from and how."""
        splits = {split: len(self.dataset.rows(split)) for split in ("train", "val", "test")}
        return {"data": self.title, "images": splits, **self._settings()}

    def _settings(self) -> dict[str, Any]:
        train = asdict(self.size.train)
        del train["seed"]
        return {
            "encoder": self.size.encoder,
            "dense": list(self.size.dense),
            "image_size": self.size.image_size,
            "weights": self._weights(),
            "train": train,
        }

    def _weights(self) -> str | None:
        return (self.order.weights or "imagenet") if self.size.pretrained else None

    def _make(self, net: Net) -> str:
        run, started = self.place(net), time.monotonic()
        snapshot = trained(run, self._recipe(net))
        model = snapshot.model()
        extract(snapshot, model, self.dataset, run)
        found, ap = judge(self.book(net, "train"), self.book(net, "test"))
        facts = {
            **asdict(net),
            "parameters": int(model.count_params()),
            **losses(run),
            **found,
            "seconds": round(time.monotonic() - started, 1),
        }
        self.keep(net, facts, ap)
        first = float(ap[f"{TIES[0]} {METRICS[0]}"].mean())
        return (
            f"{net.bits} bits, seed {net.seed}: {METRICS[0]} {first:.4f}, chance "
            f"{facts['chance'][METRICS[0]]:.4f}, {facts['seconds']:.0f} s"
        )

    def _recipe(self, net: Net) -> Recipe:
        own, size = EXPERIMENT.recipe, self.size
        options = {"encoder": size.encoder, "dense": list(size.dense)}
        return replace(
            own,
            name=net.name,
            data=DataRecipe(self.data, image_size=size.image_size, channels=3),
            model=replace(own.model, bits=net.bits, options=options, weights=self._weights()),
            train=replace(size.train, seed=net.seed),
        )


def judge(
    database: "Codebook", queries: "Codebook"
) -> tuple[dict[str, Any], dict[str, NDArray[np.float64]]]:
    """Judge codes by the paper's protocol, and once more with tied items in every order.

    Args:
        database: What is searched, with features.
        queries: What is asked.

    Returns:
        Chance and what the codes are worth, as JSON can hold them; and by ties and metric each
        query's average precision.
    """
    from aehash.metrics.evaluation import evaluate
    from aehash.metrics.protocols import named_protocol

    conventions = named_protocol(PROTOCOL).conventions
    asked = {**conventions.as_dict(), "ks": KS}
    found = {ties: evaluate(database, queries, **{**asked, "ties": ties}) for ties in TIES}
    first = found[TIES[0]]
    ap = {
        f"{ties} {metric}": each.per_query[metric]
        for ties, each in found.items()
        for metric in METRICS
    }
    facts = {
        "queries": first.n_queries,
        "database": first.n_database,
        "empty_queries": int(first.metrics["empty_queries"]),
        "chance": {metric: first.chance[metric] for metric in METRICS},
        **first.codes.as_dict(),
    }
    return facts, ap
