"""Where an AIR net pools and which layers its shortcuts join, as plain numbers.

Layers are numbered from 1 to the depth: the first half are the encoder's convolutions, the second
half the decoder's transposed convolutions, of which the last gives the image.
"""

from dataclasses import dataclass

from aehash.errors import UsageError, nearest
from aehash.models.blocks import whole

#: The smallest depth: three convolutions and three transposed ones, so that there is a shortcut.
SMALLEST_DEPTH = 6
_SMALLEST_MAP = 7


@dataclass(frozen=True)
class Configuration:
    """One of the paper's five configurations.

    Attributes:
        pooling: Whether the encoder pools, and the decoder upsamples.
        shortcuts: ``none``, ``symmetric`` or ``first`` (all from the first layer).
    """

    pooling: bool
    shortcuts: str


CONFIGURATIONS: dict[str, Configuration] = {
    "classic": Configuration(True, "none"),
    "shortcut_symmetric": Configuration(True, "symmetric"),
    "nopool_shortcut_symmetric": Configuration(False, "symmetric"),
    "shortcut": Configuration(True, "first"),
    "nopool_shortcut": Configuration(False, "first"),
}


@dataclass(frozen=True)
class Plan:
    """The layers of a net.

    Attributes:
        depth: Convolutions and transposed convolutions together.
        pools: Encoder layers that a pooling follows; an upsampling precedes their mirror images.
        shortcuts: (source, target) layer numbers; the source's map is added to the target's
            before its ReLU.
    """

    depth: int
    pools: tuple[int, ...]
    shortcuts: tuple[tuple[int, int], ...]

    @property
    def half(self) -> int:
        """Number of convolutions, and of transposed convolutions."""
        return self.depth // 2

    def level(self, layer: int) -> int:
        """Say how often the maps of a layer have been halved.

        Args:
            layer: 1 to the depth; a decoder layer stands where its mirror image stands.

        Returns:
            Its number of halvings, 0 for the image's own size.
        """
        mirrored = layer if layer <= self.half else self.depth + 1 - layer
        return sum(place < mirrored for place in self.pools)


def make_plan(
    configuration: str,
    depth: int,
    image_size: int,
    *,
    pools: int | None = None,
    shortcut_every: int = 2,
    across: bool = True,
) -> Plan:
    """Lay out a net.

    Args:
        configuration: A key of :data:`CONFIGURATIONS`.
        depth: An even number, :data:`SMALLEST_DEPTH` or more.
        image_size: Side in pixels.
        pools: Number of poolings, evenly spread; None for as many as leave maps of 7 pixels and
            more, at least one.
        shortcut_every: Layers between one shortcut and the next.
        across: Whether shortcuts go from the encoder to the decoder.

    Returns:
        The plan.

    Raises:
        UsageError: An argument is out of range.
    """
    if configuration not in CONFIGURATIONS:
        raise UsageError(
            f"There is no configuration {configuration!r}; it must be one of "
            f"{', '.join(CONFIGURATIONS)}.{nearest(str(configuration), CONFIGURATIONS)}"
        )
    whole("depth", depth, SMALLEST_DEPTH)
    if depth % 2:
        raise UsageError(
            f"depth is {depth}; it must be even, since every convolution has its transposed one. "
            f"Nearest: {depth - 1} and {depth + 1}."
        )
    whole("shortcut_every", shortcut_every, 1)
    whole("image_size", image_size, 4)
    chosen = CONFIGURATIONS[configuration]
    if not across and chosen.shortcuts == "symmetric":
        raise UsageError(
            f"across is {across}, but every shortcut of {configuration} goes from the encoder to "
            "the decoder; take the configuration classic, or shortcut."
        )
    places = _places(configuration, depth // 2, image_size, pools)
    return Plan(depth, places, _shortcuts(chosen.shortcuts, depth, shortcut_every, across))


def halvings(image_size: int) -> int:
    """Count how often a side can be halved and stay whole, and 7 pixels or more.

    Args:
        image_size: Side in pixels.

    Returns:
        Such as 2 for 28 and 32 pixels, 3 for 64, 0 for 8.
    """
    count = 0
    while image_size % 2 == 0 and image_size // 2 >= _SMALLEST_MAP:
        image_size //= 2
        count += 1
    return count


def _places(configuration: str, half: int, size: int, pools: int | None) -> tuple[int, ...]:
    if not CONFIGURATIONS[configuration].pooling:
        if pools is not None:
            raise UsageError(
                f"pools is {pools}, but {configuration} has no pooling; leave pools out, or take "
                "a configuration that pools."
            )
        return ()
    if pools is None:
        count = min(max(halvings(size), 1), half - 1)
    else:
        whole("pools", pools, 1)
        count = pools
    if count >= half:
        raise UsageError(
            f"pools is {count}, but {half} convolutions have room for {half - 1} poolings; give "
            "fewer pools, or a greater depth."
        )
    if size % (1 << count) or size >> count < 2:
        raise UsageError(
            f"{count} pooling(s) need images of a size divisible by {1 << count} and at least "
            f"{2 << count} pixels, not {size}; nearest: {max(size >> count, 2) << count}."
        )
    return tuple(round(number * half / (count + 1)) for number in range(1, count + 1))


def _shortcuts(kind: str, depth: int, every: int, across: bool) -> tuple[tuple[int, int], ...]:
    half = depth // 2
    if kind == "none":
        return ()
    if kind == "symmetric":
        return tuple((source, depth - source) for source in range(every, half, every))
    if across:
        return tuple((1, target) for target in range(1 + every, depth, every))
    first = half + 1
    encoder = tuple((1, target) for target in range(1 + every, half + 1, every))
    return encoder + tuple((first, target) for target in range(first + every, depth, every))
