#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "cli/commands.h"
#include "pipeline/copy.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string ref, receipt;
};

}  // namespace

Action verify(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("REF", options->ref, "where the image lies; by default where the receipt says that it was copied to");
  app.add_option("--receipt", options->receipt, "of `ashlar copy`: every byte that it names is read, and what is missing or altered is named")->option_text("FILE")->required();
  return [options](Context& context) -> Result<Exit> {
    TRY_ASSIGN(const std::string text, context.machine.files->read(options->receipt));
    TRY_ASSIGN(const auto receipt, oci::read_receipt(text, options->receipt));
    const std::string& ref = options->ref.empty() ? receipt.destination : options->ref;
    TRY_ASSIGN(const auto faults, pipeline::verify_receipt(context.machine, receipt, ref));
    if (context.json) {
      Json rows = Json::array();
      for (const auto& each : faults) rows.push_back({{"digest", each.entry.descriptor.digest.str()}, {"role", oci::to_string(each.entry.role)}, {"reason", each.why}});
      answer(context, Json{{"schema", "https://ashlar.dev/verify/v1"}, {"verified", faults.empty()}, {"ref", ref}, {"digest", receipt.root.str()}, {"blobs", receipt.entries.size()}, {"faults", std::move(rows)}});
    } else {
      for (const auto& each : faults) say(context, fmt::format("{} {}: {}", oci::to_string(each.entry.role), each.entry.descriptor.digest.str(), each.why));
      say(context, faults.empty() ? fmt::format("{}: all {} blobs are there, whole", ref, receipt.entries.size()) : fmt::format("{}: {} of {} blobs are missing or altered", ref, faults.size(), receipt.entries.size()));
    }
    return faults.empty() ? Exit::Clean : Exit::No;
  };
}

}  // namespace ashlar::cli
