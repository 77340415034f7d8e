#include "oci/credentials.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "host/memory.h"
#include "host/program.h"

namespace ashlar::oci {
namespace {

std::string shown(const Result<std::optional<Login>>& login) {
  if (!login) return login.error().message;
  if (!*login) return "none";
  return (*login)->identity_token.empty() ? (*login)->user + ":" + (*login)->password : "token " + (*login)->identity_token;
}

std::string entry(const std::string& name, const std::string& user) { return "\"" + name + "\": {\"auth\": \"" + to_base64(as_bytes(user + ":pass")) + "\"}"; }
std::string auths(const std::string& entries) { return "{\"auths\": {" + entries + "}}"; }

TEST(CredentialsTest, FilesAreAskedInTheOrderOfOtherTools) {
  struct Row {
    std::string summary;
    std::map<std::string, std::string> environment, files;
    std::string login;
  };
  const Row rows[] = {
      {"no file", {{"HOME", "/h"}}, {}, "none"},
      {"no home", {}, {}, "none"},
      {"a file that the environment names, alone", {{"HOME", "/h"}, {"REGISTRY_AUTH_FILE", "/a.json"}}, {{"/a.json", auths("")}, {"/h/.docker/config.json", auths(entry("r.example", "docker"))}}, "none"},
      {"that one's login", {{"REGISTRY_AUTH_FILE", "/a.json"}}, {{"/a.json", auths(entry("r.example", "named"))}}, "named:pass"},
      {"the runtime folder before the others", {{"HOME", "/h"}, {"XDG_RUNTIME_DIR", "/run"}}, {{"/run/containers/auth.json", auths(entry("r.example", "run"))}, {"/h/.docker/config.json", auths(entry("r.example", "docker"))}}, "run:pass"},
      {"its place without such a folder", {{"HOME", "/h"}}, {{fmt::format("/run/containers/{}/auth.json", host::effective_user()), auths(entry("r.example", "run"))}, {"/h/.docker/config.json", auths(entry("r.example", "docker"))}}, "run:pass"},
      {"another user's is not asked", {{"HOME", "/h"}}, {{fmt::format("/run/containers/{}/auth.json", host::effective_user() + 1), auths(entry("r.example", "run"))}, {"/h/.docker/config.json", auths(entry("r.example", "docker"))}}, "docker:pass"},
      {"where there is one, it is not asked", {{"XDG_RUNTIME_DIR", "/run/user/7"}}, {{fmt::format("/run/containers/{}/auth.json", host::effective_user()), auths(entry("r.example", "run"))}}, "none"},
      {"the next, where the first does not know the registry", {{"HOME", "/h"}, {"XDG_RUNTIME_DIR", "/run"}}, {{"/run/containers/auth.json", auths(entry("other.example", "run"))}, {"/h/.docker/config.json", auths(entry("r.example", "docker"))}}, "docker:pass"},
      {"the user's configuration", {{"HOME", "/h"}}, {{"/h/.config/containers/auth.json", auths(entry("r.example", "config"))}}, "config:pass"},
      {"where XDG says it is", {{"HOME", "/h"}, {"XDG_CONFIG_HOME", "/c"}}, {{"/c/containers/auth.json", auths(entry("r.example", "config"))}}, "config:pass"},
      {"Docker's folder", {{"HOME", "/h"}, {"DOCKER_CONFIG", "/d"}}, {{"/d/config.json", auths(entry("r.example", "docker"))}, {"/h/.docker/config.json", auths(entry("r.example", "home"))}}, "docker:pass"},
  };
  for (const Row& row : rows) {
    host::MemoryMachine machine;
    machine.environment = row.environment;
    for (const auto& [path, text] : row.files) ASSERT_TRUE(machine.files.write(path, text, host::Durability::Cache));
    EXPECT_EQ(shown(find_login(machine.machine, "r.example/team/app")), row.login) << row.summary;
  }
}

TEST(CredentialsTest, TheMostExactEntryCounts) {
  struct Row {
    std::string summary, file, login;
  };
  const Row rows[] = {
      {"the registry", auths(entry("r.example", "all")), "all:pass"},
      {"a namespace before the registry", auths(entry("r.example", "all") + "," + entry("r.example/team", "team")), "team:pass"},
      {"the repository before both", auths(entry("r.example/team", "team") + "," + entry("r.example/team/app", "app")), "app:pass"},
      {"another namespace", auths(entry("r.example/tea", "tea")), "none"},
      {"another host with the same end", auths(entry("example", "x") + "," + entry("r.example.org", "y")), "none"},
      {"Docker's addresses", auths(entry("https://r.example/v1/", "v1")), "v1:pass"},
      {"and without a version", auths(entry("https://r.example/", "plain")), "plain:pass"},
      {"a password with colons", auths(R"("r.example": {"auth": ")" + to_base64(as_bytes("u:a:b")) + "\"}"), "u:a:b"},
      {"user and password apart", auths(R"("r.example": {"username": "u", "password": "p"})"), "u:p"},
      {"an identity token", auths(R"("r.example": {"auth": ")" + to_base64(as_bytes("u:")) + R"(", "identitytoken": "it"})"), "token it"},
      {"an entry that says nothing", auths(R"("r.example": {})"), "none"},
      {"no auths", "{}", "none"},
      {"no base64", auths(R"("r.example": {"auth": "!"})"), "cannot read logins '/a.json': base64 is damaged"},
      {"no user in it", auths(R"("r.example": {"auth": "eA=="})"), "cannot read logins '/a.json': 'auth' is no user and password"},
      {"no object", "[]", "cannot read logins '/a.json': it is not an object"},
  };
  for (const Row& row : rows) {
    host::MemoryMachine machine;
    machine.environment = {{"REGISTRY_AUTH_FILE", "/a.json"}};
    ASSERT_TRUE(machine.files.write("/a.json", row.file, host::Durability::Cache));
    const std::string got = shown(find_login(machine.machine, "r.example/team/app"));
    if (row.summary == "no base64") EXPECT_TRUE(got.starts_with("cannot read logins '/a.json': ")) << got;
    else EXPECT_EQ(got, row.login) << row.summary;
  }
}

/// The address under which Docker keeps a login that is of a registry by another name.
TEST(CredentialsTest, AnAddressMayStandForTheName) {
  const std::string address = "https://index.example/v1/", store = R"({"credsStore": "test"})";
  struct Row {
    std::string summary, file, login;
    std::vector<std::string> asked;
  };
  const Row rows[] = {
      {"under its address", auths(entry(address, "docker")), "docker:pass", {}},
      {"under its name, which goes first", auths(entry("r.example", "name") + "," + entry(address, "docker")), "name:pass", {}},
      {"under neither", auths(entry("other.example", "x")), "none", {}},
      {"in a store, which is asked for the address as it is", store, "none", {"r.example", address}},
      {"in a helper of that address", R"({"credHelpers": {"index.example": "test"}})", "none", {address}},
  };
  for (const Row& row : rows) {
    host::MemoryMachine machine;
    machine.environment = {{"REGISTRY_AUTH_FILE", "/a.json"}};
    ASSERT_TRUE(machine.files.write("/a.json", row.file, host::Durability::Cache));
    machine.processes.add("docker-credential-test", {1, false, false, "credentials not found in native keychain", ""});
    EXPECT_EQ(shown(find_login(machine.machine, "r.example/team/app", address)), row.login) << row.summary;
    std::vector<std::string> asked;
    for (const host::Command& command : machine.processes.commands()) asked.push_back(command.input);
    EXPECT_EQ(asked, row.asked) << row.summary;
  }
}

TEST(CredentialsTest, HelpersAreAskedAsProgramsOfOthers) {
  struct Row {
    std::string summary, file;
    host::Outcome outcome;
    std::string login;
  };
  const std::string helper = R"({"credHelpers": {"r.example": "test"}})", store = R"({"auths": {"r.example": {}}, "credsStore": "test"})";
  const Row rows[] = {
      {"a helper of that registry", helper, {0, false, false, R"({"ServerURL": "r.example", "Username": "u", "Secret": "s"})", ""}, "u:s"},
      {"the store of all", store, {0, false, false, R"({"Username": "u", "Secret": "s"})", ""}, "u:s"},
      {"an identity token", helper, {0, false, false, R"({"Username": "<token>", "Secret": "s"})", ""}, "token s"},
      {"it has none", helper, {1, false, false, "credentials not found in native keychain\n", ""}, "none"},
      {"it fails", helper, {1, false, false, "", "the keychain is locked\n"}, "cannot get the login for 'r.example' from 'docker-credential-test': the keychain is locked"},
      {"it says nothing and fails", helper, {3, false, false, "", ""}, "cannot get the login for 'r.example' from 'docker-credential-test': it ends with 3"},
      {"it does not end", helper, {137, true, false, "", ""}, "cannot get the login for 'r.example' from 'docker-credential-test': it did not answer in a minute"},
      {"it answers something else", helper, {0, false, false, "hello", ""}, "cannot get the login for 'r.example' from 'docker-credential-test': its answer has no 'Username' and 'Secret'"},
      {"the helper of another registry", R"({"credHelpers": {"other.example": "test"}})", {1, false, false, "", "asked"}, "none"},
      {"a login beside a helper that has none", R"({"auths": {)" + entry("r.example", "file") + R"(}, "credHelpers": {"r.example": "test"}})", {1, false, false, "credentials not found in native keychain", ""}, "file:pass"},
  };
  for (const Row& row : rows) {
    host::MemoryMachine machine;
    machine.environment = {{"REGISTRY_AUTH_FILE", "/a.json"}};
    ASSERT_TRUE(machine.files.write("/a.json", row.file, host::Durability::Cache));
    machine.processes.add("docker-credential-test", row.outcome);
    EXPECT_EQ(shown(find_login(machine.machine, "r.example/team/app")), row.login) << row.summary;
    for (const host::Command& command : machine.processes.commands()) {
      EXPECT_EQ(command.argv, (std::vector<std::string>{"docker-credential-test", "get"})) << row.summary;
      EXPECT_EQ(command.input, "r.example") << "the secret's name goes by standard input";
    }
  }
}

TEST(CredentialsTest, AHelperThatIsNotThereIsSaid) {
  host::MemoryMachine machine;
  machine.environment = {{"REGISTRY_AUTH_FILE", "/a.json"}};
  ASSERT_TRUE(machine.files.write("/a.json", R"({"credsStore": "gone"})", host::Durability::Cache));
  EXPECT_EQ(shown(find_login(machine.machine, "r.example/a")), "cannot get the login for 'r.example' from 'docker-credential-gone': cannot run 'docker-credential-gone': there is no such program");
  ASSERT_TRUE(machine.files.write("/a.json", R"({"credsStore": "../x"})", host::Durability::Cache));
  EXPECT_EQ(shown(find_login(machine.machine, "r.example/a")), "cannot get the login for 'r.example' from 'docker-credential-../x': a helper's name holds no slash");
}

}  // namespace
}  // namespace ashlar::oci
