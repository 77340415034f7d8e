// OpenVEX 0.2 (openvex/spec, OPENVEX-SPEC.md), and the 0.0 form in which products and vulnerabilities are bare texts.
#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "attest/inner/vex_forms.h"

namespace ashlar::attest {
namespace {

/// Every name of a product or subcomponent, each once: its `@id`, and the values of `identifiers`.
std::vector<std::string> names_of(const Json& object) {
  if (object.is_string()) return {object.get<std::string>()};
  std::vector<std::string> out;
  if (std::string id = text_of(object, "@id"); !id.empty()) out.push_back(std::move(id));
  if (!object.is_object() || !object.contains("identifiers") || !object["identifiers"].is_object()) return out;
  for (const auto& [kind, value] : object["identifiers"].items()) {
    if (value.is_string() && std::ranges::find(out, value.get<std::string>()) == out.end()) out.push_back(value.get<std::string>());
  }
  return out;
}

std::vector<VexProduct> products_of(const Json& statement) {
  std::vector<VexProduct> out;
  for (const Json& product : list_of(statement, "products")) {
    std::vector<std::string> parts;
    for (const Json& part : list_of(product, "subcomponents")) {
      for (std::string& name : names_of(part)) parts.push_back(std::move(name));
    }
    for (std::string& name : names_of(product)) out.push_back({std::move(name), parts});
  }
  return out;
}

Result<VexStatement> statement_of(const Json& statement) {
  VexStatement out{.when = time_of(statement, "timestamp"), .products = products_of(statement)};
  const auto vulnerability = statement.find("vulnerability");
  if (vulnerability != statement.end() && vulnerability->is_string()) out.vulnerability = vulnerability->get<std::string>();
  if (vulnerability != statement.end() && vulnerability->is_object()) {
    out.vulnerability = text_of(*vulnerability, "name");
    for (const Json& alias : list_of(*vulnerability, "aliases")) {
      if (alias.is_string()) out.aliases.push_back(alias.get<std::string>());
    }
  }
  const auto status = vex_status(text_of(statement, "status"));
  if (!status) return fail(Kind::Corrupt, fmt::format("the statement on '{}' has no status that OpenVEX knows", out.vulnerability));
  out.status = *status;
  out.justification = text_of(statement, "justification");
  for (const std::string_view key : {"impact_statement", "status_notes", "action_statement"}) {
    if (out.detail.empty()) out.detail = text_of(statement, key);
  }
  return out;
}

}  // namespace

Result<VexDocument> read_openvex(const Json& document) {
  VexDocument out{.id = text_of(document, "@id"), .author = text_of(document, "author"), .when = time_of(document, "timestamp")};
  if (!document.contains("statements") || !document["statements"].is_array()) return fail(Kind::Corrupt, "it has no list 'statements'");
  for (const Json& each : document["statements"]) {
    if (!each.is_object()) return fail(Kind::Corrupt, "a statement is no object");
    TRY_ASSIGN(auto statement, statement_of(each));
    add_statement(out, std::move(statement));
  }
  return out;
}

Json to_openvex(const VexDocument& document) {
  Json out = {{"@context", "https://openvex.dev/ns/v0.2.0"}, {"@id", document.id}, {"author", document.author}};
  if (document.when) out["timestamp"] = document.when->str();
  out["version"] = 1;
  out["statements"] = Json::array();
  for (const VexStatement& statement : document.statements) {
    Json each = {{"vulnerability", {{"name", statement.vulnerability}}}};
    if (!statement.aliases.empty()) each["vulnerability"]["aliases"] = statement.aliases;
    if (statement.when) each["timestamp"] = statement.when->str();
    for (const VexProduct& product : statement.products) {
      Json item = {{"@id", product.id}};
      if (product.id.starts_with("pkg:")) item["identifiers"] = {{"purl", product.id}};
      for (const std::string& part : product.parts) item["subcomponents"].push_back({{"@id", part}});
      each["products"].push_back(std::move(item));
    }
    each["status"] = to_string(statement.status);
    if (!statement.justification.empty()) each["justification"] = statement.justification;
    if (!statement.detail.empty()) each[statement.status == VexStatus::NotAffected ? "impact_statement" : statement.status == VexStatus::Affected ? "action_statement" : "status_notes"] = statement.detail;
    out["statements"].push_back(std::move(each));
  }
  return out;
}

}  // namespace ashlar::attest
