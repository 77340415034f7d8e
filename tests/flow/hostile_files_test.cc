// Files of teams that are made to hurt, given to every verb that reads such: a clear error in bounded time, a bounded answer, and nothing half-written.
#include <algorithm>
#include <chrono>
#include <filesystem>

#include <fmt/format.h>

#include "base/text.h"
#include "stage.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

std::string repeated(std::string_view part, size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += part;
  return out;
}

std::string bomb() {
  std::string out = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int at = 1; at < 12; ++at) out += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", at, at - 1);
  return out;
}

enum class Form { Dockerfile, Yaml, Json };

struct Text {
  const char* summary;
  std::string text;
  bool refused = true;  ///< else it may be read, and the answer is whatever it is
};

std::vector<Text> texts(Form form) {
  const std::string bytes = "\xff\xfe\xc0\xaf";
  if (form == Form::Json) return {{"depth", repeated("[", 1'000'000)}, {"depth in objects", repeated("{\"a\":", 1'000'000)}, {"one text of megabytes", "{\"a\": \"" + std::string(2'000'000, 'x') + "\"}"}, {"no UTF-8", "{\"a\": \"" + bytes + "\"}"}, {"a byte 0", std::string("{\"a\": 1}\0", 9)}, {"a number without an end", "{\"a\": " + std::string(1'000'000, '9') + "}"}};
  if (form == Form::Yaml) return {{"depth", "a: " + repeated("[", 1'000'000)}, {"depth in mappings", repeated("{a: ", 1'000'000)}, {"aliases of aliases", bomb()}, {"an alias of itself", "a: &a [*a]\n"}, {"one line of megabytes", std::string(2'000'000, 'x') + ": y\n", false}, {"no UTF-8", "a: \"" + bytes + "\"\n"}, {"a byte 0", std::string("a: b\0", 5)}, {"more than anybody writes", std::string((5 << 20), '#')}};
  std::string circle = "FROM s1 AS s0\nFROM s0 AS s1\nCOPY --from=s2 /a /b\nFROM s0 AS s2\n", chain = "FROM python:3.13 AS s0\n", doubled = "ARG A0=xxxxxxxxxx\n";
  for (int at = 1; chain.size() < 300'000; ++at) chain += fmt::format("FROM s{} AS s{}\n", at - 1, at);
  for (int at = 0; at < 60; ++at) doubled += fmt::format("ARG A{0}=$A{1}$A{1}\n", at + 1, at);
  return {{"stages in a circle", circle, false}, {"a long line of stages", chain, false}, {"arguments that double", doubled + "FROM a:$A60\n", false}, {"one line of megabytes", "FROM python:3.13\nRUN " + repeated("a && ", 2'000'000)}, {"one line of most that is taken", "FROM python:3.13\nRUN " + repeated("apk add x && ", 900'000) + "true\n", false},
          {"brackets of a shell", "FROM python:3.13\nRUN " + std::string(500'000, '(') + "\nCMD " + repeated("$(", 300'000) + "\n", false}, {"no UTF-8", "FROM python:3.13\nRUN " + bytes + "\nCMD [\"" + bytes + "\"]\n", false}, {"a byte 0", std::string("FROM python:3.13\nRUN \0\n", 23)}, {"more than anybody writes", std::string((5 << 20), '#')}};
}

/// FILE stands for the hostile file, which has that name.
struct Verb {
  Form form;
  const char* file;
  Words words;
};

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> all = {
      {Form::Dockerfile, "h/Dockerfile", {"check", "FILE"}},
      {Form::Dockerfile, "h/Dockerfile", {"check", "h", "--fix"}},
      {Form::Dockerfile, "h/Dockerfile", {"migrate", "FILE", "--bases", "registry.example/hardened"}},
      {Form::Dockerfile, "h/Dockerfile", {"migrate", "FILE", "--bases", "registry.example/hardened", "--in-place"}},
      {Form::Dockerfile, "h/Dockerfile", {"init", "--from", "FILE", "--ci", "none"}},
      {Form::Yaml, "h/compose.yaml", {"check", "FILE"}},
      {Form::Yaml, "h/.gitlab-ci.yml", {"check", "FILE"}},
      {Form::Yaml, "h/.github/workflows/x.yml", {"check", "FILE"}},
      {Form::Yaml, "h/kustomization.yaml", {"check", "FILE"}},
      {Form::Yaml, "h/values.yaml", {"check", "h"}},
      {Form::Yaml, "h/azure-pipelines.yml", {"check", "FILE"}},
      {Form::Yaml, "h/policy.yaml", {"check", "Dockerfile", "--policy", "FILE"}},
      {Form::Yaml, "h/policy.yaml", {"policy", "export", "--to", "vap", "--policy", "FILE"}},
      {Form::Yaml, "h/policy.yaml", {"policy", "test", "--policy", "FILE", "good.cases.yaml"}},
      {Form::Yaml, "h/x.cases.yaml", {"policy", "test", "FILE", "--policy", "good.yaml"}},
      {Form::Yaml, "h/policy.yaml", {"verify", "oci:nowhere:1", "--policy", "FILE"}},
      {Form::Yaml, "h/policy.yaml", {"validate", "FILE"}},
      {Form::Yaml, "h/sla.yaml", {"sla", "--policy", "FILE"}},
      {Form::Yaml, "h/fleet.yaml", {"sla", "--fleet", "FILE"}},
      {Form::Yaml, "h/fleet.yaml", {"renew", "--plan", "--fleet", "FILE"}},
      {Form::Yaml, "h/fleet.yaml", {"outcomes", "--fleet", "FILE"}},
      {Form::Yaml, "h/table.yaml", {"migrate", "Dockerfile", "--table", "FILE"}},
      {Form::Yaml, "h/ashlar.yaml", {"check", "Dockerfile", "--config", "FILE"}},
      {Form::Yaml, "h/keyring.yaml", {"keys", "list", "--keyring", "FILE"}},
      {Form::Json, "h/exceptions.json", {"validate", "FILE"}},
      {Form::Json, "h/exceptions.json", {"except", "list", "--file", "FILE"}},
      {Form::Json, "h/vex.json", {"validate", "FILE"}},
      {Form::Json, "h/selection.json", {"check", "Dockerfile", "--policy", "good.yaml", "--selection", "FILE"}},
      {Form::Json, "h/baseline.json", {"check", "Dockerfile", "--baseline", "FILE"}},
  };
  return all;
}

/// Names and bytes of all files of the stage but those that the program keeps for itself.
std::map<std::string, std::uintmax_t> there(const Stage& stage) {
  std::map<std::string, std::uintmax_t> out;
  for (const auto& entry : fs::recursive_directory_iterator(stage.folder())) {
    const std::string name = fs::relative(entry.path(), stage.folder()).string();
    if (entry.is_regular_file() && (name.starts_with("h/") || name.find('/') == std::string::npos)) out[name] = entry.file_size();
  }
  return out;
}

TEST(HostileFiles, every_verb_that_reads_one_says_what_is_wrong_in_time) {
  constexpr double bound = 30;          // seconds; generous, for machines that are shared
  constexpr size_t most = 64 << 10;     // bytes on standard error
  for (const Verb& verb : verbs()) {
    const Stage stage;
    stage.write("Dockerfile", "FROM registry.example/a:1\nUSER 1\n");
    stage.write("good.yaml", "bases: {selection: selection.json, why: it is tried}\n");
    stage.write("good.cases.yaml", "cases: []\n");
    for (const Text& each : texts(verb.form)) {
      stage.write(verb.file, each.text);
      Words words = verb.words;
      std::ranges::replace(words, std::string("FILE"), std::string(verb.file));
      const std::string what = fmt::format("{} {}: {}", join(words, " "), verb.file, each.summary);
      const auto before = there(stage);
      const auto begin = std::chrono::steady_clock::now();
      const Ran ran = stage.ashlar(words);
      const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      EXPECT_LT(took, bound) << what;
      EXPECT_TRUE(each.refused ? ran.code == 2 || ran.code == 5 : ran.code >= 0 && ran.code <= 5) << what << ": " << ran.code << ": " << ran.err.substr(0, 1000);
      EXPECT_LT(ran.err.size(), most) << what;
      if (each.refused) {
        EXPECT_NE((ran.out + ran.err).find(verb.file), std::string::npos) << what << ": " << (ran.out + ran.err).substr(0, 1000);
        EXPECT_EQ(there(stage), before) << what;
      }
      for (const auto& [name, size] : there(stage)) {
        if (!before.contains(name) && name != "h/Dockerfile.hardened" && name != "h/policy.yaml" && name != "h/.gitignore" && name != "h/.dockerignore") ADD_FAILURE() << what << " left '" << name << "'";
      }
      for (const auto& [name, size] : there(stage)) {
        if (!before.contains(name)) fs::remove(stage.folder() / name);
      }
    }
  }
}

}  // namespace
}  // namespace ashlar::flow
