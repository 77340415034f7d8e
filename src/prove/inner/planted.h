#pragma once
// Tests plant faults in a clean image with these, and expect them to be found.
#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "host/memory.h"
#include "inventory/sample_image.h"
#include "prove/inner/small_elf.h"
#include "prove/proofs.h"

namespace ashlar::prove {

using inventory::folder, inventory::hard_link, inventory::Member, inventory::Members, inventory::program, inventory::SampleImage, inventory::symlink, inventory::tar_of, inventory::target_of;

/// A container for other files, made by the library that everybody's tools use.
inline std::string packed(const char* format, const char* filter, const std::vector<std::pair<std::string, std::string>>& members) {
  archive* const a = archive_write_new();
  EXPECT_EQ(archive_write_set_format_by_name(a, format), ARCHIVE_OK) << archive_error_string(a);
  if (*filter != '\0') {
    EXPECT_EQ(archive_write_add_filter_by_name(a, filter), ARCHIVE_OK) << archive_error_string(a);
  }
  std::string out(8 << 20, '\0');
  size_t used = 0;
  archive_write_open_memory(a, out.data(), out.size(), &used);
  for (const auto& [name, content] : members) {
    archive_entry* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0755);
    archive_write_header(a, entry);
    archive_write_data(a, content.data(), content.size());
    archive_entry_free(entry);
  }
  archive_write_close(a);
  archive_write_free(a);
  out.resize(used);
  return out;
}

inline Members clean() {
  return {folder("etc"), folder("usr"), folder("usr/bin"), folder("usr/lib"), folder("usr/lib/x86_64-linux-gnu"), folder("usr/share"), folder("var"), folder("var/lib"), folder("var/lib/dpkg"),
          folder("var/lib/dpkg/status.d"), folder("tmp", 01777), folder("opt"), folder("home"), folder("root", 0700),
          symlink("lib64", "usr/lib"), symlink("bin", "usr/bin"), symlink("lib", "usr/lib"),
          {"etc/passwd", "root:x:0:0:root:/root:/usr/sbin/nologin\nnonroot:x:65532:65532::/:/usr/sbin/nologin\n"},
          {"etc/group", "nonroot:x:65532:\n"},
          {"etc/debian_version", "13.2\n"},
          {"usr/lib/os-release", "ID=debian\nVERSION_ID=\"13\"\nVERSION_CODENAME=trixie\n"},
          symlink("etc/os-release", "../usr/lib/os-release"),
          {"var/lib/dpkg/status.d/base-files", "Package: base-files\nVersion: 13.8+deb13u2\nArchitecture: amd64\n"},
          program("usr/lib/ld-linux-x86-64.so.2", small_library("ld-linux-x86-64.so.2").bytes()),
          program("usr/lib/x86_64-linux-gnu/libc.so.6", small_library("libc.so.6").bytes()),
          program("usr/bin/app", SmallElf{}.bytes())};
}

inline oci::Config clean_config() {
  oci::Config config;
  config.created = "2026-01-01T00:00:00Z";
  config.user = "nonroot";
  config.env = {"PATH=/usr/bin"};
  config.cmd = {"app"};
  return config;
}

/// `members` with libraries that need nothing themselves.
inline Members loaderless(Members members) {
  for (Member& each : members) {
    if (each.path.ends_with("ld-linux-x86-64.so.2") || each.path.ends_with("libc.so.6")) {
      SmallElf library = small_library(each.path.substr(each.path.rfind('/') + 1));
      library.needed.clear();
      each.content = library.bytes();
    }
  }
  return members;
}

inline std::vector<Check> judge(inventory::Target& target, const Yardstick& yardstick, const inventory::LayerShelf* shelf) {
  const auto seen = Examination::read(target, shelf);
  EXPECT_TRUE(seen) << (seen ? "" : seen.error().message);
  return seen ? seen->judge(yardstick) : std::vector<Check>();
}

/// Judged on what was read, and on what was kept of reading it, which must say the same.
inline std::vector<Check> judge(const std::vector<Members>& layers, const oci::Config& config, const Yardstick& yardstick = {}) {
  inventory::Target target = target_of(layers, config);
  host::MemoryFiles files;
  const inventory::LayerShelf shelf(files, "/layers", "proofs");
  const std::vector<Check> out = judge(target, yardstick, nullptr);
  EXPECT_EQ(judge(target, yardstick, &shelf), out) << "read and kept";
  EXPECT_EQ(judge(target, yardstick, &shelf), out) << "from what was kept";
  return out;
}

struct Row {
  std::string summary;
  std::string check;                        ///< the one that must fail, and no other
  std::string names;                        ///< what its evidence must say
  Members planted = {};
  std::function<void(oci::Config&)> configure = {};
  Members above = {};                       ///< a further layer
  std::string also = {};                    ///< another check that fails for it
};

inline void expect_found(const Row& row, bool owners = false) {
  SCOPED_TRACE(row.summary);
  Members members = loaderless(clean());
  members.insert(members.end(), row.planted.begin(), row.planted.end());
  oci::Config config = clean_config();
  if (row.configure) row.configure(config);
  std::vector<Members> layers = {members};
  if (!row.above.empty()) layers.push_back(row.above);
  for (const Check& check : judge(layers, config)) {
    std::string evidence;
    for (const std::string& line : check.evidence) evidence += line + "\n";
    if (check.id == "no-unowned-files" && !owners) continue;  // what is planted has no owner; that is a table of its own
    if (check.id != row.check) {
      EXPECT_EQ(check.outcome == Outcome::Failed, check.id == row.also) << check.id << ": " << evidence;
      continue;
    }
    EXPECT_EQ(check.outcome, Outcome::Failed) << check.id;
    EXPECT_NE(evidence.find(row.names), std::string::npos) << "'" << row.names << "' is not in:\n" << evidence;
  }
}

}  // namespace ashlar::prove
