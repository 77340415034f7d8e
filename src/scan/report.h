#pragma once
// What a scan answers.
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "advisory/feed_stamp.h"
#include "base/digest.h"
#include "scan/finding.h"
#include "scan/identity.h"

namespace ashlar::scan {

/// Affected: at least one finding is open, be it affected, under investigation or an accepted risk. Unknown outranks it.
enum class Verdict : unsigned char { Clean, Affected, Unknown };
std::string_view to_string(Verdict verdict);

/// A component that could not be judged, and why.
struct Unjudged {
  std::string package, version, path, reason;
  friend auto operator<=>(const Unjudged&, const Unjudged&) = default;
};

/// A component of a language whose files a package of the distribution ships, and whose maintainers patch it under its old version: the package's
/// advisories judge it.
struct Within {
  std::string component, version, path;
  std::string package;  ///< that has it
  friend auto operator<=>(const Within&, const Within&) = default;
};

/// A source package of the image whose support is limited or has ended, as its distribution says.
struct Supported {
  std::string package, remark;
  bool ended = false;
  friend auto operator<=>(const Supported&, const Supported&) = default;
};

/// A file that nobody explains.
struct Dark {
  std::string path, reason;
  Owner owner = Owner::Base;
  std::string excuse{};  ///< who excuses it and why; empty: nobody
};

struct Coverage {
  std::uint64_t packages = 0, judged = 0;
  std::vector<Unjudged> unknown{};
  std::vector<Within> within{};          ///< not counted among `packages`
  std::set<Supported> support{};         ///< source packages that are not supported as the release is
  std::uint64_t owned = 0, excused = 0;  ///< files: explained by a package or component, known by content
  std::uint64_t plain = 0;               ///< files of nobody that are neither program nor archive
  std::vector<Dark> dark{};
  std::vector<std::string> notes{};      ///< what readers of ecosystems could not judge
};

struct DatabaseStamp {
  std::optional<Digest> digest{};  ///< none: there was no database
  Time created{};
  std::vector<advisory::FeedStamp> feeds{};
};

/// What became of a document of statements.
struct StatementSource {
  std::string source{}, author{}, format{};
  std::uint64_t total = 0, matched = 0;  ///< statements; how often one of them met a finding
  std::string distrust{};                ///< why they were not applied; empty: they were
  std::vector<std::string> notes{};      ///< statements that do not count, and why
};

/// What becomes of the base's findings when the image is built on another base.
struct BaseChange {
  std::string ref{};                      ///< of the other base
  std::vector<std::string> removed{};     ///< `CVE-2026-1 libssl3t64`, sorted: of the present base and not of the other
  std::vector<std::string> kept{}, added{};
};

/// What `--fail-on` came to.
struct GateAnswer {
  std::vector<std::string> rules{};       ///< as they were written
  std::vector<std::string> stopped_by{};  ///< `CVE-2026-1 libssl3t64`, sorted; none: the image passes
  std::vector<std::string> untold{};      ///< rules that the database cannot answer, and why: each in one line
  std::uint64_t unrated = 0;              ///< open findings that pass a rule's severity only because nobody has rated them
};

struct Report {
  std::string ref{}, digest{}, platform{};  ///< of the target; no digest: a root file system or a document
  Time now{};                               ///< the moment of the scan, as it was given
  Distribution distribution{};
  std::set<std::string> foreign{};          ///< names of distribution packages of which nothing shows that the distribution built them
  std::set<std::string> spaces{};           ///< that components were judged in
  DatabaseStamp database;
  Coverage coverage{};
  std::vector<StatementSource> statements{};
  std::string base{};                       ///< which layers are the base's and how that is known, in words
  size_t base_layers = 0, layers = 0;
  std::optional<BaseChange> change{};       ///< when another base was given
  Verdict verdict = Verdict::Unknown;
  std::vector<std::string> causes{};        ///< of `unknown`: each in one line
  std::vector<std::string> notes{};         ///< what a reader must know, and which makes no verdict unknown: each in one line
  std::vector<std::string> doubts{};        ///< why not all that the target holds is known, whatever the database: such of the causes, and packages of no space
  std::map<std::string, std::uint64_t> unplaced{};  ///< packages of no space, by reason
  std::optional<GateAnswer> gate{};         ///< when rules were given
  std::vector<Finding> findings{};          ///< what matters first: status, exploited, severity, likelihood, identifier, component
};

}  // namespace ashlar::scan
