// The model of the shell beside the machine's own: a script that is followed says what it would say when it runs.
#include <gtest/gtest.h>

#include "build/inner/small_tree.h"
#include "host/machine.h"

namespace ashlar::build::trial {
namespace {

TEST(ShellBesideTheRealOne, SaysTheSame) {
  host::Machine machine = host::real_machine();
  if (!machine.processes->find("dash")) GTEST_SKIP() << "no dash";
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
      "x=abc; echo $xy ${x}y \"$x\"'$x' $x$x; a=b c=d; echo $a$c; echo {a,b} ~x a#b # comment",
      "true; { false; } ; echo $?; { echo a; echo b; } | { cat; echo c; }; : ${d:=v}; echo $d",
  };
  const SmallTree tree(SmallTree::Files{{"etc/a", "a"}});
  for (const char* const script : scripts) {
    const auto real = machine.processes->run({.argv = {"dash", "-c", script, "x"}, .environment = std::map<std::string, std::string>{{"PATH", "/usr/bin:/bin"}}, .folder = "/proc/self", .input = {}});
    ASSERT_TRUE(real) << real.error().message;
    const Followed model = follow(tree, "set --\n{ " + std::string(script) + "\n} > /out\n");
    const std::string expected = real->out.empty() ? "out 644 0:0 \"\"\n" : "out 644 0:0 \"" + real->out + "\"\n";
    EXPECT_EQ(model.told, expected) << script << "\n" << real->err;
  }
}

}  // namespace
}  // namespace ashlar::build::trial
