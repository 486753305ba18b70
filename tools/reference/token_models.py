"""Makes testdata/tokens/<name>.json: the vectors of every token and patch that transformers and sentence-transformers compute on folders of testdata/models, and
late interaction over them, by numpy in float64. Run after the scripts that make the folders.

Run:  python tools/reference/token_models.py [names…]
"""

import json

import numpy as np
import torch
import transformers
from sentence_transformers import SentenceTransformer
from transformers import AutoImageProcessor, AutoModel
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

import clip_inputs
import float32_json
from golden_models import TESTDATA, each_wanted

PICTURES = ["landscape.jpg", "cmyk.jpg"]
TOKENS = TESTDATA.parent / "tokens"


def clip(model, pixels, ids):
    image = model.vision_model(pixel_values=pixels).last_hidden_state  # before the norm
    images = model.visual_projection(model.vision_model.post_layernorm(image))
    return images, [model.text_projection(model.text_model(input_ids=row).last_hidden_state)[0] for row in ids]


def siglip(model, pixels, ids):
    return model.vision_model(pixel_values=pixels).last_hidden_state, [model.text_model(input_ids=row).last_hidden_state[0] for row in ids]


def vision(model, pixels, ids):
    return model(pixel_values=pixels).last_hidden_state, []


def text(model, pixels, ids):
    return [], [model(input_ids=row).last_hidden_state[0] for row in ids]


def sentence(model, pixels, ids):
    """What the modules before Pooling leave of each token."""
    def tokens(row):
        features = {"input_ids": row, "attention_mask": torch.ones_like(row)}
        for module in model:
            if type(module).__name__ == "Pooling":
                return features["token_embeddings"][0]
            features = module(features)
        raise RuntimeError("no Pooling")
    return [], [tokens(row) for row in ids]


# Which texts of golden.json, by number; those of text 3 in CLIP's are a start and an end alone.
MODELS = {
    "tiny-clip": (clip, [0, 1, 3, 5, 7]),
    "modern-eos": (clip, [0, 3, 6, 7, 8]),   # an end within the text, none, at the start
    "chinese-clip": (clip, [0, 1, 3]),
    "siglip": (siglip, [1]),
    "siglip2": (siglip, [0, 2]),
    "vit-pooler": (vision, []),
    "dinov2-registers": (vision, []),
    "plain-bert": (text, [0, 3, 7]),
    "sentence-bert-cls": (sentence, [0, 1, 7]),
    "sentence-roberta": (sentence, [0, 4]),
    "sentence-mpnet": (sentence, [1, 6]),
    "sentence-token-dense": (sentence, [0, 1, 7]),
}


def unit(x):
    x = np.asarray(x, dtype=np.float64)
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def max_similarity(query, document):
    return (unit(query) @ unit(document).T).max(axis=1).sum()


@torch.no_grad()
def make(name, how):
    run, numbers = how
    folder = TESTDATA / name
    golden = json.loads((folder / "golden.json").read_text())
    model = (SentenceTransformer(str(folder), device="cpu").float() if run is sentence
             else AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")).eval()
    rows = [golden["input_ids"][number] for number in numbers]
    pixels, pictures = None, PICTURES if "pictures" in golden else []
    if pictures:
        vit = name.startswith("vit-")  # whose feature extractor, of an older version, the Auto class does not know
        processor = ViTImageProcessorPil.from_pretrained(folder) if vit else AutoImageProcessor.from_pretrained(folder, backend="pil")
        pixels = torch.from_numpy(np.stack([np.asarray(processor(clip_inputs.load(TESTDATA / "pictures" / p))["pixel_values"][0]) for p in pictures]))
    images, texts = run(model, pixels, [torch.tensor([row]) for row in rows])
    images, texts = [image.numpy() for image in images], [text.numpy() for text in texts]
    if run is clip:  # which row of them is the embedding
        embedded = {p: e for p, e in zip(golden["pictures"], golden["image_embeds"])}
        for picture, image in zip(pictures, images):
            np.testing.assert_allclose(image[0], embedded[f"pictures/{picture}"], atol=2e-5)
        for number, text in zip(numbers, texts):
            assert np.abs(text - np.float32(golden["text_embeds"][number])).max(axis=1).min() < 2e-5
    queries, documents = (texts, images) if texts and images and texts[0].shape[1] == images[0].shape[1] else (texts, texts) if texts else (images, images)
    TOKENS.mkdir(exist_ok=True)
    float32_json.write(TOKENS / f"{name}.json", {
        "note": "made by tools/reference/token_models.py; token vectors one below the other, of each picture and of each text in turn; max_similarity is of unit vectors",
        "transformers": transformers.__version__, "torch": torch.__version__.split("+")[0],
        "pictures": [f"pictures/{p}" for p in pictures], "texts": [golden["texts"][number] for number in numbers] if numbers else [],
        "input_ids": rows,
        "image_tokens": float32_json.shortest(np.concatenate(images)) if images else [],
        "text_tokens": float32_json.shortest(np.concatenate(texts)) if texts else [],
        "queries": "texts" if queries is texts else "pictures", "documents": "texts" if documents is texts else "pictures",
        "max_similarity": [[round(max_similarity(query, document), 9) for document in documents] for query in queries]})


if __name__ == "__main__":
    each_wanted(MODELS, make, __doc__)
