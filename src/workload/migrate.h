#pragma once
// The hardened form of a Dockerfile: base, packages, users, entry points and health checks for an image without shell, package manager and root.
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "workload/dockerfile.h"
#include "workload/hardened_bases.h"
#include "workload/old_image.h"
#include "workload/package_names.h"
#include "workload/replacements.h"

namespace ashlar::workload {

/// A matter of a migration. Ids are stable: `base`, `version`, `packages`, `shell`, `variables`, `health-check`, `user`, `port`, `volume`, `writable`, `capabilities`,
/// `certificates`, `time-zone`, `locale`, `libc`, `stage`, `trigger`, `files`, `tools`, `old-image`.
struct MigrationPoint {
  std::string id;
  Span span;           ///< of what it is about, in the text as it was; line 0: the file as a whole
  std::string what;    ///< what stands there
  std::string why;     ///< what was done, or why it will break
  std::string remedy;  ///< what a person has to do; empty where nothing is
};

struct MigrateOptions {
  /// Facts about hardened images and what they stand in for; required.
  const HardenedBases* bases = nullptr;
  /// What replaces images that `bases` does not name; may be null.
  const Replacements* replacements = nullptr;
  /// Names of packages in other distributions; required.
  const PackageNames* packages = nullptr;
  /// Where the hardened images lie: `registry.example/hardened`, without a `/` at its end.
  std::string prefix = "ashlar";
  /// What the image that runs today tells; borrowed, may be null.
  const OldImage* old = nullptr;
  /// The text of a file beside the Dockerfile, where there is such: `package.json`. May be empty.
  std::function<std::optional<std::string>(std::string_view path)> context{};
};

struct Migrated {
  std::string text;                       ///< the hardened Dockerfile; as it was where there are refusals
  std::vector<MigrationPoint> changes;    ///< what was done, in the order of the file
  std::vector<MigrationPoint> breaks;     ///< what a person must decide or see to
  std::vector<MigrationPoint> refusals;   ///< why nothing was written
  bool changed = false;                   ///< the text is not what it was
  bool refused() const { return !refusals.empty(); }
};

/// Rewrites a Dockerfile. What stands there stays, comments and formatting with it, but for what has to change; what cannot be known from the text is not guessed:
/// it is a break or a refusal, with its line. Migrating the result changes nothing. Errors are those of parse_dockerfile().
Result<Migrated> migrate(std::string_view dockerfile, std::string_view path, const MigrateOptions& options);

/// The line of a text that a place begins in, for people; empty: the place is the text as a whole.
std::string line_of(std::string_view text, const Span& span);

/// `https://ashlar.dev/migration/v1`, without the text itself.
Json to_json(const Migrated& migrated, std::string_view path);
/// For the description of a pull request.
std::string to_markdown(const Migrated& migrated, std::string_view path);
/// For people: changes, breaks and refusals, each with its line.
std::string to_text(const Migrated& migrated, std::string_view path);

}  // namespace ashlar::workload
