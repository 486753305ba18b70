"""Makes testdata/tokenizers/clip.json: strings of every script with their ids from the Python tokenizers library.

Run after clip_models.py:  python tools/reference/tokenizers_golden.py
"""

import json
import random
import unicodedata
from pathlib import Path

import tokenizers

TESTDATA = Path(__file__).resolve().parents[2] / "testdata"
TOKENIZER = "models/tiny-clip/tokenizer.json"
MAX_LENGTH = 77
END, START = "<|endoftext|>", "<|startoftext|>"

# Code point ranges to draw words from, one line per script. Only assigned code points are used: what a library thinks
# of the others depends on the Unicode version it was built with.
SCRIPTS = {
    "latin": [(0x41, 0x5A), (0x61, 0x7A)],
    "latin with diacritics": [(0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x17F), (0x1E00, 0x1EFF)],
    "latin extended": [(0x180, 0x24F), (0x250, 0x2AF)],
    "fullwidth": [(0xFF21, 0xFF3A), (0xFF41, 0xFF5A), (0xFF10, 0xFF19)],
    "greek": [(0x391, 0x3A1), (0x3A3, 0x3C9), (0x1F00, 0x1FFF)],
    "cyrillic": [(0x400, 0x4FF)],
    "armenian": [(0x531, 0x556), (0x561, 0x587)],
    "hebrew": [(0x5D0, 0x5EA), (0x5B0, 0x5BD)],
    "arabic": [(0x621, 0x64A), (0x64B, 0x652), (0x660, 0x669), (0xFE70, 0xFEFC)],
    "syriac": [(0x710, 0x74A)],
    "devanagari": [(0x901, 0x97F)],
    "bengali": [(0x980, 0x9FE)],
    "tamil": [(0xB82, 0xBFA)],
    "thai": [(0xE01, 0xE3A), (0xE40, 0xE5B)],
    "tibetan": [(0xF00, 0xFBC)],
    "georgian": [(0x10A0, 0x10FF), (0x1C90, 0x1CBF)],
    "cherokee": [(0x13A0, 0x13F5), (0xAB70, 0xABBF)],
    "ethiopic": [(0x1200, 0x137C)],
    "khmer": [(0x1780, 0x17DD)],
    "hangul syllables": [(0xAC00, 0xD7A3)],
    "hangul jamo": [(0x1100, 0x1112), (0x1161, 0x1175), (0x11A8, 0x11C2)],
    "hiragana and katakana": [(0x3041, 0x3096), (0x30A1, 0x30FA), (0xFF66, 0xFF9D)],
    "cjk": [(0x4E00, 0x9FA5)],
    "cjk extension b": [(0x20000, 0x2A6D6)],
    "cjk compatibility": [(0xF900, 0xFA6D)],
    "gothic and deseret": [(0x10330, 0x1034A), (0x10400, 0x1044F)],
    "mathematical letters": [(0x1D400, 0x1D7FF)],
    "emoji": [(0x1F300, 0x1F64F), (0x1F680, 0x1F6C5), (0x1F900, 0x1F9FF)],
    "symbols": [(0x2190, 0x23F3), (0x2500, 0x27BF)],
    "currency and letterlike": [(0x20A0, 0x20BF), (0x2100, 0x214F)],
    "numbers of many kinds": [(0x30, 0x39), (0xB2, 0xB3), (0xBC, 0xBE), (0x2150, 0x2189), (0x2460, 0x249B), (0x966, 0x96F)],
    "punctuation": [(0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E), (0xA1, 0xBF), (0x2010, 0x2027), (0x3001, 0x3011)],
    "combining marks": [(0x61, 0x7A), (0x300, 0x36F)],
    "controls": [(0x61, 0x7A), (0x00, 0x1F), (0x7F, 0x9F)],
    "invisible": [(0x61, 0x7A), (0xAD, 0xAD), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x2064), (0xFEFF, 0xFEFF)],
    "private use": [(0xE000, 0xE0FF), (0xF0000, 0xF00FF)],
}
SPACES = [" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u1680", "\u2003", "\u2009", "\u2028", "\u2029", "\u202f", "\u205f",
          "\u3000", "\x0b", "\x0c", "\x85", "\u180e", "\u200b"]
RANDOM_PER_SCRIPT = 11

HAND_WRITTEN = [
    "", " ", "   ", "\n", "\t\n \u3000", "a", "A", "0", "!", "'", "\u0000", "\ufffd", "\ufeff",
    "a photo of a cat", "A PHOTO OF A CAT", "  a   photo\tof\na\r\ncat  ", "a photo of a cat.", "a-photo-of-a-cat",
    "It's Bob's, isn't it? They've said we'll go; I'm sure you'd say they're 'right'.", "'s't're've'm'll'd", "IT'S DON'T",
    "don\u2019t \u2018quote\u2019 \u201cdouble\u201d \u2014 \u2013 \u2026",
    "3.14159 1,000,000 1e-5 0x1F 50% №5 ½ Ⅷ ²", "١٢٣ १२३ １２３",
    "https://example.org/path?q=a+b&c=%20#frag", "user.name+tag@example.co.uk", "C:\\Users\\name\\file.txt",
    "/usr/local/lib/x.so.1",
    "<b>bold</b> &amp; <a href=\"x\">link</a>", "&lt;script&gt;alert(1)&lt;/script&gt;", "<|>", "<||>",
    "<|endoftext", "endoftext|>",
    END, START, END + END, START + "a" + END, f"a cat{END}a dog", f"a cat {END} a dog", f"{START} a cat", "<|ENDOFTEXT|>",
    "<|EndOfText|>", "< |endoftext| >", "</w>", "cat</w>dog", "[CLS] [SEP] [PAD] <s> </s> <pad> <unk>",
    "😀", "👍🏽", "👩\u200d👩\u200d👧\u200d👦", "🏳️\u200d🌈", "🇩🇪🇯🇵🇺", "1️⃣2️⃣", "❤️❤", "🧑🏿\u200d🚀 in space", "🫠", "☺︎☺️",
    "café", "cafe\u0301", "\u212b \u00c5 A\u030a", "\u1e9b\u0323", "ﬁ ﬂ ﬀ", "Ǆ ǅ ǆ", "İstanbul", "ıI iİ", "ẞ ß",
    "ΌΣΟΣ ΣΑΣ Σ", "ὈΔΥΣΣΕΎΣ",
    "\u2126 \u03a9 \u212a K", "\u0344", "\u0958", "\uac01 \u1100\u1161\u11a8", "\uf900 豈",
    "e\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308", "\u0301a",
    "z" + "\u0335\u0321" * 12, "das Straßencafé in Zürich", "Øresund, Ærø, Þingvellir",
    "Žluťoučký kůň úpěl ďábelské ódy", "Đường phố Việt Nam",
    "Привет, мир! Ёлка и ёж", "Η φωτογραφία μιας γάτας", "תמונה של חתול", "תְּמוּנָה שֶׁל חָתוּל", "صورة قطة",
    "صُورَةُ قِطَّةٍ ـــ", "बिल्ली की तस्वीर", "বিড়ালের ছবি",
    "பூனையின் படம்", "ภาพถ่ายแมว", "一只猫的照片", "猫の写真とイヌ", "ｶﾞｷﾞ ガギ", "고양이 사진", "Կատվի լուսանկար", "კატის ფოტო",
    "የድመት ፎቶ", "រូបថតឆ្មា", "ཞི་མིའི་པར།",
    "𝓬𝓪𝓽 𝕔𝕒𝕥 ⓒⓐⓣ ＣＡＴ", "𐐀𐐨 𐌰𐌱", "𠀀𠮷", "\U0010fffd", "a\u00adb", "a\u200bb", "a\u200db", "\u202eabc\u202c",
    "a\u0000b", "a\x1bb[31m", "bell\x07",
    "a" * 300, "ab" * 1500, "the cat " * 60, "! " * 100, "!" * 200, "1" * 100, "é" * 60, "日" * 40, "😀" * 30,
    "a " * 74, "a " * 75, "a " * 76,
    "supercalifragilisticexpialidocious", "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "pneumonoultramicroscopicsilicovolcanoconiosis", "x_y_z __init__ snake_case camelCase", "a+b=c; a*b/c-d^e%f",
    "{\"key\": [1, 2.5, null]}",
    "#hashtag @mention $CASH €5 £6 ¥7 ₹8", "…", "....", "?!?!", "--", "~`^|", "\\n\\t", "\"quoted\"", "(a)[b]{c}",
    "l'été d'un n'est", "o'clock 'tis rock'n'roll",
]


def assigned(script):
    return [chr(code) for begin, end in SCRIPTS[script] for code in range(begin, end + 1)
            if unicodedata.category(chr(code)) != "Cn"]


def random_strings():
    """Words of one script, sometimes two, with white space of every kind between them."""
    generator = random.Random(20260102)
    letters = {script: assigned(script) for script in SCRIPTS}
    names = list(SCRIPTS)
    for script in names:
        for _ in range(RANDOM_PER_SCRIPT):
            words = []
            for _ in range(generator.randint(1, 6)):
                source = letters[generator.choice(names)] if generator.random() < 0.15 else letters[script]
                words.append("".join(generator.choices(source, k=generator.randint(1, 9))))
                words.append(generator.choice(SPACES) if generator.random() < 0.5 else " ")
            yield "".join(words[:-1] if generator.random() < 0.7 else words)


def main():
    tokenizer = tokenizers.Tokenizer.from_file(str(TESTDATA / TOKENIZER))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_LENGTH)
    strings = list(dict.fromkeys(HAND_WRITTEN + list(random_strings())))
    cases = [(text, tokenizer.encode(text).ids) for text in strings]
    used = {token for _, ids in cases for token in ids}
    cut = sum(len(ids) == MAX_LENGTH for _, ids in cases)
    if len(cases) < 500 or cut < 10 or any(len(ids) > MAX_LENGTH or ids[0] != 598 or ids[-1] != 599 for _, ids in cases):
        raise RuntimeError("the strings do not cover what they should")

    folder = TESTDATA / "tokenizers"
    folder.mkdir(exist_ok=True)
    head = {"tokenizer": TOKENIZER, "tokenizers": tokenizers.__version__, "max_length": MAX_LENGTH,
            "note": "truncated to max_length, end of text kept; not padded"}
    # ASCII only: control and direction characters would make the file unreadable, and editors change them.
    rows = ",\n".join(json.dumps({"text": text, "ids": ids}, separators=(",", ":")) for text, ids in cases)
    (folder / "clip.json").write_text(json.dumps(head, indent=1)[:-2] + ',\n "cases": [\n' + rows + "\n]}\n")
    size = (folder / "clip.json").stat().st_size
    print(f"{len(cases)} strings, {cut} of them cut, {len(used)} of {tokenizer.get_vocab_size()} ids, {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
