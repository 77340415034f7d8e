#pragma once
// The lines of a rule on bases that references and images are asked alike.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/bases.h"

namespace ashlar::policy {

/// The tags under which what has this digest was selected, each once. A digest is pulled whatever tag stands beside it, so that these are the only ones that count.
std::vector<std::string> tags_of(const Selection& selection, std::string_view repository, std::string_view digest);

/// What rules are about. `tags`: those that are known to lead to it; none: it is not known which do.
struct BaseName {
  std::string_view repository;
  std::span<const std::string> tags;
  std::string_view digest, vendor;
};

/// The first rule that is about a base, or that may be.
struct Found {
  const BaseRule* rule = nullptr;  ///< null: none is
  std::string lacks{};             ///< what would have to be known to tell whether it is: `tag`, `digest`; empty: it is
};
Found rule_about(const BaseRules& rules, const BaseName& base);

/// The answer for what no rule is about.
Reason of_no_rule(const BaseRules& rules, std::string_view name);

/// Adds reasons of one rule.
class Lines {
 public:
  Lines(const BaseRule& rule, std::vector<Reason>& out) : rule_(rule), out_(out) {}
  const BaseRule& rule() const { return rule_; }

  void allows(std::string what) { out_.push_back({Answer::Allowed, "bases", rule_.name, std::move(what), rule_.why}); }
  void denies(std::string what, std::string remedy) { out_.push_back({Answer::Denied, "bases", rule_.name, std::move(what), rule_.why, std::move(remedy)}); }
  void unknown(std::string what, std::string remedy) { out_.push_back({Answer::Unknown, "bases", rule_.name, std::move(what), rule_.why, std::move(remedy)}); }

  /// The rule's own time.
  void between(Time now);
  /// What the selection has of it; null: nothing.
  void selected(const SelectedBase* found, std::string_view name, Time now);
  void supported(const std::optional<Time>& until, Time now);
  void age(const std::optional<Time>& created, Time now);

 private:
  const BaseRule& rule_;
  std::vector<Reason>& out_;
};

}  // namespace ashlar::policy
