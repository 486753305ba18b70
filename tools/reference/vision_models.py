"""Makes testdata/models/<name>/: tiny random ViT and DINOv2 folders, which take pictures only, and what transformers answers on them.

Run:  python tools/reference/vision_models.py [names…]
"""

import copy
import json
import shutil
import zlib
from dataclasses import dataclass

import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import (Dinov2Config, Dinov2Model, Dinov2WithRegistersConfig, Dinov2WithRegistersModel, ViTConfig,
                          ViTForImageClassification, ViTModel)
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

import clip_inputs
import float32_json
from golden_models import PICTURES, TESTDATA, each_wanted

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def vit_processor(size):
    return {"do_normalize": True, "do_rescale": True, "do_resize": True, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
            "image_processor_type": "ViTFeatureExtractor", "resample": 2, "rescale_factor": 0.00392156862745098, "size": size}


def bit_processor(edge, crop):
    return {"crop_size": {"height": crop[0], "width": crop[1]}, "do_center_crop": True, "do_convert_rgb": True, "do_normalize": True, "do_rescale": True,
            "do_resize": True, "image_mean": MEAN, "image_processor_type": "BitImageProcessor", "image_std": STD, "resample": 3,
            "rescale_factor": 0.00392156862745098, "size": {"shortest_edge": edge}}


@dataclass
class Variant:
    name: str
    covers: str
    seed: int
    model: type
    config: object
    processor: dict
    matrices: float = 2.5  # how large weights are
    patches: float = 1.0   # and those of patches and pooler


VARIANTS = [
    Variant(
        name="vit-pooler", seed=11, model=ViTModel,
        covers="ViTModel with a pooler (dense and tanh), whose output is the embedding; ViTFeatureExtractor with a size of one integer; layer_norm_eps 1e-12",
        config=ViTConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=44, image_size=32, patch_size=8),
        processor=vit_processor(32),
    ),
    Variant(
        name="vit-classifier", seed=12, model=ViTForImageClassification,
        covers="ViTForImageClassification: names behind \"vit.\", a classifier that is not used, no pooler: the embedding is the class token behind the last "
               "layer norm; qkv_bias false; a picture that is not square; gelu_pytorch_tanh",
        config=ViTConfig(hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=50, image_size=[24, 40], patch_size=8, num_labels=5,
                         qkv_bias=False, hidden_act="gelu_pytorch_tanh", layer_norm_eps=1e-3),
        processor=vit_processor({"height": 24, "width": 40}),
    ),
    Variant(
        name="dinov2", seed=13, model=Dinov2Model,
        covers="DINOv2 as it is published: positions of a 7 × 7 grid for pictures of 4 × 4 patches (bicubic), LayerScale, mask_token in the weights, BitImageProcessor",
        config=Dinov2Config(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, mlp_ratio=2, image_size=56, patch_size=8),
        processor=bit_processor(40, (32, 32)),
    ),
    Variant(
        name="dinov2-swiglu", seed=21, patches=2.0, model=Dinov2Model,
        covers="SwiGLU, and positions of a 3 × 3 grid for pictures of 5 × 4 patches: the grid grows",
        config=Dinov2Config(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, mlp_ratio=3, image_size=24, patch_size=8, use_swiglu_ffn=True),
        processor=bit_processor(44, (40, 32)),
    ),
    Variant(
        name="dinov2-registers", seed=20, patches=2.0, model=Dinov2WithRegistersModel,
        covers="four register tokens, which have no position; positions of a 6 × 6 grid for 4 × 3 patches (bicubic, antialiased)",
        config=Dinov2WithRegistersConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, mlp_ratio=2, image_size=48, patch_size=8, num_register_tokens=4),
        processor=bit_processor(32, (32, 24)),
    ),
]


def perturbed_model(variant):
    """Random, with biases, gains and tokens that count (see clip_models.perturbed_model)."""
    torch.manual_seed(variant.seed)
    model = variant.model(variant.config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("lambda1"):
                parameter.copy_(0.7 + 0.3 * torch.randn_like(parameter))
            elif "token" in name or "position_embeddings" in name:
                parameter.copy_(0.4 * torch.randn_like(parameter))
            elif name.endswith("bias"):
                parameter.copy_(0.25 * torch.randn_like(parameter))
            elif "norm" in name:
                parameter.copy_(1 + 0.3 * torch.randn_like(parameter))
            elif "pooler" in name or "patch_embeddings" in name:
                parameter.copy_(variant.patches * torch.randn_like(parameter) / parameter[0].numel() ** 0.5)
            else:  # whatever the class starts with, about the size of a trained one
                parameter.copy_(variant.matrices * torch.randn_like(parameter) / 1.5 / parameter.shape[-1] ** 0.5)
    return model


def write_folder(folder, variant):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    perturbed_model(variant).save_pretrained(folder)
    tensors = load_file(folder / "model.safetensors")  # without what the writer adds to the header
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    (folder / "preprocessor_config.json").write_text(json.dumps(variant.processor, indent=1) + "\n")


def embeddings(model, pixels):
    """What info() calls the embedding."""
    with torch.no_grad():
        values = torch.from_numpy(np.ascontiguousarray(pixels)).to(next(model.parameters()).dtype)
        if isinstance(model, ViTForImageClassification):
            return model.vit(values).last_hidden_state[:, 0]
        output = model(values)
        return output.pooler_output if isinstance(model, ViTModel) else output.last_hidden_state[:, 0]


def check(model, pixels, images):
    unit = images / images.norm(dim=-1, keepdim=True)
    cosine = (unit @ unit.T).fill_diagonal_(-1).max().item()
    if cosine >= 0.9:
        raise RuntimeError(f"pictures look alike: {cosine:.3f}")
    error = (embeddings(copy.deepcopy(model).double(), pixels) - images).abs().max().item()
    if error > 1e-4:
        raise RuntimeError(f"fp32 differs from fp64 by {error:.1e}")
    weakest = (float("inf"), "")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "mask_token" in name or "classifier" in name:
                continue
            kept = parameter.clone()
            for value in [0.0, 1.0] if ("norm" in name and name.endswith("weight")) or name.endswith("lambda1") else [0.0]:
                parameter.fill_(value)
                changed = (embeddings(model, pixels) - images).abs().nan_to_num(nan=float("inf")).max().item()
                if "key.bias" in name or "k_proj.bias" in name:
                    if changed > 1e-3:
                        raise RuntimeError(f"{name} changes the embeddings by {changed:.1e}, which softmax should cancel")
                    continue
                if changed <= 1e-2:
                    raise RuntimeError(f"{name} set to {value} changes the embeddings by {changed:.1e} only")
                weakest = min(weakest, (changed, f"{name} = {value}"))
            parameter.copy_(kept)
    print(f"  largest cosine {cosine:.3f}, fp32 against fp64 {error:.1e}, the weakest tensor, {weakest[1]}, changes an embedding by {weakest[0]:.2g}")


def golden(folder, variant):
    model, report = variant.model.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    if report["missing_keys"] or report["mismatched_keys"]:
        raise RuntimeError(f"{variant.name}: transformers does not load it: {report}")
    model.eval()
    kind = BitImageProcessorPil if variant.processor["image_processor_type"].startswith("Bit") else ViTImageProcessorPil
    processor = kind.from_pretrained(folder)
    pixels = np.stack([np.asarray(processor(clip_inputs.load(PICTURES / name))["pixel_values"][0]) for name in clip_inputs.PICTURES])
    images = embeddings(model, pixels)
    check(model, pixels, images)
    float32_json.write(folder / "golden.json", {
        "covers": variant.covers,
        "transformers": transformers.__version__,
        "torch": torch.__version__,
        "note": "embeds are not normalised",
        "pictures": [f"pictures/{name}" for name in clip_inputs.PICTURES],
        "pixel_values_crc32": [zlib.crc32(np.ascontiguousarray(p).tobytes()) for p in pixels],
        "image_embeds": float32_json.shortest(images),
    })


def make(name, variant):
    write_folder(TESTDATA / name, variant)
    golden(TESTDATA / name, variant)


if __name__ == "__main__":
    each_wanted({variant.name: variant for variant in VARIANTS}, make, __doc__)
