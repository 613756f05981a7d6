"""How large the studies of air2023 are: every number that costs time stands here."""

from dataclasses import dataclass, field

from aehash.experiments.study import SizeName
from aehash.recipe import TrainRecipe

#: The paper's training: plain SGD, batches of 150, 20 passes. Its learning rate is not stated.
PAPER = TrainRecipe(epochs=20, batch_size=150, optimizer="sgd", learning_rate=0.1)


@dataclass(frozen=True)
class Size:
    """One size of the studies. Counts of images are a class; None takes all there are.

    Attributes:
        filters: Of every layer of AIR's nets.
        train: How they are trained.
        learn: Training images learned from.
        held_out: Training images that choose the best pass; None for the data's own.
        database: Training images that are searched, those learned from among them.
        queries: Test images that are asked.
        feedback_queries: Of these, how many are asked with feedback.
        depths: Of the nets.
        seeds: Nets of a depth, each of every configuration.
        rounds: Rounds of feedback.
        marks: Images marked a round.
        feedback_depth: Of the nets that feedback is given on.
        gradient_steps: Steps before gradients are measured again.
        gradient_depths: Of the nets whose gradients are measured.
    """

    filters: int
    train: TrainRecipe
    learn: int | None = None
    held_out: int | None = None
    database: int | None = None
    queries: int | None = None
    feedback_queries: int | None = None
    depths: tuple[int, ...] = (10, 20, 40, 60)
    seeds: dict[int, int] = field(default_factory=lambda: {10: 3, 20: 3, 40: 3, 60: 3})
    rounds: int = 3
    marks: int = 20
    feedback_depth: int = 40
    gradient_steps: int = 60
    gradient_depths: tuple[int, ...] = (20, 40, 60)


SIZES: dict[SizeName, Size] = {
    "full": Size(filters=64, train=PAPER, feedback_queries=20),
    "reduced": Size(
        filters=8,
        train=TrainRecipe(
            epochs=3,
            batch_size=25,
            optimizer="sgd",
            learning_rate=0.1,
            momentum=0.9,
            schedule="cosine",
            warmup=10,
            clip_norm=1.0,
        ),
        learn=10,
        held_out=1,
        database=50,
        queries=10,
        feedback_queries=10,
        seeds={10: 3, 20: 3, 40: 1, 60: 1},
    ),
    "quick": Size(
        filters=2,
        train=TrainRecipe(epochs=1, batch_size=50, optimizer="sgd", learning_rate=0.1),
        learn=1,
        held_out=1,
        database=4,
        queries=1,
        feedback_queries=1,
        depths=(6, 10),
        seeds={6: 1, 10: 1},
        rounds=1,
        marks=5,
        feedback_depth=10,
        gradient_steps=3,
        gradient_depths=(6, 10),
    ),
}
