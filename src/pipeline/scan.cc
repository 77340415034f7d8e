#include "pipeline/scan.h"

#include <fmt/format.h>

#include "advisory/database.h"
#include "inventory/os_release.h"
#include "inventory/target.h"

namespace ashlar::pipeline {
namespace {

/// A subject with what it borrows.
struct Opened {
  inventory::Contents contents;
  inventory::Ownership ownership;
  scan::Subject subject;
};

std::vector<inventory::Component> components_of(const inventory::Contents& contents) {
  std::vector<inventory::Component> out;
  for (const inventory::InstalledPackage& package : contents.packages) {
    const auto file = contents.files.find(package.database);
    out.push_back({.type = "deb", .name = package.name, .version = package.version, .architecture = package.architecture, .source = package.source, .source_version = package.source_version,
                   .maintainer = package.maintainer, .found_by = "dpkg", .path = package.database, .layer = file == contents.files.end() ? 0 : file->second.layer});
  }
  return out;
}

Result<std::unique_ptr<Opened>> open_subject(host::Machine& machine, const std::string& target, const ScanOptions& options) {
  TRY_ASSIGN(auto opened, inventory::open_target(*machine.files, target, options.platform));
  const auto keep = [](std::string_view path) { return inventory::tells_owners(path) || inventory::tells_os_release(path); };
  auto out = std::make_unique<Opened>();
  TRY_ASSIGN(out->contents, inventory::read_contents(opened, {.onlooker = {}, .keep = keep, .sha1 = false, .md5 = true}));
  TRY_ASSIGN(out->ownership, inventory::judge_owners(out->contents, nullptr));
  out->subject = {.ref = target, .contents = &out->contents, .ownership = &out->ownership, .components = components_of(out->contents), .base_layers = out->contents.layers.size()};
  if (opened.image) {
    out->subject.digest = opened.which.descriptor.digest.str();
    out->subject.platform = fmt::format("{}/{}", out->contents.platform.os, out->contents.platform.architecture);
  } else {
    out->subject.base_layers = 1;
  }
  return out;
}

Result<std::unique_ptr<advisory::Database>> open_database(const ScanOptions& options) {
  if (options.database.empty()) return cannot(Kind::NotFound, "scan", "there is no advisory database; make one with `ashlar feed update`, or name one with --db");
  return advisory::Database::open(options.database);
}

}  // namespace

Result<scan::Report> scan(host::Machine& machine, const std::string& target, const ScanOptions& options) {
  TRY_ASSIGN(const auto database, open_database(options));
  TRY_ASSIGN(const auto opened, open_subject(machine, target, options));
  return scan::scan(opened->subject, *database, {.now = options.as_of.value_or(machine.clock->now()), .app_dark = options.app_dark_fails ? scan::DarkPolicy::Fail : scan::DarkPolicy::List});
}

Result<std::vector<scan::Explained>> explain_advisory(host::Machine& machine, const std::string& target, const std::string& id, const ScanOptions& options) {
  TRY_ASSIGN(const auto database, open_database(options));
  TRY_ASSIGN(const auto opened, open_subject(machine, target, options));
  return scan::explain(opened->subject, *database, id);
}

}  // namespace ashlar::pipeline
