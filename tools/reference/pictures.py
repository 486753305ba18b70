"""testdata/pictures/: small JPEG, PNG and WebP files of every kind, and the pixels that Pillow makes of them.

    apt-get install libjpeg-turbo-progs          # cjpeg and jpegtran: arithmetic coding and rare subsamplings
    reference-env/bin/python tools/reference/pictures.py

pictures.json: "good": file, width, height (after orientation), orientation, CRC-32 of the RGB bytes that
ImageOps.exif_transpose(Image.open(f)).convert("RGB") gives; a file of the same name with .rgb holds these bytes where a failure
should be easy to look into. "bad": file and Pillow's error; each is refused here as well. "stricter_than_pillow" names files that
Pillow decodes and this library refuses on purpose.
"""

import io
import json
import os
import struct
import subprocess
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from pictures_pattern import noise, scene
from pictures_png import SIGNATURE, chunk, ihdr, png, tiff
from pictures_webp import webps

OUT = Path(__file__).resolve().parents[2] / "testdata" / "pictures"
warnings.simplefilter("ignore")

good, bad, stricter = [], [], []


def write(name, data):
    (OUT / name).write_bytes(data)
    return name


def pillow_rgb(data):
    image = Image.open(io.BytesIO(data))
    return np.asarray(ImageOps.exif_transpose(image).convert("RGB")), image


def add(name, data, keep_pixels=False):
    rgb, image = pillow_rgb(data)
    orientation = image.getexif().get(274, 1)
    orientation = orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1
    good.append({"file": write(name, data), "width": rgb.shape[1], "height": rgb.shape[0], "orientation": orientation,
                 "crc32": zlib.crc32(rgb.tobytes())})
    if keep_pixels:
        write(name + ".rgb", rgb.tobytes())


def add_bad(name, data):
    try:
        pillow_rgb(data)
    except Exception as error:
        bad.append({"file": write(name, data), "pillow": f"{type(error).__name__}: {error}".split("<")[0].strip()})
        return
    raise SystemExit(f"{name}: Pillow decodes it")


def add_stricter(name, data, why):
    pillow_rgb(data)
    stricter.append({"file": write(name, data), "why": why})


def jpeg(array, mode="RGB", **options):
    file = io.BytesIO()
    options.setdefault("quality", 90)
    Image.fromarray(array, mode).save(file, "JPEG", **options)
    return file.getvalue()


def tool(command, data):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def ppm(array):
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PPM")
    return file.getvalue()


def app1(data):
    return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data


def with_segments(data, *segments):
    return data[:2] + b"".join(segments) + data[2:]


def without_segment(data, marker):
    at = data.index(marker)
    return data[:at] + data[at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0] :]


def xmp(value):
    return f'<x:xmpmeta><rdf:Description tiff:Orientation="{value}"/></x:xmpmeta>'.encode()


XMP_NAME = b"http://ns.adobe.com/xap/1.0/\0"


def jpegs():
    picture = scene(45, 34, 1)
    add("baseline-444.jpg", jpeg(picture, subsampling="4:4:4"), keep_pixels=True)
    add("baseline-422.jpg", jpeg(picture, subsampling="4:2:2"))
    add("baseline-420.jpg", jpeg(picture, subsampling="4:2:0"), keep_pixels=True)
    for sample in ("4x1", "4x2", "1x2", "2x2,1x2,1x2"):
        add(f"sampling-{sample.replace(',', '_')}.jpg", tool(["cjpeg", "-quality", "85", "-sample", sample], ppm(picture)))
    add("quality-10.jpg", jpeg(picture, quality=10))
    add("progressive-420.jpg", jpeg(picture, progressive=True), keep_pixels=True)
    add("progressive-444.jpg", jpeg(picture, progressive=True, subsampling="4:4:4"))
    add("restarts.jpg", jpeg(picture, restart_marker_blocks=2))
    add("rgb.jpg", jpeg(picture, keep_rgb=True))
    add("noise.jpg", jpeg(noise(40, 40, 2), subsampling="4:2:0"))
    arithmetic = tool(["cjpeg", "-quality", "85", "-arithmetic"], ppm(picture))
    add("arithmetic.jpg", arithmetic, keep_pixels=True)
    add("arithmetic-progressive.jpg", tool(["jpegtran", "-arithmetic", "-progressive"], jpeg(picture)))
    gray = np.ascontiguousarray(picture[..., 1])
    add("gray.jpg", jpeg(gray, "L"))
    add("gray-progressive.jpg", jpeg(gray, "L", progressive=True))
    inks = np.concatenate([255 - picture, noise(45, 34, 3)[..., :1] // 2], axis=-1)
    cmyk = jpeg(inks, "CMYK")
    add("cmyk-adobe.jpg", cmyk, keep_pixels=True)
    at = cmyk.index(b"Adobe")
    add("ycck-adobe.jpg", cmyk[: at + 11] + b"\x02" + cmyk[at + 12 :], keep_pixels=True)
    add("cmyk-no-marker.jpg", without_segment(cmyk, b"\xff\xee"))
    for width, height in ((1, 1), (8, 8), (17, 1), (1, 17), (16, 16), (33, 7)):
        add(f"size-{width}x{height}.jpg", jpeg(scene(width, height, 4)))

    small = scene(29, 18, 5)
    plain = jpeg(small)
    for orientation in range(1, 9):
        add(f"exif-{orientation}.jpg", with_segments(plain, app1(b"Exif\0\0" + tiff(orientation, "<>"[orientation % 2]))))
    entry = (271, 2, 3, 0x414141)  # a maker before it
    add("exif-second-entry.jpg", with_segments(plain, app1(b"Exif\0\0" + tiff(6, ">", before=[entry]))))
    add("exif-unknown-type-first.jpg", with_segments(plain, app1(b"Exif\0\0" + tiff(6, before=[(271, 99, 1, 0)]))))
    add("exif-long.jpg", with_segments(plain, app1(b"Exif\0\0" + tiff(8, "<", kind=4))))
    add("exif-bytes.jpg", with_segments(plain, app1(b"Exif\0\0" + tiff(6, "<", kind=1))))
    add("exif-nine.jpg", with_segments(plain, app1(b"Exif\0\0" + tiff(9))))
    add("exif-zero.jpg", with_segments(plain, app1(b"Exif\0\0" + tiff(0))))
    add("exif-cut-off.jpg", with_segments(plain, app1(b"Exif\0\0" + tiff(6)[:-6])))
    add("exif-not-tiff.jpg", with_segments(plain, app1(b"Exif\0\0garbage!garbage!")))
    add("exif-in-two-parts.jpg", with_segments(plain, app1(b"Exif\0\0" + tiff(6)[:12]), app1(b"Exif\0\0" + tiff(6)[12:])))
    add("exif-twice-named.jpg", with_segments(plain, app1(b"Exif\0\0Exif\0\0" + tiff(3))))
    far = b"II*\0" + struct.pack("<IHHHII", 8, 1, 274, 3, 3, 26) + struct.pack("<I", 0) + struct.pack("<3H", 5, 1, 1)
    add("exif-three-values-elsewhere.jpg", with_segments(plain, app1(b"Exif\0\0" + far)))
    add("xmp-6.jpg", with_segments(plain, app1(XMP_NAME + xmp(6))))
    add("xmp-element-3.jpg", with_segments(plain, app1(XMP_NAME + b"<tiff:Orientation>3</tiff:Orientation>")))
    add("exif-1-before-xmp-6.jpg", with_segments(plain, app1(XMP_NAME + xmp(6)), app1(b"Exif\0\0" + tiff(1))))
    add("exif-without-tag-xmp-8.jpg", with_segments(plain, app1(XMP_NAME + xmp(8)), app1(b"Exif\0\0" + tiff(None, before=[entry]))))

    # Damage that Pillow decodes through: data behind the end, flipped bits in the scan, a lost restart marker.
    base = jpeg(picture, restart_marker_blocks=4)
    scan = base.index(b"\xff\xda") + 14
    add("trailing-bytes.jpg", base + b"trailing")
    flipped = bytearray(base)
    flipped[scan + 40] ^= 0x10
    add("flipped-bit.jpg", bytes(flipped))
    at = base.index(b"\xff\xd1", scan)
    add("lost-restart.jpg", base[:at] + base[at + 2 :])
    add("no-end-but-zeros.jpg", base[:-2] + bytes(300))

    add_bad("truncated-no-end.jpg", base[:-2])
    add_bad("truncated-scan.jpg", base[: len(base) * 2 // 3])
    add_bad("truncated-header.jpg", base[: scan - 20])
    progressive = jpeg(picture, progressive=True)
    add_bad("truncated-progressive.jpg", progressive[:-60])
    add_bad("truncated-cmyk.jpg", cmyk[:-50])
    add_bad("only-start.jpg", base[:3])
    frame = base.index(b"\xff\xc0")
    add_bad("twelve-bits.jpg", base[: frame + 4] + b"\x0c" + base[frame + 5 :])
    add_bad("no-size.jpg", base[: frame + 5] + bytes(4) + base[frame + 9 :])
    add_bad("no-tables.jpg", without_segment(without_segment(base, b"\xff\xdb"), b"\xff\xdb"))


def pngs():
    def samples(depth, count, width=27, height=19, seed=6):
        values = noise(width, height, seed).astype(np.uint32)
        stack = np.concatenate([values, noise(width, height, seed + 1)[..., :1]], axis=-1)[..., :count]
        return stack * 257 ^ noise(width, height, seed + 2)[..., :1] if depth == 16 else stack >> (8 - depth)

    kinds = [(depth, 0) for depth in (1, 2, 4, 8, 16)] + [(8, 2), (16, 2), (8, 4), (16, 4), (8, 6), (16, 6)]
    names = {0: "gray", 2: "rgb", 4: "gray-alpha", 6: "rgba"}
    for depth, colour in kinds:
        count = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
        for interlaced in (False, True):
            name = f"{names[colour]}-{depth}{'-interlaced' if interlaced else ''}.png"
            add(name, png(samples(depth, count), depth, colour, interlaced=interlaced), keep_pixels=depth == 16 and colour == 0)
    palette = noise(256, 1, 9)[0]
    for depth in (1, 2, 4, 8):
        for interlaced in (False, True):
            name = f"palette-{depth}{'-interlaced' if interlaced else ''}.png"
            add(name, png(samples(depth, 1), depth, 3, interlaced=interlaced, palette=palette[: 1 << depth]), keep_pixels=depth == 8 and interlaced)
    add("palette-trns.png", png(samples(8, 1), 8, 3, palette=palette, before=chunk(b"tRNS", noise(256, 1, 10)[0, :, 0].tobytes())))
    add("palette-one-transparent.png", png(samples(2, 1), 2, 3, palette=palette[:4], before=chunk(b"tRNS", b"\xff\0\xff")))
    add("palette-too-short.png", png(samples(8, 1), 8, 3, palette=palette[:100]))
    add("gray-trns.png", png(samples(8, 1), 8, 0, before=chunk(b"tRNS", b"\0\x40")))
    add("gray-16-trns.png", png(samples(16, 1), 16, 0, before=chunk(b"tRNS", b"\x12\x34")))
    add("rgb-trns.png", png(samples(8, 3), 8, 2, before=chunk(b"tRNS", bytes([0, 1, 0, 2, 0, 3]))))
    add("rgb-with-palette.png", png(samples(8, 3), 8, 2, palette=palette[:7]))
    add("gamma-and-background.png", png(samples(8, 4), 8, 6, before=chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"bKGD", bytes(6))))
    add("many-pieces.png", png(samples(8, 3), 8, 2, pieces=40))
    for width, height in ((1, 1), (1, 9), (9, 1), (2, 2), (5, 3), (8, 8)):
        add(f"interlaced-{width}x{height}.png", png(samples(8, 3, width, height), 8, 2, interlaced=True))
    for width in range(2, 9):
        add(f"interlaced-bits-{width}.png", png(samples(1, 1, width, 5), 1, 0, interlaced=True))

    small = samples(8, 3, 13, 7)
    for orientation in range(1, 9):
        add(f"exif-{orientation}.png", png(small, 8, 2, before=chunk(b"eXIf", tiff(orientation, "<>"[orientation % 2]))))
    add("exif-behind-data.png", png(small, 8, 2, after=chunk(b"eXIf", tiff(6))))
    add("exif-twice.png", png(small, 8, 2, before=chunk(b"eXIf", tiff(6)), after=chunk(b"eXIf", tiff(3))))
    profile = b"\nexif\n      32\n" + (b"Exif\0\0" + tiff(8)).hex().encode() + b"\n"
    add("raw-profile.png", png(small, 8, 2, before=chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(profile))))
    key = b"XML:com.adobe.xmp\0"
    add("xmp-6.png", png(small, 8, 2, before=chunk(b"iTXt", key + b"\0\0\0\0" + xmp(6))))
    add("xmp-compressed-7.png", png(small, 8, 2, after=chunk(b"iTXt", key + b"\1\0en\0x\0" + zlib.compress(xmp(7)))))
    frame = struct.pack(">IIIIIHHBB", 0, 13, 7, 0, 0, 1, 10, 0, 0)
    second = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 1, 13, 7, 0, 0, 1, 10, 0, 0)) + chunk(b"fdAT", struct.pack(">I", 2) + zlib.compress(bytes(7 * 40)))
    add("animated.png", png(small, 8, 2, before=chunk(b"acTL", struct.pack(">II", 2, 0)) + chunk(b"fcTL", frame), after=second))

    # Damage that Pillow does not mind.
    whole = png(small, 8, 2)
    add("no-iend.png", png(small, 8, 2, end=False))
    add("trailing-bytes.png", whole + b"trailing")
    idat = whole.index(b"IDAT")
    (length,) = struct.unpack(">I", whole[idat - 4 : idat])
    end = idat + 4 + length
    add("wrong-crc-of-data.png", whole[:end] + b"\0\0\0\0" + whole[end + 4 :])
    add("wrong-crc-behind-data.png", png(small, 8, 2, after=chunk(b"tEXt", b"a\0b", 1)))
    for missing in (12, 15, 16, 19):  # IEND, the checksum of the data, zlib's checksum
        add(f"cut-{missing}.png", whole[:-missing])
    inter = png(small, 8, 2, interlaced=True)
    add("cut-19-interlaced.png", inter[:-19])
    raw = zlib.decompress(whole[idat + 4 : end])
    head = SIGNATURE + ihdr(13, 7, 8, 2)
    add("extra-rows.png", head + chunk(b"IDAT", zlib.compress(raw + raw)) + chunk(b"IEND", b""))
    pieces = png(samples(8, 3), 8, 2, pieces=3)
    second = pieces.index(b"IDAT", pieces.index(b"IDAT") + 4)
    add("wrong-crc-of-first-piece.png", pieces[: second - 8] + b"\0\0\0\0" + pieces[second - 4 :])
    data = zlib.compress(raw)
    add("wrong-zlib-checksum-apart.png", head + chunk(b"IDAT", data[:-4]) + chunk(b"IDAT", b"\0\0\0\0") + chunk(b"IEND", b""))
    # The header of the compressed data claims a window of 256 bytes; rows repeat at a distance of 910.
    tile = noise(30, 10, 11)
    rows = b"".join(b"\0" + row.tobytes() for row in np.concatenate([tile, tile, tile]))
    window = bytearray(zlib.compress(rows))
    window[0] = 0x08
    window[1] = 31 - (0x08 << 8) % 31
    add("understated-window.png", SIGNATURE + ihdr(30, 30, 8, 2) + chunk(b"IDAT", bytes(window)) + chunk(b"IEND", b""))

    add_bad("cut-half.png", whole[: end - length // 2])
    add_bad("cut-half-interlaced.png", inter[: len(inter) - 100])
    add_bad("cut-24.png", whole[:-24])
    add_bad("cut-in-header.png", whole[:25])
    add_bad("cut-before-data.png", whole[: idat - 4])
    add_bad("cut-in-text-behind-data.png", png(small, 8, 2, after=chunk(b"tEXt", b"a\0bcdef"), end=False)[:-6])
    adler = bytearray(whole)
    adler[end - 1] ^= 1
    add_bad("wrong-zlib-checksum.png", bytes(adler))
    broken = bytearray(whole)
    broken[idat + 8] ^= 0xFF
    add_bad("broken-deflate.png", bytes(broken))
    add_bad("wrong-crc-before-data.png", png(small, 8, 2, before=chunk(b"gAMA", struct.pack(">I", 45455), 1)))
    add_bad("wrong-crc-of-header.png", whole[:29] + b"\0\0\0\0" + whole[33:])
    add_bad("unknown-filter.png", head + chunk(b"IDAT", zlib.compress(b"\x09" + raw[1:])) + chunk(b"IEND", b""))
    add_bad("three-bits.png", SIGNATURE + ihdr(13, 7, 3, 0) + whole[33:])
    add_bad("no-data.png", head + chunk(b"IEND", b""))
    add_bad("no-pixels.png", SIGNATURE + ihdr(0, 7, 8, 2) + whole[33:])
    add_bad("broken-chunk-name.png", png(small, 8, 2, before=chunk(b"t-Xt", b"a\0b")))
    add_bad("text-between-data.png", head + chunk(b"IDAT", zlib.compress(raw)[:9]) + chunk(b"tEXt", b"a\0b") + chunk(b"IDAT", zlib.compress(raw)[9:]) + chunk(b"IEND", b""))

    add_stricter("missing-rows.png", head + chunk(b"IDAT", zlib.compress(raw[:120])) + chunk(b"IEND", b""), "Pillow leaves the missing rows black")
    add_stricter("palette-missing.png", png(samples(8, 1), 8, 3), "Pillow takes all colours as black")


def others():
    add_bad("empty", b"")
    add_bad("one-byte", b"\xff")
    add_bad("text.jpg", b"this is no picture\n")
    add_bad("bmp.png", b"BM" + bytes(60))
    add_bad("html.jpg", b"<!DOCTYPE html><html></html>")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for name in os.listdir(OUT):
        (OUT / name).unlink()
    jpegs()
    pngs()
    webps(add, add_bad, xmp)
    others()
    with open(OUT / "pictures.json", "w") as file:
        lines = [f' "{key}": [\n  ' + ",\n  ".join(json.dumps(entry) for entry in entries) + "\n ]"
                 for key, entries in (("good", good), ("bad", bad), ("stricter_than_pillow", stricter))]
        file.write("{\n" + ",\n".join(lines) + "\n}\n")
    print(len(good), "good,", len(bad), "bad,", sum((OUT / name).stat().st_size for name in os.listdir(OUT)), "bytes")


main()
