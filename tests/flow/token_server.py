#!/usr/bin/env python3
"""A token server for docker-registry (distribution, docs/spec/auth/token.md, oauth.md): token_server.py PORT KEY CERTIFICATE LOG

Whoever shows user:hunter2, or the refresh token `refresh-me`, gets what is asked for; nobody in particular may pull `public/...`.
"""
import base64
import http.server
import json
import subprocess
import sys
import time
import urllib.parse

PORT, KEY, CERTIFICATE, LOG = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
LOGIN = "Basic " + base64.b64encode(b"user:hunter2").decode()


def packed(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(access):
    pem = open(CERTIFICATE).read().split("-----")[2]
    head = {"typ": "JWT", "alg": "RS256", "x5c": ["".join(pem.split())]}
    now = int(time.time())
    claims = {"iss": "tests", "sub": "user", "aud": "registry", "exp": now + 60, "nbf": now - 5, "iat": now, "jti": str(time.time_ns()), "access": access}
    text = packed(json.dumps(head).encode()) + "." + packed(json.dumps(claims).encode())
    signed = subprocess.run(["openssl", "dgst", "-sha256", "-sign", KEY], input=text.encode(), stdout=subprocess.PIPE, check=True).stdout
    return text + "." + packed(signed)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def give(self, way, known, asked, name):
        access = []
        for scope in " ".join(asked).split():
            kind, repository, actions = scope.split(":")
            actions = [each for each in actions.split(",") if known or (each == "pull" and repository.startswith("public/"))]
            access.append({"type": kind, "name": repository, "actions": actions})
        with open(LOG, "a") as log:
            log.write(f"{way} {' '.join(asked)}\n")
        self.answer(200, {name: token(access), "expires_in": 60})

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        shown = self.headers.get("Authorization")
        if shown not in (None, LOGIN):
            self.answer(401, {"errors": [{"code": "UNAUTHORIZED", "message": "wrong user or password"}]})
        else:
            self.give("nobody" if shown is None else "user", shown is not None, query.get("scope", []), "token")

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if form.get("refresh_token") != ["refresh-me"]:
            self.answer(401, {"errors": [{"code": "UNAUTHORIZED", "message": "wrong refresh token"}]})
        else:
            self.give("identity", True, form.get("scope", []), "access_token")


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
