"""A child process that unpickles under an audit hook, and what it counts as an effect."""
import gc
import io
import os
import pathlib
import pickle
import resource
import signal
import struct
import sys

TOKEN = "modelassay_canary"
# Events of sys.addaudithook that no honest load raises (docs.python.org/3/library/audit_events.html)
ALWAYS = ("os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "subprocess.Popen", "pty.spawn",
          "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "urllib.Request", "ftplib.connect", "smtplib.connect",
          "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chmod", "os.chown", "os.link", "os.symlink", "os.truncate", "os.utime",
          "os.putenv", "os.unsetenv", "os.kill", "os.chdir", "shutil.rmtree", "shutil.move", "shutil.copyfile", "shutil.unpack_archive",
          "ctypes.dlopen", "ctypes.dlsym", "sqlite3.connect", "webbrowser.open", "sys.settrace", "sys.setprofile", "tempfile.mkstemp",
          "tempfile.mkdtemp", "mmap.__new__")
IMPORTS_TOO = ("import", "code.__new__", "marshal.loads", "exec")      # raised by imports of libraries as well
LIMIT_BYTES = 12 << 30
LIMIT_SECONDS = 4


def canaries(work):
    """What a hostile pickle may name: a module, a data file, an expression that leaves a trace, a command."""
    folder = work / TOKEN
    folder.mkdir()
    (folder / f"{TOKEN}_module.py").write_text("RAN = True\n")
    (folder / "data.npy").write_bytes(b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n" + bytes(8))
    (folder / "data.json").write_text("{}")
    sys.path.append(str(folder))
    return folder


def effect_of(event, args):
    """The event in words where it is an effect of the pickle, else None."""
    if event in IMPORTS_TOO:                     # encodings.NAME: a codec is looked up, in that package alone
        if event == "import" and str(args[0]).startswith("encodings."):
            return None
        return f"{event} {args!r:.100}" if TOKEN in repr(args[:1]) else None
    if event == "open":                          # a warning looks for its source line everywhere: .pyx
        name, flags = str(args[0]), args[2] if len(args) > 2 and isinstance(args[2], int) else 0
        written = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and name != "/dev/null"
        return f"open {name} {flags:#o}" if TOKEN in name and not name.endswith((".pyc", ".pyx")) or written else None
    if event == "compile":                       # ast.literal_eval names its text <unknown>, and runs nothing
        source = args[0].decode("latin1") if isinstance(args[0], bytes) else str(args[0])
        return f"compile {source[:60]!r}" if TOKEN in source and args[1] != "<unknown>" else None
    return f"{event} {args!r:.100}" if event in ALWAYS else None


class Watch:
    def __init__(self):
        self.armed, self.seen = False, []
        sys.addaudithook(self.hook)

    def hook(self, event, args):
        if self.armed:
            words = effect_of(event, args)
            if words:
                self.seen.append(words)

    def load(self, data):
        """(loaded, effects): the value is dropped while the hook still listens, for __del__."""
        self.seen, value, loaded = [], None, False
        self.armed = True
        try:
            value = pickle.Unpickler(io.BytesIO(data)).load()
            loaded = True
        except BaseException:
            pass
        del value
        self.armed = False
        return loaded, self.seen


def limits():
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)


def run(maker, seeds, out):
    limits()
    watch = Watch()
    gc.disable()
    for seed in seeds:
        data = maker(seed)
        os.write(out, struct.pack("<Qi", seed, -1))               # begun: whoever dies now is known
        signal.alarm(LIMIT_SECONDS)
        loaded, seen = watch.load(data)
        signal.alarm(0)
        text = "; ".join(dict.fromkeys(seen))[:300].encode()
        os.write(out, struct.pack("<Qi", seed, len(text) << 1 | loaded) + text)
    os._exit(0)


def load_all(maker, seeds, work):
    """({seed: effects}, (loaded, last seed begun), True where the child lived to its end)"""
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.chdir(work)
            os.close(r)
            run(maker, seeds, w)
        finally:
            os._exit(1)
    os.close(w)
    with os.fdopen(r, "rb") as stream:
        data = stream.read()
    status = os.waitpid(pid, 0)[1]
    effects, loaded, last, at = {}, 0, seeds[0], 0
    while at + 12 <= len(data):
        last, code = struct.unpack_from("<Qi", data, at)
        at += 12
        if code >= 0:
            loaded += code & 1
            if code >> 1:
                effects[last] = data[at:at + (code >> 1)].decode("utf-8", "replace")
            at += code >> 1
    return effects, (loaded, last), status == 0
