"""Makes testdata/models/<name>/: tiny random CLIP folders and what transformers answers on them.

Run:  python tools/reference/clip_models.py [names…]
"""

import hashlib
import json
import shutil
import tempfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel
from transformers.models.clip.configuration_clip import CLIPTextConfig, CLIPVisionConfig

import clip_inputs
import clip_tokenizer
import float32_json
from clip_checks import check_every_setting_counts, check_every_tensor_counts, check_inputs_differ, check_precision
from clip_variants import VARIANTS
from golden_models import PICTURES, TESTDATA, each_wanted



def perturbed_model(variant):
    """A random model in which every parameter matters.

    A fresh CLIPModel has biases 0 and gains 1, so code that forgets them would pass; its matrices are so small that
    all inputs look alike. Hence random biases and gains, and matrices 2.5 times as large (a few variants: more).
    """
    torch.manual_seed(variant.seed)
    config = CLIPConfig(text_config=CLIPTextConfig(**variant.text), vision_config=CLIPVisionConfig(**variant.vision),
                        projection_dim=variant.projection)
    model = CLIPModel(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name == "logit_scale":
                parameter.fill_(variant.logit_scale)
            elif name.endswith("bias"):
                parameter.copy_(0.25 * torch.randn_like(parameter))
            elif "norm" in name:
                parameter.copy_(1 + 0.3 * torch.randn_like(parameter))
            else:
                parameter.mul_(variant.matrices)
    return model


def stored_tensors(variant, model):
    """The tensors of the weight files, by name, in the dtypes of the variant."""
    def dtype(name):
        if variant.dtypes == "mixed":
            if "norm" in name or name.endswith("bias") or name == "logit_scale":
                return torch.float32
            return torch.bfloat16 if "embedding" in name else torch.float16
        return {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}[variant.dtypes]

    tensors = {variant.prefix + name: value.detach().to(dtype(name)) for name, value in model.named_parameters()}
    if "position_ids" in variant.extra_tensors:
        for tower in ("text_model", "vision_model"):
            positions = tensors[f"{variant.prefix}{tower}.embeddings.position_embedding.weight"].shape[0]
            tensors[f"{variant.prefix}{tower}.embeddings.position_ids"] = torch.arange(positions).reshape(1, -1)
    if "classifier" in variant.extra_tensors:
        tensors["classifier.weight"] = torch.full((3, variant.vision["hidden_size"]), 0.5)
    return tensors


def write_weights(folder, tensors, shards):
    metadata = {"format": "pt"}
    if shards == 1:
        save_file(tensors, folder / "model.safetensors", metadata)
        return
    names = sorted(tensors)
    weight_map = {}
    for shard in range(shards):
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        part = names[shard::shards]  # dealt like cards: a block's tensors lie in different files
        save_file({name: tensors[name] for name in part}, folder / file, metadata)
        weight_map |= {name: file for name in part}
    index = {"metadata": {"total_size": sum(t.numel() * t.element_size() for t in tensors.values())},
             "weight_map": dict(sorted(weight_map.items()))}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")


def write_config(folder, variant):
    if variant.config is not None:
        document = dict(variant.config)
    else:
        document = {
            "architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": variant.projection,
            "logit_scale_init_value": 2.6592,
            "text_config": {"model_type": "clip_text_model"} | variant.text,
            "vision_config": {"model_type": "clip_vision_model"} | variant.vision,
        }
    document |= variant.config_extra
    (folder / "config.json").write_text(json.dumps(document, indent=1) + "\n")


def write_processor(folder, variant):
    document = variant.processor
    if variant.processor_file == "processor_config.json":
        document = {"image_processor": document, "processor_class": "CLIPProcessor"}
    (folder / variant.processor_file).write_text(json.dumps(document, indent=1) + "\n")


def link_to_blobs(folder):
    """Turns each file into a link to blobs/<sha256>, the way of the Hub's cache."""
    blobs = folder / "blobs"
    blobs.mkdir()
    for file in sorted(folder.iterdir()):
        if file.is_file():
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            if not (blobs / digest).exists():
                shutil.move(file, blobs / digest)
            else:
                file.unlink()
            file.symlink_to(Path("blobs") / digest)


def write_folder(folder, variant):
    """A model folder without golden.json."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model = perturbed_model(variant)
    write_weights(folder, stored_tensors(variant, model), variant.shards)
    write_config(folder, variant)
    write_processor(folder, variant)
    clip_tokenizer.write(folder, variant.text["max_position_embeddings"], variant.legacy_merges)
    if variant.linked:
        link_to_blobs(folder)


def load_reference(folder, variant):
    """The folder as transformers reads it. Prefixes it does not know ("model.") are undone in a copy first."""
    with tempfile.TemporaryDirectory() as scratch:
        if variant.prefix not in ("", "clip."):
            write_folder(Path(scratch) / "plain", replace(variant, prefix=""))
            folder = Path(scratch) / "plain"
        model, report = CLIPModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager",
                                                  output_loading_info=True)
    if report["missing_keys"] or report["mismatched_keys"]:
        raise RuntimeError(f"{variant.name}: transformers does not load it: {report}")
    expected = {"text": variant.text, "vision": variant.vision}
    for tower, sub_config in expected.items():
        read = getattr(model.config, f"{tower}_config")
        for key, value in sub_config.items():
            # Token ids other than eos play no part in the model; sparse folders leave them at their defaults.
            if key not in ("bos_token_id", "pad_token_id") and getattr(read, key) != value:
                raise RuntimeError(f"{variant.name}: {tower}_config.{key} is {getattr(read, key)}, expected {value}")
    return model.eval()


@torch.no_grad()
def golden(folder, variant):
    model = load_reference(folder, variant)
    processor = CLIPImageProcessorPil.from_pretrained(folder)
    tokenizer = clip_tokenizer.CLIPTokenizerFast.from_pretrained(folder)

    pictures = [clip_inputs.load(PICTURES / name) for name in clip_inputs.PICTURES]
    pixels = np.stack([processor(picture)["pixel_values"][0] for picture in pictures])
    limit = variant.text["max_position_embeddings"]
    rows = [tokenizer(text, truncation=True, max_length=limit)["input_ids"] for text in clip_inputs.TEXTS]
    rows += [list(row) for row in variant.ids_only]

    def image_features(values):
        return model.get_image_features(pixel_values=torch.from_numpy(np.ascontiguousarray(values))).pooler_output

    def text_features(ids):  # one by one, without padding
        return model.get_text_features(input_ids=torch.tensor([ids])).pooler_output[0]

    images = image_features(pixels)
    texts = torch.stack([text_features(ids) for ids in rows])
    unit = lambda x: x / x.norm(dim=-1, keepdim=True)
    logits = (unit(images) @ unit(texts).T) * model.logit_scale.exp()
    patterns = clip_inputs.patterned_pixels(variant.vision["image_size"])

    check_inputs_differ(variant, images, texts)
    fp32_error = check_precision(model, pixels, rows, logits)
    check_every_tensor_counts(model, pixels, rows, logits)
    check_every_setting_counts(model, pixels, rows, logits)

    document = {
        "covers": variant.covers,
        "transformers": transformers.__version__,
        "torch": torch.__version__,
        "note": "texts ran one by one without padding; embeds are projected and not normalised; "
                "a text that is null stands for a row of ids that no text gives",
        "pictures": [f"pictures/{name}" for name in clip_inputs.PICTURES],
        "pixel_values_crc32": [zlib.crc32(np.ascontiguousarray(p).tobytes()) for p in pixels],
        "texts": clip_inputs.TEXTS + [None] * len(variant.ids_only),
        "input_ids": rows,
        "image_embeds": float32_json.shortest(images),
        "text_embeds": float32_json.shortest(texts),
        "logits_per_image": float32_json.shortest(logits),
        "logits_fp32_error": float(f"{fp32_error:.1e}"),
        "probabilities": float32_json.shortest(logits.softmax(dim=1)),
        "pattern_formula": clip_inputs.PATTERN_FORMULA,
        "pattern_strides": clip_inputs.PATTERN_STRIDES,
        "pattern_offsets": clip_inputs.PATTERN_OFFSETS,
        "pattern_image_embeds": float32_json.shortest(image_features(patterns)),
    }
    if variant.hidden:
        vision = model.vision_model(pixel_values=torch.from_numpy(patterns[:1]), output_hidden_states=True)
        text = model.text_model(input_ids=torch.tensor([rows[0]]), output_hidden_states=True)
        document |= {
            "hidden_note": "vision: pattern 0 after pre_layrnorm and after each block; text: text 0 after the embeddings "
                           "and after each block; [block][row][width]",
            "hidden_vision": [float32_json.shortest(state[0]) for state in vision.hidden_states],
            "hidden_text": [float32_json.shortest(state[0]) for state in text.hidden_states],
        }
    float32_json.write(folder / "golden.json", document)


def make(name, variant):
    write_folder(TESTDATA / name, variant)
    golden(TESTDATA / name, variant)


if __name__ == "__main__":
    clip_inputs.write_pictures(PICTURES)
    each_wanted({variant.name: variant for variant in VARIANTS}, make, __doc__)
