// Maintainer scripts, followed over a model of the image: the shell, and each command.
#include <gtest/gtest.h>

#include "base/text.h"
#include "build/inner/expression.h"
#include "build/inner/small_tree.h"

namespace ashlar::build::trial {
namespace {

struct Row { std::string summary, script, told; };

void expect(const SmallTree& tree, const std::vector<Row>& rows, bool full = true) {
  for (const Row& row : rows) EXPECT_EQ(follow(tree, row.script, full).told, row.told) << row.summary;
}

/// What `echo` of the script's words leaves in /out.
std::string out(std::string_view content) { return "out 644 0:0 \"" + std::string(content) + "\"\n"; }

TEST(Shell, Language) {
  const SmallTree tree(SmallTree::Files{{"etc/a.conf", "a\n"}, {"etc/b.conf", "b\n"}, {"etc/.hidden.conf", ""}, {"usr/share/functions", "greet() { echo \"hello $1\" > /out; }\n"}});
  expect(tree, {
      {"arguments of a postinst", "#!/bin/sh\necho \"$1,$2,$#\" > /out", out("configure,,2\n")},
      {"quotes keep words together", "set -- 'a b' c; for x in \"$@\"; do printf '[%s]' \"$x\"; done > /out", out("[a b][c]")},
      {"words are split at blanks", "x='a  b'; for y in $x; do printf '[%s]' $y; done > /out", out("[a][b]")},
      {"defaults and alternatives of variables", "a=; echo \"${a:-one} ${a-two} ${b-three} ${b:+four} ${c:=five} $c\" > /out", out("one  three  five five\n")},
      {"prefixes and suffixes", "p=/usr/lib/x.tar.gz; echo \"${p##*/} ${p%.*} ${p%%.*} ${p#/usr}\" > /out", out("x.tar.gz /usr/lib/x.tar /usr/lib/x /lib/x.tar.gz\n")},
      {"output of commands", "x=$(printf 'a\\n\\n'); y=`echo b`; echo \"$x$y\" > /out", out("ab\n")},
      {"patterns find files that are not hidden", "echo /etc/*.conf > /out", out("/etc/a.conf /etc/b.conf\n")},
      {"a pattern that finds nothing stays", "echo /none/* > /out", out("/none/*\n")},
      {"case with alternatives and classes", "case a7 in x|y) echo no ;; [ab][0-9]) echo yes ;; *) echo other ;; esac > /out", out("yes\n")},
      {"if, elif, else", "if [ -d /none ]; then echo 1; elif [ -f /etc/a.conf ]; then echo 2; else echo 3; fi > /out", out("2\n")},
      {"while, break and continue", "while true; do [ -e /a ] && break; touch /a; continue; done; rm /a; echo done > /out", out("done\n")},
      {"until", "until [ -e /a ]; do : > /a; done; rm -f /a", ""},
      {"functions have arguments and return", "f() { [ \"$1\" = x ] || return 3; echo in; }; f x > /out; f y || echo $? >> /out", out("in\n3\n")},
      {"a subshell keeps its variables", "x=1; (x=2; exit 0); echo $x > /out", out("1\n")},
      {"and, or, not", "! false && { true || echo no; } && echo yes > /out", out("yes\n")},
      {"here documents", "x=1; cat > /out <<EOF\n$x\n'\nEOF", out("1\n'\n")},
      {"quoted here documents stay", "cat > /out <<'EOF'\n$x `\nEOF", out("$x `\n")},
      {"pipes", "echo needle | grep -q needle && echo found > /out", out("found\n")},
      {"appending", "echo 1 > /out; echo 2 >> /out", out("1\n2\n")},
      {"umask counts for new files", "umask 077; mkdir /d; echo x > /d/f", "d/ 700 0:0\nd/f 600 0:0 \"x\n\"\n"},
      {"a file of the image is read in", ". /usr/share/functions; greet world", out("hello world\n")},
      {"set -e does not end it where a status is tested", "set -e; if false; then :; fi; false || :; ! true || :; echo on > /out", out("on\n")},
  });
}

TEST(Shell, WhatEndsFollowing) {
  const SmallTree tree(SmallTree::Files{{"etc/broken", "if true; then\n"}});
  expect(tree, {
      {"a command that is not known", "#!/bin/sh\n\nfrobnicate --now", "error: line 3: 'frobnicate --now'"},
      {"an option that is not known", "cp --sparse /a /b", "error: line 1: 'cp --sparse /a /b'"},
      {"another interpreter", "#!/usr/bin/perl\nprint 1;", "error: line 1: interpreter '/usr/bin/perl'"},
      {"it would fail", "set -e\nfalse", "error: line 2: it would end with status 1"},
      {"it would fail by its own word", "exit 4", "error: line 1: it would end with status 4"},
      {"an endless loop", "while :; do :; done", "error: line 1: it takes too many steps"},
      {"an endless recursion", "f() { f; }; f", "error: line 1: it is nested too deeply"},
      {"a file to read in that is not there", ". /usr/lib/none", "error: line 1: '/usr/lib/none' is not in the image"},
      {"a file to read in that is no script", "\n. /etc/broken", "error: line 2: '/etc/broken', line 2: 'fi' is missing"},
      {"the process's number", "echo $$", "error: line 1: '$$'"},
  });
  for (const std::string text : {"if", "case x in", "f() {", "echo $(", "echo \"", "for x in a; do", ")", "a && ", "${x", "`"})
    EXPECT_TRUE(follow(tree, text).told.starts_with("error: ")) << text;
}

TEST(Shell, MakesNoMoreThanItMay) {
  SmallTree::Files files{{"etc/self", "x=0123456789abcdef\n. /etc/self\n"}};
  for (char c = 'a'; c <= 'z'; ++c) files.emplace_back("deep/" + std::string(250, c) + "/", "");
  const SmallTree tree(files);
  const std::string text = "it makes more than 64 MiB of text", forever = "while :; do ", kilobyte = "k=0123456789abcdef; for i in 1 2 3 4 5 6; do k=$k$k; done; ", more = kilobyte + "for i in 1 2 3 4 5 6; do k=$k$k; done; ";
  const std::vector<Row> rows{
      {"a variable that doubles", "x=0123456789abcdef; for i in $(seq 1000); do x=$x$x; done", "error: line 1: " + text},
      {"two that double each other", "x=ab; y=cd; for i in $(seq 1000); do x=\"$x$y\"; y=${y}${x}; done", "error: line 1: " + text},
      {"arguments that double", "set -- a b c d; " + forever + "set -- \"$@\" \"$@\"; done", "error: line 1: " + text},
      {"a list of words that doubles", "x='a b c d'; " + forever + "set -- $x $x; x=\"$*\"; done", "error: line 1: " + text},
      {"a default that doubles", "x=ab; " + forever + "x=${none:-$x$x}; done", "error: line 1: " + text},
      {"the output of a command", more + "f() { echo $k; f2; }; f2() { for a in $(seq 1000); do for b in $(seq 1000); do echo $k; done; done; }; x=$(f)", "error: line 1: " + text},
      {"a format for many words", kilobyte + "printf \"%s$k$k$k$k\" $(seq 1000) $(seq 1000) $(seq 1000) $(seq 1000) $(seq 1000) $(seq 1000) $(seq 1000) $(seq 1000) $(seq 1000) $(seq 1000) "
       "$(seq 1000) $(seq 1000) $(seq 1000) $(seq 1000) $(seq 1000) $(seq 1000) $(seq 1000) > /out", "error: line 1: " + text},
      {"a file that doubles", "echo x > /f; " + forever + "cat /f /f > /g; mv /g /f; done", "error: line 1: cannot write '/"},
      {"a file that grows by itself", "echo x > /f; " + forever + "cat /f >> /f; done", "error: line 1: " + text},
      {"a here-document that doubles", "echo x > /f; " + forever + "cat > /f <<E\n$(cat /f)$(cat /f)\nE\ndone", "error: line 4: " + text},
      {"a pattern that goes up and down", "echo /deep/*/../*/../*/../*/../*/../*", "error: line 1: " + text},
      {"variables kept at each subshell", kilobyte + "x=$k$k$k$k$k$k$k$k; x=$x$x$x$x$x$x$x$x; f() { (f); }; y=$x$x$x$x$x$x$x$x; z=$y$y$y$y$y$y; f", "error: line 1: " + text},
      {"a file that reads itself in", ". /etc/self", "error: line 1: '/etc/self', line 2: '/etc/self', line 2: "},
      {"copies of a file", more + "for i in 1 2 3; do k=$k$k; done; echo $k > /f; for i in $(seq 1000); do cp /f /f$i; done",
       "error: line 1: cannot write '/f127': scripts make more than 64 MiB of files"},
      {"folders in folders", kilobyte + "for i in $(seq 1000); do for j in 1 2 3 4; do mkdir -p /$i/a$j/$k/$k/$k /$i/b$j/$k/$k/$k /$i/c$j/$k/$k/$k; done; done", "error: line 1: cannot make directory "},
      {"a path that is too long", kilobyte + "mkdir -p /$k/$k/$k/$k/$k", "error: line 1: cannot make directory '/0123456789abcdef0123456789abcdef0123456789abcdef0123456789a...': the path is longer than 4095 bytes"},
      {"links", more + "ln -s $k /l; for i in $(seq 1000); do for j in 1 2 3; do cp -P /l /$i.$j; done; done", "error: line 1: cannot link '/"},
  };
  for (const Row& row : rows) {
    const std::string told = follow(tree, row.script).told;
    EXPECT_TRUE(told.starts_with(row.told)) << row.summary << ": " << told.substr(0, 300);
  }
}

TEST(Shell, Tests) {
  const SmallTree tree(SmallTree::Files{{"etc/full", "x"}, {"etc/empty", ""}, {"usr/bin/tool!", "x"}, {"etc/link -> full", ""}, {"etc/broken -> none", ""}});
  struct Check { std::string summary, test; bool holds; };
  const std::vector<Check> rows{
      {"a file", "-f /etc/full", true}, {"a folder is no file", "-f /etc", false}, {"a folder", "-d /etc", true}, {"there", "-e /etc/link", true}, {"a broken link is not there", "-e /etc/broken", false},
      {"but is a link", "-L /etc/broken", true}, {"a link too", "-h /etc/link", true}, {"not empty", "-s /etc/full", true}, {"empty", "-s /etc/empty", false}, {"may be run", "-x /usr/bin/tool", true},
      {"may not be run", "-x /etc/full", false}, {"a text", "-n a", true}, {"no text", "-z ''", true}, {"equal", "a = a", true}, {"other", "a != b", true}, {"less", "1 -lt 2", true},
      {"greater or equal", "2 -ge 3", false}, {"not", "! -e /none", true}, {"and", "-e /etc -a -d /etc", true}, {"or", "-e /none -o -e /etc", true}};
  for (const Check& row : rows) EXPECT_EQ(follow(tree, "if [ " + row.test + " ]; then echo yes; else echo no; fi > /out").told, out(row.holds ? "yes\n" : "no\n")) << row.summary;
}

TEST(Commands, OfFiles) {
  const SmallTree tree(SmallTree::Files{{"etc/a", "a"}, {"etc/link -> a", ""}, {"usr/share/d/x", "x"}, {"usr/share/d/y/z", "z"}, {"bin -> usr/bin", ""}, {"usr/bin/tool!", "t"}});
  expect(tree, {
      {"mkdir makes parents", "mkdir -p -m 0750 /var/lib/x", "var/ 755 0:0\nvar/lib/ 755 0:0\nvar/lib/x/ 750 0:0\n"},
      {"mkdir of what is there fails", "mkdir /etc || echo $? > /out", out("1\n")},
      {"chmod by letters", "chmod u=rw,go= /etc/a; chmod a+x,g+s /etc/a", "etc/a 2711 0:0 \"a\"\n"},
      {"chmod goes below", "chmod -R go-r /usr/share/d", "usr/share/d/ 711 0:0\nusr/share/d/x 600 0:0 \"x\"\nusr/share/d/y/ 711 0:0\nusr/share/d/y/z 600 0:0 \"z\"\n"},
      {"chown by name and number", "chown root:adm /etc/a; chown 7 /usr/share/d", "etc/a 644 0:4 \"a\"\nusr/share/d/ 755 7:0\n"},
      {"chown follows a link unless told", "chown 5 /etc/link; chown -h 6 /etc/link", "etc/a 644 5:0 \"a\"\netc/link -> a\n"},
      {"chgrp", "chgrp shadow /etc/a", "etc/a 644 0:42 \"a\"\n"},
      {"ln replaces only by force", "ln -s b /etc/link 2> /dev/null || ln -sf b /etc/link", "etc/link -> b\n"},
      {"ln of relative links", "ln -sr /etc/a /usr/share/d/to", "usr/share/d/to -> ../../../etc/a\n"},
      {"rm and rmdir", "rm -r /usr/share/d/y; rm -f /none; rmdir /usr/share/d 2> /dev/null || rm /usr/share/d/x", "gone usr/share/d/y/z\ngone usr/share/d/y\ngone usr/share/d/x\n"},
      {"cp keeps modes when told", "cp -p /usr/bin/tool /etc/tool; cp /etc/link /etc/copy", "etc/copy 644 0:0 \"a\"\netc/tool 755 0:0 \"t\"\n"},
      {"mv", "mv /etc/a /etc/b", "gone etc/a\netc/b 644 0:0 \"a\"\n"},
      {"touch makes and leaves", "touch /etc/a /etc/new", "etc/new 644 0:0 \"\"\n"},
      {"no profile of AppArmor is loaded", "if aa-enabled --quiet; then echo on > /out; fi; aa-status --enabled || echo off > /out", out("off\n")},
      {"install of an empty file", "install --mode 640 /dev/null /etc/local", "etc/local 640 0:0 \"\"\n"},
      {"install of folders and files", "install -d -m 2775 -g adm /var/x; install -m 0600 /etc/a /var/x", "var/ 755 0:0\nvar/x/ 2775 0:4\nvar/x/a 600 0:0 \"a\"\n"},
      {"a folder's link on the way is followed", "echo t > /bin/new", "usr/bin/new 644 0:0 \"t\n\"\n"},
      {"stat", "stat -c %a /usr/bin/tool > /out", out("755\n")},
      {"readlink", "readlink /etc/link > /out; readlink -f /bin/tool >> /out", out("a\n/usr/bin/tool\n")},
      {"basename and dirname", "basename /a/b.c .c > /out; dirname /a/b >> /out", out("b\n/a\n")},
      {"command -v and which", "command -v tool > /out; which none || echo none >> /out", out("/usr/bin/tool\nnone\n")},
      {"find with tests", "find /usr /etc -type f -name '[ax]' > /out; find /usr/share -mindepth 1 -maxdepth 1 >> /out; find /etc ! -type d ! -name a >> /out", out("/usr/share/d/x\n/etc/a\n/usr/share/d\n/etc/link\n")},
      {"find of what is empty removes it", "mkdir -p /etc/e.d/f /etc/x.d; touch /etc/x.d/y; find /etc -mindepth 1 -name '*.d' -empty -delete; find /etc/e.d -type d -empty -delete", "etc/x.d/ 755 0:0\netc/x.d/y 644 0:0 \"\"\n"},
      {"find runs commands", "find /usr/share/d -type f -exec chmod 600 {} + ; find /usr/share/d -type d -exec chown 7 {} \\;",
       "usr/share/d/ 755 7:0\nusr/share/d/x 600 0:0 \"x\"\nusr/share/d/y/ 755 7:0\nusr/share/d/y/z 600 0:0 \"z\"\n"},
      {"find of what is not there fails", "find /none || echo $? > /out", out("1\n")},
      {"find with what it would do before a test", "find /etc -delete -name x", "error: line 1: 'find /etc -delete -name x'"},
      {"ls", "touch /etc/.h; ls /etc > /out; ls -A /etc >> /out; ls -d /etc >> /out; ls /etc/a >> /out; rm /etc/.h", out("a\nlink\n.h\na\nlink\n/etc\n/etc/a\n")},
      {"no way out of the image", "echo x > /../../etc/up", "etc/up 644 0:0 \"x\n\"\n"},
  });
}

TEST(Commands, OfText) {
  const SmallTree tree(SmallTree::Files{{"etc/list", "one\ntwo words\nshadow:x:42:\n"}});
  expect(tree, {
      {"printf repeats its format", "printf '%s-%s;' a b c > /out", out("a-b;c-;")},
      {"echo without a line's end", "echo -n a > /out", out("a")},
      {"seq", "seq 2 4 > /out", out("2\n3\n4\n")},
      {"cut of fields", "cut -d: -f1,3 /etc/list > /out; echo a:b:c | cut -d : -f 2- >> /out", out("one\ntwo words\nshadow:42\nb:c\n")},
      {"cut of fields where there are some", "cut -sd: -f2 /etc/list > /out", out("x\n")},
      {"cut of characters", "cut -c1-3 /etc/list > /out; echo abcdef | cut -c 2,5- >> /out", out("one\ntwo\nsha\nbef\n")},
      {"cut of what is no list", "echo a | cut -d: -f0", "error: line 1: 'cut -d: -f0'"},
      {"grep of a file", "grep -q '^two' /etc/list && echo yes > /out", out("yes\n")},
      {"grep with classes and repetition", "grep -q '^shadow:[^:]*:42' /etc/list && echo yes > /out", out("yes\n")},
      {"grep of whole lines, as they are", "grep -qxF one /etc/list && ! grep -qxF on /etc/list && echo yes > /out", out("yes\n")},
      {"grep of words", "grep -qw words /etc/list && ! grep -qw word /etc/list && echo yes > /out", out("yes\n")},
      {"grep with alternatives is not followed", "grep -qE 'a|b' /etc/list", "error: line 1: 'grep -qE a|b /etc/list'"},
  });
}

TEST(Commands, OfAccounts) {
  const SmallTree tree(SmallTree::Files{{"usr/lib/sysusers.d/x.conf", "u daemon-x - \"The daemon\" /var/lib/x\nm daemon-x adm\n"}, {"usr/share/base-passwd/group.master", "root::0:\nadm::4:\nusers::100:\n"},
                        {"usr/share/base-passwd/passwd.master", "list::38:38:Mailing lists:/var/list:/usr/sbin/nologin\n"}});
  const auto account = [&](const std::string& script) {
    Followed followed = follow(tree, script);
    if (!followed.state) return followed.told;
    const Done written = followed.state->accounts.write(followed.state->world, true);
    if (!written) return written.error().message;
    return std::string(as_text(*followed.state->world.read("/etc/passwd"))) + std::string(as_text(*followed.state->world.read("/etc/group")));
  };
  const std::string root = "root:x:0:0:root:/root:/usr/sbin/nologin\nlist:x:38:38:Mailing lists:/var/list:/usr/sbin/nologin\n", groups = "root:x:0:\nadm:x:4:\nusers:x:100:\n";
  const std::vector<Row> rows{
      {"none but those of base-passwd", ":", root + groups},
      {"a system user and its group", "adduser --system --group --home /var/x --no-create-home --gecos 'X daemon' x", root + "x:x:100:101:X daemon:/var/x:/usr/sbin/nologin\n" + groups + "x:x:101:\n"},
      {"into another group", "addgroup --system g; adduser --system --no-create-home --ingroup g x; adduser x adm", root + "x:x:100:101:x:/nonexistent:/usr/sbin/nologin\nroot:x:0:\nadm:x:4:x\nusers:x:100:\ng:x:101:\n"},
      {"useradd with numbers", "groupadd -g 300 x; useradd -r -u 300 -g x -d / -s /bin/false x; usermod -a -G adm x", root + "x:x:300:300:x:/:/bin/false\nroot:x:0:\nadm:x:4:x\nusers:x:100:\nx:x:300:\n"},
      {"sysusers", "systemd-sysusers x.conf", root + "daemon-x:x:100:101:The daemon:/var/lib/x:/usr/sbin/nologin\nroot:x:0:\nadm:x:4:daemon-x\nusers:x:100:\ndaemon-x:x:101:\n"},
      {"asked for before they are made", "getent passwd x || adduser --system --no-create-home --group x; id -Gn x | grep -qw x && [ \"$(id -u x)\" = 100 ] || exit 1", root + "x:x:100:101:x:/nonexistent:/usr/sbin/nologin\n" + groups + "x:x:101:\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(account(row.script), row.told) << row.summary;
  EXPECT_EQ(follow(tree, "adduser --system --home /var/h --group h").told.find("error"), std::string::npos);
  EXPECT_NE(follow(tree, "adduser --system --home /var/h --group h").told.find("var/h/ 755 100:101"), std::string::npos) << "a home is made unless it is not asked for";
  EXPECT_TRUE(follow(tree, "adduser --system --group --gecos 'a:b' x").told.starts_with("error: ")) << "a colon would forge a field";
}

TEST(Commands, OfPackages) {
  const SmallTree tree(SmallTree::Files{{"usr/bin/shipped!", "theirs"}, {"etc/conf.default", "c\n"}, {"usr/share/debianutils/shells", "# shells\n/bin/sh\n"}, {"usr/share/debianutils/shells.d/dash", "/usr/bin/dash\n"},
                        {"bin -> usr/bin", ""}, {"etc/secret/", ""}, {"var/lib/", ""}, {"usr/share/debconf/confmodule", ""}});
  expect(tree, {
      {"a diversion moves another's file and is listed", "dpkg-divert --package stone --rename --divert /usr/bin/shipped.old --add /usr/bin/shipped",
       "gone usr/bin/shipped\nusr/bin/shipped.old 755 0:0 \"theirs\"\nvar/lib/dpkg/ 755 0:0\nvar/lib/dpkg/diversions 644 0:0 \"/usr/bin/shipped\n/usr/bin/shipped.old\nstone\n\"\n"},
      {"a diversion of what is not there is listed by the script's package", "dpkg-divert --no-rename --divert /x.old --add /x",
       "var/lib/dpkg/ 755 0:0\nvar/lib/dpkg/diversions 644 0:0 \"/x\n/x.old\nstone\n\"\n"},
      {"an owner that dpkg keeps", "dpkg-statoverride --update --add root shadow 0710 /etc/secret",
       "etc/secret/ 710 0:42\nvar/lib/dpkg/ 755 0:0\nvar/lib/dpkg/statoverride 644 0:0 \"root shadow 0710 /etc/secret\n\"\n"},
      {"configuration by ucf, with its sum", "ucf --three-way /etc/conf.default /etc/conf; ucfr stone /etc/conf",
       "etc/conf 644 0:0 \"c\n\"\nvar/lib/ucf/ 755 0:0\nvar/lib/ucf/hashfile 644 0:0 \"2cd6ee2c70b0bde53fbe6cac3c8b8bb1  /etc/conf\n\"\nvar/lib/ucf/registry 644 0:0 \"stone \t /etc/conf\n\"\n"},
      {"shells, once by each name", "update-shells", "etc/shells 644 0:0 \"# shells\n/bin/sh\n/usr/bin/sh\n/usr/bin/dash\n\"\nvar/lib/shells.state 644 0:0 \"/bin/sh\n/usr/bin/sh\n/usr/bin/dash\n\"\n"},
      {"versions are compared", "dpkg --compare-versions \"$2\" lt 1.0 && dpkg --compare-versions 1.0~rc1 lt 1.0 && ! dpkg --compare-versions \"\" lt-nl 1 && echo yes > /out", out("yes\n")},
      {"the architecture", "dpkg --print-architecture > /out", out("amd64\n")},
      {"services are left alone", "deb-systemd-helper enable x.service; invoke-rc.d x start; update-rc.d x defaults", ""},
      {"capabilities there are none of", "getcap /bin/shipped | grep -qs shipped || echo none > /out", out("none\n")},
  });
  EXPECT_EQ(follow(tree, "dpkg-divert --package stone --rename --divert /usr/bin/shipped.old --add /usr/bin/shipped", false).told, "gone usr/bin/shipped\nusr/bin/shipped.old 755 0:0 \"theirs\"\n")
      << "a runtime image keeps no list";
  EXPECT_EQ(follow(tree, "dpkg-statoverride --add root adm 0750 /etc/secret", false, "preinst").told, "etc/secret/ 750 0:4\n") << "what is unpacked afterwards gets the owner";
  EXPECT_EQ(follow(tree, ". /usr/share/debconf/confmodule; db_get stone/a; echo \"$RET\" > /out; db_set stone/a other; db_get stone/a; echo \"$RET\" >> /out; db_input low stone/a || :", true, "postinst",
                   "Template: stone/a\nType: string\nDefault: first\n").told,
            out("first\nother\n"))
      << "debconf answers with defaults";
}

TEST(Commands, ModulesOfPhp) {
  const SmallTree tree(SmallTree::Files{{"usr/lib/php/8.4/sapi/cli", ""}, {"usr/lib/php/8.4/sapi/fpm", ""}, {"etc/php/8.4/cli/conf.d/", ""}, {"etc/php/8.4/mods-available/", ""},
                        {"usr/share/a.ini", "; priority = 15 \nextension=a.so\n"}, {"var/lib/", ""}});
  const std::string state = "var/lib/php/ 755 0:0\nvar/lib/php/modules/ 755 0:0\nvar/lib/php/modules/8.4/ 755 0:0\n", noted = "var/lib/php/modules/8.4/cli/ 755 0:0\n"
                          "var/lib/php/modules/8.4/cli/enabled_by_maint/ 755 0:0\nvar/lib/php/modules/8.4/cli/enabled_by_maint/a 644 0:0 \"\"\n";
  const std::string link = "etc/php/8.4/cli/conf.d/15-a.ini -> /etc/php/8.4/mods-available/a.ini\netc/php/8.4/mods-available/a.ini 644 0:0 \"; priority = 15 \nextension=a.so\n\"\n";
  const std::string copy = "cp /usr/share/a.ini /etc/php/8.4/mods-available/a.ini; ";
  expect(tree, {
      {"interfaces of a version", "phpquery -S -v 8.4 > /out", out("cli\nfpm\n")},
      {"a module in its order, where there is an interface to take it", copy + "phpenmod -q -v 8.4 -m -r a", link + state + noted + "var/lib/php/modules/8.4/registry/ 755 0:0\nvar/lib/php/modules/8.4/registry/a 644 0:0 \"\"\n"},
      {"of one interface", copy + "phpenmod -m -v 8.4 -s cli -q a; phpenmod -m -v 8.4 -s cli -q a", link + state + noted},
      {"registered modules", copy + "phpenmod -q -v 8.4 -m -r a; phpquery -M -v 8.4 > /out; phpquery -v 8.4 -s cli -m a || echo off >> /out; phpquery -v 8.4 -s fpm -m a || echo off >> /out",
       link + out("a\noff\n") + state + noted + "var/lib/php/modules/8.4/registry/ 755 0:0\nvar/lib/php/modules/8.4/registry/a 644 0:0 \"\"\n"},
      {"by the administrator's hand it is not followed", "phpenmod a", "error: line 1: 'phpenmod a'"},
      {"a name is no path", "phpenmod -m -v 8.4 -s ../x a", "error: line 1: 'phpenmod -m -v 8.4 -s ../x a'"},
  });
}

TEST(Commands, ModulesOfApache) {
  const SmallTree tree(SmallTree::Files{{"etc/apache2/mods-available/dir.load", "LoadModule dir\n"}, {"etc/apache2/mods-available/dir.conf", "x\n"}, {"etc/apache2/mods-enabled/", ""}, {"var/lib/", ""},
                        {"etc/apache2/mods-available/ssl.load", "# Depends: dir  env\nLoadModule ssl\n"}, {"etc/apache2/mods-available/env.load", "LoadModule env\n"},
                        {"etc/apache2/mods-available/x.load", "# Depends: y\n"}, {"etc/apache2/mods-available/y.load", "# Depends: x\n"}, {"etc/apache2/sites-available/main.conf", ""}});
  const std::string state = "var/lib/apache2/ 755 0:0\nvar/lib/apache2/module/ 755 0:0\nvar/lib/apache2/module/enabled_by_maint/ 755 0:0\n";
  const auto noted = [](const std::string& name) { return "var/lib/apache2/module/enabled_by_maint/" + name + " 644 0:0 \"\"\n"; };
  const auto linked = [](const std::string& name) { return "etc/apache2/mods-enabled/" + name + " -> ../mods-available/" + name + "\n"; };
  expect(tree, {
      {"a module and its configuration", "a2enmod -m -q dir", linked("dir.conf") + linked("dir.load") + state + noted("dir")},
      {"with those that it needs", "a2enmod -m -q dir; a2enmod --quiet --maintmode ssl", linked("dir.conf") + linked("dir.load") + linked("env.load") + linked("ssl.load") + state + noted("dir") + noted("env") + noted("ssl")},
      {"a site", "a2ensite -q main; a2ensite -m -q main", "etc/apache2/sites-enabled/ 755 0:0\netc/apache2/sites-enabled/main.conf -> ../sites-available/main.conf\nvar/lib/apache2/ 755 0:0\nvar/lib/apache2/site/ 755 0:0\n"
       "var/lib/apache2/site/enabled_by_admin/ 755 0:0\nvar/lib/apache2/site/enabled_by_admin/main 644 0:0 \"\"\n"},
      {"one that is not there", "a2enmod -m -q none", "error: line 1: cannot enable module 'none': '/etc/apache2/mods-available/none.load' is not in the image"},
      {"modules that need each other", "a2enmod -m -q x", "error: line 1: cannot enable module 'y': modules depend on each other"},
      {"a name is no path", "a2enmod -m -q ../x", "error: line 1: 'a2enmod -m -q ../x'"},
  });
}

TEST(Commands, PamStacks) {
  const SmallTree tree(SmallTree::Files{{"usr/share/pam/common-auth", "# auth\n$auth_primary\nauth requisite pam_deny.so\n$auth_additional\n# end\n"},
                        {"usr/share/pam/common-session", "$session_primary\n$session_additional\n"},
                        {"usr/share/pam/common-session-noninteractive", "$session_nonint_primary\n$session_nonint_additional\n"},
                        {"usr/share/pam-configs/unix", "Name: Unix\nDefault: yes\nPriority: 256\nAuth-Type: Primary\nAuth:\n\t[success=end default=ignore]\tpam_unix.so try_first_pass\nAuth-Initial:\n"
                                                       "\t[success=end default=ignore]\tpam_unix.so nullok\nSession-Type: Additional\nSession:\n\trequired\tpam_unix.so\n"},
                        {"usr/share/pam-configs/key", "Name: Keys\nDefault: yes\nPriority: 300\nAuth-Type: Primary\nAuth:\n\t[success=end default=ignore]\tpam_key.so x\nSession-Type: Additional\n"
                                                      "Session-Interactive-Only: yes\nSession:\n\toptional\tpam_key.so\n"},
                        {"usr/share/pam-configs/off", "Name: Off\nDefault: no\nPriority: 900\nAuth-Type: Primary\nAuth:\n\trequired\tpam_off.so\n"}});
  const Followed followed = follow(tree, "pam-auth-update --package");
  EXPECT_EQ(followed.told,
            "etc/ 755 0:0\netc/pam.d/ 755 0:0\n"
            "etc/pam.d/common-auth 644 0:0 \"# auth\nauth\t[success=2 default=ignore]\tpam_key.so x\nauth\t[success=1 default=ignore]\tpam_unix.so try_first_pass\nauth requisite pam_deny.so\n# end\n\"\n"
            "etc/pam.d/common-session 644 0:0 \"session\t[default=1]\t\t\tpam_permit.so\nsession\toptional\tpam_key.so \nsession\trequired\tpam_unix.so \n\"\n"
            "etc/pam.d/common-session-noninteractive 644 0:0 \"session\t[default=1]\t\t\tpam_permit.so\nsession\trequired\tpam_unix.so \n\"\n"
            "var/ 755 0:0\nvar/lib/ 755 0:0\nvar/lib/pam/ 755 0:0\n"
            "var/lib/pam/auth 644 0:0 \"Module: key\n[success=end default=ignore]\tpam_key.so x\nModule: unix\n[success=end default=ignore]\tpam_unix.so try_first_pass\n\"\n"
            "var/lib/pam/seen 644 0:0 \"off\nkey\nunix\n\"\n"
            "var/lib/pam/session 644 0:0 \"Module: null\n[default=1]\t\t\tpam_permit.so\nModule: key\noptional\tpam_key.so\nModule: unix\nrequired\tpam_unix.so\n\"\n"
            "var/lib/pam/session-noninteractive 644 0:0 \"Module: null\n[default=1]\t\t\tpam_permit.so\nModule: unix\nrequired\tpam_unix.so\n\"\n");
}

TEST(Expression, AsGrepHasThem) {
  struct Case { std::string summary, expression, line; ExpressionOptions options; std::optional<bool> fits; };
  const ExpressionOptions basic, extended{.extended = true, .whole = false, .word = false}, whole{.extended = false, .whole = true, .word = false};
  const std::vector<Case> rows{
      {"a part of the line", "b", "abc", basic, true}, {"none of it", "x", "abc", basic, false}, {"the front", "^a", "abc", basic, true}, {"not the front", "^b", "abc", basic, false},
      {"the end", "c$", "abc", basic, true}, {"any number", "ab*c", "ac", basic, true}, {"any character", "a.c", "axc", basic, true}, {"a set", "[a-c]x", "bx", basic, true},
      {"everything but a set", "[^a-c]x", "bx", basic, false}, {"a class by name", "^[[:digit:]]*$", "042", basic, true}, {"a bracket in a set", "[]]", "]", basic, true},
      {"plus is plain in a basic one", "a+", "aa", basic, false}, {"and counts in an extended one", "^a+$", "aa", extended, true}, {"once at least", "^a+$", "", extended, false},
      {"once at most", "^ab?$", "a", extended, true}, {"escaped", "a\\.c", "axc", basic, false}, {"the whole line", "a.", "abc", whole, false}, {"all of it", "a..", "abc", whole, true},
      {"groups are not done", "(a)", "a", extended, std::nullopt}, {"nor are references", "\\(a\\)\\1", "aa", basic, std::nullopt}, {"a set without end", "[a", "a", basic, std::nullopt},
      {"much repetition takes no long", "a*a*a*a*a*a*a*a*a*b", std::string(1000, 'a'), basic, false}};
  for (const Case& row : rows) EXPECT_EQ(fits_expression(row.expression, row.line, row.options), row.fits) << row.summary;
}

}  // namespace
}  // namespace ashlar::build::trial
