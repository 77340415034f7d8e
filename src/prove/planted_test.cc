// For each check the fault that it is there for, planted in several disguises; what finds it must name it, and nothing else may cry.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "prove/inner/planted.h"

namespace ashlar::prove {
namespace {

using namespace std::string_literals;

/// What a shell cannot do without, as a compiler leaves it in a program.
const std::string shell_words = "\0getopts\0unalias\0umask\0ulimit\0readonly\0OPTIND=1\0CDPATH\0"s;

std::string shell() {
  SmallElf elf;
  elf.content = shell_words;
  return elf.bytes();
}
std::string static_shell() {
  SmallElf elf;
  elf.type = 2, elf.pie = false, elf.interpreter.clear(), elf.needed.clear(), elf.content = shell_words;
  return elf.bytes();
}
std::string program_with(const std::string& content) {
  SmallElf elf;
  elf.content = content;
  return elf.bytes();
}
std::string program_calling(std::vector<std::string> names) {
  SmallElf elf;
  for (std::string& each : names) elf.names.push_back(std::move(each));
  return elf.bytes();
}

/// A program that needs a library, which is there.
Members linked(const std::string& library) {
  SmallElf elf;
  elf.needed.push_back(library);
  SmallElf needed = small_library(library);
  needed.needed.clear();
  return {program("opt/p", elf.bytes()), program("usr/lib/" + library, needed.bytes())};
}

/// A zip archive with a comment so long that not every reader finds its list of members.
std::string commented(std::string zip) {
  const size_t size = 40'000;
  zip[zip.size() - 2] = static_cast<char>(size & 0xff), zip[zip.size() - 1] = static_cast<char>(size >> 8);
  return zip + std::string(size, '-');
}

std::string real_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Planted, NothingInACleanImage) {
  for (const Check& check : judge({loaderless(clean())}, clean_config())) {
    EXPECT_EQ(check.outcome == Outcome::Failed, check.id == "no-unowned-files") << check.id << ": " << (check.evidence.empty() ? "" : check.evidence.front());
    EXPECT_FALSE(check.evidence.empty()) << check.id;
  }
}

TEST(Planted, ShellsTable) {
  const std::string prefix(5000, 'x');
  const std::vector<Row> rows = {
      {"a shell under its name", "no-shell", "'/usr/bin/sh' is a POSIX shell", {program("usr/bin/sh", shell())}},
      {"a link of that name", "no-shell", "'/usr/bin/sh' leads to '/opt/x'", {program("opt/x", shell()), symlink("usr/bin/sh", "/opt/x")}},
      {"under another name", "no-shell", "'/opt/data.bin' is a POSIX shell", {program("opt/data.bin", shell())}},
      {"without the right to execute", "no-shell", "'/opt/data' is a POSIX shell", {{"opt/data", shell()}}},
      {"with bytes behind it", "no-shell", "'/usr/bin/tool' is a POSIX shell", {program("usr/bin/tool", shell() + std::string(100'000, '\0'))}},
      {"behind other bytes", "no-shell", "'/opt/image' is a POSIX shell (it has getopts, OPTIND, umask, readonly, unalias, ulimit, CDPATH), behind 5000 other bytes", {{"opt/image", prefix + shell()}}},
      {"as a hard link to a file elsewhere", "no-shell", "'/usr/bin/tool' is a POSIX shell", {program("opt/data", shell()), hard_link("usr/bin/tool", "opt/data")}},
      {"static, as busybox is", "no-shell", "'/opt/b' is a POSIX shell", {program("opt/b", static_shell())}, {}, {}, "elf-hardening"},
      {"in a zip archive", "no-shell", "'/opt/app.jar'!lib/x.so is a POSIX shell", {{"opt/app.jar", packed("zip", "", {{"a.txt", "a"}, {"lib/x.so", shell()}})}}},
      {"in a zip archive behind other bytes", "no-shell", "!x is a POSIX shell", {{"opt/installer", prefix + packed("zip", "", {{"x", shell()}})}}},
      {"in a compressed archive", "no-shell", "'/opt/a.tgz'!bin/x is a POSIX shell", {{"opt/a.tgz", packed("gnutar", "gzip", {{"bin/x", shell()}})}}},
      {"in an archive", "no-shell", "'/opt/a'!x is a POSIX shell", {{"opt/a", packed("ustar", "", {{"x", shell()}})}}},
      {"in a cpio archive, compressed", "no-shell", "x is a POSIX shell", {{"opt/initrd", packed("newc", "zstd", {{"x", shell()}})}}},
      {"in a zip archive behind a program", "no-shell", "'/opt/installer'!x is a POSIX shell", {program("opt/installer", SmallElf{}.bytes() + packed("zip", "", {{"x", shell()}}))}},
      {"in a zip archive behind other bytes, with a long comment", "no-shell", "'/opt/installer' was not looked into: a zip archive ends it", {{"opt/installer", prefix + commented(packed("zip", "", {{"x", shell()}}))}}},
      {"in a zip archive behind a program, with a long comment", "no-shell", "'/opt/installer' was not looked into: a zip archive ends it", {program("opt/installer", SmallElf{}.bytes() + commented(packed("zip", "", {{"x", shell()}})))}},
      {"in a cpio archive of the old form", "no-shell", "x is a POSIX shell", {{"opt/initrd", packed("odc", "", {{"x", shell()}})}}},
      {"compressed alone by bzip2", "no-shell", "is a POSIX shell", {{"opt/x.bz2", packed("raw", "bzip2", {{"x", shell()}})}}},
      {"behind a compressed piece that is cut off", "no-shell", "'/opt/a.gz' was not looked into", {{"opt/a.gz", packed("raw", "gzip", {{"x", shell()}}).substr(0, 60)}}},
      {"compressed alone", "no-shell", "is a POSIX shell", {{"opt/x.xz", packed("raw", "xz", {{"x", shell()}})}}},
      {"in an archive of an archive", "no-shell", "'/opt/o.zip'!i.tar!x is a POSIX shell", {{"opt/o.zip", packed("zip", "", {{"i.tar", packed("ustar", "", {{"x", shell()}})}})}}},
      {"in a higher layer", "no-shell", "'/opt/late' is a POSIX shell", {}, {}, {program("opt/late", shell())}},
      {"a script called as one", "no-shell", "'/usr/bin/bash' has the name of an interpreter", {program("usr/bin/bash", "#!/usr/bin/app\n")}},
      {"a link that leads nowhere yet", "no-shell", "'/usr/bin/sh' has the name of an interpreter", {symlink("usr/bin/sh", "/mnt/tool")}},
      {"an archive that nobody can look into", "no-shell", "'/opt/a.zip' was not looked into", {{"opt/a.zip", packed("zip", "", {{"x", shell()}}).substr(0, 200)}}},
      {"a packed program", "no-shell", "'/opt/p' is packed by UPX", {program("opt/p", program_with("UPX!\0$Info: This file is packed with the UPX executable packer\0"s))}},
  };
  for (const Row& row : rows) expect_found(row);
}

TEST(Planted, OtherInterpretersTable) {
  const std::vector<Row> rows = {
      {"perl, static", "no-shell", "is perl", {program("opt/p", program_with("PERL5LIB\0PERL5OPT\0"s))}},
      {"perl by its library", "no-shell", "is perl by its library", {program("opt/p", program_calling({"perl_parse", "perl_run"}))}},
      {"python", "no-shell", "is python", {program("opt/p", program_with("PYTHONHOME\0PYTHONSTARTUP\0"s))}},
      {"python by its library", "no-shell", "is python by its library", {program("opt/p", program_calling({"Py_BytesMain"}))}},
      {"lua", "no-shell", "is lua", {program("opt/p", program_with("LUA_INIT"))}},
      {"ruby by its library", "no-shell", "is ruby", {program("opt/p", program_calling({"ruby_run_node"}))}},
      {"node by its library", "no-shell", "is node", {program("opt/p", program_calling({"_ZN4node5StartEiPPc"}))}},
      {"php", "no-shell", "is php", {program("opt/p", program_with("PHP_INI_SCAN_DIR"))}},
      {"an awk", "no-shell", "is an awk", {program("opt/p", program_with("\0CONVFMT\0RSTART\0SUBSEP\0"s))}},
      {"tclsh", "no-shell", "is tclsh", {program("opt/p", program_calling({"Tcl_MainEx"}))}},
      {"guile by its library's function", "no-shell", "is guile", {program("opt/p", program_calling({"scm_shell"}))}},
      {"a launcher of Java", "no-shell", "'/opt/p' is a launcher of Java", {program("opt/p", program_calling({"JLI_Launch"}))}},
      {"a program that starts Java itself", "no-shell", "is a launcher of Java", {program("opt/p", program_with("JNI_CreateJavaVM\0/lib/server/libjvm.so\0"s))}},
      {"Erlang's machine", "no-shell", "is Erlang's machine", {program("opt/p", program_with("ERL_CRASH_DUMP\0ERL_MAX_PORTS\0"s))}},
      {"a launcher of Erlang", "no-shell", "is a launcher of Erlang", {program("opt/p", program_with("ERL_AFLAGS\0PROGNAME\0BINDIR\0"s))}},
      {"a launcher of Erlang's scripts", "no-shell", "is a launcher of Erlang's scripts", {program("opt/p", program_with("ESCRIPT_EMULATOR\0"s))}},
      {"OCaml's machine", "no-shell", "is OCaml's machine", {program("opt/p", program_with("CAML_LD_LIBRARY_PATH\0"s))}},
      {"emacs", "no-shell", "is emacs", {program("opt/p", program_with("EMACSLOADPATH\0"s))}},
      {"a Common Lisp", "no-shell", "is a Common Lisp", {program("opt/p", program_with("SBCL_HOME\0"s))}},
      {"a Forth", "no-shell", "is a Forth", {program("opt/p", program_with("GFORTHPATH\0"s))}},
      {"mono", "no-shell", "is mono", {program("opt/p", program_with("MONO_PATH\0MONO_GAC_PREFIX\0"s))}},
      {"linked with Java", "no-shell", "is linked with an engine of Java (libjli.so)", linked("libjli.so")},
      {"linked with Python", "no-shell", "is linked with an engine of Python (libpython3.13.so.1.0)", linked("libpython3.13.so.1.0")},
      {"linked with Perl", "no-shell", "is linked with an engine of Perl", linked("libperl.so.5.40")},
      {"linked with Ruby", "no-shell", "is linked with an engine of Ruby", linked("libruby-3.3.so.3.3")},
      {"linked with Node.js", "no-shell", "is linked with an engine of Node.js", linked("libnode.so.115")},
      {"linked with Lua", "no-shell", "is linked with an engine of Lua", linked("liblua5.4.so.0")},
      {"linked with Tcl", "no-shell", "is linked with an engine of Tcl", linked("libtcl8.6.so")},
      {"linked with Guile", "no-shell", "is linked with an engine of Guile", linked("libguile-3.0.so.1")},
      {"linked with JavaScript", "no-shell", "is linked with an engine of JavaScript", linked("libmozjs-128.so.0")},
      {"linked with R", "no-shell", "is linked with an engine of R (libR.so)", linked("libR.so")},
      {"linked with Perl, in an archive", "no-shell", "'/opt/a.zip'!p is linked with an engine of Perl", {{"opt/a.zip", packed("zip", "", {{"p", linked("libperl.so.5.40").front().content}})}}},
      {"a script called java", "no-shell", "'/usr/bin/java' has the name of an interpreter", {program("usr/bin/java", "#!/usr/bin/app\n")}},
      {"a script called erl", "no-shell", "'/usr/bin/erl' has the name of an interpreter", {program("usr/bin/erl", "#!/usr/bin/app\n")}},
      {"a C shell", "no-shell", "is a C shell", {program("opt/p", program_with("\0breaksw\0unalias\0"s))}},
      {"a program without sound tables counts as one", "no-shell", "'/opt/p' is lua", {program("opt/p", "\177ELF\2\1\1"s + std::string(60, '\377') + "LUA_INIT" + std::string(100, ' '))}, {}, {}, "elf-resolves"},
      {"dpkg renamed", "no-package-manager", "'/opt/p' is dpkg", {program("opt/p", program_with("/var/lib/dpkg\0conffiles\0half-configured"s))}},
      {"apt renamed", "no-package-manager", "'/opt/p' is apt", {program("opt/p", program_calling({"libapt-pkg.so.7.0"}))}},
      {"apk in an archive", "no-package-manager", "'/opt/p.zip'!apk.static is apk", {{"opt/p.zip", packed("zip", "", {{"apk.static", program_with("lib/apk/db\0etc/apk/world"s)}})}}},
      {"rpm", "no-package-manager", "is rpm", {program("opt/p", program_calling({"librpm.so.10"}))}},
      {"a script called apt", "no-package-manager", "'/usr/bin/apt' has the name of a package manager", {program("usr/bin/apt", "#!/usr/bin/app\n")}},
  };
  for (const Row& row : rows) expect_found(row);
}

TEST(Planted, RealShellsAndLanguagesOfThisMachine) {
  const std::vector<std::pair<std::string, std::string>> programs = {
      {"/bin/dash", "a POSIX shell"}, {"/bin/bash", "a POSIX shell"}, {"/bin/busybox", "a POSIX shell"}, {"/usr/bin/perl", "perl"},
      {"/usr/bin/python3", "python"}, {"/usr/bin/mawk", "an awk"},     {"/usr/bin/gawk", "an awk"},       {"/usr/bin/dpkg", "dpkg"}, {"/usr/bin/apt-get", "apt by its library"},
      {"/usr/bin/node", "node"}, {"/usr/bin/tclsh8.6", "tclsh"}, {"/usr/lib/jvm/java-17-openjdk-amd64/bin/java", "a launcher of Java"}, {"/usr/lib/jvm/java-17-openjdk-amd64/bin/jshell", "a launcher of Java"},
      {"/usr/lib/erlang/erts-15.2.7/bin/beam.smp", "Erlang's machine"}, {"/usr/bin/guile", "guile"}, {"/usr/bin/ocamlrun", "OCaml's machine"}, {"/usr/bin/lua5.4", "lua"}, {"/usr/bin/php", "php"}, {"/usr/bin/ruby3.3", "ruby"}};
  size_t seen = 0;
  for (const auto& [path, what] : programs) {
    if (!std::filesystem::exists(path)) {
      std::printf("left out: this machine has no %s\n", path.c_str());
      continue;
    }
    ++seen;
    SCOPED_TRACE(path);
    const auto checks = judge({loaderless(clean()), {program("opt/renamed", real_file(path) + std::string(333, 'x'))}}, clean_config());
    const std::string expected = "'/opt/renamed' is " + what;
    EXPECT_TRUE(std::any_of(checks.begin(), checks.end(), [&](const Check& check) {
      return check.outcome == Outcome::Failed && std::any_of(check.evidence.begin(), check.evidence.end(), [&](const std::string& line) { return line.find(expected) != std::string::npos; });
    })) << expected;
  }
  EXPECT_GT(seen, 2u);
}

/// Programs that know much of a shell and are none.
TEST(Planted, NoFalseAlarmAboutToolsOfThisMachine) {
  size_t judged = 0;
  for (const char* path : {"/usr/bin/make", "/usr/bin/git", "/usr/bin/openssl", "/usr/bin/sed", "/usr/bin/ld.bfd", "/usr/bin/cmake", "/usr/bin/env", "/usr/bin/find", "/usr/bin/curl", "/usr/sbin/runc", "/usr/bin/gpg"}) {
    if (!std::filesystem::exists(path)) continue;
    ++judged;
    SCOPED_TRACE(path);
    for (const Check& check : judge({loaderless(clean()), {program("opt/tool", real_file(path))}}, clean_config())) {
      const bool about_it = check.id == "no-shell" || check.id == "no-package-manager" || check.id == "no-secrets";
      EXPECT_TRUE(!about_it || check.outcome == Outcome::Passed) << check.id << ": " << check.evidence.front();
    }
  }
  EXPECT_GE(judged, 6u);  // what every machine that builds us has
}

/// Texts that begin as an archive does are none, and what is in them is still seen.
TEST(Planted, TextsThatBeginAsArchivesTable) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"bzip2's letters", "BZh is how such a file begins\n"},
      {"bzip2's letters and its level", "BZh9 is how such a file begins\n"},
      {"gzip's two bytes", "\x1f\x8b"},
      {"gzip's two bytes and a text", "\x1f\x8bis gzip\n"},
      {"cpio's old number", "070707 is the number of cpio archives, which nobody writes any more; it is said here at some length, so that a header fits\n"},
      {"cpio's new number", "070701 is the number of cpio archives that an initrd has; it is said here at some length, so that a whole header of theirs fits\n"},
      {"cpio's number alone", "070707"},
      {"zip's first bytes", "PK\3\4 begins a zip archive, as everybody knows\n"},
      {"zip's first bytes alone", "PK\3\4"},
      {"a zip archive of nothing", packed("zip", "", {})},
      {"lz4's first bytes", "\x04\x22\x4d\x18"},
      {"the letters of tar in their place", std::string(257, 'x') + "ustard and more\n" + std::string(400, 'y')},
  };
  for (const auto& [summary, text] : cases) {
    SCOPED_TRACE(summary);
    for (const Check& check : judge({loaderless(clean()), {{"opt/text", text}}}, clean_config()))
      EXPECT_TRUE(check.id == "no-unowned-files" || check.outcome != Outcome::Failed) << check.id << ": " << check.evidence.front();
  }
  expect_found({"a program behind bzip2's letters", "no-shell", "'/opt/text' is a POSIX shell", {{"opt/text", "BZh9 " + shell()}}});
  expect_found({"a program behind zip's first bytes", "no-shell", "'/opt/text' is a POSIX shell", {{"opt/text", "PK\3\4 text" + shell()}}});
}

TEST(Planted, BitsAndPlacesTable) {
  const std::string capability("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  const std::vector<Row> rows = {
      {"set-user-id", "no-setuid", "'/usr/bin/su' is set-user-id (4755", {{"usr/bin/su", "x", FileType::Regular, 04755}}},
      {"set-group-id", "no-setuid", "is set-group-id (2755", {{"usr/bin/su", "x", FileType::Regular, 02755}}},
      {"without the right to execute", "no-setuid", "(4644", {{"opt/su", "x", FileType::Regular, 04644}}},
      {"on a hard link alone", "no-setuid", "'/opt/y' is set-user-id", {{"opt/x", "x", FileType::Regular, 0755}, {"opt/y", "", FileType::HardLink, 04755, "opt/x"}}},
      {"file capabilities", "no-setuid", "'/usr/bin/ping' has file capabilities 0x400", {{"usr/bin/ping", "x", FileType::Regular, 0755, "", {{"security.capability", capability}}}}},
      {"a file that all may write", "no-world-writable", "'/opt/f' is writable by all (0666)", {{"opt/f", "x", FileType::Regular, 0666}}},
      {"a folder", "no-world-writable", "'/opt/d' is writable by all (0777)", {folder("opt/d", 0777)}},
      {"a folder for temporary files that is not sticky", "no-world-writable", "'/var/tmp' is writable by all (0777)", {folder("var/tmp", 0777)}},
      {"a sticky folder elsewhere", "no-world-writable", "'/opt/d' is writable by all (1777)", {folder("opt/d", 01777)}},
      {"a pipe", "no-world-writable", "'/opt/p' is writable by all", {{"opt/p", "", FileType::Fifo, 0666}}},
      {"a character device", "no-devices", "'/opt/mem' is a character device", {{"opt/mem", "", FileType::CharDevice, 0600}}},
      {"a block device", "no-devices", "'/opt/sda' is a block device", {{"opt/sda", "", FileType::BlockDevice, 0600}}},
      {"a path without its folder", "parents", "'/srv/a/b' lies in '/srv/a', which no layer holds", {{"srv/a/b", "x"}}},
      {"a path below a file", "parents", "'/opt/f/g' lies below '/opt/f', which is no folder", {{"opt/f/g", "x"}, {"opt/f", "x"}}},
      {"a path below a link that leads nowhere", "parents", "'/nowhere/tool' lies in '/nowhere', which no layer holds", {symlink("opt/l", "/nowhere"), {"opt/l/tool", "x"}}},
  };
  for (const Row& row : rows) expect_found(row);
}

TEST(Planted, UsersTable) {
  const auto user = [](std::string name) { return [name = std::move(name)](oci::Config& config) { config.user = name; }; };
  const auto passwd = [](std::string text) { return Member{"etc/passwd", std::move(text)}; };
  const std::vector<Row> rows = {
      {"nobody named", "nonroot", "names no user: that is root", {}, user("")},
      {"root by name", "nonroot", "'root' has the number 0", {}, user("root")},
      {"root by number", "nonroot", "user '0' is root", {}, user("0")},
      {"root by number, with a group", "nonroot", "user '0:65532' is root", {}, user("0:65532")},
      {"zeros before", "nonroot", "user '000' is root", {}, user("000")},
      {"a sign", "nonroot", "user '+0' is root", {}, user("+0")},
      {"a name that is root's second", "nonroot", "'app' has the number 0 in '/etc/passwd'", {}, user("app"), {passwd("app:x:0:0::/:/x\n")}},
      {"a number that runtimes read as 0", "nonroot", "'app' has the number 0", {}, user("app"), {passwd("app:x:none:0::/:/x\n")}},
      {"the first entry counts", "nonroot", "'app' has the number 0", {}, user("app"), {passwd("app:x:0:0::/:/x\napp:x:1000:0::/:/x\n")}},
      {"an unknown name", "nonroot", "'ghost' is not in '/etc/passwd'", {}, user("ghost")},
      {"root's group by number", "nonroot", "user '65532:0' is in root's group", {}, user("65532:0")},
      {"root's group by name", "nonroot", "user 'nonroot:root' is in root's group", {}, user("nonroot:root"), {{"etc/group", "root:x:0:\nnonroot:x:65532:\n"}}},
      {"root's group by the entry", "nonroot", "user 'app' is in root's group", {}, user("app"), {passwd("app:x:1000:0::/:/x\n")}},
      {"no entry, so that its group is root's", "nonroot", "user '1000' is in root's group: without an entry in '/etc/passwd' its group is 0", {}, user("1000")},
      {"root's group besides its own", "nonroot", "'/etc/group' has the configuration's user 'nonroot' in root's group", {}, {}, {{"etc/group", "root:x:0:other,nonroot\nnonroot:x:65532:\n"}}},
      {"a group that is not there", "nonroot", "names a group that is not in '/etc/group'", {}, user("nonroot:ghost")},
      {"another root besides", "nonroot", "'toor' in '/etc/passwd' has the number 0, too", {}, {}, {passwd("nonroot:x:65532:65532::/:/x\ntoor:x:0:0::/:/x\n")}},
  };
  for (const Row& row : rows) expect_found(row);
}

/// Root's group is excused where the definition says it itself, and nothing else is with it.
TEST(Planted, RootsGroupByDefinitionTable) {
  struct Case { std::string summary, run_as, user; std::string passwd; Outcome expected; };
  const std::string entry = "app:x:65532:0::/:/x\n";
  const std::vector<Case> cases = {
      {"by number", "65532:0", "65532:0", entry, Outcome::Excused},
      {"by the user's group", "app", "app", entry, Outcome::Excused},
      {"the definition says another group", "65532:65532", "65532:0", entry, Outcome::Failed},
      {"a second root besides", "65532:0", "65532:0", entry + "toor:x:0:0::/:/x\n", Outcome::Failed},
      {"root himself", "65532:0", "0:0", entry, Outcome::Failed},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.summary);
    plan::Definition definition;
    definition.distribution = "debian-13";
    definition.accounts.run_as = each.run_as;
    definition.accounts.users = {{"app", 65532, 0, "/", "/x"}};
    Members members = loaderless(clean());
    members.push_back({"etc/passwd", each.passwd});
    oci::Config config = clean_config();
    config.user = each.user;
    Yardstick yardstick;
    yardstick.definition = &definition;
    for (const Check& check : judge({members}, config, yardstick)) EXPECT_TRUE(check.id != "nonroot" || check.outcome == each.expected) << check.evidence.front();
  }
}

/// What the definition names with a reason is excused, and says so; the wrong name excuses nothing.
TEST(Planted, NamedInterpretersTable) {
  struct Case { std::string summary, path, named; Members planted; Outcome expected; };
  const std::vector<Case> cases = {
      {"by its path", "/usr/bin/dash", "shell", {program("usr/bin/dash", shell())}, Outcome::Excused},
      {"by a path that a link of the tree shortens", "/bin/dash", "shell", {program("usr/bin/dash", shell())}, Outcome::Excused},
      {"by a link to it", "/usr/bin/sh", "shell", {program("usr/bin/dash", shell()), symlink("usr/bin/sh", "dash")}, Outcome::Excused},
      {"a hard link to what is named", "/usr/bin/dash", "shell", {program("usr/bin/dash", shell()), hard_link("opt/x", "usr/bin/dash")}, Outcome::Excused},
      {"a shell in the place of another language", "/usr/bin/python3", "python", {program("usr/bin/python3", shell())}, Outcome::Failed},
      {"another file than the one that is named", "/usr/bin/dash", "shell", {program("usr/bin/dash", shell()), program("opt/x", shell() + "x")}, Outcome::Failed},
      {"by a glob", "/usr/bin/*", "shell", {program("usr/bin/dash", shell())}, Outcome::Excused},
      {"by a glob, under another name", "/usr/bin/*", "shell", {program("usr/bin/tool", shell())}, Outcome::Failed},
      {"by a glob of another folder", "/usr/*", "shell", {program("usr/bin/dash", shell())}, Outcome::Failed},
      {"a member of an archive", "/opt/*.zip!bin/*", "shell", {{"opt/a.zip", packed("zip", "", {{"bin/dash", shell()}})}}, Outcome::Excused},
      {"a member of an archive, under another name", "/opt/*.zip!bin/*", "shell", {{"opt/a.zip", packed("zip", "", {{"bin/tool", shell()}})}}, Outcome::Failed},
      {"any member of an archive", "/opt/*.zip!**", "shell", {{"opt/a.zip", packed("zip", "", {{"a/b/dash", shell()}})}}, Outcome::Excused},
      {"another member of an archive", "/opt/*.zip!bin/*", "shell", {{"opt/a.zip", packed("zip", "", {{"dash", shell()}})}}, Outcome::Failed},
      {"what is linked with an engine", "/usr/bin/tool", "", {program("usr/bin/tool", linked("libperl.so.5.40").front().content), linked("libperl.so.5.40").back()}, Outcome::Excused},
      {"a shell in the place of what is linked with an engine", "/usr/bin/tool", "", {program("usr/bin/tool", shell())}, Outcome::Failed},
      {"a launcher of Java by a glob", "/opt/jdk/bin/*", "java", {folder("opt/jdk"), folder("opt/jdk/bin"), program("opt/jdk/bin/jshell", program_calling({"JLI_Launch"}))}, Outcome::Excused},
      {"a shell's name that leads to another interpreter", "/usr/bin/python3", "python", {program("usr/bin/python3", program_calling({"Py_BytesMain"})), symlink("usr/bin/sh", "python3")}, Outcome::Failed},
      {"an awk's name that leads to a shell", "/usr/bin/dash", "shell", {program("usr/bin/dash", shell()), symlink("usr/bin/awk", "dash")}, Outcome::Failed},
      {"a language's name that leads to it", "/usr/bin/python3.13", "python", {program("usr/bin/python3.13", program_calling({"Py_BytesMain"})), symlink("usr/bin/python", "python3.13")}, Outcome::Excused},
      {"in an archive of the same name", "/usr/bin/dash", "shell", {{"usr/bin/dash", packed("zip", "", {{"dash", shell()}})}}, Outcome::Failed},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.summary);
    plan::Definition definition;
    definition.distribution = "debian-13";
    definition.interpreters.push_back({each.path, "the program starts it", {}});
    Members members = loaderless(clean());
    members.insert(members.end(), each.planted.begin(), each.planted.end());
    Yardstick yardstick;
    yardstick.definition = &definition;
    for (const Check& check : judge({members}, clean_config(), yardstick)) EXPECT_TRUE(check.id != "no-shell" || check.outcome == each.expected) << check.evidence.front();
  }
}

/// What somebody else has signed for stands in the definition's place, and for files of the layers that they have seen alone.
TEST(Planted, VouchedInterpretersTable) {
  struct Case { std::string summary, path; Members base, above; Outcome expected; };
  const Member python = program("usr/bin/python3", program_calling({"Py_BytesMain"}));
  const std::vector<Case> cases = {
      {"a file of the base", "/usr/bin/python3", {python}, {}, Outcome::Excused},
      {"with a link to it above", "/usr/bin/python3", {python}, {symlink("usr/bin/python", "python3")}, Outcome::Excused},
      {"nobody named it", "/usr/bin/perl", {python}, {}, Outcome::Failed},
      {"another one above", "/usr/bin/python3", {python}, {program("opt/sh", shell())}, Outcome::Failed},
      {"the same path, overridden above", "/usr/bin/python3", {python}, {program("usr/bin/python3", program_calling({"Py_BytesMain"}) + "x")}, Outcome::Failed},
      {"a glob does not reach above", "/usr/bin/*", {python}, {program("usr/bin/dash", shell())}, Outcome::Failed},
      {"a shell's name above that leads to it", "/usr/bin/python3", {python}, {symlink("usr/bin/sh", "python3")}, Outcome::Failed},
      {"a member of an archive of the base", "/opt/*.zip!**", {{"opt/a.zip", packed("zip", "", {{"bin/dash", shell()}})}}, {}, Outcome::Excused},
      {"a member of an archive above", "/opt/*.zip!**", {}, {{"opt/a.zip", packed("zip", "", {{"bin/dash", shell()}})}}, Outcome::Failed},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.summary);
    plan::Definition claimed;  // what the image says of itself does not count beside it
    claimed.distribution = "debian-13";
    claimed.interpreters = {{"/opt/sh", "so says the image", {}}, {"/usr/bin/dash", "so says the image", {}}};
    const Vouched vouched{{{each.path, "it is what the base is for (signed by 'release')", {}}}, 1};
    Members base = loaderless(clean());
    base.insert(base.end(), each.base.begin(), each.base.end());
    Yardstick yardstick;
    yardstick.definition = &claimed, yardstick.vouched = &vouched;
    for (const Check& check : judge({base, each.above}, clean_config(), yardstick)) {
      if (check.id != "no-shell") continue;
      EXPECT_EQ(check.outcome, each.expected) << check.evidence.front();
      EXPECT_EQ(check.evidence.front().find("signed by 'release'") != std::string::npos, each.expected == Outcome::Excused) << check.evidence.front();
    }
  }
}

/// Whoever names both the shell's name and what it leads to has said it.
TEST(Planted, AShellsNameForAnotherInterpreterMayBeNamed) {
  plan::Definition definition;
  definition.distribution = "debian-13";
  definition.interpreters = {{"/usr/bin/python3", "it is what the image is for", {}}, {"/bin/sh", "scripts are in Python here", {}}};
  Members members = loaderless(clean());
  members.push_back(program("usr/bin/python3", program_calling({"Py_BytesMain"})));
  members.push_back(symlink("usr/bin/sh", "python3"));
  Yardstick yardstick;
  yardstick.definition = &definition;
  for (const Check& check : judge({members}, clean_config(), yardstick)) {
    if (check.id != "no-shell") continue;
    EXPECT_EQ(check.outcome, Outcome::Excused) << check.evidence.front();
    EXPECT_NE(check.evidence.back().find("'/usr/bin/sh' leads to '/usr/bin/python3', which is python by its library"), std::string::npos) << check.evidence.back();
  }
}

TEST(Planted, NothingIsWrongInADevImageThatHasItOnPurpose) {
  plan::Definition definition;
  definition.distribution = "debian-13";
  definition.variant = plan::Variant::Dev;
  definition.accounts.run_as = "root";
  Members members = loaderless(clean());
  members.push_back(program("usr/bin/dash", shell()));
  members.push_back(program("usr/bin/apt", program_calling({"libapt-pkg.so.7.0"})));
  members.push_back({"usr/bin/su", "x", FileType::Regular, 04755});
  oci::Config config = clean_config();
  config.user = "root";
  Yardstick yardstick;
  yardstick.definition = &definition;
  for (const Check& check : judge({members}, config, yardstick)) {
    const bool on_purpose = check.id == "no-shell" || check.id == "no-package-manager" || check.id == "no-setuid" || check.id == "nonroot";
    EXPECT_TRUE(!on_purpose || check.outcome == Outcome::NotApplicable) << check.id << ": " << check.evidence.front();
  }
}

}  // namespace
}  // namespace ashlar::prove
