"""Codes that agree: of views of an image, then of its neighbours on a graph of features."""

from aehash.experiments.experiment import Experiment
from aehash.recipe import LossRecipe, ModelRecipe, Recipe, TrainRecipe
from aehash.recipe_agree import AgreeRecipe

EXPERIMENT = Experiment(
    recipe=Recipe(
        name="autohash",
        model=ModelRecipe("autohash", bits=64),
        loss=LossRecipe(balance="bit", alpha=5.0),
        train=TrainRecipe(epochs=200, batch_size=256, learning_rate=2e-3, schedule="cosine"),
        agree=AgreeRecipe("walks", share=0.35, growth=1.3, entropy=0.92, seen=300_000),
    ),
    about=(
        "aehash's own recipe: reconstruction, agreement of two views, and then agreement with "
        "neighbours on a graph of the features learned so far. Runs on any data, unlabelled."
    ),
    cost="A minute and a half on two cores for scikit-learn's digits.",
)
