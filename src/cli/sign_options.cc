#include "cli/sign_options.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

namespace ashlar::cli {

pipeline::SignOptions SignFlags::options() const {
  pipeline::SignOptions out = where;
  out.tags = layout != "bundle";
  out.bundles = layout != "tag";
  return out;
}

void add_sign_options(CLI::App& app, SignFlags& flags) {
  app.add_option("REF", flags.ref, "an image in a registry (docker://HOST/REPO:TAG) or a layout (oci:DIR:TAG)")->required();
  add_key_options(app, flags.key, "the private key to sign with: a PEM file, cosign's too, or a key in a token (pkcs11:...)")->required();
  app.add_option("--layout", flags.layout, "where the signature lies: under cosign's tag, in a Sigstore bundle that refers to the image, or in both, so that every tool finds it")
      ->check(CLI::IsMember({"tag", "bundle", "both"}))->option_text("tag|bundle|both");
  app.add_option("--platform", flags.where.platform, "the image of one platform, instead of the index")->option_text("PLATFORM");
  app.add_flag("--recursive", flags.where.each_platform, "the images of all platforms, beside the index");
}

Exit say_placed(Context& context, const char* noun, const std::string& ref, const std::vector<pipeline::Placed>& placed) {
  Json rows = Json::array();
  for (const auto& each : placed) {
    Json row = {{"layout", each.layout}, {"subject", each.subject.str()}, {"artifact", each.artifact.str()}, {"new", each.fresh}};
    if (!each.predicate_type.empty()) row["predicate_type"] = each.predicate_type;
    rows.push_back(std::move(row));
    if (!context.json) say(context, fmt::format("{}: {} of {} {} {}", ref, each.layout, each.subject.str(), each.fresh ? "is now in" : "was already in", each.artifact.str()));
  }
  if (context.json) answer(context, Json{{"schema", fmt::format("https://ashlar.dev/{}/v1", noun)}, {"ref", ref}, {"placed", std::move(rows)}});
  return Exit::Clean;
}

}  // namespace ashlar::cli
