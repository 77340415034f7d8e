#include "workload/inner/shell_commands.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "workload/inner/secret_names.h"

namespace ashlar::workload {
namespace {

/// `[word word] |[word]`: a pipe before a command, `!` where sudo called it.
std::string shown(std::string_view text) {
  std::string out;
  for (const ShellCommand& each : shell_commands(text)) {
    out += out.empty() ? "" : " ";
    out += each.piped ? "|" : "";
    out += each.sudo ? "!" : "";
    std::vector<std::string> words;
    for (const ShellWord& word : each.words) {
      words.push_back(word.text);
      EXPECT_LE(word.begin, word.end);
      EXPECT_LE(word.end, text.size());
    }
    out += "[" + join(words, " ") + "]";
  }
  return out;
}

struct Row {
  const char* summary;
  const char* text;
  const char* commands;
};
const Row rows[] = {
    {"one", "a b  c", "[a b c]"},
    {"lists", "a && b || c; d & e\nf", "[a] [b] [c] [d] [e] [f]"},
    {"pipes", "a | b |& c || d", "[a] |[b] |[c] [d]"},
    {"quotes", "a 'b c' \"d \\\" e\" f\\ g", "[a b c d \" e f g]"},
    {"separators in quotes", "a 'b;c' \"d|e\"", "[a b;c d|e]"},
    {"substitutions are words", "a $(b | c; d) `e; f` <(g)", "[a $(b | c; d) `e; f` <(g)]"},
    {"a substitution within a word", "a x$(b)y", "[a x$(b)y]"},
    {"nested ones", "a $(b $(c | d) e) f", "[a $(b $(c | d) e) f]"},
    {"groups", "(a; b) && { c; }", "[a] [b] [c]"},
    {"keywords", "if a; then b; else c; fi", "[a] [b] [c] [fi]"},
    {"assignments before", "A=1 B='x y' c D=2", "[c D=2]"},
    {"callers", "sudo -E env X=1 a; exec b; time c", "![a] [b] [c]"},
    {"comments", "a # b; c\nd#e # f", "[a] [d#e]"},
    {"redirections stay words", "a > b 2>&1 &> c", "[a > b 2>&1 &> c]"},
    {"a continuation", "a \\\n  b", "[a b]"},
    {"a quote that does not end", "a 'b; c", "[a b; c]"},
    {"a substitution that does not end", "a $(b; c", "[a $(b; c]"},
    {"nothing", "  \n ; ", ""},
};

TEST(ShellCommands, FallIntoWords) {
  for (const Row& row : rows) EXPECT_EQ(shown(row.text), row.commands) << row.summary;
}

TEST(ShellCommands, KnowTheirPlaces) {
  const std::string text = "x && 'a b'  --c=\"d\" $(e)";
  const auto commands = shell_commands(text);
  ASSERT_EQ(commands.size(), 2U);
  std::vector<std::string> bytes;
  for (const ShellWord& each : commands[1].words) bytes.push_back(text.substr(each.begin, each.end - each.begin));
  EXPECT_EQ(join(bytes, "|"), "'a b'|--c=\"d\"|$(e)");
  EXPECT_EQ(commands[1].program(), "a b");
  EXPECT_TRUE(commands[1].has("--c=d"));
  EXPECT_EQ(shell_commands("/usr/bin/apt-get x")[0].program(), "apt-get");
}

TEST(ShellCommands, TakeNoLongerThanTheTextIs) {
  for (const std::string& part : {std::string("$("), std::string("'"), std::string("a;"), std::string("((((")}) {
    std::string text;
    while (text.size() < 1'000'000) text += part;
    (void)shell_commands(text);  // ends
  }
}

TEST(PlainWords, NeedNoShell) {
  for (const char* text : {"a", "node server.js --port=80", "java -jar /x/y.jar a@b c:d e+f g,h i%j"}) EXPECT_FALSE(plain_words(text).empty()) << text;
  for (const char* text : {"", "a $B", "a && b", "a > b", "a *", "a ~/b", "A=1 b", "cd /x", "exec a", "a 'b'", "a \"b\"", "a \\b", "a; b", "a | b", "a {b,c}", "a ?", "[ -f x ]", "if x", "a #b", "a !b", "a (b)"}) EXPECT_TRUE(plain_words(text).empty()) << text;
  EXPECT_EQ(plain_words(" a\tb  c ").size(), 3U);
}

TEST(SecretNames, AreNamesOfSecrets) {
  for (const char* name : {"PASSWORD", "DB_PASSWORD", "db-password", "dbPassword", "API_KEY", "APIKEY", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "MYSQL_PWD", "REDIS_PASS", "secret", "clientSecret", "PRIVATE_KEY", "JWT_SIGNING_KEY", "SSH_PASSPHRASE", "PASSWORD_1"}) EXPECT_TRUE(names_secret(name)) << name;
  for (const char* name : {"", "PATH", "PWD", "KEY", "KEYBOARD", "PUBLIC_KEY", "COMPASS", "BYPASS", "TOKENIZER", "PASSWORD_FILE", "TOKEN_URL", "SECRET_NAME", "TOKEN_TTL_SECONDS", "PASSWORD_MIN_LENGTH", "OLDPWD_X", "AUTHOR", "SECRETARY"}) EXPECT_FALSE(names_secret(name)) << name;
  EXPECT_FALSE(names_secret(std::string(1000, 'a') + "_PASSWORD"));
}

TEST(SecretNames, TellValuesFromReferences) {
  for (const char* value : {"x", "\"x\"", "changeme", "0"}) EXPECT_TRUE(is_literal(value)) << value;
  for (const char* value : {"", "\"\"", "$X", "${X}", "a$X", "true", "/run/secrets/x"}) EXPECT_FALSE(is_literal(value)) << value;
}

TEST(SecretNames, AreNamesOfFiles) {
  for (const char* path : {"id_rsa", ".ssh/id_ed25519", ".env", "a/.env.production", "server.key", "x.p12", ".npmrc", "./.aws/", ".docker/config.json", "kubeconfig"}) EXPECT_TRUE(is_secret_file(path)) << path;
  for (const char* path : {"id_rsa.pub", ".env.example", "server.crt", "keys", "monkey", "config.json", "environment"}) EXPECT_FALSE(is_secret_file(path)) << path;
}

}  // namespace
}  // namespace ashlar::workload
