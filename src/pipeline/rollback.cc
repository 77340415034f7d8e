#include "pipeline/rollback.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "deb/version.h"
#include "pipeline/inner/revision.h"
#include "pipeline/inner/tags.h"
#include "pipeline/fleet.h"
#include "pipeline/publish.h"
#include "pipeline/sla.h"

namespace ashlar::pipeline {
namespace {

/// `1.2-dev-r3`: its version, what stands between, and its number.
struct Named {
  std::string tag, version, rest;
  unsigned number = 0;
  Digest digest = Digest::from({});
  friend bool operator<(const Named& a, const Named& b) {
    const auto order = deb::compare_versions(a.version, b.version);
    return order != 0 ? order < 0 : a.number < b.number;
  }
};

std::optional<Named> revision_named(const std::string& tag) {
  const size_t at = tag.rfind("-r");
  if (at == std::string::npos) return std::nullopt;
  const std::string stem = tag.substr(0, at);
  const unsigned number = revision_number(tag, stem);
  if (number == 0) return std::nullopt;
  const std::string version(version_in_front(stem));
  return Named{tag, version, stem.substr(version.size()), number};
}

/// Every revision at the place with what it points at, the oldest first.
Result<std::vector<Named>> revisions(Tags& tags) {
  std::vector<Named> out;
  TRY_ASSIGN(const auto names, tags.all());
  for (const std::string& name : names) {
    auto revision = name.starts_with("sha256-") ? std::nullopt : revision_named(name);
    if (!revision) continue;
    TRY_ASSIGN(const auto digest, tags.find(name));
    if (!digest) continue;
    revision->digest = *digest;
    out.push_back(std::move(*revision));
  }
  std::stable_sort(out.begin(), out.end());
  return out;
}

std::string name_of(const std::vector<Named>& all, const Digest& digest) {
  const auto found = std::ranges::find(all, digest, &Named::digest);
  return found == all.end() ? std::string() : found->tag;
}

/// The newest revision of the same line that is older than what the tag points at, and another image.
Result<Named> one_before(const std::vector<Named>& all, const std::string& tag, const Digest& now) {
  const std::string_view line = version_in_front(tag);  // none: of `latest`, or of a canary's, all of them are
  const auto is_of_line = [&](const Named& each) { return line.empty() || is_one_of(each.version, line); };
  const auto present = std::ranges::find_if(all, [&](const Named& each) { return each.digest == now && is_of_line(each); });
  if (present == all.end()) return fail(Kind::Conflict, fmt::format("no revision names '{}', which it points at; say with --to where it shall point", now.str()));
  const Named* before = nullptr;
  for (const Named& each : all) {
    if (each.rest == present->rest && is_of_line(each) && each < *present && each.digest != now) before = &each;
  }
  if (before == nullptr) return fail(Kind::NotFound, fmt::format("there is no revision before '{}'", present->tag));
  return *before;
}

Result<Digest> meant(Tags& tags, const std::vector<Named>& all, const std::string& tag, const Digest& now, const std::string& to) {
  if (to.empty()) {
    TRY_ASSIGN(const Named before, one_before(all, tag, now));
    return before.digest;
  }
  if (to.starts_with("sha256:")) return Digest::parse(to);
  TRY_ASSIGN(const auto found, tags.find(to));
  if (!found) return fail(Kind::NotFound, fmt::format("there is no tag '{}'", to));
  return *found;
}

bool is_layer(std::string_view media_type) {
  return media_type.starts_with("application/vnd.oci.image.layer.") || media_type.starts_with("application/vnd.docker.image.rootfs.");
}

/// Whether every manifest and configuration of the image is there.
Done is_whole(host::Machine& machine, const oci::ImageRef& ref) {
  TRY_ASSIGN(const auto reader, oci::open_image(machine, ref));
  TRY_ASSIGN(const auto platforms, oci::platforms(*reader));
  if (platforms.empty()) return fail(Kind::Corrupt, "it is no image");
  for (const oci::PlatformImage& each : platforms) {
    for (const oci::Descriptor& layer : each.manifest.layers) {
      // Signatures and statements under cosign's tags are manifests with the configuration of an image.
      if (!is_layer(layer.media_type)) return fail(Kind::Invalid, fmt::format("it is no image that runs: it holds '{}'", visible(layer.media_type)));
    }
  }
  if (ref.transport != oci::Transport::Registry) return {};
  TRY_ASSIGN(const auto registry, oci::Registry::open(machine, ref));
  for (const oci::PlatformImage& each : platforms) {
    for (const oci::Descriptor& layer : each.manifest.layers) {
      TRY_ASSIGN(const bool there, registry->has_blob(layer.digest));
      if (!there) return fail(Kind::Corrupt, fmt::format("layer '{}' of its image for {} is not there", layer.digest.str(), each.platform.str()));
    }
  }
  return {};
}

/// Tags that move, other than `tag`, and point at `image`.
Result<std::vector<std::string>> others_at(Tags& tags, const std::string& tag, const Digest& image) {
  std::vector<std::string> out;
  TRY_ASSIGN(const auto names, tags.all());
  for (const std::string& name : names) {
    if (name == tag || name.starts_with("sha256-") || revision_named(name)) continue;
    TRY_ASSIGN(const auto there, tags.find(name));
    if (there == image) out.push_back(name);
  }
  std::ranges::sort(out);
  return out;
}

Result<RolledBack> go_back(Workshop& workshop, const oci::ImageRef& ref, const RollbackOptions& options) {
  host::Machine& machine = workshop.machine;
  if (ref.transport != oci::Transport::Registry && ref.transport != oci::Transport::OciLayout) return fail(Kind::Invalid, "an archive has no tags that move");
  if (ref.tag.empty() || !ref.digest.empty()) return fail(Kind::Invalid, "name the tag that shall move");
  if (revision_named(ref.tag)) return fail(Kind::Invalid, "it is a revision, and revisions never move");
  TRY_ASSIGN(const auto turn, take_turn(workshop, ref));
  TRY_ASSIGN(auto tags, Tags::open(machine, ref));
  TRY_ASSIGN(const auto now, tags.find(ref.tag));
  if (!now) return fail(Kind::NotFound, "there is no such tag");
  TRY_ASSIGN(const auto all, revisions(tags));
  RolledBack out{.place = ref.location, .tag = ref.tag, .from = *now, .from_revision = name_of(all, *now)};
  TRY_ASSIGN(out.to, meant(tags, all, ref.tag, *now, options.to));
  out.to_revision = name_of(all, out.to);
  oci::ImageRef target = ref;
  target.tag.clear();
  target.digest = out.to.str();
  if (auto whole = is_whole(machine, target); !whole) return cannot(fmt::format("go back to '{}'", out.to.str()), std::move(whole).error());
  out.asked = !options.trust.empty();
  if (!out.asked && out.to_revision.empty()) return fail(Kind::Conflict, fmt::format("no revision names '{}', so nothing tells that it ever passed; say with --key or --keyring whose signature it must have", out.to.str()));
  if (out.asked) {
    TRY_ASSIGN(const auto believed, believe(machine, options.trust));
    TRY_ASSIGN(out.verification, verify(machine, target.str(), {.believed = believed}));
    if (!out.verification.verified) return out;
  }
  TRY_ASSIGN(const auto moved, move_tags(machine, ref, {{}, {ref.tag}}, out.to));
  out.moved = !moved.empty();
  TRY_ASSIGN(out.still, others_at(tags, ref.tag, out.from));
  return out;
}

}  // namespace

Result<RolledBack> rollback(Workshop& workshop, const oci::ImageRef& ref, const RollbackOptions& options) {
  auto out = go_back(workshop, ref, options);
  if (!out) return cannot(fmt::format("roll back '{}'", ref.str()), std::move(out).error());
  return out;
}

Done write_down(Workshop& workshop, const oci::ImageRef& ref, const RolledBack& done, const std::string& by, const std::string& reason) {
  const host::Path path = ledger_path(workshop.folders);
  if (!done.moved || !workshop.machine.files->exists(path)) return {};
  TRY_ASSIGN(auto ledger, open_ledger(workshop.machine, path));
  const Time now = workshop.machine.clock->now();
  ledger::Event event{.kind = ledger::Kind::RolledBack, .at = now, .image = ledger_name(ref), .digest = done.to.str()};
  event.by = by;
  event.facts = {{"tag", done.tag}, {"from", done.from.str()}};
  if (!reason.empty()) event.facts.emplace("reason", reason);
  // What it was made from, as it was when it was published.
  TRY_ASSIGN(const auto before, ledger.last({.image = event.image, .digest = event.digest, .kind = ledger::Kind::Promoted}));
  for (const char* name : {"lock", "definition", "revision"}) {
    if (before && before->event.facts.contains(name)) event.facts.emplace(name, before->event.facts.at(name));
  }
  TRY(ledger.append(std::span(&event, 1), now));
  return {};
}

}  // namespace ashlar::pipeline
