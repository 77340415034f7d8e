#pragma once
// What archives offered and what advisories said, and when: dated facts to replay the loop over (docs/formats/history.md).
#include <compare>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "advisory/record.h"
#include "base/bytes.h"
#include "host/files.h"
#include "scan/finding.h"

namespace ashlar::pipeline {

/// In the order in which facts of one moment count, wherever they stand in the file.
enum class FactKind : unsigned char { Image, Version, Broken, Advisory, Rescored, Kev, Assessed, Withdrawn };
/// `image`, `version`, `broken`, `advisory`, `rescored`, `kev`, `assessed`, `withdrawn`
std::string_view to_string(FactKind kind);

/// One dated fact; what its kind does not have is empty.
struct Fact {
  Time at{};
  FactKind kind = FactKind::Version;
  std::string image{};     ///< repository, of Image; of Assessed: empty is every image
  std::string release{};   ///< of a distribution: `trixie`; of Advisory: empty is every one
  std::string id{};        ///< vulnerability
  std::string source{};    ///< source package; of Assessed and Withdrawn: empty is every one
  std::string version{};   ///< that is offered (Version), that does not work (Broken), without the vulnerability (Advisory: empty, there is none; `0`: never affected)
  std::string archive{};   ///< that offers it
  bool security = false;   ///< a security archive does
  advisory::Severity severity = advisory::Severity::Unknown;
  scan::Status status = scan::Status::Affected;  ///< of Assessed
  std::string reason{};
  std::optional<Time> until{};                   ///< of Assessed: when an exception ends; of Kev: when the catalogue wants it fixed
  std::map<std::string, std::string> sources{};  ///< of Image: version by source package
  friend auto operator<=>(const Fact&, const Fact&) = default;
};

/// In order of time, those of one moment by kind and then by what they say: the order of lines in a file does not matter, and no fact is there twice.
using RecordedHistory = std::vector<Fact>;

/// Reads JSON lines, at most max_facts of at most max_fact bytes each. An error names the line.
Result<RecordedHistory> read_recorded_history(Source& lines, const std::string& path);
/// Of a file, compressed or not, or of `history.jsonl`, or `history.jsonl.zst`, in a folder.
Result<RecordedHistory> load_recorded_history(host::Files& files, const host::Path& path);

inline constexpr size_t max_fact = 1 << 20, max_facts = 1'000'000;

}  // namespace ashlar::pipeline
