#include "plan/resolve.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/inner/choice.h"

namespace ashlar::plan {
namespace {

/// Whether version `a` is newer; texts that are no versions are older than any that is.
bool newer(const std::string& a, const std::string& b) {
  const auto x = deb::Version::parse(a), y = deb::Version::parse(b);
  if (!x || !y) return x.has_value() && !y.has_value();
  return *x > *y;
}

std::string why_asked() { return "asked for by the definition"; }

}  // namespace

struct Universe::State {
  std::span<const deb::Package> packages;
  std::string architecture;
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> by_name;  ///< every version of every name, newest first

  bool is_ours(const deb::Package& package) const { return package.architecture == architecture || package.architecture == "all"; }

  Result<std::map<std::string, std::uint32_t>> pins(const std::vector<Wish>& wishes) const {
    std::map<std::string, std::uint32_t> out;
    for (const Wish& wish : wishes) {
      if (wish.excluded || wish.version.empty()) continue;
      const std::string what = fmt::format("choose package '{}' in version {}", wish.name, wish.version);
      const auto found = by_name.find(wish.name);
      if (found == by_name.end()) return cannot(Kind::NotFound, what, "the archives have no such package");
      std::vector<std::string> have;
      for (const std::uint32_t index : found->second) {
        if (packages[index].version == wish.version) out.emplace(wish.name, index);
        have.push_back(packages[index].version);
      }
      if (!out.contains(wish.name)) return cannot(Kind::NotFound, what, fmt::format("the archives have {}", fmt::join(have, ", ")));
    }
    return out;
  }

  /// The version of a name that counts: the pinned one, else the newest; of equal ones that of a security archive.
  std::uint32_t candidate(const std::vector<std::uint32_t>& versions, const Request& request) const {
    std::uint32_t best = versions.front();
    for (const std::uint32_t index : versions) {
      if (packages[index].version != packages[best].version) break;
      if (request.security_archives.contains(packages[index].archive)) best = index;
    }
    return best;
  }

  std::unexpected<Error> unknown(const std::string& name) const {
    std::vector<std::string_view> names;
    for (const auto& [each, versions] : by_name) {
      if (each.size() + 2 >= name.size() && each.size() <= name.size() + 2) names.push_back(each);
    }
    std::sort(names.begin(), names.end());
    const std::string near = nearest(name, names);
    return cannot(Kind::NotFound, fmt::format("choose package '{}'", name), near.empty() ? "the archives have no such package" : fmt::format("the archives have no such package; did you mean '{}'?", near));
  }
};

Universe::Universe(std::span<const deb::Package> packages, std::string architecture) : state_(std::make_unique<State>()) {
  state_->packages = packages;
  state_->architecture = std::move(architecture);
  state_->by_name.reserve(packages.size());
  for (std::uint32_t index = 0; index < packages.size(); ++index) {
    if (!state_->is_ours(packages[index])) continue;
    auto& versions = state_->by_name[packages[index].name];
    const auto place = std::find_if(versions.begin(), versions.end(), [&](std::uint32_t other) { return newer(packages[index].version, packages[other].version); });
    versions.insert(place, index);
  }
}

Universe::~Universe() = default;
Universe::Universe(Universe&&) noexcept = default;

Result<Resolution> Universe::resolve(const Request& request) const {
  std::set<std::string> excluded;
  for (const Wish& wish : request.wishes) {
    if (wish.excluded) excluded.insert(wish.name);
  }
  TRY_ASSIGN(const auto pins, state_->pins(request.wishes));
  // What excluded packages would have provided lacks by the definition's own word, too.
  std::set<std::string> given_up = excluded;
  Market market(state_->packages);
  std::vector<bool> offered(state_->packages.size());
  // In the order of the index: of providers that are alike, the first one there counts.
  for (std::uint32_t index = 0; index < state_->packages.size(); ++index) {
    const deb::Package& package = state_->packages[index];
    if (!state_->is_ours(package)) continue;
    if (excluded.contains(package.name)) {
      for (const std::string_view part : split(package.provides, ',')) given_up.emplace(trim(part).substr(0, trim(part).find_first_of(" :(")));
      continue;
    }
    const auto pin = pins.find(package.name);
    const std::uint32_t chosen = pin != pins.end() ? pin->second : state_->candidate(state_->by_name.at(package.name), request);
    if (chosen == index) market.offer(index);
  }
  Choice choice(market, given_up);
  std::vector<std::uint32_t> asked;
  const auto conflict = [&](const std::string& name) {
    return cannot(Kind::Conflict, fmt::format("choose packages for '{}'", name), choice.failure().empty() ? "no set of packages fits" : choice.failure());
  };
  for (const Wish& wish : request.wishes) {
    if (wish.excluded) continue;
    if (excluded.contains(wish.name)) return cannot(Kind::Conflict, fmt::format("choose package '{}'", wish.name), "the definition both asks for and excludes it");
    std::optional<std::uint32_t> found = market.named(wish.name);
    if (!found) {
      const auto providers = market.fitting({wish.name, {}, deb::Relation::None, {}});
      if (providers.empty()) return state_->unknown(wish.name);
      if (providers.size() > 1) {
        std::vector<std::string> names;
        for (const std::uint32_t each : providers) names.push_back(market.at(each).name);
        return cannot(Kind::Conflict, fmt::format("choose package '{}'", wish.name), fmt::format("several packages provide it; name one of {}", fmt::join(names, ", ")));
      }
      found = providers.front();
    }
    if (!choice.ask(*found, why_asked())) return conflict(wish.name);
    asked.push_back(*found);
  }
  for (const std::uint32_t package : asked) {
    if (!choice.complete(package)) return conflict(market.at(package).name);
  }
  Resolution out;
  for (const auto& [package, reason] : choice.marked()) out.packages.push_back({&market.at(package), reason});
  std::sort(out.packages.begin(), out.packages.end(), [](const Chosen& a, const Chosen& b) { return a.package->name < b.package->name; });
  out.dropped.assign(choice.dropped().begin(), choice.dropped().end());
  return out;
}

}  // namespace ashlar::plan
