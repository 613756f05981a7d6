"""Akbacak (2023), Table 2: RetinaMNIST with the paper's own settings, as its text states them."""

from aehash.experiments.experiment import Experiment
from aehash.recipe import DataRecipe, LossRecipe, ModelRecipe, Recipe, TrainRecipe

EXPERIMENT = Experiment(
    recipe=Recipe(
        name="akbacak2023_retinamnist",
        data=DataRecipe("retinamnist", image_size=256, channels=3),
        model=ModelRecipe(
            "akbacak2023", bits=64, options={"encoder": "resnet50"}, weights="imagenet"
        ),
        loss=LossRecipe(reconstruction="mse", balance="code", alpha=1.0, beta=1.0),
        train=TrainRecipe(epochs=100, batch_size=32, optimizer="adam", learning_rate=0.01),
    ),
    about="akbacak2023, Table 2: the whole ResNet50 autoencoder, 292 million parameters.",
    cost="An accelerator, and a network (or a file) for the ImageNet weights.",
)
