#!/usr/bin/env python3
"""Builds the files of the corpus from their recipes.  usage: corpus_builder.py CORPUS OUT [NAME...]"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from mk import recipe  # noqa: E402


def main():
    corpus, out, names = sys.argv[1], pathlib.Path(sys.argv[2]), set(sys.argv[3:])
    for r in recipe.load_all(corpus):
        if names and r.name not in names:
            continue
        path = out / (r.name + r.suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(r.data())


if __name__ == "__main__":
    main()
