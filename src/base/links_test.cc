#include "base/links.h"

#include <gtest/gtest.h>

#include <map>

namespace ashlar {
namespace {

TEST(Links, are_followed_as_the_kernel_does) {
  std::map<std::string, std::string> links = {{"bin", "usr/bin"}, {"usr/bin/sh", "dash"}, {"etc/localtime", "/usr/share/zoneinfo/Etc/UTC"}, {"usr/share/zoneinfo/Etc/UTC", "../UTC"}, {"a", "b"}, {"b", "a"},
                                              {"self", "self/x"}, {"out", "../../../etc"}, {"up/here", "."}, {"root", "/"}, {"slashes", "usr//bin/./"}, {"far", std::string(4096, 'x')}};
  for (int at = 0; at < 45; ++at) links["chain" + std::to_string(at)] = "chain" + std::to_string(at + 1);
  const auto link_at = [&](const std::string& path) {
    const auto found = links.find(path);
    return found == links.end() ? std::nullopt : std::optional(found->second);
  };
  const std::string none = "(nothing)";
  const struct {
    const char* summary;
    std::string path;
    bool last;
    std::string leads_to;
  } rows[] = {
      {"no link", "/usr/bin/env", true, "usr/bin/env"},
      {"a folder on the way", "bin/env", true, "usr/bin/env"},
      {"the last part, too", "bin/sh", true, "usr/bin/dash"},
      {"the last part is asked for itself", "bin/sh", false, "usr/bin/sh"},
      {"a folder itself", "/bin", false, "bin"},
      {"an absolute target, and a relative one from there", "etc/localtime", true, "usr/share/zoneinfo/UTC"},
      {"what is not there leads where it stands", "bin/no/such", true, "usr/bin/no/such"},
      {"dots", "./usr/./bin/../lib//x/", true, "usr/lib/x"},
      {"dots after a link count from its target", "bin/../lib", true, "usr/lib"},
      {"above the root is the root", "../../x", true, "x"},
      {"a target above the root", "out/passwd", true, "etc/passwd"},
      {"a link to where it is", "up/here/x", true, "up/x"},
      {"the root itself", "/", true, ""},
      {"a link to the root", "root", true, ""},
      {"a target with slashes to spare", "slashes/x", true, "usr/bin/x"},
      {"two that lead to each other", "a", true, none},
      {"two that lead to each other, asked for themselves", "a", false, "a"},
      {"one into itself", "self", true, none},
      {"40 links", "chain5", true, "chain45"},
      {"41 links", "chain4", true, none},
      {"a target that is too long", "far", true, none},
      {"a path that is too long", std::string(4096, 'x'), true, none},
  };
  for (const auto& row : rows) EXPECT_EQ(follow_links(row.path, row.last, link_at).value_or(none), row.leads_to) << row.summary;
}

}  // namespace
}  // namespace ashlar
