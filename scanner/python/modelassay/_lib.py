"""libmodelassay through ctypes: the declarations of modelassay.h, no logic."""
import ctypes
import os
import pathlib
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint64, c_void_p

from ._version import __version__

OK, E_ARG, E_NOMEM, E_IO, E_RULES, E_KEY, E_VERIFY = range(7)
AS_TEXT, AS_JSON = range(2)

CAUSE = ctypes.CFUNCTYPE(None, c_void_p, c_char_p, c_char_p, c_char_p)
OPEN = ctypes.CFUNCTYPE(c_int, c_void_p, c_char_p, c_char_p)

_FUNCTIONS = {
    "ma_version": (c_char_p,),
    "ma_buf_free": (None, c_void_p),
    "ma_rules_load": (c_int, c_char_p, POINTER(c_void_p), POINTER(c_void_p)),
    "ma_rules_free": (None, c_void_p),
    "ma_scanner_new": (c_int, c_void_p, POINTER(c_void_p)),
    "ma_scanner_limit": (c_int, c_void_p, c_char_p, c_uint64),
    "ma_scanner_policy": (c_int, c_void_p, c_char_p, POINTER(c_void_p)),
    "ma_scanner_resolver": (None, c_void_p, OPEN, c_void_p),
    "ma_scanner_free": (None, c_void_p),
    "ma_cancel": (None, c_void_p),
    "ma_scan_fd": (c_int, c_void_p, c_int, c_char_p, POINTER(c_void_p)),
    "ma_scan_path": (c_int, c_void_p, c_char_p, POINTER(c_void_p)),
    "ma_scan_mem": (c_int, c_void_p, c_char_p, c_size_t, c_char_p, POINTER(c_void_p)),
    "ma_report_write": (c_int, c_void_p, c_int, POINTER(c_void_p), POINTER(c_size_t)),
    "ma_report_free": (None, c_void_p),
    "ma_key_load": (c_int, c_char_p, c_int, c_char_p, POINTER(c_void_p)),
    "ma_key_free": (None, c_void_p),
    "ma_verify": (c_int, c_char_p, c_char_p, c_void_p, c_int, CAUSE, c_void_p),
    "ma_verify_fd": (c_int, c_int, c_char_p, c_char_p, c_void_p, c_int, CAUSE, c_void_p),
}


def _find():
    """The path in MODELASSAY_LIBRARY, else the library in the folder of this file, else the system's."""
    named = os.environ.get("MODELASSAY_LIBRARY")
    beside = pathlib.Path(__file__).with_name("libmodelassay.so.0")
    return named or (str(beside) if beside.exists() else "libmodelassay.so.0")


def _load():
    path = _find()
    try:
        lib = ctypes.CDLL(path)
    except OSError as e:
        raise ImportError(f"modelassay: {e} (make install, or MODELASSAY_LIBRARY=/path/to/libmodelassay.so.0)") from None
    for name, (result, *args) in _FUNCTIONS.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, args
    if lib.ma_version().decode() != __version__:
        raise ImportError(f"modelassay: {path} is version {lib.ma_version().decode()}, this package is {__version__}")
    return lib


lib = _load()


def take_text(pointer):
    """Returns the text of a buffer of the library, and frees the buffer; None for a null pointer."""
    if not pointer:
        return None
    try:
        return ctypes.string_at(pointer).decode("utf-8", "replace")
    finally:
        lib.ma_buf_free(pointer)


def written(report, form):
    """Returns a report (void *) as text or JSON."""
    out, n = c_void_p(), c_size_t()
    if lib.ma_report_write(report, form, byref(out), byref(n)) != OK:
        raise MemoryError("modelassay: out of memory")
    return take_text(out)
