#include "workload/inner/yaml_finder.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace ashlar::workload {

YamlFinder::YamlFinder(const YamlStream& stream, const Beside* beside) : stream_(stream), lines_(stream.lines()), beside_(beside) {}

std::vector<ImageUse> YamlFinder::find() {
  for (const YamlStream::Document& document : stream_.documents()) {
    document_ = &document;
    values.clear(), standing_.clear();
    count(document.root);
    look(document.root);
  }
  return std::move(out);
}

void YamlFinder::count(const YamlNode& node) {
  if (node.type == YamlNode::Type::Scalar) ++standing_[{node.line, node.column}];
  for (const YamlNode& each : node.items) count(each);
  for (const auto& [key, value] : node.members) count(value);
}

/// Whether its bytes stand for other values, too: it has an anchor, is an alias, or is part of what has one.
bool YamlFinder::is_shared(const YamlNode& node) const {
  const auto found = standing_.find({node.line, node.column});
  return stream_.is_anchored(*document_, node) || (found != standing_.end() && found->second > 1);
}

void YamlFinder::add(const std::string& where, const YamlNode& node, const Traced& written, Substituted value) {
  ImageUse use = make_use(where, written, std::move(value), lines_);
  if (use.span.line == 0) use.span = stream_.place(*document_, node);
  // An alias is another look at the same bytes.
  const auto extent = use.text.extent();
  if (extent && !seen_.insert({extent->first, extent->second, use.text.text}).second) return;
  use.shared = is_shared(node);
  out.push_back(std::move(use));
}

ImageUse& YamlFinder::add_loose(const std::string& where, const YamlNode& node, Substituted value) {
  Traced written;
  written.add_loose(value.text.text);
  ImageUse use = make_use(where, written, std::move(value), lines_);
  use.span = stream_.place(*document_, node);
  out.push_back(std::move(use));
  return out.back();
}

void YamlFinder::add_undecided(const std::string& where, const YamlNode& node, std::string reason) {
  ImageUse use;
  use.where = where;
  use.written = node.type == YamlNode::Type::Scalar ? node.text.substr(0, 1000) : where;
  use.span = stream_.place(*document_, node);
  use.reason = std::move(reason);
  out.push_back(std::move(use));
}

void YamlFinder::add_unseen(const std::string& where, const YamlNode& node, std::string reason) {
  add_undecided(where, node, std::move(reason));
  out.back().elsewhere = true;
}

void YamlFinder::add_brought(const std::string& where, const YamlNode& node, std::vector<ImageUse> uses) {
  for (ImageUse& each : uses) {
    ImageUse& use = add_loose(fmt::format("{} {}", where, each.where), node, {.text = each.text, .unknown = std::move(each.unknown), .used = {}});
    Traced loose;
    loose.add_loose(each.text.text);
    use.text = std::move(loose);
    use.reason = std::move(each.reason);
    use.elsewhere = each.elsewhere;
  }
}

void YamlFinder::literal(const std::string& where, const YamlNode& node) {
  const Traced written = traced(node);
  add(where, node, written, {.text = written, .unknown = {}, .used = {}});
}

void YamlFinder::variable(const std::string& where, const YamlNode& node, std::size_t skipped) {
  const Traced whole = traced(node);
  const Traced written = whole.slice(skipped, whole.size());
  add(where, node, written, substituted(written));
}

Substituted YamlFinder::substituted(const Traced& written) const {
  Substituted made = substitute(written, Dialect::Compose, 0, [this](const std::string& name) -> const Traced* {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : &found->second;
  });
  for (const std::string& name : made.used) {
    if (is_open(name) && std::ranges::find(made.unknown, name) == made.unknown.end()) made.unknown.push_back(name);
  }
  return made;
}

ImageUse& YamlFinder::of_parts(const std::string& where, const YamlNode& node, const Parts& keys) {
  Traced text;
  const YamlNode* tag = node.find(keys.tag);
  const auto part = [&](std::string_view key, std::string_view before, std::string_view after) {
    const YamlNode* value = key.empty() ? nullptr : node.find(key);
    if (!is_text(value)) return;
    text.add_loose(before);
    text.add(traced(*value));
    text.add_loose(after);
  };
  part(keys.registry, "", "/");
  part(keys.repository, "", "");
  part(keys.tag, ":", "");
  part("digest", "@", "");
  if (!is_text(node.find("digest"))) part("sha", "@sha256:", "");
  const YamlNode& repository = *node.find(keys.repository);
  Traced written;
  written.add_loose(text.text);
  ImageUse use = make_use(where, written, {.text = text, .unknown = {}, .used = {}}, lines_);
  use.span = stream_.place(*document_, repository);
  use.parts = true;
  use.plain = tag != nullptr && tag->plain;
  out.push_back(std::move(use));
  return out.back();
}

bool YamlFinder::names_image(std::string_view key) {
  return key.size() >= 5 && std::ranges::equal(key.substr(key.size() - 5), std::string_view("image"), [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
}

bool YamlFinder::is_address(std::string_view text) { return text.find_first_of("/:@") != std::string_view::npos && text.find("://") == std::string_view::npos && text.find(' ') == std::string_view::npos; }

}  // namespace ashlar::workload
