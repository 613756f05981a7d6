"""The part of a recipe for codes that agree: of two views of an image, and of its neighbours."""

from dataclasses import dataclass

from aehash.recipe_fields import at_least, check, one_of, positive


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
        share: Of ``train.epochs`` that views take, before the walks, above 0 to below 1.
        rounds: Graphs that are made, one after another, each of the features learned on the one
            before; the epochs of the walks are shared out among them.
        neighbours: Of each image that may be joined to it in the graph.
        steps: Of a walk.
        looks: Views whose features are averaged for the graph; 0 takes the image as it is.
        apart: Whether known neighbours are no negatives of each other.
        views: ``auto`` takes the changes that fit the data, where ``views`` changes nothing;
            ``own`` takes ``views`` as they are.
    """

    kind: str = "off"
    weight: float = 1.0
    temperature: float = 0.3
    walk_temperature: float = 0.5
    drawn: str = "walks"
    share: float = 0.4
    rounds: int = 2
    neighbours: int = 10
    steps: int = 30
    looks: int = 0
    apart: bool = False
    views: str = "auto"

    def __post_init__(self) -> None:
        one_of("agree.kind", self.kind, ("off", "views", "walks"))
        at_least("agree.weight", self.weight, 0)
        positive("agree.temperature", self.temperature)
        positive("agree.walk_temperature", self.walk_temperature)
        one_of("agree.drawn", self.drawn, ("never", "walks", "always"))
        check(0 < self.share < 1, f"agree.share is {self.share}; above 0 and below 1.")
        at_least("agree.rounds", self.rounds, 1)
        at_least("agree.neighbours", self.neighbours, 1)
        at_least("agree.steps", self.steps, 1)
        at_least("agree.looks", self.looks, 0)
        one_of("agree.views", self.views, ("auto", "own"))

    def stages(self, epochs: int) -> list[int]:
        """Share epochs out among the stages.

        Args:
            epochs: Of the whole training, 1 or more.

        Returns:
            The epoch before which each stage ends, that of the views first; ascending.
        """
        if self.kind != "walks" or epochs == 1:
            return [epochs]
        first = min(max(1, round(self.share * epochs)), epochs - 1)
        rounds = min(self.rounds, epochs - first)
        return [first + (epochs - first) * number // rounds for number in range(rounds + 1)]
