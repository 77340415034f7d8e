#include "pipeline/health.h"

#include <fmt/format.h>

#include "deb/mirrors.h"
#include "pipeline/workshop.h"

namespace ashlar::pipeline {
namespace {

struct Program {
  std::string_view name, purpose, package;
};
constexpr Program programs[] = {
    {"bwrap", "to run maintainer scripts that no declared effect covers", "bubblewrap"},
    {"runc", "to run tests of images", "runc"},
    {"skopeo", "to copy images to registries", "skopeo"},
    {"umoci", "to unpack images for runc", "umoci"},
};

Finding program(host::Machine& machine, const Program& program) {
  const auto path = machine.processes->find(program.name);
  if (path) return {std::string(program.name), true, false, path->string(), {}};
  return {std::string(program.name), false, false, fmt::format("not found; needed {}", program.purpose), std::string(program.package)};
}

/// Whether an unprivileged sandbox starts, when there is a program for one.
Finding sandbox(host::Machine& machine) {
  const std::string name = "sandbox";
  if (!machine.processes->find("bwrap")) return {name, false, false, "needs bwrap", "bubblewrap"};
  host::Command command;
  command.argv = {"bwrap", "--ro-bind", "/", "/", "--unshare-all", "true"};
  const auto outcome = machine.processes->run(command);
  if (outcome && outcome->exit_code == 0) return {name, true, false, "user namespaces work", {}};
  return {name, false, false, fmt::format("bwrap does not start: {}", outcome ? outcome->err.substr(0, outcome->err.find('\n')) : outcome.error().message), {}};
}

Finding folder(host::Machine& machine, std::string name, const host::Path& path) {
  const auto made = machine.files->make_folders(path);
  const auto draft = made ? machine.files->draft(path) : Result<std::unique_ptr<host::Draft>>(std::unexpected(made.error()));
  if (draft) return {std::move(name), true, true, path.string(), {}};
  return {std::move(name), false, true, draft.error().message, {}};
}

/// Mirrors and keyrings for the distribution that the catalogue is built from.
Finding archives(Workshop& workshop) {
  const std::string name = "package archives";
  host::Files& files = *workshop.machine.files;
  const auto distribution = deb::load_distribution(files, workshop.data / "distributions", "debian-13", workshop.config.distributions);
  if (!distribution) return {name, false, true, distribution.error().message, {}};
  const deb::AptSetup apt = deb::read_apt(files, workshop.progress);
  const auto found = deb::distribution_archives(files, *distribution, {{}, workshop.config.mirrors, workshop.config.keyrings, workshop.data / "keyrings"}, apt, workshop.progress);
  if (!found) return {name, false, true, found.error().message, found.error().message.find("keyring") == std::string::npos ? "" : distribution->keyring_package};
  return {name, true, true, fmt::format("{} suites of {} by {}", found->size(), distribution->name, workshop.config.mirrors.empty() ? "the host's apt configuration" : "the configuration"), {}};
}

}  // namespace

std::vector<Finding> examine_machine(host::Machine& machine, const std::string& config_file, Progress& progress) {
  std::vector<Finding> findings;
  auto workshop = open_workshop(machine, config_file, progress);
  if (!workshop) {
    findings.push_back({"installation", false, true, workshop.error().message, {}});
  } else {
    findings.push_back({"installation", true, true, workshop->data.string(), {}});
    findings.push_back(folder(machine, "cache folder", workshop->folders.cache));
    findings.push_back(folder(machine, "state folder", workshop->folders.state));
    findings.push_back(archives(*workshop));
  }
  for (const Program& each : programs) findings.push_back(program(machine, each));
  findings.push_back(sandbox(machine));
  return findings;
}

}  // namespace ashlar::pipeline
