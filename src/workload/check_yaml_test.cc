// Rules on compose files, manifests and CI files: what each finds, and what it leaves alone.
#include "workload/inner/check_rows.h"

namespace ashlar::workload {
namespace {

std::string service(std::string_view lines) { return fmt::format("services:\n  web:\n    image: a:1\n{}", lines); }

const CheckRow compose_rows[] = {
    {"a tag alone", "image-unpinned", service(""), "3:12"},
    {"a digest", "image-unpinned", "services:\n  web:\n    image: a:1@sha256:" + std::string(64, 'a') + "\n", ""},
    {"root", "user-root", service("    user: root\n"), "4:11"},
    {"0 with a group", "user-root", service("    user: \"0:0\"\n"), "4:12"},
    {"another", "user-root", service("    user: \"1000\"\n"), ""},
    {"privileged", "privileged", service("    privileged: true\n"), "4:17"},
    {"not privileged", "privileged", service("    privileged: false\n"), ""},
    {"capabilities", "capabilities-added", service("    cap_add: [SYS_ADMIN, NET_BIND_SERVICE]\n"), "4:15"},
    {"the one for ports", "capabilities-added", service("    cap_add:\n      - NET_BIND_SERVICE\n"), ""},
    {"nothing is dropped", "capabilities-kept", service(""), "2:3"},
    {"one is dropped", "capabilities-kept", service("    cap_drop: [NET_RAW]\n"), "2:3"},
    {"all are dropped", "capabilities-kept", service("    cap_drop:\n      - all\n"), ""},
    {"writable", "root-writable", service(""), "2:3"},
    {"read only", "root-writable", service("    read_only: true\n"), ""},
    {"more rights", "privilege-escalation", service(""), "2:3"},
    {"no more rights", "privilege-escalation", service("    security_opt:\n      - no-new-privileges:true\n"), ""},
    {"unconfined", "seccomp-off", service("    security_opt:\n      - seccomp:unconfined\n      - apparmor=unconfined\n"), "5:9 6:9"},
    {"a profile", "seccomp-off", service("    security_opt: [\"seccomp:profile.json\"]\n"), ""},
    {"the machine's network and processes", "host-namespace", service("    network_mode: host\n    pid: \"host\"\n"), "4:19 5:11"},
    {"its own", "host-namespace", service("    network_mode: bridge\n"), ""},
    {"the socket", "docker-socket", service("    volumes:\n      - /var/run/docker.sock:/var/run/docker.sock:ro\n"), "5:9"},
    {"in the long form", "docker-socket", service("    volumes:\n      - type: bind\n        source: /run/podman/podman.sock\n        target: /x\n"), "6:17"},
    {"a volume", "docker-socket", service("    volumes:\n      - data:/var/lib/data\n"), ""},
    {"a text", "health-shell", service("    healthcheck:\n      test: curl -f http://localhost || exit 1\n"), "5:13"},
    {"CMD-SHELL", "health-shell", service("    healthcheck:\n      test: [\"CMD-SHELL\", \"pg_isready -U postgres\"]\n"), "5:13"},
    {"CMD with curl", "health-shell", service("    healthcheck:\n      test:\n        - CMD\n        - curl\n        - -f\n        - http://localhost\n"), "6:9"},
    {"CMD with a program", "health-shell", service("    healthcheck:\n      test: [\"CMD\", \"redis-cli\", \"ping\"]\n"), ""},
    {"turned off", "health-shell", service("    healthcheck:\n      test: [\"NONE\"]\n"), ""},
    {"a shell", "script-needs-shell", service("    command: sh -c \"x && y\"\n"), "4:14"},
    {"a script", "script-needs-shell", service("    entrypoint: [\"/entry.sh\"]\n"), "4:17"},
    {"a program", "script-needs-shell", service("    command: [\"redis-server\", \"--save\", \"60\"]\n    entrypoint: /app\n"), ""},
    {"a value", "secret-in-env", service("    environment:\n      POSTGRES_PASSWORD: example\n"), "5:7"},
    {"in an address", "secret-in-env", service("    environment:\n      DATABASE_URL: postgres://app:hunter2@db/app\n"), "5:7"},
    {"in a list", "secret-in-env", service("    environment:\n      - POSTGRES_PASSWORD=example\n      - A=b\n"), "5:9"},
    {"from outside", "secret-in-env", service("    environment:\n      POSTGRES_PASSWORD: ${PASSWORD:?}\n      POSTGRES_PASSWORD_FILE: /run/secrets/x\n      API_TOKEN:\n"), ""},
    {"an alias is not told twice where it stands once", "privileged", "x-a: &a\n  privileged: true\nservices:\n  web:\n    <<: *a\n    image: a:1\n", "2:15"},
};

/// A pod that keeps every rule but those that the lines break.
std::string pod(std::string_view of_pod, std::string_view of_container) {
  return fmt::format("apiVersion: v1\nkind: Pod\nspec:\n{}  containers:\n  - name: web\n    image: a:1\n{}", of_pod, of_container);
}
std::string context(std::string_view lines) { return pod("", fmt::format("    securityContext:\n{}", lines)); }

const CheckRow kubernetes_rows[] = {
    {"a tag alone", "image-unpinned", pod("", ""), "6:12"},
    {"a digest", "image-unpinned", "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: \"a:1@sha256:" + std::string(64, 'a') + "\"}]}\n", ""},
    {"nothing said", "user-root", pod("", ""), "5:5"},
    {"said of the pod", "user-root", pod("  securityContext: {runAsNonRoot: true}\n", ""), ""},
    {"said of the container", "user-root", context("      runAsNonRoot: true\n"), ""},
    {"a number", "user-root", context("      runAsUser: 1000\n"), ""},
    {"user 0", "user-root", context("      runAsUser: 0\n      runAsNonRoot: true\n"), "8:18"},
    {"user 0 in other digits", "user-root", context("      runAsUser: 0x00\n"), "8:18"},
    {"user 0 of the pod, and another of the container", "user-root", pod("  securityContext: {runAsUser: 0}\n", "    securityContext: {runAsUser: 5}\n"), ""},
    {"denied", "user-root", context("      runAsNonRoot: false\n"), "8:21"},
    {"nothing said", "root-writable", pod("", ""), "5:5"},
    {"false", "root-writable", context("      readOnlyRootFilesystem: false\n"), "8:31"},
    {"true", "root-writable", context("      readOnlyRootFilesystem: true\n"), ""},
    {"nothing said", "privilege-escalation", pod("", ""), "5:5"},
    {"true", "privilege-escalation", context("      allowPrivilegeEscalation: true\n"), "8:33"},
    {"false", "privilege-escalation", context("      allowPrivilegeEscalation: false\n"), ""},
    {"nothing said", "capabilities-kept", pod("", ""), "5:5"},
    {"one dropped", "capabilities-kept", context("      capabilities:\n        drop: [NET_RAW]\n"), "9:9"},
    {"all dropped", "capabilities-kept", context("      capabilities:\n        drop: [ALL]\n"), ""},
    {"added", "capabilities-added", context("      capabilities:\n        add: [NET_ADMIN, SYS_TIME]\n"), "9:15 9:26"},
    {"the one for ports", "capabilities-added", context("      capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}\n"), ""},
    {"privileged", "privileged", context("      privileged: true\n"), "8:19"},
    {"in YAML 1.1's words", "privileged", context("      privileged: yes\n"), "8:19"},
    {"not", "privileged", context("      privileged: false\n"), ""},
    {"nothing said", "seccomp-missing", pod("", ""), "5:5"},
    {"of the pod", "seccomp-missing", pod("  securityContext: {seccompProfile: {type: RuntimeDefault}}\n", ""), ""},
    {"of the container", "seccomp-missing", context("      seccompProfile: {type: Localhost, localhostProfile: x.json}\n"), ""},
    {"unconfined", "seccomp-off", context("      seccompProfile: {type: Unconfined}\n"), "8:30"},
    {"a pod's overruled", "seccomp-off", pod("  securityContext: {seccompProfile: {type: Unconfined}}\n", "    securityContext: {seccompProfile: {type: RuntimeDefault}}\n"), ""},
    {"on", "host-namespace", pod("  hostNetwork: On\n", ""), "4:16"},
    {"all three", "host-namespace", pod("  hostNetwork: true\n  hostPID: true\n  hostIPC: true\n", ""), "4:16 5:12 6:12"},
    {"false", "host-namespace", pod("  hostNetwork: false\n", ""), ""},
    {"a folder", "host-path", pod("  volumes:\n  - name: v\n    hostPath: {path: /var/log}\n", ""), "6:22"},
    {"of its own", "host-path", pod("  volumes:\n  - name: v\n    emptyDir: {}\n", ""), ""},
    {"the socket", "docker-socket", pod("  volumes:\n  - name: v\n    hostPath: {path: /run/containerd/containerd.sock}\n", ""), "6:22"},
    {"another path", "docker-socket", pod("  volumes:\n  - name: v\n    hostPath: {path: /var/log}\n", ""), ""},
    {"a shell", "health-shell", pod("", "    livenessProbe:\n      exec:\n        command: [sh, -c, 'curl -f http://localhost:8080/']\n"), "9:18"},
    {"curl", "health-shell", pod("", "    readinessProbe: {exec: {command: [curl, -f, 'http://localhost']}}\n"), "7:38"},
    {"a hook", "health-shell", pod("", "    lifecycle: {preStop: {exec: {command: [/bin/sh, -c, sleep 5]}}}\n"), "7:43"},
    {"the kubelet's own", "health-shell", pod("", "    livenessProbe: {httpGet: {path: /, port: 80}}\n    startupProbe: {exec: {command: [/app, health]}}\n"), ""},
    {"a port and no probe", "health-missing", pod("", "    ports: [{containerPort: 8080}]\n"), "5:5"},
    {"a port and a probe", "health-missing", pod("", "    ports: [{containerPort: 8080}]\n    readinessProbe: {tcpSocket: {port: 8080}}\n"), ""},
    {"no port, and an init container's", "health-missing", pod("  initContainers: [{name: i, image: a:1, ports: [{containerPort: 1}]}]\n", ""), ""},
    {"a shell", "script-needs-shell", pod("", "    command: [/bin/bash, -c]\n    args: ['x $Y']\n"), "7:14"},
    {"a program", "script-needs-shell", pod("", "    command: [/app]\n    args: [run.sh]\n"), ""},
    {"a shell's variable", "env-not-expanded", pod("", "    command: [/app]\n    args: ['--port=$PORT', '${HOST}']\n"), "8:13 8:29"},
    {"the kubelet's", "env-not-expanded", pod("", "    args: ['--port=$(PORT)']\n"), ""},
    {"a value", "secret-in-env", pod("", "    env:\n    - name: DB_PASSWORD\n      value: hunter2\n"), "8:13"},
    {"a reference", "secret-in-env", pod("", "    env:\n    - name: DB_PASSWORD\n      valueFrom: {secretKeyRef: {name: a, key: b}}\n    - {name: TOKEN, value: $(OTHER)}\n"), ""},
    {"init containers and those of later documents", "privileged",
     "apiVersion: v1\nkind: ConfigMap\ndata: {}\n---\n# Source: chart/templates/x.yaml\napiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      initContainers:\n      - {name: i, securityContext: {privileged: true}}\n      containers:\n      - name: c\n---\napiVersion: batch/v1\nkind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{name: d, securityContext: {privileged: true}}]}}}}}\n",
     "12:49 18:100"},
};

const CheckRow github_rows[] = {
    {"a branch and a tag", "action-unpinned", "on: push\njobs:\n  a:\n    steps:\n    - uses: actions/checkout@v4\n    - uses: a/b/c@main\n", "5:13 6:13"},
    {"no version", "action-unpinned", "on: push\njobs:\n  a:\n    steps:\n    - uses: a/b\n", "5:13"},
    {"a commit, a folder, an image", "action-unpinned", "on: push\njobs:\n  a:\n    steps:\n    - uses: a/b@" + std::string(40, 'c') + " # v1\n    - uses: ./x\n    - uses: docker://a:1\n", ""},
    {"a workflow", "action-unpinned", "on: push\njobs:\n  a:\n    uses: a/b/.github/workflows/x.yml@v1\n", "4:11"},
    {"steps of an action", "action-unpinned", "name: x\nruns:\n  using: composite\n  steps:\n  - uses: a/b@v1\n", "5:11"},
    {"images", "image-unpinned", "on: push\njobs:\n  a:\n    container: x:1\n    services: {db: {image: y:1}}\n    steps:\n    - uses: docker://z:1\n  b:\n    container: {image: q:1}\n", "4:16 5:28 7:22 9:24"},
    {"no images", "image-unpinned", "on: push\njobs: {a: {runs-on: x}}\n", ""},
    {"an expression", "image-variable", "on: push\njobs:\n  a:\n    container: x:${{ matrix.version }}\n", "4:16"},
    {"none", "image-variable", "on: push\njobs:\n  a:\n    container: x:1\n", ""},
    {"a value", "secret-in-env", "on: push\nenv: {API_KEY: abc}\njobs:\n  a:\n    env:\n      DB_PASSWORD: x\n    services: {db: {image: y:1, env: {POSTGRES_PASSWORD: z}}}\n", "2:7 6:7 7:39"},
    {"from outside", "secret-in-env", "on: push\nenv:\n  API_KEY: ${{ secrets.KEY }}\n", ""},
};

const CheckRow gitlab_rows[] = {
    {"images", "image-unpinned", "image: a:1\ndefault:\n  image: {name: b:1, entrypoint: ['']}\nservices: [c:1]\njob:\n  image: d:1\n  services:\n  - name: e:1\n    alias: x\n", "1:8 3:17 4:12 6:10 8:11"},
    {"variables", "image-unpinned", "variables: {V: '1', W: {value: '2'}}\njob:\n  image: a:$V\nother:\n  variables: {V: latest}\n  image: b:${W}\n", "3:10 6:10"},
    {"with digests", "image-unpinned", "image: a:1@sha256:" + std::string(64, 'a') + "\n", ""},
    {"a job's own variable", "image-latest", "variables: {V: '1'}\njob:\n  variables: {V: latest}\n  image: a:$V\n", "4:10"},
    {"another", "image-latest", "variables: {V: '1'}\njob:\n  image: a:$V\n", ""},
    {"one that the service sets", "image-variable", "job:\n  image: $CI_REGISTRY_IMAGE:1\n", "2:10"},
    {"one with a value", "image-variable", "variables: {I: a}\njob:\n  image: $I:1\n", ""},
    {"a value", "secret-in-env", "variables:\n  DEPLOY_TOKEN: abc\njob:\n  variables: {DB_PASSWORD: {value: x}}\n", "2:3 4:15"},
    {"from outside", "secret-in-env", "variables: {DEPLOY_TOKEN: $OTHER, TOKEN_FILE: x}\n", ""},
};

TEST(CheckYaml, Compose) { hold(FileKind::Compose, compose_rows); }
TEST(CheckYaml, Kubernetes) { hold(FileKind::Kubernetes, kubernetes_rows); }
TEST(CheckYaml, GitHub) { hold(FileKind::GitHub, github_rows); }
TEST(CheckYaml, GitLab) { hold(FileKind::GitLab, gitlab_rows); }

TEST(CheckYaml, ValuesOfChartsHaveTheirReferencesChecked) {
  const auto checked = check(FileKind::HelmValues, "image:\n  repository: nginx\n  tag: latest\n", "values.yaml").value();
  EXPECT_EQ(places_of(checked, "image-latest"), "2:15");
  EXPECT_EQ(checked.remarks.size(), 1U) << "values are no manifests yet";
}

TEST(CheckYaml, FilesAreKnownByNameAndContent) {
  const struct { const char* path; const char* text; FileKind kind; } rows[] = {
      {".github/workflows/ci.yml", "", FileKind::GitHub},
      {"x/.github/workflows/ci.yaml", "", FileKind::GitHub},
      {"action.yml", "", FileKind::GitHub},
      {"ci.yml", "on: push\njobs: {a: {}}\n", FileKind::GitHub},
      {"ci.yml", "jobs: {a: {}}\n", FileKind::Unknown},
      {".gitlab-ci.yml", "", FileKind::GitLab},
      {"ci/build.gitlab-ci.yml", "", FileKind::GitLab},
      {".github/dependabot.yml", "version: 2\n", FileKind::Unknown},
  };
  for (const auto& row : rows) EXPECT_EQ(kind_of_file(row.path, row.text), row.kind) << row.path;
}

}  // namespace
}  // namespace ashlar::workload
