#pragma once
// Choosing packages as apt does for a root in which nothing is installed: greedy, in apt's order, never taking back more than apt would.
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "plan/inner/stock.h"

namespace ashlar::plan {

/// The candidates of a request: of every name one version at most, and the names that the request gives up.
struct Candidates {
  std::vector<Place> of;        ///< by name; `nowhere` for names without one
  std::vector<bool> given_up;   ///< by name, or empty: names of excluded packages and of what these provide
};

/// Whether a clause that nothing can satisfy is one that the request itself gave up.
bool is_given_up(const Candidates& candidates, Links clause);

class Marking {
 public:
  Marking(const Stock& stock, const Candidates& candidates);

  /// Marks the wished names with all that they need; call it once. False when something is left broken: apt's problem resolver had its turn, too.
  bool mark(std::span<const Name> wishes);
  /// The version marked for a name, or `nowhere`.
  Place marked(Name name) const { return states_[name].install; }
  /// The marked packages that satisfy a clause.
  std::vector<Place> marked_for(Links clause) const;
  /// Forgets what nothing that was wished for needs any more (leftovers of alternatives that failed), and gives what remains, in the order of names.
  std::vector<Place> sweep(std::span<const Name> wishes);

 private:
  struct State {
    Place install = nowhere;
    bool chosen = false;     ///< apt's mode "install"
    bool fixed = false;      ///< apt's "protected": asked for, or the only way to satisfy what was
    bool automatic = false;
  };

  bool install(Name name, bool with_needs, unsigned depth, bool asked);
  bool install_needs(Name name, std::span<const Links> needs, unsigned depth, bool fixed, bool asked);
  bool satisfy(Links clause, unsigned depth, bool fixed);
  bool make_room(std::span<const Link* const> refusals, Name owner, bool fixed, bool asked);
  bool can_be_installed(Name name);
  void choose(Name name, bool asked);
  bool keep(Name name);
  bool remove(Name name);
  void discard(Name name);

  enum class View { Marked, Candidate };
  Place seen(Name name, View view) const { return view == View::Marked ? states_[name].install : candidates_.of[name]; }
  bool is_met(const Link& link, Name owner, View view) const;
  bool is_met(Links clause, Name owner, View view) const;
  bool is_broken(Name name) const;
  /// Candidates that a link or clause may mean, the preferred first.
  void add_fitting(const Link& link, Name owner, std::vector<Place>& to) const;
  std::vector<Place> fitting(Links clause, Name owner) const;
  bool is_preferred(Place a, Place b, Name target) const;
  Links needs_and_refusals(Place place) const;

  friend class Repair;
  const Stock& stock_;
  Candidates candidates_;
  std::vector<State> states_;
};

}  // namespace ashlar::plan
