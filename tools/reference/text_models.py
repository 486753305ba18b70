"""Makes testdata/models/<name>/ for sentence encoders: tiny random folders and what transformers and sentence-transformers answer on them.

Run:  python tools/reference/text_models.py [names…]
"""

import json
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import sentence_transformers
import torch
import transformers
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from transformers import (AutoConfig, AutoModel, AutoTokenizer, BertConfig, BertModel, BertTokenizer, DistilBertConfig, DistilBertModel, MPNetConfig,
                          MPNetModel, RobertaConfig, RobertaModel, XLMRobertaConfig, XLMRobertaModel)

import float32_json
import text_tokenizers
from golden_models import TESTDATA, each_wanted
from text_inputs import TEXTS

PACKAGE = "sentence_transformers.models."
BERT_TOKENIZER = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 512, "cls_token": "[CLS]", "sep_token": "[SEP]",
                  "pad_token": "[PAD]", "unk_token": "[UNK]", "mask_token": "[MASK]"}
ROBERTA_TOKENIZER = {"model_max_length": 512, "bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>",
                     "unk_token": "<unk>", "mask_token": "<mask>"}


@dataclass
class Variant:
    name: str
    covers: str                         # goes into golden.json, so that a failing test says what it stands for
    seed: int
    make: tuple                         # config class and model class
    config: dict
    tokenizer: object
    tokenizer_config: dict
    dtype: torch.dtype = torch.float32
    prefix: str = ""                    # before every tensor's name
    old_norm_names: bool = False        # LayerNorm.gamma and beta
    pooling: object = None              # 1_Pooling/config.json; None: no sentence-transformers folder
    dense: tuple = None                 # (outputs, activation)
    token_dense: int = None             # outputs of a dense layer before the pooling, of each token
    normalize: bool = False
    sentences: dict = field(default_factory=dict)   # sentence_bert_config.json
    prompts: dict = None                # config_sentence_transformers.json
    encoder_folder: str = ""
    vocabulary_only: bool = False
    config_keys: tuple = None           # config.json has these alone: the rest takes its default


SIZE = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 40, "initializer_range": 0.25}


def variants():
    cased, uncased = text_tokenizers.wordpiece(False), text_tokenizers.wordpiece(True)
    spm, bpe = text_tokenizers.unigram(), text_tokenizers.byte_level()
    mpnet = text_tokenizers.wordpiece(True, special=["<s>", "<pad>", "</s>", "[UNK]", "<mask>"], around=("<s>", "</s>"))
    return [
        Variant("sentence-bert-cls", "BGE: bert, [CLS] pooled, length 1, prompts without a default; names begin with bert., LayerNorm.gamma and beta; F16", 5,
                (BertConfig, BertModel), SIZE | {"vocab_size": uncased.get_vocab_size(), "max_position_embeddings": 40}, uncased, BERT_TOKENIZER,
                dtype=torch.float16, prefix="bert.", old_norm_names=True,
                pooling={"word_embedding_dimension": 24, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False, "pooling_mode_max_tokens": False,
                         "pooling_mode_mean_sqrt_len_tokens": False},
                normalize=True, sentences={"max_seq_length": 30, "do_lower_case": True},
                prompts={"prompts": {"query": "Represent this sentence: ", "document": ""}, "default_prompt_name": None}),
        Variant("sentence-bert-dense", "bert in 0_Transformer, a cased tokenizer behind do_lower_case, mean, a dense layer with tanh in its own weight file, length 1; "
                "eps 1e-3", 6, (BertConfig, BertModel),
                SIZE | {"vocab_size": cased.get_vocab_size(), "max_position_embeddings": 64, "layer_norm_eps": 1e-3, "type_vocab_size": 3}, cased,
                BERT_TOKENIZER | {"do_lower_case": False}, pooling={"word_embedding_dimension": 24, "pooling_mode_mean_tokens": True}, dense=(16, torch.nn.Tanh()),
                normalize=True, sentences={"max_seq_length": 20, "do_lower_case": True}, encoder_folder="0_Transformer"),
        Variant("sentence-roberta", "roberta with byte-level BPE, gelu_new, one token type, maximum, sum over root and weighted mean side by side, not normalised", 7,
                (RobertaConfig, RobertaModel),
                SIZE | {"vocab_size": bpe.get_vocab_size(), "max_position_embeddings": 66, "layer_norm_eps": 1e-5, "hidden_act": "gelu_new", "type_vocab_size": 1},
                bpe, ROBERTA_TOKENIZER | {"tokenizer_class": "RobertaTokenizer", "model_max_length": 50},
                pooling={"embedding_dimension": 24, "pooling_mode": ["max", "mean_sqrt_len_tokens", "weightedmean"]}, dtype=torch.bfloat16),
        Variant("sentence-xlm-roberta", "multilingual E5: xlm-roberta with a SentencePiece-like tokenizer, mean, length 1, a prompt by default; names begin with "
                "roberta.; a dense layer without bias or activation", 8, (XLMRobertaConfig, XLMRobertaModel),
                SIZE | {"vocab_size": spm.get_vocab_size(), "max_position_embeddings": 42, "layer_norm_eps": 1e-5, "type_vocab_size": 1}, spm,
                ROBERTA_TOKENIZER | {"tokenizer_class": "PreTrainedTokenizerFast"}, prefix="roberta.",
                pooling={"word_embedding_dimension": 24, "pooling_mode_mean_tokens": True}, dense=(24, torch.nn.Identity()), normalize=True,
                sentences={"max_seq_length": 40, "do_lower_case": False},
                prompts={"prompts": {"query": "query: ", "passage": "passage: "}, "default_prompt_name": "passage"}),
        Variant("sentence-distilbert", "distilbert, last token pooled, names begin with distilbert.", 9, (DistilBertConfig, DistilBertModel),
                {"vocab_size": uncased.get_vocab_size(), "dim": 20, "n_layers": 2, "n_heads": 2, "hidden_dim": 44, "max_position_embeddings": 48,
                 "initializer_range": 0.25}, uncased, BERT_TOKENIZER | {"tokenizer_class": "DistilBertTokenizer"}, prefix="distilbert.",
                pooling={"word_embedding_dimension": 20, "pooling_mode_lasttoken": True, "pooling_mode_mean_tokens": False}),
        Variant("sentence-mpnet", "mpnet: relative positions near and beyond the farthest bucket, [CLS] and mean side by side", 10, (MPNetConfig, MPNetModel),
                SIZE | {"vocab_size": mpnet.get_vocab_size(), "max_position_embeddings": 202}, mpnet,
                ROBERTA_TOKENIZER | {"tokenizer_class": "MPNetTokenizer", "unk_token": "[UNK]", "do_lower_case": True}, dtype=torch.float16,
                pooling={"word_embedding_dimension": 24, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}),
        Variant("sentence-token-dense", "bert with a dense layer before the pooling; [CLS], maximum and mean of what follows a prompt (include_prompt: false)", 12,
                (BertConfig, BertModel), SIZE | {"vocab_size": uncased.get_vocab_size(), "max_position_embeddings": 40}, uncased, BERT_TOKENIZER, dtype=torch.float16,
                pooling={"embedding_dimension": 14, "pooling_mode": ["cls", "max", "mean"], "include_prompt": False}, token_dense=14,
                sentences={"max_seq_length": 24, "do_lower_case": True},
                prompts={"prompts": {"query": "Represent this sentence: ", "weather": "the weather"}, "default_prompt_name": None}),
        Variant("plain-bert", "bert without modules.json and with vocab.txt alone: mean; relu; config.json with only what is no default", 11,
                (BertConfig, BertModel), SIZE | {"vocab_size": uncased.get_vocab_size(), "hidden_act": "relu"}, uncased,
                {"do_lower_case": True, "model_max_length": 64}, dtype=torch.float16, vocabulary_only=True,
                config_keys=("model_type", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act")),
    ]


def perturbed(variant):
    """A random model in which every parameter counts: biases and gains are not 0 and 1, matrices are 2.5 times as large."""
    torch.manual_seed(variant.seed)
    config_class, model_class = variant.make
    model = model_class(config_class(**variant.config)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias") and "norm" in name.lower():
                parameter.copy_(0.12 * torch.randn_like(parameter))  # what all tokens have in common
            elif name.endswith("bias"):
                parameter.copy_(0.25 * torch.randn_like(parameter))
            elif "norm" in name.lower():
                parameter.copy_(1 + 0.3 * torch.randn_like(parameter))
            elif "relative_attention_bias" in name:
                parameter.copy_(torch.randn_like(parameter))
            elif "embeddings" in name:
                parameter.copy_(torch.randn_like(parameter) * (1 if "word" in name else 0.5))
            else:
                parameter.mul_(2.5)
            parameter.copy_(parameter.to(variant.dtype).to(torch.float32))
    return model


def write_encoder(variant, model, folder):
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    if variant.config_keys:
        config = {key: config[key] for key in variant.config_keys}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    tensors = {}
    for name, tensor in model.state_dict().items():
        if name.startswith("pooler.") or name.endswith("_ids"):  # what no sentence encoder uses
            continue
        if variant.old_norm_names and "LayerNorm" in name:
            name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        tensors[variant.prefix + name] = tensor.to(variant.dtype).contiguous()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    if variant.vocabulary_only:
        text_tokenizers.write_vocabulary(folder, variant.tokenizer, variant.tokenizer_config)
    else:
        text_tokenizers.write(folder, variant.tokenizer, variant.tokenizer_config)
    if variant.sentences:
        (folder / "sentence_bert_config.json").write_text(json.dumps(variant.sentences, indent=1) + "\n")


def write_dense(folder, name, tensors, activation, more):
    (folder / name).mkdir()
    save_file(tensors, folder / name / "model.safetensors", metadata={"format": "pt"})
    outputs, inputs = tensors["linear.weight"].shape
    (folder / name / "config.json").write_text(json.dumps({
        "in_features": inputs, "out_features": outputs, "bias": "linear.bias" in tensors,
        "activation_function": f"{type(activation).__module__}.{type(activation).__name__}"} | more, indent=1) + "\n")


def write_modules(variant, model, folder):
    modules = [("Transformer", variant.encoder_folder)]
    if variant.token_dense:
        torch.manual_seed(variant.seed + 200)
        write_dense(folder, "1_Dense", {"linear.weight": torch.randn(variant.token_dense, variant.config["hidden_size"]) * 0.4,
                                        "linear.bias": torch.randn(variant.token_dense) * 2}, torch.nn.Identity(),
                    {"module_input_name": "token_embeddings", "module_output_name": "token_embeddings"})
        modules.append(("Dense", "1_Dense"))
    modules.append(("Pooling", f"{len(modules)}_Pooling"))
    (folder / modules[-1][1]).mkdir()
    (folder / modules[-1][1] / "config.json").write_text(json.dumps(variant.pooling, indent=1) + "\n")
    pooled = next(variant.config[key] for key in ("hidden_size", "dim") if key in variant.config)
    if variant.dense:
        outputs, activation = variant.dense
        torch.manual_seed(variant.seed + 100)
        has_bias = isinstance(activation, torch.nn.Tanh)
        tensors = {"linear.weight": torch.randn(outputs, pooled) * 0.4}
        if has_bias:  # what all texts have in common would drive tanh into its ends
            encode = lambda text: model(input_ids=torch.tensor([variant.tokenizer.encode(text.lower()).ids[:20]])).last_hidden_state[0].mean(0)
            common = torch.stack([encode(text) for text in TEXTS]).mean(0)
            tensors["linear.bias"] = (0.1 * torch.randn(outputs) - tensors["linear.weight"] @ common).detach()
        write_dense(folder, "2_Dense", tensors, activation, {})
        modules.append(("Dense", "2_Dense"))
    if variant.normalize:
        modules.append(("Normalize", f"{len(modules)}_Normalize"))
    (folder / "modules.json").write_text(json.dumps(
        [{"idx": i, "name": str(i), "path": path, "type": PACKAGE + name} for i, (name, path) in enumerate(modules)], indent=1) + "\n")
    if variant.prompts:
        (folder / "config_sentence_transformers.json").write_text(json.dumps(variant.prompts, indent=1) + "\n")


@torch.no_grad()
def answers(variant, folder):
    """Ids and embeddings of all texts, one at a time and so without padding; with each prompt by name, too."""
    if variant.pooling is None:
        tokenizer = BertTokenizer.from_pretrained(folder) if variant.vocabulary_only else AutoTokenizer.from_pretrained(folder)
        model = AutoModel.from_pretrained(folder).eval().float()
        rows = [tokenizer(text, truncation=True, verbose=False)["input_ids"] for text in TEXTS]
        return rows, np.stack([model(input_ids=torch.tensor([ids])).last_hidden_state[0].mean(0).numpy() for ids in rows]), {}
    model = SentenceTransformer(str(folder), device="cpu").float()
    default = model.prompts.get(model.default_prompt_name) if model.default_prompt_name else ""
    rows = [model.tokenize([default + text])["input_ids"][0].tolist() for text in TEXTS]
    encode = lambda name=None: np.concatenate([model.encode([text], prompt_name=name, show_progress_bar=False) for text in TEXTS])
    return rows, encode(), {name: encode(name) for name in (variant.prompts or {"prompts": {}})["prompts"]}


def inputs_differ(name, embeddings, limit=0.99):
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    cosine = unit @ unit.T - 2 * np.eye(len(unit))
    print(f"{name}: largest cosine of two texts {cosine.max():.3f}")
    return cosine.max() < limit


def made(variant):
    final = TESTDATA / variant.name
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / variant.name
        model = perturbed(variant)
        write_encoder(variant, model, folder / variant.encoder_folder)
        if variant.pooling is not None:
            write_modules(variant, model, folder)
        rows, embeddings, prompted = answers(variant, folder)
        if not inputs_differ(variant.name, embeddings):
            return False
        float32_json.write(folder / "golden.json", {
            "covers": variant.covers, "note": "made by tools/reference/text_models.py", "transformers": transformers.__version__,
            "sentence_transformers": sentence_transformers.__version__, "torch": torch.__version__.split("+")[0], "texts": TEXTS, "input_ids": rows,
            "text_embeds": float32_json.shortest(embeddings), "prompted": {name: float32_json.shortest(rows) for name, rows in prompted.items()}})
        shutil.rmtree(final, ignore_errors=True)
        shutil.copytree(folder, final)
        return True


def make(name, variant):
    # Vectors of texts that are pooled from all tokens lie close together; take the first seed whose do not.
    if not any(made(replace(variant, seed=variant.seed * 100 + attempt)) for attempt in range(25)):
        raise RuntimeError(f"{name}: texts look alike with every seed")


if __name__ == "__main__":
    each_wanted({variant.name: variant for variant in variants()}, make, __doc__)
