"""Sends bytes to a socket of clamd's protocol and prints the answer.

usage: ask_clamd.py SOCKET REQUEST [--no-answer]     REQUEST as in Python: zPING\\0"""
import socket
import sys

request = sys.argv[2].encode("latin-1").decode("unicode_escape").encode("latin-1")
with socket.socket(socket.AF_UNIX) as s:
    s.connect(sys.argv[1])
    try:
        s.sendall(request)
        if len(sys.argv) == 3:
            print(s.recv(9999).decode("latin-1").strip("\0"))
    except OSError:                                # disconnected: no answer
        pass
