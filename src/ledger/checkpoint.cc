#include "ledger/checkpoint.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

namespace ashlar::ledger {
namespace {

constexpr std::string_view statement_type = "https://in-toto.io/Statement/v1";

Result<Checkpoint> read_statement(std::string_view payload) {
  const auto json = parse_json(payload, "statement");
  const auto refuse = [](std::string_view cause) { return cannot(ashlar::Kind::Corrupt, "read its statement", cause); };
  if (!json || !json->is_object()) return refuse("it is no JSON object");
  if (json->value("_type", Json()) != statement_type || json->value("predicateType", Json()) != checkpoint_type) return refuse(fmt::format("it is no statement of type '{}'", checkpoint_type));
  const Json subjects = json->value("subject", Json()), predicate = json->value("predicate", Json());
  if (!subjects.is_array() || subjects.size() != 1 || !subjects[0].is_object() || !subjects[0].value("digest", Json()).is_object() || !predicate.is_object()) return refuse("it has not one subject and a predicate");
  Checkpoint out;
  TRY_ASSIGN(const std::string hex, get_string(subjects[0]["digest"], "sha256"));
  TRY_ASSIGN(const std::int64_t size, get_integer(predicate, "size"));
  TRY_ASSIGN(const std::string at, get_string(predicate, "time"));
  TRY_ASSIGN(out.chain, Digest::parse_hex(hex));
  TRY_ASSIGN(out.at, Time::parse(at));
  if (size < 0) return refuse("its size is below zero");
  out.size = static_cast<std::uint64_t>(size);
  return out;
}

}  // namespace

std::string to_statement(const Checkpoint& checkpoint) {
  return to_compact({{"_type", statement_type},
                     {"subject", Json::array({{{"name", "ledger"}, {"digest", {{"sha256", checkpoint.chain.hex()}}}}})},
                     {"predicateType", checkpoint_type},
                     {"predicate", {{"size", checkpoint.size}, {"time", checkpoint.at.str()}}}});
}

Result<std::string> sign(const Checkpoint& checkpoint, const trust::PrivateKey& key) {
  TRY_ASSIGN(const auto envelope, trust::sign_envelope(trust::media::in_toto, to_statement(checkpoint), key));
  return trust::to_text(envelope);
}

Result<SignedCheckpoint> read_checkpoint(std::string_view envelope, std::string_view path) {
  const std::string what = fmt::format("read checkpoint '{}'", path);
  const auto refuse = [&](Error cause) {
    cause.kind = ashlar::Kind::Corrupt;
    return cannot(what, std::move(cause));
  };
  auto json = parse_json(envelope, path);
  if (!json) return refuse(std::move(json).error());
  SignedCheckpoint out;
  auto read = trust::read_envelope(*json);
  if (!read) return refuse(std::move(read).error());
  out.envelope = std::move(*read);
  if (out.envelope.payload_type != trust::media::in_toto) return cannot(ashlar::Kind::Corrupt, what, fmt::format("its payload is '{}', no statement", out.envelope.payload_type));
  auto checkpoint = read_statement(out.envelope.payload);
  if (!checkpoint) return refuse(std::move(checkpoint).error());
  out.checkpoint = *checkpoint;
  return out;
}

}  // namespace ashlar::ledger
