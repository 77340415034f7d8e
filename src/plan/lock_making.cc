#include "plan/lock_making.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "plan/resolve.h"
#include "plan/variables.h"

namespace ashlar::plan {
namespace {

bool for_platform(const std::vector<std::string>& platforms, const std::string& platform) {
  return platforms.empty() || std::find(platforms.begin(), platforms.end(), platform) != platforms.end();
}

bool has_digest(const Download& file) { return file.checksum.starts_with("sha256:") && Digest::parse(file.checksum).has_value(); }

bool newer(std::string_view a, std::string_view b) {
  const auto x = deb::Version::parse(a), y = deb::Version::parse(b);
  return x && y && *x > *y;
}

/// `5.2-1` of `5.2-1+vendor3`; empty where the version has no such mark.
std::string_view without_mark(std::string_view version) {
  const size_t plus = version.rfind('+');
  if (plus == std::string_view::npos) return {};
  const std::string_view mark = version.substr(plus + 1);
  const size_t letters = mark.find_first_of("0123456789");
  const bool is_mark = letters != 0 && letters != std::string_view::npos && mark.find_first_not_of("0123456789", letters) == std::string_view::npos;
  return is_mark ? version.substr(0, plus) : std::string_view();
}

/// Whether `version` is a build of `base` by the distribution: itself, rebuilt (`+b2`), or a stable update (`+deb13u1`).
bool is_build_of(std::string_view version, std::string_view base) {
  if (!version.starts_with(base)) return false;
  const std::string_view rest = version.substr(base.size());
  return rest.empty() || rest.starts_with("+b") || rest.starts_with("+deb");
}

/// The wishes as the distribution alone can meet them; notes say which were moved.
std::vector<Wish> settle(const Definition& definition, const Offer& offer, bool only_distribution, std::vector<std::string>& notes) {
  std::vector<Wish> wishes = definition.packages;
  for (Wish& wish : wishes) {
    const auto part = offer.stand_ins.find(wish.name);
    // An image in which apt works needs what the whole package depends on.
    if (part != offer.stand_ins.end() && definition.variant == Variant::Dev) wish.name = part->second;
    if (!only_distribution || wish.version.empty() || wish.excluded) continue;
    const std::string_view base = without_mark(wish.version);
    const auto have = offer.universe->versions(wish.name);
    if (base.empty() || std::find(have.begin(), have.end(), wish.version) != have.end()) continue;
    const auto ours = std::find_if(have.begin(), have.end(), [&](std::string_view version) { return is_build_of(version, base); });
    if (ours == have.end()) continue;
    notes.push_back(fmt::format("{}: '{}' is pinned to {}, another vendor's build; taken is {}", offer.platform, wish.name, wish.version, *ours));
    wish.version = std::string(*ours);
  }
  return wishes;
}

/// A note for each exclusion that keeps nothing out.
void note_idle_exclusions(std::span<const Wish> wishes, const Offer& offer, std::vector<std::string>& notes) {
  for (const Wish& wish : wishes) {
    if (!wish.excluded || !offer.universe->versions(wish.name).empty() || offer.stand_ins.contains(wish.name)) continue;
    const auto providers = offer.universe->providers(wish.name);
    const std::string near = providers.empty() ? offer.universe->nearest(wish.name) : "";
    const std::string why = providers.empty() ? fmt::format("no archive has such a package{}", near.empty() ? "" : fmt::format("; did you mean '!{}'?", near))
                                              : fmt::format("it is a virtual name; exclude what provides it: {}", fmt::join(providers, ", "));
    notes.push_back(fmt::format("{}: '!{}' excludes nothing, for {}", offer.platform, wish.name, why));
  }
}

/// What lacks, and on which platforms.
using Lacking = std::map<std::string, std::set<std::string>>;

/// A name that no archive has in a version that would do, with what people need to see of its pin and what there is instead.
std::string lacking(const Wish& wish, const Universe& universe) {
  std::vector<std::string> facts;
  if (!wish.version.empty()) facts.push_back("pinned " + wish.version);
  const auto have = universe.versions(wish.name);
  const auto providers = universe.providers(wish.name);
  if (!have.empty()) facts.push_back(fmt::format("there is {}", fmt::join(have, ", ")));
  else if (!providers.empty()) facts.push_back(fmt::format("a virtual name, provided by {}", fmt::join(providers, ", ")));
  else if (const std::string near = universe.nearest(wish.name); !near.empty()) facts.push_back(fmt::format("did you mean '{}'?", near));
  return facts.empty() ? wish.name : fmt::format("{} ({})", wish.name, fmt::join(facts, ", "));
}

void find_missing(std::span<const Wish> wishes, const Offer& offer, Lacking& missing) {
  for (const Wish& wish : wishes) {
    if (wish.excluded) continue;
    const auto have = offer.universe->versions(wish.name);
    const bool there = wish.version.empty() ? offer.universe->knows(wish.name) : std::find(have.begin(), have.end(), wish.version) != have.end();
    if (!there) missing[lacking(wish, *offer.universe)].insert(offer.platform);
  }
}

/// Names of packages that a stage is built with and the archives lack. Pins of a stage are left to the time when it is built.
void find_missing_tools(const Unbuilt& stage, const Offer& offer, Lacking& missing) {
  for (const std::string& text : stage.packages) {
    const auto there = at_platform(text, offer.platform);
    if (!there || there->empty() || there->front() == '!') continue;
    const std::string name(cut(*there, '=').first);
    if (name.find_first_of("${}#") == std::string::npos && !offer.universe->knows(name)) missing[name].insert(offer.platform);
  }
}

/// An image's name without the digest behind its tag.
std::string short_name(const std::string& image) { return image.substr(0, image.find('@')); }

/// The names of an old lock's packages that may move.
std::set<std::string> movable(const LockedPlatform& old, const Offer& offer, const Update& update) {
  std::set<std::string> names(update.names.begin(), update.names.end());
  if (!update.security_only) return names;
  std::unordered_map<std::string_view, std::string_view> security;
  for (const deb::Package& package : offer.packages) {
    if (!offer.archives[package.archive].security) continue;
    std::string_view& best = security[package.name];
    if (best.empty() || newer(package.version, best)) best = package.version;
  }
  for (const LockedPackage& locked : old.packages) {
    const auto found = security.find(locked.name);
    if (found != security.end() && newer(found->second, locked.version)) names.insert(locked.name);
  }
  return names;
}

/// The name in the .deb of a package that may stand for part of it.
std::string_view whole_name(const Offer& offer, std::string_view name) {
  const auto found = std::find_if(offer.stand_ins.begin(), offer.stand_ins.end(), [&](const auto& each) { return each.first == name; });
  return found == offer.stand_ins.end() ? name : found->second;
}

/// Packages, with texts that stand in no index.
struct Held {
  std::vector<deb::Package> packages;
  std::deque<std::string> texts;
};

/// The offer with every package of `old` that may not move in its locked version alone, also where the archive has dropped that. Looks into both.
Result<Held> hold_back(const Offer& offer, const LockedPlatform& old, const std::set<std::string>& move) {
  std::map<std::string_view, const LockedPackage*> held;
  for (const LockedPackage& locked : old.packages) {
    if (!move.contains(locked.name)) held[locked.name] = &locked;
  }
  Held out;
  std::set<std::string_view> seen;
  for (const deb::Package& package : offer.packages) {
    const auto found = held.find(whole_name(offer, package.name));
    if (found != held.end() && (package.version != found->second->version || package.sha256 != found->second->sha256)) continue;
    if (found != held.end()) seen.insert(found->first);
    out.packages.push_back(package);
  }
  for (const auto& [name, locked] : held) {
    if (seen.contains(name)) continue;
    deb::Package package;
    package.name = locked->name, package.version = locked->version, package.architecture = locked->architecture;
    package.source = locked->source, package.source_version = locked->source_version;
    package.size = locked->size, package.sha256 = locked->sha256, package.filename = locked->path;
    package.depends = out.texts.emplace_back(join(locked->depends, ", "));
    package.maintainer = locked->maintainer;
    const auto archive = std::find_if(offer.archives.begin(), offer.archives.end(), [&](const OfferArchive& each) { return each.name == locked->archive && each.suite == locked->suite; });
    if (archive == offer.archives.end())
      return cannot(Kind::NotFound, fmt::format("keep package '{}' at {}", locked->name, locked->version), fmt::format("its archive '{}' is no longer configured; update it too", locked->archive));
    package.archive = static_cast<std::uint32_t>(archive - offer.archives.begin());
    out.packages.push_back(package);
  }
  return out;
}

/// The chosen packages that `package` needs directly, by name.
Result<std::vector<std::string>> needs(const deb::Package& package, const std::map<std::string, std::set<std::string>>& providers) {
  std::set<std::string> out;
  for (const std::string_view field : {package.pre_depends, package.depends}) {
    TRY_ASSIGN(const auto clauses, deb::parse_relations(field));
    for (const deb::Clause& clause : clauses) {
      for (const deb::Alternative& alternative : clause) {
        const auto found = providers.find(alternative.name);
        if (found == providers.end()) continue;
        out.insert(found->second.begin(), found->second.end());
        break;
      }
    }
  }
  out.erase(std::string(package.name));
  return std::vector<std::string>(out.begin(), out.end());
}

Result<LockedPlatform> lock_platform(const Definition& definition, const Offer& offer, const Resolution& resolution) {
  std::map<std::string, std::set<std::string>> providers;
  for (const Chosen& chosen : resolution.packages) {
    const std::string own(chosen.package->name);
    providers[own].insert(own);
    TRY_ASSIGN(const auto provided, deb::parse_relations(chosen.package->provides));
    for (const deb::Clause& clause : provided) providers[clause.front().name].insert(own);
  }
  LockedPlatform out;
  for (const Chosen& chosen : resolution.packages) {
    const deb::Package& package = *chosen.package;
    const OfferArchive& archive = offer.archives[package.archive];
    LockedPackage locked;
    locked.name = whole_name(offer, package.name), locked.version = package.version, locked.architecture = package.architecture;
    locked.source = package.source, locked.source_version = package.source_version;
    locked.size = package.size, locked.sha256 = package.sha256, locked.path = package.filename;
    locked.archive = archive.name, locked.suite = archive.suite, locked.reason = chosen.reason, locked.maintainer = package.maintainer;
    TRY_ASSIGN(locked.depends, needs(package, providers));
    if (locked.name != package.name && providers.contains(locked.name)) continue;  // the whole package is in, too
    out.packages.push_back(std::move(locked));
  }
  std::sort(out.packages.begin(), out.packages.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (const Download& file : definition.files) {
    if (for_platform(file.platforms, offer.platform)) out.files.push_back({file.path, file.url, file.checksum.substr(std::string_view("sha256:").size()), 0});
  }
  return out;
}

void add_archives(const Offer& offer, std::vector<LockedArchive>& archives) {
  for (const OfferArchive& each : offer.archives) {
    const bool there = std::any_of(archives.begin(), archives.end(), [&](const LockedArchive& known) { return known.name == each.name && known.suite == each.suite; });
    if (!there && each.release != nullptr) archives.push_back({each.name, each.suite, each.release->digest.hex(), each.release->date.str(), each.components});
  }
}

}  // namespace

std::string inputs_digest(const Definition& definition, bool only_distribution) {
  std::string text;
  const auto add = [&](std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts) text += fmt::format("{}:{} ", part.size(), part);
    text += '\n';
  };
  add({"distribution", definition.distribution, only_distribution ? "alone" : ""});
  add({"image", definition.image, to_string(definition.variant), definition.codec, join(definition.platforms, ",")});
  // Of two wishes that want different providers of one name, the first has its way: their order counts.
  for (const Wish& wish : definition.packages) add({"package", wish.excluded ? "!" : "", wish.name, wish.version});
  if (!only_distribution) {
    for (const std::string& line : definition.repositories) add({"repository", line});
    for (const std::string& url : definition.keyrings) add({"keyring", url});
  }
  for (const Download& file : definition.files) add({"file", file.path, file.url, file.checksum, join(file.platforms, ","), file.condition});
  for (const Unbuilt& part : definition.unbuilt) add({"unbuilt", part.what, join(part.packages, ","), join(part.images, ",")});
  return Digest::of(text).hex();
}

std::optional<std::string> what_lacks(const Definition& definition, std::span<const Offer> offers, bool only_distribution) {
  Lacking missing, tools, unchecked;
  std::set<std::string> images;
  std::vector<std::string> unread, ignored, parts;
  for (const Offer& offer : offers) {
    const auto here = for_platform(definition, offer.platform);
    if (!here) return here.error().message;
    find_missing(settle(*here, offer, only_distribution, ignored), offer, missing);
    for (const Unbuilt& each : here->unbuilt) find_missing_tools(each, offer, tools);
    for (const Download& file : here->files) {
      if (!has_digest(file)) unchecked[fmt::format("'{}'", file.path)].insert(offer.platform);
    }
  }
  for (const Unbuilt& each : definition.unbuilt) {
    for (const std::string& image : each.images) images.insert(fmt::format("'{}'", short_name(image)));
    if (!each.stage && each.images.empty()) unread.push_back(each.what);
  }
  const auto add = [&](std::string_view what, const auto& names) {
    if (!names.empty()) parts.push_back(fmt::format("{}: {}", what, fmt::join(names, ", ")));
  };
  const auto add_lacking = [&](std::string_view what, const Lacking& names) {
    std::vector<std::string> out;
    for (const auto& [name, platforms] : names) out.push_back(platforms.size() == offers.size() ? name : fmt::format("{} on {}", name, fmt::join(platforms, ", ")));
    add(what, out);
  };
  add_lacking("not in the archives", missing);
  add("artifact of another registry", images);
  add_lacking("toolchain not in the archives", tools);
  add("not built by ashlar yet", unread);
  add_lacking("file without a sha256 checksum", unchecked);
  if (parts.empty()) return std::nullopt;
  return fmt::format("{}", fmt::join(parts, "; "));
}

Result<MadeLock> make_lock(const Definition& definition, std::span<const Offer> offers, const Lock* old, const Update& update, const Encoder& encoder,
                           bool only_distribution) {
  const std::string what = fmt::format("lock '{}'", definition.image);
  if (const auto lacks = what_lacks(definition, offers, only_distribution)) return cannot(Kind::Invalid, what, *lacks);
  MadeLock made;
  made.lock.definition = definition.image;
  made.lock.inputs_sha256 = inputs_digest(definition, only_distribution);
  made.lock.distribution = definition.distribution;
  made.lock.encoder = encoder;
  for (const Offer& offer : offers) {
    Offer held = offer;
    Held kept;
    const bool has_old = old != nullptr && !update.all && old->platforms.contains(offer.platform);
    if (has_old) {
      const LockedPlatform& before = old->platforms.at(offer.platform);
      auto back = hold_back(offer, before, movable(before, offer, update));
      if (!back) return cannot(what, std::move(back).error());
      kept = std::move(*back);
      held.packages = kept.packages;
    }
    const auto here = for_platform(definition, offer.platform);
    if (!here) return cannot(what, here.error());
    Request request{settle(*here, offer, only_distribution, made.notes), offer.architecture, {}};
    for (std::uint32_t at = 0; at < offer.archives.size(); ++at) {
      if (offer.archives[at].security) request.security_archives.insert(at);
    }
    auto resolution = has_old ? Universe(held.packages, offer.architecture).resolve(request) : offer.universe->resolve(request);
    if (!resolution) {
      Error error = std::move(resolution).error();
      if (has_old && error.kind == Kind::Conflict) error.message += "; what is not named stays as it is locked: name more to --update, or nothing for all";
      return cannot(fmt::format("{} for {}", what, offer.platform), std::move(error));
    }
    auto locked = lock_platform(*here, held, *resolution);
    if (!locked) return cannot(what, std::move(locked).error());
    made.lock.platforms[offer.platform] = std::move(*locked);
    note_idle_exclusions(here->packages, offer, made.notes);
    for (const std::string& each : resolution->stood_in) made.details.push_back(fmt::format("{}: {}", offer.platform, each));
    for (const std::string& dropped : resolution->dropped) made.details.push_back(fmt::format("{}: {}", offer.platform, dropped));
    add_archives(offer, made.lock.archives);
  }
  for (const Unbuilt& each : definition.unbuilt) made.notes.push_back(fmt::format("{} is not built by ashlar yet; the lock holds the packages alone", each.what));
  return made;
}

std::vector<std::string> changes(const Lock& before, const Lock& after) {
  std::vector<std::string> out;
  std::set<std::string> platforms;
  for (const auto& [name, locked] : before.platforms) platforms.insert(name);
  for (const auto& [name, locked] : after.platforms) platforms.insert(name);
  for (const std::string& platform : platforms) {
    std::map<std::string, std::array<std::string, 2>> rows;
    const Lock* const sides[2] = {&before, &after};
    for (size_t side = 0; side < 2; ++side) {
      const auto found = sides[side]->platforms.find(platform);
      if (found == sides[side]->platforms.end()) continue;
      for (const LockedPackage& package : found->second.packages) rows[package.name][side] = package.version;
      for (const LockedFile& file : found->second.files) rows[file.path][side] = file.sha256.substr(0, 12);
    }
    for (const auto& [name, versions] : rows) {
      if (versions[0] == versions[1]) continue;
      if (versions[0].empty()) out.push_back(fmt::format("{}: {} {} is new", platform, name, versions[1]));
      else if (versions[1].empty()) out.push_back(fmt::format("{}: {} {} is gone", platform, name, versions[0]));
      else out.push_back(fmt::format("{}: {} {} -> {}", platform, name, versions[0], versions[1]));
    }
  }
  return out;
}

}  // namespace ashlar::plan
