"""Run an aehash command in this process, then print the most memory it ever held, in bytes."""

import sys
from pathlib import Path

from aehash.cli.main import run


def peak_bytes() -> int:
    """Read this process's largest resident set (VmHWM)."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    code = run(sys.argv[1:])
    print(peak_bytes())
    sys.exit(code)
