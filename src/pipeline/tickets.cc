#include "pipeline/tickets.h"

namespace ashlar::pipeline {

Result<forge::Outbox> open_outbox(Workshop& workshop) { return forge::Outbox::open(*workshop.machine.files, workshop.folders.state / "outbox.db"); }

Result<forge::Delivery> deliver_messages(Workshop& workshop, forge::Outbox& outbox) {
  std::vector<forge::Target> targets;
  std::vector<forge::Delivery::Hold> shut;
  for (const forge::TargetSettings& each : workshop.config.targets) {
    auto target = forge::open_target(workshop.machine, each);
    if (target) targets.push_back(std::move(*target));
    else shut.push_back({each.name, target.error().message, std::nullopt});
  }
  TRY_ASSIGN(auto done, outbox.deliver(targets, *workshop.machine.http, *workshop.machine.clock));
  done.holds.insert(done.holds.begin(), shut.begin(), shut.end());
  return done;
}

}  // namespace ashlar::pipeline
