#include "pipeline/debug.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/shell.h"
#include "base/text.h"
#include "inventory/target.h"
#include "pipeline/catalog.h"
#include "prove/proofs.h"

namespace ashlar::pipeline {
namespace {

constexpr std::string_view debugger = "debugger";

/// What the pod security standard `restricted` asks of a container, and the image's user.
Json security_of(const prove::ImageUser& user) {
  return {{"runAsUser", user.uid},
          {"runAsGroup", user.gid},
          {"runAsNonRoot", user.uid != 0},
          {"allowPrivilegeEscalation", false},
          {"capabilities", {{"drop", Json::array({"ALL"})}}},
          {"seccompProfile", {{"type", "RuntimeDefault"}}}};
}

/// A range says no single port and is left out.
void add_port(const std::string& text, Json& ports) {
  auto port = oci::Port::parse(text);
  if (!port || port->first != port->last) return;
  std::ranges::transform(port->protocol, port->protocol.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  ports.push_back({{"containerPort", port->first}, {"protocol", port->protocol}});
}

Json pod_of(const oci::Config& config, const prove::ImageUser& user, const DebugOptions& options) {
  Json security = security_of(user);
  security["readOnlyRootFilesystem"] = true;
  Json container = {{"name", options.container}, {"image", options.image}, {"securityContext", std::move(security)}};
  Json ports = Json::array();
  for (const std::string& port : config.ports) add_port(port, ports);
  if (!ports.empty()) container["ports"] = std::move(ports);
  Json mounts = Json::array(), volumes = Json::array();
  std::vector<std::string> folders = config.volumes;
  for (const char* folder : {"/tmp", "/run"}) folders.emplace_back(folder);
  for (const std::string& folder : folders) {
    const std::string name = fmt::format("writable-{}", volumes.size());
    mounts.push_back({{"name", name}, {"mountPath", folder}});
    volumes.push_back({{"name", name}, {"emptyDir", Json::object()}});
  }
  container["volumeMounts"] = std::move(mounts);
  // Volumes belong to the image's group, so that its user writes them.
  Json spec = {{"securityContext", {{"fsGroup", user.gid}}}, {"automountServiceAccountToken", false}, {"containers", Json::array({std::move(container)})}, {"volumes", std::move(volumes)}};
  Json metadata = {{"name", options.pod == "POD" ? "app" : options.pod}};
  if (!options.name_space.empty()) metadata["namespace"] = options.name_space;
  return {{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", std::move(metadata)}, {"spec", std::move(spec)}};
}

/// The -dev image of the catalogue for the same image, of the same version where there is one.
Result<std::string> toolbox_of(const std::vector<CatalogEntry>& entries, const std::string& image, const std::string& tag) {
  std::string found;
  for (const CatalogEntry& each : entries) {
    if (each.definition.image != image || each.definition.variant != plan::Variant::Dev || each.definition.tags.empty()) continue;
    const std::string name = image + ":" + each.definition.tags.front();
    if (found.empty() || (!each.version.empty() && tag.find(each.version) != std::string::npos)) found = name;
  }
  if (found.empty()) return cannot(Kind::Invalid, "choose a toolbox", fmt::format("the catalogue has no -dev image for '{}'; name one with --toolbox", image));
  return found;
}

/// `php` and `8.4-fpm` of `registry.example/php:8.4-fpm@sha256:...`.
std::pair<std::string_view, std::string_view> name_and_tag(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const std::string_view last = image.substr(image.rfind('/') + 1);
  return cut(last, ':');
}

/// The shell of the toolbox: the catalogue knows its own images, under whatever registry; of others `sh` is the likeliest.
Result<std::vector<std::string>> shell_in(const std::vector<CatalogEntry>& entries, const std::string& toolbox) {
  const auto [name, tag] = name_and_tag(toolbox);
  for (const CatalogEntry& each : entries) {
    const auto& tags = each.definition.tags;
    if (name_and_tag(each.definition.image).first != name || std::ranges::find(tags, tag) == tags.end()) continue;
    auto shell = shell_of(each.definition);
    if (shell.empty()) return cannot(Kind::Invalid, fmt::format("use '{}' as a toolbox", toolbox), "it has no shell; name another with --toolbox, or a command of it with --shell");
    return shell;
  }
  return std::vector<std::string>{"sh"};
}

}  // namespace

std::vector<std::string> shell_of(const plan::Definition& definition) {
  const auto keeps = [&](std::string_view program) {
    return std::ranges::any_of(definition.interpreters, [&](const plan::Interpreter& each) { return std::string_view(each.path).substr(each.path.rfind('/') + 1) == program; });
  };
  const bool dev = definition.variant == plan::Variant::Dev;
  const bool with_bash = std::ranges::any_of(definition.packages, [](const plan::Wish& wish) { return wish.name == "bash" && !wish.excluded; });
  if (keeps("bash") || (dev && with_bash)) return {"bash"};
  if (dev || keeps("sh")) return {"sh"};
  return keeps("busybox") ? std::vector<std::string>{"busybox", "sh"} : std::vector<std::string>{};
}

DebugAdvice advise(const oci::Config& config, const prove::ImageUser& user, const DebugOptions& options) {
  DebugAdvice advice{options.image, options.toolbox, user, {}, {}, {}, {}, {}, {}};
  advice.custom = {{"securityContext", security_of(user)}};
  Json ephemeral = {{"name", debugger}, {"image", options.toolbox}, {"command", options.shell}, {"stdin", true}, {"tty", true}, {"targetContainerName", options.container}, {"securityContext", security_of(user)}};
  advice.patch = {{"spec", {{"ephemeralContainers", Json::array({std::move(ephemeral)})}}}};
  advice.pod = pod_of(config, user, options);
  const std::string space = options.name_space.empty() ? "" : fmt::format(" --namespace={}", shell_word(options.name_space));
  const std::string pod = shell_word(options.pod), container = shell_word(options.container), toolbox = shell_word(options.toolbox);
  std::string shell, rest;  // Docker takes the first word before the image, the others after it
  for (const std::string& each : options.shell) {
    if (!shell.empty()) rest += " " + shell_word(each);
    shell += (shell.empty() ? "" : " ") + shell_word(each);
  }
  advice.kubectl_debug = fmt::format("printf %s {} > debug.json && kubectl debug{} --stdin --tty {} --container={} --target={} --image={} --profile={} --custom=debug.json -- {}",
                                     shell_word(to_compact(advice.custom)), space, pod, debugger, container, toolbox, user.uid == 0 ? "baseline" : "restricted", shell);
  advice.kubectl_patch = fmt::format("kubectl patch{} pod {} --subresource=ephemeralcontainers --type=strategic --patch {} && kubectl attach{} --stdin --tty {} --container={}", space, pod,
                                     shell_word(to_compact(advice.patch)), space, pod, debugger);
  const std::string beside = shell_word("container:" + options.docker);
  advice.docker = fmt::format("docker run --rm --interactive --tty --pid={0} --network={0} --user={1}:{2} --cap-drop=ALL --security-opt=no-new-privileges --entrypoint={3} {4}{5}", beside, user.uid,
                              user.gid, shell_word(options.shell.front()), toolbox, rest);
  return advice;
}

Json to_json(const DebugAdvice& advice) {
  return {{"image", advice.image},
          {"toolbox", advice.toolbox},
          {"user", {{"uid", advice.user.uid}, {"gid", advice.user.gid}}},
          {"commands", {{"kubectl_debug", advice.kubectl_debug}, {"kubectl_patch", advice.kubectl_patch}, {"docker", advice.docker}}},
          {"custom", advice.custom},
          {"patch", advice.patch},
          {"pod", advice.pod}};
}

Result<DebugAdvice> debug(Workshop& workshop, const std::string& ref, const DebugOptions& options) {
  TRY_ASSIGN(auto target, inventory::open_target(workshop.machine, ref, options.platform));
  if (target.image == nullptr) return cannot(Kind::Invalid, fmt::format("debug '{}'", ref), "it is a folder; containers are of images");
  TRY_ASSIGN(const auto seen, prove::Examination::read(target));
  const auto& texts = seen.contents().texts;
  const auto text = [&](const char* path) { return texts.contains(path) ? texts.at(path) : std::string(); };
  TRY_ASSIGN(const prove::ImageUser user, prove::image_user(target.which.config.user, text("etc/passwd"), text("etc/group")));
  DebugOptions settled = options;
  const std::string name = seen.claim().image;
  std::vector<CatalogEntry> entries;
  if (workshop.machine.files->exists(workshop.data / "catalog")) {
    TRY_ASSIGN(entries, read_catalog(*workshop.machine.files, workshop.data / "catalog"));
  }
  if (settled.toolbox.empty()) {
    TRY_ASSIGN(settled.toolbox, toolbox_of(entries, name, target.ref.tag));
  }
  if (settled.shell.empty()) {
    TRY_ASSIGN(settled.shell, shell_in(entries, settled.toolbox));
  }
  if (settled.image.empty()) settled.image = fmt::format("{}@{}", name.empty() ? "IMAGE" : name, target.which.descriptor.digest.str());
  return advise(target.which.config, user, settled);
}

}  // namespace ashlar::pipeline
