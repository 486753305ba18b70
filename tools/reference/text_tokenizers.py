"""Small tokenizers of the kinds that sentence encoders have, trained on text_inputs.CORPUS."""

import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from text_inputs import CORPUS

BERT_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ROBERTA_SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def wordpiece(lower_case, size=340, special=BERT_SPECIAL, around=("[CLS]", "[SEP]"), unknown="[UNK]"):
    tokenizer = Tokenizer(models.WordPiece(unk_token=unknown))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower_case)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=size, special_tokens=special, show_progress=False))
    first, last = around
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}", special_tokens=[(token, tokenizer.token_to_id(token)) for token in around])
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def byte_level(size=330):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=size, special_tokens=ROBERTA_SPECIAL, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tokenizer


def unigram(size=300):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("  ", " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(CORPUS, trainers.UnigramTrainer(
        vocab_size=size, special_tokens=ROBERTA_SPECIAL, unk_token="<unk>", show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return tokenizer


def write(folder, tokenizer, config):
    """tokenizer.json and tokenizer_config.json."""
    document = json.loads(tokenizer.to_str())
    document["truncation"] = document["padding"] = None
    (Path(folder) / "tokenizer.json").write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    (Path(folder) / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")


def write_vocabulary(folder, tokenizer, config):
    """vocab.txt and tokenizer_config.json: a folder as it was before tokenizer.json."""
    entries = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    (Path(folder) / "vocab.txt").write_text("".join(token + "\n" for token, _ in entries), encoding="utf-8")
    (Path(folder) / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
