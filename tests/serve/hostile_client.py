"""A client that does not behave.  usage: hostile_client.py HOST:PORT HOW [FILE]

  cut         uploads that end in the middle, half-closed and closed, and a request that is none
  half-close  sends the whole FILE, then closes its half, and prints the answer
  slow        sends a byte each quarter of a second; exits 0 when it is disconnected"""
import socket
import sys
import time

address, how, *file = sys.argv[1:]
host, port = address.split(":")
HEAD = b"PUT /v1/scan/x.pt HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"


def connect():
    return socket.create_connection((host, int(port)))


def cut():
    for half in True, False:
        for n in 0, 1000:
            with connect() as s:
                s.sendall(HEAD % 100000 + b"a" * n)
                if half:
                    s.shutdown(socket.SHUT_WR)
                    s.settimeout(10)
                    try:
                        s.recv(100)
                    except OSError:
                        pass
    with connect() as s:
        s.sendall(b"\x00\xff garbage\r\n\r\n")
        s.recv(100)


def half_close():
    data = open(file[0], "rb").read()
    with connect() as s:
        s.sendall(HEAD % len(data) + data)
        s.shutdown(socket.SHUT_WR)
        s.settimeout(10)
        print(s.recv(100).decode())


def slow():
    s = connect()
    s.sendall(HEAD % 100000)
    try:
        for _ in range(40):
            s.sendall(b"a")
            time.sleep(0.25)
    except OSError:
        sys.exit(0)
    sys.exit(1)


{"cut": cut, "half-close": half_close, "slow": slow}[how]()
