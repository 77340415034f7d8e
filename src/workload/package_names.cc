#include "workload/package_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml_section.h"

namespace ashlar::workload {
namespace {

using Use = PackageUse::Kind;
using Table = std::map<std::string, PackageUse, std::less<>>;
constexpr std::array<std::pair<std::string_view, Use>, 5> kinds = {{{"run", Use::Run}, {"build", Use::Build}, {"debug", Use::Debug}, {"shell", Use::Shell}, {"base", Use::Base}}};

/// As PyPI compares names.
std::string pip_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const char plain = c == '_' || c == '.' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (plain != '-' || !out.ends_with('-')) out += plain;
  }
  return out;
}

/// `python3-dev` of `python3.9-dev`; empty: it is none of these.
std::string python_of_any_version(std::string_view name) {
  constexpr std::string_view stem = "python3.";
  if (!name.starts_with(stem)) return {};
  const size_t end = name.find_first_not_of("0123456789", stem.size());
  if (end == stem.size()) return {};
  const std::string_view rest = end == std::string_view::npos ? std::string_view() : name.substr(end);
  constexpr std::array<std::string_view, 6> parts = {"", "-dev", "-venv", "-minimal", "-distutils", "-full"};
  return std::ranges::find(parts, rest) == parts.end() ? std::string() : "python3" + std::string(rest);
}

class Reader : YamlSection {
 public:
  explicit Reader(const YamlDocument& document) : YamlSection(document) {}
  using YamlSection::faults;

  void read(const YamlNode& root, Table& debian, Table& apk, Table& rpm, std::map<std::string, std::vector<std::string>, std::less<>>& pip) {
    constexpr std::array<std::string_view, 6> keys = {"debian", "renamed", "gone", "pip", "apk", "rpm"};
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
    if (const YamlNode* node = root.find("gone"); node != nullptr && mapping(*node)) {
      for (const auto& [key, value] : node->members) {
        if (value.type != YamlNode::Type::Scalar || value.text.empty()) fault(value, fmt::format("'{}': what to do instead is expected", key.text));
        else if (!debian.emplace(key.text, PackageUse{{}, Use::Run, true, value.text}).second) fault(value, fmt::format("'{}' stands twice", key.text));
      }
    }
    if (const YamlNode* node = root.find("pip"); node != nullptr && mapping(*node)) {
      for (const auto& [key, value] : node->members) {
        const auto names = words(value.text);
        if (value.type != YamlNode::Type::Scalar || names.empty()) fault(value, "names between blanks are expected");
        pip.emplace(pip_name(key.text), std::vector<std::string>(names.begin(), names.end()));
      }
    }
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
  reader.read(document.root, out.debian_, out.apk_, out.rpm_, out.pip_);
  if (reader.faults.empty()) return out;
  auto error = cannot(Kind::Invalid, fmt::format("read '{}'", path), "it has faults");
  error.error().faults = std::move(reader.faults);
  return error;
}

PackageUse PackageNames::find(Packager packager, std::string_view name) const {
  if (packager == Packager::Apt) {
    const auto found = debian_.find(name);
    if (found != debian_.end()) return found->second;
    if (const std::string python = python_of_any_version(name); !python.empty()) return find(packager, python);
    return {{std::string(name)}, name.ends_with("-dev") ? PackageUse::Kind::Build : PackageUse::Kind::Run, false};
  }
  const Table& table = packager == Packager::Apk ? apk_ : rpm_;
  const auto found = table.find(name);
  return found == table.end() ? PackageUse{} : found->second;
}

const std::vector<std::string>* PackageNames::sources_of_pip(std::string_view name) const {
  const auto found = pip_.find(pip_name(name));
  return found == pip_.end() ? nullptr : &found->second;
}

size_t PackageNames::size(Packager packager) const { return packager == Packager::Apt ? debian_.size() : packager == Packager::Apk ? apk_.size() : rpm_.size(); }

}  // namespace ashlar::workload
