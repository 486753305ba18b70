"""Draws the six sample pictures, and writes what transformers answers on them to the test data.

Run, after export.py:  python tools/demo-model/samples.py
"""

import json
from pathlib import Path

import numpy as np
import torch
import transformers
from transformers import CLIPImageProcessorPil, CLIPModel, CLIPTokenizerFast

from scene_pictures import draw_picture
from scenes import COLOURS, NONE, RELATIONS, SHAPES, SIZES, Scenes

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "demo-model/src/main/resources/META-INF/openautoglm/models/open-autoglm-demo"
PICTURES = ROOT / "examples/pictures"
GOLDEN = ROOT / "testdata/demo-model/golden.json"
SIDE = 320

# size, colour, shape, centre, and of pairs the relation and the second object
SAMPLES = [
    ("large red circle", (0.47, 0.31), "above", "small blue square", (0.56, 0.76)),
    ("small yellow star", (0.2, 0.55), "left of", "large purple ring", (0.68, 0.45)),
    ("medium green triangle", (0.74, 0.42), "right of", "medium orange cross", (0.27, 0.58)),
    ("large black star", (0.55, 0.7), "below", "small pink circle", (0.42, 0.2)),
    ("large blue ring", (0.5, 0.5), None, None, None),
    ("small green square", (0.36, 0.2), "above", "large yellow triangle", (0.5, 0.66)),
]
OTHERS = ["a small blue square above a large red circle", "a large red square above a small blue square", "a red circle", "a photo of a cat", ""]


def numbers(name):
    size, colour, shape = name.split()
    return [SHAPES.index(shape), list(COLOURS).index(colour), list(SIZES).index(size)]


def caption(sample):
    first, _, relation, second, _ = sample
    return f"a {first}" if relation is None else f"a {first} {relation} a {second}"


def scene(sample, rng):
    first, centre, relation, second, other = sample
    attributes = np.array([[numbers(first), numbers(second) if second else [NONE] * 3]])
    radii = np.array([[np.mean(list(SIZES.values())[a[2]]) for a in attributes[0]]])
    return Scenes(attributes, np.array([[centre, other or centre]]), radii, rng.uniform(-0.15, 0.15, (1, 2)),
                  np.array([RELATIONS.index(relation) if relation else NONE]))


@torch.no_grad()
def main():
    PICTURES.mkdir(parents=True, exist_ok=True)
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(3)
    names, images = [], []
    for sample in SAMPLES:
        names.append(caption(sample).removeprefix("a ").replace(" a ", "-").replace(" ", "-") + ".png")
        images.append(draw_picture(rng, scene(sample, rng), 0, SIDE))
        images[-1].save(PICTURES / names[-1], optimize=True)

    model = CLIPModel.from_pretrained(MODEL, dtype=torch.float32).eval()
    processor, tokenizer = CLIPImageProcessorPil.from_pretrained(MODEL), CLIPTokenizerFast.from_pretrained(MODEL)
    texts = [caption(sample) for sample in SAMPLES] + OTHERS
    rows = [model(**processor(images, return_tensors="pt"), **tokenizer([text], return_tensors="pt")).logits_per_image for text in texts]
    logits = torch.cat(rows, dim=1)
    GOLDEN.write_text(json.dumps({"transformers": transformers.__version__, "torch": torch.__version__, "pictures": names, "texts": texts,
                                  "logits_per_image": logits.tolist()}, indent=1) + "\n")
    print(logits.softmax(dim=1).round(decimals=3))


if __name__ == "__main__":
    main()
