// Images in compose files, Kubernetes manifests and values of Helm charts.
#include <algorithm>
#include <cctype>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml.h"
#include "workload/inner/uses.h"

namespace ashlar::workload {
namespace {

constexpr size_t max_bytes = 4 << 20, max_documents = 2000;
constexpr YamlLimits limits{.bytes = max_bytes, .depth = 64, .nodes = 200'000};

/// A document of a stream: `---` at a line's begin divides, whatever stands around it (YAML 1.2.2, 9.1).
struct Part {
  size_t begin = 0, end = 0;
};

bool is_marker(std::string_view line, std::string_view marker) { return line.starts_with(marker) && (line.size() == marker.size() || line[marker.size()] == ' ' || line[marker.size()] == '\t'); }

std::vector<Part> parts_of(std::string_view text) {
  std::vector<Part> out = {{0, 0}};
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

class Finder {
 public:
  Finder(std::string_view text, std::string_view path) : text_(text), path_(path), lines_(text) {}

  Result<std::vector<ImageUse>> find(FileKind kind) {
    const auto refuse = [&](std::string_view cause) { return cannot(Kind::Invalid, fmt::format("read '{}'", path_), cause); };
    if (text_.size() > max_bytes) return refuse("it is larger than 4 MiB");
    const auto parts = parts_of(text_);
    if (parts.size() > max_documents) return refuse("it has more than 2000 documents");
    for (const Part& part : parts) {
      first_line_ = lines_.span(part.begin, part.begin).line;
      auto document = parse_yaml(std::string(text_.substr(part.begin, part.end - part.begin)), std::string(path_), limits);
      if (!document) return std::unexpected(placed(std::move(document).error()));
      if (kind == FileKind::Compose) compose(document->root);
      else if (kind == FileKind::HelmValues) values(document->root, "");
      else if (document->root.find("apiVersion") != nullptr && document->root.find("kind") != nullptr) manifest(document->root, "");
    }
    return std::move(out_);
  }

 private:
  /// Faults of a later document stand in the whole text.
  Error placed(Error error) const {
    for (Fault& each : error.faults) each.line += first_line_ - 1;
    return error;
  }

  /// A scalar with the bytes that it is written by, or loose where they are others (escapes, folded lines, aliases).
  Traced traced(const YamlNode& node) const {
    size_t at = lines_.offset(node.line + first_line_ - 1, node.column);
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

  /// Where the value stands that an alias at `at` means: behind the last anchor of its name.
  size_t anchor_of(size_t at) const {
    const std::string_view name = text_.substr(at + 1, std::min(text_.find_first_of(" \t\r\n,]}", at), text_.size()) - at - 1);
    const std::string anchor = fmt::format("&{}", name);
    for (size_t found = text_.rfind(anchor, at); found != std::string_view::npos && found > 0; found = text_.rfind(anchor, found - 1)) {
      const size_t end = found + anchor.size();
      if (end < text_.size() && (text_[end] == ' ' || text_[end] == '\t')) return found;
    }
    return at;
  }

  void add(const std::string& where, const YamlNode& node, const Traced& written, Substituted value) {
    ImageUse use = make_use(where, written, std::move(value), lines_);
    if (use.span.line == 0) {
      const size_t at = lines_.offset(node.line + first_line_ - 1, node.column);
      use.span = lines_.span(at, at);
    }
    // An alias is another look at the same bytes.
    const auto extent = use.text.extent();
    if (extent && !seen_.insert({extent->first, extent->second}).second) return;
    out_.push_back(std::move(use));
  }

  static bool is_text(const YamlNode* node) { return node != nullptr && node->type == YamlNode::Type::Scalar && !node->text.empty(); }

  // Compose: services.*.image, and images that builds are given.

  void compose(const YamlNode& root) {
    const YamlNode* services = root.find("services");
    if (services == nullptr) return;
    for (const auto& [name, service] : services->members) {
      const std::string where = fmt::format("services.{}", name.text);
      if (const YamlNode* image = service.find("image"); is_text(image)) variable(where + ".image", *image, 0);
      const YamlNode* build = service.find("build");
      const YamlNode* contexts = build == nullptr ? nullptr : build->find("additional_contexts");
      if (contexts == nullptr) continue;
      constexpr std::string_view scheme = "docker-image://";
      for (const auto& [key, value] : contexts->members) {
        if (value.text.starts_with(scheme)) variable(fmt::format("{}.build.additional_contexts.{}", where, key.text), value, scheme.size());
      }
      for (const YamlNode& item : contexts->items) {
        const auto [key, value] = cut(item.text, '=');
        if (value.starts_with(scheme)) variable(fmt::format("{}.build.additional_contexts.{}", where, key), item, key.size() + 1 + scheme.size());
      }
    }
  }

  void variable(const std::string& where, const YamlNode& node, size_t skipped) {
    const Traced whole = traced(node);
    const Traced written = whole.slice(skipped, whole.size());
    add(where, node, written, substitute(written, Dialect::Compose, 0, [](const std::string&) -> const Traced* { return nullptr; }));
  }

  // Kubernetes: containers wherever they stand, so that templates in resources of others are found, too.

  void manifest(const YamlNode& node, const std::string& where) {
    for (size_t at = 0; at < node.items.size(); ++at) manifest(node.items[at], fmt::format("{}[{}]", where, at));
    for (const auto& [key, value] : node.members) {
      const std::string here = where.empty() ? key.text : where + "." + key.text;
      const bool containers = key.text == "containers" || key.text == "initContainers" || key.text == "ephemeralContainers";
      for (size_t at = 0; at < value.items.size(); ++at) {
        const YamlNode& item = value.items[at];
        if (const YamlNode* image = item.find("image"); containers && is_text(image)) literal(fmt::format("{}[{}].image", here, at), *image);
        if (const YamlNode* image = item.find("image"); key.text == "volumes" && image != nullptr && is_text(image->find("reference"))) literal(fmt::format("{}[{}].image.reference", here, at), *image->find("reference"));
      }
      manifest(value, here);
    }
  }

  void literal(const std::string& where, const YamlNode& node) {
    const Traced written = traced(node);
    add(where, node, written, {.text = written, .unknown = {}, .used = {}});
  }

  // Helm: `image: {registry, repository, tag, digest}`, and texts under keys that are or end in `image`.

  static bool names_image(std::string_view key) { return key.size() >= 5 && std::ranges::equal(key.substr(key.size() - 5), std::string_view("image"), [](unsigned char a, char b) { return std::tolower(a) == b; }); }

  void values(const YamlNode& node, const std::string& where) {
    for (size_t at = 0; at < node.items.size(); ++at) values(node.items[at], fmt::format("{}[{}]", where, at));
    for (const auto& [key, value] : node.members) {
      const std::string here = where.empty() ? key.text : where + "." + key.text;
      const bool parted = value.type == YamlNode::Type::Mapping && is_text(value.find("repository")) && (value.find("tag") != nullptr || value.find("digest") != nullptr);
      if (parted) of_parts(here, value);
      else if (names_image(key.text) && is_text(&value) && (value.text.find_first_of("/:@") != std::string::npos)) literal(here, value);
      else values(value, here);
    }
  }

  void of_parts(const std::string& where, const YamlNode& node) {
    Traced text;
    const YamlNode* tag = node.find("tag");
    const auto part = [&](const char* key, std::string_view before, std::string_view after) {
      const YamlNode* value = node.find(key);
      if (!is_text(value)) return;
      text.add_loose(before);
      text.add(traced(*value));
      text.add_loose(after);
    };
    part("registry", "", "/");
    part("repository", "", "");
    part("tag", ":", "");
    part("digest", "@", "");
    const YamlNode& repository = *node.find("repository");
    Traced written;
    written.add_loose(text.text);
    ImageUse use = make_use(where, written, {.text = text, .unknown = {}, .used = {}}, lines_);
    const Traced first = traced(repository);
    const auto extent = first.extent();
    use.span = extent ? lines_.span(extent->first, extent->second) : lines_.span(lines_.offset(repository.line + first_line_ - 1, repository.column), 0);
    use.parts = true;
    use.plain = tag != nullptr && tag->plain;
    out_.push_back(std::move(use));
  }

  std::string_view text_, path_;
  Lines lines_;
  int first_line_ = 1;
  std::set<std::pair<size_t, size_t>> seen_;
  std::vector<ImageUse> out_;
};

}  // namespace

Result<std::vector<ImageUse>> yaml_images(FileKind kind, std::string_view text, std::string_view path) { return Finder(text, path).find(kind); }

FileKind kind_of_yaml(std::string_view text) {
  if (text.size() > max_bytes) return FileKind::Unknown;
  for (const Part& part : parts_of(text)) {
    const auto document = parse_yaml(std::string(text.substr(part.begin, part.end - part.begin)), "file", limits);
    if (!document) return FileKind::Unknown;
    if (document->root.find("apiVersion") != nullptr && document->root.find("kind") != nullptr) return FileKind::Kubernetes;
    if (const YamlNode* services = document->root.find("services"); services != nullptr && services->type == YamlNode::Type::Mapping) return FileKind::Compose;
  }
  return FileKind::Unknown;
}

}  // namespace ashlar::workload
