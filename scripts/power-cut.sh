#!/usr/bin/env bash
# Kills `ashlar lock` and `ashlar build` with SIGKILL at random moments, and sees each time that nothing broken is left: every blob of the cache and of
# the image has the digest that names it, and the same command then succeeds with the same lock and the same image.
#   scripts/power-cut.sh [--times N] [--ashlar PROGRAM] [--work FOLDER] [--refetch] [--seed S] [DEFINITION]
# N is 100, DEFINITION catalog/python/3.13.yaml; its folder is copied to FOLDER, where the cache is kept for the next time. After the first fetch nothing
# is asked of an archive, unless --refetch says that fetching is to be killed as well, for archives on this machine.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
times=100 ashlar='' work='' refetch=0 seed=$$
while [[ ${1-} == --* ]]; do case $1 in
  --times) times=$2; shift 2 ;; --ashlar) ashlar=$2; shift 2 ;; --work) work=$2; shift 2 ;; --seed) seed=$2; shift 2 ;; --refetch) refetch=1; shift ;;
  *) sed -n '4,6s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac; done
definition=$(realpath "${1:-$top/catalog/python/3.13.yaml}")
ashlar=${ashlar:-$(build_root)/release/ashlar}
[[ -x $ashlar ]] || die "there is no program '$ashlar'; name one with --ashlar"
ashlar=$(realpath "$ashlar") work=${work:-$(build_root)/power-cut}
mkdir -p "$work" && work=$(realpath "$work")
export ASHLAR_DATA_DIR=${ASHLAR_DATA_DIR:-$top} XDG_CACHE_HOME=$work/cache XDG_DATA_HOME=$work/state
RANDOM=$seed
rm -rf "$work/project" "$work/log"
cp -rL "$(dirname "$definition")" "$work/project"
cd "$work/project"
rm -f ./*.lock.json ./*.effects.json
name=$(basename "$definition")
lock=${name%.*}.lock.json offline=(--offline)
if ((refetch)); then offline=(); fi
command_of() { # command_of lock|build: as an array in `command`
  command=("$ashlar" "$1" "$name" --quiet)
  if [[ $1 == build ]]; then command+=(--locked -o oci:out:x --format json --output built.json); fi
}

# Once undisturbed: what shall come of it, and how long it takes.
"$ashlar" lock "$name" --quiet >/dev/null
"$ashlar" build "$name" --quiet -o oci:first:x --format json --output first.json
root=$(jq -r .root first.json)
cp "$lock" wanted.lock.json
declare -A took  # milliseconds
for verb in lock build; do
  rm -rf "$work/cache/ashlar/frames" out "$lock"
  if [[ $verb == build ]]; then cp wanted.lock.json "$lock"; fi
  command_of $verb
  start=${EPOCHREALTIME//[!0-9]/}
  "${command[@]}" "${offline[@]}" >/dev/null
  took[$verb]=$(((${EPOCHREALTIME//[!0-9]/} - start) / 1000 + 1))
done
say "$script: $root; lock takes ${took[lock]} ms, build ${took[build]} ms; seed $seed"

# Blobs below $1 whose bytes are not those of their names.
broken() {
  [[ -d $1 ]] || return 0
  find "$1" -type f -path '*/sha256/*' -print0 | xargs -0 -r sha256sum | awk '{path = $2; hex = path; sub(/.*\/sha256\//, "", hex); sub(/\//, "", hex); if (hex != $1) print path}'
}

killed=0 finished=0
for ((turn = 1; turn <= times; ++turn)); do
  verb=build
  if ((turn % 2)); then verb=lock; fi
  # Where it starts from: with work done before, or without.
  case $((RANDOM % 3)) in 0) rm -rf "$work/cache/ashlar/frames" ;; 1) rm -rf out ;; *) rm -rf out "$work/cache/ashlar/frames" ;; esac
  if ((refetch && RANDOM % 2)); then rm -rf "$work/cache/ashlar"; fi
  rm -f "$lock" built.json
  if [[ $verb == build ]]; then cp wanted.lock.json "$lock"; fi
  command_of $verb
  wait_ms=$((RANDOM * 32768 + RANDOM))
  wait_ms=$((wait_ms % (took[$verb] * 21 / 20 + 1)))
  setsid "${command[@]}" "${offline[@]}" >"$work/log" 2>&1 &
  victim=$!
  sleep "$(printf '%d.%03d' $((wait_ms / 1000)) $((wait_ms % 1000)))"
  kill -KILL -- "-$victim" 2>/dev/null || kill -KILL "$victim" 2>/dev/null || true
  code=0
  wait "$victim" 2>/dev/null || code=$?
  case $code in 137) killed=$((killed + 1)) ;; 0) finished=$((finished + 1)) ;; *) cat "$work/log" >&2; die "turn $turn: $verb says no by itself, with exit code $code" ;; esac
  where="turn $turn: $verb, killed after $wait_ms ms"
  wrong=$(broken "$work/cache/ashlar"; broken out)
  [[ -z $wrong ]] || die "$where, left broken: $wrong"
  if [[ -f $lock ]]; then cmp -s "$lock" wanted.lock.json || die "$where, left a lock that is not whole"; fi
  if [[ -f out/index.json ]]; then jq -e '.manifests | length <= 1' out/index.json >/dev/null || die "$where, left an index that is not whole"; fi
  "${command[@]}" "${offline[@]}" >"$work/log" 2>&1 || { cat "$work/log" >&2; die "$where; the same command then fails"; }
  cmp -s "$lock" wanted.lock.json || die "$where; then another lock comes of it"
  if [[ $verb == build ]]; then
    [[ $(jq -r .root built.json) == "$root" ]] || die "$where; then another image comes of it: $(jq -r .root built.json)"
    wrong=$(broken out)
    [[ -z $wrong ]] || die "$where; then the image is broken: $wrong"
  fi
done

# Nothing but finished entries and downloads that go on may lie in the cache.
drafts=$(find "$work" \( -name '.*draft*' -o -name '*.tmp' -o -name '.tmp*' \) | wc -l)
say "$script: $times turns, $killed killed, $finished done before; 0 broken, the same $root each time; $drafts drafts left behind"
