"""check, open and snapshot: the bytes that are loaded are the bytes that were checked."""
import builtins
import contextlib
import dataclasses
import fcntl
import io
import json
import os
import shutil
import stat
import tempfile
import typing

from . import _scan
from ._report import REFUSALS, Report

_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL if hasattr(fcntl, "F_SEAL_SEAL") else 0xF
_F_ADD_SEALS = getattr(fcntl, "F_ADD_SEALS", 1033)


@dataclasses.dataclass(frozen=True)
class Signed:
    """The value of verify=: a signed scan is verified, and no scan is made.

    key: a PEM file with the public key.  bundle: default PATH.modelassay.sigstore.json.
    allow_no_sandbox: accept scans that were made without a sandbox, such as those of this library."""
    key: typing.Union[str, os.PathLike]
    bundle: typing.Union[str, os.PathLike, None] = None
    allow_no_sandbox: bool = False


def _threshold(fail_on, policy):
    """The lowest verdict that is refused; incomplete is always refused."""
    if fail_on is None and policy is not None:
        with builtins.open(policy, encoding="utf-8") as f:
            fail_on = json.load(f).get("fail_on")
    fail_on = fail_on or "suspicious"
    if fail_on not in ("suspicious", "malicious"):
        raise ValueError("fail_on is 'suspicious' or 'malicious'")
    return fail_on


def _judge(shown, report, fail_on):
    if report.at_least("incomplete") or report.at_least(fail_on):
        raise REFUSALS[report.verdict](shown, report)
    return report


def _regular(fd, shown):
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        raise OSError(f"{shown}: not a regular file")


def scan(path, *, policy=None, limits=None, rules=None) -> Report:
    """Scans a file, a folder, an open file or bytes.  Returns a Report, whatever its verdict is.

    policy: a JSON file as for --policy.  limits: {name of docs/LIMITS.md: number}.  rules: a folder of additional rules."""
    with _scan.Scanner(policy, limits, rules) as s:
        if isinstance(path, (bytes, bytearray, memoryview)):
            return s.memory(path, "bytes")
        if hasattr(path, "fileno"):
            return s.fd(path.fileno(), str(getattr(path, "name", "file")))
        return s.fd(path, f"fd {path}") if isinstance(path, int) else s.path(path)


def check(path, *, fail_on=None, verify=None, **options) -> typing.Optional[Report]:
    """Returns the Report of a clean scan; raises Suspicious, Incomplete or Malicious otherwise.

    path and options are those of scan().  fail_on='malicious' accepts suspicious files (default: the policy's fail_on, or
    'suspicious').  verify=Signed(key, bundle): verifies the signed scan instead, raises NotVerified, and returns None.
    The file can be replaced between the check and the load: open() and snapshot() rule that out."""
    if verify is None:
        return _judge(_shown(path), scan(path, **options), _threshold(fail_on, options.get("policy")))
    if isinstance(path, (str, os.PathLike)):
        _scan.verify(verify, path, path=path)
    else:
        _scan.verify(verify, _shown(path), fd=path if isinstance(path, int) else path.fileno())
    return None


def _shown(path):
    return path if isinstance(path, (str, os.PathLike)) else getattr(path, "name", f"{type(path).__name__}")


class CheckedFile(io.BufferedReader):
    """An open file whose bytes were checked.  .report: the Report, or None when a signature was verified instead.

    .name refers to the same open file, whatever happens to the path: loaders that open it by name get the same bytes."""
    report: typing.Optional[Report] = None
    path: typing.Union[str, os.PathLike, None] = None

    @property
    def name(self):
        return f"/proc/self/fd/{self.fileno()}"


def _private(fd):
    """A sealed copy in memory, which no process can change, this one included."""
    copy = os.memfd_create("modelassay", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        size, at = os.fstat(fd).st_size, 0
        while at < size and (n := os.sendfile(copy, fd, at, size - at)) > 0:
            at += n
        os.lseek(copy, 0, os.SEEK_SET)
        fcntl.fcntl(copy, _F_ADD_SEALS, _SEALS)
        return copy
    except BaseException:
        os.close(copy)
        raise


def _open(path, private, fail_on, verify, externals, options, scan_too=False):
    """Returns a CheckedFile, or None when the model refers to other files: their names are then in the list externals.

    scan_too: a report is made even where a signature is verified."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        _regular(fd, path)
        if private:
            copy = _private(fd)
            os.close(fd)
            fd = copy
        report = None
        if verify is None or scan_too:
            with _scan.Scanner(options.get("policy"), options.get("limits"), options.get("rules"), externals) as s:
                report = s.fd(fd, path)
        if externals:
            os.close(fd)
            return None
        if verify is None:
            _judge(path, report, _threshold(fail_on, options.get("policy")))
        else:
            _scan.verify(verify, path, fd=fd)
        file = CheckedFile(io.FileIO(fd, "rb", closefd=True))
    except BaseException:
        with contextlib.suppress(OSError):
            os.close(fd)
        raise
    file.report, file.path = report, path
    return file


def open(path, *, private=False, fail_on=None, verify=None, policy=None, limits=None, rules=None) -> CheckedFile:
    """Returns a file object over the descriptor that was checked; raises as check() does, and closes the file then.

    Replacing the file at that path has no effect.  A process that may write to the file can still change it: private=True
    checks and returns a sealed copy in memory.  A model with data in other files is Incomplete here: see snapshot()."""
    return _open(path, private, fail_on, verify, None, {"policy": policy, "limits": limits, "rules": rules})


def _copy_file(source, target):
    fd = os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    with os.fdopen(fd, "rb") as f, builtins.open(target, "xb") as out:
        _regular(fd, source)
        shutil.copyfileobj(f, out, 1 << 20)
    os.chmod(target, 0o400)


def _copy_folder(source, target):
    """Copies files and the targets of symlinks to files; symlinks to folders and special files are left out."""
    for folder, folders, files in os.walk(source, onerror=_fail):
        below = os.path.join(target, os.path.relpath(folder, source))
        os.makedirs(below, mode=0o700, exist_ok=True)
        folders[:] = [d for d in folders if not os.path.islink(os.path.join(folder, d))]
        for name in files:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                _copy_file(path, os.path.join(below, name))


def _fail(error):
    raise error


def _copy_beside(model, folder, externals):
    """Copies the files that a model refers to; paths that leave its folder are left out, and the scan reports them."""
    for rel in map(os.fsdecode, externals):
        target = os.path.normpath(os.path.join(folder, rel))
        source = os.path.join(os.path.dirname(os.fspath(model)) or ".", rel)
        if target.startswith(folder + os.sep) and not os.path.lexists(target) and os.path.isfile(source) and not os.path.islink(source):
            os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
            _copy_file(source, target)


@contextlib.contextmanager
def snapshot(path, *, externals=(), fail_on=None, verify=None, policy=None, limits=None, rules=None):
    """with snapshot(folder) as safe: AutoModel.from_pretrained(safe)

    A private copy (0700, below TMPDIR) of a file or folder, checked as by check() and removed at the end.  It needs as much
    disk space as the model.  externals: names of files in the folder of a model that belong to it."""
    made = tempfile.mkdtemp(prefix="modelassay-")
    try:
        real = os.path.abspath(os.fspath(path))
        copy = os.path.join(made, os.path.basename(real) or "model")
        if os.path.isdir(real):
            _copy_folder(real, copy)
        else:
            _copy_file(real, copy)
            _copy_beside(real, made, externals)
        if verify is not None:
            _scan.verify(verify, path, path=copy)
        else:
            options = {"policy": policy, "limits": limits, "rules": rules}
            _judge(path, scan(copy, **options), _threshold(fail_on, policy))
        yield copy
    finally:
        shutil.rmtree(made, ignore_errors=True)
