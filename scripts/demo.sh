#!/usr/bin/env bash
# The whole of ashlar on one page: a definition is locked, built for two platforms, run, scanned, changed, built again, held against a gate, published, signed and verified;
# a team's Dockerfile is denied, migrated, built and allowed; an advisory lands, base and application are renewed, and the outcome is told.
#   scripts/demo.sh [--fast] [--ashlar PROGRAM]          --fast does not wait between the scenes
# Real components, and offline once the first run has fetched the packages. Builds the release if there is none and no program is named.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
SECONDS=0
folder=$(build_root)
ashlar=$folder/release/ashlar pause=1
while (($#)); do case $1 in
  --fast) pause=0; shift ;; --ashlar) ashlar=$(realpath "$2"); shift 2 ;;
  *) sed -n '4,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac; done
if [[ ! -t 1 ]]; then pause=0; fi
if [[ ! -x $ashlar ]]; then
  "$top/scripts/install-needs.sh" run
  build_preset release "$folder/release" ashlar
fi
export ASHLAR_DATA_DIR=$top
# A cache of its own, so that the second run can be offline whatever the first one's user does meanwhile.
stage=$folder/demo
export XDG_CACHE_HOME=$stage/cache
offline=() fetched=$stage/fetched-$(cat "$top/scripts/demo.sh" "$top"/catalog/{python,nginx,probe}/* | cksum | cut -d' ' -f1)
if [[ -f $fetched ]]; then offline=(--offline); fi
rm -rf "$stage/project"
mkdir -p "$stage/project"
cp -r "$top/catalog" "$stage/project/"
find "$stage/project" -name '*.lock.json' -delete
cd "$stage/project"

# Usual bases to compare with, fetched once: Debian 13 with one program, as mmdebstrap makes it. And the advisories that all are judged by, dated by their files each time.
usual() {
  local name=$1 package=$2
  if [[ -f $stage/usual-$name/index.json || ! $can_make_usual ]]; then return; fi
  say "a usual base is made once: Debian 13 with $package, by mmdebstrap"
  if mmdebstrap --quiet --variant=minbase --include="$package" trixie "$stage/usual.tar" >&2; then
    rm -rf "$stage/usual.new"
    umoci --log error init --layout "$stage/usual.new" && umoci --log error new --image "$stage/usual.new:1" && umoci --log error raw add-layer --image "$stage/usual.new:1" "$stage/usual.tar"
    mv "$stage/usual.new" "$stage/usual-$name"
  fi
  rm -f "$stage/usual.tar"
}
can_make_usual=
if command -v mmdebstrap >/dev/null && command -v umoci >/dev/null && [[ $(id -u) == 0 ]]; then can_make_usual=yes; fi
usual python python3
usual nginx nginx
export XDG_DATA_HOME=$stage/data
rm -rf "$stage/data"  # advisories, ledger, tickets: a story of its own each time
"$top/scripts/advisories.sh" --ashlar "$ashlar" "$XDG_DATA_HOME"
advisories=
if [[ -f $XDG_DATA_HOME/ashlar/advisories/current ]]; then advisories=yes; fi

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
runs=yes
if command -v runc >/dev/null || [[ -x /usr/sbin/runc ]]; then
  code=0
  run "$top/scripts/run-image.sh" out:before python3 -c 'import ssl, sys; print("hello from Python", sys.version.split()[0], "with", ssl.OPENSSL_VERSION)' || code=$?
  if ((code == 125)); then
    runs=
    echo '(left out: this machine lets this user run no container)'
  fi
  if ((code != 0 && code != 125)); then exit "$code"; fi
else
  runs=
  echo '(left out: this machine has no runc)'
fi

scene 'What is in it, and whose'
"$ashlar" sbom oci:out:before --platform linux/amd64 --quiet --output inventory.txt
run tail -n 6 inventory.txt

scene 'Prove it on its bytes and by running it: whoever has the image can do the same'
code=0
run "$ashlar" test oci:out:before --platform linux/amd64 --definition $python || code=$?
((code == 0 || code == 3)) || die "a check of the image failed (exit code $code)"

scene 'A shell, renamed and in a layer that somebody put on top, is found'
if command -v umoci >/dev/null && command -v skopeo >/dev/null; then
  mkdir -p planted/usr/share/fonts
  cp /bin/dash planted/usr/share/fonts/sans.ttf
  tar -cf planted.tar -C planted --owner 0 --group 0 usr/share/fonts
  skopeo copy -q --override-arch amd64 oci:out:before oci:repacked:1
  umoci --log error raw add-layer --image repacked:1 planted.tar
  code=0
  run "$ashlar" test oci:repacked:1 --definition $python --no-run --no-rebuild || code=$?
  ((code == 1)) || die "the planted shell was not found (exit code $code)"
else
  echo '(left out: this machine has no umoci or no skopeo)'
fi

scene 'Findings that matter: a usual base and ours, judged by the same advisories'
if [[ -n $advisories ]]; then
  printf '\n%s\n' "The advisories are old data, to show how a scan works: 'debian-tracker' is derived from changelogs and no statement of Debian's."
  code=0
  "$ashlar" scan oci:out:before --platform linux/amd64 --quiet --format json --output ours.json || code=$?
  if [[ -f $stage/usual-python/index.json ]]; then
    "$ashlar" scan "oci:$stage/usual-python:1" --quiet --format json --output usual.json || code=$?
    ((code == 0 || code == 3)) || die "a scan failed (exit code $code)"
    numbers() { jq -r --arg name "$1" '[$name, .verdict, .summary.by_status.affected // 0, .coverage.judged, .coverage.files.owned, .coverage.files.dark] | @tsv' "$2"; }
    { printf 'image\tverdict\tfindings\tpackages judged\tfiles explained\tfiles dark\n'
      numbers 'Debian 13 with Python, as mmdebstrap makes it' usual.json
      numbers 'python, as ashlar builds it' ours.json; } | column -t -s $'\t'
  else
    echo '(the usual base is left out: this machine has no mmdebstrap, no umoci, or no root to run it)'
  fi
  "$ashlar" scan oci:out:before --platform linux/amd64 --quiet --output scan.txt || code=$?
  ((code == 0 || code == 3)) || die "a scan failed (exit code $code)"
  run tail -n 12 scan.txt

  scene 'A finding has its proof: file, record, source, advisory, and every comparison'
  run jq -r '(.findings | map(select((.fixed_in // "") != "")) + .)[0] // empty | "\(.id) in \(.package.name) \(.package.version)", (.proof[] | "  \(.step): \(.text)")' ours.json

  scene 'Somebody removes the package database to have no findings: not clean, but unknown'
  if command -v umoci >/dev/null && command -v skopeo >/dev/null; then
    rm -rf damaged damage && mkdir -p damage/var/lib/dpkg && touch damage/var/lib/dpkg/.wh.status.d
    tar -cf damage.tar -C damage --owner 0 --group 0 var/lib/dpkg/.wh.status.d
    skopeo copy -q --override-arch amd64 oci:out:before oci:damaged:1
    umoci --log error raw add-layer --image damaged:1 damage.tar
    code=0
    run "$ashlar" scan oci:damaged:1 || code=$?
    printf 'exit code %s\n' "$code"
    ((code == 3)) || die "an image without its package database was not unknown (exit code $code)"
  else
    echo '(left out: this machine has no umoci or no skopeo)'
  fi
else
  echo '(left out: there are no advisories beside this tree)'
fi

scene 'Add a package and a variable to it, and build again: what did not change keeps its bytes'
cp $python first.yaml
sed -i 's/^environment:$/&\n  GREETING: hello/; s/^    - tzdata$/&\n    - tini/' $python
run diff first.yaml $python || true
run "$ashlar" build $python "${offline[@]}" --quiet --timings -o oci:out:after
# A layer of the changed image that the first one has, too, is named with what is in it.
manifest() { jq -r --arg tag "$1" '.manifests[] | select(.annotations."org.opencontainers.image.ref.name" == $tag) | .digest | ltrimstr("sha256:")' out/index.json; }
layers() {
  local image
  image=$(jq -r '.manifests[] | select(.platform.architecture == "amd64") | .digest | ltrimstr("sha256:")' "out/blobs/sha256/$(manifest "$1")")
  jq -r '.layers[].digest' "out/blobs/sha256/$image"
}
"$ashlar" build $python "${offline[@]}" --quiet --format json --output after.json -o oci:out:after
printf '\nlayers for linux/amd64:\n'
jq -r --arg before "$(layers before)" '.images[] | select(.platform == "linux/amd64") | .image.layers[]
  | (if .digest | IN($before | split("\n")[]) then "same   " else "CHANGED" end) as $state
  | "  \($state)  \(.digest[0:19])  \((.size / 1e6 * 10 | round) / 10) MB  \(if .packages == [] then "what the definition and effects add" else .packages[0:6] | join(" ") end)\(if (.packages | length) > 6 then " and \((.packages | length) - 6) more" else "" end)"' after.json

scene 'What changed?'
run "$ashlar" diff oci:out:before oci:out:after

scene 'The first definition gives the first image again, byte for byte'
cp first.yaml $python
run "$ashlar" build $python "${offline[@]}" --quiet -o oci:out:again
[[ -n $(manifest before) && $(manifest before) == "$(manifest again)" ]] || die "the images differ: $(manifest before), $(manifest again)"
printf '\nsha256:%s  before\nsha256:%s  again\n' "$(manifest before)" "$(manifest again)"

scene 'Keys: ours is trusted from today on, a stranger has one, too'
export ASHLAR_KEY_PASSWORD=demonstration
run "$ashlar" keys generate --output-prefix release
"$ashlar" keys generate --output-prefix stranger --quiet >/dev/null
run "$ashlar" keys add release.pub --name release --until 365d
run "$ashlar" keys list

# A registry on loopback, for as long as this script runs; without one a folder takes its place.
port=$((20000 + $$ % 20000)) server=
trap 'if [[ -n $server ]]; then kill "$server" 2>/dev/null || true; fi' EXIT
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
while listens "$port"; do port=$((port + 1)); done
rm -rf "$stage/registry"
if command -v docker-registry >/dev/null; then
  printf 'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: "%s"}}\nhttp: {addr: "127.0.0.1:%s"}\n' "$stage/registry" "$port" >registry.yml
  docker-registry serve registry.yml >registry.log 2>&1 & server=$!
elif [[ -x $HOME/go/bin/ashlar-referrers-registry ]]; then
  "$HOME/go/bin/ashlar-referrers-registry" "127.0.0.1:$port" >registry.log 2>&1 & server=$!
fi
repository=oci:published
if [[ -n $server ]]; then
  for _ in {1..100}; do if listens "$port"; then break; fi; sleep 0.1; done
  listens "$port" || die "the registry did not start: $(tail -n 3 registry.log)"
  repository=docker://127.0.0.1:$port/hardened/python
fi
# What cannot be looked at here would make the gate's answer `unknown`: findings without advisories, run tests where nothing runs.
gate=() policy=()
if [[ -z $advisories ]]; then gate+=('coverage: false' 'stop-on: []'); fi
if [[ -z $runs ]]; then gate+=('run-tests: false'); fi
if ((${#gate[@]})); then
  { echo 'gate:'; printf '  %s\n' "${gate[@]}"; } >policy.yaml
  policy=(--policy policy.yaml)
fi
make=("$ashlar" make "$python" "${offline[@]}" "${policy[@]}" --quiet --to "$repository" --key release.key)

scene 'The gate: somebody puts a private key into the image, and nothing of it is published'
"$ashlar" keys generate --layout pkcs8 --no-password --output-prefix leaked --quiet >/dev/null
{ printf '  - type: file\n    path: /etc/app/tls.key\n    uid: 65532\n    gid: 65532\n    mode: "0400"\n    content: |\n'; sed 's/^/      /' leaked.key; } >leaked.yaml
sed -i '/^paths:$/r leaked.yaml' $python
run diff first.yaml $python || true
code=0
run "${make[@]}" --platform linux/amd64 || code=$?
((code == 1)) || die "the gate did not stop a private key (exit code $code)"
cp first.yaml $python

scene 'What passes is signed and published: by its digest, then its revision, then the tags that move'
if [[ -n $advisories ]]; then
  # The gate wants fixes taken and critical findings assessed. What is open of these is accepted for a month, for the archive may not have the fix yet.
  jq -r '[.findings[] | select(.status == "affected" or .status == "under_investigation") | select((.fixed_in // "") != "" or .severity == "critical") | "\(.id) \(.package.source)"] | unique[]' ours.json >open.txt
  while read -r id package; do
    run "$ashlar" except add "$id" --package "$package" --owner 'platform team' --reason 'reads no input of others' --expires 30d --quiet </dev/null
  done <open.txt
fi
run "${make[@]}" --timings || die "the image was not published (exit code $?)"
"${make[@]}" --format json --output made.json
printf '\nthe same again: %s signatures and statements are there, %s new; tags moved: %s\n' "$(jq '.images[0].statements | length' made.json)" "$(jq '[.images[0].statements[] | select(.new)] | length' made.json)" "$(jq -c '.images[0].moved' made.json)"

scene 'cosign, which knows nothing of ashlar, verifies it without a network'
cosign=$(command -v cosign || true)
if [[ -z $cosign && -x $HOME/go/bin/cosign ]]; then cosign=$HOME/go/bin/cosign; fi
if [[ -n $cosign && -n $server ]]; then
  # A trust root that names nobody: with a key none is needed, and cosign asks nobody for one.
  printf '{"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}\n' >nobody.json
  image=${repository#docker://}
  one=$(jq -r '[.images[0].statements[] | select(.predicate_type == "https://slsa.dev/provenance/v1")][0].subject' made.json)
  checked() { printf '\n$ cosign %s\n' "$*"; "$cosign" "$@" 2>&1 >/dev/null | grep -v '^$'; }
  checked verify --key release.pub --private-infrastructure --trusted-root nobody.json "$image:3.13"
  checked verify-attestation --type slsaprovenance1 --key release.pub --private-infrastructure --trusted-root nobody.json "$image@$one"
else
  echo '(left out: this machine has no cosign, or no registry; scripts/install-go-tools.sh builds one)'
fi

scene 'A stranger says that a vulnerability does not matter: signed by another key, it counts for nothing'
vulnerability='CVE-2026-0001 python3.13'
if [[ -n $advisories ]]; then vulnerability=$(jq -r '[.findings[] | select(.status == "affected") | "\(.id) \(.package.source)"][0] // "CVE-2026-0001 python3.13"' ours.json); fi
"$ashlar" vex add "${vulnerability% *}" --package "deb:${vulnerability#* }" --status not_affected --justification vulnerable_code_not_in_execute_path --reason 'trust me' --author 'A stranger' --quiet >/dev/null
run "$ashlar" attest "$repository:3.13" --platform linux/amd64 --key stranger.key --type openvex --predicate vex.json --quiet
applied() {
  code=0
  "$ashlar" scan "$repository:3.13" --platform linux/amd64 --quiet --format json --output said.json || code=$?
  ((code == 0 || code == 3)) || die "a scan failed (exit code $code)"
  jq -r --arg id "${vulnerability% *}" '(.statements[] | "statement of \(.author): \(if .applied then "applied" else "not applied: \(.reason)" end)"), (.findings[] | select(.id == $id) | "\(.id) in \(.package.name): \(.status)")' said.json
}
if [[ -n $advisories ]]; then applied | tee stranger.txt; grep -q 'not applied: signed by another key' stranger.txt || die 'a statement of another signer was applied'; fi
code=0
"$ashlar" verify "$repository:3.13" --platform linux/amd64 --type openvex --quiet --output verified.txt || code=$?
((code == 1)) || die "a statement of another signer was verified (exit code $code)"
run grep -E -- 'openvex|verified' verified.txt
if [[ -n $advisories ]]; then
  printf '\n%s\n' 'The same, said by us:'
  jq '.author = "The platform team" | .statements[].impact_statement = "its input is never of others"' vex.json >ours.vex.json
  run "$ashlar" attest "$repository:3.13" --platform linux/amd64 --key release.key --type openvex --predicate ours.vex.json --quiet
  applied
fi
if [[ -n $advisories ]]; then
  nginx=catalog/nginx/1.26.yaml
  scene 'The loop: an image of a release without its security pocket, published before anybody knew better'
  # The distribution as it ships, but for its security archive.
  { printf 'distributions:\n  debian-13:\n'; sed '/^#/d; /- name: debian-security/,/security: true/d; s/^/    /' "$top/distributions/debian-13.yaml"; } >ashlar.yaml
  listener=$((port + 1)) forge=
  while listens "$listener"; do listener=$((listener + 1)); done
  if command -v python3 >/dev/null; then
    export FORGE_TOKEN=token-of-the-tests
    python3 "$top/tests/flow/forge_server.py" "$listener" forge.log >/dev/null 2>&1 & forge=$!
    trap 'for each in $server $forge; do kill "$each" 2>/dev/null || true; done' EXIT
    for _ in {1..100}; do if listens "$listener"; then break; fi; sleep 0.1; done
    printf 'forge:\n  tickets: {kind: github, url: "http://127.0.0.1:%s/github", project: team/images, token: {env: FORGE_TOKEN}}\n' "$listener" >>ashlar.yaml
  fi
  { printf 'gate:\n  coverage: false\n  stop-on: []\n'; if [[ -z $runs ]]; then echo '  run-tests: false'; fi; } >early.policy.yaml
  printf 'policy: early.policy.yaml\nimages:\n  - definition: %s\n    to: %s\n    cadence: 7d\n    support: {from: 2026-01-01, until: 2030-06-30}\n' "$nginx" "${repository/python/nginx}" >fleet.yaml
  run cat fleet.yaml
  renew=("$ashlar" renew "${offline[@]}" --keep-feeds --key release.key --quiet)
  code=0
  run "${renew[@]}" || code=$?
  ((code == 0 || code == 3)) || die "the first renewal failed (exit code $code)"

  scene 'A team builds on a usual base, which the policy has never heard of'
  site=${repository#docker://}
  site=${site%/*}
  mkdir -p web/site
  printf '<h1>hello from the shop</h1>\n' >web/site/shop.html
  # It is built and pushed where there is a registry and podman; without them this file is judged and migrated all the same.
  printf '# The shop, a static site\nFROM nginx:1.27\nCOPY site /usr/share/nginx/html\nEXPOSE 8080\nHEALTHCHECK CMD curl -fsS http://localhost:8080/ || exit 1\nCMD ["nginx", "-g", "daemon off;"]\n' >web/Dockerfile
  { printf 'verify:\n  default: deny\n  rules:\n    - {name: ours, images: ["%s/**"], signed-by: [release]}\n' "$site"
    printf 'bases:\n  default: deny\n  why: a base that nobody here stands behind is patched by nobody here\n  rules:\n    - {name: ours, images: ["%s/**"], signed: ours, why: "we signed it, and we renew it"}\n' "$site"
    printf 'content:\n  shell: {rule: deny, why: an intruder looks for one}\n  root: {rule: deny, why: who breaks out of it is root}\nenvironments:\n  production: {exposed: true, verify: false}\n'; } >control.policy.yaml
  run cat web/Dockerfile
  code=0
  run "$ashlar" check web --policy control.policy.yaml --environment production || code=$?
  ((code == 1)) || die "a base that nobody allows was not denied (exit code $code)"

  scene 'Migrated: what was done, and what a person should know'
  code=0
  run "$ashlar" migrate web/Dockerfile --bases "$site" --in-place || code=$?
  ((code < 2)) || die "the Dockerfile was refused (exit code $code)"
  run cat web/Dockerfile

  application=
  if [[ -n $server ]] && command -v podman >/dev/null && [[ $(id -u) == 0 ]]; then
    scene 'Built on the hardened base, pushed, and allowed: by its layers, not by what it says of itself'
    "$ashlar" make catalog/probe/1.yaml "${offline[@]}" "${policy[@]}" --quiet --to "${repository/python/probe}" --key release.key --output probe.txt || die "the probe was not published (exit code $?): $(tail -n 3 probe.txt)"
    printf '[storage]\ndriver = "vfs"\ngraphroot = "%s/podman/storage"\nrunroot = "%s/podman/run"\n' "$stage" "$stage" >storage.conf
    export CONTAINERS_STORAGE_CONF=$PWD/storage.conf
    place=${site%/hardened}/shop/web
    if podman build --quiet --isolation chroot --network host --tls-verify=false --tag "$place:1" web >podman.log 2>&1 && podman push --quiet --tls-verify=false "$place:1" >>podman.log 2>&1; then
      application=docker://$place:1
      code=0
      run "$ashlar" check "$application" --policy control.policy.yaml --environment production || code=$?
      ((code == 0)) || die "an image on an allowed base was not allowed (exit code $code)"
      printf 'applications:\n  - {image: "%s", base: "%s/nginx", to: "docker://%s:stable", owner: the shop}\n' "$application" "$site" "$place" >>fleet.yaml
    else
      tail -n 3 podman.log
      echo '(left out: podman does not build here)'
    fi
    rm -rf "$stage/podman"
  else
    echo '(left out: building it takes podman, a registry, and root)'
  fi

  scene 'Advisories hit it, and there is nothing to take: people are told, once'
  tickets() { if [[ -n $forge ]]; then curl -fsS --noproxy '*' -X POST "http://127.0.0.1:$listener/_state" -d '{}' | jq -r '[.tickets["team/images"][] | .state] | group_by(.) | map("\(length) \(.[0])") | "tickets: " + join(", ")'; fi; }
  "${renew[@]}" --plan --output plan.txt || true
  run grep -v 'two platforms' plan.txt | head -n 14
  "${renew[@]}" --output again.txt || true
  tickets

  scene 'The security pocket is there: what is due, and why'
  sed -i '/^distributions:/,/ca-certificates-bundle/d' ashlar.yaml
  if [[ -f policy.yaml ]]; then sed -i 's/^policy:.*/policy: policy.yaml/' fleet.yaml; else sed -i '/^policy:/d' fleet.yaml; fi
  "${renew[@]}" --plan --output plan.txt || true
  run head -n 14 plan.txt

  scene 'Renewed: locked, built, tested, judged, signed, published; the tags move last, and the tickets are closed'
  code=0
  "${renew[@]}" --format json --output renewed.json || code=$?
  jq -r '.done[] | "\(.outcome) \(.image) as \(.revision); closed \(.closed | length) findings", .why[]' renewed.json
  tickets
  if [[ -n $application ]]; then
    code=0
    run "$ashlar" check "docker://$place:stable" --policy control.policy.yaml --environment production || code=$?
    ((code == 0)) || die "the rebased application was not allowed (exit code $code)"
  fi

  scene 'On a clock that an auditor accepts: what happened, whether somebody changed it, and how long it took'
  run "$ashlar" audit checkpoint --key release.key -o checkpoint.json --quiet
  run "$ashlar" audit verify --key release.pub --checkpoint checkpoint.json
  code=0
  run "$ashlar" sla --preset docker-hardened-images || code=$?
  ((code == 0 || code == 1)) || die "there was no report (exit code $code)"

  if [[ -f $stage/usual-nginx/index.json ]]; then
    scene 'What came of it: a usual base and ours, each figure with its source'
    run "$ashlar" outcomes --old "oci:$stage/usual-nginx:1" --new "${repository/python/nginx}:1.26" --key release.pub
  fi
fi

touch "$fetched"
printf '\n%s\n' "That was all, in $SECONDS s."
