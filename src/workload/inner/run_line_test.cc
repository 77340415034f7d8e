// What a RUN makes, takes away, gives to others and installs, as a migration reads it.
#include "workload/inner/run_line.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace ashlar::workload {
namespace {

RunLine read(const std::string& line, const Variables& values = {}) {
  const auto file = parse_dockerfile("FROM a\nRUN " + line + "\n", "Dockerfile");
  EXPECT_TRUE(file) << line;
  return file ? read_run(file->instructions.at(1), "/app", values) : RunLine();
}

TEST(RunLines, WhatIsMadeAndTakenAway) {
  struct Row {
    const char* summary;
    const char* line;
    const char* made;
    const char* removed = "";
    const char* undone = "";
    const char* owned = "";
  };
  const Row rows[] = {
      {"a file", "touch /x", "/x"},
      {"one that goes again", "touch /x && rm /x", "", "/x", "/x"},
      {"one of several", "mkdir -p /a /b && rm -rf /a", "/b", "/a", "/a", "/b"},
      {"what lies below goes with it", "mkdir -p /a && touch /a/b && rm -r /a", "", "/a", "/a"},
      {"what only begins alike stays", "touch /ab && rm -rf /a", "/ab", "/a"},
      {"one that was there before", "rm -rf /etc/x", "", "/etc/x"},
      {"made anew after", "rm -rf /a && mkdir /a", "/a", "/a", "", "/a"},
      {"in the folder where it works", "touch x && rm x", "", "/app/x", "/app/x"},
      {"in another folder", "cd /srv && touch x && rm ./x", "", "/srv/x", "/srv/x"},
      {"by a variable", "wget -O /y-${V}.tgz http://x.example/y && rm /y-${V}.tgz", "", "/y-2.tgz", "/y-2.tgz"},
      {"by a variable that nobody knows", "touch /x && rm /$W", "/x"},
      {"by a glob", "touch /srv/x && rm /srv/*", "/srv/x"},
      {"an empty folder", "mkdir /d && rmdir /d", "", "/d", "/d"},
      {"options are no paths", "touch /f && rm -f -r /f", "", "/f", "/f"},
  };
  for (const Row& row : rows) {
    const RunLine run = read(row.line, {{"V", "2"}});
    EXPECT_EQ(join(run.made, " "), row.made) << row.summary;
    EXPECT_EQ(join(run.removed, " "), row.removed) << row.summary;
    EXPECT_EQ(join(run.undone, " "), row.undone) << row.summary;
    EXPECT_EQ(join(run.owned, " "), row.owned) << row.summary;
  }
}

TEST(RunLines, EnvironmentsOfPython) {
  struct Row {
    const char* line;
    const char* environment;
    const char* project = "";
  };
  const Row rows[] = {
      {"python -m venv venv", "/app/venv"},
      {"python3 -m venv /opt/venv", "/opt/venv"},
      {"python3.11 -m venv --copies env", "/app/env"},
      {"python -m venv $VIRTUAL_ENV", "/opt/own"},
      {"python -m venv .", "/app"},
      {"virtualenv venv", "/app/venv"},
      {"virtualenv -p python3 /v", "/v"},
      {"uv venv", "/app/.venv"},
      {"uv venv --seed", "/app/.venv"},
      {"uv venv /v --seed", "/v"},
      {"uv venv venv", "/app/venv"},
      {"uv sync --frozen", "", "/app/.venv"},
      {"cd /srv && uv sync", "", "/srv/.venv"},
      {"uv pip install x", ""},
      {"pip install venv", ""},
      {"python -m pip install x", ""},
  };
  for (const Row& row : rows) {
    const RunLine run = read(row.line, {{"VIRTUAL_ENV", "/opt/own"}});
    EXPECT_EQ(run.environment, row.environment) << row.line;
    EXPECT_EQ(run.project, row.project) << row.line;
  }
  EXPECT_EQ(read("uv sync", {{"UV_PROJECT_ENVIRONMENT", "/srv/env"}}).project, "/srv/env");
}

TEST(RunLines, WhatIsInstalledAndWhere) {
  struct Row {
    const char* line;
    const char* names;
    const char* root = "";
  };
  const Row rows[] = {
      {"apt-get install -y -t stable a b=1", "a b=1"},
      {"apk add --no-cache --virtual .d a b", "a b"},
      {"apk add --no-cache --root /r --initdb a", "a", "/r"},
      {"apk add -p /r a", "a", "/r"},
      {"apk add --root=/r --keys-dir /k --repositories-file /f --arch x a", "a", "/r"},
      {"dnf -y install --installroot /mnt --releasever 9 a", "a", "/mnt"},
      {"dnf install --installroot=/mnt --setopt=a=b --disablerepo x c", "c", "/mnt"},
      {"microdnf install -y a", "a"},
      // apt knows no other root by these.
      {"apt-get install --root /r a", "a"},
  };
  for (const Row& row : rows) {
    const RunLine run = read(row.line);
    ASSERT_EQ(run.commands.size(), 1U) << row.line;
    EXPECT_EQ(run.commands[0].role, Role::Install) << row.line;
    std::vector<std::string> names;
    for (const size_t at : run.commands[0].names) names.push_back(run.line.commands[0].words[at].value);
    EXPECT_EQ(join(names, " "), row.names) << row.line;
    EXPECT_EQ(run.commands[0].value, row.root) << row.line;
  }
}

}  // namespace
}  // namespace ashlar::workload
