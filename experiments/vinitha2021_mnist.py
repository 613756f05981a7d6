"""Vinitha and Velantina (2021), Figures 5 and 6: the small MNIST autoencoder."""

from aehash.experiments.experiment import Experiment
from aehash.recipe import DataRecipe, LossRecipe, ModelRecipe, Recipe, TrainRecipe

EXPERIMENT = Experiment(
    recipe=Recipe(
        name="vinitha2021_mnist",
        data=DataRecipe("mnist"),
        model=ModelRecipe("vinitha2021", bits=None, options={"latent": 16}),
        loss=LossRecipe(balance="off"),
        train=TrainRecipe(epochs=20, batch_size=32, learning_rate=1e-3),
    ),
    about="vinitha2021, Figures 5-6: a 16-dimensional latent, searched by Euclidean distance.",
    cost="About a quarter of an hour on two cores.",
)
