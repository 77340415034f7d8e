#include "pipeline/offers.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "oci/image.h"

namespace ashlar::pipeline {
namespace {

/// Two platforms of the distribution, and those of one definition's own repositories.
constexpr size_t max_kept = 4;

std::string key_of(const Sources& sources, const std::string& architecture, bool offline) {
  std::string key = fmt::format("{} {}\n", architecture, offline);
  for (const auto& [part, whole] : sources.stand_ins) key += fmt::format("{} {}\n", part, whole);
  for (const deb::Archive& each : sources.archives) {
    key += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t", each.name, each.suite, fmt::join(each.components, " "), fmt::join(each.mirrors, " "), each.security,
                       fmt::join(each.signers, " "), fmt::join(each.architectures, " "));
    for (const host::Path& keyring : each.keyrings) key += keyring.string() + "\t";
    key += '\n';
  }
  return key;
}

/// A package each for names that stand for part of another: its .deb, without what that depends on. A name that the archives have stands for itself
/// and leaves `stand_ins`, whose keys the new packages look into.
void add_stand_ins(deb::Index& index, std::map<std::string, std::string>& stand_ins) {
  if (stand_ins.empty()) return;
  std::vector<deb::Package> more;
  std::set<std::string> there;
  for (const deb::Package& package : index.packages) {
    for (const auto& [part, whole] : stand_ins) {
      if (package.name == part) there.insert(part);
      if (package.name != whole) continue;
      deb::Package& made = more.emplace_back(package);
      made.name = part;
      made.depends = made.pre_depends = made.provides = {};
    }
  }
  std::erase_if(more, [&](const deb::Package& part) { return there.contains(std::string(part.name)); });
  for (const std::string& name : there) stand_ins.erase(name);
  std::move(more.begin(), more.end(), std::back_inserter(index.packages));
}

}  // namespace

struct OfferShelf::Entry {
  Entry(deb::Index read, std::map<std::string, std::string> parts, const std::string& architecture) : index(std::move(read)), stand_ins(std::move(parts)) {
    add_stand_ins(index, stand_ins);
    universe.emplace(index.packages, architecture);
  }
  deb::Index index;
  std::map<std::string, std::string> stand_ins;
  std::optional<plan::Universe> universe;  ///< always there; looks into both
};

Result<OfferShelf::Held> OfferShelf::get(Workshop& workshop, const Sources& sources, const std::string& architecture, bool offline) {
  std::string key = key_of(sources, architecture, offline);
  const std::scoped_lock hold(turn_);
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const auto& each) { return each.first == key; });
  if (found != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, found);
    return kept_.front().second;
  }
  if (kept_.size() >= max_kept) kept_.pop_back();
  deb::ArchiveReader reader = open_archives(workshop, sources.access, offline);
  TRY_ASSIGN(auto index, reader.refresh(sources.archives, architecture));
  kept_.emplace_front(std::move(key), std::make_shared<const Entry>(std::move(index), sources.stand_ins, architecture));
  return kept_.front().second;
}

Result<Offers> read_offers(Workshop& workshop, const plan::Definition& definition, const std::vector<std::string>& platforms, const LockOptions& options) {
  TRY_ASSIGN(const Sources sources, sources_of(workshop, definition, options));
  Offers out;
  for (const std::string& name : platforms) {
    TRY_ASSIGN(const auto platform, oci::Platform::parse(name));
    TRY_ASSIGN(auto held, workshop.shelf->get(workshop, sources, platform.debian(), options.offline));
    plan::Offer offer{platform.str(), platform.debian(), held->index.packages, &*held->universe, {}, held->stand_ins};
    for (const auto& entry : held->index.archives)
      offer.archives.push_back({entry.archive.name, entry.archive.suite, entry.archive.components, entry.archive.security, &entry.release});
    out.offers.push_back(std::move(offer));
    out.held.push_back(std::move(held));
  }
  return out;
}

}  // namespace ashlar::pipeline
