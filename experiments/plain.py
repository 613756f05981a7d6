"""A plain one: a light hashing autoencoder that reconstructs, trained in seconds."""

from aehash.experiments.experiment import Experiment
from aehash.recipe import LossRecipe, ModelRecipe, Recipe, TrainRecipe

EXPERIMENT = Experiment(
    recipe=Recipe(
        name="plain",
        model=ModelRecipe("akbacak2023", bits=64, options={"encoder": "light", "dense": [256]}),
        loss=LossRecipe(balance="bit"),
        train=TrainRecipe(epochs=20, batch_size=32),
    ),
    about=(
        "akbacak2023's hash layer and decoder behind a light encoder, balanced bit by bit. "
        "Runs on any data."
    ),
    cost="Under a minute on two cores for scikit-learn's digits.",
)
