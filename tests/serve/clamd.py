#!/usr/bin/env python3
"""A small client of clamd's protocol against the daemon.  usage: clamd.py SOCKET ROOT CLEAN BAD CUT"""
import array, os, pathlib, socket, struct, sys, time
SOCK, ROOT, CLEAN, BAD, CUT = sys.argv[1:]
passed = failed = 0


def is_(name, got, wanted):
    global passed, failed
    good = wanted(got) if callable(wanted) else got == wanted
    passed, failed = passed + good, failed + (not good)
    if not good:
        print(f"not ok - {name}: {got!r}")


def connect():
    s = socket.socket(socket.AF_UNIX); s.settimeout(60); s.connect(SOCK)
    return s


def rest(s):
    out = b""
    try:
        while chunk := s.recv(65536):
            out += chunk
    except ConnectionResetError:
        pass
    return out


def ask(command, *chunks, close=False):
    s = connect(); s.sendall(command)
    try:
        for c in chunks:
            s.sendall(struct.pack(">I", len(c)) + c)
    except OSError:
        pass
    if close:
        s.shutdown(socket.SHUT_WR)
    return rest(s)


def stream(path, form=b"z"):
    data = pathlib.Path(path).read_bytes()
    parts = [data[i:i + 997] for i in range(0, len(data), 997)]
    return ask(form + b"INSTREAM" + (b"\0" if form == b"z" else b"\n"), *parts, b"")


def fildes(path, early):
    s = connect()
    with open(path, "rb") as f:
        control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [f.fileno()]))]
        if early:
            s.sendmsg([b"zFILDES\0"], control)
        else:
            s.sendall(b"zFILDES\0"); time.sleep(0.05); s.sendmsg([b"\0"], control)
        return rest(s)


is_("zPING", ask(b"zPING\0"), b"PONG\0")
is_("nPING", ask(b"nPING\n"), b"PONG\n")
is_("PING", ask(b"PING\n"), b"PONG\n")
is_("VERSION", ask(b"zVERSION\0"), lambda g: g.startswith(b"modelassay ") and g.endswith(b"\0"))
is_("INSTREAM clean", stream(CLEAN), b"stream: OK\0")
is_("nINSTREAM clean", stream(CLEAN, b"n"), b"stream: OK\n")
is_("INSTREAM bad", stream(BAD), lambda g: g.startswith(b"stream: MA.") and g.endswith(b" FOUND\0"))
is_("INSTREAM cut: never OK", stream(CUT), lambda g: g.endswith(b" ERROR\0"))
is_("INSTREAM empty", ask(b"zINSTREAM\0", b""), b"stream: OK\0")
is_("INSTREAM breaks off", ask(b"zINSTREAM\0", b"abc", close=True), lambda g: g.endswith(b"ERROR\0"))
is_("INSTREAM unknown: never OK", ask(b"zINSTREAM\0", b"hello", b""), lambda g: g.endswith(b"ERROR\0"))
is_("INSTREAM too long", ask(b"zINSTREAM\0", *[b"\0" * 1000000] * 9, b""), lambda g: g.startswith(b"INSTREAM size limit exceeded.") or g == b"")
is_("INSTREAM lies of 4 GiB", ask(b"zINSTREAM\0" + b"\xff\xff\xff\xff" + b"abc", close=True), lambda g: g.endswith(b"ERROR\0"))
for early in (True, False):
    is_("FILDES clean", fildes(CLEAN, early), lambda g: g.startswith(b"fd[") and g.endswith(b": OK\0"))
    is_("FILDES bad", fildes(BAD, early), lambda g: g.endswith(b" FOUND\0"))
is_("FILDES without one", ask(b"zFILDES\0x"), lambda g: g.endswith(b"ERROR\0"))
for word in (b"SCAN", b"CONTSCAN", b"MULTISCAN"):
    is_(word, ask(b"z" + word + b" " + CLEAN.encode() + b"\0"), CLEAN.encode() + b": OK\0")
    is_(word, ask(b"n" + word + b" " + BAD.encode() + b"\n"), lambda g: g.endswith(b" FOUND\n"))
folder = ask(b"zCONTSCAN " + ROOT.encode() + b"\0").split(b"\0")
is_("a line a file", len(folder) - 1, sum(len(f) for _, _, f in os.walk(ROOT)))
is_("hostile names", [x for x in folder if any(c < 32 for c in x)], [])
is_("links are not followed", [x for x in folder if b"link" in x], lambda g: len(g) == 1 and g[0].endswith(b"ERROR"))
for path in ("/etc/passwd", ROOT + "/../x", ROOT + "/link", "relative", ROOT + "/missing", ""):
    is_(path, ask(b"zSCAN " + path.encode() + b"\0"), lambda g: g.endswith(b" ERROR\0") and b"root:" not in g)
is_("unknown", ask(b"zNONSENSE\0"), b"UNKNOWN COMMAND\0")
is_("SHUTDOWN", ask(b"zSHUTDOWN\0"), b"UNKNOWN COMMAND\0")
is_("endless command", ask(b"z" + b"A" * 100000), b"")
s = connect(); s.sendall(b"zIDSESSION\0zPING\0zVERSION\0zINSTREAM\0" + struct.pack(">I", 3) + b"abc" + struct.pack(">I", 0) + b"zPING\0zEND\0")
lines = rest(s).split(b"\0")
is_("session", [x.split(b":")[0] for x in lines], [b"1", b"2", b"3", b"4", b""])
is_("session", lines[3], b"4: PONG")
open_ones = [connect() for _ in range(50)]
is_("beside 50 silent ones", ask(b"zPING\0"), b"PONG\0")
for s in open_ones:
    s.close()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
