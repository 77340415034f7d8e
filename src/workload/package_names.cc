#include "workload/package_names.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml_section.h"

namespace ashlar::workload {
namespace {

using Use = PackageUse::Kind;
using Table = std::map<std::string, PackageUse, std::less<>>;
constexpr std::array<std::pair<std::string_view, Use>, 5> kinds = {{{"run", Use::Run}, {"build", Use::Build}, {"debug", Use::Debug}, {"shell", Use::Shell}, {"base", Use::Base}}};

class Reader : YamlSection {
 public:
  explicit Reader(const YamlDocument& document) : YamlSection(document) {}
  using YamlSection::faults;

  void read(const YamlNode& root, Table& debian, Table& apk, Table& rpm) {
    constexpr std::array<std::string_view, 4> keys = {"debian", "renamed", "apk", "rpm"};
    if (!known(root, keys)) return;
    if (const YamlNode* node = root.find("debian"); node != nullptr && mapping(*node)) {
      constexpr std::array<std::string_view, 5> names = {"run", "build", "debug", "shell", "base"};
      if (!known(*node, names)) return;
      for (const auto& [word, kind] : kinds) {
        if (const YamlNode* list = node->find(word)) read_kind(*list, kind, debian);
      }
    }
    Table renamed;
    if (const YamlNode* node = root.find("renamed")) read_names(*node, debian, renamed);
    debian.merge(renamed);
    if (const YamlNode* node = root.find("apk")) read_names(*node, debian, apk);
    if (const YamlNode* node = root.find("rpm")) read_names(*node, debian, rpm);
  }

 private:
  /// A text of names between blanks.
  void read_kind(const YamlNode& list, Use kind, Table& debian) {
    if (list.type != YamlNode::Type::Scalar) return fault(list, "names between blanks are expected");
    for (const std::string_view name : words(list.text)) {
      const auto [at, fresh] = debian.emplace(name, PackageUse{{std::string(name)}, kind, true});
      if (!fresh) fault(list, fmt::format("'{}' stands twice", name));
    }
  }

  void read_names(const YamlNode& node, const Table& debian, Table& into) {
    if (!mapping(node)) return;
    for (const auto& [key, value] : node.members) {
      PackageUse use;
      use.known = true;
      use.kind = Use::Base;
      if (value.type != YamlNode::Type::Scalar && value.type != YamlNode::Type::Null) {
        fault(value, "names between blanks are expected");
        continue;
      }
      for (const std::string_view name : words(value.text)) {
        const auto found = debian.find(name);
        const Use kind = found != debian.end() ? found->second.kind : name.ends_with("-dev") ? Use::Build : Use::Run;
        if (use.names.empty() || kind == Use::Run) use.kind = kind;
        use.names.emplace_back(name);
      }
      into.emplace(key.text, std::move(use));
    }
  }
};

}  // namespace

Result<PackageNames> PackageNames::parse(std::string_view text, std::string_view path) {
  TRY_ASSIGN(const auto document, parse_yaml(std::string(text), std::string(path)));
  PackageNames out;
  Reader reader(document);
  reader.read(document.root, out.debian_, out.apk_, out.rpm_);
  if (reader.faults.empty()) return out;
  auto error = cannot(Kind::Invalid, fmt::format("read '{}'", path), "it has faults");
  error.error().faults = std::move(reader.faults);
  return error;
}

PackageUse PackageNames::find(Packager packager, std::string_view name) const {
  if (packager == Packager::Apt) {
    const auto found = debian_.find(name);
    if (found != debian_.end()) return found->second;
    return {{std::string(name)}, name.ends_with("-dev") ? PackageUse::Kind::Build : PackageUse::Kind::Run, false};
  }
  const Table& table = packager == Packager::Apk ? apk_ : rpm_;
  const auto found = table.find(name);
  return found == table.end() ? PackageUse{} : found->second;
}

size_t PackageNames::size(Packager packager) const { return packager == Packager::Apt ? debian_.size() : packager == Packager::Apk ? apk_.size() : rpm_.size(); }

}  // namespace ashlar::workload
