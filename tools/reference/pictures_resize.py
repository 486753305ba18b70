"""testdata/pixels/resize.json: CRC-32 of what Pillow's Image.resize makes of pictures by formula.

    reference-env/bin/python tools/reference/pictures_resize.py

Each case: filter (PIL code), seed, extreme (0 or 1), width, height, new width, new height, CRC-32 of the RGB bytes.
"""

import json
import random
import zlib
from pathlib import Path

from PIL import Image

from pictures_pattern import noise

OUT = Path(__file__).resolve().parents[2] / "testdata" / "pixels" / "resize.json"


def main():
    rng = random.Random(20)
    cases = []
    for resample in range(6):
        sizes = [[rng.randint(1, 97) for _ in range(4)] for _ in range(70)]
        # One axis kept, both kept, one pixel in or out, long strips, edges around the vector widths (8 pixels' sums, 32 bytes).
        sizes += [[31, 40, 31, 17], [31, 40, 64, 40], [31, 40, 31, 40], [1, 1, 30, 20], [30, 20, 1, 1], [1, 50, 3, 7], [50, 1, 7, 3],
                  [2000, 3, 5, 9], [3, 2000, 9, 5], [5, 3, 1500, 2], [10, 10, 11, 11], [11, 11, 10, 10], [32, 32, 32, 33], [64, 33, 33, 64]]
        # Above 100 times as high as wide Pillow turns the order of the passes round, if the picture gets lower.
        sizes += [[3, 300, 9, 100], [3, 301, 9, 100], [3, 301, 2, 300], [3, 301, 5, 301], [3, 301, 9, 302], [1, 101, 4, 20], [2, 400, 2, 9]]
        sizes += [[64, 64, width, 50] for width in (7, 8, 9, 10, 11, 21, 22, 32, 43)]
        sizes += [[320, 240, 224, 224], [640, 427, 335, 224], [300, 500, 224, 373]]
        # Found by search: the single-precision constants of the Hamming window show in one to four bytes.
        known_seeds = {(210, 30): 927399, (178, 179): 541409, (127, 186): 926871}
        sizes += [[width, 60, new_width, 60] for width, new_width in known_seeds]
        for number, (width, height, new_width, new_height) in enumerate(sizes):
            seed, extreme = rng.randint(0, 10**6), int(number % 3 == 0)
            if (width, new_width) in known_seeds:
                seed, extreme = known_seeds[width, new_width], 0
            image = Image.fromarray(noise(width, height, seed, bool(extreme)))
            resized = image.resize((new_width, new_height), resample)
            cases.append([resample, seed, extreme, width, height, new_width, new_height, zlib.crc32(resized.tobytes())])
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n")
    print(len(cases), "cases,", OUT.stat().st_size, "bytes")


main()
