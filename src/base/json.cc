#include "base/json.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>

namespace ashlar {
namespace {

constexpr size_t max_text = size_t{512} << 20;
constexpr size_t max_depth = 200;

/// Where byte `at` stands: line and column from 1.
Fault fault_at(std::string_view text, size_t at, std::string_view path, std::string message) {
  at = std::min(at, text.size());
  const size_t line_start = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  const auto line = static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n')) + 1;
  const size_t line_end = std::min(text.find('\n', line_start), text.size());
  std::string excerpt(text.substr(line_start, std::min<size_t>(line_end - line_start, 200)));
  return {std::string(path), line, static_cast<int>(at - line_start) + 1, std::move(message), {}, std::move(excerpt)};
}

/// Builds the value event by event, each in constant time, and stops at the first thing that is refused. (The library's own way of asking about each event
/// goes through all elements of an array for each of them.)
class Builder final : public nlohmann::json_sax<Json> {
 public:
  Builder(std::string_view text, std::string_view path) : text_(text), path_(path) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // no text has one
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (!open_.back().keys.insert(name).second) return refuse(fmt::format("key '{}' stands twice", name));
    members(*open_.back().value).emplace_back(std::move(name), nullptr);
    return true;
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception&) override {
    (void)refuse("it is not valid JSON");
    fault_ = fault_at(text_, position == 0 ? 0 : position - 1, path_, "not valid JSON");
    return false;
  }

  Json root;
  /// Why reading ended early; empty: it did not.
  const std::string& refusal() const { return refusal_; }
  std::optional<Fault> take_fault() { return std::move(fault_); }

 private:
  using Members = std::vector<std::pair<const std::string, Json>>;
  struct Level {
    Json* value;  ///< stays where it is while it is open: the value that it stands in does not grow
    std::unordered_set<std::string> keys{};
  };

  /// The members in their order; unlike the object that they are of they take a new one without asking all others for its name.
  static Members& members(Json& object) { return object.get_ref<Json::object_t&>(); }

  bool refuse(std::string why) {
    refusal_ = std::move(why);
    return false;
  }

  Json* add(Json value) {
    if (open_.empty()) return &(root = std::move(value));
    Json& into = *open_.back().value;
    if (into.is_array()) return &into.get_ref<Json::array_t&>().emplace_back(std::move(value));
    return &(members(into).back().second = std::move(value));
  }
  bool put(Json value) {
    if (open_.size() > max_depth) return refuse("it nests deeper than 200");
    add(std::move(value));
    return true;
  }
  bool open(Json value) {
    if (open_.size() > max_depth) return refuse("it nests deeper than 200");
    Json* const added = add(std::move(value));
    open_.push_back({added});
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::string_view text_, path_;
  std::vector<Level> open_;  ///< the arrays and objects that have not ended, from the outermost
  std::string refusal_;
  std::optional<Fault> fault_;
};

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view path) {
  const std::string what = fmt::format("read '{}'", path);
  if (text.size() > max_text) return cannot(Kind::Invalid, what, "it is larger than 512 MiB");
  Builder builder(text, path);
  if (Json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.root);
  auto failure = cannot(Kind::Invalid, what, builder.refusal());
  if (auto fault = builder.take_fault()) failure.error().faults.push_back(std::move(*fault));
  return failure;
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
