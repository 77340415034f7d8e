#pragma once
// Which files of GitLab CI make one pipeline: those that include each other.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "host/files.h"
#include "workload/beside.h"

namespace ashlar::pipeline {

class GitLabPipelines {
 public:
  explicit GitLabPipelines(host::Files& files) : files_(files) {}
  /// A file that is one by its name, with all that it includes.
  void add(const host::Path& path);
  /// Files that others include and nobody added.
  std::vector<host::Path> included() const;
  /// What the pipeline of a file has; by its real path. One that is part of several counts the values of all, and is not whole.
  workload::Beside of(const host::Path& real) const;
  /// The files that a path in an include of a file means, by their real paths; none: nobody found one.
  std::vector<host::Path> named_by(const host::Path& real, const std::string& local) const;

 private:
  struct Pipeline {
    std::vector<host::Path> order{};      ///< real paths, those first that others outrank; the main file last
    std::vector<std::string> missing{};
    std::set<host::Path> seen{};
  };
  void visit(const host::Path& real, const host::Path& shown, const host::Path& root, int depth, Pipeline& out);
  std::vector<std::pair<host::Path, host::Path>> files_of(const std::string& local, const host::Path& root, const host::Path& shown);

  host::Files& files_;
  std::map<host::Path, Pipeline> pipelines_;   ///< by their main file
  std::map<host::Path, std::string> texts_;
  std::map<host::Path, host::Path> shown_;     ///< as whoever asked names them
  std::set<host::Path> included_;
  std::map<std::pair<host::Path, std::string>, std::vector<host::Path>> named_;  ///< by the file and what its include says
};

}  // namespace ashlar::pipeline
