"""What a result was measured on and with; no names of hosts, users or folders."""

import datetime
import os
import platform
import subprocess
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = ("aehash", "keras", "tensorflow", "numpy", "pillow", "h5py", "click")
_ROOT = Path(__file__).resolve().parents[1]


def describe(load_before: float, packages: Sequence[str] = PACKAGES) -> dict[str, Any]:
    """Say when, on what and with what.

    Args:
        load_before: The machine's load before the benchmark began.
        packages: Distributions whose versions matter; those not installed are left out.
    """
    installed = {each.name.lower().replace("_", "-") for each in metadata.distributions()}
    versions = {name: metadata.version(name) for name in packages if name in installed}
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "commit": _commit(),
        "machine": {
            "cpu": _cpu(),
            "cores": len(os.sched_getaffinity(0)),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
            "system": f"{platform.system()} {platform.machine()}",
            "load_before": round(load_before, 2),
        },
        "versions": {"python": platform.python_version(), **versions},
    }


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def _commit() -> str:
    """Name the commit, where this is a clone, and say if the code has changed since."""
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", "*.py")
    return (_git("rev-parse", "--short", "HEAD") or "unknown") + (" with changes" * bool(changed))


def _git(*arguments: str) -> str:
    found = subprocess.run(
        ["git", *arguments], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    return found.stdout.strip()
