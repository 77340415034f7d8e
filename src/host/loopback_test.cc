#include "host/loopback.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/scratch.h"
#include "host/inner/system.h"

namespace ashlar::host {
namespace {

/// What the server says to exactly these bytes, until it closes.
std::string ask(const LoopbackServer& server, const std::string& text) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string url = server.url();
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return "no connection";
  if (::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) return "no taker";
  ::shutdown(socket.get(), SHUT_WR);
  std::string out;
  char buffer[4096];
  for (ssize_t count = 0; (count = ::recv(socket.get(), buffer, sizeof buffer, 0)) > 0;) out.append(buffer, static_cast<size_t>(count));
  return out;
}

class LoopbackTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(machine_files()->write(scratch / "served/file", "0123456789"));
    ASSERT_TRUE(machine_files()->write(scratch / "secret", "not served"));
    auto started = LoopbackServer::start(scratch / "served");
    ASSERT_TRUE(started);
    server = std::move(*started);
  }
  Scratch scratch;
  std::unique_ptr<LoopbackServer> server;
};

TEST_F(LoopbackTest, SpeaksHttp) {
  struct Row {
    std::string summary, request, start, end;
  };
  const Row rows[] = {
      {"a file", "GET /file HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ", "\r\n\r\n0123456789"},
      {"its query is passed over", "GET /file?x=1 HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ", "\r\n\r\n0123456789"},
      {"the head alone", "HEAD /file HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ", "\r\n\r\n"},
      {"a range", "GET /file HTTP/1.1\r\nRange: bytes=2-4\r\n\r\n", "HTTP/1.1 206 ", "\r\n\r\n234"},
      {"the rest", "GET /file HTTP/1.1\r\nRange: bytes=7-\r\n\r\n", "HTTP/1.1 206 ", "\r\n\r\n789"},
      {"a range past the end", "GET /file HTTP/1.1\r\nRange: bytes=10-\r\n\r\n", "HTTP/1.1 416 ", "no such range\n"},
      {"another form of range", "GET /file HTTP/1.1\r\nRange: lines=1-2\r\n\r\n", "HTTP/1.1 200 ", "0123456789"},
      {"a range of what it was", "GET /file HTTP/1.1\r\nRange: bytes=7-\r\nIf-Range: \"old\"\r\n\r\n", "HTTP/1.1 200 ", "0123456789"},
      {"nothing there", "GET /none HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ", "there is no such file\n"},
      {"a folder", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ", "there is no such file\n"},
      {"outside", "GET /../secret HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ", "no such path\n"},
      {"two on one connection", "GET /none HTTP/1.1\r\n\r\nGET /file HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ", "0123456789"},
      {"no request", "nonsense\r\n\r\n", "", ""},
      {"half a request", "GET /file", "", ""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const std::string answer = ask(*server, row.request);
    EXPECT_TRUE(answer.starts_with(row.start)) << answer;
    EXPECT_TRUE(answer.ends_with(row.end)) << answer;
    EXPECT_EQ(answer.empty(), row.start.empty());
  }
}

TEST_F(LoopbackTest, FaultsHoldAsOftenAsTheySay) {
  const std::string get = "GET /file HTTP/1.1\r\n\r\n";
  server->set_fault("/file", {.times = 2, .status = 503});
  EXPECT_TRUE(ask(*server, get).starts_with("HTTP/1.1 503 "));
  EXPECT_TRUE(ask(*server, get).starts_with("HTTP/1.1 503 "));
  EXPECT_TRUE(ask(*server, get).starts_with("HTTP/1.1 200 "));
  server->set_fault("*", {.cut_after = 3});
  EXPECT_TRUE(ask(*server, get).ends_with("\r\n\r\n012"));
  server->set_fault("/file", {.status = 302, .location = "/else"});
  EXPECT_NE(ask(*server, get).find("Location: /else\r\n"), std::string::npos) << "a path's own fault goes before that of all";
  server->clear_faults();
  EXPECT_TRUE(ask(*server, get).ends_with("0123456789"));
  EXPECT_EQ(server->count("/file"), 6u);
}

TEST_F(LoopbackTest, RefusesWhoDoesNotSayWhoTheyAre) {
  server->set_fault("/file", {.authorization = "Basic eA=="});
  EXPECT_TRUE(ask(*server, "GET /file HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 401 "));
  EXPECT_TRUE(ask(*server, "GET /file HTTP/1.1\r\nAuthorization: Basic eA==\r\n\r\n").starts_with("HTTP/1.1 200 "));
}

TEST_F(LoopbackTest, StopsWhileConnectionsAreOpen) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string url = server->url();
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
  ASSERT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  server.reset();
  char byte;
  EXPECT_LE(::recv(socket.get(), &byte, 1, 0), 0);
}

}  // namespace
}  // namespace ashlar::host
