"""Makes testdata/models/chinese-clip/: a tiny random Chinese-CLIP with vocab.txt and no tokenizer.json, as such folders are published, and what transformers answers.

Run:  python tools/reference/chinese_clip_models.py
"""

import copy
import json
import shutil
import zlib

import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import BertTokenizer, ChineseCLIPConfig, ChineseCLIPModel
from transformers.models.chinese_clip.configuration_chinese_clip import ChineseCLIPTextConfig, ChineseCLIPVisionConfig
from transformers.models.chinese_clip.image_processing_pil_chinese_clip import ChineseCLIPImageProcessorPil

import clip_inputs
import float32_json
from golden_models import PICTURES, TESTDATA
import text_tokenizers
from text_inputs import TEXTS as ALL_TEXTS

FOLDER = TESTDATA / "chinese-clip"
TEXTS = ["東京の空は青い。日本語の文", "a photo of a cat", "Two dogs play in front of the green house, while it rains.", "", ALL_TEXTS[8],
         "search engines rank documents by relevance"]
LIMIT = 52
SEED = 19


def perturbed_model(vocabulary, seed):
    torch.manual_seed(seed)
    text = ChineseCLIPTextConfig(vocab_size=vocabulary, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3, max_position_embeddings=64)
    vision = ChineseCLIPVisionConfig(hidden_size=32, intermediate_size=36, num_hidden_layers=2, num_attention_heads=4, image_size=32, patch_size=8)
    model = ChineseCLIPModel(ChineseCLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=20)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name == "logit_scale":
                parameter.fill_(4.6052)
            elif "norm" in name.lower() and name.endswith("weight"):
                parameter.copy_(1 + 0.3 * torch.randn_like(parameter))
            elif name.endswith("bias"):
                parameter.copy_(0.25 * torch.randn_like(parameter))
            elif "embedding" in name:
                parameter.copy_((2 / parameter[0].numel() ** 0.5 if "patch" in name else 0.7) * torch.randn_like(parameter))
            else:
                parameter.copy_(1.7 * torch.randn_like(parameter) / parameter.shape[-1] ** 0.5)
    return model


def write_folder(tokenizer, seed):
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    perturbed_model(tokenizer.get_vocab_size(), seed).save_pretrained(FOLDER)
    tensors = load_file(FOLDER / "model.safetensors")
    save_file(tensors, FOLDER / "model.safetensors", {"format": "pt"})
    text_tokenizers.write_vocabulary(FOLDER, tokenizer, {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": LIMIT, "cls_token": "[CLS]",
                                                         "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]", "mask_token": "[MASK]"})
    (FOLDER / "preprocessor_config.json").write_text(json.dumps({
        "crop_size": {"height": 32, "width": 32}, "do_center_crop": False, "do_convert_rgb": True, "do_normalize": True, "do_rescale": True, "do_resize": True,
        "feature_extractor_type": "ChineseCLIPFeatureExtractor", "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_processor_type": "ChineseCLIPImageProcessor", "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3,
        "size": {"height": 32, "width": 32}}, indent=1) + "\n")


@torch.no_grad()
def run(model, pixels, rows):
    images = model.get_image_features(pixel_values=torch.from_numpy(pixels).to(model.logit_scale.dtype)).pooler_output
    texts = torch.stack([model.get_text_features(input_ids=torch.tensor([row])).pooler_output[0] for row in rows])
    unit = lambda x: x / x.norm(dim=-1, keepdim=True)
    return images, texts, unit(images) @ unit(texts).T * model.logit_scale.exp()


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
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "pooler" in name or name.endswith(("k_proj.bias", "key.bias")):
                continue
            kept = parameter.clone()
            parameter.fill_(0)
            changed = (run(model, pixels, rows)[2] - logits).abs().nan_to_num(nan=float("inf")).max().item()
            parameter.copy_(kept)
            if changed <= 1e-2:
                raise RuntimeError(f"{name} changes the logits by {changed:.1e} only")
    print(f"logits {logits.min():.1f} … {logits.max():.1f}, fp32 against fp64 {error:.1e}")
    return images, texts, logits


def main(seed=SEED):
    torch.set_num_threads(1)
    tokenizer = text_tokenizers.wordpiece(True)
    write_folder(tokenizer, seed)
    model, report = ChineseCLIPModel.from_pretrained(FOLDER, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    if report["missing_keys"] or report["mismatched_keys"]:
        raise RuntimeError(f"transformers does not load it: {report}")
    model.eval()
    processor = ChineseCLIPImageProcessorPil.from_pretrained(FOLDER)
    pixels = np.stack([np.asarray(processor(clip_inputs.load(PICTURES / name))["pixel_values"][0]) for name in clip_inputs.PICTURES])
    bert = BertTokenizer.from_pretrained(FOLDER)
    rows = [bert(text, truncation=True, max_length=LIMIT, verbose=False)["input_ids"] for text in TEXTS]
    images, texts, logits = check(model, pixels, rows)
    float32_json.write(FOLDER / "golden.json", {
        "covers": "CLIP's image tower beside a BERT that is pooled at its first token; vocab.txt without tokenizer.json; pictures squashed, not cropped",
        "transformers": transformers.__version__,
        "torch": torch.__version__,
        "note": "texts ran one by one without padding; embeds are projected and not normalised",
        "pictures": [f"pictures/{name}" for name in clip_inputs.PICTURES],
        "pixel_values_crc32": [zlib.crc32(np.ascontiguousarray(p).tobytes()) for p in pixels],
        "texts": TEXTS,
        "input_ids": rows,
        "image_embeds": float32_json.shortest(images),
        "text_embeds": float32_json.shortest(texts),
        "logits_per_image": float32_json.shortest(logits),
        "probabilities": float32_json.shortest(logits.softmax(dim=1)),
    })


if __name__ == "__main__":
    main()
