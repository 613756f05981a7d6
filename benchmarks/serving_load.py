"""Fifty clients at once by wrk, a load tool, where it is installed."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.contest import check
from benchmarks.pairs import spread

_SCRIPT = Path(__file__).with_name("serving.lua")
_PATIENCE = 60


def load(
    address: str, bodies: list[bytes], kind: str, clients: int, seconds: int
) -> dict[str, Any] | None:
    """Let many clients upload as fast as they are answered.

    What the answers say is not looked at here, only whether all came with the status 200.

    Args:
        address: Where to.
        bodies: Of the requests, sent in turn.
        kind: Their Content-Type.
        clients: How many at once, each on its own connection.
        seconds: How long.

    Returns:
        A row for the results, its times the percentiles from 1 to 100; None without wrk.
    """
    tool = shutil.which("wrk")
    if tool is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        files = [Path(name) / str(number) for number in range(len(bodies))]
        for file, body in zip(files, bodies, strict=True):
            file.write_bytes(body)
        how = ["-t1", f"-c{clients}", f"-d{seconds}s", f"--timeout={_PATIENCE}s", f"-s{_SCRIPT}"]
        done = subprocess.run(
            [tool, *how, address, "--", kind, *map(str, files)],
            capture_output=True,
            text=True,
            check=True,
        )
    told = json.loads(done.stdout.splitlines()[-1])
    check(told["lost"] == 0, "That no connection of wrk failed")
    check(told["refused"] == 0, "That every answer to wrk has the status 200")
    return {
        "what": f"{told['requests']} uploads of {clients} clients of wrk in {seconds} s, each",
        "seconds": spread(told["seconds"]),
        "target": "no failure",
        "all": told["seconds"],
    }
