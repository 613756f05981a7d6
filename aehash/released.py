"""What a released checkpoint says of itself: architecture, pooling, weights, whitenings.

The form is that of the authors' code, ``cirtorch`` of Radenović, Tolias and Chum: a dict of
``meta`` and ``state_dict``. ``meta`` names the torchvision architecture and the pooling, and may
hold learned whitenings as ``Lw[data set][scale]`` with the mean ``m`` (d, 1) and the projection
``P`` (D, d), ``ss`` for one scale and ``ms`` for several. A bare state dict of torchvision's is
taken too, where its architecture is told. Everything is plain values and NumPy arrays here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError, UsageError, nearest
from aehash.whitening import Whitening

Tensors = Mapping[str, NDArray[Any]]
#: Poolings there, and what they are called here; a GeM with a p for each map has a name of its own.
POOLINGS = {"gem": "gem", "gemmp": "gem", "mac": "mac", "rmac": "rmac", "spoc": "spoc"}
SCALES = ("ms", "ss")
#: torchvision's backbones that can be built here, see :mod:`aehash.models.torch_layout`.
ARCHITECTURES = (
    "alexnet",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "vgg16",
    "vgg19",
)
#: torchvision's, which all released nets were trained with.
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
#: Where p may be, see :class:`aehash.models.pooling.GeM`.
_LEAST_P, _MOST_P = 0.01, 1000
#: The modules of a ResNet, by their places in the sequence that the authors make of them.
_RESNET = {"0": "conv1", "1": "bn1", "4": "layer1", "5": "layer2", "6": "layer3", "7": "layer4"}
_WHITEN = ("whiten.weight", "whiten.bias")


@dataclass(frozen=True, eq=False)
class Released:
    """A net whose weights are released.

    Attributes:
        architecture: torchvision's name, such as ``resnet101``.
        pooling: ``gem``, ``mac``, ``rmac`` or ``spoc``.
        tensors: The backbone's weights and the classifier's, by torchvision's names.
        p: GeM's, (1,) or (maps,); none for other poolings, and where nothing was learned.
        whiten: The fully connected layer's ``whiten.weight`` (D, d) and ``whiten.bias`` (D,), or
            empty.
        whitenings: Learned whitenings (m, P) by data set and scale.
        epochs: How long it was trained, where that is said.
    """

    architecture: str
    pooling: str
    tensors: Tensors
    p: NDArray[Any] | None = None
    whiten: Tensors = field(default_factory=dict)
    whitenings: Mapping[str, Mapping[str, tuple[NDArray[Any], NDArray[Any]]]] = field(
        default_factory=dict
    )
    epochs: int = 0

    @property
    def dimensions(self) -> int | None:
        """Width of the fully connected layer; None where there is none."""
        return len(self.whiten["whiten.weight"]) if self.whiten else None

    def whitening(self, name: str, scale: str, dimensions: int | None = None) -> Whitening:
        """Give one of the learned whitenings.

        Args:
            name: The data set it was learned on.
            scale: ``ss`` or ``ms``.
            dimensions: How many of the strongest directions to keep; all by default.

        Returns:
            The whitening; its eigenvalues are not released, so they are NaN.

        Raises:
            UsageError: The file has no such whitening, or fewer dimensions.
            AehashError: It is damaged.
        """
        if name not in self.whitenings:
            known = nearest(name, self.whitenings) if self.whitenings else " It has none."
            raise UsageError(f"The file has no whitening learned on {name!r}.{known}")
        if scale not in self.whitenings[name]:
            raise UsageError(f"The whitening of {name} is there for {list(self.whitenings[name])}.")
        mean, projection = self.whitenings[name][scale]
        if dimensions is not None and not 1 <= dimensions <= len(projection):
            raise UsageError(
                f"The whitening of {name} has {len(projection)} dimensions, not {dimensions}."
            )
        kept = projection[:dimensions].T
        facts = {"released": f"{name}, {'several scales' if scale == 'ms' else 'one scale'}"}
        return Whitening("learned", mean, kept, np.full(kept.shape[1], np.nan), facts)


def read_released(
    content: Any, architecture: str | None = None, pooling: str | None = None
) -> Released:
    """Find out what a file's content is.

    Args:
        content: Of :func:`aehash.torch_file.read_torch`.
        architecture: Of a bare state dict.
        pooling: Of a bare state dict; by default ``gem``.

    Returns:
        The net.

    Raises:
        UsageError: The architecture or the pooling must be told, or the file tells another.
        AehashError: It is no state dict, or has what is not supported.
    """
    state = content.get("state_dict", content) if isinstance(content, dict) else content
    tensors = _tensors(state)
    if not isinstance(content, dict) or "meta" not in content:
        return _bare(tensors, architecture, pooling)
    meta = content["meta"]
    if not isinstance(meta, dict) or not isinstance(meta.get("architecture"), str):
        raise AehashError("The file's meta names no architecture, so its net is not known.")
    for name, given in (("architecture", architecture), ("pooling", pooling)):
        if given not in (None, meta.get(name)):
            raise UsageError(
                f"The file's {name} is {meta.get(name)}, not {given}; name that, or nothing."
            )
    _supported(meta, tensors)
    epochs = content.get("epoch", 0)
    found = _bare(tensors, meta["architecture"], POOLINGS[meta["pooling"]])
    return replace(
        found,
        whitenings=_whitenings(meta.get("Lw", {})),
        epochs=epochs if isinstance(epochs, int) else 0,
    )


def _bare(tensors: Tensors, architecture: str | None, pooling: str | None) -> Released:
    if architecture is None:
        raise UsageError(
            "The file holds weights and does not say of which net; name it, as in "
            "--architecture resnet50."
        )
    if architecture not in ARCHITECTURES:
        raise UsageError(
            f"There is no architecture {architecture!r}.{nearest(architecture, ARCHITECTURES)}"
        )
    if pooling is not None and pooling not in POOLINGS.values():
        raise UsageError(f"There is no pooling {pooling!r}.{nearest(pooling, POOLINGS.values())}")
    pooling = pooling or "gem"
    return Released(
        architecture,
        pooling,
        _renamed(tensors, architecture),
        _power(tensors) if pooling == "gem" else None,
        {name: tensors[name] for name in _WHITEN if name in tensors},
    )


def _power(tensors: Tensors) -> NDArray[Any] | None:
    if "pool.p" not in tensors:
        return None
    p = np.asarray(tensors["pool.p"]).reshape(-1)
    if not p.size or not ((p >= _LEAST_P) & (p <= _MOST_P)).all():
        raise AehashError(
            f"The file's pool.p is {p[:3].tolist()}; GeM's p must be from {_LEAST_P} to {_MOST_P}."
        )
    return p


def _tensors(state: Any) -> Tensors:
    if not isinstance(state, dict) or not state:
        kind = "nothing" if state in ({}, None) else f"a {type(state).__name__}"
        raise AehashError(f"The file is no state dict of PyTorch: it holds {kind}.")
    wrong = [
        name
        for name, value in state.items()
        if not (isinstance(name, str) and isinstance(value, np.ndarray))
    ]
    if wrong:
        raise AehashError(
            f"The file is no state dict of PyTorch: {wrong[0]!r} is no tensor. The authors' "
            "files hold 'meta' and 'state_dict', torchvision's nothing but tensors."
        )
    return {name.removeprefix("module."): value for name, value in state.items()}


def _supported(meta: dict[str, Any], tensors: Tensors) -> None:
    if meta["architecture"] not in ARCHITECTURES:
        raise AehashError(
            f"The file's architecture is {meta['architecture']!r}; those that can be converted "
            f"are {', '.join(ARCHITECTURES)}."
        )
    if meta.get("pooling") not in POOLINGS:
        raise AehashError(
            f"The file's pooling is {meta.get('pooling')!r}; those that can be converted are "
            f"{', '.join(POOLINGS)}."
        )
    for name, key, words in (
        ("local_whitening", "lwhiten.", "whitens each place of the maps before pooling"),
        ("regional", "pool.rpool", "pools and whitens regions by themselves"),
    ):
        if meta.get(name) or any(each.startswith(key) for each in tensors):
            raise AehashError(f"The file's net {words} ({name}), which cannot be converted.")
    for name, usual in (("mean", _MEAN), ("std", _STD)):
        try:
            own = np.asarray(meta.get(name, usual), np.float64)
        except (TypeError, ValueError):
            own = np.empty(0)
        if own.shape != (3,) or not np.allclose(own, usual, atol=1e-6):
            raise AehashError(
                f"The file's net takes pixels by a {name} of {meta[name]!r}; only torchvision's "
                f"own, {usual}, can be converted."
            )
    if str(meta["pooling"]).startswith("gem") and "pool.p" not in tensors:
        raise AehashError("The file lacks pool.p, the power of its GeM pooling.")
    if meta.get("whitening") and "whiten.weight" not in tensors:
        raise AehashError("The file lacks whiten.weight, which its meta says is there.")


def _renamed(tensors: Tensors, architecture: str) -> Tensors:
    """Give the backbone torchvision's names; the authors number a ResNet's modules.

    Their files of ImageNet's features alone have these numbers without ``features`` before them.
    """
    found = {}
    for name, value in tensors.items():
        if name in ("pool.p", *_WHITEN):
            continue
        full = f"features.{name}" if name[:1].isdigit() else name
        first, _, rest = full.partition(".")
        number, _, end = rest.partition(".")
        if first == "features" and architecture.startswith("resnet") and number in _RESNET:
            full = f"{_RESNET[number]}.{end}"
        found[full] = value
    return found


def _whitenings(given: Any) -> dict[str, dict[str, tuple[NDArray[Any], NDArray[Any]]]]:
    if not isinstance(given, dict):
        raise AehashError("The file's Lw is no table of whitenings by data set.")
    found: dict[str, dict[str, tuple[NDArray[Any], NDArray[Any]]]] = {}
    for name, scales in given.items():
        for scale in SCALES:
            if isinstance(scales, dict) and scale in scales:
                found.setdefault(str(name), {})[scale] = _pair(str(name), scales[scale])
    return found


def _pair(name: str, given: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    try:
        mean, projection = np.asarray(given["m"]), np.asarray(given["P"])
    except (KeyError, TypeError, ValueError):
        raise AehashError(f"The whitening of {name} lacks its m or its P.") from None
    mean = mean.reshape(-1)
    numbers = all(each.dtype.kind in "iufc" for each in (mean, projection))
    fits = projection.ndim == 2 and projection.shape[1] == len(mean)
    if not numbers or not fits or not all(np.isfinite(each).all() for each in (mean, projection)):
        raise AehashError(
            f"The whitening of {name} is damaged: m of {len(mean)} values, P of shape "
            f"{projection.shape}; (D, {len(mean)}) and finite is meant."
        )
    if np.iscomplexobj(projection) and np.abs(projection.imag).max(initial=0) > 0:
        raise AehashError(f"The whitening of {name} has a complex P, which is not meant.")
    return mean.real.astype(np.float64), projection.real.astype(np.float64)
