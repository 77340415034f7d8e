#include "pipeline/selection.h"

#include <random>
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "attest/statement.h"
#include "base/text.h"
#include "pipeline/believed.h"
#include "pipeline/decisions.h"
#include "pipeline/fleet.h"
#include "pipeline/inner/newest_selection.h"
#include "pipeline/inner/platform_layers.h"
#include "pipeline/sla.h"
#include "trust/dsse.h"

namespace ashlar::pipeline {
namespace {

using policy::SelectedBase;
using policy::Selection;

Result<trust::Envelope> read_envelope(host::Machine& machine, const host::Path& path) {
  TRY_ASSIGN(const std::string text, machine.files->read(path));
  auto json = parse_json(text, path.string());
  auto envelope = json ? trust::read_envelope(*json) : Result<trust::Envelope>(std::unexpected(std::move(json).error()));
  if (!envelope) envelope.error().kind = Kind::Corrupt;
  if (!envelope) return cannot(fmt::format("read selection '{}'", path.string()), std::move(envelope).error());
  if (envelope->payload_type != trust::media::in_toto) return cannot(Kind::Corrupt, fmt::format("read selection '{}'", path.string()), fmt::format("its payload is '{}', no statement", envelope->payload_type.substr(0, 80)));
  return envelope;
}

Result<Selection> selection_of(const trust::Envelope& envelope, const host::Path& path) {
  auto out = policy::read_selection(envelope.payload, path.string());
  if (!out) out.error().kind = Kind::Corrupt;
  return out;
}

/// Whose signature it bears among those who are believed; Denied where that is nobody.
Result<std::string> signer_of(const trust::Envelope& envelope, const host::Path& path, const Believed& believed) {
  const std::string what = fmt::format("believe selection '{}'", path.string());
  std::string why;
  for (const BelievedKey& each : believed.keys) {
    if (!trust::verify_envelope(envelope, each.key)) continue;
    if (!each.terms) return each.name;
    const auto judged = trust::judge(*each.terms, believed.now);
    if (judged.standing == trust::Standing::Valid) return each.name;
    why = judged.rule;
  }
  if (!why.empty()) return cannot(Kind::Denied, what, why);
  if (believed.keys.empty()) return cannot(Kind::Invalid, what, "no key is believed: name those of who may select in a keyring (`ashlar keys add team.pub --name platform`, or `verify.keyring` of the policy), with --key, or, of `ashlar policy select`, with --believe");
  return cannot(Kind::Denied, what, "none of the keys that are believed has signed it, or it was altered since");
}

std::string to_statement(const Selection& selection) {
  attest::Statement statement{.subjects = {}, .predicate_type = std::string(policy::selection_uri), .predicate = policy::to_json(selection)};
  for (const SelectedBase& each : selection.bases) {
    statement.subjects.push_back({each.repository, {{"sha256", std::string(cut(each.digest, ':').second)}}});
  }
  // A statement is on something: of an empty selection on its own bytes.
  if (statement.subjects.empty()) statement.subjects.push_back({"selection", {{"sha256", Digest::of(to_compact(statement.predicate)).hex()}}});
  return attest::to_text(statement);
}

/// One file, changed by one of this machine at a time.
class Change {
 public:
  static Result<Change> begin(Workshop& workshop, const host::Path& path, const Hand& hand, bool whoever) {
    const host::Path folder = workshop.folders.state / "locks", whole = std::filesystem::absolute(path).lexically_normal();
    TRY(workshop.machine.files->make_folders(folder));
    TRY_ASSIGN(auto lock, workshop.machine.files->lock(folder / ("selection-" + Digest::of(whole.string()).hex().substr(0, 16) + ".lock")));
    Change out(workshop, path, hand, std::move(lock));
    TRY_ASSIGN(const auto seen, NewestSelections::open(workshop));
    if (!workshop.machine.files->exists(path)) return out;
    TRY_ASSIGN(const auto envelope, read_envelope(workshop.machine, path));
    if (!whoever) {
      Believed believed = hand.believed;
      believed.keys.push_back({"the key that is given", hand.key.public_key(), {}});
      TRY(signer_of(envelope, path, believed));
    }
    TRY_ASSIGN(out.selection, selection_of(envelope, path));
    if (!whoever) TRY(seen.admit(out.selection, path));
    out.selection.serial = std::max(out.selection.serial, seen.newest(out.selection));
    return out;
  }

  /// Signs and writes it, and notes what was done to these bases.
  Done finish(std::vector<SelectedBase> bases, std::string_view what, const std::string& by, const std::string& reason) {
    const Time now = workshop_.machine.clock->now();
    // Of whom, when and what it was made first: no other selection is.
    if (selection.id.empty()) selection.id = Digest::of(fmt::format("{}\n{}\n{}\n{}", std::random_device()(), hand_.key.public_key().digest().str(), now.str(), to_compact(policy::to_json(selection)))).hex().substr(0, 32);
    ++selection.serial;
    TRY_ASSIGN(const auto envelope, trust::sign_envelope(trust::media::in_toto, to_statement(selection), hand_.key));
    const std::string text = trust::to_text(envelope) + "\n";
    TRY(workshop_.machine.files->write(path_, text));
    TRY_ASSIGN(auto seen, NewestSelections::open(workshop_));
    TRY(seen.keep(selection, path_));
    std::vector<ledger::Event> events;
    for (const SelectedBase& each : bases) {
      ledger::Event event{.kind = ledger::Kind::Noted, .at = now, .image = each.repository, .digest = each.digest, .by = by};
      event.facts = {{"what", std::string(what)}, {"key", hand_.key.public_key().digest().str()}, {"selection", Digest::of(text).str()}};
      if (!reason.empty()) event.facts.emplace("reason", reason);
      if (what == "selected") event.facts.emplace("from", each.from.str());
      if (each.until) event.facts.emplace("until", each.until->str());
      events.push_back(std::move(event));
    }
    if (events.empty()) return {};
    const host::Path path = ledger_path(workshop_.folders);
    TRY(workshop_.machine.files->make_folders(path.parent_path()));
    TRY_ASSIGN(auto ledger, ledger::Ledger::open(path));
    TRY(ledger.append(events, now));
    return {};
  }

  Selection selection{};

 private:
  Change(Workshop& workshop, host::Path path, const Hand& hand, std::unique_ptr<host::FileLock> lock) : workshop_(workshop), path_(std::move(path)), hand_(hand), lock_(std::move(lock)) {}
  Workshop& workshop_;
  host::Path path_;
  Hand hand_;
  std::unique_ptr<host::FileLock> lock_;
};

/// What a wish says beside the references, as moments.
struct Terms {
  Time from{};
  std::optional<Time> until{}, supported{};
};
Result<Terms> terms_of(const SelectWish& wish, Time now) {
  if (trim(wish.by).empty()) return fail(Kind::Invalid, "nobody is named who approved it (--by)");
  if (wish.refs.empty()) return fail(Kind::Invalid, "no base is named");
  if (!wish.name.empty() && wish.refs.size() > 1) return fail(Kind::Invalid, "one name is given for several bases");
  Terms out{.from = now};
  if (!wish.from.empty()) {
    TRY_ASSIGN(out.from, end_of(wish.from, now));
  }
  if (!wish.until.empty()) {
    TRY_ASSIGN(out.until, end_of(wish.until, now));
  }
  if (!wish.supported_until.empty()) {
    TRY_ASSIGN(out.supported, end_of(wish.supported_until, now));
  }
  if (out.until && *out.until <= std::max(now, out.from)) return fail(Kind::Invalid, fmt::format("its end, {}, is not after its beginning", out.until->date()));
  return out;
}

Result<SelectedBase> base_of(host::Machine& machine, const std::string& text, const SelectWish& wish, const Terms& terms) {
  TRY_ASSIGN(const auto ref, oci::ImageRef::parse(text));
  if (ref.transport == oci::Transport::Folder) return fail(Kind::Invalid, "a folder is no image");
  SelectedBase out{.repository = ledger_name(ref), .tags = {}, .vendor = wish.vendor, .supported_until = terms.supported, .from = terms.from, .until = terms.until, .approved_by = wish.by, .note = wish.note};
  if (!wish.name.empty()) {
    TRY_ASSIGN(const auto name, oci::ImageRef::parse(wish.name));
    if (name.transport != oci::Transport::Registry) return fail(Kind::Invalid, fmt::format("'{}' names no repository", wish.name));
    out.repository = name.location;
    if (!name.tag.empty()) out.tags = {name.tag};
  } else if (ref.transport != oci::Transport::Registry && ref.transport != oci::Transport::OciLayout) {
    return fail(Kind::Invalid, "an archive has no repository: say with --name which one it is of");
  }
  if (out.tags.empty() && !ref.tag.empty()) out.tags = {ref.tag};
  TRY_ASSIGN(const auto image, layers_of(machine, ref));
  out.digest = image.root.str();
  if (!ref.digest.empty() && !ref.tag.empty() && wish.name.empty()) {
    // The selection is what tells of a tag beside a digest, so that it takes none that does not lead there.
    TRY_ASSIGN(const auto tagged, layers_of(machine, {ref.transport, ref.location, ref.tag, {}}));
    if (tagged.root != image.root) return fail(Kind::Conflict, fmt::format("its tag '{}' leads to {}: leave the tag away, or say with --name what it is selected as", ref.tag, tagged.root.str()));
  }
  for (const PlatformLayers& each : image.platforms) {
    if (const auto created = created_of(each)) out.created = std::max(out.created.value_or(*created), *created);
    policy::SelectedPlatform platform{.platform = each.platform, .manifest = each.manifest.str(), .diff_ids = {}};
    if (each.diff_ids.empty()) return fail(Kind::Invalid, fmt::format("the image for {} has no layers: nothing that is built on it could be told from what is not", each.platform));
    for (const Digest& digest : each.diff_ids) platform.diff_ids.push_back(digest.str());
    out.platforms.push_back(std::move(platform));
  }
  return out;
}

bool is_over(const SelectedBase& base, Time now) { return base.until && *base.until <= now; }

/// Whether `name` means the base: by its digest or that of a platform, or by its repository, with a tag where it has one.
bool means(const std::string& name, const SelectedBase& base) {
  if (Digest::parse(name)) return name == base.digest || std::ranges::find(base.platforms, name, &policy::SelectedPlatform::manifest) != base.platforms.end();
  const auto ref = oci::ImageRef::parse(name);
  if (!ref || (ledger_name(*ref) != base.repository && name != base.repository)) return false;
  return (ref->tag.empty() || std::ranges::find(base.tags, ref->tag) != base.tags.end()) && (ref->digest.empty() || means(ref->digest, base));
}

/// A path that a policy names.
host::Path beside(const policy::Policy& policy, const std::string& path) { return host::Path(path).is_absolute() ? host::Path(path) : host::Path(policy.path).parent_path() / path; }

}  // namespace

host::Path selection_path(const Workshop& workshop) {
  const auto& files = workshop.config.files;
  return (files.empty() ? host::Path() : files.front().parent_path()) / "selection.json";
}

Result<ReadSelection> read_selection(Workshop& workshop, const host::Path& path, const Believed& believed) {
  TRY_ASSIGN(const auto envelope, read_envelope(workshop.machine, path));
  ReadSelection out;
  TRY_ASSIGN(out.signed_by, signer_of(envelope, path, believed));
  TRY_ASSIGN(out.selection, selection_of(envelope, path));
  TRY_ASSIGN(auto seen, NewestSelections::open(workshop));
  TRY(seen.admit(out.selection, path));
  if (auto kept = seen.keep(out.selection, path); !kept) workshop.progress.note(fmt::format("an older selection will not be noticed here: {}", kept.error().message));
  return out;
}

Done refuse_older_selections(Workshop& workshop, const policy::Policy& policy) {
  TRY_ASSIGN(const auto seen, NewestSelections::open(workshop));
  std::vector<const policy::FinishedRules*> all = {&policy.finished};
  for (const auto& [name, rules] : policy.environments) all.push_back(&rules);
  std::set<host::Path> looked;
  for (const policy::FinishedRules* rules : all) {
    if (!rules->bases || rules->bases->selection.empty()) continue;
    const host::Path path = beside(policy, rules->bases->selection);
    if (!looked.insert(path).second || !workshop.machine.files->exists(path)) continue;
    TRY_ASSIGN(const auto selection, look_at_selection(workshop.machine, path));
    TRY(seen.admit(selection, path));
  }
  return {};
}

Result<ReadSelection> selection_of(Workshop& workshop, const policy::Policy& policy, const std::string& environment, const host::Path& given, const TrustSettings& trust) {
  const policy::FinishedRules* const rules = policy::rules_in(policy, environment);
  const bool named = rules != nullptr && rules->bases && !rules->bases->selection.empty();
  const host::Path path = !given.empty() ? given : named ? beside(policy, rules->bases->selection) : selection_path(workshop);
  if (!workshop.machine.files->exists(path)) {
    if (!given.empty()) return cannot(Kind::NotFound, fmt::format("read selection '{}'", path.string()), "there is no such file");
    return ReadSelection{.selection = {}, .signed_by = {}, .missing = fmt::format("there is no selection '{}': `ashlar policy select` makes one", path.string())};
  }
  TrustSettings also = trust;
  if (policy.verify && !policy.verify->keyring.empty()) also.keyring = beside(policy, policy.verify->keyring);
  TRY_ASSIGN(const auto believed, believe(workshop.machine, also));
  return read_selection(workshop, path, believed);
}

Result<Selection> look_at_selection(host::Machine& machine, const host::Path& path) {
  TRY_ASSIGN(const auto envelope, read_envelope(machine, path));
  return selection_of(envelope, path);
}

Result<Selected> select_bases(Workshop& workshop, const host::Path& path, const SelectWish& wish, const Hand& hand) {
  const Time now = workshop.machine.clock->now();
  const auto terms = terms_of(wish, now);
  if (!terms) return cannot("select bases", terms.error());
  Selected out;
  for (const std::string& each : wish.refs) {
    auto base = base_of(workshop.machine, each, wish, *terms);
    if (!base) return cannot(fmt::format("select '{}'", each), std::move(base).error());
    out.bases.push_back(std::move(*base));
  }
  TRY_ASSIGN(auto change, Change::begin(workshop, path, hand, false));
  for (SelectedBase& each : out.bases) {
    std::vector<SelectedBase>& all = change.selection.bases;
    const auto same = std::ranges::find_if(all, [&](const SelectedBase& known) { return known.repository == each.repository && known.digest == each.digest; });
    for (const SelectedBase& other : all) {
      if (other.repository == each.repository && other.digest != each.digest && !is_over(other, now) && std::ranges::find_first_of(other.tags, each.tags) != other.tags.end())
        out.notes.push_back(fmt::format("'{}@{}' was under this tag before and stays selected: what is built on it is allowed until it is revoked", other.repository, other.digest));
    }
    if (same == all.end()) {
      all.push_back(each);
      continue;
    }
    for (const std::string& tag : same->tags) {
      if (std::ranges::find(each.tags, tag) == each.tags.end()) each.tags.push_back(tag);
    }
    out.notes.push_back(fmt::format("'{}@{}' stood there already, approved by '{}' from {} on{}: this takes its place", same->repository, same->digest, same->approved_by, same->from.date(), same->until ? " until " + same->until->date() : ""));
    *same = each;
  }
  TRY(change.finish(out.bases, "selected", wish.by, wish.note));
  return out;
}

Result<Selected> revoke_bases(Workshop& workshop, const host::Path& path, const RevokeWish& wish, const Hand& hand) {
  const Time now = workshop.machine.clock->now();
  if (trim(wish.by).empty()) return cannot(Kind::Invalid, "revoke bases", "nobody is named who says so (--by)");
  if (!workshop.machine.files->exists(path)) return cannot(Kind::NotFound, "revoke bases", fmt::format("there is no selection '{}'", path.string()));
  TRY_ASSIGN(auto change, Change::begin(workshop, path, hand, false));
  std::vector<SelectedBase>& all = change.selection.bases;
  Selected out;
  for (const std::string& name : wish.names) {
    bool found = false;
    for (SelectedBase& each : all) {
      if (is_over(each, now) || !means(name, each)) continue;
      found = true;
      each.until = now;
      each.note += fmt::format("{}revoked by {}{}{}", each.note.empty() ? "" : "; ", wish.by, wish.reason.empty() ? "" : ": ", wish.reason);
      out.bases.push_back(each);
    }
    if (found) continue;
    std::vector<std::string> there;
    for (const SelectedBase& each : all) {
      if (!is_over(each, now)) there.push_back(each.repository + "@" + each.digest);
    }
    return cannot(Kind::NotFound, fmt::format("revoke '{}'", name), there.empty() ? "nothing is selected" : "it is not selected; those that are: " + join(there, ", "));
  }
  std::erase_if(all, [&](const SelectedBase& each) { return each.until && *each.until <= each.from; });
  TRY(change.finish(out.bases, "selection-revoked", wish.by, wish.reason));
  return out;
}

Result<Selected> sign_selection(Workshop& workshop, const host::Path& path, const std::string& by, const Hand& hand) {
  if (trim(by).empty()) return cannot(Kind::Invalid, "sign the selection", "nobody is named who says so (--by)");
  if (!workshop.machine.files->exists(path)) return cannot(Kind::NotFound, "sign the selection", fmt::format("there is no selection '{}'", path.string()));
  TRY_ASSIGN(auto change, Change::begin(workshop, path, hand, true));
  Selected out{.bases = change.selection.bases, .notes = {}};
  TRY(change.finish(out.bases, "selection-signed", by, {}));
  return out;
}

}  // namespace ashlar::pipeline
