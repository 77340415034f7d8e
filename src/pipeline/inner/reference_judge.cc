#include "pipeline/inner/reference_judge.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "policy/finished.h"
#include "workload/repin.h"

namespace ashlar::pipeline {
namespace {

/// The folder of a glob that means all below it, without its slash; empty: it is another glob.
std::string_view folder_of(std::string_view glob) {
  const std::string_view folder = glob.substr(0, glob.find_last_not_of("*/") + 1);
  return folder.empty() || folder.size() == glob.size() || glob[folder.size()] != '/' || folder.find_first_of("*?[") != std::string_view::npos ? std::string_view() : folder;
}

/// Whether an image of the catalogue has the version that was asked for, as far as that goes.
bool has_version(const workload::Advice& advice) {
  return advice.version.empty() || advice.version == "latest" || advice.tag == advice.version || advice.tag.starts_with(advice.version + ".") || advice.version.starts_with(advice.tag + ".");
}
/// Writes another reference in the place of a use, where that is one text in one place.
void rewrite(const workload::ImageUse& use, const std::string& to, workload::Remark& remark) {
  const auto name = workload::ImageName::parse(to);
  if (!name || !workload::is_mendable(use)) return;
  if (auto edits = workload::edits_to(use, *name)) remark.edits = std::move(*edits);
}

}  // namespace

policy::ReferenceVerdict ReferenceJudge::ask(workload::FileKind kind, const workload::ImageUse& use) const {
  if (use.elsewhere) return of_unseen(use);
  if (!use.given.empty() && std::ranges::find(rules->variables, use.given) != rules->variables.end()) {
    return {.answer = policy::Answer::Allowed, .rule = {}, .reasons = {{.answer = policy::Answer::Allowed, .section = "bases", .rule = "variables", .what = fmt::format("the policy leaves the variable '{}' to whoever gives it a value", visible(use.given))}}, .pending = {}, .remedy = {}};
  }
  if (!use.reason.empty()) return of_undecided(kind, use);
  if (!use.image) {
    const std::string what = use.unknown.empty() ? fmt::format("'{}' is no reference", visible(use.written.substr(0, 200))) : fmt::format("the variable '{}' decides on it", visible(join(use.unknown, "', '").substr(0, 200)));
    return {.answer = policy::Answer::Unknown, .rule = {}, .reasons = {{.answer = policy::Answer::Unknown, .section = "bases", .what = what}}, .pending = {}, .remedy = "name it in the file"};
  }
  if (kind == workload::FileKind::Dockerfile && use.where == "FROM" && use.image->str() == "scratch") return of_scratch();
  const policy::NamedReference reference = whole(*use.image);
  // What runs is a finished image: where a rule says who signs it, its base is asked of the image, and not of its own name.
  const policy::VerifyRule* const finished = verify == nullptr || kind == workload::FileKind::Dockerfile ? nullptr : policy::rule_for(*verify, reference.repository);
  policy::ReferenceVerdict out = policy::ask_reference(*rules, selection, reference, now);
  const bool banned = std::ranges::any_of(rules->rules, [&](const policy::BaseRule& each) { return each.deny && each.name == out.rule; });
  if (finished != nullptr && out.answer == policy::Answer::Denied && !banned) {
    out = {.answer = policy::Answer::Unknown, .rule = finished->name, .reasons = {{.answer = policy::Answer::Allowed, .section = "verify", .rule = finished->name, .what = fmt::format("'{}' is a finished image by the rule '{}'", visible(reference.repository), finished->name)}},
           .pending = {"who signed it", "its base (`ashlar check REF`)"}, .remedy = fmt::format("ask the image: `ashlar check docker://{}`", visible(use.image->str()))};
  }
  // Nothing in the file speaks against it, and the rest is for the check of the image.
  if (passes(out)) out.answer = policy::Answer::Allowed;
  return out;
}

/// Of a use that something else decides on, too: denied only where its name alone is, whatever the rest turns out to be.
policy::ReferenceVerdict ReferenceJudge::of_undecided(workload::FileKind kind, workload::ImageUse use) const {
  const std::string reason = std::exchange(use.reason, {});
  policy::ReferenceVerdict out{.answer = policy::Answer::Unknown, .rule = {}, .reasons = {{.answer = policy::Answer::Unknown, .section = "bases", .what = fmt::format("'{}': {}", visible(use.written.substr(0, 200)), reason)}}, .pending = {}, .remedy = "say it in the file, or check what comes of it"};
  if (!use.image || std::ranges::any_of(rules->rules, [](const policy::BaseRule& each) { return !each.tags.empty() || !each.digests.empty(); })) return out;
  policy::ReferenceVerdict named = ask(kind, use);
  const bool by_name = named.rule.empty() || std::ranges::any_of(rules->rules, [&](const policy::BaseRule& each) { return each.deny && each.name == named.rule; });
  return named.answer == policy::Answer::Denied && by_name ? named : out;
}

/// Of what other files bring along, where the policy denies what is not seen.
policy::ReferenceVerdict ReferenceJudge::of_unseen(const workload::ImageUse& use) const {
  const policy::Answer answer = rules->unseen == policy::Unseen::Deny ? policy::Answer::Denied : policy::Answer::Allowed;
  policy::Reason reason{.answer = answer, .section = "bases", .rule = "unseen", .what = fmt::format("'{}': {}", visible(use.written.substr(0, 200)), use.reason), .why = "the policy denies what is not seen"};
  return {.answer = answer, .rule = {}, .reasons = {std::move(reason)}, .pending = {}, .remedy = "name it, too, or check what comes of it"};
}

/// Of a stage that has no base: what the policy says of images that have none.
policy::ReferenceVerdict ReferenceJudge::of_scratch() const {
  policy::Policy only;
  only.finished.bases = *rules;
  policy::FinishedImage image;
  image.base.how = policy::BaseFacts::How::None;
  policy::Judgement judged = policy::judge(only, image, {}, now);
  policy::ReferenceVerdict out{.answer = judged.answer, .rule = {}, .reasons = std::move(judged.reasons), .pending = {}, .remedy = {}};
  if (out.answer != policy::Answer::Allowed && !out.reasons.empty()) out.remedy = out.reasons.front().remedy;
  return out;
}

policy::NamedReference ReferenceJudge::whole(const workload::ImageName& name) const {
  policy::NamedReference out{name.str(), policy::full_name(registries, name.name), name.tag, name.digest, {}};
  if (const policy::Vendor* vendor = policy::vendor_of(vendors, out.repository)) out.vendor = vendor->name;
  return out;
}

bool ReferenceJudge::is_usual_frontend(const workload::ImageUse& use) const {
  constexpr std::array<std::string_view, 2> names = {"docker/dockerfile", "docker/dockerfile-upstream"};
  if (use.where != "syntax" || !use.image) return false;
  const std::string own = policy::full_name(registries, use.image->name);
  return std::ranges::any_of(names, [&](std::string_view each) { return own == policy::full_name(registries, each); });
}

std::optional<bool> ReferenceJudge::runs_as_root(const workload::ImageName& name) const {
  const std::string repository = policy::full_name(registries, name.name);
  if (const auto told = policy::runs_as_root(vendors, repository, name.tag); told || !hardened || rules == nullptr) return told;
  for (const policy::BaseRule& rule : rules->rules) {
    for (const std::string& glob : rule.images) {
      const std::string_view folder = rule.deny ? std::string_view() : folder_of(glob);
      if (folder.empty() || !repository.starts_with(folder) || repository.find_last_of('/') != folder.size()) continue;
      const std::string_view last = std::string_view(repository).substr(folder.size() + 1);
      for (const workload::HardenedBase& each : hardened->all()) {
        // Its tags: 3.13, 3.13.5, 3.13.5-r2; a -dev image has another user.
        const bool runtime = !each.runtime.empty() && (name.tag == each.runtime || name.tag.starts_with(each.runtime + ".") || name.tag.starts_with(each.runtime + "-r"));
        const bool dev = name.tag.find("-dev") != std::string::npos;
        if (last == each.repository && !dev && (runtime || (!each.compat.empty() && name.tag == each.compat))) return each.user == "0" || each.user == "root";
      }
    }
  }
  return std::nullopt;
}

/// The digest that is selected now for a name and its tag, where the policy does not deny it; empty: none is.
std::string ReferenceJudge::selected_digest(const workload::ImageName& name) const {
  if (selection == nullptr || name.tag.empty()) return {};
  policy::NamedReference reference = whole({name.name, name.tag, {}});
  const auto* const found = policy::find(*selection, reference.repository, name.tag, {});
  if (found == nullptr || now < found->from || (found->until && now >= *found->until)) return {};
  reference.digest = found->digest;
  return policy::ask_reference(*rules, selection, reference, now).answer == policy::Answer::Denied ? std::string() : found->digest;
}

/// What the registry says that a tag points at now, where the policy takes it with that digest as it takes it without, or denies it for the lack of one alone.
std::string ReferenceJudge::registry_digest(const workload::ImageName& name) const {
  if (digests == nullptr || name.tag.empty() || name.tag == "latest") return {};
  policy::NamedReference reference = whole({name.name, name.tag, {}});
  const policy::Answer before = policy::ask_reference(*rules, selection, reference, now).answer;
  const auto takes = [&](const std::string& digest) {
    reference.digest = digest;
    const policy::Answer after = policy::ask_reference(*rules, selection, reference, now).answer;
    return after == policy::Answer::Allowed || (after == policy::Answer::Unknown && before != policy::Answer::Allowed);
  };
  if (!takes(Digest::of("").str())) return {};  // nobody is asked about what no digest makes good
  const std::string found = digests->of(reference.repository, name.tag);
  return !found.empty() && takes(found) ? found : std::string();
}

std::string ReferenceJudge::known_digest(const workload::ImageName& name) const {
  const std::string selected = selected_digest(name);
  return selected.empty() ? registry_digest(name) : selected;
}

/// Whether nothing is left to ask of an image but, where that is left to its own check, what only the image tells.
bool ReferenceJudge::passes(const policy::ReferenceVerdict& verdict) const {
  return verdict.answer == policy::Answer::Allowed || (pending_passes && verdict.answer == policy::Answer::Unknown && !verdict.pending.empty() && policy::answer_of(verdict.reasons) == policy::Answer::Allowed);
}

/// Where the policy allows an image of the catalogue: below the folder that a rule names, with the selected digest where one is needed.
ReferenceJudge::Place ReferenceJudge::allowed_place(const workload::Advice& advice) const {
  for (const policy::BaseRule& rule : rules->rules) {
    for (const std::string& glob : rule.images) {
      const std::string_view folder = folder_of(glob);
      if (rule.deny || folder.empty()) continue;
      policy::NamedReference reference{.written = {}, .repository = fmt::format("{}/{}", folder, advice.image), .tag = advice.tag, .digest = {}, .vendor = {}};
      std::string out = fmt::format("{}/{}", folder, advice.str());
      bool there = false;
      if (const auto* const selected = selection == nullptr ? nullptr : policy::find(*selection, reference.repository, reference.tag, {})) {
        reference.digest = selected->digest;
        out += "@" + selected->digest;
        there = true;
      }
      const policy::ReferenceVerdict verdict = policy::ask_reference(*rules, selection, reference, now);
      if (verdict.answer != policy::Answer::Denied) return {out, there, passes(verdict)};
      if (reference.digest.empty() && rule.pinned) return {out + "@sha256:…", false, false};
    }
  }
  return {};
}

std::vector<workload::Remark> ReferenceJudge::remarks(workload::FileKind kind, const workload::ImageUse& use, const policy::ReferenceVerdict& verdict) const {
  if (verdict.answer == policy::Answer::Allowed) return {};
  const bool denied = verdict.answer == policy::Answer::Denied;
  std::vector<std::string> words;
  for (const policy::Reason& each : verdict.reasons) {
    if (each.answer == verdict.answer) words.push_back(each.why.empty() ? each.what : fmt::format("{} ({})", each.what, each.why));
  }
  if (!denied && !verdict.pending.empty()) words.push_back(fmt::format("only the image tells {}", join(verdict.pending, ", ")));
  workload::Remark out{workload::find_rule(denied ? "image-denied" : "image-undecided"), use.span, join(words, "; "), verdict.remedy};
  if (!denied || !use.image) return {std::move(out)};
  if (use.image->digest.empty()) {
    if (const std::string digest = known_digest(*use.image); !digest.empty()) {
      const std::string pinned = fmt::format("{}@{}", use.image->str(), digest);
      out.remedy = fmt::format("use '{}'", pinned);
      rewrite(use, pinned, out);
      return {std::move(out)};
    }
  }
  if (const auto advice = replacements.find(*use.image); advice && advice->found()) {
    const Place there = allowed_place(*advice);
    out.remedy = there.words.empty() ? fmt::format("use '{}' of the catalogue", advice->str()) : fmt::format("use '{}'", there.words);
    if (!there.selected) out.remedy += there.words.empty() ? ", once it is published" : fmt::format(", once '{}' of the catalogue is published there{}", advice->str(), selection == nullptr ? "" : " and selected");
    // What a Dockerfile does with its base is for `ashlar migrate` to move.
    // Nobody who is not asked gets an image that differs, or a tag in the place of a digest.
    const bool keeps = use.image->digest.empty() || there.words.find('@') != std::string::npos;
    const bool other_user = !advice->differs.empty() && std::ranges::all_of(advice->differs, [](const std::string& each) { return each.starts_with("runs as "); });
    if (kind == workload::FileKind::Dockerfile || !there.allowed || !keeps || !has_version(*advice) || (!advice->differs.empty() && !other_user)) return {std::move(out)};
    if (other_user) out.remedy += fmt::format("; it {}: what it writes must be that user's, and a port below 1024 depends on the engine{}", join(advice->differs, ", "), other_users ? "" : " (`--fix --other-users` writes it)");
    if (!other_user || other_users) rewrite(use, there.words, out);
  }
  return {std::move(out)};
}

Result<ReferenceJudge> reference_judge(Workshop& workshop, const CheckFilesWish& wish, const policy::Policy& policy, const policy::FinishedRules* rules) {
  host::Files& files = *workshop.machine.files;
  const host::Path folder = workshop.data / "policies";
  ReferenceJudge out;
  TRY_ASSIGN(std::string text, files.read(folder / "replacements.yaml"));
  TRY_ASSIGN(out.replacements, workload::Replacements::read(std::move(text), (folder / "replacements.yaml").string()));
  if (const host::Path table = folder / "migration.yaml"; rules != nullptr && files.exists(table)) {
    TRY_ASSIGN(const std::string whole, files.read(table));
    TRY_ASSIGN(out.hardened, workload::HardenedBases::parse(whole, table.string()));
  }
  out.now = workshop.machine.clock->now();
  out.pending_passes = wish.pending_passes;
  out.other_users = wish.other_users;
  if (rules != nullptr && rules->bases) {
    out.rules = &*rules->bases, out.selection = wish.selection;
    if (rules->verify && policy.verify) out.verify = &*policy.verify;
    if (wish.ask_registries) out.digests = std::make_shared<RegistryDigests>(workshop.machine);
  }
  TRY_ASSIGN(std::string registries, files.read(folder / "registries.yaml"));
  TRY_ASSIGN(out.registries, policy::read_registries(std::move(registries), (folder / "registries.yaml").string()));
  const host::Path vendors = out.rules == nullptr || out.rules->vendors.empty() ? folder / "vendors.yaml" : wish.policy.parent_path() / out.rules->vendors;
  TRY_ASSIGN(std::string described, files.read(vendors));
  TRY_ASSIGN(out.vendors, policy::read_vendors(std::move(described), vendors.string()));
  return out;
}

}  // namespace ashlar::pipeline
