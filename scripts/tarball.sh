#!/usr/bin/env bash
# Makes a relocatable tarball of an installation: it runs on any Linux of this processor whose kernel is not older than the C library's floor, from any
# folder, without root, and uses no library of the host.
#   scripts/tarball.sh [--ashlar PROGRAM] OUT.tar.gz
# PROGRAM: a release build, by default build/release/ashlar, which is built where it lacks.
# Inside: bin/ashlar (a static launcher), libexec (the program and its loader), lib (every library that it loads,
# at once or late), share/ashlar (data, with Debian's keyrings and a bundle of certificates for hosts that have none). Same inputs, same bytes.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
ashlar=
while (($#)); do
  case $1 in
    --ashlar) ashlar=$2; shift 2 ;;
    --*) sed -n 4,8p "$0" >&2; exit 2 ;;
    *) break ;;
  esac
done
(($# == 1)) || { sed -n 4,8p "$0" >&2; exit 2; }
out=$(realpath -m "$1")
for tool in gcc readelf strip tar gzip ldconfig; do PATH=$PATH:/sbin:/usr/sbin command -v $tool >/dev/null || die "there is no $tool"; done
if [[ -z $ashlar ]]; then
  ashlar=$(build_root)/release/ashlar
  build_preset release "$(dirname "$ashlar")" ashlar
fi
ashlar=$(realpath "$ashlar")
version=$(sed -n 's/^project(ashlar VERSION \([0-9.]*\).*/\1/p' "$top/CMakeLists.txt")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
name=ashlar-$version-linux-$(uname -m)
prefix=$work/$name
mkdir -p "$prefix/bin" "$prefix/lib" "$prefix/libexec" "$prefix/share/ashlar/keyrings" "$prefix/share/doc/ashlar"

step "collect libraries of $ashlar"
declare -A path_of seen
while read -r soname _ _ path; do path_of[$soname]=${path_of[$soname]:-$path}; done < <(PATH=$PATH:/sbin:/usr/sbin ldconfig -p | sed -n 's/^\t\([^ ]*\) (\(.*\)) => \(.*\)$/\1 x x \3/p' |
  while read -r soname a b path; do file_class=$(od -An -tx1 -j4 -N1 "$path" 2>/dev/null); [[ $file_class == ' 02' ]] && echo "$soname $a $b $path"; done)
needs() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
# Libraries that are loaded late are named in a section of the program (cmake/late.c).
late() { readelf -p late_libraries "$1" | sed -n 's/^ *\[ *[0-9a-f]*\] *\(lib.*\)$/\1/p'; }
queue=($(needs "$ashlar") $(late "$ashlar"))
# Names of hosts and users are looked up by modules of the C library itself, and by these where the host's nsswitch.conf asks for them.
queue+=(libnss_files.so.2 libnss_dns.so.2 libresolv.so.2)
loader=
while ((${#queue[@]})); do
  soname=${queue[0]} queue=("${queue[@]:1}")
  [[ -z ${seen[$soname]-} ]] || continue
  seen[$soname]=1
  file=${path_of[$soname]-}
  [[ -n $file ]] || die "this machine has no library $soname"
  file=$(realpath "$file")
  case $soname in
    ld-linux*|ld-*.so.*) loader=$file ;;
    *) install -m 644 "$file" "$prefix/lib/$soname"; strip --strip-unneeded "$prefix/lib/$soname" ;;
  esac
  queue+=($(needs "$file"))
done
[[ -n $loader ]] || die "'$ashlar' names no loader"

step "put it together"
install -m 755 "$loader" "$prefix/libexec/ld-linux.so"
install -m 755 "$ashlar" "$prefix/libexec/ashlar"
strip "$prefix/libexec/ashlar"
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -s -Wl,--build-id=none "$top/relocate/launch.c" -o "$prefix/bin/ashlar"
folders=$(sed -n 's/^foreach(folder \(.*\))$/\1/p' "$top/cmake/Packaging.cmake")
for folder in $folders; do
  (cd "$top" && find "$folder" -type f ! -name '*.lock.json' ! -name '*.effects.json' ! -path '*/.*' -print0 | tar -cf - --null -T -) | tar -C "$prefix/share/ashlar" -xf -
done
keyrings=(/usr/share/keyrings/debian-archive-*.gpg)
[[ -e ${keyrings[0]} ]] && install -m 644 "${keyrings[@]}" "$prefix/share/ashlar/keyrings"
if [[ -e /etc/ssl/certs/ca-certificates.crt ]]; then install -m 644 /etc/ssl/certs/ca-certificates.crt "$prefix/share/ashlar/ca-certificates.crt"; fi
install -m 644 "$top/LICENSE" "$top/README.md" "$top/CHANGES.md" "$prefix/share/doc/ashlar"
# Licences of what is bundled, by the packages that it came from.
for soname in "${!seen[@]}"; do
  owner=$(dpkg-query -S "$(realpath "${path_of[$soname]}")" 2>/dev/null | sed -n '1s/[:,].*//p') || true
  if [[ -n $owner && -e /usr/share/doc/$owner/copyright ]]; then install -D -m 644 "$(realpath "/usr/share/doc/$owner/copyright")" "$prefix/share/doc/ashlar/licences/$owner"; fi
done
mkdir -p "$prefix/share/man/man1" "$prefix/share/bash-completion/completions"
HOME=$work "$prefix/bin/ashlar" man "$prefix/share/man/man1" >&2
HOME=$work "$prefix/bin/ashlar" completions bash --output "$prefix/share/bash-completion/completions/ashlar"

step "pack it"
mkdir -p "$(dirname "$out")"
chmod -R u=rwX,go=rX "$prefix"
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-$(git -C "$top" log -1 --format=%ct 2>/dev/null || echo 0)}" --format=gnu -cf - "$name" | gzip -6n > "$out.part"
mv "$out.part" "$out"
say "$script: $out: $(stat -c %s "$out") bytes, $(du -sb "$prefix" | cut -f1) unpacked, $(ls "$prefix/lib" | wc -l) libraries"
