"""A scan and a verification by the library."""
import ctypes
import json
import os
import threading
from ctypes import byref, c_void_p

from . import _lib
from ._lib import lib
from ._report import Error, NotVerified, Report


def _must(status, why, what):
    text = _lib.take_text(why)
    if status != _lib.OK:
        raise MemoryError("modelassay: out of memory") if status == _lib.E_NOMEM else ValueError(text or what)


class Scanner:
    """Rules, limits and a policy, for one scan at a time.  externals: a list that receives the paths that models refer to."""

    def __init__(self, policy=None, limits=None, rules=None, externals=None):
        self._rules, self._scanner = c_void_p(), c_void_p()
        self._open = _lib.OPEN(self._add_external)  # a reference: the library holds the pointer only
        self._externals = externals
        why = c_void_p()
        try:
            _must(lib.ma_rules_load(os.fsencode(rules) if rules else None, byref(self._rules), byref(why)), why, "unusable rules")
            _must(lib.ma_scanner_new(self._rules, byref(self._scanner)), c_void_p(), "no scanner")
            if policy is not None:
                why = c_void_p()
                _must(lib.ma_scanner_policy(self._scanner, os.fsencode(policy), byref(why)), why, "unusable policy")
            for name, value in (limits or {}).items():
                _must(lib.ma_scanner_limit(self._scanner, name.encode(), value), c_void_p(), f"no limit is named {name}")
            if externals is not None:
                lib.ma_scanner_resolver(self._scanner, self._open, None)
        except BaseException:
            self.close()
            raise

    def _add_external(self, _ctx, _label, rel):
        self._externals.append(rel)
        return -1

    def close(self):
        lib.ma_scanner_free(self._scanner)
        lib.ma_rules_free(self._rules)
        self._scanner, self._rules = c_void_p(), c_void_p()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def fd(self, fd, label):
        return self._run(lib.ma_scan_fd, fd, _label(label))

    def path(self, path):
        return self._run(lib.ma_scan_path, os.fsencode(path))

    def memory(self, data, label):
        data = bytes(data)
        return self._run(lib.ma_scan_mem, data, len(data), _label(label))

    def _run(self, function, *args):
        """Scans in another thread, so that Ctrl-C stops it.  (Thread.join is not used: after a Ctrl-C it may return while
        the thread runs, https://bugs.python.org/issue45274, and the library would use freed memory.)"""
        report, status, done = c_void_p(), [], threading.Event()

        def work():
            try:
                status.append(function(self._scanner, *args, byref(report)))
            finally:
                done.set()

        threading.Thread(target=work, daemon=True).start()
        try:
            while not done.wait(0.2):
                pass
        except BaseException:
            lib.ma_cancel(self._scanner)
            _settle(done)
            lib.ma_report_free(report)
            raise
        try:
            _must(status[0], c_void_p(), "the library cannot scan this")
            return Report(json.loads(_lib.written(report, _lib.AS_JSON)), _lib.written(report, _lib.AS_TEXT))
        finally:
            lib.ma_report_free(report)


def _settle(done):
    """Waits for the end of the scan, through any number of further Ctrl-C."""
    while not done.is_set():
        try:
            done.wait(0.2)
        except KeyboardInterrupt:
            pass


def _label(label):
    return os.fsencode(label).replace(b"\0", b"?")


def verify(signed, shown, *, fd=None, path=None):
    """Raises NotVerified unless the bundle is a clean scan of these bytes, signed by that key.

    Either fd or path is given; shown is the path of the model in messages and for the default bundle."""
    key, causes = c_void_p(), []
    status = lib.ma_key_load(os.fsencode(signed.key), 0, None, byref(key))
    if status != _lib.OK:
        raise Error(f"{os.fspath(signed.key)}: not a public key")

    def decoded(text):
        return text.decode("utf-8", "replace") if text is not None else None

    on_cause = _lib.CAUSE(lambda _ctx, *cause: causes.append(tuple(map(decoded, cause))))
    bundle = signed.bundle
    if bundle is None:
        bundle = os.path.normpath(os.fspath(shown)) + ".modelassay.sigstore.json"
    bundle = os.fsencode(bundle)
    try:
        if fd is not None:
            name = os.fsencode(os.path.basename(os.fspath(shown)))
            status = lib.ma_verify_fd(fd, name, bundle, key, signed.allow_no_sandbox, on_cause, None)
        else:
            status = lib.ma_verify(os.fsencode(path), bundle, key, signed.allow_no_sandbox, on_cause, None)
    finally:
        lib.ma_key_free(key)
    if status != _lib.OK:
        raise NotVerified(shown, causes or [("input", None, "it could not be read")])
