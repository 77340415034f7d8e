#include "attest/vex.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "attest/inner/vex_forms.h"
#include "attest/statement.h"
#include "base/bytes.h"

namespace ashlar::attest {
namespace {

constexpr std::array<std::string_view, 4> statuses = {"not_affected", "affected", "fixed", "under_investigation"};
constexpr std::array<std::string_view, 5> justifications = {"component_not_present", "vulnerable_code_not_present", "vulnerable_code_not_in_execute_path", "vulnerable_code_cannot_be_controlled_by_adversary",
                                                            "inline_mitigations_already_exist"};

struct Form {
  std::string_view name;
  bool (*is)(const Json& document);
  Result<VexDocument> (*read)(const Json& document);
};

constexpr std::array forms = {
    Form{"openvex", [](const Json& document) { return text_of(document, "@context").starts_with("https://openvex.dev/ns"); }, read_openvex},
    Form{"cyclonedx", [](const Json& document) { return text_of(document, "bomFormat") == "CycloneDX"; }, read_cyclonedx_vex},
    Form{"csaf", [](const Json& document) { return document.contains("document") && document["document"].is_object() && document["document"].contains("csaf_version"); }, read_csaf_vex},
};

}  // namespace

std::string_view to_string(VexStatus status) { return statuses[static_cast<size_t>(status)]; }

std::span<const std::string_view> vex_justifications() { return justifications; }

std::optional<VexStatus> vex_status(std::string_view word) {
  const auto found = std::ranges::find(statuses, word);
  return found == statuses.end() ? std::nullopt : std::optional(static_cast<VexStatus>(found - statuses.begin()));
}

std::string text_of(const Json& object, std::string_view key) {
  const auto found = object.is_object() ? object.find(std::string(key)) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<Time> time_of(const Json& object, std::string_view key) {
  const auto time = Time::parse(text_of(object, key));
  return time ? std::optional(*time) : std::nullopt;
}

const Json& list_of(const Json& object, std::string_view key) {
  static const Json none = Json::array();
  const auto found = object.is_object() ? object.find(std::string(key)) : object.end();
  return found != object.end() && found->is_array() ? *found : none;
}

void add_statement(VexDocument& into, VexStatement statement) {
  if (!statement.when) statement.when = into.when;
  const std::string what = fmt::format("the statement on '{}'", statement.vulnerability);
  if (statement.vulnerability.empty()) into.notes.emplace_back("a statement names no vulnerability");
  else if (statement.products.empty()) into.notes.push_back(what + " names no product");
  else if (statement.status == VexStatus::NotAffected && statement.justification.empty() && statement.detail.empty()) into.notes.push_back(what + " says not_affected and not why");
  else into.statements.push_back(std::move(statement));
}

namespace {

Result<VexDocument> document_of(const Json& json, const std::string& what) {
  if (!json.is_object()) return cannot(Kind::Invalid, what, "it is no object");
  for (const Form& form : forms) {
    if (!form.is(json)) continue;
    auto read = form.read(json);
    if (!read) return cannot(what, std::move(read).error());
    read->format = form.name;
    return std::move(*read);
  }
  return cannot(Kind::Invalid, what, "it is neither OpenVEX ('@context'), CycloneDX ('bomFormat') nor CSAF ('document' with 'csaf_version')");
}

}  // namespace

Result<VexDocument> read_vex(std::string_view text, std::string_view path) {
  const std::string what = fmt::format("read statements of '{}'", path);
  auto json = parse_json(text, path);
  if (!json) return cannot(what, std::move(json).error());
  return document_of(*json, what);
}

Result<VexDocument> read_attached_vex(std::string_view text, std::string_view path) {
  const std::string what = fmt::format("read statements of '{}'", path);
  auto json = parse_json(text, path);
  if (!json) return cannot(what, std::move(json).error());
  if (json->is_object() && json->contains("payload") && json->contains("signatures")) {  // DSSE, protocol.md
    const auto payload = from_base64(text_of(*json, "payload"));
    if (!payload) return cannot(Kind::Corrupt, what, "the payload of its envelope is no base64");
    json = parse_json(as_text(*payload), path);
    if (!json) return cannot(what, std::move(json).error());
  }
  if (!is_statement(*json)) return document_of(*json, what);
  const auto statement = read_statement(std::move(*json));
  if (!statement) return cannot(what, statement.error());
  return document_of(statement->predicate, what);
}

}  // namespace ashlar::attest
