#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "cli/commands.h"
#include "pipeline/validation.h"

namespace ashlar::cli {

Action validate(CLI::App& app) {
  const auto files = std::make_shared<std::vector<std::string>>();
  app.add_option("FILE", *files, "definitions, locks, configuration files, policies (policy.yaml, policies/*.yaml), exceptions.json, statements (vex.json, *.vex.json) and descriptions of feeds (feeds/*.yaml); folders are searched for all of them")->required();
  return [files](Context& context) -> Result<Exit> {
    TRY_ASSIGN(const auto checked, pipeline::validate(*context.machine.files, {files->begin(), files->end()}));
    size_t wrong = 0;
    Json list = Json::array();
    for (const pipeline::Validated& file : checked) {
      if (!file.error.message.empty()) ++wrong;
      Json errors = Json::array();
      for (const Fault& fault : file.error.faults)
        errors.push_back({{"line", fault.line}, {"column", fault.column}, {"message", fault.message}, {"hint", fault.hint}});
      if (errors.empty() && !file.error.message.empty()) errors.push_back({{"line", 0}, {"column", 0}, {"message", file.error.message}, {"hint", ""}});
      if (context.json) {
        list.push_back({{"path", file.path.string()}, {"valid", file.error.message.empty()}, {"errors", std::move(errors)}});
      } else if (!file.error.message.empty()) {
        if (file.error.faults.empty()) say(context, fmt::format("{}: {}", file.path.string(), file.error.message));
        for (const Fault& fault : file.error.faults) say(context, to_string(fault));
      } else if (context.verbose) {
        say(context, fmt::format("{}: valid {}", file.path.string(), file.kind));
      }
    }
    if (context.json) answer(context, Json{{"schema", "https://ashlar.dev/validation/v1"}, {"files", std::move(list)}});
    else say(context, fmt::format("{} of {} files are valid", checked.size() - wrong, checked.size()));
    return wrong == 0 ? Exit::Clean : Exit::Wrong;
  };
}

}  // namespace ashlar::cli
