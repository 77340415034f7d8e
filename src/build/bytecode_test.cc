// Byte code of Python: what is taken from the record, what is refused, and what is asked. tests/flow/python_test.cc compiles with a real Python.
#include "build/inner/bytecode.h"

#include "base/text.h"
#include "build/inner/recorded.h"
#include "build/inner/sandbox_root.h"
#include "build/inner/trial.h"

namespace ashlar::build {
namespace {

using namespace trial;

class Bytecode : public Trial {
 protected:
  void SetUp() override {
    Trial::SetUp();
    options.recorded = folder_ / "small.effects.json";
    definition.bytecode = true;
    definition.text = "image: example/small\nbytecode: true\n";
    definition.bytecode_at = {2, 11};
    definition.interpreters = {{"/usr/bin/python3.99", "the image is for Python", {}}};
    lock_packages({python, library});
  }
  /// Records byte code for modules of `library`, as `sha256` and place; an empty place is of a module that is no Python.
  void record(const std::vector<std::pair<std::string, std::string>>& modules, const std::string& version = "3.99-1") {
    RecordedScript script{.package = "python3.99-minimal", .version = version, .script = std::string(bytecode_script), .sha256 = compiler_digest()};
    for (const auto& [path, text] : modules) {
      const bool empty = text.empty();
      const std::string name = path.substr(path.rfind('/') + 1), place = path.substr(0, path.rfind('/')) + "/__pycache__/" + name.substr(0, name.size() - 3) + ".cpython-399.pyc";
      const std::string code = "code of " + text;
      if (!empty) script.changes.push_back({.path = place, .removed = false, .type = FileType::Regular, .mode = 0644, .target = {}, .content = {code.begin(), code.end()}});
      script.commands.push_back({"compiled", path, Digest::of(empty ? "no python" : text).hex(), empty ? "" : place});
    }
    RecordedEffects effects;
    effects.add(std::move(script));
    ASSERT_TRUE(effects.write(*machine.files, options.recorded));
    definition.digest_hex = Digest::of(std::to_string(++edits_)).hex();
  }
  Result<Image> assemble_for(const std::string& architecture) {
    lock.platforms["linux/" + architecture] = lock.platforms["linux/amd64"];
    auto layout = oci::LayoutWriter::open(*machine.files, folder_ / "layout");
    host::Blobs blobs = packages();
    return assemble(definition, lock, *oci::Platform::parse("linux/" + architecture), blobs, *layout, machine, options, progress);
  }
  static std::string own() { return runs_here("amd64") ? "amd64" : "arm64"; }
  static std::string foreign() { return runs_here("amd64") ? "arm64" : "amd64"; }

  const Package python{"python3.99-minimal", {program("usr/bin/python3.99")}, "3.99-1"};
  const Package library{"libpython3.99", {{"usr/lib/python3.99/abc.py", "abc"}, {"usr/lib/python3.99/json/__init__.py", "json"}, {"usr/share/app/template.py", "no python"}, {"usr/bin/tool.py", "a command"}, {"etc/app/conf.py", "settings"}}};
  int edits_ = 0;
};

TEST_F(Bytecode, is_of_modules_alone) {
  const struct {
    const char *summary, *path;
    bool module;
  } rows[] = {{"the library", "usr/lib/python3.99/abc.py", true}, {"an application", "opt/app/main.py", true},         {"of a package of Debian's", "usr/share/app/x.py", true}, {"a command", "usr/bin/x.py", false},
              {"settings", "etc/app/conf.py", false},         {"an example", "usr/share/doc/x/a.py", false}, {"no module", "usr/lib/python3.99/abc.pyi", false}};
  for (const auto& row : rows) EXPECT_EQ(is_module(row.path), row.module) << row.summary;
}

TEST_F(Bytecode, comes_from_the_record) {
  record({{"usr/lib/python3.99/abc.py", "abc"}, {"usr/lib/python3.99/json/__init__.py", "json"}, {"usr/share/app/template.py", ""}});
  for (const std::string& architecture : {own(), foreign()}) {
    const auto image = assemble_for(architecture);
    ASSERT_TRUE(image) << architecture << ": " << image.error().message;
    const Contents all = read(*image, "layout");
    const Found& code = all.at("usr/lib/python3.99/__pycache__/abc.cpython-399.pyc");
    EXPECT_EQ(code.content, "code of abc");
    EXPECT_EQ(code.entry.mode, 0644u);
    EXPECT_EQ(code.entry.mtime, 1700000000) << "as old as its module";
    EXPECT_EQ(all.at("usr/lib/python3.99/json/__pycache__/__init__.cpython-399.pyc").content, "code of json");
    EXPECT_FALSE(all.contains("usr/share/app/__pycache__/template.cpython-399.pyc"));
    EXPECT_NE(all.at("usr/share/ashlar/image.json").content.find("effect:script:python3.99-minimal.bytecode"), std::string::npos);
  }
  definition.bytecode = false;
  definition.digest_hex = Digest::of("without").hex();
  EXPECT_FALSE(contents().contains("usr/lib/python3.99/__pycache__/abc.cpython-399.pyc")) << "nobody asks";
}

TEST_F(Bytecode, what_is_not_recorded_is_refused_with_its_place) {
  const std::string place = "catalog/small.yaml:2:11: ";
  const struct {
    const char* summary;
    std::vector<std::pair<std::string, std::string>> modules;
    std::string version, fault;
  } rows[] = {
      {"nothing", {}, "3.99-1", "3 of 3 modules are not recorded for python3.99-minimal 3.99-1, '/usr/lib/python3.99/abc.py' first"},
      {"a module that has changed", {{"usr/lib/python3.99/abc.py", "older"}, {"usr/lib/python3.99/json/__init__.py", "json"}, {"usr/share/app/template.py", ""}}, "3.99-1", "1 of 3 modules are not recorded"},
      {"another version of Python", {{"usr/lib/python3.99/abc.py", "abc"}, {"usr/lib/python3.99/json/__init__.py", "json"}, {"usr/share/app/template.py", ""}}, "3.98-1", "3 of 3 modules are not recorded"},
  };
  for (const auto& row : rows) {
    record(row.modules, row.version);
    const auto image = assemble_for(own());
    ASSERT_FALSE(image) << row.summary;
    ASSERT_EQ(image.error().faults.size(), 1U) << row.summary;
    const std::string fault = to_string(image.error().faults.front());
    EXPECT_TRUE(fault.starts_with(place + row.fault)) << row.summary << ": " << fault;
    EXPECT_NE(fault.find("\n  bytecode: true\n            ^\n  hint: compile them in a sandbox with `ashlar build --record-effects`"), std::string::npos) << row.summary << ": " << fault;
  }
  lock_packages({library});
  definition.digest_hex = Digest::of("no python").hex();
  EXPECT_NE(error().find("no package of the image brings a Python"), std::string::npos) << error();
}

TEST_F(Bytecode, of_another_architecture_its_own_modules_stay_as_they_are) {
  record({{"usr/lib/python3.99/abc.py", "abc"}, {"usr/share/app/template.py", ""}});
  const auto image = assemble_for(foreign());
  ASSERT_TRUE(image) << image.error().message;
  const Contents all = read(*image, "layout");
  EXPECT_TRUE(all.contains("usr/lib/python3.99/__pycache__/abc.cpython-399.pyc"));
  EXPECT_FALSE(all.contains("usr/lib/python3.99/json/__pycache__/__init__.cpython-399.pyc"));
  EXPECT_NE(progress.details.find("1 Python modules that only " + foreign() + " has are not compiled, '/usr/lib/python3.99/json/__init__.py' first"), std::string::npos) << progress.details;
  record({});
  const auto none = assemble_for(foreign());
  ASSERT_FALSE(none);
  EXPECT_NE(to_string(none.error().faults.at(0)).find("hint: build first with `--record-effects` where programs of another of its platforms run"), std::string::npos);
}

TEST_F(Bytecode, a_record_that_lies_is_not_taken) {
  RecordedScript script{.package = "python3.99-minimal", .version = "3.99-1", .script = std::string(bytecode_script), .sha256 = compiler_digest()};
  script.changes.push_back({.path = "usr/bin/evil", .removed = false, .type = FileType::Regular, .mode = 0755, .target = {}, .content = {'x'}});
  script.commands = {{"compiled", "usr/lib/python3.99/abc.py", Digest::of("abc").hex(), "usr/bin/evil"}, {"chown", "1", "/etc"}};
  RecordedEffects effects;
  effects.add(std::move(script));
  ASSERT_TRUE(effects.write(*machine.files, options.recorded));
  const auto image = assemble_for(own());
  ASSERT_FALSE(image);
  EXPECT_NE(image.error().message.find("3 of 3 modules are not recorded"), std::string::npos) << image.error().message;
}

}  // namespace
}  // namespace ashlar::build
