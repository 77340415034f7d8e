#include "pipeline/validation.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include <fmt/format.h>

#include "advisory/description.h"
#include "base/text.h"
#include "pipeline/backing.h"
#include "pipeline/catalog.h"
#include "pipeline/config.h"
#include "pipeline/fleet.h"
#include "plan/lock.h"
#include "policy/cases.h"
#include "policy/registries.h"
#include "policy/vendors.h"
#include "trust/keyring.h"
#include "workload/hardened_bases.h"
#include "workload/package_names.h"
#include "workload/replacements.h"

namespace ashlar::pipeline {
namespace {

enum class Format { Definition, Lock, Configuration, Decisions, Statements, Records, Feed, Keyring, Policy, Fleet, Replacements, Migration, Packages, Cases, Vendors, Registries };

/// Files of the folder policies/ that are none.
struct Table { std::string_view name; Format format; };
constexpr std::array tables = {Table{"replacements.yaml", Format::Replacements}, Table{"migration.yaml", Format::Migration}, Table{"packages.yaml", Format::Packages}, Table{"vendors.yaml", Format::Vendors}, Table{"registries.yaml", Format::Registries}};

bool is_yaml(const host::Path& path) { return path.extension() == ".yaml" || path.extension() == ".yml"; }

/// Whether one of these keys stands at the top of a document.
bool has_key(std::string_view text, std::initializer_list<std::string_view> keys) {
  const auto lines = split(text, '\n');
  return std::ranges::any_of(lines, [&](std::string_view line) { return std::ranges::any_of(keys, [&](std::string_view key) { return line.starts_with(key); }); });
}

/// A description of a feed lies in a folder `feeds`, or has keys that no definition has.
bool is_feed(const host::Path& path, std::string_view text) { return is_yaml(path) && (path.parent_path().filename() == "feeds" || has_key(text, {"max-age:", "urls:", "publisher:"})); }

/// A policy is called so, lies in a folder `policies` or one in it, or has keys that no definition has.
bool is_policy(const host::Path& path, std::string_view text) {
  if (!is_yaml(path)) return false;
  if (has_key(text, {"gate:", "verify:", "bases:", "decisions:", "sla:"})) return true;
  return path.stem() == "policy" || path.stem().string().ends_with(".policy") || path.parent_path().filename() == "policies" || path.parent_path().parent_path().filename() == "policies";
}

Format format_of(const host::Path& path, std::string_view text) {
  const std::string name = path.filename().string();
  if (name.ends_with(".lock.json")) return Format::Lock;
  if (name == "keyring.yaml" || name == "keyring.yml" || name == "keyring.json") return Format::Keyring;
  if (name == "exceptions.json") return Format::Decisions;
  if (is_records_file(name)) return Format::Records;
  if (name == "vex.json" || name.ends_with(".vex.json") || name.ends_with(".openvex.json")) return Format::Statements;
  if (name == "ashlar.yaml" || name == "config.yaml") return Format::Configuration;
  if (name == "fleet.yaml" || name == "fleet.yml" || name.ends_with(".fleet.yaml")) return Format::Fleet;
  if (name.ends_with(".cases.yaml")) return Format::Cases;
  if (const auto* const found = std::ranges::find(tables, name, &Table::name); found != tables.end()) return found->format;
  if (is_policy(path, text)) return Format::Policy;
  return is_feed(path, text) ? Format::Feed : Format::Definition;
}

/// One that does not count is a fault of a document that somebody wrote.
Done check_statements(std::string_view text, const host::Path& path) {
  TRY_ASSIGN(const auto document, attest::read_vex(text, path.string()));
  if (!document.notes.empty()) return cannot(Kind::Invalid, fmt::format("read statements of '{}'", path.string()), document.notes.front());
  return {};
}

/// Whether it was read is all that counts.
template <class Value>
Done only(Result<Value> read) {
  if (!read) return std::unexpected(std::move(read).error());
  return {};
}

/// What a format is called, and how it is read.
struct Reading {
  Format format;
  std::string_view kind;
  Done (*read)(host::Files& files, std::string text, const host::Path& path);
};
constexpr std::array readings = {
    Reading{Format::Definition, "definition", [](host::Files&, std::string text, const host::Path& path) { return only(plan::read_definition(std::move(text), path.string())); }},
    Reading{Format::Lock, "lock", [](host::Files&, std::string text, const host::Path& path) { return only(plan::read_lock(text, path.string())); }},
    Reading{Format::Configuration, "configuration", [](host::Files&, std::string text, const host::Path& path) { return only(parse_config(std::move(text), path.string())); }},
    Reading{Format::Decisions, "exceptions", [](host::Files&, std::string text, const host::Path& path) { return only(scan::read_exceptions(text, path.string())); }},
    Reading{Format::Statements, "statements", [](host::Files&, std::string text, const host::Path& path) { return check_statements(text, path); }},
    Reading{Format::Records, "signatures", [](host::Files&, std::string text, const host::Path& path) { return only(parse_records(text, path.string())); }},
    Reading{Format::Keyring, "keyring", [](host::Files& files, std::string text, const host::Path& path) { return only(trust::parse_keyring(files, std::move(text), path)); }},
    Reading{Format::Policy, "policy", [](host::Files&, std::string text, const host::Path& path) { return only(policy::read_policy(std::move(text), path.string())); }},
    Reading{Format::Cases, "cases", [](host::Files&, std::string text, const host::Path& path) { return only(policy::read_cases(std::move(text), path.string())); }},
    Reading{Format::Vendors, "vendors", [](host::Files&, std::string text, const host::Path& path) { return only(policy::read_vendors(std::move(text), path.string())); }},
    Reading{Format::Registries, "registries", [](host::Files&, std::string text, const host::Path& path) { return only(policy::read_registries(std::move(text), path.string())); }},
    Reading{Format::Fleet, "fleet", [](host::Files&, std::string text, const host::Path& path) { return only(read_fleet(std::move(text), path)); }},
    Reading{Format::Replacements, "replacements", [](host::Files&, std::string text, const host::Path& path) { return only(workload::Replacements::read(std::move(text), path.string())); }},
    Reading{Format::Migration, "migration", [](host::Files&, std::string text, const host::Path& path) { return only(workload::HardenedBases::parse(text, path.string())); }},
    Reading{Format::Packages, "packages", [](host::Files&, std::string text, const host::Path& path) { return only(workload::PackageNames::parse(text, path.string())); }},
    Reading{Format::Feed, "feed", [](host::Files&, std::string text, const host::Path& path) { return only(advisory::read_description(std::move(text), path.string())); }},
};

Validated check(host::Files& files, const host::Path& path) {
  Validated out{path, {}, {}};
  auto text = files.read(path);
  if (!text) {
    out.error = std::move(text).error();
    return out;
  }
  const auto* const reading = std::ranges::find(readings, format_of(path, *text), &Reading::format);
  out.kind = reading->kind;
  if (auto read = reading->read(files, std::move(*text), path); !read) out.error = std::move(read).error();
  return out;
}

/// Whether a file of a folder is one of ours by its name. A description of the catalogue is read with its definition, files of CI are `ashlar check`'s.
bool is_ours(std::string_view name) {
  if (name.ends_with(".yaml") || name.ends_with(".yml")) return name != "info.yaml" && !name.ends_with(".gitlab-ci.yml");
  return name == "keyring.json" || name == "exceptions.json" || name == "vex.json" || name.ends_with(".vex.json") || name.ends_with(".openvex.json") || name.ends_with(".lock.json") || is_records_file(name);
}

Done collect(host::Files& files, const host::Path& folder, std::vector<host::Path>& found, int depth) {
  if (depth > 32) return cannot(Kind::Invalid, fmt::format("search '{}'", folder.string()), "its folders nest deeper than 32");
  TRY_ASSIGN(const auto names, files.list(folder));
  for (const std::string& name : names) {
    if (name.starts_with('.')) continue;  // of tools and of CI systems, as .github
    const host::Path path = folder / name;
    const auto stat = files.stat(path);
    if (!stat) continue;  // a link to nowhere is no definition
    if (stat->type == host::NodeType::Directory) TRY(collect(files, path, found, depth + 1));
    else if (is_ours(name)) found.push_back(path);
  }
  return {};
}

}  // namespace

Result<std::vector<Validated>> validate(host::Files& files, const std::vector<host::Path>& paths) {
  std::vector<Validated> out;
  for (const host::Path& path : paths) {
    const auto stat = files.stat(path);
    if (stat && stat->type == host::NodeType::Directory) {
      std::vector<host::Path> found;
      TRY(collect(files, path, found, 0));
      if (found.empty()) return cannot(Kind::NotFound, fmt::format("validate '{}'", path.string()), "no definition, and no other file of ours, lies in this folder");
      for (const host::Path& each : found) out.push_back(check(files, each));
    } else {
      out.push_back(check(files, path));
    }
  }
  return out;
}

}  // namespace ashlar::pipeline
