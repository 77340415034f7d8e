#pragma once
// What others say of vulnerabilities in a product: VEX, in the forms OpenVEX 0.2, CycloneDX 1.4 to 1.6 and CSAF 2.0. Values alone; whether a statement
// counts is for whoever trusts its source.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace ashlar::attest {

enum class VexStatus : unsigned char { NotAffected, Affected, Fixed, UnderInvestigation };
std::string_view to_string(VexStatus status);  ///< as OpenVEX writes it: `not_affected`, ...

/// OpenVEX's words for why something is not affected (0.2, "Status Justifications").
std::span<const std::string_view> vex_justifications();
std::optional<VexStatus> vex_status(std::string_view word);

/// What a statement is about: an identifier (a package URL, an image reference or its digest), and the parts of it that are meant; none: all of it.
struct VexProduct {
  std::string id{};
  std::vector<std::string> parts{};
  friend bool operator==(const VexProduct&, const VexProduct&) = default;
};

struct VexStatement {
  std::string vulnerability{};
  std::vector<std::string> aliases{};
  VexStatus status = VexStatus::UnderInvestigation;
  std::string justification{};  ///< OpenVEX's word: `vulnerable_code_not_present`; of NotAffected
  std::string detail{};         ///< in words: why it does not affect, what to do
  std::optional<Time> when{};
  std::vector<VexProduct> products{};
  friend bool operator==(const VexStatement&, const VexStatement&) = default;
};

struct VexDocument {
  std::string format{};          ///< `openvex`, `cyclonedx`, `csaf`
  std::string id{}, author{};
  std::optional<Time> when{};
  std::vector<VexStatement> statements{};
  std::vector<std::string> notes{};  ///< statements that could not be taken over, and why
};

/// Reads one; `path` names it in errors. Invalid when it is no JSON or none of the forms; Corrupt when it is one and lacks what the form requires: then
/// nothing of it counts. A statement `not_affected` without justification or detail is a note and does not count (OpenVEX 0.2, "Status Justifications").
Result<VexDocument> read_vex(std::string_view text, std::string_view path);

/// Reads one that is attached to an image: as read_vex(), or in an in-toto Statement (its `predicate`), which may be the payload of a DSSE envelope. Whose
/// signatures the envelope bears is not looked at.
Result<VexDocument> read_attached_vex(std::string_view text, std::string_view path);

/// An OpenVEX document. The same value gives the same bytes.
Json to_openvex(const VexDocument& document);

}  // namespace ashlar::attest
