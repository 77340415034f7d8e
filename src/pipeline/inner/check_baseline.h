#pragma once
// Old findings, by what they are and not by where they stand.
#include <set>
#include <string>

#include "host/files.h"
#include "pipeline/check_files.h"

namespace ashlar::pipeline {

/// Says of each finding who it is: its rule, its file, its words and the line's text with blanks made one, then its number among those alike.
void set_fingerprints(CheckedFile& file, std::string_view text, const std::string& place);

using Baseline = std::set<std::string>;  ///< fingerprints
/// NotFound when there is none: `--write-baseline` makes one.
Result<Baseline> read_baseline(host::Files& files, const host::Path& path);
/// What was found, sorted: `https://ashlar.dev/check-baseline/v1`.
std::string write_baseline(const CheckedFiles& checked);
/// Takes away what stands in the baseline, and counts it.
void take_old(CheckedFile& file, const Baseline& baseline);

}  // namespace ashlar::pipeline
