"""The part of a recipe for codes that agree: of two views of an image, and of its neighbours."""

from dataclasses import dataclass

from aehash.recipe_fields import at_least, check, one_of, positive

_FEWEST = 12
"""Epochs that ``seen`` leaves in any case."""


@dataclass(frozen=True)
class AgreeRecipe:
    """How codes are taught to agree, beside what ``loss`` asks for.

    First, two views of each image (``views``) shall have codes that find each other among those of
    the batch. Then, with ``kind`` ``walks``, an image and where a random walk ends that starts from
    it, on the graph of mutual nearest neighbours of the features learned so far. No label is used.

    Attributes:
        kind: ``off``, ``views`` (the first alone) or ``walks`` (both).
        weight: Of the agreement in the loss.
        temperature: Of the agreement of views; the lower, the more the hardest negatives count.
        walk_temperature: Of the agreement with neighbours.
        drawn: When bits are drawn from the outputs, with a straight-through gradient, instead of
            the outputs themselves agreeing: ``never``, ``walks`` (with neighbours) or ``always``.
        share: Of ``train.epochs`` that views take, before the walks, below 1; with 0 the first
            graph is of the features of an encoder that stays as it is, see ``head``.
        rounds: Graphs that are made, one after another, each of the features learned on the one
            before; the epochs of the walks are shared out among them.
        neighbours: Of each image that may be joined to it in the graph.
        shared: Least share of their 30 nearest that two joined images have in common, among all
            that either has; what joins the others may well cross classes.
        layer: Whose output the graph is of: ``before``, what the hash layer takes, or ``hash``.
        steps: Of a walk, at most.
        growth: How many times as many images twice the steps have to reach, 1 to 2; a walk ends
            where they no longer do, see :func:`aehash.walk_length.walk_length`. With 0 it always
            takes its ``steps``.
        looks: Views whose features are averaged for the graph; 0 takes the image as it is.
        entropy: Least entropy of each bit over the training images, below 1: at the end, thresholds
            of bits that have less move as far as they must. With 0 none does.
        apart: Whether known neighbours are no negatives of each other.
        views: ``auto`` takes the changes that fit the data, where ``views`` changes nothing;
            ``own`` takes ``views`` as they are.
        seen: Images, counted each time, after which the training ends although ``train.epochs`` are
            not through, in whole epochs and 12 at least; 0 for no such end.
    """

    kind: str = "off"
    weight: float = 1.0
    temperature: float = 0.3
    walk_temperature: float = 0.3
    drawn: str = "walks"
    share: float = 0.4
    rounds: int = 2
    neighbours: int = 15
    shared: float = 0.25
    layer: str = "before"
    steps: int = 200
    growth: float = 0.0
    looks: int = 0
    entropy: float = 0.0
    apart: bool = False
    views: str = "auto"
    seen: int = 0

    def __post_init__(self) -> None:
        one_of("agree.kind", self.kind, ("off", "views", "walks"))
        at_least("agree.weight", self.weight, 0)
        positive("agree.temperature", self.temperature)
        positive("agree.walk_temperature", self.walk_temperature)
        one_of("agree.drawn", self.drawn, ("never", "walks", "always"))
        check(0 <= self.share < 1, f"agree.share is {self.share}; from 0 to below 1.")
        at_least("agree.rounds", self.rounds, 1)
        at_least("agree.neighbours", self.neighbours, 1)
        check(0 <= self.shared <= 1, f"agree.shared is {self.shared}; from 0 to 1.")
        one_of("agree.layer", self.layer, ("before", "hash"))
        at_least("agree.steps", self.steps, 1)
        check(
            self.growth == 0 or 1 <= self.growth <= 2,
            f"agree.growth is {self.growth}; from 1 to 2, or 0 for walks of agree.steps steps.",
        )
        at_least("agree.looks", self.looks, 0)
        check(0 <= self.entropy < 1, f"agree.entropy is {self.entropy}; from 0 to below 1.")
        one_of("agree.views", self.views, ("auto", "own"))
        at_least("agree.seen", self.seen, 0)

    def enough(self, epochs: int, images: int) -> int:
        """Say after how many epochs the training ends.

        Args:
            epochs: The most.
            images: To train on.

        Returns:
            As many, or fewer where ``seen`` images are through before.
        """
        if not self.seen or not images:
            return epochs
        return min(epochs, max(_FEWEST, -(-self.seen // images)))

    def stages(self, epochs: int) -> list[int]:
        """Share epochs out among the stages.

        Args:
            epochs: Of the whole training, 1 or more.

        Returns:
            The epoch before which each stage ends, that of the views first; ascending. The first
            is 0 where ``share`` is.
        """
        if self.kind != "walks" or (epochs == 1 and self.share):
            return [epochs]
        first = min(max(1, round(self.share * epochs)), epochs - 1) if self.share else 0
        rounds = min(self.rounds, epochs - first)
        return [first + (epochs - first) * number // rounds for number in range(rounds + 1)]
