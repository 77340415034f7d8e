#include "host/http.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "host/scratch.h"
#include "host/loopback.h"
#include "host/memory.h"

namespace ashlar::host {
namespace {

class HttpTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(files->write(scratch / "file", body));
    ASSERT_TRUE(files->write(scratch / "empty", ""));
    auto started = LoopbackServer::start(scratch.path());
    ASSERT_TRUE(started);
    server = std::move(*started);
  }
  HttpRequest request(const std::string& path) const {
    HttpRequest out;
    out.url = server->url() + path;
    out.proxy = "DIRECT";
    return out;
  }

  Scratch scratch;
  std::unique_ptr<Files> files = machine_files();
  std::string body = std::string(700'000, 'b') + "the end";
  std::unique_ptr<LoopbackServer> server;
  std::unique_ptr<Http> http = machine_http();
};

TEST_F(HttpTest, GivesStatusHeadersAndBody) {
  MemorySink sink;
  const auto response = http->send(request("/file"), sink);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(as_text(sink.bytes), body);
  EXPECT_EQ(response->received, body.size());
  EXPECT_EQ(response->headers.at("content-length"), std::to_string(body.size()));
  EXPECT_TRUE(response->headers.contains("etag"));
  ASSERT_EQ(server->requests().size(), 1u);
  EXPECT_TRUE(server->requests()[0].headers.at("user-agent").starts_with("ashlar/"));
}

TEST_F(HttpTest, BodiesOfErrorsAreNobodysData) {
  for (const int status : {304, 400, 403, 404, 429, 500, 503}) {
    server->set_fault("/file", {.status = status});
    MemorySink sink;
    bool begun = false;
    const auto response = http->send(request("/file"), sink, [&](const HttpResponse&) -> Done {
      begun = true;
      return {};
    });
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, status);
    EXPECT_TRUE(sink.bytes.empty());
    EXPECT_EQ(response->received, 0u);
    EXPECT_FALSE(begun);
  }
}

TEST_F(HttpTest, AsksAgainOnlyForWhatChanged) {
  MemorySink sink;
  const auto first = http->send(request("/file"), sink);
  ASSERT_TRUE(first);
  struct Row {
    std::string summary;
    std::map<std::string, std::string> headers;
    int status;
  };
  const Row rows[] = {
      {"the same tag", {{"if-none-match", first->headers.at("etag")}}, 304},
      {"another tag", {{"if-none-match", "\"other\""}}, 200},
      {"the same date", {{"if-modified-since", first->headers.at("last-modified")}}, 304},
      {"an empty header", {{"x-empty", ""}}, 200},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    HttpRequest again = request("/file");
    again.headers = row.headers;
    EXPECT_EQ(http->send(again, sink)->status, row.status);
  }
  EXPECT_EQ(server->requests().back().headers.at("x-empty"), "");
}

TEST_F(HttpTest, ResumesWhereTheServerCan) {
  struct Row {
    std::string summary;
    std::uint64_t from;
    bool ignore_range;
    int status;
    size_t skipped;
  };
  const Row rows[] = {{"the rest", 700'000, false, 206, 700'000},
                      {"a server that sends everything", 700'000, true, 200, 0},
                      {"past the end", 999'999, false, 416, 0},
                      {"from the front", 0, false, 200, 0}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    server->set_fault("/file", {.ignore_range = row.ignore_range});
    HttpRequest ask = request("/file");
    ask.resume_from = row.from;
    ask.limit = body.size();
    MemorySink sink;
    int told = 0;
    const auto response = http->send(ask, sink, [&](const HttpResponse& each) -> Done {
      EXPECT_TRUE(sink.bytes.empty()) << "bytes came before the beginning";
      told = each.status;
      return {};
    });
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, row.status);
    EXPECT_EQ(told, row.status == 416 ? 0 : row.status);
    EXPECT_EQ(as_text(sink.bytes), row.status == 416 ? "" : body.substr(row.skipped));
  }
}

TEST_F(HttpTest, EmptyBodiesHaveABeginning) {
  MemorySink sink;
  int told = 0;
  const auto response = http->send(request("/empty"), sink, [&](const HttpResponse& each) -> Done {
    told = each.status;
    return {};
  });
  ASSERT_TRUE(response);
  EXPECT_EQ(told, 200);
  EXPECT_EQ(response->received, 0u);
}

TEST_F(HttpTest, FollowsTenRedirectsAndNoMore) {
  for (int hop = 0; hop < 12; ++hop) server->set_fault(fmt::format("/hop{}", hop), {.status = 302, .location = hop == 0 ? "/file" : fmt::format("/hop{}", hop - 1)});
  MemorySink sink;
  const auto ten = http->send(request("/hop9"), sink);
  ASSERT_TRUE(ten) << ten.error().message;
  EXPECT_EQ(ten->status, 200);
  EXPECT_FALSE(ten->headers.contains("location"));
  EXPECT_EQ(as_text(sink.bytes), body);
  const auto eleven = http->send(request("/hop10"), sink);
  ASSERT_FALSE(eleven);
  EXPECT_EQ(eleven.error().kind, Kind::Unavailable);
  server->set_fault("/local", {.status = 302, .location = "file:///etc/hostname"});
  MemorySink stolen;
  EXPECT_FALSE(http->send(request("/local"), stolen));
  EXPECT_TRUE(stolen.bytes.empty()) << "a server made us read a file of ours";
}

TEST_F(HttpTest, OnlyTheFirstHostIsShownTheLogin) {
  const auto other = LoopbackServer::start(scratch.path()).value();
  struct Row {
    std::string summary, location;
    bool shown;
  };
  const Row rows[] = {{"the same host", "/file", true}, {"another one", other->url() + "/file", false}};
  for (const Row& row : rows) {
    server->set_fault("/moved", {.status = 307, .location = row.location});
    HttpRequest ask = request("/moved");
    ask.headers["authorization"] = "Bearer secret";
    MemorySink sink;
    const auto response = http->send(ask, sink);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 200) << row.summary;
    const LoopbackRequest last = row.shown ? server->requests().back() : other->requests().back();
    EXPECT_EQ(last.path, "/file");
    EXPECT_EQ(last.headers.contains("authorization"), row.shown) << row.summary;
  }
}

TEST_F(HttpTest, ABodyIsSentAsItIsRead) {
  std::string large;
  for (int at = 0; at < 200'000; ++at) large += fmt::format("{} ", at);
  struct Row {
    std::string summary, method, body;
    std::uint64_t size;
    std::string error;
  };
  const Row rows[] = {
      {"a large one", "PUT", large, large.size(), ""},
      {"a small one", "POST", "a=b", 3, ""},
      {"a piece", "PATCH", "piece", 5, ""},
      {"an empty one", "POST", "", 0, ""},
      {"one that is shorter than was said", "PUT", "short", 10, fmt::format("cannot send to '{}/taken': what is sent ends after 5 of 10 bytes", server->url())},
      {"one that is longer than was said", "PUT", "longer", 4, ""},
  };
  for (const Row& row : rows) {
    HttpRequest ask = request("/taken");
    ask.method = row.method;
    ask.body = {row.size, [&]() -> Result<std::unique_ptr<Source>> { return std::make_unique<MemorySource>(as_bytes(row.body)); }};
    MemorySink sink;
    const auto response = http->send(ask, sink);
    ASSERT_EQ(response ? "" : response.error().message, row.error) << row.summary;
    if (!response) continue;
    EXPECT_EQ(response->status, 201) << row.summary;
    EXPECT_EQ(server->requests().back().method, row.method);
    EXPECT_TRUE(server->requests().back().body == row.body.substr(0, row.size)) << row.summary;
    EXPECT_EQ(server->requests().back().headers.at("content-length"), std::to_string(row.size)) << row.summary;
    EXPECT_FALSE(server->requests().back().headers.contains("expect")) << row.summary;
  }
}

TEST_F(HttpTest, ABodyIsSentAgainWhereARedirectLeads) {
  server->set_fault("/moved", {.status = 307, .location = "/taken"});
  HttpRequest ask = request("/moved");
  ask.method = "PUT";
  int opened = 0;
  ask.body = {3, [&]() -> Result<std::unique_ptr<Source>> { return ++opened, std::make_unique<MemorySource>(as_bytes("abc")); }};
  MemorySink sink;
  const auto response = http->send(ask, sink);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(server->requests().back().body, "abc");
  EXPECT_EQ(server->requests().back().path, "/taken");
}

TEST_F(HttpTest, WhatIsSentMayFailToBeRead) {
  HttpRequest ask = request("/taken");
  ask.method = "PUT";
  ask.body = {3, [&]() -> Result<std::unique_ptr<Source>> { return cannot(Kind::NotFound, "open it", "it is gone"); }};
  MemorySink sink;
  EXPECT_EQ(http->send(ask, sink).error().message, "cannot open it: it is gone");
  EXPECT_TRUE(http->send(request("/file"), sink)) << "a client that was interrupted works on";
}

TEST_F(HttpTest, HeadTellsAllButTheBytes) {
  HttpRequest ask = request("/file");
  ask.method = "HEAD";
  MemorySink sink;
  const auto response = http->send(ask, sink);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->headers.at("content-length"), std::to_string(body.size()));
  EXPECT_TRUE(sink.bytes.empty());
  ask.url = server->url() + "/none";
  EXPECT_EQ(http->send(ask, sink)->status, 404);
  ask = request("/file");
  ask.method = "DELETE";
  EXPECT_EQ(http->send(ask, sink)->status, 405);
  EXPECT_EQ(server->requests().back().method, "DELETE");
  EXPECT_EQ(http->send(request("/none"), sink)->page, "there is no such file\n") << "the page of an error tells why";
}

TEST_F(HttpTest, AnAuthorityThatIsNoneIsSaid) {
  HttpRequest ask = request("/file");
  ask.tls.authorities = "no PEM";
  MemorySink sink;
  EXPECT_TRUE(http->send(ask, sink)) << "plain HTTP asks for none";
  ask.url = "https" + server->url().substr(4) + "/file";
  const auto response = http->send(ask, sink);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, Kind::Unavailable);
}

TEST_F(HttpTest, BrokenConnectionsAreUnavailable) {
  server->set_fault("/file", {.cut_after = 1000});
  MemorySink sink;
  const auto response = http->send(request("/file"), sink);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, Kind::Unavailable);
  EXPECT_TRUE(response.error().message.starts_with(fmt::format("cannot fetch '{}/file': ", server->url()))) << response.error().message;
  EXPECT_EQ(as_text(sink.bytes), body.substr(0, 1000));
}

TEST_F(HttpTest, NobodyThereIsUnavailable) {
  HttpRequest ask = request("/file");
  server.reset();
  MemorySink sink;
  const auto response = http->send(ask, sink);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, Kind::Unavailable);
  EXPECT_NE(response.error().message.find("connect"), std::string::npos) << response.error().message;
}

TEST_F(HttpTest, MoreThanTheLimitIsCorrupt) {
  HttpRequest ask = request("/file");
  MemorySink sink;
  ask.limit = body.size();
  EXPECT_TRUE(http->send(ask, sink));
  ask.limit = body.size() - 1;
  const auto response = http->send(ask, sink);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, Kind::Corrupt);
  EXPECT_EQ(response.error().message, fmt::format("cannot fetch '{}/file': it is larger than {} bytes", server->url(), body.size() - 1));
}

TEST_F(HttpTest, ErrorsOfTheTakerComeBack) {
  class Full final : public Sink {
   public:
    Done write(BytesView) override { return cannot(Kind::Conflict, "take more", "it is full"); }
  } full;
  EXPECT_EQ(http->send(request("/file"), full).error().message, "cannot take more: it is full");
  MemorySink sink;
  const auto refuse = [](const HttpResponse&) -> Done { return cannot(Kind::Conflict, "begin", "not now"); };
  EXPECT_EQ(http->send(request("/file"), sink, refuse).error().message, "cannot begin: not now");
  EXPECT_EQ(http->send(request("/empty"), sink, refuse).error().message, "cannot begin: not now");
  EXPECT_TRUE(sink.bytes.empty());
  EXPECT_TRUE(http->send(request("/file"), sink)) << "a client that was interrupted works on";
}

TEST_F(HttpTest, UsersAndPasswordsAreSentButNotShown) {
  server->set_fault("/file", {.authorization = "Basic dXNlcjpwYXNz"});
  MemorySink sink;
  EXPECT_EQ(http->send(request("/file"), sink)->status, 401);
  HttpRequest ask = request("/file");
  ask.user = "user";
  ask.password = "pass";
  EXPECT_EQ(http->send(ask, sink)->status, 200);
  HttpRequest secret;
  secret.url = "http://user:secret@127.0.0.1:1/x@y";
  secret.proxy = "DIRECT";
  const auto response = http->send(secret, sink);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message.find("secret"), std::string::npos) << response.error().message;
  EXPECT_NE(response.error().message.find("'http://127.0.0.1:1/x@y'"), std::string::npos) << response.error().message;
}

TEST_F(HttpTest, KeepsConnections) {
  for (int round = 0; round < 5; ++round) {
    MemorySink sink;
    ASSERT_TRUE(http->send(request(round == 2 ? "/none" : "/file"), sink));
  }
  std::set<int> connections;
  for (const LoopbackRequest& each : server->requests()) connections.insert(each.connection);
  EXPECT_EQ(connections.size(), 1u);
}

TEST_F(HttpTest, ARequestMayHaveAConnectionOfItsOwn) {
  for (int round = 0; round < 3; ++round) {
    HttpRequest ask = request("/taken");
    ask.method = "POST";
    ask.headers["connection"] = "close";
    MemorySink sink;
    ASSERT_TRUE(http->send(ask, sink));
    ASSERT_TRUE(http->send(request("/file"), sink));
  }
  std::multiset<int> connections;
  for (const LoopbackRequest& each : server->requests()) connections.insert(each.connection);
  EXPECT_EQ(std::set<int>(connections.begin(), connections.end()).size(), 4u) << "three that are their own, and one that is kept";
  EXPECT_EQ(connections.count(server->requests().back().connection), 3u);
}

TEST_F(HttpTest, ManyThreadsAtOnce) {
  std::vector<std::jthread> threads;
  std::atomic<int> wrong = 0;
  for (int thread = 0; thread < 6; ++thread) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round) {
        MemorySink sink;
        const auto response = http->send(request("/file"), sink);
        if (!response || as_text(sink.bytes) != body) ++wrong;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(server->count("/file"), 60u);
}

TEST_F(HttpTest, ReadsFilesByAddress) {
  HttpRequest ask;
  ask.url = "file://" + (scratch / "file").string();
  MemorySink sink;
  ASSERT_EQ(http->send(ask, sink)->status, 200);
  EXPECT_EQ(as_text(sink.bytes), body);
  ask.resume_from = 700'000;
  MemorySink rest;
  int told = 0;
  const auto response = http->send(ask, rest, [&](const HttpResponse& each) -> Done {
    told = each.status;
    return {};
  });
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(told, 206);
  EXPECT_EQ(response->status, 206);
  EXPECT_EQ(as_text(rest.bytes), "the end");
  ask = {};
  ask.url = "file://" + (scratch / "none").string();
  EXPECT_EQ(http->send(ask, sink).error().kind, Kind::NotFound);
}

TEST_F(HttpTest, OtherSchemesAreInvalid) {
  for (const char* url : {"ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "", "no address", "http://"}) {
    HttpRequest ask;
    ask.url = url;
    ask.proxy = "DIRECT";
    MemorySink sink;
    const auto response = http->send(ask, sink);
    ASSERT_FALSE(response) << url;
    EXPECT_NE(response.error().kind, Kind::NotFound) << url;
  }
}

TEST(MemoryHttpTest, ServesAndBreaksWhatIsSent) {
  MemoryHttp http;
  std::vector<std::string> seen;
  http.serve_by([&](const HttpRequest& request, const std::string& body) {
    seen.push_back(request.method + " " + body);
    return CannedAnswer{request.method == "DELETE" ? 405 : 201, {{"x", "y"}}, "page", {}, true};
  });
  http.add("http://x/prepared", {200, {}, "it", {}, true});
  http.break_bodies(2, 1);
  HttpRequest request;
  request.url = "http://x/a";
  request.method = "PUT";
  request.body = {4, []() -> Result<std::unique_ptr<Source>> { return std::make_unique<MemorySource>(as_bytes("four")); }};
  MemorySink sink;
  EXPECT_EQ(http.send(request, sink, {}).error().kind, Kind::Unavailable);
  EXPECT_EQ(http.send(request, sink, {})->status, 201);
  EXPECT_EQ(as_text(sink.bytes), "page");
  request.method = "HEAD";
  request.body = {};
  EXPECT_EQ(http.send(request, sink, {})->headers.at("x"), "y");
  EXPECT_EQ(as_text(sink.bytes), "page") << "HEAD has no body";
  request.method = "DELETE";
  EXPECT_EQ(http.send(request, sink, {})->page, "page");
  request.url = "http://x/prepared";
  EXPECT_EQ(http.send(request, sink, {})->status, 200);
  EXPECT_EQ(seen, (std::vector<std::string>{"PUT fo", "PUT four", "HEAD ", "DELETE "}));
  EXPECT_EQ(http.bodies(), (std::vector<std::string>{"fo", "four", "", "", ""}));
}

TEST(MemoryHttpTest, AnswersAsPrepared) {
  MemoryHttp http;
  http.add("http://x/a", {200, {{"etag", "1"}}, "0123456789", 4, true});
  http.add("http://x/a", {200, {}, "0123456789", {}, true});
  http.add("http://x/b", {200, {}, "0123456789", {}, false});
  struct Row {
    std::string summary, url;
    std::uint64_t from, limit;
    std::string got;
    int status;  // 0: an error
  };
  const Row rows[] = {
      {"the connection breaks", "http://x/a", 0, 100, "0123", 0},     {"the rest", "http://x/a", 4, 100, "456789", 206},
      {"the last answer stays", "http://x/a", 0, 100, "0123456789", 200}, {"no ranges", "http://x/b", 4, 100, "0123456789", 200},
      {"past the end", "http://x/a", 10, 100, "", 416},               {"nothing prepared", "http://x/c", 0, 100, "", 404},
      {"over the limit", "http://x/b", 0, 9, "", 0},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    HttpRequest request;
    request.url = row.url;
    request.resume_from = row.from;
    request.limit = row.limit;
    MemorySink sink;
    const auto response = http.send(request, sink, {});
    EXPECT_EQ(as_text(sink.bytes), row.got);
    EXPECT_EQ(response ? response->status : 0, row.status);
  }
  EXPECT_EQ(http.count("http://x/a"), 4u);
  EXPECT_EQ(http.requests().size(), 7u);
}

}  // namespace
}  // namespace ashlar::host
