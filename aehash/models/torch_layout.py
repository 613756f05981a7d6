"""Backbones laid out as PyTorch's torchvision has them, for weights that come from there.

keras.applications' ResNets halve the maps in the first 1×1 convolution of a block, take batch
normalisation's epsilon as 1.001e-5, have biases in their convolutions and swap colours; VGG swaps
colours too. Weights from torchvision fit none of this. Here the 3×3 convolution halves (ResNet of
He et al. 2016 as torchvision builds it), epsilon is 1e-5, there are no biases beside batch
normalisation, zeros are padded evenly on both sides, and pixels are divided by 255, minus
ImageNet's means, over its deviations. AlexNet is the one-tower net of Krizhevsky (2014).

Each layer with weights is named after its module there, dots as underscores: ``layer1.0.conv2``
is ``layer1_0_conv2``. Nets end with the last convolution's ReLU, or the pooling behind it.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

#: Batch normalisation's, as in PyTorch.
_EPSILON, _MOMENTUM = 1e-5, 0.9
#: Blocks of each of a ResNet's four stages, and whether they are bottlenecks.
_RESNETS = {
    "resnet18": ((2, 2, 2, 2), False),
    "resnet34": ((3, 4, 6, 3), False),
    "resnet50": ((3, 4, 6, 3), True),
    "resnet101": ((3, 4, 23, 3), True),
    "resnet152": ((3, 8, 36, 3), True),
}
#: Convolutions of each of VGG's five stages.
_VGGS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
_WIDTHS = (64, 128, 256, 512)
#: Of AlexNet's convolutions: index there, filters, kernel, stride, padding, whether pooled.
_ALEXNET = (
    (0, 64, 11, 4, 2, True),
    (3, 192, 5, 1, 2, True),
    (6, 384, 3, 1, 1, False),
    (8, 256, 3, 1, 1, False),
    (10, 256, 3, 1, 1, True),
)

#: The nets by name.
ARCHITECTURES = ("alexnet", *_RESNETS, *_VGGS)


def maker(architecture: str) -> Callable[[int | None], keras.Model]:
    """Give the function that builds a net.

    Args:
        architecture: One of :data:`ARCHITECTURES`.

    Returns:
        A function of the side in pixels, or None for images of any size, to a functional model
        (batch, height, width, 3), normalised pixels → feature maps.
    """

    def build(image_size: int | None) -> keras.Model:
        inputs = keras.Input((image_size, image_size, 3), name="pixels")
        if architecture in _RESNETS:
            outputs = _resnet(inputs, *_RESNETS[architecture])
        elif architecture in _VGGS:
            outputs = _vgg(inputs, _VGGS[architecture])
        else:
            outputs = _alexnet(inputs)
        return keras.Model(inputs, outputs, name=f"{architecture}_torch")

    return build


def _resnet(x: Any, blocks: tuple[int, ...], bottleneck: bool) -> Any:
    x = layers.ReLU(name="relu")(_norm(_conv(x, 64, 7, "conv1", 2), "bn1"))
    x = layers.ZeroPadding2D(1, name="maxpool_pad")(x)  # as good as -inf, behind a ReLU
    x = layers.MaxPooling2D(3, strides=2, name="maxpool")(x)
    for stage, (filters, count) in enumerate(zip(_WIDTHS, blocks, strict=True), 1):
        for index in range(count):
            strides = 2 if stage > 1 and index == 0 else 1
            x = _block(x, filters, strides, bottleneck, f"layer{stage}_{index}")
    return x


def _block(x: Any, filters: int, strides: int, bottleneck: bool, name: str) -> Any:
    """Add a residual block; in a bottleneck the 3×3 convolution halves, elsewhere the first."""
    shape: tuple[tuple[int, int, int], ...]
    if bottleneck:
        shape = ((filters, 1, 1), (filters, 3, strides), (4 * filters, 1, 1))
    else:
        shape = ((filters, 3, strides), (filters, 3, 1))
    width, shortcut = shape[-1][0], x
    for index, (out, kernel, step) in enumerate(shape, 1):
        x = _norm(_conv(x, out, kernel, f"{name}_conv{index}", step), f"{name}_bn{index}")
        if index < len(shape):
            x = layers.ReLU(name=f"{name}_relu{index}")(x)
    if strides > 1 or shortcut.shape[-1] != width:
        shortcut = _conv(shortcut, width, 1, f"{name}_downsample_0", strides)
        shortcut = _norm(shortcut, f"{name}_downsample_1")
    return layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_add")([x, shortcut]))


def _vgg(x: Any, stages: tuple[int, ...]) -> Any:
    index = 0
    for filters, count in zip((*_WIDTHS, 512), stages, strict=True):
        for _ in range(count):
            x = _conv(x, filters, 3, f"features_{index}", bias=True)
            x = layers.ReLU(name=f"features_{index + 1}")(x)
            index += 2
        x = layers.MaxPooling2D(2, strides=2, name=f"features_{index}")(x)
        index += 1
    return x


def _alexnet(x: Any) -> Any:
    for index, filters, kernel, strides, pad, pooled in _ALEXNET:
        x = _conv(x, filters, kernel, f"features_{index}", strides, pad, bias=True)
        x = layers.ReLU(name=f"features_{index + 1}")(x)
        if pooled:
            x = layers.MaxPooling2D(3, strides=2, name=f"features_{index + 2}")(x)
    return x


def _conv(
    x: Any,
    filters: int,
    kernel: int,
    name: str,
    strides: int = 1,
    pad: int | None = None,
    *,
    bias: bool = False,
) -> Any:
    """Convolve with zeros evenly on both sides; "same" pads the end more where the side is even."""
    pad = kernel // 2 if pad is None else pad
    if strides > 1 and pad:
        x = layers.ZeroPadding2D(pad, name=f"{name}_pad")(x)
    padding = "same" if strides == 1 else "valid"
    return layers.Conv2D(
        filters,
        kernel,
        strides=strides,
        padding=padding,
        use_bias=bias,
        kernel_initializer="he_normal",
        name=name,
    )(x)


def _norm(x: Any, name: str) -> Any:
    return layers.BatchNormalization(momentum=_MOMENTUM, epsilon=_EPSILON, name=name)(x)
