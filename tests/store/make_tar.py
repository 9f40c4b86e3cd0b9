"""Makes a tar of many malicious pickles with long names, so that its report is long.  usage: make_tar.py FILE COUNT"""
import io
import sys
import tarfile

DATA = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R."

with tarfile.open(sys.argv[1], "w", format=tarfile.GNU_FORMAT) as tar:
    for i in range(int(sys.argv[2])):
        member = tarfile.TarInfo(f"{i:03}" + "n" * 90 + ".pkl")
        member.size = len(DATA)
        tar.addfile(member, io.BytesIO(DATA))
