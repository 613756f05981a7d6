"""An Hong Son et al. (2023): AIR, 40 layers with asymmetric shortcuts, as its text states it.

The learning rate is open in the paper. With this net, plain SGD at 1.0 drove the sigmoid into
saturation within 16 steps, where 0.1 brought the loss from 0.25 to 0.06. The paper's loss is the
squared error summed over an image, ours the mean over its 3,072 values, so that 0.1 here is
0.00003 there.

Better behaved: ``--set train.momentum=0.9 --set train.schedule=cosine --set train.warmup=300
--set train.clip_norm=1``. In a trial of 40 steps with 60 layers of 8 filters (and 5 steps of
warm-up), at the same rate of 0.1, the loss fell from 0.080 to 0.038 so, and to
0.063 with plain SGD.
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
