"""Tells how well a demo model does, by transformers, on scenes it never saw: for size, colour and shape the true caption against the
four that differ in that attribute of one object, for the relation against its inverse.

Run:  python tools/demo-model/evaluate.py FOLDER [--scenes 1000]
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from transformers import CLIPImageProcessorPil, CLIPModel, CLIPTokenizerFast

from scene_pictures import draw_picture
from scenes import COLOUR, COUNTS, INVERSE, SHAPE, SIZE, Captions, draw_scenes, full_captions
from words import sentence

SEED = 7  # not the training's


def rivals(rng, captions, row, kind):
    """Captions of one scene with something changed: [text of the true one, then of the wrong ones]."""
    true = captions.attributes[row]
    changed = []
    if kind == "relation":
        changed.append((true, INVERSE[captions.relations[row]]))
    else:
        attribute = {"size": SIZE, "colour": COLOUR, "shape": SHAPE}[kind]
        # Every change of one object; with three sizes these are four.
        options = [(which, value) for which in range(2) for value in range(COUNTS[attribute]) if value != true[which, attribute]]
        for index in rng.permutation(len(options))[:4]:
            attributes = true.copy()
            attributes[options[index][0], attribute] = options[index][1]
            changed.append((attributes, captions.relations[row]))
    rows = [(true, captions.relations[row]), *changed]
    batch = Captions(np.stack([attributes for attributes, _ in rows]), np.full(len(rows), 2), np.array([relation for _, relation in rows]))
    return [sentence(batch, index) for index in range(len(rows))]


@torch.no_grad()
def measure(folder, count):
    model = CLIPModel.from_pretrained(folder, dtype=torch.float32).eval()
    processor, tokenizer = CLIPImageProcessorPil.from_pretrained(folder), CLIPTokenizerFast.from_pretrained(folder)
    rng = np.random.default_rng(SEED)
    scenes = draw_scenes(rng, count, pairs=1)
    captions = full_captions(scenes)
    right = dict.fromkeys(("size", "colour", "shape", "relation"), 0)
    for row in range(count):
        image = model.get_image_features(**processor(draw_picture(rng, scenes, row), return_tensors="pt")).pooler_output
        for kind in right:
            texts = tokenizer(rivals(rng, captions, row, kind), padding=True, return_tensors="pt")
            scores = torch.nn.functional.normalize(model.get_text_features(**texts).pooler_output, dim=1) @ image[0]
            right[kind] += int(scores.argmax() == 0)
    return {kind: hits / count for kind, hits in right.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scenes", type=int, default=1000)
    arguments = parser.parse_args()
    for kind, share in measure(arguments.folder, arguments.scenes).items():
        print(f"{kind}: {100 * share:.1f} %")


if __name__ == "__main__":
    main()
