#pragma once
// Documents that say what something consists of: SPDX 2.2 and 2.3, CycloneDX 1.4 to 1.7, each as JSON.
#include <string>
#include <string_view>
#include <vector>

#include "inventory/component.h"

namespace ashlar::inventory {

struct Document {
  enum class Format { Spdx, CycloneDx };
  Format format = Format::Spdx;
  std::string version{};       ///< of the format: `2.3`
  std::string subject{};       ///< what it describes, as it calls it; or empty
  std::string distribution{};  ///< of the operating system that it names, else where all its packages agree: `debian-13`; or empty
  std::vector<Component> components{};  ///< sorted by type, name, version; `path` is the document's, `found_by` its format: `spdx`, `cyclonedx`
  std::vector<std::string> notes{};     ///< what is in it and cannot be judged, and why
};

/// Whether a text begins as such a document.
bool is_document(std::string_view front);

/// Reads one; `path` names it in components and errors. Components are what package URLs (ECMA-427) say; what has none is one of type `generic`, with a
/// remark. Distribution packages without a source package have one, too, unless the document shows that it names sources where they have other names: one
/// package has a source, or its maker is known to. Files and what the document describes as a whole are left out. Invalid when it is no JSON, neither format or of an unknown version; Corrupt
/// when its packages are no list.
Result<Document> read_document(std::string_view text, std::string_view path);

}  // namespace ashlar::inventory
