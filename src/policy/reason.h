#pragma once
// One answer of a policy, and how several make a verdict.
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::policy {

enum class Answer : unsigned char { Allowed, Denied, Unknown };
std::string_view to_string(Answer answer);  ///< `allowed`, `denied`, `unknown`

/// What one rule says of an image.
struct Reason {
  Answer answer = Answer::Allowed;
  std::string section{};  ///< `bases`, `verify`, `findings`, `content`, `proofs`, `environments`
  std::string rule{};     ///< name of the rule in its section
  std::string what{};     ///< in words, one line
  std::string why{};      ///< the policy's own words on why the rule is there; empty: it says none
  std::string remedy{};   ///< what would make it hold; empty where it does
  friend bool operator==(const Reason&, const Reason&) = default;
};

/// Unknown outranks denied, and denied allowed. Nothing was asked: unknown.
Answer answer_of(std::span<const Reason> reasons);

}  // namespace ashlar::policy
