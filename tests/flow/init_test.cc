// `ashlar init`: a project that works as it stands, pipelines that their linters take, and nothing of anybody's that is written over.
#include <algorithm>
#include <regex>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "layered_image.h"
#include "small_archive.h"

namespace ashlar::flow {
namespace {

namespace fs = std::filesystem;

class InitFlow : public KnownProject {
 protected:
  void SetUp() override {
    KnownProject::SetUp();
    edit("ashlar.yaml", "  stone-1:", "  debian-13:");
  }
  /// Offers what the starting definition asks for.
  void offer_packages() {
    for (const char* name : {"ca-certificates", "libc6", "libstdc++6", "netbase", "tzdata"})
      archive->put("stone", {name, "1.0", "all", "", {{fmt::format("usr/share/{}/about", name), "of a test\n"}, {fmt::format("usr/share/doc/{}/copyright", name), "free\n"}}});
    archive->publish();
  }
  /// Every file below a folder of the stage with its content.
  std::map<std::string, std::string> files_of(const std::string& folder) const {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(stage.folder() / folder)) {
      if (entry.is_regular_file()) out[fs::relative(entry.path(), stage.folder() / folder).string()] = bytes_of(entry.path());
    }
    return out;
  }
  static std::string names(const std::map<std::string, std::string>& files) {
    Words out;
    for (const auto& [name, content] : files) out.push_back(name);
    return join(out, " ");
  }
};

TEST_F(InitFlow, what_is_written_is_valid_and_locks_and_builds) {
  offer_packages();
  const Json answer = stage.json({"init", "web"});
  EXPECT_EQ(answer["schema"], "https://ashlar.dev/init/v1");
  EXPECT_EQ(answer["name"], "web");
  EXPECT_EQ(names(files_of("web")), ".github/workflows/ashlar-images.yml .gitignore README.md ci/ashlar.sh fleet.yaml policy.yaml web.yaml");
  const Ran valid = stage.ashlar({"validate", "web/web.yaml", "web/policy.yaml"});
  EXPECT_EQ(valid.code, 0) << valid.told;
  // The folder as a whole, too: pipelines are no definitions.
  ASSERT_EQ(stage.ashlar({"init", "ci", "gitlab", "web"}).code, 0);
  const Json whole = stage.json({"validate", "web"});
  EXPECT_EQ(whole["files"].size(), 3U) << whole;
  const Ran built = stage.ashlar({"build", "web/web.yaml", "-o", "oci:web/out:1", "--platform", "linux/amd64"});
  ASSERT_EQ(built.code, 0) << built.told;
  EXPECT_TRUE(stage.exists("web/web.lock.json"));
}

TEST_F(InitFlow, what_the_project_says_to_do_works_as_it_stands) {
  ASHLAR_NEED("openssl");
  ASHLAR_NEED("runc");
  const Ran ran = stage.ashlar({"init", "web", "--ci", "none"});
  ASSERT_EQ(ran.code, 0) << ran.told;
  // The small archive's packages in the place of Debian's.
  edit("web/web.yaml", "    - ca-certificates  # what TLS trusts\n    - libc6\n    - libstdc++6\n    - netbase          # names of ports and protocols\n    - tzdata\n", "    - greeter\n");
  edit("web/web.yaml", "platforms: [linux/amd64, linux/arm64]", "platforms: [linux/amd64]");
  const std::string definition = stage.read("web/web.yaml");
  stage.write("web/web.yaml", definition.substr(0, definition.find("slices:")) + definition.substr(definition.find("accounts:"), definition.find("environment:") - definition.find("accounts:")) + "entrypoint: [/usr/bin/greet]\n");
  ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", "web/release"}).code, 0);
  // Each command of the README but the first, which fetches advisories, and the making of the key, in order.
  const std::string readme = stage.read("web/README.md");
  int steps = 0;
  for (const std::string_view line : split(readme, '\n')) {
    if (!line.starts_with("ashlar make") && !line.starts_with("ashlar verify") && !line.starts_with("ashlar policy") && !line.starts_with("ashlar check")) continue;
    const Ran done = stage.run({"sh", "-c", "cd web && " + shell_word(program_under_test()) + std::string(line.substr(6))});
    ++steps;
    if (!line.starts_with("ashlar check")) {
      EXPECT_EQ(done.code, 0) << done.told;
      continue;
    }
    // The small database has no feed of what is exploited, which `ashlar feed update` brings: that alone is not answered.
    EXPECT_EQ(done.code, 3) << done.told;
    EXPECT_NE(done.out.find("allowed  bases hardened"), std::string::npos) << done.told;
    for (const std::string_view said : split(done.out, '\n')) {
      EXPECT_FALSE(said.starts_with("denied")) << done.told;
      EXPECT_TRUE(!said.starts_with("unknown") || said.starts_with("unknown  findings exploited")) << done.told;
    }
  }
  EXPECT_EQ(steps, 4) << readme;
  EXPECT_TRUE(stage.exists("web/published/index.json"));
  // And those of its fleet.yaml: what was made without the loop is taken over by its first round, and then nothing is due.
  for (const char* each : {" renew --once --key release.key --keep-feeds", " renew --plan --keep-feeds"}) {
    const Ran renewed = stage.run({"sh", "-c", "cd web && " + shell_word(program_under_test()) + each});
    EXPECT_EQ(renewed.code, 0) << renewed.told;
  }
}

/// What the policy of a new project does not know it denies: finished images by their layers, and references by their names. What the project makes itself is allowed once it is selected.
TEST_F(InitFlow, the_policy_denies_what_it_does_not_know) {
  ASSERT_EQ(stage.ashlar({"init", "web", "--ci", "none"}).code, 0);
  ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", "web/release"}).code, 0);
  const Layer base = {inventory::folder("etc"), {"etc/name", "base"}}, other = {inventory::folder("etc"), {"etc/name", "another"}}, app = {inventory::folder("app"), {"app/run", "x"}};
  put_image(stage, "web/published", "1", {{{base}}});
  put_image(stage, "elsewhere", "1", {{{other}}});
  put_image(stage, "app", "1", {{{base, app}}});
  put_image(stage, "other-app", "1", {{{other, app}}});
  const auto said = [&](const char* section, const char* image, const char* named, const Words& more = {}) {
    Words words = {"check", image, "--policy", "web/policy.yaml", "--key", "web/release.pub", "--format", "json"};
    words.insert(words.end(), more.begin(), more.end());
    if (named != nullptr) words.insert(words.end(), {"--base", named});
    std::string out;
    const Ran ran = stage.ashlar(words);
    const Json answer = Json::parse(ran.out, nullptr, false);
    if (!answer.contains("reasons")) return ran.told;
    for (const Json& each : answer["reasons"]) {
      if (each["section"] == section) out += (out.empty() ? "" : " ") + each["answer"].get<std::string>() + "/" + each["rule"].get<std::string>();
    }
    return out;
  };
  const auto bases = [&](const char* image, const char* named) { return said("bases", image, named); };
  EXPECT_EQ(bases("oci:other-app:1", "oci:elsewhere:1"), "denied/default") << "a base that no rule names";
  EXPECT_EQ(bases("oci:app:1", "oci:web/published:1").find("allowed/hardened allowed"), std::string::npos) << "its own, before anybody selected it";
  ASSERT_EQ(stage.ashlar({"policy", "select", "oci:web/published:1", "--by", "Alice", "--key", "web/release.key", "--selection", "web/selection.json"}).code, 0);
  EXPECT_EQ(bases("oci:app:1", nullptr), "allowed/hardened allowed/hardened") << "its own, once it is selected";
  EXPECT_EQ(bases("oci:web/published:1", nullptr), "allowed/hardened allowed/hardened");
  EXPECT_EQ(bases("oci:other-app:1", "oci:elsewhere:1"), "denied/default");
  // What is released is signed, by whom the policy says, and asked for that once it can be.
  EXPECT_EQ(said("verify", "oci:app:1", nullptr).find("denied/"), 0U) << "no rule names it";
  EXPECT_EQ(said("verify", "oci:web/published:1", nullptr).find("denied/released"), 0U) << "nobody signed it";
  EXPECT_EQ(said("verify", "oci:web/published:1", nullptr, {"--pending-passes"}), "");
  ASSERT_EQ(stage.ashlar({"sign", "oci:web/published:1", "--key", "web/release.key"}).code, 0);
  EXPECT_EQ(said("verify", "oci:web/published:1", nullptr).find("denied"), std::string::npos);
  EXPECT_NE(said("verify", "oci:web/published:1", nullptr).find("allowed/released"), std::string::npos) << said("verify", "oci:web/published:1", nullptr);
  // References in files.
  const auto refer = [&](const std::string& from) {
    stage.write("web/Dockerfile", "FROM " + from + "\nUSER 65532\n");
    return stage.run({"sh", "-c", "cd web && " + shell_word(program_under_test()) + " check Dockerfile --policy policy.yaml --key release.pub --pending-passes"}).code;
  };
  EXPECT_EQ(refer("nginx:1.27"), 1);
  EXPECT_EQ(refer("registry.example/anything@sha256:" + std::string(64, 'a')), 1);
  EXPECT_EQ(refer("scratch"), 1);
  // Every line of it says why: each key has a remark above it, or its own or its section's `why`.
  const std::string text = stage.read("web/policy.yaml");
  const auto lines = split(text, '\n');
  for (size_t at = 1; at < lines.size(); ++at) {
    const std::string_view line = trim(lines[at]);
    if (line.empty() || line.starts_with('#') || line.find("why:") != std::string_view::npos) continue;
    size_t above = at;
    while (above > 0 && !trim(lines[above - 1]).empty() && !trim(lines[above - 1]).starts_with('#')) --above;
    const bool remarked = above > 0 && trim(lines[above - 1]).starts_with('#');
    EXPECT_TRUE(remarked) << "web/policy.yaml:" << at + 1 << ": " << line;
  }
}

TEST_F(InitFlow, nothing_that_is_there_is_written_over) {
  ASSERT_EQ(stage.ashlar({"init", "web"}).code, 0);
  const auto before = files_of("web");
  const Ran again = stage.ashlar({"init", "web"});
  EXPECT_EQ(again.code, 0) << again.told;
  EXPECT_EQ(files_of("web"), before);
  stage.write("web/fleet.yaml", "images: []\n");
  stage.write("web/policy.yaml", "gate: {}\n");
  const auto changed = files_of("web");
  const Ran refused = stage.ashlar({"init", "web", "--ci", "gitlab"});
  EXPECT_EQ(refused.code, 2) << refused.told;
  EXPECT_NE(refused.err.find("'policy.yaml', 'fleet.yaml' are there and would be another; nothing was written"), std::string::npos) << refused.err;
  EXPECT_EQ(files_of("web"), changed) << "not even what is missing";
  const Ran forced = stage.ashlar({"init", "web", "--force", "fleet.yaml", "--force", "policy.yaml"});
  EXPECT_EQ(forced.code, 0) << forced.told;
  EXPECT_EQ(files_of("web"), before);
  EXPECT_EQ(stage.ashlar({"init", "web", "--force", "other.md"}).code, 2);
  // Whoever has a README keeps it, and starts all the same.
  stage.write("theirs/README.md", "# Theirs\n");
  const Json theirs = stage.json({"init", "theirs"});
  EXPECT_EQ(stage.read("theirs/README.md"), "# Theirs\n");
  EXPECT_TRUE(stage.exists("theirs/policy.yaml"));
  EXPECT_NE(theirs["open"].dump().find("docs/starting.md"), std::string::npos) << theirs["open"];
}

TEST_F(InitFlow, a_team_starts_from_its_dockerfile) {
  const std::string dockerfile = "# ours\nFROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nCMD python -m http.server 8000\n";
  stage.write("app/Dockerfile", dockerfile);
  stage.write("app/.gitignore", "*.pyc\n");
  const Json answer = stage.json({"init", "--from", "app/Dockerfile", "--bases", "registry.example/hardened", "--ci", "gitlab"});
  EXPECT_EQ(answer["folder"], "app") << "beside the Dockerfile";
  EXPECT_EQ(answer["written"], Json::parse(R"(["Dockerfile.hardened", "policy.yaml", ".dockerignore", ".gitlab-ci.yml", "ci/ashlar-application.gitlab-ci.yml"])"));
  EXPECT_EQ(stage.read("app/Dockerfile"), dockerfile);
  EXPECT_EQ(stage.read("app/.gitignore"), "*.pyc\n") << "it yields";
  EXPECT_NE(answer["open"].dump().find("add the lines `*.key` and `/.ashlar/` to .gitignore"), std::string::npos) << answer["open"];
  // It is what `migrate` makes of it, with its comments, and the pipeline builds it.
  const Ran migrated = stage.ashlar({"migrate", "app/Dockerfile", "--bases", "registry.example/hardened"});
  EXPECT_EQ(stage.read("app/Dockerfile.hardened"), migrated.out) << migrated.told;
  EXPECT_NE(migrated.out.find("FROM registry.example/hardened/python:3.13"), std::string::npos) << migrated.out;
  EXPECT_NE(stage.read("app/ci/ashlar-application.gitlab-ci.yml").find("--file \"Dockerfile.hardened\""), std::string::npos);
  // Again: nothing changes. And `init ci` later takes the hardened one as well.
  const auto before = files_of("app");
  EXPECT_EQ(stage.ashlar({"init", "--from", "app/Dockerfile", "--bases", "registry.example/hardened", "--ci", "gitlab"}).code, 0);
  EXPECT_EQ(files_of("app"), before);
  ASSERT_EQ(stage.ashlar({"init", "ci", "github", "app"}).code, 0);
  EXPECT_NE(stage.read("app/.github/workflows/ashlar-application.yml").find("DOCKERFILE: \"Dockerfile.hardened\""), std::string::npos);
  // A pipeline of one's own stays, and what to add is said.
  stage.write("other/Dockerfile", dockerfile);
  stage.write("other/.gitlab-ci.yml", "test: {script: [\"true\"]}\n");
  const Json other = stage.json({"init", "ci", "gitlab", "other"});
  EXPECT_EQ(other["written"], Json::parse(R"(["ci/ashlar-application.gitlab-ci.yml", ".gitignore", ".dockerignore"])"));
  EXPECT_NE(other["open"].dump().find("to .gitlab-ci.yml"), std::string::npos) << other["open"];
  // Neither does what the pipeline needs and nobody has stay unsaid: the policy by which it judges, and what may be built on.
  EXPECT_NE(other["open"].dump().find("judges by 'policy.yaml', which is not there"), std::string::npos) << other["open"];
  EXPECT_NE(other["open"].dump().find("select what 'Dockerfile' is built on"), std::string::npos) << other["open"];
}

/// What is written passes what it holds others to: a project at once, an application once its base is selected and its old Dockerfile is gone, as `open` says.
TEST_F(InitFlow, what_is_written_passes_its_own_check) {
  ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", "release"}).code, 0);
  put_image(stage, "bases", "3.13", {{{{inventory::folder("etc"), {"etc/name", "python"}}}}});
  const auto check = [&](const std::string& folder) { return stage.run({"sh", "-c", "cd " + folder + " && " + shell_word(program_under_test()) + " check . --pending-passes --key ../release.pub"}); };
  const std::string own = "registry.example/tools/ashlar@sha256:" + std::string(64, 'a');
  for (const char* system : {"github", "gitlab", "jenkins", "tekton", "azure"}) {
    for (const Words& more : std::vector<Words>{{}, {"--image", own, "--to", "docker://registry.example/team/app"}}) {
      const std::string project = fmt::format("{}-project{}", system, more.size()), application = fmt::format("{}-application{}", system, more.size());
      Words words = {"init", project, "--ci", system};
      words.insert(words.end(), more.begin(), more.end());
      ASSERT_EQ(stage.ashlar(words).code, 0);
      const Ran checked = check(project);
      EXPECT_EQ(checked.code, 0) << project << "\n" << checked.told;
      stage.write(application + "/Dockerfile", "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nCMD python -m http.server 8000\n");
      words = {"init", "--from", application + "/Dockerfile", "--bases", "registry.example/hardened", "--ci", system};
      words.insert(words.end(), more.begin(), more.end());
      const Json answer = stage.json(words);
      ASSERT_NE(answer["open"].dump().find("put Dockerfile.hardened in its place"), std::string::npos) << answer["open"];
      ASSERT_NE(answer["open"].dump().find("ashlar policy select docker://registry.example/hardened/"), std::string::npos) << answer["open"];
      EXPECT_NE(check(application).code, 0) << "the old one is on a base that nobody selected";
      fs::remove(stage.folder() / application / "Dockerfile");
      ASSERT_EQ(stage.ashlar({"policy", "select", "oci:bases:3.13", "--name", "registry.example/hardened/python:3.13", "--by", "Alice", "--key", "release.key", "--selection", application + "/selection.json"}).code, 0);
      const Ran ready = check(application);
      EXPECT_EQ(ready.code, 0) << application << "\n" << ready.told;
      // What the rule for pipelines lets pass, it lets pass by its digest alone; of a tag nobody knows where it leads.
      stage.write(application + "/Dockerfile", "FROM docker:27.5.1-dind\nUSER 1\n");
      EXPECT_EQ(check(application).code, 3) << application;
    }
  }
}

TEST_F(InitFlow, what_cannot_be_migrated_starts_nothing) {
  struct Row {
    const char *summary, *text, *says;
  };
  const Row rows[] = {
      {"Windows", "FROM mcr.example/windows/servercore:1\nRUN powershell x\n", "app/Dockerfile:1:1"},
      {"no Dockerfile by its grammar", "FROM\n", "app/Dockerfile:1:"},
      {"nothing", "", "app/Dockerfile"},
  };
  for (const Row& row : rows) {
    stage.write("app/Dockerfile", row.text);
    const Ran ran = stage.ashlar({"init", "--from", "app/Dockerfile"});
    EXPECT_EQ(ran.code, 2) << row.summary << "\n" << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << row.summary << "\n" << ran.err;
    EXPECT_EQ(names(files_of("app")), "Dockerfile") << row.summary;
  }
  EXPECT_EQ(stage.ashlar({"init", "--from", "nowhere/Dockerfile"}).code, 2);
  EXPECT_EQ(stage.ashlar({"init", "ci", "github", "--from", "app/Dockerfile"}).code, 2);
}

TEST_F(InitFlow, wrong_words_are_told) {
  stage.write("bare/notes.txt", "");
  struct Row {
    const char* summary;
    Words words;
    const char* says;
  };
  const Row rows[] = {
      {"a name that is none", {"init", "q", "--name", "Bad Name"}, "cannot name an image 'Bad Name'"},
      {"a place that is none", {"init", "q", "--to", "registry"}, "registry"},
      {"a place with a tag", {"init", "q", "--to", "docker://registry.example/a:1"}, "without a tag"},
      {"a place that a shell would read", {"init", "q", "--to", "oci:a$(id)"}, "no quotes, blanks or variables"},
      {"an image without a digest", {"init", "q", "--image", "registry.example/ashlar:1"}, "by its digest"},
      {"another system", {"init", "q", "--ci", "travis"}, "the systems are github, gitlab, jenkins, tekton, azure"},
      {"no system", {"init", "ci"}, "name the system"},
      {"an unknown system", {"init", "ci", "travis", "bare"}, "the systems are github, gitlab, jenkins, tekton, azure"},
      {"nothing to write a pipeline for", {"init", "ci", "github", "bare"}, "neither a definition nor a Dockerfile"},
      {"two folders", {"init", "a", "b"}, "one folder"},
  };
  for (const Row& row : rows) {
    const Ran ran = stage.ashlar(row.words);
    EXPECT_EQ(ran.code, 2) << row.summary << "\n" << ran.told;
    EXPECT_NE(ran.err.find(row.says), std::string::npos) << row.summary << "\n" << ran.err;
    EXPECT_FALSE(stage.exists("q")) << row.summary;
  }
}

/// Command lines of ashlar in a pipeline: each word of its line after `ashlar` or the wrapper, variables and all.
std::vector<Words> commands_of(const std::string& text) {
  std::vector<Words> out;
  static const std::regex head(R"((?:sh ci/ashlar\.sh|[-(] *ashlar|\n +ashlar) ([a-z]+)([^|;)'\n]*))");
  for (std::sregex_iterator at(text.begin(), text.end(), head), end; at != end; ++at) {
    Words line = {(*at)[1].str()};
    const std::string rest = (*at)[2].str();
    for (const std::string_view word : words(rest)) line.emplace_back(word);
    out.push_back(std::move(line));
  }
  return out;
}

TEST_F(InitFlow, pipelines_pass_their_linters) {
  stage.write("app/Dockerfile", "FROM registry.example/base:1\n");
  for (const char* system : {"github", "gitlab", "jenkins", "tekton", "azure"}) {
    for (const Words& more : std::vector<Words>{{}, {"--to", "docker://registry.example/team/app", "--image", "registry.example/ashlar@sha256:" + std::string(64, 'a')}}) {
      const std::string folder = fmt::format("{}{}", system, more.size());
      ASSERT_EQ(stage.ashlar({"init", folder, "--ci", "none"}).code, 0);
      fs::copy_file(stage.folder() / "app/Dockerfile", stage.folder() / folder / "Dockerfile");
      Words init = {"init", "ci", system, folder};
      init.insert(init.end(), more.begin(), more.end());
      const Ran ran = stage.ashlar(init);
      ASSERT_EQ(ran.code, 0) << ran.told;
      Words lint = {"bash", ASHLAR_SOURCE_DIR "/scripts/lint-ci.sh"};
      size_t commands = 0;
      for (const auto& [name, text] : files_of(folder)) {
        if (!name.ends_with(".yml") && !name.ends_with("tekton.yaml") && !name.ends_with("Jenkinsfile")) continue;
        lint.push_back((stage.folder() / folder / name).string());
        EXPECT_EQ(std::regex_search(text, std::regex("@[A-Z]+@")), false) << name << " has something that was not filled in";
        for (const Words& line : commands_of(text)) {
          ++commands;
          const Ran help = stage.ashlar({line[0], "--help"});
          EXPECT_EQ(help.code, 0) << name << ": there is no verb '" << line[0] << "'";
          for (const std::string& word : line) {
            EXPECT_TRUE(!word.starts_with("--") || help.out.find(word) != std::string::npos) << name << ": '" << line[0] << "' takes no " << word;
          }
        }
      }
      EXPECT_GE(commands, 12U) << folder;
      stage.environment["HOME"] = host::real_machine().environment("HOME").value_or("/");
      const Ran judged = stage.run(lint);
      stage.environment["HOME"] = stage.folder().string();
      if (judged.code == 3) GTEST_SKIP() << trim(judged.err);
      EXPECT_EQ(judged.code, 0) << judged.told;
    }
  }
}

/// The same steps whatever the system is: each verb with its options, but for how a key, a place or a digest is written.
TEST_F(InitFlow, all_systems_do_the_same) {
  stage.write("app/Dockerfile", "FROM registry.example/base:1\n");
  std::map<std::string, std::set<std::string>> verbs;
  for (const char* system : {"github", "gitlab", "jenkins", "tekton", "azure"}) {
    const std::string folder = system;
    ASSERT_EQ(stage.ashlar({"init", folder, "--ci", "none"}).code, 0);
    fs::copy_file(stage.folder() / "app/Dockerfile", stage.folder() / folder / "Dockerfile");
    ASSERT_EQ(stage.ashlar({"init", "ci", system, folder}).code, 0);
    for (const auto& [name, text] : files_of(folder)) {
      if ((!name.starts_with("ci/") && !name.starts_with(".github/")) || name.ends_with(".sh")) continue;
      // What a shell or the service puts in is one word.
      for (const Words& line : commands_of(std::regex_replace(text, std::regex(R"(\$\([^()\n]*\))"), "X"))) {
        std::string step = line[0];
        for (const std::string& word : line) {
          if (word.starts_with("--") && word != "--format" && word != "--output") step += " " + word;
        }
        verbs[folder].insert(step);
      }
    }
    // Shape of what no linter is had for: what is opened is closed, in one pipeline.
    for (const char* const file : {"ci/ashlar-images.Jenkinsfile", "ci/ashlar-application.Jenkinsfile"}) {
      if (folder != "jenkins") continue;
      const std::string text = stage.read(folder + "/" + file);
      for (const auto& [open, close] : {std::pair('{', '}'), {'(', ')'}, {'[', ']'}}) EXPECT_EQ(std::ranges::count(text, open), std::ranges::count(text, close)) << file << " " << open;
      EXPECT_NE(text.find("\npipeline {\n"), std::string::npos) << file;
      for (const char* const part : {"agent {", "environment {", "stages {", "post {"}) EXPECT_NE(text.find(part), std::string::npos) << file << " " << part;
      for (std::string_view rest = text; !rest.empty();) {
        const auto [line, behind] = cut(rest, '\n');
        rest = behind;
        const std::string_view trimmed = trim(line);
        EXPECT_TRUE(!trimmed.starts_with("sh '") || (trimmed.ends_with("'") && trimmed.size() > 5)) << file << ": " << line;
        EXPECT_FALSE(trimmed.starts_with("sh \"")) << file << ": Groovy would put variables into a shell's line: " << line;
      }
    }
  }
  for (const auto& [system, steps] : verbs) {
    EXPECT_GE(steps.size(), 10U) << system;
    EXPECT_EQ(steps.contains("copy"), system == "gitlab" || system == "tekton") << system << ": others push with the engine";
  }
  for (auto& [system, steps] : verbs) steps.erase("copy");
  for (const auto& [system, steps] : verbs) EXPECT_EQ(steps, verbs["github"]) << system;
}

/// Of an application that lies deeper in its repository every system builds its folder, and asks its policy.
TEST_F(InitFlow, an_application_below_the_repository_is_built_where_it_lies) {
  const std::pair<const char*, const char*> rows[] = {
      {"github", ".github/workflows/ashlar-application-svc-web.yml"}, {"gitlab", "ci/ashlar-application-svc-web.gitlab-ci.yml"}, {"jenkins", "ci/ashlar-application-svc-web.Jenkinsfile"}, {"tekton", "ci/ashlar-application-svc-web.tekton.yaml"}, {"azure", "ci/ashlar-application-svc-web.azure-pipelines.yml"}};
  for (const auto& [system, file] : rows) {
    const std::string folder = system;
    stage.write(folder + "/.git/HEAD", "ref: refs/heads/main\n");
    stage.write(folder + "/svc/web/Dockerfile", "FROM python:3.13-slim\nCMD python -m http.server 8000\n");
    const Ran ran = stage.ashlar({"init", "--from", folder + "/svc/web/Dockerfile", "--bases", "registry.example/hardened", "--ci", system});
    ASSERT_EQ(ran.code, 0) << system << ran.told;
    EXPECT_TRUE(stage.exists(folder + "/svc/web/policy.yaml")) << system;
    const std::string text = stage.read(folder + "/" + file);
    EXPECT_NE(text.find("\"svc/web/Dockerfile.hardened\""), std::string::npos) << system;
    EXPECT_NE(text.find("\"svc/web\""), std::string::npos) << system << ": its context";
    EXPECT_NE(text.find("--policy svc/web/policy.yaml "), std::string::npos) << system;
    // A second one of the same repository, by its pipeline alone, and a project with a pipeline: each has its own, and none another's.
    stage.write(folder + "/svc/api/Dockerfile", "FROM registry.example/hardened/base:13\n");
    const Ran second = stage.ashlar({"init", "ci", system, folder + "/svc/api"}), project = stage.ashlar({"init", folder + "/images/web", "--ci", system});
    ASSERT_EQ(second.code, 0) << system << second.told;
    ASSERT_EQ(project.code, 0) << system << project.told;
    EXPECT_EQ(stage.read(folder + "/" + file), text) << system;
    std::string api = file, images = file;
    api.replace(api.find("svc-web"), 7, "svc-api"), images.replace(images.find("application-svc-web"), 19, "images-images-web");
    EXPECT_NE(stage.read(folder + "/" + api).find("\"svc/api/Dockerfile\""), std::string::npos) << system << ": " << api;
    EXPECT_NE(stage.read(folder + "/" + images).find("make images/web/web.yaml --policy images/web/policy.yaml "), std::string::npos) << system << ": " << images;
    EXPECT_TRUE(stage.exists(folder + "/images/web/README.md")) << system;
    EXPECT_FALSE(stage.exists(folder + "/images/web/ci")) << system << ": nobody reads pipelines there";
  }
}

/// A team's own check does not stumble over the pipelines that it was given.
TEST_F(InitFlow, pipelines_pass_the_check_that_they_run) {
  ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", "release"}).code, 0);
  put_image(stage, "bases", "1", {{{{inventory::folder("etc"), {"etc/name", "base"}}}}});
  for (const char* system : {"github", "gitlab", "jenkins", "tekton", "azure"}) {
    const std::string folder = system;
    ASSERT_EQ(stage.ashlar({"init", folder, "--ci", system, "--to", "docker://registry.example/base"}).code, 0);
    ASSERT_EQ(stage.ashlar({"policy", "select", "oci:bases:1", "--name", "registry.example/base:1", "--by", "Alice", "--key", "release.key", "--selection", folder + "/selection.json"}).code, 0);
    stage.write(folder + "/Dockerfile", "FROM registry.example/base:1\nUSER 65532\n");
    ASSERT_EQ(stage.ashlar({"init", "ci", system, folder, "--to", "docker://registry.example/base"}).code, 0);
    const Ran ran = stage.run({"sh", "-c", fmt::format("cd {} && {} check . --pending-passes --key ../release.pub", folder, shell_word(program_under_test()))});
    EXPECT_EQ(ran.code, 0) << system << ran.told;
    EXPECT_EQ(ran.out.find("image-invalid"), std::string::npos) << ran.told;
  }
}

TEST(CiFiles, those_that_ship_pass_their_linters_and_a_fault_is_found) {
  Stage stage;
  stage.environment["HOME"] = host::real_machine().environment("HOME").value_or("/");
  const std::string lint = ASHLAR_SOURCE_DIR "/scripts/lint-ci.sh";
  const Ran shipped = stage.run({"bash", lint, ASHLAR_SOURCE_DIR "/ci/github-renew.yml", ASHLAR_SOURCE_DIR "/ci/gitlab-renew.yml"});
  if (shipped.code == 3) GTEST_SKIP() << trim(shipped.err);
  EXPECT_EQ(shipped.code, 0) << shipped.told;
  struct Row {
    const char *summary, *name, *text, *says;
  };
  const std::string digest(64, 'a'), commit(40, 'b');
  const std::string good = "name: a\non: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n";
  const std::string texts[] = {good + "      - uses: actions/checkout@v4\n", good + "      - run: echo ${{ secrets.A }}\n        with: 1\n", good + "      - uses: actions/checkout@" + commit + " # v4\n",
                               "a:\n  script:\n    - x || { git commit -m 'locks: renewed'; }\n", "a:\n  image: alpine:3\n  script: [true]\n", "a:\n  image: alpine@sha256:" + digest + "\n  script: [\"true\"]\n"};
  const Row rows[] = {
      {"an action by its tag", "loose.yml", texts[0].c_str(), "not pinned by a digest"},
      {"no workflow", "wrong.yml", texts[1].c_str(), "with"},
      {"an action by its commit", "pinned.yml", texts[2].c_str(), nullptr},
      {"a command that is a mapping", "gitlab-mapping.yml", texts[3].c_str(), "is not of type 'string'"},
      {"an image by its tag", "gitlab-loose.yml", texts[4].c_str(), "not pinned by a digest"},
      {"an image by its digest", "gitlab-pinned.yml", texts[5].c_str(), nullptr},
  };
  for (const Row& row : rows) {
    stage.write(row.name, row.text);
    const Ran ran = stage.run({"bash", lint, (stage.folder() / row.name).string()});
    EXPECT_EQ(ran.code, row.says == nullptr ? 0 : 1) << row.summary << "\n" << ran.told;
    EXPECT_NE(ran.err.find(row.says == nullptr ? "" : row.says), std::string::npos) << row.summary << "\n" << ran.err;
  }
}

}  // namespace
}  // namespace ashlar::flow
