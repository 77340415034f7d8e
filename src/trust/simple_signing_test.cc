#include "trust/simple_signing.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace ashlar::trust {
namespace {

const Digest image = Digest::of(std::string_view("image"));

TEST(SimpleSigning, WritesCosignsBytes) {
  // As `cosign generate` of cosign 2.6.5 prints it, but for the digest.
  const std::string text = to_text(SimpleSigning{"registry.example/team/app", image});
  EXPECT_EQ(text, fmt::format(R"({{"critical":{{"identity":{{"docker-reference":"registry.example/team/app"}},"image":{{"docker-manifest-digest":"{}"}},"type":"cosign container image signature"}},"optional":null}})", image.str()));
  const SimpleSigning read = read_simple_signing(text).value();
  EXPECT_EQ(read.reference, "registry.example/team/app");
  EXPECT_EQ(read.digest, image);
}

TEST(SimpleSigning, WhatIsNoSuchDocumentIsRefused) {
  const std::string digest = image.str();
  const auto document = [&](std::string_view identity, std::string_view of, std::string_view type) {
    return fmt::format(R"({{"critical": {{"identity": {}, "image": {}, "type": "{}"}}}})", identity, of, type);
  };
  const std::string of = fmt::format(R"({{"docker-manifest-digest": "{}"}})", digest);
  struct Row { std::string_view summary; std::string text; std::string_view cause; };
  const Row rows[] = {
      {"no JSON", "hello", "cannot"},
      {"a list", "[]", "it is no JSON object"},
      {"nothing critical", R"({"optional": {}})", "it has no object 'critical'"},
      {"no identity", document("1", of, "cosign container image signature"), "it has no object 'identity'"},
      {"no image", document("{}", "[]", "cosign container image signature"), "it has no object 'image'"},
      {"no digest", document("{}", "{}", "cosign container image signature"), "docker-manifest-digest"},
      {"a digest cut short", document("{}", R"({"docker-manifest-digest": "sha256:12"})", "cosign container image signature"), "cannot read digest"},
      {"another type", document("{}", of, "a birthday card"), "it is of the type 'a birthday card'"},
  };
  for (const Row& row : rows) {
    const auto read = read_simple_signing(row.text);
    ASSERT_FALSE(read) << row.summary;
    EXPECT_NE(read.error().message.find(row.cause), std::string::npos) << row.summary << ": " << read.error().message;
  }
  EXPECT_TRUE(read_simple_signing(document("{}", of, "atomic container signature"))) << "as containers/image signs";
}

}  // namespace
}  // namespace ashlar::trust
