"""A training killed between two checkpoints and continued, beside one left alone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aehash.checkpoint import Checkpoints
from aehash.files import read_json
from aehash.snapshot import Snapshot

_COMMAND = """
import sys
from aehash import backend
backend.configure("tensorflow", 1)
from aehash.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


def whole_and_killed(folder: Path, options: list[object], last: int) -> list[Snapshot]:
    """Train in one go, and beside it in a process that is sent SIGKILL and continued by another.

    Args:
        folder: Where both runs are put.
        options: Of ``aehash train``.
        last: The process is killed once it has written the checkpoint of any epoch from 2 to this.

    Returns:
        Both snapshots, finished.
    """
    whole, broken = folder / "whole", folder / "broken"
    with _started("--out", whole, *options) as beside:
        reached = _killed(broken, options, last)
        with _started("--resume", broken, "--threads", "1") as process:
            assert process.wait(timeout=300) == 0
        assert beside.wait(timeout=300) == 0
    runs = [Snapshot.load(path) for path in (whole, broken)]
    assert 2 <= reached < runs[0].info["epochs"]
    return runs


def _killed(run: Path, options: list[object], last: int) -> int:
    """Start a run and kill it; gives the last epoch that it kept."""
    deadline = time.monotonic() + 120
    with _started("--out", run, *options) as process:
        while not list(run.glob(f"checkpoint-00000[2-{last}]")):
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    assert not (run / "run.json").exists()
    return int(read_json(Checkpoints(run).latest() / "state.json")["epoch"])


@contextmanager
def _started(*arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    command = [
        sys.executable,
        "-c",
        _COMMAND,
        "train",
        "--checkpoint-every",
        "0",
        *map(str, arguments),
    ]
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    with subprocess.Popen(command, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()
