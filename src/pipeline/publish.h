#pragma once
// A finished image under its names: an immutable revision, and tags that move (docs/formats/tags.md).
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "host/machine.h"
#include "oci/copy.h"
#include "oci/ref.h"
#include "plan/definition.h"
#include "plan/lock.h"

namespace ashlar::pipeline {

struct Workshop;

struct Names {
  std::string revision;             ///< empty: none is given; `3.13.5-r2`: never moved, each with one digest
  std::vector<std::string> moving;  ///< `3.13`: the definition's tags
};

/// The tags that move, at least one: that of `to`, else the definition's, else `latest`.
std::vector<std::string> moving_tags(const oci::ImageRef& to, const plan::Definition& definition);

/// What revisions of the definition's image begin with: its first tag, with the version in front replaced by that of the package which is asked for and has
/// it, up to the distribution's own revision: `3.13` and python3.13 3.13.5-2 give `3.13.5`, `3.13-dev` gives `3.13.5-dev`.
std::string revision_stem(const plan::Definition& definition, const plan::Lock& lock);

/// The names of an image at `to`: the revision that has this digest already, or the next one.
Result<Names> names_for(host::Machine& machine, const oci::ImageRef& to, const plan::Definition& definition, const plan::Lock& lock, const Digest& image);

/// Of a layout or a registry.
Result<std::unique_ptr<oci::ImageWriter>> writer_to(host::Machine& machine, const oci::ImageRef& to);

/// Held by whoever publishes at `to` from this machine: one after the other.
Result<std::unique_ptr<host::FileLock>> take_turn(Workshop& workshop, const oci::ImageRef& to);

/// Where a tag at `to` points; nothing: there is no such tag.
Result<std::optional<Digest>> pointed_at(host::Machine& machine, const oci::ImageRef& to, const std::string& tag);

/// What those who follow the definition's tags at `to` use now: where its first moving tag points, by digest; nothing where nothing was published yet.
Result<std::optional<oci::ImageRef>> published_now(host::Machine& machine, const oci::ImageRef& to, const plan::Definition& definition);

/// Copies the image of `from` (a layout's reference) to `to`, under no tag.
Done push_candidate(host::Machine& machine, const oci::ImageRef& from, const oci::ImageRef& to);

/// Points the revision at the image, and then the tags that move. Those that point at it already stay as they are; what moved is given back.
Result<std::vector<std::string>> move_tags(host::Machine& machine, const oci::ImageRef& to, const Names& names, const Digest& image);

}  // namespace ashlar::pipeline
