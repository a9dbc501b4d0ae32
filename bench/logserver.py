# SPDX-License-Identifier: BSD-3-Clause
"""Serves the files of a log over loopback, with faults: the program that `bench/log` starts beside govgo.

Faults are a JSON file, read again for each request: a path to "flip" (one bit is wrong), "cut" (the answer breaks off),
"once" (it breaks off the first time) or the name of another file to serve.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT, FAULTS = Path(sys.argv[1]), Path(sys.argv[2])
seen: set[str] = set()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        faults = json.loads(FAULTS.read_text())
        path = self.path[1:]
        fault = faults.get(path, "")
        try:
            data = (ROOT / (fault if fault not in ("", "flip", "cut", "once") else path)).read_bytes()
        except OSError:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if fault == "flip":
            data = data[:9] + bytes([data[9] ^ 1]) + data[10:]
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if fault == "cut" or (fault == "once" and path not in seen):
            seen.add(path)
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
            return
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
