// CSAF 2.0, profile VEX (sections 3.2 and 4.5): a product tree with identifiers, and for each vulnerability lists of products by status.
#include <algorithm>
#include <array>
#include <map>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "attest/inner/vex_forms.h"

namespace ashlar::attest {
namespace {

struct List {
  std::string_view key;
  VexStatus status;
};
// 3.2.3.9; lists of recommended and first versions say nothing of a product that stands in no other.
constexpr std::array lists = {List{"known_not_affected", VexStatus::NotAffected}, List{"known_affected", VexStatus::Affected}, List{"last_affected", VexStatus::Affected},
                              List{"first_affected", VexStatus::Affected}, List{"fixed", VexStatus::Fixed}, List{"first_fixed", VexStatus::Fixed},
                              List{"under_investigation", VexStatus::UnderInvestigation}};

/// What CSAF product identifiers mean: package URLs, and for a component of a product the product's with the component as its part.
class Products {
 public:
  explicit Products(const Json& tree) {
    read_names(list_of(tree, "full_product_names"));
    read_branches(list_of(tree, "branches"), 0);
    for (const Json& relation : list_of(tree, "relationships")) {
      if (!relation.is_object() || !relation.contains("full_product_name")) continue;
      const std::string id = text_of(relation["full_product_name"], "product_id");
      Relation& to = relations_[id];
      to = {text_of(relation, "product_reference"), text_of(relation, "relates_to_product_reference")};
      read_names(Json::array({relation["full_product_name"]}));
    }
  }

  std::vector<VexProduct> of(const std::string& id) const {
    if (const auto own = names_.find(id); own != names_.end()) return {{own->second, {}}};
    const auto relation = relations_.find(id);
    if (relation == relations_.end()) return {};
    const auto part = names_.find(relation->second.part), whole = names_.find(relation->second.whole);
    if (part == names_.end()) return {};
    if (whole == names_.end()) return {{part->second, {}}};
    return {{whole->second, {part->second}}};
  }

 private:
  struct Relation {
    std::string part, whole;
  };

  void read_names(const Json& names) {
    for (const Json& name : names) {
      const auto helper = name.is_object() ? name.find("product_identification_helper") : name.end();
      if (helper == name.end()) continue;
      if (std::string purl = text_of(*helper, "purl"); !purl.empty()) names_[text_of(name, "product_id")] = std::move(purl);
    }
  }

  void read_branches(const Json& branches, int depth) {
    if (depth > 30) return;
    for (const Json& branch : branches) {
      if (branch.is_object() && branch.contains("product")) read_names(Json::array({branch["product"]}));
      read_branches(list_of(branch, "branches"), depth + 1);
    }
  }

  std::map<std::string, std::string> names_;
  std::map<std::string, Relation> relations_;
};

bool concerns(const Json& entry, const std::string& product) {
  const Json& ids = list_of(entry, "product_ids");
  return ids.empty() || std::ranges::find(ids, Json(product)) != ids.end();
}

/// The machine-readable reason (3.2.3.5), and the impact or remediation in words (3.2.3.12, 3.2.3.14).
void explain(const Json& vulnerability, const std::string& product, VexStatement& statement) {
  for (const Json& flag : list_of(vulnerability, "flags")) {
    if (concerns(flag, product)) statement.justification = text_of(flag, "label");
  }
  for (const std::string_view key : {"threats", "remediations"}) {
    for (const Json& entry : list_of(vulnerability, key)) {
      const std::string category = text_of(entry, "category");
      if (statement.detail.empty() && concerns(entry, product) && (key == "remediations" || category == "impact")) statement.detail = text_of(entry, "details");
    }
  }
}

void read_vulnerability(const Json& vulnerability, const Products& products, VexDocument& out) {
  std::string name = text_of(vulnerability, "cve");
  std::vector<std::string> aliases;
  for (const Json& id : list_of(vulnerability, "ids")) {
    if (std::string text = text_of(id, "text"); !text.empty()) aliases.push_back(std::move(text));
  }
  if (name.empty() && !aliases.empty()) name = aliases.front();
  const auto status = vulnerability.is_object() ? vulnerability.find("product_status") : vulnerability.end();
  if (status == vulnerability.end()) return;
  for (const List& list : lists) {
    for (const Json& id : list_of(*status, list.key)) {
      if (!id.is_string()) continue;
      const std::string product = id.get<std::string>();
      VexStatement statement{.vulnerability = name, .aliases = aliases, .status = list.status, .products = products.of(product)};
      explain(vulnerability, product, statement);
      if (statement.products.empty()) out.notes.push_back(fmt::format("product '{}' of the statement on '{}' has no package URL", product, name));
      else add_statement(out, std::move(statement));
    }
  }
}

}  // namespace

Result<VexDocument> read_csaf_vex(const Json& document) {
  const Json& head = document["document"];
  VexDocument out;
  if (head.contains("publisher")) out.author = text_of(head["publisher"], "name");
  if (head.contains("tracking")) {
    out.id = text_of(head["tracking"], "id");
    out.when = time_of(head["tracking"], "current_release_date");
  }
  if (!document.contains("product_tree") || !document["product_tree"].is_object()) return fail(Kind::Corrupt, "it has no 'product_tree'");
  const Products products(document["product_tree"]);
  for (const Json& vulnerability : list_of(document, "vulnerabilities")) read_vulnerability(vulnerability, products, out);
  return out;
}

}  // namespace ashlar::attest
