"""What the makers of golden model folders share: where the folders lie, and the command line."""

import argparse
from pathlib import Path

import torch

TESTDATA = Path(__file__).resolve().parents[2] / "testdata" / "models"
PICTURES = TESTDATA / "pictures"


def each_wanted(variants, make, description):
    """Calls make(name, variant) for the names on the command line, or all of `variants`. One thread: sums have one order."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only these models: " + ", ".join(variants))
    wanted = parser.parse_args().names
    unknown = sorted(set(wanted) - set(variants))
    if unknown:
        parser.error(f"no such model: {', '.join(unknown)}")
    torch.set_num_threads(1)
    for name, variant in variants.items():
        if not wanted or name in wanted:
            make(name, variant)
            folder = TESTDATA / name
            print(f"{name}: {sum(f.stat().st_size for f in folder.rglob('*') if f.is_file() and not f.is_symlink()) / 1024:.0f} KiB")
