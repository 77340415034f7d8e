// Statements: written into a document of the project, and spread to what an image holds.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "attest/purl.h"
#include "base/text.h"
#include "inventory/purl.h"
#include "pipeline/decisions.h"

namespace ashlar::pipeline {
namespace {

using attest::VexDocument;
using attest::VexProduct;
using attest::VexStatement;
using attest::VexStatus;

std::string near_words(std::string_view word, std::span<const std::string_view> words) {
  const std::string near = nearest(word, words);
  return near.empty() ? std::string() : fmt::format("; did you mean '{}'?", near);
}

std::string listed(std::span<const std::string_view> words) {
  std::string out;
  for (const std::string_view word : words) out += (out.empty() ? "" : ", ") + std::string(word);
  return out;
}

/// `deb:openssl` as a package URL; one that is a package URL stays.
Result<std::string> purl_of(const std::string& package) {
  if (package.starts_with("pkg:")) {
    TRY_ASSIGN(const auto purl, inventory::parse_purl(package));
    if (purl.type == "oci" || purl.type == "docker") return fail(Kind::Invalid, fmt::format("'{}' is an image, which --image names", package));
    return package;
  }
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> families = {{{"deb", "debian"}, {"apk", "alpine"}, {"rpm", "redhat"}}};
  const auto [type, name] = cut(package, ':');
  if (type.empty() || name.empty()) return fail(Kind::Invalid, fmt::format("'{}' is no package URL, and not TYPE:NAME as in deb:openssl or pypi:flask", package));
  const auto family = std::ranges::find(families, type, &std::pair<std::string_view, std::string_view>::first);
  std::string purl = attest::component_purl({.type = std::string(type), .name = std::string(name)}, family == families.end() ? std::string_view() : family->second, {});
  purl.resize(std::min(purl.find('?'), purl.size()));
  while (purl.ends_with('@')) purl.pop_back();
  TRY(inventory::parse_purl(purl));
  return purl;
}

/// `registry.example/team/python` or `sha256:...` as the product of a statement.
std::string image_purl(const std::string& image) {
  if (image.starts_with("sha256:")) return image;
  const auto [name, digest] = cut(image, '@');
  const size_t slash = name.rfind('/');
  const std::string last(slash == std::string_view::npos ? name : name.substr(slash + 1));
  std::string out = "pkg:oci/" + last + (digest.empty() ? "" : "@" + std::string(digest));
  if (slash != std::string_view::npos) out += "?repository_url=" + std::string(name);
  return out;
}

Result<VexStatement> statement_of(const StatementWish& wish) {
  constexpr std::array<std::string_view, 4> words = {"not_affected", "affected", "fixed", "under_investigation"};
  if (wish.vulnerability.empty()) return fail(Kind::Invalid, "no vulnerability is named");
  if (!advisory::is_identifier(wish.vulnerability)) return fail(Kind::Invalid, fmt::format("'{}' is no identifier of a vulnerability: it looks like CVE-2026-0001 or GHSA-xxxx-xxxx-xxxx", wish.vulnerability));
  const auto status = attest::vex_status(wish.status);
  if (!status) return fail(Kind::Invalid, fmt::format("'{}' is no status of OpenVEX ({}){}", wish.status, listed(words), near_words(wish.status, words)));
  const auto known = attest::vex_justifications();
  if (!wish.justification.empty() && std::ranges::find(known, wish.justification) == known.end())
    return fail(Kind::Invalid, fmt::format("'{}' is no justification of OpenVEX ({}){}", wish.justification, listed(known), near_words(wish.justification, known)));
  if (*status == VexStatus::NotAffected && wish.justification.empty() && wish.detail.empty())
    return fail(Kind::Invalid, fmt::format("not_affected needs a justification ({}) or a reason in words", listed(known)));
  if (*status != VexStatus::NotAffected && !wish.justification.empty()) return fail(Kind::Invalid, fmt::format("a justification says why something is not affected, the status is {}", wish.status));
  if (*status == VexStatus::Affected && wish.detail.empty()) return fail(Kind::Invalid, "affected needs a reason in words: what to do about it");
  VexStatement out{.vulnerability = wish.vulnerability, .status = *status, .justification = wish.justification, .detail = wish.detail};
  TRY_ASSIGN(std::string purl, purl_of(wish.package));
  if (wish.image.empty()) out.products.push_back({std::move(purl), {}});
  else out.products.push_back({image_purl(wish.image), {std::move(purl)}});
  return out;
}

/// A new document, or the one at `path` as it stands.
Result<Json> document_at(host::Files& files, const host::Path& path, const StatementWish& wish, Time now) {
  if (!files.exists(path)) {
    if (wish.author.empty()) return fail(Kind::Invalid, fmt::format("'{}' is not there yet, and no author of it is named (--author)", path.string()));
    const Digest digest = Digest::of(fmt::format("{}\n{}\n{}", wish.author, now.seconds, path.filename().string()));
    Json out = attest::to_openvex({.id = fmt::format("https://ashlar.dev/vex/{}", digest.hex()), .author = wish.author, .when = now});
    out["version"] = 0;
    return out;
  }
  TRY_ASSIGN(const std::string text, files.read(path));
  TRY_ASSIGN(const auto document, attest::read_vex(text, path.string()));
  if (document.format != "openvex") return fail(Kind::Invalid, fmt::format("'{}' is {}, statements are added to OpenVEX", path.string(), document.format));
  return parse_json(text, path.string());
}

bool says_the_same(const Json& raw, const Json& context, const VexStatement& statement) {
  const auto read = attest::read_vex(to_compact({{"@context", context}, {"statements", Json::array({raw})}}), "statement");
  return read && read->statements.size() == 1 && read->statements[0].vulnerability == statement.vulnerability && read->statements[0].products == statement.products;
}

/// The name of an image by which a newer one of its repository is known: of a layout its whole path, whichever folder it was named from.
std::string lasting_name(const scan::ImageNames& names) {
  const auto path = std::ranges::find_if(names.repositories, [](const std::string& each) { return each.starts_with('/'); });
  return path != names.repositories.end() ? *path : names.repositories.empty() ? std::string() : names.repositories.front();
}

/// Adds a signature to a record; what the same key signed before goes.
Done sign(const VexStatement& statement, StatementRecord& record, const trust::PrivateKey& key) {
  TRY_ASSIGN(auto signature, trust::sign_record(statement_payload, signed_part(statement, record), key));
  std::erase_if(record.signatures, [&](const trust::EnvelopeSignature& each) { return each.key_id == signature.key_id; });
  record.signatures.push_back(std::move(signature));
  return {};
}

/// Writes what is kept beside the statements of a document, unless there was and is nothing.
Done write_records(host::Files& files, const host::Path& document, const std::vector<StatementRecord>& records) {
  const host::Path path = records_path(document);
  if (records.empty() && !files.exists(path)) return {};
  return files.write(path, to_pretty(to_json(records)));
}

/// What is kept beside a new statement; nothing: nothing is.
Result<std::optional<StatementRecord>> record_for(const VexStatement& statement, const StatementWish& wish, const trust::PrivateKey* key) {
  if (key == nullptr && wish.absent.empty()) return std::optional<StatementRecord>();
  StatementRecord out{.vulnerability = statement.vulnerability, .products = statement.products, .author = wish.author, .absent = wish.absent, .image = wish.shown_in};
  if (key != nullptr) TRY(sign(statement, out, *key));
  return std::optional(std::move(out));
}

/// The names by which scanners know a package: its URL with version and without qualifiers.
std::vector<std::string> bare_purls(const inventory::Component& component, const scan::Distribution& distribution) {
  const auto bare = [&](const inventory::Component& each) {
    std::string out = attest::component_purl(each, distribution.id, distribution.version);
    out.resize(std::min(out.find('?'), out.size()));
    return out;
  };
  std::vector<std::string> out = {bare(component)};
  inventory::Component other = component;
  const size_t colon = component.version.find(':');
  if (component.type == "rpm" && colon != std::string::npos) other.version = component.version.substr(colon + 1);  // an rpm's epoch is a qualifier
  if (component.type == "golang" && component.name == "stdlib") other.version = component.version.starts_with('v') ? component.version.substr(1) : "v" + component.version;
  if (other.version != component.version) out.push_back(bare(other));
  return out;
}

/// The names of the image as a product: by digest where it has one, bound to its repository only where no digest tells it apart.
std::vector<std::string> image_products(const scan::ImageNames& names) {
  std::vector<std::string> out;
  for (const std::string& repository : names.repositories) {
    const size_t slash = repository.rfind('/');
    std::string last = slash == std::string::npos ? repository : repository.substr(slash + 1);
    last.resize(std::min(last.find(':'), last.size()));  // the tag that an archive names
    std::ranges::transform(last, last.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::string purl = fmt::format("pkg:oci/{}{}", last, names.digest.empty() ? "" : "@" + names.digest);
    if (inventory::parse_purl(purl) && std::ranges::find(out, purl) == out.end()) out.push_back(purl);
  }
  if (names.digest.empty()) out.clear();
  return out;
}

/// The same statement on what `held` has of one of its products; without products where that is nothing.
VexStatement spread_statement(const VexStatement& statement, const Held& held) {
  VexStatement out = statement;
  out.products.clear();
  std::vector<std::string> by_package, parts;
  for (const inventory::Component& component : held.components) {
    const scan::Finding finding{.id = statement.vulnerability, .component = component};
    for (const VexProduct& product : statement.products) {
      VexStatement one = statement;
      one.products = {product};
      if (!scan::concerns(one, finding, held.distribution, held.names)) continue;
      const auto purl = inventory::parse_purl(product.id);
      const bool package = purl && purl->type != "oci" && purl->type != "docker";
      for (std::string& name : bare_purls(component, held.distribution)) {
        if (package) by_package.push_back(name);
        parts.push_back(std::move(name));
      }
    }
  }
  for (auto* list : {&by_package, &parts}) {
    std::ranges::sort(*list);
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  for (const std::string& name : by_package) out.products.push_back({name, {}});
  if (parts.empty()) return out;
  for (const std::string& image : image_products(held.names)) out.products.push_back({image, parts});
  return out;
}

/// The package or source package of the image whose name is near to a package URL's, as a question; or empty.
std::string near_package(const std::string& purl, const Held& held) {
  const auto named = inventory::parse_purl(purl);
  if (!named) return {};
  const inventory::Component wanted = inventory::component_of(*named);
  std::vector<std::string_view> names;
  for (const inventory::Component& each : held.components) {
    if (each.type == wanted.type) names.insert(names.end(), {each.name, each.source});
  }
  return near_words(wanted.name, names);
}

/// A folder that a path names outright and that the image has with nothing in it: where it is a link, the path says nothing of what it leads to. Or empty.
std::string empty_folder_on(std::string_view glob, const Held& held) {
  const std::string_view literal = glob.substr(0, glob.find_first_of("*?["));
  for (size_t slash = literal.find('/'); slash != std::string_view::npos; slash = literal.find('/', slash + 1)) {
    const std::string_view folder = literal.substr(0, slash);
    const auto at = std::ranges::lower_bound(held.paths, folder);
    if (at == held.paths.end() || *at != folder) continue;
    const std::string below = std::string(folder) + "/";
    const auto in = std::ranges::lower_bound(held.paths, below);
    if (in == held.paths.end() || !in->starts_with(below)) return std::string(folder);
  }
  return {};
}

}  // namespace

host::Path statements_path(const Workshop& workshop) {
  const auto& files = workshop.config.files;
  return (files.empty() ? host::Path() : files.front().parent_path()) / "vex.json";
}

bool counts_in_scans(const Workshop& workshop, const host::Path& document) {
  const auto whole = [](const host::Path& path) { return std::filesystem::absolute(path).lexically_normal().string(); };
  return std::ranges::any_of(workshop.config.scan.statements, [&](const host::Path& each) { return whole(document).starts_with(whole(each)); });
}

Result<bool> add_statement(host::Machine& machine, const host::Path& path, const StatementWish& wish, const trust::PrivateKey* key) {
  const std::string what = fmt::format("add a statement on '{}' to '{}'", wish.vulnerability, path.string());
  auto statement = statement_of(wish);
  if (!statement) return cannot(what, std::move(statement).error());
  const Time now = machine.clock->now();
  statement->when = now;
  auto document = document_at(*machine.files, path, wish, now);
  if (!document) return cannot(what, std::move(document).error());
  Json& statements = (*document)["statements"];
  Json fresh = attest::to_openvex({.id = {}, .author = {}, .when = {}, .statements = {*statement}})["statements"][0];
  const auto same = std::ranges::find_if(statements, [&](const Json& raw) { return says_the_same(raw, (*document)["@context"], *statement); });
  const bool replaced = same != statements.end();
  if (replaced) *same = std::move(fresh);
  else statements.push_back(std::move(fresh));
  const Json version = document->value("version", Json(0));
  (*document)["version"] = version.is_number_integer() ? version.get<std::int64_t>() + 1 : 1;
  (*document)["last_updated"] = now.str();
  if (!wish.author.empty()) (*document)["author"] = wish.author;
  TRY_ASSIGN(auto records, read_records(*machine.files, path));
  TRY_ASSIGN(auto record, record_for(*statement, wish, key));
  std::erase_if(records, [&](const StatementRecord& each) { return each.is_of(*statement); });
  if (record) records.push_back(std::move(*record));
  TRY(write_records(*machine.files, path, records));  // first: a statement whose signature is not written yet would count for less than it says
  TRY(machine.files->write(path, to_pretty(*document)));
  return replaced;
}

Result<size_t> sign_statements(host::Machine& machine, const host::Path& path, const std::function<bool(const VexStatement&)>& meant, const trust::PrivateKey& key) {
  TRY_ASSIGN(const std::string text, machine.files->read(path));
  TRY_ASSIGN(const VexDocument document, attest::read_vex(text, path.string()));
  TRY_ASSIGN(auto records, read_records(*machine.files, path));
  size_t count = 0;
  for (const VexStatement& statement : document.statements) {
    if (!meant(statement)) continue;
    auto record = std::ranges::find_if(records, [&](const StatementRecord& each) { return each.is_of(statement); });
    if (record == records.end()) record = records.insert(record, {.vulnerability = statement.vulnerability, .products = statement.products});
    TRY(sign(statement, *record, key));
    ++count;
  }
  if (count > 0) TRY(write_records(*machine.files, path, records));
  return count;
}

Result<size_t> sign_statements(host::Machine& machine, const host::Path& path, const StatementName& name, const trust::PrivateKey& key) {
  const std::string what = fmt::format("sign the statement on '{}' in '{}'", name.vulnerability, name.package);
  auto purl = purl_of(name.package);
  if (!purl) return cannot(what, std::move(purl).error());
  const std::string image = name.image.empty() ? std::string() : image_purl(name.image);
  const auto meant = [&](const VexProduct& each) { return image.empty() ? each.id == *purl || std::ranges::find(each.parts, *purl) != each.parts.end() : each.id == image && std::ranges::find(each.parts, *purl) != each.parts.end(); };
  auto count = sign_statements(machine, path, [&](const VexStatement& statement) { return statement.vulnerability == name.vulnerability && std::ranges::any_of(statement.products, meant); }, key);
  if (!count) return cannot(what, std::move(count).error());
  if (*count == 0) return cannot(Kind::NotFound, what, fmt::format("'{}' has none{}", path.string(), name.image.empty() ? "" : fmt::format(" of '{}'", name.image)));
  return count;
}

Result<StatementWish> show_absent(const StatementWish& wish, const std::vector<std::string>& paths, const Held& held) {
  const std::string what = fmt::format("show that '{}' does not affect '{}'", wish.vulnerability, wish.package);
  if (held.names.digest.empty() || held.paths.empty()) return cannot(Kind::Invalid, what, "only an image tells what it does not hold, and has a digest that binds the statement to it");
  if (wish.status != "not_affected") return cannot(Kind::Invalid, what, fmt::format("files that lack say that something is not affected, the status is {}", wish.status));
  auto purl = purl_of(wish.package);
  if (!purl) return cannot(what, std::move(purl).error());
  const VexStatement statement{.vulnerability = wish.vulnerability, .products = {{*purl, {}}}};
  const auto means = [&](const inventory::Component& each) { return scan::concerns(statement, {.id = wish.vulnerability, .component = each}, held.distribution, held.names); };
  if (std::ranges::none_of(held.components, means)) return cannot(Kind::NotFound, what, fmt::format("the image has no such package, and needs no statement{}", near_package(*purl, held)));
  for (const std::string& glob : paths) {
    if (!glob.starts_with('/')) return cannot(Kind::Invalid, what, fmt::format("'{}' does not begin with '/'", glob));
    const std::string_view path = std::string_view(glob).substr(1);
    const auto there = std::ranges::find_if(held.paths, [&](const std::string& each) { return matches_glob(path, each); });
    if (there != held.paths.end()) return cannot(Kind::Conflict, what, fmt::format("'/{}' is in the image", *there));
    if (const std::string folder = empty_folder_on(path, held); !folder.empty()) return cannot(Kind::Invalid, what, fmt::format("'/{}' of the image holds nothing: where it is a link, name the folder that it leads to", folder));
  }
  StatementWish out = wish;
  out.absent = paths;
  out.shown_in = !wish.image.empty() && !wish.image.starts_with("sha256:") ? wish.image : lasting_name(held.names);
  out.image = held.names.digest;
  if (out.justification.empty()) out.justification = "vulnerable_code_not_present";
  out.detail = fmt::format("the flaw is in {}, and none of the {} paths of the image is that{}{}", join(paths, ", "), held.paths.size(), wish.detail.empty() ? "" : ": ", wish.detail);
  return out;
}

VexDocument spread(const std::vector<scan::Statements>& documents, const Held& held) {
  VexDocument out{.format = "openvex"};
  std::string identity = held.names.digest;
  for (const scan::Statements& each : documents) {
    const VexDocument& document = each.document;
    identity += "\n" + document.id;
    if (out.author.find(document.author) == std::string::npos || out.author.empty()) out.author += (out.author.empty() ? "" : ", ") + document.author;
    if (document.when && (!out.when || *out.when < *document.when)) out.when = document.when;
    for (const std::string& note : document.notes) out.notes.push_back(fmt::format("{}: {}", each.source, note));
    for (size_t at = 0; at < document.statements.size(); ++at) {
      const VexStatement& statement = document.statements[at];
      if (at < each.backing.size() && !each.backing[at].fallen.empty()) {
        out.notes.push_back(fmt::format("{}: the statement on '{}' has lost its proof: {}", each.source, statement.vulnerability, each.backing[at].fallen));
        continue;
      }
      VexStatement wide = spread_statement(statement, held);
      if (statement.when && (!out.when || *out.when < *statement.when)) out.when = statement.when;
      if (!wide.products.empty()) out.statements.push_back(std::move(wide));
      else out.notes.push_back(fmt::format("{}: the statement on '{}' means nothing that is in the image", each.source, statement.vulnerability));
    }
  }
  out.id = fmt::format("https://ashlar.dev/vex/{}", Digest::of(identity + to_compact(attest::to_openvex(out))).hex());
  return out;
}

}  // namespace ashlar::pipeline
