// Roots of trust, with certificates made on the spot, beside openssl(1).
#include "build/inner/ca_bundle.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "base/text.h"
#include "build/inner/small_tree.h"
#include "host/machine.h"

namespace ashlar::build::trial {
namespace {

constexpr std::int64_t now = 1800000000;

struct Certificate { std::string pem; Bytes der; };

/// A root that signs itself; `number` tells those of one name apart.
Certificate certificate(const std::string& name, std::int64_t ends = now + 86400, long number = 1) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), number);
  ASN1_TIME_set(X509_getm_notBefore(made.get()), 1500000000);
  ASN1_TIME_set(X509_getm_notAfter(made.get()), static_cast<time_t>(ends));
  X509_set_pubkey(made.get(), key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  X509_sign(made.get(), key.get(), nullptr);
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new(BIO_s_mem()), BIO_free_all);
  PEM_write_bio_X509(bio.get(), made.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  Certificate out{std::string(text, static_cast<size_t>(size)), Bytes(static_cast<size_t>(i2d_X509(made.get(), nullptr)))};
  unsigned char* end = out.der.data();
  i2d_X509(made.get(), &end);
  return out;
}

const std::string shipped = "usr/share/ca-certificates/";

struct Made { Done done; World world; std::vector<std::string> notes; };

Made make(const SmallTree& tree, const CaOptions& options) {
  Made made{{}, World(tree, 1), {}};
  made.done = write_ca_bundle(made.world, options, made.notes);
  return made;
}

std::string text(const World& world, std::string_view path) {
  const auto content = world.read(path);
  return content ? std::string(as_text(*content)) : "none";
}

TEST(CaBundle, HoldsTheRootsOfPackageAndAdministratorInOrder) {
  const auto a = certificate("a"), b = certificate("b"), own = certificate("own");
  const SmallTree tree(SmallTree::Files{{shipped + "z/a.crt", a.pem.substr(0, a.pem.size() - 1)}, {shipped + "b.crt", b.pem}, {shipped + "README", "no certificate"}, {"usr/local/share/ca-certificates/own.crt", own.pem}});
  const Made made = make(tree, {});
  ASSERT_TRUE(made.done) << made.done.error().message;
  EXPECT_EQ(text(made.world, "/etc/ssl/certs/ca-certificates.crt"), b.pem + a.pem + own.pem) << "a line's end is put where one lacks";
  EXPECT_EQ(made.world.find("/etc/ssl/certs/ca-certificates.crt", true)->entry.mtime, 1700000000) << "the newest of what it is made of";
  EXPECT_FALSE(made.world.find("/etc/ca-certificates.conf", true)) << "links are for -dev";
  EXPECT_FALSE(made.world.find("/etc/ssl/certs/java/cacerts", true));
  EXPECT_TRUE(made.notes.empty());
}

TEST(CaBundle, LeavesOutWhatEndedBeforeTheLock) {
  const auto good = certificate("good", now), ended = certificate("ended", now - 1), far = certificate("far", 253402300799);
  const SmallTree tree(SmallTree::Files{{shipped + "a.crt", good.pem}, {shipped + "b.crt", ended.pem}, {shipped + "c.crt", far.pem}});
  const Made made = make(tree, {.as_of = now, .links = true, .java_store = false});
  ASSERT_TRUE(made.done) << made.done.error().message;
  EXPECT_EQ(text(made.world, "/etc/ssl/certs/ca-certificates.crt"), good.pem + far.pem) << "one that ends in this second still counts";
  ASSERT_EQ(made.notes.size(), 1U);
  EXPECT_EQ(made.notes[0], "root 'b.pem' ended on 2027-01-15 and is left out");
  EXPECT_TRUE(text(made.world, "/etc/ca-certificates.conf").ends_with("a.crt\n!b.crt\nc.crt\n"));
  EXPECT_FALSE(made.world.find("/etc/ssl/certs/b.pem", false));
  EXPECT_EQ(text(make(tree, {}).world, "/etc/ssl/certs/ca-certificates.crt"), good.pem + ended.pem + far.pem) << "without a date all count";
}

TEST(CaBundle, RefusesWhatIsNoRoot) {
  struct Row { std::string summary, content, message; };
  const Row rows[] = {{"no PEM", "text", "cannot read certificate '/usr/share/ca-certificates/a.crt': it is no X.509 certificate in PEM"},
                      {"an empty file", "", "cannot read certificate '/usr/share/ca-certificates/a.crt': it is no X.509 certificate in PEM"},
                      {"a certificate cut short", certificate("a").pem.substr(0, 200), "cannot read certificate '/usr/share/ca-certificates/a.crt': it is no X.509 certificate in PEM"}};
  for (const Row& row : rows) {
    const Made made = make(SmallTree(SmallTree::Files{{shipped + "a.crt", row.content}}), {});
    ASSERT_FALSE(made.done) << row.summary;
    EXPECT_EQ(made.done.error().message, row.message) << row.summary;
    EXPECT_EQ(made.done.error().kind, Kind::Corrupt) << row.summary;
  }
  EXPECT_EQ(make(SmallTree(SmallTree::Files{{"etc/a", ""}}), {}).done.error().message, "cannot write the CA bundle: the image has no certificates below '/usr/share/ca-certificates'");
  EXPECT_EQ(make(SmallTree(SmallTree::Files{{shipped + "a.crt", certificate("a", now - 9).pem}}), {.as_of = now, .links = false, .java_store = false}).done.error().kind, Kind::NotFound) << "all have ended";
}

TEST(CaBundle, LinksThatLeadInCirclesAreFollowedOnce) {
  const auto a = certificate("a");
  const SmallTree tree(SmallTree::Files{{shipped + "a.crt", a.pem}, {shipped + "one -> .", ""}, {shipped + "two -> ../ca-certificates", ""}, {shipped + "three -> one", ""}, {shipped + "broken.crt -> none", ""},
                                        {"usr/local/share/ca-certificates -> ../../share/ca-certificates", ""}});
  const Made made = make(tree, {});
  ASSERT_TRUE(made.done) << made.done.error().message;
  EXPECT_EQ(text(made.world, "/etc/ssl/certs/ca-certificates.crt"), a.pem);
}

/// Names by subject hash, as `openssl x509 -subject_hash` says and rehash(1) numbers them.
TEST(CaBundle, LinksAreThoseOfOpenssl) {
  host::Machine machine = host::real_machine();
  const auto tool = machine.processes->find("openssl");
  if (!tool) GTEST_SKIP() << "no openssl";
  const auto one = certificate("same", now, 1), two = certificate("same", now, 2), other = certificate("other");
  const SmallTree tree(SmallTree::Files{{shipped + "a (x), y.crt", one.pem}, {shipped + "b.crt", two.pem}, {shipped + "c.crt", other.pem}});
  const Made made = make(tree, {.as_of = 0, .links = true, .java_store = false});
  ASSERT_TRUE(made.done) << made.done.error().message;
  const auto hash = [&](const std::string& pem) {
    const auto outcome = machine.processes->run({.argv = {tool->string(), "x509", "-noout", "-subject_hash"}, .environment = {}, .folder = {}, .input = pem});
    return outcome ? std::string(trim(outcome->out)) : outcome.error().message;
  };
  EXPECT_EQ(made.world.find("/etc/ssl/certs/" + hash(one.pem) + ".0", false)->entry.link, "a_=x=__y.pem") << "as update-ca-certificates names it";
  EXPECT_EQ(made.world.find("/etc/ssl/certs/" + hash(two.pem) + ".1", false)->entry.link, "b.pem") << "the second of one name";
  EXPECT_EQ(made.world.find("/etc/ssl/certs/" + hash(other.pem) + ".0", false)->entry.link, "c.pem");
  EXPECT_EQ(made.world.find("/etc/ssl/certs/a_=x=__y.pem", false)->entry.link, "/usr/share/ca-certificates/a (x), y.crt");
  EXPECT_EQ(text(made.world, "/etc/ssl/certs/" + hash(two.pem) + ".1"), two.pem) << "a link leads to its certificate";
}

TEST(CaBundle, JavasStoreIsOneOfJks) {
  const auto a = certificate("a"), b = certificate("b");
  const SmallTree tree(SmallTree::Files{{shipped + "Alpha.crt", a.pem}, {shipped + "b.crt", b.pem}});
  const Made made = make(tree, {.as_of = 0, .links = false, .java_store = true});
  ASSERT_TRUE(made.done) << made.done.error().message;
  const Bytes store = *made.world.read("/etc/ssl/certs/java/cacerts");
  size_t at = 0;
  const auto number = [&](size_t width) {
    std::uint64_t value = 0;
    for (; width > 0; --width) value = value << 8 | store.at(at++);
    return value;
  };
  const auto bytes = [&](size_t size) {
    EXPECT_LE(at + size, store.size());
    Bytes out(store.begin() + static_cast<std::ptrdiff_t>(at), store.begin() + static_cast<std::ptrdiff_t>(at + size));
    at += size;
    return out;
  };
  EXPECT_EQ(number(4), 0xFEEDFEEDU);
  EXPECT_EQ(number(4), 2U);
  EXPECT_EQ(number(4), 2U);
  for (const auto& [alias, der] : {std::pair("debian:alpha.pem", &a.der), std::pair("debian:b.pem", &b.der)}) {
    EXPECT_EQ(number(4), 2U) << "a trusted certificate";
    EXPECT_EQ(as_text(bytes(number(2))), alias);
    EXPECT_EQ(number(8), 1700000000000U) << "milliseconds";
    EXPECT_EQ(as_text(bytes(number(2))), "X.509");
    EXPECT_EQ(bytes(number(4)), *der);
  }
  EXPECT_EQ(at + 20, store.size()) << "and a SHA-1";
  const SmallTree odd(SmallTree::Files{{shipped + "\xF0\x9F\x98\x80.crt", a.pem}});
  EXPECT_EQ(make(odd, {.as_of = 0, .links = false, .java_store = true}).done.error().message, "cannot add root '\xF0\x9F\x98\x80.pem' to the key store: the key store takes no such name");
}

}  // namespace
}  // namespace ashlar::build::trial
