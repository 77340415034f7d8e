#pragma once
// The compiled database: one SQLite file (docs/formats/database.md).
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/feed_stamp.h"
#include "advisory/record.h"
#include "base/digest.h"
#include "host/files.h"

namespace ashlar::advisory {

/// That a feed with this digest was what its publisher has at a moment after it was compiled in.
struct FeedCheck {
  std::string feed{};
  Digest digest;
  Time at{};
};

/// What an advisory says of one package, with the feed that says so.
struct Match {
  std::string feed{};
  std::int64_t record = 0;  ///< for Database::advisory()
  Affected affected{};      ///< of the space and package asked for
};

/// A package as advisories name it.
struct PackageName {
  std::string space{}, name{};
  friend auto operator<=>(const PackageName&, const PackageName&) = default;
};

class Database {
 public:
  /// Opens for reading; never writes, never waits. Corrupt when it is no database of ours, Invalid when its layout is another version's.
  /// `checks` are heard for feeds that still are what they speak of.
  static Result<std::unique_ptr<Database>> open(const host::Path& path, std::span<const FeedCheck> checks = {});
  virtual ~Database() = default;

  /// Why there is none, of no_database(); else empty.
  virtual std::string_view absence() const { return {}; }
  virtual const Digest& digest() const = 0;  ///< of what it was compiled from: the same inputs have the same
  virtual Time created() const = 0;          ///< the newest `fetched` of its feeds
  virtual const std::vector<FeedStamp>& feeds() const = 0;

  /// Everything that feeds say of a package in a space, ordered by advisory, then feed; the name is asked for in its canonical form (canonical_name()).
  virtual Result<std::vector<Match>> matches(std::string_view space, std::string_view package) = 0;
  /// The packages of Maven that have this artifact in their name, of whichever group (`org.springframework:spring-beans`), ordered.
  virtual Result<std::vector<std::string>> with_artifact(std::string_view artifact) = 0;
  /// The advisory without its `affected`.
  virtual Result<Advisory> advisory(std::int64_t record) = 0;
  /// The packages that an advisory speaks of, each once; ordered.
  virtual Result<std::vector<PackageName>> packages(std::int64_t record) = 0;
  /// Records that have this name as identifier or alias.
  virtual Result<std::vector<std::int64_t>> named(std::string_view id) = 0;
  virtual Result<std::optional<Exploited>> exploited(std::string_view cve) = 0;
  virtual Result<std::optional<Likelihood>> likelihood(std::string_view cve) = 0;
  /// Of a release (`package` empty) or a source package in it, also where a list names it by a pattern.
  virtual Result<std::vector<Support>> support(std::string_view space, std::string_view package) = 0;
  /// The newest version of a source package that each feed knows in a space, in the order of feeds, with the feed; feeds that say nothing of it lack.
  virtual Result<std::vector<std::pair<std::string, std::string>>> newest(std::string_view space, std::string_view package) = 0;
};

/// Stands in for a database where there is none, `why` in words: it has no feed and knows nothing, so that whoever judges by it says so.
std::unique_ptr<Database> no_database(std::string why);

}  // namespace ashlar::advisory
