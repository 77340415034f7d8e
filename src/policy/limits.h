#pragma once
// The sections `findings`, `content` and `proofs` of a policy (docs/formats/policy-findings.md).
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scan/gate.h"

namespace ashlar::policy {

/// Findings that meet all of it, and how many there may be.
struct FindingRule {
  std::string name{}, why{};
  std::optional<scan::GateRule> when{};            ///< none: every finding
  std::optional<scan::Owner> owner{};              ///< none: whosever
  std::optional<std::int64_t> older_than{};        ///< seconds since the advisory was published, or it was first seen here
  bool since_first_seen = false;
  bool breached = false;                           ///< its clock has passed its deadline
  bool exposed = false;                            ///< asked where the environment is exposed
  enum class Of : unsigned char { Open, Excepted, Both } of = Of::Open;
  std::size_t at_most = 0;
};

struct FindingRules {
  bool coverage = true;                            ///< the scan could judge everything
  std::optional<std::int64_t> scan_max_age{};      ///< seconds since the scan
  std::vector<FindingRule> deny{};
};

/// What an image may hold, each with the check of `ashlar test` that shows it.
struct ContentKind { std::string_view name, check, noun; };
inline constexpr std::array content_kinds = {
    ContentKind{"shell", "no-shell", "a shell or another interpreter"}, ContentKind{"package-manager", "no-package-manager", "a package manager"},
    ContentKind{"root", "nonroot", "root as its user"}, ContentKind{"secrets", "no-secrets", "secrets"},
    ContentKind{"setuid", "no-setuid", "files that lend the rights of their owner"}, ContentKind{"world-writable", "no-world-writable", "files that everybody may write"},
    ContentKind{"devices", "no-devices", "devices"}, ContentKind{"unowned-files", "no-unowned-files", "files that nobody explains"}};

struct ContentRule {
  /// Excused: what the image's definition names with a reason may be, and nothing else.
  enum class Rule : unsigned char { Unasked, Allow, Excused, Deny } rule = Rule::Unasked;
  std::string why{};
};
using ContentRules = std::array<ContentRule, content_kinds.size()>;  ///< in the order of `content_kinds`

inline constexpr std::string_view every_run_test = "run:*";

struct ProofRule {
  std::string id{}, why{};                         ///< an id of `ashlar test`, or `every_run_test`
};

}  // namespace ashlar::policy
