"""What the medical studies compare: the paper's net, its codes, its rivals, and controls."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from aehash.recipe import DataRecipe, LossRecipe, ModelRecipe, Recipe, TrainRecipe

Metric = Literal["euclidean", "hamming"]

#: The paper's training: Adam at 1e-3, decayed per step by 2e-5, which is 1e-3 / 50 passes.
PAPER = TrainRecipe(epochs=50, batch_size=32, learning_rate=1e-3, decay=2e-5)
LATENT = 48
_BACKBONE = "backbone"


@dataclass(frozen=True)
class System:
    """A way to turn an image into numbers or bits, and how they are compared.

    Attributes:
        name: Its folder.
        title: What a table calls it.
        metric: Of the features, or of the codes.
        builder: The model's name; empty where there is no net.
        options: Of the model.
        bits: Of its hash layer; None for numbers.
        passes: Times the study's own number of passes; 0 leaves the net as it was drawn.
        seeded: Whether another seed makes another net.
        cost: Of a pass, against the paper's net.
        side: Of the images in pixels, at least.
        learning_rate: Where the paper's does not train it.
    """

    name: str
    title: str
    metric: Metric = "euclidean"
    builder: str = "sureshkumar2024"
    options: dict[str, Any] = field(default_factory=dict)
    bits: int | None = None
    passes: float = 1.0
    seeded: bool = True
    cost: float = 1.0
    side: int = 0
    learning_rate: float | None = None

    @property
    def pretrained(self) -> bool:
        """Whether its encoder comes with weights."""
        return self.builder == _BACKBONE


AUTOENCODER = System("autoencoder", f"autoencoder, {LATENT} numbers")
PIXELS = System(
    "pixels", f"pixels, {LATENT} principal components", builder="", passes=0, seeded=False
)
#: Table I, and what it leaves out.
FIRST = (
    AUTOENCODER,
    System("bits48", "autoencoder, 48 bits", "hamming", bits=48),
    System("bits64", "autoencoder, 64 bits", "hamming", bits=64),
    System("untrained", "autoencoder, not trained", passes=0),
    PIXELS,
)
#: Table II: the same autoencoder behind other encoders, all without labels.
RIVALS = (
    System("dcnn", "DCNN", options={"encoder": "dcnn"}, cost=1.3, side=32),
    System("alexnet", "AlexNet", options={"encoder": "alexnet"}, cost=1.4, side=32),
    System(
        "vgg16",
        "VGG16",
        options={"encoder": "vgg16"},
        passes=0.25,
        cost=6,
        side=32,
        learning_rate=1e-4,  # from random weights it diverges at 1e-3
    ),
    System("resnet50", "ResNet50", options={"encoder": "resnet50"}, passes=0.25, cost=6, side=32),
)


def pretrained(weights: str | None) -> tuple[System, ...]:
    """List the nets that ImageNet taught, taken as they are.

    Args:
        weights: ``imagenet``, the path of MobileNet 0.75's, or None.

    Returns:
        MobileNet alone where there is a file, Table II's own nets too where all can be fetched.
    """
    named = {"pretrained": ("MobileNet 0.75", "mobilenet:0.75")}
    if weights == "imagenet":
        named |= {"pretrained-vgg16": ("VGG16", "vgg16")}
        named |= {"pretrained-resnet50": ("ResNet50", "resnet50")}
    systems = (
        System(
            name,
            f"{title} of ImageNet, as it is",
            builder=_BACKBONE,
            options={"encoder": encoder},
            passes=0,
            seeded=False,
            side=128,
        )
        for name, (title, encoder) in named.items()
    )
    return tuple(systems) if weights is not None else ()


@dataclass(frozen=True)
class Net:
    """A system trained with a seed."""

    system: System
    seed: int

    @property
    def name(self) -> str:
        """Its folder."""
        return f"{self.system.name}-{self.seed}"

    @property
    def cost(self) -> float:
        """What it takes, in no unit, to say how much time is left."""
        return self.system.cost * (self.system.passes + 0.05)


def recipe(
    net: Net, data: str, *, train: TrainRecipe, side: int, channels: int, weights: str | None
) -> Recipe:
    """Describe a net's training.

    Args:
        net: Which.
        data: A catalogue name or an absolute path.
        train: How the paper's own net is trained; the system changes its passes.
        side: Of the images, in pixels.
        channels: 1 or 3.
        weights: ``imagenet``, or the path of a pretrained encoder's.

    Returns:
        The recipe.
    """
    system = net.system
    passes = round(train.epochs * system.passes)
    trained = replace(
        train,
        seed=net.seed,
        epochs=max(1, passes) if system.passes else 0,
        learning_rate=system.learning_rate or train.learning_rate,
    )
    return Recipe(
        name=net.name,
        data=DataRecipe(data, image_size=max(side, system.side), channels=channels),
        model=ModelRecipe(
            system.builder,
            bits=system.bits,
            options=dict(system.options),
            weights=weights if system.pretrained else None,
        ),
        loss=LossRecipe(reconstruction="mse", balance="off" if system.bits is None else "bit"),
        train=trained,
    )
