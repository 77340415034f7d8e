#pragma once
// What a replay came to, as others read it.
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "pipeline/replay.h"

namespace ashlar::pipeline {

/// The outcome table: what is measured, with the loop, and without one. The same rows in every form.
struct OutcomeRow { std::string what, loop, none; };
std::vector<OutcomeRow> outcome_of(const Replayed& replayed);
/// What is counted, and the numbers that were assumed; sentences.
std::vector<std::string> terms_of(const Replayed& replayed);
/// Rounds in which something differs from the one before; the first and the last are always among them.
std::vector<const ReplayDay*> days_of_change(const Replayed& replayed);

/// docs/replay.md. `policy`: its file or preset.
Json to_json(const Replayed& replayed, const std::string& policy);
/// One file: charts as inline SVG, each with its table; no script, nothing fetched.
std::string to_html(const Replayed& replayed, const std::string& policy);

}  // namespace ashlar::pipeline
