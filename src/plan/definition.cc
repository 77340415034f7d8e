#include "plan/definition.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "base/yaml.h"
#include "plan/inner/build_keys.h"
#include "plan/inner/life_keys.h"
#include "plan/inner/reader.h"
#include "plan/inner/test_keys.h"
#include "plan/variables.h"

namespace ashlar::plan {
namespace {

constexpr std::string_view variants[] = {"runtime", "dev", "helm"};
constexpr std::string_view path_types[] = {"directory", "file", "symlink", "delete", "emptyfile"};
constexpr std::string_view codecs[] = {"zstd", "gzip"};
constexpr std::string_view outputs[] = {"layered", "squashed"};
constexpr std::string_view entitlements[] = {"public", "enterprise", "els"};

Mark mark_of(const YamlNode& node) { return {node.line, node.column}; }

/// Reads one of `names` into a text.
template <auto Field, const auto& Names>
constexpr auto put_choice = [](Reader& reader, const YamlNode& value, auto& into) {
  if (const auto place = reader.choice(value, "value", Names)) into.*Field = Names[*place];
};
/// Texts of which each must pass a check.
template <auto Field, auto Check>
constexpr auto put_all_checked = [](Reader& reader, const YamlNode& value, auto& into) {
  reader.each(value, [&](const YamlNode& item) { (into.*Field).push_back(reader.checked(item, Check)); });
};
template <auto Field>
constexpr auto put_command = [](Reader& reader, const YamlNode& value, auto& into) { into.*Field = reader.command(value); };
template <auto Field, int Least, int Most>
constexpr auto put_integer = [](Reader& reader, const YamlNode& value, auto& into) { into.*Field = static_cast<int>(reader.integer(value, Least, Most)); };
template <auto Field>
constexpr auto put_platforms = [](Reader& reader, const YamlNode& value, auto& into) { into.*Field = reader.platforms(value); };
template <auto Field>
constexpr auto put_kept = [](Reader& reader, const YamlNode& value, auto& into) { into.*Field = reader.expanded(value, Undefined::Keep); };
/// A condition that we can evaluate stays with its entry; any other makes the entry one that is not built.
template <auto Field>
constexpr auto put_condition = [](Reader& reader, const YamlNode& value, auto& into) { into.*Field = reader.text(value); };

// contents.packages

void read_wish(Reader& reader, const YamlNode& node, std::vector<Wish>& wishes) {
  const Family family = reader.family();
  const auto parts_of = [&](std::string_view text) {
    const size_t at = family == Family::Debian ? text.find('=') : text.find_first_of("=<>~");
    const size_t end = at == std::string_view::npos ? at : text.find_first_not_of("=<>~", family == Family::Debian ? at + 1 : at);
    return std::pair(text.substr(0, at), end == std::string_view::npos ? std::string_view{} : text.substr(end));
  };
  std::string text = reader.checked(node, [&](std::string_view there) -> Objection {
    const bool excluded = there.starts_with('!');
    if (excluded) there.remove_prefix(1);
    if (there.empty()) return {"a package name is missing", {}};
    if (there.find(' ') != std::string_view::npos) {
      return {fmt::format("'{}' is no package name", there.substr(0, 80)), "one package an entry; a version is pinned with '=': name=version"};
    }
    if (family == Family::Debian && there.find_first_of("<>") != std::string_view::npos) {
      return {fmt::format("'{}' is no package name", there.substr(0, 80)), "a version is pinned with '=' alone: name=version"};
    }
    const auto [name, version] = parts_of(there);
    const bool pinned = name.size() < there.size();
    if (Objection wrong = check_package_name(name, family)) return wrong;
    if (pinned && excluded) return {"an exclusion takes no version", fmt::format("write '!{}'", name)};
    return pinned ? check_package_version(version, family) : Objection{};
  });
  if (text.empty()) return;
  Wish wish;
  wish.at = mark_of(node);
  wish.excluded = text.starts_with('!');
  const std::string_view rest = wish.excluded ? std::string_view(text).substr(1) : std::string_view(text);
  // A name may hold an expression with a '=' of its own; such a name is never split here but when the platform is known.
  const bool whole = depends_on_platform(rest);
  std::tie(wish.name, wish.version) = whole ? std::pair(std::string(rest), std::string()) : std::pair<std::string, std::string>(parts_of(rest));
  wishes.push_back(std::move(wish));
}

/// Leaves one entry a package: a pin counts more than the bare name, and what is asked for by name is not excluded.
void settle_wishes(Reader& reader, const YamlNode& node, std::vector<Wish>& wishes) {
  std::map<std::string_view, const Wish*> pins;
  std::set<std::string_view> asked;
  for (size_t at = 0; at < wishes.size(); ++at) {
    const Wish& wish = wishes[at];
    if (wish.excluded) continue;
    asked.insert(wish.name);
    if (wish.version.empty()) continue;
    const auto [found, fresh] = pins.try_emplace(wish.name, &wish);
    if (fresh || found->second->version == wish.version) continue;
    const auto here = std::ranges::find_if(node.items, [&](const YamlNode& item) { return std::pair(item.line, item.column) == std::pair(wish.at.line, wish.at.column); });
    if (here != node.items.end()) {
      reader.fault(*here, fmt::format("'{}' is pinned to two versions", wish.name), fmt::format("line {} says {}", found->second->at.line, found->second->version));
    }
  }
  std::vector<Wish> kept;
  std::set<std::pair<std::string, bool>> seen;
  for (const Wish& wish : wishes) {
    const auto pin = pins.find(wish.name);
    if (wish.excluded ? asked.contains(wish.name) : wish.version.empty() && pin != pins.end()) continue;
    if (seen.emplace(wish.name, wish.excluded).second) kept.push_back(wish);
  }
  wishes = std::move(kept);
}

// contents.files, paths

constexpr Key<Download> file_keys[] = {
    {"url", put_checked<&Download::url, check_url>, true},
    {"if", put_condition<&Download::condition>},
    {"checksum", put_checked<&Download::checksum, check_checksum>},
    {"path", put_checked<&Download::path, check_absolute_path>, true},
    {"includes", put_texts<&Download::includes>},
    {"excludes", put_texts<&Download::excludes>},
    {"platforms", put_platforms<&Download::platforms>},
    {"spdx", [](Reader& reader, const YamlNode& value, Download& into) { read_spdx(reader, value, into); }},
    {"uid", put_id<&Download::uid>},
    {"gid", put_id<&Download::gid>},
    {"mode", put_mode<&Download::mode>},
    {"secret-id", put<&Download::secret_id>},
};

constexpr Key<PathRule> path_keys[] = {
    {"type",
     [](Reader& reader, const YamlNode& value, PathRule& into) {
       if (const auto place = reader.choice(value, "type", path_types)) into.type = static_cast<PathType>(*place);
     },
     true},
    {"path", put_checked<&PathRule::path, check_absolute_path>, true},
    {"if", put_condition<&PathRule::condition>},
    {"content", put<&PathRule::content>},
    {"uid", put_id<&PathRule::uid>},
    {"gid", put_id<&PathRule::gid>},
    {"mode", put_mode<&PathRule::mode>},
    {"source", put_expanded<&PathRule::source>},
    {"recursive", put_bool<&PathRule::recursive>},
    {"platforms", put_platforms<&PathRule::platforms>},
};

/// Whether an entry's `if` can be evaluated; else it becomes one that is not built.
bool judge_condition(const std::string& condition, std::string_view what, const YamlNode& node, std::vector<Unbuilt>& unbuilt) {
  if (condition.empty() || holds_at(condition, "linux/amd64")) return true;
  unbuilt.push_back({fmt::format("{} with the condition '{}'", what, condition.substr(0, 100)), mark_of(node)});
  return false;
}

void read_file(Reader& reader, const YamlNode& node, Definition& into) {
  Download file;
  file.at = mark_of(node);
  if (!read_mapping(reader, node, file_keys, file)) return;
  if (!judge_condition(file.condition, fmt::format("file '{}'", file.path), node, into.unbuilt)) return;
  if (!file.secret_id.empty()) {
    into.unbuilt.push_back({fmt::format("file '{}' with the secret '{}'", file.path, file.secret_id), mark_of(node)});
    return;
  }
  into.files.push_back(std::move(file));
}

bool climbs(std::string_view path) {
  const auto parts = split(path, '/');
  return std::ranges::find(parts, "..") != parts.end();
}

void read_path(Reader& reader, const YamlNode& node, Definition& into) {
  PathRule rule;
  rule.at = mark_of(node);
  if (!read_mapping(reader, node, path_keys, rule)) return;
  const YamlNode* source = node.find("source");
  const YamlNode* content = node.find("content");
  if (rule.type == PathType::Symlink && source == nullptr) reader.fault(node, "a symlink needs a 'source'", "the path that it leads to");
  if (source != nullptr && rule.type != PathType::Symlink && climbs(rule.source)) {
    reader.fault(*source, fmt::format("the source '{}' leaves the catalogue", rule.source), "a path below the catalogue's root, without '..'");
  }
  const bool directory = rule.type == PathType::Directory;
  if (!directory && !rule.path.empty() && rule.path.find_first_not_of('/') == std::string::npos) reader.fault(node, "the root is a directory and stays", "name a path below it");
  if (source != nullptr && content != nullptr) reader.fault(*content, "'content' and 'source' exclude each other");
  if (content != nullptr && rule.type != PathType::File) reader.fault(*content, "'content' belongs to a file");
  if (judge_condition(rule.condition, fmt::format("path '{}'", rule.path), node, into.unbuilt)) into.paths.push_back(std::move(rule));
}

constexpr Key<Definition> contents_keys[] = {
    {"repositories",
     [](Reader& reader, const YamlNode& value, Definition& into) {
       reader.each(value, [&](const YamlNode& item) {
         into.repositories.push_back(reader.checked(item, [&](std::string_view line) { return check_repository(line, reader.family()); }));
       });
     }},
    {"keyring", put_all_checked<&Definition::keyrings, check_url>},
    {"packages",
     [](Reader& reader, const YamlNode& value, Definition& into) {
       reader.each(value, [&](const YamlNode& item) { read_wish(reader, item, into.packages); });
       settle_wishes(reader, value, into.packages);
     }},
    {"files",
     [](Reader& reader, const YamlNode& value, Definition& into) { reader.each(value, [&](const YamlNode& item) { read_file(reader, item, into); }); }},
    {"builds", [](Reader& reader, const YamlNode& value, Definition& into) { read_builds(reader, value, into.unbuilt); }},
    {"mappings",
     [](Reader& reader, const YamlNode& value, Definition& into) {
       if (!reader.is_mapping(value)) return;
       for (const auto& [key, purl] : value.members) {
         const std::string text = reader.expanded(purl);
         if (reader.ok(purl) && !text.starts_with("pkg:")) {
           reader.fault(purl, fmt::format("'{}' is no package URL", text.substr(0, 80)), "it begins with 'pkg:'");
         }
         into.mappings[key.text] = text;
       }
     }},
    {"artifacts", [](Reader& reader, const YamlNode& value, Definition& into) { read_artifacts(reader, value, into.unbuilt); }},
};

// accounts

bool names_account(std::string_view name, const Accounts& accounts, bool group) {
  if (name == "root" || parse_number(name, 4294967294)) return true;
  const auto same = [&](const auto& entry) { return entry.name == name; };
  return group ? std::ranges::any_of(accounts.groups, same) : std::ranges::any_of(accounts.users, same);
}

/// Entries of the same name become one; those that contradict each other are a fault.
template <class Entry, class Same>
void merge_entries(Reader& reader, const YamlNode* list, std::vector<Entry>& entries, std::string_view noun, Same same) {
  std::vector<Entry> kept;
  for (size_t at = 0; at < entries.size(); ++at) {
    const auto found = std::ranges::find_if(kept, [&](const Entry& other) { return other.name == entries[at].name; });
    if (found == kept.end()) {
      kept.push_back(std::move(entries[at]));
    } else if (!same(*found, entries[at]) && list != nullptr && at < list->items.size()) {
      reader.fault(list->items[at], fmt::format("the {} '{}' stands twice, with different numbers", noun, entries[at].name));
    }
  }
  entries = std::move(kept);
}

void read_image_accounts(Reader& reader, const YamlNode& node, Definition& into) {
  Accounts& accounts = into.accounts;
  read_accounts(reader, node, accounts);
  merge_entries(reader, node.find("users"), accounts.users, "user", [](const User& a, const User& b) { return a.uid == b.uid && a.gid == b.gid; });
  merge_entries(reader, node.find("groups"), accounts.groups, "group", [](Group& a, const Group& b) {
    for (const std::string& member : b.members) {
      if (std::ranges::find(a.members, member) == a.members.end()) a.members.push_back(member);
    }
    return a.gid == b.gid;
  });
  const YamlNode* run_as = node.find("run-as");
  if (run_as == nullptr || !reader.ok(*run_as) || depends_on_platform(accounts.run_as)) return;
  const auto [user, group] = cut(accounts.run_as, ':');
  std::vector<std::string_view> known = {"root"};
  for (const User& entry : accounts.users) known.push_back(entry.name);
  if (user.empty() || !names_account(user, accounts, false)) {
    const std::string near = nearest(user, known);
    reader.fault(*run_as, fmt::format("'{}' is no user of this definition", user.substr(0, 80)),
                 near.empty() ? "name one of 'users', or write a number" : fmt::format("did you mean '{}'?", near));
  } else if (accounts.run_as.find(':') != std::string::npos && !names_account(group, accounts, true)) {
    reader.fault(*run_as, fmt::format("'{}' is no group of this definition", group.substr(0, 80)), "name one of 'groups', or write a number");
  }
}

// The smaller mappings

constexpr Key<OsRelease> os_release_keys[] = {
    {"name", put_kept<&OsRelease::name>},
    {"id", put_kept<&OsRelease::id>},
    {"id-like", put_kept<&OsRelease::id_like>},
    {"version-id", put_kept<&OsRelease::version_id>},
    {"version-codename", put_kept<&OsRelease::version_codename>},
    {"pretty-name", put_kept<&OsRelease::pretty_name>},
    {"home-url", put_kept<&OsRelease::home_url>},
    {"bug-report-url", put_kept<&OsRelease::bug_report_url>},
};

constexpr Key<Definition> date_keys[] = {
    {"type", any_text},
    {"url", any_text},
    {"release", put_checked<&Definition::release_date, check_date>},
    {"end-of-life", put_checked<&Definition::end_of_life, check_date>},
    {"end-of-support", put_checked<&Definition::end_of_support, check_date>},
};

constexpr auto put_package = [](Reader& reader, const YamlNode& value, Slice& into) {
  into.package = reader.checked(value, [&](std::string_view name) { return check_package_name(name, reader.family()); });
};
constexpr Key<Slice> slice_keys[] = {{"package", put_package, true}, {"include", put_texts<&Slice::include>}, {"exclude", put_texts<&Slice::exclude>}};
constexpr Key<Interpreter> interpreter_keys[] = {
    {"path", put_checked<&Interpreter::path, check_absolute_path>, true},
    {"reason",
     [](Reader& reader, const YamlNode& value, Interpreter& into) {
       into.reason = reader.text(value);
       if (reader.ok(value) && trim(into.reason).empty()) reader.fault(value, "a reason is expected", "say what in the image needs the interpreter");
     },
     true},
};

/// A list of mappings, each read by `Keys` into an element of `Field` that knows its place.
template <auto Field, const auto& Keys>
constexpr auto put_entries = [](Reader& reader, const YamlNode& value, Definition& into) {
  reader.each(value, [&](const YamlNode& item) {
    auto& entry = (into.*Field).emplace_back();
    if constexpr (requires { entry.at; }) entry.at = mark_of(item);
    read_mapping(reader, item, Keys, entry);
  });
};

/// `fips-compliant` and `stig-certified`: claims that nothing here can keep.
template <bool Fips>
constexpr auto read_claim = [](Reader& reader, const YamlNode& value, Definition& into) {
  if (reader.boolean(value)) into.unbuilt.push_back({Fips ? "FIPS compliance" : "STIG certification", mark_of(value)});
};

constexpr auto read_environment = [](Reader& reader, const YamlNode& value, Definition& into) {
  if (!reader.is_mapping(value)) return;
  for (const auto& [key, text] : value.members) {
    if (key.text.empty() || key.text.find('=') != std::string::npos) reader.fault(key, fmt::format("'{}' is no name of a variable", key.text.substr(0, 80)));
    into.environment[key.text] = reader.expanded(text, Undefined::Environment);
  }
};

constexpr Key<Definition> top_keys[] = {
    {"includes",
     [](Reader& reader, const YamlNode& value, Definition& into) {
       for (const std::string& file : reader.texts(value)) into.unbuilt.push_back({fmt::format("include '{}'", file), mark_of(value)});
     }},
    {"track", [](Reader& reader, const YamlNode& value, Definition&) { check_track(reader, value); }},
    {"name", put_kept<&Definition::name>},
    {"image", put_checked<&Definition::image, check_image_name>},
    {"compression", put_choice<&Definition::codec, codecs>},
    {"output", put_choice<&Definition::output, outputs>},
    {"entitlement", put_choice<&Definition::entitlement, entitlements>},
    {"variant",
     [](Reader& reader, const YamlNode& value, Definition& into) {
       if (const auto place = reader.choice(value, "variant", variants)) into.variant = static_cast<Variant>(*place);
     }},
    {"flavor", put<&Definition::flavor>},
    {"tags", put_all_checked<&Definition::tags, check_tag>},
    {"suffix", put<&Definition::suffix>},
    {"platforms", any_value},  // read before all others, as `vars` and `distribution`
    {"dates", [](Reader& reader, const YamlNode& value, Definition& into) { read_mapping(reader, value, date_keys, into); }},
    {"vars", any_value},
    {"contents", [](Reader& reader, const YamlNode& value, Definition& into) { read_mapping(reader, value, contents_keys, into); }, true},
    {"accounts", read_image_accounts},
    {"os-release", [](Reader& reader, const YamlNode& value, Definition& into) { read_mapping(reader, value, os_release_keys, into.os_release); }},
    {"work-dir", put_checked<&Definition::work_dir, check_absolute_path>},
    {"stop-signal", put_checked<&Definition::stop_signal, check_signal>},
    {"environment", read_environment},
    {"paths",
     [](Reader& reader, const YamlNode& value, Definition& into) { reader.each(value, [&](const YamlNode& item) { read_path(reader, item, into); }); }},
    {"annotations", put_pairs<&Definition::annotations>},
    {"labels", put_pairs<&Definition::labels>},
    {"entrypoint", put_command<&Definition::entrypoint>},
    {"cmd", put_command<&Definition::cmd>},
    {"ports", put_all_checked<&Definition::ports, check_port>},
    {"tests",
     [](Reader& reader, const YamlNode& value, Definition& into) { reader.each(value, [&](const YamlNode& item) { read_run_test(reader, item, into.tests); }); }},
    {"fips-compliant", read_claim<true>},
    {"stig-certified", read_claim<false>},
    // Ours:
    {"distribution", any_value},
    {"slices", put_entries<&Definition::slices, slice_keys>},
    {"interpreters", put_entries<&Definition::interpreters, interpreter_keys>},
    {"health", read_health},
    {"certificates", read_certificates},
    {"timezone", read_time_zone},
    {"locales", read_locales},
    {"volumes", put_all_checked<&Definition::volumes, check_volume>},
    {"bytecode",
     [](Reader& reader, const YamlNode& value, Definition& into) {
       into.bytecode = reader.boolean(value);
       into.bytecode_at = mark_of(value);
     }},
};

// What is read before all others

/// The distribution that a line `# syntax=registry.example/build:2-debian13` among the first comments names: `debian-13`, or nothing.
std::string distribution_of_syntax(std::string_view text) {
  while (text.starts_with('#')) {
    const std::string_view line = cut(text, '\n').first;
    std::string_view comment = trim(line.substr(1));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!comment.starts_with("syntax")) continue;
    comment = trim(comment.substr(6));
    if (!comment.starts_with('=')) continue;
    const std::string_view frontend = cut(trim(comment.substr(1)), '@').first;
    const size_t colon = frontend.rfind(':');
    if (colon == std::string_view::npos) return {};
    const std::string_view system = cut(frontend.substr(colon + 1), '-').second;
    const size_t digit = system.find_first_of("0123456789");
    if (digit == 0 || digit == std::string_view::npos) return {};
    const std::string name = fmt::format("{}-{}", system.substr(0, digit), system.substr(digit));
    return check_distribution(name) ? std::string() : name;
  }
  return {};
}

void read_distribution(Reader& reader, const YamlDocument& document, Definition& into) {
  const std::string syntax = distribution_of_syntax(document.text);
  into.distribution = syntax;
  constexpr std::array<std::string_view, 9> ours = {"distribution", "slices", "interpreters", "tests", "health", "certificates", "timezone", "locales", "bytecode"};
  into.published = !syntax.empty() && std::ranges::none_of(ours, [&](std::string_view key) { return document.root.find(key) != nullptr; });
  if (const YamlNode* node = document.root.find("distribution")) {
    into.distribution = reader.text(*node);
    if (!reader.ok(*node)) return;
    if (Objection objection = check_distribution(into.distribution)) return reader.object(*node, std::move(objection));
    if (!syntax.empty() && syntax != into.distribution) reader.fault(*node, fmt::format("the syntax line says '{}'", syntax), "leave one of both out");
  } else if (syntax.empty()) {
    reader.fault(document.root, "the definition names no distribution", "add 'distribution: debian-13'");
  }
}

std::map<std::string, std::string> read_variables(Reader& reader, const YamlNode& root) {
  std::map<std::string, std::string> values;
  const YamlNode* node = root.find("vars");
  if (node == nullptr || !reader.is_mapping(*node)) return values;
  for (const auto& [key, value] : node->members) values[key.text] = reader.text(value);
  return values;
}

/// What holds where a definition says nothing.
void fill_defaults(Definition& definition) {
  if (definition.platforms.empty()) definition.platforms = {"linux/amd64", "linux/arm64"};
  if (definition.accounts.run_as.empty()) definition.accounts.run_as = definition.variant == Variant::Dev ? "root" : "65532";
  if (definition.output.empty()) definition.output = "layered";
  const bool asked = std::ranges::any_of(definition.packages, [](const Wish& wish) { return wish.name == "locales-all" && !wish.excluded; });
  if (!definition.locales.empty() && !asked) {
    std::erase_if(definition.packages, [](const Wish& wish) { return wish.name == "locales-all"; });
    definition.packages.push_back({"locales-all", {}, false, {}});
  }
}

std::unexpected<Error> refuse(std::string_view path, std::vector<Fault> faults) {
  std::string message = faults.front().message;
  if (faults.size() > 1) message += fmt::format(" (and {} more)", faults.size() - 1);
  auto error = cannot(Kind::Invalid, fmt::format("read definition '{}'", path), message);
  error.error().faults = std::move(faults);
  return error;
}

}  // namespace

std::unexpected<Error> cannot_at(const Definition& definition, Mark at, Kind kind, std::string_view what, std::string_view cause, std::string hint) {
  auto error = cannot(kind, what, cause);
  if (at.line < 1) return error;
  const auto lines = split(definition.text, '\n');
  const auto line = static_cast<size_t>(at.line);
  std::string excerpt(line <= lines.size() ? lines[line - 1] : std::string_view());
  if (excerpt.ends_with('\r')) excerpt.pop_back();
  error.error().faults.push_back({definition.path, at.line, at.column, std::string(cause), std::move(hint), std::move(excerpt)});
  return error;
}

std::string_view to_string(Variant variant) { return variants[static_cast<size_t>(variant)]; }

Result<Definition> read_definition(std::string text, std::string path) {
  Definition definition;
  definition.path = path;
  definition.digest_hex = Digest::of(text).hex();
  YamlLimits limits;
  limits.bytes = 1 << 20;  // the largest public one has 60 kB
  definition.text = text;
  TRY_ASSIGN(const YamlDocument document, parse_yaml(std::move(text), std::move(path), limits));

  Variables none({});
  Reader first(document, none, {}, Family::Other);
  if (document.root.type == YamlNode::Type::Null) {
    first.fault(document.root, "the definition is empty");
    return refuse(definition.path, first.take_faults());
  }
  if (!first.is_mapping(document.root)) return refuse(definition.path, first.take_faults());
  read_distribution(first, document, definition);
  if (const YamlNode* platforms = document.root.find("platforms")) definition.platforms = first.platforms(*platforms);
  Variables variables(read_variables(first, document.root));
  fill_defaults(definition);

  Reader reader(document, variables, definition.platforms, family_of(definition.distribution));
  definition.accounts.run_as.clear();
  read_mapping(reader, document.root, top_keys, definition);
  if (definition.variant != Variant::Helm && document.root.find("image") == nullptr) reader.missing(document.root, "image");
  definition.vars = variables.expanded();
  fill_defaults(definition);

  std::vector<Fault> faults = first.take_faults();
  std::ranges::move(reader.take_faults(), std::back_inserter(faults));
  std::ranges::stable_sort(faults, {}, [](const Fault& fault) { return std::pair(fault.line, fault.column); });
  if (!faults.empty()) return refuse(definition.path, std::move(faults));
  return definition;
}

Result<Definition> for_platform(const Definition& definition, std::string_view platform) {
  Definition there = definition;
  const auto settle = [&](std::string& text) -> Done {
    if (!depends_on_platform(text)) return {};
    TRY_ASSIGN(text, at_platform(text, platform));
    return {};
  };
  const auto applies = [&](const auto& entry) -> Result<bool> {
    if (!entry.platforms.empty() && std::ranges::find(entry.platforms, platform) == entry.platforms.end()) return false;
    return entry.condition.empty() ? Result<bool>(true) : holds_at(entry.condition, platform);
  };
  for (Wish& wish : there.packages) {
    if (!depends_on_platform(wish.name) && !depends_on_platform(wish.version)) continue;
    TRY(settle(wish.name));
    TRY(settle(wish.version));
    const auto [name, version] = cut(wish.name, '=');
    if (name.size() < wish.name.size()) wish.version = std::string(version), wish.name = std::string(name);
  }
  there.files.clear();
  for (Download file : definition.files) {
    TRY_ASSIGN(const bool here, applies(file));
    if (!here) continue;
    for (std::string* text : {&file.url, &file.checksum, &file.path, &file.spdx_version}) TRY(settle(*text));
    there.files.push_back(std::move(file));
  }
  there.paths.clear();
  for (PathRule rule : definition.paths) {
    TRY_ASSIGN(const bool here, applies(rule));
    if (!here) continue;
    for (std::string* text : {&rule.path, &rule.source}) TRY(settle(*text));
    there.paths.push_back(std::move(rule));
  }
  for (auto* texts : {&there.environment, &there.vars, &there.annotations, &there.labels, &there.mappings}) {
    for (auto& [name, text] : *texts) {
      // Only what was checked must settle; a value that nothing uses may hold an expression that we do not know.
      if (auto value = at_platform(text, platform)) text = std::move(*value);
    }
  }
  for (std::string* text : {&there.work_dir, &there.accounts.run_as}) TRY(settle(*text));
  for (RunTest& test : there.tests) {
    // `#{` may belong to what is run.
    const auto settle_or_keep = [&](std::string& text) { text = at_platform(text, platform).value_or(text); };
    std::ranges::for_each(test.commands, settle_or_keep);
    settle_or_keep(test.output);
  }
  return there;
}

}  // namespace ashlar::plan
