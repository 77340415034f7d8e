// Services of compose files.
#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/health_words.h"
#include "workload/inner/remarks.h"
#include "workload/inner/secret_names.h"
#include "workload/inner/shell_commands.h"
#include "workload/inner/yaml_check.h"

namespace ashlar::workload {
namespace {

class Compose {
 public:
  Compose(const YamlStream& stream, const YamlStream::Document& document, Remarks& out) : stream_(stream), document_(document), out_(out) {}

  void check() {
    const YamlNode* services = document_.root.find("services");
    if (services == nullptr) return;
    for (const auto& [name, service] : services->members) {
      if (service.type == YamlNode::Type::Mapping) look(name, service);
    }
  }

 private:
  Remark& say(std::string_view rule, const YamlNode& at, std::string message, std::string remedy) { return out_.add(rule, stream_.place(document_, at), std::move(message), std::move(remedy)); }

  void look(const YamlNode& name, const YamlNode& service) {
    name_ = name.text.substr(0, 80);
    user(service);
    rights(name, service);
    namespaces(service);
    mounts(service);
    health(service);
    start(service);
    environment(service);
  }

  void user(const YamlNode& service) {
    const YamlNode* user = service.find("user");
    if (!is_text(user)) return;
    const std::string who(cut(user->text, ':').first);
    if (who == "root" || (!who.empty() && who.find_first_not_of('0') == std::string::npos)) say("user-root", *user, fmt::format("'{}' runs as root", visible(name_)), "take the user of the image, or a number of its own");
  }

  void rights(const YamlNode& name, const YamlNode& service) {
    if (const YamlNode* privileged = service.find("privileged"); is_true(privileged)) say("privileged", *privileged, fmt::format("'{}' is privileged", visible(name_)), "take it away, and add the one capability or device that is needed");
    if (const YamlNode* add = service.find("cap_add")) {
      for (const YamlNode& each : add->items) {
        if (each.text != "NET_BIND_SERVICE" && each.text != "CAP_NET_BIND_SERVICE") say("capabilities-added", each, fmt::format("'{}' gets {}", visible(name_), visible(each.text.substr(0, 80))), "take it away where the program does without");
      }
    }
    if (!has_text(service.find("cap_drop"), "ALL")) say("capabilities-kept", name, fmt::format("'{}' drops no capabilities", visible(name_)), "cap_drop: [ALL]");
    if (!is_true(service.find("read_only"))) say("root-writable", name, fmt::format("the root file system of '{}' can be written to", visible(name_)), "read_only: true, and tmpfs where it writes");
    bool kept = false;
    if (const YamlNode* options = service.find("security_opt")) {
      for (const YamlNode& each : options->items) {
        kept = kept || each.text == "no-new-privileges" || each.text == "no-new-privileges:true" || each.text == "no-new-privileges=true";
        if (each.text.ends_with("unconfined")) say("seccomp-off", each, fmt::format("'{}' has '{}'", visible(name_), visible(each.text.substr(0, 80))), "take it away: the engine's own profile then holds");
      }
    }
    if (!kept) say("privilege-escalation", name, fmt::format("processes of '{}' may get more rights", visible(name_)), "security_opt: [\"no-new-privileges:true\"]");
  }

  void namespaces(const YamlNode& service) {
    for (const char* key : {"network_mode", "pid", "ipc", "userns_mode", "uts", "cgroup"}) {
      if (const YamlNode* node = service.find(key); says(node, "host")) say("host-namespace", *node, fmt::format("'{}' has '{}: host'", visible(name_), key), "give it its own, and publish ports");
    }
  }

  void mounts(const YamlNode& service) {
    const YamlNode* volumes = service.find("volumes");
    if (volumes == nullptr) return;
    for (const YamlNode& each : volumes->items) {
      const YamlNode* source = each.type == YamlNode::Type::Mapping ? each.find("source") : &each;
      if (is_text(source) && is_engine_socket(source->text)) say("docker-socket", *source, fmt::format("'{}' gets the engine's socket", visible(name_)), "a proxy that lets through what is needed, or an engine of its own without root");
    }
  }

  void health(const YamlNode& service) {
    const YamlNode* test = find(service.find("healthcheck"), "test");
    if (test == nullptr) return;
    if (is_text(test)) {
      if (test->text == "NONE") return;
      say("health-shell", *test, fmt::format("the health check of '{}' is for a shell", visible(name_)), health_remedy(test->text));
      return;
    }
    auto words = texts_of(test);
    if (words.empty() || words[0] == "NONE") return;
    const bool shell = words[0] == "CMD-SHELL";
    words.erase(words.begin());
    if (shell) {
      say("health-shell", *test, fmt::format("the health check of '{}' is for a shell", visible(name_)), health_remedy(join(words, " ")));
    } else if (const auto needs = health_needs(words)) {
      say("health-shell", *test, fmt::format("the health check of '{}' needs '{}'", visible(name_), visible(*needs)), health_remedy(join(words, " ")));
    }
  }

  void start(const YamlNode& service) {
    for (const char* key : {"entrypoint", "command"}) {
      const YamlNode* node = service.find(key);
      if (node == nullptr) continue;
      const auto words = texts_of(node);
      const auto commands = is_text(node) ? shell_commands(node->text) : std::vector<ShellCommand>{};
      const std::string first = is_text(node) ? commands.empty() ? "" : commands[0].words[0].text : words.empty() ? "" : words[0];
      if (is_shell(first) || first.ends_with(".sh")) say("script-needs-shell", *node, fmt::format("'{}' is started by '{}'", visible(name_), visible(first.substr(0, 80))), "start the program itself");
    }
  }

  void environment(const YamlNode& service) {
    const YamlNode* environment = service.find("environment");
    if (environment == nullptr) return;
    const auto judge = [&](const YamlNode& at, std::string_view key, std::string_view value) {
      if (gives_secret(key, value)) say("secret-in-env", at, fmt::format("'{}' of '{}' has its value in the file", visible(key), visible(name_)), "secrets: of the file, or a variable without a value here");
    };
    for (const auto& [key, value] : environment->members) {
      if (is_text(&value)) judge(key, key.text, value.text);
    }
    for (const YamlNode& each : environment->items) {
      const auto [key, value] = cut(each.text, '=');
      judge(each, key, value);
    }
  }

  const YamlStream& stream_;
  const YamlStream::Document& document_;
  Remarks& out_;
  std::string name_;
};

}  // namespace

void check_compose(const YamlStream& stream, Remarks& out) {
  for (const YamlStream::Document& each : stream.documents()) Compose(stream, each, out).check();
}

}  // namespace ashlar::workload
