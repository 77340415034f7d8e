#!/usr/bin/env bash
# How long it takes to renew the whole catalogue (its runtime variants) after a security archive has a newer package of one source, beside building it cold, in the
# same run; the table goes to standard output.
#   bench/renew.sh [--build FOLDER] [--platform PLATFORM] [--package NAME] [IMAGE...]
# FOLDER is a release build with benchmarks (build/release), PLATFORM this machine's, NAME the package (zlib1g), IMAGE names of the catalogue instead of all.
#   cold      `ashlar build` of all: locks and packages cached, no frame cached, an empty layout
#   nothing   `ashlar renew` where nothing changed: archives and what is published are looked at
#   renew     `ashlar renew`: looked at, locked, built, proved, scanned, compared with what is published, judged, published, written down; without run tests, unsigned
# The security archive is a small one of its own, with the package under a higher version and a key made on the spot.
set -euo pipefail
source "$(dirname "$0")/rounds.sh"
repeat=1 platform=linux/$(dpkg --print-architecture) package=zlib1g build=$here/build/release
take_arguments 4,9 "$@"
set -- "${rest[@]}"
take_programs "$build"
folder=$work/renew
rm -rf "$folder"
mkdir -p "$folder/archive/pool"
export ASHLAR_STATE_DIR=$folder/state
cp -r "$here/catalog" "$folder/catalog"
find "$folder/catalog" -name '*.lock.json' -delete
cd "$folder"
mapfile -t definitions < <("$ashlar" catalog list --catalog catalog --format json | jq -r --args '.images[] | select(.variant == "runtime") | select(($ARGS.positional | length) == 0 or ([.name] | inside($ARGS.positional))) | .definition' "$@")
((${#definitions[@]})) || { echo "$script: the catalogue has none of: $*" >&2; exit 2; }
architecture=${platform#*/}

# Only this platform: what is compared is the same work.
for each in "${definitions[@]}"; do sed -i "s#^platforms:.*#platforms: [$platform]#" "$each"; grep -q '^platforms:' "$each" || echo "platforms: [$platform]" >> "$each"; done
"$ashlar" lock "${definitions[@]}" --quiet >/dev/null
"$ashlar" build "${definitions[@]}" -o "oci:$folder/first" --quiet >/dev/null
rm -rf "$cache/frames"
one cold "${definitions[@]}" -o "oci:$folder/layout"

printf 'gate:\n  run-tests: false\n  coverage: false\n  stop-on: []\n' > policy.yaml
{ printf 'policy: policy.yaml\ndefaults: {cadence: 30d}\nimages:\n'; for each in "${definitions[@]}"; do printf '  - {definition: %s, to: "oci:published/%s"}\n' "$each" "$(sed 's#^catalog/##; s#/#-#; s#\.yaml$##' <<<"${each#"$folder"/}")"; done; } > fleet.yaml
"$ashlar" renew --keep-feeds --unsigned --quiet --format json --output made.json || true
jq -e --argjson n "${#definitions[@]}" '[.done[] | select(.outcome == "promoted")] | length == $n' made.json >/dev/null || { jq -r '.done[] | select(.outcome != "promoted") | "\(.image) \(.outcome) \(.why)"' made.json >&2; echo "$script: not all was published" >&2; exit 1; }
"$measure" "$ashlar" renew --keep-feeds --unsigned --quiet --format json --output nothing.json 3>>nothing >/dev/null || true
jq -e '.done == []' nothing.json >/dev/null || { echo "$script: something was renewed though nothing changed" >&2; exit 1; }

# A security archive with a newer version of the package.
lock=$(grep -l "\"$package\"" catalog/*/*.lock.json | head -n 1)
sha256=$(sha256_of "$lock")
rm -rf tree && dpkg-deb -R "$cache/packages/sha256/${sha256:0:2}/${sha256:2}" tree
sed -i 's/^Version: .*/&+bench1/' tree/DEBIAN/control
echo 'changed' >> "$(find tree/usr -path '*/doc/*/copyright' -type f | head -n 1)"
(cd tree && find . -type f -not -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum > DEBIAN/md5sums)
dpkg-deb --root-owner-group -Zxz -b tree archive/pool/changed.deb >/dev/null
export GNUPGHOME=$folder/gpg
mkdir -m 700 gpg
gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-generate-key bench rsa3072 sign never
gpg --batch --quiet --export > archive.gpg
suite=archive/dists/bench
mkdir -p "$suite/main/binary-$architecture"
(cd archive && { dpkg-deb -f pool/changed.deb; printf 'Filename: pool/changed.deb\nSize: %s\nSHA256: %s\n\n' "$(stat -c %s pool/changed.deb)" "$(sha256sum pool/changed.deb | cut -d' ' -f1)"; } > "../$suite/main/binary-$architecture/Packages")
{ printf 'Origin: bench\nLabel: bench\nSuite: bench\nCodename: bench\nDate: %s\nArchitectures: %s\nComponents: main\nSHA256:\n' "$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S UTC')" "$architecture"
  (cd "$suite" && for file in main/binary-*/Packages; do printf ' %s %s %s\n' "$(sha256sum "$file" | cut -d' ' -f1)" "$(stat -c %s "$file")" "$file"; done); } > "$suite/Release"
gpg --batch --quiet --pinentry-mode loopback --passphrase '' --clearsign -o "$suite/InRelease" "$suite/Release"
{ printf 'keyrings: [archive.gpg]\nmirrors:\n  bench: file://%s/archive\ndistributions:\n  debian-13:\n' "$folder"
  sed '/^#/d; s/^/    /' "$here/distributions/debian-13.yaml" | sed 's/^    archives:$/&\n      - {name: bench, suites: [bench], security: true}/'; } > ashlar.yaml
"$measure" "$ashlar" renew --keep-feeds --unsigned --quiet --format json --output renewed.json 3>>renew >/dev/null || true
renewed=$(jq '[.done[] | select(.outcome == "promoted")] | length' renewed.json)
jq -r '.done[] | select(.outcome != "promoted") | "\(.image) \(.outcome) \(.why)"' renewed.json >&2
holders=$(grep -l "\"$package\"" catalog/*/*.lock.json | wc -l)
((renewed == holders)) || { echo "$script: $renewed images were renewed, $holders have $package" >&2; exit 1; }

say_machine
echo
echo "### ${#definitions[@]} images, $holders of them with $package, $platform"
echo
echo '| | wall | ratio | wanted | processor time | peak memory |'
echo '|---|---|---|---|---|---|'
bound=$(median cold wall)
row cold 'built cold' "$bound" 'that' ''
row nothing 'renew, nothing changed' "$bound" 'cold' ''
row renew "renew, a newer $package" "$bound" 'cold' 'at most 0.3333'
