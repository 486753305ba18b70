"""Makes testdata/models-bad/<name>/: one sound CLIP folder, and copies of it with one defect each.

A loader must refuse each copy with one error that names the culprit; `sound` must load, so that the defect is the only
reason. Run:  python tools/reference/bad_models.py
"""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import CLIPModel

import clip_models
import clip_tokenizer
from clip_variants import Variant, processor, text_config, vision_config

FOLDER = clip_models.TESTDATA.parent / "models-bad"
WEIGHTS = "model.safetensors"

SOUND = Variant(
    name="sound", covers="", seed=1, dtypes="F16",
    text=text_config(8, 2, 12, layers=1, vocab_size=54, max_position_embeddings=16, bos_token_id=52, eos_token_id=53,
                     pad_token_id=53),
    vision=vision_config(8, 2, 12, 16, 8, layers=1), projection=8, processor=processor(16),
)


def edit_tensors(folder, edit):
    tensors = load_file(folder / WEIGHTS)
    edit(tensors)
    clip_models.write_weights(folder, tensors, 1)


def edit_config(folder, edit):
    document = json.loads((folder / "config.json").read_text())
    edit(document)
    (folder / "config.json").write_text(json.dumps(document, indent=1) + "\n")


def edit_header(folder, edit):
    """Changes the header of model.safetensors and leaves its data as they are."""
    content = (folder / WEIGHTS).read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8:8 + length])
    edit(header)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    (folder / WEIGHTS).write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length:])


def unknown_model_type(folder):
    """config.json says model_type "clippy"."""
    edit_config(folder, lambda document: document.update(model_type="clippy"))


def missing_tensor(folder):
    """vision_model.post_layernorm.weight and .bias are not in the weights."""
    def edit(tensors):
        del tensors["vision_model.post_layernorm.weight"], tensors["vision_model.post_layernorm.bias"]
    edit_tensors(folder, edit)


def wrong_shape(folder):
    """text_model.encoder.layers.0.mlp.fc1.weight is [8, 12] where [12, 8] is needed: the number of values is right."""
    def edit(tensors):
        name = "text_model.encoder.layers.0.mlp.fc1.weight"
        tensors[name] = tensors[name].T.contiguous()
    edit_tensors(folder, edit)


def nan_weight(folder):
    """vision_model.encoder.layers.0.mlp.fc2.weight has a NaN at [3, 5]."""
    def edit(tensors):
        tensors["vision_model.encoder.layers.0.mlp.fc2.weight"][3, 5] = float("nan")
    edit_tensors(folder, edit)


def overlapping_offsets(folder):
    """text_projection.weight begins 16 bytes inside the tensor before it; every range lies inside the file."""
    def edit(header):
        begin, end = header["text_projection.weight"]["data_offsets"]
        header["text_projection.weight"]["data_offsets"] = [begin - 16, end - 16]
    edit_header(folder, edit)


def bin_only(folder):
    """pytorch_model.bin (empty here) instead of safetensors."""
    (folder / WEIGHTS).unlink()
    (folder / "pytorch_model.bin").touch()


def missing_shard(folder):
    """model.safetensors.index.json names two shards; model-00002-of-00002.safetensors is not there."""
    tensors = load_file(folder / WEIGHTS)
    (folder / WEIGHTS).unlink()
    clip_models.write_weights(folder, tensors, 2)
    (folder / "model-00002-of-00002.safetensors").unlink()


DEFECTS = [unknown_model_type, missing_tensor, wrong_shape, nan_weight, overlapping_offsets, bin_only, missing_shard]


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    sound = FOLDER / SOUND.name
    sound.mkdir(parents=True)
    clip_models.write_weights(sound, clip_models.stored_tensors(SOUND, clip_models.perturbed_model(SOUND)), 1)
    clip_models.write_config(sound, SOUND)
    clip_models.write_processor(sound, SOUND)
    clip_tokenizer.write(sound, 16, cut=clip_tokenizer.alphabet_only)
    _, report = CLIPModel.from_pretrained(sound, dtype=torch.float32, output_loading_info=True)
    if any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys")):
        raise RuntimeError(f"the sound folder does not load: {report}")

    lines = ["# Broken model folders", "", "Made by tools/reference/bad_models.py. Each is `sound` with one defect.", "",
             "- `sound`: nothing is wrong; it must load."]
    for defect in DEFECTS:
        name = defect.__name__.replace("_", "-")
        shutil.copytree(sound, FOLDER / name)
        defect(FOLDER / name)
        lines.append(f"- `{name}`: {defect.__doc__}")
    (FOLDER / "README.md").write_text("\n".join(lines) + "\n")
    for folder in sorted(FOLDER.iterdir()):
        if folder.is_dir():
            print(f"{folder.name}: {sum(f.stat().st_size for f in folder.iterdir()) / 1024:.1f} KiB")


if __name__ == "__main__":
    main()
