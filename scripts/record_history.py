#!/usr/bin/env python3
"""Makes a history for `ashlar replay` (docs/formats/history.md) of locks, of the changelogs in the packages that they name, and of a tracker's advisories.

    record_history.py --since DATE --packages FOLDER --tracker FILE [--kev FILE] [--platform PLATFORM] LOCK... >history.jsonl

FOLDER is the cache of packages, by SHA-256 (~/.cache/ashlar/packages/sha256). FILE is JSON in the form of Debian's tracker, or of CISA's catalogue, perhaps packed by zstd.
A version is dated by its entry's trailer in the changelog, which is when it was prepared: an archive offered it hours or, before a point release, weeks later. Entries that
a changelog has of other releases are left out. An advisory is dated by the entry of the version that fixes it; what has none, by DATE.
"""
import argparse
import datetime
import email.utils
import gzip
import io
import json
import os
import re
import subprocess
import sys
import tarfile

RELEASED = {"bookworm": "2023-06-10", "trixie": "2025-08-09"}
NAMES = {"debian-12": "bookworm", "debian-13": "trixie"}
HEAD = re.compile(r"^([a-z0-9][a-z0-9+.-]+) \(([^)]+)\)((?: [\w+.-]+)+); ")
TRAILER = re.compile(r"^ -- .*?>  ?(.+)$")
UTC = datetime.timezone.utc


def read(path):
    data = subprocess.run(["zstd", "-dc", path], check=True, stdout=subprocess.PIPE).stdout if path.endswith(".zst") else open(path, "rb").read()
    return json.loads(data)


def text_of(time):
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def changelog_of(deb):
    """The text of a package's Debian changelog, or None: it lies in another package of its source."""
    data = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], check=True, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        found = {}
        for member in tar:
            name = os.path.basename(member.name)
            if "/usr/share/doc/" in member.name and member.isfile() and name in ("changelog.Debian.gz", "changelog.gz"):
                found[name] = gzip.decompress(tar.extractfile(member).read()).decode("utf-8", "replace")
        return found.get("changelog.Debian.gz", found.get("changelog.gz"))


def entries_of(text):
    """(source, version, distributions, time), the newest first."""
    head = None
    for line in text.splitlines():
        if match := HEAD.match(line):
            head = match.groups()
        elif head and (match := TRAILER.match(line)):
            try:
                time = email.utils.parsedate_to_datetime(match[1].strip())
            except (TypeError, ValueError):
                continue
            yield head[0], head[1], head[2].split(), time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
            head = None


def is_of(distribution, release):
    return distribution.split("-")[0] in (release, "stable", "oldstable")


class Changelogs:
    """Dated versions of each source of a release, the newest first."""

    def __init__(self, packages):
        self.packages, self.known = packages, {}

    def take(self, release, package):
        source = package["source"]
        if self.known.get((release, source)):
            return
        path = os.path.join(self.packages, package["sha256"][:2], package["sha256"][2:])
        text = changelog_of(path) if os.path.exists(path) else None
        entries = [entry for entry in entries_of(text or "") if entry[0] == source]
        self.known[release, source] = entries if any(entry[1] == package["source_version"] for entry in entries) else []

    def offered(self, release, source):
        """Versions that the release had: its own, and those of before it."""
        released = datetime.datetime.fromisoformat(RELEASED[release]).replace(tzinfo=UTC)
        return [(version, "security" in " ".join(targets), time) for _, version, targets, time in self.known.get((release, source), []) if any(is_of(each, release) for each in targets) or time < released]

    def date_of(self, release, source, version):
        return next((time for _, each, _, time in self.known.get((release, source), []) if each == version), None)


def images_of(paths, platform, changelogs):
    """Name, release and source versions of each lock."""
    for path in paths:
        lock = read(path)
        release = NAMES[lock["distribution"]] if "distribution" in lock else next(each["suite"] for each in lock["archives"]).split("-")[0]
        packages = lock["platforms"][platform]["packages"]
        for package in packages:
            changelogs.take(release, package)
        name = "/".join(path.split("/")[-2:]).removesuffix(".lock.json")
        yield name, release, {package["source"]: package["source_version"] for package in packages}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--since", required=True)
    parser.add_argument("--packages", required=True)
    parser.add_argument("--tracker", required=True)
    parser.add_argument("--kev")
    parser.add_argument("--platform", default="linux/amd64")
    parser.add_argument("locks", nargs="+")
    wish = parser.parse_args()
    since = datetime.datetime.fromisoformat(wish.since).replace(tzinfo=UTC)
    changelogs, facts, used = Changelogs(wish.packages), [], {}

    def add(time, **members):
        facts.append({"at": text_of(time), **members})

    for name, release, sources in images_of(wish.locks, wish.platform, changelogs):
        first = {}
        for source, locked in sources.items():
            before = [version for version, _, time in changelogs.offered(release, source) if time <= since]
            first[source] = before[0] if before else locked
        add(since, kind="image", name=name, release=release, sources=first)
        used.update(dict.fromkeys((release, source) for source in sources))
    for release, source in used:
        for version, security, time in changelogs.offered(release, source):
            if time > since:
                add(time, kind="version", release=release, archive=release + ("-security" if security else ""), source=source, version=version, **({"security": True} if security else {}))
    ids = set()
    tracker = read(wish.tracker)
    for release, source in used:
        for identifier, record in tracker.get(source, {}).items():
            told = record["releases"].get(release)
            if told is None or told["status"] == "undetermined":
                continue
            fixed = told.get("fixed_version")
            time = changelogs.date_of(release, source, fixed) if fixed else None
            urgency = told.get("urgency", "")
            severity = "negligible" if urgency.startswith("unimportant") else urgency.rstrip("*") if urgency.rstrip("*") in ("low", "medium", "high") else "unrated"
            add(time or since, kind="advisory", id=identifier, release=release, source=source, fixed_in=fixed, severity=severity)
            ids.add(identifier)
    for each in read(wish.kev)["vulnerabilities"] if wish.kev else []:
        if each["cveID"] in ids:
            add(datetime.datetime.fromisoformat(each["dateAdded"]).replace(tzinfo=UTC), kind="kev", id=each["cveID"], due=each["dueDate"])
    for fact in sorted(facts, key=lambda fact: (fact["at"], json.dumps(fact))):
        print(json.dumps(fact, separators=(",", ":")))
    dated = sum(1 for key in used if changelogs.known.get(key))
    print(f"{len(used)} source packages, {dated} of them with a changelog; {len(facts)} facts", file=sys.stderr)


if __name__ == "__main__":
    main()
