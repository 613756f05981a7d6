import numpy as np
import pytest
from sklearn.datasets import load_digits

from aehash.cli.main import run
from aehash.codebook import Codebook


@pytest.fixture
def book(tmp_path):
    digits = load_digits()
    features = (digits.data[:300] - 8).astype(np.float32)
    made = Codebook.from_arrays(
        features=features, labels=digits.target[:300], source="digits", split="all"
    )
    made.save(tmp_path / "digits" / "all")
    return tmp_path / "digits"


def test_what_was_drawn_and_how_far_it_can_be_trusted(book, tmp_path, capfd):
    picture, table = tmp_path / "map.png", tmp_path / "map.csv"
    words = ["map", str(book), "--out", str(picture), "--csv", str(table), "--sample", "200"]
    assert run(words) == 0
    out, err = capfd.readouterr()
    lines = out.splitlines()
    assert lines[0] == "of the 10 nearest of 200 images  full space  picture  chance"
    assert lines[1].startswith("have the same label")
    full, shown, chance = map(float, lines[1].split()[-3:])
    assert full > shown > chance > 0.05
    assert lines[2].startswith("are those of the full space")
    assert f"codes  {book / 'all'}: 200 of 300 images" in err
    assert "PCA of 64 features; the picture has" in err
    assert "% of the variance (" in err
    assert f"see    {picture}\n       {table}" in err
    assert picture.stat().st_size and len(table.read_text().splitlines()) == 201


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["nowhere"], 2, "nowhere holds no codebook"),
        (["{book}", "--sample", "1"], 2, "is not in the range x>=2"),
        (["{book}", "--method", "tsne"], 2, "'tsne' is not one of 'pca', 'umap'"),
        (["{book}", "--label", "cat"], 2, "have no names: give a number"),
        (["{book}", "--out", "map.doc"], 2, "must end in one of"),
        (["--runs", "nothing"], 2, ""),
    ],
)
def test_wrong_use_is_a_sentence(words, code, message, book, tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["map", *(word.format(book=book) for word in words)]) == code
    err = capfd.readouterr().err
    assert message in err
    assert "Traceback" not in err
    assert not (tmp_path / "map.png").exists()


def test_a_disk_that_cannot_be_written_leaves_nothing(book, tmp_path, capfd, monkeypatch):
    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", fail)
    assert run(["map", str(book), "--out", str(tmp_path / "map.png")]) == 1
    assert "The disk is full" in capfd.readouterr().err
    assert not list(tmp_path.glob("*.png"))
