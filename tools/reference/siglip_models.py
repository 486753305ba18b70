"""Makes testdata/models/<name>/: tiny random SigLIP folders, with a SentencePiece-style tokenizer each, and what transformers answers on them.

Run:  python tools/reference/siglip_models.py [names…]

siglip    a Unigram tokenizer, as google/siglip-base-patch16-224 has it: lower case, without punctuation, </s> at the end, padded with </s>
siglip2   a BPE tokenizer with byte fallback, as google/siglip2-base-patch16-224 has it (Gemma's): lower case by tokenizer_config.json, <eos>, <pad>
"""

import copy
import json
import shutil
import zlib

import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import SiglipConfig, SiglipModel
from transformers.models.siglip.configuration_siglip import SiglipTextConfig, SiglipVisionConfig
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

import clip_inputs
import float32_json
from clip_tokenizer import CORPUS
from golden_models import PICTURES, TESTDATA, each_wanted

TEXTS = [
    "a photo of a cat",
    "Two dogs, in front of the GREEN house!",
    "Ein Straßencafé in ZÜRICH — 日本語 🎉",
    "",
    "stripes, circles & noise: 1234567890 " * 8,
    "  (a) [red] circle;\tand   a box ",
]


def unigram():
    """Words of the corpus and all letters, with scores as a trainer would give them: long and frequent pieces are cheap."""
    words = sorted(set(CORPUS), key=lambda word: (-CORPUS.count(word), word))
    letters = sorted(set("".join(CORPUS)) | set("abcdefghijklmnopqrstuvwxyz0123456789é"))
    pieces = ["▁" + word for word in words] + [word[:3] for word in words if len(word) > 4] + ["▁"] + letters
    vocabulary = [("<unk>", 0.0), ("</s>", 0.0)]
    for number, piece in enumerate(dict.fromkeys(pieces)):
        vocabulary.append((piece, round(-3 - number / 40 - (6 if len(piece) == 1 else 0), 4)))
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Lowercase(), normalizers.Replace(Regex(r"[!\"#\$%&'\(\)\*\+,\-\./:;<=>\?@\[\\\]\^_`\{\|\}~]"), ""), normalizers.Replace(Regex(r"\s+"), " "),
        normalizers.Strip()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.add_special_tokens([AddedToken("</s>", lstrip=True, rstrip=True, normalized=False), AddedToken("<unk>", normalized=False)])
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return tokenizer, {"added_tokens_decoder": {"0": {"content": "<unk>", "special": True}, "1": {"content": "</s>", "special": True}}, "do_lower_case": True,
                       "eos_token": "</s>", "model_input_names": ["input_ids"], "model_max_length": 64, "pad_token": "</s>", "tokenizer_class": "SiglipTokenizer",
                       "unk_token": "<unk>"}


def gemma():
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    pieces = special + [f"<0x{byte:02X}>" for byte in range(256)] + ["▁"] + [chr(code) for code in range(ord("a"), ord("z") + 1)]
    merges = []
    for word in ["▁the", "▁a", "▁of", "▁photo", "▁cat", "▁dog", "and", "▁green", "circle", "ing"]:
        left = word[0]
        for letter in word[1:]:
            if (left, letter) not in merges:
                merges.append((left, letter))
            left += letter
    pieces += list(dict.fromkeys(left + right for left, right in merges))
    tokenizer = Tokenizer(models.BPE({piece: number for number, piece in enumerate(pieces)}, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in special])
    tokenizer.post_processor = processors.TemplateProcessing(single="$A <eos>", special_tokens=[("<eos>", 1)])
    # No added_tokens_decoder: the pad token's id is in tokenizer.json alone.
    return tokenizer, {"add_bos_token": False, "add_eos_token": True, "bos_token": "<bos>", "do_lower_case": True, "eos_token": "<eos>", "model_max_length": 16,
                       "pad_token": {"content": "<pad>"}, "padding_side": "right", "processor_class": "SiglipProcessor", "tokenizer_class": "GemmaTokenizer",
                       "unk_token": "<unk>"}


VARIANTS = {
    "siglip": {
        "covers": "attention pooling, logits with scale and bias, texts padded to 64 with </s>; a Unigram tokenizer that lower-cases and takes punctuation away",
        "seed": 12, "tokenizer": unigram,
        "text": {"hidden_size": 24, "intermediate_size": 30, "num_hidden_layers": 2, "num_attention_heads": 3, "max_position_embeddings": 64},
        "vision": {"hidden_size": 24, "intermediate_size": 34, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32, "patch_size": 8},
        "size": {"height": 32, "width": 32}, "scale": 4.7, "bias": -12.9,
    },
    "siglip2": {
        "covers": "padding to the tokenizer's limit with an id that only tokenizer.json gives; do_lower_case in tokenizer_config.json; towers of unlike width, with "
                  "projection_size; 5 x 3 patches; layer_norm_eps 1e-4 and 1e-3",
        "seed": 5, "tokenizer": gemma,
        "text": {"hidden_size": 32, "intermediate_size": 27, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 20, "layer_norm_eps": 1e-4,
                 "projection_size": 20},
        "vision": {"hidden_size": 20, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 24, "patch_size": 8, "layer_norm_eps": 1e-3},
        "size": {"height": 24, "width": 24}, "scale": 4.2, "bias": -8.5,
    },
}


def perturbed_model(variant, vocabulary):
    torch.manual_seed(variant["seed"])
    config = SiglipConfig(text_config=SiglipTextConfig(vocab_size=vocabulary, pad_token_id=1, bos_token_id=None, eos_token_id=1, **variant["text"]).to_dict(),
                          vision_config=SiglipVisionConfig(**variant["vision"]).to_dict())
    model = SiglipModel(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name == "logit_scale":
                parameter.fill_(variant["scale"])
            elif name == "logit_bias":
                parameter.fill_(variant["bias"])
            elif "norm" in name and name.endswith("weight"):
                parameter.copy_(1 + 0.3 * torch.randn_like(parameter))
            elif name.endswith("bias"):
                parameter.copy_(0.25 * torch.randn_like(parameter))
            elif "embedding" in name or "probe" in name:
                parameter.copy_((2.0 if "patch" in name else 0.7) * torch.randn_like(parameter) / (parameter[0].numel() ** 0.5 if "patch" in name else 1))
            else:
                parameter.copy_(1.7 * torch.randn_like(parameter) / parameter.shape[-1] ** 0.5)
    return model


def write_folder(folder, variant):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tokenizer, config = variant["tokenizer"]()
    perturbed_model(variant, tokenizer.get_vocab_size()).save_pretrained(folder)
    tensors = load_file(folder / "model.safetensors")
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    document = json.loads(tokenizer.to_str())
    (folder / "tokenizer.json").write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
    (folder / "preprocessor_config.json").write_text(json.dumps({
        "do_normalize": True, "do_rescale": True, "do_resize": True, "image_mean": [0.5, 0.5, 0.5], "image_processor_type": "SiglipImageProcessor",
        "image_std": [0.5, 0.5, 0.5], "processor_class": "SiglipProcessor", "resample": 3, "rescale_factor": 0.00392156862745098, "size": variant["size"]}, indent=1) + "\n")


def token_ids(folder, variant):
    """As SiglipProcessor with padding="max_length", on lower-cased text: what the towers were trained with."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    config = json.loads((folder / "tokenizer_config.json").read_text())
    length = min(config["model_max_length"], variant["text"]["max_position_embeddings"])
    pad = config["pad_token"] if isinstance(config["pad_token"], str) else config["pad_token"]["content"]
    tokenizer.enable_truncation(length)
    tokenizer.enable_padding(length=length, pad_id=tokenizer.token_to_id(pad), pad_token=pad)
    return [tokenizer.encode(text.lower()).ids for text in TEXTS]


@torch.no_grad()
def run(model, pixels, rows):
    dtype = model.logit_scale.dtype
    values = torch.from_numpy(np.ascontiguousarray(pixels)).to(dtype)
    output = model(input_ids=torch.tensor(rows), pixel_values=values)
    images = model.vision_model(pixel_values=values).pooler_output
    texts = model.text_model(input_ids=torch.tensor(rows)).pooler_output
    return images, texts, output.logits_per_image


def check(model, pixels, rows):
    images, texts, logits = run(model, pixels, rows)
    for kind, embeds in (("pictures", images), ("texts", texts)):
        unit = embeds / embeds.norm(dim=-1, keepdim=True)
        cosine = (unit @ unit.T).fill_diagonal_(-1).max().item()
        if cosine >= 0.9:
            raise RuntimeError(f"{kind} look alike: {cosine:.3f}")
    error = (run(copy.deepcopy(model).double(), pixels, rows)[2] - logits).abs().max().item()
    if error > 1e-4:
        raise RuntimeError(f"fp32 differs from fp64 by {error:.1e} in the logits")
    weakest = (float("inf"), "")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            kept = parameter.clone()
            parts = 3 if name.endswith("in_proj_bias") or name.endswith("in_proj_weight") else 1
            for part in range(parts):
                rows_of_part = slice(part * len(kept) // parts, (part + 1) * len(kept) // parts)
                for value in [0.0, 1.0] if "norm" in name and name.endswith("weight") else [0.0]:
                    parameter[rows_of_part].fill_(value)
                    changed = (run(model, pixels, rows)[2] - logits).abs().nan_to_num(nan=float("inf")).max().item()
                    if name.endswith("k_proj.bias") or (name.endswith("in_proj_bias") and part == 1):
                        if changed > 1e-3:
                            raise RuntimeError(f"{name} changes the logits by {changed:.1e}, which softmax should cancel")
                    elif changed <= 1e-2:
                        raise RuntimeError(f"{name} set to {value} changes the logits by {changed:.1e} only")
                    else:
                        weakest = min(weakest, (changed, f"{name} = {value}"))
                    parameter.copy_(kept)
        changed = (run(model, pixels, [[*row[:-1], 0 if row[-1] else 1] for row in rows])[2] - logits).abs().max().item()
        if changed < 1e-2:
            raise RuntimeError("padding does not matter")
    probabilities = logits.sigmoid()
    print(f"  logits {logits.min():.1f} … {logits.max():.1f}, fp32 against fp64 {error:.1e}, the weakest tensor, {weakest[1]}, changes a logit by {weakest[0]:.2g}")
    if not (probabilities.max() > 0.3 and probabilities.min() < 0.05):
        print("  probabilities are all alike:", probabilities.min().item(), probabilities.max().item())
    return images, texts, logits


def golden(folder, variant):
    model, report = SiglipModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    if report["missing_keys"] or report["mismatched_keys"]:
        raise RuntimeError(f"{folder}: transformers does not load it: {report}")
    model.eval()
    processor = SiglipImageProcessorPil.from_pretrained(folder)
    pixels = np.stack([np.asarray(processor(clip_inputs.load(PICTURES / name))["pixel_values"][0]) for name in clip_inputs.PICTURES])
    rows = token_ids(folder, variant)
    images, texts, logits = check(model, pixels, rows)
    float32_json.write(folder / "golden.json", {
        "covers": variant["covers"],
        "transformers": transformers.__version__,
        "torch": torch.__version__,
        "note": "texts are lower-cased and padded as trained; embeds are not normalised; probabilities are each pair's own",
        "pictures": [f"pictures/{name}" for name in clip_inputs.PICTURES],
        "pixel_values_crc32": [zlib.crc32(np.ascontiguousarray(p).tobytes()) for p in pixels],
        "texts": TEXTS,
        "input_ids": rows,
        "image_embeds": float32_json.shortest(images),
        "text_embeds": float32_json.shortest(texts),
        "logits_per_image": float32_json.shortest(logits),
        "probabilities": float32_json.shortest(logits.sigmoid()),
    })


def make(name, variant):
    write_folder(TESTDATA / name, variant)
    golden(TESTDATA / name, variant)


if __name__ == "__main__":
    each_wanted(VARIANTS, make, __doc__)
