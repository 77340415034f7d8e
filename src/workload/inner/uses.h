#pragma once
// How a use is made of what a file says, and the readers of YAML.
#include "workload/images.h"
#include "workload/variables.h"

namespace ashlar::workload {

class YamlStream;

ImageUse make_use(const std::string& where, const Traced& written, Substituted value, const Lines& lines);

std::vector<ImageUse> yaml_images(FileKind kind, const YamlStream& stream, const Beside* beside);
/// What the first documents of a YAML text are by their keys; Unknown where they cannot be read.
FileKind kind_of_yaml(std::string_view text);

}  // namespace ashlar::workload
