"""The pictures and texts that every golden CLIP model is given."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps

END = "<|endoftext|>"

TEXTS = [
    "a photo of a cat",
    "two dogs in front of the green house",
    "Ein Straßencafé in ZÜRICH — 日本語 🎉",
    "",
    "stripes, circles & noise: 1234567890 " * 8,
    f"a red circle{END} and nothing that follows counts",
]

PICTURES = ["landscape.jpg", "portrait-rotated.jpg", "cmyk.jpg", "gray.jpg", "palette.png", "alpha.png"]

# Pictures without files: value n of picture k, in CHW order, is ((n*STRIDE[k] + OFFSET[k]) % 2001 - 1000) / 500 in
# float32. A test can feed the image tower before any decoder works.
PATTERN_STRIDES, PATTERN_OFFSETS = [1, 40, 667], [0, 700, 250]
PATTERN_FORMULA = "((n * stride + offset) % 2001 - 1000) / 500.0f, n counts channel, row, column"


def patterned_pixels(image_size):
    """[pictures, 3, image_size, image_size] float32."""
    n = np.arange(3 * image_size * image_size, dtype=np.int64)
    pictures = [
        ((n * stride + offset) % 2001 - 1000).astype(np.float32) / np.float32(500)
        for stride, offset in zip(PATTERN_STRIDES, PATTERN_OFFSETS)
    ]
    return np.stack(pictures).reshape(-1, 3, image_size, image_size)


def load(path):
    """A picture as the SDK reads it: EXIF orientation applied, then three channels."""
    return ImageOps.exif_transpose(Image.open(path)).convert("RGB")


def _plane(width, height):
    return np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))


def _as_picture(*channels):
    return Image.fromarray(np.stack([np.clip(c * 255, 0, 255).astype(np.uint8) for c in channels], axis=-1))


def write_pictures(folder):
    """Six small pictures of unlike content, shape and file kind."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)

    x, y = _plane(120, 80)  # sky over grass with a sun: baseline, 4:2:0
    landscape = _as_picture(np.where(y < 0.6, 0.3 * y, 0.2), np.where(y < 0.6, 0.5 + 0.3 * y, 0.6 - 0.3 * x),
                            np.where(y < 0.6, 0.95, 0.1))
    ImageDraw.Draw(landscape).ellipse([80, 8, 104, 32], fill=(255, 230, 60))
    landscape.save(folder / "landscape.jpg", quality=85, subsampling=2)

    x, y = _plane(96, 64)  # red bars, stored lying on the side with EXIF orientation 6, progressive, 4:4:4
    bars = _as_picture(np.where(np.sin(40 * x) > 0, 0.95, 0.35), 0.1 + 0.1 * y, 0.08 + 0 * x)
    exif = Image.Exif()
    exif[0x0112] = 6
    bars.save(folder / "portrait-rotated.jpg", quality=90, progressive=True, subsampling=0, exif=exif)

    x, y = _plane(70, 70)  # dark rings in print colours
    ring = 0.5 + 0.5 * np.cos(45 * np.hypot(x - 0.4, y - 0.6))
    cmyk = Image.merge("CMYK", [Image.fromarray((255 * c).astype(np.uint8)) for c in
                                (0.9 * ring, 0.2 * x, 0.3 * ring, 0.5 + 0.4 * y)])
    cmyk.save(folder / "cmyk.jpg", quality=90)

    random = np.random.default_rng(20260101)  # bright noise
    noise = random.integers(150, 256, size=(50, 75), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "gray.jpg", quality=60)

    board = Image.new("RGB", (64, 48), (20, 20, 20))  # chess board of four colours
    draw = ImageDraw.Draw(board)
    for row in range(6):
        for column in range(8):
            if (row + column) % 2:
                colour = [(250, 250, 250), (0, 200, 255), (255, 0, 200)][(row * column) % 3]
                draw.rectangle([column * 8, row * 8, column * 8 + 7, row * 8 + 7], fill=colour)
    board.convert("P", palette=Image.Palette.ADAPTIVE, colors=5).save(folder / "palette.png")

    x, y = _plane(57, 33)  # green slope; the transparent half keeps its colours when alpha is dropped
    slope = _as_picture(0.2 * x * y, 0.3 + 0.7 * x, 0.6 * (1 - y), np.where(x + y < 1, 1.0, 0.0))
    slope.save(folder / "alpha.png")
