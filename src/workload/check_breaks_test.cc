// What breaks when teams move to hardened images, as people reported it, and the rule that says so before it does. What no file shows (programs that load others while
// they run, what a vendor's image holds, whether a rebuild was tested) is for `ashlar check IMAGE`, `migrate --prove` and the run tests.
#include "workload/inner/check_rows.h"

namespace ashlar::workload {
namespace {

struct Break {
  const char* what;
  FileKind kind;
  std::string text;
  const char* rules;  ///< all of these are found
};

const std::string pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: web\n    image: a:1\n";

const Break breaks[] = {
    {"a health check by curl", FileKind::Dockerfile, "FROM a:1\nHEALTHCHECK CMD curl -f http://localhost:8080/ || exit 1\n", "health-shell"},
    {"a health check by wget in exec form", FileKind::Dockerfile, "FROM a:1\nHEALTHCHECK CMD [\"wget\", \"--spider\", \"http://localhost\"]\n", "health-shell"},
    {"a compose check that `config` passes and that fails after release", FileKind::Compose, "services:\n  db:\n    image: a:1\n    healthcheck:\n      test: [\"CMD-SHELL\", \"pg_isready\"]\n", "health-shell"},
    {"a compose check by curl", FileKind::Compose, "services:\n  db:\n    image: a:1\n    healthcheck:\n      test: [\"CMD\", \"curl\", \"-f\", \"http://localhost\"]\n", "health-shell"},
    {"a probe by a shell", FileKind::Kubernetes, pod + "    livenessProbe: {exec: {command: [sh, -c, 'test -f /tmp/ok']}}\n", "health-shell"},
    {"a hook by a shell", FileKind::Kubernetes, pod + "    lifecycle: {preStop: {exec: {command: [sh, -c, 'sleep 10']}}}\n", "health-shell"},
    {"an entry point in shell form", FileKind::Dockerfile, "FROM a:1\nENTRYPOINT java -jar /app.jar\n", "shell-form"},
    {"variables that a shell put in ($JVM_OPTS)", FileKind::Dockerfile, "FROM a:1\nENTRYPOINT [\"java\", \"$JVM_OPTS\", \"-jar\", \"/app.jar\"]\n", "env-not-expanded"},
    {"the same in a pod", FileKind::Kubernetes, pod + "    args: ['$JVM_OPTS']\n", "env-not-expanded"},
    {"an entry script", FileKind::Dockerfile, "FROM a:1\nCOPY docker-entrypoint.sh /\nENTRYPOINT [\"/docker-entrypoint.sh\"]\n", "script-needs-shell"},
    {"a pod's command that is a shell's", FileKind::Kubernetes, pod + "    command: [sh, -c, 'migrate && serve']\n", "script-needs-shell"},
    {"a service's command that is a shell's", FileKind::Compose, "services:\n  a:\n    image: a:1\n    command: sh -c 'migrate && serve'\n", "script-needs-shell"},
    {"one's own CA by update-ca-certificates", FileKind::Dockerfile, "FROM a:1\nCOPY our.crt /usr/local/share/ca-certificates/\nRUN update-ca-certificates\n", "ca-by-tool"},
    {"no CA certificates at all", FileKind::Dockerfile, "FROM golang:1.23 AS b\nFROM scratch\nCOPY --from=b /app /app\n", "scratch-lacks"},
    {"no time zones, no /etc/passwd", FileKind::Dockerfile, "FROM golang:1.23 AS b\nFROM scratch\nCOPY --from=b /etc/ssl/certs/ca-certificates.crt /app /\n", "scratch-lacks"},
    {"a port below 1024 without root", FileKind::Dockerfile, "FROM a:1\nEXPOSE 80\nUSER 65532\n", "port-privileged"},
    {"a named volume of root", FileKind::Dockerfile, "FROM a:1\nVOLUME /data\nUSER 65532\n", "volume-of-root"},
    {"file capabilities lost by COPY", FileKind::Dockerfile, "FROM a:1 AS b\nRUN setcap cap_net_bind_service=+ep /srv/app\nFROM c:1\nCOPY --from=b /srv/app /srv/app\n", "capabilities-lost"},
    {"/etc/passwd is copied, and it runs as root all the same", FileKind::Dockerfile, "FROM a:1 AS b\nFROM c:1\nCOPY --from=b /etc/passwd /etc/passwd\n", "passwd-copied"},
    {"a user by name, which runAsNonRoot refuses", FileKind::Dockerfile, "FROM a:1\nUSER node\n", "user-name"},
    {"a program of musl on glibc", FileKind::Dockerfile, "FROM rust:1.80-alpine AS b\nRUN cargo build\nFROM debian:12-slim\nCOPY --from=b /usr/local/bin/app /usr/local/bin/app\n", "libc-mixed"},
    {"the default changes under its users", FileKind::Dockerfile, "FROM a:latest\n", "image-latest"},
    {"a digest that nobody moves", FileKind::Dockerfile, "FROM a@sha256:" + std::string(64, 'a') + "\n", "pin-without-tag"},
    {"a digest that nobody moves, in a pod", FileKind::Kubernetes, "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: \"a@sha256:" + std::string(64, 'a') + "\"}]}\n", "pin-without-tag"},
    {"where it writes is read-only then", FileKind::Kubernetes, pod, "root-writable"},
    {"it ran as root until now", FileKind::Kubernetes, pod, "user-root"},
};

TEST(CheckBreaks, AreFoundBeforeTheyHappen) {
  for (const Break& each : breaks) {
    const auto checked = check(each.kind, each.text, "file");
    ASSERT_TRUE(checked) << each.what;
    for (const std::string_view rule : words(each.rules)) EXPECT_NE(places_of(*checked, rule), "") << each.what << " is not found by " << rule;
  }
}

/// The same files as a team writes them for hardened images: none of these rules has anything to say.
TEST(CheckBreaks, AreSilentWhereNothingBreaks) {
  const std::string digest = "@sha256:" + std::string(64, 'a');
  const Break fine[] = {
      {"an image", FileKind::Dockerfile,
       "FROM build:1" + digest + " AS b\nRUN make\nFROM run:1" + digest + "\nCOPY --from=b --chown=65532 /app /app\nVOLUME /app/data\nEXPOSE 8080\nUSER 65532\nHEALTHCHECK CMD [\"/usr/lib/ashlar/probe\", \"http\", \"http://127.0.0.1:8080/\"]\nENTRYPOINT [\"/app/server\"]\n", ""},
      {"a service", FileKind::Compose,
       "services:\n  a:\n    image: a:1" + digest + "\n    read_only: true\n    cap_drop: [ALL]\n    security_opt: [\"no-new-privileges:true\"]\n    healthcheck: {test: [\"CMD\", \"/usr/lib/ashlar/probe\", \"tcp\", \"localhost:80\"]}\n", ""},
      {"a pod", FileKind::Kubernetes,
       "apiVersion: v1\nkind: Pod\nspec:\n  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}\n  containers:\n  - name: a\n    image: a:1" + digest + "\n    livenessProbe: {httpGet: {path: /, port: 8080}}\n    securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}\n", ""},
  };
  for (const Break& each : fine) {
    const auto checked = check(each.kind, each.text, "file");
    ASSERT_TRUE(checked) << each.what;
    for (const Remark& remark : checked->remarks) ADD_FAILURE() << each.what << ": " << remark.rule->id << ": " << remark.message;
  }
}

}  // namespace
}  // namespace ashlar::workload
