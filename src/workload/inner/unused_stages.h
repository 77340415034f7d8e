#pragma once
// Stages of which nothing comes into the last one: no builder runs them unless they are asked for by name.
#include <set>
#include <string>
#include <string_view>

#include "workload/inner/migration.h"

namespace ashlar::workload {

/// For each stage, whether the last one needs it; all where a number or a variable names one, so that none can go.
std::vector<bool> needed_stages(const Dockerfile& file);

/// Of the stages before the last one of a migration that came to `text`, those that nothing takes anything from any more, or that nobody can ask for by a name.
/// What stays for --target is said.
std::set<size_t> unused_stages(Migration& work, std::string_view text);

/// The lines of a part of a Dockerfile that goes which hold a comment: what people wrote stays.
std::string comments_in(std::string_view text);

}  // namespace ashlar::workload
