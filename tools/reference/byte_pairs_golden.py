"""Makes testdata/tokenizers/byte-pairs.json: what transformers' CLIPTokenizer and RobertaTokenizer make of strings of every script from vocab.json and merges.txt, with the
settings and files that such folders have.

Run after tokenizers_golden.py, whose strings it takes, clip_models.py and text_models.py, whose tokenizers it takes apart.
"""

import json
import tempfile
from pathlib import Path

import transformers
from transformers import CLIPTokenizer, RobertaTokenizer

TESTDATA = Path(__file__).resolve().parents[2] / "testdata"
MAX_LENGTH = 24


def token(content, **flags):
    return {"__type": "AddedToken", "content": content, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False} | flags


def plain(content, **flags):
    return {key: value for key, value in token(content, **flags).items() if key != "__type"}


# (model, class, JSON files beside the vocabulary)
FOLDERS = [
    ("tiny-clip", CLIPTokenizer, {"tokenizer_config.json": {}}),
    # As openai/clip-vit-base-patch32 has it.
    ("tiny-clip", CLIPTokenizer, {"tokenizer_config.json": {"bos_token": token("<|startoftext|>"), "eos_token": token("<|endoftext|>"), "unk_token": token("<|endoftext|>"),
                                                            "pad_token": "<|endoftext|>", "add_prefix_space": False, "do_lower_case": True}}),
    ("tiny-clip", CLIPTokenizer, {"tokenizer_config.json": {"added_tokens_decoder": {
        "596": plain("bir", special=False, lstrip=True), "598": plain("<|startoftext|>", special=True), "599": plain("<|endoftext|>", special=True)}}}),
    ("tiny-clip", CLIPTokenizer, {"tokenizer_config.json": {}, "special_tokens_map.json": {"bos_token": plain("<|endoftext|>", normalized=False), "eos_token": "<|startoftext|>"}}),
    ("sentence-roberta", RobertaTokenizer, {"tokenizer_config.json": {}}),
    ("sentence-roberta", RobertaTokenizer, {"tokenizer_config.json": {"add_prefix_space": True, "mask_token": token("<mask>", lstrip=True, normalized=False)}}),
    ("sentence-roberta", RobertaTokenizer, {"tokenizer_config.json": {}, "special_tokens_map.json": {"cls_token": "</s>", "sep_token": plain("<s>", rstrip=True)}}),
    ("sentence-roberta", RobertaTokenizer, {"tokenizer_config.json": {}, "added_tokens.json": {"the": 260}}),
]


def main():
    strings = [case["text"] for case in json.loads((TESTDATA / "tokenizers" / "clip.json").read_text())["cases"]]
    # Those with the names of tokens in them, and some of all.
    numbers = [n for n, text in enumerate(strings) if n % 6 == 0 or ("<" in text and len(text) < 60)]
    extra = ["<|EndOfText|> a cat<|endoftext|>b", "a <mask> b<mask>", " the cat the  </s> dog<s>", "the", "a bird  bir jumps", "Then <s>  the other"]
    cases = []
    for model, tokenizer_class, files in FOLDERS:
        source = json.loads((TESTDATA / "models" / model / "tokenizer.json").read_text())["model"]
        with tempfile.TemporaryDirectory() as folder:
            files = json.loads(json.dumps(files))
            files["tokenizer_config.json"] |= {"tokenizer_class": tokenizer_class.__name__, "model_max_length": MAX_LENGTH}
            for name, content in files.items():
                if name == "added_tokens.json":  # a word of the vocabulary that is to be taken whole
                    content = files[name] = {word: source["vocab"].get(word, len(source["vocab"])) for word in content}
                (Path(folder) / name).write_text(json.dumps(content))
            (Path(folder) / "vocab.json").write_text(json.dumps(source["vocab"]))
            merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in source["merges"]]
            (Path(folder) / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
            tokenizer = tokenizer_class.from_pretrained(folder)
            cases.append({"model": model, "files": files,
                          "ids": [tokenizer(text, truncation=True, max_length=MAX_LENGTH)["input_ids"] for text in [strings[n] for n in numbers] + extra]})
    if len({json.dumps(case["ids"]) for case in cases}) != len(cases) - 1:  # the first two are alike
        raise RuntimeError("a setting changes nothing")
    rows = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    head = {"texts_of": "clip.json", "transformers": transformers.__version__, "max_length": MAX_LENGTH, "texts": numbers, "more_texts": extra}
    (TESTDATA / "tokenizers" / "byte-pairs.json").write_text(json.dumps(head)[:-1] + ',\n "cases": [\n' + rows + "\n]}\n")


if __name__ == "__main__":
    main()
