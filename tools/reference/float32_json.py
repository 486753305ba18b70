"""JSON whose numbers read back to the very float32 that was computed."""

import json
from pathlib import Path

import numpy as np


def shortest(values):
    """An array or tensor as nested lists of the shortest decimals that round to the same float32.

    float(str(np.float32)) is the double nearest to that decimal; Python prints such a double with the same
    digits, and a reader that parses as float or as double-then-float gets the float32 back.
    """
    values = np.asarray(values)
    if values.dtype != np.float32:
        raise TypeError(f"expected float32, got {values.dtype}")
    if not np.isfinite(values).all():
        raise ValueError("golden data holds NaN or infinity")
    if values.ndim == 0:
        return float(str(values[()]))
    return [shortest(row) for row in values]


def write(path, document):
    """One top-level key per line, rows of a matrix on lines of their own: small, and a diff can be read."""
    lines = []
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], list):
            rows = ",\n  ".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in value)
            text = f"[\n  {rows}]"
        else:
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        lines.append(f" {json.dumps(key)}: {text}")
    Path(path).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
