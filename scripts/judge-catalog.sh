#!/usr/bin/env bash
# Judges every runtime image of the catalogue by ashlar, trivy and grype on the same records, and writes docs/catalog-judged.md: what each of them says, and
# what became of every finding: a newer lock would mend it, it is assessed in a statement that is shown from the image, or it stands as open.
#   scripts/judge-catalog.sh [--out FILE] TRACKER
# TRACKER is a JSON file in the form of Debian's tracker. ASHLAR names the program (default: the release build), GRYPE and TRIVY the peers (default: those
# of PATH); one that is not there is left out, and the page says so. Outside CI: the databases of the peers take minutes.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
source "$(dirname "$0")/catalogue.sh"
out=$top/docs/catalog-judged.md
if [[ ${1-} == --out ]]; then out=$(realpath -m "$2"); shift 2; fi
(($# == 1)) && [[ -f $1 ]] || { sed -n '4,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
tracker=$(realpath "$1")
grype=${GRYPE:-grype} trivy=${TRIVY:-trivy} peers=()
take_catalogue
mapfile -t definitions < <(printf '%s\n' "${definitions[@]}" | grep -v -- '-dev\.yaml$')
export ASHLAR_DATA_DIR=$top XDG_DATA_HOME=$folder/state
export GRYPE_CHECK_FOR_APP_UPDATE=false GRYPE_DB_AUTO_UPDATE=false GRYPE_DB_VALIDATE_AGE=false GRYPE_DB_CACHE_DIR=$folder/databases/grype TRIVY_CACHE_DIR=$folder/databases/trivy

step "databases from the same records"
"$ashlar" feed update "debian-tracker=$tracker" --quiet >&2
if command -v "$grype" >/dev/null && "$top/scripts/peer-databases.sh" "$tracker" "$folder/databases"; then peers+=(grype); else say "  grype is left out"; fi
if command -v "$trivy" >/dev/null && "$top/scripts/trivy-database.sh" "$tracker" "$folder/databases"; then peers+=(trivy); else say "  trivy is left out"; fi

step "build ${#definitions[@]} images"
"$ashlar" build "${definitions[@]}" --platform linux/amd64 -o oci:images --quiet --format json --output build.json >&2

step "judge them"
mkdir judged
while read -r tag; do
  "$ashlar" scan "oci:images:$tag" --quiet --format json --output "judged/$tag.before.json" || (($? <= 3))
  # A statement on each finding whose files are known and are shown not to be there.
  while IFS='|' read -r id package paths where; do
    read -r id <<<"$id"; read -r package <<<"$package"
    jq -e --arg id "$id" --arg source "$package" 'any(.findings[]; .id == $id and .package.source == $source)' "judged/$tag.before.json" >/dev/null || continue
    absent=()
    set -f; for path in $paths; do absent+=(--absent "$path"); done; set +f
    "$ashlar" vex add "$id" --package "deb:$package" --in "oci:images:$tag" "${absent[@]}" --reason "$(sed 's/^ *//; s/ *$//' <<<"$where")" --file "judged/$tag.vex.json" --author 'the catalogue' --quiet >/dev/null 2>>judged/refused ||
      (($? == 2))
  done < <(grep -v '^#' "$top/assessments/debian-13.txt")
  statements=()
  if [[ -f judged/$tag.vex.json ]]; then statements=(--vex "judged/$tag.vex.json"); fi
  "$ashlar" scan "oci:images:$tag" "${statements[@]}" --quiet --format json --output "judged/$tag.json" || (($? <= 3))
  skopeo --insecure-policy copy -q "oci:images:$tag" "oci:one:$tag" >&2
  for peer in "${peers[@]}"; do
    case $peer in
      grype) "$grype" -q oci-dir:one -o json 2>>judged/errors | jq '[.matches[] | {package: .artifact.name, id: .vulnerability.id}] | unique' >"judged/$tag.grype" ;;
      trivy) "$trivy" image --input one --scanners vuln --skip-db-update --skip-java-db-update --offline-scan -q -f json 2>>judged/errors |
        jq '[.Results[]? | .Vulnerabilities[]? | {package: .PkgName, id: .VulnerabilityID}] | unique' >"judged/$tag.trivy" ;;
    esac
  done
  rm -rf one
  say "  $tag"
done < <(jq -r '.images[].tags[0]' build.json)

python3 - judged "$top" "${peers[@]}" >"$out.part" <<'PYTHON'
import glob, json, os, re, sys

folder, top, peers = sys.argv[1], sys.argv[2], sys.argv[3:]
def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)

tags = sorted(os.path.basename(path)[:-len(".before.json")] for path in glob.glob(f"{folder}/*.before.json"))
after = {tag: load(f"{folder}/{tag}.json") for tag in tags}
said = {peer: {tag: {(each["package"], each["id"]) for each in load(f"{folder}/{tag}.{peer}")} for tag in tags} for peer in peers}
feed = next(iter(after.values()))["database"]["feeds"][0]
print("# The catalogue, judged\n")
print(f"Made by `scripts/judge-catalog.sh`: every runtime image for linux/amd64, by ashlar{''.join(', ' + peer for peer in peers)} on a database each that was made from the same")
print(f"{feed['records']:,} records in the form of Debian's tracker. They are derived from changelogs, no statement of Debian's, and old: the table shows how an image is judged, and what is")
print("published on a connected machine by `ashlar feed update` may differ. A finding is a pair of a package and a vulnerability.\n")
print("- *fix in a newer lock*: the records name a version that ends it; `ashlar lock --update` takes it as soon as the archive has it.")
print("- *assessed*: a statement says why it does not affect this image, and is shown from what the image holds (`ashlar vex add --absent`, `assessments/debian-13.txt`).")
print("- *open*: no fix by the distribution, and nothing to say against it. Each is named below, with its severity by source.\n")
columns = ["image", "verdict", "packages judged", *peers, "ashlar", "fix in a newer lock", "assessed", "open"]
print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
assessed, open_ones, fixed, odd = {}, {}, {}, []
for tag in tags:
    report, ours = after[tag], set()
    counts = {"fix": 0, "assessed": 0, "open": 0}
    for finding in report["findings"]:
        key = (finding["package"]["name"], finding["id"])
        ours.add(key)
        source = finding["package"]["source"]
        if finding["status"] == "not_affected":
            counts["assessed"] += 1
            assessed.setdefault((finding["id"], source), [finding["reason"], set()])[1].add(tag)
        elif finding["fixed_in"]:
            counts["fix"] += 1
            fixed.setdefault((finding["id"], source), [finding["fixed_in"], set()])[1].add(tag)
        else:
            counts["open"] += 1
            open_ones.setdefault((finding["id"], source), [f"{finding['severity']} ({finding['severity_by']})", finding["no_fix"], set()])[2].add(tag)
    for peer in peers:
        for package, id in sorted(ours ^ said[peer][tag]):
            odd.append(f"{tag}: {id} in {package} is named by {'ashlar' if (package, id) in ours else peer} and not by {peer if (package, id) in ours else 'ashlar'}")
    judged = f"{report['coverage']['judged']} of {report['coverage']['packages']}"
    print("| " + " | ".join([tag, report["verdict"], judged, *(str(len(said[peer][tag])) for peer in peers), str(len(ours)), str(counts["fix"]), str(counts["assessed"]), str(counts["open"])]) + " |")
for tag in tags:
    odd += [f"{tag}: {cause}" for cause in after[tag]["causes"]]

def images(names):
    return "every image that has findings" if len(names) == sum(bool(after[tag]["findings"]) for tag in tags) else ", ".join(sorted(names))

print("\n## Where they differ, and what could not be judged\n")
print("\n".join(f"- {each}" for each in odd) if odd else "Nowhere, and nothing.")
print("\n## A fix is named\n\n| vulnerability | source package | fixed in | images |\n|---|---|---|---|")
for (id, source), (version, names) in sorted(fixed.items()):
    print(f"| {id} | {source} | {version} | {images(names)} |")
print("\n## Assessed\n\n| vulnerability | source package | not in the image | where the flaw is | images |\n|---|---|---|---|---|")
for (id, source), (reason, names) in sorted(assessed.items()):
    paths, where = re.search(r"the flaw is in (.*), and none of the \d+ paths of the image is that: (.*)", reason).groups()
    print(f"| {id} | {source} | `{paths}` | {where} | {images(names)} |")
print("\n## Open\n\n| vulnerability | source package | severity | what the distribution says | images |\n|---|---|---|---|---|")
for (id, source), (severity, word, names) in sorted(open_ones.items()):
    print(f"| {id} | {source} | {severity} | {word or 'no fix'} | {images(names)} |")
PYTHON
mv "$out.part" "$out"
say "$script: wrote $out"
