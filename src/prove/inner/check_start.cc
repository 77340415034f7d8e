// Whether what the configuration starts is there, and can be started: the image's program, and what asks whether it is well.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "prove/inner/rights.h"
#include "prove/inner/scene.h"

namespace ashlar::prove {
namespace {

/// A file that starts something, or why it does not.
struct Start {
  std::string path, fault;  ///< one of both
};

std::string text_of(const Scene& scene, std::string_view path) {
  const std::string* const text = scene.root.text(path);
  return text == nullptr ? std::string() : *text;
}

bool may_start(const Scene& scene, const TarEntry& entry) { return Rights(scene.contents.config.user, text_of(scene, "etc/passwd"), text_of(scene, "etc/group")).may(entry, Rights::execute); }

Start start_at(const Scene& scene, std::string_view path, int depth);

/// What is found in the file, once it is there and may be started.
std::string fault_in(const Scene& scene, const inventory::File& file, int depth) {
  const FileFacts* const facts = scene.facts_of(file);
  if (file.front == "\x7f" "ELF") return facts != nullptr && !facts->elf_fault.empty() ? facts->elf_fault : std::string();
  if (!file.front.starts_with("#!")) return "it is neither a program nor a script";
  const std::string_view script = facts == nullptr ? std::string_view() : std::string_view(facts->script);
  const std::string_view by = script.substr(0, script.find_first_of(" \t"));
  if (!by.starts_with('/')) return "its first line names nothing that starts it";
  if (depth > 4) return "scripts start each other without end";  // as Linux has it, load_script()
  const Start start = start_at(scene, by, depth + 1);
  return start.fault.empty() ? std::string() : fmt::format("it is a script for '{}', and {}", by, start.fault);
}

Start start_at(const Scene& scene, std::string_view path, int depth) {
  const auto real = scene.root.resolve(path);
  const auto found = real ? scene.contents.files.find(*real) : scene.contents.files.end();
  if (found == scene.contents.files.end()) return {{}, "that is not in the image"};
  const inventory::File& file = found->second;
  if (!file.content) return {{}, "that is no file"};
  if (!may_start(scene, file.entry)) return {{}, fmt::format("{} cannot be started by user '{}' ({:04o}, owner {}:{})", shown(*real), scene.contents.config.user, file.entry.mode, file.entry.uid, file.entry.gid)};
  std::string fault = fault_in(scene, file, depth);
  if (!fault.empty()) return {{}, fmt::format("{} cannot be started: {}", shown(*real), fault)};
  return {*real, {}};
}

/// The first of the places where a runtime finds the program; a place that cannot be started is passed over, as execvp(3) does.
Start find_program(const Scene& scene, const std::string& program) {
  Start last{{}, "that is not in the image"};
  for (const std::string& place : oci::program_places(scene.contents.config, program)) {
    Start start = start_at(scene, place, 0);
    if (start.fault.empty()) return start;
    if (start.fault != "that is not in the image") last = std::move(start);
  }
  if (last.fault == "that is not in the image" && program.find('/') == std::string::npos) last.fault = fmt::format("PATH ({}) does not lead to it", oci::variable(scene.contents.config, "PATH").value_or(std::string(oci::default_path)));
  return last;
}

/// For or against it: whether the program is there.
void judge_program(const Scene& scene, const std::string& program, Check& check) {
  const Start start = find_program(scene, program);
  if (!start.fault.empty()) against(check, fmt::format("'{}': {}", program, start.fault));
  else check.evidence.push_back(fmt::format("'{}' is {}", program, shown(start.path)));
}

}  // namespace

Check entrypoint(const Scene& scene) {
  Check check = passing("entrypoint", "what the image starts is in it, and its user may start it");
  const oci::Config& config = scene.contents.config;
  const auto& words = config.entrypoint.empty() ? config.cmd : config.entrypoint;
  if (words.empty()) return not_applicable(check.id, check.title, "the configuration names nothing to start");
  judge_program(scene, words.front(), check);
  return check;
}

Check health(const Scene& scene) {
  Check check = passing("health", "what asks whether a container is well can be run");
  const auto& config = scene.contents.config;
  if (!config.health || config.health->test.empty() || config.health->test.front() == "NONE") return not_applicable(check.id, check.title, "the configuration has no health check");
  const auto& test = config.health->test;
  if (test.front() == "CMD-SHELL") {
    judge_program(scene, "/bin/sh", check);
    if (check.outcome == Outcome::Failed) check.evidence.push_back(fmt::format("'{}' is a command for a shell (CMD-SHELL)", join(std::span(test).subspan(1), " ")));
  } else if (test.front() != "CMD" || test.size() < 2) {
    against(check, fmt::format("'{}' is no health check: CMD and the words of a command are", join(test, " ")));
  } else {
    judge_program(scene, test[1], check);
  }
  return check;
}

}  // namespace ashlar::prove
