import pytest
from PIL import Image

from aehash.errors import UsageError
from aehash.plots import curves as plots_curves
from aehash.plots.curves import Panel, curves

LOSS = Panel(
    "Loss",
    "MSE of pixels in [0, 1]",
    {"training": [[3, 2, 1], [4, 2, 1, 0.5]], "validation": [[3, 2.5, 2], [4, 3, 2, 2.2]]},
    kept=[3, 3],
)
SHARES = Panel(
    "Accuracy", "share of queries", {"validation": [[0.2, 0.5]]}, [1], 0, {"chance": 0.2}, True
)


def axes_of(panel):
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    plots_curves._draw(axes, panel)
    return axes


def test_each_seed_and_their_mean_as_far_as_all_came():
    axes = axes_of(LOSS)
    lines = {line.get_label(): line for line in axes.get_lines()}
    mean = lines["training, mean of 2 seeds"]
    assert list(mean.get_xdata()) == [1, 2, 3]
    assert list(mean.get_ydata()) == [3.5, 2, 1]
    kept = lines["kept: epoch 3"]
    assert (list(kept.get_xdata()), list(kept.get_ydata())) == ([3, 3], [2, 2])
    assert axes.get_ylim()[0] == 0


def test_shares_have_the_whole_axis_and_epochs_may_begin_at_0():
    axes = axes_of(SHARES)
    assert axes.get_ylim() == (0, 1.02)
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert list(lines["validation"].get_xdata()) == [0, 1]
    assert list(lines["kept: epoch 1"].get_ydata()) == [0.5]
    assert list(lines["chance"].get_ydata()) == [0.2, 0.2]


def test_there_is_no_part_of_an_epoch():
    low, high = (axes := axes_of(Panel("Loss", "MSE", {"training": [[0.5]]}))).get_xlim()
    assert [tick for tick in axes.get_xticks() if low <= tick <= high] == [1]


def test_the_picture(tmp_path):
    curves(tmp_path / "curves.png", [LOSS, SHARES], note="$ of a note")
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.size == (1296, 480)


@pytest.mark.parametrize(
    ("panel", "message"),
    [
        (Panel("Loss", "", {}), "'Loss' has no values"),
        (Panel("Loss", "", {"a": []}), "line 'a' of 'Loss' has no values"),
        (Panel("Loss", "", {"a": [[1.0], []]}), "line 'a' of 'Loss' has no values"),
        (Panel("Loss", "", {"a": [[1.0]]}, kept=[1, 2]), "1 seeds and 2 kept epochs"),
        (Panel("Loss", "", {"a": [[1.0]]}, kept=[2]), "no epoch 2"),
    ],
)
def test_what_cannot_be_drawn_is_said(panel, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        curves(tmp_path / "a.png", [panel])
    assert not list(tmp_path.iterdir())
