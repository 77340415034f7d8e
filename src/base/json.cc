#include "base/json.h"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include <fmt/format.h>

namespace ashlar {
namespace {

constexpr size_t max_text = size_t{512} << 20;
constexpr int max_depth = 200;

/// Where byte `at` stands: line and column from 1.
Fault fault_at(std::string_view text, size_t at, std::string_view path, std::string message) {
  at = std::min(at, text.size());
  const size_t line_start = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  const auto line = static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n')) + 1;
  const size_t line_end = std::min(text.find('\n', line_start), text.size());
  std::string excerpt(text.substr(line_start, std::min<size_t>(line_end - line_start, 200)));
  return {std::string(path), line, static_cast<int>(at - line_start) + 1, std::move(message), {}, std::move(excerpt)};
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view path) {
  const std::string what = fmt::format("read '{}'", path);
  if (text.size() > max_text) return cannot(Kind::Invalid, what, "it is larger than 512 MiB");
  std::string refusal;
  std::vector<std::set<std::string>> keys;
  auto guard = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > max_depth && refusal.empty()) refusal = "it nests deeper than 200";
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end && !keys.empty()) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.empty() && !keys.back().insert(parsed.get<std::string>()).second && refusal.empty())
      refusal = fmt::format("key '{}' stands twice", parsed.get<std::string>());
    return refusal.empty();
  };
  try {
    Json json = Json::parse(text.begin(), text.end(), guard);
    if (!refusal.empty()) return cannot(Kind::Invalid, what, refusal);
    return json;
  } catch (const Json::parse_error& error) {
    auto failure = cannot(Kind::Invalid, what, "it is not valid JSON");
    failure.error().faults.push_back(fault_at(text, error.byte == 0 ? 0 : error.byte - 1, path, "not valid JSON"));
    return failure;
  } catch (const Json::exception&) {
    return cannot(Kind::Invalid, what, refusal.empty() ? "it is not valid JSON" : refusal);
  }
}

std::string to_compact(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }
std::string to_pretty(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

Result<std::string> get_string(const Json& json, std::string_view key) {
  const auto found = json.find(std::string(key));
  if (found == json.end() || !found->is_string()) return fail(Kind::Corrupt, fmt::format("'{}' is missing or not a string", key));
  return found->get<std::string>();
}

Result<std::int64_t> get_integer(const Json& json, std::string_view key) {
  const auto found = json.find(std::string(key));
  if (found == json.end() || !found->is_number_integer()) return fail(Kind::Corrupt, fmt::format("'{}' is missing or not a whole number", key));
  return found->get<std::int64_t>();
}

Result<std::string> get_string_or_empty(const Json& json, std::string_view key) {
  if (!json.contains(std::string(key))) return std::string();
  return get_string(json, key);
}

}  // namespace ashlar
