#pragma once
// The parts of the format that are read and judged, but not built yet: stages that build software, and files taken from other images.
#include "plan/definition.h"
#include "plan/inner/reader.h"

namespace ashlar::plan {

/// `contents.builds`: each stage becomes an entry of `unbuilt`.
void read_builds(Reader& reader, const YamlNode& node, std::vector<Unbuilt>& unbuilt);
/// `contents.artifacts`, the same.
void read_artifacts(Reader& reader, const YamlNode& node, std::vector<Unbuilt>& unbuilt);
/// `track`: how an updater finds new versions; judged and left alone.
void check_track(Reader& reader, const YamlNode& node);
/// `spdx` of a downloaded file.
void read_spdx(Reader& reader, const YamlNode& node, Download& into);
/// `accounts`, of the image and of a stage: types and forms, with what the image's needs.
void read_accounts(Reader& reader, const YamlNode& node, Accounts& into);

}  // namespace ashlar::plan
