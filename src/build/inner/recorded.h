#pragma once
// What scripts did when they ran in a sandbox, kept beside the definition and done again without running anything (docs/formats/effects.md).
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "build/inner/script.h"
#include "host/files.h"

namespace ashlar::build {

/// A path that a script made, changed or removed. Its owner is root, or who owned the path before: others are commands.
struct RecordedChange {
  std::string path;  ///< without a leading slash
  bool removed = false;
  FileType type = FileType::Regular;  ///< or Directory, Symlink
  std::uint32_t mode = 0;
  std::string target{};  ///< of a symlink
  Bytes content{};
};

struct RecordedScript {
  std::string package, version, script, sha256;  ///< the key; `script` is preinst or postinst
  std::vector<RecordedChange> changes{};         ///< in the order of paths
  std::vector<Script::Words> commands{};         ///< noted instead of run: accounts, owners, alternatives
};

class RecordedEffects {
 public:
  /// Nothing recorded when there is no such file. Corrupt when it is not of the form.
  static Result<RecordedEffects> read(host::Files& files, const host::Path& path);
  Done write(host::Files& files, const host::Path& path) const;
  const RecordedScript* find(std::string_view package, std::string_view version, std::string_view script, std::string_view sha256) const;
  /// In the place of what was recorded for that script of that package before, in whatever version.
  void add(RecordedScript script);
  const std::vector<RecordedScript>& all() const { return scripts_; }

 private:
  std::vector<RecordedScript> scripts_;
};

/// Does to `state` what the script did.
Done replay(const RecordedScript& recorded, ScriptState& state, const ScriptOrigin& origin);

}  // namespace ashlar::build
