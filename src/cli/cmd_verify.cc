#include <algorithm>
#include <set>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "attest/predicate.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/key_options.h"
#include "pipeline/admission.h"
#include "pipeline/copy.h"
#include "pipeline/verify.h"
#include "pipeline/workshop.h"

namespace ashlar::cli {
namespace {

constexpr const char* schema = "https://ashlar.dev/verify/v1";

struct Options {
  std::string ref, receipt, platform, policy, name;
  pipeline::TrustSettings trust{};
  std::vector<std::string> types;
  bool statements = false;
};

Result<Exit> verify_receipt(Context& context, const Options& options) {
  TRY_ASSIGN(const std::string text, context.machine.files->read(options.receipt));
  TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  TRY_ASSIGN(const auto believed, pipeline::believe(context.machine, pipeline::trust_by(workshop, options.trust)));
  const auto found = pipeline::read_receipt(text, options.receipt, believed, !options.trust.empty());
  if (!found && found.error().kind == Kind::Denied) {
    if (context.json) answer(context, Json{{"schema", schema}, {"verified", false}, {"reason", found.error().message}});
    else say(context, found.error().message);
    return Exit::No;
  }
  TRY_ASSIGN(const auto read, found);
  const oci::Receipt& receipt = read.receipt;
  const std::string& ref = options.ref.empty() ? receipt.destination : options.ref;
  TRY_ASSIGN(const auto faults, pipeline::verify_receipt(context.machine, receipt, ref));
  if (context.json) {
    Json rows = Json::array();
    for (const auto& each : faults) rows.push_back({{"digest", each.entry.descriptor.digest.str()}, {"role", oci::to_string(each.entry.role)}, {"reason", each.why}});
    answer(context, Json{{"schema", schema}, {"verified", faults.empty()}, {"ref", ref}, {"digest", receipt.root.str()}, {"blobs", receipt.entries.size()}, {"receipt_signed_by", read.signed_by}, {"faults", std::move(rows)}});
  } else {
    for (const auto& each : faults) say(context, fmt::format("{} {}: {}", oci::to_string(each.entry.role), each.entry.descriptor.digest.str(), each.why));
    say(context, read.signed_by.empty() ? "nothing signs the receipt: who may write to it says what it names" : fmt::format("the receipt is signed by '{}'", read.signed_by));
    say(context, faults.empty() ? fmt::format("{}: all {} blobs are there, whole", ref, receipt.entries.size()) : fmt::format("{}: {} of {} blobs are missing or altered", ref, faults.size(), receipt.entries.size()));
  }
  return faults.empty() ? Exit::Clean : Exit::No;
}

/// What is not verified may be, by what was not looked at.
Exit exit_of(bool good, const pipeline::Verification& found) { return good ? Exit::Clean : found.unread.empty() ? Exit::No : Exit::Unknown; }

Json to_json(const pipeline::Signature& each) {
  Json out = {{"layout", each.layout}, {"key", each.key}, {"predicate_type", each.predicate_type}, {"verified", each.verified}, {"reason", each.reason}};
  out["artifact"] = each.artifact.str();
  out["subject"] = each.subject.str();
  return out;
}

Json to_json(const pipeline::Verification& found) {
  Json rows = Json::array();
  for (const auto& each : found.signatures) {
    rows.push_back(to_json(each));
    rows.back()["on"] = each.subject == found.index ? "index" : "image";
    if (const auto platform = found.platforms.find(each.subject); platform != found.platforms.end()) rows.back()["platform"] = platform->second;
  }
  const auto time = [](const std::optional<Time>& each) { return each ? Json(each->str()) : Json(nullptr); };
  Json support = Json::array();
  for (const auto& each : found.support)
    support.push_back({{"from", time(each.said.from)}, {"until", time(each.said.until)}, {"ended", each.ended}, {"begun", each.begun}, {"rebuilt_at_latest", each.said.rebuilt_at_latest}, {"published", time(each.said.published)}, {"due", time(each.due)},
                       {"late", each.late}, {"sla", each.said.sla}, {"by", each.by}, {"promised", time(each.said.promised)}, {"superseded", each.superseded}});
  return {{"schema", schema}, {"verified", found.verified}, {"ref", found.ref}, {"digest", found.digest.str()}, {"signatures", std::move(rows)}, {"missing", found.missing}, {"unread", found.unread}, {"support", std::move(support)}};
}

void say_signatures(Context& context, const pipeline::Verification& found) {
  std::vector<std::vector<std::string>> rows = {{"", "layout", "of", "key", "why"}};
  for (const auto& each : found.signatures) {
    const auto* const known = attest::find_predicate_type(each.predicate_type);
    const bool index = each.subject == found.index, whole = each.signs_image();
    std::string of = whole ? (index ? "the index" : "the image") : known != nullptr ? std::string(known->name) : each.predicate_type.empty() ? "?" : each.predicate_type;
    if (const auto platform = found.platforms.find(each.subject); platform != found.platforms.end()) of += " of " + platform->second;
    else if (index && !whole) of += " of the index";
    rows.push_back({each.verified ? "ok" : "--", each.layout, of, each.key, each.reason});
  }
  if (rows.size() > 1) say(context, table(context, rows));
  for (const std::string& each : found.unread) say(context, each);
  for (const auto& each : found.support) say(context, each.str());
}

/// What is said by whom is believed, of the types that were asked for, or of all: each once, one a line.
void say_statements(Context& context, const pipeline::Verification& found, const std::vector<std::string>& types) {
  std::set<std::string> said;
  for (const auto& each : found.signatures) {
    if (!each.verified || each.statement.empty() || !said.insert(each.statement).second) continue;
    const auto asked = [&](const std::string& type) { return pipeline::plain_type(type) == pipeline::plain_type(each.predicate_type); };
    if (!types.empty() && std::ranges::none_of(types, asked)) continue;
    // It was read when it was verified; as it is written, line breaks and all, it may be no line.
    if (const auto read = parse_json(each.statement, "statement")) context.answer->append(read->dump() + "\n");
  }
}

void say_verification(Context& context, const pipeline::Verification& found) {
  say_signatures(context, found);
  for (const std::string& each : found.missing) say(context, each);
  say(context, fmt::format("{}: {} {}", found.ref, found.digest.str(), found.verified ? "is signed by whom is believed" : "is not verified"));
}

Result<Exit> verify_image(Context& context, pipeline::Workshop& workshop, const Options& options) {
  pipeline::VerifyOptions wanted{.believed = {}, .platform = options.platform, .types = {}};
  TRY_ASSIGN(wanted.believed, pipeline::believe(context.machine, pipeline::trust_by(workshop, options.trust)));
  for (const std::string& each : options.types) {
    TRY_ASSIGN(std::string type, attest::predicate_uri(each));
    wanted.types.push_back(std::move(type));
  }
  TRY_ASSIGN(const auto found, pipeline::verify(context.machine, options.ref, wanted));
  if (options.statements) say_statements(context, found, wanted.types);
  else if (context.json) answer(context, to_json(found));
  else say_verification(context, found);
  return exit_of(found.verified, found);
}

void say_admission(Context& context, const pipeline::Admission& found) {
  say_signatures(context, found.found);
  for (const auto& [reason, platforms] : found.reasons) {
    say(context, fmt::format("{} {}: {}{}", reason.holds ? "ok" : "--", reason.rule, platforms.empty() ? "" : join(platforms, ", ") + ": ", reason.what));
    if (!reason.holds) say(context, fmt::format("   {}", reason.remedy));
  }
  say(context, fmt::format("{}: {} {}{}", found.found.ref, found.found.digest.str(), found.allowed ? "is admitted" : "is not admitted", found.rule.empty() ? "" : fmt::format(" by the rule '{}'", found.rule)));
}

Result<Exit> verify_by_policy(Context& context, const pipeline::Workshop& workshop, const Options& options) {
  pipeline::TrustSettings also = pipeline::trust_by(workshop, options.trust);
  if (also.root.empty()) also.root = pipeline::trust_of(workshop).root;  // a policy may name identities, which take one, whatever is named here
  TRY_ASSIGN(std::string text, context.machine.files->read(options.policy));
  TRY_ASSIGN(const auto policy, policy::read_policy(std::move(text), options.policy));
  TRY_ASSIGN(const auto found, pipeline::admit(context.machine, options.ref, policy, {.also = also, .platform = options.platform, .name = options.name}));
  if (context.json) {
    Json reasons = Json::array();
    for (const auto& [reason, platforms] : found.reasons) reasons.push_back({{"rule", reason.rule}, {"what", reason.what}, {"holds", reason.holds}, {"remedy", reason.remedy}, {"platforms", platforms}});
    Json out = to_json(found.found);
    out["verified"] = found.allowed;
    out["policy"] = {{"path", options.policy}, {"rule", found.rule}, {"allowed", found.allowed}, {"reasons", std::move(reasons)}};
    answer(context, out);
  } else {
    say_admission(context, found);
  }
  return exit_of(found.allowed, found.found);
}

}  // namespace

Action verify(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("REF", options->ref, "where the image lies; of a receipt by default where it says that the image was copied to");
  add_trust_options(app, options->trust);
  auto* const policy = app.add_option("--policy", options->policy, "whom to believe and what to ask for is what this policy's section 'verify' says (docs/formats/policy-verify.md); keys and identities that are named here count where it names nobody")->option_text("FILE");
  app.add_option("--as", options->name, "judge it as the image of this name: of one that was carried elsewhere")->option_text("REF")->needs(policy);
  app.add_option("--type", options->types, "a statement of this type must be there, too, signed by whom is believed; repeatable")->option_text("TYPE")->excludes(policy);
  app.add_flag("--statements", options->statements, "the answer is what the statements say that whom you believe signed, of each --type or of all types: in-toto statements in JSON, one a line")->excludes(policy);
  app.add_option("--platform", options->platform, "the image of one platform, instead of the index")->option_text("PLATFORM");
  app.add_option("--receipt", options->receipt, "of `ashlar copy`: every byte that it names is read, and what is missing or altered is named")->option_text("FILE");
  return [options](Context& context) -> Result<Exit> {
    if (!options->receipt.empty()) return verify_receipt(context, *options);
    if (options->ref.empty()) return cannot(Kind::Invalid, "verify", "name an image, or a receipt with --receipt");
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    if (!options->policy.empty()) return verify_by_policy(context, workshop, *options);
    if (options->trust.empty() && pipeline::trust_of(workshop).empty()) return cannot(Kind::Invalid, fmt::format("verify '{}'", options->ref), "say whom you believe: --key FILE, --keyring FILE, or --trust-root FILE with --certificate-identity and --certificate-oidc-issuer; write it into the configuration's section 'trust', or a policy with --policy FILE");
    return verify_image(context, workshop, *options);
  };
}

}  // namespace ashlar::cli
