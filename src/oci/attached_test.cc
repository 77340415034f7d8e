#include "oci/attached.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "host/scratch.h"

namespace ashlar::oci {
namespace {

/// A layout with one image, to which a test attaches something.
class AttachedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = LayoutWriter::open(*files, folder);
    ASSERT_TRUE(opened) << opened.error().message;
    writer = std::move(*opened);
    const auto layer = writer.put(media::layer_tar, std::string(1024, '\0'));
    const auto config = writer.put(media::config, to_text(Config{}));
    ASSERT_TRUE(layer && config);
    image = *writer.put(media::manifest, to_text(Manifest{"", *config, {*layer}, {}}));
    ASSERT_TRUE(writer.point("1", image));
  }
  /// The manifest of an artifact that holds `content`; `more`: members of it.
  Descriptor artifact(const std::string& content, const std::string& more = {}) {
    const auto config = writer.put("application/vnd.oci.empty.v1+json", "{}"), layer = writer.put("application/vnd.in-toto+json", content);
    const auto json = [](const Descriptor& each) { return fmt::format(R"({{"mediaType": "{}", "digest": "{}", "size": {}}})", each.media_type, each.digest.str(), each.size); };
    return *writer.put(media::manifest, fmt::format(R"({{"schemaVersion": 2, "mediaType": "{}", "config": {}, "layers": [{}]{}}})", media::manifest, json(*config), json(*layer), more));
  }
  std::string subject(const Digest& digest) { return fmt::format(R"(, "subject": {{"mediaType": "{}", "digest": "{}", "size": 1}})", media::manifest, digest.str()); }
  /// Adds an entry to index.json.
  void name(const Descriptor& artifact, const Json& annotations = {}) {
    Json index = parse_json(files->read(folder / "index.json").value(), "index").value();
    Json entry = {{"mediaType", artifact.media_type}, {"digest", artifact.digest.str()}, {"size", artifact.size}};
    if (!annotations.is_null()) entry["annotations"] = annotations;
    index["manifests"].push_back(std::move(entry));
    ASSERT_TRUE(files->write(folder / "index.json", to_compact(index)));
  }
  std::vector<std::string> found() {
    const auto reader = open_image(*files, ImageRef::parse("oci:" + folder.string()).value());
    EXPECT_TRUE(reader) << reader.error().message << ": what is attached is no second image";
    std::vector<std::string> out;
    if (!reader) return out;
    EXPECT_EQ((*reader)->root().digest, image.digest);
    const Attachments found = attached(**reader, image);
    unread = found.unread;
    for (const Attached& each : found.contents) out.push_back(each.media_type + " " + each.content);
    return out;
  }

  std::vector<std::string> unread;  // of the last found()
  std::unique_ptr<host::Files> files = host::machine_files();
  host::Scratch scratch;
  host::Path folder = scratch.path() / "i";
  LayoutWriter writer = LayoutWriter::open(*files, scratch.path() / "none").value();
  Descriptor image;
};

TEST_F(AttachedTest, ByEveryWayThatLayoutsKnow) {
  EXPECT_EQ(found(), std::vector<std::string>{});
  name(artifact("referrer", subject(image.digest)));
  EXPECT_EQ(found(), std::vector<std::string>{"application/vnd.in-toto+json referrer"});
  name(artifact("tagged"), {{"org.opencontainers.image.ref.name", "sha256-" + image.digest.hex() + ".att"}});
  name(artifact("buildkit"), {{"vnd.docker.reference.digest", image.digest.str()}});
  EXPECT_EQ(found(), (std::vector<std::string>{"application/vnd.in-toto+json referrer", "application/vnd.in-toto+json tagged", "application/vnd.in-toto+json buildkit"}));
}

TEST_F(AttachedTest, WhatIsAttachedToAnArtifactIsFoundByItsManifestAlone) {
  const Descriptor statement = artifact("statement", subject(image.digest));
  name(statement);
  name(artifact("its signature", subject(statement.digest)));
  name(artifact("tagged", {}), {{"org.opencontainers.image.ref.name", "sha256-" + statement.digest.hex() + ".sig"}});
  EXPECT_EQ(found(), std::vector<std::string>{"application/vnd.in-toto+json statement"}) << "a signature of the statement is none of the image";
  const auto reader = open_image(*files, ImageRef::parse("oci:" + folder.string()).value());
  std::vector<std::string> of_it;
  for (const Attached& each : attached_to(**reader, statement.digest).contents) {
    EXPECT_EQ(each.subject, statement.digest);
    of_it.push_back(each.content);
  }
  EXPECT_EQ(of_it, (std::vector<std::string>{"its signature", "tagged"}));
  EXPECT_TRUE(attached_to(**reader, Digest::of(std::string_view("nothing"))).contents.empty());
}

TEST_F(AttachedTest, AnArtifactsTypeIsItsConfigurationsWhereItSaysNone) {
  name(artifact("one", subject(image.digest)));
  name(artifact("two", subject(image.digest) + R"(, "artifactType": "application/x")"));
  const auto reader = open_image(*files, ImageRef::parse("oci:" + folder.string()).value());
  std::vector<std::string> types;
  for (const Attached& each : attached(**reader, image).contents) types.push_back(each.content + " " + each.artifact_type);
  EXPECT_EQ(types, (std::vector<std::string>{"one application/vnd.oci.empty.v1+json", "two application/x"}));
}

TEST_F(AttachedTest, WhatIsAnothersOrDoesNotReadIsPassedOver) {
  const Digest other = Digest::of(std::string_view("other"));
  name(artifact("of another", subject(other)));
  name(artifact("of nobody"));
  name(artifact("of another by tag"), {{"org.opencontainers.image.ref.name", "sha256-" + other.hex() + ".att"}});
  name(artifact("a subject that is a list", R"(, "subject": [1])"));
  name(*writer.put(media::manifest, "no manifest"));
  EXPECT_EQ(found(), std::vector<std::string>{});
  EXPECT_EQ(unread, std::vector<std::string>{}) << "none of it is ours";
  name({std::string(media::manifest), other, 3, {}, {}});
  EXPECT_EQ(found(), std::vector<std::string>{});
  ASSERT_EQ(unread.size(), 1U) << "what cannot be read may be ours";
  EXPECT_TRUE(unread[0].starts_with(fmt::format("'{}', which may be attached, cannot be read: ", other.str()))) << unread[0];
  const Descriptor damaged = artifact("damaged", subject(image.digest));
  name(damaged);
  const Digest content = Digest::of(std::string_view("damaged"));
  ASSERT_TRUE(files->remove(folder / "blobs/sha256" / content.hex()));
  ASSERT_TRUE(files->write(folder / "blobs/sha256" / content.hex(), "changed"));
  EXPECT_EQ(found(), std::vector<std::string>{}) << "content with another digest";
  ASSERT_EQ(unread.size(), 2U);
  EXPECT_EQ(unread[1], fmt::format("a content of '{0}' cannot be read: cannot read blob '{1}': its bytes have another digest", damaged.digest.str(), content.str()));
}

/// Whoever may attach something can attach more than anybody reads: what is beyond is told, never silently left out.
TEST_F(AttachedTest, WhatIsBeyondTheBoundsIsTold) {
  Json index = parse_json(files->read(folder / "index.json").value(), "index").value();
  const auto many = [&](size_t count) {
    for (size_t at = 0; at < count; ++at) {
      const Descriptor each = artifact(fmt::format("statement {}", index["manifests"].size()), subject(image.digest));
      index["manifests"].push_back({{"mediaType", each.media_type}, {"digest", each.digest.str()}, {"size", each.size}});
    }
    ASSERT_TRUE(files->write(folder / "index.json", to_compact(index)));
  };
  many(1000);
  EXPECT_EQ(found().size(), 1000U);
  EXPECT_EQ(unread, std::vector<std::string>{});
  many(3);
  EXPECT_EQ(found().size(), 1000U);
  EXPECT_EQ(unread, std::vector<std::string>{"more than 1000 artifacts are attached to it, of which 3 were not read"});
}

TEST_F(AttachedTest, ContentsThatAreTooLargeAreTold) {
  name(artifact(std::string((16 << 20) + 1, 'a'), subject(image.digest)));
  EXPECT_EQ(found(), std::vector<std::string>{});
  ASSERT_EQ(unread.size(), 1U);
  EXPECT_NE(unread[0].find("has 16777217 bytes, and no more than 16777216 are read"), std::string::npos) << unread[0];
  const auto config = writer.put("application/vnd.oci.empty.v1+json", "{}"), layer = writer.put("application/x", std::string(15 << 20, 'b'));
  Manifest manifest{"", *config, {}, {}};
  for (int at = 0; at < 30; ++at) manifest.layers.push_back(*layer);
  Json json = parse_json(to_text(manifest), "manifest").value();
  json["subject"] = {{"mediaType", media::manifest}, {"digest", image.digest.str()}, {"size", image.size}};
  name(*writer.put(media::manifest, to_compact(json)));
  EXPECT_EQ(found().size(), 17U) << "256 MiB of 15 MiB each";
  ASSERT_EQ(unread.size(), 2U);
  EXPECT_EQ(unread[1], "what is attached to it is larger than 256 MiB together, of which the rest was not read");
}

}  // namespace
}  // namespace ashlar::oci
