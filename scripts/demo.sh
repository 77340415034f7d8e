#!/usr/bin/env bash
# The story of ashlar on one page: a definition is locked, built for two platforms, run, changed, built again, and the difference shown.
#   scripts/demo.sh [--fast]          --fast does not wait between the scenes
# Real components, and offline once the first run has fetched the packages. Builds the release if there is none.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
SECONDS=0
pause=1
if [[ ${1-} == --fast || ! -t 1 ]]; then pause=0; fi
folder=$(build_root)
ashlar=$folder/release/ashlar
if [[ ! -x $ashlar ]]; then
  "$top/scripts/install-needs.sh" run
  build_preset release "$folder/release" ashlar
fi
export ASHLAR_DATA_DIR=$top
# A cache of its own, so that the second run can be offline whatever the first one's user does meanwhile.
stage=$folder/demo
export XDG_CACHE_HOME=$stage/cache
offline=()
if [[ -f $stage/fetched ]]; then offline=(--offline); fi
rm -rf "$stage/project"
mkdir -p "$stage/project"
cp -r "$top/catalog" "$stage/project/"
find "$stage/project" -name '*.lock.json' -delete
cd "$stage/project"

scene() { printf '\n\n### %s\n' "$*"; if ((pause)); then sleep 2; fi; }
run() { printf '\n$ %s\n' "$*" | sed "s#$ashlar#ashlar#g; s#$top/##g"; "$@"; }
python=catalog/python/3.13.yaml

scene 'A definition says what an image is'
run head -n 20 $python

scene 'Lock it: every package, its version and digest, from signed indexes'
run "$ashlar" lock $python "${offline[@]}"
run "$ashlar" explain $python libssl3t64

scene 'Build it for two platforms: no root, no container engine, no script of a package on this machine'
run "$ashlar" build $python "${offline[@]}" --quiet --timings -o oci:out:before

scene 'Run it: read-only root, no capabilities, no network, an ordinary user'
if command -v runc >/dev/null || [[ -x /usr/sbin/runc ]]; then
  code=0
  run "$top/scripts/run-image.sh" out:before python3 -c 'import ssl, sys; print("hello from Python", sys.version.split()[0], "with", ssl.OPENSSL_VERSION)' || code=$?
  if ((code != 0 && code != 125)); then exit "$code"; fi
else
  echo '(left out: this machine has no runc)'
fi

scene 'Change one line of it, and build again: what did not change keeps its bytes'
sed -i 's/^environment:$/&\n  GREETING: hello/' $python
run grep -A 2 '^environment:' $python
run "$ashlar" build $python "${offline[@]}" --quiet --timings -o oci:out:after

scene 'What changed?'
run "$ashlar" diff oci:out:before oci:out:after

scene 'The first definition gives the first image again, byte for byte'
sed -i '/^  GREETING: hello$/d' $python
run "$ashlar" build $python "${offline[@]}" --quiet -o oci:out:again
before=$(jq -r '.manifests[] | select(.annotations."org.opencontainers.image.ref.name" == "before") | .digest' out/index.json)
again=$(jq -r '.manifests[] | select(.annotations."org.opencontainers.image.ref.name" == "again") | .digest' out/index.json)
[[ -n $before && $before == "$again" ]] || die "the images differ: $before, $again"
printf '\n%s\n%s\n' "$before  before" "$again  again"
touch "$stage/fetched"
printf '\n%s\n' "That was all, in $SECONDS s."
