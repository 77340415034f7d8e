#pragma once
// Two surfaces and what is found between them: each function adds the changes of one kind.
#include <map>
#include <set>
#include <span>

#include "prove/behaviour.h"
#include "prove/inner/seen.h"

namespace ashlar::prove {

class Changes {
 public:
  Changes(const Surface& one, const Surface& other) : before(one.seen()), after(other.seen()) {}
  void add(Weight weight, std::string id, std::string subject, std::string what, std::vector<std::string> evidence = {}) { list.push_back({weight, std::move(id), std::move(subject), std::move(what), std::move(evidence)}); }

  const Surface::Seen& before;
  const Surface::Seen& after;
  std::vector<Change> list;
  std::set<std::string, std::less<>> told;  ///< paths of `before` of which something is said already
};

/// `/usr/bin/x` as a path of the contents with its slash.
std::string slashed(std::string_view path);
/// The first `most`, and how many more.
std::vector<std::string> first_of(std::vector<std::string> lines, size_t most = 40);

/// What cannot be loaded in an image, a line each: the first word, between quotes, is the path of whoever needs it.
std::set<std::string> unresolved(const Surface::Seen& seen);

void compare_programs(Changes& changes);
void compare_libraries(Changes& changes);
void compare_resolution(Changes& changes);
void compare_config(Changes& changes);
void compare_accounts(Changes& changes);
void compare_rights(Changes& changes);
void compare_certificates(Changes& changes);
void compare_time_zones(Changes& changes);
void compare_packages(Changes& changes);
/// Last: of what nobody has told yet.
void compare_files(Changes& changes);
void compare_size(Changes& changes, double grown);
void compare_runs(Changes& changes, const BehaviourOptions& options);

}  // namespace ashlar::prove
