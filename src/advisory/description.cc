#include "advisory/description.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/amount.h"
#include "base/text.h"
#include "base/yaml.h"

namespace ashlar::advisory {
namespace {

constexpr std::array<std::string_view, 10> keys = {"summary", "format", "publisher", "urls", "members", "max-age", "releases", "space", "licence", "attribution"};

class Reader {
 public:
  explicit Reader(const YamlDocument& document) : document_(document) {}

  void read(FeedDescription& out) {
    const YamlNode& root = document_.root;
    if (root.type != YamlNode::Type::Mapping) return fault(root, "a mapping is expected here");
    for (const auto& [key, value] : root.members) {
      if (std::find(keys.begin(), keys.end(), key.text) != keys.end()) continue;
      const std::string near = nearest(key.text, keys);
      fault(key, fmt::format("unknown key '{}'", key.text), near.empty() ? std::string() : fmt::format("did you mean '{}'?", near));
    }
    out.summary = text("summary", true);
    out.format = text("format", true);
    out.settings.publisher = text("publisher", true);
    out.settings.members = text("members", false);
    out.settings.space = text("space", false);
    out.licence = text("licence", false);
    out.attribution = text("attribution", false);
    read_urls(out);
    const std::string age = text("max-age", true);
    if (const YamlNode* const node = root.find("max-age"); node != nullptr && !age.empty()) {
      if (const auto seconds = parse_age(age)) out.max_age = *seconds;
      else fault(*node, seconds.error().message);
      if (out.max_age == 0 && faults.empty()) fault(*node, "'max-age' must be more than nothing");
    }
    read_releases(out);
    if (!out.format.empty()) check_format(out);
  }
  std::vector<Fault> faults;

 private:
  void fault(const YamlNode& node, std::string message, std::string hint = {}) { faults.push_back(document_.fault_at(node, std::move(message), std::move(hint))); }

  std::string text(std::string_view key, bool required) {
    const YamlNode* const node = document_.root.find(key);
    if (node == nullptr && required) fault(document_.root, fmt::format("'{}' is missing", key));
    if (node == nullptr) return {};
    if (node->type != YamlNode::Type::Scalar || node->text.empty()) fault(*node, fmt::format("'{}' must be a text", key));
    return node->text;
  }

  void read_urls(FeedDescription& out) {
    const YamlNode* const node = document_.root.find("urls");
    if (node == nullptr) return fault(document_.root, "'urls' is missing");
    if (node->type != YamlNode::Type::Sequence || node->items.empty()) return fault(*node, "'urls' must be a list of addresses");
    for (const YamlNode& each : node->items) {
      const bool fits = each.type == YamlNode::Type::Scalar && each.text.starts_with("https://") && each.text.size() > 8 && each.text.find_first_of(" \t\n") == std::string::npos;
      if (!fits) fault(each, "an address begins with 'https://'");
      else if (std::find(out.urls.begin(), out.urls.end(), each.text) != out.urls.end()) fault(each, "an address stands twice");
      else out.urls.push_back(each.text);
    }
  }

  void read_releases(FeedDescription& out) {
    const YamlNode* const node = document_.root.find("releases");
    if (node == nullptr) return;
    if (node->type != YamlNode::Type::Mapping || node->members.empty()) return fault(*node, "'releases' must be a mapping of code names to releases");
    for (const auto& [name, release] : node->members) {
      if (release.type == YamlNode::Type::Scalar) out.settings.releases[name.text] = release.text;
      else fault(release, "a release is a text");
    }
  }

  void check_format(const FeedDescription& out) {
    const YamlNode& node = *document_.root.find("format");
    if (const auto found = format(out.format); !found) return fault(node, fmt::format("unknown format '{}'", out.format), found.error().message);
    const bool named = out.format == "debian-tracker" || out.format == "debian-list";
    if (named && out.settings.releases.empty()) fault(node, fmt::format("the format '{}' needs 'releases'", out.format));
    const bool placed = out.format == "eol" || out.format == "debian-support-limited" || out.format == "debian-support-ended";
    if (placed && out.settings.space.empty()) fault(node, fmt::format("the format '{}' needs 'space'", out.format));
  }

  const YamlDocument& document_;
};

}  // namespace

Result<FeedDescription> read_description(std::string text, std::string path) {
  FeedDescription out;
  out.name = path.substr(path.rfind('/') + 1);
  if (out.name.ends_with(".yaml")) out.name.resize(out.name.size() - 5);
  const std::string what = fmt::format("read the feed's description '{}'", path);
  TRY_ASSIGN(const YamlDocument document, parse_yaml(std::move(text), std::move(path)));
  Reader reader(document);
  reader.read(out);
  if (reader.faults.empty()) return out;
  auto error = cannot(Kind::Invalid, what, "it has faults");
  error.error().faults = std::move(reader.faults);
  return error;
}

}  // namespace ashlar::advisory
