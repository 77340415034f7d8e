#include "pipeline/debug.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "host/machine.h"
#include "pipeline/catalog.h"

namespace ashlar::pipeline {
namespace {

oci::Config config() {
  oci::Config out;
  out.user = "postgres";
  out.ports = {"5432/tcp", "53/udp", "9000", "4510-4559/tcp"};
  out.volumes = {"/var/lib/postgresql/data"};
  return out;
}

DebugOptions options() {
  DebugOptions out;
  out.image = "registry.example/postgres:17";
  out.toolbox = "registry.example/postgres:17-dev";
  out.shell = {"bash"};
  return out;
}

TEST(Debug, names_are_words_of_a_shell) {
  DebugOptions names = options();
  names.pod = "it's";
  names.name_space = "a b";
  names.docker = "$(x)";
  const DebugAdvice advice = advise(config(), {70, 70, {}}, names);
  EXPECT_NE(advice.kubectl_patch.find(R"(--namespace='a b' pod 'it'\''s')"), std::string::npos) << advice.kubectl_patch;
  EXPECT_NE(advice.docker.find("--pid='container:$(x)'"), std::string::npos) << advice.docker;
}

/// Pod Security Standards, "Restricted": what a container must say.
bool is_restricted(const Json& container) {
  const Json& security = container["securityContext"];
  return security["runAsNonRoot"] == true && security["runAsUser"].get<int>() > 0 && security["allowPrivilegeEscalation"] == false &&
         security["capabilities"]["drop"] == Json::array({"ALL"}) && security["seccompProfile"]["type"] == "RuntimeDefault";
}

TEST(Debug, pod_and_toolbox_run_as_the_image_and_without_rights) {
  const DebugAdvice advice = advise(config(), {70, 71, {}}, options());
  const Json app = advice.pod["spec"]["containers"][0], toolbox = advice.patch["spec"]["ephemeralContainers"][0];
  for (const Json& container : {app, toolbox}) {
    EXPECT_TRUE(is_restricted(container)) << container;
    EXPECT_EQ(container["securityContext"]["runAsUser"], 70);
    EXPECT_EQ(container["securityContext"]["runAsGroup"], 71);
  }
  EXPECT_EQ(toolbox["targetContainerName"], app["name"]);
  EXPECT_EQ(app["ports"].size(), 3u) << "a range is no port";
  EXPECT_EQ(app["volumeMounts"][0]["mountPath"], "/var/lib/postgresql/data");
  const DebugAdvice of_root = advise(config(), {0, 0, {}}, options());
  EXPECT_FALSE(is_restricted(of_root.pod["spec"]["containers"][0]));
  EXPECT_EQ(of_root.pod["spec"]["containers"][0]["securityContext"]["runAsNonRoot"], false);
}

TEST(Debug, the_command_is_the_toolbox_s_own) {
  const struct {
    const char* summary;
    std::vector<std::string> shell;
    const char *kubectl, *docker;
  } rows[] = {
      {"bash", {"bash"}, "--custom=debug.json -- bash", "--entrypoint=bash registry.example/postgres:17-dev"},
      {"an applet", {"busybox", "sh"}, "--custom=debug.json -- busybox sh", "--entrypoint=busybox registry.example/postgres:17-dev sh"},
      {"a word with a blank", {"/opt/my shell"}, "-- '/opt/my shell'", "--entrypoint='/opt/my shell' registry.example"},
  };
  for (const auto& row : rows) {
    DebugOptions with = options();
    with.shell = row.shell;
    const DebugAdvice advice = advise(config(), {70, 70, {}}, with);
    EXPECT_NE(advice.kubectl_debug.find(row.kubectl), std::string::npos) << row.summary << ": " << advice.kubectl_debug;
    EXPECT_NE(advice.docker.find(row.docker), std::string::npos) << row.summary << ": " << advice.docker;
    EXPECT_EQ(advice.patch["spec"]["ephemeralContainers"][0]["command"], Json(row.shell)) << row.summary;
  }
}

TEST(Debug, the_catalogue_knows_its_shells) {
  const auto files = host::machine_files();
  const struct {
    const char *summary, *definition;
    std::vector<std::string> shell;
  } rows[] = {
      {"the image of bash, which has no sh", "bash/5.2.yaml", {"bash"}}, {"bash with sh", "bash/5.2-compat.yaml", {"bash"}}, {"busybox, which is sh", "busybox/1.37.yaml", {"sh"}},
      {"a -dev image", "python/3.13-dev.yaml", {"bash"}}, {"a runtime image without a shell", "python/3.13.yaml", {}}, {"one that keeps sh for its work", "postgres/17.yaml", {"sh"}},
  };
  for (const auto& row : rows) {
    const auto definition = load_definition(*files, host::Path(ASHLAR_SOURCE_DIR) / "catalog" / row.definition);
    ASSERT_TRUE(definition) << row.summary << ": " << definition.error().message;
    EXPECT_EQ(shell_of(*definition), row.shell) << row.summary;
  }
  plan::Definition applets;
  applets.interpreters = {{"/usr/bin/busybox", "the tools", {}}};
  EXPECT_EQ(shell_of(applets), (std::vector<std::string>{"busybox", "sh"}));
}

TEST(Debug, kubectl_takes_the_patch) {
  host::Machine machine = host::real_machine();
  if (!machine.processes->find("kubectl")) GTEST_SKIP() << "this machine has no kubectl";
  const host::Path pod = host::Path(testing::TempDir()) / "ashlar-debug-pod.json";
  const DebugAdvice advice = advise(config(), {70, 70, {}}, options());
  ASSERT_TRUE(machine.files->write(pod, to_pretty(advice.pod)));
  host::Command command;
  command.argv = {"kubectl", "patch", "--local", "-f", pod.string(), "--type=strategic", "--patch", to_compact(advice.patch), "-o", "json"};
  command.timeout = std::chrono::seconds(60);
  const auto ran = machine.processes->run(command);
  ASSERT_TRUE(ran);
  ASSERT_EQ(ran->exit_code, 0) << ran->err;
  const auto patched = parse_json(ran->out, "kubectl");
  ASSERT_TRUE(patched) << ran->out;
  Json expected = advice.pod;
  expected["spec"].update(advice.patch["spec"]);
  // kubectl sorts keys; what it does not know of a pod it refuses or drops.
  EXPECT_EQ(nlohmann::json::parse(patched->dump()), nlohmann::json::parse(expected.dump()));
}

}  // namespace
}  // namespace ashlar::pipeline
