# Sourced after machine.sh by what goes through the images of the catalogue, one after the other.
# shellcheck shell=bash

# take_catalogue [DEFINITION...]: goes to a folder of its own with a copy of the catalogue in it, which is removed at the end. Sets `ashlar`, `folder` and
# `definitions`: those named, or every one of the catalogue.
take_catalogue() {
  ashlar=${ASHLAR:-$(build_root)/release/ashlar}
  [[ -x $ashlar ]] || die "there is no '$ashlar'; build it, or name another with ASHLAR"
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  cp -r "$top/catalog" "$folder/catalog"
  cd "$folder"
  definitions=("$@")
  if ((${#definitions[@]} == 0)); then mapfile -t definitions < <(find catalog -name '*.yaml' ! -name info.yaml | sort); fi
}

# name_of DEFINITION: python-3.13
name_of() { echo "$(basename "$(dirname "$1")")-$(basename "$1" .yaml)"; }

# build_image DEFINITION PLATFORM REF: says why where it is not built.
build_image() {
  "$ashlar" build "$1" --platform "$2" -o "$3" --quiet >/dev/null 2>"$folder/log" && return
  say "$script: $(name_of "$1") is not built: $(grep -m 1 '^error' "$folder/log")"
  return 1
}
