#pragma once
// What files beside one say of the images that it names: values of variables, Dockerfiles that it builds, other files of the same pipeline.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::workload {

enum class FileKind;

struct Beside {
  /// A file by its path from the folder of the one that is read; none: it is not at hand. Null: no file is.
  std::function<std::optional<std::string>(const std::string& path)> read = nullptr;
  /// Whether a file by such a path is checked by itself, as one of that kind. Null: nobody knows, and nothing is said of what is not.
  std::function<bool(const std::string& path, FileKind kind)> is_checked = nullptr;
  /// Of a file of GitLab CI: whether all files that a path of `include` means are checked. Null: nobody knows.
  std::function<bool(const std::string& local)> is_included = nullptr;
  /// Of a file of GitLab CI: all texts that make its pipeline, itself among them, those first that others outrank; empty: nobody looked for them.
  std::vector<std::string> pipeline{};
  /// What belongs to that pipeline and is not at hand, a line each.
  std::vector<std::string> missing{};
};

/// What a file of GitLab CI includes, in pipelines that its jobs start, too.
struct Includes {
  std::vector<std::string> local{};   ///< paths from the repository's folder on, which may have `*`
  std::vector<std::string> others{};  ///< what is no file of the repository, or variables decide on: a line each
};
Includes includes_of(std::string_view text, std::string_view path);

}  // namespace ashlar::workload
