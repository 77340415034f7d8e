#include "pipeline/inner/vouched.h"

#include <limits>

#include <fmt/format.h>

#include "attest/predicate.h"
#include "attest/results.h"

namespace ashlar::pipeline {
namespace {

std::optional<prove::Vouched> said_of(host::Machine& machine, const std::string& ref, size_t layers, const policy::Policy& policy, const AdmissionOptions& options, std::vector<std::string>& notes) {
  const auto said = statements_on(machine, ref, attest::hardening_uri, policy, options);
  if (!said) {
    notes.push_back(fmt::format("who has signed for the interpreters of '{}' was not looked at: {}", ref, said.error().message));
    return std::nullopt;
  }
  prove::Vouched out{.layers = layers};
  for (const SignedStatement& each : *said) {
    for (const attest::NamedInterpreter& one : attest::interpreters_named(each.statement.predicate)) out.interpreters.push_back({one.path, fmt::format("{} (signed by '{}')", one.reason, each.by), {}});
  }
  return out.interpreters.empty() ? std::nullopt : std::optional(std::move(out));
}

}  // namespace

std::optional<prove::Vouched> vouched_interpreters(host::Machine& machine, const std::string& ref, const std::string& base_ref, const policy::Policy& policy, const AdmissionOptions& options, CheckedPlatform& platform) {
  const size_t notes = platform.notes.size();
  if (auto own = said_of(machine, ref, std::numeric_limits<size_t>::max(), policy, options, platform.notes)) return own;
  const policy::BaseFacts& base = platform.image.base;
  if (!base_ref.empty() && base.layers > 0) {
    AdmissionOptions of_base = options;
    of_base.name = base.repository.starts_with("oci:") ? std::string() : base.repository;
    if (auto its = said_of(machine, base_ref, base.layers, policy, of_base, platform.notes)) return its;
  }
  if (platform.notes.size() == notes) platform.notes.push_back("nothing excuses its interpreters: no statement 'hardening' on it or on its base names them that is signed by whom the policy or --key believes");
  return std::nullopt;
}

}  // namespace ashlar::pipeline
