// Files that are made to hurt: a clear error or an answer, in bounded time.
#include <chrono>

#include "workload/inner/check_rows.h"

namespace ashlar::workload {
namespace {

std::string repeated(std::string_view part, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += part;
  return out;
}

/// Seconds; what is beyond is no proportion of the text. Generous, for machines that are shared and builds that look at every access.
constexpr double bound = 20;

std::string bomb(std::string_view head) {
  std::string out = std::string(head) + "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int at = 1; at < 9; ++at) out += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", at, at - 1);
  return out;
}

struct Row {
  const char* summary;
  FileKind kind;
  std::string text;
  const char* says;  ///< of the error; empty: it is read
};

std::vector<Row> rows() {
  const std::string head = "apiVersion: v1\nkind: Pod\n";
  std::string stages = "FROM s1 AS s0\nFROM s0 AS s1\n", chain = "FROM a:1 AS s0\n", arguments, copies = "FROM a:1 AS b\nFROM c:1\n", volumes = "FROM a:1\n", globals;
  for (int at = 1; chain.size() < 500'000; ++at) chain += fmt::format("FROM s{} AS s{}\nUSER 1\nENV A{}=$A{}\n", at - 1, at, at, at - 1);
  while (arguments.size() < 300'000) arguments += "ARG A\n";
  globals = "ARG A0=xxxxxxxxxx\n";
  for (int at = 0; at < 60; ++at) globals += fmt::format("ARG A{0}=$A{1}$A{1}\n", at + 1, at);
  while (copies.size() < 500'000) copies += "COPY --from=b /usr/local/x /y\n";
  while (volumes.size() < 500'000) volumes += "VOLUME /a/b/c/d/e/f/g/h/i\nRUN chown x\n";
  return {
      {"depth in a manifest", FileKind::Kubernetes, head + "spec: " + std::string(10'000, '[') + "\n", "file"},
      {"depth in CI", FileKind::GitHub, "on: x\njobs: " + repeated("{a: ", 100'000), "file"},
      {"aliases of aliases", FileKind::Compose, bomb("services: {}\n"), "more than 200000"},
      {"aliases of aliases in GitLab's", FileKind::GitLab, bomb(""), "more than 200000"},
      {"an alias of itself", FileKind::Kubernetes, head + "spec: &a {containers: [*a]}\n", "alias"},
      {"a line of a megabyte", FileKind::Dockerfile, "FROM a:1\nRUN " + repeated("apt-get install x && ", 1'000'000), ""},
      {"a line of a megabyte in YAML", FileKind::Compose, "services: {a: {image: " + std::string(1'000'000, 'x') + "}}\n", ""},
      {"a comment of a megabyte", FileKind::Dockerfile, "FROM a:1\n# ashlar: ignore=" + repeated("sudo,", 900'000) + " x\nRUN sudo x\n", ""},
      {"many comments", FileKind::Dockerfile, "FROM a:1\n" + repeated("# ashlar: ignore=sudo x\n", 500'000) + "RUN sudo x\n", ""},
      {"bytes that are no UTF-8", FileKind::Compose, "services: {a: {image: \"\xff\xfe\"}}\n", "UTF-8"},
      {"bytes that are no UTF-8 in a Dockerfile", FileKind::Dockerfile, "FROM a:1\nRUN \xff\xfe\xc0\nENV PASSWORD=\xff\nCMD \xff\n", ""},
      {"a byte 0", FileKind::Dockerfile, std::string("FROM a:1\nRUN \0\n", 15), "file"},
      {"stages in a circle", FileKind::Dockerfile, stages, ""},
      {"a stage from itself", FileKind::Dockerfile, "FROM a AS a\nFROM a AS a\nCOPY --from=a /x /y\n", ""},
      {"a long line of stages", FileKind::Dockerfile, chain, ""},
      {"many arguments", FileKind::Dockerfile, arguments + "FROM a:1\n" + arguments, ""},
      {"arguments that double", FileKind::Dockerfile, globals + "FROM a:$A60\n", ""},
      {"many copies", FileKind::Dockerfile, copies, ""},
      {"many volumes", FileKind::Dockerfile, volumes + "USER 1\n", ""},
      {"many commands", FileKind::Dockerfile, "FROM a:1\nRUN " + repeated("curl x | sh;", 900'000), ""},
      {"one long pipe", FileKind::Dockerfile, "FROM a:1\nRUN curl x" + repeated("|sh", 200'000), ""},
      {"brackets of a shell", FileKind::Dockerfile, "FROM a:1\nRUN " + std::string(900'000, '(') + "\nHEALTHCHECK CMD " + repeated("$(", 50'000) + "\n", ""},
      {"many documents", FileKind::Kubernetes, repeated("---\na: b\n", 40'000), "2000 documents"},
      {"many containers", FileKind::Kubernetes, head + "spec:\n  containers:\n" + repeated("  - {name: a, image: b:1}\n", 500'000), ""},
      {"too large", FileKind::GitLab, std::string((4 << 20) + 1, ' '), "larger than 4 MiB"},
      {"too large for a Dockerfile", FileKind::Dockerfile, std::string((1 << 20) + 1, '\n'), "larger than 1 MiB"},
  };
}

/// Seconds that a RUN of so many lines takes, at best of three.
double seconds_of_lines(int count) {
  std::string text = "FROM a:1\nRUN x";
  for (int at = 0; at < count; ++at) text += " \\\n  b";
  double best = bound;
  for (int round = 0; round < 3; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(check(FileKind::Dockerfile, text + "\n", "file"));
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

TEST(CheckHostile, LinesThatGoOnCostNoMoreThanTheirLength) {
  EXPECT_LT(seconds_of_lines(80'000), 5) << "40000 lines took 2.5 s, and twice as many four times that, when each line copied all before it";
}

TEST(CheckHostile, EndsInTimeAndSaysWhy) {
  for (const Row& row : rows()) {
    const auto begin = std::chrono::steady_clock::now();
    const auto checked = check(row.kind, row.text, "file");
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    EXPECT_LT(took, bound) << row.summary;
    RecordProperty(row.summary, std::to_string(took));
    EXPECT_EQ(checked.has_value(), std::string_view(row.says).empty()) << row.summary << (checked ? "" : ": " + checked.error().message);
    if (checked) continue;
    std::string all = checked.error().message;
    for (const Fault& each : checked.error().faults) all += "; " + each.message;
    EXPECT_NE(all.find(row.says), std::string::npos) << row.summary << ": " << all.substr(0, 400);
  }
}

}  // namespace
}  // namespace ashlar::workload
