#pragma once
// The actions of `ashlar policy`: each is a file of its own and a row of the table in cmd_policy.cc.
#include "cli/verb.h"

namespace ashlar::cli {

/// One action: a command of its own below `policy`, with its own options; gives back what to do once they are read.
struct PolicyVerb {
  std::string_view name;
  std::string_view summary;  ///< as Verb::summary
  Action (*declare)(CLI::App& app);
};

Action declare_select(CLI::App& app);  // cmd_policy_select.cc

}  // namespace ashlar::cli
