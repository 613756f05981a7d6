import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aehash.errors import UsageError
from aehash.recipe import (
    AugmentRecipe,
    DataRecipe,
    LossRecipe,
    ModelRecipe,
    Recipe,
    TrainRecipe,
)

RECIPES = st.builds(
    Recipe,
    name=st.text(min_size=1),
    data=st.builds(DataRecipe, image_size=st.none() | st.integers(4, 512), seed=st.integers(0, 99)),
    model=st.builds(ModelRecipe, bits=st.none() | st.integers(8, 1024)),
    loss=st.builds(
        LossRecipe,
        reconstruction=st.sampled_from(["mse", "bce"]),
        balance=st.sampled_from(["code", "bit", "off"]),
        alpha=st.floats(0, 10),
    ),
    augment=st.builds(AugmentRecipe, flip=st.booleans(), rotate=st.floats(0, 180)),
    train=st.builds(
        TrainRecipe,
        epochs=st.integers(0, 1000),
        decay=st.floats(0, 1),
        warmup=st.integers(0, 1000),
        clip_norm=st.none() | st.floats(0.1, 10),
    ),
)


@given(RECIPES)
def test_json_both_ways(recipe):
    back = Recipe.from_dict(json.loads(json.dumps(recipe.to_dict())))
    assert back == recipe
    assert back.digest() == recipe.digest()


def test_digest_differs_with_any_field():
    base = Recipe()
    settings = ["train.epochs=5", "model.bits=128", "loss.balance=bit", "data.name=mnist"]
    digests = {base.override([setting]).digest() for setting in settings}
    assert len(digests | {base.digest()}) == 5


def test_older_recipes_keep_their_digests():
    """Fields that came later are no part of the digest, unless they are used."""
    assert Recipe().digest().startswith("b2b9615eb3ff0212")
    older = Recipe().to_dict()
    for name in ("schedule", "warmup", "clip_norm"):
        del older["train"][name]
    del older["data"]["group_column"]
    for part in ("siamese", "describe"):
        del older[part]
    assert Recipe.from_dict(older) == Recipe()
    settings = [
        "train.schedule=cosine",
        "train.warmup=5",
        "train.clip_norm=1",
        "data.group_column=patient",
        "siamese.negatives=4",
        "describe.longest=512",
    ]
    digests = {Recipe().override([setting]).digest() for setting in settings}
    assert len(digests | {Recipe().digest()}) == 7


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("siamese.loss=hinge", "contrastive, triplet"),
        ("siamese.negatives=0", "at least 1"),
        ("siamese.least=2", "from -1 to 1"),
        ("describe.scales=1", "must be a list"),
        ("describe.scales=[1, 0]", "must be above 0"),
        ("describe.scales=[]", "is empty"),
        ("describe.whitening=zca", "none, pca, learned"),
        ("describe.dimensions=64", "nothing is whitened"),
        ("describe.shrinkage=1", "from 0 to below 1"),
        ("describe.power=2", "from 0 to 1"),
    ],
)
def test_wrong_settings_of_describing_nets_are_refused(setting, sentence):
    with pytest.raises(UsageError, match=sentence):
        Recipe().override([setting])


def test_scales_are_a_list_in_json_and_a_tuple_here():
    recipe = Recipe().override(["describe.scales=[1, 0.5]"])
    assert recipe.describe.scales == (1.0, 0.5)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


def test_an_empty_group_column_is_refused():
    with pytest.raises(UsageError, match=r"data\.group_column is empty"):
        DataRecipe(group_column=" ")


def test_a_decay_that_would_not_count_is_refused():
    with pytest.raises(UsageError, match="cosine schedule does not use"):
        Recipe().override(["train.schedule=cosine", "train.decay=0.1"])


def test_overrides_are_typed():
    recipe = Recipe().override(
        [
            "train.epochs=5",
            "train.learning_rate=1",
            "augment.flip=true",
            "model.bits=none",
            "model.options.filters=[8, 16]",
            "data.name=mnist",
        ]
    )
    assert recipe.train.epochs == 5
    assert recipe.train.learning_rate == 1.0
    assert isinstance(recipe.train.learning_rate, float)
    assert recipe.augment.flip is True
    assert recipe.model.bits is None
    assert recipe.model.options["filters"] == [8, 16]
    assert recipe.data.name == "mnist"


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("train.epoch=5", "Did you mean 'epochs'"),
        ("trian.epochs=5", "Did you mean 'train'"),
        ("train.epochs=many", "train.epochs is 'many'; it must be int"),
        ("train.epochs=true", "must be int"),
        ("train.epochs=2.5", "must be int"),
        ("train.epochs=-1", "at least 0"),
        ("train.epochs.more=1", "is a value and has no fields"),
        ("train=5", "is a group of fields"),
        ("train.epochs", "not of the form"),
        ("model.bits=0", "from 8 to 1024"),
        ("model.bits=1025", "from 8 to 1024"),
        ("train.learning_rate=0", "above 0"),
        ("train.learning_rate=NaN", "above 0"),
        ("train.optimizer=adan", "adam, sgd"),
        ("loss.alpha=-1", "at least 0"),
        ("data.channels=2", "1 (grey) or 3 (RGB)"),
        ("train.schedule=cosin", "inverse_time, cosine"),
        ("train.warmup=-1", "at least 0"),
        ("train.warmup=0.5", "must be int"),
        ("train.clip_norm=0", "above 0"),
        ("augment.shift=0.9", "0 to 0.5"),
    ],
)
def test_wrong_settings_are_sentences(setting, sentence):
    with pytest.raises(UsageError) as error:
        Recipe().override([setting])
    assert sentence in str(error.value)


def test_unknown_field_in_a_file_names_the_nearest():
    with pytest.raises(UsageError, match=r"train\.epoch: .*Did you mean 'epochs'"):
        Recipe.from_dict({"train": {"epoch": 3}})
