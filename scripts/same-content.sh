#!/usr/bin/env bash
# Compares two images in OCI layouts platform by platform: layers (their diffIDs) and configuration are the content, the compressed digests what is pulled.
#   scripts/same-content.sh A B     A, B: FOLDER[:TAG]; all tags of A by default, and then B's are those of the same names
# Prints a table. Ends with 1 when content differs or a platform is missing; compressed digests may differ, where another encoder packed them.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
(($# == 2)) || { sed -n '3s/^# \{0,1\}//p' "$0" >&2; exit 2; }
folder_of() { local ref=$1; if [[ -d $ref ]]; then echo "$ref"; else echo "${ref%:*}"; fi; }
tag_of() { if [[ -d $1 ]]; then echo; else echo "${1##*:}"; fi; }
a=$(folder_of "$1") b=$(folder_of "$2")
for folder in "$a" "$b"; do [[ -f $folder/index.json ]] || die "'$folder' is no OCI layout: it has no index.json"; done
blob() { # blob FOLDER DIGEST: after its bytes were checked
  local file=$1/blobs/sha256/${2#sha256:}
  [[ -f $file && $(sha256sum < "$file") == "${2#sha256:}  -" ]] || die "'$1' lacks blob $2, or has other bytes under its name"
  echo "$file"
}
tags() { jq -r '.manifests[].annotations."org.opencontainers.image.ref.name" // empty' "$1/index.json" | sort; }
# A line for each platform of a tag: platform, configuration's digest, diffIDs, digests of layers; lists are joined with commas.
images() { # images FOLDER TAG
  local root file manifest config
  root=$(jq -r --arg tag "$2" '[.manifests[] | select($tag == "" or .annotations."org.opencontainers.image.ref.name" == $tag)] | if length == 1 then .[0].digest else empty end' "$1/index.json")
  [[ -n $root ]] || die "'$1' has not one image with the tag '$2'"
  file=$(blob "$1" "$root")
  for manifest in $(jq -r --arg root "$root" 'if .manifests then .manifests[].digest else $root end' "$file"); do
    file=$(blob "$1" "$manifest")
    config=$(jq -r .config.digest "$file")
    printf '%s\t%s\t%s\t%s\n' "$(jq -r '[.os, .architecture, .variant // empty] | join("/")' "$(blob "$1" "$config")")" "$config" \
      "$(jq -r '.rootfs.diff_ids | join(",")' "$(blob "$1" "$config")")" "$(jq -r '[.layers[].digest] | join(",")' "$file")"
  done
}
verdict() { if [[ $1 == "$2" ]]; then echo same; else echo DIFFERS; fi; }

wanted=$(tag_of "$1") names=()
if [[ -n $wanted ]]; then names=("$wanted"); else mapfile -t names < <(tags "$a"); fi
((${#names[@]})) || names=('')
differs=0 packed=0
printf '%-24s %-14s %-20s %-8s %s\n' image platform 'layers (diffIDs)' config 'compressed digests'
for name in "${names[@]}"; do
  other=$(tag_of "$2")
  left=$(images "$a" "$name") right=$(images "$b" "${other:-$name}")
  while read -r platform; do
    IFS=$'\t' read -r _ config_a raw_a packed_a < <(awk -F'\t' -v p="$platform" '$1 == p' <<<"$left"; echo)
    IFS=$'\t' read -r _ config_b raw_b packed_b < <(awk -F'\t' -v p="$platform" '$1 == p' <<<"$right"; echo)
    if [[ -z $config_a || -z $config_b ]]; then
      printf '%-24s %-14s %s\n' "${name:--}" "$platform" 'MISSING on one side'
      differs=1
      continue
    fi
    layers=$(verdict "$raw_a" "$raw_b") config=$(verdict "$config_a" "$config_b") pulled=$(verdict "$packed_a" "$packed_b")
    if [[ $layers$config != samesame ]]; then differs=1; fi
    if [[ $pulled != same ]]; then packed=1; fi
    count=$(tr , '\n' <<<"$raw_a" | wc -l)
    printf '%-24s %-14s %-20s %-8s %s\n' "${name:--}" "$platform" "$count $layers" "$config" "${pulled/DIFFERS/other}"
  done < <(cut -f 1 <<<"$left"$'\n'"$right" | sort -u)
done
if ((differs)); then say "$script: the content differs"; exit 1; fi
if ((packed)); then say "$script: the same content, packed by other encoders"; else say "$script: the same content, and the same compressed bytes"; fi
