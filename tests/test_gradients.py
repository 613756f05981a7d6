import keras
import numpy as np
import pytest

from aehash import gradients, losses, models
from aehash.errors import UsageError

LOSS = losses.Reconstruction("mse")


def images(count=4, size=8):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, size, size, 3)).astype("uint8")


def small(**options):
    keras.utils.set_random_seed(1)
    return models.build("air2023", depth=6, filters=4, image_size=8, latent=16, **options)


def mean_loss(model, batch):
    return float(keras.ops.mean(LOSS(batch, model(batch, training=False))))


def test_norms_are_those_of_finite_differences():
    """Along its own direction, a gradient's norm is the slope of the loss."""
    model, batch = small(), images()
    norms = gradients.gradient_norms(model, batch, LOSS)
    bias = model.get_layer("decoder_image").bias
    start, slopes = keras.ops.convert_to_numpy(bias), []
    for channel in range(3):
        values = []
        for step in (1e-2, -1e-2):
            bias.assign(start + step * np.eye(3, dtype="float32")[channel])
            values.append(mean_loss(model, batch))
        slopes.append((values[0] - values[1]) / 2e-2)
    bias.assign(start)
    model.get_layer("decoder_image").kernel.trainable = False
    alone = gradients.gradient_norms(model, batch, LOSS)
    assert alone["decoder_image"] == pytest.approx(np.linalg.norm(slopes), rel=1e-2)
    assert norms["decoder_image"] > alone["decoder_image"]
    assert {k: v for k, v in norms.items() if k != "decoder_image"} == pytest.approx(
        {k: v for k, v in alone.items() if k != "decoder_image"}
    )


def test_norms_stand_in_order_of_depth_and_nothing_is_changed():
    model, batch = small(), images()
    before = [np.array(each) for each in model.get_weights()]
    names = list(gradients.gradient_norms(model, batch, LOSS))
    encoder = [f"encoder_conv_{number}" for number in (1, 2, 3)]
    decoder = [f"decoder_conv_{number}" for number in (1, 2)]
    assert names == [*encoder, "latent", "decoder_dense", *decoder, "decoder_image"]
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_layer_the_loss_does_not_need_has_no_gradient():
    model = small(configuration="classic")
    latent = model.get_layer("decoder_dense")
    latent.set_weights([np.zeros_like(each) for each in latent.get_weights()])
    norms = gradients.gradient_norms(model, images(), LOSS)
    assert norms["encoder_conv_1"] == 0
    assert norms["decoder_image"] > 0


def test_the_use_of_a_feature():
    model, batch = small(configuration="classic"), images()
    use = gradients.feature_use(model, batch, LOSS)
    assert list(use) == ["own", "other", "zero"]
    assert use["own"] == pytest.approx(mean_loss(model, batch))
    assert len(set(use.values())) == 3
    with pytest.raises(UsageError, match="2 images or more, not 1"):
        gradients.feature_use(model, batch[:1], LOSS)


def test_a_decoder_fed_by_shortcuts_alone_does_not_use_the_feature():
    model = small(configuration="nopool_shortcut")
    dense = model.get_layer("decoder_dense")
    dense.set_weights([np.zeros_like(each) for each in dense.get_weights()])
    use = gradients.feature_use(model, images(), LOSS)
    assert use["own"] == use["other"] == use["zero"]
