"""An Hong Son et al. (2023): AIR, 40 layers with asymmetric shortcuts, as its text states it.

The learning rate is open in the paper. Its loss is the squared error summed over an image, ours
is the mean over its 3,072 values, so that a rate of 0.1 here is one of 0.00003 there.
"""

from aehash.experiments.experiment import Experiment
from aehash.recipe import DataRecipe, LossRecipe, ModelRecipe, Recipe, TrainRecipe

EXPERIMENT = Experiment(
    recipe=Recipe(
        name="air2023_cifar100",
        data=DataRecipe("cifar100", image_size=32, channels=3),
        model=ModelRecipe(
            "air2023",
            bits=None,
            options={"configuration": "shortcut", "depth": 40, "filters": 64},
        ),
        loss=LossRecipe(reconstruction="mse", balance="off"),
        train=TrainRecipe(epochs=20, batch_size=150, optimizer="sgd", learning_rate=0.1),
    ),
    about="air2023, section IV: 128 numbers an image, searched by Euclidean distance.",
    cost="An accelerator, and CIFAR-100 (169 MB).",
)
