"""What makes golden data worth testing against: inputs that differ, and no tensor that could be forgotten."""

import copy

import numpy as np
import torch

END = "<|endoftext|>"


def _unit(x):
    return x / x.norm(dim=-1, keepdim=True)


@torch.no_grad()
def _logits(model, pixels, rows):
    dtype = model.logit_scale.dtype
    images = model.get_image_features(pixel_values=torch.from_numpy(np.ascontiguousarray(pixels)).to(dtype)).pooler_output
    texts = torch.stack([model.get_text_features(input_ids=torch.tensor([ids])).pooler_output[0] for ids in rows])
    return _unit(images) @ _unit(texts).T * model.logit_scale.exp()


def check_inputs_differ(variant, images, texts, limit=0.9):
    """Different inputs must not look alike, or a test could not tell a mixed-up batch from a right one."""
    for kind, embeds in (("pictures", images), ("texts", texts)):
        cosine = (_unit(embeds) @ _unit(embeds).T).fill_diagonal_(-1)
        if cosine.max() >= limit:
            first, second = divmod(int(cosine.argmax()), len(cosine))
            raise RuntimeError(f"{variant.name}: {kind} {first} and {second} have cosine {cosine.max():.3f}")
        print(f"{variant.name}: {kind} differ, largest cosine {cosine.max():.3f}")


def check_precision(model, pixels, rows, logits, limit=1e-4):
    """fp32 must be well conditioned: else a right implementation with another order of sums would fail.

    Returns the largest error of a logit in fp32.
    """
    exact = _logits(copy.deepcopy(model).double(), pixels, rows)
    error = (logits.double() - exact).abs().max().item()
    if error > limit:
        raise RuntimeError(f"fp32 differs from fp64 by {error:.1e} in the logits")
    print(f"  logits {logits.min():.1f} … {logits.max():.1f}, fp32 against fp64 {error:.1e}")
    return error


@torch.no_grad()
def check_every_tensor_counts(model, pixels, rows, logits, limit=1e-2):
    """Forgetting any one tensor must move a logit by more than `limit`.

    Each tensor is set to zero, and a gain also to one, which is what code that forgets it computes.
    k_proj.bias is the exception: it adds the same q·b to every score of a row, and softmax cancels it.
    """
    weakest = (float("inf"), "")
    for name, parameter in model.named_parameters():
        kept = parameter.clone()
        neutral = [0.0, 1.0] if "norm" in name and name.endswith("weight") else [0.0]
        for value in neutral:
            parameter.fill_(value)
            changed = (_logits(model, pixels, rows) - logits).abs().nan_to_num(nan=float("inf")).max().item()
            if name.endswith("k_proj.bias"):
                if changed > 1e-3:
                    raise RuntimeError(f"{name} changes the logits by {changed:.1e}, which softmax should cancel")
                continue
            if changed <= limit:
                raise RuntimeError(f"{name} set to {value} changes the logits by {changed:.1e} only")
            weakest = min(weakest, (changed, f"{name} = {value}"))
        parameter.copy_(kept)
    print(f"  the weakest tensor, {weakest[1]}, changes the logits by {weakest[0]:.2g}")


ACTIVATIONS = ("quick_gelu", "gelu", "gelu_pytorch_tanh")


def _other_settings(tower, config):
    """(what, changed keys) for each setting of a tower that a reader could get wrong without any shape being wrong."""
    for act in ACTIVATIONS:
        if act != config.hidden_act:
            yield f"hidden_act {act}", {"hidden_act": act}
    for heads in {1, 2 * config.num_attention_heads} - {config.num_attention_heads}:
        if config.hidden_size % heads == 0:
            yield f"num_attention_heads {heads}", {"num_attention_heads": heads}
    if config.layer_norm_eps != 1e-5:
        yield "layer_norm_eps 1e-5", {"layer_norm_eps": 1e-5}
    if tower == "text":
        yield "eos_token_id", {"eos_token_id": 2 if config.eos_token_id != 2 else 599}


@torch.no_grad()
def check_every_setting_counts(model, pixels, rows, logits, limit=2e-3):
    """Reading a setting of config.json wrong must move a logit by more than `limit`, twice a test's tolerance.

    The closest pair is gelu and gelu_pytorch_tanh, 5e-4 apart at most; what else can be read wrong moves far more.
    """
    weakest = (float("inf"), "")
    for tower in ("text", "vision"):
        for what, changes in _other_settings(tower, getattr(model.config, f"{tower}_config")):
            if what == "eos_token_id" and all(599 in row for row in rows):
                continue  # the largest id is the end of text in every row: both conventions agree
            config = copy.deepcopy(model.config)
            getattr(config, f"{tower}_config").__dict__.update(changes)
            other = type(model)._from_config(config, attn_implementation="eager").eval()
            other.load_state_dict(model.state_dict())
            changed = (_logits(other, pixels, rows) - logits).abs().max().item()
            weakest = min(weakest, (changed, f"{tower} {what}"))
            if changed <= limit:
                raise RuntimeError(f"{tower} {what} instead of the right one changes the logits by {changed:.1e} only")
    print(f"  the weakest setting, {weakest[1]}, changes the logits by {weakest[0]:.2g}")
