#!/usr/bin/env bash
# How right `ashlar scan` is by labels that others gave: which matches of packages and vulnerabilities are true and which false.
#   scripts/judge-labels.sh [--out FOLDER] [--freeze FILE] [--grype] LABELS FORM=FOLDER...
# LABELS is a folder of label files in yardstick's form (anchore/vulnerability-match-labels, unpacked); FORM=FOLDER names published advisories
# (scripts/label_advisories.py says which forms). For each image one SBOM is made of the packages that its labels name, for the images are not at hand.
# Prints figures by ecosystem, what could not be judged and why, and writes each answer to answers.tsv in --out. Exits with 1 where precision or recall is
# below 0.95, without answers whose reason stands in scripts/label-notes.tsv. --freeze writes a small part of all for the tests; --grype has grype judge the
# same SBOMs by the records of Debian and Go (scripts/peer-databases.sh), and lists the labels that only one of us meets.
# ASHLAR names the program (default: the release build). Needs python3 with PyYAML.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
ashlar=${ASHLAR:-$(build_root)/release/ashlar} out='' freeze='' peer=
while (($#)); do case $1 in
  --out) out=$(realpath -m "$2"); shift 2 ;;
  --freeze) freeze=$(realpath -m "$2"); shift 2 ;;
  --grype) peer=${GRYPE:-grype}; shift ;;
  -*) sed -n '3,10s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  *) break ;; esac; done
(($# >= 2)) || { sed -n '3,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
labels=$(realpath "$1"); shift
[[ -x $ashlar ]] || die "there is no '$ashlar'; build it, or name another with ASHLAR"
python3 -c 'import yaml' 2>/dev/null || die "this machine's python3 has no yaml"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
out=${out:-$folder/answers}
mkdir -p "$folder/data" "$out"

python3 "$top/scripts/label_advisories.py" "$folder/forms" "$@" >&2
# Images of releases whose support ended long ago have labels, too.
ln -s "$top/distributions" "$top/effects" "$folder/data/"
cp -r "$top/feeds" "$folder/data/feeds"
sed -i 's/^releases:.*/releases: {wheezy: "7", jessie: "8", stretch: "9", buster: "10", bullseye: "11", bookworm: "12", trixie: "13"}/' "$folder/data/feeds/debian-tracker.yaml"
mapfile -t feeds < "$folder/forms/feeds.txt"
# The records are other knowledge than the user's own: a state of their own.
export ASHLAR_DATA_DIR=$folder/data XDG_DATA_HOME=$folder/state XDG_CACHE_HOME=$folder/cache PYTHONDONTWRITEBYTECODE=1
"$ashlar" feed update "${feeds[@]}" --quiet >&2

indexes=()
if [[ -f $top/../shared/data/debian/trixie-index.tar.zst ]]; then
  tar --zstd -xf "$top/../shared/data/debian/trixie-index.tar.zst" -C "$folder" trixie.Packages && indexes+=("$folder/trixie.Packages")
fi
if command -v apt-cache >/dev/null; then apt-cache dumpavail > "$folder/machine.Packages" && indexes+=("$folder/machine.Packages"); fi
python3 "$top/scripts/judge_labels.py" targets "$labels" "$top/scripts/labelled-images.tsv" "$folder/forms/records.json" "$out" "${indexes[@]}"
for target in "$out"/*.cdx.json; do
  code=0
  "$ashlar" scan "$target" --format json --output "${target%.cdx.json}.answer.json" --quiet >&2 || code=$?
  ((code <= 3)) || die "the scan of '$target' failed"
done
if [[ -n $peer ]]; then
  GRYPE=$peer "$top/scripts/peer-databases.sh" --go-osv "$folder/forms/go" "$folder/forms/debian-tracker/tracker.json" "$folder/databases" >&2
  export GRYPE_CHECK_FOR_APP_UPDATE=false GRYPE_DB_AUTO_UPDATE=false GRYPE_DB_VALIDATE_AGE=false GRYPE_DB_CACHE_DIR=$folder/databases/grype
  mkdir -p "$out/grype"
  cp "$out/cases.json" "$out/grype/"
  for target in "$out"/*.cdx.json; do "$peer" -q "sbom:$target" -o json > "$out/grype/$(basename "$target" .cdx.json).answer.json"; done
  printf 'grype, of the same SBOMs. '
  python3 "$top/scripts/judge_labels.py" score "$out/grype" "$top/scripts/label-notes.tsv" Debian Go
  python3 "$top/scripts/judge_labels.py" score "$out" "$top/scripts/label-notes.tsv" Debian Go > /dev/null
  LC_ALL=C comm -3 <(cut -f1-6 "$out/answers.tsv" | LC_ALL=C sort) <(cut -f1-6 "$out/grype/answers.tsv" | LC_ALL=C sort) | sed 's/^\t/grype: /; t; s/^/ours: /'
fi
if [[ -n $freeze ]]; then python3 "$top/scripts/freeze_labels.py" "$out" "$folder/forms" "$top/scripts/label-notes.tsv" "$freeze"; fi
python3 "$top/scripts/judge_labels.py" score "$out" "$top/scripts/label-notes.tsv"
