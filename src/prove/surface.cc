#include "prove/surface.h"

#include "prove/inner/seen.h"

namespace ashlar::prove {

Surface::Surface(std::unique_ptr<Seen> seen) : seen_(std::move(seen)) {}
Surface::Surface(Surface&&) noexcept = default;
Surface& Surface::operator=(Surface&&) noexcept = default;
Surface::~Surface() = default;

Result<Surface> Surface::read(inventory::Target& target, const inventory::LayerShelf* shelf) {
  std::vector<std::unique_ptr<Watcher>> watchers;
  inventory::ReadOptions options;
  options.onlooker = [&](size_t) { return watchers.emplace_back(std::make_unique<Watcher>()).get(); };
  options.keep = is_wanted;
  options.md5 = true;
  options.shelf = shelf;
  auto seen = std::make_unique<Seen>();
  TRY_ASSIGN(seen->contents, inventory::read_contents(target, options));
  for (const auto& watcher : watchers) seen->facts.merge(watcher->facts);
  seen->settle();
  return Surface(std::move(seen));
}

void Surface::Seen::settle() {
  owners = inventory::judge_owners(contents, nullptr);
  loader.emplace(scene);
}

const inventory::Contents& Surface::contents() const { return seen_->contents; }

}  // namespace ashlar::prove
