#pragma once
// Texts that know where each of their bytes stands in a document, through continuations, substitutions and quotes.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::workload {

/// A run of a document: bytes [begin, end), and the place of the first for people (from 1; columns count characters).
struct Span {
  std::size_t begin = 0, end = 0;
  int line = 0, column = 0;
  friend bool operator==(const Span&, const Span&) = default;
};

/// Bytes [begin, end) of a text become others.
struct Edit {
  std::size_t begin = 0, end = 0;
  std::string bytes;
  friend bool operator==(const Edit&, const Edit&) = default;
};

/// A text, and for each of its bytes the offset in the document, or nowhere.
struct Traced {
  static constexpr std::uint32_t nowhere = UINT32_MAX;
  std::string text;
  std::vector<std::uint32_t> from;  ///< as long as `text`

  Traced() = default;
  /// Of bytes that stand in the document from `at` on.
  Traced(std::string_view bytes, std::size_t at) { add(bytes, at); }
  void add(std::string_view bytes, std::size_t at);
  void add_loose(std::string_view bytes);
  void add(const Traced& other);
  void add(char byte, std::uint32_t at) { text += byte, from.push_back(at); }
  Traced slice(std::size_t begin, std::size_t end) const;
  std::size_t size() const { return text.size(); }
  bool empty() const { return text.empty(); }
  /// Where the bytes [begin, end) stand, when they do so one after the other; of none, where they would.
  std::optional<std::pair<std::size_t, std::size_t>> run(std::size_t begin, std::size_t end) const;
  /// The first and last place that any of it has; none where it stands nowhere.
  std::optional<std::pair<std::size_t, std::size_t>> extent() const;
};

/// The lines of a document, for places. Places that are asked for in their order cost no more than the document is long, whatever its lines are. Not for
/// several threads at once.
class Lines {
 public:
  explicit Lines(std::string_view text);
  Span span(std::size_t begin, std::size_t end) const;
  /// Of a line (from 1), where it begins; the document's end for one past the last.
  std::size_t begin(int line) const;
  /// The line at its number, without its end.
  std::string_view line(int number) const;
  /// The offset of a place; the line's end where it is shorter.
  std::size_t offset(int line, int column) const;

 private:
  /// A place in a line that was asked for last.
  struct Seen { std::size_t line = SIZE_MAX, byte = 0, characters = 0; };

  std::string_view text_;
  std::vector<std::size_t> begins_;
  mutable Seen seen_{}, sought_{};
};

}  // namespace ashlar::workload
