#!/usr/bin/env python3
"""Writes rules/lists/pickle/allowed/torchvision.txt (or torchaudio.txt) from the library that is installed.
usage: /usr/bin/python3 make_torchvision.py torchvision|torchaudio > rules/lists/pickle/allowed/NAME.txt"""
import sys

from listing import Listing, PLAIN, modules
from make_torch import AUDITED

PARTS = {"torchvision": "models ops transforms".split(), "torchaudio": "models transforms".split()}
SKIP = ("torchvision.models._api", "torchvision.models.feature_extraction", "torchvision.transforms._functional_video", "torchvision.prototype")


def main():
    name = sys.argv[1]
    out = Listing(name, "make_torchvision.py")
    for part in PARTS[name]:
        out.classes([m for m in modules(f"{name}.{part}", skip=SKIP)], AUDITED, skip=("WeightsEnum", "Weights"), ops=PLAIN)
    out.rows = {key: row for key, row in out.rows.items() if "_Weights" not in key[1]}
    if name == "torchvision":
        out.add("torchvision.transforms.functional", "InterpolationMode", "import,call,argument")
    out.write()


if __name__ == "__main__":
    main()
