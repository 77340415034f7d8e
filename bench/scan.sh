#!/usr/bin/env bash
# How long `ashlar scan` and `ashlar feed update` take and how much memory, beside trivy, grype and syft in turn on the same files and records of the same
# size; the table goes to standard output.
#   bench/scan.sh [--build FOLDER] [--repeat N] [--peers N] [--only python|fat|stored|due|compile]
# FOLDER is a release build with benchmarks (build/release), N at least 5 rounds of ours and of the peers (--peers 0: none). GRYPE, SYFT and TRIVY name them;
# TRIVY_DB names trivy-db's builder, beside which records are compiled where there is one.
# Records: 190,000 in the form of Debian's tracker, generated (bench/advisories), compiled by us and by scripts/peer-databases.sh and scripts/trivy-database.sh.
# `first`: nothing is kept of the image (ours with --again; trivy's folder `fanal` removed before). `again`: layers are kept, ours and trivy's; grype keeps none.
# python   the python image of the catalogue: its root file system and its OCI archive (trivy reads no such archive: the layout's folder)
# fat      made here, nothing fetched: bench/fat.py; scanned again after its third layer changed
# stored   10,000 remembered images (bench/inventories), and one advisory for all of them: `ashlar explain`, and what it makes due: `ashlar renew --plan --advisory`
# due      the same two answers and scans of the python image in turn, in one run: what is due is to take less time than one scan
# compile  `feed update` of the 190,000 records, the size of the database and packed with zstd -19, and the first query: a scan of an SBOM with one package
set -euo pipefail
source "$(dirname "$0")/rounds.sh"
build=$here/build/release repeat=5 peers=5 only=
while [[ ${1-} == --* ]]; do case $1 in
  --build) build=$2; shift 2 ;; --repeat) repeat=$2; shift 2 ;; --peers) peers=$2; shift 2 ;; --only) only=$2; shift 2 ;;
  *) sed -n '4,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac; done
take_programs "$build"
grype=${GRYPE:-grype} syft=${SYFT:-syft} trivy=${TRIVY:-trivy}
work=$work/scan
mkdir -p "$work"
export XDG_DATA_HOME=$work/state
export GRYPE_CHECK_FOR_APP_UPDATE=false GRYPE_DB_AUTO_UPDATE=false GRYPE_DB_VALIDATE_AGE=false GRYPE_DB_CACHE_DIR=$work/databases/grype SYFT_CHECK_FOR_APP_UPDATE=false
export TRIVY_CACHE_DIR=$work/databases/trivy
trivy_options=(--scanners vuln --skip-db-update --skip-java-db-update --offline-scan --skip-version-check --disable-telemetry --quiet --format json)
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
# say_ratio NAME PEER OURS WORDS
say_ratio() { ratio "$work/$1.$3.rounds" "$work/$1.$2.rounds" "$4"; }
ours() { timed "$1" "$ashlar" scan "${@:2}" --quiet --format json; }
forget_trivy() { rm -rf "$TRIVY_CACHE_DIR/fanal"; }

# compare_image NAME ARCHIVE LAYOUT WORDS: ours, grype (which reads the image by syft itself), syft and grype after it, and trivy, in turn.
compare_image() {
  local name=$1 target=oci-archive:$2 layout=$3 words=$4 round
  rm -f "$work/$name".*.rounds
  ours /dev/null "$target"
  for ((round = 0; round < repeat || round < peers; round++)); do
    if ((round < repeat)); then
      ours "$work/$name.first.rounds" "$target" --again
      ours "$work/$name.again.rounds" "$target"
    fi
    if ((round < peers)); then
      timed "$work/$name.grype.rounds" "$grype" -q "$target" -o json
      timed "$work/$name.both.rounds" sh -c '"$1" scan -q "$2" -o "json=$3" && "$4" -q "sbom:$3" -o json' - "$syft" "$target" "$work/both.json" "$grype"
      forget_trivy
      timed "$work/$name.trivy.rounds" "$trivy" image "${trivy_options[@]}" --input "$layout"
      timed "$work/$name.trivy-again.rounds" "$trivy" image "${trivy_options[@]}" --input "$layout"
    fi
  done
  tell "$work/$name.first.rounds" "$words: ours, first"
  tell "$work/$name.again.rounds" "$words: ours, again"
  tell "$work/$name.grype.rounds" "$words: grype"
  tell "$work/$name.both.rounds" "$words: syft, then grype"
  tell "$work/$name.trivy.rounds" "$words: trivy, first"
  tell "$work/$name.trivy-again.rounds" "$words: trivy, again"
}

# say_ratios NAME WORDS
say_ratios() {
  say_ratio "$1" grype first "$2, first: grype takes"
  say_ratio "$1" grype again "$2, again: grype takes"
  say_ratio "$1" both first "$2, first: syft and grype take"
  say_ratio "$1" both again "$2, again: syft and grype take"
  say_ratio "$1" trivy first "$2, first: trivy takes"
  say_ratio "$1" trivy-again again "$2, again: trivy takes"
}

# The python image of the catalogue: its root file system, its layout and its archive.
make_python() {
  [[ ! -d $work/python ]] || return 0
  rm -rf "$work/image" "$work/bundle"
  mkdir -p "$work/project/catalog"
  cp -r "$here/catalog/python" "$work/project/catalog/"
  (cd "$work/project" && "$ashlar" build catalog/python/3.13.yaml --platform linux/amd64 -o "oci:$work/image:1" --quiet >&2)
  umoci --log=error unpack --rootless --image "$work/image:1" "$work/bundle"
  pack "$work/image" "$work/python.tar"
  mv "$work/bundle/rootfs" "$work/python"
}
# 10,000 images, and one advisory about a package which all of them have.
remember_images() {
  if [[ ! -f $work/state/ashlar/inventories.stored ]]; then
    "$build/bench/inventories" "$work/state/ashlar" 10000 "$work/tracker.json"
    touch "$work/state/ashlar/inventories.stored"
  fi
  advisory=$(jq -r '[.[keys[0]] | to_entries[] | select(.value.releases.trixie.fixed_version // "0" != "0") | .key][0]' "$work/tracker.json")
}
explains() { timed "$1" "$ashlar" explain "$advisory" --format json; }
is_due() { timed "$1" "$ashlar" renew --plan --advisory "$advisory" --format json; }

if [[ ! -f $work/tracker.json ]]; then "$build/bench/advisories" generate "$work/tracker.json" 190000; fi
if [[ ! -d $work/state ]] && ! wants compile; then "$ashlar" feed update "debian-tracker=$work/tracker.json" --quiet >&2; fi
if ((peers)) && [[ ! -d $work/databases/grype ]]; then GRYPE=$grype "$here/scripts/peer-databases.sh" "$work/tracker.json" "$work/databases"; fi
if ((peers)) && [[ ! -d $work/databases/trivy ]]; then "$here/scripts/trivy-database.sh" "$work/tracker.json" "$work/databases"; fi
say_machine
echo
echo '| | wall | processor time | peak memory |'
echo '|---|---|---|---|'
if wants compile; then
  rm -f "$work"/{compile,builder,query,start}.rounds
  if ((peers)) && [[ -n ${TRIVY_DB-} && ! -d $work/vuln-list ]]; then python3 "$here/bench/vuln_list.py" "$work/tracker.json" "$work/vuln-list"; fi
  for ((round = 0; round < repeat; round++)); do
    rm -rf "$work/state"
    timed "$work/compile.rounds" "$ashlar" feed update "debian-tracker=$work/tracker.json" --quiet
    if ((round < peers)) && [[ -n ${TRIVY_DB-} ]]; then
      rm -rf "$work/built"
      timed "$work/builder.rounds" "$TRIVY_DB" build --cache-dir "$work/vuln-list" --output-dir "$work/built" --only-update debian
    fi
  done
  printf '%s' '{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"none","version":"1.0-1","purl":"pkg:deb/debian/none@1.0-1?distro=debian-13"}]}' > "$work/none.cdx.json"
  # A database that was written a moment ago is read whole each time: files of that age are not told apart by their times.
  sleep 5
  ours /dev/null "$work/none.cdx.json"
  for ((round = 0; round < repeat; round++)); do
    timed "$work/query.rounds" "$ashlar" scan "$work/none.cdx.json" --quiet --format json
    timed "$work/start.rounds" "$ashlar" --version
  done
  tell "$work/compile.rounds" 'compile 190,000 records'
  tell "$work/builder.rounds" "the same records, read by trivy-db's builder"
  tell "$work/query.rounds" 'start, open the database, one package'
  tell "$work/start.rounds" 'start alone (`--version`)'
fi
if wants python; then
  make_python
  rm -f "$work"/root.*.rounds
  ours /dev/null "dir:$work/python"
  if ((peers)); then timed /dev/null "$trivy" rootfs "${trivy_options[@]}" "$work/python"; fi
  for ((round = 0; round < repeat || round < peers; round++)); do
    if ((round < repeat)); then ours "$work/root.ours.rounds" "dir:$work/python"; fi
    if ((round < peers)); then
      timed "$work/root.grype.rounds" "$grype" -q "dir:$work/python" -o json
      timed "$work/root.trivy.rounds" "$trivy" rootfs "${trivy_options[@]}" "$work/python"
    fi
  done
  tell "$work/root.ours.rounds" 'python, root file system: ours'
  tell "$work/root.grype.rounds" 'python, root file system: grype'
  tell "$work/root.trivy.rounds" 'python, root file system: trivy'
  compare_image archive "$work/python.tar" "$work/image" 'python, OCI archive'
fi
if wants fat; then
  if [[ ! -f $work/fat.tar ]]; then python3 "$here/bench/fat.py" "$work/fat"; pack "$work/fat/image" "$work/fat.tar"; pack "$work/fat/changed" "$work/changed.tar"; fi
  compare_image fat "$work/fat.tar" "$work/fat/image" 'fat image, OCI archive'
  rm -f "$work/changed.rounds"
  for ((round = 0; round < repeat; round++)); do
    rm -rf "$cache/layers"
    ours /dev/null "oci-archive:$work/fat.tar"
    ours "$work/changed.rounds" "oci-archive:$work/changed.tar"
  done
  tell "$work/changed.rounds" 'fat image, one of three layers changed: ours'
fi
if wants stored; then
  remember_images
  rm -f "$work"/{stored,due}.rounds
  for ((round = 0; round < repeat; round++)); do explains "$work/stored.rounds"; is_due "$work/due.rounds"; done
  tell "$work/stored.rounds" "one advisory for 10,000 remembered images, $("$ashlar" explain "$advisory" --format json | jq '.affected | length') affected"
  tell "$work/due.rounds" "what it makes due among them, $({ "$ashlar" renew --plan --advisory "$advisory" --format json || (($? == 1)); } | jq '.due | length') due"
fi
if wants due; then
  make_python
  remember_images
  rm -f "$work"/turn.*.rounds
  archive=oci-archive:$work/python.tar
  ours /dev/null "$archive"
  for ((round = 0; round < repeat; round++)); do
    ours "$work/turn.first.rounds" "$archive" --again
    explains "$work/turn.explain.rounds"
    ours "$work/turn.root.rounds" "dir:$work/python"
    is_due "$work/turn.due.rounds"
    ours "$work/turn.again.rounds" "$archive"
  done
  tell "$work/turn.explain.rounds" 'one advisory among 10,000 remembered images: who is affected'
  tell "$work/turn.due.rounds" 'what it makes due'
  tell "$work/turn.first.rounds" 'python, OCI archive: ours, first'
  tell "$work/turn.again.rounds" 'python, OCI archive: ours, again'
  tell "$work/turn.root.rounds" 'python, root file system: ours'
fi
echo
if wants due; then
  for scan in 'first OCI archive, first' 'again OCI archive, again' 'root root file system'; do
    ratio "$work/turn.explain.rounds" "$work/turn.${scan%% *}.rounds" "who is affected: a scan of the python image (${scan#* }) takes"
    ratio "$work/turn.due.rounds" "$work/turn.${scan%% *}.rounds" "what is due: a scan of the python image (${scan#* }) takes"
  done
fi
if wants compile; then
  database=$(find "$work/state" -name '*.db' -print -quit)
  echo "Database: $(stat -c %s "$database" | awk '{printf "%.1f", $1 / 1e6}') MB, packed $(zstd -19 -c -q "$database" | wc -c | awk '{printf "%.1f", $1 / 1e6}') MB; the records: $(stat -c %s "$work/tracker.json" | awk '{printf "%.1f", $1 / 1e6}') MB."
fi
if wants compile; then ratio "$work/compile.rounds" "$work/builder.rounds" "compiling: trivy-db's builder takes"; fi
if wants python; then
  say_ratio root grype ours 'python, root file system: grype takes'
  say_ratio root trivy ours 'python, root file system: trivy takes'
  say_ratios archive 'python, OCI archive'
fi
if wants fat; then
  say_ratios fat 'fat image'
  ratio "$work/changed.rounds" "$work/fat.first.rounds" 'fat image, one layer changed: the first scan takes'
fi
