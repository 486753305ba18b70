"""Makes testdata/tokenizers/wordpiece.json: what transformers' BertTokenizer makes of strings of every script from vocab.txt, with each setting of tokenizer_config.json.

Run after tokenizers_golden.py, whose strings it takes, and text_models.py.
"""

import json
import shutil
import tempfile
from pathlib import Path

import transformers
from transformers import BertTokenizer

TESTDATA = Path(__file__).resolve().parents[2] / "testdata"
MODEL = "models/plain-bert"
MAX_LENGTH = 32
SETTINGS = [
    {}, {"do_lower_case": False}, {"do_lower_case": True, "strip_accents": False}, {"do_lower_case": False, "strip_accents": True},
    {"tokenize_chinese_chars": False}, {"cls_token": "[SEP]", "sep_token": {"__type": "AddedToken", "content": "[CLS]", "lstrip": False, "rstrip": False, "single_word": False, "normalized": False, "special": True}},
]


def main():
    strings = [case["text"] for case in json.loads((TESTDATA / "tokenizers" / "clip.json").read_text())["cases"]]
    numbers = list(range(0, len(strings), 3))
    cases = []
    for settings in SETTINGS:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(TESTDATA / MODEL / "vocab.txt", folder)
            (Path(folder) / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer", "model_max_length": MAX_LENGTH} | settings))
            tokenizer = BertTokenizer.from_pretrained(folder)
            cases.append({"settings": settings, "ids": [tokenizer(strings[n], truncation=True, max_length=MAX_LENGTH)["input_ids"] for n in numbers]})
    if len({json.dumps(case["ids"]) for case in cases}) != len(cases):
        raise RuntimeError("a setting changes nothing")
    rows = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    head = {"model": MODEL, "texts_of": "clip.json", "transformers": transformers.__version__, "max_length": MAX_LENGTH, "texts": numbers}
    (TESTDATA / "tokenizers" / "wordpiece.json").write_text(json.dumps(head)[:-1] + ',\n "cases": [\n' + rows + "\n]}\n")


if __name__ == "__main__":
    main()
