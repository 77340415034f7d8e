#pragma once
// What a jar without a pom.properties is called, by its manifest and by its name.
#include <map>
#include <string>
#include <string_view>

#include "inventory/component.h"

namespace ashlar::inventory {

/// The main section of a META-INF/MANIFEST.MF (JAR File Specification, "JAR Manifest"), keys as written.
using Manifest = std::map<std::string, std::string, std::less<>>;
Manifest read_jar_manifest(std::string_view text);

/// `commons-lang3-3.12.0` is `commons-lang3` and `3.12.0`; no version: empty.
std::pair<std::string, std::string> split_jar_name(std::string_view stem);

/// A Component of type maven without path. Its name has a group only where the manifest tells one; the remark says what it stands on, and where name and
/// manifest disagree.
Component jar_by_manifest(std::string_view file_name, const Manifest& manifest);

}  // namespace ashlar::inventory
