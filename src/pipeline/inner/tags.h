#pragma once
// Tags of a layout or of a registry's repository.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oci/registry.h"

namespace ashlar::pipeline {

/// Tags at a place, with what they point at. None where there is no such place yet.
class Tags {
 public:
  static Result<Tags> open(host::Machine& machine, const oci::ImageRef& to) {
    Tags out(machine, to);
    if (to.transport == oci::Transport::OciLayout) {
      const host::Path index = host::Path(to.location) / "index.json";
      if (!machine.files->exists(index)) return out;
      TRY_ASSIGN(const std::string text, machine.files->read(index));
      TRY_ASSIGN(const auto read, oci::read_index(text));
      for (const oci::Descriptor& each : read.manifests) {
        if (const auto name = each.annotations.find("org.opencontainers.image.ref.name"); name != each.annotations.end()) out.known_.insert_or_assign(name->second, each.digest);
      }
      return out;
    }
    TRY_ASSIGN(out.registry_, oci::Registry::open(machine, to));
    return out;
  }
  Result<std::vector<std::string>> all() {
    std::vector<std::string> out;
    for (const auto& [name, digest] : known_) out.push_back(name);
    if (!registry_) return out;
    auto tags = registry_->tags();
    if (!tags && tags.error().kind == Kind::NotFound) return out;  // nothing was pushed there yet
    return tags;
  }
  Result<std::optional<Digest>> find(const std::string& tag) {
    if (!registry_) return known_.contains(tag) ? std::optional(known_.at(tag)) : std::nullopt;
    TRY_ASSIGN(const auto found, registry_->find_manifest(tag));
    return found ? std::optional(found->digest) : std::nullopt;
  }

 private:
  Tags(host::Machine&, const oci::ImageRef&) {}
  std::map<std::string, Digest> known_;
  std::unique_ptr<oci::Registry> registry_;
};

}  // namespace ashlar::pipeline
