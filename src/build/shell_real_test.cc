// The model of the shell beside the machine's own: a script that is followed says what it would say when it runs.
#include <gtest/gtest.h>

#include <span>

#include "build/inner/small_tree.h"
#include "host/machine.h"

namespace ashlar::build::trial {
namespace {

/// What dash says, and where it goes on to its end what the model says, as files.
class ShellBesideTheRealOne : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!machine.processes->find("dash")) GTEST_SKIP() << "no dash";
  }
  void expect_same(std::span<const char* const> scripts) {
    const SmallTree tree(SmallTree::Files{{"etc/a", "a"}});
    for (const char* const script : scripts) {
      const auto real = machine.processes->run({.argv = {"dash", "-c", script, "x"}, .environment = std::map<std::string, std::string>{{"PATH", "/usr/bin:/bin"}}, .folder = "/proc/self", .input = {}});
      ASSERT_TRUE(real) << real.error().message;
      const Followed model = follow(tree, "set --\n{ " + std::string(script) + "\n} > /out\n");
      EXPECT_EQ(model.told, "out 644 0:0 \"" + real->out + "\"\n") << script << "\n" << real->err;
    }
  }
  host::Machine machine = host::real_machine();
};

TEST_F(ShellBesideTheRealOne, SaysTheSame) {
  const char* const scripts[] = {
      "set -- a 'b c' d; echo $# $1 \"$2\" $@; shift; echo \"$*\"; shift 2; echo $#",
      "set -- a 'b c'; for x; do echo \"[$x]\"; done; for x in \"$@\" z; do printf '<%s>' \"$x\"; done",
      "set -- a b; f() { echo \"$# $1\"; shift; echo \"$1\"; return 5; }; f x y z; echo $? $#",
      "x=1; f() { x=2; y=3; }; f; echo $x $y",
      "x=outer; f() { local x=inner; echo $x; }; f; echo $x",
      "x=1; f() { local x y; echo \"<$x>\"; x=2; y=3; g; }; g() { local x=4; echo $x $y; y=5; }; f; echo $x \"${y-unset}\"",
      "x=1; (x=2; echo $x); echo $x; y=$(x=3; echo $x); echo $x $y",
      "x=1 ; { x=2; }; echo $x | cat;",
      "x=a; x=b true; echo $x",
      "echo \"${u-d}|${u:-d}|${e-d}|${e:-d}|${u+s}|${e+s}|${e:+s}\"; e=; echo \"${e-d}|${e:-d}|${e+s}|${e:+s}\"; echo ${n:=new}; echo $n",
      "p=/a/b.c/d.tar.gz; echo ${p#*/} ${p##*/} ${p%.*} ${p%%.*} ${p#/x} ${p%%/*}x \"${p#\"/a\"}\"",
      "echo 'a  b'   c; x='a  b'; echo $x \"$x\"; y=' lead'; echo [$y]",
      "echo a\\ b \"a\\$b\" a\\\nb",
      "if true && ! false; then echo yes; fi; if false || false; then echo no; else echo else; fi",
      "true && echo a || echo b; false && echo a || echo b; ! true || echo c; true || echo d && echo e",
      "i=; while [ \"$i\" != xxx ]; do i=x$i; [ $i = xx ] && continue; echo $i; done; until [ -z \"$i\" ]; do i=${i#x}; done; echo \"<$i>\"",
      "for i in 1 2 3 4; do case $i in 2) continue ;; 4) break ;; esac; echo $i; done; echo $i",
      "for i in 1 2; do for j in a b; do [ $j = b ] && break; echo $i$j; done; done",
      "case abc in a*) echo 1 ;; abc) echo 2 ;; esac; case 'a b' in 'a b') echo 3 ;; esac; case x in [!a-c]) echo 4 ;; esac; case '*' in \\*) echo 5 ;; esac",
      "case a in a|b) echo 1 ;; esac; case '' in '') echo 2 ;; *) echo 3 ;; esac; case ab in ?) echo 4 ;; ?[a-z]) echo 5 ;; esac; case b] in [b-]]) echo 6 ;; [b-]']') echo 7 ;; esac",
      "x='a*'; case ab in $x) echo pattern ;; esac; case ab in \"$x\") echo text ;; *) echo other ;; esac",
      "false; echo $?; true; echo $?; (exit 3); echo $?; x=$(exit 4); echo $?; ! true; echo $?; if false; then :; fi; echo $?",
      "f() { return; }; false; f; echo $?; g() { false; }; g; echo $?; f() { true; return 7; echo never; }; f; echo $?",
      "set -e; f() { false; echo went on; }; f || echo no; if f; then echo yes; fi; echo end",
      "set -e; x=$(false) || echo caught; ! true; echo on; false || true; echo end",
      "cat <<E\n$HOME_NOT_SET-`echo b`-$(echo c)-\\$x-\\\\\n  'q' \"d\"\nE\ncat <<'E'\n$x `y`\nE\ncat <<-E\n\t\ttabs\n\tE",
      "x=5; cat <<A; cat <<B\n$x\nA\n${x}6\nB",
      "printf '%s|%s\\n' a b c; printf '%d%%\\n' 5; printf 'no end'; printf '\\n'; printf '[%s]' ''",
      "echo -n a; echo b; echo; echo ''; echo \"a b\" c",
      "[ a = a ] && echo 1; [ a != b ] && echo 2; [ -n '' ] || echo 3; [ '' ] || echo 4; [ 3 -gt 2 -a 1 -lt 2 ] && echo 5; [ ! a = b ] && echo 6; [ a -o '' ] && echo 7; [ '!' ] && echo 8; test 010 -eq 10 && echo 9",
      "echo $(echo a; echo b) \"$(echo a; echo b)\" \"$(printf 'x\\n\\n')\"y `echo \\`echo deep\\``",
      "seq 3; seq 2 4; seq 1 3 9; basename /a/b.c .c; basename b/; dirname /a/b/; dirname a; dirname /a",
      "echo a b | cut -d' ' -f2; printf '1:2:3\\n4\\n' | cut -d: -f1,3; echo abcdef | cut -c2-4",
      "echo one | grep -q one && echo found; printf 'a\\nb\\n' | grep -qx b && echo line; echo a.c | grep -qF . && echo plain; echo abc | grep -qv b || echo inverted",
      "unset x; echo \"${x-unset}\"; x=1; unset x; echo \"${x-unset}\"; f() { echo f; }; f; readonly r=1; echo $r; export e=2; echo $e",
      "x=abc; echo $xy ${x}y \"$x\"'$x' $x$x; a=b c=d; echo $a$c; echo {a,b} a#b # comment",
      "true; { false; } ; echo $?; { echo a; echo b; } | { cat; echo c; }; : ${d:=v}; echo $d",
  };
  expect_same(scripts);
}

/// Places in which followers of scripts are easily wrong without saying so.
TEST_F(ShellBesideTheRealOne, SaysTheSameInItsCorners) {
  const char* const scripts[] = {
      R"~(echo 'a\nb\tc' 'd\\e\qf\'; echo -n 'x\n'; echo 'a\cb' c; echo d; echo -e x; echo -n -n y; echo "1\\n2"; echo '\a\b\f\r\v'; x='a\nb'; echo $x "$x" )~",
      R"~(x='a*b'; echo "${x#'a*'}" "${x%'*b'}" ${x#a\*} "${x#a\*}" "${x#"a*"}" "${x%"*"b}" ${x%'*'} ${x%%\**} "${x##*\*}" )~",
      R"~(x='a?b[c]d\q'; echo "${x%'[c]'*}|${x%\[c\]*}|${x#'a?'}|${x#*'['}|${x%'\'*}|${x##*]}" | cat)~",
      R"~(y='*'; x='a*b'; echo "${x#a$y}|${x#a"$y"}|${x##a$y}|${x##"$y"}|${x##$y}|${x%"$y"b}|${x%$(echo '*')b}" )~",
      R"~(x=c :; echo $x; x=d export y; echo $x; x=1 x=2 true; echo $x; f() { x=9; echo $x; }; x=5 f; echo $x; x=e set -- q; echo $x $1; x=f unset y; echo $x; x=g eval_=1; echo $x)~",
      R"~(x=a; f() { x=c local y; echo $x; x=b return 3; }; f; echo $? $x; for i in 1 2; do x=z continue; done; echo $x; x=y shift 0; echo $x)~",
      R"~(for i in ${u:-"a  b" c} ${u:-'d  e'f} ${u-a\ \ b} ${u:-a   b} "${u:-a   b}" ${u:-} "${u:-}" ${u:-""}; do echo "[$i]"; done)~",
      R"~(echo "${u:-'a b'}" "${u:-x\y\}\"d}" "${u:-"a  b"}"; v=1; echo ${v:+"a  b"} "${v:+'c'}" ${u:+"x"}; y=${u:-"a  b"}; echo "$y"; echo "${u:="p  q"}" "$u" )~",
      R"~(set -- 'a b' '' c; for i in "$@"; do echo "[$i]"; done; for i in $@; do echo "[$i]"; done; for i in $*; do echo "<$i>"; done; for i in "$*"; do echo "($i)"; done; for i in "x$@y"; do echo "{$i}"; done)~",
      R"~(set -- 'a b' c; for i in ${1+"$@"} "${1+"$@"}" ${u+"$@"}; do echo "[$i]"; done; x=$*; echo "$x"; x=$@; echo "$x"; set --; for i in "$@" ${1+"$@"}; do echo never; done; echo $# )~",
      R"~(x=' a  b '; for i in x$x'y'; do echo "[$i]"; done; for i in $x$x; do echo "[$i]"; done; for i in "" $u '' ; do echo "[$i]"; done; x='a
b	c'; for i in $x; do echo "[$i]"; done; echo "$IFS" )~",
      R"~(false; x=$?; echo $x; false; x=$(exit 3)$?; echo $x $?; false; echo $(exit 4) $?; x=$(exit 4) > /dev/null; echo $?; $(exit 5); echo $?; x=$(exit 3) y=$(true); echo $?)~",
      R"~(false; case x in x) echo $? ;; esac; case $(exit 3) in *) echo $? ;; esac; for i in $(exit 6); do :; done; echo $?; false; for i in 1; do echo $?; done; false; if true; then echo $?; fi)~",
      R"~(! x=$(false); echo $?; (exit 3) | true; echo $?; true | (exit 3); echo $?; ! (exit 3) | (exit 2); echo $?; f() { return 3; }; if x=$(f); then :; else echo $?; fi; f || echo $?; ! f; echo $?)~",
      R"~(false; x=1; echo $?; f() { x=$(false); }; f; echo $?; f() { local x=$(false); echo $?; }; f; export x=$(false); echo $?; f() { false; return; }; f; echo $?; while false; do :; done; echo $?)~",
      R"~(set -e; echo 1$(false; echo a); x=$(echo b; false; echo c) || echo $x; echo on)~",
      R"~(set -e; { false; echo a; } | cat; echo on; { echo b; false; } | cat; false | true; echo c)~",
      R"~(set -e; if (false; echo a); then echo b; fi; if x=$(false; echo c); then echo no; else echo $? "[$x]"; fi; (false; echo d) || echo e; ! (false; echo f); echo on)~",
      R"~(set -e; false && true; echo a; true && false || echo b; f() { false && true; echo c; }; f; for i in 1 2; do false || continue; done; while false; do :; done; case x in y) false ;; esac; echo d)~",
      R"~(set -e; x=$(true; set +e; false; echo a); echo $x; (set +e; false; echo b); set +e; false; echo c; set -o errexit; false || echo d)~",
      R"~(for i in 1 2; do (break; echo no); echo $i; done; set -- a; (set -- b c; echo $#); echo $#; f() { echo 1; }; (f() { echo 2; }; f); f; f() { (return 4; echo no); echo $?; }; f; x=$(set -- 1 2 3; echo $#); echo $x $#)~",
      R"~(f() { local x=1; (local y=2; x=3; echo $x $y); echo $x "${y-none}"; }; f; (exit 3); echo $?; (! exit 4); echo $?; x=$(exit 5; echo no); echo $? $x; echo a | (exit 6); echo $?; (while exit 7; do :; done); echo $?)~",
      R"~(y='a b=c'; f() { local x=$y z="$y"; echo "$x|${b-none}|$z"; }; f; export e=$y; echo "$e"; readonly r=$y; echo "$r"; x=y=1; export $x; echo $y)~",
      R"~(f() { echo f; }; unset f; f; v=1; unset -v v; echo ${v-gone}; v=2; v() { echo function; }; unset -f v; echo $v; unset v none; echo ${v-gone}; f() { unset x; echo ${x-gone}; }; x=1; f; echo ${x-gone})~",
      R"~(while break; do :; done; echo a; f() { break; echo b; }; for i in 1 2; do f; echo $i; done; break; echo z; for i in 1 2; do case $i in 1) continue ;; esac; echo $i; done; until break; do :; done)~",
      R"~(case [ in [) echo a ;; esac; case b in [\!b]) echo b ;; esac; case - in [a\-z]) echo c ;; esac; case m in [a\-z]) echo no ;; *) echo d ;; esac; case ] in []]) echo e ;; esac; case a in [!]a]) echo no ;; *) echo f ;; esac; case '\' in \\) echo g ;; esac)~",
      R"~(case 'a*c' in 'a*'c) echo a ;; esac; case abc in 'a*'c) echo no ;; "a"*"c") echo b ;; esac; x='[a]'; case a in "$x") echo no ;; $x) echo c ;; esac; x='\*'; case '*' in $x) echo d ;; esac; case "$u" in '') echo e ;; esac; case a in ${u:-a|b}) echo no ;; *) echo f ;; esac)~",
      R"~(echo /none/* '*'none* "/none/"'*' \*none [ [a /none/[x; x='/none/*'; echo $x "$x"; x='none['; echo $x; echo /et[c] /'et'[c] /"e"?c /e\tc* "/et"[c]; y='/et[c]'; echo $y "$y"; for i in /none/*.d; do echo "$i"; done)~",
      R"~(x='a  b'; cat <<E
\" \a \\ \$x "$x" '$x' ${u:-d} `echo "q"` $(echo "$x") \
joined
E
cat <<"E"
\" \\ $x
E
cat <<\E
`a`
E)~",
      R"~(x=$(cat <<E
a $(echo b)
E
); echo "$x"; cat <<E | cat; echo "end $?"
  ${x#a}
E
f() { cat; }; f <<E
$1 $#
E)~",
      R"~(x=$(printf 'a\n\nb\n\n\n'); echo "$x"; echo "[$(echo; echo)]"; x="$(printf 'a\n')
"; echo "$x|"; echo "a`echo \"b  c\"`" "$(echo "d  e")" "`echo '$u\\'`"; echo $(echo '*none*' 'a   b'))~",
      R"~(printf '%d|%s|\n'; printf 'a\\b\n' x; printf '%s-%s\n' a b c; printf '%d %d\n' 1 -2 30; printf '%s\n' 'a\nb' "c d"; printf '%%s%s\n' x; printf "\t|\n"; printf '%s'; printf '[%s]\n' "" '')~",
      R"~(set -u; echo "${u-a}${u:-b}${u+c}"; set --; echo "$@" "$*" $#; x=; echo "[$x]"; set +u; echo "[$u]"; set -eu; echo on; set +eu; set -o nounset; set +o nounset; echo $u.)~",
      R"~(readonly r=1; (echo $r); r2=$r; readonly r2; echo $r2; f() { local l; l=$r; echo $l; }; f; export r; echo "${r:-x}" )~",
      R"~(echo a >&2; x=$(echo b >&2; echo c); echo $x; x=$(echo d 2>&1 >&2); echo "[$x]"; x=$({ echo e >&2; echo f; } 2>&1); echo $x; x=$({ echo g >&2; } 2>&1 > /dev/null); echo $x; echo h 2>&1; { echo i; echo j >&2; } 2> /dev/null; x=$(echo k > /dev/null 2>&1); echo "[$x]" )~",
      R"~(f() { :; }; command -v f; command -v echo; command -v none-such || echo $?; command -v export; if command -v f > /dev/null; then echo yes; fi)~",
      R"~(x='~'; echo $x '~' \~ "~/a" a~b 1.0~rc; x=a'~'; echo $x; case a~b in a~b) echo same ;; esac; y="~"; echo ${u:-"~"})~",
      R"~([ "a b" = 'a b' ] && echo 1; x='a b'; [ -n "$x" ] && echo 2; [ ! -n "" ] && echo 3; [ -z $u ] && echo 4; [ -n $u ] && echo 5; [ "$u" = "" -o x = y ] && echo 6; [ -d / -a ! -f / ] && echo 7; [ = = = ] && echo 8; [ -f = -f ] && echo 9)~",
  };
  expect_same(scripts);
}

/// Short scripts, each of which some follower of scripts would get wrong.
TEST_F(ShellBesideTheRealOne, SaysTheSameInManySmallThings) {
  const char* const scripts[] = {
      R"~(x=a; x=$x$x y=$x; echo $y; x=1 y=$x true; echo $y)~",
      R"~(x=1; x=2 echo a > /dev/null$u; echo $x)~",
      R"~(case a in (a) echo p;; esac; case a in a);; esac; echo $?)~",
      R"~(if :; then ! true; fi; echo $?)~",
      R"~(set -e; f() { false; }; ! f; echo on)~",
      R"~(set -e; while ! true; do :; done; echo on; for i in 1; do false; done || echo b)~",
      R"~(set -e; (exit 3) || echo $?; x=$(exit 3) && echo no; echo on)~",
      R"~(f() { return; }; (exit 4); f; echo $?; f() { (exit 4); return $?; }; f; echo $?)~",
      R"~(f() { case $1 in a) return 2 ;; esac; echo no; }; f a; echo $?; while f a; do :; done; echo $?)~",
      R"~(false || { echo a; false; } || echo b && echo c)~",
      R"~(echo a; # comment ' " `)~",
      R"~(echo "a # b" c#d '#e' #f)~",
      R"~(echo a&&echo b||echo c;echo d)~",
      R"~(echo ${x:-$(echo "a b")} "${x:-$(echo "a  b")}" ${x:-`echo c`})~",
      R"~(echo ${x:-}} ; echo "${x:-{a}}" )~",
      R"~(x='a;b&c|d'; echo $x; eval_=$x; echo "$eval_" )~",
      R"~(x="a'b"; echo $x "$x" '$x'; y='"'; echo $y)~",
      R"~(echo a'b'"c"\d$u''e)~",
      R"~(f() { echo $#; }; f "" '' $u "$u"; f "$@"; f "a b" 'c'; f $(echo a b) "$(echo a b)" )~",
      R"~(f() { echo "$0" > /dev/null; echo $1; set -- z; echo $1; }; set -- q; f r; echo $1)~",
      R"~(for x in a b; do :; done; echo $x; for x in; do :; done; echo $x)~",
      R"~(for x in a; do x=b; done; echo $x)~",
      R"~(i=0; for x in 1 2 3; do if [ $x -eq 2 ]; then continue; fi; echo $x; done)~",
      R"~(while :; do while :; do break; done; echo in; break; done)~",
      R"~(until false; do echo x; break; done)~",
      R"~(cat <<E; echo b
a
E)~",
      R"~(cat <<E && echo b
$(cat <<F
inner
F
)
E)~",
      R"~(if cat; then echo y; fi <<E
x
E)~",
      R"~(cat <<E
${u:-'a'} ${u:-"b"} ${u+"c"} "${u:-d}"
E)~",
      R"~(x='a	b'; echo $x; printf '%s\n' $x)~",
      R"~(x="a\\nb"; echo $x; echo "$x" )~",
      R"~(echo "$(echo 'a\\nb')"; echo '\\n'; echo "\\\\n" )~",
      R"~(x=$(echo 'a\nb'); echo "$x"; echo $x)~",
      R"~([ "" ]; echo $?; [ ]; echo $?; test; echo $?; [ a -a "" ]; echo $?; [ "(" = "(" ]; echo $?)~",
      R"~([ 1 -eq 01 ]; echo $?; [ -5 -lt 3 ]; echo $?; [ ! ]; echo $?; [ -n ]; echo $?; [ -z ]; echo $?)~",
      R"~([ ! "" -a x ]; echo $?; [ "a" -o "" -a "" ]; echo $?; [ ! a = a -o b ]; echo $?)~",
      R"~([ x ] && [ ! -e /none ] && echo a; [ -e /none -o -L /none ] || echo b)~",
      R"~(x=5; unset -v x; echo ${x+set}; x=; unset x y; echo ${x-un})~",
      R"~(x=a; readonly x; f() { echo $x; }; f; (unset y; echo $x))~",
      R"~(x=abcabc; echo ${x#*b} ${x##*b} ${x%b*} ${x%%b*} ${x%%*} ${x#?} ${x%[a-c]} ${x##[!b]*}.)~",
      R"~(x=/usr/bin/; echo ${x%/} ${x%/*} ${x##*/}. ${x#/usr}; y=bin; echo ${x%$y/} ${x%"$y"/})~",
      R"~(x='a b c'; echo ${x#* } "${x#* }" ${x%" c"} "${x%' '*}" )~",
      R"~(x='{a}'; echo ${x#{} ${x%\}}; echo "${x%\}}" "${x#"{"}" )~",
      R"~(x='a"b'; echo "${x%\"*}" ${x#*\"} "${x#*'"'}"; x="a'b"; echo "${x%\'*}" ${x#*"'"})~",
      R"~(x='$y'; echo "${x#\$}" ${x#'$'} "${x#'$'}" )~",
      R"~(: ${x:=a} ${y=b}; echo $x$y; z=${w:=c}; echo $w$z; echo ${v:=$w$w})~",
      R"~(echo ${x:+a b} "${x:+a b}"; x=1; echo ${x:+a   b} "${x:+a   b}" ${x:+"a   b" c}; set -- ${x:+"a   b" c}; echo $#)~",
      R"~(set -- a b c; echo ${#} $# "${3}" ${4-no} "${4:-}"; shift; echo "$1" ${2}x $3.)~",
      R"~(set -- "a b" c; echo "${*}" ${@}; x="${*}"; echo "$x"; case "$*" in "a b c") echo y;; esac)~",
      R"~(set -- -e; echo $1; set -e -- x; echo $1; set -- --; echo $1; set --; echo $#)~",
      R"~(set -ex; echo a; set +x; echo b)~",
      R"~(trap 'echo x' INT; echo a; trap - INT; trap '' HUP; echo b)~",
      R"~(export x; echo ${x-un}; export x=1 y="a b"; echo $x$y; export z; z=2; echo $z)~",
      R"~(f() { local x=1 y=$x; echo "$y"; }; x=0; f)~",
      R"~(f() { local x; x=1; g; echo $x; }; g() { x=2; }; f; echo ${x-un})~",
      R"~(f() { local x=1; unset x; echo ${x-un}; }; x=0; f; echo $x)~",
      R"~(f() { local x="$@"; echo $x; }; f a 'b  c'; f() { local x=$*; echo "$x"; }; f a 'b  c'; f() { local x=$(echo 'a  b'); echo "$x"; }; f)~",
      R"~(f() { f2() { echo nested; }; }; f; f2; f2() { echo new; }; f2)~",
      R"~(f () { echo sp; }; f; f()
{ echo nl; }; f; f() (x=1; echo sub); f; echo ${x-un})~",
      R"~(f() { echo out; } > /dev/null; f; echo on)~",
      R"~(f() if true; then echo i; fi; f)~",
      R"~(echo a | { cat; x=1; }; echo ${x-un}; x=2 | :; echo ${x-un})~",
      R"~(echo a | cat | cat; echo a | while false; do :; done; echo $?)~",
      R"~(x=$(echo a; exit 3; echo b); echo $? $x; x=`exit 2`; echo $?)~",
      R"~(true | false && echo no || echo yes; ! true | false && echo y2)~",
      R"~((echo a; exit 2; echo b); echo $?; { echo c; }; (exit); echo $?; (false; exit); echo $?)~",
      R"~(x=1; { x=2; echo $x; } > /dev/null; echo $x; if :; then x=3; fi > /dev/null; echo $x)~",
      R"~(case $u in '') echo e;; *) echo n;; esac; case "a b" in a\ b) echo y;; esac; case a in "") echo n;; ?) echo q;; esac)~",
      R"~(case 1.0~rc in *~*) echo y;; esac; case 1.2.3 in [0-9]*.[0-9]*) echo v;; esac; case x-y in *-*) echo d;; esac; case -a in -*) echo o;; esac)~",
      R"~(case a in A) echo n;; [A-Z]) echo n;; [a-z]) echo y;; esac; case é in ?) echo one;; ??) echo two;; esac)~",
      R"~(case "$(echo a)" in a) echo y;; esac; case `echo b` in b) echo z;; esac; case $(echo 'a b') in 'a b') echo w;; esac)~",
      R"~(case a in b) ;; esac; echo $?; case a in a) false;; esac; echo $?)~",
      R"~(x=a?c; case abc in $x) echo y;; esac; case abc in ${x}) echo y;; esac; case abc in "${x}") echo n;; *) echo z;; esac)~",
      R"~(a=1 b=2; echo $a$b; a=$b b=$a; echo $a$b)~",
      R"~(a= b=c; echo "[$a]$b"; a= ; echo "[$a]"; a="" echo x)~",
      R"~(a=b\ c; echo $a; a='b c'd"e f"; echo "$a"; a=$(echo x  y)z; echo "$a"; a=*; echo "$a"; a=/et*; echo $a)~",
      R"~(x='echo hi'; $x; x=echo; $x a b; "$x" c)~",
      R"~(e\cho a; 'echo' b; "ec"ho c; \echo d)~",
      R"~(seq 0; seq 3 1; seq 3 -1 1; seq -1 1)~",
      R"~(echo abc | cut -c1; echo a:b:c | cut -d: -f2-; echo abc | cut -d: -f2; echo a:b | cut -d: -f2,1; printf 'a b' | cut -d' ' -f1)~",
      R"~(echo 'it'\''s'; echo "it's"; echo it\'s; echo "a\"b"; echo 'a"b')~",
      R"~(echo $'a\n'; echo $"x"; echo $; echo a$ "$" $%)~",
      R"~([ -n "$x" ] || x=d; echo $x; [ "$x" ] && x=e || x=f; echo $x)~",
      R"~(echo ${x-a}${x-b}; echo "$x$x" $x"$x"; echo ${x}${x:-b c}d)~",
      R"~(x=1; f() { x=2 return; }; f; echo $x)~",
      R"~(umask 022; (umask 077); echo a)~",
      R"~(exit 0; echo never)~",
      R"~(cat < /dev/null; echo $?; cat /none; echo $?; : < /dev/null)~",
      R"~(true && { echo a; exit 0; }; echo never)~",
      R"~(f() { exit 0; }; x=$(f); echo a; (f); echo b; f; echo never)~",
      R"~(dirname /; dirname //a; dirname a//b; dirname a; basename /; basename //; basename a.c .c; basename .c .c; basename x/.c .c; dirname a//b//)~",
      R"~(echo a >&1; echo b 1>&2; echo c 2>&1; echo d > /dev/null 2>&1; echo e 2> /dev/null)~",
      R"~(seq 5 1; seq 1 2 6; seq 09 11; seq -2; echo a,b | cut -d, -f 2; printf 'a\n\nb' | cut -c1; printf 'a:b' | cut -d: -f3)~",
      R"~(x=1; f() { local x; x=2; (echo $x); }; f; echo $x)~",
      R"~(for x in "$(echo a b)" $(echo c d); do echo "<$x>"; done)~",
      R"~(if [ "$1" = configure ] && [ -z "$2" ]; then echo y; else echo n; fi)~",
      R"~(set -e; if [ -n "" ]; then :; fi; [ -z x ] || echo a; [ -n x ] && echo b)~",
      R"~(set -e; f() { [ -n "" ] && echo c; }; f || true; echo on)~",
      R"~(set -e; f() { [ -n "" ] && echo c; return 0; }; f; echo on)~",
      R"~(set -e; x=$(echo a | grep -q b) || x=none; echo $x)~",
      R"~(set -e; (exit 0); x=$(set +e; false; echo a); echo $x; { true; }; echo end)~",
      R"~(set -e; f() { x=$(false); echo "went $?"; }; if f; then echo y; fi)~",
      R"~(set -e; f() { local x=$(false); echo $?; }; f; export y=$(false); echo on)~",
      R"~(x='a]b'; echo ${x%]*} ${x%[]]*} ${x#[!x]})~",
      R"~(x=aXbXc; echo ${x%X*}${x##*X} "${x%%"X"*}" ${x#*'X'}; y=X; echo ${x#*$y} ${x%%$y*} ${x%"${y}"*})~",
      R"~(echo "a$(echo ")")b" $(echo ')' '(') `echo ")"`)~",
      R"~(echo $(case a in a) echo x;; esac) $(case a in (a) echo y;; esac))~",
      R"~(echo $( # comment )
echo z))~",
      R"~(while [ "${i:-}" != aaa ]; do i=a${i:-}; done; echo $i; until [ ${#} = 0 ]; do shift; done)~",
      R"~(f() { while :; do return 4; done; }; f; echo $?; f() { for i in 1 2; do [ $i = 2 ] && return 5; done; }; f; echo $? $i)~",
      R"~(f() { if true; then return 6; fi | cat; echo $?; }; f; echo $?)~",
      R"~(printf '%s' "a" b; printf "%s\n" "$u"; printf "%s=%s;" a 1 b; echo; printf 'x\n' | cat)~",
      R"~([ a = a ] || [ b = b ] && echo c; [ a = b ] || { echo d; } && echo e)~",
      R"~(echo a >/dev/null >/dev/null; echo b)~",
      R"~({ echo a; } >&2; { echo b; } 2>&1; f() { echo c >&2; }; f 2>&1; x=$(f 2>&1); echo $x)~",
      R"~(x=1 readonly x; echo $x)~",
      R"~(PATH=/none; echo a; PATH=/usr/bin:/bin true; HOME=/x; echo $HOME)~",
      R"~(set -e; for i in 1 2; do [ $i = 1 ] && echo one; done; echo end)~",
      R"~(set -e; case a in a) [ x = y ] && echo n;; esac; echo end)~",
      R"~(set -e; if :; then ! true; fi; echo on; { ! true; }; echo on)~",
      R"~(set -e; { false && true; } 2> /dev/null; for i in 1; do false && :; done > /dev/null; echo on; ! true | false; echo end)~",
  };
  expect_same(scripts);
}

/// Where dash does something else than is modelled, following ends: it is never wrong silently.
TEST(Shell, WhatIsNotGuessed) {
  const SmallTree tree(SmallTree::Files{{"etc/a", "a"}});
  const struct { const char *summary, *script, *error; } rows[] = {
      {"fields at other characters", "IFS=:; x=a:b; echo $x", "'IFS' with other characters"},
      {"such in a function", "f() { local IFS=,; }; f", "'IFS' with other characters"},
      {"a home", "echo ~root", "'~'"},
      {"a home in an assignment", "x=~/a", "'~'"},
      {"one after a colon", "x=/bin:~/bin", "'~'"},
      {"one that is exported", "export x=~/a", "'~'"},
      {"one by default", "echo ${x:-~}", "'~'"},
      {"a function that ends with a status under set -e", "set -e; f() { ! true; }; f", "it would end with status 1"},
      {"a subshell that does", "set -e; (! true)", "it would end with status 1"},
      {"arithmetic", "echo $((1 + 2))", "'$((1 + 2))'"},
      {"a tenth argument", "echo ${10}", "'${10}' is not understood"},
      {"the length of a variable", "echo ${#x}", "'${#x' is not understood"},
      {"prefixes of all arguments", "set -- ab ac; echo ${@#a}", "'${@#'"},
      {"a default for an argument", "echo ${3:=x}", "'${3:='"},
      {"a class by name", "case a in [[:alpha:]]) ;; esac", "the pattern '[[:alpha:]]'"},
      {"a set inverted by '^', which dash does not", "case a in [^b]) ;; esac", "the pattern '[^b]'"},
      {"a pattern for folders", "echo /etc/*/", "the pattern '/etc/*/'"},
      {"a pattern with a '\\' that was expanded", "x='/et*\\c'; echo $x", "a '\\' in a pattern that was expanded"},
      {"two loops left", "for i in 1; do for j in 1; do break 2; done; done", "'break' of several loops"},
      {"more shifted than there is", "shift 9", "'shift' by more than there is"},
      {"what is read only", "readonly r=1; r=2", "'r' is read only"},
      {"such in a loop", "readonly r=1; for r in 2; do :; done", "'r' is read only"},
      {"such forgotten", "readonly r=1; unset r", "'unset r'"},
      {"a variable that is not set", "set -u; echo $none", "'$none' is not set"},
      {"such with a pattern", "set -u; echo ${none%x}", "'$none' is not set"},
      {"patterns switched off", "set -f", "'set -f'"},
      {"an option by name", "set -o noglob", "'set -o noglob'"},
      {"what dash has no option for", "set -o pipefail", "'set -o pipefail'"},
      {"a comparison that dash does not have", "[ a == a ]", "'test a == a'"},
      {"a character by its number", "echo 'a\\0101'", "'echo a\\0101'"},
      {"a number with a zero before it", "printf %d 010", "'printf %d 010'"},
      {"a number that is none", "printf %d x", "'printf %d x'"},
      {"a format for a width", "printf '%5s' x", "'printf %5s x'"},
      {"an escape at the end", "printf 'a\\'", "'printf a\\'"},
      {"a third descriptor", "echo x >&3", "the redirection '1>&'"},
      {"a file at it", "echo x 3> /f", "the redirection '3>'"},
      {"output that is closed", "echo x >&-", "the redirection '1>&'"},
      {"two files", "echo x > /a > /b", "the redirection '1>'"},
      {"a trap in a subshell", "(trap 'echo x' EXIT)", "'trap' in a subshell"},
      {"an option of basename", "basename -- a", "'basename -- a'"},
      {"an option of cat", "cat -", "'cat -'"},
      {"options of export", "export -p", "'export -p'"},
  };
  for (const auto& row : rows) EXPECT_EQ(follow(tree, row.script).told, "error: line 1: " + std::string(row.error)) << row.summary;
}

TEST(Shell, WhatRunsAtTheEnd) {
  const SmallTree tree(SmallTree::Files{{"etc/a", "a"}});
  const struct { const char *summary, *script, *told; } rows[] = {
      {"a trap for the end", "trap 'echo bye > /out' EXIT; touch /x; exit 0", "out 644 0:0 \"bye\n\"\nx 644 0:0 \"\"\n"},
      {"by its number", "trap 'rm -f /t' 0; touch /t", ""},
      {"taken back", "trap 'touch /t' EXIT INT; trap - EXIT", ""},
      {"signals do not come", "trap 'touch /t' INT TERM", ""},
      {"it does not change the status", "trap : EXIT; exit 3", "error: line 1: it would end with status 3"},
      {"unless it exits itself", "trap 'exit 0' EXIT; exit 3", ""},
  };
  for (const auto& row : rows) EXPECT_EQ(follow(tree, row.script).told, row.told) << row.summary;
}

TEST(Shell, BashIsNotDash) {
  const SmallTree tree(SmallTree::Files{{"etc/a", "a"}});
  const struct { const char *summary, *script, *told; } rows[] = {
      {"its echo keeps escapes", "echo 'a\\nb' > /out", "out 644 0:0 \"a\\nb\n\"\n"},
      {"but for an option, with which nothing is guessed", "echo -e 'a\\nb'", "error: line 2: 'echo -e a\\nb'"},
      {"its assignments before a special builtin end with it", "x=a; x=b :; echo $x > /out", "out 644 0:0 \"a\n\"\n"},
      {"it has constants in functions", "f() { local -r x=$1; echo $x; }; { f a; f b; } > /out", "out 644 0:0 \"a\nb\n\"\n"},
      {"which are that", "f() { local -r x=1; x=2; }; f", "error: line 2: 'x' is read only"},
      {"braces are words to it", "echo {a,b}", "error: line 2: '{a,b}' in bash"},
      {"it compares with ==", "[ a == a ] && echo x > /out", "out 644 0:0 \"x\n\"\n"},
      {"set -e ends no $(...)", "set -e; echo $(false; echo x) > /out", "out 644 0:0 \"x\n\"\n"},
  };
  for (const auto& row : rows) EXPECT_EQ(follow(tree, std::string("#!/bin/bash\n") + row.script).told, row.told) << row.summary;
  EXPECT_EQ(follow(tree, "/bin/echo 'a\\nb' > /out").told, "out 644 0:0 \"a\\nb\n\"\n") << "a program of that name is not dash's echo";
}

}  // namespace
}  // namespace ashlar::build::trial
