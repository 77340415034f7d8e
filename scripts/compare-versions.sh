#!/usr/bin/env bash
# Generated pairs of versions, ordered by the ecosystem's own tool and by us: how many get the same answer, and every difference.
#   scripts/compare-versions.sh [--seed N] [--pairs N] [--program FILE] [--keep FOLDER] [REFERENCE...]
# References: dpkg apk rpm semver semver-node pep440 maven go; all without one. The pairs of tests/data/advisory/versions/ are asked, too, and their answers
# held to the reference's; with ASHLAR_ACCEPT=1 they are written anew. Exit code 1: answers differ; 77: a tool is missing, which is named.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
seed=1 pairs=20000 program='' keep='' references=()
while (($#)); do case $1 in
  --seed) seed=$2; shift 2 ;; --pairs) pairs=$2; shift 2 ;; --program) program=$(realpath "$2"); shift 2 ;;
  --keep) mkdir -p "$2"; keep=$(realpath "$2"); shift 2 ;;
  dpkg | apk | rpm | semver | semver-node | pep440 | maven | go) references+=("$1"); shift ;;
  *) sed -n '3,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac; done
((${#references[@]})) || references=(dpkg apk rpm semver semver-node pep440 maven go)
for number in "$seed" "$pairs"; do [[ $number =~ ^[0-9]+$ ]] || die "'$number' is no number"; done
work=$keep
if [[ -z $work ]]; then work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; fi
if [[ -z $program ]]; then
  folder=$(build_root)/dev
  build_preset dev "$folder" version_pairs
  program=$folder/tests/versions/version_pairs
fi
export LC_ALL=C.UTF-8

# A reference reads pairs `a<TAB>b` and prints a line each: <, =, >, ? where one of them is no version, or - where it gives no answer, by a limit of its own.
# `named` says which it is. One process answers
# all, but for Maven's, which takes what a command line holds, and apk, whose program takes one pair.
skip() { say "$script: skipped: $*"; return 77; }
has() { command -v "$1" >/dev/null || skip "there is no '$1'"; }

ask_dpkg() {
  has perl || return
  named=$(perl -MDpkg::Version -e 'print "Dpkg::Version $Dpkg::Version::VERSION"' 2>/dev/null) || { skip "perl has no Dpkg::Version (libdpkg-perl)"; return; }
  perl -MDpkg::Version -ne '
    chomp;
    if (/\d{16}/) { print "-\n"; next; }  # its numbers are doubles
    # dpkg itself, which is in C, refuses an epoch alone, a colon in the revision, and epochs that no int holds.
    my ($a, $b) = map { /^[^:]*:$/ || /-[^-]*:[^-]*$/ ? undef : Dpkg::Version->new($_, check => 1) } split(/\t/, $_, -1);
    for ($a, $b) { undef $_ if defined $_ && $_->epoch() > 2147483647; }
    print defined $a && defined $b ? ("<", "=", ">")[version_compare("$a", "$b") + 1] : "?", "\n";'
}

ask_rpm() {
  has rpm || return
  named=$(rpm --version | sed 's/^RPM version/rpm/')
  cat >"$work/rpm.lua" <<END
    local function is_version(text)  -- of those that rpm compares, what stands in a package
      local rest = text:gsub("^%d*:", "")
      local version, release = rest:match("^(.*)-([^-]*)\$")
      return text:find("^[!-~]+\$") and (version or rest) ~= "" and release ~= ""
    end
    local out = {}
    for line in io.lines("$work/rpm.in") do
      local a, b = line:match("^(.-)\t(.*)\$")
      out[#out + 1] = is_version(a) and is_version(b) and ({"<", "=", ">"})[rpm.vercmp(a, b) + 2] or "?"
    end
    print(table.concat(out, "\n"))
END
  cat >"$work/rpm.in"
  rpm --eval "%{lua:dofile('$work/rpm.lua')}"
}

ask_semver_node() {
  has node || return
  local folder
  for folder in /usr/share/nodejs "$(npm root -g 2>/dev/null)/npm/node_modules"; do [[ ! -f $folder/semver/package.json ]] || break; done
  [[ -f $folder/semver/package.json ]] || { skip "node has no module 'semver' (node-semver)"; return; }
  named="node's semver $(node -p 'require(process.argv[1] + "/semver/package.json").version' "$folder")"
  node -e '
    const semver = require(process.argv[1] + "/semver");
    // Shortened versions are ranges to it, and numbers end where doubles do.
    const beyond = text => /^v?\d+(\.\d+)?$/.test(text) || /\d{16}/.test(text);
    for (const line of require("fs").readFileSync(0, "latin1").split("\n").slice(0, -1)) {
      const [a, b] = line.split("\t");
      if (beyond(a) || beyond(b)) console.log("-");
      else if (!semver.valid(a) || !semver.valid(b)) console.log("?");
      else console.log(["<", "=", ">"][semver.compare(a, b) + 1]);
    }' "$folder"
}

ask_pep440() {
  local python
  for python in python3 /usr/bin/python3; do if "$python" -c 'import packaging.version' 2>/dev/null; then break; fi; done
  named=$("$python" -c 'import packaging; print("packaging", packaging.__version__)' 2>/dev/null) || { skip "python3 has no module 'packaging' (python3-packaging)"; return; }
  "$python" -c '
import sys
from packaging.version import InvalidVersion, Version
for line in sys.stdin:
    try:
        a, b = map(Version, line[:-1].split("\t"))
        print("<" if a < b else ">" if a > b else "=")
    except InvalidVersion:
        print("?")'
}

ask_maven() {
  has java && has mvn || return
  local version=3.9.9 plugin=org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy
  named="ComparableVersion of Maven $version"
  timeout 300 mvn -q -B "$plugin" -Dartifact="org.apache.maven:maven-artifact:$version" -DoutputDirectory="$work/maven" >"$work/maven.log" 2>&1 ||
    { skip "mvn cannot get maven-artifact $version: $(grep -m 1 ERROR "$work/maven.log")"; return; }
  cat >"$work/maven.in"
  # Its main compares each with the next; every second one is a pair of ours.
  tr '\t' '\n' <"$work/maven.in" | xargs -d '\n' -x -s 1500000 -n 20000 java -cp "$work/maven/maven-artifact-$version.jar" org.apache.maven.artifact.versioning.ComparableVersion |
    awk '/^[0-9]+\. / {number = $1 + 0} /^   / && number % 2 == 1 {print}' >"$work/maven.out"
  paste -d '\t' "$work/maven.in" "$work/maven.out" | awk -F'\t' '
    $1 == "" || $2 == "" {print "?"; next}
    {split(substr($3, 4), word, " "); print word[2] == "==" ? "=" : word[2]}'
}

# A program over golang.org/x/mod/semver, which answers for both grammars.
ask_golang() {
  has go || return
  local folder=$work/golang grammar=$1 version=v0.20.0
  named="golang.org/x/mod/semver $version"
  mkdir -p "$folder"
  cat >"$folder/main.go" <<'END'
package main

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strings"

	"golang.org/x/mod/semver"
)

var tag = regexp.MustCompile(`^(\d+\.\d+)(\.\d+|)((beta|rc)(\d+))?$`)

// A tag of Go as the Go vulnerability database writes it, and as govulncheck reads what a binary says; suffixes as go/version passes over them.
func fromTag(text string) string {
	m := tag.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	version := "v" + m[1] + m[2]
	if m[2] == "" {
		version += ".0"
	}
	if m[3] != "" {
		version += "-" + m[4] + "." + m[5]
	}
	return version
}

func read(text string, tags bool) string {
	if tags && strings.HasPrefix(text, "go") {
		fields := strings.Fields(text)
		name, suffix, found := strings.Cut(fields[0][2:], "-")
		if name == "1" && !found {
			return "v1.0.0"
		}
		if name == "1" {
			name = "1.0.0"
		} else if name == "1.0" {
			return ""
		}
		if found && (suffix == "" || strings.HasPrefix(suffix, "devel")) {
			return ""
		}
		return fromTag(name)
	}
	version := "v" + strings.TrimPrefix(text, "v")
	if tags && !semver.IsValid(version) {
		version = fromTag(text)
	}
	return version
}

func main() {
	tags := os.Args[1] == "go"
	lines := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		a, b, _ := strings.Cut(lines.Text(), "\t")
		x, y := read(a, tags), read(b, tags)
		if !semver.IsValid(x) || !semver.IsValid(y) {
			fmt.Fprintln(out, "?")
		} else {
			fmt.Fprintln(out, string("<=>"[semver.Compare(x, y)+1]))
		}
	}
}
END
  (cd "$folder" && { [[ -f go.mod ]] || go mod init order; } && go mod edit -require "golang.org/x/mod@$version" && go mod tidy && go build -o order .) >"$work/golang.log" 2>&1 ||
    { skip "go cannot build with $named: $(tail -1 "$work/golang.log")"; return; }
  "$folder/order" "$grammar"
}
ask_semver() { ask_golang semver; }
ask_go() { ask_golang go; }

ask_apk() {
  has apk || return
  named=$(apk --version | cut -d, -f1)
  [[ $named == 'apk-tools '[3-9]* ]] || { skip "'$named' is older than 3 and reads versions otherwise"; return; }
  cat >"$work/apk.in"
  { tr '\t' '\n' <"$work/apk.in" | sort -u | xargs -d '\n' apk version --check -- || true; } >"$work/apk.bad" 2>/dev/null
  local a b
  while IFS= read -r line; do
    a=${line%%$'\t'*} b=${line#*$'\t'}
    # Its numbers wrap around at 64 bits.
    if [[ $line =~ [0-9]{19} ]]; then echo -; else apk version --test -- "$a" "$b" || echo '?'; fi
  done <"$work/apk.in" 2>/dev/null | sed 's/^$/?/'
}

# compare REFERENCE: 0 when all answers are the same.
compare() {
  local reference=$1 grammar=${1%-node} frozen line count
  frozen=$top/tests/data/advisory/versions/$grammar.txt
  { grep -v '^#' "$frozen" | cut -f1,3; "$program" make "$grammar" "$seed" "$pairs"; } >"$work/pairs"
  "$program" judge "$grammar" <"$work/pairs" | cut -f3 >"$work/ours"
  "ask_${reference//-/_}" <"$work/pairs" >"$work/theirs" || return
  count=$(wc -l <"$work/theirs")
  ((count == $(wc -l <"$work/pairs"))) || { say "$script: $named gave $count answers to $(wc -l <"$work/pairs") pairs"; return 1; }
  line=$(grep -vc '^#' "$frozen")
  if [[ -n ${ASHLAR_ACCEPT:-} && $reference == "$grammar" ]]; then
    { echo "# Answers of $named, written by scripts/compare-versions.sh: <, =, > or ? where one is no version."
      paste "$work/pairs" "$work/theirs" | head -n "$line" | awk -F'\t' '{print $1 "\t" $3 "\t" $2}'; } >"$work/frozen"
    cp "$work/frozen" "$frozen"
  fi
  grep -v '^#' "$frozen" | cut -f2 | paste - <(head -n "$line" "$work/theirs") "$work/pairs" | head -n "$line" |
    awk -F'\t' -v OFS='\t' '$2 != "-" && $1 != $2 {print "frozen", $3, $1, $4, "theirs", $2}' >"$work/differences"
  paste "$work/pairs" "$work/ours" "$work/theirs" | awk -F'\t' -v OFS='\t' '$4 != "-" && $3 != $4 {print "ours", $1, $3, $2, "theirs", $4}' >>"$work/differences"
  # A comparison that hardly compares is worth nothing: many pairs must have an order, and every order must occur.
  tail -n +"$((line + 1))" "$work/theirs" | awk -v pairs="$pairs" -v what="$reference: $pairs pairs and $line frozen ones with $named" -v wrong="$(wc -l <"$work/differences")" '
    {seen[$1]++}
    END {
      printf "%s: %d differences (< %d, = %d, > %d, no version %d, no answer %d)\n", what, wrong, seen["<"], seen["="], seen[">"], seen["?"], seen["-"]
      if (pairs >= 1000 && (seen["<"] + seen["="] + seen[">"] < pairs / 3 || seen["<"] < pairs / 50 || seen["="] < pairs / 50 || seen[">"] < pairs / 50)) {
        print what ": too few of the pairs have an order"
        exit 1
      }
    }' || return 1
  head -n 40 "$work/differences"
  [[ ! -s $work/differences ]]
}

status=0 named=''
for reference in "${references[@]}"; do
  answer=0
  compare "$reference" || answer=$?
  if ((answer == 77)); then if ((status == 0 && ${#references[@]} == 1)); then status=77; fi; elif ((answer)); then status=1; fi
done
exit "$status"
