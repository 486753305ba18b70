"""Trains open-autoglm-demo, a small CLIP, on scenes that are drawn as they are needed. Seeded, and resumable at any moment.

Run:  python tools/demo-model/train.py WORK [--steps N]

WORK keeps checkpoints; a second start with the same WORK goes on after the last one. Step n sees the same scenes and captions in any run.
"""

import argparse
import copy
import math
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from transformers import CLIPConfig, CLIPModel
from transformers.models.clip.configuration_clip import CLIPTextConfig, CLIPVisionConfig

sys.path.append(str(Path(__file__).resolve().parents[1] / "reference"))
import clip_tokenizer  # noqa: E402
from drawing import draw  # noqa: E402
from scenes import (COUNTS, INVERSE, NONE, draw_captions, draw_scenes, hard_negatives, join, true_of)  # noqa: E402
from words import all_words, sentence  # noqa: E402

SEED = 20261125
SIDE, PATCH = 80, 10
NEGATIVES = 3              # hard ones, for each picture
BATCH = 128
SLOTS = 5                  # top, bottom, left, right of a pair, and the only object
CHECKPOINT = "checkpoint.pt"
MEAN, STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]  # CLIP's own


def merges():
    """As many as make each word of the captions one entry."""
    return clip_tokenizer.train_merges(all_words(), most=10_000)


def make_tokenizer():
    return clip_tokenizer.make(merges())


def make_model(tokenizer):
    torch.manual_seed(SEED)
    start, end = (tokenizer.convert_tokens_to_ids(token) for token in (clip_tokenizer.START, clip_tokenizer.END))
    common = {"hidden_size": 128, "intermediate_size": 512, "num_attention_heads": 4, "projection_dim": 128, "hidden_act": "gelu"}
    config = CLIPConfig(
        text_config=CLIPTextConfig(**common, num_hidden_layers=3, vocab_size=len(tokenizer), max_position_embeddings=77,
                                   bos_token_id=start, eos_token_id=end, pad_token_id=end),
        vision_config=CLIPVisionConfig(**common, num_hidden_layers=6, image_size=SIDE, patch_size=PATCH),
        projection_dim=common["projection_dim"])
    model = CLIPModel(config)
    model.set_attn_implementation("eager")  # its backward pass is the faster one on a CPU
    return model


class Helpers(nn.Module):
    """Extra teachers, which are thrown away in the end. Without them the contrastive loss learns sizes and colours early, shapes late and
    relations not at all.

    One tells from each patch what lies in it. The other is a fixed code: orthogonal directions of the embedding space, one for each value of
    each attribute at each place. Both towers learn to give the sum of what is told, each patch its own object's part. A learnt head instead would
    begin with no idea which place is which, and then neither tower gains by finding out alone.
    """

    def __init__(self, width, projection):
        super().__init__()
        self.patch = nn.Linear(width, sum(values + 1 for values in COUNTS))
        code = nn.init.orthogonal_(torch.empty(SLOTS * sum(values + 1 for values in COUNTS), projection),
                                   generator=torch.Generator().manual_seed(SEED))
        self.register_buffer("code", 20 * code)

    def patch_loss(self, hidden, labels):
        return self._loss(self.patch(hidden), labels)

    def code_loss(self, embeddings, labels):
        """embeddings [rows, projection] of any length, labels [rows, SLOTS, 3]"""
        return self._loss((F.normalize(embeddings, dim=1) @ self.code.T).unflatten(1, (SLOTS, -1)), labels)

    @staticmethod
    def _loss(logits, labels):
        """logits [..., all values], labels [..., 3]: COUNTS[i] stands for no object, -100 for no say."""
        parts = logits.split([values + 1 for values in COUNTS], dim=-1)
        return sum(F.cross_entropy(part.flatten(0, -2), labels[..., i].flatten(), ignore_index=-100) for i, part in enumerate(parts))


def patch_labels(scenes, shares):
    """What lies in each patch: [scenes, patches, 3] attributes, and the same by place, [scenes, patches, SLOTS, 3]. No say at rims."""
    cover = F.avg_pool2d(shares, PATCH).flatten(2)  # [scenes, 2, patches]
    best, which = cover.max(dim=1)
    attributes = torch.from_numpy(scenes.attributes).gather(1, which[..., None].expand(-1, -1, 3))
    labels = torch.where((best > 0.2)[..., None], attributes, torch.tensor(COUNTS))

    first = torch.from_numpy(np.where(scenes.relations == NONE, SLOTS - 1, scenes.relations))
    second = torch.from_numpy(INVERSE[scenes.relations])
    place = torch.where(which == 0, first[:, None], second[:, None])
    here = F.one_hot(place, SLOTS).bool()[..., None]
    placed = torch.where(here, labels[:, :, None], torch.tensor(COUNTS))
    rim = (best > 0) & (best <= 0.2)
    labels[rim] = -100
    placed[rim] = -100
    return labels, placed


def slot_labels(attributes, relations, objects):
    """[rows, SLOTS, 3] which object is where, as far as it is told."""
    labels = np.full((len(relations), SLOTS, 3), -1)
    labels[:] = np.array(COUNTS)
    single = objects == 1
    labels[single, 4] = attributes[single, 0]
    for relation in range(4):
        rows = relations == relation
        labels[rows, relation] = attributes[rows, 0]
        labels[rows, INVERSE[relation]] = attributes[rows, 1]
    labels[labels == NONE] = -100
    labels[(objects == 2) & (relations == NONE)] = -100
    return torch.from_numpy(labels)


def tokenize(tokenizer, texts, cache):
    """[texts, longest] ids; the rest of a row is end-of-text, which a causal tower does not see. Words are looked up once."""
    start, end = (tokenizer.convert_tokens_to_ids(token) for token in (clip_tokenizer.START, clip_tokenizer.END))
    rows = []
    for text in texts:
        ids = [start]
        for word in text.split():
            if word not in cache:
                cache[word] = tokenizer(word)["input_ids"][1:-1]
            ids += cache[word]
        rows.append(ids + [end])
    longest = max(map(len, rows))
    return torch.tensor([row + [end] * (longest - len(row)) for row in rows])


def normalise(pixels):
    mean, std = torch.tensor(MEAN)[:, None, None], torch.tensor(STD)[:, None, None]
    return (pixels - mean) / std


def step_loss(model, helpers, tokenizer, cache, step, help_weight):
    rng = np.random.default_rng([SEED, step])
    scenes = draw_scenes(rng, BATCH)
    pixels, shares = draw(rng, scenes, SIDE)
    positives = draw_captions(rng, scenes)
    captions = join([positives] + [hard_negatives(rng, positives) for _ in range(NEGATIVES)])
    texts = [sentence(captions, row, rng) for row in range(len(captions.relations))]
    truth = torch.from_numpy(true_of(captions, scenes))  # [BATCH, (1 + NEGATIVES) · BATCH]

    vision = model.vision_model(normalise(pixels).bfloat16())
    images = model.visual_projection(vision.pooler_output).float()
    ids = tokenize(tokenizer, texts, cache)
    sentences = model.text_projection(model.text_model(ids).pooler_output).float()
    image_rows, text_rows = F.normalize(images, dim=1), F.normalize(sentences, dim=1)
    logits = model.logit_scale.float().exp() * image_rows @ text_rows.T

    own = torch.eye(BATCH, dtype=torch.bool)
    others_true = truth.clone()
    others_true[:, :BATCH] &= ~own
    masked = logits.masked_fill(others_true, -math.inf)
    labels = torch.arange(BATCH)
    to_text = F.cross_entropy(masked, labels)
    to_image = F.cross_entropy(logits[:, :BATCH].masked_fill(others_true[:, :BATCH], -math.inf).T, labels)
    rows = torch.arange(BATCH)[:, None]
    mine = torch.arange(NEGATIVES + 1)[None] * BATCH + rows  # [BATCH, 1 + NEGATIVES] a picture's own captions
    hard = F.cross_entropy(masked[rows, mine], torch.zeros(BATCH, dtype=torch.long))
    loss = 0.5 * (to_text + to_image) + hard

    zero = torch.tensor(0.0)
    patch, patch_code, image_code, text_code = zero, zero, zero, zero
    if help_weight > 0:
        hidden = vision.last_hidden_state[:, 1:]
        labels, placed = patch_labels(scenes, shares)
        patch = helpers.patch_loss(hidden.float(), labels)
        projected = model.visual_projection(model.vision_model.post_layernorm(hidden)).float()
        patch_code = helpers.code_loss(projected.flatten(0, 1), placed.flatten(0, 1))
        objects = np.where(scenes.relations == NONE, 1, 2)
        image_code = helpers.code_loss(images, slot_labels(scenes.attributes, scenes.relations, objects))
        text_code = helpers.code_loss(sentences, slot_labels(captions.attributes, captions.relations, captions.objects))
        loss = loss + help_weight * (0.5 * patch + patch_code + image_code + 0.5 * text_code)
    right = (masked[rows, mine].argmax(dim=1) == 0).float().mean()
    return loss, {"text": to_text, "image": to_image, "hard": hard, "patch": patch, "patch_code": patch_code, "image_code": image_code,
                  "text_code": text_code, "right": right}


def save(path, content):
    torch.save(content, path.with_suffix(".new"))
    os.replace(path.with_suffix(".new"), path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--rate", type=float, default=1e-3)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)

    tokenizer = make_tokenizer()
    model = make_model(tokenizer)
    helpers = Helpers(model.config.vision_config.hidden_size, model.config.projection_dim)
    parameters = [*model.named_parameters(), *helpers.named_parameters()]
    decayed = [p for _, p in parameters if p.ndim > 1]
    plain = [p for _, p in parameters if p.ndim <= 1]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}],
                                  lr=arguments.rate, betas=(0.9, 0.98))
    average = {name: value.detach().clone() for name, value in model.named_parameters()}
    first = 0
    checkpoint = arguments.work / CHECKPOINT
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        helpers.load_state_dict(state["helpers"])
        optimiser.load_state_dict(state["optimiser"])
        average, first = state["average"], state["step"]
        print(f"going on after step {first}")

    # Forward and backward pass in bfloat16, on a copy; the sums of all the small steps in fp32.
    fast = copy.deepcopy(model).bfloat16()
    cache, began = {}, time.monotonic()
    for step in range(first, arguments.steps):
        done = step / arguments.steps
        rate = arguments.rate * min(1, (step + 1) / 300) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        help_weight = max(0.0, min(1.0, (0.85 - done) / 0.5))  # the helpers retire
        with torch.no_grad():
            for exact, rounded in zip(model.parameters(), fast.parameters(), strict=True):
                rounded.copy_(exact)
        fast.zero_grad(set_to_none=True)
        optimiser.zero_grad(set_to_none=True)
        loss, parts = step_loss(fast, helpers, tokenizer, cache, step, help_weight)
        loss.backward()
        for exact, rounded in zip(model.parameters(), fast.parameters(), strict=True):
            exact.grad = None if rounded.grad is None else rounded.grad.float()
        nn.utils.clip_grad_norm_([p for _, p in parameters], 1.0)
        optimiser.step()
        with torch.no_grad():
            model.logit_scale.clamp_(max=math.log(100))
            keep = min(0.998, 1 - 1 / (step + 2))
            for name, value in model.named_parameters():
                average[name].lerp_(value, 1 - keep)
        if (step + 1) % 25 == 0:
            told = " ".join(f"{name} {value.item():.3f}" for name, value in parts.items())
            print(f"step {step + 1} {told} scale {model.logit_scale.exp().item():.1f} "
                  f"{(time.monotonic() - began) / (step + 1 - first):.2f} s/step", flush=True)
        if (step + 1) % 100 == 0 or step + 1 == arguments.steps:
            save(checkpoint, {"model": model.state_dict(), "helpers": helpers.state_dict(), "optimiser": optimiser.state_dict(),
                              "average": average, "step": step + 1})


if __name__ == "__main__":
    main()
