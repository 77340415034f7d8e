#include "pipeline/base_finder.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "oci/platform_choice.h"
#include "oci/registry.h"
#include "pipeline/base_content.h"
#include "pipeline/inner/kept_layers.h"
#include "pipeline/sla.h"

namespace ashlar::pipeline {
namespace {

constexpr size_t most_squashed = 8;  // bases whose files are looked for

std::string days(std::int64_t seconds) {
  const std::int64_t count = seconds / 86400;
  return count == 1 ? "1 day" : fmt::format("{} days", count);
}

/// `it is not the newest revision: ...`, or nothing.
std::string age_of(const KnownBase& base, std::span<const KnownBase> at_hand, std::span<const KnownBase> revisions, Time now) {
  const KnownBase* newer = newer_than(base, at_hand);
  const KnownBase* const published = newer_than(base, revisions);
  if (published != nullptr && (newer == nullptr || *newer->since < *published->since)) newer = published;
  if (newer == nullptr) return {};
  const auto shared = std::ranges::find_first_of(base.tags, newer->tags);
  const std::string since = base.since ? fmt::format(" of {}, {} ago", base.since->date(), days(now.seconds - base.since->seconds)) : "";
  return fmt::format("it is an older revision{}: '{}:{}' is '{}' since {}", since, base.repository, *shared, newer->digest, newer->since->date());
}

}  // namespace

Result<BaseFinder> BaseFinder::open(host::Machine& machine, BaseWish wish) {
  BaseFinder out(machine);
  const Time now = machine.clock->now();
  out.selection_ = std::make_shared<const policy::Selection>(std::move(wish.selection));
  out.at_hand_ = known_bases(*out.selection_, now);
  if (!wish.named.empty()) {
    auto named = known_bases(machine, wish.named);
    if (!named) return cannot(fmt::format("take '{}' as the base", wish.named), std::move(named).error());
    out.at_hand_.insert(out.at_hand_.end(), named->begin(), named->end());
    out.named_ = wish.named;
  }
  if (!wish.ledger.empty() && machine.files->exists(wish.ledger)) {
    TRY_ASSIGN(auto ledger, open_ledger(machine, wish.ledger));
    TRY_ASSIGN(out.revisions_, published_revisions(ledger));
  }
  return out;
}

std::string BaseFinder::ref_of(const KnownBase& base) const {
  // What was named may be a copy of it that is nearer.
  const auto copy = std::ranges::find_if(at_hand_, [&](const KnownBase& each) { return each.from == KnownBase::From::Named && each.platform == base.platform && each.diff_ids == base.diff_ids; });
  return copy != at_hand_.end() ? named_ : open_by_digest(base).str();
}

Result<inventory::Contents> BaseFinder::files_of(const KnownBase& base, const inventory::LayerShelf* shelf) const {
  TRY_ASSIGN(const auto ref, oci::ImageRef::parse(ref_of(base)));
  TRY_ASSIGN(const auto reader, oci::open_image(*machine_, ref, {.attempts = 1}));
  TRY_ASSIGN(const auto which, oci::choose_platform(*reader, base.platform, ref.str()));
  if (which.config.diff_ids != base.diff_ids) return fail(Kind::Conflict, fmt::format("'{}' has other layers", ref.str()));
  return inventory::read_contents(*reader, which, {.shelf = shelf});
}

void BaseFinder::take(const KnownBase& base, const policy::Selection& selection, Found& out) {
  policy::BaseFacts& facts = out.facts;
  facts.how = policy::BaseFacts::How::Found;
  facts.repository = base.repository, facts.digest = base.digest, facts.created = base.created, facts.tags = base.tags;
  if (base.from != KnownBase::From::Selection) return;
  const policy::SelectedBase& selected = selection.bases[base.entry];
  facts.selected = &selected, facts.vendor = selected.vendor, facts.supported_until = selected.supported_until;
}

BaseFinder::Found BaseFinder::find(const oci::PlatformImage& image, Time now) {
  const std::string platform = image.platform.str();
  const std::vector<Digest>& own = image.config.diff_ids;
  BaseSearch search = find_base(own, platform, all_ ? *all_ : at_hand_);
  Found out;
  if (search.base == nullptr && !all_ && !own.empty() && !revisions_.empty()) {
    all_ = with_layers(*machine_, revisions_, unread_);
    all_->insert(all_->end(), at_hand_.begin(), at_hand_.end());
    search = find_base(own, platform, *all_);
  }
  if (search.base == nullptr) out.notes = unread_;
  policy::BaseFacts& facts = out.facts;
  facts.words = search.how;
  if (own.empty()) facts.how = policy::BaseFacts::How::None;
  if (search.base == nullptr) return out;
  const KnownBase& base = *search.base;
  take(base, *selection_, out);
  facts.layers = search.layers;
  out.is_base = search.is_base;
  out.ref = ref_of(base);
  if (const std::string age = age_of(base, at_hand_, revisions_, now); !age.empty()) facts.words += "; " + age;
  for (const KnownBase* each : search.also) out.notes.push_back(fmt::format("its lowest {} are those of '{}', too", each->diff_ids.size() == 1 ? "layer" : fmt::format("{} layers", each->diff_ids.size()), each->str()));
  return out;
}

Done BaseFinder::look_for_files(const inventory::Contents& image, const std::string& platform, const inventory::LayerShelf* shelf, Found& found) {
  size_t looked = 0, most = 0;
  for (const KnownBase& base : at_hand_) {
    if (base.platform != platform || !base.holds) continue;
    if (++looked > most_squashed) break;
    const auto contents = files_of(base, shelf);
    if (!contents) {
      found.notes.push_back(fmt::format("whether it holds the files of '{}' was not looked at: {}", base.str(), contents.error().message));
      continue;
    }
    if (contents->files.size() <= most || !done_to(*contents, image).unchanged()) continue;
    most = contents->files.size();
    take(base, *selection_, found);
    found.ref = ref_of(base);
    found.facts.words = fmt::format("it has none of the layers of '{}' and every one of its {} files, unchanged: it was squashed, or built from its files", base.str(), most);
  }
  return {};
}

Done BaseFinder::look_inside(inventory::Target& image, bool again, Found& found) {
  const auto kept = kept_layers(*machine_, "base", again);
  const inventory::LayerShelf* const shelf = kept ? &*kept : nullptr;
  // Also where nothing is left to tell: that its layers are what its configuration says is shown by reading them.
  TRY_ASSIGN(const auto whole, inventory::read_contents(image, {.shelf = shelf}));
  if (found.is_base || image.which.config.diff_ids.empty()) return {};
  if (found.facts.how == policy::BaseFacts::How::Found) {
    oci::PlatformImage below = image.which;
    const auto count = static_cast<std::ptrdiff_t>(found.facts.layers);
    below.manifest.layers.erase(below.manifest.layers.begin() + count, below.manifest.layers.end());
    below.config.diff_ids.erase(below.config.diff_ids.begin() + count, below.config.diff_ids.end());
    TRY_ASSIGN(const auto base, inventory::read_contents(*image.image, below, {.shelf = shelf}));
    if (std::string words = done_to(base, whole).words(); !words.empty()) found.notes.push_back(std::move(words));
    return {};
  }
  TRY(look_for_files(whole, image.which.platform.str(), shelf, found));
  if (found.facts.how != policy::BaseFacts::How::Unknown || !is_from_scratch(whole)) return {};
  found.facts.how = policy::BaseFacts::How::None;
  found.facts.words = fmt::format("it has no base: nothing among its {} files is of a distribution, no os-release, package database, library, loader or interpreter", whole.files.size());
  return {};
}

}  // namespace ashlar::pipeline
