"""Draw each system's net from the model itself, as docs/drawings/NAME.svg.

    python docs/drawings.py           write them
    python docs/drawings.py --check   fail if one is not what the model says

A box is a layer with those that only follow it (activation, normalisation, reshape); its width goes
by the logarithm of the values it puts out. No weight is made: only shapes are counted.
"""

import math
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras

from aehash import models

FOLDER = Path(__file__).resolve().parent / "drawings"
#: What is drawn: the papers' settings where a paper gives them, else the builder's own.
NETS: dict[str, tuple[str, dict[str, Any]]] = {
    "akbacak2023": ("akbacak2023", {"bits": 128, "image_size": 256}),
    "air2023": ("air2023", {"configuration": "shortcut", "depth": 10, "image_size": 32}),
    "gem2023": ("gem2023", {"encoder": "resnet101"}),
    "vinitha2021": ("vinitha2021", {"image_size": 28, "channels": 1}),
    "sureshkumar2024": ("sureshkumar2024", {"image_size": 64, "channels": 1}),
    "autohash": ("autohash", {"bits": 64, "image_size": 28, "channels": 1}),
}
_NOMINAL = 256  # side that a net of any size is asked with
_NAMES = {
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "resnet50": "ResNet50",
    "resnet101": "ResNet101",
}
_COLOURS = {"encoder": "#d7e5f5", "feature": "#f6c177", "decoder": "#d8ecd5"}
_WORDS, _CENTRE, _WIDEST, _LANES, _ACROSS = 420, 538, 216, 660, 860
_STEP, _HIGH = 34, 24


@dataclass
class Box:
    """A layer, and what only follows it.

    Attributes:
        words: What the layers do.
        shape: What comes out, without the batch.
        parameters: Of all of them.
        part: ``encoder``, ``feature`` or ``decoder``.
    """

    words: list[str]
    shape: tuple[int | str, ...]
    parameters: int = 0
    part: str = "encoder"


@dataclass
class Net:
    """What is drawn.

    Attributes:
        boxes: From the image on.
        shortcuts: Pairs of boxes, from and to.
    """

    boxes: list[Box] = field(default_factory=list)
    shortcuts: list[tuple[int, int]] = field(default_factory=list)


def drawing(name: str) -> str:
    """Draw a net.

    Args:
        name: A key of :data:`NETS`.

    Returns:
        SVG.
    """
    builder, options = NETS[name]
    with keras.StatelessScope(initialize_variables=False):
        model = models.build(builder, **options)
    net = _net(model)
    title = f"{name}: {model.count_params():,} parameters"
    still = sum(math.prod(weight.shape) for weight in model.non_trainable_weights)
    asked = ", ".join(f"{key}={value}" for key, value in options.items())
    return _svg(title + (f", {still:,} not trained" if still else ""), asked, net)


def _net(model: keras.Model) -> Net:
    """Follow a model's chain of layers, and note what joins it from the side."""
    chain = _chain(model)
    place: dict[str, int] = {}
    net = Net()
    feature = models.feature_layer(model)
    part = "encoder"
    for layer in chain:
        if net.boxes and _follows(layer):
            box = net.boxes[-1]
        else:
            box = Box([], (), part=part)
            net.boxes.append(box)
        place[layer.name] = len(net.boxes) - 1
        box.words += _words(layer)
        box.shape = _shape(model, layer)
        box.parameters += layer.count_params()
        net.shortcuts += [(place[name], place[layer.name]) for name in _joined(layer, place)]
        if layer.name == feature:
            box.part, part = "feature", "decoder"
    return net


def _parents(layer: Any) -> list[Any]:
    return [node.operation for node in layer._inbound_nodes[0].parent_nodes]


def _chain(model: keras.Model) -> list[Any]:
    layer = model.layers[-1]
    chain = [layer]
    while _parents(layer):
        layer = _parents(layer)[0]
        chain.append(layer)
    return chain[::-1]


def _joined(layer: Any, place: dict[str, int]) -> list[str]:
    """Find from which layers of the chain something comes in beside it."""
    found = []
    for other in _parents(layer)[1:]:
        while other.name not in place:
            other = _parents(other)[0]
        found.append(other.name)
    return found


def _follows(layer: Any) -> bool:
    kind = type(layer).__name__
    small = not isinstance(layer, keras.Model) and layer.count_params() == 0
    shown = kind.startswith(("MaxPool", "AveragePool", "UpSampling", "GeM", "L2", "Flatten"))
    return kind == "BatchNormalization" or (small and not shown)


def _words(layer: Any) -> list[str]:
    kind = type(layer).__name__
    if isinstance(layer, keras.Model):
        return [f"{_NAMES.get(layer.name, layer.name)} ({len(layer.layers):,} layers)"]
    if kind in ("Conv2D", "Conv2DTranspose"):
        name = "transposed conv" if kind == "Conv2DTranspose" else "conv"
        words = [f"{name} {'×'.join(map(str, layer.kernel_size))}, {layer.filters}"]
        words += ["stride 2"] if layer.strides == (2, 2) else []
        return words + _activation(layer)
    if kind == "Dense":
        return [f"dense {layer.units:,}", *_activation(layer)]
    simple = {
        "InputLayer": "image",
        "Rescaling": "divided by 255",
        "CaffePreprocess": "less ImageNet's mean",
        "ReLU": "ReLU",
        "BatchNormalization": "batch norm",
        "MaxPooling2D": "max-pool 2×2",
        "UpSampling2D": "doubled in size",
        "Flatten": "flattened",
        "Reshape": "reshaped",
        "Permute": "put in order",
        "Add": "sum",
        "GeM": "GeM pooling",
        "L2": "L2: length 1",
    }
    if kind == "LeakyReLU":
        return [f"leaky ReLU {layer.negative_slope:g}"]
    return [simple[kind]] if kind in simple else _activation(layer)


def _activation(layer: Any) -> list[str]:
    activation = getattr(layer, "activation", None)
    name = getattr(activation, "__name__", "linear")
    return [] if name == "linear" else [_NAMES.get(name, name)]


def _shape(model: keras.Model, layer: Any) -> tuple[int | str, ...]:
    """Give a shape; where any size is taken, as a share of the image's height and width."""
    shape = tuple(layer.output.shape[1:])
    if None not in shape:
        return shape
    asked = (1, _NOMINAL, _NOMINAL, model.input_shape[-1])
    put_out = layer._inbound_nodes[0].outputs[0]
    side = keras.Model(model.input, put_out).compute_output_shape(asked)[1]
    share = "" if side == _NOMINAL else f"/{_NOMINAL // side}"
    return f"h{share}", f"w{share}", shape[-1]


def _width(box: Box) -> float:
    values = math.prod(each if isinstance(each, int) else _NOMINAL // 8 for each in box.shape)
    return max(84.0, _WIDEST * min(1.0, math.log2(values + 1) / 17.6))


def _svg(title: str, asked: str, net: Net) -> str:
    height = 62 + _STEP * len(net.boxes)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_ACROSS} {height}" '
        f'width="{_ACROSS}" height="{height}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="13">',
        f"<title>{title}</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" '
        'markerHeight="6" orient="auto"><path d="M0 0L8 4L0 8z" fill="#666"/></marker></defs>',
        f'<rect width="{_ACROSS}" height="{height}" fill="#fff"/>',
        f'<text x="16" y="24" font-size="15" font-weight="bold" fill="#222">{title}</text>',
        f'<text x="16" y="42" fill="#666">{asked}</text>',
    ]
    for number, box in enumerate(net.boxes):
        lines += _drawn(number, box)
    for lane, (start, end) in enumerate(sorted(net.shortcuts, key=lambda pair: pair[1] - pair[0])):
        lines.append(_shortcut(net, start, end, lane))
    return "\n".join([*lines, "</svg>"]) + "\n"


def _top(number: int) -> int:
    return 54 + _STEP * number


def _drawn(number: int, box: Box) -> list[str]:
    top, width = _top(number), _width(box)
    middle = top + 16
    any_size = not isinstance(box.shape[0], int)
    shape = (" × " if any_size else "×").join(
        f"{each:,}" if isinstance(each, int) else each for each in box.shape
    )
    words = ", ".join(dict.fromkeys(box.words))
    weight = ' font-weight="bold"' if box.part == "feature" else ""
    lines = [
        f'<rect x="{_CENTRE - width / 2:.1f}" y="{top}" width="{width:.1f}" height="{_HIGH}" '
        f'rx="3" fill="{_COLOURS[box.part]}" stroke="#8a97a6"/>',
        f'<text x="{_WORDS - 8}" y="{middle}" text-anchor="end" fill="#222"{weight}>{words}</text>',
        f'<text x="{_CENTRE}" y="{middle}" text-anchor="middle" fill="#222">{shape}</text>',
    ]
    if box.parameters:
        lines.append(
            f'<text x="{_ACROSS - 16}" y="{middle}" text-anchor="end" fill="#444">'
            f"{box.parameters:,}</text>"
        )
    if number:
        lines.append(
            f'<path d="M{_CENTRE} {top - _STEP + _HIGH}V{top}" stroke="#666" fill="none" '
            'marker-end="url(#tip)"/>'
        )
    return lines


def _shortcut(net: Net, start: int, end: int, lane: int) -> str:
    x = _LANES + 7 * lane
    first, last = (_CENTRE + _width(net.boxes[each]) / 2 for each in (start, end))
    return (
        f'<path d="M{first:.1f} {_top(start) + 15}H{x}V{_top(end) + 9}H{last:.1f}" '
        'stroke="#b4637a" fill="none" marker-end="url(#tip)"/>'
    )


def main(arguments: list[str]) -> int:
    """Write the drawings, or check them.

    Args:
        arguments: ``--check`` or none.

    Returns:
        0, or 1 where a drawing is not what the model says.
    """
    stale = []
    for name in NETS:
        path, text = FOLDER / f"{name}.svg", drawing(name)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in arguments:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
    if stale and "--check" in arguments:
        print(f"Not what the model says: {', '.join(stale)}; run: python docs/drawings.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
