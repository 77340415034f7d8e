#pragma once
// What a scan answers.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/digest.h"
#include "scan/finding.h"
#include "scan/identity.h"

namespace ashlar::scan {

enum class Verdict : unsigned char { Clean, Affected, Unknown };
std::string_view to_string(Verdict verdict);

/// A component that could not be judged, and why.
struct Unjudged {
  std::string package, version, path, reason;
  friend auto operator<=>(const Unjudged&, const Unjudged&) = default;
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
  std::uint64_t owned = 0, excused = 0;  ///< files: explained by a package or component, known by content
  std::uint64_t plain = 0;               ///< files of nobody that are neither program nor archive
  std::vector<Dark> dark{};
  std::vector<std::string> notes{};      ///< what readers of ecosystems could not judge
};

struct DatabaseStamp {
  Digest digest;
  Time created{};
  std::vector<advisory::FeedStamp> feeds{};
};

struct Report {
  std::string ref{}, digest{}, platform{};  ///< of the target; no digest: a root file system or a document
  Distribution distribution{};
  DatabaseStamp database;
  Coverage coverage{};
  Verdict verdict = Verdict::Unknown;
  std::vector<std::string> causes{};        ///< of `unknown`: each in one line
  std::vector<Finding> findings{};          ///< what matters first: status, exploited, severity, likelihood, identifier, component
};

}  // namespace ashlar::scan
