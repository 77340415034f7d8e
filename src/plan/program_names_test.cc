#include "plan/program_names.h"

#include <gtest/gtest.h>

namespace ashlar::plan {
namespace {

TEST(ProgramNames, TellInterpretersAndPackageManagers) {
  const struct {
    const char* name;
    bool interpreter, manager;
  } rows[] = {
      {"sh", true, false},       {"bash", true, false},        {"dash", true, false},    {"busybox", true, false},     {"perl", true, false},         {"perl5.40.1", true, false},
      {"python3", true, false},  {"python3.13", true, false},  {"lua5.4", true, false},  {"apt-get", false, true},     {"dpkg", false, true},         {"apk", false, true},
      {"rpm", false, true},      {"nginx", false, false},      {"postgres", false, false}, {"python3-config", false, false}, {"", false, false},          {"shred", false, false},
      {"aptly", false, false},   {"java", true, false},        {"jshell", true, false},  {"erl", true, false},         {"escript", true, false},      {"guile-3.0", false, false},
      {"guile", true, false},    {"ocaml", true, false},       {"nawk", true, false},    {"tclsh8.6", true, false},    {"javascript", false, false},  {"Rscript", true, false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(is_interpreter_name(row.name), row.interpreter) << row.name;
    EXPECT_EQ(is_package_manager_name(row.name), row.manager) << row.name;
  }
}

TEST(ProgramNames, AreFoundWherePathLooks) {
  const struct {
    const char *path, *name;
  } rows[] = {
      {"usr/bin/bash", "bash"}, {"usr/sbin/nginx", "nginx"}, {"usr/local/bin/tool", "tool"}, {"usr/local/sbin/tool", "tool"},
      {"usr/lib/bash", ""},     {"opt/usr/bin/bash", ""},    {"bash", ""},                   {"", ""},
  };
  for (const auto& row : rows) EXPECT_EQ(program_name(row.path), row.name) << row.path;
}

}  // namespace
}  // namespace ashlar::plan
