#include "pipeline/config.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/amount.h"
#include "base/yaml_section.h"
#include "pipeline/cache.h"

namespace ashlar::pipeline {
namespace {

constexpr std::array<std::string_view, 9> keys = {"mirrors", "keyrings", "accept-keys", "distributions", "cache", "scan", "trust", "keys", "forge"};
constexpr std::array<std::string_view, 2> cache_keys = {"max-size", "max-age"};
constexpr std::array<std::string_view, 4> scan_keys = {"statements", "exceptions", "excuse", "dark"};
constexpr std::array<std::string_view, 4> trust_keys = {"keys", "root", "identities", "statements-by-manifest"};
constexpr std::array<std::string_view, 4> identity_keys = {"name", "name-expression", "issuer", "issuer-expression"};
constexpr std::array<std::string_view, 2> key_keys = {"keyring", "pkcs11-module"};
constexpr std::array<std::string_view, 4> excuse_keys = {"path", "digest", "owner", "reason"};

class Reader : public YamlSection {
 public:
  Reader(const YamlDocument& document, host::Path folder) : YamlSection(document), document_(document), folder_(std::move(folder)) {}

  void read(Config& out) {
    if (document_.root.type == YamlNode::Type::Null) return;
    if (!known(document_.root, keys)) return;
    if (const YamlNode* node = document_.root.find("mirrors")) read_mirrors(*node, out);
    if (const YamlNode* node = document_.root.find("keyrings")) {
      for (const std::string& path : texts(*node)) out.keyrings.push_back(beside(path));
    }
    if (const YamlNode* node = document_.root.find("accept-keys")) out.accept_keys = texts(*node);
    if (const YamlNode* node = document_.root.find("distributions"); node != nullptr && mapping(*node)) {
      for (const auto& [name, value] : node->members) {
        auto distribution = deb::read_distribution(document_, value, name.text);
        if (distribution) out.distributions.push_back(std::move(*distribution));
        else faults.insert(faults.end(), distribution.error().faults.begin(), distribution.error().faults.end());
      }
    }
    if (const YamlNode* node = document_.root.find("cache")) read_cache(*node, out);
    if (const YamlNode* node = document_.root.find("scan")) read_scan(*node, out.scan);
    if (out.scan.exceptions.empty()) out.scan.exceptions.push_back({folder_ / "exceptions.json", {}});
    if (const YamlNode* node = document_.root.find("trust")) read_trust(*node, out.trust);
    if (const YamlNode* node = document_.root.find("keys")) read_keys(*node, out.keys);
    if (out.keys.ring.empty()) out.keys.ring = folder_ / "keyring.yaml";
    if (const YamlNode* node = document_.root.find("forge")) {
      auto targets = forge::read_targets(document_, *node, folder_);
      if (targets) out.targets = std::move(*targets);
      else faults.insert(faults.end(), targets.error().faults.begin(), targets.error().faults.end());
    }
  }

 private:
  std::vector<std::string> texts(const YamlNode& node) {
    std::vector<std::string> out;
    if (node.type == YamlNode::Type::Scalar) return {node.text};
    if (node.type != YamlNode::Type::Sequence) fault(node, "a list of texts is expected here");
    for (const YamlNode& each : node.items) {
      if (each.type == YamlNode::Type::Scalar) out.push_back(each.text);
      else fault(each, "a text is expected here");
    }
    return out;
  }
  void read_mirrors(const YamlNode& node, Config& out) {
    if (!mapping(node)) return;
    for (const auto& [name, value] : node.members) {
      for (std::string& url : texts(value)) {
        const std::string written = url;
        while (url.ends_with('/')) url.pop_back();
        if (url.find("://") == std::string::npos) fault(value, fmt::format("'{}' is no address", written), "it begins with http://, https:// or file://");
        out.mirrors[name.text].push_back(std::move(url));
      }
    }
  }
  void read_cache(const YamlNode& node, Config& out) {
    if (!known(node, cache_keys)) return;
    if (const YamlNode* value = node.find("max-size")) {
      if (const auto size = parse_size(value->text)) out.cache.bytes = *size;
      else fault(*value, size.error().message);
    }
    if (const YamlNode* value = node.find("max-age")) {
      if (const auto age = parse_age(value->text)) out.cache.age = *age;
      else fault(*value, age.error().message);
    }
  }

  /// A path of the file: relative to its folder.
  host::Path beside(const std::string& path) const { return host::Path(path).is_absolute() ? host::Path(path) : folder_ / path; }
  void read_keys(const YamlNode& node, KeySettings& out) {
    if (!known(node, key_keys)) return;
    for (const auto& [key, value] : node.members) {
      if (value.type != YamlNode::Type::Scalar || value.text.empty()) fault(value, "the path of a file is expected here");
      else if (key.text == "keyring") out.ring = beside(value.text);
      else if (key.text == "pkcs11-module") out.module = beside(value.text).string();
    }
  }
  void read_scan(const YamlNode& node, ScanSettings& out) {
    if (!known(node, scan_keys)) return;
    if (const YamlNode* value = node.find("statements")) {
      for (const std::string& path : texts(*value)) out.statements.push_back(beside(path));
    }
    if (const YamlNode* value = node.find("exceptions")) {
      if (value->type == YamlNode::Type::Scalar && !value->text.empty()) out.exceptions.push_back({beside(value->text), document_.path});
      else fault(*value, "the path of a file is expected here");
    }
    if (const YamlNode* value = node.find("dark")) {
      if (value->text == "fail" || value->text == "list") out.dark_fails = value->text == "fail";
      else fault(*value, fmt::format("'{}' is neither 'fail' nor 'list'", value->text));
    }
    const YamlNode* excuses = node.find("excuse");
    if (excuses != nullptr && excuses->type != YamlNode::Type::Sequence) fault(*excuses, "a list of files is expected here", "excuse: [{path: /opt/tool, digest: 'sha256:...', owner: platform, reason: built by us}]");
    else if (excuses != nullptr) for (const YamlNode& each : excuses->items) read_excuse(each, out);
  }
  void read_trust(const YamlNode& node, TrustSettings& out) {
    if (!known(node, trust_keys)) return;
    if (const YamlNode* value = node.find("keys")) {
      for (const std::string& each : texts(*value)) out.keys.push_back(each.starts_with("pkcs11:") ? each : beside(each).string());
    }
    if (const YamlNode* value = node.find("root")) {
      if (value->type == YamlNode::Type::Scalar && !value->text.empty()) out.root = beside(value->text);
      else fault(*value, "the path of a file is expected here");
    }
    flag(node, "statements-by-manifest", out.statements_by_manifest);
    const YamlNode* identities = node.find("identities");
    if (identities == nullptr) return;
    if (identities->type != YamlNode::Type::Sequence) return fault(*identities, "a list of identities is expected here", "identities: [{name: release@example.org, issuer: 'https://accounts.example.org'}]");
    for (const YamlNode& each : identities->items) {
      if (!known(each, identity_keys)) continue;
      const auto text = [&](std::string_view key) { return each.find(key) == nullptr ? std::string() : each.find(key)->text; };
      IdentityWords words{text("name"), text("name-expression"), text("issuer"), text("issuer-expression")};
      if (words.name.empty() == words.name_expression.empty()) fault(each, "an identity has a 'name' or a 'name-expression'");
      else if (words.issuer.empty() == words.issuer_expression.empty()) fault(each, "an identity has an 'issuer' or an 'issuer-expression': who vouches for the name");
      else out.identities.push_back(std::move(words));
    }
  }
  void read_excuse(const YamlNode& node, ScanSettings& out) {
    if (!known(node, excuse_keys)) return;
    scan::Excuse excuse;
    const auto text = [&](std::string_view key) {
      const YamlNode* value = node.find(key);
      if (value == nullptr || value->text.empty()) fault(node, fmt::format("an excuse needs '{}'", key));
      return value == nullptr ? std::string() : value->text;
    };
    excuse.path = text("path");
    while (excuse.path.starts_with('/')) excuse.path.erase(0, 1);
    excuse.owner = text("owner");
    excuse.reason = text("reason");
    if (const std::string digest = text("digest"); !digest.empty()) {
      const auto parsed = Digest::parse(digest);
      if (parsed) excuse.digest = *parsed;
      else fault(*node.find("digest"), parsed.error().message, "the digest of the file's content: sha256:...");
    }
    out.excuses.push_back(std::move(excuse));
  }

  const YamlDocument& document_;
  host::Path folder_;
};

/// What `first` does not say is taken from `second`; lists of keys, keyrings, statements, decisions and excuses add up.
void add(Config& first, Config second) {
  for (auto& [name, urls] : second.mirrors) first.mirrors.try_emplace(name, std::move(urls));
  first.keyrings.insert(first.keyrings.end(), second.keyrings.begin(), second.keyrings.end());
  first.accept_keys.insert(first.accept_keys.end(), second.accept_keys.begin(), second.accept_keys.end());
  for (deb::Distribution& each : second.distributions) {
    if (std::none_of(first.distributions.begin(), first.distributions.end(), [&](const deb::Distribution& known) { return known.name == each.name; })) first.distributions.push_back(std::move(each));
  }
  for (forge::TargetSettings& each : second.targets) {
    if (std::ranges::find(first.targets, each.name, &forge::TargetSettings::name) == first.targets.end()) first.targets.push_back(std::move(each));
  }
  if (!first.cache.bytes) first.cache.bytes = second.cache.bytes;
  if (!first.cache.age) first.cache.age = second.cache.age;
  first.scan.statements.insert(first.scan.statements.end(), second.scan.statements.begin(), second.scan.statements.end());
  first.scan.excuses.insert(first.scan.excuses.end(), second.scan.excuses.begin(), second.scan.excuses.end());
  first.scan.exceptions.insert(first.scan.exceptions.end(), second.scan.exceptions.begin(), second.scan.exceptions.end());
  const bool by_manifest = first.trust.statements_by_manifest;
  if (first.trust.empty()) first.trust = std::move(second.trust);
  first.trust.statements_by_manifest = first.trust.statements_by_manifest || by_manifest;
  if (first.keys.ring.empty()) first.keys.ring = second.keys.ring;
  if (first.keys.module.empty()) first.keys.module = second.keys.module;
  if (!first.scan.dark_fails) first.scan.dark_fails = second.scan.dark_fails;
  first.files.insert(first.files.end(), second.files.begin(), second.files.end());
}

Result<Config> read_file(host::Files& files, const host::Path& path) {
  TRY_ASSIGN(std::string text, files.read(path));
  return parse_config(std::move(text), path.string());
}

}  // namespace

Result<Config> parse_config(std::string text, std::string path) {
  TRY_ASSIGN(const YamlDocument document, parse_yaml(std::move(text), path));
  Config out;
  Reader reader(document, std::filesystem::absolute(path).parent_path());
  reader.read(out);
  out.files.emplace_back(path);
  if (reader.faults.empty()) return out;
  auto error = cannot(Kind::Invalid, fmt::format("read configuration '{}'", path), "it has faults");
  error.error().faults = std::move(reader.faults);
  return error;
}

Result<Config> read_config(const host::Machine& machine, const host::Folders& folders, const std::string& file) {
  host::Files& files = *machine.files;
  if (!file.empty()) return read_file(files, file);
  Config out;
  std::error_code error;
  for (host::Path folder = std::filesystem::current_path(error); !error; folder = folder.parent_path()) {
    if (files.exists(folder / "ashlar.yaml")) {
      TRY_ASSIGN(out, read_file(files, folder / "ashlar.yaml"));
      break;
    }
    if (!folder.has_relative_path()) break;
  }
  const host::Path own = folders.config / "config.yaml";
  if (files.exists(own)) {
    TRY_ASSIGN(auto second, read_file(files, own));
    add(out, std::move(second));
  }
  if (out.scan.exceptions.empty()) out.scan.exceptions.push_back({"exceptions.json", {}});
  if (out.keys.ring.empty()) out.keys.ring = "keyring.yaml";
  return out;
}

}  // namespace ashlar::pipeline
