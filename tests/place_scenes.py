"""Places to recognise, drawn by tracing rays: buildings and balls on the ground, seen from around.

What belongs to a place: where its buildings and balls stand, how large they are, their patterns and
colours, and those of the ground. What belongs to a picture alone: where the camera stands, its
angle, size and aspect, the sky, the sun, the colour and strength of the light, noise, and a few
bright boxes that pass by. All places draw from one small palette, and pixels and colours alone say
little of where a picture was taken.
"""

import csv
from dataclasses import dataclass

import numpy as np
from PIL import Image

#: Paints of 0 to 1, as the light of noon shows them.
PALETTE = np.array(
    [
        (0.85, 0.20, 0.15),
        (0.95, 0.55, 0.15),
        (0.95, 0.85, 0.25),
        (0.35, 0.65, 0.20),
        (0.15, 0.50, 0.40),
        (0.30, 0.70, 0.85),
        (0.15, 0.30, 0.75),
        (0.50, 0.25, 0.65),
        (0.90, 0.50, 0.65),
        (0.45, 0.28, 0.15),
        (0.90, 0.88, 0.82),
        (0.20, 0.20, 0.22),
    ],
    np.float32,
)
PATTERNS = 6
#: Heights and widths of pictures, in pixels.
SIZES = ((48, 64), (64, 48), (64, 64), (54, 72), (72, 54))
_SAMPLES = 2


@dataclass(frozen=True)
class Box:
    """A cuboid that stands on the ground, turned about the vertical."""

    centre: np.ndarray
    half: np.ndarray
    angle: float
    paint: "Paint"


@dataclass(frozen=True)
class Ball:
    """A sphere."""

    centre: np.ndarray
    radius: float
    paint: "Paint"


@dataclass(frozen=True)
class Paint:
    """Two colours in a pattern, repeated every ``step`` along two axes."""

    pattern: int
    step: np.ndarray
    one: np.ndarray
    other: np.ndarray


@dataclass(frozen=True)
class Camera:
    """Where a picture is taken from, and its size in pixels."""

    place: np.ndarray
    towards: np.ndarray
    zoom: float
    height: int
    width: int


@dataclass(frozen=True)
class Light:
    """What the weather does: direction of the sun, colours of its light and of the sky, noise."""

    sun: np.ndarray
    colour: np.ndarray
    shade: float
    sky: np.ndarray
    noise: float


@dataclass(frozen=True)
class Place:
    """What is the same in all pictures of a place."""

    ground: Paint
    solids: tuple


def draw_place(rng):
    """Make up a place.

    Args:
        rng: A NumPy generator.
    """
    boxes, style = [], _paint(rng, 1.0)
    for turn in np.linspace(0, 2 * np.pi, rng.integers(3, 6), endpoint=False):
        angle, radius = turn + rng.uniform(-0.5, 0.5), rng.uniform(1.5, 3.8)
        half = np.array([*rng.uniform(0.7, 1.7, 2), rng.uniform(0.8, 2.6)])
        centre = np.array([radius * np.cos(angle), radius * np.sin(angle), half[2]])
        paint = style if rng.random() < 0.3 else _paint(rng, 1.0)
        boxes.append(Box(centre, half, rng.uniform(0, np.pi), paint))
    balls = []
    for _ in range(rng.integers(0, 3)):
        radius = rng.uniform(0.4, 1.0)
        centre = np.array([*rng.uniform(-3.5, 3.5, 2), radius * rng.uniform(0.8, 3.0)])
        balls.append(Ball(centre, radius, _paint(rng, 0.7)))
    return Place(_paint(rng, 1.6), (*boxes, *balls))


def draw_view(rng, place):
    """Take a picture from somewhere around a place.

    Args:
        rng: A NumPy generator.
        place: Of :func:`draw_place`.

    Returns:
        (height, width, 3) uint8, of one of :data:`SIZES`.
    """
    around, far = rng.uniform(-0.9, 0.9), rng.uniform(8, 13)
    eye = np.array([far * np.sin(around), -far * np.cos(around), rng.uniform(1.2, 5.0)])
    aim = np.array([*rng.uniform(-1.6, 1.6, 2), rng.uniform(0.6, 2.4)])
    camera = Camera(eye, aim - eye, rng.uniform(1.1, 1.9), *rng.choice(SIZES).tolist())
    passing = [_passing(rng, around) for _ in range(rng.integers(0, 3))]
    light = _weather(rng)
    picture = trace(Place(place.ground, (*place.solids, *passing)), camera, light)
    noisy = picture * 255 + rng.normal(0, light.noise, picture.shape)
    return np.clip(np.round(noisy), 0, 255).astype(np.uint8)


def write_places(folder, places, views, seed=0):
    """Write pictures of places, and the list that says which show the same.

    Args:
        folder: Made where missing.
        places: How many.
        views: Pictures of each.
        seed: Others give other places.

    Returns:
        The list, ``path,cluster``.
    """
    rows = []
    for number in range(places):
        rng = np.random.default_rng((seed, number))
        place = draw_place(rng)
        (folder / f"place{number:02}").mkdir(parents=True)
        for view in range(views):
            path = f"place{number:02}/{view}.png"
            Image.fromarray(draw_view(rng, place)).save(folder / path)
            rows.append((path, f"place{number:02}"))
    with (folder / "places.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("path", "cluster"), *rows])
    return folder / "places.csv"


def trace(place, camera, light):
    """Trace the rays of a camera to what they meet first.

    Args:
        place: What stands there.
        camera: From where.
        light: In which.

    Returns:
        (height, width, 3) float32, 0 and more.
    """
    rays = _rays(camera)
    nearest = np.full(len(rays), np.inf, np.float32)
    colours = _sky(rays, light)
    for solid in (place.ground, *place.solids):
        meet = {Paint: _meet_ground, Box: _meet_box, Ball: _meet_ball}[type(solid)]
        met, distance, normal, spot = meet(solid, camera.place.astype(np.float32), rays)
        seen = distance < nearest[met]
        rows, distance = met[seen], distance[seen]
        nearest[rows] = distance
        paint = solid if isinstance(solid, Paint) else solid.paint
        bright = light.shade + (1 - light.shade) * np.maximum(normal[seen] @ light.sun, 0)
        lit = _painted(paint, spot[seen]) * bright[:, None] * light.colour
        haze = np.exp(-distance[:, None] / 60)
        colours[rows] = lit * haze + colours[rows] * (1 - haze)
    shape = (camera.height, _SAMPLES, camera.width, _SAMPLES, 3)
    return colours.reshape(shape).mean(axis=(1, 3))


def _paint(rng, scale):
    one, other = rng.choice(len(PALETTE), 2, replace=False)
    step = scale * rng.uniform(0.5, 1.4, 2).astype(np.float32)
    return Paint(int(rng.integers(PATTERNS)), step, PALETTE[one], PALETTE[other])


def _passing(rng, around):
    """Draw what is there in one picture only: a box, as of a car, in front of the place."""
    turn, far = around + rng.uniform(-0.5, 0.5), rng.uniform(3.5, 6.5)
    half = rng.uniform(0.2, 0.7, 3)
    centre = np.array([far * np.sin(turn), -far * np.cos(turn), half[2]])
    plain = rng.uniform(0.1, 1.0, 3).astype(np.float32)
    paint = Paint(0, np.ones(2, np.float32), plain, plain)
    return Box(centre, half, rng.uniform(0, np.pi), paint)


def _weather(rng):
    turn, rise = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 1.2)
    sun = np.array([np.cos(turn) * np.cos(rise), np.sin(turn) * np.cos(rise), np.sin(rise)])
    colour = rng.uniform(0.6, 1.2) * rng.uniform(0.95, 1.05, 3)
    sky = np.clip(rng.uniform(0.25, 1.0) * rng.uniform(0.7, 1.1, 3), 0, 1)
    return Light(sun, colour, rng.uniform(0.45, 0.8), sky, rng.uniform(2, 8))


def _rays(camera):
    """Give a direction of length 1 for every sample of every pixel."""
    ahead = camera.towards / np.linalg.norm(camera.towards)
    right = np.cross(ahead, (0, 0, 1))
    right /= np.linalg.norm(right)
    up = np.cross(right, ahead)
    rows, columns = camera.height * _SAMPLES, camera.width * _SAMPLES
    unit = camera.zoom * max(rows, columns) / 2
    y = (rows / 2 - 0.5 - np.arange(rows))[:, None, None] / unit
    x = (np.arange(columns) + 0.5 - columns / 2)[None, :, None] / unit
    rays = (ahead + x * right + y * up).reshape(-1, 3)
    return (rays / np.linalg.norm(rays, axis=1, keepdims=True)).astype(np.float32)


def _sky(rays, light):
    height = np.clip(rays[:, 2:], 0, 1) ** 0.5
    return (light.sky * (1.1 - 0.4 * height)).astype(np.float32)


# What meets what: (m,) rays that do, then the distance, the surface's normal and the place on it.


def _meet_ground(_, eye, rays):
    met = np.flatnonzero(rays[:, 2] < -1e-3)
    distance = -eye[2] / rays[met, 2]
    spot = eye + distance[:, None] * rays[met]
    return met, distance, np.broadcast_to(np.float32([0, 0, 1]), spot.shape), spot[:, :2]


def _meet_box(box, eye, rays):
    cos, sin = np.cos(box.angle), np.sin(box.angle)
    turn = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]], np.float32)
    start = turn @ (eye - box.centre.astype(np.float32))
    along = turn @ rays.T
    along = np.where(np.abs(along) < 1e-6, np.float32(1e-6), along)
    half = box.half.astype(np.float32)
    one, other = ((side * half - start)[:, None] / along for side in (-1, 1))
    enters, leaves = np.minimum(one, other), np.maximum(one, other)
    distance = enters.max(axis=0)
    met = np.flatnonzero((distance < leaves.min(axis=0)) & (distance > 0))
    axis, along, distance = enters[:, met].argmax(axis=0), along[:, met].T, distance[met]
    every = np.arange(len(met))
    normal = np.zeros_like(along)
    normal[every, axis] = -np.sign(along[every, axis])
    spot = start + distance[:, None] * along + half
    across = np.array([[1, 2], [0, 2], [0, 1]])[axis]
    return met, distance, normal @ turn, spot[every[:, None], across]


def _meet_ball(ball, eye, rays):
    start = eye - ball.centre.astype(np.float32)
    half = rays @ start
    inside = half**2 - start @ start + np.float32(ball.radius**2)
    met = np.flatnonzero(inside > 0)
    distance = -half[met] - np.sqrt(inside[met])
    normal = (start + distance[:, None] * rays[met]) / np.float32(ball.radius)
    around = np.arctan2(normal[:, 1], normal[:, 0]) * ball.radius
    return met, distance, normal, np.stack([around, normal[:, 2] * ball.radius], axis=1)


def _painted(paint, spot):
    """Give the colours of spots (n, 2) on a surface."""
    u, v = (spot / paint.step).T
    a, b = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
    x, y = u - a, v - b
    pattern = (
        lambda: (a + b) % 2,
        lambda: (x < 0.4).astype(float),
        lambda: (y < 0.4).astype(float),
        lambda: (np.abs(x - 0.5) < 0.28) & (np.abs(y - 0.5) < 0.32),
        lambda: (y < 0.18) | ((u + 0.5 * (b % 2)) % 1 < 0.12),
        lambda: 0.5 + 0.5 * np.sin(2.1 * u + np.sin(1.3 * v)) * np.sin(1.7 * v + np.sin(0.9 * u)),
    )[paint.pattern]()
    share = np.asarray(pattern, np.float32)[:, None]
    return share * paint.one + (1 - share) * paint.other
