"""A training killed between two checkpoints and continued, beside one left alone."""

import os
import signal
import subprocess
import sys
import time
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
    """Train in one go, and again in a process that is sent SIGKILL and continued by another.

    Args:
        folder: Where both runs are put.
        options: Of ``aehash train``.
        last: The process is killed once it has written the checkpoint of any epoch from 2 to this.

    Returns:
        Both snapshots, finished.
    """
    whole, broken = folder / "whole", folder / "broken"
    _finish("--out", whole, *options)
    with subprocess.Popen(_command("--out", broken, *options), env=_environment()) as process:
        try:
            _wait(process, broken, last)
        finally:
            process.send_signal(signal.SIGKILL)
    assert not (broken / "run.json").exists()
    reached = read_json(Checkpoints(broken).latest() / "state.json")["epoch"]
    _finish("--resume", broken, "--threads", "1")
    runs = [Snapshot.load(path) for path in (whole, broken)]
    assert 2 <= reached < runs[0].info["epochs"]
    return runs


def _wait(process: subprocess.Popen[bytes], run: Path, last: int) -> None:
    deadline = time.monotonic() + 120
    while not list(run.glob(f"checkpoint-00000[2-{last}]")):
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)


def _finish(*arguments: object) -> None:
    subprocess.run(_command(*arguments), check=True, env=_environment(), timeout=300)


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-c", _COMMAND, "train", *map(str, arguments)]


def _environment() -> dict[str, str]:
    return {**os.environ, "KERAS_BACKEND": "tensorflow"}
