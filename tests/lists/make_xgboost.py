#!/usr/bin/env python3
"""Writes rules/lists/pickle/allowed/xgboost.txt from the xgboost that is installed.
usage: /usr/bin/python3 make_xgboost.py > rules/lists/pickle/allowed/xgboost.txt"""
import importlib

from listing import Listing, PLAIN

# Booster: its handle is made by the library from the bytes of the state; the rest fills __dict__
AUDITED = {"BaseEstimator.__setstate__", "Booster.__setstate__", "Booster.__del__", "XGBModel.__setstate__"}


def main():
    out = Listing("xgboost", "make_xgboost.py")
    out.classes([importlib.import_module("xgboost.sklearn"), importlib.import_module("xgboost.callback")], AUDITED)
    out.add("xgboost.core", "Booster", PLAIN, "a model in bytes, read by the library")
    out.write()


if __name__ == "__main__":
    main()
