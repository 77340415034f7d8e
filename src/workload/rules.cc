// The table of rules; docs/formats/check.md shows it.
#include <algorithm>
#include <array>

#include "workload/check.h"

namespace ashlar::workload {
namespace {

constexpr std::string_view docker = "dockerfile", compose = "compose", pods = "kubernetes", all = "dockerfile compose kubernetes helm-values github gitlab azure jenkins";
constexpr std::string_view run_time = "compose kubernetes", container_files = "dockerfile compose kubernetes";
constexpr std::array<std::string_view, 3> levels = {"note", "warning", "error"};

constexpr Rule table[] = {
    {"action-unpinned", Level::Warning, "github", "an action or workflow is named by a tag or branch", "whoever may move that tag runs code with the workflow's secrets"},
    {"add-for-copy", Level::Note, docker, "ADD puts in local files", "ADD unpacks archives and fetches addresses; COPY does what it says", false, true},
    {"add-url", Level::Warning, docker, "ADD fetches an address without --checksum", "nobody notices when other bytes come from there"},
    {"apt-asks", Level::Warning, docker, "apt installs without -y", "in a build nobody answers, and it stops", false, true},
    {"apt-recommends", Level::Note, docker, "apt installs what packages merely recommend", "every package more is one more to patch"},
    {"apt-update-alone", Level::Warning, docker, "apt update stands in a RUN without an install", "the cached layer keeps its old lists, and old packages are installed"},
    {"ca-by-tool", Level::Note, docker, "update-ca-certificates runs in the image that is delivered", "a hardened image has no such tool: its definition's `certificates` adds roots, or an earlier stage makes the bundle"},
    {"capabilities-added", Level::Warning, run_time, "a container gets capabilities beyond the usual ones", "each gives the program a part of root"},
    {"capabilities-kept", Level::Warning, run_time, "a container does not drop all capabilities", "a broken program has what the runtime gives by default"},
    {"capabilities-lost", Level::Warning, docker, "setcap in one stage, and the file is copied to another", "COPY may lose file capabilities, so that the program cannot start"},
    {"command-repeated", Level::Warning, docker, "a stage has CMD, ENTRYPOINT or HEALTHCHECK several times", "only the last one counts"},
    {"docker-socket", Level::Error, run_time, "a container gets the container engine's socket", "who may speak to it is root on the machine"},
    {"env-not-expanded", Level::Warning, container_files, "a command in exec form has a variable", "without a shell nobody puts its value in"},
    {"health-missing", Level::Note, "dockerfile kubernetes", "an image that has a port has no HEALTHCHECK, or a pod's container no probe", "nobody notices a server that no longer answers"},
    {"health-shell", Level::Warning, container_files, "a health check needs a shell, curl or wget", "a hardened image has none, and the container counts as sick", false, true},
    {"host-namespace", Level::Warning, run_time, "a container shares the machine's network, processes or IPC", "it sees and reaches what other containers and the machine do"},
    {"host-path", Level::Warning, pods, "a pod mounts a folder of the machine", "what it reads or writes there is not its own"},
    {"ignore", Level::Warning, all, "a comment that silences a rule has no reason, names no rule that there is, or silences nothing", "a decision without a reason cannot be looked at again", true},
    {"image-denied", Level::Error, all, "the policy does not allow an image", "the team has decided on which images it builds and runs", true, true},
    {"image-invalid", Level::Error, all, "what should name an image is no reference", "nothing can be pulled by it"},
    {"image-latest", Level::Warning, all, "an image has no tag, or `latest`", "which version runs changes without anybody's doing"},
    {"image-replaceable", Level::Note, all, "a hardened image takes the place of this one", "it has fewer packages, no shell and is patched within days"},
    {"image-undecided", Level::Warning, all, "the file does not tell whether the policy allows an image", "what is not known is not allowed", true},
    {"image-unpinned", Level::Note, all, "an image is named without its digest", "the same file makes other images tomorrow", false, true},
    {"image-unseen", Level::Warning, "compose kubernetes helm-values github gitlab azure jenkins", "other files or addresses bring images, which nobody here sees", "what they run is judged nowhere: the policy's `unseen` says what becomes of that"},
    {"image-variable", Level::Note, all, "something else than the file decides on an image, as a variable without a value", "nobody who reads the file knows what it is"},
    {"libc-mixed", Level::Warning, docker, "programs are copied from an image with musl to one with glibc, or the other way", "the loader that they name is not there: `not found`"},
    {"maintainer", Level::Note, docker, "MAINTAINER is deprecated", "a label org.opencontainers.image.authors says it where tools look"},
    {"package-cache-kept", Level::Note, docker, "a package manager's lists or cache stay in the image that is delivered", "the layer is larger, and scanners may read what is not installed"},
    {"passwd-copied", Level::Warning, docker, "/etc/passwd is copied, and there is no USER", "an account alone changes nothing: the program runs as before"},
    {"pin-without-tag", Level::Note, all, "an image has a digest and no tag", "nobody can tell what it is to be moved to, so it is never patched"},
    {"piped-script", Level::Warning, docker, "what is fetched goes straight into a shell", "nobody sees or checks what runs"},
    {"port-privileged", Level::Note, docker, "a port below 1024 with a user that is not root", "whether it may be bound depends on the engine"},
    {"privilege-escalation", Level::Warning, run_time, "a process may get more rights than its parent", "a set-user-id file is enough to become root"},
    {"privileged", Level::Error, run_time, "a container is privileged", "it is root on the machine"},
    {"root-writable", Level::Note, run_time, "a container's root file system can be written to", "who breaks in can change programs and stay"},
    {"scratch-lacks", Level::Note, docker, "an image from scratch without CA certificates, time zones or accounts", "TLS, local time and names of users fail at run time"},
    {"script-needs-shell", Level::Note, container_files, "a container is started by a script or a shell", "a hardened image has no shell: start the program itself"},
    {"seccomp-missing", Level::Warning, pods, "a container has no seccomp profile", "all system calls of the kernel are open to it"},
    {"seccomp-off", Level::Warning, run_time, "a container's seccomp or AppArmor profile is turned off", "all system calls of the kernel are open to it"},
    {"secret-copied", Level::Warning, docker, "a file that usually holds a secret is copied into the image", "whoever pulls the image has it"},
    {"secret-in-arg", Level::Warning, docker, "a secret comes as a build argument", "the image's history keeps it: use RUN --mount=type=secret"},
    {"secret-in-env", Level::Error, "dockerfile compose kubernetes github gitlab azure jenkins", "a secret stands in a variable", "whoever reads the file or pulls the image has it"},
    {"shell-form", Level::Warning, docker, "ENTRYPOINT or CMD in shell form", "a hardened image has no shell, and signals end at it", false, true},
    {"sudo", Level::Note, docker, "sudo in a build", "RUN is whom USER says; sudo only adds a set-user-id program"},
    {"unchecked-download", Level::Warning, docker, "something is fetched with its checks turned off", "whoever stands between can send anything"},
    {"user-name", Level::Note, docker, "USER is a name, not a number", "Kubernetes cannot tell that it is not root, and runAsNonRoot refuses it"},
    {"user-root", Level::Warning, container_files, "a container runs as root", "who breaks in is root in the container, and closer to the machine"},
    {"volume-of-root", Level::Note, docker, "a volume that nobody gave to the user", "a new volume belongs to root, and the user cannot write to it"},
    {"workdir-relative", Level::Warning, docker, "WORKDIR is relative", "where it leads depends on the base"},
    {"world-writable", Level::Warning, docker, "chmod lets everybody write", "any process in the container can change it"},
};
static_assert(std::ranges::is_sorted(table, {}, &Rule::id));

}  // namespace

std::string_view to_string(Level level) { return levels[static_cast<size_t>(level)]; }

std::span<const Rule> rules() { return table; }

const Rule* find_rule(std::string_view id) {
  const auto found = std::ranges::lower_bound(table, id, {}, &Rule::id);
  return found != std::end(table) && found->id == id ? &*found : nullptr;
}

}  // namespace ashlar::workload
