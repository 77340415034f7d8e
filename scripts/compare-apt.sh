#!/usr/bin/env bash
# Random sets of packages, chosen by apt and by us over one index: how many get the same answer, and every difference.
#   scripts/compare-apt.sh [--live] [--seed N]... [--sets N] [--release CODENAME] [--program FILE] [--keep FOLDER]
# Without --live the index is the frozen one of ../shared/data/debian; with it, what this machine's mirror has now of the release (trixie) with its
# updates and security pockets. apt runs without privileges in a private root in which nothing is installed, and only simulates. Exit code 1: sets differ.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
live='' seeds=() sets=200 release=trixie program='' keep=''
while (($#)); do case $1 in
  --live) live=1; shift ;; --seed) seeds+=("$2"); shift 2 ;; --sets) sets=$2; shift 2 ;; --release) release=$2; shift 2 ;;
  --program) program=$(realpath "$2"); shift 2 ;; --keep) mkdir -p "$2"; keep=$(realpath "$2"); shift 2 ;;
  *) sed -n '3,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac; done
((${#seeds[@]})) || seeds=(1)
for number in "${seeds[@]}" "$sets"; do [[ $number =~ ^[0-9]+$ ]] || die "'$number' is no number"; done
for tool in apt-get awk zstd; do command -v "$tool" >/dev/null || die "needs '$tool'"; done
work=$keep
if [[ -z $work ]]; then work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; fi
if [[ -z $program ]]; then
  folder=$(build_root)/dev
  build_preset dev "$folder" apt_sets
  program=$folder/tests/apt_sets
fi
pockets=("$release" "$release-updates" "$release-security")
root=$work/root index=$work/index
mkdir -p "$root"/etc/apt/{sources.list.d,preferences.d} "$root"/var/lib/apt/lists/partial "$root"/var/cache/apt/archives/partial "$root"/var/lib/dpkg "$index"
: >"$root/var/lib/dpkg/status"
: >"$root/etc/apt/sources.list"

# Another index than the host's, for one architecture and nothing installed; everything else (proxies, logins) as the host's apt has it.
configure() {
  cat >"$work/apt.conf" <<END
Dir::State "$root/var/lib/apt"; Dir::State::status "$root/var/lib/dpkg/status"; Dir::Cache "$root/var/cache/apt";
Dir::Etc::sourcelist "$root/etc/apt/sources.list"; Dir::Etc::sourceparts "$root/etc/apt/sources.list.d";
Dir::Etc::preferences "$root/etc/apt/preferences"; Dir::Etc::preferencesparts "$root/etc/apt/preferences.d";
APT::Architecture "amd64"; APT::Architectures { "amd64"; };
APT::Install-Recommends "false"; APT::Install-Suggests "false"; APT::Default-Release ""; APT::Solver "internal";
Acquire::Languages "none"; Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false"; Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Debug::NoLocking "true"; APT::Sandbox::User "$(id -un)";
END
}

# The frozen index as an archive of files.
freeze() {
  local data=$top/../shared/data/debian/trixie-index.tar.zst pocket folder
  [[ -f $data ]] || die "there is no frozen index '$data'; use --live"
  zstd -dcq "$data" | tar -x -C "$index"
  for pocket in "${pockets[@]}"; do
    folder=$work/repository/dists/$pocket/main/binary-amd64
    mkdir -p "$folder"
    ln -sf "$index/$pocket.Packages" "$folder/Packages"
    printf 'Suite: %s\nCodename: %s\nArchitectures: amd64\nComponents: main\nDate: %s\nSHA256:\n %s %s main/binary-amd64/Packages\n' "$pocket" "$pocket" \
      "$(date -u '+%a, %d %b %Y %T UTC')" "$(sha256sum <"$folder/Packages" | cut -d' ' -f1)" "$(stat -Lc %s "$folder/Packages")" >"$work/repository/dists/$pocket/Release"
    echo "deb [trusted=yes arch=amd64] file:$work/repository $pocket main" >>"$root/etc/apt/sources.list"
  done
}

# Today's index from where the host's apt gets its own Debian.
thaw() {
  local plain security pocket list keyring='' file
  list=$(apt-get indextargets --format '$(LABEL) $(CODENAME) $(REPO_URI)' 'Created-By: Packages' 'Origin: Debian')
  plain=$(awk '$1 == "Debian" && $2 !~ /-/ {print $3; exit}' <<<"$list")
  security=$(awk '$1 == "Debian-Security" {print $3; exit}' <<<"$list")
  [[ -n $plain && -n $security ]] || die "the host's apt reads no Debian with its security pocket; run apt-get update first"
  for file in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do if [[ -f $file ]]; then keyring=$file; fi; done
  for pocket in "${pockets[@]}"; do
    echo "deb [arch=amd64${keyring:+ signed-by=$keyring}] $(if [[ $pocket == *-security ]]; then echo "$security"; else echo "$plain"; fi) $pocket main" >>"$root/etc/apt/sources.list"
  done
}

# What apt read, as files for ours.
take_lists() {
  local pocket file
  for pocket in "${pockets[@]}"; do
    file=$(apt-get indextargets --format '$(FILENAME)' 'Created-By: Packages' "Codename: $pocket")
    [[ -n $file ]] || die "apt read no packages of '$pocket'"
    /usr/lib/apt/apt-helper cat-file "$file" >"$index/$pocket.Packages"
  done
}

# SETS sets of one to five names each; the same for the same seed and index everywhere (Park and Miller's generator).
make_sets() {
  sed -n 's/^Package: //p' "$index/$release.Packages" | LC_ALL=C sort -u | awk -v seed="$1" -v sets="$sets" '
    function random(below) { state = state * 16807 % 2147483647; return int(state / 2147483647 * below) }
    { name[NR - 1] = $1 }
    END {
      state = (seed * 7919 + 1) % 2147483647
      for (at = 0; at < 10; ++at) random(1)
      for (set = 0; set < sets; ++set) {
        line = name[random(NR)]
        for (more = random(5); more > 0; --more) line = line " " name[random(NR)]
        print line
      }
    }'
}

# A line of `name=version` each, sorted; an empty line where apt refuses.
ask_apt() {
  local answer names
  read -ra names <<<"$1"
  if answer=$(apt-get -s -qq --no-install-recommends install "${names[@]}" 2>/dev/null); then
    sed -n 's/^Inst \([^ ]*\) (\([^ )]*\).*/\1=\2/p' <<<"$answer" | LC_ALL=C sort | tr '\n' ' '
  fi
  echo
}

configure
unset APT_CONFIG
if [[ -n $live ]]; then thaw; else freeze; fi
export APT_CONFIG=$work/apt.conf LC_ALL=C.UTF-8
step "read the index with $(apt-get --version | head -1 | cut -d' ' -f1,2)"
apt-get update -qq >&2
if [[ -n $live ]]; then take_lists; fi
export -f ask_apt
status=0
for seed in "${seeds[@]}"; do
  folder=$work/seed-$seed
  mkdir -p "$folder"
  make_sets "$seed" >"$folder/sets.txt"
  step "ask apt for $sets sets of seed $seed"
  xargs -d '\n' -P "$(nproc)" -I{} bash -c 'printf "%s\t%s\n" "$1" "$(ask_apt "$1")"' ask {} <"$folder/sets.txt" >"$folder/asked.txt"
  awk -F'\t' 'NR == FNR {answer[$1] = $2; next} {print answer[$0]}' "$folder/asked.txt" "$folder/sets.txt" >"$folder/apt-answers.txt"
  printf 'seed %s: ' "$seed"
  "$program" "$folder" "$index" || status=1
done
exit "$status"
