#include "oci/receipt.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/parallel.h"

namespace ashlar::oci {
namespace {

constexpr std::string_view schema = "https://ashlar.dev/receipt/v1";
constexpr size_t threads = 4;

using Role = Receipt::Role;
constexpr std::array<std::pair<Role, std::string_view>, 5> roles = {{{Role::Index, "index"}, {Role::Manifest, "manifest"}, {Role::Artifact, "artifact"}, {Role::Config, "config"}, {Role::Layer, "layer"}}};

bool is_document(Role role) { return role == Role::Index || role == Role::Manifest || role == Role::Artifact; }

Result<Receipt::Entry> read_entry(const Json& json) {
  if (!json.is_object()) return fail(Kind::Corrupt, "an entry of 'blobs' is not an object");
  Receipt::Entry out;
  TRY_ASSIGN(const std::string role, get_string(json, "role"));
  const auto known = std::ranges::find(roles, role, &std::pair<Role, std::string_view>::second);
  if (known == roles.end()) return fail(Kind::Corrupt, fmt::format("'{}' is no role", role.substr(0, 80)));
  out.role = known->first;
  TRY_ASSIGN(const std::string digest, get_string(json, "digest"));
  TRY_ASSIGN(out.descriptor.digest, Digest::parse(digest));
  TRY_ASSIGN(out.descriptor.media_type, get_string(json, "media_type"));
  TRY_ASSIGN(const std::int64_t size, get_integer(json, "size"));
  if (size < 0) return fail(Kind::Corrupt, "a size is negative");
  out.descriptor.size = static_cast<std::uint64_t>(size);
  TRY_ASSIGN(out.tag, get_string_or_empty(json, "tag"));
  return out;
}

Result<Receipt> receipt_of(const Json& json) {
  Receipt out;
  if (!json.is_object()) return fail(Kind::Corrupt, "it is not an object");
  if (get_string_or_empty(json, "schema").value_or("") != schema) return fail(Kind::Invalid, fmt::format("its 'schema' is not '{}'", schema));
  TRY_ASSIGN(out.source, get_string(json, "source"));
  TRY_ASSIGN(out.destination, get_string(json, "destination"));
  TRY_ASSIGN(const std::string root, get_string(json, "digest"));
  TRY_ASSIGN(out.root, Digest::parse(root));
  const auto blobs = json.find("blobs");
  if (blobs == json.end() || !blobs->is_array()) return fail(Kind::Corrupt, "'blobs' is missing or not a list");
  for (const Json& each : *blobs) {
    TRY_ASSIGN(auto entry, read_entry(each));
    out.entries.push_back(std::move(entry));
  }
  if (std::ranges::none_of(out.entries, [&](const Receipt::Entry& each) { return each.descriptor.digest == out.root; })) return fail(Kind::Corrupt, "its 'digest' is none of its blobs");
  return out;
}

/// Why the place does not have the entry as it should; an error where it cannot be asked.
Result<std::string> fault_of(const Receipt::Entry& entry, const ReceiptPlace& place) {
  const auto judged = [](const Error& error) -> Result<std::string> {
    if (error.kind == Kind::NotFound || error.kind == Kind::Corrupt) return error.message;
    return std::unexpected(error);
  };
  const Descriptor& wanted = entry.descriptor;
  if (is_document(entry.role)) {
    const auto text = place.manifest(wanted.digest);
    if (!text) return judged(text.error());
    if (Digest::of(*text) != wanted.digest) return std::string("its bytes have another digest");
  } else {
    const auto source = place.open(wanted.digest);
    if (!source) return judged(source.error());
    Hasher hasher;
    Bytes buffer(256 * 1024);
    for (;;) {
      const auto count = (*source)->read(buffer);
      if (!count) return judged(count.error());
      if (*count == 0) break;
      hasher.update(BytesView(buffer).first(*count));
    }
    if (hasher.finish() != wanted.digest) return std::string("its bytes have another digest");
  }
  if (entry.tag.empty()) return std::string();
  const auto tagged = place.resolve(entry.tag);
  if (!tagged && tagged.error().kind == Kind::NotFound) return fmt::format("there is no tag '{}'", entry.tag);
  if (!tagged) return judged(tagged.error());
  return *tagged == wanted.digest ? std::string() : fmt::format("the tag '{}' points at '{}'", entry.tag, tagged->str());
}

}  // namespace

std::string_view to_string(Receipt::Role role) {
  return std::ranges::find(roles, role, &std::pair<Role, std::string_view>::first)->second;
}

Json to_json(const Receipt& receipt) {
  Json blobs = Json::array();
  for (const Receipt::Entry& each : receipt.entries) {
    Json row = {{"role", to_string(each.role)}, {"digest", each.descriptor.digest.str()}, {"size", each.descriptor.size}, {"media_type", each.descriptor.media_type}};
    if (!each.tag.empty()) row["tag"] = each.tag;
    blobs.push_back(std::move(row));
  }
  return {{"schema", schema}, {"source", receipt.source}, {"destination", receipt.destination}, {"digest", receipt.root.str()}, {"blobs", std::move(blobs)}};
}

Result<Receipt> read_receipt(std::string_view text, std::string_view path) {
  const std::string what = fmt::format("read receipt '{}'", path);
  const auto json = parse_json(text, path);
  if (!json) return cannot(what, json.error());
  auto out = receipt_of(*json);
  if (!out) return cannot(what, std::move(out).error());
  return out;
}

Result<std::vector<ReceiptFault>> check_receipt(const Receipt& receipt, const ReceiptPlace& place) {
  std::vector<std::optional<Result<std::string>>> found(receipt.entries.size());
  in_parallel(found.size(), threads, [&](size_t at, size_t) { found[at] = fault_of(receipt.entries[at], place); });
  std::vector<ReceiptFault> out;
  for (size_t at = 0; at < found.size(); ++at) {
    if (!*found[at]) return cannot(fmt::format("check '{}'", receipt.entries[at].descriptor.digest.str()), found[at]->error());
    if (!(*found[at])->empty()) out.push_back({receipt.entries[at], std::move(**found[at])});
  }
  return out;
}

}  // namespace ashlar::oci
