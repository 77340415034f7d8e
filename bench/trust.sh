#!/usr/bin/env bash
# How long signing, attesting, verifying, copying and `make` take and how much memory, beside cosign and crane in turn against the same registry on
# loopback, which keeps what it is given in memory; the table goes to standard output.
#   bench/trust.sh [--build FOLDER] [--repeat N] [--only sign|verify|copy|make]
# FOLDER is a release build with benchmarks (build/release), N 9 rounds. COSIGN, CRANE and REGISTRY name the peers; by default those of ~/go/bin.
# sign    the image itself, in both layouts by us, under its tag by cosign (with its encrypted key, whose scrypt is also measured alone), and a statement with a
#         small predicate; each round signs an image of its own
# verify  that signature, and that statement
# copy    a layer of 1 GB that does not compress: to the registry and back into a layout
# make    the python image with everything cached and its tests known, published anew with all its statements; against the time of one `cosign attest`
set -euo pipefail
source "$(dirname "$0")/rounds.sh"
build=$here/build/release repeat=9 only=
while [[ ${1-} == --* ]]; do case $1 in
  --build) build=$2; shift 2 ;; --repeat) repeat=$2; shift 2 ;; --only) only=$2; shift 2 ;;
  *) sed -n '4,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac; done
take_programs "$build"
cosign=${COSIGN:-$HOME/go/bin/cosign} crane=${CRANE:-$HOME/go/bin/crane} registry=${REGISTRY:-$HOME/go/bin/ashlar-referrers-registry}
for program in "$cosign" "$crane" "$registry"; do [[ -x $program ]] || { echo "$script: there is no program '$program'; scripts/install-go-tools.sh builds it" >&2; exit 2; }; done
work=$work/trust
rm -rf "$work" && mkdir -p "$work"
cd "$work"
export XDG_DATA_HOME=$work/state
wants() { [[ -z $only || $only == "$1" ]]; }
port=$((20000 + RANDOM % 20000)) host=127.0.0.1
host=$host:$port
"$registry" "$host" >registry.log 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
for ((tenth = 0; tenth < 100; tenth++)); do if curl -fsS --noproxy '*' "http://$host/v2/" >/dev/null 2>&1; then break; fi; sleep 0.1; done

export COSIGN_PASSWORD=bench ASHLAR_KEY_PASSWORD=bench
"$cosign" generate-key-pair >/dev/null 2>&1
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out plain.key 2>/dev/null
openssl pkey -in plain.key -pubout -out plain.pub
echo '{"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}' >trusted.json
echo '{"checked": true}' >predicate.json
printf 'name: Bench\nimage: ashlar/bench\ndistribution: debian-13\nvariant: runtime\ntags: ["1"]\nplatforms: [linux/amd64]\ncontents:\n  packages: [base-files, tzdata, "!debconf", "!cdebconf", "!mawk", "!gawk", "!original-awk", "!dpkg", "!perl-base"]\naccounts:\n  run-as: nonroot\n  users:\n    - {name: nonroot, uid: 65532, gid: 65532}\n  groups:\n    - {name: nonroot, gid: 65532, members: [nonroot]}\n' >small.yaml
"$ashlar" build small.yaml -o oci:small:1 --quiet >/dev/null

# timed FILE COMMAND...: a measured run, its line added to FILE.
timed() {
  local file=$1
  shift
  "$measure" "$@" 3>>"$file" >/dev/null 2>errors || { cat errors >&2; echo "$script: '$*' failed" >&2; exit 1; }
}
tell() { [[ ! -s $1 ]] || printf '| %s | %.4f s | %.4f s | %s MB |\n' "$2" "$(median "$1" wall)" "$(median "$1" cpu)" "$(peak "$1")"; }
ratio() {
  [[ -s $1 && -s $2 ]] || return 0
  awk -v words="$3" -v a="$(median "$1" wall)" -v b="$(median "$2" wall)" -v c="$(median "$1" cpu)" -v d="$(median "$2" cpu)" 'BEGIN {printf "%s: %.1f times the wall time, %.1f times the processor time\n\n", words, b / a, d / c}'
}
place() { "$ashlar" copy oci:small:1 "docker://$host/$1:1" --quiet >/dev/null; }

say_machine
echo
echo '| | wall | processor time | peak memory |'
echo '|---|---|---|---|'
digest=
if wants sign || wants verify || wants make; then
  for ((round = 0; round < repeat; round++)); do
    for whose in ours sealed theirs; do place "$whose$round"; done
    digest=$("$crane" digest "$host/ours$round:1")
    timed sign.ours "$ashlar" sign "docker://$host/ours$round:1" --key plain.key
    timed sign.theirs "$cosign" sign --key cosign.key --tlog-upload=false "$host/theirs$round@$digest"
    timed sign.sealed "$ashlar" sign "docker://$host/sealed$round:1" --key cosign.key
    timed scrypt.theirs "$ashlar" keys export cosign.key
    timed attest.ours "$ashlar" attest "docker://$host/ours$round:1" --key plain.key --type https://example.com/check/v1 --predicate predicate.json
    timed attest.theirs "$cosign" attest --key cosign.key --tlog-upload=false --type https://example.com/check/v1 --predicate predicate.json "$host/theirs$round@$digest"
  done
fi
if wants verify || wants sign; then
  offline=(--private-infrastructure --trusted-root trusted.json)
  for ((round = 0; round < repeat; round++)); do
    place verify-theirs && "$cosign" sign --key cosign.key --tlog-upload=false "$host/verify-theirs@$digest" >/dev/null 2>&1 && "$cosign" attest --key cosign.key --tlog-upload=false --type https://example.com/check/v1 --predicate predicate.json "$host/verify-theirs@$digest" >/dev/null 2>&1
    timed verify.ours "$ashlar" verify "docker://$host/verify-theirs:1" --key cosign.pub
    timed verify.theirs "$cosign" verify --key cosign.pub "${offline[@]}" "$host/verify-theirs:1"
    timed verified.ours "$ashlar" verify "docker://$host/verify-theirs:1" --key cosign.pub --type https://example.com/check/v1
    timed verified.theirs "$cosign" verify-attestation --key cosign.pub "${offline[@]}" --type https://example.com/check/v1 "$host/verify-theirs:1"
  done
fi
if wants copy; then
  mkdir -p big/blobs/sha256
  head -c 1000000000 /dev/urandom >layer
  layer=$(sha256sum layer | cut -d' ' -f1) && mv layer "big/blobs/sha256/$layer"
  printf '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' "$layer" >config
  config=$(sha256sum config | cut -d' ' -f1) && config_size=$(stat -c %s config) && mv config "big/blobs/sha256/$config"
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%s},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:%s","size":1000000000}]}' "$config" "$config_size" "$layer" >manifest
  manifest=$(sha256sum manifest | cut -d' ' -f1) && manifest_size=$(stat -c %s manifest) && mv manifest "big/blobs/sha256/$manifest"
  echo '{"imageLayoutVersion":"1.0.0"}' >big/oci-layout
  printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%s,"annotations":{"org.opencontainers.image.ref.name":"1"}}]}' "$manifest" "$manifest_size" >big/index.json
  copies=$((repeat < 3 ? repeat : 3))
  for ((round = 0; round < copies; round++)); do
    # A registry of its own each time: what it has is not sent.
    for whose in ours theirs; do
      kill $server 2>/dev/null || true
      wait $server 2>/dev/null || true
      "$registry" "$host" >registry.log 2>&1 &
      server=$!
      for ((tenth = 0; tenth < 100; tenth++)); do if curl -fsS --noproxy '*' "http://$host/v2/" >/dev/null 2>&1; then break; fi; sleep 0.1; done
      rm -rf back && sync
      if [[ $whose == ours ]]; then
        timed push.ours "$ashlar" copy oci:big:1 "docker://$host/big:1" --quiet
        timed pull.ours "$ashlar" copy "docker://$host/big:1" oci:back:1 --quiet
      else
        timed push.theirs "$crane" push big "$host/big:1"
        timed pull.theirs "$crane" pull --format=oci "$host/big:1" back
      fi
    done
  done
  rm -rf back big
fi
if wants make; then
  mkdir -p project/catalog && cp -r "$here/catalog/python" project/catalog/
  printf 'gate: {stop-on: [], coverage: false}\n' >policy.yaml  # the records are made up
  "$build/bench/advisories" generate tracker.json 190000
  "$ashlar" feed update debian-tracker=tracker.json --quiet >&2
  "$ashlar" make project/catalog/python/3.13.yaml --to "docker://$host/python-first" --key plain.key --policy policy.yaml --quiet >errors 2>&1 || { cat errors >&2; exit 1; }
  for ((round = 0; round < repeat; round++)); do
    timed make.both "$ashlar" make project/catalog/python/3.13.yaml --to "docker://$host/python$round" --key plain.key --policy policy.yaml --quiet
    timed make.again "$ashlar" make project/catalog/python/3.13.yaml --to "docker://$host/python$round" --key plain.key --policy policy.yaml --quiet
  done
fi
tell sign.ours 'sign: ours, both layouts, key in PEM'
tell sign.sealed "sign: ours, both layouts, cosign's encrypted key"
tell scrypt.theirs "cosign's encrypted key opened alone"
tell sign.theirs 'sign: cosign, its encrypted key'
tell attest.ours 'attest: ours, both layouts, key in PEM'
tell attest.theirs 'attest: cosign, its encrypted key'
tell verify.ours "verify cosign's signature: ours"
tell verify.theirs "verify cosign's signature: cosign"
tell verified.ours "verify cosign's statement: ours"
tell verified.theirs "verify cosign's statement: cosign"
tell push.ours '1 GB to the registry: ours'
tell push.theirs '1 GB to the registry: crane'
tell pull.ours '1 GB from the registry: ours'
tell pull.theirs '1 GB from the registry: crane'
tell make.both 'make python for two platforms, all statements new'
tell make.again 'make python for two platforms again, nothing changed'
echo
ratio sign.ours sign.theirs 'sign: cosign takes'
ratio attest.ours attest.theirs 'attest: cosign takes'
ratio verify.ours verify.theirs 'verify a signature: cosign takes'
ratio verified.ours verified.theirs 'verify a statement: cosign takes'
ratio push.ours push.theirs 'push 1 GB: crane takes'
ratio pull.ours pull.theirs 'pull 1 GB: crane takes'
ratio make.both attest.theirs 'make python: one `cosign attest` takes'
