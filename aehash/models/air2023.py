"""An Hong Son et al. (2023), AIR: very deep convolutional autoencoders with shortcuts.

Half of the depth are 3×3 convolutions, half are transposed ones, each with a ReLU but the last,
which gives the image through a sigmoid. Between them stands the 128-number feature: flatten →
Dense 128 → Dense → reshape. The Dense layers are not counted in the depth.

What the paper leaves open, and what is built here:

- *Filters*: 64 in every layer, as in RED-Net (Mao et al. 2016), the paper's reference 42.
- *Pooling*: 2×2 maximum, evenly spread over the encoder, as often as leaves maps of 7 pixels and
  more (32 pixels: twice, after a third and two thirds of the convolutions). The decoder doubles
  its maps (nearest neighbour) before the layers that mirror those a pooling follows.
- *Symmetric shortcuts* are RED-Net's: every second convolution's maps, as the next convolution
  receives them, are added to those of the transposed convolution that mirrors this next one,
  before its ReLU: layer i to layer depth − i.
- *Asymmetric shortcuts*: the text says that they "send feature maps from the first layer of the
  encoder to several later layers directly", and its Figure 2 does not say to which. Here the first
  layer's maps are added, before the ReLU, to every second later layer of encoder and decoder:
  layers 3, 5, 7 … depth − 1; max-pooled to the size of the layer's own maps where it is smaller.
  One source, as the text has it, puts the first layer one step from every other; with the first
  maps of each size as sources, its gradient would still have to pass through all the sizes.
- *The feature in the middle*, behind the last convolution and before the first transposed one,
  since the paper keeps "the encoder part" to extract it.

Both sorts of shortcut carry the image past the 128 numbers, so that the reconstruction need not go
through them, and it does not: with 60 layers of 8 filters, after 40 steps of SGD on CIFAR-100, the
loss is the same to four digits with each image's own feature, with another's, and with zeros.
``across=False`` keeps the asymmetric shortcuts inside the encoder (from its first layer) and inside
the decoder (from its first layer, upsampled); then all of the image has to pass the feature.
:func:`aehash.gradients.feature_use` measures what difference the feature makes.
"""

from math import prod
from typing import Any

import keras
from keras import layers

from aehash.errors import UsageError
from aehash.models.air2023_plan import Plan, halvings, make_plan
from aehash.models.blocks import feature_layer, image_input, preprocess, whole

_FEATURES = ("dense", "pooled")


def build(
    *,
    bits: int | None = None,
    image_size: int = 32,
    channels: int = 3,
    weights: str | None = None,
    configuration: str = "shortcut",
    depth: int = 40,
    filters: int = 64,
    kernel_size: int = 3,
    latent: int = 128,
    pools: int | None = None,
    shortcut_every: int = 2,
    across: bool = True,
    feature: str = "dense",
) -> keras.Model:
    """Build the autoencoder.

    Args:
        bits: Width of a tanh hash layer in the latent's place, 8 to 1024; None keeps the latent.
        image_size: Side in pixels, divisible by 2 for each pooling.
        channels: 1 or 3.
        weights: Only None: there are no published weights.
        configuration: A key of :data:`aehash.models.air2023_plan.CONFIGURATIONS`: ``classic``,
            ``shortcut_symmetric``, ``nopool_shortcut_symmetric``, ``shortcut``,
            ``nopool_shortcut``.
        depth: Convolutions and transposed convolutions together: an even number, 6 or more.
        filters: Of every layer but the last, which has one a channel.
        kernel_size: Side of every kernel.
        latent: Width of the linear latent layer, used where bits is None.
        pools: Number of poolings, where the configuration pools; None for as many as leave maps
            of 7 pixels and more.
        shortcut_every: Layers between one shortcut and the next.
        across: Whether shortcuts go from the encoder to the decoder, past the feature, as the
            paper's do.
        feature: ``dense`` flattens the last maps as they are, the plain reading; without pooling,
            at 32 pixels and 64 filters, its two Dense layers have 16.8 million weights.
            ``pooled`` averages the maps down to 7 to 13 pixels before, and upsamples behind.

    Returns:
        A functional model from ``image`` (batch, size, size, channels), 0 to 255, to the
        reconstruction of the same shape in [0, 1].

    Raises:
        UsageError: An argument is out of range.
    """
    if weights is not None:
        raise UsageError(f"air2023 has no pretrained weights, so not {weights!r}.")
    for name, value in (("filters", filters), ("kernel_size", kernel_size), ("latent", latent)):
        whole(name, value, 1)
    if feature not in _FEATURES:
        raise UsageError(f"feature is {feature!r}; it must be one of {', '.join(_FEATURES)}.")
    plan = make_plan(
        configuration,
        depth,
        image_size,
        pools=pools,
        shortcut_every=shortcut_every,
        across=across,
    )
    inputs = image_input(image_size, channels)
    net = _Net(plan, filters, kernel_size)
    x = net.encode(preprocess(inputs, "unit"))
    x = _bottleneck(x, bits, latent, halvings(x.shape[1]) if feature == "pooled" else 0)
    return keras.Model(inputs, net.decode(x, channels), name="air2023")


def _bottleneck(x: Any, bits: int | None, latent: int, halved: int) -> Any:
    """Press maps through the feature layer and unfold them to the same shape."""
    if halved:
        x = layers.AveragePooling2D(1 << halved, name="feature_pool")(x)
    shape = x.shape[1:]
    x = feature_layer(layers.Flatten(name="flatten")(x), bits, latent)
    x = layers.Dense(
        prod(shape), activation="relu", kernel_initializer="he_normal", name="decoder_dense"
    )(x)
    x = layers.Reshape(shape, name="decoder_reshape")(x)
    return layers.UpSampling2D(1 << halved, name="feature_upsampling")(x) if halved else x


class _Net:
    """Lays the layers of a plan, and remembers the maps its shortcuts start from."""

    def __init__(self, plan: Plan, filters: int, kernel_size: int) -> None:
        self.plan = plan
        self.common = {"kernel_size": kernel_size, "padding": "same"}
        self.filters = filters
        self.sources = {target: source for source, target in plan.shortcuts}
        self.maps: dict[tuple[int, int], Any] = {}  # by layer and level

    def encode(self, x: Any) -> Any:
        """Lay the convolutions: (batch, size, size, channels) → the last maps."""
        for number in range(1, self.plan.half + 1):
            name = f"encoder_conv_{number}"
            x = layers.Conv2D(
                self.filters, kernel_initializer="he_normal", name=name, **self.common
            )(x)
            x = self._joined(x, number, f"encoder_add_{number}")
            x = layers.ReLU(name=f"encoder_relu_{number}")(x)
            self.maps[number, self.plan.level(number)] = x
            if number in self.plan.pools:
                x = self._at(number, self.plan.level(number) + 1)
        return x

    def decode(self, x: Any, channels: int) -> Any:
        """Lay the transposed convolutions: maps of the last size → the image."""
        for index in range(1, self.plan.half):
            number = self.plan.half + index
            x = self._upsampled(x, number)
            x = layers.Conv2DTranspose(
                self.filters,
                kernel_initializer="he_normal",
                name=f"decoder_conv_{index}",
                **self.common,
            )(x)
            x = self._joined(x, number, f"decoder_add_{index}")
            x = layers.ReLU(name=f"decoder_relu_{index}")(x)
            self.maps[number, self.plan.level(number)] = x
        return layers.Conv2DTranspose(
            channels, activation="sigmoid", dtype="float32", name="decoder_image", **self.common
        )(self._upsampled(x, self.plan.depth))

    def _upsampled(self, x: Any, number: int) -> Any:
        place = self.plan.depth + 1 - number
        if place not in self.plan.pools:
            return x
        return layers.UpSampling2D(name=f"decoder_upsampling_{number - self.plan.half}")(x)

    def _joined(self, x: Any, number: int, name: str) -> Any:
        if number not in self.sources:
            return x
        shortcut = self._at(self.sources[number], self.plan.level(number))
        return layers.Add(name=name)([x, shortcut])

    def _at(self, source: int, level: int) -> Any:
        """Give a layer's maps at a level, halved or doubled from the nearest one there is."""
        if (source, level) not in self.maps:
            if level > self.plan.level(source):
                smaller = layers.MaxPooling2D(name=f"encoder_pool_{source}_{level}")
                self.maps[source, level] = smaller(self._at(source, level - 1))
            else:
                larger = layers.UpSampling2D(name=f"decoder_larger_{level}")
                self.maps[source, level] = larger(self._at(source, level + 1))
        return self.maps[source, level]
