#!/usr/bin/env bash
# From a fresh Debian 12 or 13 to a hardened image that runs: installs what lacks, builds ashlar, builds the python image for two platforms from the
# real archive, checks it, runs it, scans it, and says what came of it.
#   scripts/quickstart.sh [DEFINITION]        catalog/python/3.13.yaml unless another is named
set -euo pipefail
source "$(dirname "$0")/machine.sh"
SECONDS=0
definition=${1:-$top/catalog/python/3.13.yaml}
[[ -f $definition ]] || die "there is no definition '$definition'"
definition=$(realpath "$definition")
"$top/scripts/install-needs.sh" run
folder=$(build_root)
build_preset release "$folder/release" ashlar
ashlar=$folder/release/ashlar
export ASHLAR_DATA_DIR=$top PATH=$PATH:/usr/sbin:/sbin
out=$folder/quickstart
mkdir -p "$out"
# The lock is written beside the definition; where that is not ours, in a copy of the catalogue.
if [[ $definition == "$top"/* && ! -w $(dirname "$definition") ]]; then
  rm -rf "$out/catalog" && cp -r "$top/catalog" "$out/catalog"
  definition=$out/${definition#"$top"/}
fi
name=$(basename "$(dirname "$definition")") tag=$(basename "$definition" .yaml)
layout=$out/$name
checks=() failed=0
check() { # check WORDS COMMAND...: remembers whether the command succeeds
  local words=$1
  shift
  if "$@"; then checks+=("ok    $words"); else checks+=("FAIL  $words"); failed=1; fi
}

step "what this machine has"
"$ashlar" doctor >&2 || die "this machine cannot build images: the lines marked MISSING above say why"

step "build $name $tag for linux/amd64 and linux/arm64"
build() { "$ashlar" build "$definition" --platform linux/amd64,linux/arm64 "$@"; }
start=$EPOCHREALTIME
build -o "oci:$layout:$tag" --format json --output "$out/build.json"
took=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN {printf "%.2f", b - a}')
start=$EPOCHREALTIME
# Once more, with nothing but the packages: in another folder, and with a cache that holds no work of ashlar's.
mkdir -p "$out/cache/ashlar"
rm -rf "$out/cache/ashlar/frames" "$out/again"
ln -sfn "${XDG_CACHE_HOME:-$HOME/.cache}/ashlar/packages" "$out/cache/ashlar/packages"
XDG_CACHE_HOME=$out/cache build -o "oci:$out/again:$tag" --format json --output "$out/again.json" --quiet
again=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN {printf "%.2f", b - a}')

step "check it"
digest=$(jq -r .root "$out/build.json")
check 'built again from the packages alone, elsewhere: the same, byte for byte' test "$digest" = "$(jq -r .root "$out/again.json")"
whole_layers() { local file; for file in "$layout"/blobs/sha256/*; do [[ $(sha256sum < "$file") == "$(basename "$file")  -" ]] || return 1; done; }
check 'every blob has the digest that names it' whole_layers
machine=$(dpkg --print-architecture)
listing=$out/listing.txt
list_files() {
  local manifest layer
  manifest=$(jq -r --arg platform "linux/$machine" '[.images[] | select(.platform == $platform)][0].image.digest' "$out/build.json")
  : > "$listing"
  for layer in $(jq -r '.layers[].digest | ltrimstr("sha256:")' "$layout/blobs/sha256/${manifest#sha256:}"); do
    tar -tvf "$layout/blobs/sha256/$layer" >> "$listing" || return 1
  done
}
if [[ $machine == amd64 || $machine == arm64 ]]; then
  check 'tar reads its layers' list_files
  none() { ! grep -qE "$1" "$listing"; }
  check 'no shell in it' none ' (\./)?(usr/)?s?bin/(sh|bash|dash|ash|ksh|zsh|busybox)( |$)'
  check 'no package manager in it' none ' (\./)?(usr/)?s?bin/(apt|apt-get|dpkg|pip3?|apk|rpm)( |$)'
  check 'no file that gives its user other rights (set-id)' none '^-..[sS]|^-.....[sS]'
fi
ran='not run'
if [[ -n ${ASHLAR_CI-} ]]; then command -v skopeo >/dev/null || die "there is no skopeo (ASHLAR_CI is set)"; fi
if command -v skopeo >/dev/null; then
  config() { skopeo inspect --override-arch "$machine" --config "oci:$layout:$tag"; }
  check 'skopeo reads it' eval 'config > "$out/config.json"'
  check 'it runs as an ordinary user' eval '[[ $(jq -r ".config.User" "$out/config.json") =~ ^(65532|nonroot|postgres|nginx)(:|$) ]]'
  # Arguments replace the cmd; where that is the whole command, its program comes first.
  mapfile -t program < <(jq -r '.config | if (.Entrypoint // []) == [] then .Cmd[0] else empty end' "$out/config.json")
  arguments=(--version)
  if [[ $name == python ]]; then
    arguments=(-c 'import os, ssl, sys; print("Python", sys.version.split()[0], "with", ssl.OPENSSL_VERSION, "as user", os.getuid())')
  fi
  code=0
  ran=$("$top/scripts/run-image.sh" "$layout:$tag" "${program[@]}" "${arguments[@]}" 2>"$out/run.err" | head -n 1) || code=$?
  if ((code == 125)) && [[ -z ${ASHLAR_CI-} ]]; then
    ran="not run: $(tail -n 1 "$out/run.err" | sed 's/^[^:]*: //')"
  else
    cat "$out/run.err" >&2
    check 'it runs: read-only root, no capabilities, no network' test "$code" = 0
  fi
fi

step "scan it"
# State of its own: a database that the user keeps stays as it is.
scan="not scanned: there are no advisories beside this tree; \`$ashlar feed update\` fetches them" data=
"$top/scripts/advisories.sh" --ashlar "$ashlar" "$out/data" >&2
if [[ -f $out/data/ashlar/advisories/current ]]; then
  code=0
  XDG_DATA_HOME=$out/data "$ashlar" scan "oci:$layout:$tag" --quiet --format json --output "$out/scan.json" || code=$?
  check 'a scan of it gives an answer' test "$code" = 0 -o "$code" = 3
  scan="no answer (exit code $code)"
  if ((code == 0 || code == 3)); then scan=$(jq -r '"\(.verdict): \(.summary.by_status.affected // 0) findings, \(.coverage.judged) of \(.coverage.packages) packages judged, \(.coverage.files.owned) files explained, \(.coverage.files.dark) dark"' "$out/scan.json")
    scan+=$(jq -r '.causes[:3][] | "\n            not known: " + .' "$out/scan.json"); fi
  data='
  by        old data to show how a scan works (Debian'"'"'s part is derived from changelogs, and no statement of Debian'"'"'s);
            `ashlar feed update` fetches what the publishers say today'
fi

cat <<SUMMARY

  $name $tag
  $(printf '%.0s-' {1..76})
  index     $digest
  at        oci:$layout:$tag
$(jq -r '.images[] | "  \((.platform | ltrimstr("linux/") + "          ")[0:10])\(.image.size / 1e6 * 10 | round / 10) MB to pull, \(.content_size / 1e6 * 10 | round / 10) MB of files, \(.packages | length) packages, \(.image.layers | length) layers"' "$out/build.json")
  ran       $ran
  scan      $scan$data
$(printf '  check     %s\n' "${checks[@]}")
  time      $took s to build both platforms, $again s from the packages alone; ${SECONDS} s for all of this

  Look closer:  $ashlar explain $definition libssl3t64
                $ashlar diff oci:$layout:$tag oci:$out/again:$tag
                $ashlar catalog list
SUMMARY
exit $failed
