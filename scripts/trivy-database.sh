#!/usr/bin/env bash
# A vulnerability database of trivy (schema 2) made from the very records that `ashlar feed update` compiles, as scripts/peer-databases.sh makes grype's.
# Outside CI: it needs Go and the module go.etcd.io/bbolt, from Go's cache where it is there.
#   scripts/trivy-database.sh TRACKER FOLDER
# TRACKER is a JSON file in the form of Debian's tracker. FOLDER/trivy becomes what TRIVY_CACHE_DIR names; its database of jars knows none, for no record
# speaks of one. Records are mapped as trivy-db's own builder maps Debian's: a release with fixed_version "0" is left out; `nodsa` is "will not fix".
set -euo pipefail
source "$(dirname "$0")/machine.sh"
(($# == 2)) || { sed -n '4p' "$0" | sed 's/^# \{0,1\}//' >&2; exit 2; }
command -v go >/dev/null || die "this machine has no go"
mkdir -p "$2"
folder=$(cd "$2" && pwd -P)
rm -rf "$folder/trivy" "$folder/made"
mkdir -p "$folder/trivy/db" "$folder/trivy/java-db" "$folder/made"
cat > "$folder/made/go.mod" <<'MOD'
module made
go 1.24
require go.etcd.io/bbolt v1.5.0
MOD
cat > "$folder/made/main.go" <<'GO'
package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"go.etcd.io/bbolt"
)

type state struct {
	Fixed   *string `json:"fixed_version"`
	Urgency string  `json:"urgency"`
	NoDSA   *string `json:"nodsa"`
}

type record struct {
	Description string           `json:"description"`
	Releases    map[string]state `json:"releases"`
}

type advisory struct {
	Severity     int    `json:",omitempty"`
	FixedVersion string `json:",omitempty"`
	Status       int    `json:",omitempty"`
}

var releases = map[string]string{"buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13", "forky": "14"}
var severities = map[string]int{"unimportant": 1, "low": 1, "medium": 2, "high": 3}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "trivy-database: "+err.Error())
		os.Exit(1)
	}
}

func sorted[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }

func put(tx *bbolt.Tx, value any, key string, names ...string) {
	bucket, err := tx.CreateBucketIfNotExists([]byte(names[0]))
	must(err)
	for _, name := range names[1:] {
		bucket, err = bucket.CreateBucketIfNotExists([]byte(name))
		must(err)
	}
	text, err := json.Marshal(value)
	must(err)
	must(bucket.Put([]byte(key), text))
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	must(err)
	var sources map[string]map[string]record
	must(json.Unmarshal(text, &sources))
	db, err := bbolt.Open(os.Args[2], 0o644, &bbolt.Options{NoSync: true, NoFreelistSync: true})
	must(err)
	count := 0
	// In the order of keys: a page is split when all is written, and putting something into the middle of a large one takes long.
	titles := map[string]string{}
	for _, records := range sources {
		for name, record := range records {
			titles[name] = record.Description
		}
	}
	must(db.Update(func(tx *bbolt.Tx) error {
		for _, name := range sorted(titles) {
			put(tx, map[string]string{"Title": titles[name]}, name, "vulnerability")
		}
		for _, source := range sorted(sources) {
			records := sources[source]
			for _, name := range sorted(records) {
				for release, state := range records[name].Releases {
					number := releases[release]
					if number == "" || (state.Fixed != nil && *state.Fixed == "0") {
						continue
					}
					entry := advisory{Severity: severities[strings.TrimRight(state.Urgency, "*")]}
					if state.Fixed != nil {
						entry.FixedVersion = *state.Fixed
					} else if state.NoDSA != nil {
						entry.Status = 5
					} else {
						entry.Status = 2
					}
					put(tx, entry, name, "debian "+number, source)
					count++
				}
			}
		}
		for _, number := range releases {
			put(tx, map[string]string{"ID": "debian", "Name": "Debian Security Tracker"}, "debian "+number, "data-source")
		}
		return nil
	}))
	must(db.Close())
	fmt.Fprintf(os.Stderr, "%d affected packages\n", count)
}
GO
(cd "$folder/made" && GOFLAGS=-mod=mod go build -o build . ) >&2
"$folder/made/build" "$1" "$folder/trivy/db/trivy.db"
rm -rf "$folder/made"
python3 - "$folder/trivy" <<'PYTHON'
import datetime, json, sqlite3, sys

now = datetime.datetime.now(datetime.timezone.utc)
stamp = lambda days: (now + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
for name, version in (("db", 2), ("java-db", 1)):
    with open(f"{sys.argv[1]}/{name}/metadata.json", "w", encoding="utf-8") as file:
        json.dump({"Version": version, "NextUpdate": stamp(3650), "UpdatedAt": stamp(0), "DownloadedAt": stamp(0)}, file)
jars = sqlite3.connect(f"{sys.argv[1]}/java-db/trivy-java.db")
jars.executescript("""
CREATE TABLE artifacts(id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT);
CREATE TABLE indices(artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT, foreign key (artifact_id) references artifacts(id));
CREATE UNIQUE INDEX artifacts_idx ON artifacts(artifact_id, group_id);
CREATE INDEX indices_artifact_idx ON indices(artifact_id);
CREATE UNIQUE INDEX indices_sha1_idx ON indices(sha1);
""")
PYTHON
