"""Views against slow twins and by hand: what is drawn, what is done with it, what is seeded."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slopes import EXAMPLES, value

from aehash import view_plan
from aehash.errors import UsageError
from aehash.models import views
from aehash.models.views import View
from aehash.view_plan import DIGITS, PHOTOS, ViewRecipe, draw, layout, parts, width

EVERYTHING = ViewRecipe(
    rotate=30,
    scale=1.5,
    shear=10,
    shift=0.1,
    bend=0.05,
    crop=0.5,
    flip=True,
    brightness=0.3,
    contrast=0.3,
    saturation=0.5,
    hue=40,
    grey=0.3,
    blur=1.0,
    hide=0.3,
)


def pictures(count, side, channels, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, side, side, channels)).astype(np.uint8)


def warp_twin(image, matrix, bend):
    """Each pixel by itself, in float64."""
    height, width, _ = image.shape
    found = np.empty(image.shape)
    for row, column in np.ndindex(height, width):
        place = np.array([(2 * column + 1) / width - 1, (2 * row + 1) / height - 1, 1])
        x, y = matrix @ place + bent(bend, place[0], place[1])
        across = min(max((x + 1) * width / 2 - 0.5, 0), width - 1)
        down = min(max((y + 1) * height / 2 - 0.5, 0), height - 1)
        found[row, column] = between(image, down, across)
    return found


def bent(bend, x, y):
    points = len(bend) - 1
    return between(bend, (y + 1) / 2 * points, (x + 1) / 2 * points)


def between(values, down, across):
    top, left = int(down), int(across)
    lower, right = min(top + 1, len(values) - 1), min(left + 1, values.shape[1] - 1)
    above = values[top, left] * (left + 1 - across) + values[top, right] * (across - left)
    below = values[lower, left] * (left + 1 - across) + values[lower, right] * (across - left)
    return above * (top + 1 - down) + below * (down - top)


@settings(max_examples=EXAMPLES // 2)
@given(
    count=st.integers(1, 3),
    side=st.integers(2, 9),
    channels=st.sampled_from([1, 3]),
    seed=st.integers(0, 999),
)
def test_warps_are_their_definition(count, side, channels, seed):
    images = pictures(count, side, channels, seed).astype("float32")
    numbers = draw(EVERYTHING, count, channels, np.random.default_rng(seed))
    drawn = {
        name: value(each)
        for name, each in views.unpacked(numbers, parts(EVERYTHING), channels).items()
    }
    found = value(views.warp(images, *(drawn[name].astype("f4") for name in ("warp", "bend"))))
    for image, view, matrix, bend in zip(images, found, drawn["warp"], drawn["bend"], strict=True):
        np.testing.assert_allclose(view, warp_twin(image, matrix, bend), atol=0.02)


def plain(count=1):
    return np.tile(np.array([[1, 0, 0], [0, 1, 0]], "float32"), (count, 1, 1))


def test_warps_by_hand():
    image = np.arange(12, dtype="float32").reshape(1, 3, 4, 1)
    assert value(views.warp(image, plain())).tolist() == image.tolist()
    mirrored = plain() * np.array([[-1], [1]], "float32")
    np.testing.assert_allclose(value(views.warp(image, mirrored)), image[:, :, ::-1], atol=1e-5)
    right = plain()
    right[0, 0, 2] = 0.5
    expected = image[:, :, [1, 2, 3, 3]]
    np.testing.assert_allclose(value(views.warp(image, right)), expected, atol=1e-5)
    bends = np.zeros((1, 5, 5, 2), "float32")
    bends[..., 1] = 2 / 3
    np.testing.assert_allclose(
        value(views.warp(image, plain(), bends)), image[:, [1, 2, 2]], atol=1e-5
    )


def test_colours_by_hand():
    images = np.array([[[[10, 20, 30], [20, 30, 40]]]], "float32")
    swapped = np.array([[[0, 0, 1], [0, 1, 0], [1, 0, 0]]], "float32")
    assert value(views.recolour(images, swapped))[0, 0].tolist() == [[30, 20, 10], [40, 30, 20]]
    found = value(views.contrasted(images, np.array([2.0], "float32")))[0, 0]
    assert found.tolist() == [[-5, 15, 35], [15, 35, 55]]


def test_blur_by_hand():
    image = np.zeros((1, 3, 4, 1), "float32")
    image[0, 0, 0] = 9
    found = value(views.blurred(image, np.array([1 / 3], "float32")))[0, ..., 0]
    np.testing.assert_allclose(found, [[4, 2, 0, 0], [2, 1, 0, 0], [0] * 4], atol=1e-5)
    np.testing.assert_array_equal(value(views.blurred(image, np.zeros(1, "float32"))), image)
    flat = np.full((1, 64, 64, 3), 7, "float32")
    np.testing.assert_allclose(value(views.blurred(flat, np.array([0.2], "float32"))), flat)


def test_hiding_by_hand():
    shown = np.ones((1, 2, 2), "float32")
    shown[0, 0, 1] = 0
    mask = views.hidden(shown, 3, 4)
    assert value(mask)[0, ..., 0].tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 0, 0]]
    image = np.arange(12, dtype="float32").reshape(1, 3, 4, 1)
    found = value(views.hide(image, mask))[0, ..., 0]
    assert found.tolist() == [[0, 1, 5.5, 5.5], [4, 5, 5.5, 5.5], [8, 9, 10, 11]]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_recipe_that_changes_nothing_draws_nothing(channels):
    images = pictures(3, 6, channels)
    numbers = draw(ViewRecipe(), 3, channels, np.random.default_rng(0))
    assert numbers.shape == (3, 0)
    view = View(parts(ViewRecipe()))([images, numbers])
    np.testing.assert_array_equal(value(view), images)


@pytest.mark.parametrize("field", list(view_plan.ViewRecipe.__dataclass_fields__))
def test_each_field_changes_images_and_nothing_else_is_drawn(field):
    """Hue, saturation and grey change colours; every other field grey images too."""
    recipe = ViewRecipe(**{field: getattr(EVERYTHING, field)})
    images = pictures(8, 16, 3)
    numbers = draw(recipe, 8, 3, np.random.default_rng(1))
    assert numbers.shape == (8, width(parts(recipe), 3))
    view = value(View(parts(recipe))([images, numbers]))
    assert np.abs(view - images).max() > 5
    assert view.min() >= 0
    assert view.max() <= 255
    if field in ("hue", "saturation", "grey"):
        grey = np.repeat(images[..., :1], 3, axis=-1)
        kept = value(View(parts(recipe))([grey, numbers]))
        np.testing.assert_allclose(kept, grey, atol=1e-3)


def test_what_is_drawn_is_the_seeds_and_within_its_range():
    recipe = ViewRecipe(brightness=0.4, crop=0.3, hide=0.5, blur=1)
    first, again, other = (draw(recipe, 500, 1, np.random.default_rng(s)) for s in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    drawn = {k: value(v) for k, v in views.unpacked(first, parts(recipe), 1).items()}
    assert 0.6 <= drawn["mix"].min() < 0.65 < 1.35 < drawn["mix"].max() <= 1.4
    sides = drawn["warp"][:, [0, 1], [0, 1]]
    assert 0.25 < np.prod(sides, axis=1).min() < 0.35
    assert (np.abs(drawn["warp"][:, :, 2]) <= 1 - sides + 1e-6).all()
    assert set(drawn["shown"].sum(axis=(1, 2))) == {49 - 24}
    assert 0 <= drawn["blur"].min() < 0.01 < 0.32 < drawn["blur"].max() <= 1 / 3


def test_the_layer_is_saved_and_gives_its_mask(tmp_path):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        inputs = [keras.Input((8, 8, 3)), keras.Input((width(parts(EVERYTHING), 3),))]
        model = keras.Model(inputs, View(parts(EVERYTHING), mask=True)(inputs))
    finally:
        keras.config.set_dtype_policy(before)
    assert model.output_shape == (None, 8, 8, 4)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    given = [pictures(5, 8, 3), draw(EVERYTHING, 5, 3, np.random.default_rng(0))]
    found = value(again(given))
    np.testing.assert_array_equal(found, value(model(given)))
    assert set(np.unique(found[..., 3])) == {0.0, 1.0}
    unhidden = View(parts(DIGITS), mask=True)
    numbers = draw(DIGITS, 5, 1, np.random.default_rng(0))
    assert not value(unhidden([pictures(5, 8, 1), numbers]))[..., 1].any()


@pytest.mark.parametrize("recipe", [DIGITS, PHOTOS])
def test_the_given_recipes_move_pixels_and_keep_their_brightness(recipe):
    images = np.repeat(np.repeat(pictures(32, 4, 3), 8, axis=1), 8, axis=2)
    view = value(View(parts(recipe))([images, draw(recipe, 32, 3, np.random.default_rng(0))]))
    assert 5 < np.abs(view - images).mean() < 80
    assert abs(view.mean() - images.mean()) < 10


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"rotate": 181}, "views.rotate is 181; from 0 to 180"),
        ({"crop": 0}, "views.crop is 0; above 0"),
        ({"scale": 0.5}, "views.scale is 0.5; at least 1"),
        ({"scale": 5}, "from 1 to 4"),
        ({"hide": 1}, "from 0 to below 1"),
        ({"blur": float("nan")}, "views.blur is nan"),
    ],
)
def test_a_wrong_recipe_is_a_sentence(options, sentence):
    with pytest.raises(UsageError, match=sentence):
        ViewRecipe(**options)


def test_a_wrong_part_is_a_sentence():
    with pytest.raises(UsageError, match="Did you mean 'bend'"):
        View(["bent"])
    assert layout(["bend"], 1) == {"bend": (5, 5, 2)}
