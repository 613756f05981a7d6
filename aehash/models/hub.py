"""Modern backbones by preset, through keras-hub: ``hub:dinov2_small``, or a preset's folder.

Of transformers, the tokens of the patches are taken, laid out as the maps they are; the class token
and registers in front of them are left out. The preset's own image converter says how pixels are
scaled. keras-hub downloads presets; a folder that ``save_to_preset`` wrote needs no network.
"""

from math import isqrt
from pathlib import Path
from typing import Any

import keras
from keras import layers

from aehash.errors import AehashError, UsageError

#: What the name of such an encoder begins with.
HUB = "hub:"
_UNIT = 1 / 255


def hub(inputs: Any, preset: str, weights: str | None) -> Any:
    """Apply a preset's backbone, its preprocessing included.

    Args:
        inputs: (batch, height, width, 3), pixels of 0 to 255.
        preset: A name that keras-hub knows, such as ``dinov2_small``, or the folder of one.
        weights: None for random weights, ``imagenet`` for the preset's own, whatever they were
            trained on, or the path of an .h5 file.

    Returns:
        Feature maps (batch, rows, columns, filters).

    Raises:
        UsageError: keras-hub is missing, there is no such preset, or it does not take such images.
        AehashError: The preset could not be fetched, or the weights do not fit.
    """
    library = _library()
    height, width = inputs.shape[1:3]
    shown = (height, width, 3)
    try:
        options = {"load_weights": weights == "imagenet", "image_shape": shown}
        net = library.models.Backbone.from_preset(preset, **options)
        scale, offset = _scaling(library, preset)
    except OSError as error:  # of the network, too
        raise AehashError(
            f"The preset {preset} could not be fetched ({_first_line(error)}). Without a network, "
            "give the folder of one: --encoder hub:FOLDER."
        ) from error
    except Exception as error:
        raise UsageError(
            f"keras-hub cannot build {preset!r} for images of {width}×{height} pixels: "
            f"{_first_line(error)}"
        ) from error
    if weights not in (None, "imagenet"):
        _load(net, Path(str(weights)), preset)
    x = layers.Rescaling(scale, offset, name="hub_scaling")(inputs)
    return _maps(net(dict.fromkeys(net.input, x) if isinstance(net.input, dict) else x), preset)


def _library() -> Any:
    try:
        import keras_hub
    except ImportError as error:
        raise UsageError(
            f"Encoders of keras-hub need it ({error}): pip install 'aehash[hub]'."
        ) from None
    return keras_hub


def _scaling(library: Any, preset: str) -> tuple[Any, Any]:
    """Read how the preset's images are scaled; to [0, 1] where it does not say."""
    try:
        converter = library.layers.ImageConverter.from_preset(preset)
    except (ValueError, FileNotFoundError):
        return _UNIT, 0.0
    scale, offset = converter.scale, converter.offset
    return (1.0 if scale is None else scale), (0.0 if offset is None else offset)


def _load(net: keras.Model, path: Path, preset: str) -> None:
    if not path.is_file():
        raise UsageError(f"There is no weights file {path}; give imagenet, none or an .h5 file.")
    try:
        net.load_weights(path)
    except Exception as error:
        raise AehashError(
            f"The weights in {path} do not fit the preset {preset}: {_first_line(error)}"
        ) from error


def _maps(outputs: Any, preset: str) -> Any:
    """Give maps: of a convolutional net its own, of a transformer the tokens of its patches."""
    rank = len(getattr(outputs, "shape", ()))
    if rank == 4:
        return outputs
    if rank != 3:
        raise UsageError(
            f"The preset {preset} gives no feature maps of images; take a backbone of images, such "
            "as dinov2_small or convnextv2."
        )
    tokens, filters = outputs.shape[1:]
    side = isqrt(tokens)  # those in front are fewer than would make another row and column
    x = layers.Cropping1D((tokens - side**2, 0), name="hub_patches")(outputs)
    return layers.Reshape((side, side, filters), name="hub_maps")(x)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
