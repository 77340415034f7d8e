#pragma once
// Feeds: what the world's publishers write, each format one file in inner/ and one row.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "advisory/record.h"
#include "base/bytes.h"
#include "base/digest.h"

namespace ashlar::advisory {

/// What a format's reader finds, one value after the other.
class Intake {
 public:
  virtual ~Intake() = default;
  virtual void add(Advisory advisory) = 0;
  virtual void add(Exploited exploited) = 0;
  virtual void add(Likelihood likelihood) = 0;
  virtual void add(Support support) = 0;
  virtual void add(Newest newest) = 0;
  /// That the feed speaks for a space: a package of it that the feed does not name has no known vulnerability. That a record names a space is not enough: those
  /// of PyPI name npm's packages where these have the same flaw.
  virtual void cover(std::string_view space) = 0;
  /// When the publisher made the document, where it says so; the newest of a feed's documents counts.
  virtual void dated(Time when) = 0;
  /// Something of `record` that is no fault and yet not taken over, such as a space whose version grammar is not known. To be counted by `what`, which
  /// is the same text for all records that it happens to, and shown: nothing is left out in silence.
  virtual void note(std::string_view what, std::string_view record) = 0;
};

/// How a feed is to be read, from its description in feeds/*.yaml.
struct FeedSettings {
  std::map<std::string, std::string> releases{};  ///< the tracker's code names: `trixie` to `13`; to nothing: passed over without a word
  std::string space{};                            ///< where the format does not say: `Wolfi`; of `osv` the ecosystem, of every release, that the feed speaks for
  std::string publisher{};                        ///< who says so, in ratings, where a record does not tell: `Docker`
  std::string members{};                          ///< glob: of a folder or archive only the documents at such paths; empty: all
  std::optional<Time> not_after{};                ///< the present: a document that its publisher dates later, by more than a day, is refused
};

/// One document of a feed: a single file, or a member of a folder or archive.
struct Document {
  std::string_view path;  ///< of the member, or the file's name; for errors
  BytesView bytes;        ///< followed by at least 64 bytes that may be read but mean nothing (simdjson's padding)
};

/// A publisher's format. `read` is total: bytes in, values out, an Error of kind Corrupt that names path, place and record otherwise; what was added
/// before an Error is worth nothing. It reads one document and keeps no state between two; the same document gives the same values in the same order.
struct Format {
  std::string_view name;                      ///< `debian-tracker`
  std::string_view summary;
  std::string_view member_suffix;             ///< of the documents in a folder or archive: `.json`; others are passed over
  Done (*read)(const Document& document, const FeedSettings& settings, Intake& intake);
};

std::span<const Format> formats();
/// NotFound names the formats there are and the nearest.
Result<const Format*> format(std::string_view name);

}  // namespace ashlar::advisory
