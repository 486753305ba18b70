"""Writes what training has learnt as a Hugging Face model folder, the way it travels in the demo model's jar.

Run:  python tools/demo-model/export.py WORK FOLDER
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from train import CHECKPOINT, MEAN, SIDE, STD, make_model, make_tokenizer, merges
import clip_tokenizer  # found by train

LIMIT = 6_000_000  # bytes of model.safetensors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)

    state = torch.load(arguments.work / CHECKPOINT, weights_only=True)
    config = make_model(make_tokenizer()).config
    save_file({name: value.to(torch.float16).contiguous() for name, value in state["average"].items()}, folder / "model.safetensors",
              {"format": "pt", "trained_steps": str(state["step"])})
    size = (folder / "model.safetensors").stat().st_size
    if size > LIMIT:
        raise RuntimeError(f"model.safetensors has {size} bytes, more than {LIMIT}")

    def tower(part, *names):
        values = part.to_dict()
        return {name: values[name] for name in ("model_type", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
                                                "hidden_act", "layer_norm_eps", *names)}

    text, vision = config.text_config, config.vision_config
    document = {
        "architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": config.projection_dim, "dtype": "float16",
        "text_config": tower(text, "vocab_size", "max_position_embeddings", "bos_token_id", "eos_token_id", "pad_token_id"),
        "vision_config": tower(vision, "image_size", "patch_size"),
    }
    (folder / "config.json").write_text(json.dumps(document, indent=1) + "\n")
    size = {"height": SIDE, "width": SIDE}
    (folder / "preprocessor_config.json").write_text(json.dumps({
        "image_processor_type": "CLIPImageProcessor", "do_convert_rgb": True, "do_resize": True, "size": {"shortest_edge": SIDE}, "resample": 3,
        "do_center_crop": True, "crop_size": size, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True,
        "image_mean": MEAN, "image_std": STD}, indent=1) + "\n")
    clip_tokenizer.write(folder, max_length=text.max_position_embeddings, merges=merges())
    for file in folder.iterdir():
        file.chmod(0o644)  # safetensors writes for the owner alone


if __name__ == "__main__":
    main()
