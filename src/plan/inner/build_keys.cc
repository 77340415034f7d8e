#include "plan/inner/build_keys.h"

#include <fmt/format.h>

namespace ashlar::plan {
namespace {

/// What a mapping that is only judged is read into: the name that it goes by, and what a stage needs.
struct Named {
  std::string name, uses;
  std::vector<std::string> packages;
  std::vector<Unbuilt> artifacts;
};

template <size_t N>
void each_named(Reader& reader, const YamlNode& node, const Key<Named> (&keys)[N]) {
  reader.each(node, [&](const YamlNode& item) {
    Named ignored;
    read_mapping(reader, item, keys, ignored);
  });
}

constexpr std::string_view path_types[] = {"symlink", "directory", "file", "delete", "emptyfile"};
constexpr std::string_view cache_sharing[] = {"shared", "private", "locked"};

constexpr Key<Named> cache_keys[] = {
    {"path", any_text, true},
    {"sharing", [](Reader& reader, const YamlNode& value, Named&) { reader.choice(value, "sharing", cache_sharing); }},
};
constexpr Key<Named> secret_keys[] = {{"id", any_text, true}, {"if", any_text}, {"env", any_text, true}, {"optional", any_bool}};
constexpr Key<Named> matrix_keys[] = {{"name", any_text}, {"items", any_mapping}};

constexpr auto read_caches = [](Reader& reader, const YamlNode& value, Named&) { each_named(reader, value, cache_keys); };
constexpr auto read_secrets = [](Reader& reader, const YamlNode& value, Named&) { each_named(reader, value, secret_keys); };

constexpr Key<Named> step_keys[] = {
    {"name", any_text},       {"if", any_text},        {"uses", any_text},         {"run-as", any_text},     {"work-dir", any_text}, {"shell", any_text},
    {"privileged", any_bool}, {"environment", any_pairs}, {"caches", read_caches}, {"secrets", read_secrets}, {"with", any_mapping},  {"runs", any_text},
};

constexpr auto read_platforms = [](Reader& reader, const YamlNode& value, Named&) { reader.platforms(value); };

constexpr Key<Named> stage_file_keys[] = {
    {"url", any_text},
    {"if", any_text},
    {"checksum", any_text},
    {"path", any_text},
    {"includes", any_texts},
    {"excludes", any_texts},
    {"platforms", read_platforms},
    {"spdx", [](Reader& reader, const YamlNode& value, Named&) { Download ignored; read_spdx(reader, value, ignored); }},
    {"uid", any_id},
    {"gid", any_id},
    {"mode", any_mode},
    {"secret-id", any_text},
};

constexpr Key<Named> stage_contents_keys[] = {
    {"repositories", any_texts},
    {"keyring", any_texts},
    {"packages", put_texts<&Named::packages>},
    {"files", [](Reader& reader, const YamlNode& value, Named&) { each_named(reader, value, stage_file_keys); }},
    {"mappings", any_pairs},
    {"artifacts", [](Reader& reader, const YamlNode& value, Named& into) { read_artifacts(reader, value, into.artifacts); }},
};

constexpr Key<Named> stage_path_keys[] = {
    {"type", [](Reader& reader, const YamlNode& value, Named&) { reader.choice(value, "type", path_types); }, true},
    {"path", any_text, true},
    {"if", any_text},
    {"content", any_text},
    {"uid", any_id},
    {"gid", any_id},
    {"mode", any_mode},
    {"source", any_text},
    {"recursive", any_bool},
    {"platforms", read_platforms},
};

constexpr Key<Named> output_keys[] = {{"source", any_text}, {"target", any_text}, {"if", any_text}, {"uid", any_id},
                                      {"gid", any_id},      {"mode", any_mode},   {"diff", any_bool}};
constexpr Key<Named> attestation_keys[] = {{"if", any_text}, {"predicate-type", any_text}, {"source", any_text}, {"diff", any_bool}};

constexpr Key<Named> stage_keys[] = {
    {"name", put<&Named::name>},
    {"if", any_text},
    {"entitlement", any_text},
    {"uses", put<&Named::uses>},
    {"work-dir", any_text},
    {"shell", any_text},
    {"privileged", any_bool},
    {"environment", any_pairs},
    {"caches", read_caches},
    {"matrix", [](Reader& reader, const YamlNode& value, Named&) { each_named(reader, value, matrix_keys); }},
    {"contents", [](Reader& reader, const YamlNode& value, Named& into) { read_mapping(reader, value, stage_contents_keys, into); }},
    {"pipeline", [](Reader& reader, const YamlNode& value, Named&) { each_named(reader, value, step_keys); }},
    {"paths", [](Reader& reader, const YamlNode& value, Named&) { each_named(reader, value, stage_path_keys); }},
    {"accounts", [](Reader& reader, const YamlNode& value, Named&) { Accounts ignored; read_accounts(reader, value, ignored); }},
    {"outputs", [](Reader& reader, const YamlNode& value, Named&) { each_named(reader, value, output_keys); }},
    {"attestations", [](Reader& reader, const YamlNode& value, Named&) { each_named(reader, value, attestation_keys); }},
};

constexpr Key<Named> artifact_keys[] = {
    {"name", put<&Named::name>}, {"if", any_text}, {"includes", any_texts}, {"excludes", any_texts}, {"uid", any_id}, {"gid", any_id},
};

constexpr Key<SpdxPackage> spdx_package_keys[] = {
    {"name", put<&SpdxPackage::name>}, {"purl", put<&SpdxPackage::purl>}, {"license", put<&SpdxPackage::license>}, {"path", put<&SpdxPackage::path>},
};
constexpr Key<Download> spdx_keys[] = {
    {"name", put<&Download::spdx_name>},
    {"version", put<&Download::spdx_version>},
    {"packages",
     [](Reader& reader, const YamlNode& value, Download& into) {
       reader.each(value, [&](const YamlNode& item) { read_mapping(reader, item, spdx_package_keys, into.spdx_packages.emplace_back()); });
     }},
};

constexpr auto put_account_name = [](Reader& reader, const YamlNode& value, auto& into) { into.name = reader.checked(value, check_account_name); };
constexpr Key<User> user_keys[] = {
    {"name", put_account_name, true},
    {"uid", put_id<&User::uid>, true},
    {"gid", put_id<&User::gid>, true},
    {"mode", any_mode},
    {"home", put_checked<&User::home, check_absolute_path>},
    {"shell", put_checked<&User::shell, check_absolute_path>},
};
constexpr Key<Group> group_keys[] = {{"name", put_account_name, true}, {"gid", put_id<&Group::gid>, true}, {"members", put_texts<&Group::members>}};

constexpr Key<Accounts> accounts_keys[] = {
    {"root", put_bool<&Accounts::root>},
    {"run-as", put_expanded<&Accounts::run_as>},
    {"users",
     [](Reader& reader, const YamlNode& value, Accounts& into) {
       reader.each(value, [&](const YamlNode& item) {
         User user{{}, 0, 0, "/nonexistent", "/usr/sbin/nologin"};
         if (read_mapping(reader, item, user_keys, user)) into.users.push_back(std::move(user));
       });
     }},
    {"groups",
     [](Reader& reader, const YamlNode& value, Accounts& into) {
       reader.each(value, [&](const YamlNode& item) {
         Group group;
         if (read_mapping(reader, item, group_keys, group)) into.groups.push_back(std::move(group));
       });
     }},
};

/// The types of `track`; further keys are allowed, as in the published schema.
constexpr std::string_view tracker_types[] = {"github_release", "github_tag",   "github_repository", "alpine_package", "debian_package",
                                              "var_increment",  "oci_artifact", "file",              "json_file"};

std::vector<std::string_view> tracker_needs(size_t type) {
  switch (type) {
    case 0:
    case 2: return {"owner", "repo", "set"};
    case 1: return {"owner", "repo", "match", "set"};
    case 3:
    case 4: return {"package", "set"};
    case 6: return {"name", "set", "match"};
    case 7:
    case 8: return {"url", "set"};
    default: return {};
  }
}

}  // namespace

void read_builds(Reader& reader, const YamlNode& node, std::vector<Unbuilt>& unbuilt) {
  size_t place = 0;
  reader.each(node, [&](const YamlNode& item) {
    Named stage;
    read_mapping(reader, item, stage_keys, stage);
    std::string what = fmt::format("builds[{}]", place++);
    if (!stage.name.empty()) what += fmt::format(" '{}'", stage.name);
    Unbuilt& made = unbuilt.emplace_back(std::move(what), Mark{item.line, item.column}, true, std::move(stage.packages));
    if (!stage.uses.empty()) made.images.push_back(std::move(stage.uses));
    for (const Unbuilt& artifact : stage.artifacts) made.images.insert(made.images.end(), artifact.images.begin(), artifact.images.end());
  });
}

void read_artifacts(Reader& reader, const YamlNode& node, std::vector<Unbuilt>& unbuilt) {
  reader.each(node, [&](const YamlNode& item) {
    Named artifact;
    read_mapping(reader, item, artifact_keys, artifact);
    unbuilt.push_back({fmt::format("artifact '{}'", artifact.name), {item.line, item.column}, false, {}, {artifact.name}});
  });
}

void check_track(Reader& reader, const YamlNode& node) {
  reader.each(node, [&](const YamlNode& item) {
    if (!reader.is_mapping(item)) return;
    const YamlNode* type = item.find("type");
    if (type == nullptr) return reader.missing(item, "type");
    const auto place = reader.choice(*type, "type", tracker_types);
    if (!place) return;
    for (const std::string_view key : tracker_needs(*place)) {
      if (item.find(key) == nullptr) reader.missing(item, key);
    }
    for (const std::string_view key : {"owner", "repo", "match", "use", "branch", "package", "name", "url"}) {
      if (const YamlNode* value = item.find(key)) reader.text(*value);
    }
  });
}

void read_spdx(Reader& reader, const YamlNode& node, Download& into) { read_mapping(reader, node, spdx_keys, into); }

void read_accounts(Reader& reader, const YamlNode& node, Accounts& into) { read_mapping(reader, node, accounts_keys, into); }

}  // namespace ashlar::plan
