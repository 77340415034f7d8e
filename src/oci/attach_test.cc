#include "oci/attach.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

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
    for (const Attached& each : attached(*reader, image)) {
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
  ASSERT_TRUE(attach_by_tag(*reader, *writer, image.digest, ".sig", {{"application/x", "one", {{"k", "a"}}}}));
  const auto second = attach_by_tag(*reader, *writer, image.digest, ".sig", {{"application/x", "two"}, {"application/x", "one", {{"k", "b"}}}}).value();
  ASSERT_TRUE(attach_by_tag(*reader, *writer, image.digest, ".att", {{"application/x", "three"}}));
  EXPECT_EQ(found(), (std::vector<std::string>{".att three", ".sig one k=a", ".sig two", ".sig one k=b"}));
  EXPECT_EQ(attach_by_tag(*reader, *writer, image.digest, ".sig", {{"application/x", "two"}}).value().digest, second.digest) << "what is there is not added again";
  EXPECT_EQ(found().size(), 4U);
}

TEST_F(AttachTest, TheConfigurationNamesTheContentsAsCosignsDoes) {
  const auto artifact = attach_by_tag(*reader, *writer, image.digest, ".sig", {{"application/x", "one"}, {"application/x", "two"}}).value();
  const Manifest manifest = read_manifest(reader->manifest(artifact.digest).value()).value();
  const Json config = parse_json(reader->blob(manifest.config.digest).value(), "config").value();
  EXPECT_EQ(config["rootfs"]["diff_ids"], (Json{Digest::of(std::string_view("one")).str(), Digest::of(std::string_view("two")).str()}));
  EXPECT_EQ(config["os"], "");
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
