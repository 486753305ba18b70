"""The WebP files of pictures.py: what Pillow writes, and containers put together by hand."""

import io
import struct

import numpy as np
from PIL import Image

from pictures_pattern import noise, scene
from pictures_png import tiff


def webp(array, mode="RGB", **options):
    file = io.BytesIO()
    Image.fromarray(array, mode).save(file, "WEBP", **options)
    return file.getvalue()


def chunk(name, data):
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def riff(*chunks):
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def chunks_of(data):
    """name → content of a file's chunks"""
    found, at = {}, 12
    while at < len(data):
        (length,) = struct.unpack("<I", data[at + 4 : at + 8])
        found[data[at : at + 4]] = data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    return found


def three(value):
    return struct.pack("<I", value)[:3]


def vp8x(width, height, flags):
    return chunk(b"VP8X", struct.pack("<I", flags) + three(width - 1) + three(height - 1))


def anmf(image, left, top, width, height):
    """A frame of an animation: the chunks of a still picture, and where they go."""
    inner = b"".join(chunk(name, image[name]) for name in (b"ALPH", b"VP8 ", b"VP8L") if name in image)
    return chunk(b"ANMF", three(left // 2) + three(top // 2) + three(width - 1) + three(height - 1) + three(100) + b"\0" + inner)


ALPHA, EXIF, XMP, ANIMATION = 0x10, 0x08, 0x04, 0x02


def webps(add, add_bad, xmp):
    picture = scene(45, 34, 1)
    lossy = webp(picture, quality=85)
    add("lossy.webp", lossy, keep_pixels=True)
    add("lossy-quality-10.webp", webp(picture, quality=10))
    add("lossy-noise.webp", webp(noise(40, 40, 2), quality=95))
    add("lossy-method-6.webp", webp(picture, quality=60, method=6))
    lossless = webp(picture, lossless=True)
    add("lossless.webp", lossless, keep_pixels=True)
    add("lossless-noise.webp", webp(noise(27, 19, 6), lossless=True))
    for colours in (2, 4, 16, 200):  # 1, 2, 4 and 8 bits per pixel into a table
        table = noise(256, 1, 9)[0]
        add(f"lossless-{colours}-colours.webp", webp(table[noise(27, 19, 6)[..., 0] % colours], lossless=True))
    add("lossless-gray.webp", webp(np.repeat(picture[..., 1:2], 3, axis=-1), lossless=True))
    for width, height in ((1, 1), (17, 1), (1, 17), (16, 16), (33, 7)):
        add(f"lossy-{width}x{height}.webp", webp(scene(width, height, 4), quality=90))
        add(f"lossless-{width}x{height}.webp", webp(scene(width, height, 4), lossless=True))
    with_alpha = np.concatenate([picture, noise(45, 34, 3)[..., :1] // 64 * 85], axis=-1)
    add("lossy-alpha.webp", webp(with_alpha, "RGBA", quality=85), keep_pixels=True)
    add("lossless-alpha.webp", webp(with_alpha, "RGBA", lossless=True, exact=True), keep_pixels=True)
    add("lossless-alpha-cleared.webp", webp(with_alpha, "RGBA", lossless=True))

    small = scene(29, 18, 5)
    for orientation in range(1, 9):
        add(f"lossy-exif-{orientation}.webp", webp(small, exif=b"Exif\0\0" + tiff(orientation, "<>"[orientation % 2])))
    add("exif-without-name.webp", webp(small, exif=tiff(6)))
    add("xmp-6.webp", webp(small, xmp=xmp(6)))
    add("exif-1-before-xmp-6.webp", webp(small, exif=tiff(1), xmp=xmp(6)))
    content = chunks_of(webp(small))
    still = chunk(b"VP8 ", content[b"VP8 "])
    add("exif-not-announced.webp", riff(vp8x(29, 18, 0), still, chunk(b"EXIF", tiff(6))))
    add("exif-before-picture.webp", riff(vp8x(29, 18, EXIF), chunk(b"EXIF", tiff(6)), still))
    add("unknown-chunk.webp", riff(vp8x(29, 18, 0), chunk(b"ABCD", b"odd"), still))

    frames = [Image.fromarray(scene(29, 18, seed)) for seed in (5, 6, 7)]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], duration=50, quality=80)
    animated = file.getvalue()
    add("animated.webp", animated)
    header = chunk(b"ANIM", struct.pack("<IH", 0xFF336699, 0))  # a background that no decoder has to show, and does not
    transparent = chunks_of(webp(with_alpha[:18, :29].copy(), "RGBA", quality=80))
    add("animated-alpha.webp", riff(vp8x(29, 18, ANIMATION | ALPHA), header, anmf(transparent, 0, 0, 29, 18), anmf(content, 0, 0, 29, 18)), keep_pixels=True)
    add("animated-small-frame.webp", riff(vp8x(40, 30, ANIMATION), header, anmf(content, 6, 4, 29, 18)), keep_pixels=True)
    add("animated-lossless-frame.webp", riff(vp8x(60, 50, ANIMATION), header, anmf(chunks_of(lossless), 14, 16, 45, 34)))
    add("animated-exif-6.webp", riff(vp8x(40, 30, ANIMATION | EXIF), header, anmf(content, 10, 12, 29, 18), chunk(b"EXIF", tiff(6))))
    add("trailing-bytes.webp", lossy + b"trailing")

    add_bad("truncated.webp", lossy[: len(lossy) * 2 // 3])
    add_bad("truncated-last-byte.webp", lossless[:-2])
    add_bad("truncated-in-header.webp", lossy[:22])
    add_bad("truncated-animation.webp", animated[:-30])
    add_bad("short-frame.webp", riff(chunk(b"VP8 ", content[b"VP8 "][: len(content[b"VP8 "]) // 2])))
    add_bad("no-frame.webp", riff(vp8x(29, 18, 0)))
    add_bad("no-frame-but-exif.webp", riff(vp8x(29, 18, EXIF), chunk(b"EXIF", tiff(6))))
    add_bad("frame-outside.webp", riff(vp8x(30, 20, ANIMATION), header, anmf(content, 6, 4, 29, 18)))
    add_bad("other-size.webp", riff(vp8x(30, 18, 0), still))
    add_bad("chunk-too-long.webp", lossy[:16] + struct.pack("<I", len(lossy)) + lossy[20:])
    damaged = bytearray(lossy)
    damaged[23] ^= 0xFF  # the start code of a key frame
    add_bad("no-start-code.webp", bytes(damaged))
    damaged = bytearray(lossless)
    damaged[20] ^= 0xFF
    add_bad("no-signature.webp", bytes(damaged))
