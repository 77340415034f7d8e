#pragma once
// Statements put beside an image, in the two ways that others look for them.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "oci/copy.h"

namespace ashlar::oci {

/// A content and how the manifest that holds it describes it.
struct Attachment {
  std::string media_type, content;
  std::map<std::string, std::string> annotations{};
};

/// Adds contents to the artifact under cosign's tag of `subject` (`sha256-HEX` and `suffix`), behind those that lie there; a content that is there with the
/// same annotations is not added again. What the manifest there says besides stays as it is. Conflict where something else lies there.
Result<Descriptor> attach_by_tag(ImageWriter& to, const Digest& subject, std::string_view suffix, const std::vector<Attachment>& contents);

/// Puts an artifact under such a tag. What lies there already keeps its place: contents and members that it lacks are added. What lies there then.
Result<Document> add_to_tag(ImageWriter& to, const std::string& tag, const Document& artifact);

/// Puts an artifact there that refers to `subject` and holds one content (image-spec manifest.md, "Guidelines for Artifact Usage").
Result<Descriptor> attach_by_referrer(ImageWriter& to, const Descriptor& subject, std::string_view artifact_type, const Attachment& content, const std::map<std::string, std::string>& annotations = {});

}  // namespace ashlar::oci
