"""Codes from a pretrained encoder that stays as it is: a head learns agreement on its features.

The settings were chosen on validation images of 50 classes of Caltech-101 and of four modalities
of medical images: many small classes, and few large ones.
"""

from aehash.experiments.experiment import Experiment
from aehash.recipe import DataRecipe, LossRecipe, ModelRecipe, Recipe, TrainRecipe
from aehash.recipe_agree import AgreeRecipe
from aehash.recipe_head import HeadRecipe

EXPERIMENT = Experiment(
    recipe=Recipe(
        name="autohash_backbone",
        data=DataRecipe(image_size=192, channels=3),
        model=ModelRecipe(
            "autohash",
            bits=64,
            options={"encoder": "mobilenet:0.75", "dense": 512},
            weights="imagenet",
        ),
        loss=LossRecipe(balance="bit", alpha=0.1),
        train=TrainRecipe(epochs=70, batch_size=512, learning_rate=2e-3, schedule="cosine"),
        agree=AgreeRecipe(
            "walks",
            share=0.0,
            rounds=1,
            growth=1.3,
            entropy=0.92,
            looks=8,
        ),
        head=HeadRecipe(frozen=True),
    ),
    about=(
        "A hash head on a pretrained encoder that stays as it is, with aehash's own recipe: the "
        "features of each image and of views of it are kept once, and neighbours on a graph of "
        "them learn to agree. Without a network: --weights FILE.h5. Any named --encoder."
    ),
    cost=(
        "For 4,000 photos at 192 pixels a quarter of an hour on one core, most of it for features; "
        "and the weights (7 MB)."
    ),
)
