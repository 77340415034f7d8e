#!/usr/bin/env bash
# Kills `ashlar lock` and `ashlar build`, and then `ashlar test`, with SIGKILL at random moments, and sees each time that nothing broken is left: every blob
# of the cache and of the image has the digest that names it, and the same command then succeeds with the same lock, image and answers. Of a killed test no
# container, process, mount, control group or temporary folder is there when the next one has passed.
#   scripts/power-cut.sh [--times N] [--tests M] [--ashlar PROGRAM] [--work FOLDER] [--refetch] [--seed S] [DEFINITION]
# N is 100, M 20, DEFINITION catalog/python/3.13.yaml; its folder is copied to FOLDER, where the cache is kept for the next time. After the first fetch
# nothing is asked of an archive, unless --refetch says that fetching is to be killed as well, for archives on this machine.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
times=100 tests=20 ashlar='' work='' refetch=0 seed=$$
while [[ ${1-} == --* ]]; do case $1 in
  --times) times=$2; shift 2 ;; --tests) tests=$2; shift 2 ;; --ashlar) ashlar=$2; shift 2 ;; --work) work=$2; shift 2 ;; --seed) seed=$2; shift 2 ;; --refetch) refetch=1; shift ;;
  *) sed -n '5,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac; done
definition=$(realpath "${1:-$top/catalog/python/3.13.yaml}")
ashlar=${ashlar:-$(build_root)/release/ashlar}
[[ -x $ashlar ]] || die "there is no program '$ashlar'; name one with --ashlar"
ashlar=$(realpath "$ashlar") work=${work:-$(build_root)/power-cut}
mkdir -p "$work" && work=$(realpath "$work")
export ASHLAR_DATA_DIR=${ASHLAR_DATA_DIR:-$top} XDG_CACHE_HOME=$work/cache XDG_DATA_HOME=$work/state TMPDIR=$work/tmp PATH=$PATH:/usr/sbin:/sbin
RANDOM=$seed
rm -rf "$work/project" "$work/log" "$work/tmp"
mkdir "$work/tmp"
cp -rL "$(dirname "$definition")" "$work/project"
cd "$work/project"
rm -f ./*.lock.json ./*.effects.json
name=$(basename "$definition")
lock=${name%.*}.lock.json offline=(--offline)
if ((refetch)); then offline=(); fi
command_of() { # command_of lock|build|test: as an array in `command`
  command=("$ashlar" "$1" "$name" --quiet)
  case $1 in
    build) command+=(--locked -o oci:out:x --format json --output built.json) ;;
    test) command=("$ashlar" test oci:first:x --definition "$name" --again --quiet --format json --output tested.json) ;;
  esac
}
now_ms() { echo $((${EPOCHREALTIME//[!0-9]/} / 1000)); }
# Starts `command` with the arguments given and kills it after a random time, of which $1 says how long it takes; `wait_ms` is how long it had.
killed=0 finished=0 undisturbed=0
strike() {
  local took=$1 victim code=0
  shift
  wait_ms=$(((RANDOM * 32768 + RANDOM) % (took * 21 / 20 + 1)))
  setsid "${command[@]}" "$@" >"$work/log" 2>&1 &
  victim=$!
  sleep "$(printf '%d.%03d' $((wait_ms / 1000)) $((wait_ms % 1000)))"
  kill -KILL -- "-$victim" 2>/dev/null || kill -KILL "$victim" 2>/dev/null || true
  wait "$victim" 2>/dev/null || code=$?
  case $code in 137) killed=$((killed + 1)) ;; 0 | "$undisturbed") finished=$((finished + 1)) ;; *) cat "$work/log" >&2; die "turn $turn: ${command[1]} says no by itself, with exit code $code" ;; esac
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
  start=$(now_ms)
  "${command[@]}" "${offline[@]}" >/dev/null
  took[$verb]=$(($(now_ms) - start + 1))
done
say "$script: $root; lock takes ${took[lock]} ms, build ${took[build]} ms; seed $seed"

# Blobs below $1 whose bytes are not those of their names.
broken() {
  [[ -d $1 ]] || return 0
  find "$1" -type f -path '*/sha256/*' -print0 | xargs -0 -r sha256sum | awk '{path = $2; hex = path; sub(/.*\/sha256\//, "", hex); sub(/\//, "", hex); if (hex != $1) print path}'
}

for ((turn = 1; turn <= times; ++turn)); do
  verb=build
  if ((turn % 2)); then verb=lock; fi
  # Where it starts from: with work done before, or without.
  case $((RANDOM % 3)) in 0) rm -rf "$work/cache/ashlar/frames" ;; 1) rm -rf out ;; *) rm -rf out "$work/cache/ashlar/frames" ;; esac
  if ((refetch && RANDOM % 2)); then rm -rf "$work/cache/ashlar"; fi
  rm -f "$lock" built.json
  if [[ $verb == build ]]; then cp wanted.lock.json "$lock"; fi
  command_of $verb
  strike "${took[$verb]}" "${offline[@]}"
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
((tests)) || exit 0

# What is there of run tests although none goes on.
remains() {
  find "$work/state/ashlar/run" "$work/tmp" -mindepth 1 -maxdepth 1 2>/dev/null || true
  find "$work" \( -name '.ashlar-*' -o -name '*draft*' \) -prune 2>/dev/null || true
  grep -lsF "$work/" /proc/[0-9]*/mountinfo || true
  find /sys/fs/cgroup -type d -path '*/ashlar/*' 2>/dev/null | sort | comm -13 <(echo "$groups_before") - || true
  find /proc/[0-9]*/exe -lname "$work/*" 2>/dev/null || true
  grep -lsaE "$work[/]state" /proc/[0-9]*/cmdline || true  # [/]: not this one
}
answers() { jq -cS '[.checks[] | [.id, .result]]' tested.json; }
groups_before=$(find /sys/fs/cgroup -type d -path '*/ashlar/*' 2>/dev/null | sort)
command_of test
# What the tests say undisturbed, and its exit code: what the bytes of an image are blamed for is not the question here.
ask() { code=0; "${command[@]}" >"$work/log" 2>&1 || code=$?; }
ran() { jq -r '[.checks[] | select(.id | startswith("run:"))] | '"$1" tested.json; }
ask
((code == 0 || code == 1 || code == 3)) || { cat "$work/log" >&2; die "the image cannot be tested, undisturbed"; }
case $(ran 'if length == 0 then "none" elif all(.result == "passed") then "passed" elif any(.result == "failed") then "failed" else "not run" end') in
  passed) ;;
  failed) ran '.[] | select(.result == "failed") | .id, .evidence[]' >&2; die "the image does not pass its run tests, undisturbed" ;;
  none) say "$script: no test was killed: the definition has no run tests"; exit 0 ;;
  *) say "$script: no test was killed: $(ran 'map(select(.result != "passed"))[0].evidence[0]')"; exit 0 ;;
esac
start=$(now_ms)
ask
took[test]=$(($(now_ms) - start + 1))
undisturbed=$code
passed=$(answers)
killed=0 finished=0 untidy=0
say "$script: test takes ${took[test]} ms"
for ((turn = 1; turn <= tests; ++turn)); do
  if ((RANDOM % 2)); then find "$work/cache/ashlar/roots" -name complete -delete 2>/dev/null || true; fi  # the image is unpacked anew
  rm -f tested.json
  strike "${took[test]}"
  where="turn $turn: test, killed after $wait_ms ms"
  # Whoever tidies up after a killed test needs a moment.
  for ((tenth = 0; tenth < 50; ++tenth)); do
    left=$(remains)
    [[ -n $left ]] || break
    sleep 0.1
  done
  if [[ -n $left ]]; then untidy=$((untidy + 1)); fi
  ask
  ((code == undisturbed)) || { cat "$work/log" >&2; die "$where; the same command then ends with $code instead of $undisturbed"; }
  [[ $(answers) == "$passed" ]] || die "$where; then the answers are others: $(answers)"
  # A busy machine may take a while over it; what never goes is what is asked for.
  for ((tenth = 0; tenth < 600; ++tenth)); do
    still=$(remains)
    [[ -n $still ]] || break
    sleep 0.1
  done
  [[ -z $still ]] || die "$where; left behind, also after the next run:"$'\n'"$(for each in $still; do echo "$each"; [[ $each != */cmdline ]] || tr '\0' ' ' <"$each" || true; done)"
done
say "$script: $tests tests, $killed killed, $finished done before; the same answers each time; $untidy times something was left until the next run, which took it away; 0 things left behind"
