#!/usr/bin/env python3
"""A small part of the labels that were judged, with the records that they need, for the tests: scripts/judge-labels.sh --freeze.
  freeze_labels.py OUT FORMS NOTES TARGET"""
import collections
import glob
import json
import os
import re
import sys

from judge_labels import answers, canonical, figures, judge, note_of, read_notes, spaces

each_at_most = 2  # cases of one kind, ecosystem and answer


def kind_of(case):
    """What makes a match easy to get wrong."""
    version, package, purl = case["version"], case["package"], case["purl"]
    if purl.startswith("pkg:golang/"):
        if package == "stdlib":
            return "standard library"
        if "+incompatible" in version:
            return "+incompatible"
        if re.search(r"\d{14}-[0-9a-f]{12}$", version):
            return "pseudo-version"
        if package in ("github.com/grafana/grafana", "github.com/hashicorp/vault"):
            return "main module"
        return "module"
    if purl.startswith("pkg:deb/"):
        if re.match(r"\d+:", version):
            return "epoch"
        if re.search(r"deb\d+u", version):
            return "backport"
    if "upstream=" in purl:
        return "source and binary"
    if "shaded" in package + version:
        return "shaded"
    if re.search(r"(?i)[.-](rc|beta|alpha|m)\d*$|-rc|\dr\d", version):
        return "pre-release"
    if "FP" in case["labels"] and not case["records"]:
        return "collision of names"
    return "version"


class Records:
    """The published advisories, cut down to what a case needs."""

    def __init__(self, forms):
        self.forms, self.feeds, self.by_name = forms, {"debian-tracker": {}, "alpine": {}, "wolfi": {}, "go": {}, "pypi": {}, "npm": {}, "maven": {}}, collections.defaultdict(list)
        for feed in ("go", "pypi", "npm", "maven"):
            for path in sorted(glob.glob(f"{forms}/{feed}/*.json")):
                with open(path, encoding="utf-8") as file:
                    record = json.load(file)
                for affected in record.get("affected", []) if not record["id"].startswith("VICTIMS-") else []:
                    if "package" in affected:
                        self.by_name[affected["package"]["ecosystem"], canonical({"PyPI": "pypi", "Go": "golang"}.get(affected["package"]["ecosystem"], ""), affected["package"]["name"])].append((feed, record))
        with open(f"{forms}/debian-tracker/tracker.json", encoding="utf-8") as file:
            self.tracker = json.load(file)

    def take(self, case, package):
        """Adds what speaks of a case; whether anything does."""
        space, ids = case["space"], set(case["ids"])
        if space.startswith("Debian:"):
            name = {"7": "wheezy", "8": "jessie", "9": "stretch", "10": "buster", "11": "bullseye"}[space[7:]]
            for number in sorted(ids & set(self.tracker.get(package, {}))):
                if name in self.tracker[package][number]["releases"]:
                    self.feeds["debian-tracker"].setdefault(package, {}).setdefault(number, {"releases": {}})["releases"][name] = self.tracker[package][number]["releases"][name]
            return bool(ids & set(self.feeds["debian-tracker"].get(package, {})))
        if space.startswith("Alpine:"):
            return self.secdb(space[7:], package, ids)
        if space == "Wolfi":
            return self.wolfi(package, ids)
        kind = next(kind for kind, its in spaces.items() if its == space)
        found = [(feed, record) for feed, record in self.by_name[space, canonical(kind, package)] if ids & {record["id"], *record.get("aliases", [])}]
        for feed, record in found:
            affected = []
            for each in record["affected"]:
                if "package" in each and canonical(kind, each["package"]["name"]) == canonical(kind, package):
                    kept = {key: each[key] for key in ("package", "ranges", "versions") if each.get(key)}
                    kept["package"] = {key: kept["package"][key] for key in ("ecosystem", "name")}
                    kept["ranges"] = [each for each in kept.get("ranges", []) if each["type"] != "GIT"]
                    if kept["ranges"]:
                        kept.pop("versions", None)
                    affected.append({key: value for key, value in kept.items() if value})
            self.feeds[feed][record["id"]] = {"id": record["id"], "modified": "2024-01-01T00:00:00Z", "aliases": record.get("aliases", []), "affected": affected}
        return bool(found)

    def secdb(self, release, package, ids):
        for path in sorted(glob.glob(f"{self.forms}/alpine/{release}-*.json")):
            with open(path, encoding="utf-8") as file:
                document = json.load(file)
            for each in document["packages"]:
                fixes = {version: hit for version, names in (each["pkg"].get("secfixes") or {}).items() if (hit := [name for name in names or [] if ids & set(name.split())])}
                if each["pkg"]["name"] == package and fixes:
                    its = self.feeds["alpine"].setdefault(release, {}).setdefault(package, {})
                    for version, hit in fixes.items():
                        its[version] = sorted(set(its.get(version, [])) | set(hit))
                    return True
        return False

    def wolfi(self, package, ids):
        import yaml
        path = f"{self.forms}/wolfi/{package}.advisories.yaml"
        if not os.path.exists(path):
            return False
        with open(path, encoding="utf-8") as file:
            document = yaml.safe_load(file)
        hit = [{"id": each["id"], "aliases": each.get("aliases", []), "events": [{"timestamp": event["timestamp"].strftime("%Y-%m-%dT%H:%M:%SZ"), "type": event["type"], **({"data": {key: value for key, value in event["data"].items() if key != "note"}} if event.get("data") else {})} for event in each["events"]]} for each in document["advisories"] if ids & {each["id"], *each.get("aliases", [])}]
        its = self.feeds["wolfi"].setdefault(package, [])
        its += [each for each in hit if each["id"] not in {other["id"] for other in its}]
        return bool(hit)


def package_of(case):
    kind, _, rest = case["purl"].removeprefix("pkg:").partition("/")
    if found := re.search(r"upstream=([^&]+)", case["purl"]):
        return found.group(1)
    from judge_labels import key_of
    name = key_of(case["purl"])[1]
    return name.split("/", 1)[1] if kind in ("deb", "apk") else name.replace("/", ":", 1) if kind == "maven" else name


def main():
    out, forms, notes, target = sys.argv[1:]
    notes, records = read_notes(notes), Records(forms)
    with open(os.path.join(out, "cases.json"), encoding="utf-8") as file:
        cases = json.load(file)["cases"]
    found = {os.path.basename(path).split(".")[0]: answers(path) for path in glob.glob(out + "/*.answer.json")}
    taken, rows, every, right = collections.Counter(), [], collections.Counter(), collections.Counter()
    for case in sorted(cases, key=lambda case: (case["labels"], -case["records"], case["image"], case["package"], case["ids"])):
        verdict, _ = judge(case, found.get(case["image"], ({}, {})))
        if verdict == "apart":
            continue
        reason = note_of(notes, case)
        kind = kind_of(case) if not (verdict in ("fp", "fn") and reason) else "wrong"
        key = (kind, reason[1] if kind == "wrong" else case["space"].split(":")[0], verdict)
        if taken[key] >= (1 if kind == "wrong" else each_at_most):
            continue
        if not records.take(case, package_of(case)) and verdict != "tn":
            continue  # only records that are not in the frozen set speak of it
        taken[key] += 1
        row = {"image": case["image"], "purl": case["purl"], "ids": case["ids"], "label": next(label for label in case["labels"] if label != "??"), "kind": kind_of(case)}
        every[verdict] += 1
        if kind == "wrong":
            row["reason"] = reason[1]
        else:
            right[verdict] += 1
        rows.append(row)
    document = {"about": "Labels of anchore/vulnerability-match-labels (CC0-1.0) and the facts of the records that speak of them: Go vulnerability database and PyPA (CC-BY-4.0), security-wg (MIT), project-kb, Wolfi (Apache-2.0), Alpine's secdb, Debian's lists of advisories; made by scripts/judge-labels.sh --freeze",
                "floor": {name: dict(zip(("precision", "recall"), figures(count))) for name, count in (("every", every), ("without a reason", right))}}
    with open(target, "w", encoding="utf-8") as file:
        file.write(json.dumps(document, ensure_ascii=False)[:-1] + ', "cases": [\n' + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + '\n], "feeds": {\n')
        file.write(",\n".join(f'"{feed}": ' + json.dumps(its, ensure_ascii=False, sort_keys=True) for feed, its in sorted(records.feeds.items())) + "\n}}\n")
    print(f"{len(rows)} cases frozen: {dict(every)}", file=sys.stderr)


if __name__ == "__main__":
    main()
