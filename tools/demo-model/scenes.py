"""The world of the demo model: scenes of one or two objects, captions about them, and which caption is true of which scene.

A batch of either is a few integer arrays, so that the truth of every caption about every scene is one comparison of arrays.
"""

from dataclasses import dataclass

import numpy as np

SHAPES = ("circle", "square", "triangle", "star", "cross", "ring")
COLOURS = {  # as red, green, blue
    "red": (220, 40, 40), "orange": (245, 140, 30), "yellow": (245, 220, 50), "green": (50, 160, 70),
    "blue": (45, 90, 215), "purple": (135, 60, 175), "pink": (245, 150, 190), "black": (30, 30, 30),
}
SIZES = {  # radius as a part of the picture's side, from … to; the gaps between them are what makes them three
    "small": (0.075, 0.090), "medium": (0.115, 0.130), "large": (0.165, 0.185),
}
RELATIONS = ("above", "below", "left of", "right of")
INVERSE = np.array([1, 0, 3, 2])

SHAPE, COLOUR, SIZE = range(3)
COUNTS = (len(SHAPES), len(COLOURS), len(SIZES))  # values of each attribute
NONE = -1  # no second object; an attribute or a relation that the caption does not tell

ROTATION = np.radians(12)  # objects are turned by up to this, either way
REACH = 1.3                # no shape goes farther from its centre than this many radii


@dataclass
class Scenes:
    attributes: np.ndarray  # [scenes, 2, 3] shape, colour, size; NONE where there is no second object
    centres: np.ndarray     # [scenes, 2, 2] x to the right, y downwards, as parts of the picture's side
    radii: np.ndarray       # [scenes, 2]
    rotations: np.ndarray   # [scenes, 2] radians
    relations: np.ndarray   # [scenes] of the first object to the second; NONE with one object


@dataclass
class Captions:
    attributes: np.ndarray  # [captions, 2, 3] as told; NONE for what is not told
    objects: np.ndarray     # [captions] 1 or 2
    relations: np.ndarray   # [captions]; NONE: "and"


def join(parts):
    return Captions(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("attributes", "objects", "relations")))


def draw_scenes(rng, count, pairs=0.85):
    """Random scenes. In a pair no two objects are alike in everything, they do not touch, and one axis clearly dominates."""
    attributes = np.stack([rng.integers(0, values, (count, 2)) for values in COUNTS], axis=2)
    alike = (attributes[:, 0] == attributes[:, 1]).all(axis=1)
    attributes[alike, 1, COLOUR] = (attributes[alike, 0, COLOUR] + 1) % len(COLOURS)
    bounds = np.array(list(SIZES.values()))[attributes[:, :, SIZE]]
    radii = rng.uniform(bounds[..., 0], bounds[..., 1])

    centres = np.zeros((count, 2, 2))
    margins = REACH * radii[..., None] + 0.01
    missing = np.arange(count)
    while missing.size:
        centres[missing] = rng.uniform(margins[missing], 1 - margins[missing], (missing.size, 2, 2))
        offset = np.abs(centres[missing, 0] - centres[missing, 1])
        apart = np.hypot(*offset.T) > 1.15 * radii[missing].sum(axis=1) + 0.02
        missing = missing[~(apart & (offset.min(axis=1) <= 0.5 * offset.max(axis=1)))]

    offset = centres[:, 0] - centres[:, 1]
    vertical = np.abs(offset[:, 1]) > np.abs(offset[:, 0])
    relations = np.where(vertical, np.where(offset[:, 1] < 0, 0, 1), np.where(offset[:, 0] < 0, 2, 3))
    single = rng.random(count) >= pairs
    attributes[single, 1] = NONE
    relations[single] = NONE
    return Scenes(attributes, centres, radii, rng.uniform(-ROTATION, ROTATION, (count, 2)), relations)


def full_captions(scenes):
    """Everything that there is to tell, such as "a large red circle above a small blue square"."""
    return Captions(scenes.attributes.copy(), np.where(scenes.relations == NONE, 1, 2), scenes.relations.copy())


def draw_captions(rng, scenes):
    """True captions, many of which leave something out."""
    count = len(scenes.relations)
    captions = full_captions(scenes)
    pair = captions.objects == 2

    swapped = pair & (rng.random(count) < 0.5)  # "A above B" is "B below A"
    captions.attributes[swapped] = captions.attributes[swapped, ::-1]
    captions.relations[swapped] = INVERSE[captions.relations[swapped]]

    one = pair & (rng.random(count) < 0.06)  # one of the two objects alone
    captions.attributes[one, 1] = NONE
    captions.objects[one] = 1
    captions.relations[one] = NONE
    captions.relations[pair & (rng.random(count) < 0.06)] = NONE  # "and"

    for attribute in (COLOUR, SIZE):  # "a red circle", "a large circle"
        captions.attributes[rng.random(count) < 0.12, :, attribute] = NONE
    return captions


def hard_negatives(rng, captions):
    """The captions with one thing changed: an attribute of an object, the relation, or who has which attribute.

    A result may still be true, say where nothing could be changed: ask `true_of`.
    """
    count = len(captions.relations)
    result = Captions(captions.attributes.copy(), captions.objects, captions.relations.copy())
    rows = np.arange(count)
    kind = rng.choice(5, count, p=[0.16, 0.24, 0.16, 0.28, 0.16])
    kind = np.where((captions.objects == 1) & (kind >= 3), rng.integers(0, 3, count), kind)
    which = np.where(captions.objects == 2, rng.integers(0, 2, count), 0)
    for attribute, values in zip((COLOUR, SHAPE, SIZE), (COUNTS[COLOUR], COUNTS[SHAPE], COUNTS[SIZE]), strict=True):
        chosen = rows[kind == (COLOUR, SHAPE, SIZE).index(attribute)]
        old = result.attributes[chosen, which[chosen], attribute]
        new = (old + rng.integers(1, values, chosen.size)) % values
        result.attributes[chosen, which[chosen], attribute] = np.where(old == NONE, NONE, new)

    related = kind == 3
    # The inverse, and now and then a relation along the other axis.
    other = np.where(rng.random(count) < 0.85, INVERSE[captions.relations], (captions.relations + 2) % 4)
    result.relations[related] = np.where(captions.relations == NONE, NONE, other)[related]

    exchanged = rows[kind == 4]
    attribute = rng.integers(0, 3, exchanged.size)
    result.attributes[exchanged, 0, attribute] = captions.attributes[exchanged, 1, attribute]
    result.attributes[exchanged, 1, attribute] = captions.attributes[exchanged, 0, attribute]
    return result


def true_of(captions, scenes):
    """[scenes, captions] whether the caption is true of the scene."""
    told, there = captions.attributes[None, :, None], scenes.attributes[:, None, :, None]
    # [scenes, captions, object of the scene, object of the caption]
    fits = ((told == NONE) | (told == there)).all(axis=-1) & (there[..., SHAPE] != NONE)
    straight = fits[..., 0, 0] & fits[..., 1, 1]
    crossed = fits[..., 0, 1] & fits[..., 1, 0]
    relation, actual = captions.relations[None], scenes.relations[:, None]
    pair = (straight & ((relation == NONE) | (relation == actual))) | (
        crossed & ((relation == NONE) | (relation == INVERSE[actual])))
    return np.where(captions.objects[None] == 1, fits[..., 0].any(axis=-1), pair)
