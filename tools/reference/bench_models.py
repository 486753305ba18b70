"""Makes the models that the benchmarks run: CLIP ViT-B/32 with random weights, as a folder and as ONNX files.

Run:  python tools/reference/bench_models.py FOLDER [--vision-only-onnx]

FOLDER/clip-vit-base-patch32/   config.json, model.safetensors (fp32, 605 MB), preprocessor_config.json, and the small
                                tokenizer with CLIP's ids for start and end of text
FOLDER/clip-vit-base-patch32-image.onnx   pixel_values [batch, 3, 224, 224] -> image_embeds [batch, 512]
FOLDER/clip-vit-base-patch32-text.onnx    input_ids [batch, length] int64 -> text_embeds [batch, 512]
FOLDER/vit-base-patch32-224/              ViT-B/32 alone (351 MB), and FOLDER/vit-base-patch32-224-image.onnx: pixel_values -> the class
                                          token's last hidden state [batch, 768]
FOLDER/…-int8.onnx                        the same, quantised dynamically by ONNX Runtime: int8 weights per channel, uint8 activations

embeds are projected and not normalised, as the SDK's raw features. Time does not depend on the values, so random
weights do; they are the ones of a fresh model with random biases, since a benchmark on zeros measures another thing.
"""

import argparse
import json
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import CLIPConfig, CLIPModel, ViTConfig, ViTModel

import clip_tokenizer
from clip_variants import processor
from vision_models import vit_processor

OPSET = 20  # the newest that torch's TorchScript exporter writes; it keeps the graph of a plain exported model
NAME = "clip-vit-base-patch32"
VIT_NAME = "vit-base-patch32-224"


class ImageTower(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        return self.model.get_image_features(pixel_values=pixel_values).pooler_output


class TextTower(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids):
        return self.model.get_text_features(input_ids=input_ids).pooler_output


class ClassToken(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        return self.model(pixel_values=pixel_values).last_hidden_state[:, 0]


@torch.no_grad()
def random_model(kind, config, **arguments):
    torch.manual_seed(32)
    model = kind._from_config(config, attn_implementation="eager", **arguments).eval()
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.copy_(0.05 * torch.randn_like(parameter))
        elif "norm" in name:
            parameter.copy_(1 + 0.1 * torch.randn_like(parameter))
    return model


def write_folder(folder, model, image_processor):
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder, max_shard_size="2GB")
    (folder / "preprocessor_config.json").write_text(json.dumps(image_processor, indent=1) + "\n")


def write_clip_folder(folder, model):
    write_folder(folder, model, processor(224))
    clip_tokenizer.write(folder, cut=clip_tokenizer.full_size_ids)


def export(path, tower, name, example, dynamic, output):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of each Python condition it fixes; compare() is the check
        torch.onnx.export(tower, (example,), str(path), input_names=[name], output_names=[output], opset_version=OPSET,
                          dynamic_axes={name: dynamic, output: {0: "batch"}}, dynamo=False)
    onnx.checker.check_model(str(path))


@torch.no_grad()
def compare(path, tower, inputs):
    """Largest difference between ONNX Runtime and torch, on batch sizes other than the exported one."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    for values in inputs:
        theirs = session.run(None, {name: values.numpy()})[0]
        ours = tower(values).numpy()
        difference = np.abs(theirs - ours).max()
        print(f"{path.name}: input {list(values.shape)}, largest difference {difference:.1e} at values up to "
              f"{np.abs(ours).max():.2f}", flush=True)
        if not difference < 1e-4 * np.abs(ours).max():
            raise RuntimeError(f"{path} does not compute what torch computes")


def quantise(path):
    """As ONNX Runtime's documentation shows it, per channel."""
    quantize_dynamic(path, path.with_name(path.stem + "-int8.onnx"), weight_type=QuantType.QInt8, per_channel=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--vision-only-onnx", action="store_true", help="no ONNX file of the text tower")
    arguments = parser.parse_args()

    generator = torch.Generator().manual_seed(7)
    pixels = torch.randn(3, 3, 224, 224, generator=generator)

    def image_onnx(name, tower):
        path = arguments.folder / f"{name}-image.onnx"
        export(path, tower, "pixel_values", pixels[:2], {0: "batch"}, "image_embeds")
        compare(path, tower, [pixels[:1], pixels])
        quantise(path)

    vit = random_model(ViTModel, ViTConfig(patch_size=32), add_pooling_layer=False)
    write_folder(arguments.folder / VIT_NAME, vit, vit_processor(224))
    image_onnx(VIT_NAME, ClassToken(vit))

    model = random_model(CLIPModel, CLIPConfig())
    write_clip_folder(arguments.folder / NAME, model)
    image_onnx(NAME, ImageTower(model))
    if arguments.vision_only_onnx:
        return

    def texts(batch, length):
        """Begins with start-of-text, ends with end-of-text, as the tokenizer gives them."""
        ids = torch.randint(0, 49406, (batch, length), generator=generator)
        ids[:, 0], ids[:, -1] = 49406, 49407
        return ids

    tower = TextTower(model)
    path = arguments.folder / f"{NAME}-text.onnx"
    export(path, tower, "input_ids", texts(2, 9), {0: "batch", 1: "length"}, "text_embeds")
    compare(path, tower, [texts(1, 8), texts(3, 77)])
    quantise(path)


if __name__ == "__main__":
    main()
