#pragma once
// What others say of the vulnerabilities of an image (VEX), and what it does to findings. An image cannot acquit itself: only what the user trusts counts.
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attest/vex.h"
#include "scan/backing.h"
#include "scan/report.h"

namespace ashlar::scan {

/// A document of statements with where it came from.
struct Statements {
  std::string source{};      ///< path, or `attached to the image`
  std::string distrust{};    ///< why it does not count: `signer unknown`; empty: it counts
  attest::VexDocument document{};
  std::vector<Backing> backing{};  ///< of each statement, in their order; none: nobody has signed any
  std::optional<Time> until{};  ///< of what it says nothing counts that is dated later: what was known at that moment
};

/// The names under which an image may be the product of a statement.
struct ImageNames {
  std::string digest{};                    ///< of the manifest or index; empty: a root file system
  std::vector<std::string> repositories{};  ///< `registry.example/team/python`, `python`
  std::string tag{};                        ///< by which it was asked for; or empty
};

/// Whether a statement is about a finding's component in this image. A package URL of a package means each component of its type with that name or
/// *built from the source of that name*, in that version, of that architecture and of that distribution where it names one; one of an image (`pkg:oci`,
/// `pkg:docker`) means this image by name, with a version by that digest or tag alone, and of it the parts that are listed.
bool concerns(const attest::VexStatement& statement, const Finding& finding, const Distribution& distribution, const ImageNames& names);

/// Lets the statements speak, the latest last; of those of one moment the heaviest counts (affected, under investigation, fixed, not affected). What
/// became of each source stands in `Report::statements`. One that acquits (fixed, not affected) and that `rules` ask more of, or whose proof has fallen, does not
/// count; where nothing else answers the finding, that is its reason. A finding of several vulnerabilities is answered when each of them is.
void apply(std::span<const Statements> all, const ImageNames& names, Report& report, const DecisionRules& rules = {});

}  // namespace ashlar::scan
