#include "prove/user.h"

#include <gtest/gtest.h>

namespace ashlar::prove {
namespace {

TEST(ImageUser, is_found_as_runtimes_do) {
  const std::string passwd = "root:x:0:0::/:\nweb:x:33:34:w:/:\n123:x:9:9::/:\nbroken\nweb:x:99:99::/:\n";
  const std::string group = "root:x:0:\nstaff:x:50:other,web\nweb:x:34:\nadm:x:4:web\n";
  struct Row {
    const char *summary, *user;
    std::uint32_t uid, gid;
    std::vector<std::uint32_t> groups;
  };
  const Row rows[] = {
      {"a name, with its groups", "web", 33, 34, {50, 4}},
      {"a number that has an entry", "33", 33, 34, {50, 4}},
      {"a number without one", "65532", 65532, 0, {}},
      {"a group by number", "web:7", 33, 7, {}},
      {"a group by name", "web:staff", 33, 50, {}},
      {"both numbers", "1000:2000", 1000, 2000, {}},
      {"nobody: root", "", 0, 0, {}},
  };
  for (const Row& row : rows) {
    const auto found = image_user(row.user, passwd, group);
    ASSERT_TRUE(found) << row.summary << ": " << found.error().message;
    EXPECT_EQ(found->uid, row.uid) << row.summary;
    EXPECT_EQ(found->gid, row.gid) << row.summary;
    EXPECT_EQ(found->groups, row.groups) << row.summary;
  }
  EXPECT_EQ(image_user("nobody", passwd, group).error().message, "cannot run as user 'nobody': the image's /etc/passwd has no such user");
  EXPECT_EQ(image_user("web:none", passwd, group).error().message, "cannot run as user 'web:none': the image's /etc/group has no such group");
}

}  // namespace
}  // namespace ashlar::prove
