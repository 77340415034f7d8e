#include "inventory/target.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ashlar::inventory {

Result<Target> open_target(host::Files& files, std::string_view ref_text, std::string_view platform_text) {
  TRY_ASSIGN(auto ref, oci::ImageRef::parse(ref_text));
  if (ref.transport == oci::Transport::Folder) return Target{std::move(ref), files, nullptr, {}};
  TRY_ASSIGN(auto image, oci::open_image(files, ref));
  TRY_ASSIGN(auto all, oci::platforms(*image));
  size_t at = 0;
  if (!platform_text.empty()) {
    TRY_ASSIGN(const auto platform, oci::Platform::parse(platform_text));
    std::vector<std::string> have;
    while (at < all.size() && all[at].platform != platform) have.push_back(all[at++].platform.str());
    if (at == all.size()) return cannot(Kind::NotFound, fmt::format("read '{}'", ref_text), fmt::format("it has no image for {}; it has {}", platform.str(), fmt::join(have, ", ")));
  }
  return Target{std::move(ref), files, std::move(image), std::move(all[at])};
}

Result<Contents> read_contents(Target& target, const ReadOptions& options) {
  return target.image == nullptr ? read_folder(target.files, target.ref.location, options) : read_contents(*target.image, target.which, options);
}

}  // namespace ashlar::inventory
