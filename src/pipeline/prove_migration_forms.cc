// Proofs of migrations, as records and for people.
#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "pipeline/prove_migration.h"

namespace ashlar::pipeline {
namespace {

std::string beginning(std::string_view text) { return visible(text.substr(0, 256)); }

Json json_of(const std::vector<prove::CommandSeen>& commands) {
  Json out = Json::array();
  for (const prove::CommandSeen& each : commands) {
    Json row = {{"words", each.words}, {"exit_code", each.exit_code}, {"timed_out", each.timed_out}, {"output", Digest::of(each.printed).str()}, {"begins", beginning(each.printed)}};
    if (!each.refusal.empty()) row["refusal"] = each.refusal;
    out.push_back(std::move(row));
  }
  return out;
}

Json json_of(const prove::AnswerSeen& answer) {
  Json row = {{"request", answer.request.str()}};
  if (!answer.silence.empty()) row["silence"] = answer.silence;
  else row.update({{"status", answer.status}, {"headers", answer.headers}, {"size", answer.size}, {"body", answer.body.str()}, {"begins", answer.begins}, {"steady", answer.steady}});
  return row;
}

Json json_of(const prove::Watched& watched) {
  Json out = {{"listening", watched.listening}, {"alone", json_of(watched.alone)}, {"beside", json_of(watched.beside)}, {"written", watched.written}, {"last_lines", visible(watched.last_lines)}};
  if (!watched.refusal.empty()) out["refusal"] = watched.refusal;
  if (watched.exit_code) out["exit_code"] = *watched.exit_code;
  if (watched.ready_seconds) out["ready_seconds"] = *watched.ready_seconds;
  if (watched.health) out["health"] = json_of(std::vector{*watched.health}).front();
  out["answers"] = Json::array();
  for (const prove::AnswerSeen& each : watched.answers) out["answers"].push_back(json_of(each));
  out["processes"] = Json::array();
  for (const prove::ProcessSeen& each : watched.processes) out["processes"].push_back({{"name", each.name}, {"uid", each.uid}, {"gid", each.gid}, {"capable", each.capable}});
  return out;
}

/// What was seen, in a line.
std::string seen(const prove::Watched& watched) {
  if (!watched.refusal.empty()) return fmt::format("does not start: {}", watched.refusal);
  std::vector<std::string> parts;
  if (watched.exit_code) parts.push_back(fmt::format("ended by itself with {}", *watched.exit_code));
  else if (watched.ready_seconds) parts.push_back(fmt::format("ready after {:.2f} s", *watched.ready_seconds));
  else parts.emplace_back("goes on, and listens on nothing");
  if (!watched.listening.empty()) parts.push_back(fmt::format("listens on {}", fmt::join(watched.listening, ", ")));
  for (const prove::AnswerSeen& each : watched.answers) parts.push_back(each.silence.empty() ? fmt::format("{} answers {}", each.request.str(), each.status) : fmt::format("{} does not answer", each.request.str()));
  if (watched.health) parts.push_back(fmt::format("its health command ends with {}", watched.health->exit_code));
  for (const prove::ProcessSeen& each : watched.processes) parts.push_back(fmt::format("{} as {}:{}{}", each.name, each.uid, each.gid, each.capable ? " with capabilities" : ""));
  for (const auto* list : {&watched.alone, &watched.beside}) {
    for (const prove::CommandSeen& each : *list) parts.push_back(each.refusal.empty() ? fmt::format("'{}' ends with {}", join(each.words, " "), each.exit_code) : fmt::format("'{}' does not start", join(each.words, " ")));
  }
  return join(parts, "; ");
}

}  // namespace

std::string_view to_string(MigrationProof::Answer answer) {
  switch (answer) {
    case MigrationProof::Answer::Same: return "same";
    case MigrationProof::Answer::Differs: return "differs";
    case MigrationProof::Answer::Unknown: return "unknown";
  }
  return "unknown";
}

Json to_json(const MigrationProof& proof) {
  Json changes = Json::array();
  for (const prove::Change& each : proof.changes) changes.push_back({{"weight", prove::to_string(each.weight)}, {"id", each.id}, {"subject", each.subject}, {"what", each.what}, {"evidence", each.evidence}});
  Json out = {{"schema", "https://ashlar.dev/migration-proof/v1"}, {"answer", to_string(proof.answer())}, {"platform", proof.platform},
              {"old", {{"ref", proof.old_ref}, {"digest", proof.old_image.str()}, {"seen", json_of(proof.before)}}},
              {"new", {{"ref", proof.new_ref}, {"digest", proof.new_image.str()}, {"seen", json_of(proof.after)}}}, {"changes", std::move(changes)}};
  if (!proof.doubt.empty()) out["doubt"] = proof.doubt;
  return out;
}

std::string to_text(const MigrationProof& proof) {
  if (!proof.doubt.empty()) return fmt::format("unknown: {}\n", proof.doubt);
  std::string out = fmt::format("old  {}  {}\n     {}\nnew  {}  {}\n     {}\n", proof.old_ref, proof.old_image.str(), seen(proof.before), proof.new_ref, proof.new_image.str(), seen(proof.after));
  for (const prove::Change& each : proof.changes) {
    out += fmt::format("{:<8}  {:<14} {}\n", prove::to_string(each.weight), each.id, each.what == each.subject ? each.what : fmt::format("{}: {}", each.subject, each.what));
    for (const std::string& line : each.evidence) out += fmt::format("          {:<14} {}\n", "", visible(line));
  }
  const auto breaking = std::ranges::count(proof.changes, prove::Weight::Breaking, &prove::Change::weight);
  return out + (breaking == 0 ? fmt::format("same: nothing that worked fails{}\n", proof.changes.empty() ? "" : "; see what is notable") : fmt::format("differs: {} that worked {} not\n", breaking, breaking == 1 ? "does" : "do"));
}

}  // namespace ashlar::pipeline
