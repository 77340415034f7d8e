#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "attest/inner/describing.h"
#include "attest/licence.h"
#include "attest/purl.h"
#include "attest/sbom.h"
#include "base/text.h"

namespace ashlar::attest {
namespace {

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// A file that the definition takes from elsewhere, as it says what that is.
SbomPackage download(const plan::LockedFile& file, const plan::Definition* definition) {
  SbomPackage out;
  out.name = last_part(file.path);
  out.version = "sha256:" + file.sha256;
  out.location = file.url;
  out.sha256 = file.sha256;
  out.licence.comment = "not known: the definition does not say";
  if (definition != nullptr) {
    const auto said = std::ranges::find_if(definition->files, [&](const plan::Download& each) { return each.path == file.path && each.url == file.url; });
    if (said != definition->files.end() && !said->spdx_name.empty()) out.name = said->spdx_name;
    if (said != definition->files.end() && !said->spdx_version.empty()) out.version = said->spdx_version;
    if (said != definition->files.end() && !said->spdx_packages.empty()) out.purl = said->spdx_packages.front().purl;
  }
  if (out.purl.empty()) out.purl = generic_purl(out.name, out.version, file.url, file.sha256);
  return out;
}

Licence licence_of(const plan::LockedPackage& package, const CopyrightOf& copyright_of) {
  if (!copyright_of) return {{}, {}, "not known: a lock does not hold the package's copyright file"};
  const auto text = copyright_of(package);
  return text ? read_copyright(*text, fmt::format("usr/share/doc/{}/copyright", package.name)) : Licence{{}, {}, "not known: " + text.error().message};
}

}  // namespace

std::string deb_location(std::string_view archive, std::string_view suite, std::string_view path) {
  if (archive.empty() || path.empty()) return {};
  return fmt::format("deb:{}@{}.archive/{}", suite.empty() ? "archive" : suite, archive, path);
}

std::optional<Time> newest_release(const plan::Lock& lock) {
  std::optional<Time> out;
  for (const plan::LockedArchive& archive : lock.archives) {
    if (const auto date = Time::parse(archive.date); date && (!out || *out < *date)) out = *date;
  }
  return out;
}

std::string supplier_of(std::string_view vendor, std::string_view repository) {
  if (!vendor.empty()) return std::string(vendor);
  return repository.find('/') == std::string_view::npos ? std::string() : std::string(repository.substr(0, repository.find('/')));
}

Result<Sbom> describe(const plan::Lock& lock, std::string_view platform, const plan::Definition* definition, const CopyrightOf& copyright_of) {
  const auto locked = lock.platforms.find(std::string(platform));
  if (locked == lock.platforms.end()) return cannot(Kind::NotFound, fmt::format("describe the lock of '{}'", lock.definition), fmt::format("it has no platform '{}'", platform));
  Sbom out;
  out.kind = Sbom::Kind::Lock;
  out.name = lock.definition;
  out.version = Digest::of(to_compact(plan::to_json(lock))).str();
  std::string vendor;
  if (definition != nullptr) {
    const auto label = definition->labels.find("org.opencontainers.image.vendor"), annotation = definition->annotations.find("org.opencontainers.image.vendor");
    vendor = label != definition->labels.end() ? label->second : annotation != definition->annotations.end() ? annotation->second : std::string();
  }
  out.supplier = supplier_of(vendor, lock.definition);
  out.platform = platform;
  out.distribution = lock.distribution;
  if (definition != nullptr && !definition->os_release.id.empty()) {  // as the image's os-release will have it
    const plan::OsRelease& os = definition->os_release;
    out.distribution = os.version_id.empty() ? os.id : os.id + "-" + os.version_id;
  }
  if (const auto date = newest_release(lock)) out.created = *date;
  for (const plan::LockedPackage& package : locked->second.packages) {
    SbomPackage row;
    row.name = package.name, row.version = package.version, row.architecture = package.architecture;
    row.source = package.source, row.source_version = package.source_version;
    row.supplier = package.maintainer;
    row.purl = deb_purl({row.name, row.version, row.architecture, row.source, row.source_version, out.distribution});
    row.location = deb_location(package.archive, package.suite, package.path);
    row.sha256 = package.sha256;
    row.depends = package.depends;
    row.licence = licence_of(package, copyright_of);
    out.packages.push_back(std::move(row));
  }
  for (const plan::LockedFile& file : locked->second.files) out.packages.push_back(download(file, definition));
  return out;
}

}  // namespace ashlar::attest
