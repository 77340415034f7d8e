#include "base/yaml.h"

#include <libfyaml.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/inner/yaml_text.h"
#include "base/text.h"
#include "base/yaml_tags.h"

namespace ashlar {
namespace {

/// What went wrong, and where in the text.
struct Refusal {
  size_t at = 0;
  std::string message, hint;
};

/// libfyaml's messages in our words. The first row whose `theirs` is part of a message holds; others are shown as they are.
struct Wording {
  std::string_view theirs, ours, hint;
  enum class Place { Mark, Before, Opening } place = Place::Mark;  ///< Before: one byte before the mark; Opening: where the innermost value began
};
constexpr std::string_view needs_quotes = "put the value in quotes";
constexpr std::string_view check_indentation = "compare its indentation with the lines above";
constexpr Wording wordings[] = {
    {"quoted scalar without closing quote", "the quote is never closed", "", Wording::Place::Before},
    {"wrongly indented single-quoted scalar", "the quote is never closed", ""},
    {"wrongly indented double-quoted scalar", "the quote is never closed", ""},
    {"sequence without a closing bracket", "the bracket is never closed", "", Wording::Place::Opening},
    {"mapping without a closing brace", "the bracket is never closed", "", Wording::Place::Opening},
    {"missing comma in flow", "a ',' or the closing bracket is missing before this", ""},
    {"invalid extra closing bracket", "this ']' closes nothing", ""},
    {"invalid extra closing brace", "this '}' closes nothing", ""},
    {"invalid extra comma", "a value is missing before this ','", ""},
    {"tab", "a tab cannot indent", "indent with spaces"},
    {"invalid indentation", "the indentation fits none of the lines above", ""},
    {"invalid multiline plain key", "a key cannot run over several lines", "is a space missing after ':', or is the next line indented too far?"},
    {"invalid nested block mapping on the same line", "a second ': ' in one line", needs_quotes},
    {"could not find expected ':'", "a ':' is missing after this key", ""},
    {"did not find expected key", "a key is expected here", check_indentation},
    {"did not find expected node content", "a value is expected here", ""},
    {"did not find expected '-' indicator", "a '-' is expected here, as in the items above", check_indentation},
    {"invalid value after mapping", "this is no 'key: value'", check_indentation},
    {"at the end of block sequence", "a '-' is expected here, as in the items above", check_indentation},
    {"plain scalar cannot start with '@'", "a text without quotes cannot begin with '@'", needs_quotes},
    {"plain scalar cannot start with '`'", "a text without quotes cannot begin with '`'", needs_quotes},
    {"plain scalar cannot start with '%'", "a text without quotes cannot begin with '%'", needs_quotes},
    {"invalid trailing content after", "something follows the closing quote", ""},
    {"invalid comment without whitespace", "a space is missing before the '#'", ""},
    {"invalid UTF8 escape", "an escape gives no valid character", ""},
    {"invalid escape", "this escape is unknown", "write '\\\\' for a backslash, or use single quotes"},
    {"invalid anchor", "the anchor has no valid name", "put a text that begins with '&' in quotes"},
    {"invalid alias", "the alias has no valid name", "put a text that begins with '*' in quotes"},
    {"two anchors", "a value has two anchors", ""},
    {"block scalar no linebreak found", "nothing may follow '|' or '>' in its line", ""},
    {"depth limit", "values nest too deep", ""},
};

struct ParserDeleter {
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
};

struct DiagnosticsDeleter {
  void operator()(fy_diag* diagnostics) const { fy_diag_destroy(diagnostics); }
};

class Event {
 public:
  Event(fy_parser* parser, fy_event* event) : parser_(parser), event_(event) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() {
    if (event_ != nullptr) fy_parser_event_free(parser_, event_);
  }
  explicit operator bool() const { return event_ != nullptr; }
  fy_event* operator->() const { return event_; }
  fy_event* get() const { return event_; }

 private:
  fy_parser* parser_;
  fy_event* event_;
};

std::string_view text_of(fy_token* token) {
  size_t size = 0;
  const char* bytes = token == nullptr ? nullptr : fy_token_get_text(token, &size);
  return bytes == nullptr ? std::string_view{} : std::string_view(bytes, size);
}

/// How much a value holds, so that an alias can be judged before it is copied.
struct Measure {
  size_t nodes = 1, bytes = 0;
  int depth = 1;
};

/// Builds the tree from libfyaml's events. Any function that returns false has set `refusal_`.
class Builder {
 public:
  /// `tags`: null where none but the core schema's are taken.
  Builder(std::string_view text, const YamlLimits& limits, YamlTags* tags) : text_(text), limits_(limits), tags_(tags), cursor_(text) {
    fy_diag_cfg says{};
    says.output_fn = [](fy_diag*, void*, const char*, size_t) {};  // nothing on standard error
    says.level = FYET_ERROR;
    says.module_mask = ~0u;
    diagnostics_.reset(fy_diag_create(&says));
    fy_diag_set_collect_errors(diagnostics_.get(), true);
    fy_parse_cfg config{};
    config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_DISABLE_MMAP_OPT | FYPCF_SLOPPY_FLOW_INDENTATION | FYPCF_JSON_NONE);
    config.diag = diagnostics_.get();
    parser_.reset(fy_parser_create(&config));
  }

  bool build(YamlNode& root) {
    if (parser_ == nullptr || fy_parser_set_string(parser_.get(), text_.data(), text_.size()) != 0) return refuse(0, "the parser could not be started");
    bool seen = false;
    for (;;) {
      const Event event = next();
      if (!event) return refuse_syntax();
      switch (event->type) {
        case FYET_STREAM_END:
          return true;
        case FYET_DOCUMENT_START: {
          const Event first = next();
          if (!first) return refuse_syntax();
          if (seen) {
            const size_t at = event->document_start.implicit ? place_of(first.get(), last_) : place_of(event.get(), last_);
            return refuse(at, "a second document begins here", "one file holds one document");
          }
          seen = true;
          Measure measure;
          if (!build_node(first.get(), 1, root, measure)) return false;
          break;
        }
        default:
          break;
      }
    }
  }

  Refusal refusal() { return std::move(refusal_); }

 private:
  Event next() { return {parser_.get(), fy_parser_parse(parser_.get())}; }

  bool refuse(size_t at, std::string message, std::string hint = {}) {
    refusal_ = {at, shown(message), shown(hint)};
    return false;
  }

  bool refuse_syntax();

  size_t place_of(fy_event* event, size_t otherwise) const {
    const fy_mark* mark = fy_event_start_mark(event);
    return mark == nullptr ? otherwise : mark->input_pos;
  }

  void put_place(YamlNode& node, size_t at) {
    cursor_.go_to(at);
    node.line = cursor_.line();
    node.column = cursor_.column();
  }

  bool build_node(fy_event* event, int depth, YamlNode& node, Measure& measure);
  bool build_scalar(fy_event* event, YamlNode& node, Measure& measure);
  bool build_alias(fy_event* event, int depth, YamlNode& node, Measure& measure);
  bool build_sequence(int depth, YamlNode& node, Measure& measure);
  bool build_mapping(int depth, YamlNode& node, Measure& measure);
  bool check_keys(const YamlNode& mapping);
  bool merge(YamlNode& mapping, Measure& measure);
  bool check_tag(fy_token* tag, YamlNode& node);
  bool keep_anchor(fy_token* anchor, const YamlNode& node, const Measure& measure, size_t at);
  bool spend(size_t nodes, size_t bytes, size_t at) {
    nodes_ += nodes;
    copied_ += bytes;
    if (nodes_ > limits_.nodes) return refuse(at, fmt::format("the document has more than {} values, aliases expanded", limits_.nodes));
    if (copied_ > limits_.bytes) return refuse(at, fmt::format("aliases expand to more than {} bytes", limits_.bytes));
    return true;
  }
  size_t offset_of(const YamlNode& node) const;

  std::string_view text_;
  const YamlLimits& limits_;
  YamlTags* tags_;
  Cursor cursor_;
  std::unique_ptr<fy_diag, DiagnosticsDeleter> diagnostics_;
  std::unique_ptr<fy_parser, ParserDeleter> parser_;
  std::map<std::string, std::pair<YamlNode, Measure>, std::less<>> anchors_;
  size_t nodes_ = 0, copied_ = 0;
  std::vector<size_t> open_;  // where the lists and mappings around this place began
  size_t last_ = 0;           // where the value before began
  Refusal refusal_;
};

bool Builder::refuse_syntax() {
  void* at = nullptr;
  const fy_diag_error* error = fy_diag_errors_iterate(diagnostics_.get(), &at);
  if (error == nullptr) return refuse(last_, "not valid YAML");
  const fy_mark* mark = error->fyt == nullptr ? nullptr : fy_token_start_mark(error->fyt);
  const size_t place = mark == nullptr ? last_ : mark->input_pos;
  const std::string_view message = error->msg == nullptr ? "not valid YAML" : error->msg;
  if (message.find("in flow") != std::string_view::npos && !open_.empty() && text_.find_first_not_of(" \t\r\n", place) == std::string_view::npos) {
    return refuse(open_.back(), "the bracket is never closed");
  }
  for (const Wording& wording : wordings) {
    if (message.find(wording.theirs) == std::string_view::npos) continue;
    size_t where = place;
    if (wording.place == Wording::Place::Before && where > 0) --where;
    if (wording.place == Wording::Place::Opening && !open_.empty()) where = open_.back();
    return refuse(where, std::string(wording.ours), std::string(wording.hint));
  }
  return refuse(place, std::string(message));
}

bool Builder::build_node(fy_event* event, int depth, YamlNode& node, Measure& measure) {
  size_t at = place_of(event, last_);
  // Nothing has no place of its own, and versions of libfyaml mark it differently: it stands where the value before it began.
  if (event->type == FYET_SCALAR && (event->scalar.value == nullptr || (fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN && text_of(event->scalar.value).empty()))) at = last_;
  // libfyaml's mark of a quoted text stands behind the quote, that of an alias behind the '*'.
  if (event->type == FYET_ALIAS && at > 0 && text_[at - 1] == '*') --at;
  if (event->type == FYET_SCALAR && event->scalar.value != nullptr && fy_token_scalar_style(event->scalar.value) != FYSS_PLAIN && at > 0 &&
      (text_[at - 1] == '"' || text_[at - 1] == '\'')) {
    --at;
  }
  last_ = at;
  if (depth > limits_.depth) return refuse(at, fmt::format("values nest deeper than {}", limits_.depth));
  if (!spend(1, 0, at)) return false;
  put_place(node, at);
  fy_token *anchor = nullptr, *tag = nullptr;
  switch (event->type) {
    case FYET_ALIAS:
      return build_alias(event, depth, node, measure);
    case FYET_SCALAR:
      anchor = event->scalar.anchor;
      tag = event->scalar.tag;
      if (!build_scalar(event, node, measure)) return false;
      break;
    case FYET_SEQUENCE_START:
      anchor = event->sequence_start.anchor;
      tag = event->sequence_start.tag;
      if (!build_sequence(depth, node, measure)) return false;
      break;
    case FYET_MAPPING_START:
      anchor = event->mapping_start.anchor;
      tag = event->mapping_start.tag;
      if (!build_mapping(depth, node, measure)) return false;
      break;
    default:
      return refuse(at, "a value is expected here");
  }
  if (tag != nullptr && !check_tag(tag, node)) return false;
  return anchor == nullptr || keep_anchor(anchor, node, measure, at);
}

bool Builder::build_scalar(fy_event* event, YamlNode& node, Measure& measure) {
  fy_token* token = event->scalar.value;
  const fy_mark* const begin = token == nullptr ? nullptr : fy_token_start_mark(token);
  const fy_mark* const end = token == nullptr ? nullptr : fy_token_end_mark(token);
  const bool placed = begin != nullptr && end != nullptr && begin->input_pos <= end->input_pos && end->input_pos <= text_.size();
  // libfyaml leaks memory over `''` in a row.
  if (placed && fy_token_scalar_style(token) == FYSS_SINGLE_QUOTED) node.text = single_quoted(text_.substr(begin->input_pos, end->input_pos - begin->input_pos));
  else node.text = text_of(token);
  node.plain = token == nullptr || fy_token_scalar_style(token) == FYSS_PLAIN;
  node.type = YamlNode::Type::Scalar;
  measure.bytes = node.text.size();
  if (node.plain) {
    constexpr std::array<std::string_view, 5> nothing = {"", "~", "null", "Null", "NULL"};
    if (std::ranges::find(nothing, node.text) != nothing.end()) node.type = YamlNode::Type::Null;
  } else if (token != nullptr && fy_token_scalar_style(token) == FYSS_DOUBLE_QUOTED) {
    if (node.text.find('\0') != std::string::npos) return refuse(last_, "a NUL character is not allowed");
    if (!is_utf8(node.text)) return refuse(last_, "an escape gives no valid character");
  }
  return true;
}

bool Builder::build_alias(fy_event* event, int depth, YamlNode& node, Measure& measure) {
  const std::string_view name = text_of(event->alias.anchor);
  const auto found = anchors_.find(name);
  if (found == anchors_.end()) return refuse(last_, fmt::format("the alias '*{}' names no anchor before it", name.substr(0, 80)));
  const auto& [value, size] = found->second;
  if (depth + size.depth - 1 > limits_.depth) return refuse(last_, fmt::format("values nest deeper than {}", limits_.depth));
  if (!spend(size.nodes - 1, size.bytes, last_)) return false;
  const auto [line, column] = std::pair(node.line, node.column);
  if (tags_ != nullptr) {
    if (const auto tagged = tags_->found.find({value.line, value.column}); tagged != tags_->found.end()) tags_->found.emplace(std::pair(line, column), tagged->second);
  }
  node = value;
  node.line = line;
  node.column = column;
  measure = size;
  return true;
}

bool Builder::build_sequence(int depth, YamlNode& node, Measure& measure) {
  node.type = YamlNode::Type::Sequence;
  open_.push_back(last_);
  for (;;) {
    const Event event = next();
    if (!event) return refuse_syntax();
    if (event->type == FYET_SEQUENCE_END) break;
    Measure part;
    if (!build_node(event.get(), depth + 1, node.items.emplace_back(), part)) return false;
    measure.nodes += part.nodes;
    measure.bytes += part.bytes;
    measure.depth = std::max(measure.depth, part.depth + 1);
  }
  open_.pop_back();
  return true;
}

bool Builder::build_mapping(int depth, YamlNode& node, Measure& measure) {
  node.type = YamlNode::Type::Mapping;
  open_.push_back(last_);
  bool merges = false;
  for (;;) {
    const Event event = next();
    if (!event) return refuse_syntax();
    if (event->type == FYET_MAPPING_END) break;
    auto& [key, value] = node.members.emplace_back();
    Measure key_part, part;
    if (event->type != FYET_SCALAR && event->type != FYET_ALIAS) return refuse(place_of(event.get(), last_), "a key must be a plain or quoted text");
    if (!build_node(event.get(), depth + 1, key, key_part)) return false;
    if (key.type == YamlNode::Type::Null) key.type = YamlNode::Type::Scalar;
    if (key.type != YamlNode::Type::Scalar) return refuse(last_, "a key must be a plain or quoted text");
    merges = merges || (key.plain && key.text == "<<");
    const Event second = next();
    if (!second) return refuse_syntax();
    if (!build_node(second.get(), depth + 1, value, part)) return false;
    measure.nodes += key_part.nodes + part.nodes;
    measure.bytes += key_part.bytes + part.bytes;
    measure.depth = std::max(measure.depth, part.depth + 1);
  }
  open_.pop_back();
  return check_keys(node) && (!merges || merge(node, measure));
}

bool Builder::check_keys(const YamlNode& mapping) {
  const auto& members = mapping.members;
  const YamlNode* twice = nullptr;
  if (members.size() <= 12) {
    for (size_t at = 1; at < members.size() && twice == nullptr; ++at) {
      for (size_t before = 0; before < at; ++before) {
        if (members[before].first.text == members[at].first.text) twice = &members[at].first;
      }
    }
  } else {
    std::set<std::string_view> seen;
    for (const auto& [key, value] : members) {
      if (!seen.insert(key.text).second) {
        twice = &key;
        break;
      }
    }
  }
  if (twice == nullptr) return true;
  const YamlNode& first = std::ranges::find(members, twice->text, [](const auto& member) -> const std::string& { return member.first.text; })->first;
  return refuse(offset_of(*twice), fmt::format("the key '{}' stands twice", twice->text.substr(0, 80)), fmt::format("it is first in line {}", first.line));
}

bool Builder::merge(YamlNode& mapping, Measure& measure) {
  auto& members = mapping.members;
  const auto at = std::ranges::find_if(members, [](const auto& member) { return member.first.plain && member.first.text == "<<"; });
  const YamlNode source = std::move(at->second);
  const size_t place = offset_of(at->first);
  members.erase(at);
  std::set<std::string, std::less<>> seen;
  for (const auto& member : members) seen.insert(member.first.text);
  const auto add = [&](const YamlNode& from) {
    for (const auto& member : from.members) {
      if (seen.insert(member.first.text).second) members.push_back(member);
    }
  };
  const std::string message = "'<<' takes a mapping, or a list of mappings";
  if (source.type == YamlNode::Type::Mapping) {
    add(source);
  } else if (source.type == YamlNode::Type::Sequence) {
    for (const YamlNode& item : source.items) {
      if (item.type != YamlNode::Type::Mapping) return refuse(place, message);
      add(item);
    }
  } else {
    return refuse(place, message);
  }
  // What was merged was counted as the value of `<<`, one level deeper than it now stands.
  measure.depth = std::max(measure.depth, 2);
  return true;
}

bool Builder::check_tag(fy_token* tag, YamlNode& node) {
  using Type = YamlNode::Type;
  struct Known {
    std::string_view name;
    Type type;
    bool plain;
  };
  constexpr std::string_view prefix = "tag:yaml.org,2002:";
  constexpr Known known[] = {{"str", Type::Scalar, false}, {"int", Type::Scalar, true}, {"float", Type::Scalar, true}, {"bool", Type::Scalar, true},
                             {"null", Type::Null, true},   {"map", Type::Mapping, false}, {"seq", Type::Sequence, false}};
  const std::string_view text = text_of(tag);
  const fy_mark* mark = fy_token_start_mark(tag);
  const size_t at = mark == nullptr ? last_ : mark->input_pos;
  const bool scalar = node.type == Type::Scalar || node.type == Type::Null;
  if (text == "!") {
    if (scalar) node.type = Type::Scalar, node.plain = false;
    return true;
  }
  for (const Known& row : known) {
    if (!text.starts_with(prefix) || text.substr(prefix.size()) != row.name) continue;
    const bool fits = row.type == Type::Scalar ? scalar : row.type == node.type;
    if (!fits) return refuse(at, fmt::format("the tag '!!{}' does not fit its value", row.name));
    if (row.type == Type::Scalar) node.type = Type::Scalar, node.plain = row.plain;
    return true;
  }
  if (tags_ != nullptr) {
    if (const auto taken = std::ranges::find(tags_->taken, text); taken != tags_->taken.end()) return tags_->found.emplace(std::pair(node.line, node.column), *taken), true;
  }
  const std::string_view shown = text.starts_with(prefix) ? text.substr(prefix.size()) : text;
  return refuse(at, fmt::format("the tag '{}' is not known", shown.substr(0, 80)),
                text.starts_with('!') ? fmt::format("put a text that begins with '!' in quotes: '{}'", text.substr(0, 80)) : "write the value without a tag");
}

bool Builder::keep_anchor(fy_token* anchor, const YamlNode& node, const Measure& measure, size_t at) {
  if (!spend(measure.nodes, measure.bytes, at)) return false;
  anchors_.insert_or_assign(std::string(text_of(anchor)), std::pair(node, measure));
  return true;
}

size_t Builder::offset_of(const YamlNode& node) const {
  size_t at = 0;
  for (int line = 1; line < node.line && at < text_.size(); ++at) {
    if (text_[at] == '\n' || (text_[at] == '\r' && (at + 1 == text_.size() || text_[at + 1] != '\n'))) ++line;
  }
  for (int column = 1; column < node.column && at < text_.size(); ++column) {
    do ++at;
    while (at < text_.size() && is_continuation(text_[at]));
  }
  return at;
}

Error refused(std::string_view path, std::string_view text, Refusal refusal) {
  Cursor cursor(text);
  cursor.go_to(refusal.at);
  // A tab that indents is what people mean by most faults on such a line, whatever a parser stumbles over.
  const size_t first = text.find_first_not_of(' ', cursor.line_start());
  if (first != std::string_view::npos && first <= refusal.at && text[first] == '\t' && refusal.message.find("tab") == std::string::npos) {
    refusal = {first, "a tab cannot indent", "indent with spaces"};
    cursor.go_to(first);
  }
  Error error{Kind::Invalid, fmt::format("cannot read '{}': {}", path, refusal.message), {}};
  const size_t at = refusal.at;
  error.faults.push_back({std::string(path), cursor.line(), cursor.column(), std::move(refusal.message), std::move(refusal.hint), excerpt_at(text, at)});
  return error;
}

}  // namespace

YamlNode::YamlNode() = default;

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name.text == key) return &value;
  }
  return nullptr;
}

Fault YamlDocument::fault_at(const YamlNode& node, std::string message, std::string hint) const {
  size_t at = 0;
  for (int current = 1; current < node.line && at < text.size(); ++at) {
    if (text[at] == '\n' || (text[at] == '\r' && (at + 1 == text.size() || text[at + 1] != '\n'))) ++current;
  }
  return {path, node.line, node.column, shown(message), shown(hint), excerpt_at(text, at)};
}

namespace {

Result<YamlDocument> parsed(std::string text, std::string path, const YamlLimits& limits, YamlTags* tags) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.size() > limits.bytes) return cannot(Kind::Invalid, fmt::format("read '{}'", path), fmt::format("it is larger than {} bytes", limits.bytes));
  if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
  auto unfit = find_unfit(text);
  if (!unfit) unfit = find_unfit_line(text);
  if (unfit) return std::unexpected(refused(path, text, {unfit->at, unfit->message, {}}));
  YamlDocument document{std::move(path), std::move(text), {}};
  document.root.line = document.root.column = 1;
  Builder builder(document.text, limits, tags);
  if (!builder.build(document.root)) return std::unexpected(refused(document.path, document.text, builder.refusal()));
  return document;
}

}  // namespace

Result<YamlDocument> parse_yaml(std::string text, std::string path, const YamlLimits& limits) { return parsed(std::move(text), std::move(path), limits, nullptr); }
Result<YamlDocument> parse_yaml(std::string text, std::string path, const YamlLimits& limits, YamlTags& tags) { return parsed(std::move(text), std::move(path), limits, &tags); }

}  // namespace ashlar
