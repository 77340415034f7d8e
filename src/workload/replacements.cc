#include "workload/replacements.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml_section.h"

namespace ashlar::workload {
namespace {

constexpr std::array<std::string_view, 3> top_keys = {"hosts", "flavours", "images"};
constexpr std::array<std::string_view, 7> entry_keys = {"names", "image", "tags", "rules", "dev", "differs", "instead"};
constexpr std::array<std::string_view, 3> rule_keys = {"of", "tag", "differs"};
constexpr YamlLimits limits{.bytes = 1 << 20, .depth = 16, .nodes = 50'000};

class Reader : public YamlSection {
 public:
  using YamlSection::YamlSection;

  std::string text(const YamlNode& in, std::string_view key) {
    const YamlNode* node = in.find(key);
    if (node == nullptr) return {};
    if (node->type != YamlNode::Type::Scalar || node->text.empty()) fault(*node, "a text is expected here");
    return node->text;
  }
  std::vector<std::string> texts(const YamlNode& in, std::string_view key) {
    std::vector<std::string> out;
    const YamlNode* node = in.find(key);
    if (node == nullptr) return out;
    if (node->type != YamlNode::Type::Sequence) fault(*node, "a list of texts is expected here");
    for (const YamlNode& each : node->items) {
      if (each.type != YamlNode::Type::Scalar || each.text.empty()) fault(each, "a text is expected here");
      out.push_back(each.text);
    }
    return out;
  }
  std::vector<ReplacementTags> rules(const YamlNode& in, std::string_view key) {
    std::vector<ReplacementTags> out;
    const YamlNode* node = in.find(key);
    if (node == nullptr) return out;
    if (node->type != YamlNode::Type::Sequence) fault(*node, "a list of rules is expected here");
    for (const YamlNode& each : node->items) {
      if (!known(each, rule_keys)) continue;
      out.push_back({text(each, "of"), text(each, "tag"), text(each, "differs")});
      if (out.back().of.empty()) fault(each, "it does not say of which tags it speaks");
    }
    return out;
  }
  Replacement entry(const YamlNode& node) {
    if (!known(node, entry_keys)) return {};
    Replacement out{texts(node, "names"), text(node, "image"), texts(node, "tags"), rules(node, "rules"), text(node, "dev"), texts(node, "differs"), text(node, "instead")};
    if (out.names.empty()) fault(node, "it names no image");
    if (out.image.empty() && out.instead.empty()) fault(node, "it has neither an 'image' nor what to do 'instead'");
    if (!out.image.empty() && out.tags.empty()) fault(node, "it does not say which 'tags' there are");
    if (out.image.empty() && !out.tags.empty()) fault(node, "it has 'tags' of no image");
    return out;
  }
  using YamlSection::fault;
  using YamlSection::known;
};

/// The numbers that a tag begins with, a `v` before them: `1.27.3` of `v1.27.3-alpine`; empty where it begins with none.
std::string_view version_of(std::string_view tag) {
  if (tag.size() > 1 && tag[0] == 'v' && std::isdigit(static_cast<unsigned char>(tag[1])) != 0) tag.remove_prefix(1);
  std::size_t end = 0;
  while (end < tag.size() && (std::isdigit(static_cast<unsigned char>(tag[end])) != 0 || (tag[end] == '.' && end > 0))) ++end;
  return tag.substr(0, end);
}

/// Whether one of them says no more than the other: `1.26` and `1.26.2`, `1` and `1.26`.
bool agree(std::string_view a, std::string_view b) {
  const auto left = split(a, '.'), right = split(b, '.');
  return std::ranges::equal(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(std::min(left.size(), right.size())), right.begin(), right.begin() + static_cast<std::ptrdiff_t>(std::min(left.size(), right.size())));
}

bool is_older(std::string_view a, std::string_view b) {
  const auto left = split(a, '.'), right = split(b, '.');
  for (std::size_t at = 0; at < std::min(left.size(), right.size()); ++at) {
    if (const auto order = compare_numbers(left[at], right[at]); order != 0) return order < 0;
  }
  return false;
}

void choose(const Replacement& entry, std::string_view tag, Advice& out) {
  const std::string_view asked = version_of(tag);
  out.image = entry.image, out.tag = entry.tags.back(), out.version = asked;
  if (asked.empty()) return;
  for (auto each = entry.tags.rbegin(); each != entry.tags.rend(); ++each) {
    if (agree(asked, version_of(*each))) {
      out.tag = *each;
      return;
    }
  }
  const auto newer = std::ranges::find_if(entry.tags, [&](const std::string& each) { return is_older(asked, version_of(each)); });
  if (newer != entry.tags.end()) out.tag = *newer;
  out.differs.push_back(fmt::format("ours is {}, {} than {}", version_of(out.tag), newer != entry.tags.end() ? "newer" : "older", asked));
}

}  // namespace

Result<Replacements> Replacements::read(std::string text, std::string path) {
  TRY_ASSIGN(const YamlDocument document, parse_yaml(std::move(text), path, limits));
  Reader reader(document);
  Replacements out;
  const YamlNode* images = document.root.find("images");
  if (reader.known(document.root, top_keys)) {
    out.hosts_ = reader.texts(document.root, "hosts");
    out.flavours_ = reader.rules(document.root, "flavours");
    if (images == nullptr || images->type != YamlNode::Type::Sequence) reader.fault(document.root, "it has no list 'images'");
  }
  std::ranges::sort(out.hosts_, [](const std::string& a, const std::string& b) { return a.size() != b.size() ? a.size() > b.size() : a < b; });
  for (const YamlNode& node : images == nullptr ? std::vector<YamlNode>{} : images->items) {
    out.entries_.push_back(reader.entry(node));
    for (const std::string& name : out.entries_.back().names) {
      if (!out.by_name_.emplace(name, out.entries_.size() - 1).second) reader.fault(node, fmt::format("'{}' stands twice", visible(name)));
    }
  }
  if (reader.faults.empty()) return out;
  auto error = cannot(Kind::Invalid, fmt::format("read replacements '{}'", path), "it has faults");
  error.error().faults = std::move(reader.faults);
  return error;
}

std::optional<Advice> Replacements::find(const ImageName& name) const {
  std::string_view plain = name.name;
  for (const std::string& host : hosts_) {
    if (!plain.starts_with(host) || plain.substr(host.size(), 1) != "/") continue;
    plain.remove_prefix(host.size() + 1);
    break;
  }
  auto found = by_name_.find(plain);
  if (const std::size_t slash = plain.find('/'); found == by_name_.end() && slash != std::string_view::npos && plain.substr(0, slash).find_first_of(".:") != std::string_view::npos)
    found = by_name_.find(fmt::format("*{}", plain.substr(slash)));
  if (found == by_name_.end()) return std::nullopt;
  Advice out;
  out.entry = &entries_[found->second];
  const std::string_view tag = name.tag.empty() ? "latest" : std::string_view(name.tag);
  out.version = version_of(tag);
  const auto fits = [&](const ReplacementTags& each) { return matches_glob(each.of, tag); };
  const auto rule = std::ranges::find_if(out.entry->rules, fits);
  if (rule == out.entry->rules.end()) {
    if (!out.entry->image.empty()) choose(*out.entry, tag, out);
  } else {
    if (!rule->tag.empty()) out.image = out.entry->image, out.tag = rule->tag;
    if (!rule->differs.empty()) out.differs.push_back(rule->differs);
  }
  if (!out.found()) return out;
  out.differs.insert(out.differs.end(), out.entry->differs.begin(), out.entry->differs.end());
  for (const ReplacementTags& each : flavours_) {
    if (fits(each) && !each.differs.empty()) out.differs.push_back(each.differs);
  }
  return out;
}

}  // namespace ashlar::workload
