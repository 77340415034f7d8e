#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/key_options.h"
#include "cli/policy_verbs.h"
#include "pipeline/selection.h"

namespace ashlar::cli {
namespace {

struct SelectOptions {
  std::string by{}, name{}, vendor{}, note{}, from{}, until{}, supported_until{}, selection{}, keyring{};
  std::vector<std::string> believe{};  ///< public keys
  bool list = false, revoke = false, sign = false;
  KeyFlags key{};
};

std::string_view standing(const policy::SelectedBase& base, Time now) {
  return base.until && *base.until <= now ? "ended" : base.from > now ? "not yet" : "selected";
}

Json json_of(const policy::SelectedBase& base, Time now) {
  Json out = policy::to_json(policy::Selection{{base}})["bases"][0];
  out["standing"] = standing(base, now);
  return out;
}

std::string short_name(const policy::SelectedBase& base) { return fmt::format("{}@{}", base.repository, base.digest); }

Result<Exit> list(Context& context, pipeline::Workshop& workshop, const host::Path& path, const pipeline::Believed& believed) {
  const Time now = context.machine.clock->now();
  const auto read = pipeline::read_selection(workshop, path, believed);
  // Who cannot tell whether to believe it may look at it all the same: it is said that it counts for nothing.
  if (!read && read.error().kind != Kind::Denied) return std::unexpected(read.error());
  policy::Selection selection;
  if (read) selection = read->selection;
  else {
    TRY_ASSIGN(selection, pipeline::look_at_selection(context.machine, path));
  }
  const Exit exit = read ? Exit::Clean : Exit::Damaged;
  if (context.json) {
    Json bases = Json::array();
    for (const auto& each : selection.bases) bases.push_back(json_of(each, now));
    answer(context, {{"schema", "https://ashlar.dev/selection-list/v1"}, {"file", path.string()}, {"believed", read.has_value()}, {"signed_by", read ? read->signed_by : ""}, {"reason", read ? "" : read.error().message}, {"id", selection.id}, {"serial", selection.serial}, {"bases", std::move(bases)}});
    return exit;
  }
  std::vector<std::vector<std::string>> rows = {{"STANDING", "BASE", "TAGS", "PLATFORMS", "FROM", "UNTIL", "SUPPORTED UNTIL", "VENDOR", "APPROVED BY", "NOTE"}};
  for (const auto& each : selection.bases) {
    std::vector<std::string> platforms;
    for (const auto& platform : each.platforms) platforms.push_back(platform.platform);
    rows.push_back({std::string(standing(each, now)), short_name(each), join(each.tags, " "), join(platforms, " "), each.from.date(), each.until ? each.until->date() : "", each.supported_until ? each.supported_until->date() : "", each.vendor, visible(each.approved_by), visible(each.note)});
  }
  if (selection.bases.empty()) say(context, "nothing is selected");
  else context.answer->append(table(context, rows));
  say(context, read ? fmt::format("'{}' is signed by '{}'{}", path.string(), read->signed_by, selection.serial > 0 ? fmt::format(", serial {}", selection.serial) : "") : fmt::format("it counts for nothing: {}", read.error().message));
  return exit;
}

/// What was done to which bases.
Exit tell(Context& context, const host::Path& path, const pipeline::Selected& done, const char* what) {
  const Time now = context.machine.clock->now();
  for (const std::string& note : done.notes) context.progress.note(note);
  if (context.json) {
    Json bases = Json::array();
    for (const auto& each : done.bases) bases.push_back(json_of(each, now));
    answer(context, {{"schema", "https://ashlar.dev/selection-change/v1"}, {"file", path.string()}, {"what", what}, {"bases", std::move(bases)}, {"notes", done.notes}});
    return Exit::Clean;
  }
  for (const auto& each : done.bases) {
    std::string line = fmt::format("{} is {}", short_name(each), what);
    if (std::string_view(what) == "selected") line += fmt::format(" from {}{}, approved by '{}'", each.from.str(), each.until ? " until " + each.until->str() : "", visible(each.approved_by));
    say(context, line);
    if (std::string_view(what) != "selected") continue;
    for (const auto& platform : each.platforms) say(context, faint(context, fmt::format("  {}: {}, {} layer{}", platform.platform, platform.manifest, platform.diff_ids.size(), platform.diff_ids.size() == 1 ? "" : "s")));
  }
  return Exit::Clean;
}

Done fits(const SelectOptions& options, const std::vector<std::string>& refs) {
  const auto wrong = [](std::string_view cause) { return cannot(Kind::Invalid, "policy select", cause); };
  if (options.list + options.revoke + options.sign > 1) return wrong("it takes one of --list, --revoke and --sign");
  if ((options.list || options.sign) && !refs.empty()) return wrong(fmt::format("{} takes no '{}'", options.list ? "--list" : "--sign", refs.front()));
  if (!options.list && !options.sign && refs.empty()) return wrong("it takes references of the bases");
  if (!options.list && options.key.key.empty()) return wrong("--key is missing: a selection is signed");
  return {};
}

void add_select_options(CLI::App& app, SelectOptions& options) {
  app.add_flag("--list", options.list, "show what is selected, and who signed it");
  app.add_flag("--revoke", options.revoke, "from now on these are selected no longer, by reference, repository or digest");
  app.add_flag("--sign", options.sign, "sign what is there anew, whoever signed it before; read it first");
  app.add_option("--by", options.by, "who approves it, or says so")->option_text("NAME");
  app.add_option("--from", options.from, "allowed from then on, a date (2027-01-31) or a length from now (7d); by default from now on")->option_text("TIME");
  app.add_option("--until", options.until, "no longer from then on")->option_text("TIME");
  app.add_option("--supported-until", options.supported_until, "its publisher supports it until then")->option_text("TIME");
  app.add_option("--vendor", options.vendor, "whose it is")->option_text("NAME");
  app.add_option("--note", options.note, "why")->option_text("TEXT");
  app.add_option("--name", options.name, "the repository that it is known by, for what was carried elsewhere")->option_text("NAME");
  app.add_option("--selection", options.selection, "the file; by default selection.json beside ashlar.yaml, or here")->option_text("FILE");
  forbid_pin(app.add_option("--believe", options.believe, "a public key whose signature on the selection counts, beside those of the configuration; repeatable")->option_text("KEY"));
  app.add_option("--keyring", options.keyring, "keys whose signatures count, each from when until when")->option_text("FILE");
  add_key_options(app, options.key, "the private key of the person who approves: a PEM file, cosign's too, or a key in a token (pkcs11:...)");
}

Result<Exit> select(Context& context, const SelectOptions& options, const std::vector<std::string>& refs) {
  TRY(fits(options, refs));
  TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  const host::Path path = options.selection.empty() ? pipeline::selection_path(workshop) : host::Path(options.selection);
  pipeline::TrustSettings trust = pipeline::trust_of(workshop);
  trust.keys.insert(trust.keys.end(), options.believe.begin(), options.believe.end());
  if (!options.keyring.empty()) trust.keyring = options.keyring;
  TRY_ASSIGN(const auto believed, pipeline::believe(context.machine, trust));
  if (options.list) return list(context, workshop, path, believed);
  TRY_ASSIGN(const auto key, open_private_key(context, options.key));
  const pipeline::Hand hand{key, believed};
  if (options.sign) {
    TRY_ASSIGN(const auto done, pipeline::sign_selection(workshop, path, options.by, hand));
    return tell(context, path, done, "signed");
  }
  if (options.revoke) {
    TRY_ASSIGN(const auto done, pipeline::revoke_bases(workshop, path, {refs, options.by, options.note}, hand));
    return tell(context, path, done, "revoked");
  }
  const pipeline::SelectWish wish{.refs = refs, .name = options.name, .vendor = options.vendor, .by = options.by, .note = options.note, .from = options.from, .until = options.until, .supported_until = options.supported_until};
  TRY_ASSIGN(const auto done, pipeline::select_bases(workshop, path, wish, hand));
  return tell(context, path, done, "selected");
}

}  // namespace

Action declare_select(CLI::App& app) {
  const auto options = std::make_shared<SelectOptions>();
  const auto refs = std::make_shared<std::vector<std::string>>();
  app.add_option("REF", *refs, "the bases; of --revoke references, repositories or digests");
  add_select_options(app, *options);
  return [options, refs](Context& context) -> Result<Exit> { return select(context, *options, *refs); };
}

}  // namespace ashlar::cli
