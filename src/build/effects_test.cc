// What becomes of maintainer scripts: declared, followed, recorded, run in a sandbox, or an error that says what to do.
#include "build/effects.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/digest.h"
#include "base/text.h"
#include "build/inner/rehearsal.h"
#include "build/inner/sandbox_root.h"
#include "build/inner/small_tree.h"
#include "host/machine.h"
#include "host/memory.h"
#include "host/sandbox.h"

namespace ashlar::build::trial {
namespace {

using By = ScriptCoverage::By;

class Effects : public ::testing::Test {
 protected:
  Effects() { definition.variant = plan::Variant::Dev; request.definition = &definition; request.architecture = "amd64"; request.mtime = 1700000000; request.declared = "/effects"; request.recorded = "/x.effects.json"; }
  void add(const std::string& package, const std::string& script, const std::string& text) { request.packages.push_back({package, "1.0", "all", {{"control", "Package: " + package + "\n"}, {script, text}}}); }
  void declare(const std::string& text) { ASSERT_TRUE(memory.files.write("/effects/x.yaml", text, host::Durability::Cache)); }
  Result<EffectsResult> apply() { return apply_effects(request, tree, memory.machine); }
  /// Contents of a changed file; `gone` when it is removed, `none` when nothing happened to it.
  static std::string changed(const EffectsResult& result, std::string_view path) {
    for (const Change& each : result.changes) if (each.entry.path == path) return each.remove ? "gone" : each.entry.type == FileType::Symlink ? "-> " + each.entry.link : std::string(as_text(each.content));
    return "none";
  }

  plan::Definition definition;
  SmallTree tree{{{"etc/a", "a"}, {"usr/bin/tool!", "x"}, {"usr/bin/other!", "y"}}};
  EffectsRequest request;
  host::MemoryMachine memory{Time{1700000000}};
};

TEST_F(Effects, AreTakenInTheirOrder) {
  add("follows", "postinst", "#!/bin/sh\ntouch /made-by-follows\n");
  add("first", "preinst", "#!/bin/sh\ntouch /made-by-first\n");
  add("declared", "postinst", "#!/bin/sh\nfrobnicate\n");
  add("after", "postinst", "#!/bin/sh\n[ -e /made-by-declared ] && [ -e /made-by-first ] && touch /made-by-after\n");
  declare("declared: [{script: postinst, why: it does, do: touch /made-by-declared}]\n");
  const auto result = apply();
  ASSERT_TRUE(result) << result.error().message;
  for (const char* path : {"made-by-follows", "made-by-first", "made-by-declared", "made-by-after"}) EXPECT_EQ(changed(*result, path), "") << path;
  EXPECT_TRUE(result->notes.empty());
  const auto coverage = cover_scripts(request, tree, memory.machine);
  ASSERT_TRUE(coverage);
  ASSERT_EQ(coverage->size(), 4U);
  EXPECT_EQ(coverage->at(0).package, "first") << "preinst of every package goes first";
  EXPECT_EQ(coverage->at(0).by, By::Recognised);
  EXPECT_EQ(coverage->at(2).by, By::Declared);
  EXPECT_EQ(coverage->at(2).reason, "it does");
  EXPECT_EQ(coverage->at(2).sha256, Digest::of("#!/bin/sh\nfrobnicate\n").hex());
}

TEST_F(Effects, WhatNothingCoversIsToldAtOnceWithWhatToDo) {
  add("one", "postinst", "#!/bin/sh\nfrobnicate\n");
  add("two", "preinst", "#!/usr/bin/perl\n");
  const auto result = apply();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "cannot apply what maintainer scripts do: preinst of 'two': line 1: interpreter '/usr/bin/perl'; postinst of 'one': line 2: 'frobnicate'; declare the effect of each below "
                                    "'/effects' (docs/formats/effects.md), " + std::string(runs_here("amd64") ? "record it with --record-effects" : "record it where programs of its architecture run") +
                                    ", or leave the package out");
  request.architecture = "none";
  EXPECT_NE(apply().error().message.find("record it where programs of its architecture run"), std::string::npos);
  const auto coverage = cover_scripts(request, tree, memory.machine);
  ASSERT_TRUE(coverage);
  EXPECT_EQ(coverage->at(1).by, By::Nothing);
  EXPECT_EQ(coverage->at(1).reason, "line 2: 'frobnicate'");
}

TEST_F(Effects, ADeclarationThatDoesNotWorkIsAnErrorAndOneForAnotherScriptANote) {
  add("a", "postinst", "#!/bin/sh\nfrobnicate\n");
  declare("a: [{script: postinst, why: x, do: mv /none /other}]\n");
  EXPECT_EQ(apply().error().message, "cannot apply script postinst of package 'a' as declared: line 1: it would end with status 1");
  EXPECT_EQ(cover_scripts(request, tree, memory.machine)->at(0).by, By::Nothing);
  const std::string other(64, '0');
  declare("a: [{script: postinst, sha256: ['" + other + "'], why: x, do: nothing}]\n");
  const auto changed = apply();
  ASSERT_TRUE(changed) << changed.error().message;
  ASSERT_EQ(changed->notes.size(), 1U);
  EXPECT_EQ(changed->notes[0], "script postinst of package 'a' (1.0) is not one that its declared effect was written for; its SHA-256 is " + Digest::of("#!/bin/sh\nfrobnicate\n").hex());
  declare("a: [{script: postinst, sha256: ['" + Digest::of("#!/bin/sh\nfrobnicate\n").hex() + "'], why: x, do: nothing}]\n");
  EXPECT_TRUE(apply()->notes.empty());
}

TEST_F(Effects, RecordedOnesCountForTheSameScriptAlone) {
  const std::string text = "#!/bin/sh\nfrobnicate\n";
  add("a", "postinst", text);
  const auto record = [&](const std::string& version, const std::string& digest, const std::string& changes) {
    ASSERT_TRUE(memory.files.write("/x.effects.json", R"({"schema": "https://ashlar.dev/effects/v1", "scripts": [{"package": "a", "version": ")" + version + R"(", "script": "postinst", "sha256": ")" + digest +
                                                          R"(", "changes": [)" + changes + R"(], "commands": []}]})", host::Durability::Cache));
  };
  const std::string digest = Digest::of(text).hex();
  record("1.0", digest, R"({"path": "etc/new", "type": "file", "mode": "0644", "text": "n"})");
  const auto result = apply();
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(changed(*result, "etc/new"), "n");
  EXPECT_EQ(cover_scripts(request, tree, memory.machine)->at(0).by, By::Recorded);
  record("1.1", digest, "");
  EXPECT_FALSE(apply()) << "another version";
  record("1.0", std::string(64, '0'), "");
  EXPECT_FALSE(apply()) << "another script";
  record("1.0", digest, R"({"path": "etc/a/b", "type": "file", "mode": "0644", "text": "n"})");
  EXPECT_EQ(apply().error().message, "cannot apply script postinst of package 'a' as recorded: cannot make 'etc/a/b': its directory does not exist");
  declare("a: [{script: postinst, why: x, do: nothing}]\n");
  EXPECT_TRUE(apply()) << "what is declared goes first";
}

/// update-alternatives(1) itself, in a folder of its own, beside the model.
TEST_F(Effects, AlternativesAreThoseOfTheRealTool) {
  host::Machine machine = host::real_machine();
  const auto tool = machine.processes->find("update-alternatives");
  if (!tool) GTEST_SKIP() << "no update-alternatives";
  const host::Path folder = host::Path(::testing::TempDir()) / ("ashlar-alternatives-" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + "-" + std::to_string(machine.clock->now().seconds));
  const auto make = [&](const char* path) { ASSERT_TRUE(machine.files->write(folder / path, "x")); };
  for (const char* path : {"usr/bin/one", "usr/bin/two", "usr/bin/three", "usr/share/man/one.1", "usr/share/man/two.1", "usr/bin/real"}) make(path);
  ASSERT_TRUE(machine.files->make_folders(folder / "etc/alternatives"));
  ASSERT_TRUE(machine.files->make_folders(folder / "var/lib/dpkg/alternatives"));
  const std::vector<std::vector<std::string>> calls{
      {"--install", "/usr/bin/x", "x", "/usr/bin/one", "10", "--slave", "/usr/share/man/x.1", "x.1", "/usr/share/man/one.1"},
      {"--install", "/usr/bin/x", "x", "/usr/bin/two", "30", "--slave", "/usr/share/man/x.1", "x.1", "/usr/share/man/two.1"},
      {"--install", "/usr/bin/x", "x", "/usr/bin/three", "-5"},
      {"--install", "/usr/bin/y", "y", "/usr/bin/two", "7", "--slave", "/usr/share/man/y.1", "y.1", "/usr/share/man/none.1"},
      {"--install", "/usr/bin/z", "z", "/usr/bin/two", "7"},
      {"--install", "/usr/bin/z", "z", "/usr/bin/one", "9"},
      {"--remove", "z", "/usr/bin/one"},
      {"--install", "/usr/bin/real", "real", "/usr/bin/one", "1"}};
  std::string script = "#!/bin/sh\n";
  for (const auto& call : calls) {
    host::Command command{.argv = {tool->string(), "--quiet", "--root", folder.string(), "--log", "/dev/null"}, .environment = {}, .folder = {}, .input = {}};
    command.argv.insert(command.argv.end(), call.begin(), call.end());
    const auto outcome = machine.processes->run(command);
    ASSERT_TRUE(outcome) << outcome.error().message;
    script += "update-alternatives";
    for (const std::string& word : call) script += " " + word;
    script += "\n";
    if (outcome->exit_code != 0) {
      std::filesystem::remove_all(folder);
      GTEST_SKIP() << "this update-alternatives takes no --root: " << outcome->err;
    }
  }
  tree = SmallTree({{"usr/bin/one!", "x"}, {"usr/bin/two!", "x"}, {"usr/bin/three!", "x"}, {"usr/bin/real!", "x"}, {"usr/share/man/one.1", "x"}, {"usr/share/man/two.1", "x"}});
  add("a", "postinst", script);
  const auto result = apply();
  ASSERT_TRUE(result) << result.error().message;
  for (const std::string path : {"etc/alternatives/x", "etc/alternatives/x.1", "etc/alternatives/y", "etc/alternatives/y.1", "etc/alternatives/z", "usr/bin/x", "usr/bin/y", "usr/bin/z", "usr/share/man/x.1", "usr/share/man/y.1"}) {
    std::error_code error;
    const std::string target = std::filesystem::read_symlink(folder / path, error).string();
    EXPECT_EQ(changed(*result, path), error ? "none" : "-> " + target) << path;
  }
  EXPECT_EQ(changed(*result, "usr/bin/real"), "none") << "a real file stays";
  for (const std::string name : {"x", "y", "z"}) EXPECT_EQ(changed(*result, "var/lib/dpkg/alternatives/" + name), *machine.files->read(folder / "var/lib/dpkg/alternatives" / name)) << name;
  std::filesystem::remove_all(folder);
}

/// A shell and what it needs, from this machine: enough of an image for a script to run in.
class Rehearsals : public Effects {
 protected:
  void SetUp() override {
    if (!runs_here("amd64")) GTEST_SKIP() << "no machine that runs amd64";
    SmallTree::Files files{{"bin -> usr/bin", ""}, {"lib -> usr/lib", ""}, {"lib64 -> usr/lib64", ""}, {"usr/bin/sh -> dash", ""}, {"etc/a", "a"}, {"etc/b", "b"}, {"etc/folder/x", "x"}, {"proc/", ""}, {"dev/", ""},
                           {"tmp/", ""}, {"run/", ""}, {"var/cache/", ""}};
    for (const char* path : {"usr/bin/dash", "usr/bin/mknod", "usr/bin/rm", "usr/lib64/ld-linux-x86-64.so.2", "usr/lib/x86_64-linux-gnu/libc.so.6", "usr/lib/x86_64-linux-gnu/libselinux.so.1", "usr/lib/x86_64-linux-gnu/libpcre2-8.so.0"}) {
      const auto content = machine.files->read(host::Path("/") / path);
      if (!content) GTEST_SKIP() << "no /" << path;
      files.emplace_back(std::string(path) + "!", *content);
    }
    tree = SmallTree(files);
    host::Sandbox probe;
    probe.root = "/";
    probe.argv = {"/bin/true"};
    const auto command = host::to_command(probe);
    const auto outcome = command && machine.processes->find(command->argv[0]) ? machine.processes->run(*command) : Result<host::Outcome>(fail(Kind::Unavailable, "no bubblewrap"));
    if (!outcome || outcome->exit_code != 0) GTEST_SKIP() << "no sandbox here: " << (outcome ? outcome->err : outcome.error().message);
    folder = host::Path(::testing::TempDir()) / ("ashlar-rehearsal-" + std::to_string(machine.clock->now().seconds) + "-" + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    request.scratch = folder / "scratch";
    request.recorded = folder / "x.effects.json";
    request.declared = folder / "effects";
    request.run_scripts = true;
    ASSERT_TRUE(machine.files->make_folders(folder));
  }
  void TearDown() override { if (!folder.empty()) std::filesystem::remove_all(folder); }
  Result<EffectsResult> run(const std::string& text) {
    request.packages.clear();
    add("stone", "postinst", text);
    return apply_effects(request, tree, machine);
  }
  std::string error(const std::string& text) {
    const auto result = run(text);
    EXPECT_EQ(machine.files->exists(request.recorded), false) << "nothing is recorded of a script that failed";
    return result ? "no error" : result.error().message;
  }
  host::Machine machine = host::real_machine();
  host::Path folder;
};

TEST_F(Rehearsals, WhatAScriptDidIsRecordedAndDoneAgain) {
  const std::string text = "#!/bin/sh -e\neval 'echo made > /etc/new'; echo more >> /etc/a\nrm /etc/b; rm -r /etc/folder; echo log > /run/log; echo log > /var/cache/x\nchown 5:6 /etc/new; systemctl start x\n";
  const auto first = run(text);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(changed(*first, "etc/new"), "made\n");
  EXPECT_EQ(changed(*first, "etc/a"), "amore\n");
  EXPECT_EQ(changed(*first, "etc/b"), "gone");
  EXPECT_EQ(changed(*first, "etc/folder/x"), "gone");
  EXPECT_EQ(changed(*first, "run/log"), "none");
  EXPECT_EQ(changed(*first, "var/cache/x"), "none");
  for (const Change& each : first->changes) {
    EXPECT_TRUE(each.entry.path != "etc/new" || each.entry.uid * 10 + each.entry.gid == 56U) << "owners are commands";
  }
  ASSERT_EQ(first->notes.size(), 1U);
  EXPECT_NE(first->notes[0].find("script postinst of package 'stone' ran in a sandbox: 4 changed paths and 1 commands go into"), std::string::npos) << first->notes[0];
  request.run_scripts = false;
  const auto second = run(text);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_TRUE(second->notes.empty()) << "nothing runs again";
  ASSERT_EQ(second->changes.size(), first->changes.size());
  for (size_t at = 0; at < first->changes.size(); ++at) EXPECT_EQ(second->changes[at].entry.path, first->changes[at].entry.path);
  EXPECT_FALSE(machine.files->exists(request.scratch)) << "nothing is left behind";
}

TEST_F(Rehearsals, WhatCannotBeRecordedIsToldWithItsCause) {
  const std::string what = "cannot run script postinst of package 'stone' in a sandbox: ";
  EXPECT_EQ(error("#!/bin/sh\neval 'exit 7'\n"), what + "it ended with status 7: ");
  EXPECT_EQ(error("#!/bin/sh\neval 'echo broken >&2; exit 3'\n"), what + "it ended with status 3: broken");
  EXPECT_EQ(error("#!/usr/bin/perl\n"), "the image has no '/usr/bin/perl' to run it; record it with the definition's -dev variant, or declare its effect");
  EXPECT_EQ(error("#!\n"), "its first line names no interpreter");
  EXPECT_EQ(error("#!/bin/sh\neval 'mknod /etc/pipe p'\n"), what + "it makes '/etc/pipe', which is no file, folder or symlink");
  EXPECT_EQ(error("#!/bin/sh\neval 'echo forged >> /etc/passwd'\n"), what + "it writes '/etc/passwd' itself");
  EXPECT_NE(error("#!/bin/sh\neval 'printf x > /run/ashlar/noted'\n"), "no error") << "a note that is none";
}

TEST_F(Rehearsals, TheMachineIsOutOfReach) {
  ASSERT_TRUE(machine.files->write(folder / "secret", "s"));
  const auto result = run("#!/bin/sh\neval 'if [ -e " + (folder / "secret").string() + " ]; then echo seen; else echo hidden; fi > /etc/new'\n");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(changed(*result, "etc/new"), "hidden\n");
}

}  // namespace
}  // namespace ashlar::build::trial
