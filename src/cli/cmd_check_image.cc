#include "cli/check_image.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/key_options.h"
#include "oci/ref.h"
#include "pipeline/check_image.h"
#include "pipeline/configured_scan.h"
#include "pipeline/feeds.h"
#include "pipeline/make.h"
#include "pipeline/sla.h"
#include "policy/judgement_forms.h"

namespace ashlar::cli {
namespace {

constexpr const char* schema = "https://ashlar.dev/check/v1";

/// A reason, and the platforms that it is said of; none: of each.
struct Said {
  policy::Reason reason;
  std::vector<std::string> platforms{};
};

std::vector<Said> said_of(const pipeline::CheckedImage& image) {
  std::vector<Said> out;
  for (const auto& platform : image.platforms) {
    for (const policy::Reason& each : platform.judgement.reasons) {
      auto same = std::ranges::find_if(out, [&](const Said& known) { return known.reason == each; });
      if (same == out.end()) same = out.insert(out.end(), {each});
      if (std::ranges::find(same->platforms, platform.image.platform) == same->platforms.end()) same->platforms.push_back(platform.image.platform);
    }
  }
  for (Said& each : out) {
    if (each.platforms.size() == image.platforms.size()) each.platforms.clear();
  }
  return out;
}

std::string_view word(policy::BaseFacts::How how) {
  using How = policy::BaseFacts::How;
  return how == How::Found ? "found" : how == How::None ? "none" : "unknown";
}

Json to_json(const policy::BaseFacts& base) {
  Json out = {{"how", word(base.how)}, {"what", base.words}};
  if (base.how != policy::BaseFacts::How::Found) return out;
  out["repository"] = base.repository;
  if (!base.tags.empty()) out["tag"] = base.tags.front();
  out["digest"] = base.digest;
  out["layers"] = base.layers;
  if (!base.vendor.empty()) out["vendor"] = base.vendor;
  if (base.created) out["created"] = base.created->str();
  if (base.supported_until) out["supported_until"] = base.supported_until->str();
  if (base.selected != nullptr) {
    const policy::SelectedBase& selected = *base.selected;
    out["selected"] = {{"from", selected.from.str()}, {"approved_by", selected.approved_by}};
    if (selected.until) out["selected"]["until"] = selected.until->str();
  }
  return out;
}

Json to_json(const pipeline::CheckedImage& image, const std::string& policy, const std::string& environment) {
  Json reasons = Json::array(), platforms = Json::array();
  for (const Said& each : said_of(image)) {
    reasons.push_back(policy::to_json(each.reason));
    if (!each.platforms.empty()) reasons.back()["platforms"] = each.platforms;
  }
  for (const auto& each : image.platforms) {
    platforms.push_back({{"platform", each.image.platform}, {"digest", each.image.digest}, {"verdict", policy::to_string(each.judgement.answer)}, {"base", to_json(each.image.base)}, {"notes", each.notes}});
  }
  const auto& t = image.timings;
  return {{"schema", schema}, {"allowed", image.answer == policy::Answer::Allowed}, {"verdict", policy::to_string(image.answer)}, {"environment", environment}, {"ref", image.ref}, {"digest", image.digest}, {"policy", policy},
          {"now", image.platforms.front().judgement.now.str()}, {"reasons", std::move(reasons)}, {"base", to_json(image.platforms.front().image.base)}, {"platforms", std::move(platforms)},
          {"timings", {{"base", t.base}, {"signatures", t.signatures}, {"test", t.test}, {"scan", t.scan}, {"total", t.total}}}};
}

/// The base where no reason tells of it, and notes; what of it is the same for every platform is said once.
void say_platforms(Context& context, const pipeline::CheckedImage& image) {
  std::vector<std::string> told;
  for (const auto& each : image.platforms) {
    const std::string base = fmt::format("base: {}", each.image.base.words);
    const bool reason = std::ranges::any_of(each.judgement.reasons, [&](const policy::Reason& said) { return said.what.find(visible(each.image.base.words)) != std::string::npos; });
    const bool fresh = !reason && std::ranges::find(told, base) == told.end();
    if (fresh) say(context, visible(image.platforms.size() == 1 ? base : fmt::format("{}: {}", each.image.platform, base))), told.push_back(base);
    for (const std::string& note : each.notes) {
      if (std::ranges::find(told, note) != told.end()) continue;
      say(context, faint(context, fmt::format("      {}", visible(note))));
      told.push_back(note);
    }
  }
}

void say_verdict(Context& context, const pipeline::CheckedImage& image, const std::string& policy, const std::string& environment) {
  say_platforms(context, image);
  for (const auto& [reason, platforms] : said_of(image)) {
    say(context, fmt::format("{:<8} {}{}{}: {}{}", policy::to_string(reason.answer), reason.section, reason.rule.empty() ? "" : " ", reason.rule, platforms.empty() ? "" : join(platforms, ", ") + ": ", reason.what));
    if (reason.answer == policy::Answer::Allowed) continue;
    if (!reason.why.empty()) say(context, faint(context, fmt::format("         why: {}", reason.why)));
    if (!reason.remedy.empty()) say(context, fmt::format("         to do: {}", reason.remedy));
  }
  const auto& t = image.timings;
  if (context.verbose) say(context, faint(context, fmt::format("base {:.3f} s, signatures {:.3f} s, test {:.3f} s, scan {:.3f} s, total {:.3f} s", t.base, t.signatures, t.test, t.scan, t.total)));
  say(context, bold(context, fmt::format("{}: {} {} by {}{}", image.ref, image.digest, image.answer == policy::Answer::Unknown ? "is not allowed, for it is unknown whether it may be," : fmt::format("is {}", policy::to_string(image.answer)), policy.empty() ? "no policy" : fmt::format("'{}'", policy),
                                         environment.empty() ? "" : fmt::format(" in {}", environment))));
}

}  // namespace

void add_image_check_options(CLI::App& app, ImageCheckOptions& options) {
  app.add_option("--platform", options.platform, "of an image: this platform alone; by default each that it has")->option_text("PLATFORM");
  app.add_option("--name", options.name, "of an image: judge it as HOST/REPO, for what was carried elsewhere")->option_text("NAME");
  app.add_option("--base", options.base, "of an image: what its base may be; its layers tell whether it is")->option_text("REF");
  app.add_option("--selection", options.selection, "the signed selection of bases; by default the policy's, else selection.json beside the configuration")->option_text("FILE");
  app.add_option("--ledger", options.ledger, "of an image: this ledger; by default the one in the folder of state")->option_text("FILE");
  app.add_option("--db", options.database, "of an image: this advisory database; by default the one that `ashlar feed` keeps")->option_text("FILE");
  app.add_option("--vex", options.statements, "of an image: documents of statements that count (OpenVEX, CycloneDX, CSAF), or folders of such")->option_text("FILE");
  app.add_flag("--again", options.again, "of an image: take nothing that is kept of an earlier look");
  add_trust_options(app, options.trust);
}

bool names_image(std::string_view argument, bool exists) {
  constexpr std::array transports = {"oci:", "oci-archive:", "docker-archive:", "docker://", "dir:"};
  if (std::ranges::any_of(transports, [&](std::string_view each) { return argument.starts_with(each); })) return true;
  const std::string_view host = cut(argument, '/').first;
  const bool full = host == "localhost" || host.find_first_of(".:") != std::string_view::npos;
  return !exists && full && oci::ImageRef::parse(argument).has_value();
}

Result<Exit> check_image(Context& context, const std::string& ref, const std::string& policy_path, const std::string& environment, const ImageCheckOptions& options) {
  if (context.format != "text" && !context.json) return cannot(Kind::Invalid, fmt::format("write the answer as '{}'", context.format), "that is a form for files; the verdict on an image is text or json");
  TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  TRY_ASSIGN(const auto policy, pipeline::load_policy(context.machine, policy_path));
  pipeline::CheckImageOptions how{.platform = options.platform, .name = options.name, .environment = environment, .base = options.base, .selection = options.selection, .ledger = options.ledger.empty() ? pipeline::ledger_path(workshop.folders) : host::Path(options.ledger),
                                  .trust = pipeline::trust_by(workshop, options.trust), .again = options.again, .unsigned_yet = options.unsigned_yet};
  TRY_ASSIGN(how.scan, pipeline::configured_scan(workshop));
  how.scan.trust = how.trust;
  for (const std::string& each : options.statements) how.scan.statements.emplace_back(each);
  TRY_ASSIGN(const auto database, pipeline::open_database(workshop, options.database, std::nullopt));
  TRY_ASSIGN(const auto checked, pipeline::check_image(workshop, *database, ref, policy, how));
  if (context.json) answer(context, to_json(checked, policy_path, environment));
  else say_verdict(context, checked, policy_path, environment);
  return checked.answer == policy::Answer::Allowed ? Exit::Clean : checked.answer == policy::Answer::Denied ? Exit::No : Exit::Unknown;
}

}  // namespace ashlar::cli
