"""Makes testdata/position-buckets.json: the buckets that T5 and MPNet give to relative positions."""

import json
from pathlib import Path

import torch
from transformers.models.mpnet.modeling_mpnet import MPNetEncoder
from transformers.models.t5.modeling_t5 import T5Attention

SPAN = 1100
distances = torch.arange(-SPAN, SPAN + 1)
cases = []
for buckets, max_distance in ((32, 128), (16, 40), (64, 1000)):
    for bidirectional in (True, False):
        found = T5Attention._relative_position_bucket(distances, bidirectional, buckets, max_distance)
        if bidirectional:
            assert torch.equal(found, MPNetEncoder.relative_position_bucket(distances, buckets, max_distance))
        cases.append({"num_buckets": buckets, "max_distance": max_distance, "bidirectional": bidirectional, "buckets": found.tolist()})
out = Path(__file__).resolve().parents[2] / "testdata" / "position-buckets.json"
out.write_text(json.dumps({"note": "made by tools/reference/position_buckets.py", "cases": cases}, separators=(",", ":")) + "\n")
