#include "oci/layout.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/tar.h"
#include "host/process.h"
#include "host/scratch.h"

namespace ashlar::oci {
namespace {

/// A folder of its own for each test, with a small image to write.
class Layout : public ::testing::Test {
 protected:
  /// An image of one layer, which holds the file `etc/motd`; other words, another image.
  Descriptor write_image(LayoutWriter& writer, const std::string& words, const Platform& platform = {}) {
    Bytes tar;
    TarEntry entry;
    entry.path = "etc/motd";
    entry.mode = 0644;
    entry.size = words.size();
    append_tar_header(tar, entry);
    tar.insert(tar.end(), words.begin(), words.end());
    tar.resize(tar.size() + tar_padding(words.size()) + tar_end_size);
    Config config;
    config.platform = platform;
    config.diff_ids = {Digest::of(tar)};
    config.user = "65532";
    const auto layer = writer.put(media::layer_tar, as_text(tar));
    const auto config_blob = writer.put(media::config, to_text(config));
    EXPECT_TRUE(layer && config_blob);
    const auto manifest = writer.put(media::manifest, to_text(Manifest{"", *config_blob, {*layer}, {}}));
    EXPECT_TRUE(manifest);
    return *manifest;
  }

  LayoutWriter writer(const host::Path& at) {
    auto opened = LayoutWriter::open(*files, at);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }

  std::string index() { return *files->read(folder / "i/index.json"); }
  Result<std::unique_ptr<ImageReader>> open(const std::string& text) {
    const auto ref = ImageRef::parse(text);
    EXPECT_TRUE(ref) << ref.error().message;
    return open_image(*files, *ref);
  }

  std::unique_ptr<host::Files> files = host::machine_files();
  host::Scratch scratch;
  host::Path folder = scratch.path();
};

TEST_F(Layout, HoldsWhatWasWritten) {
  auto to = writer(folder / "i");
  const Descriptor image = write_image(to, "hello");
  ASSERT_TRUE(to.point("1.0", image));
  EXPECT_EQ(*files->read(folder / "i/oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");

  const auto reader = open("oci:" + (folder / "i").string() + ":1.0");
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->root().digest, image.digest);
  const auto all = platforms(**reader);
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ(all->front().platform.str(), "linux/amd64");
  EXPECT_EQ(all->front().config.user, "65532");
  const auto layer = (*reader)->blob(all->front().manifest.layers[0].digest);
  ASSERT_TRUE(layer);
  EXPECT_NE(layer->find("hello"), std::string::npos);
}

TEST_F(Layout, OfSeveralPlatformsIsReadByPlatform) {
  auto to = writer(folder / "i");
  ImageIndex index;
  for (const char* name : {"linux/amd64", "linux/arm64"}) {
    Descriptor image = write_image(to, name, *Platform::parse(name));
    image.platform = *Platform::parse(name);
    index.manifests.push_back(image);
  }
  Descriptor statement = index.manifests[0];  // what BuildKit adds beside an image
  statement.platform = Platform{"unknown", "unknown", ""};
  index.manifests.push_back(statement);
  const auto root = to.put(media::index, to_text(index));
  ASSERT_TRUE(root);
  ASSERT_TRUE(to.point("all", *root));
  const auto reader = open("oci:" + (folder / "i").string());
  ASSERT_TRUE(reader);
  const auto all = platforms(**reader);
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[1].platform.str(), "linux/arm64");
  EXPECT_EQ((*all)[1].config.platform.str(), "linux/arm64");
}

TEST_F(Layout, KeepsOtherTagsAndReplacesItsOwn) {
  auto to = writer(folder / "i");
  const Descriptor one = write_image(to, "one"), two = write_image(to, "two");
  ASSERT_TRUE(to.point("b", one));
  ASSERT_TRUE(to.point("a", one));
  const std::string before = index();
  ASSERT_TRUE(to.point("a", one));
  EXPECT_EQ(index(), before);
  ASSERT_TRUE(to.point("a", two));
  const auto read = read_index(index());
  ASSERT_TRUE(read);
  ASSERT_EQ(read->manifests.size(), 2u);
  EXPECT_EQ(read->manifests[0].digest, two.digest);
  EXPECT_EQ(read->manifests[1].digest, one.digest);
  ASSERT_TRUE(to.point("a", one));
  EXPECT_EQ(index(), before);
}

TEST_F(Layout, HasTheSameBytesInWhateverOrderTagsCame) {
  auto to = writer(folder / "i");
  auto other = writer(folder / "j");
  const Descriptor one = write_image(to, "one"), two = write_image(to, "two");
  write_image(other, "two");
  write_image(other, "one");
  ASSERT_TRUE(to.point("x", one) && to.point("y", two) && other.point("y", two) && other.point("x", one));
  EXPECT_EQ(index(), *files->read(folder / "j/index.json"));
}

TEST_F(Layout, LeavesWhatOthersWroteAsItWas) {
  auto to = writer(folder / "i");
  const Descriptor image = write_image(to, "one");
  const std::string theirs = R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" + image.digest.str() + R"(","size":)" + std::to_string(image.size) +
                             R"(,"artifactType":"application/x","data":"e30=","annotations":{"org.opencontainers.image.ref.name":"theirs"}})";
  ASSERT_TRUE(files->write(folder / "i/index.json", R"({"schemaVersion":2,"extra":[1],"manifests":[)" + theirs + "]}"));
  ASSERT_TRUE(to.point("ours", image));
  EXPECT_NE(index().find(theirs), std::string::npos) << index();
  EXPECT_NE(index().find(R"("extra":[1])"), std::string::npos) << index();
}

TEST_F(Layout, TakesTagsFromManyWritersAtOnce) {
  constexpr int writers = 8, rounds = 5;
  auto first = writer(folder / "i");
  const Descriptor image = write_image(first, "one");
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int number = 0; number < writers; ++number) {
    threads.emplace_back([&, number] {
      for (int round = 0; round < rounds; ++round) {
        auto to = LayoutWriter::open(*files, folder / "i");
        if (!to || !to->point("t" + std::to_string(number) + "-" + std::to_string(round), image)) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(read_index(index())->manifests.size(), static_cast<size_t>(writers * rounds));
}

TEST_F(Layout, IsNotMadeOverOtherThings) {
  ASSERT_TRUE(files->write(folder / "i/report.txt", "mine"));
  const auto refused = LayoutWriter::open(*files, folder / "i");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Kind::Conflict);
  EXPECT_EQ(*files->list(folder / "i"), std::vector<std::string>{"report.txt"});
}

TEST_F(Layout, RefusesTagsThatAreNone) {
  auto to = writer(folder / "i");
  const Descriptor image = write_image(to, "one");
  for (const char* tag : {"", "a b", "-a", "a--", "a\"b"}) {
    const auto done = to.point(tag, image);
    ASSERT_FALSE(done) << tag;
    EXPECT_EQ(done.error().kind, Kind::Invalid);
  }
  EXPECT_FALSE(files->exists(folder / "i/index.json"));
}

TEST_F(Layout, RefusesToPointAtWhatIsNotThere) {
  auto to = writer(folder / "i");
  const auto done = to.point("a", {std::string(media::manifest), Digest::of("nothing"), 7, {}, {}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, Kind::NotFound);
}

TEST_F(Layout, TakesBlobsFromDraftsAndFiles) {
  auto to = writer(folder / "i");
  const auto draft = to.draft();
  ASSERT_TRUE(draft);
  ASSERT_TRUE((*draft)->write(as_bytes("drafted")));
  EXPECT_FALSE(to.has(Digest::of("drafted"), 7));
  ASSERT_TRUE(to.commit_as(**draft, Digest::of("drafted")));
  EXPECT_TRUE(to.has(Digest::of("drafted"), 7));
  EXPECT_FALSE(to.has(Digest::of("drafted"), 8));
  ASSERT_TRUE(files->write(folder / "file", "from a file"));
  ASSERT_TRUE(to.put_file(folder / "file", Digest::of("from a file")));
  EXPECT_TRUE(to.has(Digest::of("from a file"), 11));
}

TEST_F(Layout, HasNoBlobWithOtherBytes) {
  auto writer = LayoutWriter::open(*files, folder / "layout");
  ASSERT_TRUE(writer) << writer.error().message;
  const auto blob = writer->put(media::config, "0123456789");
  ASSERT_TRUE(blob) << blob.error().message;
  EXPECT_TRUE(writer->has(blob->digest, blob->size));
  const auto path = folder / "layout/blobs/sha256" / blob->digest.hex();
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  std::ofstream(path, std::ios::binary) << "0123456780";
  EXPECT_FALSE(writer->has(blob->digest, blob->size)) << "of the same size";
  ASSERT_TRUE(writer->put(media::config, "0123456789"));
  EXPECT_TRUE(writer->has(blob->digest, blob->size)) << "written again";
}

TEST_F(Layout, HasAllOfManyBlobsOrNot) {
  auto first = writer(folder / "many");
  std::vector<Descriptor> blobs;
  for (int count = 0; count < 40; ++count) {
    const auto blob = first.put(media::layer_tar, std::string(static_cast<size_t>(1000 * count), static_cast<char>('a' + count % 20)));
    ASSERT_TRUE(blob) << blob.error().message;
    blobs.push_back(*blob);
  }
  EXPECT_TRUE(first.has_all({}));
  EXPECT_TRUE(first.has_all(blobs));
  Descriptor longer = blobs[7];
  ++longer.size;
  EXPECT_FALSE(first.has_all({blobs[6], longer})) << "known, but of another size";
  EXPECT_FALSE(first.has_all({blobs[6], {std::string(media::layer_tar), Digest::of("absent"), 6, {}, {}}}));
  const auto path = folder / "many/blobs/sha256" / blobs[30].digest.hex();
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  std::ofstream(path, std::ios::binary | std::ios::in) << "other";
  EXPECT_FALSE(writer(folder / "many").has_all(blobs)) << "one has other bytes";
  blobs.erase(blobs.begin() + 30);
  EXPECT_TRUE(writer(folder / "many").has_all(blobs));
}

TEST_F(Layout, OneImageOfSeveralTagsNeedsNone) {
  auto writer = LayoutWriter::open(*files, folder / "one");
  ASSERT_TRUE(writer) << writer.error().message;
  const auto blob = writer->put(media::manifest, "{}");
  ASSERT_TRUE(blob);
  for (const char* tag : {"8", "8.1"}) ASSERT_TRUE(writer->point(tag, *blob));
  const auto ref = ImageRef::parse("oci:" + (folder / "one").string());
  ASSERT_TRUE(ref) << ref.error().message;
  const auto one = open_image(*files, *ref);
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ((*one)->root().digest, blob->digest);
  const auto other = writer->put(media::manifest, "{ }");
  ASSERT_TRUE(writer->point("9", *other));
  EXPECT_FALSE(open_image(*files, *ref)) << "two images: a tag is needed";
}

TEST_F(Layout, SaysWhichTagsThereAre) {
  auto to = writer(folder / "i");
  const std::string at = "oci:" + (folder / "i").string();
  EXPECT_EQ(open(at).error().message, "cannot open '" + at + "': the layout holds no image");
  ASSERT_TRUE(to.point("a", write_image(to, "one")));
  EXPECT_TRUE(open(at));
  EXPECT_EQ(open(at + ":c").error().message, "cannot open '" + at + ":c': there is no such tag; its tags are 'a'");
  ASSERT_TRUE(to.point("b", write_image(to, "two")));
  EXPECT_EQ(open(at).error().message, "cannot open '" + at + "': it holds several images; name a tag: its tags are 'a', 'b'");
  ASSERT_TRUE(to.point("latest", write_image(to, "three")));
  EXPECT_TRUE(open(at));
  EXPECT_EQ(open("oci:" + (folder / "none").string()).error().kind, Kind::NotFound);
  EXPECT_EQ(open("docker://registry.example/python").error().kind, Kind::Invalid);
  EXPECT_EQ(open("docker-archive:" + (folder / "x.tar").string()).error().kind, Kind::NotFound);  // there is no such file
  EXPECT_EQ(open("docker://registry.example/x:1").error().kind, Kind::Invalid);
}

TEST_F(Layout, GivesNoBlobWhoseBytesAreDamaged) {
  auto to = writer(folder / "i");
  const Descriptor image = write_image(to, "one");
  ASSERT_TRUE(to.point("a", image));
  const auto reader = open("oci:" + (folder / "i").string());
  ASSERT_TRUE(reader);
  const host::Path blob = folder / "i/blobs/sha256" / image.digest.hex();
  std::string text = *files->read(blob);
  text[10] ^= 1;
  ASSERT_TRUE(files->write(blob, text));
  EXPECT_EQ((*reader)->blob(image.digest).error().kind, Kind::Corrupt);
  EXPECT_EQ(platforms(**reader).error().kind, Kind::Corrupt);
  ASSERT_TRUE(files->remove(blob));
  EXPECT_EQ((*reader)->blob(image.digest).error().kind, Kind::Corrupt);
}

TEST_F(Layout, GivesNoBlobBeyondTheLimit) {
  auto to = writer(folder / "i");
  const Descriptor image = write_image(to, "one");
  ASSERT_TRUE(to.point("a", image));
  const auto reader = open("oci:" + (folder / "i").string());
  ASSERT_TRUE(reader);
  EXPECT_FALSE((*reader)->blob(image.digest, image.size - 1));
  EXPECT_TRUE((*reader)->blob(image.digest, image.size));
}

TEST_F(Layout, IsReadOutOfAnArchive) {
  auto to = writer(folder / "i");
  const Descriptor one = write_image(to, "one"), two = write_image(to, std::string(300'000, 'x'));
  ASSERT_TRUE(to.point("1", one) && to.point("2", two));
  ASSERT_TRUE(write_archive(*files, folder / "i", folder / "i.tar"));
  const std::string at = "oci-archive:" + (folder / "i.tar").string();
  for (const auto& [tag, image] : {std::pair{"1", one}, {"2", two}}) {
    const auto reader = open(at + ":" + tag);
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_EQ((*reader)->root().digest, image.digest);
    const auto all = platforms(**reader);
    ASSERT_TRUE(all) << all.error().message;
    const auto source = (*reader)->open(all->front().manifest.layers[0].digest);
    ASSERT_TRUE(source);
    const auto bytes = read_all(**source, 1 << 20);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(Digest::of(*bytes), all->front().config.diff_ids[0]);
  }
  EXPECT_EQ(open(at).error().kind, Kind::NotFound);
  EXPECT_EQ((*open(at + ":1"))->blob(Digest::of("nothing")).error().kind, Kind::Corrupt);
}

TEST_F(Layout, GivesTheSameArchiveEveryTime) {
  auto to = writer(folder / "i");
  ASSERT_TRUE(to.point("1", write_image(to, "one")));
  ASSERT_TRUE(write_archive(*files, folder / "i", folder / "a.tar"));
  auto again = writer(folder / "somewhere/else");
  ASSERT_TRUE(again.point("1", write_image(again, "one")));
  ASSERT_TRUE(files->write(folder / "somewhere/else/blobs/sha256/.left-behind", "by a crash"));
  ASSERT_TRUE(write_archive(*files, folder / "somewhere/else", folder / "b.tar"));
  EXPECT_EQ(*files->read(folder / "a.tar"), *files->read(folder / "b.tar"));
}

TEST_F(Layout, RefusesArchivesThatAreDamaged) {
  auto to = writer(folder / "i");
  ASSERT_TRUE(to.point("1", write_image(to, "one")));
  ASSERT_TRUE(write_archive(*files, folder / "i", folder / "whole.tar"));
  const std::string whole = *files->read(folder / "whole.tar");
  struct Row {
    const char* summary;
    std::string bytes;
    Kind kind;
  };
  std::string bad_header = whole;
  bad_header[1024 + 3] ^= 1;
  const Row rows[] = {
      {"empty", "", Kind::Corrupt},
      {"no tar", std::string(4096, 'x'), Kind::Corrupt},
      {"no layout in it", std::string(1024, '\0'), Kind::NotFound},
      {"ends within a header", whole.substr(0, 1300), Kind::Corrupt},
      {"ends within a blob", whole.substr(0, whole.size() - 2048), Kind::Corrupt},
      {"a damaged header", bad_header, Kind::Corrupt},
      {"compressed", "\x1f\x8b\x08" + std::string(100, '\0'), Kind::Invalid},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    ASSERT_TRUE(files->write(folder / "x.tar", row.bytes));
    const auto opened = open("oci-archive:" + (folder / "x.tar").string());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, row.kind) << opened.error().message;
  }
}

/// What other tools make of our images, and we of theirs.
class Peers : public Layout {
 protected:
  void need(const char* program) {
    if (!processes->find(program)) GTEST_SKIP() << "there is no program '" << program << "' here";
  }
  host::Outcome run(std::vector<std::string> argv) {
    host::Command command;
    command.argv = std::move(argv);
    const auto outcome = processes->run(command);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? *outcome : host::Outcome{127, false, false, "", ""};
  }
  std::unique_ptr<host::Processes> processes = host::machine_processes();
};

TEST_F(Peers, SkopeoReadsTheManifestAsWeWroteIt) {
  need("skopeo");
  if (IsSkipped()) return;
  auto to = writer(folder / "i");
  const Descriptor image = write_image(to, "hello");
  ASSERT_TRUE(to.point("1.0", image));
  const std::string at = "oci:" + (folder / "i").string() + ":1.0";
  const auto raw = run({"skopeo", "inspect", "--raw", at});
  ASSERT_EQ(raw.exit_code, 0) << raw.err;
  EXPECT_EQ(Digest::of(raw.out).str(), image.digest.str());
  ASSERT_TRUE(write_archive(*files, folder / "i", folder / "i.tar"));
  const auto archived = run({"skopeo", "inspect", "--raw", "oci-archive:" + (folder / "i.tar").string() + ":1.0"});
  ASSERT_EQ(archived.exit_code, 0) << archived.err;
  EXPECT_EQ(archived.out, raw.out);
}

TEST_F(Peers, SkopeoCopiesToOtherFormsAndBack) {
  need("skopeo");
  if (IsSkipped()) return;
  auto to = writer(folder / "i");
  const Descriptor image = write_image(to, "hello");
  ASSERT_TRUE(to.point("1.0", image));
  const std::string at = "oci:" + (folder / "i").string() + ":1.0";
  const auto docker = run({"skopeo", "copy", "--insecure-policy", at, "docker-archive:" + (folder / "d.tar").string() + ":ashlar/test:1.0"});
  EXPECT_EQ(docker.exit_code, 0) << docker.err;
  const auto layout = run({"skopeo", "copy", "--insecure-policy", at, "oci:" + (folder / "copy").string() + ":x"});
  ASSERT_EQ(layout.exit_code, 0) << layout.err;
  const auto archive = run({"skopeo", "copy", "--insecure-policy", at, "oci-archive:" + (folder / "copy.tar").string() + ":x"});
  ASSERT_EQ(archive.exit_code, 0) << archive.err;
  for (const std::string& copy : {"oci:" + (folder / "copy").string() + ":x", "oci-archive:" + (folder / "copy.tar").string() + ":x"}) {
    SCOPED_TRACE(copy);
    const auto reader = open(copy);
    ASSERT_TRUE(reader) << reader.error().message;
    const auto all = platforms(**reader);
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_EQ(all->front().config.user, "65532");
    EXPECT_EQ(all->front().manifest.config.digest, read_manifest(*(*open(at))->blob(image.digest))->config.digest);
  }
}

TEST_F(Peers, UmociUnpacksIt) {
  need("umoci");
  if (IsSkipped()) return;
  auto to = writer(folder / "i");
  ASSERT_TRUE(to.point("1.0", write_image(to, "hello")));
  const auto done = run({"umoci", "unpack", "--rootless", "--image", (folder / "i").string() + ":1.0", (folder / "bundle").string()});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(*files->read(folder / "bundle/rootfs/etc/motd"), "hello");
}

}  // namespace
}  // namespace ashlar::oci
