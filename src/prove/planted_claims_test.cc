// Faults in what files claim: libraries that are not there, programs that were softened, secrets, roots, zones, owners.
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "base/text.h"
#include "prove/inner/loader.h"
#include "prove/inner/planted.h"

namespace ashlar::prove {
namespace {

using namespace std::string_literals;

SmallElf needing(std::vector<std::string> libraries) {
  SmallElf out;
  out.needed = std::move(libraries);
  return out;
}
SmallElf leaf(std::string soname) {
  SmallElf out = small_library(std::move(soname));
  out.needed.clear();
  return out;
}

TEST(Planted, LibrariesTable) {
  SmallElf other_loader, foreign = leaf("libz.so.1"), with_runpath = needing({"libz.so.1"}), chain = leaf("liba.so.1"), outer = needing({"liba.so.1"});
  other_loader.interpreter = "/lib/ld-musl-x86_64.so.1";
  foreign.machine = 183;
  with_runpath.runpath = "$ORIGIN/../other";
  chain.needed = {"libgone.so.2"};
  SmallElf plugin = small_library("plugin.so");
  plugin.needed = {"libplugin-core.so"};
  const std::vector<Row> rows = {
      {"a library that is not there", "elf-resolves", "'/usr/bin/x' needs 'libz.so.1', which is not found", {program("usr/bin/x", needing({"libz.so.1"}).bytes())}},
      {"a library's library", "elf-resolves", "'/usr/bin/x' needs 'libgone.so.2' by '/usr/lib/liba.so.1'", {program("usr/bin/x", outer.bytes()), program("usr/lib/liba.so.1", chain.bytes())}},
      {"a loader that is not there", "elf-resolves", "needs the loader '/lib/ld-musl-x86_64.so.1'", {program("usr/bin/x", other_loader.bytes())}},
      {"a library for another machine", "elf-resolves", "needs 'libz.so.1'", {program("usr/bin/x", needing({"libz.so.1"}).bytes()), program("usr/lib/libz.so.1", foreign.bytes())}},
      {"a library where nobody searches", "elf-resolves", "needs 'libz.so.1'", {program("usr/bin/x", needing({"libz.so.1"}).bytes()), program("opt/libz.so.1", leaf("libz.so.1").bytes())}},
      {"a search path that misses it", "elf-resolves", "needs 'libz.so.1'", {program("usr/bin/x", with_runpath.bytes()), program("usr/bin/libz.so.1", leaf("libz.so.1").bytes())}},
      {"a link that leads nowhere", "elf-resolves", "needs 'libz.so.1'", {program("usr/bin/x", needing({"libz.so.1"}).bytes()), symlink("usr/lib/libz.so.1", "libz.so.1.3")}},
      {"a script in a library's place", "elf-resolves", "needs 'libz.so.1'", {program("usr/bin/x", needing({"libz.so.1"}).bytes()), program("usr/lib/libz.so.1", "/* GNU ld script */")}},
      {"a plug-in whose library lacks", "elf-resolves", "'/opt/plugin.so' needs 'libplugin-core.so', which the image lacks", {program("opt/plugin.so", plugin.bytes())}},
      {"a file that is cut off", "elf-resolves", "'/opt/x' begins as an ELF file", {program("opt/x", SmallElf{}.bytes().substr(0, 100))}},
  };
  for (const Row& row : rows) expect_found(row);
}

TEST(Loader, FindsWhatTheLoaderFindsTable) {
  SmallElf by_origin = needing({"libz.so.1"}), by_rpath = needing({"liba.so.1"}), inner = leaf("liba.so.1");
  by_origin.runpath = "${ORIGIN}/../other";
  by_rpath.rpath = "/opt";
  inner.needed = {"libz.so.1"};
  const std::string z = leaf("libz.so.1").bytes();
  SmallElf plugin = small_library("plugin.so");
  plugin.needed = {"libplugin-core.so"};
  struct Case { std::string summary; Members members; std::string environment{}; };
  const std::vector<Case> cases = {
      {"in a folder of the system's", {program("usr/bin/x", needing({"libz.so.1"}).bytes()), program("usr/lib/x86_64-linux-gnu/libz.so.1", z)}},
      {"behind links", {program("usr/bin/x", needing({"libz.so.1"}).bytes()), program("opt/real", z), symlink("usr/lib/libz.so.1", "/opt/real")}},
      {"relative to the program", {program("usr/bin/x", by_origin.bytes()), folder("usr/other"), program("usr/other/libz.so.1", z)}},
      {"by the old path of whoever loads", {program("usr/bin/x", by_rpath.bytes()), program("opt/liba.so.1", inner.bytes()), program("opt/libz.so.1", z)}},
      {"by the environment of the image", {program("usr/bin/x", needing({"libz.so.1"}).bytes()), program("opt/libz.so.1", z)}, "LD_LIBRARY_PATH=/srv:/opt"},
      {"by its path", {program("usr/bin/x", needing({"/opt/libz.so.1"}).bytes()), program("opt/libz.so.1", z)}},
      {"a plug-in beside its library", {program("opt/plugin.so", plugin.bytes()), program("opt/libplugin-core.so", leaf("libplugin-core.so").bytes())}},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.summary);
    Members members = loaderless(clean());
    members.insert(members.end(), each.members.begin(), each.members.end());
    oci::Config config = clean_config();
    if (!each.environment.empty()) config.env.push_back(each.environment);
    for (const Check& check : judge({members}, config)) {
      EXPECT_TRUE(check.id != "elf-resolves" || check.outcome == Outcome::Passed) << check.evidence.front();
    }
  }
}

/// Bytes as ldconfig writes them (glibc, elf/cache.c).
std::string loader_cache(const std::vector<std::pair<std::string, std::string>>& entries, bool hwcap = false) {
  const auto put = [](std::string& out, std::uint64_t value, int width) {
    for (int shift = 0; shift < 8 * width; shift += 8) out += static_cast<char>(value >> shift);
  };
  std::string strings, out = "glibc-ld.so.cache1.1";
  const size_t base = 48 + 24 * entries.size();
  put(out, entries.size(), 4);
  out.resize(48);
  for (const auto& [name, path] : entries) {
    put(out, 0x303, 4), put(out, base + strings.size(), 4);
    strings += name + '\0';
    put(out, base + strings.size(), 4), put(out, 0, 4), put(out, hwcap ? std::uint64_t{1} << 62 : 0, 8);
    strings += path + '\0';
  }
  return out + strings;
}

TEST(Loader, ReadsTheCacheOfLdconfig) {
  const auto cache = read_loader_cache(loader_cache({{"libz.so.1", "/opt/libz.so.1"}, {"libz.so.1", "/srv/libz.so.1"}, {"libq.so", "/q"}}));
  ASSERT_EQ(cache.size(), 3u);
  EXPECT_EQ(cache.find("libz.so.1")->second, "/opt/libz.so.1");
  EXPECT_TRUE(read_loader_cache(loader_cache({{"libz.so.1", "/opt/libz.so.1"}}, true)).empty()) << "a library for some processors alone is not there for all";
  const std::string whole = loader_cache({{"libz.so.1", "/opt/libz.so.1"}});
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_LE(read_loader_cache(whole.substr(0, size)).size(), 1u);
  std::string old("ld.so-1.7.0\0\1\0\0\0"s);
  old.resize(32);
  EXPECT_EQ(read_loader_cache(old + whole).size(), 1u) << "behind the format of old";
  Members members = loaderless(clean());
  members.push_back(program("usr/bin/x", needing({"libz.so.1"}).bytes()));
  members.push_back(program("opt/libz.so.1", leaf("libz.so.1").bytes()));
  members.push_back({"etc/ld.so.cache", whole});
  for (const Check& check : judge({members}, clean_config())) {
    EXPECT_TRUE(check.id != "elf-resolves" || check.outcome == Outcome::Passed) << check.evidence.front();
  }
}

TEST(Planted, SoftenedProgramsTable) {
  const auto softened = [](auto change) {
    SmallElf elf;
    change(elf);
    return Members{program("usr/bin/x", elf.bytes())};
  };
  const std::vector<Row> rows = {
      {"loaded at a fixed place", "elf-hardening", "'/usr/bin/x' lacks pie", softened([](SmallElf& e) { e.type = 2, e.pie = false; })},
      {"bound lazily", "elf-hardening", "'/usr/bin/x' lacks full relro", softened([](SmallElf& e) { e.now = false; })},
      {"tables that stay writable", "elf-hardening", "'/usr/bin/x' lacks full relro", softened([](SmallElf& e) { e.relro = false; })},
      {"an executable stack", "elf-hardening", "'/usr/bin/x' lacks nx", softened([](SmallElf& e) { e.stack_executable = true; })},
      {"code that can be written", "elf-hardening", "'/usr/bin/x' lacks nx", softened([](SmallElf& e) { e.writable_code = true; })},
      {"relocations in code", "elf-hardening", "lacks code without relocations", softened([](SmallElf& e) { e.text_relocations = true; })},
  };
  for (const Row& row : rows) expect_found(row);
}

TEST(Planted, WorseThanTheBaselineTable) {
  struct Case { std::string summary, lacks, flags; SmallElf elf; Hardening recorded; bool fails; };
  SmallElf plain, bare, lazy;
  bare.names.clear(), bare.properties = false;
  lazy.now = false, lazy.type = 2, lazy.pie = false;
  Hardening full = hardening_of(*read_elf(as_bytes(plain.bytes()))), weak = hardening_of(*read_elf(as_bytes(lazy.bytes())));
  const std::vector<Case> cases = {
      {"as recorded", "", "", plain, full, false},
      {"weak, as the distribution builds it", "", "", lazy, weak, false},
      {"better than recorded", "", "", plain, weak, false},
      {"without the stack protector and more", "the stack protector, fortify, branch tracking, return protection", "-fstack-protector-strong -O2 -D_FORTIFY_SOURCE=2 -fcf-protection (arm64: -mbranch-protection=standard)", bare, full, true},
      {"bound lazily where the distribution does not", "pie, full relro", "-fPIE -pie -Wl,-z,relro,-z,now", lazy, full, true},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.summary);
    Baseline baseline{"debian-13", {}};
    baseline.files["amd64"]["usr/bin/x"] = {"x", each.recorded};
    Members members = loaderless(clean());
    members.push_back(program("usr/bin/x", each.elf.bytes()));
    Yardstick yardstick;
    yardstick.baseline = &baseline;
    for (const Check& check : judge({members}, clean_config(), yardstick)) {
      if (check.id != "elf-hardening") continue;
      EXPECT_EQ(check.outcome == Outcome::Failed, each.fails) << check.evidence.front();
      EXPECT_EQ(check.against, each.fails ? 1U : 0U) << "what fails stands first, and is counted";
      if (!each.fails) continue;
      EXPECT_EQ(check.evidence.front(), "'/usr/bin/x' lacks " + each.lacks + ", which package 'x' builds it with: take the package's own file, or build this one with " + each.flags);
    }
  }
}

TEST(Planted, WhatFailsStandsFirst) {
  SmallElf lazy;
  lazy.now = false;
  Members members = loaderless(clean());
  for (const char* path : {"usr/bin/x", "usr/bin/y"}) members.push_back(program(path, lazy.bytes()));
  for (const Check& check : judge({members}, clean_config(), {})) {
    if (check.id != "elf-hardening") continue;
    ASSERT_EQ(check.against, 2U);
    EXPECT_EQ(check.evidence.at(0), "'/usr/bin/x' lacks full relro, and the baseline does not know it: build it with -Wl,-z,relro,-z,now");
    EXPECT_TRUE(check.evidence.at(1).starts_with("'/usr/bin/y' lacks full relro")) << check.evidence.at(1);
    EXPECT_GT(check.evidence.size(), 2U) << "what holds stays in the record";
  }
}

TEST(Planted, CountsFilesByWhatTheyLackTable) {
  struct Case { std::string summary, counted; SmallElf elf; bool known; };
  SmallElf plain, bare, lazy;
  bare.names.clear(), bare.properties = false;
  lazy.now = false;
  constexpr const char* beyond = "{} of 4 files are not in the baseline and were held to pie, full relro, nx and no text relocations";
  const std::vector<Case> cases = {
      {"all there is", "2 of 4 files hold and lack nothing that is looked for", plain, false},
      {"neither stack protector nor fortify nor CET", "1 of 4 files hold and lack the stack protector, fortify, branch tracking, return protection, or do not tell of it", bare, false},
      {"as its package builds it", "1 of 4 files hold and lack full relro, or do not tell of it", lazy, true},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.summary);
    Baseline baseline{"debian-13", {}};
    if (each.known) baseline.files["amd64"]["usr/bin/x"] = {"x", hardening_of(*read_elf(as_bytes(each.elf.bytes())))};
    Members members = loaderless(clean());
    members.push_back(program("usr/bin/x", each.elf.bytes()));
    Yardstick yardstick;
    yardstick.baseline = &baseline;
    for (const Check& check : judge({members}, clean_config(), yardstick)) {
      if (check.id != "elf-hardening") continue;
      EXPECT_EQ(check.outcome, Outcome::Passed);
      EXPECT_NE(std::ranges::find(check.evidence, each.counted), check.evidence.end()) << join(check.evidence, "\n");
      EXPECT_NE(std::ranges::find(check.evidence, fmt::format(beyond, each.known ? 3 : 4)), check.evidence.end()) << join(check.evidence, "\n");
    }
  }
}

TEST(Baseline, IsReadAsWritten) {
  Baseline baseline{"debian-13", {}};
  baseline.files["amd64"]["usr/lib/liba.so.1.2.3"] = {"liba", hardening_of(*read_elf(as_bytes(small_library("liba.so.1").bytes())))};
  baseline.files["arm64"]["bin/old"] = {"old", {}};
  const std::string text = to_text(baseline);
  const auto again = read_baseline(text, "b.json");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(to_text(*again), text);
  EXPECT_NE(again->find("amd64", "usr/lib/liba.so.1.2.3"), nullptr);
  EXPECT_NE(again->find("amd64", "usr/lib/liba.so.1.3.0"), nullptr) << "the next version is held against its predecessor";
  EXPECT_EQ(again->find("amd64", "usr/lib/libab.so.1"), nullptr);
  EXPECT_EQ(again->find("arm64", "usr/lib/liba.so.1.2.3"), nullptr);
  EXPECT_NE(again->find("arm64", "usr/bin/old"), nullptr) << "a package from before /usr was merged";
  for (const char* bad : {"", "{}", "[]", R"({"schema": "https://ashlar.dev/elf-baseline/v1"})", R"({"schema": "https://ashlar.dev/elf-baseline/v1", "distribution": "d", "architectures": {"amd64": {"p": {"PPPP": ["x"]}}}})",
                          R"({"schema": "https://ashlar.dev/elf-baseline/v1", "distribution": "d", "architectures": {"amd64": {"p": {"PRXTSFBC": [1]}}}})"})
    EXPECT_FALSE(read_baseline(bad, "b.json")) << bad;
}

/// Put together here, so that this file holds no key.
std::string pem(const std::string& kind, const std::string& head = {}) {
  std::string body;
  for (int line = 0; line < 4; ++line) body += "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n";
  return "-----BEGIN " + kind + "PRIVATE" + " KEY-----\n" + head + body + "-----END " + kind + "PRIVATE" + " KEY-----\n";
}

TEST(Planted, SecretsTable) {
  const std::string key = pem("RSA "), letters = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC3dE5f";
  const auto variable = [](std::string text) { return [text = std::move(text)](oci::Config& config) { config.env.push_back(text); }; };
  const std::vector<Row> rows = {
      {"a key of RSA", "no-secrets", "'/opt/key.pem':1 is a private key in PEM (RSA)", {{"opt/key.pem", key}}},
      {"a key of OpenSSH", "no-secrets", "(OPENSSH)", {{"home/id_ed25519", pem("OPENSSH ")}}},
      {"a key in PKCS #8", "no-secrets", "(PKCS #8)", {{"opt/k", pem("")}}},
      {"an encrypted key", "no-secrets", "'/opt/k':1 is a private key", {{"opt/k", pem("RSA ", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n")}}},
      {"behind other text", "no-secrets", "'/opt/k':4 is a private key", {{"opt/k", "a\nb\nc\n" + key}}},
      {"in JSON", "no-secrets", "is a private key", {{"opt/account.json", "{\"private_key\": \"-----BEGIN PRIVATE"s + " KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\\n\"}"}}},
      {"a key of PuTTY", "no-secrets", "'/opt/k.ppk':1 is a private key of PuTTY", {{"opt/k.ppk", "PuTTY-User-Key-File-"s + "3: ssh-ed25519\nEncryption: none\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 1\nAAAA\n"}}},
      {"in a program", "no-secrets", "'/usr/bin/x' is a private key", {program("usr/bin/x", [&] { SmallElf e; e.content = key; return e.bytes(); }())}},
      {"in an archive", "no-secrets", "'/opt/a.zip'!k:1 is", {{"opt/a.zip", packed("zip", "", {{"k", key}})}}},
      {"in a layer that a higher one hides", "no-secrets", "(layer 0; a higher layer hides it", {{"opt/key.pem", key}}, {}, {{"opt/.wh.key.pem", ""}}},
      {"in a layer that a higher one replaces", "no-secrets", "(layer 0; a higher layer hides it", {{"opt/key.pem", key}}, {}, {{"opt/key.pem", "gone"}}},
      {"a key of AWS", "no-secrets", "'/opt/c':1 is an access key of AWS", {{"opt/c", "key=AKIA"s + "QWERTYUIOPASDFGH\n"}}},
      {"credentials of AWS", "no-secrets", "is a secret key of AWS", {{"opt/c", "aws_secret_access_key = " + letters + "\n"}}},
      {"a token of GitHub", "no-secrets", "is a token of GitHub", {{"opt/c", "ghp"s + "_" + letters.substr(0, 36) + "\n"}}},
      {"a token of GitLab", "no-secrets", "is a token of GitLab", {{"opt/c", "x: glpat"s + "-" + letters.substr(0, 20) + "\n"}}},
      {"a token of Slack", "no-secrets", "is a token of Slack", {{"opt/c", "xoxb"s + "-1234567890-" + letters}}},
      {"a token of npm", "no-secrets", "is a token of npm", {{"opt/c", "npm"s + "_" + letters.substr(0, 36) + "\n"}}},
      {"a netrc file", "no-secrets", "'/root/.netrc' is a password", {{"root/.netrc", "machine example.org login a password b\n"}}},
      {"credentials of a registry, in the old form", "no-secrets", "'/root/.dockercfg' is credentials of a registry", {{"root/.dockercfg", R"({"example.org": {"auth": "dXNlcjpwYXNz"}})"}}},
      {"credentials of a registry", "no-secrets", "is credentials of a registry", {folder("root/.docker"), {"root/.docker/config.json", R"({"auths": {"example.org": {"auth": "dXNlcjpwYXNz"}}})"}}},
      {"credentials of git", "no-secrets", "is credentials of git", {{"root/.git-credentials", "https://user:secret@example.org\n"}}},
      {"a password in etc/shadow", "no-secrets", "'/etc/shadow' is the password of 'root'", {{"etc/shadow", "root:$y$j9T$abcdefgh$ijklmnop:19000::::::\n"}}},
      {"a variable of the image", "no-secrets", "variable 'DB_PASSWORD' of the configuration has a value", {}, variable("DB_PASSWORD=hunter2")},
      {"a token in a variable", "no-secrets", "variable 'X' of the configuration holds a token of GitHub", {}, variable("X=ghp"s + "_" + letters.substr(0, 36))},
      {"a token in the history", "no-secrets", "the history of the configuration holds", {}, [&](oci::Config& config) { config.history.push_back({"", "RUN curl -H ghp"s + "_" + letters.substr(0, 36), "", true}); }},
  };
  for (const Row& row : rows) expect_found(row);
}

TEST(Planted, NoFalseAlarmAboutWhatOnlyLooksLikeASecret) {
  const std::vector<Member> members = {
      {"opt/putty", "PuTTY-User-Key-File-"s + '\0' + "Private-Lines:"s},
      {"opt/reader", "\0-----BEGIN RSA PRIVATE KEY-----\0-----BEGIN PRIVATE KEY-----\0"s},
      {"opt/doc", "It begins with -----BEGIN RSA PRIVATE KEY-----, and ends with another line.\n"},
      {"opt/example", "AKIAIOSFODNN7EXAMPLE and ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"},
      {"opt/word", "XAKIAQWERTYUIOPASDFGHJ\n"},
      {"opt/public", "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo\n-----END PUBLIC KEY-----\n"},
      {"etc/shadow", "root:*:19000::::::\nnonroot:!:19000::::::\n"},
      {"root/.netrc", "machine example.org\n"},
  };
  Members all = loaderless(clean());
  all.insert(all.end(), members.begin(), members.end());
  oci::Config config = clean_config();
  config.env.insert(config.env.end(), {"POSTGRES_PASSWORD_FILE=/run/secrets/x", "GPG_KEY=", "TOKEN="});
  for (const Check& check : judge({all}, config)) {
    EXPECT_TRUE(check.id != "no-secrets" || check.outcome == Outcome::Passed) << check.evidence.front();
  }
}

std::string certificate(const char* ends) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> x(X509_new(), X509_free);
  ASN1_INTEGER_set(X509_get_serialNumber(x.get()), 1);
  ASN1_TIME_set_string(X509_getm_notBefore(x.get()), "20000101000000Z");
  ASN1_TIME_set_string(X509_getm_notAfter(x.get()), ends);
  X509_set_pubkey(x.get(), key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x.get()), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("Old Root"), -1, -1, 0);
  X509_set_issuer_name(x.get(), X509_get_subject_name(x.get()));
  X509_sign(x.get(), key.get(), EVP_sha256());
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new(BIO_s_mem()), BIO_free_all);
  PEM_write_bio_X509(bio.get(), x.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

TEST(Planted, CertificatesZonesAndReleasesTable) {
  const std::string good = certificate("20400101000000Z"), old = certificate("20250512000000Z"), path = "etc/ssl/certs/ca-certificates.crt";
  std::string broken = good;
  broken.replace(100, 4, "!!!!");
  const Members folders = {folder("etc/ssl"), folder("etc/ssl/certs")};
  const auto bundle = [&](const std::string& text) { Members out = folders; out.push_back({path, text}); return out; };
  const auto variable = [](std::string text) { return [text = std::move(text)](oci::Config& config) { config.env.push_back(text); }; };
  const std::vector<Row> rows = {
      {"a root that had expired", "ca-bundle", "root 'CN=Old Root' of '/etc/ssl/certs/ca-certificates.crt' had expired on 2025-05-12", bundle(good + old)},
      {"a damaged root", "ca-bundle", "certificate 2 of '/etc/ssl/certs/ca-certificates.crt' is damaged", bundle(good + broken)},
      {"an empty bundle", "ca-bundle", "holds no certificate", bundle("nothing\n")},
      {"a bundle that the environment names and that is not there", "ca-bundle", "SSL_CERT_FILE names '/etc/x.pem'", {}, variable("SSL_CERT_FILE=/etc/x.pem")},
      {"a bundle elsewhere", "ca-bundle", "holds no certificate", {{"etc/ssl-mine", "x"}}, variable("SSL_CERT_FILE=/etc/ssl-mine")},
      {"a zone that is not there", "time-zones", "TZ names 'Europe/Paris'", {}, variable("TZ=Europe/Paris")},
      {"a zone that is none", "time-zones", "TZ names 'Europe/Paris'", {folder("usr/share/zoneinfo"), folder("usr/share/zoneinfo/Europe"), {"usr/share/zoneinfo/Europe/Paris", "TZix"}}, variable("TZ=Europe/Paris")},
      {"a local time that leads nowhere", "time-zones", "'/etc/localtime' leads to no time zone", {symlink("etc/localtime", "/usr/share/zoneinfo/Etc/UTC")}},
      {"another release than the files", "os-release", "'/etc/os-release' says debian 12, '/etc/debian_version' says 13.2", {{"usr/lib/os-release", "ID=debian\nVERSION_ID=12\n"}}},
      {"another release than the packages", "os-release", "package 'base-files' is 12.4", {{"var/lib/dpkg/status.d/base-files", "Package: base-files\nVersion: 12.4\nArchitecture: amd64\n"}}},
      {"no release at all", "os-release", "the image has no '/etc/os-release'", {}, {}, {{"usr/lib/.wh.os-release", ""}}},
  };
  for (const Row& row : rows) expect_found(row);
}

/// A sound bundle is read wherever SSL_CERT_FILE says that it is, also by way of links and in a higher layer.
TEST(Planted, BundlesElsewhereTable) {
  struct Case { std::string summary, named; Members planted, above; std::string shown; };
  const std::string good = certificate("20400101000000Z"), old = certificate("20250512000000Z");
  const std::vector<Case> cases = {
      {"as it is named", "/opt/ca.pem", {{"opt/ca.pem", good}}, {}, "'/opt/ca.pem': 1 roots"},
      {"by a link", "/opt/ca.pem", {{"opt/mine", good}, symlink("opt/ca.pem", "mine")}, {}, "'/opt/mine': 1 roots"},
      {"by a folder that is a link", "/lib/ca.pem", {{"usr/lib/ca.pem", good}}, {}, "'/usr/lib/ca.pem': 1 roots"},
      {"with slashes and dots in its name", "/opt/.//../opt/ca.pem", {{"opt/ca.pem", good}}, {}, "'/opt/ca.pem': 1 roots"},
      {"by a hard link", "/opt/ca.pem", {{"opt/mine", good}, hard_link("opt/ca.pem", "opt/mine")}, {}, "'/opt/ca.pem': 1 roots"},
      {"in a higher layer that replaces an older one", "/opt/ca.pem", {{"opt/ca.pem", old}}, {{"opt/ca.pem", good + good}}, "'/opt/ca.pem': 2 roots"},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.summary);
    Members members = loaderless(clean());
    members.insert(members.end(), each.planted.begin(), each.planted.end());
    std::vector<Members> layers = {members};
    if (!each.above.empty()) layers.push_back(each.above);
    oci::Config config = clean_config();
    config.env.push_back("SSL_CERT_FILE=" + each.named);
    for (const Check& check : judge(layers, config)) {
      if (check.id != "ca-bundle") continue;
      EXPECT_EQ(check.outcome, Outcome::Passed) << check.evidence.front();
      EXPECT_TRUE(check.evidence.front().starts_with(each.shown)) << check.evidence.front();
    }
  }
  expect_found({"a root that had expired, elsewhere", "ca-bundle", "root 'CN=Old Root' of '/opt/ca.pem' had expired on 2025-05-12", {{"opt/ca.pem", good + old}}, [](oci::Config& config) { config.env.push_back("SSL_CERT_FILE=/opt/ca.pem"); }});
}

TEST(Planted, FilesWithoutAnOwnerTable) {
  const std::string tool = "\177ELF tool", list = md5_hex(as_bytes("tool")) + "  usr/bin/tool\n";
  const auto package = [&](const std::string& content) {
    return Members{{"var/lib/dpkg/status.d/tool", "Package: tool\nVersion: 1\nArchitecture: all\n"}, {"var/lib/dpkg/status.d/tool.md5sums", list}, {"usr/bin/tool", content}};
  };
  const std::vector<Row> rows = {
      {"a file that nobody claims", "no-unowned-files", "'/opt/stray' is unowned", {{"opt/stray", "x"}}},
      {"a file in a higher layer", "no-unowned-files", "'/opt/late' is unowned", {}, {}, {{"opt/late", "x"}}},
      {"a file below a link, which lands where the link leads", "no-unowned-files", "'/usr/bin/late' is unowned", {}, {}, {{"bin/late", "x"}}},
      {"a package's file with other bytes", "no-unowned-files", "'/usr/bin/tool' is altered", package("other")},
      {"a package's file that is gone", "no-unowned-files", "'/usr/bin/tool' of package:tool is missing", package("tool"), {}, {{"usr/bin/.wh.tool", ""}}},
  };
  for (const Row& row : rows) expect_found(row, true);
}

/// A folder that a package's own script makes sticky, as PHP's sessions, is excused; one that merely says so is not.
TEST(Planted, StickyFoldersOfPackagesTable) {
  struct Case { std::string summary, owner; std::uint32_t mode; Outcome expected; };
  const std::vector<Case> cases = {
      {"made by the script of an installed package", "effect:script:tool.postinst", 01733, Outcome::Excused},
      {"shipped by a package", "package:tool", 01777, Outcome::Excused},
      {"by the script of a package that is not there", "effect:script:ghost.postinst", 01733, Outcome::Failed},
      {"by a package that is not there", "package:ghost", 01777, Outcome::Failed},
      {"not sticky, whoever makes it", "effect:script:tool.postinst", 0777, Outcome::Failed},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.summary);
    Members members = loaderless(clean());
    const Members more = {folder("var/lib/sessions", each.mode), folder("usr/share/ashlar"),
                          {"usr/share/ashlar/image.json", R"({"schema": "https://ashlar.dev/image/v1", "image": "registry.example/a", "variant": "runtime", "distribution": "debian-13", "slices": {}, "owners": {")" +
                                                              each.owner + R"(": ["var/lib/sessions"]}})"},
                          {"var/lib/dpkg/status.d/tool", "Package: tool\nVersion: 1\nArchitecture: all\n"}};
    members.insert(members.end(), more.begin(), more.end());
    for (const Check& check : judge({members}, clean_config())) EXPECT_TRUE(check.id != "no-world-writable" || check.outcome == each.expected) << check.evidence.front();
  }
}

}  // namespace
}  // namespace ashlar::prove
