#include "build/inner/ca_bundle.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <map>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"

namespace ashlar::build {
namespace {

struct Root { std::string path, name, text; Bytes der{}; std::uint32_t hash = 0; std::int64_t ends = 0; };

std::string link_name(std::string_view path) {
  std::string name(path.substr(path.rfind('/') + 1));
  name.resize(name.size() - 4);  // .crt
  for (char& c : name) c = c == ' ' || c == ',' ? '_' : c == '(' || c == ')' ? '=' : c;
  return name + ".pem";
}

Result<Root> read_root(const World& world, const std::string& path) {
  TRY_ASSIGN(const Bytes bytes, world.read(path));
  Root root{.path = path, .name = link_name(path), .text = std::string(as_text(bytes))};
  if (!root.text.ends_with('\n')) root.text += '\n';
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())), BIO_free_all);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
  std::tm when{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &when) != 1)
    return cannot(Kind::Corrupt, fmt::format("read certificate '{}'", path), "it is no X.509 certificate in PEM");
  TRY_ASSIGN(const Time ends, Time::parse(fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", when.tm_year + 1900, when.tm_mon + 1, when.tm_mday, when.tm_hour,
                                                      when.tm_min, std::min(when.tm_sec, 59))));
  root.ends = ends.seconds;
  root.der.resize(static_cast<size_t>(std::max(0, i2d_X509(certificate.get(), nullptr))));
  std::uint8_t* end = root.der.data();
  i2d_X509(certificate.get(), &end);
  root.hash = static_cast<std::uint32_t>(X509_subject_name_hash(certificate.get()));
  return root;
}

/// Links to folders are followed, each folder once: a package may ship links that lead round in circles.
void find_roots(const World& world, const std::string& folder, std::set<std::string>& seen, std::vector<std::string>& paths) {
  if (const auto real = world.resolve(folder, true); !real || !seen.insert(*real).second) return;
  for (const std::string& name : world.list(folder)) {
    const std::string path = folder + "/" + name;
    const auto node = world.find(path, true);
    if (node && node->entry.type == FileType::Directory) find_roots(world, path, seen, paths);
    else if (node && name.ends_with(".crt")) paths.push_back(path);
  }
}

Done put(World& world, const std::string& path, const std::string& text) { return world.write(path, Bytes(text.begin(), text.end()), 0644); }

Done write_links(World& world, const std::vector<Root>& roots, const std::string& configuration) {
  TRY(put(world, "/etc/ca-certificates.conf", configuration));
  std::map<std::uint32_t, int> used;
  for (const Root& root : roots) {
    TRY(world.symlink(root.path, "/etc/ssl/certs/" + root.name, true));
    TRY(world.symlink(root.name, fmt::format("/etc/ssl/certs/{:08x}.{}", root.hash, used[root.hash]++), true));
  }
  return {};
}

/// Whether Java's modified UTF-8 has the same bytes as UTF-8: no control characters, nothing beyond the basic plane.
bool same_in_java(std::string_view text) {
  return is_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < 0x20) || static_cast<std::uint8_t>(c) >= 0xf0; });
}

void put_number(Bytes& out, std::uint64_t value, int width) {
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}
void put_text(Bytes& out, std::string_view text) {
  put_number(out, text.size(), 2);
  out.insert(out.end(), text.begin(), text.end());
}

/// A JKS key store, version 2: entries of trusted certificates, then a keyed SHA-1 (OpenJDK, sun.security.provider.JavaKeyStore).
Result<Bytes> java_store(const std::vector<Root>& roots, std::int64_t made) {
  Bytes store;
  put_number(store, 0xFEEDFEED, 4);
  put_number(store, 2, 4);
  put_number(store, roots.size(), 4);
  for (const Root& root : roots) {
    std::string alias = "debian:" + root.name;
    std::transform(alias.begin(), alias.end(), alias.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (!same_in_java(alias)) return cannot(Kind::Invalid, fmt::format("add root '{}' to the key store", root.name), "the key store takes no such name");
    put_number(store, 2, 4);
    put_text(store, alias);
    put_number(store, static_cast<std::uint64_t>(made) * 1000, 8);
    put_text(store, "X.509");
    put_number(store, root.der.size(), 4);
    store.insert(store.end(), root.der.begin(), root.der.end());
  }
  Bytes keyed;
  for (const char c : std::string_view("changeit")) put_number(keyed, static_cast<std::uint8_t>(c), 2);
  for (const char c : std::string_view("Mighty Aphrodite")) keyed.push_back(static_cast<std::uint8_t>(c));
  keyed.insert(keyed.end(), store.begin(), store.end());
  std::array<std::uint8_t, 20> digest{};
  unsigned size = 0;
  if (EVP_Digest(keyed.data(), keyed.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) return cannot(Kind::Unavailable, "write the key store", "the library has no SHA-1");
  store.insert(store.end(), digest.begin(), digest.end());
  return store;
}

}  // namespace

Done write_ca_bundle(World& world, const CaOptions& options, std::vector<std::string>& details) {
  world.effect = "ca-bundle";
  const std::string shipped = "/usr/share/ca-certificates";
  std::vector<std::string> paths;
  std::set<std::string> seen;
  find_roots(world, shipped, seen, paths);
  const size_t from_package = paths.size();
  find_roots(world, "/usr/local/share/ca-certificates", seen, paths);
  std::vector<Root> roots;
  std::string bundle, configuration = "# Roots below /usr/share/ca-certificates that are trusted; a line with `!` is not.\n";
  std::int64_t newest = 0;
  for (size_t at = 0; at < paths.size(); ++at) {
    TRY_ASSIGN(Root root, read_root(world, paths[at]));
    const bool ended = options.as_of != 0 && root.ends < options.as_of;
    if (at < from_package) configuration += (ended ? "!" : "") + paths[at].substr(shipped.size() + 1) + "\n";
    if (ended) {
      details.push_back(fmt::format("root '{}' ended on {} and is left out", root.name, Time{root.ends}.date()));
      continue;
    }
    newest = std::max(newest, world.find(paths[at], true)->entry.mtime);
    bundle += root.text;
    roots.push_back(std::move(root));
  }
  if (roots.empty()) return cannot(Kind::NotFound, "write the CA bundle", fmt::format("the image has no certificates below '{}'", shipped));
  TRY(world.make_directory("/etc/ssl/certs", 0755, true));
  TRY(put(world, "/etc/ssl/certs/ca-certificates.crt", bundle));
  world.set_time("/etc/ssl/certs/ca-certificates.crt", newest);
  if (options.java_store) {
    TRY_ASSIGN(Bytes store, java_store(roots, newest));
    TRY(world.make_directory("/etc/ssl/certs/java", 0755, true));
    TRY(world.write("/etc/ssl/certs/java/cacerts", std::move(store), 0644));
    world.set_time("/etc/ssl/certs/java/cacerts", newest);
  }
  if (options.links) TRY(write_links(world, roots, configuration));
  return {};
}

}  // namespace ashlar::build
