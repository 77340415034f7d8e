#include <optional>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/key_options.h"
#include "pipeline/copy.h"
#include "trust/dsse.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string from, to, platform, receipt;
  KeyFlags key{};
};

/// The receipt's text: JSON, or where a key is given an envelope that holds it.
Result<std::string> receipt_text(const std::optional<trust::PrivateKey>& key, const Json& record) {
  if (!key) return to_pretty(record);
  TRY_ASSIGN(const auto envelope, trust::sign_envelope(pipeline::receipt_type, to_pretty(record), *key));
  return to_pretty(trust::to_json(envelope));
}

void say_receipt(Context& context, const oci::Receipt& receipt) {
  size_t images = 0, artifacts = 0, blobs = 0;
  std::uint64_t bytes = 0;
  for (const auto& each : receipt.entries) {
    using Role = oci::Receipt::Role;
    bytes += each.descriptor.size;
    (each.role == Role::Manifest ? images : each.role == Role::Artifact ? artifacts : blobs) += each.role == Role::Index ? 0 : 1;
    if (context.verbose) say(context, fmt::format("  {:<9} {}  {:>9}{}", oci::to_string(each.role), each.descriptor.digest.str(), human_size(each.descriptor.size), each.tag.empty() ? "" : "  " + each.tag));
  }
  say(context, fmt::format("{}: {} with {} attached, {} blobs, {}", receipt.root.str(), images == 1 ? "1 image" : fmt::format("{} images", images), artifacts, blobs, human_size(bytes)));
  say(context, fmt::format("copied to {}", receipt.destination));
}

}  // namespace

Action copy(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("SRC", options->from, "an image: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:TAG], docker://HOST/REPO[:TAG][@DIGEST]")->required();
  app.add_option("DST", options->to, "where it goes: the same forms, without a digest; without a TAG it gets the source's")->required();
  app.add_option("--platform", options->platform, "the platform for a docker-archive, which holds one; the first one by default")->option_text("PLATFORM");
  auto* const receipt = app.add_option("--receipt", options->receipt, "write the receipt there: every digest that the copy has, for `ashlar verify --receipt`")->option_text("FILE");
  add_key_options(app, options->key, "sign the receipt with this private key")->needs(receipt);
  return [options](Context& context) -> Result<Exit> {
    std::optional<trust::PrivateKey> key;  // one that does not open is said before anything is copied
    if (!options->key.key.empty()) {
      TRY_ASSIGN(key, open_private_key(context, options->key));
    }
    TRY_ASSIGN(const auto made, pipeline::copy(context.machine, options->from, options->to, options->platform));
    const Json record = oci::to_json(made);
    if (!options->receipt.empty()) {
      TRY_ASSIGN(const std::string text, receipt_text(key, record));
      TRY(context.machine.files->write(options->receipt, text));
    }
    if (context.json) answer(context, record);
    else say_receipt(context, made);
    return Exit::Clean;
  };
}

}  // namespace ashlar::cli
