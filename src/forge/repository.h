#pragma once
// Files of a repository as a forge has them now.
#include <string>
#include <vector>

#include "forge/target.h"
#include "host/http.h"
#include "host/machine.h"

namespace ashlar::forge {

/// A path inside a repository: no empty part, none of dots, nothing of git's own.
bool is_repository_path(std::string_view text);
/// A branch, as git-check-ref-format(1) has it; narrower at its ends.
bool is_branch(std::string_view text);

struct RepositoryFile {
  std::string path;   ///< from the repository's root
  std::string bytes;
};

/// Which files: of a branch (empty: the default one) of a project (empty: the target's).
struct RepositoryWish {
  std::string project, branch;
  std::vector<std::string> paths;
};

/// In the order of the wish. NotFound: the repository, the branch or a file is not there, or the token does not see it. Invalid: a webhook has no files.
/// Unavailable: it cannot be asked now, or its limit of requests is reached.
Result<std::vector<RepositoryFile>> read_files(const Target& target, const RepositoryWish& wish, host::Http& http, host::Clock& clock);

}  // namespace ashlar::forge
