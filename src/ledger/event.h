#pragma once
// What happened to an image or to a finding, and the one form in which it is kept (docs/formats/ledger.md). Pure values: nothing here is stored or read.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"

namespace ashlar::ledger {

enum class Kind : unsigned char { Published, FixAvailable, FirstSeen, Assessed, Rebuilt, Tested, Promoted, RolledBack, Deployed, Excepted, Rescored, Reopened, Closed, Paused, Resumed, Noted };
/// `published`, `fix-available`, `first-seen`, `assessed`, `rebuilt`, `tested`, `promoted`, `rolled-back`, `deployed`, `excepted`, `rescored`, `reopened`, `closed`, `paused`, `resumed`, `noted`
std::string_view to_string(Kind kind);
/// Invalid names the kinds that there are.
Result<Kind> parse_kind(std::string_view text);

/// One fact about one image or one finding. What was wrong is corrected by a later event.
struct Event {
  Kind kind = Kind::Noted;
  Time at{};                     ///< when it happened, as whoever tells it says
  std::string image{};           ///< repository; empty: of no image
  std::string digest{};          ///< the image's, where one is meant
  std::string vulnerability{}, package{};  ///< of a finding: identifier, source package; empty: of the image
  std::string environment{};     ///< of Deployed
  std::string by{};              ///< who says so: a person, or `ashlar renew`
  std::map<std::string, std::string> facts{};  ///< `severity`, `kev`, `epss`, `fixed-in`, `tag`, `reason`, `lock`, ...: docs/formats/ledger.md
  /// Of that name; empty where it has none.
  std::string fact(const std::string& name) const;
  friend bool operator==(const Event&, const Event&) = default;
};

/// An event as the ledger has it.
struct Entry {
  std::uint64_t number = 0;  ///< from 1, without gaps
  Time recorded{};           ///< when it was written down
  Event event{};
  Digest chain = Digest::from({});  ///< SHA-256 of the chain before (32 bytes) and canonical() of this entry
};

inline constexpr size_t max_entry = 64 << 10;  ///< bytes of canonical()

/// Invalid: a text that is no UTF-8, a time outside of the years 0 to 9999, a fact without a name, or more than max_entry.
Done check(const Event& event);
/// JSON in one line, keys sorted, empty members left out, nothing escaped but what RFC 8259 asks for: the bytes that the chain is over.
std::string canonical(const Event& event, std::uint64_t number, Time recorded);
/// Reads exactly what canonical() writes; Corrupt for any other bytes. The chain is not set.
Result<Entry> read_canonical(std::string_view text);

/// What stands before the first entry: SHA-256 of `https://ashlar.dev/ledger/v1`.
Digest first_chain();
Digest next_chain(const Digest& before, std::string_view canonical);

}  // namespace ashlar::ledger
