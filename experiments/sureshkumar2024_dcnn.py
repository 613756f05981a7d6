"""Sureshkumar (2024), Table II: DCNN (Qayyum et al., 2017) as the encoder."""

from dataclasses import replace

from aehash.experiments.experiment import Experiment
from aehash.experiments.sureshkumar2024_retinamnist import EXPERIMENT as OWN

EXPERIMENT = Experiment(
    recipe=replace(
        OWN.recipe,
        name="sureshkumar2024_dcnn",
        model=replace(OWN.recipe.model, options={"encoder": "dcnn"}),
    ),
    about="sureshkumar2024, Table II: the same autoencoder with DCNN as its encoder.",
    cost="About twenty minutes on two cores.",
)
