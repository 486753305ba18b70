"""Makes testdata/models/<name>/: tiny random open_clip folders, and what open_clip answers on them.

Run:  python tools/reference/open_clip_models.py [names…]

open_clip's transforms come from torchvision, which computes on Pillow pictures what is written down in `preprocess` here; so torchvision itself is not needed,
and an empty module stands for it while open_clip is loaded.
"""

import copy
import json
import shutil
import sys
import types
import zlib

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

import clip_inputs
import clip_tokenizer  # and with it transformers, before the stand-in below
import float32_json
from golden_models import PICTURES, TESTDATA, each_wanted


def stand_in(name, **members):
    module = types.ModuleType(name)
    module.__dict__.update(members)
    module.__getattr__ = lambda member: type(member, (torch.nn.Module,), {})
    module.__path__ = []
    sys.modules[name] = module
    return module


if "torchvision" not in sys.modules:
    ops = stand_in("torchvision.ops.misc")
    functional = stand_in("torchvision.transforms.functional")
    stand_in("torchvision.ops", misc=ops)
    stand_in("torchvision.transforms", functional=functional, InterpolationMode=types.SimpleNamespace(BICUBIC="bicubic", BILINEAR="bilinear", NEAREST="nearest"))
    stand_in("torchvision", ops=sys.modules["torchvision.ops"], transforms=sys.modules["torchvision.transforms"], __version__="0")
    sys.modules["timm"] = None  # open_clip goes without it

import open_clip  # noqa: E402
from open_clip.model import CLIP, CustomTextCLIP  # noqa: E402

OPENAI_MEAN, OPENAI_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]

VARIANTS = {
    "open-clip": {
        "covers": "open_clip's ViT as it is published: fused in_proj, transposed projections, gelu, shortest edge and a centre crop that rounds half to even",
        "seed": 11, "kind": CLIP, "scale": 4.6052,
        "model_cfg": {"embed_dim": 20, "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 8, "patch_size": 8, "mlp_ratio": 1.5},
                      "text_cfg": {"context_length": 77, "vocab_size": 600, "width": 24, "heads": 3, "layers": 2, "mlp_ratio": 1.6}},
        "preprocess_cfg": {"mean": OPENAI_MEAN, "std": OPENAI_STD},
    },
    "open-clip-custom": {
        "covers": "custom_text (names behind \"text.\"), quick_gelu, LayerScale, pictures squashed with bilinear and other mean and deviation, not square",
        "seed": 2, "kind": CustomTextCLIP, "scale": 3.2,
        "model_cfg": {"embed_dim": 28, "quick_gelu": True, "custom_text": True,
                      "vision_cfg": {"image_size": [24, 40], "layers": 2, "width": 24, "head_width": 12, "patch_size": 8, "mlp_ratio": 1.5, "ls_init_value": 0.5},
                      "text_cfg": {"context_length": 40, "vocab_size": 600, "width": 16, "heads": 2, "layers": 2, "mlp_ratio": 2.0}},
        "preprocess_cfg": {"mean": [0.5, 0.4, 0.3], "std": [0.5, 0.5, 0.25], "interpolation": "bilinear", "resize_mode": "squash", "size": [24, 40]},
    },
    "open-clip-resnet": {
        "covers": "CLIP's ResNet: batch norms with their running numbers, stages of one and two blocks, the attention pool, half precision, no patch_size",
        "seed": 10, "kind": CLIP, "scale": 3.9, "half": True,
        "model_cfg": {"embed_dim": 24, "quick_gelu": True,
                      "vision_cfg": {"image_size": 96, "layers": [1, 2, 1, 2], "width": 3, "head_width": 24, "patch_size": None},
                      "text_cfg": {"context_length": 77, "vocab_size": 600, "width": 16, "heads": 2, "layers": 1, "mlp_ratio": 2.0}},
        "preprocess_cfg": {"mean": OPENAI_MEAN, "std": OPENAI_STD, "resize_mode": "shortest", "interpolation": "bicubic"},
    },
}


def preprocess(picture, variant):
    """torchvision's Resize and CenterCrop on a Pillow picture, ToTensor, Normalize."""
    size = variant["model_cfg"]["vision_cfg"]["image_size"]
    height, width = size if isinstance(size, list) else (size, size)
    config = variant["preprocess_cfg"]
    filter = Image.Resampling.BILINEAR if config.get("interpolation") == "bilinear" else Image.Resampling.BICUBIC
    if config.get("resize_mode") == "squash":
        picture = picture.resize((width, height), filter)
    else:
        short, long = sorted(picture.size)
        edges = (height, int(height * long / short))
        picture = picture.resize(edges if picture.width <= picture.height else edges[::-1], filter)
        top, left = int(round((picture.height - height) / 2.0)), int(round((picture.width - width) / 2.0))
        picture = picture.crop((left, top, left + width, top + height))
    values = torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1).to(torch.float32).div(255)
    mean, std = torch.tensor(config["mean"]).view(-1, 1, 1), torch.tensor(config["std"]).view(-1, 1, 1)
    return values.sub(mean).div(std).numpy()


def make_model(variant):
    config = {key: value for key, value in variant["model_cfg"].items() if key != "custom_text"}
    config["vision_cfg"] = config["vision_cfg"] | {"image_size": tuple(config["vision_cfg"]["image_size"])
                                                   if isinstance(config["vision_cfg"]["image_size"], list) else config["vision_cfg"]["image_size"]}
    return variant["kind"](**config).eval()


def perturbed_model(variant):
    torch.manual_seed(variant["seed"])
    model = make_model(variant)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name == "logit_scale":
                parameter.fill_(variant["scale"])
            elif name.endswith("gamma"):
                parameter.copy_(0.7 + 0.3 * torch.randn_like(parameter))
            elif ("ln_" in name or "bn" in name or "downsample.1" in name) and name.endswith("weight"):
                parameter.copy_(1 + 0.3 * torch.randn_like(parameter))
            elif name.endswith("bias"):
                parameter.copy_(0.25 * torch.randn_like(parameter))
            elif "embedding" in name:
                parameter.copy_(0.5 * torch.randn_like(parameter))
            elif "attnpool" in name and name.endswith("weight"):
                parameter.copy_(0.7 * torch.randn_like(parameter) / parameter.shape[-1] ** 0.5)
            elif parameter.dim() == 4:
                parameter.copy_(2 * torch.randn_like(parameter) / parameter[0].numel() ** 0.5)
            else:
                parameter.copy_(1.7 * torch.randn_like(parameter) / parameter.shape[-1] ** 0.5)
        norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
        if norms:  # near what the layers see, or all pictures become alike, and not what they see
            for norm in norms:
                norm.momentum = None
            pixels = torch.from_numpy(np.stack([preprocess(clip_inputs.load(PICTURES / name), variant) for name in clip_inputs.PICTURES]))
            model.train().encode_image(pixels)
            model.eval()
            for norm in norms:
                norm.running_mean += 0.3 * norm.running_var.sqrt() * torch.randn_like(norm.running_mean)
                norm.running_var *= 0.6 + 1.2 * torch.rand_like(norm.running_var)
    return model.half().float() if variant.get("half") else model


def write_folder(folder, variant):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    stored = lambda tensor: tensor.half() if variant.get("half") and tensor.is_floating_point() else tensor
    save_file({name: stored(tensor).contiguous() for name, tensor in perturbed_model(variant).state_dict().items()}, folder / "open_clip_model.safetensors")
    (folder / "open_clip_config.json").write_text(json.dumps({key: variant[key] for key in ("model_cfg", "preprocess_cfg")}, indent=1) + "\n")
    clip_tokenizer.write(folder, variant["model_cfg"]["text_cfg"]["context_length"])


@torch.no_grad()
def run(model, pixels, rows):
    dtype = model.logit_scale.dtype
    context = model.context_length
    padded = torch.tensor([row + [0] * (context - len(row)) for row in rows])
    images, texts = model.encode_image(torch.from_numpy(pixels).to(dtype)), model.encode_text(padded)
    unit = lambda x: x / x.norm(dim=-1, keepdim=True)
    return images, texts, model.logit_scale.exp() * unit(images) @ unit(texts).T


def check(model, pixels, rows):
    images, texts, logits = run(model, pixels, rows)
    for kind, embeds in (("pictures", images), ("texts", texts)):
        unit = embeds / embeds.norm(dim=-1, keepdim=True)
        cosine = (unit @ unit.T).fill_diagonal_(-1).max().item()
        if cosine >= 0.9:
            raise RuntimeError(f"{kind} look alike: {cosine:.3f}")
    double = copy.deepcopy(model).double()
    error = (run(double, pixels, rows)[2] - logits).abs().max().item()
    if error > 1e-4:
        raise RuntimeError(f"fp32 differs from fp64 by {error:.1e} in the logits")
    weakest = (float("inf"), "")
    with torch.no_grad():
        statistics = [(name, buffer) for name, buffer in model.named_buffers() if name.endswith(("running_mean", "running_var"))]
        for name, parameter in [*model.named_parameters(), *statistics]:
            kept = parameter.clone()
            parts = 3 if "in_proj" in name else 1
            for part in range(parts):
                rows_of_part = slice(part * len(kept) // parts, (part + 1) * len(kept) // parts) if kept.dim() else ...
                parameter[rows_of_part] = 1.0 if name.endswith("running_var") else 0.0
                changed = (run(model, pixels, rows)[2] - logits).abs().nan_to_num(nan=float("inf")).max().item()
                parameter.copy_(kept)
                if name.endswith("in_proj_bias") and part == 1 or name.endswith("k_proj.bias"):
                    continue  # softmax cancels the keys' bias
                if changed <= 1e-2:
                    raise RuntimeError(f"{name} changes the logits by {changed:.1e} only")
                weakest = min(weakest, (changed, name))
    print(f"  logits {logits.min():.1f} … {logits.max():.1f}, fp32 against fp64 {error:.1e}, the weakest tensor, {weakest[1]}, changes a logit by {weakest[0]:.2g}")
    return images, texts, logits


def golden(folder, variant):
    model = perturbed_model(variant)
    tokenizer = clip_tokenizer.CLIPTokenizerFast.from_pretrained(folder)
    pixels = np.stack([preprocess(clip_inputs.load(PICTURES / name), variant) for name in clip_inputs.PICTURES])
    limit = variant["model_cfg"]["text_cfg"]["context_length"]
    rows = [tokenizer(text, truncation=True, max_length=limit)["input_ids"] for text in clip_inputs.TEXTS]
    images, texts, logits = check(model, pixels, rows)
    float32_json.write(folder / "golden.json", {
        "covers": variant["covers"],
        "open_clip": open_clip.__version__,
        "torch": torch.__version__,
        "note": "embeds are projected and not normalised",
        "pictures": [f"pictures/{name}" for name in clip_inputs.PICTURES],
        "pixel_values_crc32": [zlib.crc32(np.ascontiguousarray(p).tobytes()) for p in pixels],
        "texts": clip_inputs.TEXTS,
        "input_ids": rows,
        "image_embeds": float32_json.shortest(images),
        "text_embeds": float32_json.shortest(texts),
        "logits_per_image": float32_json.shortest(logits),
        "probabilities": float32_json.shortest(logits.softmax(dim=1)),
    })


def make(name, variant):
    write_folder(TESTDATA / name, variant)
    golden(TESTDATA / name, variant)


if __name__ == "__main__":
    each_wanted(VARIANTS, make, __doc__)
