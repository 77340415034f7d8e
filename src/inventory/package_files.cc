#include "inventory/package_files.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/hashing_source.h"
#include "base/json.h"
#include "deb/control.h"
#include "deb/deb_file.h"

namespace ashlar::inventory {
namespace {

constexpr std::string_view schema = "https://ashlar.dev/package-files/v1";

Done read_names(const deb::ControlFiles& control, PackageFiles& package, const std::string& what) {
  const auto text = control.find("control");
  if (text == control.end()) return cannot(Kind::Corrupt, what, "it has no control file");
  deb::StanzaReader reader(text->second, what);
  deb::Stanza stanza;
  TRY(reader.next(stanza));
  package.name = stanza.get("Package");
  package.version = stanza.get("Version");
  package.architecture = stanza.get("Architecture");
  return {};
}

Result<Digest> digest_of(Source& source, Bytes& buffer) {
  Hasher hasher;
  for (;;) {
    TRY_ASSIGN(const size_t count, source.read(buffer));
    if (count == 0) return hasher.finish();
    hasher.update(BytesView(buffer).first(count));
  }
}

}  // namespace

Result<PackageFiles> read_package_files(std::unique_ptr<Source> deb, const Digest& expected, const std::string& what) {
  Hasher hasher;
  deb::DebReader reader(std::make_unique<HashingSource>(std::move(deb), hasher), what);
  PackageFiles package;
  TRY_ASSIGN(const deb::ControlFiles control, reader.control());
  TRY(read_names(control, package, what));
  TRY_ASSIGN(deb::DataReader* const data, reader.data());
  Bytes buffer(256 * 1024);
  for (;;) {
    TRY_ASSIGN(auto entry, data->next());
    if (!entry) break;
    KnownPath known{entry->type, {}, entry->link};
    if (entry->type == FileType::Regular) {
      TRY_ASSIGN(known.content, digest_of(*data, buffer));
    } else if (entry->type == FileType::HardLink) {
      const auto target = package.paths.find(entry->link);
      if (target == package.paths.end()) return cannot(Kind::Corrupt, what, fmt::format("hard link '{}' leads to '{}', which it does not hold", entry->path, entry->link));
      known = target->second;
    }
    if (!entry->path.empty()) package.paths.insert_or_assign(std::move(entry->path), std::move(known));
  }
  TRY(reader.finish());
  if (hasher.finish() != expected) return cannot(Kind::Corrupt, what, "its bytes have another digest");
  return package;
}

std::string to_text(const PackageFiles& package) {
  Json files = Json::object(), links = Json::object(), folders = Json::array();
  for (const auto& [path, known] : package.paths) {
    if (known.type == FileType::Symlink) links[path] = known.link;
    else if (known.type == FileType::Directory) folders.push_back(path);
    else if (known.content) files[path] = known.content->hex();
  }
  return to_compact({{"schema", schema}, {"package", package.name}, {"version", package.version}, {"architecture", package.architecture}, {"files", std::move(files)}, {"links", std::move(links)}, {"folders", std::move(folders)}});
}

Result<PackageFiles> read_package_record(std::string_view text, std::string_view path) {
  const std::string what = fmt::format("read record '{}'", path);
  TRY_ASSIGN(const Json json, parse_json(text, path));
  const auto kind = json.is_object() ? get_string(json, "schema") : Result<std::string>(std::string());
  if (!kind || *kind != schema) return cannot(Kind::Corrupt, what, fmt::format("its schema is not '{}'", schema));
  for (const char* const key : {"files", "links", "folders"}) {
    if (!json.contains(key) || json.at(key).is_array() != (std::string_view(key) == "folders") || json.at(key).is_primitive()) return cannot(Kind::Corrupt, what, fmt::format("it has no '{}'", key));
  }
  PackageFiles package;
  TRY_ASSIGN(package.name, get_string(json, "package"));
  TRY_ASSIGN(package.version, get_string(json, "version"));
  TRY_ASSIGN(package.architecture, get_string(json, "architecture"));
  for (const auto& [at, hex] : json.at("files").items()) {
    auto digest = hex.is_string() ? Digest::parse_hex(hex.get_ref<const std::string&>()) : Result<Digest>(fail(Kind::Corrupt, ""));
    if (!digest) return cannot(Kind::Corrupt, what, fmt::format("'{}' has no digest", at));
    package.paths.emplace(at, KnownPath{FileType::Regular, *digest, {}});
  }
  for (const auto& [at, link] : json.at("links").items()) {
    if (!link.is_string()) return cannot(Kind::Corrupt, what, fmt::format("'{}' leads nowhere", at));
    package.paths.emplace(at, KnownPath{FileType::Symlink, {}, link.get<std::string>()});
  }
  for (const Json& at : json.at("folders")) {
    if (!at.is_string()) return cannot(Kind::Corrupt, what, "a folder has no name");
    package.paths.emplace(at.get<std::string>(), KnownPath{FileType::Directory, {}, {}});
  }
  return package;
}

}  // namespace ashlar::inventory
