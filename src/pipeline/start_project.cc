#include "pipeline/start_project.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "oci/ref.h"
#include "pipeline/make.h"
#include "pipeline/migrate_file.h"

namespace ashlar::pipeline {
namespace {

using Values = std::map<std::string, std::string>;
using Starters = std::vector<StarterFile>;

constexpr std::array<std::string_view, 5> systems = {"github", "gitlab", "jenkins", "tekton", "azure"};

/// Only what no YAML and no shell reads as anything but a name goes into templates.
bool is_name(std::string_view text) { return oci::is_repository(text) && text.find('/') == std::string_view::npos; }

/// Ashlar's own image, where it is named, beside what else pipelines of applications run in: for lists of the policy.
void set_own_image(Values& values) {
  const auto own = values.find("IMAGE");
  const auto [reference, digest] = own == values.end() ? std::pair<std::string_view, std::string_view>() : cut(own->second, '@');
  const std::string_view name = reference.substr(0, std::min(reference.size(), reference.find(':', reference.rfind('/') + 1)));
  values["OWN_IMAGE"] = name.empty() ? "" : fmt::format(", {}", name), values["OWN_DIGEST"] = digest.empty() ? "" : fmt::format(", \"{}\"", digest);
}

/// The repository under which `make` publishes there, as policies name it (`ledger_name` in fleet.h), wherever the folder lies.
std::string published_glob(const oci::ImageRef& to) {
  if (to.transport == oci::Transport::Registry) return to.location;
  const host::Path folder = host::Path(to.location).lexically_normal();
  return fmt::format("oci:/**/{}", (folder.has_filename() ? folder : folder.parent_path()).filename().string());
}

Result<Values> values_of(const StartOptions& options, const std::string& name) {
  if (!is_name(name)) return cannot(Kind::Invalid, fmt::format("name an image '{}'", name), "a name has small letters and digits, with '.', '_' and '-' between them");
  TRY_ASSIGN(const auto to, parse_destination(options.to));
  const bool registry = to.transport == oci::Transport::Registry;
  if (options.to.find_first_of(" \t\n\"'`$\\#") != std::string::npos) return cannot(Kind::Invalid, fmt::format("publish to '{}'", options.to), "a pipeline takes no quotes, blanks or variables in it");
  if (!to.tag.empty() || !to.digest.empty()) return cannot(Kind::Invalid, fmt::format("publish to '{}'", options.to), "name it without a tag: the definition has the tags");
  Values out = {{"NAME", name}, {"DEFINITION", name + ".yaml"}, {"TO", options.to}, {"PUBLISHED", registry ? to.location : name}, {"BASES_GLOB", published_glob(to)}};
  if (registry) out["REPOSITORY"] = to.location;
  if (!options.image.empty()) {
    TRY_ASSIGN(const auto own, oci::ImageRef::parse(options.image));
    if (own.transport != oci::Transport::Registry || own.digest.empty()) return cannot(Kind::Invalid, fmt::format("use '{}' in a pipeline", options.image), "name Ashlar's image by its digest: HOST/REPO@sha256:...");
    out["IMAGE"] = options.image.starts_with("docker://") ? options.image.substr(9) : options.image;
  }
  set_own_image(out);
  return out;
}

/// From the folder up to that of the repository it lies in, as CI reads pipelines: `.` where it is that, or lies in none; else with `..`.
host::Path up_to_repository(host::Files& files, const host::Path& folder) {
  auto whole = files.canonical(folder);
  if (!whole) return ".";
  host::Path up = ".";
  for (host::Path at = *whole; at.has_relative_path(); at = at.parent_path(), up /= "..") {
    if (files.stat(at / ".git")) return up.lexically_normal();
  }
  return ".";
}

/// Adds the files of a set that are not among them yet.
Done add(Workshop& workshop, std::string_view set, const Values& values, Starters& out) {
  TRY_ASSIGN(auto more, starter_files(*workshop.machine.files, workshop.data, set, values));
  for (StarterFile& each : more) {
    if (std::ranges::find(out, each.path, &StarterFile::path) == out.end()) out.push_back(std::move(each));
  }
  return {};
}

/// What a pipeline needs from outside of the repository.
std::vector<std::string> open_of_ci(std::string_view system, const Values& values) {
  std::vector<std::string> out;
  if (system == "jenkins" || system == "azure") out.push_back(fmt::format("make a pipeline of the system for each file in ci/: {} reads no file by its name", system));
  if (system == "tekton") {
    out.emplace_back("put the tasks of ci/*.tekton.yaml into your pipeline, behind the task that fetches the repository, with the workspaces and parameters that they name (docs/ci.md)");
    out.emplace_back("make a key with `ashlar keys generate --output-prefix release`: release.pub goes into the repository, release.key into the secret of the workspace 'key', its password into the secret ashlar-key-password");
    return out;
  }
  if (!values.contains("IMAGE")) out.emplace_back("set the CI variable ASHLAR_IMAGE to Ashlar's own image, by its digest (docs/ci.md)");
  if (!values.contains("REPOSITORY")) out.emplace_back("set the CI variable ASHLAR_REPOSITORY to where images are published: HOST/REPO");
  out.emplace_back("make a key with `ashlar keys generate --output-prefix release`: release.pub goes into the repository, what release.key holds into the CI secret ASHLAR_KEY, its password into ASHLAR_KEY_PASSWORD");
  return out;
}

Result<std::string> name_of(host::Files& files, const StartOptions& options) {
  if (!options.name.empty()) return options.name;
  const auto whole = files.canonical(options.folder);
  return image_name(whole ? *whole : options.folder);
}

/// Writes the files; what yielded is left to a person.
Result<StartedProject> put(host::Files& files, const StartOptions& options, const Starters& starters, StartedProject out) {
  TRY_ASSIGN(out.files, place(files, options.folder, starters, options.force));
  out.open.insert(out.open.end(), out.files.by_hand.begin(), out.files.by_hand.end());
  out.folder = options.folder;
  return out;
}

Done check_system(std::string_view system) {
  if (std::ranges::find(systems, system) == systems.end()) return cannot(Kind::Invalid, fmt::format("write a pipeline for '{}'", system), fmt::format("the systems are {}", fmt::join(systems, ", ")));
  return {};
}

}  // namespace

Result<StartedProject> start_project(Workshop& workshop, const StartOptions& options) {
  host::Files& files = *workshop.machine.files;
  TRY_ASSIGN(const auto name, name_of(files, options));
  TRY_ASSIGN(const auto values, values_of(options, name));
  Starters starters;
  TRY(add(workshop, "project", values, starters));
  StartedProject out{name, {}, {}};
  out.open = {fmt::format("`ashlar feed update`, then `ashlar make {}.yaml --policy policy.yaml --to {} --key release.key`: README.md says how to get the key", name, options.to)};
  if (options.ci != "none") {
    TRY(check_system(options.ci));
    TRY(add(workshop, options.ci + "-images", values, starters));
    for (std::string& each : open_of_ci(options.ci, values)) out.open.push_back(std::move(each));
  }
  return put(files, options, starters, std::move(out));
}

Result<StartedProject> start_from(Workshop& workshop, const host::Path& dockerfile, const StartOptions& asked) {
  host::Files& files = *workshop.machine.files;
  StartOptions options = asked;
  if (options.folder == "." && dockerfile.has_parent_path()) options.folder = dockerfile.parent_path();
  TRY_ASSIGN(const auto name, name_of(files, options));
  TRY_ASSIGN(auto values, values_of(options, name));
  TRY_ASSIGN(const auto tables, migration_tables(workshop, {}));
  MigrateFileOptions how;
  how.file = dockerfile;
  how.prefix = options.bases;
  TRY_ASSIGN(const auto migrated, migrate_file(workshop, tables, how));
  if (migrated.refused()) {
    auto error = cannot(Kind::Invalid, fmt::format("start from '{}'", dockerfile.string()), "it would not run without a person's decision");
    for (const auto& each : migrated.refusals) error.error().faults.push_back({dockerfile.string(), each.span.line, each.span.column, fmt::format("'{}': {}", each.what, each.why), each.remedy, workload::line_of(migrated.text, each.span)});
    return error;
  }
  // CI systems read pipelines in the repository's folder alone; what belongs to the application stays beside its Dockerfile.
  const host::Path up = options.ci == "none" ? host::Path(".") : up_to_repository(files, options.folder);
  host::Path root = (options.folder / up).lexically_normal();
  if (!root.has_filename()) root = root.parent_path();
  host::Path own;
  if (up != ".") {
    TRY_ASSIGN(const auto whole, files.canonical(options.folder));
    TRY_ASSIGN(const auto top, files.canonical(root));
    own = whole.lexically_relative(top);
    if (own.string().find_first_of(" \t\n\"'`$\\#") != std::string::npos) return cannot(Kind::Invalid, fmt::format("write a pipeline for '{}'", own.string()), "a pipeline takes no quotes, blanks or variables in it");
    options.folder = root.empty() ? host::Path(".") : root;
  }
  Starters starters = {{"Dockerfile.hardened", migrated.text}};
  // Names without a host are those of whatever registry a client takes by itself.
  const std::string first = options.bases.substr(0, options.bases.find('/'));
  values["BASES_GLOB"] = (first.find_first_of(".:") == std::string::npos ? "*/" : "") + options.bases + "/**";
  TRY(add(workshop, "dockerfile", values, starters));
  // Keys and caches of pipelines lie in the repository's folder.
  for (StarterFile& each : starters) each.path = each.path == ".gitignore" ? each.path : own / each.path;
  StartedProject out{name, {}, {}};
  out.open.push_back(fmt::format("select the bases that it may sit on: `ashlar policy select docker://{}/IMAGE:TAG --by NAME --key release.key`; selection.json goes into the repository", options.bases));
  if (dockerfile.filename() == "Dockerfile" || dockerfile.filename() == "Containerfile")
    out.open.push_back(fmt::format("the policy denies what '{0}' is built on: put Dockerfile.hardened in its place once it does what it should (`ashlar migrate {0} --prove`), or take it out of the repository", dockerfile.filename().string()));
  for (const auto& each : migrated.breaks) out.open.push_back(fmt::format("line {}: '{}': {}{}", each.span.line, each.what, each.why, each.remedy.empty() ? "" : "; " + each.remedy));
  if (options.ci != "none") {
    TRY(check_system(options.ci));
    values["DOCKERFILE"] = (own / "Dockerfile.hardened").string();
    values["POLICY"] = (own / "policy.yaml").string();
    values["CONTEXT"] = own.empty() ? "." : own.string();
    TRY(add(workshop, options.ci + "-application", values, starters));
    for (std::string& each : open_of_ci(options.ci, values)) out.open.push_back(std::move(each));
  }
  return put(files, options, starters, std::move(out));
}

Result<StartedProject> start_ci(Workshop& workshop, std::string_view system, const StartOptions& options) {
  host::Files& files = *workshop.machine.files;
  TRY(check_system(system));
  TRY_ASSIGN(const auto name, name_of(files, options));
  TRY_ASSIGN(auto values, values_of(options, name));
  TRY_ASSIGN(const auto started, look_at(files, options.folder));
  if (started.definitions.empty() && started.dockerfile.empty())
    return cannot(Kind::NotFound, fmt::format("write a pipeline in '{}'", options.folder.string()), "there is neither a definition nor a Dockerfile; `ashlar init` starts with one");
  Starters starters;
  if (!started.definitions.empty()) {
    values["DEFINITION"] = started.definitions.front().string();
    TRY(add(workshop, fmt::format("{}-images", system), values, starters));
  }
  if (!started.dockerfile.empty()) {
    values["DOCKERFILE"] = started.dockerfile.string();
    values["POLICY"] = "policy.yaml", values["CONTEXT"] = ".";
    TRY(add(workshop, fmt::format("{}-application", system), values, starters));
  }
  StartedProject out{name, {}, open_of_ci(system, values)};
  for (size_t at = 1; at < started.definitions.size(); ++at) out.open.push_back(fmt::format("the pipeline makes '{}'; add a job for '{}'", started.definitions.front().string(), started.definitions[at].string()));
  return put(files, options, starters, std::move(out));
}

}  // namespace ashlar::pipeline
