#pragma once
// Images in the values of Helm charts, and in what is written like them.
#include "workload/inner/yaml_finder.h"

namespace ashlar::workload {

class ChartFinder : public YamlFinder {
 public:
  using YamlFinder::YamlFinder;

 protected:
  void look(const YamlNode& root) override;
  /// Values of a chart: `image: {registry, repository, tag, digest}`, and texts under keys that are or end in `image`.
  void values_of(const YamlNode& node, const std::string& where);
  /// The same of all values of a chart, whose `global` is of them.
  void all_values_of(const YamlNode& root, const std::string& where);
  /// Of an image in parts, what says that it is decided elsewhere: by whom its tag is, where it has neither tag nor digest, and by a registry of all images.
  void note_open(ImageUse& use, const YamlNode& node, std::string_view by_whom) const;
  bool is_open(const std::string& name) const override { return name.empty(); }  ///< no such file has variables of its own

  static constexpr Parts usual_parts{.registry = "registry", .repository = "repository", .tag = "tag"};
  std::string registry_of_all_{}, registry_key_{};  ///< of `global`, that charts put before their images; and its key

 private:
  void charts(const YamlNode& list);
  void member(const YamlNode& node, const YamlNode& key, const YamlNode& value, const std::string& here);
};

}  // namespace ashlar::workload
