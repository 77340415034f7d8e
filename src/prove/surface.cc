#include "prove/surface.h"

#include "prove/inner/seen.h"

namespace ashlar::prove {

Surface::Surface(std::unique_ptr<Seen> seen) : seen_(std::move(seen)) {}
Surface::Surface(Surface&&) noexcept = default;
Surface& Surface::operator=(Surface&&) noexcept = default;
Surface::~Surface() = default;

Result<Surface> Surface::read(inventory::Target& target, const inventory::LayerShelf* shelf) {
  std::vector<std::unique_ptr<LinkWatcher>> watchers;
  inventory::ReadOptions options;
  options.onlooker = [&](size_t) { return watchers.emplace_back(std::make_unique<LinkWatcher>()).get(); };
  options.keep = [](std::string_view path) { return is_wanted(path) || inventory::tells_owners(path); };
  options.md5 = true;
  options.shelf = shelf;
  auto seen = std::make_unique<Seen>();
  TRY_ASSIGN(seen->contents, inventory::read_contents(target, options));
  for (const auto& watcher : watchers) {
    for (auto& [place, each] : watcher->linked) {
      seen->facts[place].elf = std::move(each.elf);
      seen->symbols.emplace(place, std::move(each.symbols));
    }
  }
  seen->owners = inventory::judge_owners(seen->contents, nullptr);
  seen->loader.emplace(seen->scene);
  return Surface(std::move(seen));
}

const inventory::Contents& Surface::contents() const { return seen_->contents; }

}  // namespace ashlar::prove
