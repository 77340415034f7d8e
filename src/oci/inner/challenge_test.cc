#include "oci/inner/challenge.h"

#include <gtest/gtest.h>

namespace ashlar::oci {
namespace {

std::string shown(const Result<std::vector<Challenge>>& challenges) {
  if (!challenges) return "error";
  std::string out;
  for (const Challenge& each : *challenges) {
    out += "[" + each.scheme;
    if (!each.token.empty()) out += " " + each.token;
    for (const auto& [name, value] : each.parameters) out += " " + name + "=" + value;
    out += "]";
  }
  return out;
}

TEST(ChallengeTest, ReadsWhatServersWrite) {
  struct Row {
    const char *summary, *header, *shown;
  };
  const Row rows[] = {
      {"nothing", "", ""},
      {"basic", "Basic realm=\"Registry Realm\"", "[basic realm=Registry Realm]"},
      {"bearer of a registry", "Bearer realm=\"https://auth.example/token\",service=\"registry.example\",scope=\"repository:a/b:pull,push\"",
       "[bearer realm=https://auth.example/token scope=repository:a/b:pull,push service=registry.example]"},
      {"blanks around everything", "  Bearer   realm = \"x\" ,  service = y ", "[bearer realm=x service=y]"},
      {"names in capitals", "BEARER REALM=\"X\"", "[bearer realm=X]"},
      {"two challenges in one header", "Basic realm=\"a\", Bearer realm=\"b\",scope=\"c\"", "[basic realm=a][bearer realm=b scope=c]"},
      {"two of which the first has no parameters", "Negotiate, Basic realm=\"a\"", "[negotiate][basic realm=a]"},
      {"a scheme alone", "Negotiate", "[negotiate]"},
      {"a token", "Negotiate YWJj==, Basic realm=x", "[negotiate YWJj==][basic realm=x]"},
      {"quotes and backslashes within quotes", R"(Basic realm="a \"b\" \\ c")", R"([basic realm=a "b" \ c])"},
      {"an empty value in quotes", "Basic realm=\"\"", "[basic realm=]"},
      {"a comma within quotes", "Bearer scope=\"a,b\", realm=x", "[bearer realm=x scope=a,b]"},
      {"an address without quotes", "Bearer realm=https://auth.example/token,service=s", "[bearer realm=https://auth.example/token service=s]"},
      {"empty elements of the list", ", ,Basic realm=x,,", "[basic realm=x]"},
      {"a name twice: the first", "Basic realm=x, realm=y", "[basic realm=x]"},
      {"quotes that do not end", "Basic realm=\"x", "error"},
      {"a backslash at the end", "Basic realm=\"x\\", "error"},
      {"a line end within quotes", "Basic realm=\"x\r\ny\"", "error"},
      {"a parameter without a scheme", "realm=\"x\"", "error"},
      {"what looks like a parameter and is a token", "Basic realm=", "[basic realm=]"},
      {"no comma between parameters", "Basic realm=x service=y", "error"},
      {"bytes that no header has", "\x01\xff", "error"},
      {"an error's text", "<html>", "error"},
  };
  for (const Row& row : rows) EXPECT_EQ(shown(parse_challenges(row.header)), row.shown) << row.summary;
  EXPECT_EQ(shown(parse_challenges("Basic realm=\"" + std::string(20'000, 'x') + "\"")), "error") << "longer than any that is meant well";
}

TEST(ChallengeTest, LinksLeadToTheNextPage) {
  struct Row {
    const char *summary, *header, *target;
  };
  const Row rows[] = {
      {"as registries write it", "</v2/a/tags/list?last=x&n=2>; rel=\"next\"", "/v2/a/tags/list?last=x&n=2"},
      {"without quotes", "<https://h/p>;rel=next", "https://h/p"},
      {"another relation first", "</a>; rel=\"prev\", </b>; rel=\"next\"", "/b"},
      {"another parameter first", "</a>; title=\"x, y\"; rel=\"next\"", "/a"},
      {"a parameter without a value", "</a>; crossorigin; rel=next", "/a"},
      {"another relation alone", "</a>; rel=prev", ""},
      {"nothing", "", ""},
      {"no address", "rel=next", ""},
      {"an address that does not end", "</a; rel=next", ""},
  };
  for (const Row& row : rows) EXPECT_EQ(link_target(row.header, "next"), row.target) << row.summary;
}

}  // namespace
}  // namespace ashlar::oci
