#!/usr/bin/env bash
# Builds Ashlar's own image by itself: from its own .deb, through a signed repository that is made for it in a folder of this machine.
#   scripts/own-image.sh [--ashlar PROGRAM] [--deb FILE] [--distribution NAME] [--dev] [--key KEY] [--db FILE] [--definition FILE] TO
# TO: oci:DIR or docker://HOST/REPO. PROGRAM makes it, by default build/release/ashlar; FILE, by default what cpack packs of that folder, must have been built
# on that distribution, by default this machine's. The definition is own/image.yaml. KEY signs the image and what is said of it (ASHLAR_KEY_PASSWORD); by
# default one is made for this run beside TO's folder, as own.key and own.pub. --dev makes the variant with a shell, in which jobs of GitLab run. The repository's key is made anew, trusted by its
# fingerprint for this one lock, and thrown away.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
ashlar=$(build_root)/release/ashlar deb='' distribution='' variant=runtime key='' db=() template=$top/own/image.yaml
usage() { sed -n 3,7p "$0" >&2; exit 2; }
while [[ ${1-} == --* ]]; do
  case $1 in
    --ashlar) ashlar=$(realpath "$2"); shift 2 ;;
    --deb) deb=$(realpath "$2"); shift 2 ;;
    --distribution) distribution=$2; shift 2 ;;
    --dev) variant=dev; shift ;;
    --key) key=$2; shift 2 ;;
    --db) db=(--db "$2"); shift 2 ;;
    --definition) template=$(realpath "$2"); shift 2 ;;
    *) usage ;;
  esac
done
(($# == 1)) || usage
to=$1
if [[ $to == oci:* ]]; then to=oci:$(realpath -m "${to#oci:}"); fi
if [[ -n $key && $key != pkcs11:* ]]; then key=$(realpath "$key"); fi
for tool in dpkg-deb dpkg-scanpackages gpg gpg-agent xz sha256sum; do command -v $tool >/dev/null || { say "$script: skipped: this machine has no $tool"; exit 3; }; done
if [[ -z $distribution ]]; then distribution=$(. /etc/os-release; echo "$ID-$VERSION_ID"); fi
[[ -e $top/distributions/$distribution.yaml ]] || die "there is no distribution '$distribution' (distributions/)"
export ASHLAR_DATA_DIR=$top
work=$(mktemp -d)
trap 'gpgconf --homedir "$work/gpg" --kill all 2>/dev/null || true; rm -rf "$work"' EXIT

if [[ -z $deb ]]; then
  step "pack $(dirname "$ashlar")"
  [[ -e $(dirname "$ashlar")/pages/written ]] || build_preset release "$(dirname "$ashlar")"
  cpack --config "$(dirname "$ashlar")/CPackConfig.cmake" -G DEB -B "$work/packed" >&2
  deb=$(echo "$work"/packed/*.deb)
fi
version=$(dpkg-deb -f "$deb" Version) architecture=$(dpkg-deb -f "$deb" Architecture)

step "make a signed repository of $(basename "$deb")"
repository=$work/repository
install -D -m 644 "$deb" "$repository/pool/$(dpkg-deb -f "$deb" Package)_${version}_$architecture.deb"  # by its name dpkg-scanpackages knows whose it is
index=main/binary-$architecture
mkdir -p "$repository/dists/own/$index"
(cd "$repository" && dpkg-scanpackages --arch "$architecture" pool 2>/dev/null > "dists/own/$index/Packages")
xz -k "$repository/dists/own/$index/Packages"
{
  printf 'Origin: Ashlar\nLabel: Ashlar\nSuite: own\nCodename: own\nDate: %s\nArchitectures: %s\nComponents: main\nSHA256:\n' "$(LC_ALL=C date -u -R | sed 's/+0000/UTC/')" "$architecture"
  (cd "$repository/dists/own" && for file in "$index"/Packages*; do printf ' %s %s %s\n' "$(sha256sum < "$file" | cut -d' ' -f1)" "$(stat -c %s "$file")" "$file"; done)
} > "$repository/dists/own/Release"
export GNUPGHOME=$work/gpg
mkdir -m 700 "$GNUPGHOME"
gpg --batch --quiet --passphrase '' --quick-generate-key 'Ashlar own repository' rsa3072 sign 2d
gpg --batch --quiet --yes --clearsign --digest-algo SHA256 --output "$repository/dists/own/InRelease" "$repository/dists/own/Release"
gpg --batch --quiet --armor --export > "$repository/ashlar.asc"
fingerprint=$(gpg --batch --with-colons --fingerprint | sed -n 's/^fpr:*\([0-9A-F]*\):$/\1/p' | head -1)

step "make the image, $variant, of $distribution"
# fill VARIANT FILE
fill() {
  sed -e "s|@URL@|file://$repository|; s|@DISTRIBUTION@|$distribution|; s|@VERSION@|$version|; s|@ARCHITECTURE@|$architecture|" "$template" > "$2"
  [[ $1 == dev ]] || return 0
  local more
  more=$(printf '    - %s\\n' apt base-passwd bash coreutils dash debconf debianutils diffutils dpkg findutils git grep gzip hostname init-system-helpers jq libc-bin mawk passwd perl-base sed tar util-linux)
  sed -i -e "s/^variant: runtime/variant: dev/; s/^tags: \[\"\(.*\)\"\]/tags: [\"\1-dev\"]/; s/^    - ashlar\$/&\n${more%\\n}/" -e "/^    - '!/d" "$2"
}
definition=$work/image.yaml
fill $variant "$definition"
if [[ -z $key ]]; then
  key=$(dirname "${to#oci:}")/own.key
  [[ $to == oci:* ]] || key=$PWD/own.key
  mkdir -p "$(dirname "$key")"
  [[ -e $key ]] || "$ashlar" keys generate --layout pkcs8 --no-password --output-prefix "${key%.key}" >&2
fi
cd "$work"
code=0
"$ashlar" make "$definition" --accept-key "$fingerprint" --policy "$top/own/policy.yaml" --to "$to" --key "$key" "${db[@]}" || code=$?
exit $code
