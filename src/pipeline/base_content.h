#pragma once
// What files tell of an image and its base, where digests of layers do not say all. Values in, values out.
#include <cstddef>
#include <string>

#include "inventory/contents.h"

namespace ashlar::pipeline {

/// How an image and one that it may be built on differ in the files of the latter.
struct BaseDeeds {
  std::size_t files = 0;                        ///< of the base: everything that has a name
  std::size_t removed = 0, replaced = 0;        ///< of those: no longer there; of another kind, content, target, owner or mode, or with other attributes
  std::string first_removed{}, first_replaced{};  ///< without a leading slash
  bool unchanged() const { return removed == 0 && replaced == 0; }
  /// `the application removes 3 files of its base ('/usr/bin/x' first) and replaces 1 ('/etc/y')`; empty where it does nothing of it.
  std::string words() const;
};
/// When files were last modified does not count, and neither do the modes and owners of folders: layers that only pass through one set them anew.
BaseDeeds done_to(const inventory::Contents& base, const inventory::Contents& image);

/// Whether nothing in it is of a distribution or of whoever else makes bases: no os-release, no package database, no library or loader of programs, no shell or other interpreter.
bool is_from_scratch(const inventory::Contents& image);

}  // namespace ashlar::pipeline
