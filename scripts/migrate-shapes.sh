#!/usr/bin/env bash
# Migrates the shapes of tests/data/workload/migrate, builds what comes out, runs it, and writes what held to docs/migrated-shapes.md.
#   scripts/migrate-shapes.sh [--ashlar PROGRAM] [--layout LAYOUT] [--only SHAPE]... [--jobs N] [--table FILE] [--work FOLDER] [--no-old] [--rest]
# Every shape is migrated; one whose shape.yaml says `builds: true` is built by podman from a registry on loopback that holds this catalogue's images, and run
# under runc: read-only root, no capabilities, its own user, no network. Usual bases come from no registry here: what was there before is built on a stand-in,
# the -dev image of the same kind, where the Dockerfile lets it (--no-old leaves that out); old and new then run side by side (docs/proving-migrations.md).
# --layout: an OCI layout with images built before; what lacks is built. Packages come from where this machine's apt has them. --work keeps logs and the
# registry there, and a shape whose Dockerfile and files are those that were built before is not built again. --rest takes what a run before found in that
# folder as it is, migrates the other shapes without building them, and writes the table of all.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
export PATH=$PATH:/usr/sbin:/sbin
usage() { sed -n '3,10s/^# \{0,1\}//p' "$0"; }
ashlar=$(build_root)/release/ashlar layout= only=() parallel=$(jobs) table=$top/docs/migrated-shapes.md work= old=1 rest=
while (($#)); do case $1 in
  --ashlar) ashlar=$(realpath "$2"); shift 2 ;; --layout) layout=$(realpath "$2"); shift 2 ;; --only) only+=("$2"); shift 2 ;; --jobs) parallel=$2; shift 2 ;;
  --table) table=$(realpath "$2"); shift 2 ;; --work) work=$2; shift 2 ;; --no-old) old=; shift ;; --rest) rest=1; shift ;;
  --help | -h) usage; exit 0 ;; *) usage >&2; exit 2 ;; esac; done
for program in podman docker-registry runc jq curl; do command -v $program >/dev/null || die "there is no $program"; done
[[ -x $ashlar ]] || die "there is no program '$ashlar'; name one with --ashlar"
[[ $(id -u) == 0 ]] || die "podman's builder needs root here"
export ASHLAR_DATA_DIR=$top
shapes=$top/tests/data/workload/migrate
if ((${#only[@]} == 0)); then mapfile -t only < <(cd "$shapes" && printf '%s\n' */ | tr -d /); fi

kept=$work
scratch=$(mktemp -d "${TMPDIR:-/tmp}/ashlar-shapes.XXXXXX")
work=${kept:-$scratch/work}
mkdir -p "$work"
registry=
tidy() {
  if [[ -n $registry ]]; then kill "$registry" 2>/dev/null || true; fi
  # The storage is podman's alone: mounts of it first.
  podman unmount --all >/dev/null 2>&1 || true
  local each
  for each in $(awk -v below="$scratch/" 'index($2, below) == 1 {print $2}' /proc/mounts | sort -r); do umount "$each" 2>/dev/null || umount --lazy "$each" || true; done
  rm -rf "$scratch"
}
trap tidy EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

# Storage, settings and registry of its own, gone with the folder.
export CONTAINERS_STORAGE_CONF=$scratch/storage.conf CONTAINERS_REGISTRIES_CONF=$scratch/registries.conf
printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/storage"\nrunroot = "%s/run"\n' "$scratch" "$scratch" > "$CONTAINERS_STORAGE_CONF"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
host=127.0.0.1:$port
printf 'version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %s/registry}}\nhttp: {addr: "%s", secret: loopback}\n' "$work" "$host" > "$scratch/registry.yml"
docker-registry serve "$scratch/registry.yml" >"$scratch/registry.log" 2>&1 &
registry=$!
for ((turn = 0; turn < 100; ++turn)); do curl -sf "http://$host/v2/" >/dev/null && break; sleep 0.1; done
# Names without a host are stand-ins.
printf 'unqualified-search-registries = ["%s"]\nshort-name-mode = "disabled"\n[[registry]]\nlocation = "%s"\ninsecure = true\n' "$host" "$host" > "$CONTAINERS_REGISTRIES_CONF"

# Where this machine's apt has Debian.
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep -m 1 '/debian/*$' || true)
[[ -n $mirror ]] || die "this machine's apt knows no archive of Debian"

# image KIND TAG: one of the catalogue at the registry, from the layout, or built.
cp -r "$top/catalog" "$scratch/catalog"
image() {
  local name=$1 tag=$2
  curl -sf -o /dev/null -H 'accept: application/vnd.oci.image.manifest.v1+json' -H 'accept: application/vnd.oci.image.index.v1+json' "http://$host/v2/ashlar/$name/manifests/$tag" && return
  local from=$layout
  if [[ -z $from ]] || ! jq -e --arg tag "$name-$tag" 'any(.manifests[]; .annotations["org.opencontainers.image.ref.name"] == $tag)' "$from/index.json" >/dev/null; then
    from=$scratch/built
    "$ashlar" build "$scratch/catalog/$name/$tag.yaml" --platform linux/amd64 --image-mirror "$mirror" --quiet -o "oci:$from:$name-$tag" >/dev/null
  fi
  "$ashlar" copy --quiet "oci:$from:$name-$tag" "$host/ashlar/$name:$tag" >/dev/null
}
# The health probe, as an image of one file.
probe_image() {
  local folder=$scratch/probe
  mkdir -p "$folder/usr/lib/ashlar"
  cc -o "$folder/usr/lib/ashlar/probe" $(sed -n '/^set(ASHLAR_PROBE_FLAGS/,/)$/p' "$top/cmake/Probe.cmake" | tr '\n' ' ' | sed 's/^set(ASHLAR_PROBE_FLAGS//; s/) *$//') "$top/probe/probe.c"
  printf 'FROM scratch\nCOPY usr /usr\n' > "$folder/Containerfile"
  podman build -q -t "$host/ashlar/probe:1" "$folder" >/dev/null && podman push -q --tls-verify=false "$host/ashlar/probe:1" >/dev/null
}
# stand_in IMAGE: a usual base by the -dev image of its kind; fails where there is none.
stand_in() {
  local name=${1%%:*} kind
  case $name in
    python) kind=python:3.13-dev ;; node) kind=node:20-dev ;; nginx) kind=nginx:1.26-dev ;; httpd) kind=httpd:2.4-dev ;; redis) kind=redis:8.0-dev ;; ruby) kind=ruby:3.3-dev ;; perl) kind=perl:5.40-dev ;;
    php) kind=php:8.4-dev ;; gcc) kind=gcc:14-dev ;; eclipse-temurin | openjdk) kind=openjdk:21-jdk-dev ;; debian | ubuntu) kind=base:13-dev ;; *) return 1 ;;
  esac
  [[ $1 != *alpine* ]] || return 1  # apk is not apt
  image "${kind%%:*}" "${kind#*:}"
  podman pull -q --tls-verify=false "$host/ashlar/$kind" >/dev/null
  podman tag "$host/ashlar/$kind" "localhost/$1" "docker.io/library/$1"
}

value() { sed -n "s/^$2: *\"\{0,1\}\(.*[^\"]\)\"\{0,1\}$/\1/p" "$shapes/$1/shape.yaml"; }
run_value() { sed -n "s/^run: {\(.*\)}$/\1/p" "$shapes/$1/shape.yaml" | python3 -c 'import sys, re; m = re.search(r"(?:^|, )" + sys.argv[1] + r": (?:\"([^\"]*)\"|([^,]*))", sys.stdin.read()); print((m.group(1) or m.group(2)).strip() if m else "")' "$2"; }
# build FILE CONTEXT TAG LOG: with this machine's roots of trust while it runs, but where the image makes such a bundle itself.
build() {
  local roots=(-v /etc/ssl/certs/ca-certificates.crt:/etc/ssl/certs/ca-certificates.crt:ro)
  if grep -q update-ca-certificates "$1"; then roots=(); fi
  timeout 900 podman build --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --isolation chroot --network host --pull=missing --tls-verify=false --layers=false \
    "${roots[@]}" -t "$3" -f "$1" "$2" >"$4" 2>&1 </dev/null
}
# once new|old FILE: builds it and puts it into the registry, unless that was done before.
once() {
  local stamp image=$host/shapes/$name:$1
  stamp=$({ sed "s#$host#HOST#g" "$2"; tar -C "$folder" --sort=name --mtime=@0 -c context; } | sha256sum)
  if [[ $(cat "$folder/$1.stamp" 2>/dev/null) != "$stamp" ]]; then
    build "$2" "$folder/context" "$image" "$folder/$1.log" && podman push -q --tls-verify=false "$image" >/dev/null || return 1
    podman image inspect --format '{{.Size}}' "$image" > "$folder/$1.size"
    podman rmi -f "$image" >/dev/null 2>&1 || true
    echo "$stamp" > "$folder/$1.stamp"
  fi
}
# Whether every base of a Dockerfile has a stand-in here.
usual() {
  local each
  for each in $(sed -n 's/^FROM \(--[^ ]* \)*\([^ ]*\).*/\2/pI' "$1" | tr -d '\r' | sort -u); do
    grep -qiE "^FROM .* AS $each *$" "$1" || [[ $each == scratch ]] || stand_in "$each" 2>/dev/null || return 1
  done
}
# One shape: a line of the table, tabs between, below $work.
shape() {
  if [[ -n $rest && -s $work/$1/row ]]; then return; fi
  local name=$1 folder=$work/$1 converts=no builds=- runs=- proof=- before=- after=- code=0 why=
  mkdir -p "$folder"
  rm -rf "$folder"/{context,Dockerfile,proof.json}
  cp -r "$shapes/$name" "$folder/context"
  rm -f "$folder"/context/{Dockerfile.hardened,report.txt,shape.yaml}
  "$ashlar" migrate "$folder/context/Dockerfile" --write "$folder/Dockerfile" --bases "$host/ashlar" >"$folder/report" 2>&1 || code=$?
  if ((code <= 1)) && [[ -f $folder/Dockerfile ]]; then converts=yes; else why=$(sed -n "s/^[^ ]*:[0-9]*:[0-9]*: //p" "$folder/report" | head -n 1 | cut -c1-160); fi
  if [[ -n $rest && $converts == yes && $(value "$name" builds) == true ]]; then
    why='not built in this run'
  elif [[ $converts == yes && $(value "$name" builds) == true ]]; then
    local new=$host/shapes/$name:new was=$host/shapes/$name:old
    if once new "$folder/Dockerfile"; then
      builds=yes after=$(<"$folder/new.size")
      if [[ -n $old ]] && usual "$folder/context/Dockerfile" && once old "$folder/context/Dockerfile"; then before=$(<"$folder/old.size"); fi
      run "$name"
    else
      builds=no why=$(grep -vE '^(Error: )?error building|^$' "$folder/new.log" | tail -n 1 | cut -c1-120)
    fi
  fi
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$(value "$name" summary)" "$converts" "$builds" "$runs" "$proof" "$before" "$after" "$why" > "$folder/row"
  say "$name: converts $converts, builds $builds, runs $runs, as before $proof${why:+ ($why)}"
}
# Old and new side by side where there is an old one, else the new one against itself run as engines do.
run() {
  local options=() expect port path code=0
  expect=$(run_value "$1" expect) port=$(run_value "$1" port) path=$(run_value "$1" path)
  if [[ -n $port && -n $path ]]; then options+=(--get "$port$path"); fi
  "$ashlar" migrate --prove --old-image "$([[ $before == - ]] && echo "$new" || echo "$was")" --new-image "$new" "${options[@]}" --format json --output "$folder/proof.json" >"$folder/prove.log" 2>&1 || code=$?
  # An old image that does nothing by itself, or does not start on its stand-in, says nothing of the new one, which then runs alone.
  if [[ $before != - ]] && [[ ! -s $folder/proof.json || $(jq -r '.answer' "$folder/proof.json") == unknown ]]; then
    proof=unknown
    "$ashlar" migrate --prove --old-image "$new" --new-image "$new" "${options[@]}" --format json --output "$folder/proof.json" >"$folder/prove.log" 2>&1 || true
  fi
  if [[ ! -s $folder/proof.json ]]; then runs=no why=$(tail -n 1 "$folder/prove.log" | cut -c1-120); return; fi
  if jq -e --arg expect "$expect" --arg port "$port" --arg path "$path" '.new.seen
    | if $path != "" then (.answers[0].status == 200 and ((.answers[0].begins // "") | contains($expect)))
      elif $port != "" then (.listening | any(. == ($port | tonumber)))
      else ((.last_lines // "") | contains($expect)) end' "$folder/proof.json" >/dev/null; then runs=yes; else runs=no; fi
  if [[ $before != - && $proof != unknown ]]; then proof=$(jq -r '.answer' "$folder/proof.json"); fi
  if [[ $runs == no || $proof == differs ]]; then why=$(jq -r '[.changes[] | select(.weight == "breaking") | .id + ": " + .what][0] // .doubt // .new.seen.refusal // ((.new.seen.last_lines // "") | split("\n") | last) // ""' "$folder/proof.json" | cut -c1-120); fi
}

step "images for the shapes"
for each in "${only[@]}"; do
  [[ -z $rest && $(value "$each" builds) == true ]] || continue
  "$ashlar" migrate "$shapes/$each/Dockerfile" --bases HERE 2>/dev/null | grep -oE 'HERE/[a-z0-9-]+:[A-Za-z0-9._-]+' || true
done | sort -u | sed 's#^HERE/##' > "$scratch/wanted"
while IFS=: read -r name tag; do
  if [[ $name == probe ]]; then probe_image; else image "$name" "$tag"; fi
done < "$scratch/wanted"

step "${#only[@]} shapes, $parallel at once"
running=0
for each in "${only[@]}"; do
  if ((running >= parallel)); then wait -n -p ended || true; running=$((running - 1)); [[ $ended != "$registry" ]] || die "the registry ended"; fi
  shape "$each" &
  running=$((running + 1))
done
while ((running > 0)); do wait -n || true; running=$((running - 1)); done

size() { if [[ $1 == - ]]; then echo -; else numfmt --to=si --suffix=B "$1"; fi; }
{
  printf '# Migrated shapes\nMade by scripts/migrate-shapes.sh; what its columns say is in [proving-migrations.md](proving-migrations.md#shapes). Usual bases are stand-ins here: sizes before are of those.\n\n'
  printf '| shape | what it is | converts | builds | runs | as before | before | after | why not |\n|---|---|---|---|---|---|---|---|---|\n'
  for each in "${only[@]}"; do
    IFS=$'\t' read -r name summary converts builds runs proof before after why < "$work/$each/row"
    printf '| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n' "$name" "$summary" "$converts" "$builds" "$runs" "$proof" "$(size "$before")" "$(size "$after")" "${why//|/\\|}"
  done
} > "$scratch/table"
# count COLUMN VALUE...: rows that have one of them there.
count() {
  local column=$1 total=0 each
  shift
  for each in "${only[@]}"; do [[ " $* " != *" $(cut -f"$column" "$work/$each/row") "* ]] || total=$((total + 1)); done
  echo $total
}
needs=$(for each in "${only[@]}"; do value "$each" builds; done | grep -c true || true)
printf '\n%s of %s shapes convert. Of %s that need nothing but Debian, %s were built: %s build, %s run.\n' "$(count 3 yes)" "${#only[@]}" "$needs" "$(count 4 yes no)" "$(count 4 yes)" "$(count 5 yes)" >> "$scratch/table"
cp "$scratch/table" "$table"
tail -n 1 "$table"
