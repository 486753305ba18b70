"""Exports testdata/models/tiny-clip to ONNX, so that a test can run the whole benchmark harness with its peer.

Run:  python tools/reference/tiny_onnx.py      after clip_models.py; writes benchmarks/src/test/models/tiny-clip-*.onnx
"""

from pathlib import Path

import torch
from transformers import CLIPModel

from bench_models import ImageTower, TextTower, compare, export

ROOT = Path(__file__).resolve().parents[2]
NAME = "tiny-clip"


def main():
    model = CLIPModel.from_pretrained(ROOT / "testdata/models" / NAME, attn_implementation="eager").eval()
    folder = ROOT / "benchmarks/src/test/models"
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(7)

    side = model.config.vision_config.image_size
    pixels = torch.randn(3, 3, side, side, generator=generator)
    path, tower = folder / f"{NAME}-image.onnx", ImageTower(model)
    export(path, tower, "pixel_values", pixels[:2], {0: "batch"}, "image_embeds")
    compare(path, tower, [pixels[:1], pixels])

    def texts(batch, length):
        """The largest id ends a text; 600 - 1 here."""
        ids = torch.randint(3, 598, (batch, length), generator=generator)
        ids[:, -1] = model.config.text_config.vocab_size - 1
        return ids

    path, tower = folder / f"{NAME}-text.onnx", TextTower(model)
    export(path, tower, "input_ids", texts(2, 9), {0: "batch", 1: "length"}, "text_embeds")
    compare(path, tower, [texts(1, 8), texts(3, 77)])


if __name__ == "__main__":
    main()
