#pragma once
// What is news of a feed against what it said before.
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "advisory/inner/packed_feed.h"
#include "host/sqlite.h"

namespace ashlar::advisory {

/// What the rows of one record say of packages, as far as two states of a feed are compared.
struct Rows {
  std::vector<std::uint64_t> said{};      ///< a number for each package with all that is said of it
  std::vector<std::uint64_t> affected{};  ///< a number for each package that it affects
  void add(std::string_view space, std::string_view package, std::string_view data, Stance stance);
};

/// A record as a state of a feed has it.
struct Said {
  const PackedFeed::Record* record;
  Rows rows{};
};

/// Of a feed as it was read; in the order of its records. Points into it.
std::vector<Said> said_of(const PackedFeed& feed);

/// The rows of all records of these feeds (identifiers of the database) by record. One pass through the table.
Result<std::map<std::int64_t, Rows>> rows_of(host::Sqlite& database, const std::set<std::int64_t>& feeds);

/// What `now` has beside `before`, both in the order of identifiers.
FeedNews compare(const std::string& feed, const std::vector<Said>& before, const std::vector<Said>& now);
/// Adds what is news of catalogued identifiers, both in order.
void compare_names(const std::vector<std::string>& before, const std::vector<std::string>& now, FeedNews& news);

}  // namespace ashlar::advisory
