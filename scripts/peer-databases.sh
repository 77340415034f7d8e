#!/usr/bin/env bash
# A vulnerability database of grype (schema 6) made from the very records that `ashlar feed update` compiles, so that two scanners can be compared on the
# same knowledge. Outside CI: it needs grype.
#   scripts/peer-databases.sh [--go-osv FOLDER] TRACKER FOLDER
# TRACKER is a JSON file in the form of Debian's tracker; --go-osv takes a folder of GO-*.json, too. FOLDER/grype becomes what GRYPE_DB_CACHE_DIR names.
# GRYPE names grype (default: that of PATH). Records are mapped as grype's own builder maps Debian's: a release with fixed_version "0" is left out, one
# with another is affected below it, one without is affected and not fixed; `nodsa` says "won't fix"; urgency gives the severity.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
grype=${GRYPE:-grype} go=
while [[ ${1-} == --* ]]; do case $1 in
  --go-osv) go=$2; shift 2 ;;
  *) sed -n '4,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac; done
(($# == 2)) || { sed -n '4,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
command -v "$grype" >/dev/null || die "this machine has no grype; name it with GRYPE"
mkdir -p "$2"
folder=$(cd "$2" && pwd -P)
rm -rf "$folder/made" "$folder/grype"
mkdir "$folder/made"
python3 - "$1" "$folder/made/vulnerability.db" "$go" <<'PYTHON'
import datetime, glob, json, os, re, sqlite3, sys

tracker, path, go = sys.argv[1:]
# Only what is filled; grype adds the other tables and all indexes when it imports.
TABLES = """
CREATE TABLE blobs (id integer PRIMARY KEY AUTOINCREMENT, value text NOT NULL);
CREATE TABLE db_metadata (build_timestamp datetime NOT NULL, model integer NOT NULL, revision integer NOT NULL, addition integer NOT NULL);
CREATE TABLE providers (id text, version text, processor text, date_captured datetime, input_digest text, PRIMARY KEY (id));
CREATE TABLE vulnerability_handles (id integer PRIMARY KEY AUTOINCREMENT, name text NOT NULL, status text NOT NULL, published_date datetime, modified_date datetime,
  withdrawn_date datetime, provider_id text NOT NULL, blob_id integer UNIQUE);
CREATE TABLE vulnerability_aliases (name text, alias text NOT NULL, PRIMARY KEY (name, alias));
CREATE TABLE operating_systems (id integer PRIMARY KEY AUTOINCREMENT, name text, release_id text, major_version text, minor_version text, label_version text,
  codename text, channel text, eol_date datetime, eoas_date datetime);
CREATE TABLE packages (id integer PRIMARY KEY AUTOINCREMENT, ecosystem text, name text);
CREATE TABLE affected_package_handles (id integer PRIMARY KEY AUTOINCREMENT, vulnerability_id integer NOT NULL, operating_system_id integer, package_id integer, blob_id integer);
"""
RELEASES = {"wheezy": "7", "jessie": "8", "stretch": "9", "buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13", "forky": "14"}
SEVERITIES = {"unimportant": "negligible", "low": "low", "medium": "medium", "high": "high"}


class Database:
    def __init__(self):
        self.sql = sqlite3.connect(path)
        self.sql.executescript(TABLES)
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S+00:00")
        self.now, self.packages, self.systems, self.vulnerabilities = now, {}, {}, {}
        self.add("db_metadata", now, 6, 1, 10)

    def add(self, table, *values):
        return self.sql.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(values))})", values).lastrowid

    def blob(self, value):
        return self.add("blobs", None, json.dumps(value, separators=(",", ":")))

    def provider(self, name):
        self.add("providers", name, "1", "peer-databases.sh", self.now, "")

    def system(self, release):
        if release not in self.systems:
            self.systems[release] = self.add("operating_systems", None, "debian", "debian", RELEASES[release], "", "", release, "", None, None)
        return self.systems[release]

    def package(self, ecosystem, name):
        key = (ecosystem, name.lower())  # grype's names are unique whatever their case
        if key not in self.packages:
            self.packages[key] = self.add("packages", None, ecosystem, name)
        return self.packages[key]

    def vulnerability(self, provider, name, value):
        """One for each name and severity, as grype's builder has one for each release."""
        text = json.dumps(value)
        key = (provider, name, text)
        if key not in self.vulnerabilities:
            self.vulnerabilities[key] = self.add("vulnerability_handles", None, name, "active", None, None, None, provider, self.blob(value))
        return self.vulnerabilities[key]

    def affects(self, vulnerability, system, package, value):
        self.add("affected_package_handles", None, vulnerability, system, package, self.blob(value))


def add_tracker(database):
    database.provider("debian")
    with open(tracker, encoding="utf-8") as file:
        sources = json.load(file)
    for source, records in sources.items():
        for name, record in records.items():
            for release, state in record["releases"].items():
                fixed = state.get("fixed_version")
                if release not in RELEASES or fixed == "0":
                    continue
                severity = SEVERITIES.get(state.get("urgency", "").rstrip("*"), "unknown")
                value = {"id": name, "description": record.get("description", ""), "severities": [{"scheme": "CHMLN", "value": severity, "rank": 1}]}
                fix = {"version": fixed, "state": "fixed"} if fixed else {"state": "wont-fix" if "nodsa" in state else "not-fixed"}
                database.affects(database.vulnerability("debian", name, value), database.system(release), database.package("deb", source),
                                 {"cves": [name], "ranges": [{"version": {"type": "dpkg", "constraint": f"< {fixed}" if fixed else ""}, "fix": fix}]})


def ranges_of(affected):
    for each in affected.get("ranges", []):
        begin = None
        for event in each.get("events", []):
            if "introduced" in event:
                begin = event["introduced"]
            elif "fixed" in event:
                low = "" if begin in (None, "0") else f">={begin},"
                yield {"version": {"type": "go", "constraint": f"{low}<{event['fixed']}"}, "fix": {"version": event["fixed"], "state": "fixed"}}
                begin = None
        if begin is not None:
            yield {"version": {"type": "go", "constraint": "" if begin == "0" else f">={begin}"}, "fix": {"state": "not-fixed"}}


def add_go(database):
    database.provider("govulndb")
    for name in sorted(glob.glob(os.path.join(go, "**", "GO-*.json"), recursive=True)):
        with open(name, encoding="utf-8") as file:
            record = json.load(file)
        if record.get("withdrawn"):
            continue
        cves = [alias for alias in record.get("aliases", []) if re.match("CVE-", alias)]
        vulnerability = database.vulnerability("govulndb", record["id"], {"id": record["id"], "aliases": record.get("aliases", []), "description": record.get("summary", "")})
        for affected in record.get("affected", []):
            ranges = list(ranges_of(affected))
            if ranges:
                database.affects(vulnerability, None, database.package("go-module", affected["package"]["name"]), {"cves": cves, "ranges": ranges})


database = Database()
add_tracker(database)
if go:
    add_go(database)
database.sql.commit()
count = lambda table: database.sql.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
print(f"{count('vulnerability_handles')} vulnerabilities, {count('affected_package_handles')} affected packages", file=sys.stderr)
PYTHON
tar -C "$folder/made" -czf "$folder/made.tar.gz" vulnerability.db
rm -rf "$folder/made"
GRYPE_CHECK_FOR_APP_UPDATE=false GRYPE_DB_CACHE_DIR=$folder/grype "$grype" db import "$folder/made.tar.gz" >&2
rm "$folder/made.tar.gz"
