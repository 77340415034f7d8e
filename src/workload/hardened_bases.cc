#include "workload/hardened_bases.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml_section.h"

namespace ashlar::workload {

class HardenedBasesReader : YamlSection {
 public:
  HardenedBasesReader(const YamlDocument& document, HardenedBases& out) : YamlSection(document), out_(out) {}
  using YamlSection::faults;

  void read(const YamlNode& root) {
    constexpr std::array<std::string_view, 3> keys = {"dev-programs", "hardened", "usual"};
    if (!known(root, keys)) return;
    if (const YamlNode* node = root.find("dev-programs")) out_.dev_programs_ = list(*node);
    if (const YamlNode* node = root.find("hardened"); node != nullptr && mapping(*node)) {
      for (const auto& [name, facts] : node->members) hardened(name.text, facts);
    }
    const YamlNode* usual = root.find("usual");
    for (const YamlNode& each : usual == nullptr ? std::vector<YamlNode>() : usual->items) stands_in(each);
  }

 private:
  /// Names between blanks.
  std::vector<std::string> list(const YamlNode& node) {
    if (node.type != YamlNode::Type::Scalar) return fault(node, "names between blanks are expected"), std::vector<std::string>();
    const auto found = words(node.text);
    return {found.begin(), found.end()};
  }
  std::string text(const YamlNode& node, std::string_view key, std::string otherwise = {}) {
    const YamlNode* value = node.find(key);
    if (value == nullptr) return otherwise;
    if (value->type != YamlNode::Type::Scalar) return fault(*value, fmt::format("{} is a text", key)), otherwise;
    return value->text;
  }
  std::vector<std::string> names(const YamlNode& node, std::string_view key) {
    const YamlNode* value = node.find(key);
    return value == nullptr ? std::vector<std::string>() : list(*value);
  }

  void hardened(const std::string& name, const YamlNode& node) {
    constexpr std::array<std::string_view, 17> keys = {"repository", "version", "runtime", "dev", "compat", "family", "user", "group", "programs", "packages", "dev-programs", "moves", "starts", "port", "configuration", "scripts", "entered"};
    if (!known(node, keys)) return;
    HardenedBase base;
    base.name = name;
    base.repository = text(node, "repository", name);
    base.version = text(node, "version");
    base.runtime = text(node, "runtime");
    base.dev = text(node, "dev");
    base.compat = text(node, "compat");
    base.family = text(node, "family", name);
    base.user = text(node, "user", base.user);
    base.group = text(node, "group", base.user);
    base.programs = names(node, "programs");
    base.packages = names(node, "packages");
    base.dev_programs = names(node, "dev-programs");
    base.moves = names(node, "moves");
    if (base.moves.size() % 2 != 0) fault(node, fmt::format("'{}' moves a folder to nowhere", name));
    const std::string starts = text(node, "starts");
    for (const std::string_view line : Parts(starts, ',')) {
      if (!trim(line).empty()) base.starts.emplace_back(trim(line));
    }
    const std::string entered = text(node, "entered", "false");
    base.entered = entered == "true";
    if (!base.entered && entered != "false") fault(node, fmt::format("'{}': entered is true or false", name));
    if (base.entered && base.programs.empty()) fault(node, fmt::format("'{}' is entered, and has no program", name));
    const auto ports = names(node, "port");
    if (!ports.empty()) base.old_port = ports.front(), base.port = ports.back();
    base.configuration = names(node, "configuration");
    base.scripts = names(node, "scripts");
    if (base.dev.empty()) fault(node, fmt::format("'{}' has no -dev image", name));
    out_.bases_.push_back(std::move(base));
  }

  void stands_in(const YamlNode& node) {
    constexpr std::array<std::string_view, 6> keys = {"names", "base", "tag", "traits", "toolchain", "why"};
    constexpr std::array<std::string_view, 9> traits = {"alpine", "rpm", "distribution", "full", "build-only", "windows", "no-version", "java", "dotnet"};
    if (!known(node, keys)) return;
    HardenedBases::Usual usual{names(node, "names"), text(node, "base"), text(node, "tag"), names(node, "traits"), names(node, "toolchain"), text(node, "why")};
    if (usual.names.empty()) fault(node, "it names no image");
    if (!usual.base.empty() && out_.find(usual.base) == nullptr) fault(node, fmt::format("'{}' is no hardened image of this table", usual.base));
    for (const std::string& each : usual.traits) {
      if (std::ranges::find(traits, each) == traits.end()) fault(node, fmt::format("'{}' is no trait", each));
    }
    out_.usual_.push_back(std::move(usual));
  }

  HardenedBases& out_;
};

namespace {

/// Without the host, and without the namespace of official images.
std::string_view plain_name(std::string_view name) {
  const size_t slash = name.find('/');
  const std::string_view first = name.substr(0, slash);
  const bool host = slash != std::string_view::npos && (first.find('.') != std::string_view::npos || first.find(':') != std::string_view::npos || first == "localhost");
  if (host) name.remove_prefix(slash + 1);
  if (name.starts_with("library/")) name.remove_prefix(8);
  return name;
}

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// `3.13` of `3.13.2-slim`, `v3.13`, `jdk-21`; empty: it has none.
std::string version_of(std::string_view tag) {
  size_t begin = 0;
  while (begin < tag.size() && !is_digit(tag[begin])) {
    // `alpine3.20`, `bookworm`: a name of a distribution, not a version.
    if (tag[begin] == '-' || (begin == 0 && tag[0] == 'v')) { ++begin; continue; }
    if (!tag.substr(begin).starts_with("jdk") && !tag.substr(begin).starts_with("jre")) return {};
    begin += 3;
  }
  size_t end = begin;
  while (end < tag.size() && (is_digit(tag[end]) || (tag[end] == '.' && end + 1 < tag.size() && is_digit(tag[end + 1])))) ++end;
  return std::string(tag.substr(begin, end - begin));
}

/// `21` of `3.9-eclipse-temurin-21-alpine`, `8.5-jdk21`, `3.8-openjdk-18`; empty: it has none.
std::string java_of(std::string_view tag) {
  constexpr std::array<std::string_view, 9> before = {"temurin-", "openjdk-", "jdk-", "jdk", "corretto-", "semeru-", "sapmachine-", "zulu-", "graalvm-"};
  for (const std::string_view each : before) {
    const size_t at = tag.find(each);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = tag.substr(at + each.size());
    const std::string_view digits = rest.substr(0, rest.find_first_not_of("0123456789"));
    if (!digits.empty()) return std::string(digits);
  }
  return {};
}

/// Whether both say the same as far as both say something.
bool agree(std::string_view a, std::string_view b) {
  const auto left = split(a, '.'), right = split(b, '.');
  for (size_t at = 0; at < std::min(left.size(), right.size()); ++at) {
    if (left[at] != right[at]) return false;
  }
  return true;
}

}  // namespace

Result<HardenedBases> HardenedBases::parse(std::string_view text, std::string_view path) {
  TRY_ASSIGN(const auto document, parse_yaml(std::string(text), std::string(path)));
  HardenedBases out;
  HardenedBasesReader reader(document, out);
  reader.read(document.root);
  if (reader.faults.empty()) return out;
  auto error = cannot(Kind::Invalid, fmt::format("read '{}'", path), "it has faults");
  error.error().faults = std::move(reader.faults);
  return error;
}

BaseMatch HardenedBases::match(const ImageName& image) const {
  BaseMatch out;
  const std::string_view name = plain_name(image.name);
  for (const Usual& usual : usual_) {
    if (std::ranges::none_of(usual.names, [&](const std::string& each) { return matches_glob(each, name) || matches_glob(each, image.name); })) continue;
    if (!usual.tag.empty() && !matches_glob(usual.tag, image.tag)) continue;
    const auto has = [&](std::string_view trait) { return std::ranges::find(usual.traits, trait) != usual.traits.end(); };
    out.known = true;
    out.base = find(usual.base);
    out.distribution = has("distribution");
    out.alpine = has("alpine") || image.tag.find("alpine") != std::string::npos;
    out.rpm = has("rpm");
    out.full = has("full") && !out.alpine && image.tag.find("slim") == std::string::npos;
    out.build_only = has("build-only");
    out.windows = has("windows") || image.tag.find("nanoserver") != std::string::npos || image.tag.find("windowsservercore") != std::string::npos;
    out.dotnet = has("dotnet");
    out.toolchain = usual.toolchain;
    out.why = usual.why;
    if (has("java")) out.version = java_of(image.tag);
    else if (!has("no-version")) out.version = version_of(image.tag);
    constexpr std::array<std::string_view, 7> languages = {"python", "node", "java", "php", "php-fpm", "ruby", "perl"};
    out.newest = out.base != nullptr && out.version.empty() && (has("java") || !has("no-version")) && std::ranges::find(languages, out.base->family) != languages.end();
    // Where several of a family are there, the one of that version.
    for (const HardenedBase& each : bases_) {
      if (out.base != nullptr && !out.version.empty() && each.repository == out.base->repository && each.family == out.base->family && !agree(out.version, out.base->version) && agree(out.version, each.version)) out.base = &each;
    }
    if (out.base != nullptr) out.same_version = out.version.empty() || agree(out.version, out.base->version);
    return out;
  }
  return out;
}

const HardenedBase* HardenedBases::find(std::string_view name) const {
  const auto found = std::ranges::find(bases_, name, &HardenedBase::name);
  return found == bases_.end() ? nullptr : &*found;
}

const HardenedBase* HardenedBases::for_package(std::string_view package) const {
  for (const HardenedBase& each : bases_) {
    if (std::ranges::any_of(each.packages, [&](const std::string& glob) { return matches_glob(glob, package); })) return &each;
  }
  return nullptr;
}

}  // namespace ashlar::workload
