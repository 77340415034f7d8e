#include "pipeline/known_bases.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "pipeline/fleet.h"
#include "pipeline/inner/platform_layers.h"

namespace ashlar::pipeline {
namespace {

constexpr size_t most_looked_at = 200;  // revisions
constexpr size_t most_told = 5;         // that could not be

}  // namespace

oci::ImageRef open_by_digest(const KnownBase& base) {
  const bool layout = base.repository.starts_with("oci:");
  return {layout ? oci::Transport::OciLayout : oci::Transport::Registry, layout ? base.repository.substr(4) : base.repository, {}, base.digest};
}

std::vector<KnownBase> known_bases(const policy::Selection& selection, Time now) {
  std::vector<KnownBase> out;
  for (size_t at = 0; at < selection.bases.size(); ++at) {
    const policy::SelectedBase& base = selection.bases[at];
    for (const policy::SelectedPlatform& platform : base.platforms) {
      KnownBase known{.from = KnownBase::From::Selection, .repository = base.repository, .digest = base.digest, .tags = base.tags, .platform = platform.platform, .since = base.from, .created = base.created, .holds = base.from <= now && (!base.until || now < *base.until), .entry = at};
      for (const std::string& text : platform.diff_ids) {
        if (const auto digest = Digest::parse(text)) known.diff_ids.push_back(*digest);
      }
      if (known.diff_ids.size() == platform.diff_ids.size()) out.push_back(std::move(known));
    }
  }
  return out;
}

Result<std::vector<KnownBase>> known_bases(host::Machine& machine, const std::string& text) {
  TRY_ASSIGN(const auto ref, oci::ImageRef::parse(text));
  if (ref.transport == oci::Transport::Folder) return cannot(Kind::Invalid, fmt::format("take '{}' as the base", text), "it is no image");
  TRY_ASSIGN(const auto image, layers_of(machine, ref));
  std::vector<KnownBase> out;
  for (const PlatformLayers& each : image.platforms) {
    out.push_back({.from = KnownBase::From::Named, .repository = ledger_name(ref), .digest = image.root.str(), .tags = {}, .platform = each.platform, .diff_ids = each.diff_ids, .since = created_of(each), .created = created_of(each)});
    if (!ref.tag.empty() && ref.digest.empty()) out.back().tags.push_back(ref.tag);  // beside a digest nobody looked where it leads
  }
  return out;
}

Result<std::vector<KnownBase>> published_revisions(ledger::Ledger& ledger) {
  std::map<std::pair<std::string, std::string>, KnownBase> found;
  for (const ledger::Kind kind : {ledger::Kind::Promoted, ledger::Kind::RolledBack}) {
    TRY(ledger.each({.kind = kind}, [&](const ledger::Entry& entry) {
      const ledger::Event& event = entry.event;
      if (event.image.empty() || event.digest.empty() || !event.vulnerability.empty()) return Done();
      KnownBase& known = found.try_emplace({event.image, event.digest}, KnownBase{.from = KnownBase::From::Ledger, .repository = event.image, .digest = event.digest}).first->second;
      known.since = std::max(known.since.value_or(event.at), event.at);
      for (const char* name : {"tag", "revision"}) {
        const auto fact = event.facts.find(name);
        for (const std::string_view tag : fact == event.facts.end() ? std::vector<std::string_view>() : words(fact->second)) {
          if (std::ranges::find(known.tags, tag) == known.tags.end()) known.tags.emplace_back(tag);
        }
      }
      return Done();
    }));
  }
  std::vector<KnownBase> out;
  for (auto& [name, known] : found) out.push_back(std::move(known));
  std::ranges::stable_sort(out, std::greater(), [](const KnownBase& each) { return *each.since; });
  return out;
}

std::vector<KnownBase> with_layers(host::Machine& machine, std::span<const KnownBase> revisions, std::vector<std::string>& unread) {
  KeptImageLayers kept(machine);
  std::vector<KnownBase> out;
  size_t failed = 0;
  for (const KnownBase& revision : revisions.first(std::min(revisions.size(), most_looked_at))) {
    const auto image = kept.of(open_by_digest(revision));
    if (!image) {
      if (++failed <= most_told) unread.push_back(fmt::format("published as '{}', and not looked at: {}", revision.str(), image.error().message));
      continue;
    }
    for (const PlatformLayers& each : image->platforms) {
      KnownBase known = revision;
      known.platform = each.platform;
      known.diff_ids = each.diff_ids;
      known.created = created_of(each);
      out.push_back(std::move(known));
    }
  }
  if (failed > most_told) unread.push_back(fmt::format("and {} more that were published and not looked at", failed - most_told));
  if (revisions.size() > most_looked_at) unread.push_back(fmt::format("{} older revisions that were published were not looked at", revisions.size() - most_looked_at));
  return out;
}

}  // namespace ashlar::pipeline
