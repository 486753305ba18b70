"""The texts that every golden sentence encoder is given, and what its small tokenizers are trained on."""

TEXTS = [
    "a photo of a cat",
    "Two dogs play in front of the green house, while it rains.",
    "Ein Straßencafé in ZÜRICH — naïve façade!",
    "東京の空は青い。日本語の文",
    "Привет, мир: как дела?",
    "مرحبا بالعالم",
    "한국어 문장 하나",
    "",
    "the quick brown fox jumps over the lazy dog; " * 12,
    "1234567890 + 3.14 = 🎉 e=mc²",
    "How is the weather in the mountains today?",
    "search engines rank documents by relevance",
]

CORPUS = TEXTS + [
    "the weather is cold in winter and warm in summer", "documents and queries are compared by their vectors",
    "dogs and cats live in houses", "Katzen und Hunde wohnen in Häusern", "мир и дом", "日本の東京", "서울의 하늘", "السلام عليكم",
    "relevance, ranking, searching; running, jumped, played", "photo photograph photography", "un café à Zürich, s'il vous plaît",
]
