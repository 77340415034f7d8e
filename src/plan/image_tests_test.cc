#include "plan/image_tests.h"

#include <gtest/gtest.h>

#include "plan/definition.h"

namespace ashlar::plan {
namespace {

using Words = std::vector<std::string>;

TEST(SplitCommand, splits_as_a_shell_does_without_one) {
  struct Row {
    const char *summary, *line;
    std::optional<Words> words;
  };
  const Row rows[] = {
      {"plain words", "psql -c x", Words{"psql", "-c", "x"}},
      {"runs of white space", "  a \t b\n c ", Words{"a", "b", "c"}},
      {"single quotes keep all", R"(sh 'a "b" \c $d')", Words{"sh", R"(a "b" \c $d)"}},
      {"double quotes keep all but two escapes", R"(sh "a 'b' \" \\ \n $d")", Words{"sh", R"(a 'b' " \ \n $d)"}},
      {"quotes within a word", R"(a'b c'"d e"f)", Words{"ab cd ef"}},
      {"empty words", R"(a '' "")", Words{"a", "", ""}},
      {"a backslash keeps a space", R"(a\ b c)", Words{"a b", "c"}},
      {"nothing is expanded", "echo $HOME `x` *.c ~ a;b | c > d", Words{"echo", "$HOME", "`x`", "*.c", "~", "a;b", "|", "c", ">", "d"}},
      {"no word", "  ", Words{}},
      {"open single quote", "a 'b", std::nullopt},
      {"open double quote", "a \"b\\\"", std::nullopt},
      {"backslash at the end", "a \\", std::nullopt},
  };
  for (const Row& row : rows) EXPECT_EQ(split_command(row.line), row.words) << row.summary;
}

Result<Definition> read(const std::string& tests) {
  return read_definition("distribution: debian-13\nimage: a/b\nvars: {VERSION: '1.2'}\ncontents: {}\ntests:\n" + tests, "t.yaml");
}

TEST(ImageTests, have_no_network_but_their_own) {
  const auto refused = read("  - {exit-code: 0, commands: [a], network: true}\n");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("no test gets a network beyond its own loopback"), std::string::npos) << refused.error().message;
  EXPECT_TRUE(read("  - {exit-code: 0, commands: [a], network: false}\n"));
}

TEST(ImageTests, have_files_of_one_origin_each) {
  const char* const head = "  - {exit-code: 0, commands: [a], files: [{path: /a, ";
  for (const char* const good : {"content: x", "content: ''", "source: a/b", "probe: true"}) EXPECT_TRUE(read(std::string(head) + good + "}]}\n")) << good;
  for (const char* const bad : {"mode: '0444'", "content: x, source: a/b", "content: x, probe: true", "source: a/b, probe: true", "probe: false"}) {
    const auto refused = read(std::string(head) + bad + "}]}\n");
    ASSERT_FALSE(refused) << bad;
    EXPECT_NE(refused.error().message.find("either 'content' or 'source' or 'probe: true'"), std::string::npos) << refused.error().message;
  }
  EXPECT_TRUE(read(std::string(head) + "probe: true}]}\n")->tests.front().files.front().probe);
}

TEST(ImageTests, are_read_with_their_defaults) {
  const auto d = read(R"(  - name: all
    directory: /tmp
    service: true
    args: [serve, '${VERSION}']
    port: 5432/tcp
    file: /run/x.pid
    http: {port: 8080, path: '/a?b', status: 404, body: 'v${VERSION}', tls: true}
    network: false
    environment: {A: '${VERSION}', B: '${OTHER}'}
    files: [{path: /etc/a, content: 'x ${VERSION}', mode: "0600"}, {path: /etc/b, source: a/b}]
    certificate: {path: /c, key: /k}
    commands: ['a "${VERSION} b"', '#{ target.arch == "amd64" ? "x" : "y" }', 'awk #{not ours}']
    exit-code: 3
    timeout: 7
    output: 'v${VERSION}'
  - exit-code: 0
    http: {port: 1}
    service: true
)");
  ASSERT_TRUE(d) << d.error().message;
  const RunTest& test = d->tests.at(0);
  EXPECT_TRUE(test.service && test.http->tls);
  EXPECT_EQ(test.args, (Words{"serve", "1.2"}));
  EXPECT_EQ(test.port, 5432);
  EXPECT_EQ(test.file, "/run/x.pid");
  EXPECT_EQ(test.http->path, "/a?b");
  EXPECT_EQ(test.http->status, 404);
  EXPECT_EQ(test.http->body, "v1.2");
  EXPECT_EQ(test.environment, (std::map<std::string, std::string>{{"A", "1.2"}, {"B", "${OTHER}"}}));
  EXPECT_EQ(test.files.at(0).content, "x ${VERSION}") << "content is verbatim";
  EXPECT_EQ(test.files.at(0).mode, 0600u);
  EXPECT_EQ(test.files.at(1).source, "a/b");
  EXPECT_EQ(test.certificate->key, "/k");
  EXPECT_EQ(test.output, "v1.2");
  EXPECT_EQ(test.at.line, 6);
  const RunTest& bare = d->tests.at(1);
  EXPECT_EQ(bare.http->path, "/");
  EXPECT_EQ(bare.http->status, 200);
  EXPECT_FALSE(bare.args) << "no args: the image's cmd; an empty list is another thing";
  const auto arm = for_platform(*d, "linux/arm64");
  ASSERT_TRUE(arm);
  EXPECT_EQ(arm->tests.at(0).commands, (Words{"a \"1.2 b\"", "y", "awk #{not ours}"}));
}

TEST(ImageTests, refuse_what_cannot_be_meant) {
  struct Row {
    const char *summary, *tests, *fault;
  };
  const Row rows[] = {
      {"no exit code", "  - name: a\n", "the key 'exit-code' is missing"},
      {"an open quote", "  - {exit-code: 0, commands: [\"a 'b\"]}\n", "a quote in the command is not closed"},
      {"an empty command", "  - {exit-code: 0, commands: ['']}\n", "the command is empty"},
      {"udp", "  - {exit-code: 0, service: true, port: 53/udp}\n", "only a TCP port can be seen to answer"},
      {"a range", "  - {exit-code: 0, service: true, port: 53-54}\n", "one port is expected"},
      {"port of nothing", "  - {exit-code: 0, port: '53'}\n", "'port' is asked of a service"},
      {"http of nothing", "  - {exit-code: 0, http: {port: 1}}\n", "'http' is asked of a service"},
      {"file of nothing", "  - {exit-code: 0, file: /x}\n", "'file' is asked of a service"},
      {"http without port", "  - {exit-code: 0, service: true, http: {}}\n", "the key 'port' is missing"},
      {"http with a URL", "  - {exit-code: 0, service: true, http: {port: 1, path: 'http://x'}}\n", "a path begins with '/'"},
      {"exit code of a service alone", "  - {exit-code: 1, service: true}\n", "a service that no command follows is ended by the test, and has no exit code"},
      {"args of commands", "  - {exit-code: 0, args: [a], commands: [b]}\n", "'args' follow the image's entrypoint, in whose place the commands run"},
      {"a name twice", "  - {exit-code: 0, name: a}\n  - {exit-code: 0, name: a}\n", "a test 'a' stands above"},
      {"two contents", "  - {exit-code: 0, files: [{path: /a, content: x, source: y}]}\n", "a file of a test has either 'content' or 'source' or 'probe: true'"},
      {"no content", "  - {exit-code: 0, files: [{path: /a}]}\n", "a file of a test has either 'content' or 'source' or 'probe: true'"},
      {"a file twice", "  - {exit-code: 0, files: [{path: /a, content: x}, {path: /a, content: y}]}\n", "the file '/a' stands twice"},
      {"the root as a file", "  - {exit-code: 0, files: [{path: /, content: x}]}\n", "the root is no file"},
      {"source out of the catalogue", "  - {exit-code: 0, files: [{path: /a, source: ../x}]}\n", "a path below the catalogue's root is expected"},
      {"half a certificate", "  - {exit-code: 0, certificate: {path: /a}}\n", "the key 'key' is missing"},
      {"an unknown key", "  - {exit-code: 0, comands: [a]}\n", "unknown key 'comands'"},
  };
  for (const Row& row : rows) {
    const auto d = read(row.tests);
    ASSERT_FALSE(d) << row.summary;
    ASSERT_EQ(d.error().faults.size(), 1u) << row.summary << ": " << d.error().message;
    EXPECT_EQ(d.error().faults.front().message, row.fault) << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::plan
