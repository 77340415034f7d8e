#!/usr/bin/env python3
"""Stands before a server on loopback, as a proxy that clients are told of or in its place: minding_proxy.py PORT TARGET_PORT LOG [STATUS METHOD PATTERN]

Whatever host a request names, it goes to TARGET_PORT. Requests of METHOD whose path has PATTERN (a regular expression) in it are answered with STATUS instead. Each is a line of LOG:
`METHOD ADDRESS STATUS`, the address as the client gave it.
"""
import http.client
import http.server
import re
import sys
import threading
import urllib.parse

PORT, TARGET, LOG = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
STATUS, METHOD, PATTERN = (int(sys.argv[4]), sys.argv[5], re.compile(sys.argv[6])) if len(sys.argv) > 6 else (0, "", None)
LOCK = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def note(self, status):
        with LOCK, open(LOG, "a") as log:
            log.write(f"{self.command} {self.path} {status}\n")

    def answer(self):
        parts = urllib.parse.urlsplit(self.path)
        place = urllib.parse.urlunsplit(("", "", parts.path, parts.query, ""))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if PATTERN is not None and self.command == METHOD and PATTERN.search(place):
            self.note(STATUS)
            text = b'{"errors": [{"code": "DENIED", "message": "not for you"}]}'
            self.send_response(STATUS)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)
            return
        server = http.client.HTTPConnection("127.0.0.1", TARGET)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("connection", "proxy-connection", "transfer-encoding")}
        server.request(self.command, place, body, headers)
        answer = server.getresponse()
        content = answer.read()
        self.note(answer.status)
        self.send_response(answer.status)
        length = answer.headers.get("Content-Length") if self.command == "HEAD" else str(len(content))
        for name, value in answer.headers.items():
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        if answer.status != 204 and length is not None:
            self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(content)
        server.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = answer

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
