#include "inventory/target.h"

#include "oci/platform_choice.h"
#include "oci/registry.h"

namespace ashlar::inventory {

Result<Target> open_target(host::Machine& machine, std::string_view ref_text, std::string_view platform) {
  TRY_ASSIGN(auto ref, oci::ImageRef::parse(ref_text));
  if (ref.transport == oci::Transport::Folder) return Target{std::move(ref), *machine.files, nullptr};
  TRY_ASSIGN(auto image, oci::open_image(machine, ref));
  TRY_ASSIGN(auto which, oci::choose_platform(*image, platform, ref_text));
  TRY_ASSIGN(const auto all, oci::manifests_of(*image));
  Target out{std::move(ref), *machine.files, std::move(image), std::move(which)};
  for (const oci::Descriptor& each : all) {
    if (each.platform && each.platform->os != "unknown" && each.digest != out.which.descriptor.digest) out.others.push_back(each.platform->str());
  }
  return out;
}

Result<Contents> read_contents(Target& target, const ReadOptions& options) {
  return target.image == nullptr ? read_folder(target.files, target.ref.location, options) : read_contents(*target.image, target.which, options);
}

}  // namespace ashlar::inventory
