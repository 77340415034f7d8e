#include "plan/lock.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "deb/package.h"
#include "oci/image.h"

namespace ashlar::plan {
namespace {

constexpr std::string_view schema = "https://ashlar.dev/lock/v1";

Json to_json(const LockedPackage& package) {
  Json json = {{"name", package.name},       {"version", package.version}, {"source", package.source}, {"source_version", package.source_version},
          {"architecture", package.architecture}, {"size", package.size}, {"sha256", package.sha256}, {"path", package.path},
          {"archive", package.archive}, {"suite", package.suite},     {"reason", package.reason}, {"depends", package.depends}};
  if (!package.maintainer.empty()) json["maintainer"] = package.maintainer;
  return json;
}

Json to_json(const OsRelease& release) {
  return {{"id", release.id}, {"name", release.name}, {"version_id", release.version_id}, {"version_codename", release.version_codename}, {"pretty_name", release.pretty_name}};
}

/// A line end would write lines of its own into the image's os-release.
Result<OsRelease> read_release(const Json& json) {
  if (!json.is_object()) return fail(Kind::Invalid, "'os_release' is not an object");
  OsRelease out;
  const std::pair<const char*, std::string OsRelease::*> fields[] = {{"id", &OsRelease::id}, {"name", &OsRelease::name}, {"version_id", &OsRelease::version_id},
                                                                     {"version_codename", &OsRelease::version_codename}, {"pretty_name", &OsRelease::pretty_name}};
  for (const auto& [key, member] : fields) {
    TRY_ASSIGN(out.*member, get_string(json, key));
    if ((out.*member).find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos) return fail(Kind::Invalid, fmt::format("'{}' of 'os_release' has a line end", key));
  }
  if (out.id.empty()) return fail(Kind::Invalid, "'os_release' has an empty 'id'");
  return out;
}

/// Relative, without `.`, `..` or empty parts: it will be put behind a mirror's address.
bool is_safe_path(std::string_view path) {
  const auto parts = split(path, '/');
  return std::none_of(parts.begin(), parts.end(), [](std::string_view part) { return part.empty() || part == "." || part == ".."; }) &&
         path.find_first_of(std::string_view("\n\r\\?#\0", 6)) == std::string_view::npos;
}

Result<std::vector<std::string>> read_names(const Json& json, const char* key) {
  std::vector<std::string> out;
  const auto found = json.find(key);
  if (found == json.end()) return out;
  if (!found->is_array()) return fail(Kind::Invalid, fmt::format("'{}' is not a list", key));
  for (const Json& each : *found) {
    if (!each.is_string()) return fail(Kind::Invalid, fmt::format("'{}' has an entry that is no string", key));
    out.push_back(each.get<std::string>());
  }
  return out;
}

Result<std::uint64_t> read_size(const Json& json) {
  TRY_ASSIGN(const std::int64_t size, get_integer(json, "size"));
  if (size < 0) return fail(Kind::Invalid, "'size' is negative");
  return static_cast<std::uint64_t>(size);
}

Result<LockedPackage> read_package(const Json& json) {
  if (!json.is_object()) return fail(Kind::Invalid, "a package is not an object");
  LockedPackage out;
  const std::pair<const char*, std::string LockedPackage::*> fields[] = {
      {"name", &LockedPackage::name}, {"version", &LockedPackage::version}, {"source", &LockedPackage::source}, {"source_version", &LockedPackage::source_version},
      {"architecture", &LockedPackage::architecture}, {"sha256", &LockedPackage::sha256}, {"path", &LockedPackage::path}, {"archive", &LockedPackage::archive},
      {"suite", &LockedPackage::suite}, {"reason", &LockedPackage::reason}};
  for (const auto& [key, member] : fields) {
    TRY_ASSIGN(out.*member, get_string(json, key));
  }
  TRY(deb::PackageName::parse(out.name));
  TRY(deb::Version::parse(out.version));
  TRY(Digest::parse_hex(out.sha256));
  if (!is_safe_path(out.path)) return fail(Kind::Invalid, fmt::format("'path' of '{}' leaves the archive: '{}'", out.name, out.path));
  TRY_ASSIGN(out.size, read_size(json));
  TRY_ASSIGN(out.depends, read_names(json, "depends"));
  TRY_ASSIGN(out.maintainer, get_string_or_empty(json, "maintainer"));
  return out;
}

Result<LockedFile> read_file(const Json& json) {
  if (!json.is_object()) return fail(Kind::Invalid, "a file is not an object");
  LockedFile out;
  TRY_ASSIGN(out.path, get_string(json, "path"));
  TRY_ASSIGN(out.url, get_string(json, "url"));
  TRY_ASSIGN(out.sha256, get_string(json, "sha256"));
  TRY(Digest::parse_hex(out.sha256));
  TRY_ASSIGN(out.size, read_size(json));
  return out;
}

Result<LockedPlatform> read_platform(const Json& json) {
  if (!json.is_object() || !json.contains("packages") || !json["packages"].is_array()) return fail(Kind::Invalid, "a platform has no list 'packages'");
  LockedPlatform out;
  for (const Json& each : json["packages"]) {
    TRY_ASSIGN(auto package, read_package(each));
    if (!out.packages.empty() && !(out.packages.back().name < package.name)) return fail(Kind::Invalid, fmt::format("package '{}' stands twice or out of order", package.name));
    out.packages.push_back(std::move(package));
  }
  if (const auto files = json.find("files"); files != json.end() && files->is_array()) {
    for (const Json& each : *files) {
      TRY_ASSIGN(auto file, read_file(each));
      out.files.push_back(std::move(file));
    }
  }
  return out;
}

Result<LockedArchive> read_archive(const Json& json) {
  if (!json.is_object()) return fail(Kind::Invalid, "an archive is not an object");
  LockedArchive out;
  TRY_ASSIGN(out.name, get_string(json, "name"));
  TRY_ASSIGN(out.suite, get_string(json, "suite"));
  TRY_ASSIGN(out.release_sha256, get_string(json, "release_sha256"));
  TRY_ASSIGN(out.date, get_string(json, "date"));
  TRY(Digest::parse_hex(out.release_sha256));
  TRY_ASSIGN(out.components, read_names(json, "components"));
  return out;
}

Result<Lock> lock_of(const Json& json) {
  if (!json.is_object()) return fail(Kind::Invalid, "it is not an object");
  TRY_ASSIGN(const std::string found, get_string(json, "schema"));
  if (found != schema) return fail(Kind::Invalid, fmt::format("its schema is '{}', not '{}'", found, schema));
  Lock out;
  TRY_ASSIGN(out.definition, get_string(json, "definition"));
  TRY_ASSIGN(out.inputs_sha256, get_string(json, "inputs_sha256"));
  TRY_ASSIGN(out.distribution, get_string(json, "distribution"));
  if (json.contains("os_release")) {
    TRY_ASSIGN(out.os_release, read_release(json["os_release"]));
  }
  for (const char* key : {"platforms", "encoder"}) {
    if (!json.contains(key) || !json[key].is_object()) return fail(Kind::Invalid, fmt::format("'{}' is missing or not an object", key));
  }
  for (const auto& [name, platform] : json["platforms"].items()) {
    TRY_ASSIGN(const oci::Platform known, oci::Platform::parse(name));
    TRY_ASSIGN(out.platforms[known.str()], read_platform(platform));
  }
  if (!json.contains("archives") || !json["archives"].is_array()) return fail(Kind::Invalid, "'archives' is missing or not a list");
  for (const Json& each : json["archives"]) {
    TRY_ASSIGN(auto archive, read_archive(each));
    out.archives.push_back(std::move(archive));
  }
  const Json& encoder = json["encoder"];
  TRY_ASSIGN(out.encoder.codec, get_string(encoder, "codec"));
  TRY_ASSIGN(out.encoder.library, get_string(encoder, "library"));
  TRY_ASSIGN(out.encoder.version, get_string(encoder, "version"));
  TRY_ASSIGN(const std::int64_t level, get_integer(encoder, "level"));
  if (out.encoder.codec != "gzip" && out.encoder.codec != "zstd") return fail(Kind::Invalid, fmt::format("its codec '{}' is neither gzip nor zstd", out.encoder.codec));
  if (level < 0 || level > 22) return fail(Kind::Invalid, "its compression level is out of range");
  out.encoder.level = static_cast<int>(level);
  return out;
}

}  // namespace

Json to_json(const Lock& lock) {
  Json platforms = Json::object(), archives = Json::array();
  for (const auto& [name, platform] : lock.platforms) {
    Json packages = Json::array(), files = Json::array();
    for (const LockedPackage& package : platform.packages) packages.push_back(to_json(package));
    for (const LockedFile& file : platform.files) files.push_back({{"path", file.path}, {"url", file.url}, {"sha256", file.sha256}, {"size", file.size}});
    platforms[name] = {{"packages", std::move(packages)}};
    if (!files.empty()) platforms[name]["files"] = std::move(files);
  }
  for (const LockedArchive& archive : lock.archives)
    archives.push_back({{"name", archive.name}, {"suite", archive.suite}, {"release_sha256", archive.release_sha256}, {"date", archive.date}, {"components", archive.components}});
  Json json = {{"schema", schema},
          {"definition", lock.definition},
          {"inputs_sha256", lock.inputs_sha256},
          {"distribution", lock.distribution},
          {"platforms", std::move(platforms)},
          {"archives", std::move(archives)},
          {"encoder", {{"codec", lock.encoder.codec}, {"library", lock.encoder.library}, {"version", lock.encoder.version}, {"level", lock.encoder.level}}}};
  if (!lock.os_release.id.empty()) json["os_release"] = to_json(lock.os_release);
  return json;
}

Result<Lock> read_lock(std::string_view text, std::string_view path) {
  TRY_ASSIGN(const Json json, parse_json(text, path));
  auto lock = lock_of(json);
  if (!lock) {
    Error error = std::move(lock).error();
    error.kind = Kind::Invalid;
    return cannot(fmt::format("read lock '{}'", path), std::move(error));
  }
  return lock;
}

}  // namespace ashlar::plan
