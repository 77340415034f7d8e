// What the image that runs today tells beyond its Dockerfile.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/migration.h"

namespace ashlar::workload {
namespace {

bool is_under(std::string_view path, std::string_view folder) { return path == folder || (path.starts_with(folder) && path.substr(folder.size()).starts_with('/')); }

}  // namespace

void compare_with_old_image(Migration& work, const HardenedBase& base) {
  const OldImage& old = *work.options.old;
  const auto said = [&](std::string what, std::string why, std::string remedy, std::string id = "old-image") { work.breaks(std::move(id), {}, std::move(what), std::move(why), std::move(remedy)); };
  for (const OldImage::Program& each : old.programs) {
    if (!each.package.empty()) continue;
    // What a Dockerfile builds again is built for glibc then; what it only copies stays what it is.
    if (each.libc == OldImage::Libc::Musl && work.stages.back().match.alpine) said(each.path, "it is linked with musl, and the hardened image has glibc", "it starts only when it is built again there, or statically", "libc");
    for (const std::string& need : each.unresolved) said(each.path, fmt::format("it needs {}, which the image that runs today has not either", visible(need)), "look whether it is ever loaded");
    if (each.capabilities) said(each.path, "a file capability is set on it, which COPY loses", "give the capability to the container, if it needs it", "capabilities");
  }
  for (const OldImage::Script& each : old.scripts) {
    const std::string_view program = std::string_view(each.interpreter).substr(each.interpreter.rfind('/') + 1);
    if (!each.package.empty() || std::ranges::find(base.programs, program) != base.programs.end()) continue;
    if (is_shell(each.interpreter)) said(each.path, "a shell runs it, and the hardened image has none", "see whether the application starts it", "shell");
    else said(each.path, fmt::format("'{}' runs it, which the hardened image has not", visible(each.interpreter)), "see whether the application starts it");
  }
  for (const std::string& each : old.writable) {
    const bool volume = std::ranges::any_of(old.volumes, [&](const std::string& other) { return is_under(each, other); });
    if (!volume && old.uid != 0 && !is_under(each, "/home") && work.text.find(each) == std::string::npos) said(each, fmt::format("the user of today may write there; {} may not", base.user), "make it a volume, or copy it with --chown", "writable");
  }
  if (!old.time_zone.empty() && old.time_zone != "UTC" && old.time_zone != "Etc/UTC") work.set_variable("TZ", old.time_zone);
  for (const std::string& each : old.own_certificates) {
    if (std::ranges::none_of(work.runs, [](const auto& run) { return run.second.trusts; })) said(each, "no package brought this certificate, and the Dockerfile does not add it to the bundle", "COPY it to /usr/local/share/ca-certificates and run update-ca-certificates in the build stage", "certificates");
  }
  if (old.uid != 0 && std::to_string(old.uid) != base.user && !old.volumes.empty()) said(fmt::format("user {}", old.uid), fmt::format("what lies in volumes belongs to {}; the image runs as {}", old.uid, base.user), fmt::format("fsGroup: {}, or chown once", base.group), "volume");
  if (old.health && !old.health->test.empty() && old.health->test[0] != "NONE" && std::ranges::none_of(work.file.instructions, [](const Instruction& each) { return each.keyword == "HEALTHCHECK"; }))
    said(join(old.health->test, " "), "the health check comes from the base of today, not from this file", "HEALTHCHECK CMD [\"/usr/lib/ashlar/probe\", \"http\", \"http://127.0.0.1:PORT/PATH\"]", "health-check");
}

}  // namespace ashlar::workload
