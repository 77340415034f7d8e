#include "build/ahead.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "build/inner/trial.h"

namespace ashlar::build {
namespace {

using namespace trial;

class Ahead : public Trial {
 protected:
  /// Two images: both have `base`, which the second cuts, and `common`; each has one of its own.
  void SetUp() override {
    Trial::SetUp();
    lock_packages({{"base", {{"usr/share/base/a", "a"}, {"usr/share/base/b", "b"}}}, {"common", {{"usr/share/common/text", "text"}}}, {"first", {{"usr/share/first/text", "1"}}}});
    second_lock_ = lock;
    auto& all = second_lock_.platforms["linux/amd64"].packages;
    std::erase_if(all, [](const auto& each) { return each.name == "first"; });
    plan::Lock kept = std::exchange(lock, second_lock_);
    lock_package({"second", {{"usr/share/second/text", "2"}}});
    second_lock_ = std::exchange(lock, std::move(kept));
    second_ = definition;
    second_.slices.push_back({"base", {"/usr/share/base/a"}, {}, {}});
  }

  void pack(std::vector<Coming> images) {
    auto layout = oci::LayoutWriter::open(*machine.files, folder_ / "layout");
    ASSERT_TRUE(layout);
    pack_ahead(images, packages(), *layout, *machine.files, counted_);
  }
  std::vector<Coming> both() { return {{&definition, &lock, {}, &options}, {&second_, &second_lock_, {}, &options}}; }

  std::string assemble_second() {
    auto layout = oci::LayoutWriter::open(*machine.files, folder_ / "layout");
    host::Blobs blobs = packages();
    const auto image = assemble(second_, second_lock_, oci::Platform{}, blobs, *layout, machine, options, progress);
    return image ? image->manifest.digest.str() : image.error().message;
  }

  /// Names of the records that the cache has.
  std::vector<std::string> records() {
    std::vector<std::string> out;
    std::error_code none;
    for (const auto& each : std::filesystem::recursive_directory_iterator(options.cache / "records", none)) {
      if (each.is_regular_file()) out.push_back(each.path().filename().string());
    }
    std::ranges::sort(out);
    return out;
  }

  struct Counting final : Progress {
    void stage(std::string_view, std::uint64_t total) override { wanted += total; }
    void step(std::string_view what, std::uint64_t units) override {
      const std::lock_guard hold(mutex);
      packed.emplace_back(what);
      done += units;
    }
    void note(std::string_view) override {}
    void detail(std::string_view) override {}
    std::mutex mutex;
    std::vector<std::string> packed;
    std::uint64_t wanted = 0, done = 0;
  };

  plan::Definition second_;
  plan::Lock second_lock_;
  Counting counted_;
};

TEST_F(Ahead, EachPieceIsPackedOnceAndServesEveryImage) {
  pack(both());
  std::ranges::sort(counted_.packed);
  EXPECT_EQ(counted_.packed, (std::vector<std::string>{"base", "base", "common", "first", "second"}));  // `base` in two cuts
  EXPECT_EQ(counted_.done, counted_.wanted);
  const auto before = records();
  EXPECT_EQ(before.size(), 5U);

  const std::string first = digest("layout"), second = assemble_second();
  EXPECT_TRUE(first.starts_with("sha256:")) << first;
  EXPECT_TRUE(second.starts_with("sha256:")) << second;
  EXPECT_EQ(records(), before);
}

TEST_F(Ahead, ImagesAreTheSameWithoutIt) {
  const std::string first = digest("layout"), second = assemble_second();
  std::filesystem::remove_all(options.cache);
  std::filesystem::remove_all(folder_ / "layout");
  pack(both());
  EXPECT_EQ(digest("layout"), first);
  EXPECT_EQ(assemble_second(), second);
}

TEST_F(Ahead, ImagesThatAreThereTakeNothing) {
  (void)digest("layout");
  (void)assemble_second();
  std::filesystem::remove_all(options.cache / "records");
  pack(both());
  EXPECT_EQ(counted_.packed, std::vector<std::string>());
  EXPECT_EQ(records(), std::vector<std::string>());
}

TEST_F(Ahead, OneImageIsLeftToAssemble) {
  pack({both().front()});
  EXPECT_EQ(counted_.packed, std::vector<std::string>());
}

TEST_F(Ahead, WhatFailsIsLeftToAssembleWithItsCause) {
  const host::Path damaged = packages().path(*Digest::parse_hex(lock.platforms["linux/amd64"].packages[1].sha256));
  std::filesystem::permissions(damaged, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
  ASSERT_TRUE(machine.files->write(damaged, "damaged"));
  pack(both());
  EXPECT_EQ(records().size(), 4U);
  const std::string message = digest("layout");
  EXPECT_TRUE(message.find("unpack package 'common'") != std::string::npos) << message;
}

}  // namespace
}  // namespace ashlar::build
