#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/shell.h"
#include "base/text.h"
#include "policy/inner/age.h"
#include "policy/inner/asked.h"
#include "policy/inner/named.h"

namespace ashlar::policy {
namespace {

enum class Fits : unsigned char { No, Yes, Maybe };

bool is_open(const scan::Finding& finding) { return finding.status == scan::Status::Affected || finding.status == scan::Status::UnderInvestigation; }

const std::string& package_of(const scan::Finding& finding) { return finding.component.source.empty() ? finding.component.name : finding.component.source; }

std::string name_of(const scan::Finding& finding) { return fmt::format("{} in {}", visible(finding.id), visible(finding.component.name)); }

class Asked {
 public:
  Asked(const FindingRule& rule, const FinishedImage& image, Time now) : rule_(rule), image_(image), now_(now) {
    for (const scan::Finding& each : image.report->findings) count(each);
  }

  Reason reason() const {
    const std::string limit = rule_.at_most == 0 ? "none is allowed" : fmt::format("at most {} {} allowed", rule_.at_most, rule_.at_most == 1 ? "is" : "are");
    if (hits_.size() > rule_.at_most) return {Answer::Denied, "findings", rule_.name, fmt::format("{}: {}, and {}", counted(hits_.size()), named(names(hits_)), limit), rule_.why, remedy()};
    if (rule_.when) {
      // Whether the database could tell at all; its own words say what is missing.
      const scan::GateAnswer answer = scan::ask_gate({*rule_.when}, *image_.report);
      if (!answer.untold.empty()) return {Answer::Unknown, "findings", rule_.name, answer.untold.front(), rule_.why, "fill the database: `ashlar feed update`"};
    }
    if (hits_.size() + maybe_.size() > rule_.at_most) {
      return {Answer::Unknown, "findings", rule_.name, fmt::format("of {} it is not known {}: {}", counted(maybe_.size()), untold_, named(names(maybe_))), rule_.why, untold_remedy_};
    }
    std::string what = hits_.empty() ? "no finding is like that" : fmt::format("{}: {}, and {}", counted(hits_.size()), named(names(hits_)), limit);
    if (unrated_ > 0) what += fmt::format("; {} that nobody has rated {} by", unrated_, unrated_ == 1 ? "passes" : "pass");
    return {Answer::Allowed, "findings", rule_.name, std::move(what), rule_.why};
  }

 private:
  static std::string counted(size_t number) { return number == 1 ? "1 finding" : fmt::format("{} findings", number); }

  static std::vector<std::string> names(const std::vector<const scan::Finding*>& list) {
    std::vector<std::string> out;
    for (const scan::Finding* each : list) {
      std::string name = name_of(*each);
      if (each->reason.starts_with("open again")) name += fmt::format(" ({})", visible(each->reason));
      out.push_back(std::move(name));
    }
    return out;
  }

  bool is_asked(const scan::Finding& finding) const {
    switch (rule_.of) {
      case FindingRule::Of::Open: return is_open(finding);
      case FindingRule::Of::Excepted: return finding.status == scan::Status::Excepted;
      case FindingRule::Of::Both: break;
    }
    return is_open(finding) || finding.status == scan::Status::Excepted;
  }

  const FindingClock* clock_of(const scan::Finding& finding) const {
    if (!image_.clocks) return nullptr;
    const auto found = image_.clocks->find(std::pair(finding.id, package_of(finding)));
    return found == image_.clocks->end() ? nullptr : &found->second;
  }

  Fits untold(std::string what, std::string remedy) {
    untold_ = std::move(what);
    untold_remedy_ = std::move(remedy);
    return Fits::Maybe;
  }

  Fits is_old(const scan::Finding& finding) {
    std::optional<Time> since = finding.published;
    if (rule_.since_first_seen) {
      if (!image_.clocks) return untold("since when the image has it", "ask the ledger, which remembers when what was seen first");
      if (image_.clocks->empty()) return untold("since when the image has it, for the ledger knows no image of this name", "scan it into the ledger, or name the image as the ledger does");
      const FindingClock* const clock = clock_of(finding);
      if (clock == nullptr || !clock->first_seen) return Fits::No;  // it is seen now for the first time
      since = clock->first_seen;
    }
    if (!since) return untold("when it was published", "use a rule without 'older-than' for such findings, or say what it means here: `ashlar vex add`");
    return age_of(*since, now_) > *rule_.older_than ? Fits::Yes : Fits::No;
  }

  Fits is_breached(const scan::Finding& finding) {
    const FindingClock* const clock = clock_of(finding);
    if (clock == nullptr || !clock->breached) return untold("whether its deadline has passed", "ask the ledger with a policy that has a section 'sla', for an image that was scanned into it");
    return *clock->breached ? Fits::Yes : Fits::No;
  }

  Fits fits(const scan::Finding& finding) {
    if (rule_.owner && finding.owner != *rule_.owner) return Fits::No;
    if (rule_.when && !scan::meets(*rule_.when, finding)) {
      scan::GateRule others = *rule_.when;
      others.at_least = advisory::Severity::Unknown;
      if (finding.severity == advisory::Severity::Unknown && scan::meets(others, finding)) ++unrated_;
      return Fits::No;
    }
    const Fits old = rule_.older_than ? is_old(finding) : Fits::Yes;
    if (old == Fits::No) return Fits::No;
    const Fits late = rule_.breached ? is_breached(finding) : Fits::Yes;
    return late == Fits::Yes ? old : late;
  }

  void count(const scan::Finding& finding) {
    if (!is_asked(finding)) return;
    const Fits answer = fits(finding);
    if (answer == Fits::Yes) hits_.push_back(&finding);
    else if (answer == Fits::Maybe) maybe_.push_back(&finding);
  }

  /// Versions that mend it first; where there are none, what else there is to do.
  std::string remedy() const {
    std::vector<std::string> mend;
    bool base = false;
    for (const scan::Finding* each : hits_) {
      base = base || each->owner == scan::Owner::Base;
      if (each->fixed_in.empty()) continue;
      std::string line = fmt::format("{} {}", visible(each->component.name), visible(each->fixed_in));
      if (std::ranges::find(mend, line) == mend.end()) mend.push_back(std::move(line));
    }
    if (!mend.empty()) return fmt::format("take {}{}", named(mend), base ? ", or a newer base that has it" : "");
    const scan::Finding& first = *hits_.front();
    return fmt::format("there is no fix: say what it means here (`ashlar vex add`), or accept it for a time: `ashlar except add {} --package {} --owner NAME --reason TEXT --expires 90d`", shell_word(first.id), shell_word(package_of(first)));
  }

  const FindingRule& rule_;
  const FinishedImage& image_;
  Time now_;
  std::vector<const scan::Finding*> hits_{}, maybe_{};
  size_t unrated_ = 0;
  std::string untold_{}, untold_remedy_{};
};

void ask_coverage(const FindingRules& rules, const scan::Report& report, std::vector<Reason>& out) {
  constexpr const char* remedy = "give the scan what it lacks: `ashlar feed update`, or statements and excuses where nothing else tells";
  if (!report.database.digest) out.push_back({Answer::Unknown, "findings", "coverage", "there is no database of advisories to find anything by", {}, "fill it with `ashlar feed update`"});
  else if (!rules.coverage) return;
  else if (report.verdict != scan::Verdict::Unknown) out.push_back({Answer::Allowed, "findings", "coverage", fmt::format("all {} packages were judged", report.coverage.packages)});
  else if (report.causes.empty()) out.push_back({Answer::Unknown, "findings", "coverage", "the scan could not judge everything", {}, remedy});
  else for (const std::string& cause : report.causes) out.push_back({Answer::Unknown, "findings", "coverage", visible(cause), {}, remedy});
}

void ask_scan_age(std::int64_t limit, const scan::Report& report, Time now, std::vector<Reason>& out) {
  const std::int64_t old = age_of(report.now, now);
  const std::string said = fmt::format("it was scanned on {}, {} ago", report.now.str(), age_text(old));
  if (is_to_come(report.now, now)) out.push_back({Answer::Unknown, "findings", "max-age", fmt::format("the scan is dated {}, which is yet to come", report.now.str()), {}, "scan it anew"});
  else if (old > limit) out.push_back({Answer::Denied, "findings", "max-age", fmt::format("{}: more than {}", said, age_text(limit)), {}, "scan it anew"});
  else out.push_back({Answer::Allowed, "findings", "max-age", said});
}

/// Who has accepted what until when.
void say_exceptions(const scan::Report& report, std::vector<Reason>& out) {
  for (const scan::Finding& each : report.findings) {
    if (each.status == scan::Status::Excepted) out.push_back({Answer::Allowed, "findings", "exceptions", fmt::format("{} is accepted by {}", name_of(each), visible(each.reason))});
  }
}

}  // namespace

void ask_findings(const FindingRules& rules, bool exposed, const FinishedImage& image, Time now, std::vector<Reason>& out) {
  if (image.report == nullptr) {
    out.push_back({Answer::Unknown, "findings", "coverage", "it was not scanned", {}, "scan it: `ashlar scan`"});
    return;
  }
  ask_coverage(rules, *image.report, out);
  if (rules.scan_max_age) ask_scan_age(*rules.scan_max_age, *image.report, now, out);
  if (!image.report->database.digest) return;
  for (const FindingRule& rule : rules.deny) {
    if (rule.exposed && !exposed) continue;
    out.push_back(Asked(rule, image, now).reason());
  }
  say_exceptions(*image.report, out);
}

}  // namespace ashlar::policy
