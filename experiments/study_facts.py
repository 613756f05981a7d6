"""What a study's result was made with; no names of hosts, users or folders."""

import datetime
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aehash.experiments.study import Order


def write_result(path: Path, order: Order, found: Mapping[str, Any]) -> Path:
    """Write a study's result, whole or not at all, with how it was made.

    Args:
        path: The JSON file.
        order: What was asked for.
        found: What came out.

    Returns:
        The file.
    """
    from aehash.files import write_json

    write_json(path, {"study": path.stem, "run": facts(order), **found})
    return path


def facts(order: Order) -> dict[str, Any]:
    """Say when, with what and on what a study was run.

    Args:
        order: What was asked for.

    Returns:
        Plain values.
    """
    import keras

    from aehash.snapshot import versions

    return {
        "command": order.command,
        "size": order.size,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine(),
        "backend": keras.backend.backend(),
        "accelerator": _accelerator(keras.backend.backend()),
        "commit": commit(),
        "versions": versions(),
    }


def machine() -> str:
    """Name the processor and count the cores this process may use."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{names[0] if names else platform.processor() or 'unknown processor'}, {cores} cores"


def _accelerator(backend: str) -> str | None:
    """Name the first accelerator the back end works on, if any."""
    if backend == "jax":
        import jax

        device = jax.devices()[0]
        return None if device.platform == "cpu" else str(device.device_kind)
    if backend == "torch":
        import torch

        return str(torch.cuda.get_device_name(0)) if torch.cuda.is_available() else None
    import tensorflow as tf

    devices = tf.config.list_physical_devices("GPU")
    if not devices:
        return None
    return str(tf.config.experimental.get_device_details(devices[0]).get("device_name", "GPU"))


def commit() -> str | None:
    """Name the commit, where this is a clone, and say if the code has changed since."""
    commit = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", "*.py")
    return commit and commit + (" with changes" if changed else "")


def _git(*arguments: str) -> str | None:
    folder = Path(__file__).resolve().parents[1]
    if not (folder / ".git").exists():
        return None
    try:
        found = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return found.stdout.strip() if found.returncode == 0 else None
