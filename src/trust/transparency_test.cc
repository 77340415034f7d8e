#include "trust/transparency.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "trust/inner/sample_world_test.h"

namespace ashlar::trust {
namespace {

std::vector<std::string> leaves_of(size_t count) {
  std::vector<std::string> out;
  for (size_t each = 0; each < count; ++each) out.push_back("leaf " + std::to_string(each));
  return out;
}

/// Every leaf of every tree of up to 40: the path that RFC 6962 defines leads to its root, and nothing else does.
TEST(Transparency, ProofsOfAllSmallTrees) {
  for (size_t size = 1; size <= 40; ++size) {
    const auto leaves = leaves_of(size);
    const std::string root = merkle_root(leaves);
    for (size_t index = 0; index < size; ++index) {
      SCOPED_TRACE(std::to_string(index) + " of " + std::to_string(size));
      const auto path = merkle_path(index, leaves);
      const auto holds = [&](std::string_view leaf, std::int64_t at, std::int64_t of, const std::vector<std::string>& hashes, const std::string& to) { return check_inclusion(leaf, at, of, hashes, to).has_value(); };
      const auto at = static_cast<std::int64_t>(index), of = static_cast<std::int64_t>(size);
      EXPECT_TRUE(holds(leaves[index], at, of, path, root));
      EXPECT_FALSE(holds("another", at, of, path, root));
      EXPECT_FALSE(holds(leaves[index], at, of, path, std::string(32, 'x')));
      for (size_t other = 0; other < size; ++other) {
        if (other == index) continue;
        EXPECT_FALSE(holds(leaves[index], static_cast<std::int64_t>(other), of, path, root)) << other;
      }
      auto longer = path;
      longer.emplace_back(32, 'x');
      EXPECT_FALSE(holds(leaves[index], at, of, longer, root));
      for (size_t hash = 0; hash < path.size(); ++hash) {
        auto changed = path;
        changed[hash][31] ^= 1;
        EXPECT_FALSE(holds(leaves[index], at, of, changed, root)) << hash;
        changed = path;
        changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(hash));
        EXPECT_FALSE(holds(leaves[index], at, of, changed, root)) << hash;
      }
    }
  }
}

/// The test vectors of certificate-transparency's reference tree (RFC 6962's leaves of the Go and C++ implementations): its root of eight leaves is well known.
TEST(Transparency, RootOfTheReferenceTree) {
  const std::vector<std::string> leaves = {"", std::string(1, '\0'), "\x10", "\x20\x21", "\x30\x31", "\x40\x41\x42\x43", "\x50\x51\x52\x53\x54\x55\x56\x57", "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"};
  EXPECT_EQ(to_hex(as_bytes(merkle_root(leaves))), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
  EXPECT_TRUE(check_inclusion(leaves[5], 5, 8, merkle_path(5, leaves), merkle_root(leaves)));
}

TEST(Transparency, AbsurdPlacesInTrees) {
  const std::vector<std::string> none;
  const std::string root = merkle_root({"x"});
  EXPECT_TRUE(check_inclusion("x", 0, 1, none, root));
  EXPECT_FALSE(check_inclusion("x", 0, 0, none, root));
  EXPECT_FALSE(check_inclusion("x", -1, 1, none, root));
  EXPECT_FALSE(check_inclusion("x", 1, 1, none, root));
  EXPECT_FALSE(check_inclusion("x", 0, INT64_MAX, none, root));
  EXPECT_FALSE(check_inclusion("x", INT64_MAX - 1, INT64_MAX, std::vector<std::string>(64, std::string(32, 'x')), root));
}

TEST(Transparency, BodiesOfEntries) {
  const struct {
    const char *summary, *kind, *version, *body, *cause;
  } rows[] = {
      {"no spec", "hashedrekord", "0.0.1", R"({"apiVersion":"0.0.1","kind":"hashedrekord"})", "'spec': it is missing"},
      {"no data", "hashedrekord", "0.0.1", R"({"apiVersion":"0.0.1","kind":"hashedrekord","spec":{}})", "'spec.data': it is missing"},
      {"a hash that is not hexadecimal", "hashedrekord", "0.0.1", R"({"apiVersion":"0.0.1","kind":"hashedrekord","spec":{"data":{"hash":{"algorithm":"sha256","value":"xy"}}}})", "'spec.data.hash.value': it is not hexadecimal"},
      {"half a byte", "hashedrekord", "0.0.1", R"({"apiVersion":"0.0.1","kind":"hashedrekord","spec":{"data":{"hash":{"algorithm":"sha256","value":"abc"}}}})", "'spec.data.hash.value': it is not hexadecimal"},
      {"a key that is none", "hashedrekord", "0.0.1",
       R"({"apiVersion":"0.0.1","kind":"hashedrekord","spec":{"data":{"hash":{"algorithm":"sha256","value":"ab"}},"signature":{"content":"eA==","publicKey":{"content":"eA=="}}}})", "it is no public key"},
      {"no signatures", "dsse", "0.0.1", R"({"apiVersion":"0.0.1","kind":"dsse","spec":{"payloadHash":{"algorithm":"sha256","value":"ab"},"signatures":[]}})", "'spec.signatures': there must be exactly one"},
      {"two signatures", "dsse", "0.0.1", R"({"apiVersion":"0.0.1","kind":"dsse","spec":{"payloadHash":{"algorithm":"sha256","value":"ab"},"signatures":[{},{}]}})", "'spec.signatures': there must be exactly one"},
      {"neither certificate nor key", "hashedrekord", "0.0.2", R"({"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","digest":"eA=="},"signature":{"content":"eA==","verifier":{}}}}})",
       "'spec.hashedRekordV002.signature.verifier.x509Certificate': there must be either a certificate or a key"},
      {"both", "hashedrekord", "0.0.2",
       R"({"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","digest":"eA=="},"signature":{"content":"eA==","verifier":{"publicKey":{},"x509Certificate":{}}}}}})",
       "'spec.hashedRekordV002.signature.verifier.x509Certificate': there must be either a certificate or a key"},
      {"a list for a body", "dsse", "0.0.1", "[]", "it is no JSON object"},
      {"the older intoto", "intoto", "0.0.1", R"({"apiVersion":"0.0.1","kind":"intoto","spec":{}})", "entries of kind intoto 0.0.1 are not known"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.summary);
    LogEntry entry;
    entry.kind = row.kind;
    entry.version = row.version;
    entry.body = row.body;
    const auto found = read_entry_body(entry);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().message, std::string("the log entry's body cannot be read: ") + row.cause);
    EXPECT_EQ(found.error().kind, Kind::Denied);
  }
}

TEST(Transparency, WhatAnEntrySays) {
  const SampleWorld world;
  const auto by = world.issue(world.plan());
  const auto entry = world.message_bundle(by).entries[0];
  const auto logged = read_entry_body(entry).value();
  EXPECT_EQ(logged.certificate, by.der);
  EXPECT_TRUE(logged.key.empty());
  EXPECT_EQ(logged.hash, "sha256");
  EXPECT_FALSE(logged.of_payload);
  const auto keyed = read_entry_body(world.keyed_bundle(by.signer).entries[0]).value();
  EXPECT_EQ(keyed.key, by.signer.key());
  EXPECT_TRUE(keyed.certificate.empty());
  EXPECT_TRUE(read_entry_body(world.envelope_bundle(by).entries[0]).value().of_payload);
}

}  // namespace
}  // namespace ashlar::trust
