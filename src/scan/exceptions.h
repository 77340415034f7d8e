#pragma once
// Exceptions: decisions of people to live with a finding for a time. A decision is never a statement about the code: it is shown in its own column and
// never written as VEX. One JSON form, docs/formats/exceptions.md.
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "scan/backing.h"
#include "scan/report.h"
#include "trust/dsse.h"

namespace ashlar::scan {

struct Exception {
  std::string id{};             ///< `E-1`, unique in its file
  std::string vulnerability{};  ///< identifier or alias
  std::string package{};        ///< name or source package; empty: any
  std::string image{};          ///< repository, or digest; empty: any
  std::string owner{}, reason{};
  Time created{}, expires{};
  // What was known when it was decided; more than that opens the finding again.
  advisory::Severity severity = advisory::Severity::Unknown;
  bool exploited = false;       ///< it was in the catalogue of exploited ones
  std::string fixed_in{};       ///< a fix was there
  std::optional<Time> revoked{};
  std::vector<trust::EnvelopeSignature> signatures{};  ///< over signed_part()
  Backing backing{};                                   ///< what they are worth, once that was looked at
  friend bool operator==(const Exception&, const Exception&) = default;
};

/// Reads a file of decisions; every fault names the decision. Invalid without vulnerability, owner, reason, or a day on which it ends after it was made.
Result<std::vector<Exception>> read_exceptions(std::string_view text, std::string_view path);
Json to_json(std::span<const Exception> exceptions);

/// What people sign of a decision: all of it but its signatures and its revocation, which takes from it alone.
Json signed_part(const Exception& exception);
inline constexpr std::string_view exception_payload = "application/vnd.ashlar.exception.v1+json";  ///< payload type of its signatures

/// Whether a decision is about a finding in an image that has these names.
bool concerns(const Exception& exception, const Finding& finding, const std::vector<std::string>& images);
/// Why a decision on a finding holds no longer, as its end; empty: it holds.
std::string lapse(const Exception& exception, const Finding& finding, Time now);

/// Lets the decisions hold: the finding is `excepted` with owner, reason and end. One that has expired, was revoked, or of which something became
/// worse since (a heavier severity, exploited, a fix that was not there) does not hold, nor does one that `rules` ask more of; the finding says why. A finding
/// of several vulnerabilities is excepted when each of them is.
void apply(std::span<const Exception> exceptions, Time now, const std::vector<std::string>& images, Report& report, const DecisionRules& rules = {});

}  // namespace ashlar::scan
