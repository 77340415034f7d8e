#pragma once
// `tests` of a definition.
#include "plan/definition.h"
#include "plan/inner/reader.h"

namespace ashlar::plan {

/// An entry of `tests`, appended to those read before: names are unique, for checks are named after them.
void read_run_test(Reader& reader, const YamlNode& node, std::vector<RunTest>& tests);

}  // namespace ashlar::plan
