#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "pipeline/health.h"

namespace ashlar::cli {

Action doctor(CLI::App&) {
  return [](Context& context) -> Result<Exit> {
    const std::vector<pipeline::Finding> findings = pipeline::examine_machine(context.machine, context.config, context.progress);
    bool well = true;
    std::set<std::string> packages;
    Json list = Json::array();
    for (const auto& finding : findings) {
      well = well && (finding.ok || !finding.required);
      if (!finding.ok && !finding.package.empty()) packages.insert(finding.package);
      list.push_back({{"check", finding.check}, {"ok", finding.ok}, {"required", finding.required}, {"detail", finding.detail}, {"package", finding.package}});
    }
    const std::string mend = packages.empty() ? std::string() : fmt::format("apt-get install {}", fmt::join(packages, " "));
    if (context.json) {
      answer(context, Json{{"schema", "https://ashlar.dev/doctor/v1"}, {"ok", well}, {"checks", std::move(list)}, {"mend", mend}});
      return well ? Exit::Clean : Exit::No;
    }
    for (const auto& finding : findings)
      say(context, fmt::format("{}  {:<22}{}", finding.ok ? "ok     " : finding.required ? "MISSING" : "absent ", finding.check, finding.detail));
    if (!mend.empty()) say(context, fmt::format("\nto mend it:  sudo {}", mend));
    return well ? Exit::Clean : Exit::No;
  };
}

}  // namespace ashlar::cli
