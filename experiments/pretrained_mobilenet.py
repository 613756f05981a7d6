"""MobileNet's ImageNet features as they are: the baseline a trained autoencoder has to beat.

Nothing is trained. ``--weights imagenet``, the default, fetches the weights; without a network give
the file: ``--weights FILE.h5``. 224 pixels, since the weights were made at that size.
"""

from aehash.experiments.experiment import Experiment
from aehash.recipe import DataRecipe, LossRecipe, ModelRecipe, Recipe, TrainRecipe

EXPERIMENT = Experiment(
    recipe=Recipe(
        name="pretrained_mobilenet",
        data=DataRecipe("retinamnist", image_size=224, channels=3),
        model=ModelRecipe(
            "backbone", bits=None, options={"encoder": "mobilenet:0.75"}, weights="imagenet"
        ),
        loss=LossRecipe(balance="off"),
        train=TrainRecipe(epochs=0),
    ),
    about="768 pretrained numbers an image, nothing trained: what other features are held against.",
    cost="A minute or two for extraction on two cores, and the weights (7 MB).",
)
