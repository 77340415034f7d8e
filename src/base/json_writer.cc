#include "base/json_writer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace ashlar {
namespace {

/// What stands in quotes as it is: printable ASCII but for the quote and the backslash.
bool is_plain(char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; }

}  // namespace

void JsonWriter::next() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (levels_.empty()) return;
  if (!levels_.back().empty) out_ += ',';
  levels_.back().empty = false;
  out_ += '\n';
  out_.append(2 * levels_.size(), ' ');
}

void JsonWriter::quoted(std::string_view text) {
  if (!std::ranges::all_of(text, is_plain)) {
    out_ += to_compact(Json(text));
    return;
  }
  out_ += '"';
  out_ += text;
  out_ += '"';
}

JsonWriter& JsonWriter::begin(char open, char close) {
  next();
  out_ += open;
  levels_.push_back({close, true});
  return *this;
}

JsonWriter& JsonWriter::end() {
  const Level level = levels_.back();
  levels_.pop_back();
  if (!level.empty) {
    out_ += '\n';
    out_.append(2 * levels_.size(), ' ');
  }
  out_ += level.close;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  next();
  quoted(name);
  out_ += ": ";
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
  next();
  quoted(value);
  return *this;
}

JsonWriter& JsonWriter::number(std::uint64_t value) {
  next();
  out_ += std::to_string(value);
  return *this;
}

JsonWriter& JsonWriter::null() {
  next();
  out_ += "null";
  return *this;
}

JsonWriter& JsonWriter::member(std::string_view name, const std::vector<std::string>& values) {
  key(name).begin_array();
  for (const std::string& value : values) text(value);
  return end();
}

JsonWriter& JsonWriter::json(const Json& value) {
  next();
  const std::string text = to_pretty(value);  // line ends within texts are escaped: each that stands there begins a line
  for (const char c : std::string_view(text).substr(0, text.size() - 1)) {
    out_ += c;
    if (c == '\n') out_.append(2 * levels_.size(), ' ');
  }
  return *this;
}

std::string JsonWriter::take() {
  out_ += '\n';
  return std::exchange(out_, {});
}

}  // namespace ashlar
