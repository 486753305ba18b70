"""testdata/pixels/processors.json: what the PIL image processors of transformers make of pictures by formula.

    reference-env/bin/python tools/reference/pictures_processors.py

"cases": each a config (as in preprocessor_config.json) with results for pictures [width, height, seed]: width and height of the
result, CRC-32 of its uint8 pixels [height, width, 3] (before rescaling and normalising) and of its float32 values [3, height,
width] (little-endian), and eight of these values, evenly spread, as bits.
"bad": configs that transformers refuses, at the latest when a picture comes.
"""

import json
import logging
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from pictures_pattern import noise

OUT = Path(__file__).resolve().parents[2] / "testdata" / "pixels" / "processors.json"
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

CLASSES = {"CLIP": CLIPImageProcessorPil, "ViT": ViTImageProcessorPil, "Siglip": SiglipImageProcessorPil, "Blip": BlipImageProcessorPil, "Bit": BitImageProcessorPil}
SMALL = {"shortest_edge": 24}
SQUARE = {"height": 20, "width": 28}
CROP = {"height": 24, "width": 24}
PICTURES = [(37, 53, 1), (64, 48, 2), (24, 24, 3), (9, 11, 4), (100, 13, 5), (25, 31, 6)]
ODD = [(5, 4, 7), (33, 32, 8), (32, 90, 9)]


def configs():
    """Family, config without its type, pictures."""
    for family in CLASSES:
        yield family, {}, [(70, 60, 10), (230, 300, 11)]  # every default
        for resample in range(6):
            yield family, {"resample": resample, "size": SQUARE}, PICTURES[:3]
        yield family, {"size": 30, "do_center_crop": False}, PICTURES[:4]  # an integer: square or shortest edge
        yield family, {"size": 30, "default_to_square": True}, PICTURES[:2]
        yield family, {"size": 30, "default_to_square": False, "do_center_crop": False}, PICTURES
        yield family, {"size": 30, "default_to_square": None, "do_center_crop": False}, PICTURES[:2]
        yield family, {"size": [18, 33]}, PICTURES[:2]
        yield family, {"do_center_crop": True, "crop_size": 21, "size": SMALL}, PICTURES
        yield family, {"do_center_crop": True, "crop_size": [40, 15], "size": SMALL}, PICTURES
    yield "CLIP", {"size": SMALL, "crop_size": CROP}, PICTURES + ODD + [(2, 210, 16), (210, 2, 17)]
    yield "CLIP", {"size": {"shortest_edge": 31}, "crop_size": {"height": 17, "width": 40}}, PICTURES + ODD
    yield "CLIP", {"size": {"shortest_edge": 31}, "crop_size": {"height": 90, "width": 8}}, PICTURES + ODD
    yield "CLIP", {"size": {"shortest_edge": 10}, "crop_size": {"height": 37, "width": 200}}, PICTURES
    yield "CLIP", {"do_resize": False, "crop_size": 26}, PICTURES + ODD
    yield "CLIP", {"do_resize": False, "do_center_crop": False}, PICTURES
    yield "CLIP", {"do_resize": False, "do_center_crop": False, "do_rescale": False, "do_normalize": False}, PICTURES[:2]
    yield "CLIP", {"size": SMALL, "crop_size": CROP, "do_rescale": False}, PICTURES[:3]
    yield "CLIP", {"size": SMALL, "crop_size": CROP, "do_normalize": False}, PICTURES[:3]
    yield "CLIP", {"size": SMALL, "crop_size": CROP, "do_normalize": False, "rescale_factor": 0.0078431}, PICTURES[:3]
    yield "CLIP", {"size": SMALL, "crop_size": CROP, "rescale_factor": 1}, PICTURES[:3]
    yield "CLIP", {"size": SMALL, "crop_size": CROP, "image_mean": 0.5, "image_std": 0.25}, PICTURES[:3]
    yield "CLIP", {"size": SMALL, "crop_size": CROP, "image_mean": [0, 1, 0.333], "image_std": [1, 2, 0.1]}, PICTURES[:3]
    yield "CLIP", {"size": SMALL, "do_center_crop": None, "do_resize": True, "do_convert_rgb": None}, PICTURES[:3]
    yield "CLIP", {"do_resize": None, "crop_size": CROP, "size": None}, PICTURES[:3]
    yield "CLIP", {"use_square_size": True, "size": SMALL}, PICTURES[:1]
    yield "CLIP", {"size": {"shortest_edge": 24, "longest_edge": 30}, "do_center_crop": False}, PICTURES + ODD
    yield "CLIP", {"size": {"shortest_edge": 24, "longest_edge": 200}, "do_center_crop": False}, PICTURES + ODD
    yield "ViT", {"size": {"shortest_edge": 24, "longest_edge": 25}, "resample": 3}, PICTURES + ODD
    yield "ViT", {"size": {"max_height": 30, "max_width": 22}}, PICTURES + ODD
    yield "ViT", {"size": {"height": 33, "width": 33}, "do_center_crop": True, "crop_size": 32}, PICTURES
    yield "Siglip", {"size": {"height": 40, "width": 40}, "resample": 2, "image_mean": [0.5, 0.4, 0.3]}, PICTURES + ODD
    yield "Blip", {"size": {"height": 48, "width": 48}, "do_convert_rgb": True}, PICTURES + ODD + [(2, 210, 18)]
    # As openai/clip-vit-base-patch32 has it, in the old form.
    yield "CLIP", {"crop_size": 224, "do_center_crop": True, "do_normalize": True, "do_resize": True, "resample": 3, "size": 224,
                   "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}, [(320, 240, 12), (150, 400, 13)]
    yield "Siglip", {"size": {"height": 224, "width": 224}, "resample": 3}, [(320, 240, 14)]
    yield "Blip", {}, [(200, 180, 15)]
    # As facebook/dinov2-base has it.
    yield "Bit", {"crop_size": {"height": 224, "width": 224}, "do_center_crop": True, "do_convert_rgb": True, "do_normalize": True, "do_rescale": True, "do_resize": True,
                  "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "resample": 3, "rescale_factor": 0.00392156862745098,
                  "size": {"shortest_edge": 256}}, [(320, 240, 12), (150, 400, 13)]


def bad_configs():
    crop = {"do_center_crop": True}
    for config in [{"size": "large"}, {"size": 3.5}, {"size": {"longest_edge": 30}}, {"size": {"height": 30}}, {"size": {"shortest_edge": 30, "height": 3}},
                   {"size": None}, {"size": {"shortest_edge": 0}}, {"size": {"height": 30, "width": -2}}, {"size": []},
                   {"resample": 9}, {"resample": -1}, {"resample": None},
                   {**crop, "crop_size": {"shortest_edge": 30}}, {**crop, "crop_size": "x"}, {**crop, "crop_size": None},
                   {"image_mean": [0.5, 0.5]}, {"image_mean": None}, {"image_std": "x"}, {"rescale_factor": None},
                   {"rescale_factor": "x"}]:
        yield {"image_processor_type": "CLIPImageProcessor", **config}
    yield {"image_processor_type": "ViTImageProcessor", "do_center_crop": True}
    yield {"image_processor_type": "UnheardOfImageProcessor"}


def run(family, config, image, **switches):
    processor = CLASSES[family](**{**config, **switches})
    return np.asarray(processor(image, return_tensors="np").pixel_values[0])


def main():
    names = ["{}ImageProcessor", "{}ImageProcessorFast", "{}FeatureExtractor", "{}ImageProcessorPil"]
    cases = []
    for number, (family, config, pictures) in enumerate(configs()):
        results = []
        for width, height, seed in pictures:
            image = Image.fromarray(noise(width, height, seed))
            pixels = run(family, config, image, do_rescale=False, do_normalize=False)
            values = run(family, config, image)
            assert pixels.dtype == np.uint8 and pixels.shape == values.shape
            values = values.astype("<f4")
            flat = values.reshape(-1).view("<u4")
            results.append([width, height, seed, values.shape[2], values.shape[1], zlib.crc32(np.ascontiguousarray(pixels.transpose(1, 2, 0)).tobytes()),
                            zlib.crc32(values.tobytes()), [int(flat[i * (len(flat) - 1) // 7]) for i in range(8)]])
        name = names[number % 4].format(family)
        cases.append({"config": {"feature_extractor_type" if "Feature" in name else "image_processor_type": name, **config}, "results": results})
    bad = []
    for config in bad_configs():
        keys = {key: value for key, value in config.items() if key != "image_processor_type"}
        family = config["image_processor_type"].removesuffix("ImageProcessor")
        try:
            run(family, keys, Image.fromarray(noise(30, 20, 1)))
        except Exception:
            bad.append(config)
            continue
        raise SystemExit(f"{config}: transformers takes it")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    lines = [f' "{key}": [\n  ' + ",\n  ".join(json.dumps(entry, separators=(",", ":")) for entry in entries) + "\n ]" for key, entries in (("cases", cases), ("bad", bad))]
    OUT.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(len(cases), "configs,", sum(len(case["results"]) for case in cases), "pictures,", len(bad), "bad,", OUT.stat().st_size, "bytes")


main()
