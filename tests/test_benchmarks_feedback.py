"""A round of feedback is timed against scikit-learn, whose list it gives."""

import json

from benchmarks import __main__ as command


def test_rounds_are_measured_and_drawn(tmp_path):
    paths = ["--results", str(tmp_path / "results"), "--page", str(tmp_path / "page.md")]
    command.main(["--quick", "--only", "feedback", *paths])
    result = json.loads((tmp_path / "results" / "feedback.json").read_text())
    kernels = {row["what"]: row for row in result["times"]}
    assert len(kernels) == 6
    assert kernels["aehash, linear, 20 marks"]["target"] == "≤ 0.150 s"
    assert not kernels["aehash, rbf, 60 marks"]["target"]
    assert "| `aehash, linear, 60 marks` |" in (tmp_path / "page.md").read_text()
