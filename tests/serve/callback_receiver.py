"""Receives callbacks on a free port, which it writes to the file port, and checks their HMAC.

Each callback is a line in the file received: path, verdict, whether the signature is good, whether it was refused.
The first callback of a malicious file is refused with 500, so that it comes again.  usage: callback_receiver.py SECRET"""
import hashlib
import hmac
import http.server
import json
import sys

secret, seen = sys.argv[1].encode(), set()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message = self.headers["X-Modelassay-Timestamp"].encode() + b"." + body
        wanted = "sha256=" + hmac.new(secret, message, hashlib.sha256).hexdigest()
        good = hmac.compare_digest(wanted, self.headers["X-Modelassay-Signature"])
        verdict = json.loads(body).get("verdict")
        refuse = verdict == "malicious" and self.path not in seen
        seen.add(self.path)
        with open("received", "a") as f:
            f.write(f"{self.path} {verdict} {good} {refuse}\n")
        self.send_response(500 if refuse else 204)
        self.end_headers()

    def log_message(self, *words):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
with open("port", "w") as f:
    f.write(str(server.server_port))
server.serve_forever()
