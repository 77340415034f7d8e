#pragma once
// What the finders of images in YAML files share: uses with their places, and the values of variables.
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "workload/beside.h"
#include "workload/inner/uses.h"
#include "workload/inner/yaml_stream.h"

namespace ashlar::workload {

class YamlFinder {
 public:
  /// `beside`: borrowed; null: nothing beside the file is known.
  YamlFinder(const YamlStream& stream, const Beside* beside);
  virtual ~YamlFinder() = default;
  YamlFinder(const YamlFinder&) = delete;
  YamlFinder& operator=(const YamlFinder&) = delete;
  std::vector<ImageUse> find();

 protected:
  virtual void look(const YamlNode& root) = 0;

  static bool is_text(const YamlNode* node) { return node != nullptr && node->type == YamlNode::Type::Scalar && !node->text.empty(); }
  Traced traced(const YamlNode& node) const { return stream_.traced(*document_, node); }
  /// Whether it is GitLab's `!reference [job, key, ...]`.
  bool is_reference(const YamlNode& node) const { return document_->is_reference(node); }
  const YamlStream& stream() const { return stream_; }
  const Beside* beside() const { return beside_; }

  void add(const std::string& where, const YamlNode& node, const Traced& written, Substituted value);
  /// A text that no place in the file has as it comes out.
  ImageUse& add_loose(const std::string& where, const YamlNode& node, Substituted value);
  /// An image, or several, of which something else decides: `reason`, in words.
  void add_undecided(const std::string& where, const YamlNode& node, std::string reason);
  /// Images that other files or addresses bring, and no image of this file depends on.
  void add_unseen(const std::string& where, const YamlNode& node, std::string reason);
  /// What another text names that this one brings along at `node`: no byte of the file is known to be one of it.
  void add_brought(const std::string& where, const YamlNode& node, std::vector<ImageUse> uses);
  /// As it stands.
  void literal(const std::string& where, const YamlNode& node);
  /// Without its first `skipped` bytes, and with the values of variables.
  void variable(const std::string& where, const YamlNode& node, std::size_t skipped);
  Substituted substituted(const Traced& written) const;

  /// The keys of what an image is made of; besides them `digest`, or `sha` for its hexadecimal digits. An empty name: there is none.
  struct Parts { std::string_view registry, repository, tag; };
  ImageUse& of_parts(const std::string& where, const YamlNode& node, const Parts& keys);

  /// Whether a key is or ends in `image`, in any case.
  static bool names_image(std::string_view key);
  /// Whether it is no mere word: a path, a tag or a digest stands in it, and neither a scheme nor a blank.
  static bool is_address(std::string_view text);

  /// Whether a variable may have another value than that of `values`, or one that nobody here knows.
  virtual bool is_open(const std::string& name) const = 0;
  std::map<std::string, Traced> values{};  ///< of variables, by default
  std::vector<ImageUse> out{};

 private:
  void count(const YamlNode& node);
  bool is_shared(const YamlNode& node) const;

  const YamlStream& stream_;
  const Lines& lines_;
  const Beside* beside_;
  const YamlStream::Document* document_ = nullptr;
  std::map<std::pair<int, int>, int> standing_;  ///< how many values of the document have this place: aliases are the same bytes again
  std::set<std::tuple<std::size_t, std::size_t, std::string>> seen_;
};

std::unique_ptr<YamlFinder> compose_finder(const YamlStream& stream, const Beside* beside);
std::unique_ptr<YamlFinder> manifest_finder(const YamlStream& stream, const Beside* beside);
std::unique_ptr<YamlFinder> gitlab_finder(const YamlStream& stream, const Beside* beside);
std::unique_ptr<YamlFinder> azure_finder(const YamlStream& stream, const Beside* beside);

}  // namespace ashlar::workload
