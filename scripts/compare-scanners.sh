#!/usr/bin/env bash
# Scans the same root file systems with grype and with ashlar, on databases made from the same records (scripts/peer-databases.sh), and lists each pair
# of a package and a vulnerability that only one of them names, with its reason. Exits with 1 when one has none. Outside CI: needs grype and umoci.
#   scripts/compare-scanners.sh [--freeze FILE] TRACKER
# TRACKER is a JSON file in the form of Debian's tracker. --freeze writes a small part of all, with grype's answers, for the tests.
# ASHLAR names the program (default: the release build), GRYPE grype (default: that of PATH).
# Root file systems: the python image of the catalogue as it is; and, for it holds hardly anything that is not fixed, the same with other versions: of the
# versions in which the records of a package's source were fixed in trixie (or bookworm, with that release's os-release), the middle one.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
ashlar=${ASHLAR:-$(build_root)/release/ashlar} grype=${GRYPE:-grype} freeze=
if [[ ${1-} == --freeze ]]; then freeze=$(realpath "$2"); shift 2; fi
(($# == 1)) || { sed -n '4,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
tracker=$(realpath "$1")
[[ -x $ashlar ]] || die "there is no '$ashlar'; build it, or name another with ASHLAR"
for tool in "$grype" umoci jq dpkg; do command -v "$tool" >/dev/null || die "this machine has no $tool"; done
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
export ASHLAR_DATA_DIR=$top

mkdir -p "$folder/project/catalog"
cp -r "$top/catalog/python" "$folder/project/catalog/"
(cd "$folder/project" && "$ashlar" build catalog/python/3.13.yaml --platform linux/amd64 -o "oci:$folder/image:1" --quiet >&2)
umoci --log=error unpack --rootless --image "$folder/image:1" "$folder/bundle"
for name in trixie bookworm; do cp -a "$folder/bundle/rootfs" "$folder/$name"; done
mv "$folder/bundle/rootfs" "$folder/python"
python3 - "$tracker" "$folder" <<'PYTHON'
import functools, glob, json, os, re, subprocess, sys

def compare(a, b):
    if a == b:
        return 0
    return -1 if subprocess.run(["dpkg", "--compare-versions", a, "lt", b]).returncode == 0 else 1

tracker, folder = sys.argv[1:]
with open(tracker, encoding="utf-8") as file:
    sources = json.load(file)
for release, number in (("trixie", "13"), ("bookworm", "12")):
    for path in glob.glob(f"{folder}/{release}/var/lib/dpkg/status.d/*"):
        if path.endswith(".md5sums"):
            continue
        with open(path, encoding="utf-8") as file:
            text = file.read()
        source = (re.search(r"^Source: (\S+)", text, re.M) or re.search(r"^Package: (\S+)", text, re.M)).group(1)
        fixed = {record["releases"][release]["fixed_version"] for record in sources.get(source, {}).values() if record["releases"].get(release, {}).get("fixed_version", "0") != "0"}
        if fixed:
            middle = sorted(fixed, key=functools.cmp_to_key(compare))[len(fixed) // 2]
            text = re.sub(r"^Version: .*$", f"Version: {middle}", text, flags=re.M)
            text = re.sub(r"^(Source: \S+) \(.*\)$", r"\1", text, flags=re.M)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
    path = f"{folder}/{release}/etc/os-release"
    if os.path.islink(path):
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("13", number).replace("trixie", release))
    with open(f"{folder}/{release}/etc/debian_version", "w", encoding="utf-8") as file:
        file.write(f"{number}.0\n")
PYTHON

"$top/scripts/peer-databases.sh" "$tracker" "$folder/databases"
export GRYPE_CHECK_FOR_APP_UPDATE=false GRYPE_DB_AUTO_UPDATE=false GRYPE_DB_VALIDATE_AGE=false GRYPE_DB_CACHE_DIR=$folder/databases/grype
# The records are other knowledge than the user's own: a state of their own.
XDG_DATA_HOME=$folder/state "$ashlar" feed update "debian-tracker=$tracker" --quiet >&2
failed=0
for name in python trixie bookworm; do
  code=0
  XDG_DATA_HOME=$folder/state "$ashlar" scan "dir:$folder/$name" --quiet --format json --output "$folder/$name.ours.json" >&2 || code=$?
  ((code <= 3)) || die "the scan of $name failed"
  "$grype" -q "dir:$folder/$name" -o json > "$folder/$name.theirs.json"
  jq -r '.findings[] | select(.status == "affected") | [.package.name, .package.version, .id] | @tsv' "$folder/$name.ours.json" | LC_ALL=C sort -u > "$folder/$name.ours"
  jq -r '.matches[] | [.artifact.name, .artifact.version, .vulnerability.id] | @tsv' "$folder/$name.theirs.json" | LC_ALL=C sort -u > "$folder/$name.theirs"
  printf '%-10s ours %5d  grype %5d  both %5d\n' "$name" "$(wc -l < "$folder/$name.ours")" "$(wc -l < "$folder/$name.theirs")" "$(LC_ALL=C comm -12 "$folder/$name.ours" "$folder/$name.theirs" | wc -l)"
  LC_ALL=C comm -3 "$folder/$name.ours" "$folder/$name.theirs" | sed 's/^\t/grype alone: /; t; s/^/ours alone: /' > "$folder/$name.differences"
  # A reason is a row of the table in docs/scanners.md: | who | package | vulnerability | why |
  while IFS=$'\t' read -r package version vulnerability; do
    who=${package%%:*} package=${package#*: }
    reason=$(awk -F' *[|] *' -v who="$who" -v package="$package" -v id="$vulnerability" '$2 == who && $3 == package && $4 == id {print $5}' "$top/docs/scanners.md" 2>/dev/null || true)
    [[ -n $reason ]] || failed=1
    printf '  %s: %s %s %s: %s\n' "$who" "$package" "$version" "$vulnerability" "${reason:-has no reason in docs/scanners.md}"
  done < "$folder/$name.differences"
done
if [[ -n $freeze ]]; then
  python3 - "$tracker" "$folder" "$freeze" <<'PYTHON'
import json, sys

tracker, folder, target = sys.argv[1:]
with open(tracker, encoding="utf-8") as file:
    sources = json.load(file)
images = []
for name, release in (("python", "13"), ("trixie", "13"), ("bookworm", "12")):
    code = {"13": "trixie", "12": "bookworm"}[release]
    with open(f"{folder}/{name}.theirs.json", encoding="utf-8") as file:
        matches = json.load(file)["matches"]
    packages, answers, records = [], [], {}
    for match in matches:
        artifact = match["artifact"]
        row = [artifact["name"], artifact["version"], artifact["upstreams"][0]["name"] if artifact["upstreams"] else artifact["name"]]
        if row not in packages:
            packages.append(row)
    for _, _, source in packages:
        # Some of each source: the same few whatever the order of the file.
        ids = sorted(id for id, record in sources[source].items() if code in record["releases"])
        records[source] = {id: {"releases": {code: {key: value for key, value in sources[source][id]["releases"][code].items() if key != "repositories"}}} for id in ids[:: max(1, len(ids) // 8)]}
    for match in matches:
        artifact = match["artifact"]
        source = artifact["upstreams"][0]["name"] if artifact["upstreams"] else artifact["name"]
        if match["vulnerability"]["id"] in records[source]:
            answers.append([artifact["name"], match["vulnerability"]["id"]])
    images.append({"name": name, "release": release, "packages": sorted(packages), "grype": sorted(answers), "tracker": records})
with open(target, "w", encoding="utf-8") as file:
    file.write("{\"about\": \"Packages, records in the form of Debian's tracker, and what grype says of them; made by scripts/compare-scanners.sh --freeze\", \"images\": [\n")
    for image in images:
        file.write(("" if image is images[0] else ",\n") + json.dumps(image, sort_keys=True))
    file.write("\n]}\n")
PYTHON
fi
exit $failed
