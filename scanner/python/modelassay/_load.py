"""Loaders that check a file first.  Each library is imported when its loader is called."""
import pickle as _pickle
import typing

from ._check import _open, snapshot
from ._restrict import restricted

_OWN = ("private", "fail_on", "verify", "policy", "limits", "rules")


def _split(options):
    """Separates the options of open() from those of the loader."""
    own = {k: options.pop(k, None) for k in _OWN}
    return own, options


def _checked(path, own, restrict):
    options = {k: own[k] for k in ("policy", "limits", "rules")}
    return _open(path, bool(own["private"]), own["fail_on"], own["verify"], None, options, scan_too=restrict)


def _imports(file, restrict, more=()):
    return file.report.imports | frozenset(more) if restrict else None


def pickle_load(path, *, restrict=False, **options) -> typing.Any:
    """pickle.load of a checked file.  restrict=True: imports that the report does not name raise NotNamed.

    Options of open() apply to the check, all others go to pickle.load."""
    own, rest = _split(options)
    with _checked(path, own, restrict) as f, restricted(_imports(f, restrict)):
        return _pickle.load(f, **rest)


def torch_load(path, *args, restrict=False, **options) -> typing.Any:
    """torch.load of a checked file.

    Options of open() apply to the check, all others (map_location, weights_only, mmap...) go to torch.load."""
    import torch
    own, rest = _split(options)
    with _checked(path, own, restrict) as f:
        moved = getattr(torch.serialization, "load_module_mapping", {})
        more = [(old, name) for module, name in (f.report.imports if restrict else ()) for old, new in moved.items() if new == module]
        with restricted(_imports(f, restrict, more)):
            return torch.load(f.name if rest.get("mmap") else f, *args, **rest)


def joblib_load(path, mmap_mode=None, *, restrict=False, **options) -> typing.Any:
    """joblib.load of a checked file.  Options of open() apply to the check, all others go to joblib.load."""
    import joblib
    own, rest = _split(options)
    with _checked(path, own, restrict) as f, restricted(_imports(f, restrict)):
        return joblib.load(f.name, mmap_mode=mmap_mode, **rest) if mmap_mode else joblib.load(f, **rest)


def numpy_load(path, mmap_mode=None, *, restrict=False, **options) -> typing.Any:
    """numpy.load of a checked file.  Options of open() apply to the check, all others (allow_pickle...) go to numpy.load.

    restrict=True returns the arrays of an .npz as a dict: they would otherwise be unpickled later, without the restriction."""
    import numpy
    own, rest = _split(options)
    with _checked(path, own, restrict) as f, restricted(_imports(f, restrict)):
        loaded = numpy.load(f.name, mmap_mode=mmap_mode, **rest)
        if restrict and isinstance(loaded, numpy.lib.npyio.NpzFile):
            with loaded:
                return {name: loaded[name] for name in loaded.files}
        return loaded


def _onnx(path, own, load_bytes, load_path):
    options = {k: own[k] for k in ("policy", "limits", "rules")}
    externals: typing.List[bytes] = []
    f = _open(path, bool(own["private"]), own["fail_on"], own["verify"], externals, options, scan_too=True)
    if f is not None:
        with f:
            return load_bytes(f.read())
    with snapshot(path, externals=externals, fail_on=own["fail_on"], verify=own["verify"], **options) as copy:
        return load_path(copy)


def onnx_load(path, **options) -> typing.Any:
    """onnx.load of a checked model.  A model with external data is loaded from a private copy of all its files."""
    import onnx
    own, rest = _split(options)
    return _onnx(path, own, lambda data: onnx.load_model_from_string(data, **rest), lambda copy: onnx.load(copy, **rest))


def onnx_session(path, *args, **options) -> typing.Any:
    """onnxruntime.InferenceSession of a checked model (see onnx_load).

    Options of open() apply to the check, all others go to the session."""
    import onnxruntime
    own, rest = _split(options)
    make = lambda model: onnxruntime.InferenceSession(model, *args, **rest)
    return _onnx(path, own, make, make)
