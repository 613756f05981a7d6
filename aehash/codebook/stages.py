"""What a codebook's manifest says of the stages between its snapshot's features and its codes."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aehash.errors import AehashError

#: The stage of images described otherwise than the snapshot says: it has no file.
DESCRIBE = "describe"
#: The stage of features taken from a layer within the net: it has no file either.
LAYER = "layer"


def layer_stage(layer: str, snapshot: str) -> dict[str, Any]:
    """Describe features that are another layer's than the feature layer's.

    Args:
        layer: Its name.
        snapshot: The digest of the snapshot.

    Returns:
        The stage, as it stands in a manifest.
    """
    digest = hashlib.sha256(f"{LAYER} {layer}".encode()).hexdigest()
    return {"name": LAYER, "layer": layer, "digest": digest, "of": snapshot}


def digest_after(before: str | None, stage: str) -> str:
    """Name codes that a stage made of others.

    Args:
        before: The digest that names the others, where there is one.
        stage: The stage's digest.

    Returns:
        64 hexadecimal digits.
    """
    return hashlib.sha256(f"{before or ''} {stage}".encode()).hexdigest()


def stages_of(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List a codebook's stages, the first one first.

    Args:
        manifest: The codebook's.

    Returns:
        ``name``, ``digest``, ``of`` (the digest before it), of most ``file``, and more.

    Raises:
        AehashError: It is something else.
    """
    found = manifest.get("stages") or []
    if not isinstance(found, list) or not all(isinstance(stage, dict) for stage in found):
        raise AehashError(f"The codebook's manifest has stages that are none: {found!r}.")
    return found


def origin_of(manifest: Mapping[str, Any]) -> str | None:
    """Name the snapshot that made the features before any stage.

    Args:
        manifest: The codebook's.

    Returns:
        Its digest, where it is known.
    """
    stages = stages_of(manifest)
    found = stages[0].get("of") if stages else manifest.get("snapshot")
    return None if found is None else str(found)


def stages_text(manifest: Mapping[str, Any]) -> str | None:
    """Say what came between the snapshot's features and the codes.

    Args:
        manifest: The codebook's.

    Returns:
        Such as ``describe (longest 362, scales 1, 0.5), whitening (pca, dimensions 128)``; None
        where nothing did.
    """
    return ", ".join(map(_text, stages_of(manifest))) or None


def _text(stage: Mapping[str, Any]) -> str:
    parts = [str(stage["method"])] if "method" in stage else []
    for name in ("layer", "image_size", "longest", "scales", "dimensions", "bits"):
        if isinstance(stage.get(name), list):
            parts.append(f"{name} {', '.join(map(_short, stage[name]))}")
        elif name in stage:
            parts.append(f"{name} {stage[name]}")
    return f"{stage.get('name')} ({', '.join(parts)})"


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def stage_file(number: int, name: str) -> str:
    """Name the file in a codebook's folder that keeps what a stage has learned.

    Args:
        number: Of the stage, from 1.
        name: Its name.

    Returns:
        Such as ``stage-1-whitening.npz``.
    """
    return f"stage-{number}-{name}.npz"


def kept_file(folder: Path, stage: Mapping[str, Any]) -> Path:
    """Find the file of a stage.

    Args:
        folder: The codebook's.
        stage: Of its manifest.

    Returns:
        The file.

    Raises:
        AehashError: The codebook does not keep it.
    """
    name = str(stage.get("file") or "")
    if name != Path(name).name or not (folder / name).is_file():
        raise AehashError(
            f"{folder} does not keep what its stage {stage.get('name')!r} has learned, as is so "
            "with an imported JSON index, so a new image cannot be hashed. Make the codebook "
            "again from the one before the stage, or search by a key of the codebook."
        )
    return folder / name
