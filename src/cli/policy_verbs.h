#pragma once
// The actions of `ashlar policy`: each is a file of its own and a row of the table in cmd_policy.cc.
#include "cli/verb.h"

namespace ashlar::cli {

/// What all of them read.
struct PolicyOptions {
  std::vector<std::string> arguments;  ///< behind the action's name
  std::string policy, to;              ///< --policy FILE, --to
};
using PolicyAction = std::function<Result<Exit>(Context&, const PolicyOptions&)>;

/// One action: adds options of its own and gives back what to do once they are read.
struct PolicyVerb {
  std::string_view name;
  std::string_view summary;  ///< as Verb::summary
  PolicyAction (*declare)(CLI::App& app);
};

}  // namespace ashlar::cli
