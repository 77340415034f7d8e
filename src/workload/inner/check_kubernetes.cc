// Pods of Kubernetes manifests, wherever they stand: of their own, in templates of workloads, in resources of others.
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/health_words.h"
#include "workload/inner/remarks.h"
#include "workload/inner/secret_names.h"
#include "workload/inner/shell_commands.h"
#include "workload/inner/yaml_check.h"

namespace ashlar::workload {
namespace {

constexpr std::array<const char*, 3> lists = {"containers", "initContainers", "ephemeralContainers"};

class Pods {
 public:
  Pods(const YamlStream& stream, const YamlStream::Document& document, Remarks& out) : stream_(stream), document_(document), out_(out) {}

  void walk(const YamlNode& node) {
    if (const YamlNode* containers = node.find("containers"); containers != nullptr && containers->type == YamlNode::Type::Sequence) pod(node);
    for (const YamlNode& each : node.items) walk(each);
    for (const auto& [key, value] : node.members) walk(value);
  }

 private:
  Remark& say(std::string_view rule, const YamlNode& at, std::string message, std::string remedy) { return out_.add(rule, stream_.place(document_, at), std::move(message), std::move(remedy)); }

  void pod(const YamlNode& spec) {
    pod_context_ = spec.find("securityContext");
    for (const char* key : {"hostNetwork", "hostPID", "hostIPC"}) {
      if (const YamlNode* node = spec.find(key); is_true(node)) say("host-namespace", *node, fmt::format("the pod has '{}: true'", key), "take it away: a Service publishes ports");
    }
    if (const YamlNode* volumes = spec.find("volumes")) {
      for (const YamlNode& each : volumes->items) {
        const YamlNode* path = find(each.find("hostPath"), "path");
        if (!is_text(path)) continue;
        if (is_engine_socket(path->text)) say("docker-socket", *path, "the pod gets the engine's socket", "what speaks to the engine belongs on the node, not into a pod");
        else say("host-path", *path, fmt::format("the pod mounts '{}' of the machine", visible(path->text.substr(0, 200))), "a volume of its own: emptyDir or a claim");
      }
    }
    for (const char* list : lists) {
      const YamlNode* containers = spec.find(list);
      if (containers == nullptr) continue;
      for (const YamlNode& each : containers->items) {
        if (each.type != YamlNode::Type::Mapping) continue;
        container(each);
        if (list == lists[0]) probed(each);
      }
    }
  }

  void container(const YamlNode& of) {
    const YamlNode* name = of.find("name");
    name_ = is_text(name) ? visible(name->text.substr(0, 80)) : "container";
    const YamlNode* context = of.find("securityContext");
    rights(of, context);
    user(of, context);
    seccomp(of, context);
    probes(of);
    start(of);
    environment(of);
  }

  void rights(const YamlNode& of, const YamlNode* context) {
    const YamlNode* privileged = find(context, "privileged");
    if (is_true(privileged)) say("privileged", *privileged, fmt::format("'{}' is privileged", name_), "take it away, and add the one capability that is needed");
    const YamlNode* escalation = find(context, "allowPrivilegeEscalation");
    if (!is_false(escalation)) say("privilege-escalation", escalation == nullptr ? of : *escalation, fmt::format("processes of '{}' may get more rights", name_), "securityContext: {allowPrivilegeEscalation: false}");
    const YamlNode* read_only = find(context, "readOnlyRootFilesystem");
    if (!is_true(read_only)) say("root-writable", read_only == nullptr ? of : *read_only, fmt::format("the root file system of '{}' can be written to", name_), "securityContext: {readOnlyRootFilesystem: true}, and an emptyDir where it writes");
    const YamlNode* capabilities = find(context, "capabilities");
    if (!has_text(find(capabilities, "drop"), "ALL")) say("capabilities-kept", capabilities == nullptr ? of : *capabilities, fmt::format("'{}' does not drop all capabilities", name_), "securityContext: {capabilities: {drop: [ALL]}}");
    if (const YamlNode* add = find(capabilities, "add")) {
      for (const YamlNode& each : add->items) {
        if (each.text != "NET_BIND_SERVICE") say("capabilities-added", each, fmt::format("'{}' gets {}", name_, visible(each.text.substr(0, 80))), "take it away where the program does without");
      }
    }
  }

  void user(const YamlNode& of, const YamlNode* context) {
    const auto own_or_pod = [&](const char* key) {
      const YamlNode* own = find(context, key);
      return own != nullptr ? own : find(pod_context_, key);
    };
    const YamlNode* number = own_or_pod("runAsUser");
    if (is_zero(number)) {
      say("user-root", *number, fmt::format("'{}' runs as user 0", name_), "runAsUser: 65532, or the number that the image has");
      return;
    }
    const YamlNode* nonroot = own_or_pod("runAsNonRoot");
    if (is_true(nonroot) || is_text(number)) return;
    say("user-root", nonroot == nullptr ? of : *nonroot, fmt::format("nothing keeps '{}' from running as root", name_), "securityContext: {runAsNonRoot: true}");
  }

  void seccomp(const YamlNode& of, const YamlNode* context) {
    const YamlNode* own = find(find(context, "seccompProfile"), "type");
    const YamlNode* type = own != nullptr ? own : find(find(pod_context_, "seccompProfile"), "type");
    if (says(type, "Unconfined")) say("seccomp-off", *type, fmt::format("the seccomp profile of '{}' is turned off", name_), "seccompProfile: {type: RuntimeDefault}");
    else if (type == nullptr) say("seccomp-missing", of, fmt::format("'{}' has no seccomp profile", name_), "securityContext: {seccompProfile: {type: RuntimeDefault}}");
  }

  /// Kubernetes does not read HEALTHCHECK: a server without a probe is never sick.
  void probed(const YamlNode& of) {
    const YamlNode* ports = of.find("ports");
    const bool asked = of.find("livenessProbe") != nullptr || of.find("readinessProbe") != nullptr || of.find("startupProbe") != nullptr;
    if (ports == nullptr || ports->items.empty() || asked) return;
    say("health-missing", of, fmt::format("'{}' has a port and no probe", name_), "livenessProbe and readinessProbe, by httpGet or tcpSocket: an image's HEALTHCHECK is not read here");
  }

  void probes(const YamlNode& of) {
    const auto judge = [&](const char* what, const YamlNode* exec) {
      const YamlNode* command = find(exec, "command");
      if (command == nullptr) return;
      const auto words = texts_of(command);
      if (const auto needs = health_needs(words)) say("health-shell", *command, fmt::format("the {} of '{}' needs '{}'", what, name_, visible(*needs)), std::string("httpGet or tcpSocket, which the kubelet does itself; or ") + health_remedy(join(words, " ")));
    };
    for (const char* probe : {"livenessProbe", "readinessProbe", "startupProbe"}) judge(probe, find(of.find(probe), "exec"));
    const YamlNode* lifecycle = of.find("lifecycle");
    for (const char* hook : {"postStart", "preStop"}) judge(hook, find(find(lifecycle, hook), "exec"));
  }

  void start(const YamlNode& of) {
    for (const char* key : {"command", "args"}) {
      const YamlNode* node = of.find(key);
      if (node == nullptr || node->items.empty()) continue;
      const std::string& first = node->items[0].text;
      const bool begins = std::string_view(key) == "command";
      if (begins && (is_shell(first) || first.ends_with(".sh"))) {
        say("script-needs-shell", *node, fmt::format("'{}' is started by '{}'", name_, visible(first.substr(0, 80))), "start the program itself");
        return;  // what comes behind is the shell's
      }
      // The kubelet puts in $(NAME); $NAME and ${NAME} nobody does.
      for (const YamlNode& each : node->items) {
        if (names_variable(each.text)) say("env-not-expanded", each, fmt::format("'{}' stays as it is written", visible(each.text.substr(0, 80))), "write $(NAME), which the kubelet puts in");
      }
    }
  }

  void environment(const YamlNode& of) {
    const YamlNode* list = of.find("env");
    if (list == nullptr) return;
    for (const YamlNode& each : list->items) {
      const YamlNode* key = each.find("name");
      const YamlNode* value = each.find("value");
      if (is_text(key) && is_text(value) && gives_secret(key->text, value->text) && value->text.find("$(") == std::string::npos) say("secret-in-env", *key, fmt::format("'{}' of '{}' has its value in the file", visible(key->text), name_), "valueFrom: {secretKeyRef: ...}");
    }
  }

  const YamlStream& stream_;
  const YamlStream::Document& document_;
  Remarks& out_;
  const YamlNode* pod_context_ = nullptr;
  std::string name_;
};

}  // namespace

void check_kubernetes(const YamlStream& stream, Remarks& out) {
  for (const YamlStream::Document& each : stream.documents()) {
    if (each.root.find("apiVersion") != nullptr && each.root.find("kind") != nullptr) Pods(stream, each, out).walk(each.root);
  }
}

}  // namespace ashlar::workload
