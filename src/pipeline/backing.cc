#include "pipeline/backing.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::pipeline {
namespace {

constexpr std::string_view suffix = ".signatures.json", schema = "https://ashlar.dev/statement-signatures/v1";

Json openvex_of(const attest::VexStatement& statement) { return attest::to_openvex({.statements = {statement}})["statements"][0]; }

Result<std::vector<std::string>> texts(const Json& entry, const char* key) {
  std::vector<std::string> out;
  const auto found = entry.find(key);
  if (found == entry.end()) return out;
  if (!found->is_array()) return fail(Kind::Corrupt, fmt::format("'{}' is no list", key));
  for (const Json& each : *found) {
    if (!each.is_string()) return fail(Kind::Corrupt, fmt::format("'{}' has what is no text", key));
    out.push_back(each.get<std::string>());
  }
  return out;
}

Result<StatementRecord> read_one(const Json& entry) {
  StatementRecord out;
  TRY_ASSIGN(out.vulnerability, get_string(entry, "vulnerability"));
  TRY_ASSIGN(out.author, get_string_or_empty(entry, "author"));
  TRY_ASSIGN(out.image, get_string_or_empty(entry, "image"));
  TRY_ASSIGN(out.absent, texts(entry, "absent"));
  const auto products = entry.find("products");
  if (products == entry.end() || !products->is_array()) return fail(Kind::Corrupt, "it has no list 'products'");
  for (const Json& each : *products) {
    if (!each.is_object()) return fail(Kind::Corrupt, "a product is no object");
    attest::VexProduct product;
    TRY_ASSIGN(product.id, get_string(each, "id"));
    TRY_ASSIGN(product.parts, texts(each, "parts"));
    out.products.push_back(std::move(product));
  }
  if (const auto signatures = entry.find("signatures"); signatures != entry.end()) {
    TRY_ASSIGN(out.signatures, trust::read_signatures(*signatures));
  }
  return out;
}

/// The entry among those whom we believe that says most of this key: one of a ring has terms.
const BelievedKey* believed_key(const Digest& key, const Believed& believed) {
  const BelievedKey* out = nullptr;
  for (const BelievedKey& each : believed.keys) {
    if (each.key.digest() == key && (out == nullptr || each.terms)) out = &each;
  }
  return out;
}

void judge_one(std::string_view type, const Json& record, const trust::EnvelopeSignature& signature, const Believed& believed, Time at, scan::Backing& out) {
  const auto good = std::ranges::find_if(believed.keys, [&](const BelievedKey& each) { return trust::verify_record(type, record, signature, each.key).has_value(); });
  if (good == believed.keys.end()) {
    const auto digest = Digest::parse(signature.key_id);
    const std::string name = digest ? name_of(*digest, believed) : std::string();
    out.faults.push_back(name.empty() ? fmt::format("a signature is by key {}, which is not trusted", signature.key_id.empty() ? "(unnamed)" : signature.key_id) : fmt::format("the signature of '{}' does not fit: it was changed since", name));
    return;
  }
  const BelievedKey& key = *believed_key(good->key.digest(), believed);
  const auto judgement = key.terms ? std::optional(trust::judge(*key.terms, at)) : std::nullopt;
  if (!judgement || judgement->standing == trust::Standing::Valid) out.keys.insert(key.name);
  else out.faults.push_back(judgement->rule);
}

/// Whether a statement was shown of this image, or of another one of its repository.
bool is_of(const StatementRecord& record, const scan::ImageNames& names) {
  const bool digest = std::ranges::any_of(record.products, [&](const attest::VexProduct& each) { return each.id == names.digest; });
  return !names.digest.empty() && (digest || (!record.image.empty() && std::ranges::find(names.repositories, record.image) != names.repositories.end()));
}

/// What speaks against the absence that a statement rests on; empty: nothing.
std::string against(const StatementRecord& record, const ProofImage& image) {
  for (const std::string& glob : record.absent) {
    if (const std::string there = image.find(std::string_view(glob).starts_with('/') ? glob.substr(1) : glob); !there.empty()) return fmt::format("'/{}' is in the image", there);
  }
  return {};
}

/// What is kept beside a statement; null: nothing.
const StatementRecord* record_of(const attest::VexStatement& statement, const std::vector<StatementRecord>& records) {
  const auto found = std::ranges::find_if(records, [&](const StatementRecord& each) { return each.is_of(statement); });
  return found == records.end() ? nullptr : &*found;
}

}  // namespace

Json signed_part(const attest::VexStatement& statement, const StatementRecord& record) {
  Json out = {{"schema", schema}, {"statement", openvex_of(statement)}};
  if (!record.author.empty()) out["author"] = record.author;
  if (!record.absent.empty()) out["absent"] = record.absent;
  if (!record.image.empty()) out["image"] = record.image;
  return out;
}

host::Path records_path(const host::Path& document) {
  host::Path out = document;
  return out.replace_extension().concat(suffix);
}

bool is_records_file(std::string_view name) { return name.ends_with(suffix); }

Result<std::vector<StatementRecord>> parse_records(std::string_view text, const std::string& path) {
  const std::string what = fmt::format("read signatures of statements '{}'", path);
  auto json = parse_json(text, path);
  if (!json) return cannot(what, std::move(json).error());
  if (!json->is_object() || json->value("schema", Json()) != schema) return cannot(Kind::Invalid, what, fmt::format("its 'schema' is not '{}'", schema));
  const auto list = json->find("statements");
  if (list == json->end() || !list->is_array()) return cannot(Kind::Invalid, what, "it has no list 'statements'");
  std::vector<StatementRecord> out;
  for (const Json& entry : *list) {
    auto one = entry.is_object() ? read_one(entry) : fail(Kind::Corrupt, "it is no object");
    if (!one) return cannot(Kind::Invalid, what, fmt::format("entry {}: {}", out.size() + 1, one.error().message));
    out.push_back(std::move(*one));
  }
  return out;
}

Result<std::vector<StatementRecord>> read_records(host::Files& files, const host::Path& document) {
  const host::Path path = records_path(document);
  if (!files.exists(path)) return std::vector<StatementRecord>();
  TRY_ASSIGN(const std::string text, files.read(path));
  return parse_records(text, path.string());
}

Json to_json(std::span<const StatementRecord> records) {
  Json out = {{"schema", schema}, {"statements", Json::array()}};
  for (const StatementRecord& each : records) {
    Json entry = {{"vulnerability", each.vulnerability}, {"products", Json::array()}};
    for (const attest::VexProduct& product : each.products) {
      entry["products"].push_back({{"id", product.id}});
      if (!product.parts.empty()) entry["products"].back()["parts"] = product.parts;
    }
    if (!each.author.empty()) entry["author"] = each.author;
    if (!each.absent.empty()) entry["absent"] = each.absent;
    if (!each.image.empty()) entry["image"] = each.image;
    if (!each.signatures.empty()) entry["signatures"] = trust::signatures_json(each.signatures);
    out["statements"].push_back(std::move(entry));
  }
  return out;
}

std::string name_of(const Digest& key, const Believed& believed) {
  const BelievedKey* const found = believed_key(key, believed);
  return found == nullptr ? std::string() : found->name;
}

scan::Backing judge_record(std::string_view payload_type, const Json& record, std::span<const trust::EnvelopeSignature> signatures, const Believed& believed, Time at) {
  scan::Backing out;
  for (const trust::EnvelopeSignature& each : signatures) judge_one(payload_type, record, each, believed, at, out);
  return out;
}

Result<scan::Backing> worth_of(host::Machine& machine, const TrustSettings& trust, const trust::PrivateKey& key) {
  constexpr std::string_view type = "application/json";
  const Json record = {{"says", "this key is mine"}};
  TRY_ASSIGN(const auto believed, believe(machine, trust));
  TRY_ASSIGN(const auto signature, trust::sign_record(type, record, key));
  return judge_record(type, record, std::span(&signature, 1), believed, machine.clock->now());
}

Done stand_behind(host::Machine& machine, const TrustSettings& trust, Time at, std::vector<scan::Exception>& exceptions) {
  if (std::ranges::all_of(exceptions, [](const scan::Exception& each) { return each.signatures.empty(); })) return {};
  TRY_ASSIGN(const auto believed, believe(machine, trust));
  for (scan::Exception& each : exceptions) each.backing = judge_record(scan::exception_payload, scan::signed_part(each), each.signatures, believed, at);
  return {};
}

Done stand_behind(host::Machine& machine, const TrustSettings& trust, Time at, std::vector<scan::Statements>& documents, const ProofImage* image) {
  std::optional<Believed> believed;
  for (scan::Statements& document : documents) {
    TRY_ASSIGN(const auto records, read_records(*machine.files, document.source));
    if (records.empty()) continue;
    if (!believed) {
      TRY_ASSIGN(believed, believe(machine, trust));
    }
    document.backing.clear();
    for (attest::VexStatement& statement : document.document.statements) {
      scan::Backing& backing = document.backing.emplace_back();
      const StatementRecord* const record = record_of(statement, records);
      if (record == nullptr) continue;
      backing = judge_record(statement_payload, signed_part(statement, *record), record->signatures, *believed, at);
      if (image == nullptr || record->absent.empty() || !is_of(*record, image->names)) continue;
      backing.fallen = against(*record, *image);
      for (attest::VexProduct& product : statement.products) {
        if (product.id.starts_with("sha256:")) product.id = image->names.digest;
      }
    }
  }
  return {};
}

Done stand_behind(host::Machine& machine, const TrustSettings& trust, const Held& held, std::vector<scan::Statements>& documents) {
  const auto find = [&](const std::string& glob) {
    const auto there = std::ranges::find_if(held.paths, [&](const std::string& path) { return matches_glob(glob, path); });
    return there == held.paths.end() ? std::string() : *there;
  };
  const ProofImage image{held.names, find};
  return stand_behind(machine, trust, machine.clock->now(), documents, held.names.digest.empty() ? nullptr : &image);
}

void drop_unfounded(const scan::Report& report, const scan::ImageNames& names, std::vector<scan::Statements>& documents) {
  const auto unfounded = [&](const attest::VexStatement& statement) {
    if (statement.status != attest::VexStatus::NotAffected && statement.status != attest::VexStatus::Fixed) return false;
    return std::ranges::any_of(report.findings, [&](const scan::Finding& finding) {
      const bool answered = finding.status == scan::Status::NotAffected || finding.status == scan::Status::Fixed;
      return !answered && scan::concerns(statement, finding, report.distribution, names);
    });
  };
  for (scan::Statements& each : documents) {
    std::erase_if(each.document.statements, unfounded);
    each.backing.clear();
  }
}

}  // namespace ashlar::pipeline
