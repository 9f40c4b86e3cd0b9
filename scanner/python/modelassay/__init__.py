"""Checks model files before they are loaded.

    import modelassay
    modelassay.check("model.pt")                    # raises unless it is clean
    state = modelassay.torch_load("model.pt")       # checked and loaded from the same open file

A check in the process that loads the file is a convenience, not a security boundary: docs/PYTHON.md lists what it does
not cover."""
from ._check import CheckedFile, Signed, check, open, scan, snapshot
from ._load import joblib_load, numpy_load, onnx_load, onnx_session, pickle_load, torch_load
from ._report import Error, Incomplete, Malicious, NotNamed, NotVerified, Refused, Report, Suspicious
from ._restrict import restricted
from ._version import __version__

__all__ = ["CheckedFile", "Error", "Incomplete", "Malicious", "NotNamed", "NotVerified", "Refused", "Report", "Signed", "Suspicious",
           "check", "joblib_load", "numpy_load", "onnx_load", "onnx_session", "open", "pickle_load", "restricted", "scan", "snapshot",
           "torch_load", "__version__"]
