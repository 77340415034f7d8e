#include "pipeline/inner/registry_digests.h"

#include <fmt/format.h>

#include "base/text.h"
#include "oci/registry.h"

namespace ashlar::pipeline {

std::string RegistryDigests::of(const std::string& repository, const std::string& tag) {
  const std::string name = fmt::format("{}:{}", repository, tag), host(cut(repository, '/').first);
  const std::scoped_lock lock(mutex_);
  const auto [at, fresh] = known_.try_emplace(name);
  if (!fresh || silent_.contains(host)) return at->second;
  const auto told = [&]() -> Result<std::string> {
    TRY_ASSIGN(const auto ref, oci::ImageRef::parse("docker://" + name));
    TRY_ASSIGN(const auto registry, oci::Registry::open(machine_, ref, {.attempts = 2}));
    TRY_ASSIGN(const auto found, registry->find_manifest(tag));
    return found ? found->digest.str() : std::string();
  }();
  if (told && !told->empty()) return at->second = *told;
  if (!told && told.error().kind == Kind::Unavailable) silent_.insert(host);
  notes_.insert(fmt::format("the digest of '{}' is not known: {}", visible(name), told ? "its registry has no such image" : told.error().message));
  return {};
}

std::vector<std::string> RegistryDigests::notes() const {
  const std::scoped_lock lock(mutex_);
  return {notes_.begin(), notes_.end()};
}

}  // namespace ashlar::pipeline
