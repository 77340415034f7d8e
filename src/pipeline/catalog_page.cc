#include "pipeline/catalog_page.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/markdown.h"
#include "base/text.h"

namespace ashlar::pipeline {
namespace {

using markdown::code;

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c == '\n' ? ' ' : c);
  return out;
}

std::string codes(const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (const std::string& text : texts) out.push_back(code(text));
  return join(out, ", ");
}

/// A command line as a person would type it.
std::string command_line(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const std::string& word : words) out.push_back(word.empty() || word.find_first_of(" ;'") != std::string::npos ? fmt::format("\"{}\"", word) : word);
  return join(out, " ");
}

bool is_runtime(const PageEntry& each) { return each.entry.definition.variant == plan::Variant::Runtime; }

/// `haproxy (99:99)`
std::string who(const plan::Definition& definition) {
  for (const plan::User& user : definition.accounts.users) {
    if (user.name == definition.accounts.run_as) return fmt::format("{} ({}:{})", user.name, user.uid, user.gid);
  }
  return definition.accounts.run_as == "root" ? "root (0:0)" : definition.accounts.run_as;
}

std::string size_on(const PageEntry& each, const std::string& platform) {
  for (const oci::PlatformImage& image : each.built) {
    if (image.platform.str() != platform) continue;
    std::uint64_t size = image.descriptor.size + image.manifest.config.size;
    for (const oci::Descriptor& layer : image.manifest.layers) size += layer.size;
    return human_size(size);
  }
  const auto& there = each.entry.definition.platforms;
  return std::find(there.begin(), there.end(), platform) == there.end() ? "" : "yes";
}

std::string tags(std::span<const PageEntry> entries) {
  std::vector<std::string> platforms;
  for (const PageEntry& each : entries) {
    for (const std::string& platform : each.entry.definition.platforms) {
      if (std::find(platforms.begin(), platforms.end(), platform) == platforms.end()) platforms.push_back(platform);
    }
  }
  std::string out = "## Tags\n| tags | variant |", line = "|---|---|";
  for (const std::string& platform : platforms) {
    out += fmt::format(" {} |", platform);
    line += "---|";
  }
  out += fmt::format(" runs as | end of life |\n{}---|---|\n", line);
  for (const PageEntry& each : entries) {
    out += fmt::format("| {} | {} |", codes(each.entry.definition.tags), plan::to_string(each.entry.definition.variant));
    for (const std::string& platform : platforms) out += fmt::format(" {} |", size_on(each, platform));
    out += fmt::format(" {} | {} |\n", who(each.entry.definition), each.entry.end_of_life.empty() ? "not known" : each.entry.end_of_life);
  }
  out += "\nSizes are of what is fetched.";
  const CatalogEntry& first = entries.front().entry;
  if (!first.end_of_life_source.empty()) out += fmt::format(" End of life: {}.", first.end_of_life_source);
  out += "\n";
  if (!first.support.empty()) out += fmt::format("\n**Limited support:** {}\n", first.support);
  return out;
}

std::string how_it_runs(const PageEntry& each) {
  const plan::Definition& definition = each.entry.definition;
  std::string out = "| | |\n|---|---|\n";
  const auto row = [&](std::string_view label, const std::string& text) {
    if (!text.empty()) out += fmt::format("| {} | {} |\n", label, text);
  };
  if (!definition.entrypoint.empty()) row("entrypoint", code(command_line(definition.entrypoint)));
  if (!definition.cmd.empty()) row("command", code(command_line(definition.cmd)));
  row("ports", codes(definition.ports));
  row("volumes", codes(definition.volumes));
  if (!definition.work_dir.empty()) row("folder", code(definition.work_dir));
  if (!definition.stop_signal.empty()) row("stop signal", code(definition.stop_signal));
  std::vector<std::string> lines;
  for (const auto& [name, value] : definition.environment) lines.push_back(code(name + "=" + value));
  row("environment", join(lines, "<br>"));
  lines.clear();
  for (const plan::User& user : definition.accounts.users) lines.push_back(fmt::format("{} {}:{}", user.name, user.uid, user.gid));
  row("users", join(lines, "<br>"));
  lines.clear();
  for (const plan::Interpreter& kept : definition.interpreters) lines.push_back(fmt::format("{}: {}", code(kept.path), cell(kept.reason)));
  row("interpreters kept", is_runtime(each) && lines.empty() ? "none" : join(lines, "<br>"));
  lines.clear();
  for (const plan::RunTest& test : definition.tests) lines.push_back(cell(test.name));
  row("run tests", join(lines, "<br>"));
  return out;
}

/// Every package of a runtime image with its version; where platforms differ, a line for each.
std::string packages(const plan::Lock& lock) {
  struct Row { std::string source; std::map<std::string, std::vector<std::string>> platforms; };  // by version
  std::map<std::string, Row> rows;
  for (const auto& [platform, locked] : lock.platforms) {
    for (const plan::LockedPackage& package : locked.packages) {
      rows[package.name].source = package.source;
      rows[package.name].platforms[package.version].push_back(platform);
    }
  }
  std::string out = "| package | version | source |\n|---|---|---|\n";
  for (const auto& [name, row] : rows) {
    std::vector<std::string> versions;
    for (const auto& [version, platforms] : row.platforms)
      versions.push_back(platforms.size() == lock.platforms.size() ? version : fmt::format("{} ({})", version, fmt::join(platforms, ", ")));
    out += fmt::format("| {} | {} | {} |\n", name, join(versions, "<br>"), row.source);
  }
  return out;
}

std::string number_of_packages(const plan::Lock& lock) {
  std::vector<std::string> counts;
  for (const auto& [platform, locked] : lock.platforms) counts.push_back(fmt::format("{} on {}", locked.packages.size(), platform));
  return join(counts, ", ");
}

/// What holds for every image of this kind, then what its info.yaml says.
std::string migration(std::span<const PageEntry> entries) {
  const auto found = std::find_if(entries.begin(), entries.end(), is_runtime);
  std::string out = "## How to migrate\n";
  if (found != entries.end()) {
    const plan::Definition& definition = found->entry.definition;
    out += fmt::format("- It runs as {}: what it reads must be readable to that user, and volumes writable.\n", who(definition));
    if (definition.interpreters.empty()) out += "- There is no shell: write commands and health checks as lists of words, and do what needs a shell in a build stage from the `-dev` variant.\n";
    else out += "- There is no shell but the interpreters named above, and no package manager: install things in a build stage from the `-dev` variant.\n";
    out += "- It works with a read-only root file system; `/tmp` must be writable";
    out += definition.volumes.empty() ? ".\n" : fmt::format(", and so must {}.\n", codes(definition.volumes));
    if (!definition.ports.empty()) out += fmt::format("- It listens on {}.\n", codes(definition.ports));
  }
  for (const std::string& line : entries.front().entry.migrate) out += fmt::format("- {}\n", line);
  return out;
}

/// The version, and what tells it from others of the image that have the same.
std::string version_in(std::span<const CatalogEntry> image, const CatalogEntry& each) {
  if (each.definition.variant != plan::Variant::Runtime) return fmt::format("{} ({})", each.version, plan::to_string(each.definition.variant));
  const auto twin = [&](const CatalogEntry& other) { return other.version == each.version && other.definition.variant == plan::Variant::Runtime; };
  return std::ranges::count_if(image, twin) > 1 && !each.definition.tags.empty() ? each.definition.tags.front() : each.version;
}

}  // namespace

Result<PageEntry> page_entry(host::Files& files, const CatalogEntry& entry, std::string_view images) {
  PageEntry page{entry, std::nullopt, {}};
  const host::Path lock = lock_path(entry.path);
  if (files.exists(lock)) {
    TRY_ASSIGN(const std::string text, files.read(lock));
    TRY_ASSIGN(page.lock, plan::read_lock(text, lock.string()));
  }
  if (images.empty() || entry.definition.tags.empty()) return page;
  TRY_ASSIGN(auto ref, oci::ImageRef::parse(images));
  if (!ref.tag.empty()) return cannot(Kind::Invalid, fmt::format("read the images of '{}'", images), "the layout of the whole catalogue is named without a tag");
  ref.tag = build_tag(entry.definition, entry.definition.tags.front());
  auto image = oci::open_image(files, ref);
  if (!image && image.error().kind == Kind::NotFound && files.exists(ref.location)) return page;
  if (!image) return std::unexpected(std::move(image).error());
  TRY_ASSIGN(page.built, oci::platforms(**image));
  return page;
}

std::string catalog_page(std::span<const PageEntry> given) {
  std::vector<PageEntry> entries(given.begin(), given.end());
  std::stable_partition(entries.begin(), entries.end(), is_runtime);
  const CatalogEntry& first = entries.front().entry;
  std::string out = fmt::format("# {}\n{}.", first.title.empty() ? first.name : first.title, first.description);
  if (!first.home.empty()) out += fmt::format(" Home: <{}>.", first.home);
  if (!first.license.empty()) out += fmt::format(" Licence: {}.", first.license);
  out += " `ashlar catalog page` makes this page from the definitions, their locks and the images.\n\n" + tags(entries);
  for (const PageEntry& each : entries) {
    if (!is_runtime(each)) continue;
    out += fmt::format("\n## {}\n{}", each.entry.version, how_it_runs(each));
    if (each.lock) out += "\n" + packages(*each.lock);
  }
  for (const PageEntry& each : entries) {
    if (is_runtime(each)) continue;
    out += fmt::format("\n## {} ({})\n{}", each.entry.version, plan::to_string(each.entry.definition.variant), how_it_runs(each));
    if (each.lock) out += fmt::format("\nPackages: {}.\n", number_of_packages(*each.lock));
  }
  return out + "\n" + migration(entries);
}

std::string catalog_table(std::span<const CatalogEntry> entries) {
  std::string out = "# Images\n| image | versions | what it is | end of life |\n|---|---|---|---|\n";
  for (std::span<const CatalogEntry> rest = entries; !rest.empty();) {
    const CatalogEntry& first = rest.front();
    const auto end = std::ranges::find_if(rest, [&](const CatalogEntry& each) { return each.name != first.name; });
    const auto image = rest.first(static_cast<size_t>(end - rest.begin()));
    rest = rest.subspan(image.size());
    std::vector<std::string> versions, ends;
    for (const CatalogEntry& each : image) {
      versions.push_back(version_in(image, each));
      if (std::find(ends.begin(), ends.end(), each.end_of_life) == ends.end()) ends.push_back(each.end_of_life);
    }
    out += fmt::format("| [{0}]({0}.md) | {1} | {2} | {3} |\n", first.name, join(versions, ", "), cell(first.description), join(ends, ", "));
  }
  return out;
}

}  // namespace ashlar::pipeline
