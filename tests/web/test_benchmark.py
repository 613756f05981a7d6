"""The server is measured on tiny inputs, and every answer is compared."""

import json
import shutil

import pytest

from benchmarks import __main__ as command


@pytest.mark.slow
@pytest.mark.training
def test_the_server_is_measured_and_drawn(tmp_path):
    paths = ["--results", str(tmp_path / "results"), "--page", str(tmp_path / "page.md")]
    command.main(["--quick", "--only", "serving", *paths])
    result = json.loads((tmp_path / "results" / "serving.json").read_text())
    opened, single, many, *loaded = result["times"]
    assert opened["target"] == "< 2 s"
    assert len(single["all"]) == 90
    assert len(many["all"]) == 50 * 6
    assert len(loaded) == (shutil.which("wrk") is not None)
    assert all(len(each["all"]) == 100 for each in loaded)
    assert str(tmp_path) not in json.dumps(result)
    assert single["what"] in (tmp_path / "page.md").read_text()
