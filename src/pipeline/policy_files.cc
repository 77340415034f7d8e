#include "pipeline/policy_files.h"

#include <algorithm>

#include <fmt/format.h>

#include "pipeline/make.h"
#include "pipeline/workshop.h"

namespace ashlar::pipeline {
namespace {

constexpr std::string_view cases_end = ".cases.yaml";
constexpr const char* beginning = "control.yaml";

/// The policy of a file of cases by their names; empty: its name does not tell.
host::Path policy_beside(const host::Path& cases) {
  const std::string name = cases.filename().string();
  if (!name.ends_with(cases_end)) return {};
  return cases.parent_path() / (name.substr(0, name.size() - cases_end.size()) + ".yaml");
}

Result<TestedCases> test_file(const host::Machine& machine, const host::Path& path, const host::Path& policy) {
  TRY_ASSIGN(std::string text, machine.files->read(path));
  TestedCases out{.path = path.string()};
  TRY_ASSIGN(out.file, policy::read_cases(std::move(text), path.string()));
  const host::Path beside = !policy.empty() ? policy : !out.file.policy.empty() ? path.parent_path() / out.file.policy : out.file.own ? host::Path() : policy_beside(path);
  if (beside.empty() && !out.file.own) return cannot(Kind::Invalid, fmt::format("test the cases of '{}'", path.string()), "it names no policy: say 'policy: FILE' in it, or --policy FILE");
  policy::Policy read;
  if (!beside.empty()) {
    TRY_ASSIGN(read, load_policy(machine, beside));
  }
  out.policy = beside.empty() ? path.string() : beside.string();
  const policy::Policy& rules = beside.empty() ? *out.file.own : read;
  for (const policy::Case& each : out.file.cases) out.results.push_back(policy::run(rules, each));
  return out;
}

}  // namespace

host::Path policy_or_own(const host::Machine& machine, const std::string& named) {
  if (!named.empty()) return named;
  return machine.files->exists("policy.yaml") ? "policy.yaml" : "";
}

Result<std::vector<policy::Vendor>> load_vendors(const host::Machine& machine, const policy::Policy& policy) {
  const std::string named = policy.finished.bases ? policy.finished.bases->vendors : std::string();
  host::Path path = host::Path(policy.path).parent_path() / named;
  if (named.empty()) {
    TRY_ASSIGN(const auto data, data_folder(machine));
    path = data / "policies" / "vendors.yaml";
  }
  TRY_ASSIGN(std::string text, machine.files->read(path));
  return policy::read_vendors(std::move(text), path.string());
}

Result<policy::Registries> load_registries(const host::Machine& machine, const host::Path& data) {
  const host::Path path = data / "policies" / "registries.yaml";
  TRY_ASSIGN(std::string text, machine.files->read(path));
  return policy::read_registries(std::move(text), path.string());
}

std::optional<std::string> registries_by_other_names(const host::Machine& machine) {
  const auto data = data_folder(machine);
  const auto known = data ? load_registries(machine, *data) : Result<policy::Registries>(std::unexpected(data.error()));
  if (!known || known->host.empty() || known->reached.empty()) return std::nullopt;
  const auto is_word = [](const std::string& text) { return text.find_first_of(".:") == std::string::npos; };
  const std::string reached = is_word(known->reached) ? known->reached + "." + known->host : known->reached;
  const std::string login = known->login.empty() ? known->host : is_word(known->login) ? fmt::format("https://{}.{}/v1/", known->login, known->host) : known->login;
  return fmt::format("{} {} {} {}", known->host, reached, login, known->single);
}

host::Path cases_beside(const host::Path& policy) { return policy.parent_path() / (policy.stem().string() + std::string(cases_end)); }

std::size_t TestedCases::wrong() const {
  return static_cast<std::size_t>(std::ranges::count_if(results, [](const policy::CaseResult& each) { return !each.wrong.empty(); }));
}

Result<std::vector<TestedCases>> test_policy(const host::Machine& machine, const std::vector<host::Path>& files, const host::Path& policy) {
  std::vector<TestedCases> out;
  for (const host::Path& each : files) {
    TRY_ASSIGN(auto tested, test_file(machine, each, policy));
    out.push_back(std::move(tested));
  }
  return out;
}

Result<std::vector<host::Path>> init_policy(const host::Machine& machine, const host::Path& data, const host::Path& to) {
  const host::Path from = data / "policies" / beginning;
  const std::vector<std::pair<host::Path, host::Path>> copies = {{from, to}, {cases_beside(from), cases_beside(to)}};
  std::vector<host::Path> out;
  for (const auto& [source, target] : copies) {
    if (machine.files->exists(target)) return cannot(Kind::Conflict, fmt::format("write policy '{}'", target.string()), "it is there already: name another one with --to, or take it away");
  }
  for (const auto& [source, target] : copies) {
    TRY_ASSIGN(const std::string text, machine.files->read(source));
    TRY(machine.files->write(target, text));
    out.push_back(target);
  }
  return out;
}

}  // namespace ashlar::pipeline
