#include "policy/selection.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "policy/inner/base_lines.h"

namespace ashlar::policy {
namespace {

Result<std::vector<std::string>> texts(const Json& json, std::string_view key) {
  std::vector<std::string> out;
  const auto found = json.find(key);
  if (found == json.end()) return out;
  if (!found->is_array()) return fail(Kind::Invalid, fmt::format("'{}' is no list", key));
  for (const Json& each : *found) {
    if (!each.is_string()) return fail(Kind::Invalid, fmt::format("'{}' has what is no text", key));
    out.push_back(each.get<std::string>());
  }
  return out;
}

Result<std::string> text(const Json& json, std::string_view key, bool must) {
  const auto found = json.find(key);
  if (found == json.end() && !must) return std::string();
  if (found == json.end()) return fail(Kind::Invalid, fmt::format("'{}' is missing", key));
  if (!found->is_string() || (must && trim(found->get_ref<const std::string&>()).empty())) return fail(Kind::Invalid, fmt::format("'{}' is no text", key));
  return found->get<std::string>();
}

Result<std::optional<Time>> time(const Json& json, std::string_view key) {
  TRY_ASSIGN(const std::string word, text(json, key, false));
  if (word.empty()) return std::nullopt;
  TRY_ASSIGN(const Time out, Time::parse(word));
  return out;
}

Result<std::string> digest(const Json& json, std::string_view key) {
  TRY_ASSIGN(std::string word, text(json, key, true));
  TRY(Digest::parse(word));
  return word;
}

Result<SelectedPlatform> read_platform(const Json& json) {
  if (!json.is_object()) return fail(Kind::Invalid, "a platform is no object");
  SelectedPlatform out;
  TRY_ASSIGN(out.platform, text(json, "platform", true));
  TRY_ASSIGN(out.manifest, digest(json, "manifest"));
  TRY_ASSIGN(out.diff_ids, texts(json, "diff_ids"));
  for (const std::string& each : out.diff_ids) TRY(Digest::parse(each));
  return out;
}

Result<SelectedBase> read_base(const Json& json) {
  if (!json.is_object()) return fail(Kind::Invalid, "a base is no object");
  SelectedBase out;
  TRY_ASSIGN(out.repository, text(json, "repository", true));
  if (out.repository.find('/') == std::string::npos) return fail(Kind::Invalid, fmt::format("'{}' is no full name: it takes a host and a path", out.repository));
  TRY_ASSIGN(out.tags, texts(json, "tags"));
  TRY_ASSIGN(out.digest, digest(json, "digest"));
  if (const auto platforms = json.find("platforms"); platforms != json.end()) {
    if (!platforms->is_array()) return fail(Kind::Invalid, "'platforms' is no list");
    for (const Json& each : *platforms) {
      TRY_ASSIGN(auto platform, read_platform(each));
      out.platforms.push_back(std::move(platform));
    }
  }
  TRY_ASSIGN(out.vendor, text(json, "vendor", false));
  TRY_ASSIGN(out.created, time(json, "created"));
  TRY_ASSIGN(out.supported_until, time(json, "supported_until"));
  TRY_ASSIGN(const auto from, time(json, "from"));
  if (!from) return fail(Kind::Invalid, "'from' is missing: from when on it is allowed");
  out.from = *from;
  TRY_ASSIGN(out.until, time(json, "until"));
  if (out.until && *out.until <= out.from) return fail(Kind::Invalid, "'until' is not after 'from'");
  TRY_ASSIGN(out.approved_by, text(json, "approved_by", true));
  TRY_ASSIGN(out.note, text(json, "note", false));
  return out;
}

bool has_digest(const SelectedBase& base, std::string_view digest) {
  return base.digest == digest || std::ranges::find(base.platforms, digest, &SelectedPlatform::manifest) != base.platforms.end();
}

}  // namespace

Json to_json(const Selection& selection) {
  Json bases = Json::array();
  for (const SelectedBase& each : selection.bases) {
    Json platforms = Json::array();
    for (const SelectedPlatform& platform : each.platforms) platforms.push_back({{"platform", platform.platform}, {"manifest", platform.manifest}, {"diff_ids", platform.diff_ids}});
    Json base = {{"repository", each.repository}, {"tags", each.tags}, {"digest", each.digest}, {"platforms", std::move(platforms)}};
    if (!each.vendor.empty()) base["vendor"] = each.vendor;
    if (each.created) base["created"] = each.created->str();
    if (each.supported_until) base["supported_until"] = each.supported_until->str();
    base["from"] = each.from.str();
    if (each.until) base["until"] = each.until->str();
    base["approved_by"] = each.approved_by;
    if (!each.note.empty()) base["note"] = each.note;
    bases.push_back(std::move(base));
  }
  Json out = {{"schema", selection_uri}};
  if (!selection.id.empty()) out["id"] = selection.id;
  if (selection.serial > 0) out["serial"] = selection.serial;
  out["bases"] = std::move(bases);
  return out;
}

Result<Selection> read_selection(std::string_view text, std::string_view path) {
  const std::string what = fmt::format("read selection '{}'", path);
  const auto read = parse_json(text, path);
  if (!read) return cannot(what, read.error());
  const Json* json = &*read;
  if (json->is_object() && json->value("predicateType", Json()) == selection_uri && json->contains("predicate")) json = &json->at("predicate");
  if (!json->is_object() || json->value("schema", Json(selection_uri)) != selection_uri || !json->contains("bases") || !json->at("bases").is_array()) return cannot(Kind::Invalid, what, fmt::format("it is none: it takes 'bases', a list, by the schema '{}'", selection_uri));
  Selection out;
  auto id = policy::text(*json, "id", false);
  if (!id) return cannot(Kind::Invalid, what, id.error().message);
  out.id = std::move(*id);
  if (const auto serial = json->find("serial"); serial != json->end()) {
    if (!serial->is_number_unsigned() || *serial == 0) return cannot(Kind::Invalid, what, "'serial' is no number above 0");
    out.serial = serial->get<std::uint64_t>();
  }
  for (size_t at = 0; at < json->at("bases").size(); ++at) {
    auto base = read_base(json->at("bases")[at]);
    if (!base) return cannot(Kind::Invalid, what, fmt::format("base {}: {}", at + 1, base.error().message));
    if (std::ranges::any_of(out.bases, [&](const SelectedBase& each) { return each.repository == base->repository && each.digest == base->digest; })) return cannot(Kind::Invalid, what, fmt::format("base {}: '{}@{}' stands in it twice", at + 1, base->repository, base->digest));
    out.bases.push_back(std::move(*base));
  }
  return out;
}

std::vector<std::string> tags_of(const Selection& selection, std::string_view repository, std::string_view digest) {
  std::vector<std::string> out;
  for (const SelectedBase& each : selection.bases) {
    if (each.repository != repository || !has_digest(each, digest)) continue;
    for (const std::string& tag : each.tags) {
      if (std::ranges::find(out, tag) == out.end()) out.push_back(tag);
    }
  }
  return out;
}

const SelectedBase* find(const Selection& selection, std::string_view repository, std::string_view tag, std::string_view digest) {
  const SelectedBase* out = nullptr;
  for (const SelectedBase& each : selection.bases) {
    if (each.repository != repository) continue;
    if (digest.empty() ? std::ranges::find(each.tags, tag) == each.tags.end() : !has_digest(each, digest)) continue;
    if (out == nullptr || out->from <= each.from) out = &each;
  }
  return out;
}

}  // namespace ashlar::policy
