"""Gradients of a function of one tensor: on the running back end, and by finite differences."""

import keras
import numpy as np
from keras import ops

#: JAX has no float64 unless it is switched on.
FLOAT = "float32" if keras.backend.backend() == "jax" else "float64"
#: JAX compiles every operation again for every shape.
EXAMPLES = 5 if keras.backend.backend() == "jax" else 40


def value(tensor):
    return np.asarray(ops.convert_to_numpy(tensor), np.float64)


def gradient(function, x):
    """Take the gradient of the sum of a function's values."""
    if keras.backend.backend() == "jax":
        import jax

        return value(jax.grad(lambda each: ops.sum(function(each)))(x))
    import tensorflow as tf

    given = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(given)
        total = ops.sum(function(given))
    return value(tape.gradient(total, given, unconnected_gradients="zero"))


def differences(twin, x, step=1e-6):
    """Do the same for a function of numpy, by moving one number at a time, in float64."""
    found = np.empty(x.shape)
    for place in np.ndindex(x.shape):
        moved = np.zeros(x.shape)
        moved[place] = step
        found[place] = (np.sum(twin(x + moved)) - np.sum(twin(x - moved))) / (2 * step)
    return found


def check_gradient(function, twin, x):
    """Compare the two."""
    expected = differences(twin, x)
    found = gradient(function, x.astype(FLOAT))
    np.testing.assert_allclose(found, expected, atol=3e-4 if FLOAT == "float32" else 1e-7)
    return expected
