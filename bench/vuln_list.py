"""The records of a JSON file in the form of Debian's tracker as trivy-db's builder reads them: python3 bench/vuln_list.py TRACKER FOLDER

FOLDER/vuln-list-debian/tracker is made: `distributions.json` and a file for each CVE, which names every source package and release that it is about. What the
tracker's JSON does not tell (the development release, DSA, DLA, versions in an archive) is left out, which spares the builder that work.
"""
import json
import os
import re
import sys

RELEASES = {"buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13", "forky": "14"}


def annotation(package, release, state):
    entry = {"Type": "package", "Release": release, "Package": package}
    fixed = state.get("fixed_version")
    if fixed == "0":
        return entry | {"Kind": "not-affected"}
    if fixed:
        return entry | {"Kind": "fixed", "Version": fixed}
    return entry | {"Kind": "no-dsa" if "nodsa" in state else "unfixed"}


def main(tracker, folder):
    with open(tracker, encoding="utf-8") as file:
        packages = json.load(file)
    root = os.path.join(folder, "vuln-list-debian", "tracker")
    for name in ("CVE", "DSA", "DLA", "source", "updates-source"):
        os.makedirs(os.path.join(root, name))
    with open(os.path.join(root, "distributions.json"), "w", encoding="utf-8") as file:
        json.dump({name: {"major-version": number} for name, number in RELEASES.items()}, file)
    bugs = {}
    for package, records in packages.items():
        for name, record in records.items():
            bug = bugs.setdefault(name, {"Header": {"ID": name, "Description": record.get("description", "")}, "Annotations": []})
            bug["Annotations"] += [annotation(package, release, state) for release, state in record["releases"].items() if release in RELEASES]
    for name, bug in bugs.items():
        assert re.fullmatch(r"[A-Z]+-[0-9A-Z-]+", name), name
        with open(os.path.join(root, "CVE", name + ".json"), "w", encoding="utf-8") as file:
            json.dump(bug, file)


main(*sys.argv[1:])
