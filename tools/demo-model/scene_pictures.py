"""Scenes as picture files, drawn by Pillow: another way than the training's, at a larger size, as a user's picture would be."""

import math

import numpy as np
from PIL import Image, ImageDraw

from scenes import COLOUR, COLOURS, NONE, SHAPE, SHAPES

FINER = 4  # drawn so many times larger and scaled down, for smooth rims


def outlines(shape):
    """Polygons of a shape of radius 1, y downwards; of a ring the outer one, then the hole."""
    def circle(radius):
        return [(radius * math.sin(a), -radius * math.cos(a)) for a in np.linspace(0, 2 * math.pi, 120, endpoint=False)]

    def rays(*radii, count):
        return [(radii[i % len(radii)] * math.sin(2 * math.pi * i / count), -radii[i % len(radii)] * math.cos(2 * math.pi * i / count))
                for i in range(count)]

    if shape == "circle":
        return [circle(1)]
    if shape == "square":
        return [[(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)]]
    if shape == "triangle":
        return [rays(1.25, count=3)]
    if shape == "star":
        return [rays(1.3, 0.55, count=10)]
    if shape == "cross":
        a, b = 0.37, 1.1
        return [[(-a, -b), (a, -b), (a, -a), (b, -a), (b, a), (a, a), (a, b), (-a, b), (-a, a), (-b, a), (-b, -a), (-a, -a)]]
    if shape == "ring":
        return [circle(1.07), circle(0.57)]
    raise ValueError(shape)


def draw_picture(rng, scenes, row, side=256, jitter=10):
    """One scene as an RGB image of side × side pixels."""
    large = side * FINER
    background = tuple(int(v) for v in rng.integers(228, 256, 3))
    image = Image.new("RGB", (large, large), background)
    pen = ImageDraw.Draw(image)
    for index in range(2):
        attributes = scenes.attributes[row, index]
        if attributes[SHAPE] == NONE:
            continue
        rotation, radius, centre = scenes.rotations[row, index], scenes.radii[row, index], scenes.centres[row, index]
        colour = np.array(list(COLOURS.values())[attributes[COLOUR]]) + rng.integers(-jitter, jitter + 1, 3)
        fills = [tuple(int(v) for v in colour.clip(0, 255)), background]
        for fill, polygon in zip(fills, outlines(SHAPES[attributes[SHAPE]]), strict=False):
            turned = [(x * math.cos(rotation) - y * math.sin(rotation), x * math.sin(rotation) + y * math.cos(rotation)) for x, y in polygon]
            pen.polygon([((centre[0] + radius * x) * large, (centre[1] + radius * y) * large) for x, y in turned], fill=fill)
    return image.resize((side, side), Image.Resampling.LANCZOS)
