#include "attest/inner/shape.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "attest/inner/digest_set.h"

namespace ashlar::attest {
namespace {

constexpr std::array shape = {Member{"a"}, Member{"a/b", Is::Filled}, Member{"a/more", Is::Text, false}, Member{"list[]", Is::Object, false}, Member{"list[]/c", Is::Word, true, "one|two"},
                              Member{"list[]/deep[]", Is::Time, false}, Member{"yes", Is::Flag, false}, Member{"who", Is::Uri, false}, Member{"what", Is::Resource, false}, Member{"sum", Is::Digests, false}};

TEST(Shape, NamesTheFirstFaultAndItsPlace) {
  struct Row { std::string_view summary, text, fault; };
  const Row rows[] = {
      {"only what is required", R"({"a": {"b": "x"}})", ""},
      {"all of it", R"({"a": {"b": "x", "more": ""}, "list": [{"c": "one", "deep": ["2026-01-02T03:04:05Z"]}, {"c": "two"}], "yes": false, "who": "urn:x", "what": {"name": "x"}, "sum": {"sha1": "0123456789012345678901234567890123456789"}})", ""},
      {"keys that nobody asked for", R"({"a": {"b": "x", "z": 1}, "y": []})", ""},
      {"no object", "[]", "it is no object"},
      {"a number", "1", "it is no object"},
      {"nothing of it", "{}", "it has no 'a'"},
      {"a part is missing", R"({"a": {}})", "it has no 'a.b'"},
      {"the part is none", R"({"a": 1})", "'a' is no object"},
      {"an empty text", R"({"a": {"b": ""}})", "'a.b' is empty"},
      {"a number for a text", R"({"a": {"b": 1}})", "'a.b' is no text"},
      {"null for a text", R"({"a": {"b": null}})", "'a.b' is no text"},
      {"an optional one that is none", R"({"a": {"b": "x", "more": []}})", "'a.more' is no text"},
      {"no list", R"({"a": {"b": "x"}, "list": {}})", "'list' is no list"},
      {"an empty list", R"({"a": {"b": "x"}, "list": []})", ""},
      {"an element that is none", R"({"a": {"b": "x"}, "list": [{"c": "one"}, 2]})", "'list[1]' is no object"},
      {"an element that lacks something", R"({"a": {"b": "x"}, "list": [{"c": "one"}, {}]})", "it has no 'list[1].c'"},
      {"a word that is none", R"({"a": {"b": "x"}, "list": [{"c": "three"}]})", "'list[0].c' is none of one, two"},
      {"a part of a word", R"({"a": {"b": "x"}, "list": [{"c": "on"}]})", "'list[0].c' is none of one, two"},
      {"a list in a list", R"({"a": {"b": "x"}, "list": [{"c": "one", "deep": ["2026-01-02T03:04:05Z", "later"]}]})", "'list[0].deep[1]' is no time (RFC 3339)"},
      {"a word for yes", R"({"a": {"b": "x"}, "yes": "true"})", "'yes' is neither true nor false"},
      {"an address without a scheme", R"({"a": {"b": "x"}, "who": "www.example.org"})", "'who' is no URI"},
      {"an artifact of nothing", R"({"a": {"b": "x"}, "what": {"name": "", "uri": "", "digest": {}}})", "'what' has neither name, uri nor digest"},
      {"an artifact by its digest", R"({"a": {"b": "x"}, "what": {"digest": {"sha512_256": "0123456789012345678901234567890123456789012345678901234567890123"}}})", ""},
      {"an artifact with a list for a digest", R"({"a": {"b": "x"}, "what": {"name": "x", "digest": []}})", "'what' has a 'digest' that is none: it holds no digest"},
      {"a place that is no text", R"({"a": {"b": "x"}, "what": {"name": "x", "downloadLocation": 1}})", "'what' has a 'downloadLocation' that is no text"},
      {"no sum", R"({"a": {"b": "x"}, "sum": {}})", "'sum' is no set of digests: it holds no digest"},
  };
  for (const Row& row : rows) EXPECT_EQ(fault_of(parse_json(row.text, "x").value(), shape), row.fault) << row.summary;
}

TEST(Shape, UrisHaveASchemeAndMore) {
  for (const std::string_view good : {"https://slsa.dev/provenance/v1", "urn:x", "pkg:deb/debian/a@1", "a+b-c.1:x", "mailto:a@example.org"}) EXPECT_TRUE(is_uri(good)) << good;
  for (const std::string_view bad : {"", ":", "a", "a:", ":a", "1a:b", "-a:b", "a b:c", "a:b c", "a:b\n", "a:\xC3\xA9", "/a:b"}) EXPECT_FALSE(is_uri(bad)) << bad;
}

TEST(DigestSet, EachAlgorithmHasItsLength) {
  struct Row { std::string_view algorithm; size_t digits; };
  for (const Row& row : {Row{"md5", 32}, {"sha1", 40}, {"gitCommit", 40}, {"sha224", 56}, {"sha256", 64}, {"dirHash", 64}, {"sha3_384", 96}, {"sha512", 128}}) {
    const std::string name(row.algorithm);
    EXPECT_EQ(fault_of_digests({{name, std::string(row.digits, '0')}}), "") << name;
    for (const size_t other : {row.digits - 1, row.digits + 1, size_t{1}}) EXPECT_NE(fault_of_digests({{name, std::string(other, '0')}}).find("digits, not"), std::string::npos) << name << " " << other;
    EXPECT_NE(fault_of_digests({{name, std::string(row.digits, 'g')}}), "") << name;
    EXPECT_NE(fault_of_digests({{"own", "x"}, {name, ""}}), "") << name << " beside a good one";
  }
  EXPECT_EQ(fault_of_digests({{"own", "Whatever It Is"}}), "") << "an algorithm that nobody knows";
}

}  // namespace
}  // namespace ashlar::attest
