"""Copies a CLIP folder with outlier channels planted into it, as large trained transformers have them (Dettmers et al. 2022, "LLM.int8()").

Run:  python tools/reference/planted_outliers.py SOURCE TARGET [--factor 60] [--matrices 2.5]
      ./autoglm check --model TARGET

The matrices of all blocks become `matrices` times larger first: in a fresh model they add little to the residual stream, and all pictures are alike.
A row's int8 scale is that of its largest number, so a channel that is `factor` times the others rounds them away. In each tower:

- in the blocks of MLP, every 256th channel between the two matrices is larger, and what reads it as much smaller: the second matrix suffers;
- in the blocks of NORM, every 256th channel behind the second layer norm is, and what reads it: the first matrix suffers. fp32 stays what it was.

What a check has to find is printed: the roles of those matrices. All else must stay in int8.
"""

import argparse
import json
import shutil
import struct
from pathlib import Path

import numpy as np

MLP = {"vision_model": [2, 7], "text_model": [4]}
NORM = {"vision_model": [5], "text_model": [9]}
STEP, FIRST = 256, 17
ROLES = {"vision_model": "image", "text_model": "text"}


def plant(tensors, factor, matrices):
    """Changes the arrays in place; returns the roles of the matrices that suffer."""
    for name, values in tensors.items():
        if ".encoder.layers." in name and values.ndim == 2:
            values *= matrices
    roles = []
    for tower, blocks in MLP.items():
        for block in blocks:
            layer = f"{tower}.encoder.layers.{block}."
            tensors[layer + "mlp.fc1.weight"][FIRST::STEP] *= factor
            tensors[layer + "mlp.fc1.bias"][FIRST::STEP] *= factor
            tensors[layer + "mlp.fc2.weight"][:, FIRST::STEP] /= factor
            roles.append(f"{ROLES[tower]}.block.{block}.mlp.down")
    for tower, blocks in NORM.items():
        for block in blocks:
            layer = f"{tower}.encoder.layers.{block}."
            tensors[layer + "layer_norm2.weight"][FIRST::STEP] *= factor
            tensors[layer + "layer_norm2.bias"][FIRST::STEP] *= factor
            tensors[layer + "mlp.fc1.weight"][:, FIRST::STEP] /= factor
            roles.append(f"{ROLES[tower]}.block.{block}.mlp.up")
    return roles


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--factor", type=float, default=60)
    parser.add_argument("--matrices", type=float, default=2.5)
    arguments = parser.parse_args()

    arguments.target.mkdir(parents=True)
    for file in arguments.source.glob("*.json"):
        shutil.copy(file, arguments.target)
    weights = arguments.target / "model.safetensors"
    shutil.copyfile(arguments.source / "model.safetensors", weights)
    with weights.open("rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            tensors[name] = np.memmap(weights, np.float32, "r+", 8 + length + entry["data_offsets"][0], tuple(entry["shape"]) or (1,))
    for role in plant(tensors, np.float32(arguments.factor), np.float32(arguments.matrices)):
        print(role)


if __name__ == "__main__":
    main()
