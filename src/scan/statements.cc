#include "scan/statements.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "inventory/purl.h"
#include "scan/inner/vulnerabilities.h"

namespace ashlar::scan {
namespace {

using attest::VexStatement;
using attest::VexStatus;

bool names_vulnerability(const VexStatement& statement, const Finding& finding) {
  const auto known = [&](const std::string& name) { return name == finding.id || std::ranges::find(finding.aliases, name) != finding.aliases.end(); };
  return known(statement.vulnerability) || std::ranges::any_of(statement.aliases, known);
}

/// `debian-13` against an image of Debian 13.4: each part that is named must be the image's.
bool is_distribution(std::string_view named, const Distribution& distribution) {
  if (named.empty()) return true;
  const size_t dash = named.rfind('-');
  if (named.substr(0, dash) != distribution.id) return false;
  if (dash == std::string_view::npos) return true;
  const std::string_view release = named.substr(dash + 1), own = distribution.version;
  return release == own || (own.starts_with(release) && own[release.size()] == '.') || (release.starts_with(own) && !own.empty() && release[own.size()] == '.');
}

bool means_component(const inventory::Purl& purl, const Finding& finding, const Distribution& distribution) {
  const inventory::Component& own = finding.component;
  const inventory::Component named = inventory::component_of(purl);
  if (named.type != own.type || !is_distribution(named.distribution, distribution)) return false;
  const bool built = !named.architecture.empty() && !own.architecture.empty() && named.architecture != "source" && named.architecture != "src";
  if (built && named.architecture != own.architecture) return false;
  const auto versions = [&](const std::string& version) { return named.version.empty() || named.version == version; };
  if (is_same_name(own.type, named.name, own.name) && versions(own.version)) return true;
  return !own.source.empty() && named.name == own.source && versions(own.source_version.empty() ? own.version : own.source_version);
}

bool means_image(const inventory::Purl& purl, const ImageNames& names) {
  if (purl.version.starts_with("sha256:")) return purl.version == names.digest;
  const auto tag = purl.qualifiers.find("tag");
  const std::string& version = purl.version.empty() && tag != purl.qualifiers.end() ? tag->second : purl.version;
  if (!version.empty() && version != names.tag) return false;
  const auto url = purl.qualifiers.find("repository_url");
  // `oci` has the last part of a repository as its name (package URL types, "oci"); what says more must be the whole.
  const bool last_part = url == purl.qualifiers.end() && purl.space.empty() && purl.name.find('/') == std::string::npos;
  const std::string whole = url != purl.qualifiers.end() ? url->second : purl.space.empty() ? purl.name : purl.space + "/" + purl.name;
  return std::ranges::any_of(names.repositories, [&](const std::string& each) { return each == whole || (last_part && each.ends_with("/" + whole)); });
}

bool means(const attest::VexProduct& product, const Finding& finding, const Distribution& distribution, const ImageNames& names) {
  const auto part_means = [&](const std::string& part) {
    const auto purl = inventory::parse_purl(part);
    return purl && means_component(*purl, finding, distribution);
  };
  const auto purl = inventory::parse_purl(product.id);
  const bool image = purl && (purl->type == "oci" || purl->type == "docker");
  if (purl && !image) return means_component(*purl, finding, distribution) && (product.parts.empty() || std::ranges::any_of(product.parts, part_means));
  const bool this_image = image ? means_image(*purl, names) : (!names.digest.empty() && product.id.ends_with(names.digest)) || std::ranges::find(names.repositories, product.id) != names.repositories.end();
  return this_image && (product.parts.empty() || std::ranges::any_of(product.parts, part_means));
}

/// Of two statements of one moment the heavier one counts.
int weight(VexStatus status) {
  switch (status) {
    case VexStatus::Affected: return 3;
    case VexStatus::UnderInvestigation: return 2;
    case VexStatus::Fixed: return 1;
    case VexStatus::NotAffected: return 0;
  }
  return 3;
}

Status status_of(VexStatus status) {
  switch (status) {
    case VexStatus::Affected: return Status::Affected;
    case VexStatus::UnderInvestigation: return Status::UnderInvestigation;
    case VexStatus::Fixed: return Status::Fixed;
    case VexStatus::NotAffected: return Status::NotAffected;
  }
  return Status::Affected;
}

std::string because(const VexStatement& statement) {
  std::string out = statement.justification;
  if (!statement.detail.empty()) out += (out.empty() ? "" : ": ") + statement.detail;
  return out;
}

/// Why a statement does not count yet; empty: it does.
std::string lateness(const Statements& by, const VexStatement& statement) {
  const auto when = statement.when ? statement.when : by.document.when;
  return by.until && when && *by.until < *when ? fmt::format("it was made at {}", when->str()) : std::string();
}

const Backing& backing_of(const Statements& by, const VexStatement& statement) {
  static const Backing none;
  const auto at = static_cast<size_t>(&statement - by.document.statements.data());
  return at < by.backing.size() ? by.backing[at] : none;
}

/// Why a statement of somebody who is trusted does not acquit a finding; empty: it does, or it does not mean to.
std::string unfounded(const Statements& by, const VexStatement& statement, const Finding& finding, const DecisionRules& rules) {
  if (statement.status != VexStatus::NotAffected && statement.status != VexStatus::Fixed) return {};
  const Backing& backing = backing_of(by, statement);
  if (!backing.fallen.empty()) return "has lost its proof: " + backing.fallen;
  return shortfall(rules.assessments, rules, backing, finding);
}

/// Why a statement counts.
std::string backers(const Backing& backing) {
  std::string out;
  for (const std::string& key : backing.keys) out += fmt::format("{}'{}'", out.empty() ? "signed by " : ", ", key);
  return out.empty() ? "nobody signed it, and its document is one that was named to be believed" : out;
}

struct Said {
  const Statements* by;
  const VexStatement* statement;
  bool operator<(const Said& other) const {
    const auto key = [](const Said& said) { return std::tuple(said.statement->when.value_or(Time{}), weight(said.statement->status)); };
    return key(*this) < key(other);
  }
};

/// The last word on each vulnerability of a finding.
class LastWords {
 public:
  explicit LastWords(const Finding& finding) : finding_(finding), of_(finding) {}

  void take(const Said& said) {
    spoken_ = true;
    for (const std::string* name : names_of(*said.statement)) {
      for (const std::string& each : of_.meant_by(*name)) {
        const auto [at, fresh] = last_.try_emplace(each, said);
        if (!fresh && !(said < at->second)) at->second = said;
      }
    }
  }

  /// The heaviest of them; none while one of the vulnerabilities is not answered.
  std::optional<Said> answer() const {
    if (last_.size() < of_.all().size()) return std::nullopt;
    const auto heaviest = std::ranges::max_element(last_, {}, [](const auto& each) { return weight(each.second.statement->status); });
    return heaviest->second;
  }
  /// What an answer lacks; empty: nothing has been said, or all.
  std::string lacking() const {
    if (!spoken_ || last_.size() == of_.all().size()) return {};
    std::vector<std::string> open;
    for (const std::string& each : of_.all()) {
      if (!last_.contains(each)) open.push_back(each);
    }
    return fmt::format("{} has {} vulnerabilities, and of {} nobody who counts says anything", finding_.id, of_.all().size(), join(open, ", "));
  }

 private:
  static std::vector<const std::string*> names_of(const VexStatement& statement) {
    std::vector<const std::string*> out = {&statement.vulnerability};
    for (const std::string& alias : statement.aliases) out.push_back(&alias);
    return out;
  }

  const Finding& finding_;
  Vulnerabilities of_;
  std::map<std::string, Said> last_;
  bool spoken_ = false;
};

}  // namespace

bool concerns(const VexStatement& statement, const Finding& finding, const Distribution& distribution, const ImageNames& names) {
  return names_vulnerability(statement, finding) && std::ranges::any_of(statement.products, [&](const auto& product) { return means(product, finding, distribution, names); });
}

void apply(std::span<const Statements> all, const ImageNames& names, Report& report, const DecisionRules& rules) {
  for (const Statements& each : all)
    report.statements.push_back({.source = each.source, .author = each.document.author, .format = each.document.format, .total = each.document.statements.size(), .distrust = each.distrust, .notes = each.document.notes});
  if (all.empty()) return;
  for (Finding& finding : report.findings) {
    LastWords words(finding);
    std::string lost;
    for (size_t at = 0; at < all.size(); ++at) {
      for (const VexStatement& statement : all[at].document.statements) {
        if (!concerns(statement, finding, report.distribution, names)) continue;
        ++report.statements[at].matched;
        const std::string text = fmt::format("'{}' in '{}' says {}{}{}", all[at].document.author, all[at].source, to_string(statement.status), because(statement).empty() ? "" : ": ", because(statement));
        std::string distrust = all[at].distrust.empty() ? lateness(all[at], statement) : all[at].distrust;
        if (distrust.empty()) {
          distrust = unfounded(all[at], statement, finding, rules);
          if (!distrust.empty()) lost = fmt::format("open again: the statement of '{}' {}", all[at].document.author, distrust);
          if (!distrust.empty()) distrust = "it " + distrust;
        }
        if (!distrust.empty()) {
          finding.proof.push_back({"statement", fmt::format("{} (not applied: {})", text, distrust)});
          continue;
        }
        finding.proof.push_back({"statement", fmt::format("{} (applied: {})", text, backers(backing_of(all[at], statement)))});
        words.take({&all[at], &statement});
      }
    }
    if (const std::string lacking = words.lacking(); !lacking.empty()) finding.proof.push_back({"statement", lacking});
    const auto last = words.answer();
    if (!last) {
      if (!lost.empty()) finding.reason = lost;
      continue;
    }
    finding.status = status_of(last->statement->status);
    if (finding.status == Status::Affected) {
      finding.reason.clear();
      continue;
    }
    finding.reason = fmt::format("'{}': {}", last->by->document.author, because(*last->statement));
    finding.decided_by = last->by->document.author;
  }
}

}  // namespace ashlar::scan
