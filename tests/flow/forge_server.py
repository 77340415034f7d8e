#!/usr/bin/env python3
"""Stand-ins for forges and a webhook on 127.0.0.1, which hold clients to the real ones' rules: forge_server.py PORT LOG

/github  REST API of 2022-11-28: bearer token, User-Agent, Accept, validation (422), rate limits (403 with x-ratelimit-*), pages by Link (RFC 8288), Git database
/gitlab  REST API v4: bearer or PRIVATE-TOKEN, validation (400, 409), rate limits (429 with RateLimit-* and Retry-After), pages by Link
/hook    CloudEvents 1.0 in structured mode, signed as Standard Webhooks says

Whoever shows the token `token-of-the-tests` may do everything in project `team/images` and `team/app`. A line of LOG is a request: method, path, operation, body and the status
that it got. POST /_faults sets what goes wrong from then on, a list that is used up from its front: {"when": "before|after", "match": "regex of METHOD PATH", "times": N, "status": 502,
"headers": {...}} (`before`: nothing is done; `after`: it is done, and the answer is lost). GET /_state is all that was made. POST /_commit changes a file behind the client's back. POST /_keep remembers all that was made, and
POST /_back goes back to it.
"""
import base64
import copy
import hashlib
import hmac
import http.server
import json
import re
import socket
import sys
import threading
import time
import urllib.parse

PORT, LOG = int(sys.argv[1]), sys.argv[2]
TOKEN, SECRET = "token-of-the-tests", b"secret-of-the-tests"
PAGE = 3  # items a page, whatever is asked for: clients must follow links

lock = threading.RLock()
faults, events, tickets, notes, requests, builds = [], [], {}, {}, {}, {}
objects = {}   # sha: ("blob", bytes) | ("tree", {path: (mode, type, sha)}) | ("commit", {...})
refs = {}      # (project, branch): commit
limit = {"left": None, "reset": 0}
kept = []      # copies of what was made


def sha_of(kind, data):
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data).hexdigest()


def keep(kind, value):
    data = value if kind == "blob" else json.dumps(value, sort_keys=True).encode()
    sha = sha_of(kind, data)
    objects[sha] = (kind, value)
    return sha


def tree_with(tree, path, entry):
    """The tree's sha with one path, of any depth, set to an entry."""
    entries = dict(objects[tree][1]) if tree else {}
    first, _, rest = path.partition("/")
    if rest:
        below = entries.get(first)
        entries[first] = ["040000", "tree", tree_with(below[2] if below and below[1] == "tree" else None, rest, entry)]
    else:
        entries[first] = entry
    return keep("tree", entries)


def entry_at(tree, path):
    for part in path.split("/"):
        entries = objects[tree][1]
        if part not in entries:
            return None
        found = entries[part]
        tree = found[2]
    return found


def commit(project, branch, base, files, message):
    tree = objects[base][1]["tree"] if base else None
    for path, (mode, data) in files.items():
        old = entry_at(tree, path) if tree else None
        tree = tree_with(tree, path, [mode or (old[0] if old else "100644"), "blob", keep("blob", data)])
    refs[project, branch] = keep("commit", {"tree": tree, "parents": [base] if base else [], "message": message})
    return refs[project, branch]


for name in ("team/images", "team/app"):
    commit(name, "main", None, {"Dockerfile": ("100644", b"FROM registry.example/python:3.13@sha256:" + b"0" * 64 + b"\n"), "deploy/run.sh": ("100755", b"#!/bin/sh\necho old\n")}, "first")


class Refused(Exception):
    def __init__(self, status, value, headers=None):
        self.status, self.value, self.headers = status, value, headers or {}


def need(good, status, value):
    if not good:
        raise Refused(status, value)


def unprocessable(resource, field, code="missing_field"):
    return {"message": "Validation Failed", "errors": [{"resource": resource, "code": code, "field": field}], "documentation_url": "about:blank"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, value, headers=None):
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if body:
            self.send_header("Content-Type", "application/json; charset=utf-8")
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def run(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # whoever asked was gone before all of it was there: it is no request
            self.close_connection = True
            return None
        url = urllib.parse.urlsplit(self.path)
        self.query = {key: values[-1] for key, values in urllib.parse.parse_qs(url.query, keep_blank_values=True).items()}
        with lock:
            if url.path.startswith("/_"):
                return self.admin(url.path, body)
            self.operation, self.extra, self.raw = "none", {}, body
            fault = next((each for each in faults if re.search(each["match"], f"{self.command} {self.path}")), None)
            if fault:
                fault["times"] -= 1
                if fault["times"] <= 0:
                    faults.remove(fault)
            lost = fault and fault.get("when") == "after"
            try:
                if fault and not lost:
                    self.operation = "fault"
                    raise Refused(fault["status"], {"message": fault.get("message", "an error of the tests")}, fault.get("headers"))
                status, value = self.route(url.path, body)
            except Refused as refused:
                status, value = refused.status, refused.value
                self.extra.update(refused.headers)
            with open(LOG, "a") as log:
                text = body.decode(errors="replace")
                log.write(json.dumps({"method": self.command, "path": self.path, "operation": self.operation, "status": status, "lost": bool(lost), "query": self.query, "body": text,
                                      "headers": {key.lower(): value for key, value in self.headers.items() if key.lower() != "authorization"}}) + "\n")
        if lost:
            self.close_connection = True
            return self.connection.shutdown(socket.SHUT_RDWR)
        self.answer(status, value, self.extra)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = run

    def admin(self, path, body):
        value = json.loads(body or b"null")
        if path == "/_faults":
            faults[:] = value
        elif path == "/_limit":
            limit.update(value)
        elif path == "/_commit":
            commit(value["project"], value["branch"], refs.get((value["project"], value.get("from", value["branch"]))), {value["path"]: (None, value["text"].encode())}, value["message"])
        elif path == "/_edit":
            tickets[value["project"]][value["number"] - 1].update(value["set"])
        elif path == "/_keep":
            kept[:] = copy.deepcopy([events, tickets, notes, requests, objects, refs, builds])
        elif path == "/_back":
            for each, old in zip((tickets, notes, requests, objects, refs, builds), copy.deepcopy(kept[1:])):
                each.clear()
                each.update(old)
            events[:] = copy.deepcopy(kept[0])
        elif path == "/_state":
            shown = {f"{project} {branch}": {"commit": sha, **objects[sha][1]} for (project, branch), sha in refs.items()}
            return self.answer(200, {"tickets": tickets, "notes": notes, "requests": requests, "builds": builds, "events": events, "refs": shown})
        elif path == "/_file":
            sha = refs.get((value["project"], value["branch"]))
            found = entry_at(objects[sha][1]["tree"], value["path"]) if sha else None
            return self.answer(200, {"mode": found[0], "text": objects[found[2]][1].decode()} if found else None)
        self.answer(200, {})

    # Rules that hold for every request of an API.

    def json_body(self, body):
        need(self.headers.get("Content-Type", "").startswith("application/json"), 415, {"message": "Unsupported Media Type"})
        try:
            value = json.loads(body)
        except ValueError:
            value = None
        need(isinstance(value, dict), 400, {"message": "Problems parsing JSON"})
        return value

    def spend(self, prefix, status):
        if limit["left"] is None:
            return
        head = {f"{prefix}Limit": "60", f"{prefix}Remaining": str(max(limit["left"] - 1, 0)), f"{prefix}Reset": str(limit["reset"])}
        self.extra.update(head)
        if limit["left"] <= 0:
            more = {"Retry-After": str(max(1, limit["reset"] - int(time.time())))} if prefix == "RateLimit-" else {}
            raise Refused(status, {"message": "API rate limit exceeded for user ID 1."}, {**head, **more})
        limit["left"] -= 1

    def paged(self, items):
        page = int(self.query.get("page", 1))
        need(int(self.query.get("per_page", 30)) <= 100, 422, {"message": "per_page is at most 100"})
        shown = items[(page - 1) * PAGE:page * PAGE]
        if page * PAGE < len(items):
            query = urllib.parse.urlencode({**self.query, "page": page + 1})
            first = urllib.parse.urlencode({**self.query, "page": 1})
            base = f"http://{self.headers['Host']}{urllib.parse.urlsplit(self.path).path}"
            self.extra["Link"] = f'<{base}?{first}>; rel="first", <{base}?{query}>; rel="next"'
        return 200, shown

    def route(self, path, body):
        if path.startswith("/github/"):
            need(self.headers.get("User-Agent"), 403, {"message": "Request forbidden by administrative rules: a User-Agent is needed"})
            need(self.headers.get("Authorization") == f"Bearer {TOKEN}", 401, {"message": "Bad credentials"})
            need(self.headers.get("Accept") == "application/vnd.github+json", 415, {"message": "Accept names no media type of this API"})
            need(self.headers.get("X-GitHub-Api-Version") == "2022-11-28", 400, {"message": "no such version"})
            self.spend("X-RateLimit-", 403)
            return self.walk(GITHUB, path[len("/github"):], body)
        if path.startswith("/gitlab/api/v4/"):
            shown = self.headers.get("Authorization") == f"Bearer {TOKEN}" or self.headers.get("PRIVATE-TOKEN") == TOKEN
            need(shown, 401, {"message": "401 Unauthorized"})
            self.spend("RateLimit-", 429)
            return self.walk(GITLAB, path[len("/gitlab/api/v4"):], body)
        if path == "/hook" and self.command == "POST":
            return self.hook(body)
        raise Refused(404, {"message": "Not Found"})

    def walk(self, table, path, body):
        for method, pattern, operation, act in table:
            found = re.fullmatch(pattern, path)
            if method == self.command and found:
                self.operation = operation
                parts = {key: urllib.parse.unquote(value) for key, value in found.groupdict().items()}
                need((parts["p"], "main") in refs, 404, {"message": "Not Found"})
                return act(self, parts, self.json_body(body) if method != "GET" else None)
        raise Refused(404, {"message": "Not Found"})

    def hook(self, body):
        self.operation = "webhook"
        key, moment, signature = (self.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
        need(key and moment.isdigit() and signature, 400, {"message": "webhook-id, webhook-timestamp and webhook-signature are needed"})
        due = base64.b64encode(hmac.new(SECRET, f"{key}.{moment}.".encode() + body, hashlib.sha256).digest()).decode()
        need(any(hmac.compare_digest(each, f"v1,{due}") for each in signature.split(" ")), 401, {"message": "the signature does not match"})
        need(self.headers.get("Content-Type", "").startswith("application/cloudevents+json"), 415, {"message": "no CloudEvent in structured mode"})
        event = json.loads(body)
        need(event.get("specversion") == "1.0" and all(isinstance(event.get(each), str) and event[each] for each in ("id", "source", "type")), 400, {"message": "no CloudEvent 1.0"})
        need(event["id"] == key, 400, {"message": "webhook-id is not the event's"})
        events.append(event)
        return 204, None


# GitHub

def issue(project, each):
    return {"number": each["number"], "title": each["title"], "body": each["body"], "state": each["state"], "labels": [{"name": name} for name in each["labels"]],
            "html_url": f"http://127.0.0.1:{PORT}/{project}/issues/{each['number']}", **({"pull_request": {}} if each.get("pull") else {})}


def moment():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def of_number(table, parts):
    found = [each for each in table.get(parts["p"], []) if each["number"] == int(parts["n"])]
    need(found, 404, {"message": "Not Found"})
    return found[0]


def gh_list(self, parts, _):
    need(self.query.get("state", "open") in ("open", "closed", "all"), 422, unprocessable("Issue", "state", "invalid"))
    wanted = set(filter(None, self.query.get("labels", "").split(",")))
    shown = [issue(parts["p"], each) for each in reversed(tickets.get(parts["p"], []))
             if self.query.get("state", "open") in ("all", each["state"]) and wanted <= set(each["labels"]) and each["updated"] >= self.query.get("since", "")]
    return self.paged(shown)


def gh_check(value, needs_title):
    need(not needs_title or isinstance(value.get("title"), (str, int)) and value["title"], 422, unprocessable("Issue", "title"))
    need(len(value.get("title") or "") <= 256, 422, unprocessable("Issue", "title", "custom"))
    need(value.get("body") is None or isinstance(value["body"], str) and len(value["body"]) <= 65536, 422, unprocessable("Issue", "body", "custom"))
    need(all(isinstance(each, str) and each for each in value.get("labels") or []), 422, unprocessable("Label", "name"))


def gh_create(self, parts, value):
    gh_check(value, True)
    all_of = tickets.setdefault(parts["p"], [])
    all_of.append({"number": len(all_of) + 1, "title": value["title"], "body": value.get("body") or "", "state": "open", "labels": list(value.get("labels") or []), "updated": moment()})
    return 201, issue(parts["p"], all_of[-1])


def gh_update(self, parts, value):
    each = of_number(tickets, parts)
    gh_check(value, "title" in value)
    need(value.get("state", "open") in ("open", "closed"), 422, unprocessable("Issue", "state", "invalid"))
    need(value.get("state_reason") in (None, "completed", "not_planned", "duplicate", "reopened"), 422, unprocessable("Issue", "state_reason", "invalid"))
    each.update({key: value[key] for key in ("title", "body", "state", "labels") if key in value}, updated=moment())
    return 200, issue(parts["p"], each)


def gh_read(self, parts, _):
    return 200, issue(parts["p"], of_number(tickets, parts))


def gh_label(self, parts, value):
    each = of_number(tickets, parts)
    gh_check({"labels": value["labels"]}, False)
    each["labels"] += [name for name in value["labels"] if name not in each["labels"]]
    return 200, [{"name": name} for name in each["labels"]]


def note_key(parts):
    return f"{parts['p']} {parts['n']}"


def gh_comment(self, parts, value):
    of_number(tickets, parts)
    need(isinstance(value.get("body"), str) and value["body"], 422, unprocessable("IssueComment", "body"))
    need(len(value["body"]) <= 65536, 422, unprocessable("IssueComment", "body", "custom"))
    notes.setdefault(note_key(parts), []).append(value["body"])
    return 201, {"id": len(notes[note_key(parts)]), "body": value["body"]}


def list_notes(self, parts, _):
    of_number(tickets, parts)
    return self.paged([{"id": at, "body": body} for at, body in enumerate(notes.get(note_key(parts), []))])


def gh_ref(self, parts, _):
    need((parts["p"], parts["b"]) in refs, 404, {"message": "Not Found"})
    return 200, {"ref": f"refs/heads/{parts['b']}", "object": {"type": "commit", "sha": refs[parts["p"], parts["b"]]}}


def object_of(kind, sha):
    need(sha in objects and objects[sha][0] == kind, 404, {"message": "Not Found"})
    return objects[sha][1]


def gh_commit(self, parts, _):
    found = object_of("commit", parts["s"])
    return 200, {"sha": parts["s"], "message": found["message"], "tree": {"sha": found["tree"]}, "parents": [{"sha": each} for each in found["parents"]]}


def gh_tree(self, parts, _):
    return 200, {"sha": parts["s"], "truncated": False, "tree": [{"path": path, "mode": mode, "type": kind, "sha": sha} for path, (mode, kind, sha) in object_of("tree", parts["s"]).items()]}


def gh_content(self, parts, _):
    sha = refs.get((parts["p"], self.query.get("ref", "main")))
    found = entry_at(objects[sha][1]["tree"], parts["f"]) if sha else None
    need(found, 404, {"message": "Not Found"})
    if found[1] == "tree":
        return 200, [{"type": "file", "path": f"{parts['f']}/{name}"} for name in objects[found[2]][1]]
    text = base64.encodebytes(objects[found[2]][1]).decode()  # with a line's end after each 76 characters, as the real one
    return 200, {"type": "file", "encoding": "base64", "size": len(objects[found[2]][1]), "path": parts["f"], "sha": found[2], "content": text}


def gh_new_blob(self, parts, value):
    need(isinstance(value.get("content"), str), 422, unprocessable("Blob", "content"))
    return 201, {"sha": keep("blob", base64.b64decode(value["content"], validate=True) if value.get("encoding") == "base64" else value["content"].encode())}


def gh_new_tree(self, parts, value):
    tree = value.get("base_tree")
    need(isinstance(value.get("tree"), list) and value["tree"], 422, {"message": "Invalid tree info"})
    object_of("tree", tree)
    for each in value["tree"]:
        need(each.get("mode") in ("100644", "100755", "120000", "040000", "160000") and each.get("sha") in objects, 422, {"message": "tree.sha is not a valid blob"})
        tree = tree_with(tree, each["path"], [each["mode"], each["type"], each["sha"]])
    return 201, {"sha": tree}


def gh_new_commit(self, parts, value):
    need(isinstance(value.get("message"), str) and value["message"], 422, unprocessable("Commit", "message"))
    object_of("tree", value.get("tree"))
    for each in value.get("parents", []):
        object_of("commit", each)
    return 201, {"sha": keep("commit", {"tree": value["tree"], "parents": value.get("parents", []), "message": value["message"]})}


def gh_new_ref(self, parts, value):
    need(isinstance(value.get("ref"), str) and value["ref"].startswith("refs/heads/") and value["ref"].count("/") >= 2, 422, {"message": "Reference name must start with 'refs/'"})
    branch = value["ref"][len("refs/heads/"):]
    need((parts["p"], branch) not in refs, 422, {"message": "Reference already exists"})
    object_of("commit", value.get("sha"))
    refs[parts["p"], branch] = value["sha"]
    return 201, {"ref": value["ref"]}


def gh_move_ref(self, parts, value):
    need((parts["p"], parts["b"]) in refs, 422, {"message": "Reference does not exist"})
    found = object_of("commit", value.get("sha"))
    need(value.get("force") or refs[parts["p"], parts["b"]] in found["parents"], 422, {"message": "Update is not a fast forward"})
    refs[parts["p"], parts["b"]] = value["sha"]
    return 200, {"ref": parts["b"]}


def pull(project, each):
    return {"number": each["number"], "title": each["title"], "body": each["body"], "state": each["state"], "head": {"ref": each["head"]}, "base": {"ref": each["base"]},
            "html_url": f"http://127.0.0.1:{PORT}/{project}/pull/{each['number']}"}


def gh_pulls(self, parts, _):
    owner = parts["p"].split("/")[0]
    shown = [pull(parts["p"], each) for each in requests.get(parts["p"], []) if self.query.get("state", "open") in ("all", each["state"])
             and self.query.get("head", f"{owner}:{each['head']}") == f"{owner}:{each['head']}" and self.query.get("base", each["base"]) == each["base"]]
    return self.paged(shown)


def gh_new_pull(self, parts, value):
    for field in ("head", "base"):
        need(isinstance(value.get(field), str) and (parts["p"], value[field]) in refs, 422, unprocessable("PullRequest", field, "invalid"))
    need(value.get("title"), 422, unprocessable("PullRequest", "title"))
    all_of = requests.setdefault(parts["p"], [])
    twin = [each for each in all_of if each["state"] == "open" and each["head"] == value["head"] and each["base"] == value["base"]]
    need(not twin, 422, {"message": "Validation Failed", "errors": [{"message": f"A pull request already exists for {value['head']}."}]})
    need(objects[refs[parts["p"], value["head"]]][1]["tree"] != objects[refs[parts["p"], value["base"]]][1]["tree"], 422, {"message": "Validation Failed", "errors": [{"message": "No commits between"}]})
    # A pull request takes a number of the issues.
    issues = tickets.setdefault(parts["p"], [])
    issues.append({"number": len(issues) + 1, "title": value["title"], "body": value.get("body") or "", "state": "open", "labels": [], "updated": moment(), "pull": True})
    all_of.append({"number": issues[-1]["number"], "title": value["title"], "body": value.get("body") or "", "head": value["head"], "base": value["base"], "state": "open"})
    return 201, pull(parts["p"], all_of[-1])


def gh_change_pull(self, parts, value):
    each = of_number(requests, parts)
    each.update({key: value[key] for key in ("title", "body", "state") if key in value})
    return 200, pull(parts["p"], each)


def gh_dispatch(self, parts, value):
    kind, payload = value.get("event_type"), value.get("client_payload", {})
    need(isinstance(kind, str) and kind, 422, {"message": "Invalid request.\n\n\"event_type\" wasn't supplied."})
    need(len(kind) <= 100, 422, {"message": "event_type is too long"})
    need(isinstance(payload, dict) and len(payload) <= 10, 422, {"message": "No more than 10 properties are allowed in client_payload"})
    builds.setdefault(parts["p"], []).append({"type": kind, **payload})
    return 204, None


R = r"/repos/(?P<p>[^/]+/[^/]+)"
GITHUB = [
    ("GET", R, "repos/get", lambda self, parts, _: (200, {"full_name": parts["p"], "default_branch": "main"})),
    ("GET", R + "/issues", "issues/list-for-repo", gh_list),
    ("POST", R + "/issues", "issues/create", gh_create),
    ("POST", R + "/dispatches", "repos/create-dispatch-event", gh_dispatch),
    ("GET", R + r"/issues/(?P<n>\d+)", "issues/get", gh_read),
    ("PATCH", R + r"/issues/(?P<n>\d+)", "issues/update", gh_update),
    ("POST", R + r"/issues/(?P<n>\d+)/labels", "issues/add-labels", gh_label),
    ("GET", R + r"/issues/(?P<n>\d+)/comments", "issues/list-comments", list_notes),
    ("POST", R + r"/issues/(?P<n>\d+)/comments", "issues/create-comment", gh_comment),
    ("GET", R + r"/contents/(?P<f>.+)", "repos/get-content", gh_content),
    ("GET", R + r"/git/ref/heads/(?P<b>.+)", "git/get-ref", gh_ref),
    ("GET", R + r"/git/commits/(?P<s>[0-9a-f]+)", "git/get-commit", gh_commit),
    ("GET", R + r"/git/trees/(?P<s>[0-9a-f]+)", "git/get-tree", gh_tree),
    ("POST", R + "/git/blobs", "git/create-blob", gh_new_blob),
    ("POST", R + "/git/trees", "git/create-tree", gh_new_tree),
    ("POST", R + "/git/commits", "git/create-commit", gh_new_commit),
    ("POST", R + "/git/refs", "git/create-ref", gh_new_ref),
    ("PATCH", R + r"/git/refs/heads/(?P<b>.+)", "git/update-ref", gh_move_ref),
    ("GET", R + "/pulls", "pulls/list", gh_pulls),
    ("POST", R + "/pulls", "pulls/create", gh_new_pull),
    ("PATCH", R + r"/pulls/(?P<n>\d+)", "pulls/update", gh_change_pull),
]


# GitLab

def gl_issue(project, each):
    return {"id": 1000 + each["number"], "iid": each["number"], "title": each["title"], "description": each["body"], "state": "opened" if each["state"] == "open" else "closed", "labels": each["labels"],
            "web_url": f"http://127.0.0.1:{PORT}/{project}/-/issues/{each['number']}"}


def gl_list(self, parts, _):
    wanted = set(filter(None, self.query.get("labels", "").split(",")))
    state = {"opened": "open", "closed": "closed"}.get(self.query.get("state", "all"))
    return self.paged([gl_issue(parts["p"], each) for each in reversed(tickets.get(parts["p"], []))
                       if state in (None, each["state"]) and wanted <= set(each["labels"]) and each["updated"] >= self.query.get("updated_after", "")])


def gl_check(value):
    need(len(value.get("title") or "") <= 255, 400, {"message": {"title": ["is too long (maximum is 255 characters)"]}})
    need(len(value.get("description") or "") <= 1048576, 400, {"message": {"description": ["is too long"]}})


def gl_create(self, parts, value):
    need(isinstance(value.get("title"), str) and value["title"], 400, {"error": "title is missing, title is empty"})
    gl_check(value)
    all_of = tickets.setdefault(parts["p"], [])
    all_of.append({"number": len(all_of) + 1, "title": value["title"], "body": value.get("description") or "", "state": "open", "labels": [name for name in (value.get("labels") or "").split(",") if name], "updated": moment()})
    return 201, gl_issue(parts["p"], all_of[-1])


def gl_update(self, parts, value):
    each = of_number(tickets, parts)
    need(set(value) & {"title", "description", "labels", "add_labels", "remove_labels", "state_event"}, 400, {"error": "at least one parameter must be provided"})
    gl_check(value)
    need(value.get("state_event", "close") in ("close", "reopen"), 400, {"error": "state_event does not have a valid value"})
    if "title" in value:
        each["title"] = value["title"]
    if "description" in value:
        each["body"] = value["description"]
    each["labels"] += [name for name in value.get("add_labels", "").split(",") if name and name not in each["labels"]]
    if "state_event" in value:
        each["state"] = "closed" if value["state_event"] == "close" else "open"
    each["updated"] = moment()
    return 200, gl_issue(parts["p"], each)


def gl_note(self, parts, value):
    of_number(tickets, parts)
    need(isinstance(value.get("body"), str) and value["body"], 400, {"error": "body is missing, body is empty"})
    notes.setdefault(note_key(parts), []).append(value["body"])
    return 201, {"id": len(notes[note_key(parts)]), "body": value["body"]}


def gl_file(self, parts, _):
    need("ref" in self.query, 400, {"error": "ref is missing, ref is empty"})
    sha = refs.get((parts["p"], "main" if self.query["ref"] == "HEAD" else self.query["ref"]))
    found = entry_at(objects[sha][1]["tree"], parts["f"]) if sha else None
    need(found and found[1] == "blob", 404, {"message": "404 File Not Found"})
    return 200, {"file_path": parts["f"], "encoding": "base64", "content": base64.b64encode(objects[found[2]][1]).decode(), "blob_id": found[2], "last_commit_id": sha, "execute_filemode": found[0] == "100755"}


def gl_branch(self, parts, _):
    sha = refs.get((parts["p"], parts["b"]))
    need(sha, 404, {"message": "404 Branch Not Found"})
    return 200, {"name": parts["b"], "commit": {"id": sha, "message": objects[sha][1]["message"], "parent_ids": objects[sha][1]["parents"]}}


def gl_commit(self, parts, value):
    for field in ("branch", "commit_message", "actions"):
        need(value.get(field), 400, {"error": f"{field} is missing"})
    exists = (parts["p"], value["branch"]) in refs
    need(exists or value.get("start_branch"), 400, {"message": "You can only create or edit files when you are on a branch"})
    need(not exists or not value.get("start_branch") or value.get("force"), 400, {"message": f"A branch called '{value['branch']}' already exists. Switch to that branch in order to make changes"})
    base = refs[parts["p"], value.get("start_branch") or value["branch"]]
    files = {}
    for each in value["actions"]:
        need(each.get("action") == "update" and each.get("encoding", "text") in ("text", "base64"), 400, {"error": "actions[action] does not have a valid value"})
        need(entry_at(objects[base][1]["tree"], each["file_path"]), 400, {"message": "A file with this name doesn't exist"})
        need(each.get("last_commit_id") in (None, base), 400, {"message": "The file has changed since you started editing it"})
        files[each["file_path"]] = (None, base64.b64decode(each["content"], validate=True) if each.get("encoding") == "base64" else each["content"].encode())
    commit(parts["p"], value["branch"], base, files, value["commit_message"])
    return 201, {"id": refs[parts["p"], value["branch"]]}


def merge(project, each):
    return {"iid": each["number"], "title": each["title"], "description": each["body"], "state": "opened" if each["state"] == "open" else each["state"], "source_branch": each["head"], "target_branch": each["base"],
            "web_url": f"http://127.0.0.1:{PORT}/{project}/-/merge_requests/{each['number']}"}


def gl_merges(self, parts, _):
    need(self.query.get("state", "all") in ("opened", "closed", "merged", "locked", "all"), 400, {"error": "state does not have a valid value"})
    return self.paged([merge(parts["p"], each) for each in requests.get(parts["p"], []) if self.query.get("state", "all") in ("all", "opened") and each["state"] == "open"
                       and self.query.get("source_branch", each["head"]) == each["head"] and self.query.get("target_branch", each["base"]) == each["base"]])


def gl_new_merge(self, parts, value):
    for field in ("source_branch", "target_branch", "title"):
        need(isinstance(value.get(field), str) and value[field], 400, {"error": f"{field} is missing"})
    need((parts["p"], value["source_branch"]) in refs, 422, {"message": ["source branch does not exist"]})
    all_of = requests.setdefault(parts["p"], [])
    need(not [each for each in all_of if each["state"] == "open" and each["head"] == value["source_branch"]], 409, {"message": ["Another open merge request already exists for this source branch"]})
    all_of.append({"number": len(all_of) + 1, "title": value["title"], "body": value.get("description") or "", "head": value["source_branch"], "base": value["target_branch"], "state": "open", "labels": value.get("labels", "")})
    return 201, merge(parts["p"], all_of[-1])


def gl_change_merge(self, parts, value):
    each = of_number(requests, parts)
    each.update({ours: value[theirs] for theirs, ours in (("title", "title"), ("description", "body")) if theirs in value})
    return 200, merge(parts["p"], each)


def gl_pipeline(self, parts, value):
    need(isinstance(value.get("ref"), str) and value["ref"], 400, {"error": "ref is missing"})
    need((parts["p"], value["ref"]) in refs, 400, {"message": {"base": ["Reference not found"]}})
    variables = value.get("variables", [])
    need(isinstance(variables, list) and all(isinstance(each, dict) and re.fullmatch(r"[A-Za-z0-9_]{1,255}", each.get("key", "")) and isinstance(each.get("value"), str) for each in variables), 400, {"message": {"base": ["Variables key is invalid"]}})
    builds.setdefault(parts["p"], []).append({"ref": value["ref"], **{each["key"]: each["value"] for each in variables}})
    return 201, {"id": len(builds[parts["p"]]), "ref": value["ref"], "status": "pending"}


P = r"/projects/(?P<p>[^/]+)"
GITLAB = [
    ("GET", P, "getProject", lambda self, parts, _: (200, {"path_with_namespace": parts["p"], "default_branch": "main"})),
    ("GET", P + "/issues", "listIssues", gl_list),
    ("POST", P + "/issues", "createIssue", gl_create),
    ("POST", P + "/pipeline", "createPipeline", gl_pipeline),
    ("GET", P + r"/issues/(?P<n>\d+)", "getIssue", lambda self, parts, _: (200, gl_issue(parts["p"], of_number(tickets, parts)))),
    ("PUT", P + r"/issues/(?P<n>\d+)", "updateIssue", gl_update),
    ("GET", P + r"/issues/(?P<n>\d+)/notes", "listNotes", list_notes),
    ("POST", P + r"/issues/(?P<n>\d+)/notes", "createNote", gl_note),
    ("GET", P + r"/repository/files/(?P<f>[^/]+)", "getFile", gl_file),
    ("GET", P + r"/repository/branches/(?P<b>[^/]+)", "getBranch", gl_branch),
    ("POST", P + "/repository/commits", "createCommit", gl_commit),
    ("GET", P + "/merge_requests", "listMergeRequests", gl_merges),
    ("POST", P + "/merge_requests", "createMergeRequest", gl_new_merge),
    ("PUT", P + r"/merge_requests/(?P<n>\d+)", "updateMergeRequest", gl_change_merge),
]

http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
