#include "pipeline/old_image.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "inventory/target.h"
#include "prove/application.h"

namespace ashlar::pipeline {
namespace {

using workload::OldImage;
constexpr std::int64_t second = 1'000'000'000;

OldImage::Libc libc_of(prove::Application::Libc libc) {
  switch (libc) {
    case prove::Application::Libc::None: return OldImage::Libc::None;
    case prove::Application::Libc::Glibc: return OldImage::Libc::Glibc;
    case prove::Application::Libc::Musl: return OldImage::Libc::Musl;
  }
  return OldImage::Libc::None;
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t out = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
  return fault == std::errc{} && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

/// passwd(5) and group(5); lines that are none are passed over.
void add_accounts(const prove::Application& application, OldImage& out) {
  for (const std::string_view line : split(application.passwd, '\n')) {
    const auto fields = split(line, ':');
    const auto uid = fields.size() == 7 ? number(fields[2]) : std::nullopt, gid = fields.size() == 7 ? number(fields[3]) : std::nullopt;
    if (uid && gid) out.accounts.push_back({std::string(fields[0]), *uid, *gid, std::string(fields[5]), std::string(fields[6])});
  }
  for (const std::string_view line : split(application.group, '\n')) {
    const auto fields = split(line, ':');
    const auto gid = fields.size() == 4 ? number(fields[2]) : std::nullopt;
    if (!gid) continue;
    OldImage::Group made{std::string(fields[0]), *gid, {}};
    for (const std::string_view each : split(fields[3], ',')) {
      if (!each.empty()) made.members.emplace_back(each);
    }
    out.groups.push_back(std::move(made));
  }
  std::ranges::sort(out.accounts, {}, &OldImage::Account::name);
  std::ranges::sort(out.groups, {}, &OldImage::Group::name);
}

void add_config(const oci::Config& config, OldImage& out) {
  out.user = config.user;
  out.work_dir = config.working_dir;
  out.stop_signal = config.stop_signal;
  out.entrypoint = config.entrypoint;
  out.cmd = config.cmd;
  for (const std::string& each : config.env) out.environment.emplace_back(cut(each, '='));
  for (const std::string& text : config.ports) {
    const auto port = oci::Port::parse(text);
    for (std::uint32_t each = port ? port->first : 1; port && each <= port->last; ++each) out.ports.push_back({static_cast<std::uint16_t>(each), port->protocol});
  }
  out.volumes = config.volumes;
  if (config.health) out.health = OldImage::Health{config.health->test, config.health->interval * second, config.health->timeout * second, 0, config.health->retries};
}

void add_files(prove::Application& application, OldImage& out) {
  for (auto& each : application.programs) {
    out.programs.push_back({std::move(each.path), std::move(each.loader), libc_of(each.libc), std::move(each.needs), std::move(each.unresolved), std::move(each.package), each.capabilities});
  }
  for (auto& each : application.scripts) out.scripts.push_back({std::move(each.path), std::move(each.interpreter), std::move(each.text), std::move(each.package)});
  out.interpreters = std::move(application.interpreters);
  out.packages = std::move(application.packages);
  out.distribution = std::move(application.distribution);
  out.own_certificates = std::move(application.certificates);
  out.time_zone = std::move(application.time_zone);
  out.locales = std::move(application.locales);
  out.writable = std::move(application.writable);
}

}  // namespace

Result<workload::OldImage> read_old_image(Workshop& workshop, const std::string& ref, const std::string& platform) {
  TRY_ASSIGN(auto target, inventory::open_target(workshop.machine, ref, platform));
  if (target.image == nullptr) return cannot(Kind::Invalid, fmt::format("read '{}'", ref), "it is a folder: what starts in it nobody says; name an image");
  TRY_ASSIGN(auto application, prove::read_application(target));
  OldImage out;
  out.reference = ref;
  out.digest = target.which.descriptor.digest.str();
  out.platform = target.which.platform.str();
  add_config(target.which.config, out);
  if (application.user) out.uid = application.user->uid, out.gid = application.user->gid;
  add_accounts(application, out);
  add_files(application, out);
  return out;
}

}  // namespace ashlar::pipeline
