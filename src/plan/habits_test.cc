// What a newcomer writes, and what they are told.
#include "plan/inner/habits.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "plan/definition.h"

namespace ashlar::plan {
namespace {

/// The first fault of a definition with `text`, as a person sees it.
std::string fault_of(const std::string& text) {
  const auto read = read_definition("distribution: debian-13\nimage: a/b\ncontents: {packages: [base-files]}\n" + text + "\n", "t.yaml");
  return read ? "none" : to_string(read.error().faults.front());
}

TEST(Habits, our_own_hints_are_definitions_that_read) {
  // A hint `here it is 'health': health: {...}` must be right itself, but for what it says after a semicolon and in capitals.
  for (const char* theirs : {"healthcheck", "env", "expose", "command", "tz", "lang", "volumes_from", "copy", "workdir", "stopsignal", "label", "arg", "certs", "users", "groups"}) {
    const std::string fault = fault_of(std::string(theirs) + ": x");
    const size_t at = fault.find("hint: here it is '");
    ASSERT_NE(at, std::string::npos) << theirs << ": " << fault;
    std::string written = fault.substr(fault.find("': ", at) + 3);
    written = written.substr(0, written.find(';'));
    EXPECT_EQ(fault_of(written), "none") << theirs;
  }
}

TEST(Habits, keys_of_other_formats_lead_to_ours) {
  const struct {
    const char *summary, *text, *message, *hint;
  } rows[] = {
      {"compose's healthcheck", "healthcheck: {test: x}", "unknown key 'healthcheck'", "here it is 'health': "},
      {"compose's env", "env: [A=1]", "unknown key 'env'", "here it is 'environment': "},
      {"env of a test", "tests: [{name: a, exit-code: 0, env: {A: b}}]", "unknown key 'env'", "here it is 'environment': "},
      {"expose", "expose: [80]", "unknown key 'expose'", "here it is 'ports': "},
      {"command", "command: serve", "unknown key 'command'", "here it is 'cmd': "},
      {"user", "user: nobody", "unknown key 'user'", "here it is 'accounts': "},
      {"tz", "tz: Europe/Berlin", "unknown key 'tz'", "here it is 'timezone': timezone: Europe/Berlin"},
      {"tz, as a variable is written", "TZ: Europe/Berlin", "unknown key 'TZ'", "here it is 'timezone': timezone: Europe/Berlin"},
      {"volumes_from", "volumes_from: [db]", "unknown key 'volumes_from'", "here it is 'volumes': "},
      {"packages without contents", "packages: [curl]", "unknown key 'packages'", "here it is 'contents': contents: {packages: "},
      {"base", "base: debian", "unknown key 'base'", "here it is 'distribution': distribution: debian-13; an image is made of packages"},
      {"from", "from: debian:13", "unknown key 'from'", "here it is 'distribution': "},
      {"run", "run: apt-get install x", "unknown key 'run'", "here it is 'contents': contents: {packages: [...]}; no command runs"},
      {"copy", "copy: [a, b]", "unknown key 'copy'", "here it is 'paths': "},
      {"workdir", "workdir: /app", "unknown key 'workdir'", "here it is 'work-dir': work-dir: /app"},
      {"a key of ours in capitals", "ENTRYPOINT: [a]", "unknown key 'ENTRYPOINT'", "keys are in lower case: 'entrypoint'"},
      {"apko's platforms", "archs: [x86_64]", "unknown key 'archs'", "here it is 'platforms': "},
      {"a slip is still a slip", "platfroms: [linux/amd64]", "unknown key 'platfroms'", "did you mean 'platforms'?"},
      {"a key of theirs where ours is none", "health: {kind: tcp, target: 'localhost:1', env: x}", "unknown key 'env'", "known here: kind, target, interval, timeout, retries"},
  };
  for (const auto& row : rows) {
    const std::string fault = fault_of(row.text);
    EXPECT_NE(fault.find(row.message), std::string::npos) << row.summary << ": " << fault;
    EXPECT_NE(fault.find(std::string("\n  hint: ") + row.hint), std::string::npos) << row.summary << ": " << fault;
  }
}

TEST(Habits, values_of_other_formats_lead_to_ours) {
  const struct {
    const char *summary, *text, *fault;
  } rows[] = {
      {"an entrypoint as a line", "entrypoint: python3 -m http.server 8080", "t.yaml:4:13: a list of words is expected, not a text\n  entrypoint: python3 -m http.server 8080\n              ^\n  hint: each word by itself, and no shell: [python3, -m, http.server, \"8080\"]"},
      {"a cmd with quotes", "cmd: \"sh -c 'a b'\"", "t.yaml:4:6: a list of words is expected, not a text\n  cmd: \"sh -c 'a b'\"\n       ^\n  hint: each word by itself, and no shell: [sh, -c, a b]"},
      {"apko's entrypoint", "entrypoint: {command: /bin/app --x}", "t.yaml:4:13: a list of words is expected, not a mapping\n  entrypoint: {command: /bin/app --x}\n              ^\n  hint: each word by itself, and no shell: [/bin/app, --x]"},
      {"an empty entrypoint", "entrypoint:", "t.yaml:4:1: a list of words is expected, not nothing\n  entrypoint:\n  ^"},
      {"a port as a number alone", "ports: 8080", "t.yaml:4:8: a list is expected, not a number\n  ports: 8080\n         ^\n  hint: write [\"8080\"]"},
      {"a tag as a text alone", "tags: latest", "t.yaml:4:7: a list is expected, not a text\n  tags: latest\n        ^\n  hint: write [latest]"},
      {"a published port", "ports: ['8080:80']", "t.yaml:4:9: '8080:80' is no port\n  ports: ['8080:80']\n          ^\n  hint: the container's own port alone: '80'; where it is published is for who runs the image"},
      {"a published port with address and protocol", "ports: ['127.0.0.1:53:53/udp']", "t.yaml:4:9: '127.0.0.1:53:53/udp' is no port\n  ports: ['127.0.0.1:53:53/udp']\n          ^\n  hint: the container's own port alone: '53/udp'; where it is published is for who runs the image"},
      {"protocol first", "ports: [TCP/80]", "t.yaml:4:9: 'TCP/80' is no port\n  ports: [TCP/80]\n          ^\n  hint: the number first: '80/tcp'"},
      {"protocol in capitals", "ports: [80/TCP]", "t.yaml:4:9: '80/TCP' is no port\n  ports: [80/TCP]\n          ^\n  hint: protocols are in lower case: '80/tcp'"},
      {"a name for a port", "ports: [http]", "t.yaml:4:9: 'http' is no port\n  ports: [http]\n          ^\n  hint: for example '8080/tcp', '53/udp' or '4510-4559/tcp'; ports are 1 to 65535"},
      {"an interval with a unit", "health: {kind: tcp, target: 'localhost:1', interval: 1m30s}", "t.yaml:4:54: a number of seconds is expected, without a unit\n  health: {kind: tcp, target: 'localhost:1', interval: 1m30s}\n                                                       ^\n  hint: write 90"},
      {"a test's timeout with a unit", "tests: [{exit-code: 0, timeout: 10s}]", "t.yaml:4:33: a number of seconds is expected, without a unit\n  tests: [{exit-code: 0, timeout: 10s}]\n                                  ^\n  hint: write 10"},
      {"an interval that is no time", "health: {kind: tcp, target: 'localhost:1', interval: often}", "t.yaml:4:54: a whole number is expected, not a text\n  health: {kind: tcp, target: 'localhost:1', interval: often}\n                                                       ^"},
  };
  for (const auto& row : rows) EXPECT_EQ(fault_of(row.text), row.fault) << row.summary;
}

TEST(Habits, durations) {
  const struct {
    const char *summary, *text;
    std::int64_t seconds;
  } rows[] = {{"seconds", "30s", 30}, {"minutes and seconds", "1m30s", 90}, {"hours", "2h", 7200}, {"rounded up", "1500ms", 2}, {"a number alone", "30", 0}, {"no number", "s", 0}, {"another unit", "3d", 0}, {"empty", "", 0},
              {"too long", "99999999999s", 0}, {"with blanks", "1 s", 0}};
  for (const auto& row : rows) EXPECT_EQ(seconds_of_duration(row.text), row.seconds) << row.summary;
}

TEST(Habits, lists_in_one_line) {
  const struct {
    const char* summary;
    std::vector<std::string> items;
    const char* text;
  } rows[] = {
      {"words and options", {"nginx", "-g", "--x=1"}, "[nginx, -g, --x=1]"}, {"numbers and truth", {"8080", "1.5", "true"}, "[\"8080\", \"1.5\", \"true\"]"},
      {"what YAML takes for its own", {"a, b", "*x", "", "a: b", "-"}, "[\"a, b\", \"*x\", \"\", \"a: b\", \"-\"]"}, {"quotes", {"say \"x\""}, "[\"say \\\"x\\\"\"]"},
  };
  for (const auto& row : rows) EXPECT_EQ(as_list(row.items), row.text) << row.summary;
}

}  // namespace
}  // namespace ashlar::plan
