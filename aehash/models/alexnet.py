"""Krizhevsky, Sutskever and Hinton (2012): AlexNet's convolutional part, in one tower.

Five convolutions of 96, 256, 384, 384 and 256 filters, 11×11 with stride 4, 5×5, and three of 3×3,
each with a ReLU; local response normalisation behind the first two; a 3×3 maximum pooling with
stride 2 behind the first, second and fifth. The paper splits filters between two GPUs, so that some
layers see half of the maps; in one tower they see all, 3,747,200 parameters. Weights start
normal with a deviation of 0.01, the biases of the second, fourth and fifth layer at 1, as there.

Its 224 pixels become 55 only with two pixels of zeros around them, which stand here. The smallest
image for all poolings is then 63 pixels: 64 become 15, 7, 3 and at last a single place of 256 maps.
Where maps are smaller than the window of 3×3, that pooling is left out: 28 pixels end as 2×2.
"""

from typing import Any

import keras
from keras import layers, ops

#: Of each convolution: filters, kernel, stride, first bias, whether normalised, whether pooled.
LAYERS = (
    (96, 11, 4, 0.0, True, True),
    (256, 5, 1, 1.0, True, True),
    (384, 3, 1, 0.0, False, False),
    (384, 3, 1, 1.0, False, False),
    (256, 3, 1, 1.0, False, True),
)
#: The smallest side in pixels: the first kernel, without the zeros around the image.
SMALLEST = 7
#: The smallest side at which all poolings are there, as they are for images of any size.
POOLED = 63
_WINDOW = 3


@keras.saving.register_keras_serializable(package="aehash")
class LocalResponse(layers.Layer):
    """Divide each map by (2 + 1e-4 · the sum of the squares of 5 neighbouring maps) ** 0.75.

    The paper's section 3.3, with its constants; maps that are missing at either end count as zero.
    """

    def call(self, inputs: Any) -> Any:
        """Map (batch, height, width, filters) to the same shape."""
        around, filters = 2, inputs.shape[-1]
        squares = ops.pad(ops.square(inputs), ((0, 0), (0, 0), (0, 0), (around, around)))
        summed = sum(squares[..., start : start + filters] for start in range(2 * around + 1))
        return inputs / ops.power(2.0 + 1e-4 * summed, 0.75)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Keep the shape."""
        return input_shape


def alexnet(image_size: int | None) -> keras.Model:
    """Build the convolutional part.

    Args:
        image_size: Side in pixels, :data:`SMALLEST` or more; None for images of any size from
            :data:`POOLED` on.

    Returns:
        A functional model (batch, size, size, 3), centred pixels of -127.5 to 127.5, in place of
        the paper's pixels minus the training set's mean → feature maps (batch, h, w, 256).
    """
    inputs = keras.Input((image_size, image_size, 3), name="pixels")
    x = layers.ZeroPadding2D(2, name="pad")(inputs)
    for index, (filters, kernel, stride, bias, normalised, pooled) in enumerate(LAYERS, 1):
        x = layers.Conv2D(
            filters,
            kernel,
            strides=stride,
            padding="valid" if index == 1 else "same",
            activation="relu",
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
            bias_initializer=keras.initializers.Constant(bias),
            name=f"conv_{index}",
        )(x)
        if normalised:
            x = LocalResponse(dtype="float32", name=f"norm_{index}")(x)  # squares are large
        if pooled and (image_size is None or x.shape[1] >= _WINDOW):
            x = layers.MaxPooling2D(_WINDOW, strides=2, name=f"pool_{index}")(x)
    return keras.Model(inputs, x, name="alexnet")
