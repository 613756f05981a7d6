"""Asks PyTorch in a program of its own, where it is installed."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest


def needs_torch():
    """Skip the test that calls it, and say so, where PyTorch or torchvision is not installed."""
    for name in ("torch", "torchvision"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed: pip install 'aehash[torch]' torchvision")


def ask_torch(*words):
    """Run ``torch_nets.py`` with these arguments."""
    program = Path(__file__).with_name("torch_nets.py")
    done = subprocess.run(
        [sys.executable, program, *words], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
