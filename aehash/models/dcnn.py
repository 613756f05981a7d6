"""Qayyum, Anwar, Awais and Majid (2017): the DCNN for medical image retrieval, as far as known.

Known is that it has five convolutional layers and three fully connected ones, was trained to tell
24 classes of medical images apart, and that its fully connected layers give the features. Kernels,
filters and units here are our own plain choice, not theirs: five 3×3 convolutions of 32, 64, 128,
256 and 256 filters with ReLU and a 2×2 maximum pooling behind each, then 1,024 and 512 units with
ReLU. The third fully connected layer was the classes'; the autoencoder's latent layer stands in
its place.
"""

import keras
from keras import layers

#: Filters of the five convolutions.
FILTERS = (32, 64, 128, 256, 256)
#: Units of the first two fully connected layers.
UNITS = (1024, 512)


def dcnn(image_size: int) -> keras.Model:
    """Build the convolutional layers and the first two fully connected ones.

    Args:
        image_size: Side in pixels; odd maps are pooled with one row and column of padding.

    Returns:
        A functional model (batch, size, size, 3), pixels in [0, 1] → (batch, 1, 1, 512).
    """
    x = inputs = keras.Input((image_size, image_size, 3), name="pixels")
    he = {"activation": "relu", "kernel_initializer": "he_normal"}
    for index, filters in enumerate(FILTERS, 1):
        x = layers.Conv2D(filters, 3, padding="same", name=f"conv_{index}", **he)(x)
        x = layers.MaxPooling2D(2, padding="same", name=f"pool_{index}")(x)
    x = layers.Flatten(name="flatten")(x)
    for index, units in enumerate(UNITS, 1):
        x = layers.Dense(units, name=f"dense_{index}", **he)(x)
    x = layers.Reshape((1, 1, UNITS[-1]), name="maps")(x)
    return keras.Model(inputs, x, name="dcnn")
