#include "oci/copy.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "oci/attach.h"
#include "oci/attached.h"
#include "oci/inner/small_registry_test.h"
#ifdef ASHLAR_WITH_VALIJSON
#include "base/schema_trial.h"
#endif

namespace ashlar::oci {
namespace {

using trial::SmallRegistry;
using Role = Receipt::Role;

template <class T>
std::string said(const Result<T>& result) { return result ? "done" : result.error().message; }

/// `registry.example/a:1`, an index of two platforms with a statement by referrer, a signature of that, and cosign's attestation of the index.
class CopyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Descriptor one = server.put_image("a", "", {"one", "shared"}), two = server.put_image("a", "", {"two", "shared"});
    one.platform = Platform{"linux", "amd64", ""}, two.platform = Platform{"linux", "arm64", ""};
    index = server.put_manifest("a", "1", to_text(ImageIndex{{one, two}, {}}), media::index);
    statement = artifact("a statement", one.digest);
    signature = artifact("a signature", statement);
    attestation = artifact("an attestation", std::nullopt, fmt::format("sha256-{}.att", index.hex()));
    server.put_image("a", "other", {"another image"});
  }
  Digest artifact(const std::string& content, const std::optional<Digest>& subject, const std::string& tag = {}) {
    const Digest config = server.put_blob("a", "{}"), layer = server.put_blob("a", content);
    const std::string refers = subject ? fmt::format(R"(,"subject":{{"mediaType":"{}","digest":"{}","size":1}})", media::manifest, subject->str()) : "";
    return server.put_manifest("a", tag, fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{}","size":2}},"layers":[{{"mediaType":"application/x","digest":"{}","size":{}}}]{}}})",
                                                     media::manifest, config.str(), layer.str(), content.size(), refers));
  }
  std::unique_ptr<ImageReader> reader(const std::string& ref) {
    auto opened = open_image(machine.machine, ImageRef::parse(ref).value(), {4, 1});
    EXPECT_TRUE(opened) << said(opened);
    return opened ? std::move(*opened) : nullptr;
  }
  std::unique_ptr<ImageWriter> registry(const std::string& name, const std::string& mount_from = {}) { return write_registry(machine.machine, ImageRef::parse("docker://registry.example/" + name).value(), mount_from, {4, 1}).value(); }
  ReceiptPlace place(Registry& at) {
    return {[&at](const Digest& digest) -> Result<std::string> {
              TRY_ASSIGN(auto document, at.manifest(digest.str()));
              return document.text;
            },
            [&at](const Digest& digest) { return at.blob(digest); },
            [&at](const std::string& tag) -> Result<Digest> {
              TRY_ASSIGN(const auto document, at.manifest(tag));
              return document.descriptor.digest;
            }};
  }
  static std::vector<std::string> lines(const Receipt& receipt) {
    std::vector<std::string> out;
    for (const auto& each : receipt.entries) out.push_back(fmt::format("{} {}", to_string(each.role), each.descriptor.digest.str()));
    std::ranges::sort(out);
    return out;
  }

  host::MemoryMachine machine{Time::parse("2026-11-24T08:00:00Z").value()};
  SmallRegistry server{machine};
  Digest index = Digest::from({}), statement = index, signature = index, attestation = index;
};

TEST_F(CopyTest, TheWholeClosureMovesThroughEveryPlace) {
  auto layout = write_layout(machine.files, "/layout").value();
  const auto first = copy_image(*reader("docker://registry.example/a:1"), *layout, {"1"});
  ASSERT_TRUE(first) << said(first);
  EXPECT_EQ(first->root, index);
  // index, 2 manifests, 3 artifacts; 3 configurations (artifacts share one), 3 layers, 3 contents
  ASSERT_EQ(first->entries.size(), 6U + 3U + 3U + 3U);
  EXPECT_EQ(first->entries.front().role, Role::Index);
  for (const Digest& each : {statement, signature, attestation}) {
    EXPECT_TRUE(std::ranges::any_of(first->entries, [&](const auto& entry) { return entry.descriptor.digest == each && entry.role == Role::Artifact; }));
  }
  EXPECT_TRUE(std::ranges::none_of(first->entries, [&](const auto& entry) { return entry.descriptor.digest == Digest::of("another image"); })) << "only what belongs to it";

  struct Row {
    std::string summary;
    bool has_referrers;
  };
  const Row rows[] = {{"with the API", true}, {"without", false}};
  for (const Row& row : rows) {
    server.has_referrers = row.has_referrers;
    server.repositories.erase("b");
    const auto second = copy_image(*reader("oci:/layout:1"), *registry("b"), {"1", "stable"});
    ASSERT_TRUE(second) << row.summary << ": " << said(second);
    EXPECT_EQ(lines(*second), lines(*first)) << row.summary;
    EXPECT_EQ(server.repositories["b"].tags.at("stable"), index.str());
    EXPECT_EQ(server.repositories["b"].tags.at(fmt::format("sha256-{}.att", index.hex())), attestation.str());
    const auto third = copy_image(*reader("docker://registry.example/b:1"), *write_layout(machine.files, row.has_referrers ? "/with" : "/without").value(), {"1"});
    ASSERT_TRUE(third) << said(third);
    EXPECT_EQ(lines(*third), lines(*first)) << row.summary << ", and back";
  }
}

/// What is signed at the destination stays signed there, and nothing lies there twice.
TEST_F(CopyTest, SignaturesAtTheDestinationStay) {
  const std::string tag = fmt::format("sha256-{}.sig", index.hex());
  struct Row {
    const char* summary;
    std::vector<std::string> here, there, in_the_end;  // contents under the tag
    const char* digest_of;                             // whose manifest lies there then: `source`, `destination`, or a new one
  };
  const Row rows[] = {
      {"nothing there", {"one"}, {}, {"one"}, "source"},
      {"the same there", {"one"}, {"one"}, {"one"}, "source"},
      {"another there", {"one"}, {"two"}, {"two", "one"}, ""},
      {"some of both", {"one", "two"}, {"three", "one"}, {"three", "one", "two"}, ""},
      {"more there", {"one"}, {"one", "two"}, {"one", "two"}, "destination"},
      {"more here", {"one", "two"}, {"one"}, {"one", "two"}, "source"},
      {"nothing here", {}, {"two"}, {"two"}, "destination"},
  };
  const auto contents = [](const std::vector<std::string>& texts) {
    std::vector<Attachment> out;
    for (const std::string& each : texts) out.push_back({"application/x", each, {{"signature", "of " + each}}});
    return out;
  };
  for (const bool to_layout : {false, true}) {
    for (const Row& row : rows) {
      const std::string name = fmt::format("{}", &row - rows), source_ref = "docker://registry.example/s" + name + ":1", folder = "/kept" + name;
      const auto destination = [&] { return to_layout ? write_layout(machine.files, folder).value() : registry("d" + name); };
      const std::string destination_ref = to_layout ? "oci:" + folder + ":1" : "docker://registry.example/d" + name + ":1";
      server.repositories["s" + name] = server.repositories["a"];
      Digest here = index, there = index;
      if (!row.here.empty()) here = attach_by_tag(*registry("s" + name), index, ".sig", contents(row.here)).value().digest;
      if (!row.there.empty()) there = attach_by_tag(*destination(), index, ".sig", contents(row.there)).value().digest;
      for (int round = 0; round < 2; ++round) {  // the same again changes nothing
        const auto receipt = copy_image(*reader(source_ref), *destination(), {"1"});
        ASSERT_TRUE(receipt) << row.summary << ": " << said(receipt);
        const auto back = reader(destination_ref);
        std::vector<std::string> found;
        for (const Attached& each : attached_to(*back, index).contents) {
          if (each.tag != tag) continue;
          found.push_back(each.content);
          EXPECT_EQ(each.annotations.at("signature"), "of " + each.content) << row.summary;
        }
        EXPECT_EQ(found, row.in_the_end) << row.summary << to_layout << round;
        const auto entry = std::ranges::find_if(receipt->entries, [&](const auto& each) { return each.tag == tag; });
        ASSERT_EQ(entry == receipt->entries.end(), row.here.empty()) << row.summary;
        if (row.here.empty()) continue;
        const std::string whose = row.digest_of;
        if (!whose.empty()) {
          EXPECT_EQ(entry->descriptor.digest, whose == "source" ? here : there) << row.summary;
        }
        for (const std::string& each : row.in_the_end) EXPECT_EQ(std::ranges::count_if(receipt->entries, [&](const auto& known) { return known.descriptor.digest == Digest::of(each); }), 1) << row.summary << each;
        if (to_layout) continue;
        const auto at = Registry::open(machine.machine, ImageRef::parse(destination_ref).value(), {2, 1}).value();
        EXPECT_TRUE(check_receipt(*receipt, place(*at)).value().empty()) << row.summary << ": the receipt says what lies there";
      }
    }
  }
}

TEST_F(CopyTest, WhatCannotBeAddedToIsNotReplaced) {
  const std::string tag = fmt::format("sha256-{}.att", index.hex());
  const Digest other = server.put_manifest("b", tag, to_text(ImageIndex{{}, {{"another", "index"}}}), media::index);
  const auto copied = copy_image(*reader("docker://registry.example/a:1"), *registry("b"), {"1"});
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().kind, Kind::Conflict);
  EXPECT_EQ(said(copied), fmt::format("cannot add to '{}': what lies there ('{}') is an index, and nothing is added to one", tag, other.str()));
  EXPECT_EQ(server.repositories["b"].tags.at(tag), other.str());
  EXPECT_FALSE(server.repositories["b"].tags.contains("1"));
}

TEST_F(CopyTest, NothingIsSentTwice) {
  ASSERT_TRUE(copy_image(*reader("docker://registry.example/a:1"), *registry("b", "a"), {"1"}));
  EXPECT_EQ(server.count("PUT /v2/b/blobs/"), 0U) << "all blobs were mounted";
  EXPECT_EQ(server.count("GET /v2/a/blobs/"), 0U) << "and none was fetched";
  ASSERT_TRUE(copy_image(*reader("docker://registry.example/a:1"), *registry("c"), {"1"}));
  const size_t sent = server.count("PUT /v2/c/blobs/");
  EXPECT_EQ(sent, 9U);
  ASSERT_TRUE(copy_image(*reader("docker://registry.example/a:1"), *registry("c"), {"2"}));
  EXPECT_EQ(server.count("PUT /v2/c/blobs/"), sent) << "all were there";
}

TEST_F(CopyTest, TheTagMovesLastAndOnlyWhenAllIsThere) {
  struct Row {
    std::string summary;
    std::function<void()> damage;
    std::string says;
  };
  const auto source = [&]() -> SmallRegistry::Repository& { return server.repositories["a"]; };
  const Row rows[] = {
      {"a layer is gone", [&] { source().blobs.erase(Digest::of("two").str()); }, "the registry answers 404: blob unknown"},
      {"a layer has other bytes", [&] { source().blobs[Digest::of("two").str()] = "tow"; }, "its bytes have another digest"},
      {"a layer is shorter", [&] { source().blobs[Digest::of("two").str()] = "tw"; }, "it has 2 bytes instead of 3"},
      {"a statement is gone", [&] { source().blobs.erase(Digest::of("a statement").str()); }, "404"},
      {"a signature's manifest is other", [&] { source().manifests[signature.str()].second += " "; }, "its bytes have digest"},
      {"the list of referrers fails", [&] { server.busy = 1000; }, "the registry answers 503"},
  };
  for (const Row& row : rows) {
    const auto before = server.repositories;
    auto from = reader("docker://registry.example/a:1");
    row.damage();
    for (const bool to_layout : {true, false}) {
      const host::Path folder = "/" + row.summary;
      const auto copied = copy_image(*from, to_layout ? *write_layout(machine.files, folder).value() : *registry("b"), {"1"});
      EXPECT_NE(said(copied).find(row.says), std::string::npos) << row.summary << ": " << said(copied);
      EXPECT_FALSE(machine.files.exists(folder / "index.json") && machine.files.read(folder / "index.json")->find("ref.name\":\"1\"") != std::string::npos) << row.summary;
      EXPECT_FALSE(server.repositories["b"].tags.contains("1")) << row.summary;
    }
    server.busy = 0;
    server.repositories = before;
  }
}

TEST_F(CopyTest, WhatIsTooLongComesNowhere) {
  server.repositories["a"].blobs[Digest::of("two").str()] = "two and more";
  const auto copied = copy_image(*reader("docker://registry.example/a:1"), *write_layout(machine.files, "/layout").value(), {"1"});
  EXPECT_NE(said(copied).find("it has at least 12 bytes instead of 3"), std::string::npos) << said(copied);
  ASSERT_TRUE(copy_image(*reader("docker://registry.example/a:1"), *registry("b"), {"1"}));
  EXPECT_EQ(server.repositories["b"].blobs[Digest::of("two").str()], "two") << "as much as has the digest is sent on, and no more";
}

TEST_F(CopyTest, AReceiptNamesWhateverIsMissingOrAltered) {
  auto receipt = copy_image(*reader("docker://registry.example/a:1"), *registry("b"), {"1"}).value();
  const auto at = Registry::open(machine.machine, ImageRef::parse("docker://registry.example/b").value(), {2, 1}).value();
  EXPECT_TRUE(check_receipt(receipt, place(*at)).value().empty());
  for (const auto& entry : receipt.entries) {
    for (const bool gone : {true, false}) {
      const auto before = server.repositories;
      auto& repository = server.repositories["b"];
      const std::string digest = entry.descriptor.digest.str();
      if (repository.manifests.contains(digest)) {
        if (gone) repository.manifests.erase(digest);
        else repository.manifests[digest].second[1] = '\'';
      } else if (gone) {
        repository.blobs.erase(digest);
      } else {
        repository.blobs[digest] = "other bytes";
      }
      const auto faults = check_receipt(receipt, place(*at));
      ASSERT_TRUE(faults) << said(faults);
      ASSERT_EQ(faults->size(), 1U) << to_string(entry.role) << " " << digest;
      EXPECT_EQ(faults->front().entry.descriptor.digest, entry.descriptor.digest);
      EXPECT_NE(faults->front().why.find(gone ? "404" : "digest"), std::string::npos) << faults->front().why;
      server.repositories = before;
    }
  }
  server.repositories["b"].tags.erase(fmt::format("sha256-{}.att", index.hex()));
  ASSERT_EQ(check_receipt(receipt, place(*at)).value().size(), 1U);
  EXPECT_NE(check_receipt(receipt, place(*at)).value()[0].why.find("there is no tag"), std::string::npos);
  server.repositories["b"].tags[fmt::format("sha256-{}.att", index.hex())] = signature.str();
  EXPECT_NE(check_receipt(receipt, place(*at)).value()[0].why.find("points at '" + signature.str()), std::string::npos);
  server.busy = 1000;
  EXPECT_EQ(check_receipt(receipt, place(*at)).error().kind, Kind::Unavailable) << "who cannot ask knows nothing";
}

TEST_F(CopyTest, ReceiptsReadAsTheyAreWritten) {
  Receipt receipt = copy_image(*reader("docker://registry.example/a:1"), *registry("b"), {"1"}).value();
  receipt.source = "docker://registry.example/a:1", receipt.destination = "docker://registry.example/b:1";
  const std::string text = to_pretty(to_json(receipt));
  const auto read = read_receipt(text, "r.json");
  ASSERT_TRUE(read) << said(read);
  EXPECT_EQ(to_pretty(to_json(*read)), text);
#ifdef ASHLAR_WITH_VALIJSON
  const SchemaTrial schema(ASHLAR_SOURCE_DIR "/schemas/receipt.schema.json");
  std::string why;
  EXPECT_TRUE(schema.takes(SchemaTrial::Value::parse(text), &why)) << why;
  EXPECT_FALSE(schema.takes(SchemaTrial::Value::parse(R"({"schema": "https://ashlar.dev/receipt/v1"})")));
#endif
  struct Row {
    std::string summary, from, to, says;
  };
  const Row rows[] = {
      {"another schema", "receipt/v1", "receipt/v2", "its 'schema' is not"},
      {"a role that nobody knows", "\"layer\"", "\"lawyer\"", "'lawyer' is no role"},
      {"no digest", "\"digest\": \"sha256:", "\"digest\": \"sha512:", "cannot read receipt 'r.json'"},
      {"a root that is none of the blobs", "\"digest\": \"" + index.str() + "\",\n  \"blobs\"", "\"digest\": \"sha256:" + std::string(64, '0') + "\",\n  \"blobs\"", "its 'digest' is none of its blobs"},
      {"no list", "\"blobs\": [", "\"blob\": [", "'blobs' is missing"},
      {"no text", text, "[]", "it is not an object"},
  };
  for (const Row& row : rows) {
    std::string changed = text;
    const size_t at = changed.find(row.from);
    ASSERT_NE(at, std::string::npos) << row.summary;
    changed.replace(at, row.from.size(), row.to);
    EXPECT_NE(said(read_receipt(changed, "r.json")).find(row.says), std::string::npos) << row.summary << ": " << said(read_receipt(changed, "r.json"));
  }
}

TEST_F(CopyTest, WhatMayNotBeHandedOnStays) {
  const Digest config = server.put_blob("d", to_text(Config{})), mine = server.put_blob("d", "mine");
  server.put_manifest("d", "1", to_text(Manifest{"", {std::string(media::config), config, to_text(Config{}).size(), {}, {}},
                                                 {{"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Digest::of("theirs"), 6, {}, {}}, {std::string(media::layer_tar), mine, 4, {}, {}}}, {}}));
  const auto receipt = copy_image(*reader("docker://registry.example/d:1"), *registry("e"), {"1"});
  ASSERT_TRUE(receipt) << said(receipt);
  EXPECT_EQ(receipt->entries.size(), 3U);
}

TEST_F(CopyTest, ADockerArchiveHoldsOnePlatform) {
  // Layers of this test's images are no archives; an empty one is.
  const std::string empty(1024, '\0');
  const Descriptor image = server.put_image("f", "1", {empty, empty});
  auto from = reader("docker://registry.example/f:1");
  const auto all = platforms(*from);
  ASSERT_TRUE(all) << said(all);
  const auto receipt = write_docker_archive(machine.files, *from, all->front(), "example/f:1", "/scratch", "/f.tar");
  ASSERT_TRUE(receipt) << said(receipt);
  EXPECT_EQ(receipt->root, all->front().manifest.config.digest);
  EXPECT_EQ(receipt->entries.size(), 2U) << "one layer twice is one file";
  auto back = reader("docker-archive:/f.tar:example/f:1");
  ASSERT_NE(back, nullptr);
  EXPECT_EQ(platforms(*back).value().front().config.diff_ids, all->front().config.diff_ids);
  PlatformImage other = all->front();
  other.config.diff_ids[0] = Digest::of("other");
  EXPECT_NE(said(write_docker_archive(machine.files, *from, other, "", "/scratch", "/g.tar")).find("its bytes are not those that the configuration names"), std::string::npos);
  other.config.diff_ids.clear();
  EXPECT_EQ(write_docker_archive(machine.files, *from, other, "", "/scratch", "/g.tar").error().kind, Kind::Corrupt);
}

}  // namespace
}  // namespace ashlar::oci
