#include "trust/simple_signing.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/json.h"

namespace ashlar::trust {
namespace {

constexpr std::string_view cosign_type = "cosign container image signature", atomic_type = "atomic container signature";

Result<Json> member(const Json& json, const char* name) {
  if (const auto found = json.find(name); found != json.end() && found->is_object()) return *found;
  return cannot(Kind::Corrupt, "read signed document", fmt::format("it has no object '{}'", name));
}

}  // namespace

std::string to_text(const SimpleSigning& document) {
  return to_compact(Json{{"critical", {{"identity", {{"docker-reference", document.reference}}}, {"image", {{"docker-manifest-digest", document.digest.str()}}}, {"type", cosign_type}}}, {"optional", nullptr}});
}

Result<SimpleSigning> read_simple_signing(std::string_view text) {
  TRY_ASSIGN(const Json json, parse_json(text, "signed document"));
  if (!json.is_object()) return cannot(Kind::Corrupt, "read signed document", "it is no JSON object");
  TRY_ASSIGN(const Json critical, member(json, "critical"));
  TRY_ASSIGN(const Json identity, member(critical, "identity"));
  TRY_ASSIGN(const Json image, member(critical, "image"));
  TRY_ASSIGN(const std::string type, get_string(critical, "type"));
  if (type != cosign_type && type != atomic_type) return cannot(Kind::Corrupt, "read signed document", fmt::format("it is of the type '{}'", type.substr(0, 80)));
  SimpleSigning out;
  TRY_ASSIGN(out.reference, get_string_or_empty(identity, "docker-reference"));
  TRY_ASSIGN(const std::string digest, get_string(image, "docker-manifest-digest"));
  TRY_ASSIGN(out.digest, Digest::parse(digest));
  return out;
}

}  // namespace ashlar::trust
