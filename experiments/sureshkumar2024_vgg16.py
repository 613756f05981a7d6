"""Sureshkumar (2024), Table II: VGG16 (Simonyan and Zisserman, 2015) as the encoder.

It starts from random weights; ``--weights imagenet``, or a file, starts it from those. The learning
rate is 1e-4: at the 1e-3 of the others VGG16, which normalises nothing, diverged within eight steps
of a trial from random weights.
"""

from dataclasses import replace

from aehash.experiments.experiment import Experiment
from aehash.experiments.sureshkumar2024_retinamnist import EXPERIMENT as OWN

EXPERIMENT = Experiment(
    recipe=replace(
        OWN.recipe,
        name="sureshkumar2024_vgg16",
        model=replace(OWN.recipe.model, options={"encoder": "vgg16"}),
        train=replace(OWN.recipe.train, learning_rate=1e-4),
    ),
    about="sureshkumar2024, Table II: the same autoencoder with VGG16 as its encoder.",
    cost="Over an hour and a half on two cores; an accelerator helps.",
)
