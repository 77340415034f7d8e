#pragma once
// What maintainer scripts would have done, as data: followed in a model of the shell, declared in effects/*.yaml, or recorded from a sandbox
// (docs/formats/effects.md).
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/tar.h"
#include "deb/deb_file.h"
#include "host/machine.h"
#include "plan/definition.h"

namespace ashlar::build {

/// A file of the image being assembled, as effects see it.
struct TreeNode {
  TarEntry entry;
  std::string owner;  ///< `package:libc6`, `definition`, `effect:ca-bundle`, `slice:...`
  std::string soname;
  bool elf = false;
};

/// The image's files so far, to look at; contents are fetched on demand.
class TreeView {
 public:
  virtual ~TreeView() = default;
  virtual const TreeNode* find(std::string_view path) const = 0;                       ///< no symlink followed
  static constexpr std::uint64_t small = std::uint64_t{64} << 20;
  virtual Result<Bytes> content(const TreeNode& node, std::uint64_t limit) const = 0;  ///< Invalid over `limit` bytes
  virtual void each(std::string_view below, const std::function<void(const TreeNode&)>& visit) const = 0;  ///< in the order of paths
};

/// Something that an effect adds, replaces or removes.
struct Change {
  TarEntry entry;       ///< complete, size included
  Bytes content;
  bool remove = false;
  std::string effect;   ///< `ca-bundle`, `ld-cache`, `alternatives`, `script:postfix.postinst`
};

struct ScriptedPackage { std::string name, version, architecture; deb::ControlFiles control; };

struct EffectsRequest {
  std::vector<ScriptedPackage> packages;  ///< in configure order
  const plan::Definition* definition = nullptr;
  std::string architecture;               ///< dpkg's
  std::int64_t mtime = 0;                 ///< of files that have no input with a time
  std::int64_t as_of = 0;                 ///< the lock's newest Release date, seconds since the epoch: certificates that ended before are dropped; 0: none are
  host::Path declared, recorded;
  host::Path scratch;                     ///< a folder for trees in which scripts run
  bool run_scripts = false;               ///< a script that nothing covers runs in a sandbox, and what it did goes into `recorded`
};

/// Users and groups of the image: the definition's, the distribution's where base-passwd is in, and those that effects ask for. The files that
/// list them (etc/passwd, etc/group, and shadow, gshadow, subuid, subgid of `-dev`) and the homes are among the changes already.
struct EffectAccounts { std::vector<plan::User> users; std::vector<plan::Group> groups; };

struct EffectsResult {
  std::vector<Change> changes;  ///< in the order they apply
  EffectAccounts accounts;
  std::vector<std::string> notes;  ///< for people: `script of package 'x' changed since it was reviewed`
  std::vector<std::string> details;  ///< nothing to act on: roots of certificates that have ended
};

/// How one maintainer script is covered.
struct ScriptCoverage {
  enum class By { Declared, Recognised, Recorded, Nothing };
  std::string package, version, script, sha256;
  By by = By::Nothing;
  std::string reason;  ///< why it is declared, or where recognition ended
};

/// What apply_effects() would do with each script, without an error for those that nothing covers.
Result<std::vector<ScriptCoverage>> cover_scripts(const EffectsRequest& request, const TreeView& tree, host::Machine& machine);

/// Every maintainer script of every package is covered by a recognised, declared or recorded effect, or runs in a sandbox, or is an error that
/// names package and script and says what to do.
Result<EffectsResult> apply_effects(const EffectsRequest& request, const TreeView& tree, host::Machine& machine);

}  // namespace ashlar::build
