#include "attest/inner/shape.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "attest/inner/digest_set.h"
#include "base/text.h"
#include "base/time.h"

namespace ashlar::attest {
namespace {

/// in-toto attestation framework, spec/v1/resource_descriptor.md: a name, an address or digests.
std::string fault_of_resource(const Json& value) {
  if (!value.is_object()) return "is no object";
  for (const char* key : {"name", "uri", "downloadLocation", "mediaType"}) {
    if (const auto found = value.find(key); found != value.end() && !found->is_string()) return fmt::format("has a '{}' that is no text", key);
  }
  bool any = value.value("name", std::string()) != "" || value.value("uri", std::string()) != "";
  if (const auto digests = value.find("digest"); digests != value.end() && !(digests->is_object() && digests->empty())) {
    if (const std::string fault = fault_of_digests(*digests); !fault.empty()) return fmt::format("has a 'digest' that is none: {}", fault);
    any = true;
  }
  if (const auto notes = value.find("annotations"); notes != value.end() && !notes->is_object()) return "has 'annotations' that are no object";
  return any ? "" : "has neither name, uri nor digest";
}

std::string fault_of_text(const std::string& text, const Member& member) {
  if (member.is == Is::Text) return {};
  if (member.is == Is::Uri) return is_uri(text) ? "" : "is no URI";
  if (member.is == Is::Time) return Time::parse(text) ? "" : "is no time (RFC 3339)";
  if (member.is == Is::Filled) return text.empty() ? "is empty" : "";
  const auto words = split(member.words, '|');
  return std::ranges::find(words, std::string_view(text)) != words.end() ? "" : fmt::format("is none of {}", fmt::join(words, ", "));
}

std::string fault_of_value(const Json& value, const Member& member) {
  switch (member.is) {
    case Is::Object: return value.is_object() ? "" : "is no object";
    case Is::Flag: return value.is_boolean() ? "" : "is neither true nor false";
    case Is::Resource: return fault_of_resource(value);
    case Is::Digests: {
      const std::string fault = fault_of_digests(value);
      return fault.empty() ? "" : "is no set of digests: " + fault;
    }
    default: return value.is_string() ? fault_of_text(value.get_ref<const std::string&>(), member) : "is no text";
  }
}

std::string named(const std::string& place, std::string_view fault) { return fault.empty() ? std::string() : fmt::format("'{}' {}", place, fault); }

/// What is wrong at `rest` below `value`, which stands at `place`.
std::string walk(const Json& value, std::string_view rest, const std::string& place, const Member& member) {
  if (!value.is_object()) return place.empty() ? "it is no object" : named(place, "is no object");
  auto [key, below] = cut(rest, '/');
  const bool list = key.ends_with("[]");
  if (list) key.remove_suffix(2);
  const std::string here = place.empty() ? std::string(key) : fmt::format("{}.{}", place, key);
  const auto found = value.find(std::string(key));
  if (found == value.end()) return member.required && below.empty() ? fmt::format("it has no '{}'", here) : std::string();
  if (!list) return below.empty() ? named(here, fault_of_value(*found, member)) : walk(*found, below, here, member);
  if (!found->is_array()) return named(here, "is no list");
  size_t index = 0;
  for (const Json& each : *found) {
    const std::string element = fmt::format("{}[{}]", here, index++);
    std::string fault = below.empty() ? named(element, fault_of_value(each, member)) : walk(each, below, element, member);
    if (!fault.empty()) return fault;
  }
  return {};
}

}  // namespace

bool is_uri(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 == text.size() || !letter(text.front())) return false;
  const auto of_scheme = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; };
  const auto plain = [](char c) { return c > ' ' && c < '\x7f'; };
  return std::ranges::all_of(text.substr(0, colon), of_scheme) && std::ranges::all_of(text, plain);
}

std::string fault_of(const Json& value, std::span<const Member> shape) {
  if (!value.is_object()) return "it is no object";
  for (const Member& member : shape) {
    if (std::string fault = walk(value, member.at, {}, member); !fault.empty()) return fault;
  }
  return {};
}

}  // namespace ashlar::attest
