#include "attest/purl.h"

#include <gtest/gtest.h>

#include "inventory/purl.h"

namespace ashlar::attest {
namespace {

TEST(Purl, OfComponents) {
  struct Row { const char* summary; inventory::Component component; const char* purl; };
  const Row rows[] = {
      {"a package of Debian, with its source", {.type = "deb", .name = "libssl3t64", .version = "3.5.1-1", .architecture = "amd64", .source = "openssl", .source_version = "3.5.1-1"}, "pkg:deb/debian/libssl3t64@3.5.1-1?arch=amd64&distro=debian-13&upstream=openssl"},
      {"an artifact of Maven", {.type = "maven", .name = "org.x:left", .version = "1.0"}, "pkg:maven/org.x/left@1.0"},
      {"one without a group, which is no group of its name", {.type = "maven", .name = "left", .version = "1.0"}, "pkg:maven/left@1.0"},
      {"npm, with a scope", {.type = "npm", .name = "@a/b", .version = "1.0.0"}, "pkg:npm/%40a/b@1.0.0"},
  };
  for (const Row& row : rows) {
    const std::string purl = component_purl(row.component, "debian", "13");
    EXPECT_EQ(purl, row.purl) << row.summary;
    const auto read = inventory::parse_purl(purl);
    ASSERT_TRUE(read) << row.summary;
    EXPECT_EQ(inventory::component_of(*read).name, row.component.name) << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::attest
