#pragma once
// Clocks of what this project has recorded, by an agreement.
#include <optional>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "pipeline/workshop.h"
#include "policy/sla_forms.h"

namespace ashlar::pipeline {

/// `ledger.db` in the folder of state.
host::Path ledger_path(const host::Folders& folders);
/// Opens one that is there; NotFound says that nothing was recorded.
Result<ledger::Ledger> open_ledger(host::Machine& machine, const host::Path& path);

struct SlaWish {
  host::Path ledger{};
  std::string policy{};                      ///< a policy file with a section `sla`
  std::string preset{};                      ///< a name of policies/sla/; both empty: `of_fleet`, without it `default`
  std::string of_fleet{};                    ///< a policy file whose section `sla` counts where it has one
  std::optional<Time> now{};                 ///< none: the machine's clock
  bool measures_all = false;                 ///< by that, whatever images have agreed to
  std::string image{};                       ///< this repository alone
  std::vector<policy::Support> support{};    ///< whose cadence is looked at; `from` of 0: since the first promotion. One that names an agreement is measured by that
};
struct SlaAnswer {
  policy::SlaReport report{};
  policy::SlaPaper paper{};
};
Result<SlaAnswer> sla(Workshop& workshop, const SlaWish& wish);

/// Rules of a policy file, of a preset, or the default ones, and the name by which reports call them. NotFound names the presets there are.
Result<std::pair<policy::SlaRules, std::string>> sla_rules(Workshop& workshop, const std::string& policy, const std::string& preset);

/// The same of what a fleet names for an image: a preset, or where there is a slash in it a policy file.
Result<std::pair<policy::SlaRules, std::string>> sla_rules(Workshop& workshop, const std::string& agreement);

}  // namespace ashlar::pipeline
