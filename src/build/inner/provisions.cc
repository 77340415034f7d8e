#include "build/inner/provisions.h"

#include <openssl/pem.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <span>

#include <fmt/format.h>

#include "base/text.h"
#include "build/probe.h"

namespace ashlar::build {

// Made by cmake/Probe.cmake; empty where the processor's compiler lacked.
extern const std::span<const std::uint8_t> probe_amd64, probe_arm64;

namespace {

const std::string owner_of_health = "effect:health";

TarEntry file_at(const Tree& tree, std::string path, std::uint32_t mode = 0644) {
  TarEntry entry;
  entry.path = std::move(path);
  entry.mode = mode;
  entry.mtime = tree.newest();
  return entry;
}

/// Each certificate of a PEM text, by itself and without the words around it.
std::vector<std::string> certificates_in(std::string_view text) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> from(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free_all);
  std::vector<std::string> out;
  for (;;) {
    const std::unique_ptr<X509, decltype(&X509_free)> each(PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr), X509_free);
    if (!each) return out;
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> to(BIO_new(BIO_s_mem()), BIO_free_all);
    PEM_write_bio_X509(to.get(), each.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(to.get(), &data);
    out.emplace_back(data, static_cast<size_t>(size));
  }
}

bool is_folder(const Tree::Node* node) { return node != nullptr && node->entry.type == FileType::Directory; }

}  // namespace

Done add_certificates(Tree& tree, const plan::Definition& definition, host::Files& files, const host::Path& root) {
  for (const plan::TrustedRoots& roots : definition.certificates) {
    const std::string what = fmt::format("add certificate '{}'", roots.name);
    const auto refuse = [&](Kind kind, std::string_view cause, std::string hint) { return plan::cannot_at(definition, roots.at, kind, what, cause, std::move(hint)); };
    if (!tree.has_package("ca-certificates")) return refuse(Kind::Invalid, "the image has no package 'ca-certificates', which lays out the bundle", "add it to contents.packages");
    std::string text = roots.content.value_or("");
    if (!roots.content) {
      auto read = files.read(root / roots.source);
      if (!read) return refuse(read.error().kind, read.error().message, "a source is relative to the catalogue's root");
      text = std::move(*read);
    }
    const auto found = certificates_in(text);
    if (found.empty()) return refuse(Kind::Invalid, "it holds no X.509 certificate in PEM", "-----BEGIN CERTIFICATE----- begins one");
    for (size_t at = 0; at < found.size(); ++at) {
      const std::string name = found.size() == 1 ? roots.name : fmt::format("{}-{}", roots.name, at + 1);
      const BytesView bytes = as_bytes(found[at]);
      TRY(tree.put(file_at(tree, fmt::format("usr/local/share/ca-certificates/{}.crt", name)), {bytes.begin(), bytes.end()}, "effect:certificates"));
    }
  }
  return {};
}

std::string certificates_note(const Tree& tree, const plan::Definition& definition) {
  const std::string bundle = "etc/ssl/certs/ca-certificates.crt";
  const auto there = [&](const std::string& path) { return tree.node(tree.resolve(path)) != nullptr; };
  const bool led = definition.environment.contains("SSL_CERT_FILE") || definition.environment.contains("SSL_CERT_DIR") || there("usr/lib/ssl/cert.pem") || there("usr/lib/ssl/certs");
  if (led || !there(bundle)) return {};
  const bool openssl = std::ranges::any_of(tree.nodes(), [](const auto& each) { return each.first.starts_with("usr/lib/") && each.first.substr(each.first.rfind('/') + 1).starts_with("libssl.so."); });
  if (!openssl) return {};
  return fmt::format("OpenSSL in the image of '{}' looks for certificates below /usr/lib/ssl, which is not there: add 'SSL_CERT_FILE: /{}' to 'environment', or the package 'openssl'", definition.path, bundle);
}

Done add_volumes(Tree& tree, const plan::Definition& definition, const std::string& user) {
  const auto [uid_text, gid_text] = cut(user, ':');
  std::uint32_t uid = 0, gid = 0;
  std::from_chars(uid_text.data(), uid_text.data() + uid_text.size(), uid);
  std::from_chars(gid_text.data(), gid_text.data() + gid_text.size(), gid);
  for (const std::string& volume : definition.volumes) {
    const std::string path = tree.resolve(volume, true);
    const bool declared = std::ranges::any_of(definition.paths, [&](const plan::PathRule& rule) { return rule.path == volume; });
    if (declared && tree.node(path) != nullptr) continue;
    if (Tree::Node* const there = tree.edit(path)) {
      if (!is_folder(there)) return cannot(Kind::Invalid, fmt::format("make volume '{}'", volume), "the image has a file there");
      if (there->entry.uid != 0 || (there->entry.mode & 01000) != 0) continue;
      there->entry.uid = uid;
      there->entry.gid = gid;
      there->part = -1;
      there->owner = "effect:volumes";
      continue;
    }
    TarEntry folder = file_at(tree, path, 0755);
    folder.type = FileType::Directory;
    folder.uid = uid;
    folder.gid = gid;
    TRY(tree.put(std::move(folder), {}, "effect:volumes"));
  }
  return {};
}

Done set_time_zone(Tree& tree, const plan::Definition& definition) {
  const std::string& zone = definition.time_zone;
  if (zone.empty()) return {};
  const std::string path = "usr/share/zoneinfo/" + zone;
  const Tree::Node* const found = tree.node(tree.resolve(path));
  if (found == nullptr || found->entry.type == FileType::Directory) {
    const bool has_zones = tree.has_package("tzdata");
    return plan::cannot_at(definition, definition.time_zone_at, Kind::NotFound, fmt::format("set the time zone '{}'", zone),
                           has_zones ? "the image's tzdata has no such zone" : "the image has no package 'tzdata'", has_zones ? "older names are in tzdata-legacy" : "add it to contents.packages");
  }
  TarEntry link = file_at(tree, "etc/localtime", 0777);
  link.type = FileType::Symlink;
  link.link = "/" + path;
  TRY(tree.put(std::move(link), {}, "effect:timezone"));
  const std::string text = zone + "\n";
  return tree.put(file_at(tree, "etc/timezone"), {text.begin(), text.end()}, "effect:timezone");
}

Done check_locales(const Tree& tree, const plan::Definition& definition) {
  for (const plan::Slice& slice : definition.slices) {
    if (slice.package != "locales-all" || definition.locales.empty()) continue;
    for (size_t at = 0; at < slice.include.size(); ++at) {
      const std::string folder = slice.include[at].substr(0, slice.include[at].rfind('/'));
      if (is_folder(tree.node(folder))) continue;
      const plan::Mark mark = at < definition.locales_at.size() ? definition.locales_at[at] : plan::Mark{};
      return plan::cannot_at(definition, mark, Kind::NotFound, fmt::format("add locale '{}'", folder.substr(folder.rfind('/') + 1)), "the distribution's locales-all has none of this name",
                             "`locale -a` lists the names where locales-all is installed");
    }
  }
  return {};
}

std::vector<Digest> probe_digests() {
  std::vector<Digest> out;
  for (const auto& program : {probe_amd64, probe_arm64}) {
    if (!program.empty()) out.push_back(Digest::of(program));
  }
  return out;
}

std::string_view probe_for(std::string_view architecture) { return as_text(architecture == "arm64" ? probe_arm64 : probe_amd64); }

Done add_probe(Tree& tree, const plan::Definition& definition, const oci::Platform& platform) {
  if (!definition.health || definition.health->kind == "exec") return {};
  const std::string_view program = probe_for(platform.architecture);
  if (program.empty()) {
    return cannot(Kind::Unavailable, fmt::format("add the health probe for {}", platform.str()),
                  fmt::format("this program was built without one; build it where gcc-{}-linux-gnu is installed, or take 'health' out of the definition", platform.architecture == "arm64" ? "aarch64" : "x86-64"));
  }
  TarEntry entry = file_at(tree, std::string(probe_path), 0755);
  return tree.put(std::move(entry), {program.begin(), program.end()}, owner_of_health);
}

std::optional<oci::HealthCheck> health_check(const plan::Definition& definition) {
  if (!definition.health) return std::nullopt;
  const plan::Health& health = *definition.health;
  oci::HealthCheck check;
  check.test = {"CMD"};
  if (health.kind == "exec") {
    std::ranges::move(plan::split_command(health.target).value_or(std::vector<std::string>{}), std::back_inserter(check.test));
  } else {
    for (std::string word : {"/" + std::string(probe_path), fmt::format("--timeout={}", health.timeout), health.kind, health.target}) check.test.push_back(std::move(word));
  }
  check.interval = health.interval;
  check.timeout = health.timeout;
  check.retries = health.retries;
  return check;
}

}  // namespace ashlar::build
