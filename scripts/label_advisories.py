#!/usr/bin/env python3
"""Brings advisories that publishers keep in forms of their own into those that feeds read, and says what each record names.
  label_advisories.py OUT FORM=FOLDER ...
FORM is osv (JSON or YAML, any ecosystem), secdb (YAML or JSON), wolfi, debian-lists (DSA/list and DLA/list), statements
(project-kb), victims (victims-cve-db) or node (security-wg).
Writes OUT/<feed>/..., one folder a feed, OUT/feeds.txt (feed=source, one a line) and OUT/records.json: [space, package, [identifiers], [versions] or null];
versions where the record speaks of those alone."""
import glob
import json
import os
import re
import sys

import yaml

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
releases = {"wheezy": "7", "jessie": "8", "stretch": "9", "buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13"}


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file) if path.endswith(".json") else yaml.load(file, Loader)


def plain(value):
    """YAML's dates as the text that OSV has."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.strftime(f"{value.year:04}-%m-%dT00:00:00Z") if hasattr(value, "strftime") else value


def files(folder, *endings):
    found = (path for path in glob.glob(folder + "/**/*", recursive=True) if path.endswith(endings))
    return sorted(path for path in found if os.path.isfile(path))


def osv_record(number, package, ecosystem, aliases, ranges=(), versions=()):
    affected = {"package": {"ecosystem": ecosystem, "name": package}}
    if ranges:
        kind = "SEMVER" if ecosystem == "npm" else "ECOSYSTEM"
        affected["ranges"] = [{"type": kind, "events": events} for events in ranges]
    if versions:
        affected["versions"] = list(versions)
    return {"id": number, "modified": "2024-01-01T00:00:00Z", "aliases": sorted(aliases), "affected": [affected]}


class Out:
    def __init__(self, folder):
        self.folder, self.records, self.feeds, self.notes = folder, [], {}, []

    def write(self, feed, name, value):
        path = os.path.join(self.folder, feed, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.feeds.setdefault(feed, os.path.join(self.folder, feed))
        with open(path, "w", encoding="utf-8") as file:
            if isinstance(value, str):
                file.write(value)
            else:
                json.dump(value, file, ensure_ascii=False)

    def name(self, space, package, ids, versions=None):
        self.records.append([space, package, sorted(set(ids)), versions])

    def osv(self, feed, record):
        self.write(feed, record["id"] + ".json", record)
        for affected in record.get("affected", []):
            package = affected.get("package")
            if package and not record.get("withdrawn"):
                self.name(package["ecosystem"], package["name"], [record["id"], *record.get("aliases", [])])


def osv(folder, out):
    names = {"go": "go", "pypi": "pypi", "npm": "npm", "maven": "maven", "crates.io": "crates-io"}
    for path in files(folder, ".json", ".yaml", ".yml"):
        record = plain(load(path))
        if isinstance(record, dict) and "affected" in record and "id" in record:
            spaces = {each["package"]["ecosystem"].lower() for each in record["affected"] if "package" in each}
            feed = next((names[space] for space in sorted(spaces) if space in names), None)
            if feed:
                out.osv(feed, record)


def secdb(folder, out):
    for path in files(folder, ".json", ".yaml", ".yml"):
        document = load(path)
        if not isinstance(document, dict) or not document.get("packages"):
            continue
        out.write("alpine", f"{document['distroversion']}-{document['reponame']}.json", plain(document))
        for each in document["packages"]:
            for ids in (each["pkg"].get("secfixes") or {}).values():
                for words in ids or []:
                    names = [word for word in words.split("(")[0].split() if "-" in word]
                    if names:
                        out.name(f"Alpine:{document['distroversion']}", each["pkg"]["name"], names)


def wolfi(folder, out):
    for path in files(folder, ".advisories.yaml"):
        document = load(path)
        with open(path, encoding="utf-8") as file:
            out.write("wolfi", os.path.basename(path), file.read())
        for each in document.get("advisories") or []:
            out.name("Wolfi", document["package"]["name"], [each["id"], *each.get("aliases", [])])


def debian_lists(folder, out):
    """Of the DSA and DLA lists: a tracker's record for each release that an advisory names; of several for one vulnerability the newest counts."""
    sources, ids = {}, []
    for path in (path for path in files(folder, "list") if os.path.basename(os.path.dirname(path)) in ("DSA", "DLA")):
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        for line in lines:
            if line.startswith("["):
                ids = []
            elif found := re.match(r"\s+\{(.*)\}", line):
                ids = [each for each in found.group(1).split() if re.fullmatch(r"CVE-\d{4}-\d{4,}", each)]
            elif (found := re.match(r"\s+\[(\w+)\] - (\S+) (\d\S*)", line)) and found.group(1) in releases:
                for number in ids:
                    record = sources.setdefault(found.group(2), {}).setdefault(number, {"releases": {}})
                    record["releases"].setdefault(found.group(1), {"status": "resolved", "fixed_version": found.group(3), "urgency": "not yet assigned"})
    out.write("debian-tracker", "tracker.json", sources)
    for source, numbers in sources.items():
        for number, record in numbers.items():
            for release in record["releases"]:
                out.name(f"Debian:{releases[release]}", source, [number])


def statements(folder, out):
    """Of project-kb: whether this version of an artifact is affected, one by one."""
    python = {package for space, package, _, _ in out.records if space == "PyPI"}
    for path in files(folder, "statement.yaml"):
        document = load(path)
        packages = {}
        for each in document.get("artifacts") or []:
            found = re.fullmatch(r"pkg:maven/([^/@]+)/([^@]+)@(.+)", each["id"])
            # Python's packages are written as Maven's there, with their name as the group.
            if found and not (found.group(1) == found.group(2) in python):
                packages.setdefault(f"{found.group(1)}:{found.group(2)}", {})[found.group(3)] = bool(each.get("affected"))
        aliases = [each["id"] for each in document.get("aliases") or [] if isinstance(each, dict)] + [each for each in document.get("aliases") or [] if isinstance(each, str)]
        number = str(document["vulnerability_id"])
        records = [osv_record(f"KB-{number}", name, "Maven", [number, *aliases], versions=sorted(version for version, hit in versions.items() if hit)) for name, versions in sorted(packages.items()) if any(versions.values())]
        if not records:
            continue
        records[0]["affected"] = [each["affected"][0] for each in records]
        out.write("maven", records[0]["id"] + ".json", records[0])
        for name, versions in packages.items():
            out.name("Maven", name, [number, *aliases], sorted(versions))


def victims(folder, out):
    """Of victims-cve-db: `<=1.3.4,1` is affected from 1 to 1.3.4."""
    for path in files(folder + "/java" if os.path.isdir(folder + "/java") else folder, ".yaml", ".yml"):
        document = load(path)
        if not isinstance(document, dict) or "cve" not in document:
            continue
        number, affected = f"CVE-{document['cve']}", []
        for each in document.get("affected") or []:
            ranges, versions = [], []
            for text in each.get("version") or []:
                found = re.fullmatch(r"(<=|<|==)\s*([^,\s]+)(?:,\s*(\S+))?", text.strip())
                if not found:
                    out.notes.append(f"{path}: '{text}' is passed over")
                elif found.group(1) == "==":
                    versions.append(found.group(2))
                else:
                    ranges.append([{"introduced": found.group(3) or "0"}, {"last_affected" if found.group(1) == "<=" else "fixed": found.group(2)}])
            name = f"{each['groupId']}:{each['artifactId']}"
            if ranges or versions:
                affected.append(osv_record("", name, "Maven", [], ranges, versions)["affected"][0])
                out.name("Maven", name, [number])
        if affected:
            out.write("maven", f"VICTIMS-{number}.json", {**osv_record(f"VICTIMS-{number}", "", "Maven", [number]), "affected": affected})


def node_ranges(text):
    """`>=1.0.0 <1.2.3 || <0.5.0` as pairs of events; None for what OSV can't say."""
    out = []
    for part in text.split("||"):
        events = {"introduced": "0"}
        words = re.findall(r"(<=|>=|<|>|=|~|\^)?\s*v?(\d[\w.+-]*)", part)
        if part.strip() in ("*", ""):
            out.append([events])
            continue
        if not words or len(re.sub(r"(<=|>=|<|>|=|~|\^)?\s*v?\d[\w.+-]*", "", part).strip()) > 0:
            return None
        for sign, version in words:
            if len(re.findall(r"\d+", version.split("-")[0])) != 3 or sign in (">", "~", "^"):
                return None
            if sign == ">=":
                events["introduced"] = version
            elif sign == "<":
                events["fixed"] = version
            else:
                events["last_affected"] = version
                if sign in ("", "="):
                    events["introduced"] = version
        out.append([{key: events[key]} for key in ("introduced", "fixed", "last_affected") if key in events])
    return out


def node(folder, out):
    for path in files(folder, ".json"):
        document = load(path)
        if "module_name" not in document:
            continue
        ranges = node_ranges(document.get("vulnerable_versions") or "")
        if ranges is None:
            out.notes.append(f"{path}: '{document.get('vulnerable_versions')}' is passed over")
        else:
            out.osv("npm", osv_record(f"NODE-{document['id']}", document["module_name"], "npm", [each for each in document.get("cves") or [] if re.fullmatch(r"CVE-\d{4}-\d{4,}", each)], ranges))


def main():
    out = Out(sys.argv[1])
    forms = {"osv": osv, "secdb": secdb, "wolfi": wolfi, "statements": statements, "victims": victims, "node": node, "debian-lists": debian_lists}
    for argument in sys.argv[2:]:
        form, _, folder = argument.partition("=")
        if form not in forms:
            sys.exit(f"cannot read advisories '{argument}': the form is none of {', '.join(forms)}")
        forms[form](folder, out)
    with open(os.path.join(out.folder, "records.json"), "w", encoding="utf-8") as file:
        json.dump(out.records, file)
    with open(os.path.join(out.folder, "feeds.txt"), "w", encoding="utf-8") as file:
        file.writelines(f"{feed}={out.folder}/{feed}{'/tracker.json' if feed.startswith('debian') else ''}\n" for feed in sorted(out.feeds))
    for note in out.notes:
        print(note, file=sys.stderr)


if __name__ == "__main__":
    main()
