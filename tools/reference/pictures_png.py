"""A PNG writer for what Pillow cannot write: every colour type and depth, interlacing, all row filters, chunks in any order."""

import random
import struct
import zlib

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]  # x0, y0, dx, dy


def chunk(kind, data, crc_error=0):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) ^ crc_error)


def ihdr(width, height, depth, colour, interlace=0):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def packed_rows(samples, depth):
    """samples [height, width, n] -> list of bytes, one per row."""
    height = samples.shape[0]
    flat = samples.reshape(height, -1)
    if depth == 16:
        return [row.astype(">u2").tobytes() for row in flat]
    if depth == 8:
        return [row.astype(np.uint8).tobytes() for row in flat]
    rows = []
    for row in flat:
        bits = "".join(format(int(v), f"0{depth}b") for v in row)
        bits += "0" * (-len(bits) % 8)
        rows.append(bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)))
    return rows


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def filtered(rows, pixel_bytes, rng):
    out, above = b"", None
    for row in rows:
        above = above if above is not None else bytes(len(row))
        kind = rng.randrange(5)
        left = bytes(pixel_bytes) + row[:-pixel_bytes] if len(row) > pixel_bytes else bytes(len(row))
        corner = bytes(pixel_bytes) + above[:-pixel_bytes] if len(row) > pixel_bytes else bytes(len(row))
        guess = [
            lambda i: 0,
            lambda i: left[i],
            lambda i: above[i],
            lambda i: (left[i] + above[i]) // 2,
            lambda i: paeth(left[i], above[i], corner[i]),
        ][kind]
        out += bytes([kind]) + bytes((row[i] - guess(i)) & 255 for i in range(len(row)))
        above = row
    return out


def png(samples, depth, colour, *, interlaced=False, palette=None, before=b"", after=b"", pieces=1, seed=1, end=True):
    """samples: integers [height, width, samples per pixel]. before, after: chunks around the image data."""
    rng = random.Random(seed)
    height, width = samples.shape[:2]
    pixel_bytes = max(1, SAMPLES[colour] * depth // 8)
    if interlaced:
        raw = b""
        for x0, y0, dx, dy in ADAM7:
            part = samples[y0::dy, x0::dx]
            if part.size:
                raw += filtered(packed_rows(part, depth), pixel_bytes, rng)
    else:
        raw = filtered(packed_rows(samples, depth), pixel_bytes, rng)
    data = zlib.compress(raw, 9)
    step = -(-len(data) // pieces)
    image = b"".join(chunk(b"IDAT", data[i : i + step]) for i in range(0, len(data), step))
    plte = chunk(b"PLTE", np.asarray(palette, np.uint8).tobytes()) if palette is not None else b""
    return SIGNATURE + ihdr(width, height, depth, colour, int(interlaced)) + plte + before + image + after + (chunk(b"IEND", b"") if end else b"")


def tiff(orientation, order="<", kind=3, before=()):
    """An EXIF block (without "Exif\\0\\0") whose first directory has the orientation, after entries (tag, type, count, value)."""
    entries = [*before, (274, kind, 1, orientation)] if orientation is not None else list(before)
    block = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(entries))
    for tag, type_, count, value in entries:
        packed = struct.pack(order + "HH", value, 0) if type_ == 3 and count == 1 else struct.pack(order + "I", value)
        block += struct.pack(order + "HHI", tag, type_, count) + packed
    return block + struct.pack(order + "I", 0)
