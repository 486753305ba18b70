"""Captions as English."""

from scenes import COLOUR, COLOURS, NONE, RELATIONS, SHAPE, SHAPES, SIZE, SIZES

COLOUR_NAMES, SIZE_NAMES = tuple(COLOURS), tuple(SIZES)

SYNONYMS = {  # the first is what the tests say; the others are what people may say, too
    "small": ("small", "little", "tiny"), "medium": ("medium", "medium sized"), "large": ("large", "big", "huge"),
    "cross": ("cross", "plus sign"),
    "above": ("above", "over", "on top of"), "below": ("below", "under", "beneath"),
    "left of": ("left of", "to the left of", "on the left of"), "right of": ("right of", "to the right of", "on the right of"),
}
OPENINGS = ("a picture of", "a photo of", "an image of", "a drawing of")


def all_words():
    """Each word that a caption may have, once."""
    texts = [*SHAPES, *COLOUR_NAMES, *SIZE_NAMES, *RELATIONS, *OPENINGS, "and", "a", "an", "the"]
    texts += [text for synonyms in SYNONYMS.values() for text in synonyms]
    return sorted({word for text in texts for word in text.split()})


def sentence(captions, row, rng=None):
    """One caption. With a random generator also synonyms and openings such as "a photo of"."""
    def say(name):
        choices = SYNONYMS.get(name, (name,))
        return choices[0] if rng is None or rng.random() < 0.7 else choices[rng.integers(len(choices))]

    def name_object(attributes):
        shape, colour, size = attributes[SHAPE], attributes[COLOUR], attributes[SIZE]
        words = [] if size == NONE else [say(SIZE_NAMES[size])]
        words += [] if colour == NONE else [COLOUR_NAMES[colour]]
        words.append(say(SHAPES[shape]))
        return ("an " if words[0][0] in "aeiou" else "a ") + " ".join(words)

    text = name_object(captions.attributes[row, 0])
    if captions.objects[row] == 2:
        relation = captions.relations[row]
        text += " " + ("and" if relation == NONE else say(RELATIONS[relation])) + " " + name_object(captions.attributes[row, 1])
    if rng is not None and rng.random() < 0.15:
        text = OPENINGS[rng.integers(len(OPENINGS))] + " " + text
    return text
