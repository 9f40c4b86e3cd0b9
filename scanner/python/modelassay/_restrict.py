"""Unpickling that may import what a report names, and nothing else.

CPython raises the audit event pickle.find_class (module, name) for every import of every unpickler, the C one
and the Python one, those that a loader creates itself included (joblib's and numpy's arrays of objects).  One audit hook,
which cannot be removed, compares with a set of the thread.  https://docs.python.org/3/library/audit_events.html
"""
import _compat_pickle
import contextlib
import sys
import threading

from ._report import NotNamed

_thread = threading.local()
_installing = threading.Lock()
_installed = False


def _named(allowed, module, name):
    if (module, name) in allowed:
        return True
    module, name = _compat_pickle.NAME_MAPPING.get((module, name), (_compat_pickle.IMPORT_MAPPING.get(module, module), name))
    return (module, name) in allowed


def _hook(event, args):
    if event == "pickle.find_class":
        allowed = getattr(_thread, "allowed", None)
        if allowed is not None and not _named(allowed, *args):
            raise NotNamed(f"unpickling requested {args[0]}.{args[1]}, which the report does not name")


@contextlib.contextmanager
def restricted(imports):
    """Restricts unpickling in this thread to these (module, name) pairs; None: no restriction."""
    global _installed
    if imports is None:
        yield
        return
    with _installing:
        if not _installed:
            sys.addaudithook(_hook)
            _installed = True
    before = getattr(_thread, "allowed", None)
    _thread.allowed = frozenset(imports) if before is None else before & frozenset(imports)
    try:
        yield
    finally:
        _thread.allowed = before
