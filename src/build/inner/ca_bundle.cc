#include "build/inner/ca_bundle.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "base/time.h"

namespace ashlar::build {
namespace {

struct Free {
  void operator()(BIO* it) const { BIO_free(it); }
  void operator()(X509* it) const { X509_free(it); }
};

struct Root {
  std::string path;  ///< in the image
  Bytes pem;
  unsigned long hash = 0;
};

Result<std::optional<Root>> read_root(const World& world, const std::string& path, std::int64_t as_of) {
  TRY_ASSIGN(Bytes pem, world.read(path));
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<X509, Free> certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!certificate) return cannot(Kind::Corrupt, fmt::format("read certificate '/{}'", path), "it is no certificate in PEM form");
  if (as_of != 0) {
    time_t moment = as_of;
    if (X509_cmp_time(X509_get0_notAfter(certificate.get()), &moment) < 0) return std::nullopt;
  }
  if (!pem.empty() && pem.back() != '\n') pem.push_back('\n');
  return Root{path, std::move(pem), X509_subject_name_hash(certificate.get())};
}

std::string link_name(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  name.resize(name.size() - std::string_view(".crt").size());
  std::replace(name.begin(), name.end(), ' ', '_');
  return name + ".pem";
}

}  // namespace

Done write_ca_bundle(World& world, std::int64_t as_of, bool links) {
  std::vector<std::string> paths;
  for (const char* folder : {"usr/share/ca-certificates", "usr/local/share/ca-certificates"}) {
    world.tree().each(folder, [&](const TreeNode& node) {
      if (node.entry.type == FileType::Regular && node.entry.path.ends_with(".crt")) paths.push_back(node.entry.path);
    });
  }
  std::vector<Root> roots;
  for (const std::string& path : paths) {
    TRY_ASSIGN(auto root, read_root(world, path, as_of));
    if (root) roots.push_back(std::move(*root));
  }
  Bytes bundle;
  std::map<std::string, int> taken;
  TRY(world.make_directory("etc/ssl/certs", 0755, true));
  for (const Root& root : roots) {
    bundle.insert(bundle.end(), root.pem.begin(), root.pem.end());
    if (!links) continue;
    const std::string name = link_name(root.path), hash = fmt::format("{:08x}", root.hash);
    TRY(world.symlink("/" + root.path, "etc/ssl/certs/" + name, true));
    TRY(world.symlink(name, fmt::format("etc/ssl/certs/{}.{}", hash, taken[hash]++), true));
  }
  return world.write("etc/ssl/certs/ca-certificates.crt", std::move(bundle), 0644);
}

}  // namespace ashlar::build
