#include "deb/distribution.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::deb {
namespace {

constexpr std::array<std::string_view, 11> keys = {"id", "release", "codename", "title", "components", "architectures", "archives", "keyrings", "keyring-package", "host-suites", "stand-ins"};
constexpr std::array<std::string_view, 4> archive_keys = {"name", "suites", "security", "proposed"};

/// Reads one mapping and gathers its faults.
class Reader {
 public:
  explicit Reader(const YamlDocument& document) : document_(document) {}

  bool mapping(const YamlNode& node, std::span<const std::string_view> known) {
    if (node.type != YamlNode::Type::Mapping) return fault(node, "a mapping is expected here");
    for (const auto& [key, value] : node.members) {
      if (std::find(known.begin(), known.end(), key.text) != known.end()) continue;
      const std::string near = nearest(key.text, known);
      fault(key, fmt::format("unknown key '{}'", key.text), near.empty() ? std::string() : fmt::format("did you mean '{}'?", near));
    }
    return true;
  }
  std::string text(const YamlNode& node, std::string_view key, bool required) {
    const YamlNode* const value = node.find(key);
    if (value == nullptr && required) fault(node, fmt::format("'{}' is missing", key));
    if (value == nullptr) return {};
    if (value->type != YamlNode::Type::Scalar) fault(*value, fmt::format("'{}' must be a text", key));
    return value->text;
  }
  std::vector<std::string> list(const YamlNode& node, std::string_view key, bool required) {
    std::vector<std::string> out;
    const YamlNode* const value = node.find(key);
    if (value == nullptr && required) fault(node, fmt::format("'{}' is missing", key));
    if (value == nullptr) return out;
    if (value->type != YamlNode::Type::Sequence) {
      fault(*value, fmt::format("'{}' must be a list", key));
      return out;
    }
    for (const YamlNode& each : value->items) {
      if (each.type == YamlNode::Type::Scalar) out.push_back(each.text);
      else fault(each, fmt::format("'{}' must be a list of texts", key));
    }
    return out;
  }
  std::map<std::string, std::string> pairs(const YamlNode& node, std::string_view key) {
    std::map<std::string, std::string> out;
    const YamlNode* const value = node.find(key);
    if (value == nullptr) return out;
    if (value->type != YamlNode::Type::Mapping) fault(*value, fmt::format("'{}' must be a mapping", key));
    for (const auto& [name, text] : value->members) {
      if (text.type == YamlNode::Type::Scalar) out[name.text] = text.text;
      else fault(text, fmt::format("'{}' must be a mapping of names to names", key));
    }
    return out;
  }
  bool fault(const YamlNode& node, std::string message, std::string hint = {}) {
    faults.push_back(document_.fault_at(node, std::move(message), std::move(hint)));
    return false;
  }
  std::vector<Fault> faults;

 private:
  const YamlDocument& document_;
};

}  // namespace

Result<Distribution> read_distribution(const YamlDocument& document, const YamlNode& node, std::string name) {
  Reader reader(document);
  Distribution out;
  out.name = std::move(name);
  if (reader.mapping(node, keys)) {
    out.id = reader.text(node, "id", true);
    out.release = reader.text(node, "release", true);
    out.codename = reader.text(node, "codename", true);
    out.title = reader.text(node, "title", false);
    if (out.title.empty()) out.title = out.id;
    out.components = reader.list(node, "components", true);
    out.architectures = reader.list(node, "architectures", false);
    out.keyrings = reader.list(node, "keyrings", true);
    out.keyring_package = reader.text(node, "keyring-package", false);
    out.host_suites = reader.list(node, "host-suites", false);
    out.stand_ins = reader.pairs(node, "stand-ins");
    const YamlNode* const archives = node.find("archives");
    if (archives == nullptr || archives->type != YamlNode::Type::Sequence || archives->items.empty()) {
      reader.fault(archives == nullptr ? node : *archives, "'archives' must be a list of archives with their suites");
    } else {
      for (const YamlNode& each : archives->items) {
        if (!reader.mapping(each, archive_keys)) continue;
        out.parts.push_back({reader.text(each, "name", true), reader.list(each, "suites", true), reader.text(each, "security", false) == "true", reader.list(each, "proposed", false)});
      }
    }
  }
  if (reader.faults.empty()) return out;
  auto error = cannot(Kind::Invalid, fmt::format("read distribution '{}'", out.name), "it has faults");
  error.error().faults = std::move(reader.faults);
  return error;
}

Result<Distribution> load_distribution(host::Files& files, const host::Path& folder, std::string_view name, std::span<const Distribution> own) {
  for (const Distribution& each : own) {
    if (each.name == name) return each;
  }
  const host::Path path = folder / (std::string(name) + ".yaml");
  const bool plain = !name.empty() && name.find_first_of("/\\") == std::string_view::npos;
  if (!plain || !files.exists(path)) {
    std::vector<std::string> names;
    if (const auto listed = files.list(folder)) {
      for (const std::string& file : *listed) {
        if (file.ends_with(".yaml")) names.push_back(file.substr(0, file.size() - 5));
      }
    }
    for (const Distribution& each : own) names.push_back(each.name);
    return cannot(Kind::NotFound, fmt::format("find distribution '{}'", name), fmt::format("there are {}; others go into the configuration under 'distributions'", fmt::join(names, ", ")));
  }
  TRY_ASSIGN(std::string text, files.read(path));
  TRY_ASSIGN(const YamlDocument document, parse_yaml(std::move(text), path.string()));
  return read_distribution(document, document.root, std::string(name));
}

}  // namespace ashlar::deb
