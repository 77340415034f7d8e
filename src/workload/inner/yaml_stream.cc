#include "workload/inner/yaml_stream.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::workload {
namespace {

constexpr YamlLimits limits{.bytes = max_yaml_bytes, .depth = 64, .nodes = 200'000};

/// What GitLab and compose give values; what the values say counts all the same.
constexpr std::array<std::string_view, 3> tags_taken = {"!reference", "!reset", "!override"};

bool is_marker(std::string_view line, std::string_view marker) { return line.starts_with(marker) && (line.size() == marker.size() || line[marker.size()] == ' ' || line[marker.size()] == '\t'); }

}  // namespace

std::vector<YamlPart> yaml_parts(std::string_view text) {
  std::vector<YamlPart> out = {{0, 0}};
  bool content = false, marked = false;  // in the present part: something, and the marker that begins it
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool ends = is_marker(line, "...");
    const bool begins = is_marker(line, "---");
    if ((begins || ends) && (content || marked)) {
      out.back().end = ends ? end : at;
      out.push_back({ends ? std::min(end + 1, text.size()) : at, 0});
      content = marked = false;
    }
    marked = marked || begins;
    content = content || (!begins && !ends && !trim(line).empty() && line[0] != '#' && line[0] != '%');
    at = end + 1;
  }
  out.back().end = text.size();
  return out;
}

Result<YamlDocument> read_part(std::string_view text, const YamlPart& part, std::string_view path, YamlTags* tags) {
  YamlTags own;
  YamlTags& found = tags == nullptr ? own : *tags;
  found.taken = tags_taken;
  return parse_yaml(std::string(text.substr(part.begin, part.end - part.begin)), std::string(path), limits, found);
}

bool YamlStream::Document::is_reference(const YamlNode& node) const {
  const auto found = tags.found.find({node.line, node.column});
  return node.type == YamlNode::Type::Sequence && found != tags.found.end() && found->second == "!reference";
}

Result<YamlStream> YamlStream::read(std::string_view text, std::string_view path) {
  const auto refuse = [&](std::string_view cause) { return cannot(Kind::Invalid, fmt::format("read '{}'", path), cause); };
  if (text.size() > max_yaml_bytes) return refuse("it is larger than 4 MiB");
  const auto parts = yaml_parts(text);
  if (parts.size() > max_yaml_documents) return refuse("it has more than 2000 documents");
  YamlStream out(text);
  for (const YamlPart& part : parts) {
    const int first_line = out.lines_.span(part.begin, part.begin).line;
    YamlTags tags;
    auto document = read_part(text, part, path, &tags);
    if (!document) {
      Error error = std::move(document).error();
      for (Fault& each : error.faults) each.line += first_line - 1;
      return std::unexpected(std::move(error));
    }
    out.documents_.push_back({std::move(document->root), first_line, std::move(tags)});
  }
  return out;
}

Traced YamlStream::traced(const Document& document, const YamlNode& node) const {
  size_t at = lines_.offset(node.line + document.first_line - 1, node.column);
  if (at < text_.size() && text_[at] == '*') at = anchor_of(at);
  while (at < text_.size() && (text_[at] == '&' || text_[at] == '!')) {
    at = std::min(text_.find_first_of(" \t\r\n", at), text_.size());
    at = std::min(text_.find_first_not_of(" \t", at), text_.size());
  }
  const bool quoted = at < text_.size() && (text_[at] == '"' || text_[at] == '\'');
  const size_t begin = at + (quoted ? 1 : 0);
  const bool same = text_.substr(std::min(begin, text_.size()), node.text.size()) == node.text && (!quoted || text_.substr(std::min(begin + node.text.size(), text_.size()), 1) == text_.substr(at, 1));
  if (same) return {node.text, begin};
  Traced out;
  out.add_loose(node.text);
  return out;
}

bool YamlStream::is_anchored(const Document& document, const YamlNode& node) const {
  size_t at = lines_.offset(node.line + document.first_line - 1, node.column);
  if (at < text_.size() && (text_[at] == '*' || text_[at] == '&')) return true;
  // An anchor and a tag stand before what they are of, in either order.
  for (std::string_view before = text_.substr(0, std::min(at, text_.size())); !before.empty() && (before.back() == ' ' || before.back() == '\t');) {
    before = before.substr(0, before.find_last_not_of(" \t") + 1);
    const std::string_view word = before.substr(before.find_last_of(" \t\n[{,") + 1);
    if (word.starts_with('&')) return true;
    if (!word.starts_with('!')) break;
    before.remove_suffix(word.size());
  }
  return text_.substr(std::min(at, text_.size())).starts_with("!") && text_.substr(at, text_.find('\n', at) - at).find(" &") != std::string_view::npos;
}

Span YamlStream::place(const Document& document, const YamlNode& node) const {
  if (node.type == YamlNode::Type::Scalar) {
    if (const auto extent = traced(document, node).extent()) return lines_.span(extent->first, extent->second);
  }
  const size_t at = lines_.offset(node.line + document.first_line - 1, node.column);
  return lines_.span(at, at);
}

/// Where the value stands that an alias at `at` means: behind the last anchor of its name.
size_t YamlStream::anchor_of(size_t at) const {
  const std::string_view name = text_.substr(at + 1, std::min(text_.find_first_of(" \t\r\n,]}", at), text_.size()) - at - 1);
  const std::string anchor = fmt::format("&{}", name);
  for (size_t found = text_.rfind(anchor, at); found != std::string_view::npos && found > 0; found = text_.rfind(anchor, found - 1)) {
    const size_t end = found + anchor.size();
    if (end < text_.size() && (text_[end] == ' ' || text_[end] == '\t')) return found;
  }
  return at;
}

}  // namespace ashlar::workload
