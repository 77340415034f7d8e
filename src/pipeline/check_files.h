#pragma once
// Files of a team, checked: Dockerfiles, compose files, manifests and CI files, their references by the policy (docs/formats/check.md).
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/workshop.h"
#include "policy/policy.h"
#include "workload/check.h"

namespace ashlar::pipeline {

struct CheckFilesWish {
  std::vector<host::Path> paths{};      ///< files, and folders whose files are looked for
  host::Path policy{};                  ///< empty: no reference is judged
  std::string environment{};            ///< one of the policy's; empty: outside of them
  const policy::Selection* selection = nullptr;  ///< borrowed; null: none was read
  bool known_only = false;              ///< named files of which nobody knows what they are are passed over, as in folders, and none may be left
  bool pending_passes = false;          ///< what only an image can tell makes no reference unknown
  host::Path baseline{};                ///< findings that stand in it are old; empty: none is
  bool write_baseline = false;          ///< write what is found there, instead
  bool fix = false;                     ///< change files where that is safe
  bool other_users = false;             ///< and where nothing but the user of an image differs
  bool ask_registries = false;          ///< what tags point at is asked of their registries, for the digests to pin them by
};

/// What the policy says of one reference.
struct ReferenceAnswer {
  workload::ImageUse use;
  policy::ReferenceVerdict verdict;
};

struct FileFinding {
  workload::Remark remark;
  std::string fingerprint;              ///< the same wherever its line moves; of several alike in a file, each its own
};

struct CheckedFile {
  host::Path path;
  workload::FileKind kind = workload::FileKind::Unknown;
  std::vector<FileFinding> findings;    ///< by place; without those that are old
  std::vector<ReferenceAnswer> references;
  std::vector<host::Path> builds;       ///< of a compose file: the Dockerfiles that it names
  std::string passed_over;              ///< why nobody knows what it is; empty: it is known, or it is nothing of the kind
  std::vector<workload::Remark> mended; ///< what was changed in the file
  std::size_t silenced = 0, old = 0;
  Error error;                          ///< without a message: it could be read
};

struct CheckedFiles {
  std::vector<CheckedFile> files;       ///< those of the first path first, of a folder sorted by path
  policy::Answer answer = policy::Answer::Allowed;  ///< the heaviest of all references that are not old
  bool judged = false;                  ///< whether the policy speaks of references
  std::vector<std::string> notes;       ///< a line each
};

/// A file that is named and whose kind nobody knows is one with an error, unless the wish is for known ones only; in a folder such are passed over (with a note where it is YAML that cannot be read, as an
/// error where it looks like a manifest or compose file with images), and so are `.git`, `node_modules` and folders behind symlinks.
Result<CheckedFiles> check_files(Workshop& workshop, const CheckFilesWish& wish);

/// How many findings weigh at least so much.
std::size_t count_at_least(const CheckedFiles& checked, workload::Level level);

}  // namespace ashlar::pipeline
