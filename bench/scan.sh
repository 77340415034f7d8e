#!/usr/bin/env bash
# How long `ashlar scan` and `ashlar feed update` take and how much memory, beside grype and syft in turn on the same files and records of the same size; the
# table goes to standard output.
#   bench/scan.sh [--build FOLDER] [--repeat N] [--peers N] [--only python|fat|compile]
# FOLDER is a release build with benchmarks (build/release), N at least 5 rounds of ours and of the peers (--peers 0: none). GRYPE and SYFT name them.
# Records: 190,000 in the form of Debian's tracker, generated (bench/advisories), compiled by us and by scripts/peer-databases.sh for grype.
# python   the python image of the catalogue: its root file system and its OCI archive
# fat      made here, nothing fetched: 400 packages of Debian in dpkg's status with 20 files each, 1,500 package.json in node_modules, 200 wheels
#          (dist-info), 100 jars with pom.properties, this machine's Go (stripped and not) and Rust programs, in an archive of three layers
# compile  `feed update` of the 190,000 records, the size of the database and packed with zstd -19, and the first query: a scan of an SBOM with one package
set -euo pipefail
source "$(dirname "$0")/rounds.sh"
build=$here/build/release repeat=5 peers=5 only=
while [[ ${1-} == --* ]]; do case $1 in
  --build) build=$2; shift 2 ;; --repeat) repeat=$2; shift 2 ;; --peers) peers=$2; shift 2 ;; --only) only=$2; shift 2 ;;
  *) sed -n '4,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac; done
take_programs "$build"
grype=${GRYPE:-grype} syft=${SYFT:-syft}
work=$work/scan
mkdir -p "$work"
export XDG_DATA_HOME=$work/state
export GRYPE_CHECK_FOR_APP_UPDATE=false GRYPE_DB_AUTO_UPDATE=false GRYPE_DB_VALIDATE_AGE=false GRYPE_DB_CACHE_DIR=$work/databases/grype SYFT_CHECK_FOR_APP_UPDATE=false
wants() { [[ -z $only || $only == "$1" ]]; }

# timed FILE COMMAND...: a measured run, its line added to FILE. Of ours 1 and 3 say what was found; of a peer all but 0 is a failure.
timed() {
  local file=$1 code=0
  shift
  "$measure" "$@" 3>>"$file" >/dev/null 2>"$work/errors" || code=$?
  [[ $code == 0 || ($1 == "$ashlar" && ($code == 1 || $code == 3)) ]] || { cat "$work/errors" >&2; echo "$script: '$*' failed with $code" >&2; exit 1; }
}
# pack LAYOUT ARCHIVE: without a `./` before its names, which grype does not find.
pack() { tar -C "$1" -cf "$2" oci-layout index.json blobs; }
# tell FILE WORDS: a row.
tell() { [[ ! -s $1 ]] || printf '| %s | %.3f s | %.3f s | %s MB |\n' "$2" "$(median "$1" wall)" "$(median "$1" cpu)" "$(peak "$1")"; }
# ratio OURS THEIRS WORDS: medians.
ratio() {
  [[ -s $1 && -s $2 ]] || return 0
  awk -v words="$3" -v a="$(median "$1" wall)" -v b="$(median "$2" wall)" -v c="$(median "$1" cpu)" -v d="$(median "$2" cpu)" 'BEGIN {printf "%s: %.1f times the wall time, %.1f times the processor time\n\n", words, b / a, d / c}'
}
# compare NAME TARGET PEERTARGET WORDS: ours and grype in turn.
compare() {
  rm -f "$work/$1".*.rounds
  local round
  if ((peers)); then timed /dev/null "$grype" -q "$3" -o json; fi
  timed /dev/null "$ashlar" scan "$2" --quiet --format json
  for ((round = 0; round < repeat || round < peers; round++)); do
    if ((round < repeat)); then timed "$work/$1.ours.rounds" "$ashlar" scan "$2" --quiet --format json; fi
    if ((round < peers)); then timed "$work/$1.grype.rounds" "$grype" -q "$3" -o json; fi
  done
  tell "$work/$1.ours.rounds" "$4: ours"
  tell "$work/$1.grype.rounds" "$4: grype, which reads the image by syft itself"
}

if [[ ! -f $work/tracker.json ]]; then "$build/bench/advisories" generate "$work/tracker.json" 190000; fi
if [[ ! -d $work/state ]] && ! wants compile; then "$ashlar" feed update "debian-tracker=$work/tracker.json" --quiet >&2; fi
if ((peers)) && [[ ! -d $work/databases/grype ]]; then GRYPE=$grype "$here/scripts/peer-databases.sh" "$work/tracker.json" "$work/databases"; fi
say_machine
echo
echo '| | wall | processor time | peak memory |'
echo '|---|---|---|---|'
if wants compile; then
  rm -f "$work"/{compile,query,start}.rounds
  for ((round = 0; round < repeat; round++)); do
    rm -rf "$work/state"
    timed "$work/compile.rounds" "$ashlar" feed update "debian-tracker=$work/tracker.json" --quiet
  done
  printf '%s' '{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"none","version":"1.0-1","purl":"pkg:deb/debian/none@1.0-1?distro=debian-13"}]}' > "$work/none.cdx.json"
  for ((round = 0; round < repeat; round++)); do
    timed "$work/query.rounds" "$ashlar" scan "$work/none.cdx.json" --quiet --format json
    timed "$work/start.rounds" "$ashlar" --version
  done
  tell "$work/compile.rounds" 'compile 190,000 records'
  tell "$work/query.rounds" 'start, open the database, one package'
  tell "$work/start.rounds" 'start alone (`--version`)'
fi
if wants python; then
  if [[ ! -d $work/python ]]; then
    rm -rf "$work/image" "$work/bundle"
    mkdir -p "$work/project/catalog"
    cp -r "$here/catalog/python" "$work/project/catalog/"
    (cd "$work/project" && "$ashlar" build catalog/python/3.13.yaml --platform linux/amd64 -o "oci:$work/image:1" --quiet >&2)
    umoci --log=error unpack --rootless --image "$work/image:1" "$work/bundle"
    pack "$work/image" "$work/python.tar"
    mv "$work/bundle/rootfs" "$work/python"
  fi
  compare root "dir:$work/python" "dir:$work/python" 'python, root file system'
  compare archive "oci-archive:$work/python.tar" "oci-archive:$work/python.tar" 'python, OCI archive'
fi
if wants fat; then
  if [[ ! -f $work/fat.tar ]]; then python3 "$here/bench/fat.py" "$work/fat"; pack "$work/fat/image" "$work/fat.tar"; pack "$work/fat/changed" "$work/changed.tar"; fi
  compare fat "oci-archive:$work/fat.tar" "oci-archive:$work/fat.tar" 'fat image, OCI archive'
  rm -f "$work/again.rounds"
  for ((round = 0; round < repeat; round++)); do timed "$work/again.rounds" "$ashlar" scan "oci-archive:$work/changed.tar" --quiet --format json; done
  tell "$work/again.rounds" 'fat image, one layer changed: ours'
fi
echo
if wants compile; then
  database=$(find "$work/state" -name '*.db' -print -quit)
  echo "Database: $(stat -c %s "$database" | awk '{printf "%.1f", $1 / 1e6}') MB, packed $(zstd -19 -c -q "$database" | wc -c | awk '{printf "%.1f", $1 / 1e6}') MB; the records: $(stat -c %s "$work/tracker.json" | awk '{printf "%.1f", $1 / 1e6}') MB."
fi
if wants python; then
  ratio "$work/root.ours.rounds" "$work/root.grype.rounds" 'python, root file system: grype takes'
  ratio "$work/archive.ours.rounds" "$work/archive.grype.rounds" 'python, OCI archive: grype takes'
fi
if wants fat; then
  ratio "$work/fat.ours.rounds" "$work/fat.grype.rounds" 'fat image: grype takes'
fi
