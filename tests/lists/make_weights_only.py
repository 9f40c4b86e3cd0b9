#!/usr/bin/python3
"""Writes rules/lists/torch-weights-only.txt to stdout, from Debian's torch: what torch.load(weights_only=True) takes."""
import torch
from torch import _weights_only_unpickler

print("# What torch.load(weights_only=True) of torch %s takes: torch._weights_only_unpickler._get_allowed_globals(),"
      % torch.__version__.split("a")[0])
print("# written by tests/lists/make_weights_only.py.")
print("\n".join(sorted(_weights_only_unpickler._get_allowed_globals())))
