#include "prove/proofs.h"

#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "prove/inner/scene.h"

namespace ashlar::prove {
namespace {

/// In the order of the answer.
constexpr Check (*checks[])(const Scene&) = {no_shell, no_package_manager, no_setuid, no_world_writable, no_devices, nonroot, entrypoint, health, elf_resolves, elf_hardening,
                                             no_secrets, no_unowned_files, ca_bundle, time_zones, parents, os_release};

constexpr std::string_view image_record = "usr/share/ashlar/image.json";

}  // namespace

bool is_wanted(std::string_view path) {
  constexpr std::string_view names[] = {"etc/passwd", "etc/group", "etc/os-release", "usr/lib/os-release", "etc/debian_version", "etc/ld.so.cache", "etc/ld.so.conf", image_record, "usr/share/ashlar/packages.json"};
  for (const std::string_view name : names) {
    if (path == name) return true;
  }
  return inventory::tells_owners(path) || path.starts_with("etc/ld.so.conf.d/") || (path.starts_with("etc/ssl/") && (path.ends_with(".crt") || path.ends_with("cert.pem"))) ||
         (path.starts_with("etc/pki/") && path.ends_with(".pem"));
}

struct Examination::Seen {
  inventory::Contents contents;
  FactsByPlace facts;
  std::map<inventory::Place, std::string> paths;
};

namespace {

/// Reads the layers once more where links lead to the bundle that SSL_CERT_FILE names: its own name is known only then.
Done keep_bundle(inventory::Target& target, inventory::Contents& contents) {
  const std::string named = oci::variable(contents.config, "SSL_CERT_FILE").value_or("");
  const Root root(contents);
  const auto* const bundle = named.empty() ? nullptr : root.file(named);
  if (bundle == nullptr || !bundle->content || root.text(named) != nullptr) return {};
  std::set<std::string, std::less<>> names;  // a hard link has the bytes of another
  for (const auto& [path, file] : contents.files) {
    if (file.content && file.bytes == bundle->bytes) names.insert(path);
  }
  inventory::ReadOptions options;
  options.keep = [&](std::string_view path) { return names.contains(path); };
  TRY_ASSIGN(auto again, inventory::read_contents(target, options));
  for (const std::string& name : names) {
    if (const auto text = again.texts.find(name); text != again.texts.end()) contents.texts[bundle->entry.path] = text->second;
  }
  return {};
}

}  // namespace

Examination::Examination(std::unique_ptr<Seen> seen) : seen_(std::move(seen)) {}
Examination::Examination(Examination&&) noexcept = default;
Examination& Examination::operator=(Examination&&) noexcept = default;
Examination::~Examination() = default;

Result<Examination> Examination::read(inventory::Target& target, const inventory::LayerShelf* shelf) {
  std::vector<std::unique_ptr<Watcher>> watchers;
  inventory::ReadOptions options;
  options.onlooker = [&](size_t) { return watchers.emplace_back(std::make_unique<Watcher>()).get(); };
  const std::string named = oci::variable(target.which.config, "SSL_CERT_FILE").value_or("");
  options.keep = [&](std::string_view path) { return is_wanted(path) || (named.starts_with('/') && path == std::string_view(named).substr(1)); };
  options.md5 = true;
  // Layers are kept with the texts that every image is asked for; a bundle at a place of its own is none of them.
  if (named.empty() || is_wanted(std::string_view(named).substr(1))) options.shelf = shelf;
  auto seen = std::make_unique<Seen>();
  TRY_ASSIGN(seen->contents, inventory::read_contents(target, options));
  TRY(keep_bundle(target, seen->contents));
  for (const auto& watcher : watchers) {
    seen->facts.merge(watcher->facts);
    seen->paths.merge(watcher->paths);
  }
  return Examination(std::move(seen));
}

const inventory::Contents& Examination::contents() const { return seen_->contents; }

Claim Examination::claim() const {
  const auto text = seen_->contents.texts.find(std::string(image_record));
  if (text == seen_->contents.texts.end()) return {};
  const auto json = parse_json(text->second, image_record);
  if (!json || !json->is_object()) return {};
  return {get_string_or_empty(*json, "image").value_or(""), get_string_or_empty(*json, "variant").value_or("")};
}

std::string Examination::distribution() const { return distribution_of(Root(seen_->contents)); }

std::vector<Check> Examination::judge(const Yardstick& yardstick) const {
  const Root root(seen_->contents);
  const auto owners = inventory::judge_owners(seen_->contents, yardstick.known);
  const Scene scene{seen_->contents, root, seen_->facts, seen_->paths, owners, yardstick};
  std::vector<Check> out;
  for (const auto check : checks) out.push_back(check(scene));
  return out;
}

}  // namespace ashlar::prove
