"""Sureshkumar (2024): the medical autoencoder as its text states it.

RetinaMNIST stands in for the paper's private images; ``--data`` takes any others. The learning rate
of step k is 1e-3 / (1 + 2e-5 · k), what ``Adam(1e-3, decay=2e-5)`` meant in the Keras of the time.
"""

from aehash.experiments.experiment import Experiment
from aehash.recipe import DataRecipe, LossRecipe, ModelRecipe, Recipe, TrainRecipe

EXPERIMENT = Experiment(
    recipe=Recipe(
        name="sureshkumar2024_retinamnist",
        data=DataRecipe("retinamnist", image_size=64),
        model=ModelRecipe("sureshkumar2024", bits=None),
        loss=LossRecipe(reconstruction="mse", balance="off"),
        train=TrainRecipe(epochs=50, batch_size=32, learning_rate=1e-3, decay=2e-5),
    ),
    about="sureshkumar2024, Table I: 48 numbers an image, searched by Euclidean distance.",
    cost="About twenty minutes on two cores.",
)
