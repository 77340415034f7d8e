#pragma once
// The outcome table as others read it.
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/json.h"
#include "policy/outcomes.h"

namespace ashlar::policy {

/// The table for people: each cell ends with the number of its source, or of why there is no evidence.
struct OutcomeTable {
  struct Row { std::string what, before, after; };
  struct Section { std::string title; std::vector<Row> rows; };
  std::vector<Section> sections{};
  std::vector<std::string> sources{};  ///< the first is number 1
};
OutcomeTable table_of(const Outcomes& outcomes);
/// What the model assumes, and how far the figures reach; sentences.
std::vector<std::string> terms_of(const Outcomes& outcomes);

/// docs/formats/outcomes.md
Json to_json(const Outcomes& outcomes);
/// One file: charts as inline SVG, each with its table; no script, nothing fetched.
std::string to_html(const Outcomes& outcomes);

}  // namespace ashlar::policy
