// Files of effects: what they may say, and what comes of it.
#include <gtest/gtest.h>

#include "base/text.h"
#include "build/inner/declared.h"
#include "build/inner/recorded.h"
#include "build/inner/small_tree.h"
#include "host/memory.h"

namespace ashlar::build::trial {
namespace {

constexpr auto durability = host::Durability::Cache;

std::string recorded(const std::string& changes, const std::string& commands = "") {
  return R"({"schema": "https://ashlar.dev/effects/v1", "scripts": [{"package": "stone", "version": "1.0", "script": "postinst", "sha256": "00", "changes": [)" + changes + R"(], "commands": [)" + commands + "]}]}";
}

Result<RecordedEffects> read_recorded(const std::string& text) {
  host::MemoryFiles files;
  EXPECT_TRUE(files.write("/x.effects.json", text, durability));
  return RecordedEffects::read(files, "/x.effects.json");
}

struct Row { std::string summary, text, told; };

TEST(RecordedEffects, WhatIsNotOfTheFormIsRefused) {
  const Row rows[] = {
      {"a list", "[]", "cannot read recorded effects '/x.effects.json': they have no 'scripts'"},
      {"scripts that are no list", R"({"scripts": {}})", "cannot read recorded effects '/x.effects.json': they have no 'scripts'"},
      {"no schema", R"({"scripts": []})", "cannot read recorded effects '/x.effects.json': their schema is not 'https://ashlar.dev/effects/v1'"},
      {"another schema", R"({"schema": "https://ashlar.dev/effects/v9", "scripts": []})", "cannot read recorded effects '/x.effects.json': their schema is not 'https://ashlar.dev/effects/v1'"},
      {"a script that is no object", R"({"schema": "https://ashlar.dev/effects/v1", "scripts": [1]})", "cannot read recorded effects '/x.effects.json': a script lacks 'changes' or 'commands'"},
      {"a script without a name", R"({"schema": "https://ashlar.dev/effects/v1", "scripts": [{"package": "a", "version": "1", "changes": [], "commands": []}]})", "cannot read recorded effects '/x.effects.json': "},
      {"a change that is no object", recorded("1"), "cannot read recorded effects '/x.effects.json': a change is no object"},
      {"an absolute path", recorded(R"({"path": "/etc/a", "type": "removed"})"), "cannot read recorded effects '/x.effects.json': '/etc/a' is no path in an image"},
      {"a path upwards", recorded(R"({"path": "etc/../../a", "type": "removed"})"), "cannot read recorded effects '/x.effects.json': 'etc/../../a' is no path in an image"},
      {"a path with a dot", recorded(R"({"path": "./a", "type": "removed"})"), "cannot read recorded effects '/x.effects.json': './a' is no path in an image"},
      {"an empty path", recorded(R"({"path": "", "type": "removed"})"), "cannot read recorded effects '/x.effects.json': '' is no path in an image"},
      {"a device", recorded(R"({"path": "dev/a", "type": "device"})"), "cannot read recorded effects '/x.effects.json': 'device' is no type of a change"},
      {"a link without a target", recorded(R"({"path": "a", "type": "symlink"})"), "cannot read recorded effects '/x.effects.json': "},
      {"a mode of three digits", recorded(R"({"path": "a", "type": "directory", "mode": "755"})"), "cannot read recorded effects '/x.effects.json': '755' is no mode"},
      {"a mode of other digits", recorded(R"({"path": "a", "type": "directory", "mode": "0789"})"), "cannot read recorded effects '/x.effects.json': '0789' is no mode"},
      {"a file without content", recorded(R"({"path": "a", "type": "file", "mode": "0644"})"), "cannot read recorded effects '/x.effects.json': "},
      {"base64 cut short", recorded(R"({"path": "a", "type": "file", "mode": "0644", "base64": "AAE"})"), "cannot read recorded effects '/x.effects.json': its content is not base64"},
      {"base64 of other letters", recorded(R"({"path": "a", "type": "file", "mode": "0644", "base64": "AA?="})"), "cannot read recorded effects '/x.effects.json': its content is not base64"},
      {"base64 of blanks, which OpenSSL passes over", recorded(R"({"path": "a", "type": "file", "mode": "0644", "base64": "    "})"), "cannot read recorded effects '/x.effects.json': its content is not base64"},
      {"base64 with blanks behind", recorded(R"({"path": "a", "type": "file", "mode": "0644", "base64": "AAEC    "})"), "cannot read recorded effects '/x.effects.json': its content is not base64"},
      {"a command that is no list", recorded("", R"("chown")"), "cannot read recorded effects '/x.effects.json': a command is no list of words"},
      {"a command of no words", recorded("", "[]"), "cannot read recorded effects '/x.effects.json': a command is no list of words"},
      {"a command of numbers", recorded("", R"(["chown", 1])"), "cannot read recorded effects '/x.effects.json': a command is no list of words"},
  };
  for (const Row& row : rows) {
    const auto effects = read_recorded(row.text);
    ASSERT_FALSE(effects) << row.summary;
    EXPECT_EQ(effects.error().message.substr(0, row.told.size()), row.told) << row.summary << ": " << effects.error().message;
    EXPECT_EQ(effects.error().kind, Kind::Corrupt) << row.summary;
  }
  EXPECT_EQ(read_recorded("{").error().message.substr(0, 31), "cannot read '/x.effects.json': ") << "no JSON";
  host::MemoryFiles none;
  EXPECT_TRUE(RecordedEffects::read(none, "/x.effects.json")->all().empty()) << "no file is no effects";
  EXPECT_TRUE(RecordedEffects::read(none, "")->all().empty());
}

TEST(RecordedEffects, OfAScriptTheLatestCountsAndIsFoundByItsDigest) {
  RecordedEffects effects;
  effects.add({"b", "1", "postinst", "one"});
  effects.add({"a", "1", "preinst", "two"});
  effects.add({"a", "1", "postinst", "three"});
  effects.add({"b", "2", "postinst", "four"});
  std::string order;
  for (const auto& each : effects.all()) order += each.package + each.version + each.script + " ";
  EXPECT_EQ(order, "a1postinst a1preinst b2postinst ");
  EXPECT_NE(effects.find("b", "2", "postinst", "four"), nullptr);
  EXPECT_EQ(effects.find("b", "1", "postinst", "one"), nullptr) << "another version took its place";
  EXPECT_EQ(effects.find("a", "1", "postinst", "two"), nullptr) << "the digest of another script";
  EXPECT_EQ(effects.find("a", "2", "preinst", "two"), nullptr);
  EXPECT_EQ(effects.find("b", "2", "preinst", "four"), nullptr);
}

/// What replaying leaves, told as for scripts that are followed.
std::string replayed(const std::string& changes, const std::string& commands = "") {
  const SmallTree tree(SmallTree::Files{{"etc/a", "old"}, {"etc/folder/x", "x"}, {"etc/link -> a", ""}, {"usr/bin/tool!", "x"}});
  const auto effects = read_recorded(recorded(changes, commands));
  if (!effects) return effects.error().message;
  World world(tree, 1700000000);
  auto book = AccountBook::open({}, world);
  ScriptState state{.world = std::move(world), .accounts = std::move(*book), .alternatives = {}};
  const ScriptOrigin origin{"stone", "1.0", "amd64", "postinst", {}};
  const Done done = replay(effects->all().at(0), state, origin);
  return done ? tell(state.world) : "error: " + done.error().message;
}

TEST(RecordedEffects, AreDoneAgain) {
  struct Replay { std::string summary, changes, commands, told; };
  const Replay rows[] = {
      {"a new file", R"({"path": "etc/new", "type": "file", "mode": "0640", "text": "n"})", "", "etc/new 640 0:0 \"n\"\n"},
      {"bytes that are no text", R"({"path": "etc/new", "type": "file", "mode": "0644", "base64": "AP8="})", "", std::string("etc/new 644 0:0 \"\0\xFF\"\n", 21)},
      {"base64 that ends evenly", R"({"path": "etc/new", "type": "file", "mode": "0644", "base64": "YWJj"})", "", "etc/new 644 0:0 \"abc\"\n"},
      {"a file changes", R"({"path": "etc/a", "type": "file", "mode": "0600", "text": "n"})", "", "etc/a 600 0:0 \"n\"\n"},
      {"in the place of a link, not behind it", R"({"path": "etc/link", "type": "file", "mode": "0644", "text": "n"})", "", "etc/link 644 0:0 \"n\"\n"},
      {"in the place of a folder", R"({"path": "etc/folder", "type": "file", "mode": "0644", "text": "n"})", "", "gone etc/folder/x\netc/folder 644 0:0 \"n\"\n"},
      {"a folder in the place of a file", R"({"path": "etc/a", "type": "directory", "mode": "0700"}, {"path": "etc/a/b", "type": "symlink", "target": "../x"})", "", "etc/a/ 700 0:0\netc/a/b -> ../x\n"},
      {"a folder gets its mode", R"({"path": "etc/folder", "type": "directory", "mode": "2775"})", "", "etc/folder/ 2775 0:0\n"},
      {"a link changes", R"({"path": "etc/link", "type": "symlink", "target": "b"})", "", "etc/link -> b\n"},
      {"removed, with what is below", R"({"path": "etc/folder", "type": "removed"}, {"path": "etc/folder/x", "type": "removed"})", "", "gone etc/folder/x\ngone etc/folder\n"},
      {"removed that was never there", R"({"path": "etc/none", "type": "removed"})", "", ""},
      {"commands come after the changes", R"({"path": "etc/new", "type": "file", "mode": "0644", "text": "n"})", R"(["chown", "5:6", "/etc/new"])", "etc/new 644 5:6 \"n\"\n"},
      {"a command that is not known", "", R"(["frobnicate", "x"])", "error: cannot do 'frobnicate x' as recorded: it is not understood"},
      {"a command that cannot be done", "", R"(["adduser", "--system", "a b"])", "error: cannot do 'adduser --system a b' as recorded: line 0: cannot add user 'a b': that is no name for an account"},
      {"a target with a NUL", R"({"path": "etc/l", "type": "symlink", "target": "a\u0000b"})", "", "error: cannot link '/etc/l': its target is no path"},
      {"a path of two lines", R"({"path": "etc/a\nb", "type": "directory", "mode": "0755"})", "", "error: cannot make '/etc/a\nb': its name has more than one line"},
  };
  for (const Replay& row : rows) EXPECT_EQ(replayed(row.changes, row.commands), row.told) << row.summary;
}

Result<DeclaredEffects> read_declared(const std::vector<std::string>& texts) {
  host::MemoryFiles files;
  for (size_t at = 0; at < texts.size(); ++at) EXPECT_TRUE(files.write("/effects/" + std::to_string(at) + ".yaml", texts[at], durability));
  EXPECT_TRUE(files.write("/effects/README.md", "no: [yaml", durability));
  return DeclaredEffects::read(files, "/effects");
}

TEST(DeclaredEffects, FaultsSayWhere) {
  const std::string digest(64, 'a');
  const Row rows[] = {
      {"no mapping", "- a\n", "1:1 a file of effects must be a mapping of packages"},
      {"a package that is no list", "a: b\n", "1:4 'a' must be a list of scripts"},
      {"a row that is no mapping", "a: [b]\n", "1:5 an effect must be a mapping"},
      {"an unknown key", "a:\n  - scrpt: postinst\n", "2:5 unknown key 'scrpt'"},
      {"a script of upgrades", "a: [{script: postrm, why: x, do: nothing}]\n", "1:5 'script' must be preinst or postinst"},
      {"no script", "a: [{why: x, do: nothing}]\n", "1:5 'script' must be preinst or postinst"},
      {"a variant that there is none of", "a: [{script: preinst, variant: debug, why: x, do: nothing}]\n", "1:5 'variant' must be runtime or dev"},
      {"no reason", "a: [{script: preinst, do: nothing}]\n", "1:5 'why' is missing"},
      {"a reason of blanks", "a: [{script: preinst, why: ' ', do: nothing}]\n", "1:5 'why' is missing"},
      {"nothing to do", "a: [{script: preinst, why: x}]\n", "1:5 'do' is missing"},
      {"a list of steps", "a: [{script: preinst, why: x, do: [a]}]\n", "1:35 'do' must be text"},
      {"a digest that is no list", "a: [{script: preinst, sha256: x, why: x, do: nothing}]\n", "1:31 'sha256' must be a list of digests"},
      {"no digests", "a: [{script: preinst, sha256: [], why: x, do: nothing}]\n", "1:31 'sha256' must be a list of digests"},
      {"a digest that is none", "a: [{script: preinst, sha256: [x], why: x, do: nothing}]\n", "1:32 a digest must be 64 lower-case hexadecimal digits"},
      {"a digest twice", "a: [{script: preinst, sha256: [" + digest + ", " + digest + "], why: x, do: nothing}]\n", "1:98 the digest is there twice"},
      {"a script twice", "a: [{script: preinst, why: x, do: nothing}, {script: preinst, why: y, do: nothing}]\n", "1:45 preinst of 'a' is declared twice"},
  };
  for (const Row& row : rows) {
    const auto effects = read_declared({row.text});
    ASSERT_FALSE(effects) << row.summary;
    ASSERT_EQ(effects.error().faults.size(), 1U) << row.summary;
    const Fault& fault = effects.error().faults[0];
    EXPECT_EQ(std::to_string(fault.line) + ":" + std::to_string(fault.column) + " " + fault.message, row.told) << row.summary;
    EXPECT_EQ(fault.path, "/effects/0.yaml") << row.summary;
    EXPECT_EQ(effects.error().kind, Kind::Invalid) << row.summary;
  }
  const auto twice = read_declared({"a: [{script: preinst, why: x, do: nothing}]\n", "a: [{script: preinst, why: x, do: nothing}]\n"});
  ASSERT_FALSE(twice) << "in two files";
  EXPECT_EQ(twice.error().faults[0].path, "/effects/1.yaml");
  EXPECT_EQ(read_declared({"a: [{scrpt: x}]\n"}).error().faults[0].hint, "did you mean 'script'?");
}

TEST(DeclaredEffects, OneForTheVariantGoesBeforeOneForBoth) {
  const auto effects = read_declared({"a:\n  - {script: postinst, why: both, do: 'true'}\n  - {script: postinst, variant: dev, why: dev, do: nothing}\nb: [{script: preinst, variant: runtime, why: runtime, do: nothing}]\n"});
  ASSERT_TRUE(effects) << effects.error().message;
  EXPECT_EQ(effects->find("a", "postinst", "runtime")->why, "both");
  EXPECT_EQ(effects->find("a", "postinst", "runtime")->steps, "true");
  EXPECT_EQ(effects->find("a", "postinst", "dev")->why, "dev");
  EXPECT_EQ(effects->find("a", "postinst", "dev")->steps, "") << "nothing is to be done";
  EXPECT_EQ(effects->find("a", "preinst", "dev"), nullptr) << "another script";
  EXPECT_EQ(effects->find("b", "preinst", "dev"), nullptr) << "another variant";
  EXPECT_EQ(effects->find("b", "preinst", "runtime")->why, "runtime");
  EXPECT_EQ(effects->find("c", "preinst", "runtime"), nullptr);
  EXPECT_TRUE(effects->find("a", "postinst", "dev")->knows("any")) << "without digests it is for every script";
  host::MemoryFiles none;
  EXPECT_TRUE(DeclaredEffects::read(none, "/effects")->all().empty()) << "no folder is no effects";
}

}  // namespace
}  // namespace ashlar::build::trial
