#pragma once
// What apt's problem resolver does with a marking that is broken, as far as it can come to that in an empty root.
#include <span>
#include <vector>

#include "plan/inner/marking.h"

namespace ashlar::plan {

class Repair {
 public:
  Repair(Marking& marking, std::span<const Name> wishes) : marking_(marking), stock_(marking.stock_), wishes_(wishes) {}
  /// True when nothing is broken (any more).
  bool run();

 private:
  using View = Marking::View;
  bool any_broken() const;
  void weigh();
  void weigh_package(Name name);
  void weigh_heirs();
  /// Whether something changed.
  bool mend(Name name, int round);
  struct Turn { bool changed = false, in_or = false, to_keep = false, over = false; };
  void mend_clause(Name name, Links clause, Turn& turn);
  void mend_link(Name name, const Link& link, Turn& turn);
  bool upgrade(Name name);
  bool upgrade_clause(Name name, Links clause);
  std::vector<Place> targets(const Link& link, Name owner) const;
  Name likely_target(const Link& link, Name owner) const;

  Marking& marking_;
  const Stock& stock_;
  std::span<const Name> wishes_;
  std::vector<int> scores_;
  std::vector<bool> tried_, asked_;
  std::vector<Name> kill_;
};

}  // namespace ashlar::plan
