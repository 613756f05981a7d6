"""Sureshkumar (2024), Table II: AlexNet (Krizhevsky et al., 2012) as the encoder."""

from dataclasses import replace

from aehash.experiments.experiment import Experiment
from aehash.experiments.sureshkumar2024_retinamnist import EXPERIMENT as OWN

EXPERIMENT = Experiment(
    recipe=replace(
        OWN.recipe,
        name="sureshkumar2024_alexnet",
        model=replace(OWN.recipe.model, options={"encoder": "alexnet"}),
    ),
    about="sureshkumar2024, Table II: the same autoencoder with AlexNet as its encoder.",
    cost="Less than half an hour on two cores.",
)
