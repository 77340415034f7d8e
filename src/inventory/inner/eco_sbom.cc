// Documents within an image that say what is in it. They are shown as claims: what counts is what the bytes tell.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "inventory/document.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {
namespace {

constexpr std::uint64_t max_document = 8 << 20;  // as values they take about ten times as much
constexpr std::array<std::string_view, 5> suffixes = {".spdx.json", ".cdx.json", ".spdx", ".sbom.json", ".cyclonedx.json"};
constexpr std::array<std::string_view, 3> names = {"bom.json", "sbom.json", "spdx.json"};
constexpr std::array<std::string_view, 4> folders = {"usr/share/sbom/", "usr/local/share/sbom/", "var/lib/db/sbom/", "opt/"};

}  // namespace

bool wants_sbom(std::string_view path, BytesView front) {
  const bool named = std::ranges::any_of(suffixes, [&](std::string_view each) { return path.ends_with(each); }) || std::ranges::find(names, name_of(path)) != names.end();
  const bool lies = path.ends_with(".json") && std::ranges::any_of(folders, [&](std::string_view each) { return path.starts_with(each); });
  return (named || lies) && is_document(as_text(front));
}

Told read_sbom(std::string_view path, const host::ReadFile& file) {
  const auto text = read_text(file, max_document);
  if (!text) return {.notes = {unread(path, text.error().message)}};
  auto document = read_document(*text, path);
  if (!document) return {.notes = {document.error().message}};
  for (Component& each : document->components) each.remark = "claimed by a document in the image, and not believed";
  const size_t count = document->components.size();
  return {.claims = std::move(document->components), .notes = {fmt::format("'{}' claims {} of the image, and is not believed", path, count == 1 ? "1 package" : fmt::format("{} packages", count))}};
}

}  // namespace ashlar::inventory
