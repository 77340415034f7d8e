// What changes a registry: pushes, and the ways in which they break.
#include <gtest/gtest.h>

#include "base/parallel.h"
#include "oci/attached.h"
#include "oci/inner/small_registry_test.h"
#include "oci/registry.h"

namespace ashlar::oci {
namespace {

using trial::SmallRegistry;

template <class T>
std::string said(const Result<T>& result) { return result ? "done" : result.error().message; }

class RegistryPush : public ::testing::Test {
 protected:
  RegistryPush() {
    machine.environment = {{"REGISTRY_AUTH_FILE", "/auth.json"}};
    for (int at = 0; at < 60'000; ++at) bytes += fmt::format("{},", at);
    blob = {std::string(media::layer_tar), Digest::of(bytes), bytes.size(), {}, {}};
  }
  std::unique_ptr<Registry> repository(const std::string& name = "a") { return Registry::open(machine.machine, ImageRef::parse("docker://registry.example/" + name).value(), {4, 1}).value(); }
  BlobOpener opener() {
    return [this](std::uint64_t offset) -> Result<std::unique_ptr<Source>> {
      opened.push_back(offset);
      return std::make_unique<MemorySource>(as_bytes(bytes).subspan(offset));
    };
  }
  bool is_whole(const std::string& name = "a") { return server.repositories[name].blobs[blob.digest.str()] == bytes; }
  Document artifact(const Digest& subject, const std::string& text) {
    const Digest config = server.put_blob("a", "{}");
    std::string whole = fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","artifactType":"application/x","config":{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{}","size":2}},"layers":[],"subject":{{"mediaType":"{}","digest":"{}","size":1}},"annotations":{{"text":"{}"}}}})",
                                    media::manifest, config.str(), media::manifest, subject.str(), text);
    return {{std::string(media::manifest), Digest::of(whole), whole.size(), {}, {}}, whole};
  }
  size_t requests(std::string_view method) const {
    return static_cast<size_t>(std::ranges::count_if(server.log, [&](const std::string& line) { return line.starts_with(method); }));
  }

  host::MemoryMachine machine{Time::parse("2026-11-24T08:00:00Z").value()};
  SmallRegistry server{machine};
  std::string bytes;
  Descriptor blob;
  std::vector<std::uint64_t> opened;
};

TEST_F(RegistryPush, ABlobGoesInOnePieceAndOnce) {
  const auto registry = repository();
  ASSERT_TRUE(registry->push_blob(blob, opener()));
  EXPECT_TRUE(is_whole());
  EXPECT_EQ(requests("PATCH"), 0U);
  EXPECT_EQ(requests("PUT"), 1U);
  ASSERT_TRUE(registry->push_blob(blob, opener()));
  EXPECT_EQ(requests("PUT"), 1U) << "it is there already";
  EXPECT_EQ(opened.size(), 1U);
  const Descriptor empty{std::string(media::layer_tar), Digest::of(""), 0, {}, {}};
  bytes.clear();
  ASSERT_TRUE(registry->push_blob(empty, opener())) << "nothing can be sent, too";
  EXPECT_TRUE(registry->has_blob(empty.digest).value());
}

TEST_F(RegistryPush, WhatBreaksGoesOn) {
  struct Row {
    std::string summary;
    std::uint64_t after;
    int times;
    bool tells_place;
    size_t chunk_limit;
    std::string says;
    std::vector<std::uint64_t> opened;
  };
  const std::uint64_t half = bytes.size() / 2;
  const Row rows[] = {
      {"nothing", 0, 0, true, SIZE_MAX, "done", {0}},
      {"cut once, and the registry knows how far it came", 100'000, 1, true, SIZE_MAX, "done", {0, 100'000}},
      {"cut twice", 100'000, 2, true, SIZE_MAX, "done", {0, 100'000, 200'000}},
      {"cut once, and it does not know", 100'000, 1, false, SIZE_MAX, "done", {0, 0}},
      {"cut at the front for ever", 0, 1000, true, SIZE_MAX, "cannot push blob '" + blob.digest.str() + "': cannot send to", {0, 0, 0, 0}},
      {"it takes no large pieces", 0, 0, true, half + 10, "done", {0, 0, half}},
      {"it takes small ones alone", 0, 0, true, 100'000, "done", {0, 0, 0, 87'222, 174'444, 261'666, 348'888}},
      {"it takes none that we would send", 0, 0, true, 1000, "the registry answers 413", {}},
  };
  for (const Row& row : rows) {
    server.repositories.clear();
    opened.clear();
    server.lists_uploads = row.tells_place;
    server.chunk_limit = row.chunk_limit;
    machine.http.break_bodies(row.after, row.times);
    const auto pushed = repository()->push_blob(blob, opener());
    EXPECT_NE(said(pushed).find(row.says), std::string::npos) << row.summary << ": " << said(pushed);
    EXPECT_EQ(pushed.has_value(), is_whole()) << row.summary;
    if (!row.opened.empty()) {
      EXPECT_EQ(opened, row.opened) << row.summary;
    }
    machine.http.break_bodies(0, 0);
  }
}

TEST_F(RegistryPush, WrongBytesAreNotTaken) {
  const auto registry = repository();
  const std::string right = bytes;
  bytes[1000] ^= 1;
  const auto pushed = registry->push_blob(blob, opener());
  EXPECT_EQ(said(pushed), "cannot push blob '" + blob.digest.str() + "': the registry answers 400: provided digest did not match uploaded content");
  EXPECT_FALSE(registry->has_blob(blob.digest).value());
  bytes.resize(10);
  EXPECT_NE(said(registry->push_blob(blob, opener())), "done") << "and too few";
  const BlobOpener gone = [](std::uint64_t) -> Result<std::unique_ptr<Source>> { return cannot(Kind::NotFound, "open it", "it is gone"); };
  EXPECT_EQ(said(registry->push_blob(blob, gone)), "cannot push blob '" + blob.digest.str() + "': cannot open it: it is gone") << "and nothing is tried again";
}

TEST_F(RegistryPush, ABusyRegistryIsWaitedFor) {
  server.busy = 2;
  EXPECT_TRUE(repository()->push_blob(blob, opener()));
  EXPECT_TRUE(is_whole());
  server.repositories.clear();
  server.busy = 100;
  EXPECT_EQ(repository()->push_blob(blob, opener()).error().kind, Kind::Unavailable);
}

TEST_F(RegistryPush, BlobsAreMountedFromOtherRepositories) {
  ASSERT_TRUE(repository("b")->push_blob(blob, opener()));
  for (const bool mounts : {true, false}) {
    server.mounts = mounts;
    server.repositories.erase("a");
    opened.clear();
    ASSERT_TRUE(repository()->push_blob(blob, opener(), "b"));
    EXPECT_TRUE(is_whole());
    EXPECT_EQ(opened.size(), mounts ? 0U : 1U) << "where it cannot be mounted, it is sent";
  }
  server.repositories.erase("a");
  EXPECT_TRUE(repository()->push_blob(blob, opener(), "c")) << "a repository that has it not";
  server.mounts = true;
  server.auth = SmallRegistry::Auth::Bearer;
  ASSERT_TRUE(machine.files.write("/auth.json", R"({"auths": {"registry.example": {"auth": ")" + to_base64(as_bytes("user:hunter2")) + "\"}}}", host::Durability::Cache));
  server.repositories.erase("a");
  opened.clear();
  const auto registry = repository();
  const auto mounted = registry->push_blob(blob, opener(), "b");
  ASSERT_TRUE(mounted) << said(mounted);
  EXPECT_EQ(opened.size(), 0U) << "the token is for reading the other repository, too";
}

TEST_F(RegistryPush, UploadsGoWhereTheRegistrySaysAndTheLoginDoesNot) {
  ASSERT_TRUE(machine.files.write("/auth.json", R"({"auths": {"registry.example": {"auth": ")" + to_base64(as_bytes("user:hunter2")) + "\"}}}", host::Durability::Cache));
  struct Row {
    std::string summary, location, url;
    bool shown;
  };
  const Row rows[] = {
      {"a path", "/up?x=1", "https://registry.example/up?x=1&digest=", true},
      {"a path from where it was asked", "u1", "https://registry.example/v2/a/blobs/uploads/u1?digest=", true},
      {"the whole address", "https://registry.example/up", "https://registry.example/up?digest=", true},
      {"with the port that it implies", "https://registry.example:443/up", "https://registry.example:443/up?digest=", true},
      {"by a registry that does not know that it speaks HTTPS", "http://registry.example/up", "https://registry.example/up?digest=", true},
      {"on another port", "https://registry.example:444/up", "https://registry.example:444/up?digest=", false},
      {"on another host", "https://storage.example/up", "https://storage.example/up?digest=", false},
      {"on another host, in the open", "http://storage.example/up", "http://storage.example/up?digest=", false},
      {"on a host without a scheme", "//storage.example/up", "https://storage.example/up?digest=", false},
  };
  for (const Row& row : rows) {
    machine.http.serve_by([&](const host::HttpRequest& request, const std::string&) -> host::CannedAnswer {
      if (request.url.find("registry.example/v2/") != std::string::npos && !request.headers.contains("authorization")) return {401, {{"www-authenticate", "Basic realm=x"}}, "", {}, true};
      if (request.method == "HEAD") return {404, {}, "", {}, true};
      return request.method == "POST" ? host::CannedAnswer{202, {{"location", row.location}}, "", {}, true} : host::CannedAnswer{201, {}, "", {}, true};
    });
    const auto pushed = repository()->push_blob(blob, opener());
    ASSERT_TRUE(pushed) << row.summary << ": " << said(pushed);
    const host::HttpRequest last = machine.http.requests().back();
    EXPECT_EQ(last.url, row.url + "sha256%3A" + blob.digest.hex()) << row.summary;
    EXPECT_EQ(last.headers.contains("authorization"), row.shown) << row.summary;
  }
  for (const char* location : {"", "ftp://x/y", "mailto:x"}) {
    machine.http.serve_by([&](const host::HttpRequest& request, const std::string&) { return host::CannedAnswer{request.method == "HEAD" ? 404 : 202, {{"location", location}}, "", {}, true}; });
    EXPECT_NE(said(repository()->push_blob(blob, opener())).find("the registry leads to no address of HTTP"), std::string::npos) << location;
  }
}

TEST_F(RegistryPush, ManifestsGoUnderTheirTags) {
  const Descriptor image = server.put_image("b", "1", {"one"});
  const Document document{image, server.repositories["b"].manifests[image.digest.str()].second};
  const auto registry = repository();
  ASSERT_TRUE(registry->push_manifest("2", document));
  EXPECT_EQ(registry->manifest("2").value().descriptor.digest, image.digest);
  EXPECT_EQ(registry->manifest("2").value().descriptor.media_type, media::manifest);
  EXPECT_EQ(registry->tags().value(), std::vector<std::string>{"2"});
  ASSERT_TRUE(registry->push_manifest(image.digest.str(), document));
  EXPECT_EQ(registry->tags().value().size(), 1U) << "by its digest it has no tag";
  machine.http.serve_by([](const host::HttpRequest&, const std::string&) { return host::CannedAnswer{201, {{"docker-content-digest", "sha256:" + std::string(64, '0')}}, "", {}, true}; });
  EXPECT_EQ(registry->push_manifest("3", document).error().kind, Kind::Corrupt);
}

TEST_F(RegistryPush, TheFallbackTagNamesWhatTheRegistryCannotList) {
  const Descriptor image = server.put_image("a", "1", {"one"});
  const Document first = artifact(image.digest, "first"), second = artifact(image.digest, "second");
  for (const bool has_api : {true, false}) {
    server.has_referrers = has_api;
    const auto registry = repository();
    for (const Document* each : {&first, &second, &first}) ASSERT_TRUE(registry->push_manifest(each->descriptor.digest.str(), *each));
    EXPECT_EQ(registry->referrers(image.digest).value().size(), 2U) << has_api;
    EXPECT_EQ(server.repositories["a"].tags.contains(fallback_tag(image.digest)), !has_api) << "a registry that lists them needs no tag";
  }
  const auto registry = repository();
  const Json index = parse_json(registry->manifest(fallback_tag(image.digest)).value().text, "index").value();
  EXPECT_EQ(index["manifests"].size(), 2U);
  EXPECT_EQ(index["manifests"][0]["artifactType"], "application/x");
  EXPECT_EQ(index["manifests"][1]["annotations"]["text"], "second");
  ASSERT_TRUE(registry->remove(first.descriptor.digest.str()));
  ASSERT_EQ(registry->referrers(image.digest).value().size(), 1U);
  EXPECT_EQ(registry->referrers(image.digest).value()[0].digest, second.descriptor.digest);
  ASSERT_TRUE(registry->remove(second.descriptor.digest.str()));
  EXPECT_TRUE(registry->referrers(image.digest).value().empty());
  EXPECT_FALSE(server.repositories["a"].tags.contains(fallback_tag(image.digest))) << "a list of nothing is not left";
}

/// The list of referrers under the fallback tag goes with the last of them, unless something else stands in it or the registry keeps it.
TEST_F(RegistryPush, TheFallbackTagGoesWithTheLastThatItNames) {
  struct Row {
    const char* summary;
    std::function<void()> before;  // in the list and the registry, once the artifact is there
    const char* left;              // entries and annotations of the list; null: it is gone
  };
  const Descriptor image = server.put_image("a", "1", {"one"});
  server.has_referrers = false;
  const Document only = artifact(image.digest, "only"), other = artifact(image.digest, "other");
  const std::string tag = fallback_tag(image.digest);
  const auto text = [&] { return server.repositories["a"].manifests.at(server.repositories["a"].tags.at(tag)).second; };
  bool added = false;
  const auto adds_meanwhile = [&](const std::string& line) {
    if (line != "GET /v2/a/manifests/" + tag + " 200" || added) return;
    added = true;
    Json list = Json::parse(text());
    list["manifests"].push_back({{"mediaType", media::manifest}, {"digest", other.descriptor.digest.str()}, {"size", other.text.size()}});
    server.put_manifest("a", tag, list.dump(), media::index);
  };
  const Row rows[] = {
      {"alone", [] {}, nullptr},
      {"one that stands there twice", [&] { Json list = Json::parse(text()); list["manifests"].push_back(list["manifests"][0]); server.put_manifest("a", tag, list.dump(), media::index); }, nullptr},
      {"a registry whose tags outlive what they name", [&] { server.untags = false; }, nullptr},
      {"beside another", [&] { ASSERT_TRUE(repository()->push_manifest(other.descriptor.digest.str(), other)); }, "1 "},
      {"under a list that says more", [&] { Json list = Json::parse(text()); list["annotations"]["note"] = "ours"; server.put_manifest("a", tag, list.dump(), media::index); }, "0 ours"},
      {"while another adds to it", [&] { server.then = adds_meanwhile; }, "1 "},
  };
  for (const Row& row : rows) {
    server.repositories["a"].tags.erase(tag);
    ASSERT_TRUE(repository()->push_manifest(only.descriptor.digest.str(), only)) << row.summary;
    row.before();
    ASSERT_TRUE(repository()->remove(only.descriptor.digest.str())) << row.summary;
    server.then = {};
    server.untags = true;
    EXPECT_EQ(server.repositories["a"].tags.contains(tag), row.left != nullptr) << row.summary;
    if (row.left == nullptr || !server.repositories["a"].tags.contains(tag)) continue;
    const Json list = Json::parse(text());
    EXPECT_EQ(fmt::format("{} {}", list["manifests"].size(), list.contains("annotations") ? list["annotations"].value("note", "") : ""), row.left) << row.summary << list;
    for (const Json& each : list["manifests"]) EXPECT_NE(each["digest"], only.descriptor.digest.str()) << row.summary;
  }
  EXPECT_TRUE(added);
}

TEST_F(RegistryPush, AnotherChangeOfTheFallbackTagIsNotLost) {
  const Descriptor image = server.put_image("a", "1", {"one"});
  server.has_referrers = false;
  const auto ours = repository(), theirs = repository();
  std::vector<Document> all;
  for (int at = 0; at < 6; ++at) all.push_back(artifact(image.digest, fmt::format("{}", at)));
  for (size_t at = 0; at < all.size(); ++at) ASSERT_TRUE((at % 2 == 0 ? ours : theirs)->push_manifest(all[at].descriptor.digest.str(), all[at]));
  EXPECT_EQ(ours->referrers(image.digest).value().size(), all.size());
}

/// Another machine's write takes the place of ours, or comes between our look and our write: both are there in the end.
TEST_F(RegistryPush, WhatAnotherMachineWritesOnATagIsNotLost) {
  const auto with = [](const std::string& list, const std::string& word) { return list.empty() ? word : list + "," + word; };
  // Words in an annotation stand for contents.
  const auto document = [&](const std::string& words) {
    std::string text = to_text(ImageIndex{{}, {{"words", words}}});
    return Document{{std::string(media::index), Digest::of(text), text.size(), {}, {}}, text};
  };
  const auto words_of = [&](const std::string& text) { return read_index(text).value().annotations.at("words"); };
  struct Row {
    const char* summary;
    std::string when;      // the line of the log after which they write
    int times;             // at most
    bool on_top;           // they have read what lies there by then, else what lay there before we came
    const char* in_the_end;
  };
  const Row rows[] = {
      {"nobody else", "never", 0, false, "first,ours"},
      {"they overwrite ours", "PUT /v2/a/manifests/tag 201", 1, false, "first,theirs0,ours"},
      {"they overwrite it twice", "PUT /v2/a/manifests/tag 201", 2, false, "first,theirs1,ours"},
      {"they add to ours", "PUT /v2/a/manifests/tag 201", 1, true, "first,ours,theirs0"},
      {"they come between", "GET /v2/a/manifests/tag 200", 1, true, "first,theirs0,ours"},
  };
  for (const Row& row : rows) {
    server.then = {};
    const Digest began = server.put_manifest("a", "tag", document("first").text, media::index);
    int written = 0;
    server.then = [&](const std::string& line) {
      if (line != row.when || written == row.times) return;
      auto& place = server.repositories["a"];
      const std::string base = words_of(row.on_top ? place.manifests.at(place.tags.at("tag")).second : place.manifests.at(began.str()).second);
      server.put_manifest("a", "tag", document(with(base, fmt::format("theirs{}", written++))).text, media::index);
    };
    const auto done = repository()->change_tag("tag", [&](const std::optional<Document>& before) -> Result<Document> {
      const std::string words = words_of(before.value().text);
      return words.find("ours") == std::string::npos ? document(with(words, "ours")) : *before;
    });
    ASSERT_TRUE(done) << row.summary << ": " << said(done);
    EXPECT_EQ(written, row.times) << row.summary;
    EXPECT_EQ(words_of(repository()->manifest("tag").value().text), row.in_the_end) << row.summary;
    EXPECT_EQ(words_of(done->text), row.in_the_end) << row.summary;
  }
  // A registry that does not know a blob for a moment is asked again, a few times.
  const auto add = [&](const std::optional<Document>& before) -> Result<Document> {
    const std::string words = words_of(before.value().text);
    return words.find("ours") == std::string::npos ? document(with(words, "ours")) : *before;
  };
  server.then = {};
  server.put_manifest("a", "tag", document("first").text, media::index);
  server.refuse_manifests = 2;
  ASSERT_TRUE(repository()->change_tag("tag", add));
  EXPECT_EQ(words_of(repository()->manifest("tag").value().text), "first,ours");
  server.put_manifest("a", "tag", document("first").text, media::index);
  server.refuse_manifests = 3;
  EXPECT_EQ(said(repository()->change_tag("tag", add)), "cannot push manifest 'tag': the registry answers 400: blob unknown to registry");
  server.refuse_manifests = 0;
  // Who overwrites it for ever stops us with a clear word, and soon.
  int written = 0;
  server.then = [&](const std::string& line) {
    if (line == "PUT /v2/a/manifests/tag 201") server.put_manifest("a", "tag", document(fmt::format("theirs{}", written++)).text, media::index);
  };
  const auto never = repository()->change_tag("tag", [&](const std::optional<Document>& before) -> Result<Document> { return document(with(words_of(before.value().text), "ours")); });
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().kind, Kind::Conflict);
  EXPECT_EQ(said(never), "cannot change 'tag': others change it at the same time");
  EXPECT_EQ(written, 16);
}

TEST_F(RegistryPush, WritersOfThisMachineTakeTurnsAtATag) {
  machine.environment["HOME"] = "/home";
  const Descriptor image = server.put_image("a", "1", {"one"});
  server.has_referrers = false;
  std::vector<Document> all;
  for (int at = 0; at < 40; ++at) all.push_back(artifact(image.digest, fmt::format("{}", at)));
  std::vector<std::string> failures(all.size());
  in_parallel(all.size(), 8, [&](size_t at, size_t) {
    if (const auto pushed = repository()->push_manifest(all[at].descriptor.digest.str(), all[at]); !pushed) failures[at] = pushed.error().message;
  });
  for (const std::string& each : failures) EXPECT_EQ(each, "");
  EXPECT_EQ(repository()->referrers(image.digest).value().size(), all.size());
  EXPECT_LE(server.count("PUT /v2/a/manifests/sha256-"), all.size()) << "each was written once";
  EXPECT_TRUE(machine.files.list("/home/.cache/ashlar/turns").value().empty()) << "and no lock is left";
}

TEST_F(RegistryPush, TagsAndManifestsAreTakenAway) {
  const Descriptor image = server.put_image("a", "1", {"one"});
  const auto registry = repository();
  ASSERT_TRUE(registry->remove("1"));
  EXPECT_FALSE(registry->find_manifest("1").value());
  EXPECT_TRUE(registry->find_manifest(image.digest.str()).value()) << "the tag alone has gone";
  EXPECT_EQ(registry->remove("1").error().kind, Kind::NotFound);
  server.deletes = false;
  EXPECT_EQ(said(registry->remove(image.digest.str())), "cannot delete '" + image.digest.str() + "': the registry answers 405: the operation is unsupported");
  server.deletes = true;
  ASSERT_TRUE(registry->remove(image.digest.str()));
  EXPECT_EQ(registry->remove(image.digest.str()).error().kind, Kind::NotFound);
}

}  // namespace
}  // namespace ashlar::oci
