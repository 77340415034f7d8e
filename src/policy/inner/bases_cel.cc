#include "policy/inner/bases_cel.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "policy/inner/base_lines.h"
#include "policy/inner/cel.h"

namespace ashlar::policy {
namespace {

using Effect = Inexpressible::Effect;

constexpr std::string_view by_digest = "i.repository + '@' + i.digest";

class BasesCel {
 public:
  BasesCel(const BaseRules& rules, const ExportInputs& inputs, Notes& notes) : rules_(rules), inputs_(inputs), notes_(notes) {}

  /// `about ? wrong : about ? wrong : ...`, as the first rule that is about an image is its rule.
  std::string expression(const std::string& named) {
    std::string out;
    for (const BaseRule& rule : rules_.rules) {
      const std::string about = about_of(rule), wrong = wrong_of(rule);
      if (about == "true") return out + wrong;  // takes all that come to it
      out += fmt::format("{} ? ({}) : ", about, wrong);
    }
    if (rules_.allow_others) return out + "''";
    if (named.empty()) notes_.add(Effect::DeniesMore, "bases", "default", "pods run finished images, and no rule of 'verify' says which those are: what is built on an allowed base is denied by its own name", "name your teams' repositories in a rule of the section 'verify'");
    const std::string denied = says("no rule of the policy's section 'bases' names it", rules_.why);
    return out + (named.empty() ? denied : fmt::format("({} ? '' : {})", named, denied));
  }

 private:
  void note(Effect effect, const BaseRule& rule, std::string why, std::string what_to_do) { notes_.add(effect, "bases", rule.name, std::move(why), std::move(what_to_do)); }

  static std::string says(const std::string& what, const std::string& why) { return fmt::format("i.written + {}", cel::text(": " + visible(what) + (why.empty() ? "" : " (" + visible(why) + ")"))); }

  std::string of_vendor(const std::string& name) const {
    std::vector<std::string> before;
    const auto vendors = inputs_.vendors.find(rules_.vendors);
    if (vendors == inputs_.vendors.end()) return "false";
    for (const Vendor& each : vendors->second) {
      if (each.name == name) {
        const std::string theirs = fmt::format("i.repository.matches({})", cel::text(cel::regex_of(each.images)));
        return before.empty() ? theirs : fmt::format("({} && !i.repository.matches({}))", theirs, cel::text(cel::regex_of(before)));
      }
      before.insert(before.end(), each.images.begin(), each.images.end());
    }
    return "false";
  }

  const Selection* selection() const {
    const auto found = inputs_.selections.find(rules_.selection);
    return found == inputs_.selections.end() ? nullptr : &found->second;
  }
  void note_selection(const BaseRule& rule) { note(Effect::AsOf, rule, fmt::format("the selection '{}' is written out as it stood on {}", rules_.selection, inputs_.now.str()), "export again whenever the selection changes"); }

  /// Of images that the rule may be about, those with a tag that the selection has, and where one of these fits the rule's, or none does. As `by_digest` has them.
  std::vector<std::string> digests_by_tags(const BaseRule& rule, bool fitting) const {
    std::set<std::string> all;
    const auto add = [&](const std::string& repository, const std::string& digest) {
      const auto tags = tags_of(*selection(), repository, digest);
      const auto fits = [&](const std::string& tag) { return std::ranges::any_of(rule.tags, [&](const std::string& glob) { return matches_glob(glob, tag); }); };
      if (!tags.empty() && std::ranges::any_of(tags, fits) == fitting) all.insert(repository + "@" + digest);
    };
    for (const SelectedBase& base : selection() == nullptr ? std::vector<SelectedBase>() : selection()->bases) {
      if (!rule.images.empty() && std::ranges::none_of(rule.images, [&](const std::string& glob) { return matches_glob(glob, base.repository); })) continue;
      add(base.repository, base.digest);
      for (const SelectedPlatform& platform : base.platforms) add(base.repository, platform.manifest);
    }
    return {all.begin(), all.end()};
  }

  std::string about_of(const BaseRule& rule) const {
    std::vector<std::string> all;
    if (!rule.images.empty()) all.push_back(fmt::format("i.repository.matches({})", cel::text(cel::regex_of(rule.images))));
    if (!rule.vendors.empty()) {
      std::vector<std::string> vendors;
      for (const std::string& each : rule.vendors) vendors.push_back(of_vendor(each));
      all.push_back("(" + join(vendors, " || ") + ")");
    }
    if (!rule.tags.empty()) {
      const auto others = digests_by_tags(rule, false);
      all.push_back(fmt::format("(i.digest == '' ? i.tag.matches({}) : {})", cel::text(cel::regex_of(rule.tags)), others.empty() ? "true" : fmt::format("!({} in {})", by_digest, cel::list(others))));
    }
    if (!rule.digests.empty()) all.push_back(fmt::format("(i.digest == '' || i.digest in {})", cel::list(rule.digests)));
    return all.empty() ? "true" : join(all, " && ");
  }

  /// Of an image that a rule is about.
  std::string wrong_of(const BaseRule& rule) {
    const std::string of = fmt::format("the rule '{}' on bases ", rule.name);
    std::string out;
    if (!rule.digests.empty()) out += fmt::format("i.digest == '' ? {} : ", says(of + "asks which digest it has: write it with its digest", rule.why));
    if (!rule.tags.empty()) {
      const auto fitting = digests_by_tags(rule, true);
      out += fmt::format("i.digest != ''{} ? {} : ", fitting.empty() ? "" : fmt::format(" && !({} in {})", by_digest, cel::list(fitting)), says(of + "asks which tag it has: the one beside a digest proves nothing, and the selection has none of this digest", rule.why));
      if (selection() != nullptr) note_selection(rule);
      else note(Effect::DeniesMore, rule, "which tags a digest has only a selection tells, and none was at hand: what the rule may be about is denied where it is written by digest", "name the selection in the section 'bases', or name digests in the rule");
    }
    if (rule.deny) return out + says(of + "denies it", rule.why);
    if (rule.pinned) out += fmt::format("i.digest == '' ? {} : ", says(of + "asks for a digest: write it as NAME:TAG@sha256:...", rule.why));
    if (rule.from || rule.until) {
      const bool yet = rule.from && inputs_.now < *rule.from, over = rule.until && inputs_.now >= *rule.until;
      const std::string times = fmt::format("{}{}{}", rule.from ? "from " + rule.from->str() : "", rule.from && rule.until ? " " : "", rule.until ? "until " + rule.until->str() : "");
      note(Effect::AsOf, rule, fmt::format("it allows {}; the manifests decide that as of {}", times, inputs_.now.str()), "export again when one of these times has come");
      if (yet || over) return out + says(of + (yet ? "does not allow it yet" : "no longer allows it"), rule.why);
    }
    note_pending(rule);
    if (!rule.selected) return out + "''";
    return out + selected(rule, of);
  }

  void note_pending(const BaseRule& rule) {
    if (rule.max_age) note(Effect::AdmitsMore, rule, "how old an image is stands in the image, not in a pod's manifest", "have `ashlar check` judge the image in CI");
    if (rule.supported && !rule.selected) note(Effect::AdmitsMore, rule, "until when a base is supported stands in no pod's manifest", "select bases with `ashlar policy select`, and ask 'selected: true' of them, too");
    if (rule.has_signature && !rule.signature.empty()) note(Effect::AdmitsMore, rule, fmt::format("that the rule '{}' of 'verify' admits it is not asked; the rule that names it is, where the engine asks for signatures", rule.signature), "let the images of that rule be those of this one");
    else if (rule.has_signature) note(Effect::AdmitsMore, rule, "its signature is asked as the section 'verify' of the environment asks for it, and not otherwise", "let 'verify' name it");
    if (!rule.vendors.empty()) note(Effect::AdmitsMore, rule, "whose image it is was told by its repository alone, and not proved by its signature", "write a rule of 'verify' with the vendor's signers");
  }

  std::string selected(const BaseRule& rule, const std::string& of) {
    if (selection() == nullptr) {
      note(Effect::DeniesMore, rule, "there is no selection to look images up in: all that the rule is about is denied", "have the selection that the section 'bases' names at hand, and export again");
      return says(of + "asks for the selection, which was not at hand when it was exported", rule.why);
    }
    const Selection& selection = *this->selection();
    std::set<std::string> all;
    bool times = false, unsaid = false;
    const auto add = [&](const SelectedBase& base, const std::string& tag, const std::string& digest) {
      const SelectedBase* const one = find(selection, base.repository, tag, digest);
      if (one == nullptr) return;
      times = times || one->until || one->from > inputs_.now || (rule.supported && one->supported_until);
      if (inputs_.now < one->from || (one->until && inputs_.now >= *one->until)) return;
      if (rule.supported && one->supported_until && inputs_.now >= *one->supported_until) return;
      unsaid = unsaid || (rule.supported && !one->supported_until);
      all.insert(digest.empty() ? base.repository + ":" + tag : base.repository + "@" + digest);
    };
    for (const SelectedBase& base : selection.bases) {
      add(base, {}, base.digest);
      for (const SelectedPlatform& platform : base.platforms) add(base, {}, platform.manifest);
      for (const std::string& tag : base.tags) add(base, tag, {});
    }
    note_selection(rule);
    if (times) note(Effect::AsOf, rule, fmt::format("bases are selected and supported from and until certain times; the manifests decide that as of {}", inputs_.now.str()), "export again every day, or when one of these times has come");
    if (unsaid) note(Effect::AdmitsMore, rule, "of some selected bases nobody says until when they are supported", "say it in the selection");
    const std::vector<std::string> list(all.begin(), all.end());
    return fmt::format("(i.digest == '' ? i.repository + ':' + i.tag : {}) in {} ? '' : {}", by_digest, cel::list(list), says(of + "asks for the selection, in which it is not", rule.why));
  }

  const BaseRules& rules_;
  const ExportInputs& inputs_;
  Notes& notes_;
};

}  // namespace

std::string bases_cel(const BaseRules& rules, const std::string& named, const ExportInputs& inputs, Notes& notes) { return BasesCel(rules, inputs, notes).expression(named); }

}  // namespace ashlar::policy
