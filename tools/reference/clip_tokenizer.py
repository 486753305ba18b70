"""A small but real CLIP tokenizer: byte-level BPE with the end-of-word suffix </w>, 600 entries.

Same pipeline as openai/clip-vit-base-patch32 (NFC, white space to one space, lower case; CLIP's word pattern; bytes;
<|startoftext|> … <|endoftext|>), and the same order of ids: 256 bytes, 256 bytes that end a word, merges, the two
special tokens. Only the number of merges is smaller.
"""

import json
from collections import Counter
from pathlib import Path

from tokenizers import Tokenizer
from transformers import CLIPTokenizer, CLIPTokenizerFast
from transformers.convert_slow_tokenizer import bytes_to_unicode

MERGES = 86
START, END = "<|startoftext|>", "<|endoftext|>"

# What the merges are learnt from: captions as CLIP sees them, with a few words of other languages.
CORPUS = """
a photo of a cat a photo of a dog a photo of a red circle a photo of a blue square a drawing of a house
a picture of the sea and the sky two dogs and a cat on a sofa a small robot that holds a red box
the red car in front of the green house an old man with a hat a woman who reads a book in the garden
a black and white photo of a bird a close up photo of a flower a bowl of fruit on the table
a street with cars and people at night children who play in the park a train at the station
stripes and circles on a field of noise this is not a photo the robot picks the green box
ein foto von einer katze une photo avec un chien una foto de un gato фото кошки η φωτογραφία 猫の写真
""".split()


def train_merges(corpus=CORPUS, most=MERGES):
    """The first `most` merges of byte-pair encoding over a list of words, as pairs of byte-level strings; fewer when
    every word is one entry before that.

    Not tokenizers.BpeTrainer: among equally frequent pairs that one chooses anew in every run, and the golden files
    must come out the same.
    """
    alphabet = bytes_to_unicode()
    counts = Counter(tuple(alphabet[byte] for byte in word.encode()) for word in corpus)
    words = {letters[:-1] + (letters[-1] + "</w>",): count for letters, count in counts.items()}
    merges = []
    while len(merges) < most:
        pairs = Counter()
        for word, count in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += count
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))  # the most frequent; of equals the first by alphabet
        merges.append(best)
        words = {merged(word, best): count for word, count in words.items()}
    return merges


def merged(word, pair):
    """The word with each occurrence of the pair as one entry, left to right."""
    result = []
    for letter in word:
        if result and (result[-1], letter) == pair:
            result[-1] += letter
        else:
            result.append(letter)
    return tuple(result)


def make(merges):
    """The tokenizer as transformers' class builds it."""
    letters = list(bytes_to_unicode().values())
    entries = letters + [letter + "</w>" for letter in letters] + [left + right for left, right in merges] + [START, END]
    vocabulary = {entry: index for index, entry in enumerate(entries)}
    if len(vocabulary) != len(entries):
        raise RuntimeError("two merges give the same entry")
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=77)


def full_size_ids(document):
    """tokenizer.json whose special tokens have the ids of the full CLIP vocabulary, 49406 and 49407."""
    for token, name, new in zip(document["added_tokens"], (START, END), (49406, 49407), strict=True):
        token["id"] = document["model"]["vocab"][name] = new
    document["post_processor"] |= {"cls": [START, 49406], "sep": [END, 49407]}
    return document


def alphabet_only(document):
    """tokenizer.json cut down to the letters a–z, alone or at a word's end: 54 entries, under 2 KB."""
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    entries = letters + [letter + "</w>" for letter in letters] + [START, END]
    document["model"] |= {"vocab": {entry: index for index, entry in enumerate(entries)}, "merges": []}
    for token in document["added_tokens"]:
        token["id"] = entries.index(token["content"])
    document["post_processor"] |= {"cls": [START, entries.index(START)], "sep": [END, entries.index(END)]}
    return document


def write(folder, max_length=77, legacy_merges=False, cut=lambda document: document, merges=None):
    """Writes tokenizer.json, tokenizer_config.json and special_tokens_map.json as folders on the Hub have them.

    legacy_merges writes merges as "a b", the way of tokenizer.json files made before 2024; otherwise ["a", "b"].
    cut changes the document before it is written, such as alphabet_only does. merges: by default those of CORPUS.
    Returns the tokenizer that transformers reads back from the folder.
    """
    folder = Path(folder)
    document = cut(json.loads(make(train_merges() if merges is None else merges).backend_tokenizer.to_str()))
    document["truncation"] = document["padding"] = None
    if legacy_merges:
        document["model"]["merges"] = [" ".join(pair) for pair in document["model"]["merges"]]
    (folder / "tokenizer.json").write_text(
        json.dumps(document, ensure_ascii=False, separators=(",", ":")), encoding="utf-8"
    )
    special = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END}
    config = special | {
        "add_prefix_space": False,
        "do_lower_case": True,
        "errors": "replace",
        "model_max_length": max_length,
        "tokenizer_class": "CLIPTokenizer",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=1) + "\n")

    tokenizer = CLIPTokenizerFast.from_pretrained(folder)
    plain = Tokenizer.from_file(str(folder / "tokenizer.json"))
    for text in ("A photo of a CAT", "", "naïve café, 日本 🎉", f"a{END}b"):
        if tokenizer(text, verbose=False)["input_ids"] != plain.encode(text).ids:
            raise RuntimeError(f"CLIPTokenizerFast and tokenizer.json disagree on {text!r}")
    return tokenizer
