// Programs that the configuration starts, and health checks: those that lack or cannot be started are found.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "prove/inner/planted.h"

namespace ashlar::prove {
namespace {

auto starts(std::vector<std::string> entrypoint, std::vector<std::string> cmd = {}) {
  return [entrypoint = std::move(entrypoint), cmd = std::move(cmd)](oci::Config& config) { config.entrypoint = entrypoint, config.cmd = cmd; };
}
auto asks(std::vector<std::string> test) {
  return [test = std::move(test)](oci::Config& config) { config.health = oci::HealthCheck{test, 30, 5, 3}; };
}

TEST(PlantedStart, EntrypointsTable) {
  const std::string app = SmallElf{}.bytes();
  const std::vector<Row> rows = {
      {"not in the image", "entrypoint", "'/usr/bin/ap': that is not in the image", {}, starts({"/usr/bin/ap"})},
      {"not in PATH", "entrypoint", "'ap': PATH (/usr/bin) does not lead to it", {}, starts({}, {"ap"})},
      {"in another folder than PATH's", "entrypoint", "'tool': PATH", {program("opt/tool", app)}, starts({"tool"})},
      {"the entrypoint counts, not its cmd", "entrypoint", "'/start': that is not in the image", {}, starts({"/start"}, {"app"})},
      {"a link that leads nowhere", "entrypoint", "'/usr/bin/start': that is not in the image", {symlink("usr/bin/start", "/opt/none")}, starts({"/usr/bin/start"})},
      {"a folder", "entrypoint", "'/opt': that is no file", {}, starts({"/opt"})},
      {"without the right to execute", "entrypoint", "'/usr/bin/tool' cannot be started by user 'nonroot' (0644, owner 0:0)", {{"usr/bin/tool", app}}, starts({"tool"})},
      {"root's alone", "entrypoint", "cannot be started by user 'nonroot' (0700", {{"usr/bin/tool", app, FileType::Regular, 0700}}, starts({"tool"})},
      {"neither program nor script", "entrypoint", "'/usr/bin/tool' cannot be started: it is neither a program nor a script", {program("usr/bin/tool", "echo hello\n")}, starts({"tool"})},
      {"a script whose interpreter lacks", "entrypoint", "it is a script for '/bin/sh', and that is not in the image", {program("usr/bin/start", "#!/bin/sh -e\nexec app\n")}, starts({"start"})},
      {"a script whose first line names nothing", "entrypoint", "its first line names nothing that starts it", {program("usr/bin/start", "#! \n")}, starts({"start"})},
      {"a script that starts itself", "entrypoint", "scripts start each other without end", {program("usr/bin/start", "#!/usr/bin/start\n")}, starts({"start"})},
      {"an empty file", "entrypoint", "it is neither a program nor a script", {program("usr/bin/start", "")}, starts({"start"})},
      {"hidden by a higher layer", "entrypoint", "'app': PATH", {}, {}, {{"usr/bin/.wh.app", ""}}},
  };
  for (const Row& row : rows) expect_found(row);
}

TEST(PlantedStart, HealthChecksTable) {
  const std::vector<Row> rows = {
      {"not in the image", "health", "'/usr/lib/ashlar/probe': that is not in the image", {}, asks({"CMD", "/usr/lib/ashlar/probe", "tcp", "localhost:80"})},
      {"not in PATH", "health", "'curl': PATH (/usr/bin) does not lead to it", {}, asks({"CMD", "curl", "http://localhost/"})},
      {"without the right to execute", "health", "cannot be started by user 'nonroot'", {{"usr/bin/ask", SmallElf{}.bytes()}}, asks({"CMD", "ask"})},
      {"for a shell, which lacks", "health", "'curl -f http://localhost/ || exit 1' is a command for a shell (CMD-SHELL)", {}, asks({"CMD-SHELL", "curl -f http://localhost/ || exit 1"})},
      {"no words", "health", "'CMD' is no health check", {}, asks({"CMD"})},
      {"another kind", "health", "is no health check", {}, asks({"curl", "http://localhost/"})},
  };
  for (const Row& row : rows) expect_found(row);
}

TEST(PlantedStart, WhatStartsTable) {
  struct Case { std::string summary, id; Members more; std::function<void(oci::Config&)> configure; Outcome expected; std::string says; };
  const std::vector<Case> cases = {
      {"a program in PATH", "entrypoint", {}, starts({"app"}), Outcome::Passed, "'app' is '/usr/bin/app'"},
      {"below a link", "entrypoint", {}, starts({"/bin/app"}), Outcome::Passed, "'/bin/app' is '/usr/bin/app'"},
      {"by a link", "entrypoint", {symlink("opt/start", "../usr/bin/app")}, starts({"/opt/start"}), Outcome::Passed, "'/usr/bin/app'"},
      {"from the working folder", "entrypoint", {}, [](oci::Config& config) { config.entrypoint = {"bin/app"}, config.working_dir = "/usr"; }, Outcome::Passed, "'bin/app' is '/usr/bin/app'"},
      {"a script of what is there", "entrypoint", {program("usr/bin/start", "#!/usr/bin/app -x\n")}, starts({"start"}), Outcome::Passed, "'start' is '/usr/bin/start'"},
      {"of the user alone", "entrypoint", {{"usr/bin/app", SmallElf{}.bytes(), FileType::Regular, 0755}}, starts({"app"}), Outcome::Passed, ""},
      {"root starts what anybody may", "entrypoint", {{"usr/bin/app", SmallElf{}.bytes(), FileType::Regular, 0700}}, [](oci::Config& config) { config.user = "0"; }, Outcome::Passed, ""},
      {"nothing", "entrypoint", {}, starts({}), Outcome::NotApplicable, "names nothing to start"},
      {"no health check", "health", {}, {}, Outcome::NotApplicable, "has no health check"},
      {"a health check that is switched off", "health", {}, asks({"NONE"}), Outcome::NotApplicable, "has no health check"},
      {"a health check", "health", {}, asks({"CMD", "app", "--well"}), Outcome::Passed, "'app' is '/usr/bin/app'"},
      {"a health check for a shell that is there", "health", {program("usr/bin/sh", SmallElf{}.bytes())}, asks({"CMD-SHELL", "app"}), Outcome::Passed, "'/bin/sh' is '/usr/bin/sh'"},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.summary);
    Members members = loaderless(clean());
    members.insert(members.end(), each.more.begin(), each.more.end());
    oci::Config config = clean_config();
    if (each.configure) each.configure(config);
    for (const Check& check : judge({members}, config)) {
      if (check.id != each.id) continue;
      EXPECT_EQ(check.outcome, each.expected) << join(check.evidence, "\n");
      EXPECT_NE(join(check.evidence, "\n").find(each.says), std::string::npos) << join(check.evidence, "\n");
    }
  }
}

}  // namespace
}  // namespace ashlar::prove
