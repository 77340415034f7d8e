// Erlang and Elixir: the resource file of each application, `ebin/NAME.app`: `{application, NAME, [{vsn, "VERSION"}, ...]}.` (Erlang/OTP, "app"). Those of OTP itself are among
// them: nothing in them tells them from what came from Hex.
#include "base/text.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {
namespace {

constexpr std::string_view suffix = ".app";

/// What stands behind `key` and a comma, an atom or a string without its quotes; empty where it does not.
std::string value_of(std::string_view text, std::string_view key) {
  const size_t at = text.find(key);
  if (at == std::string_view::npos) return {};
  const auto [before, after] = cut(text.substr(at + key.size()), ',');
  if (!trim(before).empty()) return {};
  std::string_view value = trim(after.substr(0, after.find_first_of(",}")));
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front()) value = value.substr(1, value.size() - 2);
  return is_utf8(value) ? std::string(value) : std::string();
}

}  // namespace

bool wants_hex(std::string_view path, BytesView) { return path.ends_with(suffix) && name_of(folder_of(path)) == "ebin"; }

Told read_hex(std::string_view path, const host::ReadFile& file) {
  const auto text = read_text(file);
  if (!text) return {.unread = {no_record(path, text.error().message)}};
  Component out{.type = "hex", .name = value_of(*text, "{application"), .version = value_of(*text, "{vsn"), .path = std::string(path)};
  if (out.name.empty()) return {.unread = {no_record(path, "it names no application")}};
  if (out.version.empty()) out.remark = "it has no version";
  return {.components = {std::move(out)}};
}

}  // namespace ashlar::inventory
