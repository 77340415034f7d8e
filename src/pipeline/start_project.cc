#include "pipeline/start_project.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "oci/ref.h"
#include "pipeline/make.h"
#include "pipeline/migrate_file.h"
#include "workload/images.h"

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
  Values out = {{"NAME", name}, {"DEFINITION", name + ".yaml"}, {"TO", options.to}, {"PUBLISHED", registry ? to.location : name}, {"BASES_GLOB", published_glob(to)}, {"RELEASED_GLOB", published_glob(to)}};
  if (registry) out["REPOSITORY"] = to.location;
  if (!options.image.empty()) {
    TRY_ASSIGN(const auto own, oci::ImageRef::parse(options.image));
    if (own.transport != oci::Transport::Registry || own.digest.empty()) return cannot(Kind::Invalid, fmt::format("use '{}' in a pipeline", options.image), "name Ashlar's image by its digest: HOST/REPO@sha256:...");
    out["IMAGE"] = options.image.starts_with("docker://") ? options.image.substr(9) : options.image;
  }
  set_own_image(out);
  return out;
}

/// Where a folder lies, by its whole name, also before it is there.
Result<host::Path> whole_name(host::Files& files, const host::Path& folder) {
  if (auto whole = files.canonical(folder)) return whole;
  host::Path normal = folder.lexically_normal();
  if (!normal.has_filename()) normal = normal.parent_path();
  const host::Path name = normal.filename();
  TRY_ASSIGN(const auto above, whole_name(files, normal.has_parent_path() && normal != name ? normal.parent_path() : host::Path(".")));
  return above / name;
}

/// Where pipelines go: CI systems read them in the repository's folder alone.
struct Site {
  host::Path root;  ///< of the repository; the folder itself where that lies in none
  host::Path own;   ///< from there to the folder; empty: it is the same
  /// What lies in the folder, as pipelines name it.
  std::string named(const host::Path& path) const { return (own / path).string(); }
};

Result<Site> site_of(host::Files& files, const host::Path& folder) {
  Site out{folder, {}};
  TRY_ASSIGN(const auto whole, whole_name(files, folder));
  host::Path up = ".", top = whole;
  while (top.has_relative_path() && !files.stat(top / ".git")) top = top.parent_path(), up /= "..";
  if (!top.has_relative_path() || top == whole) return out;
  out.own = whole.lexically_relative(top);
  if (out.own.string().find_first_of(" \t\n\"'`$\\#") != std::string::npos) return cannot(Kind::Invalid, fmt::format("write a pipeline for '{}'", out.own.string()), "a pipeline takes no quotes, blanks or variables in it");
  out.root = (folder / up).lexically_normal();
  if (!out.root.has_filename()) out.root = out.root.parent_path();
  if (out.root.empty()) out.root = ".";
  return out;
}

/// What pipelines call what lies there. Several of one repository have names of their own.
void set_places(const Site& site, Values& values) {
  values["CONTEXT"] = site.own.empty() ? "." : site.own.string();
  values["POLICY"] = site.named("policy.yaml");
  values["PUBLIC_KEY"] = site.named("release.pub");
  std::string own = site.own.string();
  std::ranges::replace(own, '/', '-');
  values["SUFFIX"] = own.empty() ? "" : "-" + image_name(own);
}

/// Adds the files of a set that are not among them yet.
Done add(Workshop& workshop, std::string_view set, const Values& values, Starters& out) {
  TRY_ASSIGN(auto more, starter_files(*workshop.machine.files, workshop.data, set, values));
  for (StarterFile& each : more) {
    if (std::ranges::find(out, each.path, &StarterFile::path) == out.end()) out.push_back(std::move(each));
  }
  return {};
}

/// What lies between the pipeline's steps and what is built: keys that nobody commits, and caches that no image shall hold.
Done add_ignored(Workshop& workshop, const Site& site, bool application, const Values& values, Starters& out) {
  TRY(add(workshop, "ignored", values, out));
  if (application && site.own.empty()) TRY(add(workshop, "context", values, out));
  return {};
}

/// What is to be selected before the policy lets the hardened Dockerfile pass, and which of its images no rule is about.
void add_bases(const std::string& text, const std::string& prefix, const Site& site, std::vector<std::string>& open) {
  std::vector<std::string> hardened, others;
  const auto uses = workload::images_of(workload::FileKind::Dockerfile, text, "Dockerfile.hardened");
  for (const auto& use : uses ? *uses : std::vector<workload::ImageUse>()) {
    if (!use.image || use.where == "syntax") continue;
    auto& list = use.image->name.starts_with(prefix + "/") ? hardened : others;
    if (std::ranges::find(list, use.image->str()) == list.end()) list.push_back(use.image->str());
  }
  std::vector<std::string> selects;
  for (const std::string& each : hardened) selects.push_back(fmt::format("`ashlar policy select docker://{} --by NAME --key {} --selection {}`", each, site.named("release.key"), site.named("selection.json")));
  if (!selects.empty())
    open.push_back(fmt::format("select the bases that it may sit on: {}; selection.json goes into the repository", fmt::join(selects, ", ")));
  for (const std::string& each : others) open.push_back(fmt::format("no rule of the policy is about '{}', which a stage is built on or takes from: add one to its `bases`, or take a hardened image there", each));
}

/// What a pipeline needs from outside of the repository.
std::vector<std::string> open_of_ci(std::string_view system, const Values& values) {
  std::vector<std::string> out;
  const std::string& key = values.at("PUBLIC_KEY");
  const std::string made = fmt::format("make a key with `ashlar keys generate --output-prefix {}`: {}", key.substr(0, key.size() - 4), key);
  if (system == "jenkins" || system == "azure") out.push_back(fmt::format("make a pipeline of the system for each file in ci/: {} reads no file by its name", system));
  if (system == "tekton") {
    out.emplace_back("put the tasks of ci/*.tekton.yaml into your pipeline, behind the task that fetches the repository, with the workspaces and parameters that they name (docs/ci.md)");
    out.push_back(fmt::format("{} goes into the repository, release.key into the secret of the workspace 'key', its password into the secret ashlar-key-password", made));
    return out;
  }
  if (!values.contains("IMAGE")) out.emplace_back("set the CI variable ASHLAR_IMAGE to Ashlar's own image, by its digest (docs/ci.md)");
  if (!values.contains("REPOSITORY")) out.emplace_back("set the CI variable ASHLAR_REPOSITORY to where images are published: HOST/REPO");
  out.push_back(fmt::format("{} goes into the repository, what release.key holds into the CI secret ASHLAR_KEY, its password into ASHLAR_KEY_PASSWORD", made));
  return out;
}

Result<std::string> name_of(host::Files& files, const StartOptions& options) {
  if (!options.name.empty()) return options.name;
  const auto whole = files.canonical(options.folder);
  return image_name(whole ? *whole : options.folder);
}

/// Writes the files; what yielded is left to a person.
Result<StartedProject> put(host::Files& files, const host::Path& folder, const StartOptions& options, const Starters& starters, StartedProject out) {
  TRY_ASSIGN(out.files, place(files, folder, starters, options.force));
  out.open.insert(out.open.end(), out.files.by_hand.begin(), out.files.by_hand.end());
  out.folder = folder;
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
  TRY_ASSIGN(auto values, values_of(options, name));
  Starters starters;
  TRY(add(workshop, "project", values, starters));
  StartedProject out{name, {}, {}};
  out.open = {fmt::format("`ashlar feed update`, then `ashlar make {}.yaml --policy policy.yaml --to {} --key release.key`: README.md says how to get the key", name, options.to)};
  if (options.ci == "none") return put(files, options.folder, options, starters, std::move(out));
  TRY(check_system(options.ci));
  TRY_ASSIGN(const auto site, site_of(files, options.folder));
  for (StarterFile& each : starters) each.path = site.own / each.path;
  set_places(site, values);
  values["DEFINITION"] = site.named(name + ".yaml");
  TRY(add(workshop, options.ci + "-images", values, starters));
  TRY(add_ignored(workshop, site, false, values, starters));
  for (std::string& each : open_of_ci(options.ci, values)) out.open.push_back(std::move(each));
  if (!values.contains("REPOSITORY"))
    out.open.push_back(fmt::format("the policy knows the images as '{}', and what CI publishes is called otherwise: put HOST/REPO beside it in `images` of the rules `hardened` and `released`, or begin with --to docker://HOST/REPO", values.at("BASES_GLOB")));
  return put(files, site.root, options, starters, std::move(out));
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
  Site site{options.folder, {}};
  if (options.ci != "none") {
    TRY(check_system(options.ci));
    TRY_ASSIGN(site, site_of(files, options.folder));  // what belongs to the application stays beside its Dockerfile
  }
  Starters starters = {{"Dockerfile.hardened", migrated.text}};
  // Names without a host are those of whatever registry a client takes by itself.
  const std::string first = options.bases.substr(0, options.bases.find('/'));
  values["BASES_GLOB"] = (first.find_first_of(".:") == std::string::npos ? "*/" : "") + options.bases + "/**";
  TRY(add(workshop, "dockerfile", values, starters));
  for (StarterFile& each : starters) each.path = site.own / each.path;
  TRY(add_ignored(workshop, site, options.ci != "none", values, starters));
  StartedProject out{name, {}, {}};
  if (options.bases == StartOptions{}.bases) out.open.push_back(fmt::format("hardened images are named '{}/...', which is nowhere of yours: begin again with --bases HOST/PREFIX, where they lie", options.bases));
  if (!values.contains("REPOSITORY"))
    out.open.push_back(fmt::format("the policy knows what is released as '{}': put HOST/REPO in its place in `images` of the rule `released`, or begin with --to docker://HOST/REPO", values.at("RELEASED_GLOB")));
  add_bases(migrated.text, options.bases, site, out.open);
  if (dockerfile.filename() == "Dockerfile" || dockerfile.filename() == "Containerfile")
    out.open.push_back(fmt::format("the policy denies what '{0}' is built on: put Dockerfile.hardened in its place once it does what it should (`ashlar migrate {0} --prove`), or take it out of the repository", dockerfile.filename().string()));
  for (const auto& each : migrated.breaks) out.open.push_back(fmt::format("line {}: '{}': {}{}", each.span.line, each.what, each.why, each.remedy.empty() ? "" : "; " + each.remedy));
  if (options.ci != "none") {
    set_places(site, values);
    values["DOCKERFILE"] = site.named("Dockerfile.hardened");
    TRY(add(workshop, options.ci + "-application", values, starters));
    for (std::string& each : open_of_ci(options.ci, values)) out.open.push_back(std::move(each));
  }
  return put(files, site.root, options, starters, std::move(out));
}

Result<StartedProject> start_ci(Workshop& workshop, std::string_view system, const StartOptions& options) {
  host::Files& files = *workshop.machine.files;
  TRY(check_system(system));
  TRY_ASSIGN(const auto name, name_of(files, options));
  TRY_ASSIGN(auto values, values_of(options, name));
  TRY_ASSIGN(const auto started, look_at(files, options.folder));
  if (started.definitions.empty() && started.dockerfile.empty())
    return cannot(Kind::NotFound, fmt::format("write a pipeline in '{}'", options.folder.string()), "there is neither a definition nor a Dockerfile; `ashlar init` starts with one");
  TRY_ASSIGN(const auto site, site_of(files, options.folder));
  set_places(site, values);
  Starters starters;
  if (!started.definitions.empty()) {
    values["DEFINITION"] = site.named(started.definitions.front());
    TRY(add(workshop, fmt::format("{}-images", system), values, starters));
  }
  if (!started.dockerfile.empty()) {
    values["DOCKERFILE"] = site.named(started.dockerfile);
    TRY(add(workshop, fmt::format("{}-application", system), values, starters));
  }
  TRY(add_ignored(workshop, site, !started.dockerfile.empty(), values, starters));
  StartedProject out{name, {}, open_of_ci(system, values)};
  if (!files.exists(options.folder / "policy.yaml"))
    out.open.push_back(fmt::format("the pipeline judges by '{}', which is not there: {}`ashlar policy init` writes one that denies what it does not know", values.at("POLICY"), started.dockerfile.empty() ? "" : "`ashlar init --from DOCKERFILE` writes it beside the hardened Dockerfile, and "));
  if (!started.dockerfile.empty() && !files.exists(options.folder / "selection.json"))
    out.open.push_back(fmt::format("select what '{}' is built on, where the policy asks for a selection: `ashlar policy select docker://HOST/IMAGE:TAG --by NAME --key {} --selection {}`", values.at("DOCKERFILE"), site.named("release.key"), site.named("selection.json")));
  for (size_t at = 1; at < started.definitions.size(); ++at) out.open.push_back(fmt::format("the pipeline makes '{}'; add a job for '{}'", started.definitions.front().string(), started.definitions[at].string()));
  return put(files, site.root, options, starters, std::move(out));
}

}  // namespace ashlar::pipeline
