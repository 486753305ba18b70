"""Scenes as pixels, a batch at a time, straight at the size that the model sees.

A pixel's share of a shape comes from the signed distance to the shape's outline, in which every shape is a line or two.
"""

import math

import numpy as np
import torch

from scenes import COLOUR, COLOURS, SHAPE, SHAPES

JITTER = 14  # levels by which an object's colour is off, either way


def distance(shape, x, y):
    """Signed distance from the outline, negative inside, for a shape of radius 1 (near the outline; farther off it is a bound)."""
    if shape == "circle":
        return torch.hypot(x, y) - 1
    if shape == "square":
        return torch.maximum(x.abs(), y.abs()) - 0.88
    if shape == "triangle":  # its tip is up
        return torch.maximum(y, x.abs() * math.cos(math.pi / 6) - y * 0.5) - 0.625
    if shape == "star":  # five tips of radius 1.3, one of them up, and five inner corners of radius 0.55
        sector = math.pi / 5
        angle = torch.atan2(x, -y).abs().remainder(2 * sector)
        angle = torch.minimum(angle, 2 * sector - angle)  # from the nearest tip
        radius = torch.hypot(x, y)
        tip, inner_x, inner_y = 1.3, 0.55 * math.cos(sector), 0.55 * math.sin(sector)
        length = math.hypot(tip - inner_x, inner_y)
        return ((radius * torch.cos(angle) - tip) * inner_y + radius * torch.sin(angle) * (tip - inner_x)) / length
    if shape == "cross":
        long, wide = 1.1, 0.37
        return torch.minimum(torch.maximum(x.abs() - long, y.abs() - wide), torch.maximum(x.abs() - wide, y.abs() - long))
    if shape == "ring":
        return (torch.hypot(x, y) - 0.82).abs() - 0.25
    raise ValueError(shape)


def draw(rng, scenes, side):
    """Pictures of scenes.

    Returns pixels [scenes, 3, side, side] in 0…1, and each object's share of each pixel, [scenes, 2, side, side].
    """
    count = len(scenes.relations)
    grid = (torch.arange(side) + 0.5) / side
    background = torch.from_numpy(rng.uniform(222, 255, (count, 2, 3)).astype(np.float32))
    background[torch.from_numpy(rng.random(count) < 0.6), 1] = math.nan  # one colour
    background[:, 1] = torch.where(background[:, 1].isnan(), background[:, 0], background[:, 1])
    turn = torch.from_numpy(rng.uniform(0, 2 * math.pi, count).astype(np.float32))[:, None, None]
    ramp = 0.5 + (grid[None, None, :] - 0.5) * torch.cos(turn) * 0.7 + (grid[None, :, None] - 0.5) * torch.sin(turn) * 0.7
    pixels = background[:, 0, :, None, None] + (background[:, 1] - background[:, 0])[:, :, None, None] * ramp[:, None]

    palette = torch.tensor(list(COLOURS.values()), dtype=torch.float32)
    shares = torch.zeros(count, 2, side, side)
    for index in range(2):
        shapes = scenes.attributes[:, index, SHAPE]
        for number, shape in enumerate(SHAPES):
            rows = np.flatnonzero(shapes == number)
            if rows.size == 0:
                continue
            centre, radius, rotation = (torch.from_numpy(a[rows, index].astype(np.float32))
                                        for a in (scenes.centres, scenes.radii, scenes.rotations))
            radius, cosine, sine = radius[:, None, None], torch.cos(rotation)[:, None, None], torch.sin(rotation)[:, None, None]
            x = (grid[None, None, :] - centre[:, 0, None, None]) / radius
            y = (grid[None, :, None] - centre[:, 1, None, None]) / radius
            inside = 0.5 - distance(shape, x * cosine + y * sine, y * cosine - x * sine) * radius * side
            shares[rows, index] = inside.clamp(0, 1)
        colours = palette[torch.from_numpy(np.maximum(scenes.attributes[:, index, COLOUR], 0))]
        colours = colours + torch.from_numpy(rng.uniform(-JITTER, JITTER, (count, 3)).astype(np.float32))
        pixels = pixels + shares[:, index, None] * (colours[:, :, None, None] - pixels)  # no share where there is no object

    noise = torch.from_numpy(rng.uniform(0, 4, count).astype(np.float32))[:, None, None, None]
    pixels = pixels + noise * torch.from_numpy(rng.standard_normal(pixels.shape, dtype=np.float32))
    # Half of the pictures a little soft, as scaled and compressed ones are.
    soft = torch.from_numpy(rng.random(count) < 0.5)
    amount = torch.from_numpy(rng.uniform(0, 1, count).astype(np.float32))[:, None, None, None]
    blurred = torch.nn.functional.avg_pool2d(torch.nn.functional.pad(pixels[soft], (1, 1, 1, 1), mode="replicate"), 3, 1)
    pixels[soft] = pixels[soft] + amount[soft] * (blurred - pixels[soft])
    return pixels.clamp(0, 255) / 255, shares
