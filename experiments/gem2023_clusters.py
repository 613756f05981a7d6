"""Dang et al. (2023): GeM descriptors fine-tuned on photos of your own that say what matches.

The data are class folders, a list with the columns path,cluster, or a retrieval-SfM list with its
folder ims. The numbers are the defaults of the code that the paper trains with: Adam at 1e-6, p at
ten times that, 5 tuples of 7 images in a step, 2,000 tuples an epoch out of a pool of 20,000, 362
pixels. For ResNet101 its authors themselves take ``train.learning_rate=5e-7``,
``siamese.margin=0.85`` and ``siamese.pool=22000``. Their rate falls by exp(-0.01) an epoch; 1 /
(1 + 2.5e-5 · step), at 400 steps an epoch, is within 2 % of that for 20 epochs and stays above it
later. Smaller nets and smaller sets want larger rates: 1e-5 and more.
"""

from aehash.experiments.experiment import Experiment
from aehash.recipe import DataRecipe, ModelRecipe, Recipe, TrainRecipe

EXPERIMENT = Experiment(
    recipe=Recipe(
        name="gem2023_clusters",
        data=DataRecipe("photos"),
        model=ModelRecipe(
            "gem2023", bits=None, options={"encoder": "resnet101"}, weights="imagenet"
        ),
        train=TrainRecipe(epochs=100, batch_size=5, learning_rate=1e-6, decay=2.5e-5),
    ),
    about=(
        "dang2023: GeM and its siamese training, on --data of your own whose folders or column "
        "`cluster` say what matches."
    ),
    cost=(
        "An accelerator for ResNet101; minutes an epoch on two cores for --encoder mobilenet:0.75 "
        "--image-size 128."
    ),
)
