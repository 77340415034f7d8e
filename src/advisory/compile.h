#pragma once
// Compiles feeds into a database file.
#include <vector>

#include "advisory/database.h"
#include "advisory/feeds.h"

namespace ashlar::advisory {

/// One feed to compile in.
struct FeedInput {
  FeedStamp stamp{.digest = Digest::of(std::string_view())};  ///< `digest`, `dated`, `records` and `spaces` are what reading it gives; without a date of its publisher's it keeps `dated`, and where that is nothing it is dated as it was fetched
  host::Path path{};                                          ///< a file (also .gz, .xz, .zst), a folder, a zip or a tar archive
  FeedSettings settings{};
  bool keep = false;                                          ///< take what the previous database has of the feed of this name; `path` is not read
};

/// What is news against the previous database, of one feed.
struct FeedNews {
  std::string feed{};
  std::uint64_t added = 0, changed = 0;  ///< changed: in what the record says itself or of a package
  std::vector<std::string> vanished{};   ///< identifiers that the feed no longer has: an alarm, for a finding would go with them
  std::vector<std::string> withdrawn{};  ///< that its publisher took back since
  std::vector<std::string> retracted{};  ///< not withdrawn, and no longer affecting a package that they affected: not in any version
};

/// A feed that was to be read and could not be.
struct FeedFault {
  std::string feed{};
  Error error;
};

/// What a feed holds that was not taken over, and why.
struct FeedNote {
  std::string feed{}, what{}, first{};  ///< `first`: the record that it happened to first
  std::uint64_t count = 0;
};

struct Compiled {
  Digest digest;  ///< Database::digest()
  std::uint64_t records = 0, rows = 0;
  std::vector<FeedNote> notes{};
  std::vector<FeedNews> news{};  ///< of feeds that the previous database has, too
  std::vector<FeedFault> faults{};  ///< feeds that stay as the previous database has them, or out where it has not
};

/// Reads the feeds beside each other and writes `target` (which appears whole or not at all). `previous`: a database, or empty. The same inputs and
/// times give the same bytes. A feed that does not read is a fault, with its name and place, and the others are compiled; where none reads, that is the
/// Error. Two inputs of one name are Invalid.
Result<Compiled> compile(host::Files& files, std::vector<FeedInput> inputs, const host::Path& previous, const host::Path& target);

}  // namespace ashlar::advisory
