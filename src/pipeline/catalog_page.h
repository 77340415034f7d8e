#pragma once
// Pages of docs/catalog: what a person wants to know of an image before using it, in Markdown. Same values, same page: no time of
// day stands in it.
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "oci/layout.h"
#include "pipeline/catalog.h"
#include "plan/lock.h"

namespace ashlar::pipeline {

/// One definition of an image with what is known of it besides.
struct PageEntry {
  CatalogEntry entry;
  std::optional<plan::Lock> lock;         ///< for its packages
  std::vector<oci::PlatformImage> built;  ///< for its sizes; empty: not built
};

/// The entry with the lock beside its definition and, where `images` names a layout (`oci:DIR`) that holds it under the tags of `build --all`, the image.
/// A lock or an image that is not there is no fault; one that does not read is.
Result<PageEntry> page_entry(host::Files& files, const CatalogEntry& entry, std::string_view images);
/// The page of one image, from all of its versions and variants; at least one.
std::string catalog_page(std::span<const PageEntry> entries);
/// A table of every image, a row each, with links to their pages.
std::string catalog_table(std::span<const CatalogEntry> entries);

}  // namespace ashlar::pipeline
