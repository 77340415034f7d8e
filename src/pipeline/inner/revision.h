#pragma once
// Names of revisions: `STEM-rN`, where STEM is a tag of the definition with its version in full (docs/formats/tags.md).
#include <optional>
#include <string>
#include <string_view>

namespace ashlar::pipeline {

/// Digits and points in front: `3.13` of `3.13-dev`.
std::string_view version_in_front(std::string_view text);
/// Whether `version` is `prefix` or goes on from there: 3.13.5 is one of 3.13, 3.131 is not.
bool is_one_of(std::string_view version, std::string_view prefix);
/// N of `STEM-rN`; 0: it is none.
unsigned revision_number(std::string_view tag, std::string_view stem);
/// Whether a tag is made as revisions are, of whichever STEM.
bool is_revision(std::string_view tag);

struct Revision {
  std::string version;
  unsigned number = 0;
};
/// The revision that a tag names of the image whose first tag is `tag_of_image`; nothing where it is none of its.
std::optional<Revision> revision_of(std::string_view tag, std::string_view tag_of_image);

}  // namespace ashlar::pipeline
