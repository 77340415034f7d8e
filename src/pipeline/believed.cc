#include "pipeline/believed.h"

#include <fmt/format.h>

#include "pipeline/workshop.h"
#include "trust/open_key.h"

namespace ashlar::pipeline {
namespace {

Result<trust::Pattern> pattern(const std::string& exact, const std::string& expression, const char* what) {
  if (!exact.empty() && !expression.empty()) return cannot(Kind::Invalid, "read identity", fmt::format("it has a {} and an expression for it; one of them", what));
  if (!exact.empty()) return trust::Pattern::exact(exact);
  if (!expression.empty()) return trust::Pattern::expression(expression);
  return cannot(Kind::Invalid, "read identity", fmt::format("it has no {}: who vouches for a name is half of it", what));
}

}  // namespace

TrustSettings trust_of(const Workshop& workshop) {
  TrustSettings out = workshop.config.trust;
  if (const host::Path& ring = workshop.config.keys.ring; !ring.empty() && workshop.machine.files->exists(ring)) out.keyring = ring;
  out.terms = out.keyring;
  return out;
}

TrustSettings trust_by(const Workshop& workshop, const TrustSettings& named) {
  const TrustSettings configured = trust_of(workshop);
  TrustSettings out = named.empty() ? configured : named;
  out.terms = configured.terms;
  out.statements_by_manifest = out.statements_by_manifest || named.statements_by_manifest;
  return out;
}

void keep_terms(const trust::Keyring& ring, std::vector<BelievedKey>& keys) {
  for (BelievedKey& each : keys) {
    if (const trust::KeyringEntry* const entry = ring.find(each.key.digest()); entry != nullptr && !each.terms) each.terms = *entry;
  }
}

Result<Believed> believe(host::Machine& machine, const TrustSettings& settings) {
  Believed out{.statements_by_manifest = settings.statements_by_manifest, .now = machine.clock->now()};
  const auto secrets = host::machine_secrets();
  for (const std::string& each : settings.keys) {
    TRY_ASSIGN(auto key, trust::open_public_key(each, {.machine = machine, .secrets = *secrets}));
    out.keys.push_back({trust::shown(each), std::move(key), {}});
  }
  if (!settings.keyring.empty()) {
    TRY_ASSIGN(const auto ring, trust::read_keyring(*machine.files, settings.keyring));
    keep_terms(ring, out.keys);
    for (const trust::KeyringEntry& each : ring.entries()) out.keys.push_back({each.name, each.key, each});
  }
  if (!settings.terms.empty() && settings.terms != settings.keyring) {
    TRY_ASSIGN(const auto ring, trust::read_keyring(*machine.files, settings.terms));
    keep_terms(ring, out.keys);
  }
  if (!settings.root.empty()) {
    TRY_ASSIGN(const std::string text, machine.files->read(settings.root));
    TRY_ASSIGN(out.root, trust::read_trust_root(text, settings.root.string()));
  }
  for (const IdentityWords& each : settings.identities) {
    TRY_ASSIGN(auto name, pattern(each.name, each.name_expression, "name"));
    TRY_ASSIGN(auto issuer, pattern(each.issuer, each.issuer_expression, "issuer"));
    out.identities.push_back({std::move(name), std::move(issuer)});
  }
  return out;
}

}  // namespace ashlar::pipeline
