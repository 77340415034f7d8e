#pragma once
// For tests: a small image and what is known of it.
#include "scan/inner/test_database.h"
#include "scan/scan.h"

namespace ashlar::scan {

/// A small image that is clean, which each case then spoils.
struct Scene {
  inventory::Contents contents;
  inventory::Ownership ownership;
  Subject subject;
  TestDatabase database;
  Options options{.now = Time{1'000'000}};

  Scene() {
    contents.layers.resize(2, {"", Digest::of(std::string_view()), 0, {}, {}});
    contents.texts["etc/os-release"] = "ID=debian\nVERSION_ID=13\n";
    add_file("usr/bin/tool", "\x7f""ELF", inventory::Standing::Verified);
    add_file("etc/text", "text", inventory::Standing::Unowned);
    subject.ref = "dir:test";
    subject.contents = &contents;
    subject.ownership = &ownership;
    subject.base = {1, "test"};
    subject.components = {{.type = "deb", .name = "tool", .version = "1.0-1", .maintainer = "Debian <x@lists.debian.org>", .found_by = "dpkg", .path = "var/lib/dpkg/status.d/tool"}};
    database.cover("tracker", "Debian:13").age("tracker", Time{999'000}, 86400);
    database.supports = {{"Debian:13", {}, Time{2'000'000}, {}}};
  }
  void add_file(const std::string& path, const std::string& front, inventory::Standing standing, size_t layer = 0) {
    contents.files.insert_or_assign(path, inventory::File{.entry = {.path = path}, .content = Digest::of(path), .front = front, .kind = inventory::kind_of(as_bytes(front)), .layer = layer});
    ownership.files.insert_or_assign(path, inventory::Owned{standing == inventory::Standing::Unowned ? "" : "package:tool", standing, standing == inventory::Standing::Altered ? "its bytes are others" : ""});
  }
  /// A program in the base that the record of a Python package names with this digest, and a feed that knows the package to be sound.
  void add_listed(const std::string& path, std::string_view sum) {
    add_file(path, "\x7f""ELF", inventory::Standing::Unowned);
    database.cover("osv", "PyPI").age("osv", Time{999'000}, 86400);
    subject.components.push_back({.type = "pypi", .name = "x", .version = "1", .found_by = "python", .path = "etc/x.dist-info/METADATA", .files = {path}, .sums = std::string(sum)});
  }
  void advise(const std::string& package, advisory::Interval interval) {
    database.add("tracker", {.id = "CVE-2026-0001", .affected = {{.space = "Debian:13", .package = package, .grammar = advisory::Grammar::Dpkg, .intervals = {std::move(interval)}, .urgency = "high"}}});
  }
};

}  // namespace ashlar::scan
