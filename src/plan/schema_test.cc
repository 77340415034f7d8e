// The published JSON Schemas say what the readers do: what one takes or refuses for its structure, the other does.
#include <gtest/gtest.h>

#ifdef ASHLAR_WITH_VALIJSON  // said by CMake: a compiler cache does not see that a header has come
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/codec.h"
#include "base/json.h"
#include "base/schema_trial.h"
#include "base/tar.h"
#include "base/yaml.h"
#include "plan/definition.h"
#include "plan/lock.h"

namespace ashlar::plan {
namespace {

namespace fs = std::filesystem;
using Value = nlohmann::json;

std::string contents_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A YAML value as JSON, plain scalars by the core schema.
Value to_value(const YamlNode& node) {
  switch (node.type) {
    case YamlNode::Type::Null: return nullptr;
    case YamlNode::Type::Sequence: {
      Value list = Value::array();
      for (const YamlNode& item : node.items) list.push_back(to_value(item));
      return list;
    }
    case YamlNode::Type::Mapping: {
      Value map = Value::object();
      for (const auto& [key, value] : node.members) map[key.text] = to_value(value);
      return map;
    }
    case YamlNode::Type::Scalar: break;
  }
  if (!node.plain) return node.text;
  if (node.text == "true" || node.text == "false") return node.text == "true";
  char* end = nullptr;
  const long long whole = std::strtoll(node.text.c_str(), &end, 10);
  if (end != node.text.c_str() && *end == '\0') return whole;
  const double real = std::strtod(node.text.c_str(), &end);
  const bool number = node.text.find_first_not_of("+-.0123456789eE") == std::string::npos;
  if (number && end != node.text.c_str() && *end == '\0') return real;
  return node.text;
}

/// A schema of the project.
struct Schema : SchemaTrial {
  explicit Schema(const std::string& name) : SchemaTrial((fs::path(ASHLAR_SOURCE_DIR) / "schemas" / name).string()) {}
};

TEST(Schemas, refuse_the_structure_that_the_reader_refuses) {
  const Schema schema("definition.schema.json");
  const char* structural[] = {"unknown-key",         "unknown-key-in-contents", "unknown-key-in-user",   "unknown-key-in-build",  "wrong-type-list",
                              "wrong-type-text",     "wrong-type-boolean",      "wrong-type-number",     "wrong-type-mapping",    "wrong-type-nothing",
                              "missing-uid",         "missing-type",            "missing-exit-code",     "bad-variant",           "bad-compression",
                              "bad-path-type",       "bad-platform",            "platform-twice",        "bad-mode",              "mode-not-quoted",
                              "negative-uid",        "bad-health",              "slice-without-package", "interpreter-without-reason", "no-contents",
                              "not-a-mapping",       "bad-distribution"};
  for (const char* name : structural) {
    const auto document = parse_yaml(contents_of(fs::path(ASHLAR_SOURCE_DIR) / "tests/data/plan/faults" / (std::string(name) + ".yaml")), name);
    ASSERT_TRUE(document) << name;
    EXPECT_FALSE(schema.takes(to_value(document->root))) << name;
  }
}

TEST(Schemas, take_the_definitions_that_the_reader_takes) {
  const std::string packed = contents_of(fs::path(ASHLAR_SHARED_DIR) / "data/dhi/image-definitions.tar.zst");
  if (packed.empty()) GTEST_SKIP() << "no shared data: data/dhi/image-definitions.tar.zst";
  const Schema schema("definition.schema.json");
  const auto stream = decode(Codec::Zstd, std::make_unique<MemorySource>(as_bytes(packed)));
  TarReader reader(*stream);
  size_t good = 0;
  for (;;) {
    auto entry = reader.next();
    ASSERT_TRUE(entry);
    if (!*entry) break;
    if ((*entry)->type != FileType::Regular) continue;
    std::string text((*entry)->size, '\0');
    for (size_t done = 0; done < text.size();) {
      const auto count = reader.read({reinterpret_cast<std::uint8_t*>(text.data()) + done, text.size() - done});
      ASSERT_TRUE(count && *count > 0);
      done += *count;
    }
    const auto document = parse_yaml(text, (*entry)->path);
    ASSERT_TRUE(document);
    std::string why;
    const bool taken = schema.takes(to_value(document->root), &why);
    EXPECT_EQ(taken, read_definition(text, (*entry)->path).has_value()) << (*entry)->path << "\n" << why;
    good += taken;
  }
  EXPECT_EQ(good, 1838u);
}

TEST(Schemas, take_a_lock_that_is_written) {
  const Schema schema("lock.schema.json");
  const std::string digest(64, 'a');
  Lock lock;
  lock.definition = "registry.example/app";
  lock.inputs_sha256 = digest;
  lock.distribution = "debian-13";
  LockedPackage package;
  package.name = "libc6";
  package.version = package.source_version = "2.41-12";
  package.source = "glibc";
  package.architecture = "amd64";
  package.sha256 = digest;
  package.path = "pool/main/g/glibc/libc6_2.41-12_amd64.deb";
  package.archive = "main";
  package.suite = "trixie";
  package.reason = "asked for by the definition";
  lock.platforms["linux/amd64"] = {{package}, {{"/opt/a", "https://example.org/a", digest, 1}}};
  lock.archives = {{"main", "trixie", digest, "2026-11-15T10:38:04Z", {"main"}}};
  lock.encoder.version = "1.14";
  std::string why;
  Value value = Value::parse(to_compact(to_json(lock)));
  EXPECT_TRUE(schema.takes(value, &why)) << why;
  value["platforms"]["linux/amd64"]["packages"][0].erase("sha256");
  EXPECT_FALSE(schema.takes(value));
}

}  // namespace
}  // namespace ashlar::plan
#else
TEST(Schemas, agree_with_the_readers) { GTEST_SKIP() << "no valijson: install libvalijson-dev"; }
#endif
