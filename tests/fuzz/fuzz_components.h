#pragma once
// What the drivers of ecosystems' readers share: whatever the bytes, a reader answers, and what it answers is bounded and fit to be printed.
#include <algorithm>

#include "base/text.h"
#include "fuzz.h"
#include "inventory/ecosystems.h"

namespace fuzz {

class DataFile final : public ashlar::host::ReadFile {
 public:
  DataFile(const std::uint8_t* data, std::size_t size) : bytes_(data, size) {}
  std::uint64_t size() const override { return bytes_.size(); }
  ashlar::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const auto rest = bytes_.subspan(offset, std::min<std::size_t>(out.size(), bytes_.size() - offset));
    std::copy(rest.begin(), rest.end(), out.begin());
    return rest.size();
  }

 private:
  ashlar::BytesView bytes_;
};

inline void check_components(const std::vector<ashlar::inventory::Component>& components, std::string_view path) {
  must(components.size() <= 1'000'000, "components are bounded");
  for (const auto& each : components) {
    must(!each.type.empty() && !each.name.empty(), "a component has a type and a name");
    must(each.path.starts_with(path), "a component is in the file that was read");
    must(std::is_sorted(each.symbols.begin(), each.symbols.end()), "symbols are sorted");
  }
}

/// Reads the bytes as the file at `path`, when the reader wants it.
inline void read_as(std::string_view ecosystem, std::string_view path, const std::uint8_t* data, std::size_t size) {
  for (const auto& each : ashlar::inventory::ecosystems()) {
    if (each.name != ecosystem || !each.wants(path, ashlar::BytesView(data, std::min<std::size_t>(size, 4096)))) continue;
    const auto told = each.read(path, DataFile(data, size));
    check_components(told.components, path);
    check_components(told.claims, path);
    for (const auto* const texts : {&told.notes, &told.damage}) {
      for (const auto& text : *texts) must(!text.empty(), "a note says something");
    }
  }
}

}  // namespace fuzz
