#include "oci/attach.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/parallel.h"
#include "host/scratch.h"
#include "oci/attached.h"

namespace ashlar::oci {
namespace {

/// A layout with one image.
class AttachTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto layout = LayoutWriter::open(*files, folder).value();
    const auto config = layout.put(media::config, to_text(Config{})), layer = layout.put(media::layer_tar, std::string(1024, '\0'));
    image = *layout.put(media::manifest, to_text(Manifest{"", *config, {*layer}, {}}));
    ASSERT_TRUE(layout.point("1", image));
    writer = write_layout(*files, folder).value();
    reader = open_image(*files, ImageRef::parse("oci:" + folder.string() + ":1").value()).value();
  }
  std::vector<std::string> found() {
    std::vector<std::string> out;
    for (const Attached& each : attached(*reader, image).contents) {
      std::string words;
      for (const auto& [name, value] : each.annotations) words += fmt::format(" {}={}", name, value);
      out.push_back(fmt::format("{} {}{}", each.way == Attached::Way::Tag ? each.tag.substr(each.tag.find('.')) : each.artifact_type, each.content, words));
      EXPECT_EQ(each.subject, image.digest);
    }
    std::ranges::stable_sort(out, {}, [](const std::string& each) { return each.substr(0, 4); });  // a layout names changed tags last
    return out;
  }

  std::unique_ptr<host::Files> files = host::machine_files();
  host::Scratch scratch;
  host::Path folder = scratch.path() / "i";
  Descriptor image;
  std::unique_ptr<ImageWriter> writer;
  std::unique_ptr<ImageReader> reader;
};

TEST_F(AttachTest, ContentsGatherUnderATag) {
  ASSERT_TRUE(attach_by_tag(*writer, image.digest, ".sig", {{"application/x", "one", {{"k", "a"}}}}));
  const auto second = attach_by_tag(*writer, image.digest, ".sig", {{"application/x", "two"}, {"application/x", "one", {{"k", "b"}}}}).value();
  ASSERT_TRUE(attach_by_tag(*writer, image.digest, ".att", {{"application/x", "three"}}));
  EXPECT_EQ(found(), (std::vector<std::string>{".att three", ".sig one k=a", ".sig two", ".sig one k=b"}));
  EXPECT_EQ(attach_by_tag(*writer, image.digest, ".sig", {{"application/x", "two"}}).value().digest, second.digest) << "what is there is not added again";
  EXPECT_EQ(found().size(), 4U);
}

TEST_F(AttachTest, TheConfigurationNamesTheContentsAsCosignsDoes) {
  const auto artifact = attach_by_tag(*writer, image.digest, ".sig", {{"application/x", "one"}, {"application/x", "two"}}).value();
  const Manifest manifest = read_manifest(reader->manifest(artifact.digest).value()).value();
  const Json config = parse_json(reader->blob(manifest.config.digest).value(), "config").value();
  EXPECT_EQ(config["rootfs"]["diff_ids"], (Json{Digest::of(std::string_view("one")).str(), Digest::of(std::string_view("two")).str()}));
  EXPECT_EQ(config["os"], "");
}

TEST_F(AttachTest, WhatAnothersManifestSaysBesideStays) {
  struct Row { const char *summary, *members, *config_type, *config; };
  const Row rows[] = {
      {"as cosign writes it", "", "application/vnd.oci.image.config.v1+json", R"({"architecture":"","created":"0001-01-01T00:00:00Z","os":"","rootfs":{"type":"layers","diff_ids":["DIGEST"]},"config":{}})"},
      {"a subject, a type and annotations", R"(,"artifactType":"application/x","subject":{"mediaType":"m","digest":"DIGEST","size":3},"annotations":{"theirs":"1"})", "application/vnd.oci.image.config.v1+json", R"({"rootfs":{"type":"layers","diff_ids":["DIGEST"]},"x":1})"},
      {"another configuration", R"(,"future":{"a":[1,2]})", "application/vnd.oci.empty.v1+json", "{}"},
      {"a configuration that does not read", "", "application/vnd.oci.image.config.v1+json", "no JSON"},
  };
  int number = 0;
  auto layout = LayoutWriter::open(*files, folder).value();
  for (const Row& row : rows) {
    const auto theirs = layout.put("application/x", "theirs");
    const auto fill = [&](std::string text) {
      for (size_t at = text.find("DIGEST"); at != std::string::npos; at = text.find("DIGEST")) text.replace(at, 6, theirs->digest.str());
      return text;
    };
    const std::string config = fill(row.config);
    ASSERT_TRUE(layout.put(row.config_type, config));
    const Json before = parse_json(fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{{"mediaType":"{}","digest":"{}","size":{}}},"layers":[{{"mediaType":"application/x","digest":"{}","size":6,"data":"dGhlaXJz"}}]{}}})", media::manifest, row.config_type,
                                               Digest::of(config).str(), config.size(), theirs->digest.str(), fill(row.members)), "before").value();
    const Digest subject = Digest::of(fmt::format("subject {}", ++number));
    ASSERT_TRUE(layout.point(fallback_tag(subject) + ".sig", layout.put(media::manifest, to_compact(before)).value()));
    const auto placed = attach_by_tag(*writer, subject, ".sig", {{"application/x", "ours"}});
    ASSERT_TRUE(placed) << row.summary << placed.error().message;
    Json after = parse_json(reader->manifest(placed->digest).value(), "after").value();
    ASSERT_EQ(after["layers"].size(), 2U) << row.summary;
    EXPECT_EQ(after["layers"][1]["digest"], Digest::of(std::string_view("ours")).str());
    const Json config_after = parse_json(reader->blob(Digest::parse(after["config"]["digest"].get<std::string>()).value()).value(), "config").value();
    if (std::string_view(row.config_type) == media::config) {
      EXPECT_EQ(config_after["rootfs"]["diff_ids"], (Json{theirs->digest.str(), Digest::of(std::string_view("ours")).str()})) << row.summary;
      if (auto read = parse_json(config, "config")) {
        for (const auto& [name, value] : read->items()) EXPECT_TRUE(name == "rootfs" || config_after[name] == value) << row.summary << name;
      }
    } else {
      EXPECT_EQ(after["config"], before["config"]) << row.summary << ": another's is none of ours to change";
    }
    after["layers"].erase(1);
    after["config"] = before["config"];
    EXPECT_EQ(to_compact(after), to_compact(before)) << row.summary << ": all else is as it was";
  }
}

TEST_F(AttachTest, ATagThatHoldsNoManifestIsLeftAlone) {
  auto layout = LayoutWriter::open(*files, folder).value();
  const auto index = layout.put(media::index, to_text(ImageIndex{}));
  ASSERT_TRUE(layout.point(fallback_tag(image.digest) + ".sig", *index));
  const auto refused = attach_by_tag(*writer, image.digest, ".sig", {{"application/x", "one"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Kind::Conflict);
  EXPECT_NE(refused.error().message.find("is an index, and nothing is added to one"), std::string::npos) << refused.error().message;
}

TEST_F(AttachTest, WritersOfOneLayoutLoseNothing) {
  constexpr size_t count = 32;
  std::vector<std::string> failures(count);
  in_parallel(count, 8, [&](size_t at, size_t) {
    const auto own = write_layout(*files, folder).value();
    if (const auto placed = attach_by_tag(*own, image.digest, ".sig", {{"application/x", fmt::format("content {}", at)}}); !placed) failures[at] = placed.error().message;
  });
  for (const std::string& each : failures) EXPECT_EQ(each, "");
  EXPECT_EQ(found().size(), count);
}

TEST_F(AttachTest, AnArtifactRefersToTheImage) {
  const auto artifact = attach_by_referrer(*writer, image, "application/vnd.example", {"application/x", "content", {{"layer", "1"}}}, {{"word", "of the manifest"}}).value();
  EXPECT_EQ(found(), std::vector<std::string>{"application/vnd.example content layer=1 word=of the manifest"});
  const Json manifest = parse_json(reader->manifest(artifact.digest).value(), "manifest").value();
  EXPECT_EQ(manifest["subject"], (Json{{"mediaType", media::manifest}, {"digest", image.digest.str()}, {"size", image.size}}));
  EXPECT_EQ(manifest["config"]["mediaType"], "application/vnd.oci.empty.v1+json");
  EXPECT_EQ(manifest["annotations"]["word"], "of the manifest");
  EXPECT_EQ(attach_by_referrer(*writer, image, "application/vnd.example", {"application/x", "content", {{"layer", "1"}}}, {{"word", "of the manifest"}}).value().digest, artifact.digest);
  EXPECT_EQ(found().size(), 1U) << "the same again is the same artifact";
}

}  // namespace
}  // namespace ashlar::oci
