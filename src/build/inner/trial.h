#pragma once
// For this room's tests: packages written on the spot, assembled into a layout, and the image read back.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "base/tar.h"
#include "build/assemble.h"
#include "build/encoder.h"
#include "host/blobs.h"
#include "host/machine.h"
#include "host/scratch.h"
#include "oci/layout.h"

namespace ashlar::build::trial {

/// A file of a package that a test ships.
struct File {
  std::string path;
  std::string content;
  FileType type = FileType::Regular;
  std::uint32_t mode = 0644;
  std::string link = {};
  std::map<std::string, std::string> xattrs = {};
  std::int64_t mtime = 1700000000;
  std::uint32_t uid = 0, gid = 0;
};
inline File folder(std::string path, std::uint32_t mode = 0755) { return {std::move(path), "", FileType::Directory, mode}; }
inline File symlink(std::string path, std::string to) { return {std::move(path), "", FileType::Symlink, 0777, std::move(to)}; }
inline File hard_link(std::string path, std::string to) { return {std::move(path), "", FileType::HardLink, 0644, std::move(to)}; }
inline File program(std::string path, std::string content = "\177ELF...") { return {std::move(path), std::move(content), FileType::Regular, 0755}; }

struct Package {
  std::string name;
  std::vector<File> files;
  std::string version = "1.0-1";
  std::string fields = {};                             ///< more lines of the control file, each with its end
  std::map<std::string, std::string> control = {};     ///< more members of control.tar
};

inline void append_member(Bytes& tar, const File& file) {
  TarEntry entry;
  entry.path = file.path;
  entry.type = file.type;
  entry.mode = file.mode;
  entry.uid = file.uid;
  entry.gid = file.gid;
  entry.mtime = file.mtime;
  entry.link = file.link;
  entry.xattrs = file.xattrs;
  entry.size = file.content.size();
  append_tar_header(tar, entry);
  tar.insert(tar.end(), file.content.begin(), file.content.end());
  tar.resize(tar.size() + tar_padding(file.content.size()));
}

inline void append_ar(std::string& ar, std::string name, std::string_view content) {
  const auto pad = [](std::string text, size_t width) { return text + std::string(width - text.size(), ' '); };
  ar += pad(std::move(name), 16) + pad("0", 12) + pad("0", 6) + pad("0", 6) + pad("100644", 8) + pad(std::to_string(content.size()), 10) + "`\n";
  ar += content;
  if (content.size() % 2 != 0) ar += '\n';
}

/// The bytes of a package's file (deb(5)), its members not compressed.
inline std::string deb_of(const Package& package) {
  Bytes control, data;
  append_member(control, {"./control", "Package: " + package.name + "\nVersion: " + package.version + "\nArchitecture: amd64\nMaintainer: Nobody <nobody@example.org>\n" + package.fields});
  for (const auto& [name, content] : package.control) append_member(control, {"./" + name, content});
  for (const File& file : package.files) {
    File there = file;
    there.path = "./" + file.path;
    if (file.type == FileType::HardLink) there.link = "./" + file.link;
    append_member(data, there);
  }
  control.resize(control.size() + tar_end_size);
  data.resize(data.size() + tar_end_size);
  std::string ar = "!<arch>\n";
  append_ar(ar, "debian-binary", "2.0\n");
  append_ar(ar, "control.tar", as_text(control));
  append_ar(ar, "data.tar", as_text(data));
  return ar;
}

/// A path of an image, as the layers have it after each other.
struct Found {
  TarEntry entry;
  std::string content;
  size_t layer = 0;
};
using Contents = std::map<std::string, Found>;

struct Listening final : Progress {
  void stage(std::string_view, std::uint64_t) override {}
  void step(std::string_view, std::uint64_t) override {}
  void note(std::string_view text) override {
    const std::lock_guard hold(mutex);
    notes += std::string(text) + "\n";
  }
  void detail(std::string_view text) override {
    const std::lock_guard hold(mutex);
    details += std::string(text) + "\n";
  }
  std::mutex mutex;
  std::string notes, details;
};

class Trial : public ::testing::Test {
 protected:
  void SetUp() override {
    options.cache = folder_ / "frames";
    options.catalog_root = folder_ / "catalog";
    options.run_scripts = false;
    definition.path = "catalog/small.yaml";
    definition.image = "example/small";
    definition.distribution = lock.distribution = "debian-13";
    definition.digest_hex = std::string(64, '0');
    definition.tags = {"1"};
    definition.accounts.run_as = "65532";
    lock.encoder = encoder("gzip");
  }

  /// Locks a package, whose file comes into the cache.
  plan::LockedPackage& lock_package(const Package& package) {
    const std::string deb = deb_of(package);
    const auto digest = packages().put(as_bytes(deb));
    EXPECT_TRUE(digest);
    auto& all = lock.platforms["linux/amd64"].packages;
    plan::LockedPackage locked;
    locked.name = package.name;
    locked.version = package.version;
    locked.architecture = "amd64";
    locked.size = deb.size();
    locked.sha256 = digest->hex();
    std::erase_if(all, [&](const auto& each) { return each.name == package.name; });
    const auto at = std::ranges::lower_bound(all, package.name, {}, &plan::LockedPackage::name);
    return *all.insert(at, std::move(locked));
  }
  void lock_packages(const std::vector<Package>& these) {
    lock.platforms["linux/amd64"].packages.clear();
    for (const Package& package : these) lock_package(package);
  }

  Result<Image> assemble_into(const std::string& name) {
    auto layout = oci::LayoutWriter::open(*machine.files, folder_ / name);
    EXPECT_TRUE(layout);
    host::Blobs blobs = packages();
    return assemble(definition, lock, oci::Platform{}, blobs, *layout, machine, options, progress);
  }
  /// The image's paths, or a failure of the test.
  Contents contents(const std::string& name = "layout") {
    auto image = assemble_into(name);
    EXPECT_TRUE(image) << image.error().message;
    return image ? read(*image, name) : Contents();
  }
  std::string error() {
    const auto image = assemble_into("layout");
    return image ? "no error" : image.error().message;
  }
  std::string digest(const std::string& name) {
    const auto image = assemble_into(name);
    return image ? image->manifest.digest.str() : image.error().message;
  }

  Contents read(const Image& image, const std::string& name) {
    Contents out;
    for (size_t at = 0; at < image.layers.size(); ++at) {
      const Image::Layer& layer = image.layers[at];
      auto file = machine.files->open(folder_ / name / "blobs/sha256" / layer.descriptor.digest.hex());
      EXPECT_TRUE(file);
      const auto codec = layer.descriptor.media_type == oci::media::layer_zstd ? Codec::Zstd : Codec::Gzip;
      const auto source = decode(codec, host::stream(std::move(*file)));
      const auto raw = read_all(*source, size_t{1} << 28);
      EXPECT_TRUE(raw) << raw.error().message;
      if (!raw) return out;
      EXPECT_EQ(Digest::of(*raw), layer.diff_id);
      EXPECT_EQ(raw->size(), layer.raw_size);
      read_tar(*raw, at, out);
    }
    return out;
  }
  void write_catalog(const std::string& path, std::string_view content) {
    ASSERT_TRUE(machine.files->make_folders((options.catalog_root / path).parent_path()));
    ASSERT_TRUE(machine.files->write(options.catalog_root / path, content));
  }
  host::Blobs packages() { return {*machine.files, folder_ / "packages"}; }

  host::Scratch scratch_;
  host::Path folder_ = scratch_.path();
  host::Machine machine = host::real_machine();
  plan::Definition definition;
  plan::Lock lock;
  Options options;
  Listening progress;

 private:
  static void read_tar(BytesView raw, size_t layer, Contents& out) {
    MemorySource source(raw);
    TarReader reader(source);
    for (;;) {
      auto entry = reader.next();
      ASSERT_TRUE(entry) << entry.error().message;
      if (!*entry) break;
      const auto content = read_all(reader, size_t{1} << 28);
      ASSERT_TRUE(content);
      const std::string path = (*entry)->path;
      out[path] = {std::move(**entry), std::string(as_text(*content)), layer};
    }
    ASSERT_TRUE(reader.finish());
  }
};

}  // namespace ashlar::build::trial
