"""The sample pictures of ``2_fine_tune.py``: balls, cones and cubes, rendered from formulas.

    python 08_pretrained/render_shapes.py

writes ``images/shapes/<class>/*.jpg`` and, for ``3_classify_pictures.py``, others that are in no
class folder, ``images/shapes_unseen/*.jpg``. The same seed gives the same pictures. Each shows a
shape of random colour on a ground of random colour, lit and seen from random directions.
"""

from cnn_practice import files

import numpy as np
from PIL import Image

SEED, NUMBER, UNSEEN = 1, 12, 2  # pictures of each class, and unseen ones
SIZE, SMOOTH = 160, 2  # pixels a side; each is the mean of SMOOTH × SMOOTH rays


def ball(points):
    """Distance of each point, shape (N, 3), to a ball of radius 1 that lies on the ground."""
    return np.linalg.norm(points - (0, 0, 1), axis=1) - 1


def cube(points):
    """Distance to a cube of side 1.7."""
    beyond = np.abs(points - (0, 0, 0.85)) - 0.85
    outside = np.linalg.norm(np.maximum(beyond, 0), axis=1)
    return outside + np.minimum(beyond.max(axis=1), 0)


def cone(points):
    """Distance to a cone of height 2 and radius 1, or less than the distance."""
    slant = (np.hypot(points[:, 0], points[:, 1]) + (points[:, 2] - 2) / 2) * 2 / np.sqrt(5)
    return np.maximum(slant, -points[:, 2])


SHAPES = {"ball": ball, "cone": cone, "cube": cube}


def render(shape, rng):
    """A picture of the shape, uint8 (SIZE, SIZE, 3)."""
    azimuth, elevation = rng.uniform(0, 2 * np.pi), rng.uniform(0.25, 0.7)
    eye = np.array([np.cos(azimuth), np.sin(azimuth), np.tan(elevation)])
    eye *= rng.uniform(4.5, 7) / np.linalg.norm(eye)
    forward = np.array([*rng.uniform(-0.5, 0.5, 2), 0.8]) - eye
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, (0, 0, 1))
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    across = np.linspace(-0.42, 0.42, SIZE * SMOOTH)
    rays = forward + across[:, None, None] * down + across[None, :, None] * right
    rays = (rays / np.linalg.norm(rays, axis=-1, keepdims=True)).reshape(-1, 3)

    light = np.array([*rng.normal(size=2), rng.uniform(0.8, 2)])
    light /= np.linalg.norm(light)
    colour, ground = rng.uniform(0.1, 1, 3), rng.uniform(0.2, 0.9, 3)
    sky = rng.uniform(0.4, 1, 3)

    points, hit = march(shape, np.broadcast_to(eye, rays.shape), rays)
    picture = np.broadcast_to(sky, rays.shape).copy()
    picture[hit] = colour * shade(normals(shape, points[hit]) @ light)
    # Where a ray meets the ground, the shadow of the shape tells whether the light reaches it.
    below = ~hit & (rays[:, 2] < -1e-3)
    distance = -eye[2] / rays[below, 2]
    spots = eye + distance[:, None] * rays[below]
    _, dark = march(shape, spots + 1e-3 * light, np.broadcast_to(light, spots.shape))
    grain = 1 + 0.06 * np.sin(5 * spots[:, :1]) * np.sin(5 * spots[:, 1:2])
    bright = shade(np.where(dark, 0, light[2]))
    haze = np.exp(-0.03 * distance)[:, None]
    picture[below] = haze * ground * bright * grain + (1 - haze) * sky
    picture = picture.reshape(SIZE, SMOOTH, SIZE, SMOOTH, 3).mean(axis=(1, 3))
    picture += rng.normal(0, 0.015, picture.shape)  # as of a camera
    return (255 * np.clip(picture, 0, 1)).astype(np.uint8)


def march(shape, start, rays):
    """Follow each ray in steps that cannot reach the shape; where it ends, and whether it hits."""
    travelled = np.zeros(len(rays))
    for _ in range(60):
        travelled += np.minimum(shape(start + travelled[:, None] * rays), 20 - travelled)
    points = start + travelled[:, None] * rays
    return points, (shape(points) < 1e-3) & (travelled < 15)


def normals(shape, points, step=1e-4):
    """The direction in which the distance grows, (N, 3)."""
    steps = step * np.eye(3)
    slopes = np.stack([shape(points + each) - shape(points - each) for each in steps], axis=1)
    return slopes / np.linalg.norm(slopes, axis=1, keepdims=True)


def shade(cosine):
    """Brightness of a surface by the cosine between its normal and the light, shape (N, 1)."""
    return (0.3 + 0.7 * np.maximum(cosine, 0))[:, None]


def main():
    rng = np.random.default_rng(SEED)
    for name, shape in SHAPES.items():
        for number in range(NUMBER + UNSEEN):
            folder = files.ROOT / "images" / ("shapes" if number < NUMBER else "shapes_unseen")
            path = folder / (name if number < NUMBER else "") / f"{name}_{number + 1:02}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(render(shape, rng)).save(path, quality=85)
    print(f"{len(SHAPES) * (NUMBER + UNSEEN)} pictures in images/shapes and images/shapes_unseen")


if __name__ == "__main__":
    main()
