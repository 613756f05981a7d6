"""A trained run as a folder: the model never travels without its recipe and preprocessing."""

import hashlib
import platform
import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aehash.errors import AehashError, UsageError
from aehash.files import read_json
from aehash.recipe import Recipe
from aehash.recipe_describe import DESCRIBERS

if TYPE_CHECKING:
    import keras

    from aehash.whitening import Whitening

MODEL = "model.keras"
RECIPE = "recipe.json"
RUN = "run.json"
SPLIT = "split.json"
WHITENING = "whitening.npz"
_NUMBERED = re.compile(r"(\d{4,})-")


@dataclass(frozen=True)
class Snapshot:
    """A finished run.

    Attributes:
        path: Its folder.
        recipe: What was asked for.
        digest: sha256 over recipe, weights and whitening, which names the codes made with it.
        info: What ``run.json`` says: data digest, versions, time, epochs.
    """

    path: Path
    recipe: Recipe
    digest: str
    info: dict[str, Any]

    @classmethod
    def load(cls, path: Path) -> "Snapshot":
        """Open a run's folder; the model itself is read by :meth:`model`.

        Args:
            path: The run's folder.

        Returns:
            The snapshot.

        Raises:
            UsageError: There is no such folder, or it is not a run's.
            AehashError: The run was not finished.
        """
        if not path.is_dir():
            raise UsageError(f"There is no run {path}; `aehash train` makes one.")
        if not (path / RECIPE).is_file():
            raise UsageError(f"{path} is not a run's folder: it has no {RECIPE}.")
        if not (path / RUN).is_file():
            raise AehashError(
                f"The run {path} is not finished; continue it with: aehash train --resume {path}"
            )
        info = read_json(path / RUN)
        return cls(path, Recipe.from_dict(read_json(path / RECIPE)), str(info["digest"]), info)

    def model(self) -> "keras.Model":
        """Read the net, with Keras's safe mode on.

        Returns:
            The model.

        Raises:
            AehashError: The file is missing, damaged, or holds code (a lambda).
        """
        return load_model(self.path / MODEL)

    def whitening(self) -> "Whitening | None":
        """Read the whitening that ends the snapshot of a net that only describes.

        Returns:
            The whitening, or none where none was asked for.

        Raises:
            AehashError: The file is missing, damaged, or not this run's.
        """
        from aehash.whitening import Whitening

        about = self.info.get("whitening")
        if about is None:
            return None
        found = Whitening.load(self.path / WHITENING)
        if found.digest != about["digest"]:
            raise AehashError(
                f"{self.path / WHITENING} is not the whitening that {self.path / RUN} names: "
                "copy the run again, or train again."
            )
        return found


def load_model(path: Path) -> "keras.Model":
    """Read a .keras file, with Keras's safe mode on.

    Args:
        path: The file.

    Returns:
        The model.

    Raises:
        AehashError: The file is missing, damaged, or holds code (a lambda).
    """
    import keras

    import aehash.models  # registers the custom layers

    del aehash
    if not path.is_file():
        raise AehashError(f"{path} is missing; train again, or give another run.")
    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        if "lambda" in str(error).lower():
            raise AehashError(
                f"{path} holds a lambda, that is, arbitrary Python code, so it is not loaded. "
                "Build the model from named layers instead."
            ) from None
        reason = str(error).strip().splitlines()[0]
        raise AehashError(f"{path} cannot be read as a Keras model: {reason}") from error


def weights_digest(model: "keras.Model") -> str:
    """Digest the weights' values, in order.

    Args:
        model: Any Keras model.

    Returns:
        64 hexadecimal digits; equal weights give equal digests.
    """
    digest = hashlib.sha256()
    for weights in model.get_weights():
        digest.update(f"{weights.dtype}{weights.shape}".encode())
        digest.update(weights.tobytes())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Say what the run was made with: Python, the machine, and the packages that matter."""
    names = ("aehash", "keras", "tensorflow", "jax", "numpy", "pillow", "scikit-learn")
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def new_run(root: Path, recipe: Recipe) -> Path:
    """Make the next numbered run folder, such as ``runs/0003-autohash-digits-128bits``.

    Args:
        root: Where runs are kept.
        recipe: Names the folder.

    Returns:
        The new, empty folder.
    """
    root.mkdir(parents=True, exist_ok=True)
    numbers = [_number(path) for path in root.iterdir()]
    number = max(numbers, default=0)
    data = re.sub(r"[^A-Za-z0-9.]+", "_", Path(recipe.data.name).stem) or "data"
    width = "float" if recipe.model.bits is None else f"{recipe.model.bits}bits"
    while True:
        number += 1
        path = root / f"{number:04d}-{recipe.name}-{data}-{width}"
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return path


def latest_run(root: Path, *, describing: bool = False) -> Path:
    """Find the finished run with the highest number.

    Args:
        root: Where runs are kept.
        describing: Only of nets that describe images of any size, such as ``gem2023``.

    Returns:
        Its folder.

    Raises:
        UsageError: There is none.
    """
    runs = sorted(root.iterdir(), key=_number) if root.is_dir() else []
    finished = [path for path in runs if _number(path) and (path / RUN).is_file()]
    if describing:
        describers = [path for path in finished if _describes(path)]
        if not describers:
            raise UsageError(
                f"There is no finished run of {' or '.join(sorted(DESCRIBERS))} under {root}; "
                "train one, or name a run with --run, such as one of aehash weights convert."
            )
        return describers[-1]
    if not finished:
        unfinished = [path for path in runs if _number(path) and (path / RECIPE).is_file()]
        hint = f" Or go on with: aehash train --resume {unfinished[-1]}" if unfinished else ""
        raise UsageError(f"There is no finished run under {root}; start with: aehash train{hint}")
    return finished[-1]


def _describes(run: Path) -> bool:
    return Recipe.from_dict(read_json(run / RECIPE)).describes


def _number(path: Path) -> int:
    match = _NUMBERED.match(path.name)
    return int(match.group(1)) if match and path.is_dir() else 0
