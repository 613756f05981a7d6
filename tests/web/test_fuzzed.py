"""What a tool makes of the API's own document: no answer is the server's fault or undescribed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from web_site import running

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.training]

_CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance"
_HOW = ["--seed=1", "--max-examples=5", "--phases=coverage,fuzzing", "--no-color"]


def schemathesis():
    """Find the tool, or skip."""
    beside = str(Path(sys.executable).parent)
    found = os.environ.get("AEHASH_SCHEMATHESIS") or shutil.which("schemathesis", path=beside)
    if not found:
        pytest.skip("schemathesis is not installed: pip install 'aehash[browser]'")
    return found


def test_what_a_tool_makes_up_is_answered(books, tmp_path):
    tool = schemathesis()
    with running(books.shelf, rate=0) as site:
        done = subprocess.run(
            [
                tool,
                "run",
                f"http://127.0.0.1:{site.port}/api/v1/openapi.json",
                f"--checks={_CHECKS},response_schema_conformance",
                *_HOW,
            ],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=300,
        )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
