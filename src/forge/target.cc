#include "forge/target.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::forge {
namespace {

constexpr std::array<std::string_view, 3> kinds = {"github", "gitlab", "webhook"};
constexpr std::array<std::string_view, 6> keys = {"kind", "url", "project", "token", "secret", "labels"};
constexpr std::array<std::string_view, 2> secret_keys = {"env", "file"};

/// Names of this machine alone, to which a token may go in the clear.
bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]" || host.starts_with("localhost:") || host.starts_with("127.0.0.1:") || host.starts_with("[::1]:");
}

std::string_view host_of(std::string_view url) {
  const std::string_view rest = url.substr(url.find("://") + 3);
  return rest.substr(0, rest.find_first_of("/?#"));
}

/// Why the address is none, or empty.
std::string_view fault_of(std::string_view url) {
  const bool open = url.starts_with("http://");
  if (!open && !url.starts_with("https://")) return "it begins with https://";
  const std::string_view host = host_of(url);
  if (host.empty() || url.find_first_of(" \t\r\n") != std::string_view::npos) return "it names no host";
  if (host.find('@') != std::string_view::npos) return "a login does not stand in an address: name it under token or secret";
  if (open && !is_loopback(host)) return "a token goes to https:// alone, or to this machine";
  return {};
}

class Reader {
 public:
  Reader(const YamlDocument& document, const host::Path& folder) : document_(document), folder_(folder) {}
  std::vector<Fault> faults;

  void read(const YamlNode& name, const YamlNode& node, std::vector<TargetSettings>& out) {
    if (!known(node, keys)) return;
    TargetSettings one;
    one.name = name.text;
    if (!is_key(one.name)) fault(name, fmt::format("'{}' is no name of a target", one.name));
    const std::string kind = text(node, "kind");
    const auto found = std::ranges::find(kinds, kind);
    if (found == kinds.end()) return fault(node, fmt::format("'{}' is no kind of target", kind), "kind: github, gitlab or webhook");
    one.kind = static_cast<TargetKind>(found - kinds.begin());
    one.url = text(node, "url");
    if (const std::string_view why = fault_of(one.url); !why.empty()) fault(node, fmt::format("'{}' is no address for a target", one.url), std::string(why));
    while (one.kind != TargetKind::Webhook && one.url.ends_with('/')) one.url.pop_back();
    const bool forge = one.kind != TargetKind::Webhook;
    one.project = node.find("project") == nullptr ? std::string() : text(node, "project");
    const bool good = forge ? is_project(one.project) && (one.kind == TargetKind::GitLab || std::ranges::count(one.project, '/') == 1) : one.project.empty();
    if (!good) fault(node, forge ? fmt::format("'{}' is no project", one.project) : "a webhook has no project", forge ? "project: team/name" : "");
    if (node.find(forge ? "secret" : "token") != nullptr) fault(node, forge ? "a forge has a 'token', no 'secret'" : "a webhook has a 'secret', no 'token'");
    else read_secret(node, forge ? "token" : "secret", one);
    if (const YamlNode* labels = node.find("labels")) read_labels(*labels, one);
    if (forge && one.labels.empty()) one.labels = {"ashlar"};
    out.push_back(std::move(one));
  }
  void fault(const YamlNode& node, std::string message, std::string hint = {}) { faults.push_back(document_.fault_at(node, std::move(message), std::move(hint))); }

 private:
  bool known(const YamlNode& node, std::span<const std::string_view> names) {
    if (node.type != YamlNode::Type::Mapping) return fault(node, "a mapping is expected here"), false;
    for (const auto& [key, value] : node.members) {
      if (std::ranges::find(names, key.text) != names.end()) continue;
      const std::string near = nearest(key.text, names);
      fault(key, fmt::format("unknown key '{}'", key.text), near.empty() ? std::string() : fmt::format("did you mean '{}'?", near));
    }
    return true;
  }
  std::string text(const YamlNode& node, std::string_view key) {
    const YamlNode* value = node.find(key);
    if (value == nullptr || value->type != YamlNode::Type::Scalar || value->text.empty()) fault(value == nullptr ? node : *value, fmt::format("a target needs '{}'", key));
    return value == nullptr ? std::string() : value->text;
  }
  void read_secret(const YamlNode& node, std::string_view key, TargetSettings& out) {
    const YamlNode* value = node.find(key);
    if (value == nullptr) return fault(node, fmt::format("a target needs '{}'", key), fmt::format("{}: {{env: NAME}} or {{file: PATH}}", key));
    if (value->type != YamlNode::Type::Mapping) return fault(*value, fmt::format("'{}' says where it is, never what it is", key), fmt::format("{}: {{env: NAME}} or {{file: PATH}}", key));
    if (!known(*value, secret_keys)) return;
    if ((value->find("env") != nullptr) == (value->find("file") != nullptr)) return fault(*value, fmt::format("'{}' has one of 'env' and 'file'", key));
    if (value->find("env") != nullptr) out.variable = text(*value, "env");
    else out.file = folder_ / text(*value, "file");  // an absolute path stays
  }
  void read_labels(const YamlNode& node, TargetSettings& out) {
    if (node.type != YamlNode::Type::Sequence) return fault(node, "a list of labels is expected here");
    for (const YamlNode& each : node.items) {
      const bool good = each.type == YamlNode::Type::Scalar && !each.text.empty() && each.text.size() <= 50 && each.text.find(',') == std::string::npos;
      if (good) out.labels.push_back(each.text);
      else fault(each, "a label is a text of at most 50 bytes without comma");
    }
  }

  const YamlDocument& document_;
  const host::Path& folder_;
};

}  // namespace

Result<std::vector<TargetSettings>> read_targets(const YamlDocument& document, const YamlNode& node, const host::Path& folder) {
  Reader reader(document, folder);
  std::vector<TargetSettings> out;
  if (node.type != YamlNode::Type::Mapping) reader.fault(node, "a mapping of targets by name is expected here");
  for (const auto& [name, value] : node.members) reader.read(name, value, out);
  if (reader.faults.empty()) return out;
  auto error = cannot(Kind::Invalid, "read the targets of 'forge'", "they have faults");
  error.error().faults = std::move(reader.faults);
  return error;
}

Result<Target> open_target(const host::Machine& machine, const TargetSettings& settings) {
  const std::string what = fmt::format("speak to '{}'", settings.name);
  const std::string_view noun = settings.kind == TargetKind::Webhook ? "secret" : "token";
  Target out{settings, {}};
  if (!settings.variable.empty()) {
    auto value = machine.environment(settings.variable);
    if (!value || trim(*value).empty()) return cannot(Kind::NotFound, what, fmt::format("the variable '{}', which should hold its {}, is not set", settings.variable, noun));
    out.secret = Secret::copy_of(trim(*value));
    wipe(*value);
  } else {
    auto text = machine.files->read(settings.file);
    if (!text) return cannot(what, std::move(text).error());
    out.secret = Secret::copy_of(trim(cut(*text, '\n').first));
    wipe(*text);
    if (out.secret.empty()) return cannot(Kind::NotFound, what, fmt::format("the first line of '{}', which should be its {}, is empty", settings.file.string(), noun));
  }
  if (out.secret.text().find_first_of("\r\n\t ") != std::string_view::npos) return cannot(Kind::Invalid, what, fmt::format("its {} holds white space", noun));
  return out;
}

std::string_view to_string(TargetKind kind) { return kinds[static_cast<size_t>(kind)]; }
bool takes(TargetKind target, MessageKind message) { return target == TargetKind::Webhook || message != MessageKind::Event; }

}  // namespace ashlar::forge
