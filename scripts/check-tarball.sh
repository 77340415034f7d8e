#!/usr/bin/env bash
# Runs the relocatable tarball in bare roots of other distributions, as an ordinary user, with and without user namespaces, and measures what it costs.
#   scripts/check-tarball.sh [--ashlar NATIVE] [--roots FOLDER] TARBALL [SUITE...]
# SUITE: Debian's, by default bullseye, bookworm and trixie (minimal roots, made once in FOLDER, by default build/roots, from the mirror of this machine's
# apt); `empty` is a root with no file but the tarball's, as far from Debian as a distribution can be; it is always tried. NATIVE: the program that
# the tarball was made of, to compare images and start times with. In each root: --version, doctor, lock and build. Needs bwrap and mmdebstrap, no root.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
native=$(build_root)/release/ashlar roots=$(build_root)/roots
while [[ ${1-} == --* ]]; do
  case $1 in
    --ashlar) native=$2; shift 2 ;;
    --roots) roots=$2; shift 2 ;;
    *) sed -n 3,6p "$0" >&2; exit 2 ;;
  esac
done
(($#)) || { sed -n 3,6p "$0" >&2; exit 2; }
tarball=$(realpath "$1")
shift
suites=("$@")
if ((${#suites[@]} == 0)); then suites=(bullseye bookworm trixie); fi
for tool in bwrap mmdebstrap jq; do command -v $tool >/dev/null || { say "$script: skipped: this machine has no $tool"; exit 3; }; done
bwrap --ro-bind / / --unshare-user true 2>/dev/null || { say "$script: skipped: bwrap starts nothing here"; exit 3; }
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' | awk '$2 !~ /-/ && $1 ~ /debian\/$/ {print $1; exit}')
[[ -n $mirror ]] || { say "$script: skipped: this machine's apt reads no Debian archive"; exit 3; }
mirror=${mirror%/}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$roots" "$work/opt"
tar -C "$work/opt" -xzf "$tarball"
inside=$(echo "$work"/opt/ashlar-*)
export ASHLAR_DATA_DIR=$top
cat > "$work/jq.yaml" <<'YAML'
name: jq
image: example/jq
distribution: debian-13
tags: ["1"]
platforms: [linux/amd64, linux/arm64]
contents:
  packages: [jq]
accounts:
  run-as: nonroot
  users: [{name: nonroot, uid: 65532, gid: 65532}]
  groups: [{name: nonroot, gid: 65532}]
entrypoint: [jq]
YAML

step "lock and build by $native itself"
mkdir -p "$work/native"
cp "$work/jq.yaml" "$work/native"
(cd "$work/native" && "$native" lock jq.yaml --mirror "$mirror" --quiet && "$native" build jq.yaml -o oci:out --format json --quiet --output built.json)
wanted=$(jq -r .root "$work/native/built.json")

# root_of SUITE: its folder; made where it lacks.
root_of() {
  local root=$roots/$1
  if [[ $1 == empty ]]; then
    mkdir -p "$root"/{etc,proc,dev,tmp,opt,home}
  elif [[ ! -e $root/etc/os-release ]]; then
    rm -rf "$root"
    mmdebstrap --quiet --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' "$1" "$root" "$mirror" >&2 || return 1
    mkdir -p "$root/opt" "$root/home"
  fi
  echo "$root"
}
# within ROOT HOME [OPTION...] -- COMMAND...: as user 1000, with nothing of this machine but its network and how it finds names.
within() {
  local root=$1 home=$2 options=()
  shift 2
  while [[ $1 != -- ]]; do options+=("$1"); shift; done
  shift
  local names=() file
  for file in /etc/resolv.conf /etc/hosts; do [[ -e $file ]] && names+=(--ro-bind "$(realpath $file)" $file); done
  bwrap --bind "$root" / --tmpfs /opt --ro-bind "$work/opt" /opt --tmpfs /home --bind "$home" /home/me --tmpfs /tmp --proc /proc --dev /dev "${names[@]}" --remount-ro / \
    --unshare-user --uid 1000 --gid 1000 --unshare-pid --unshare-ipc --die-with-parent --clearenv --setenv HOME /home/me --setenv PATH /usr/bin:/bin --chdir /home/me "${options[@]}" "$@"
}
failed=0 rows=()
# try SUITE HOW [OPTION...]
try() {
  local suite=$1 how=$2 root home answer program=/opt/$(basename "$inside")/bin/ashlar
  shift 2
  if ! root=$(root_of "$suite"); then rows+=("$suite|$how|cannot be had from this machine's mirror"); failed=1; return; fi
  home=$work/home-$suite-$how
  mkdir -p "$home"
  cp "$work/jq.yaml" "$home"
  answer=$(within "$root" "$home" "$@" -- $program --version) || { rows+=("$suite|$how|--version fails: $answer"); failed=1; return; }
  within "$root" "$home" "$@" -- $program doctor > "$work/doctor" 2>&1 || true
  local doctor
  doctor=$(grep -c '^MISSING' "$work/doctor" || true)
  if ! answer=$(within "$root" "$home" "$@" -- $program lock jq.yaml --mirror "$mirror" --quiet 2>&1); then rows+=("$suite|$how|lock fails: $(head -1 <<<"$answer")"); failed=1; return; fi
  if ! answer=$(within "$root" "$home" "$@" -- $program build jq.yaml --mirror "$mirror" -o oci:out --format json --quiet --output built.json 2>&1); then rows+=("$suite|$how|build fails: $(head -1 <<<"$answer")"); failed=1; return; fi
  answer=$(jq -r .root "$home/built.json")
  if [[ $answer == "$wanted" ]]; then answer="the same image"; else answer="another image: $answer"; failed=1; fi
  rows+=("$suite|$how|$(tail -1 <(within "$root" "$home" "$@" -- $program --version)), doctor: $doctor missing, lock and build: $answer")
}
for suite in "${suites[@]}" empty; do
  step "in a root of $suite"
  try "$suite" namespaces
  try "$suite" none --disable-userns
done

# start PROGRAM: the processor time of a start, in microseconds, over 60 of them: where others work on the machine, too, the clock on the wall says little.
start() {
  local TIMEFORMAT='%3U %3S'
  { time for _ in $(seq 60); do "$1" --version > /dev/null; done; } 2>&1 | awk '{print int(($1 + $2) * 1e6 / 60)}'
}
step "measure"
own=$(start "$native") theirs=$(start "$inside/bin/ashlar")
printf '%s\n' "${rows[@]}" | awk -F'|' 'BEGIN {printf "%-10s %-24s %s\n", "root", "user namespaces", "answer"} {printf "%-10s %-24s %s\n", $1, $2 == "none" ? "forbidden" : "allowed", $3}'
printf 'size       %s bytes packed, %s unpacked\n' "$(stat -c %s "$tarball")" "$(du -sb "$inside" | cut -f1)"
printf 'start      native %d us, tarball %d us, ratio %s (processor time of --version, 60 starts)\n' "$own" "$theirs" "$(awk -v a="$own" -v b="$theirs" 'BEGIN {printf "%.2f", b / a}')"
exit $failed
