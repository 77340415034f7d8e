#include "prove/behaviour.h"

#include <algorithm>
#include <tuple>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "prove/inner/changes.h"

namespace ashlar::prove {

std::string_view to_string(Weight weight) { return weight == Weight::Breaking ? "breaking" : weight == Weight::Notable ? "notable" : "neutral"; }

std::string slashed(std::string_view path) { return "/" + std::string(path); }

std::vector<std::string> first_of(std::vector<std::string> lines, size_t most) {
  if (lines.size() <= most) return lines;
  const size_t more = lines.size() - most;
  lines.resize(most);
  lines.push_back(fmt::format("and {} more", more));
  return lines;
}

void compare_size(Changes& changes, double grown) {
  const auto size_of = [](const Surface::Seen& seen) {
    std::map<inventory::Place, std::uint64_t> sizes;  // hard links share them
    for (const auto& [path, file] : seen.contents.files) {
      if (file.content) sizes[file.bytes] = std::max(sizes[file.bytes], file.entry.size);
    }
    std::uint64_t sum = 0;
    for (const auto& [place, size] : sizes) sum += size;
    return sum;
  };
  const std::uint64_t before = size_of(changes.before), after = size_of(changes.after);
  if (before == 0 || static_cast<double>(after) <= static_cast<double>(before) * (1 + grown)) return;
  changes.add(Weight::Notable, "size-grown", "/", fmt::format("its files are {:.0f} % larger: {}, not {}", 100.0 * (static_cast<double>(after) / static_cast<double>(before) - 1), human_size(after), human_size(before)));
}

void compare_runs(Changes& changes, const BehaviourOptions& options) {
  constexpr double noticed = 0.1;  // seconds
  for (const Ran& after : options.after) {
    const auto before = std::ranges::find(options.before, after.test, &Ran::test);
    if (before == options.before.end()) continue;
    if (before->passed && !after.passed) changes.add(Weight::Breaking, "run-test-failed", after.test, fmt::format("the run test '{}' passed, and fails", after.test));
    if (!before->passed || !after.passed) continue;  // what did not get ready tells nothing of ports or time
    for (const std::uint16_t port : before->listening) {
      if (std::ranges::find(after.listening, port) == after.listening.end()) changes.add(Weight::Breaking, "listening-port-gone", std::to_string(port), fmt::format("nothing listens on port {} in '{}'", port, after.test));
    }
    for (const std::uint16_t port : after.listening) {
      if (std::ranges::find(before->listening, port) == before->listening.end()) changes.add(Weight::Notable, "listening-port-new", std::to_string(port), fmt::format("something listens on port {} in '{}', and did not before", port, after.test));
    }
    const double more = after.ready_seconds - before->ready_seconds;
    if (more > noticed && more > options.slower * before->ready_seconds) changes.add(Weight::Notable, "start-slower", after.test, fmt::format("'{}' is ready after {:.2f} s, not {:.2f} s", after.test, after.ready_seconds, before->ready_seconds));
  }
}

bool Behaviour::breaks() const { return count(Weight::Breaking) > 0; }

size_t Behaviour::count(Weight weight) const { return static_cast<size_t>(std::ranges::count(changes, weight, &Change::weight)); }

Behaviour behaviour(const Surface& before, const Surface& after, const BehaviourOptions& options) {
  Changes changes(before, after);
  compare_config(changes);
  compare_accounts(changes);
  compare_programs(changes);
  compare_libraries(changes);
  compare_resolution(changes);
  compare_rights(changes);
  compare_certificates(changes);
  compare_time_zones(changes);
  compare_packages(changes);
  compare_files(changes);
  compare_size(changes, options.grown);
  compare_runs(changes, options);
  std::ranges::stable_sort(changes.list, {}, [](const Change& each) { return std::tie(each.weight, each.id, each.subject); });
  return {std::move(changes.list)};
}

Json to_json(const Behaviour& behaviour) {
  Json rows = Json::array();
  for (const Change& each : behaviour.changes) rows.push_back({{"weight", to_string(each.weight)}, {"id", each.id}, {"subject", each.subject}, {"what", each.what}, {"evidence", each.evidence}});
  return {{"breaks", behaviour.breaks()},
          {"counts", {{"breaking", behaviour.count(Weight::Breaking)}, {"notable", behaviour.count(Weight::Notable)}, {"neutral", behaviour.count(Weight::Neutral)}}},
          {"changes", std::move(rows)}};
}

}  // namespace ashlar::prove
