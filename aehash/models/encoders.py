"""Encoders by name: a light one, two papers', keras.applications', torchvision's, keras-hub's.

Those called ``resnet50:torch`` and the like are laid out as torchvision's, see
:mod:`aehash.models.torch_layout`; all others of keras.applications are as they stand there.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
from keras import layers

from aehash.errors import AehashError, UsageError, nearest
from aehash.models.alexnet import POOLED, SMALLEST, alexnet
from aehash.models.blocks import preprocess
from aehash.models.dcnn import dcnn
from aehash.models.hub import HUB, hub
from aehash.models.torch_layout import ARCHITECTURES, maker
from aehash.models.torch_state import put


@dataclass(frozen=True)
class Backbone:
    """One net that stands inside another as its encoder.

    Attributes:
        function: Its name in ``keras.applications``, or our own function of the image size.
        mode: The preprocessing it was trained with, see :func:`aehash.models.blocks.preprocess`.
        smallest: The smallest side it accepts, in pixels.
    """

    function: str | Callable[..., keras.Model]
    mode: str
    smallest: int = 32


BACKBONES: dict[str, Backbone] = {
    "alexnet": Backbone(alexnet, "centred", SMALLEST),
    "convnext_tiny": Backbone("ConvNeXtTiny", "none"),
    "dcnn": Backbone(dcnn, "unit", 4),
    "densenet121": Backbone("DenseNet121", "torch"),
    "efficientnetb0": Backbone("EfficientNetB0", "none"),
    "efficientnetv2b0": Backbone("EfficientNetV2B0", "none"),
    "inceptionv3": Backbone("InceptionV3", "tf", 75),
    "mobilenet": Backbone("MobileNet", "tf"),
    "mobilenetv2": Backbone("MobileNetV2", "tf"),
    "resnet50": Backbone("ResNet50", "caffe"),
    "resnet50v2": Backbone("ResNet50V2", "tf"),
    "resnet101": Backbone("ResNet101", "caffe"),
    "vgg16": Backbone("VGG16", "caffe"),
    "vgg19": Backbone("VGG19", "caffe"),
    "xception": Backbone("Xception", "tf", 71),
}
#: What follows the name of a backbone that is laid out as in PyTorch.
TORCH = ":torch"
_TORCH_FILES = (".pth", ".pt")
#: The smallest sides at which all poolings of torchvision's nets have something to pool.
_TORCH_SMALLEST = {"alexnet": POOLED, "vgg16": 32, "vgg19": 32}
BACKBONES |= {
    f"{name}{TORCH}": Backbone(maker(name), "torch", _TORCH_SMALLEST.get(name, 1))
    for name in ARCHITECTURES
}
_MOMENTUM = 0.9
#: Of the light encoder, where the images' size is not known.
_HALVINGS = 5
#: Backbones that come in several widths, chosen as in ``mobilenet:0.75``.
_WIDTHS = ("mobilenet", "mobilenetv2")


def encode(inputs: Any, name: str, weights: str | None = None, *, pooled: bool = True) -> Any:
    """Apply an encoder, its own preprocessing included.

    Args:
        inputs: (batch, size, size, channels), pixels of 0 to 255; for all but ``dcnn`` the sides
            may differ, or be None for images of any size, see :func:`smallest`.
        name: ``light``, or a key of :data:`BACKBONES`, with a width where it has several
            (``mobilenet:0.75``), or laid out as in PyTorch (``resnet50:torch``); or a preset of
            keras-hub, ``hub:dinov2_small`` (:mod:`aehash.models.hub`).
        weights: None for random weights, ``imagenet``, or the path of an .h5 file of the
            backbone without its top; of one laid out as in PyTorch also its .pth file.
        pooled: Whether the maximum pooling that ends VGG and AlexNet is applied; global pooling
            takes the maps before it.

    Returns:
        Feature maps (batch, height, width, filters).

    Raises:
        UsageError: The name is unknown, the images are too small for it, or it has no weights.
        AehashError: The weights could not be fetched or do not fit.
    """
    if name == "light":
        if weights is not None:
            raise UsageError(f"The light encoder has no pretrained weights, so not {weights!r}.")
        return light(preprocess(inputs, "unit"))
    height, channels = inputs.shape[1], inputs.shape[3]
    x = inputs if channels == 3 else layers.Concatenate(name="grey_to_rgb")([inputs] * 3)
    if name.startswith(HUB):
        return hub(x, name.removeprefix(HUB), weights)
    base, backbone = _find(name)
    if height is not None and height < backbone.smallest:
        raise UsageError(
            f"The encoder {name} takes images of {backbone.smallest} pixels and more, not "
            f"{height}; give a larger image size, or the encoder 'light'."
        )
    net = _make(base, backbone, name, height, weights)
    return (net if pooled else _before_pooling(net))(preprocess(x, backbone.mode))


def smallest(name: str) -> int:
    """Say how many pixels the sides of an image must have for an encoder.

    Args:
        name: As for :func:`encode`.

    Returns:
        The smallest side; where an encoder's sides are None, that of images of any size.

    Raises:
        UsageError: The name is unknown.
    """
    if name == "light" or name.startswith(HUB):
        return 1
    base, backbone = _find(name)
    return POOLED if base == "alexnet" else backbone.smallest


def smallest_inside(model: keras.Model) -> int:
    """Say how many pixels the sides of an image must have for the encoder that stands in a model.

    Args:
        model: Whose encoder was made by :func:`encode` for images of any size.

    Returns:
        The smallest side; 1 for the light encoder.
    """
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            name = _plain(layer.name)
            bases = [base for base in BACKBONES if name.startswith(_plain(base))]
            return smallest(max(bases, key=len)) if bases else 1
    return 1


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").replace(":", "")


def light(x: Any) -> Any:
    """Halve the image by strided convolutions until it is 4 to 7 pixels wide.

    An image of any size is halved five times, as most backbones do it. Convolution 3×3 with
    stride 2, batch normalisation, leaky ReLU; 32, 64, 128, 128 … filters. The normalisation's
    moving averages settle within some 30 steps, since small data sets have few.

    Args:
        x: (batch, size, size, channels), in [0, 1].

    Returns:
        Feature maps (batch, height, width, filters).
    """
    filters, index = 32, 1
    while index == 1 or (index <= _HALVINGS if x.shape[1] is None else x.shape[1] > 7):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", name=f"light_conv_{index}")(x)
        x = layers.BatchNormalization(momentum=_MOMENTUM, name=f"light_norm_{index}")(x)
        x = layers.LeakyReLU(negative_slope=0.2, name=f"light_relu_{index}")(x)
        filters, index = min(2 * filters, 128), index + 1
    return x


def _find(name: str) -> tuple[str, Backbone]:
    if name in BACKBONES:
        return name, BACKBONES[name]
    base, _, width = name.partition(":")
    if base not in BACKBONES or name.endswith(TORCH):
        raise UsageError(f"There is no encoder {name!r}.{nearest(name, ['light', *BACKBONES])}")
    if width and base not in _WIDTHS:
        raise UsageError(f"The encoder {base} has one width only, so {name!r} is not known.")
    return base, BACKBONES[base]


def _before_pooling(net: keras.Model) -> keras.Model:
    """Cut off the maximum pooling that ends a net, where it ends so; the weights are shared."""
    last = net.layers[-1]
    if not isinstance(last, layers.MaxPooling2D):
        return net
    return keras.Model(net.input, last.input, name=net.name)


def _make(base: str, backbone: Backbone, name: str, size: int | None, weights: str | None) -> Any:
    if not isinstance(backbone.function, str):
        if size is None and base == "dcnn":
            raise UsageError(
                "The encoder dcnn ends in fully connected layers, so it takes images of one size "
                "only; for images of any size take another, such as resnet50 or vgg16."
            )
        return _own(backbone.function(size), name, weights)
    options: dict[str, Any] = {}
    width = name.partition(":")[2]
    if width:
        try:
            options["alpha"] = float(width)
        except ValueError:
            raise UsageError(f"{width!r} in {name!r} is not a width such as 0.75.") from None
    function = getattr(keras.applications, backbone.function)
    shape = (size, size, 3)
    if weights in (None, "imagenet"):
        try:
            return function(include_top=False, weights=weights, input_shape=shape, **options)
        except Exception as error:
            if weights is None:
                raise UsageError(f"The encoder {name} cannot be built: {error}") from error
            raise AehashError(
                f"The ImageNet weights of {base} could not be fetched ({error}). Without a "
                "network, give a file with --weights FILE.h5, or --weights none."
            ) from error
    net = function(include_top=False, weights=None, input_shape=shape, **options)
    _load(net, Path(str(weights)), name)
    return net


def _own(net: keras.Model, name: str, weights: str | None) -> keras.Model:
    if weights == "imagenet":
        own = "torchvision's .pth file" if name.endswith(TORCH) else "an .h5 file of your own"
        raise UsageError(
            f"keras.applications has no ImageNet weights of {name}; give --weights none, {own}, or "
            "another encoder, such as vgg16."
        )
    if weights is not None:
        path = Path(weights)
        from_torch = name.endswith(TORCH) and path.suffix in _TORCH_FILES
        (_load_torch if from_torch else _load)(net, path, name)
    return net


def _load_torch(net: keras.Model, path: Path, name: str) -> None:
    from aehash.released import read_released
    from aehash.torch_file import read_torch

    content = read_torch(path)
    try:
        put(net, read_released(content, name.removesuffix(TORCH)).tensors)
    except AehashError as error:
        raise type(error)(
            f"The weights in {path} do not fit the encoder {name}: {error}"
        ) from error


def _load(net: Any, path: Path, name: str) -> None:
    if not path.is_file():
        raise UsageError(f"There is no weights file {path}; give imagenet, none or an .h5 file.")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message="Skipping nested container")
            net.load_weights(path)  # where a part is missing, newer versions of Keras only warn
    except Exception as error:
        reason = str(error).strip().splitlines()[0]
        raise AehashError(
            f"The weights in {path} do not fit the encoder {name}: {reason}"
        ) from error
