#pragma once
// A YAML text of several documents, each value with its place in the whole.
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml_tags.h"
#include "workload/traced.h"

namespace ashlar::workload {

constexpr std::size_t max_yaml_bytes = 4 << 20, max_yaml_documents = 2000;

/// Where a document stands in a text: `---` at a line's begin divides, whatever stands around it (YAML 1.2.2, 9.1).
struct YamlPart {
  std::size_t begin = 0, end = 0;
};
std::vector<YamlPart> yaml_parts(std::string_view text);
/// `tags`: null where nobody asks what stood where.
Result<YamlDocument> read_part(std::string_view text, const YamlPart& part, std::string_view path, YamlTags* tags = nullptr);

/// All documents of a text, which must live as long.
class YamlStream {
 public:
  struct Document {
    YamlNode root;
    int first_line = 1;
    YamlTags tags{};  ///< GitLab's `!reference`, compose's `!reset` and `!override`, by places within the document
    /// Whether a list is GitLab's reference to what stands elsewhere.
    bool is_reference(const YamlNode& node) const;
  };
  /// Faults stand in the whole text.
  static Result<YamlStream> read(std::string_view text, std::string_view path);

  const std::vector<Document>& documents() const { return documents_; }
  std::string_view text() const { return text_; }
  const Lines& lines() const { return lines_; }
  /// A scalar with the bytes that it is written by, or loose where they are others (escapes, folded lines, aliases).
  Traced traced(const Document& document, const YamlNode& node) const;
  /// Whether a value has an anchor, or is an alias.
  bool is_anchored(const Document& document, const YamlNode& node) const;
  /// The bytes of a scalar, else the place where the value begins.
  Span place(const Document& document, const YamlNode& node) const;

 private:
  explicit YamlStream(std::string_view text) : text_(text), lines_(text) {}
  std::size_t anchor_of(std::size_t at) const;

  std::string_view text_;
  Lines lines_;
  std::vector<Document> documents_;
};

}  // namespace ashlar::workload
