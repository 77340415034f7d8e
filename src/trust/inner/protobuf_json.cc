#include "trust/inner/protobuf_json.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/bytes.h"

namespace ashlar::trust {
namespace {

/// `mediaType` as the .proto file has it: `media_type`.
std::string snake(std::string_view camel) {
  std::string out;
  for (const char each : camel) {
    if (each >= 'A' && each <= 'Z') out += '_';
    out += each >= 'A' && each <= 'Z' ? static_cast<char>(each - 'A' + 'a') : each;
  }
  return out;
}

}  // namespace

Result<std::string> from_any_base64(std::string_view text) {
  std::string standard(text);
  std::erase_if(standard, [](char each) { return each == '\n' || each == '\r'; });  // as Go's decoder does, which others rely on
  std::replace(standard.begin(), standard.end(), '-', '+');
  std::replace(standard.begin(), standard.end(), '_', '/');
  if (!standard.ends_with('=')) standard.append((4 - standard.size() % 4) % 4, '=');
  TRY_ASSIGN(const Bytes bytes, from_base64(standard));
  return std::string(as_text(bytes));
}

Result<Message> Message::of(const Json& json, std::string path) {
  Message message(json, std::move(path));
  if (!json.is_object()) return fail(Kind::Corrupt, message.path_.empty() ? std::string("it is no JSON object") : fmt::format("'{}' is no object", message.path_));
  for (const auto& member : json.items()) {
    const std::string other = snake(member.key());
    if (other != member.key() && json.contains(other)) return message.wrong(member.key(), fmt::format("it stands twice, also as '{}'", other));
  }
  return message;
}

std::string Message::path_of(std::string_view name) const { return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name); }

std::unexpected<Error> Message::wrong(std::string_view name, std::string_view what) const { return fail(Kind::Corrupt, fmt::format("'{}': {}", path_of(name), what)); }

const Json* Message::find(std::string_view name) const {
  auto found = json_->find(std::string(name));
  if (found == json_->end()) found = json_->find(snake(name));
  return found == json_->end() || found->is_null() ? nullptr : &*found;
}

Done Message::only(std::initializer_list<std::string_view> names) const {
  for (const auto& member : json_->items()) {
    if (std::none_of(names.begin(), names.end(), [&](std::string_view name) { return member.key() == name || member.key() == snake(name); })) return wrong(member.key(), "there is no such field");
  }
  return {};
}

Result<std::string> Message::text(std::string_view name, size_t limit) const {
  const Json* const found = find(name);
  if (found == nullptr) return std::string();
  if (!found->is_string()) return wrong(name, "it is no text");
  const auto& text = found->get_ref<const std::string&>();
  if (text.size() > limit) return wrong(name, fmt::format("it is longer than {} bytes", limit));
  return text;
}

Result<std::string> Message::bytes(std::string_view name, size_t limit) const {
  TRY_ASSIGN(const std::string written, text(name, 4 * (limit / 3 + 1)));
  auto decoded = from_any_base64(written);
  if (!decoded) return wrong(name, "it is no base64");
  return decoded;
}

Result<std::int64_t> Message::whole(std::string_view name) const {
  const Json* const found = find(name);
  if (found == nullptr) return 0;
  if (found->is_number_unsigned() && found->get<std::uint64_t>() > INT64_MAX) return wrong(name, "it is too large");
  if (found->is_number_integer()) return found->get<std::int64_t>();
  if (!found->is_string()) return wrong(name, "it is no whole number");
  const auto& text = found->get_ref<const std::string&>();
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return wrong(name, "it is no whole number");
  return value;
}

Result<std::string> Message::choice(std::string_view name) const {
  const Json* const found = find(name);
  if (found != nullptr && found->is_number_integer()) {
    TRY_ASSIGN(const std::int64_t number, whole(name));
    return fmt::format("{}", number);
  }
  return text(name, 100);
}

Result<std::optional<Time>> Message::time(std::string_view name) const {
  TRY_ASSIGN(const std::string written, text(name, 100));
  if (written.empty()) return std::optional<Time>();
  const auto time = Time::parse(written);
  if (!time) return wrong(name, "it is no time as RFC 3339 has it");
  return std::optional<Time>(*time);
}

Result<std::optional<Message>> Message::message(std::string_view name) const {
  const Json* const found = find(name);
  if (found == nullptr) return std::optional<Message>();
  TRY_ASSIGN(Message out, of(*found, path_of(name)));
  return std::optional<Message>(std::move(out));
}

Result<Message> Message::required(std::string_view name) const {
  TRY_ASSIGN(auto found, message(name));
  if (!found) return wrong(name, "it is missing");
  return std::move(*found);
}

Result<std::vector<Message>> Message::messages(std::string_view name, size_t limit) const {
  std::vector<Message> out;
  const Json* const found = find(name);
  if (found == nullptr) return out;
  if (!found->is_array()) return wrong(name, "it is no list");
  if (found->size() > limit) return wrong(name, fmt::format("there are more than {}", limit));
  for (size_t at = 0; at < found->size(); ++at) {
    TRY_ASSIGN(Message each, of((*found)[at], fmt::format("{}[{}]", path_of(name), at)));
    out.push_back(std::move(each));
  }
  return out;
}

Result<std::vector<std::string>> Message::byte_list(std::string_view name, size_t limit, size_t size) const {
  std::vector<std::string> out;
  const Json* const found = find(name);
  if (found == nullptr) return out;
  if (!found->is_array()) return wrong(name, "it is no list");
  if (found->size() > limit) return wrong(name, fmt::format("there are more than {}", limit));
  for (const Json& each : *found) {
    auto decoded = each.is_string() ? from_any_base64(each.get_ref<const std::string&>()) : fail(Kind::Corrupt, "no text");
    if (!decoded || decoded->size() > size) return wrong(name, fmt::format("an element is no base64 of at most {} bytes", size));
    out.push_back(std::move(*decoded));
  }
  return out;
}

}  // namespace ashlar::trust
