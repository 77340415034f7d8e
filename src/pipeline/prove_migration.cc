#include "pipeline/prove_migration.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "inventory/target.h"
#include "oci/image.h"

namespace ashlar::pipeline {
namespace {

Result<inventory::Target> open_one(Workshop& workshop, const std::string& ref, const std::string& platform) {
  TRY_ASSIGN(auto target, inventory::open_target(workshop.machine, ref, platform));
  if (target.image == nullptr) return cannot(Kind::Invalid, fmt::format("run '{}'", ref), "it is a folder; what is run is an image");
  return target;
}

void add_ports(const oci::Config& config, std::set<std::uint16_t>& ports) {
  for (const std::string& text : config.ports) {
    const auto port = oci::Port::parse(text);
    if (port && port->protocol == "tcp") ports.insert(port->first);
  }
}

/// Whether anything worked before, so that it can fail now.
bool did_something(const prove::Watched& watched) {
  const auto worked = [](const prove::CommandSeen& each) { return each.refusal.empty() && !each.timed_out; };
  return (watched.refusal.empty() && watched.exit_code.value_or(0) == 0) || std::ranges::any_of(watched.alone, worked) || std::ranges::any_of(watched.beside, worked);
}

/// Whether this machine is why nothing was seen: it runs no containers, or none for this platform.
bool is_of_machine(const Error& error) { return error.kind == Kind::NotFound || error.kind == Kind::Unavailable; }

std::string why_nothing(const prove::Watched& watched) {
  if (!watched.refusal.empty()) return fmt::format("the old image does not start: {}", watched.refusal);
  return fmt::format("the old image ended by itself with {}, so that there is nothing to hold the new one against; what it needs goes with --arguments and --env", *watched.exit_code);
}

}  // namespace

MigrationProof::Answer MigrationProof::answer() const {
  if (!doubt.empty()) return Answer::Unknown;
  return std::ranges::any_of(changes, [](const prove::Change& each) { return each.weight == prove::Weight::Breaking; }) ? Answer::Differs : Answer::Same;
}

Result<MigrationProof> prove_migration(Workshop& workshop, const std::string& old_ref, const std::string& new_ref, const ProofOptions& options) {
  TRY_ASSIGN(const inventory::Target old_target, open_one(workshop, old_ref, options.platform));
  TRY_ASSIGN(const inventory::Target new_target, open_one(workshop, new_ref, options.platform));
  MigrationProof proof;
  proof.old_ref = old_ref;
  proof.new_ref = new_ref;
  proof.old_image = old_target.which.descriptor.digest;
  proof.new_image = new_target.which.descriptor.digest;
  proof.platform = new_target.which.platform.str();
  std::set<std::uint16_t> ports;
  add_ports(old_target.which.config, ports);
  add_ports(new_target.which.config, ports);
  prove::WatchOptions how{.state = workshop.folders.state, .loose = true, .requests = options.requests, .ports = {ports.begin(), ports.end()}, .arguments = options.arguments, .alone = options.alone, .beside = options.beside,
                          .environment = options.environment, .patience = options.patience};
  workshop.progress.stage("run both images", 2);
  // One after the other: neither takes the other's time.
  auto before = prove::watch(*old_target.image, old_target.which, workshop.machine, how, workshop.progress);
  if (!before && is_of_machine(before.error())) return proof.doubt = before.error().message, proof;
  if (!before) return std::unexpected(before.error());
  proof.before = std::move(*before);
  workshop.progress.step(old_ref, 1);
  if (!did_something(proof.before)) return proof.doubt = why_nothing(proof.before), proof;
  // What the old one listened on is waited for, whatever the images declare.
  std::ranges::copy(proof.before.listening, std::inserter(ports, ports.end()));
  how.ports.assign(ports.begin(), ports.end());
  how.loose = options.writable_root;
  auto after = prove::watch(*new_target.image, new_target.which, workshop.machine, how, workshop.progress);
  if (!after && is_of_machine(after.error())) return proof.doubt = after.error().message, proof;
  if (!after) return std::unexpected(after.error());
  proof.after = std::move(*after);
  workshop.progress.step(new_ref, 1);
  proof.changes = prove::compare(proof.before, proof.after);
  return proof;
}

}  // namespace ashlar::pipeline
