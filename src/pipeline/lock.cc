#include "pipeline/lock.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "build/encoder.h"
#include "pipeline/archives.h"
#include "pipeline/catalog.h"
#include "pipeline/offers.h"
#include "plan/lock_making.h"

namespace ashlar::pipeline {
namespace {

/// The lock beside the definition, when there is one that reads.
Result<std::optional<plan::Lock>> lock_there(Workshop& workshop, const host::Path& path) {
  if (!workshop.machine.files->exists(path)) return std::nullopt;
  TRY_ASSIGN(const std::string text, workshop.machine.files->read(path));
  TRY_ASSIGN(auto lock, plan::read_lock(text, path.string()));
  return lock;
}

bool covers(const plan::Lock& lock, const std::vector<std::string>& platforms) {
  return std::all_of(platforms.begin(), platforms.end(), [&](const std::string& each) { return lock.platforms.contains(each); });
}

/// Names to update must be in the lock, before or after.
Done check_names(const std::vector<std::string>& names, const std::optional<plan::Lock>& before, const plan::Lock& after, const std::string& what) {
  std::vector<std::string_view> known;
  for (const plan::Lock* lock : {before ? &*before : nullptr, &after}) {
    if (lock == nullptr) continue;
    for (const auto& [platform, locked] : lock->platforms) {
      for (const plan::LockedPackage& package : locked.packages) known.push_back(package.name);
    }
  }
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string near = nearest(name, known);
    return cannot(Kind::NotFound, what, fmt::format("'{}', which is to be updated, is not in the lock{}", name, near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  }
  return {};
}

/// The platforms asked for, each of which the definition must have; all of the definition's when none is.
Result<std::vector<std::string>> platforms_of(const plan::Definition& definition, const std::vector<std::string>& asked, const std::string& what) {
  std::vector<std::string> known = definition.platforms;
  if (known.empty()) known = {"linux/amd64", "linux/arm64"};  // the format's default
  for (const std::string& name : asked) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::vector<std::string_view> names(known.begin(), known.end());
    const std::string near = nearest(name, names);
    return cannot(Kind::NotFound, what, fmt::format("it has no platform '{}', it has {}{}", name, join(known, " and "), near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  }
  return asked.empty() ? known : asked;
}

bool is_debian(const plan::Definition& definition) { return !definition.distribution.starts_with("alpine"); }

}  // namespace

Result<LockOutcome> lock(Workshop& workshop, const plan::Definition& definition, const LockOptions& options) {
  const std::string what = fmt::format("lock '{}'", definition.image);
  if (!is_debian(definition)) return cannot(Kind::Invalid, what, fmt::format("distribution '{}' is not of the Debian family, and others are not built yet", definition.distribution));
  TRY_ASSIGN(const auto platforms, platforms_of(definition, options.platforms, what));
  LockOutcome out;
  out.path = lock_file(definition, options);
  TRY_ASSIGN(std::optional<plan::Lock> old, lock_there(workshop, out.path));
  const bool fits = old && old->inputs_sha256 == plan::inputs_digest(definition, options.only_distribution) && (covers(*old, platforms) || (!options.enough.empty() && covers(*old, options.enough))) &&
                    (options.codec.empty() || old->encoder.codec == options.codec);
  const bool moving = options.update_all || !options.update.empty() || options.security_only || options.check;
  if (fits && !moving) {
    out.lock = std::move(*old);
    return out;
  }
  TRY_ASSIGN(const std::string codec, build::codec_for(definition, options.codec));
  TRY_ASSIGN(const Offers offers, read_offers(workshop, definition, platforms, options));
  plan::Update update;
  update.all = !fits || options.update_all || (options.update.empty() && !options.security_only);
  update.names = options.update;
  update.security_only = options.security_only;
  TRY_ASSIGN(auto made, plan::make_lock(definition, offers.offers, old ? &*old : nullptr, update, build::encoder(codec), options.only_distribution));
  TRY_ASSIGN(made.lock.os_release, release_of(workshop, definition, nullptr));
  TRY(check_names(options.update, old, made.lock, what));
  out.changes = plan::changes(old ? *old : plan::Lock(), made.lock);
  if (!old && !options.check) out.changes.clear();  // everything is new
  if (old && !fits && out.changes.empty()) out.changes.push_back("the definition has changed");
  out.lock = std::move(made.lock);
  out.notes = std::move(made.notes);
  out.details = std::move(made.details);
  if (options.check) return out;
  const std::string text = to_pretty(plan::to_json(out.lock));
  if (auto written = workshop.machine.files->write(out.path, text); !written)
    return cannot(fmt::format("write lock '{}', which lies beside its definition", out.path.string()),
                  Error{written.error().kind, written.error().message + "; where that folder is not yours, copy the definition into one that is", {}});
  out.written = true;
  return out;
}

host::Path lock_file(const plan::Definition& definition, const LockOptions& options) { return options.path.empty() ? lock_path(definition.path) : options.path; }

Result<plan::Lock> read_fitting_lock(Workshop& workshop, const plan::Definition& definition, const LockOptions& options) {
  const host::Path path = lock_file(definition, options);
  const std::string what = fmt::format("use lock '{}'", path.string());
  TRY_ASSIGN(auto there, lock_there(workshop, path));
  if (!there) return cannot(Kind::NotFound, what, "there is none; make it with `ashlar lock`");
  if (there->inputs_sha256 != plan::inputs_digest(definition, options.only_distribution))
    return cannot(Kind::Conflict, what, "the definition has changed since; lock it again with `ashlar lock`");
  return std::move(*there);
}

}  // namespace ashlar::pipeline
