#pragma once
// Control files (deb822(5)): paragraphs of `Field: value` with continuation lines.
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ashlar::deb {

/// One paragraph; views into the text that it was read from. Values keep their line breaks, without the space that begins a continuation line's.
class Stanza {
 public:
  /// The raw value (continuation lines with their leading space), or empty. Field names compare without case.
  std::string_view get(std::string_view field) const;
  bool has(std::string_view field) const;
  const std::vector<std::pair<std::string_view, std::string_view>>& fields() const { return fields_; }
  std::string_view text() const { return text_; }  ///< the whole paragraph as written

 private:
  friend class StanzaReader;
  std::vector<std::pair<std::string_view, std::string_view>> fields_;
  std::string_view text_;
};

/// Reads paragraph after paragraph of a text that outlives it.
class StanzaReader {
 public:
  StanzaReader(std::string_view text, std::string_view path, size_t line = 1) : rest_(text), path_(path), line_(line) {}
  /// Fills `stanza` with the next; false after the last. A line that is no field is Corrupt, with its line number; the call after that goes on behind its
  /// paragraph.
  Result<bool> next(Stanza& stanza);

 private:
  void skip_paragraph();
  std::string_view rest_, path_;
  size_t line_;
};

}  // namespace ashlar::deb
