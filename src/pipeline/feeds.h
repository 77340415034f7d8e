#pragma once
// The machine's advisory databases: which feeds it follows, where they come from, and each database that was compiled from them, dated and kept.
//
// `<state>/advisories/` holds `databases/<moment>-<digest>.db`, `current` (the name of the one that counts), `sources.json` (what each feed was last
// fetched as) and `feeds/` (descriptions that were added). docs/formats/database.md.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "advisory/compile.h"
#include "advisory/description.h"
#include "pipeline/workshop.h"

namespace ashlar::trust {
class PrivateKey;
}

namespace ashlar::pipeline {

/// A feed that can be followed.
struct KnownFeed {
  advisory::FeedDescription description;
  bool added = false;                        ///< by `feed add`, not as shipped
  std::optional<advisory::FeedStamp> stamp{};  ///< as the present database has it
};

/// Those that ship and those that were added, which go before; by name.
Result<std::vector<KnownFeed>> known_feeds(Workshop& workshop);

/// Takes a description over. Invalid when it has faults.
Result<std::string> add_feed(Workshop& workshop, const host::Path& description);

/// One feed to update: where from, instead of its publisher's addresses, when that is given: a URL, file, folder or archive, or `-` for `input`.
struct FeedWish {
  std::string name{}, source{};
};

struct FeedUpdate {
  advisory::Compiled compiled;
  host::Path database{};
  std::vector<std::string> fetched{}, unchanged{};
  std::vector<advisory::FeedFault> faults{};  ///< feeds that could not be fetched or do not read, of which the last good state stays
  bool written = false;             ///< false: nothing was new, the database stays
};

/// Fetches and compiles. No wishes: every feed that the database has, or where there is none, every known one. Feeds that are not wished for stay as they
/// are, and so does one that cannot be fetched or is damaged; where that is all there was to do it is the Error.
Result<FeedUpdate> update_feeds(Workshop& workshop, const std::vector<FeedWish>& wishes, Source& input);

/// The database that counts, or at `as_of` the newest that was compiled until then. NotFound says what to do.
Result<host::Path> find_database(Workshop& workshop, std::optional<Time> as_of);

/// Opens `named`, or where that is empty what find_database() finds. Where it finds none, or one of another layout, a database that says so (advisory::no_database()): what is
/// judged by it is unknown, never clean. Invalid when `named` was made after `as_of`.
Result<std::unique_ptr<advisory::Database>> open_database(Workshop& workshop, const host::Path& named, std::optional<Time> as_of);

/// Writes the present database as one file, signed.
Done export_feeds(Workshop& workshop, const host::Path& bundle, const trust::PrivateKey& key);
/// A feed before and after a bundle was taken over; none: it is not there.
struct FeedReplaced {
  std::string feed{};
  std::optional<advisory::FeedStamp> before{}, now{};
};

struct FeedImport {
  host::Path database{};
  std::vector<FeedReplaced> replaced{};  ///< feeds that are not what they were, by name
};

/// Takes a bundle's database over that the owner of `key` (PEM) signed. Denied when it is not signed so. Unless `replace`, Conflict when it is older than
/// the present one, lacks a feed that this has or has an older one.
Result<FeedImport> import_feeds(Workshop& workshop, const host::Path& bundle, const trust::PublicKey& key, bool replace);

}  // namespace ashlar::pipeline
