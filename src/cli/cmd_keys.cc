#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/hints.h"
#include "cli/key_options.h"
#include "pipeline/keys.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string action = "list", argument, ring, type = "ecdsa-p256", layout = "cosign", name, from, until, reason;
  pipeline::NewKey fresh;
  bool no_password = false;
  int descriptor = -1;
};

/// What an action works with.
struct Work {
  Context& context;
  pipeline::Workshop& workshop;
  const Options& options;
  trust::KeyAccess access;
  host::Path ring;
};

struct Row {
  std::string_view name;
  Result<Exit> (*run)(const Work& work);
  std::string_view takes;  ///< what the argument is; empty: it takes none
};

Result<Exit> generate(const Work& work) {
  pipeline::NewKey wish = work.options.fresh;
  const auto algorithm = trust::signing_algorithm(work.options.type);
  if (!algorithm) return cannot(Kind::Invalid, "make a key", algorithm.error().message);
  if (work.options.layout != "cosign" && work.options.layout != "pkcs8") return cannot(Kind::Invalid, "make a key", fmt::format("its layout is cosign or pkcs8, not '{}'", work.options.layout));
  wish.algorithm = *algorithm;
  wish.cosign = work.options.layout == "cosign";
  wish.encrypted = !work.options.no_password;
  TRY_ASSIGN(const auto made, pipeline::generate_key(wish, work.access));
  if (work.context.json) {
    answer(work.context, {{"schema", "https://ashlar.dev/key/v1"}, {"private_key", made.key.string()}, {"public_key", made.pub.string()}, {"type", work.options.type}, {"layout", work.options.layout}, {"encrypted", wish.encrypted}, {"digest", made.digest.str()}});
  } else {
    say(work.context, fmt::format("private key: {}{}", made.key.string(), wish.encrypted ? "" : ", not encrypted"));
    say(work.context, fmt::format("public key:  {}", made.pub.string()));
    say(work.context, fmt::format("its digest:  {}", made.digest.str()));
  }
  return Exit::Clean;
}

Json json_of(const trust::KeyringEntry& entry, Time now) {
  const auto moment = [](const std::optional<Time>& time) { return time ? Json(time->str()) : Json(nullptr); };
  const trust::Judgement judged = trust::judge(entry, now);
  return {{"name", entry.name}, {"digest", entry.key.digest().str()}, {"type", trust::to_string(entry.key.algorithm())}, {"standing", trust::to_string(judged.standing)}, {"rule", judged.rule},
          {"valid_from", moment(entry.valid_from)}, {"valid_until", moment(entry.valid_until)}, {"revoked_from", moment(entry.revoked_from)}, {"reason", entry.reason}};
}

Result<Exit> list(const Work& work) {
  TRY_ASSIGN(const auto ring, pipeline::read_ring(*work.context.machine.files, work.ring));
  const Time now = work.context.machine.clock->now();
  Json records = Json::array();
  std::vector<std::vector<std::string>> rows = {{"NAME", "STANDING", "TYPE", "FROM", "UNTIL", "REVOKED", "DIGEST", "REASON"}};
  const auto date = [](const std::optional<Time>& time) { return time ? time->date() : std::string("-"); };
  for (const auto& each : ring.entries()) {
    records.push_back(json_of(each, now));
    rows.push_back({each.name, std::string(trust::to_string(trust::judge(each, now).standing)), std::string(trust::to_string(each.key.algorithm())), date(each.valid_from), date(each.valid_until), date(each.revoked_from), each.key.digest().str().substr(0, 19), each.reason});
  }
  if (work.context.json) answer(work.context, {{"schema", "https://ashlar.dev/keys/v1"}, {"file", work.ring.string()}, {"now", now.str()}, {"keys", std::move(records)}});
  else if (ring.entries().empty()) say(work.context, fmt::format("'{}' has no key", work.ring.string()));
  else work.context.answer->append(table(work.context, rows));
  return Exit::Clean;
}

Result<Exit> hand_out(const Work& work) {
  TRY_ASSIGN(const auto key, trust::open_public_half(work.options.argument, work.access));
  if (work.context.json) answer(work.context, {{"schema", "https://ashlar.dev/public-key/v1"}, {"type", trust::to_string(key.algorithm())}, {"digest", key.digest().str()}, {"key", key.pem()}});
  else work.context.answer->append(key.pem());
  return Exit::Clean;
}

Exit say_entry(const Work& work, const trust::KeyringEntry& entry) {
  const Time now = work.context.machine.clock->now();
  if (work.context.json) answer(work.context, {{"schema", "https://ashlar.dev/trusted-key/v1"}, {"file", work.ring.string()}, {"key", json_of(entry, now)}});
  else say(work.context, fmt::format("{}: {} ({})", work.ring.string(), trust::judge(entry, now).rule, entry.key.digest().str()));
  return Exit::Clean;
}

Result<Exit> add(const Work& work) {
  const Options& options = work.options;
  if (options.name.empty()) return cannot(Kind::Invalid, fmt::format("add key '{}'", options.argument), "it has no name (--name)");
  TRY_ASSIGN(const auto entry, pipeline::trust_key(work.ring, {options.argument, options.name, options.from, options.until}, work.access));
  return say_entry(work, entry);
}

Result<Exit> revoke(const Work& work) {
  TRY_ASSIGN(const auto entry, pipeline::revoke_key(work.context.machine, work.ring, work.options.argument, work.options.from, work.options.reason));
  return say_entry(work, entry);
}

}  // namespace

Action keys(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("ACTION", options->action, "generate (a key pair), list (the default: the keyring, as it stands now), export (the public key of a file or token), add (a key to the keyring), revoke (one of it)");
  forbid_pin(app.add_option("ARGUMENT", options->argument, "with export and add: a key's file, or the URI of a key in a token (pkcs11:token=...;object=...). With revoke: the key's name"));
  app.add_option("--type", options->type, "with generate: ecdsa-p256 (the default), ecdsa-p384 or ed25519")->option_text("TYPE");
  app.add_option("--layout", options->layout, "with generate: cosign (its encrypted file, the default) or pkcs8 (PEM)")->option_text("LAYOUT");
  app.add_option("--output-prefix", options->fresh.prefix, "with generate: writes NAME.key and NAME.pub; by default ashlar.key and ashlar.pub")->option_text("NAME");
  app.add_flag("--no-password", options->no_password, "with generate: the private key is not encrypted; with the layout cosign, under the empty password");
  app.add_flag("--force", options->fresh.replace, "with generate: replaces the files that are there");
  app.add_option("--password-fd", options->descriptor, "read the password, or a token's PIN, from this open descriptor; by default from ASHLAR_KEY_PASSWORD, else COSIGN_PASSWORD (for a PIN: COSIGN_PKCS11_PIN), else from the terminal")->option_text("N");
  app.add_option("--keyring", options->ring, "with list, add and revoke: the keyring; by default that of the configuration: keyring.yaml beside ashlar.yaml, or here")->option_text("FILE");
  app.add_option("--name", options->name, "with add: the key's name in the keyring")->option_text("NAME");
  app.add_option("--from", options->from, "with add: valid from this date on; with revoke: revoked from it on, by default from now on")->option_text("TIME");
  app.add_option("--until", options->until, "with add: valid until then, a date (2027-01-31) or a length from now on (365d)")->option_text("TIME");
  app.add_option("--reason", options->reason, "with revoke: why")->option_text("TEXT");
  return [options](Context& context) -> Result<Exit> {
    constexpr std::array actions = {Row{"generate", generate, ""}, Row{"list", list, ""}, Row{"export", hand_out, "the key"}, Row{"add", add, "the key"}, Row{"revoke", revoke, "the key's name"}};
    TRY_ASSIGN(const Row* const row, action_of("keys", actions, options->action));
    if (row->takes.empty() != options->argument.empty())
      return cannot(Kind::Invalid, fmt::format("keys {}", row->name), row->takes.empty() ? fmt::format("it takes no '{}'", options->argument) : fmt::format("{} is missing", row->takes));
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    const auto secrets = host::machine_secrets();
    const Work work{context, workshop, *options, pipeline::key_access(workshop, *secrets, options->descriptor), options->ring.empty() ? workshop.config.keys.ring : host::Path(options->ring)};
    return row->run(work);
  };
}

}  // namespace ashlar::cli
