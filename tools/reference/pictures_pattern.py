"""Pictures by formula: tests/image/pattern.h has the same one, so that no pixels of the sources need to be stored."""

import numpy as np


def noise(width, height, seed, extreme=False):
    """uint8 [height, width, 3]. extreme: only 0 and 255, which makes filters with negative lobes overshoot."""
    y, x, c = np.meshgrid(*(np.arange(n, dtype=np.uint32) for n in (height, width, 3)), indexing="ij")
    h = x * np.uint32(73856093) ^ y * np.uint32(19349663) ^ c * np.uint32(83492791) ^ np.uint32(seed * 2654435761 & 0xFFFFFFFF)
    h ^= h >> np.uint32(13)
    h *= np.uint32(1540483477)
    h ^= h >> np.uint32(15)
    value = h & np.uint32(255)
    return np.where(value > 127, 255, 0).astype(np.uint8) if extreme else value.astype(np.uint8)


def scene(width, height, seed):
    """uint8 [height, width, 3]: smooth shades and edges with a little noise, so that a JPEG of it is small and not flat."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    c = np.stack([x * 255 / max(width - 1, 1), y * 255 / max(height - 1, 1), (x + 2 * y) * 3 % 256], axis=-1)
    disc = (x - width * 0.6) ** 2 + (y - height * 0.4) ** 2 < (min(width, height) * 0.3) ** 2
    c[disc] = [250, 20, 90]
    c[int(height * 0.7):, : max(width // 3, 1)] = [0, 255, 255]
    return np.clip(c + noise(width, height, seed).astype(np.float64) / 16 - 8, 0, 255).astype(np.uint8)
