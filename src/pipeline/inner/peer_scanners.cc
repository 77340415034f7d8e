#include "pipeline/inner/peer_scanners.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "oci/ref.h"
#include "pipeline/copy.h"
#include "pipeline/inner/scratch.h"

namespace ashlar::pipeline {
namespace {

constexpr std::array<std::string_view, 2> known = {"grype", "trivy"};

const Json& member(const Json& of, const char* key) {
  static const Json nothing;
  const auto found = of.is_object() ? of.find(key) : of.end();
  return of.is_object() && found != of.end() ? *found : nothing;
}
std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : std::string(); }

/// How each is called: what it must not look up, and how it names a kind of target.
std::vector<std::string> command_of(std::string_view scanner, const oci::ImageRef* ref, const std::string& place) {
  const bool folder = ref != nullptr && ref->transport == oci::Transport::Folder;
  if (scanner == "grype") return {"env", "GRYPE_CHECK_FOR_APP_UPDATE=false", "GRYPE_DB_AUTO_UPDATE=false", "GRYPE_DB_VALIDATE_AGE=false", "grype", "--quiet", "--output", "json", (ref == nullptr ? "sbom:" : folder ? "dir:" : "docker-archive:") + place};
  std::vector<std::string> out = {"trivy", ref == nullptr ? "sbom" : folder ? "rootfs" : "image", "--skip-db-update", "--offline-scan", "--quiet", "--format", "json"};
  if (ref != nullptr) out.insert(out.end(), {"--scanners", "vuln", "--skip-java-db-update"});
  if (ref != nullptr && !folder) out.emplace_back("--input");
  out.push_back(place);
  return out;
}

Result<policy::PeerAnswer> run_on(Workshop& workshop, std::string_view scanner, const oci::ImageRef* ref, const std::string& place) {
  host::Command command;
  command.argv = command_of(scanner, ref, place);
  command.output_limit = 256 << 20;
  TRY_ASSIGN(const auto ended, workshop.machine.processes->run(command));
  if (ended.timed_out || ended.output_dropped) return cannot(Kind::Unavailable, fmt::format("run {}", scanner), ended.timed_out ? "it took too long" : "it says too much");
  if (ended.exit_code != 0) {
    const std::string last = visible(split(trim(ended.err), '\n').back());
    return cannot(Kind::Unavailable, fmt::format("run {}", scanner), fmt::format("it ended with {}: {}", ended.exit_code, last.substr(0, 300)));
  }
  return scanner == "grype" ? read_grype(ended.out) : read_trivy(ended.out);
}

Result<policy::PeerAnswer> run(Workshop& workshop, std::string_view scanner, const std::string& target, const std::string& platform) {
  if (!workshop.machine.processes->find(scanner)) return cannot(Kind::NotFound, fmt::format("run {}", scanner), "this machine has no such program");
  const auto ref = oci::ImageRef::parse(target);
  if (!ref || (ref->transport == oci::Transport::Registry && !target.starts_with("docker://"))) return run_on(workshop, scanner, nullptr, target);
  if (ref->transport == oci::Transport::Folder) return run_on(workshop, scanner, &*ref, ref->location);
  TRY_ASSIGN(const auto scratch, Scratch::open(*workshop.machine.files, workshop.folders.cache, "peer-" + Digest::of(target + platform).hex()));
  TRY(workshop.machine.files->make_folders(scratch.path()));
  const std::string archive = (scratch.path() / "image.tar").string();
  TRY(copy(workshop.machine, target, "docker-archive:" + archive, platform));
  return run_on(workshop, scanner, &*ref, archive);
}

}  // namespace

std::span<const std::string_view> peer_scanners() { return known; }

Result<policy::PeerAnswer> read_grype(std::string_view text) {
  TRY_ASSIGN(const Json answer, parse_json(text, "grype"));
  if (!member(answer, "matches").is_array()) return cannot(Kind::Corrupt, "read what grype says", "it has no 'matches'");
  policy::PeerAnswer out{.version = text_of(member(member(answer, "descriptor"), "version")), .recognised = {}, .pairs = {}};
  const Json& distro = member(answer, "distro");
  if (const std::string name = text_of(member(distro, "name")); !name.empty()) out.recognised = name + " " + text_of(member(distro, "version"));
  for (const Json& each : member(answer, "matches")) out.pairs.emplace(text_of(member(member(each, "vulnerability"), "id")), text_of(member(member(each, "artifact"), "name")));
  return out;
}

Result<policy::PeerAnswer> read_trivy(std::string_view text) {
  TRY_ASSIGN(const Json answer, parse_json(text, "trivy"));
  if (!answer.is_object() || !answer.contains("SchemaVersion")) return cannot(Kind::Corrupt, "read what trivy says", "it has no 'SchemaVersion'");
  policy::PeerAnswer out{.version = text_of(member(member(answer, "Trivy"), "Version")), .recognised = {}, .pairs = {}};
  const Json& system = member(member(answer, "Metadata"), "OS");
  if (const std::string family = text_of(member(system, "Family")); !family.empty() && family != "none") out.recognised = family + " " + text_of(member(system, "Name"));
  for (const Json& result : member(answer, "Results")) {
    for (const Json& each : member(result, "Vulnerabilities")) out.pairs.emplace(text_of(member(each, "VulnerabilityID")), text_of(member(each, "PkgName")));
  }
  return out;
}

policy::Evidence<policy::PeerAnswer> ask_peer(Workshop& workshop, std::string_view scanner, const std::string& target, const std::string& platform, const std::string& digest) {
  policy::Evidence<policy::PeerAnswer> out;
  auto answer = run(workshop, scanner, target, platform);
  if (!answer) return out.lacks = answer.error().message, out;
  out.source = fmt::format("{}{} run on {} without a network", scanner, answer->version.empty() ? "" : " " + answer->version, digest.empty() ? target : digest);
  out.value = std::move(*answer);
  return out;
}

}  // namespace ashlar::pipeline
