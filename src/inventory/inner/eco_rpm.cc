// rpm: its database as SQLite has it (rpm's lib/backend/sqlite.c: a table of headers). The older forms, BerkeleyDB and NDB, are recognised and not read.
#include <tuple>

#include <fmt/format.h>

#include "base/text.h"
#include "host/sqlite.h"
#include "inventory/inner/readers.h"
#include "inventory/inner/rpm_header.h"

namespace ashlar::inventory {
namespace {

constexpr std::uint64_t max_database = 512 << 20;
constexpr size_t max_packages = 100'000;

bool is_rpm_folder(std::string_view folder) { return folder == "var/lib/rpm" || folder == "usr/lib/sysimage/rpm" || folder == "usr/share/rpm"; }

/// `bash-5.1.8-6.el9.src.rpm` is `bash` and `5.1.8-6.el9`: a source package's file name has no epoch.
std::pair<std::string, std::string> split_source(std::string_view file) {
  for (const std::string_view end : {".src.rpm", ".nosrc.rpm"}) {
    if (file.ends_with(end)) file.remove_suffix(end.size());
  }
  const size_t release = file.rfind('-');
  const size_t version = release == std::string_view::npos || release == 0 ? std::string_view::npos : file.rfind('-', release - 1);
  if (version == std::string_view::npos) return {};
  return {std::string(file.substr(0, version)), std::string(file.substr(version + 1))};
}

Component component_of(std::string_view path, RpmHeader header) {
  Component out{.type = "rpm", .name = header.name, .version = header.full_version(), .architecture = header.architecture, .path = std::string(path)};
  std::tie(out.source, out.source_version) = split_source(header.source);
  if (out.source.empty()) out.source = out.name, out.source_version = out.version;
  out.maintainer = header.vendor.empty() ? header.packager : header.vendor;
  out.module = header.module;
  out.files = std::move(header.files);
  out.sums = std::move(header.sums);
  return out;
}

Result<Told> read_sqlite(std::string_view path, const host::ReadFile& file) {
  TRY_ASSIGN(const Bytes bytes, read_range(file, 0, file.size(), max_database));
  TRY_ASSIGN(auto database, host::Sqlite::open_copy(bytes, std::string(path)));
  TRY_ASSIGN(auto table, database.prepare("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'Packages' AND rootpage > 1"));
  TRY_ASSIGN(const bool any, table.step());
  if (!any || table.integer(0) != 1) return fail(Kind::Corrupt, "it has no table of packages");
  TRY_ASSIGN(auto rows, database.prepare("SELECT blob FROM Packages"));
  Told told;
  for (size_t count = 0;; ++count) {
    TRY_ASSIGN(const bool more, rows.step());
    if (!more) return told;
    if (count == max_packages) return fail(Kind::Corrupt, fmt::format("it has more than {} packages", max_packages));
    auto header = read_rpm_header(rows.blob(0));
    if (!header) told.damage.push_back(unread(path, header.error().message));
    else if (header->name != "gpg-pubkey") told.components.push_back(component_of(path, std::move(*header)));  // a key that packages are checked with
  }
}

}  // namespace

bool wants_rpm(std::string_view path, BytesView) {
  const std::string_view name = name_of(path);
  return is_rpm_folder(folder_of(path)) && (name == "rpmdb.sqlite" || name == "Packages" || name == "Packages.db");
}

Told read_rpm(std::string_view path, const host::ReadFile& file) {
  if (name_of(path) == "Packages") return {.damage = {unread(path, "it is an rpm database of BerkeleyDB, a form that is not read")}};
  if (name_of(path) == "Packages.db") return {.damage = {unread(path, "it is an rpm database of NDB, a form that is not read")}};
  auto told = read_sqlite(path, file);
  return told ? std::move(*told) : Told{.damage = {unread(path, told.error().message)}};
}

/// Packages may stand in a log that was not yet taken over.
void settle_rpm(Told& told, const Contents& contents) {
  for (const std::string_view folder : {"var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"}) {
    const auto log = contents.files.find(fmt::format("{}/rpmdb.sqlite-wal", folder));
    if (log != contents.files.end() && log->second.entry.size > 0) told.damage.push_back(fmt::format("'{}' has changes to the rpm database that are not read", log->first));
  }
}

}  // namespace ashlar::inventory
