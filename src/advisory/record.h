#pragma once
// What feeds say, in one model. Values alone.
//
// A *space* is where package names and versions mean something, written as the OSV schema writes ecosystems: `Debian:13`, `Alpine:v3.20`, `Wolfi`,
// `PyPI`, `Go`, `npm`, `crates.io`, `Maven`, `DHI`. Names in a distribution's space are those of source packages.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/version.h"
#include "base/time.h"

namespace ashlar::advisory {

/// Versions from `introduced` on, as far as `fixed` (which is out) or `last_affected` (which is in), or without end when both are empty.
struct Interval {
  std::string introduced{};     ///< empty: from the first version on
  std::string fixed{};
  std::string last_affected{};
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// What a feed says of a package in a space.
enum class Stance : unsigned char {
  Affected,      ///< the versions in `intervals` and `versions` are
  NotAffected,   ///< none ever was (the tracker's fixed version 0, a false positive of Wolfi's)
  Undetermined,  ///< the publisher has not decided
};

/// Whether a word can be the name of an advisory: capitals, a dash and letters, digits, colons and dashes (`GHSA-...`, `DSA-5380-1`); a CVE has a year and four
/// digits or more (CVE Record Format, `cveId`).
bool is_identifier(std::string_view word);

/// The form in which a package's name is kept and asked for, so that all spellings of one are found: PyPI's by PEP 503 (`Django`, `ruamel.yaml` are `django`,
/// `ruamel-yaml`); NuGet's and Go's in lower case (package URLs write modules so, and hosts do not tell `Azure` from `azure`); those of crates.io in lower case
/// with `-` (it has no two crates that differ in this alone). All others as they are: npm's `JSONStream` and `jsonstream` are two, and so are Maven's.
std::string canonical_name(std::string_view space, std::string_view name);

struct Affected {
  std::string space{}, package{};
  Grammar grammar = Grammar::Semver;
  Stance stance = Stance::Affected;
  std::vector<Interval> intervals{};
  std::vector<std::string> versions{};  ///< affected ones that are named one by one
  std::string urgency{};                ///< the publisher's own word for this package: `unimportant`, `low`, `not yet assigned`
  std::string remark{};                 ///< why there is no fix, as the publisher says it: `ignored: Minor issue`, `end-of-life`
  std::vector<std::string> symbols{};   ///< Go: what the vulnerable code is reached by, `import/path.Type.Method`; `import/path.*`: anything of the package
  friend bool operator==(const Affected&, const Affected&) = default;
};

enum class Severity : unsigned char { Unknown, Negligible, Low, Medium, High, Critical };
std::string_view to_string(Severity severity);
/// The publishers' words: `critical`, `IMPORTANT` (high), `moderate` (medium), `unimportant` (negligible), ...; Unknown for any other.
Severity severity_of(std::string_view word);
/// The score of a CVSS vector, 0 to 10: the base score of 2.0, 3.0 and 3.1, of 4.0 that of all its metrics; or of a score itself.
std::optional<double> cvss_score(std::string_view vector_or_score);
/// The rating of a CVSS vector (2.0, 3.x, 4.0) or a score from 0 to 10 by CVSS's qualitative scale; Unknown when it is neither.
Severity severity_of_cvss(std::string_view vector_or_score);

struct Rating {
  Severity severity = Severity::Unknown;
  std::string by{};      ///< who says so
  std::string vector{};  ///< CVSS vector or score, where that is what it rests on
  friend bool operator==(const Rating&, const Rating&) = default;
};

struct Advisory {
  std::string id{};                     ///< as the feed names it: `CVE-2026-25068`, `GHSA-...`, `GO-2023-1901`, `DSA-5380-1`, `TEMP-...`
  std::vector<std::string> aliases{};   ///< other names of the same
  std::string summary{};                ///< one line
  std::optional<Time> published{}, modified{}, withdrawn{};
  std::vector<Rating> ratings{};
  std::vector<std::string> references{};  ///< URLs
  std::vector<Affected> affected{};
  friend bool operator==(const Advisory&, const Advisory&) = default;
};

/// CISA's catalogue of known exploited vulnerabilities.
struct Exploited {
  std::string cve{};
  Time added{};
  std::optional<Time> due{};
  bool ransomware = false;
  friend bool operator==(const Exploited&, const Exploited&) = default;
};

/// FIRST's Exploit Prediction Scoring System: the probability of exploitation within 30 days and its rank among all, both 0 to 1.
struct Likelihood {
  std::string cve{};
  double score = 0, percentile = 0;
  friend bool operator==(const Likelihood&, const Likelihood&) = default;
};

/// Until when a release, or one source package in it, is supported.
struct Support {
  std::string space{}, package{};   ///< `package` empty: the release as a whole; `golang.*`: all whose name begins with `golang`
  std::optional<Time> until{};      ///< none: no day is named, and `remark` says what holds
  std::string remark{};             ///< `limited: only for trusted content`
  friend bool operator==(const Support&, const Support&) = default;
};

/// Whether a name of a list of support, which may be a pattern, means a source package.
bool means_package(std::string_view listed, std::string_view package);

/// The newest version of a source package that a feed knows in a release, whether or not something affects it.
struct Newest {
  std::string space{}, package{}, version{};
  friend bool operator==(const Newest&, const Newest&) = default;
};

}  // namespace ashlar::advisory
