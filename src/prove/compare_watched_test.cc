#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "prove/watched.h"

namespace ashlar::prove {
namespace {

/// A web service as it runs well.
Watched well() {
  Watched out;
  out.ready_seconds = 1.0;
  out.listening = {8080};
  AnswerSeen answer;
  answer.request = {8080, "/", false};
  answer.status = 200;
  answer.headers = {{"content-type", "text/html"}};
  answer.size = 5;
  answer.body = Digest::of(std::string_view("hello"));
  out.answers = {answer};
  out.health = CommandSeen{{"curl", "localhost"}, 0, false, "", "", ""};
  out.alone = {{{"--version"}, 0, false, "1.0\n", "", ""}};
  out.beside = {{{"ls"}, 0, false, "a\n", "", ""}};
  out.processes = {{"app", 0, 0, true}};
  out.writable = {"/run", "/tmp", "/data"};
  return out;
}

struct Row {
  const char* summary;
  std::function<void(Watched& before, Watched& after)> plant;
  const char* told;  ///< weight, id and subject of each change
};

std::string told(const std::vector<Change>& changes) {
  std::string out;
  for (const Change& each : changes) out += (out.empty() ? "" : "; ") + std::string(to_string(each.weight)) + " " + each.id + " " + each.subject;
  return out;
}

TEST(CompareWatched, EachDifferenceIsToldOnceAndWeighed) {
  const Row rows[] = {
      {"the same", [](Watched&, Watched&) {}, ""},
      {"it does not start", [](Watched&, Watched& now) { now = Watched(); now.refusal = "no shell"; now.writable = well().writable; }, "breaking command-fails exec ls; breaking command-fails run --version; breaking does-not-start program"},
      {"neither starts", [](Watched& was, Watched& now) { was.refusal = now.refusal = "no"; }, ""},
      {"it ends", [](Watched&, Watched& now) { now.exit_code = 1; }, "breaking exits program"},
      {"it goes on", [](Watched& was, Watched&) { was.exit_code = 0; }, "breaking does-not-end program"},
      {"both end alike", [](Watched& was, Watched& now) { was.exit_code = now.exit_code = 0; }, ""},
      {"both end, and print otherwise", [](Watched& was, Watched& now) { was.exit_code = now.exit_code = 0; now.last_lines = "x"; }, "notable output program"},
      {"they end otherwise", [](Watched& was, Watched& now) { was.exit_code = 0; now.exit_code = 2; }, "breaking exit-code program"},
      {"a port moved", [](Watched&, Watched& now) { now.listening = {9090}; }, "breaking port-moved 8080"},
      {"a port went", [](Watched& was, Watched&) { was.listening = {8080, 9090}; }, "breaking port-gone 9090"},
      {"two went, one came", [](Watched& was, Watched& now) { was.listening = {1, 2}; now.listening = {3}; }, "breaking port-gone 1; breaking port-gone 2; notable port-new 3"},
      {"no answer", [](Watched&, Watched& now) { now.answers[0].silence = "refused"; }, "breaking answer-gone http://localhost:8080/"},
      {"there was no answer", [](Watched& was, Watched& now) { was.answers[0].silence = now.answers[0].silence = "refused"; }, ""},
      {"another status", [](Watched&, Watched& now) { now.answers[0].status = 500; now.answers[0].size = 1; }, "breaking answer-status http://localhost:8080/"},
      {"another body", [](Watched&, Watched& now) { now.answers[0].body = Digest::of(std::string_view("other")); }, "breaking answer-body http://localhost:8080/"},
      {"a body that changes each time", [](Watched& was, Watched& now) { was.answers[0].steady = false; now.answers[0].body = Digest::of(std::string_view("other")); }, "notable answer-body http://localhost:8080/"},
      {"another type", [](Watched&, Watched& now) { now.answers[0].headers["content-type"] = "text/plain"; }, "breaking answer-header content-type of http://localhost:8080/"},
      {"a header came", [](Watched&, Watched& now) { now.answers[0].headers["vary"] = "accept"; }, "notable answer-header vary of http://localhost:8080/"},
      {"its type came", [](Watched& was, Watched&) { was.answers[0].headers.clear(); }, "notable answer-header content-type of http://localhost:8080/"},
      {"health fails", [](Watched&, Watched& now) { now.health->exit_code = 1; }, "breaking health-fails curl localhost"},
      {"health does not start", [](Watched&, Watched& now) { now.health->refusal = "no curl"; }, "breaking health-fails curl localhost"},
      {"health does not end", [](Watched&, Watched& now) { now.health->timed_out = true; }, "breaking health-fails curl localhost"},
      {"health went", [](Watched&, Watched& now) { now.health.reset(); }, "notable health-gone curl localhost"},
      {"health never held", [](Watched& was, Watched& now) { was.health->exit_code = now.health->exit_code = 1; }, ""},
      {"another user", [](Watched&, Watched& now) { now.processes = {{"app", 65532, 65532, false}}; }, "notable users processes"},
      {"the same users under other names", [](Watched&, Watched& now) { now.processes = {{"app2", 0, 0, true}, {"worker", 0, 0, true}}; }, ""},
      {"slower", [](Watched&, Watched& now) { now.ready_seconds = 1.6; }, "notable slower program"},
      {"a little slower", [](Watched&, Watched& now) { now.ready_seconds = 1.4; }, ""},
      {"by milliseconds", [](Watched& was, Watched& now) { was.ready_seconds = 0.01; now.ready_seconds = 0.1; }, ""},
      {"never ready", [](Watched&, Watched& now) { now.ready_seconds.reset(); }, "breaking not-ready program"},
      {"a command's end", [](Watched&, Watched& now) { now.alone[0].exit_code = 2; }, "breaking exit-code run --version"},
      {"a command's output", [](Watched&, Watched& now) { now.beside[0].printed = "b\n"; }, "breaking output exec ls"},
      {"what it complains of is not compared", [](Watched&, Watched& now) { now.beside[0].complained = "warning"; }, ""},
      {"a command that never worked", [](Watched& was, Watched& now) { was.alone[0].refusal = now.alone[0].refusal = "no"; }, ""},
      {"a command without its program", [](Watched&, Watched& now) { now.beside[0].refusal = "no ls"; }, "breaking command-fails exec ls"},
      {"a file in no volume", [](Watched& was, Watched&) { was.written = {"/srv/x"}; }, "breaking writes-outside /srv/x"},
      {"files where they may be", [](Watched& was, Watched&) { was.written = {"/data/x", "/run/x", "/tmp/x", "/tmp"}; }, ""},
      {"a volume's name is no prefix", [](Watched& was, Watched&) { was.written = {"/database"}; }, "breaking writes-outside /database"},
      {"what is made again", [](Watched& was, Watched&) { was.written = {"/app/__pycache__/a.pyc", "/var/cache/x", "/var/log/x"}; },
       "notable writes-outside /app/__pycache__/a.pyc; notable writes-outside /var/cache/x; notable writes-outside /var/log/x"},
  };
  for (const Row& row : rows) {
    Watched before = well(), after = well();
    row.plant(before, after);
    EXPECT_EQ(told(compare(before, after)), row.told) << row.summary;
  }
}

TEST(CompareWatched, EvidenceShowsBothSides) {
  Watched before = well(), after = well();
  after.alone[0].printed = "2.0\n";
  const auto changes = compare(before, after);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].evidence, (std::vector<std::string>{"- 1.0", "+ 2.0"}));
  after = well();
  after.exit_code = 3;
  after.last_lines = "begins\nImportError: no module named x";
  const auto ended = compare(before, after);
  ASSERT_FALSE(ended.empty());
  EXPECT_EQ(ended[0].evidence.back(), "| ImportError: no module named x");
}

TEST(CompareWatched, RequestsNameThemselves) {
  EXPECT_EQ((Request{8080, "/health", false}.str()), "http://localhost:8080/health");
  EXPECT_EQ((Request{443, "/", true}.str()), "https://localhost:443/");
}

}  // namespace
}  // namespace ashlar::prove
