#!/usr/bin/env bash
# Bundles that Sigstore's own projects publish to test verifiers with, judged by us and, where it is installed, by cosign: a table, and exit code 1 when we accept
# or refuse one wrongly.
#   scripts/sigstore-conformance.sh [--suite FOLDER] [--program FILE] [--cases]
# The bundles of sigstore-go and cosign come as Go modules, into build/sigstore-conformance. --suite names a checkout of sigstore-conformance, whose cases are
# judged, too (it is published in no package). --program is a judge_bundles that is built already. --cases gets the bundles alone, for the tests.
# Exit code 77: they cannot be had here, and it says why.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
suite='' program='' cases_alone=''
while (($#)); do case $1 in
  --suite) suite=$(realpath "$2"); shift 2 ;; --program) program=$(realpath "$2"); shift 2 ;; --cases) cases_alone=1; shift ;;
  *) sed -n '4,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac; done
sigstore_go=v1.1.4 cosign_module=v2.6.5

command -v go >/dev/null || { say "$script: skipped: this machine has no Go, with which the bundles come"; exit 77; }
module() { # PATH@VERSION: its folder
  local at
  at=$(cd "$work" && GOFLAGS=-mod=mod GOTOOLCHAIN=local timeout 300 go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p') || true
  [[ -n $at ]] || { say "$script: skipped: the module $1 cannot be had from here"; exit 77; }
  echo "$at"
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'module none' >"$work/go.mod"
go_module=$(module "github.com/sigstore/sigstore-go@$sigstore_go")
cosign_folder=$(module "github.com/sigstore/cosign/v2@$cosign_module")

if [[ -z $program && -z $cases_alone ]]; then
  build_preset dev "$(build_root)/dev" judge_bundles
  program=$(build_root)/dev/tests/conformance/judge_bundles
fi

cases=$(build_root)/sigstore-conformance
rm -rf "$cases"
mkdir -p "$cases/modules"
data=$go_module/pkg/testing/data examples=$go_module/examples
install -m 644 "$data/trusted-roots/public-good.json" "$cases/root.json"
: >"$cases/modules/a.txt"
# add NAME BUNDLE ROOT IDENTITY ISSUER ARTIFACT: a sha256, `any`, or a file.
add() {
  local at=$cases/modules/$1
  mkdir -p "$at"
  install -m 644 "$2" "$at/bundle.sigstore.json"
  install -m 644 "$3" "$at/trusted_root.json"
  echo "$4" >"$at/identity"
  echo "$5" >"$at/issuer"
  if [[ $6 == any ]]; then : >"$at/artifact.any"; else echo "$6" >"$at/artifact.sha256"; fi
}
public=$data/trusted-roots/public-good.json sandbox=$data/trusted-roots/scaffolding.json
actions=https://token.actions.githubusercontent.com
js=https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main
other=bc103b4a84971ef6459b294a2b98568a2bfb72cded09d4acd1e16366a401f95b
oci=732112270d7e59418a8c080b134b24cabd67d250d0d0147a97ed95ba5c280aa4
github=https://github.com/login/oauth
add other-name "$data/bundles/othername.sigstore.json" "$sandbox" 'foo!oidc.local' http://oidc.local:8080 $other
add other-name-of-another_fail "$data/bundles/othername.sigstore.json" "$sandbox" 'foo@oidc.local' http://oidc.local:8080 $other
add other-name-another-artifact_fail "$data/bundles/othername.sigstore.json" "$sandbox" 'foo!oidc.local' http://oidc.local:8080 $oci
add other-name-another-root_fail "$data/bundles/othername.sigstore.json" "$public" 'foo!oidc.local' http://oidc.local:8080 $other
add npm-provenance "$data/bundles/sigstore.js@2.0.0-provenance.sigstore.json" "$public" $js $actions any
add npm-provenance-another-root_fail "$data/bundles/sigstore.js@2.0.0-provenance.sigstore.json" "$sandbox" $js $actions any
add npm-provenance-another-issuer_fail "$data/bundles/sigstore.js@2.0.0-provenance.sigstore.json" "$public" $js $github any
add npm-provenance-example "$examples/bundle-provenance.json" "$public" $js $actions any
add npm-publish-without-its-key_fail "$examples/bundle-publish.json" "$public" $js $actions any
add dsse "$data/bundles/dsse.sigstore.json" "$public" brian@dehamer.com $github any
add dsse-two-signatures_fail "$data/bundles/dsse-2sigs.sigstore.json" "$public" brian@dehamer.com $github any
add oci-attestation "$cosign_folder/pkg/cosign/testdata/oci-attestation.sigstore.json" "$cosign_folder/pkg/cosign/testdata/trusted_root_pgi.json" cody@soyland.com $github $oci
add oci-attestation-of-another_fail "$cosign_folder/pkg/cosign/testdata/oci-attestation.sigstore.json" "$public" cody@soyland.com $github $other
folders=("$cases/modules")
if [[ -n $suite ]]; then
  cp -r "$suite/test/assets/bundle-verify" "$cases/suite"
  folders+=("$cases/suite")
fi

if [[ -n $cases_alone ]]; then exit 0; fi

# What cosign must be told of a bundle: `blob` or the predicate's type of an envelope, and whether its time is a timestamp authority's.
kind_of() {
  python3 - "$1" <<'PYTHON'
import base64, json, sys
try:
    bundle = json.load(open(sys.argv[1]))
    entry = (bundle["verificationMaterial"].get("tlogEntries") or [{}])[0]
    kind = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))["predicateType"] if "dsseEnvelope" in bundle else "blob"
    print(kind, "log" if entry.get("inclusionPromise") else "stamp")
except Exception:
    print("blob", "log")
PYTHON
}
cosign=$(command -v cosign || true)
if [[ -z $cosign && -x ${HOME:-/}/go/bin/cosign ]]; then cosign=$HOME/go/bin/cosign; fi
ask_cosign() { # FOLDER
  local kind time options=() artifact
  read -r kind time < <(kind_of "$1/bundle.sigstore.json")
  artifact=$1/artifact
  [[ -f $artifact ]] || artifact=$(dirname "$1")/a.txt
  if [[ $kind == blob ]]; then options=(verify-blob); else options=(verify-blob-attestation --type "$kind"); fi
  if [[ -f $1/artifact.any ]]; then options+=(--check-claims=false); artifact=; fi
  if [[ -f $1/artifact.sha256 && $kind == blob ]]; then echo -; return; fi  # it wants the artifact itself
  if [[ -f $1/artifact.sha256 ]]; then options+=(--digest "$(<"$1/artifact.sha256")" --digestAlg sha256); artifact=; fi
  if [[ $time == stamp ]]; then options+=(--use-signed-timestamps); fi
  if [[ -f $1/key.pub ]]; then options+=(--key "$1/key.pub"); else
    options+=(--certificate-identity "$(cat "$1/identity" 2>/dev/null || echo "$usual_identity")" --certificate-oidc-issuer "$(cat "$1/issuer" 2>/dev/null || echo "$actions")")
  fi
  local root=$1/trusted_root.json
  [[ -f $root ]] || root=$cases/root.json
  if HOME=$work http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 timeout 60 "$cosign" "${options[@]}" --bundle "$1/bundle.sigstore.json" --new-bundle-format --trusted-root "$root" ${artifact:+"$artifact"} >"$work/told" 2>&1; then
    echo accepted
  else
    echo refused
  fi
}
usual_identity=https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main

failed=0 count=0 peer_wrong=0
printf '| case | must be | ashlar | cosign | why ashlar refuses it |\n|---|---|---|---|---|\n'
for folder in "${folders[@]}"; do
  "$program" "$cases/root.json" "$folder" >"$work/table" || failed=1
  while IFS=$'\t' read -r name expected found why; do
    peer=-
    if [[ -n $cosign ]]; then peer=$(ask_cosign "$folder/$name"); fi
    count=$((count + 1))
    if [[ $peer != - && $peer != "$expected" ]]; then peer_wrong=$((peer_wrong + 1)) peer="**$peer**"; fi
    if [[ $found != "$expected" ]]; then found="**$found**"; fi
    printf '| %s | %s | %s | %s | %s |\n' "$name" "$expected" "$found" "$peer" "${why//|/\\|}"
  done <"$work/table"
done
say "$script: $count cases; cosign says otherwise than the case of $peer_wrong"
exit $failed
