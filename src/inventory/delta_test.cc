#include "inventory/delta.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "inventory/sample_image.h"

namespace ashlar::inventory {
namespace {

State state(const std::vector<Members>& layers) {
  Target target = target_of(layers, {});
  auto contents = read_contents(target);
  EXPECT_TRUE(contents) << (contents ? "" : contents.error().message);
  return state_of(*contents);
}

Members small() {
  return {folder("etc"), {"etc/a.conf", "a\n"}, folder("usr"), folder("usr/bin"), program("usr/bin/a", "program a"), hard_link("usr/bin/b", "usr/bin/a"), symlink("usr/bin/c", "a"),
          folder("var"), folder("var/lib"), folder("var/lib/dpkg"), folder("var/lib/dpkg/status.d"), {"var/lib/dpkg/status.d/a", "Package: a\nVersion: 1.0\nArchitecture: amd64\n"}};
}

struct Row {
  std::string summary;
  std::function<void(Members&)> change;
  size_t files, packages;  ///< rows of the delta
};

TEST(Delta, applied_to_the_old_inventory_gives_the_new_one) {
  const Row rows[] = {
      {"nothing", [](Members&) {}, 0, 0},
      {"a file came", [](Members& it) { it.push_back({"etc/b.conf", "b\n"}); }, 1, 0},
      {"a file went", [](Members& it) { it.erase(it.begin() + 1); }, 1, 0},
      {"a mode", [](Members& it) { it[1].mode = 0600; }, 1, 0},
      {"a link leads elsewhere", [](Members& it) { it[6].link = "b"; }, 1, 0},
      {"a hard link's bytes change with its file", [](Members& it) { it[4].content = "program b"; }, 2, 0},
      {"a file is a folder", [](Members& it) { it[1] = folder("etc/a.conf"); }, 1, 0},
      {"a package's version, and the file that says so", [](Members& it) { it.back().content = "Package: a\nVersion: 1.1\nArchitecture: amd64\n"; }, 1, 1},
      {"a package of two architectures", [](Members& it) { it.push_back({"var/lib/dpkg/status.d/a-i386", "Package: a\nVersion: 1.0\nArchitecture: i386\n"}); }, 1, 1},
  };
  const State before = state({small()});
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    Members members = small();
    row.change(members);
    const State after = state({members});
    const Delta delta = delta_of(before, after);
    EXPECT_EQ(delta.files.size(), row.files);
    EXPECT_EQ(delta.packages.size(), row.packages);
    const auto read = read_delta(parse_json(to_json(delta).dump(), "delta").value());
    ASSERT_TRUE(read) << read.error().message;
    const auto applied = apply(*read, before);
    ASSERT_TRUE(applied) << applied.error().message;
    EXPECT_EQ(*applied, after);
    if (row.files != 0) {
      const auto again = apply(*read, after);
      ASSERT_FALSE(again) << "it begins with something else";
      EXPECT_EQ(again.error().kind, Kind::Conflict);
    }
  }
}

TEST(Delta, of_any_two_states_leads_from_one_to_the_other) {
  std::mt19937 random(7);
  const auto any = [&] {
    State out;
    for (int path = 0; path < 40; ++path) {
      if (random() % 3 == 0) continue;
      FileState file{.type = random() % 4 == 0 ? FileType::Symlink : FileType::Regular, .mode = static_cast<std::uint32_t>(random() % 2 == 0 ? 0644 : 0755), .uid = static_cast<std::uint32_t>(random() % 2), .gid = 0};
      if (file.type == FileType::Symlink) file.link = std::to_string(random() % 3);
      else file.content = Digest::of(std::to_string(random() % 3)), file.size = random() % 9;
      out.files.emplace("p" + std::to_string(path), file);
      if (random() % 2 == 0) out.packages.emplace("n" + std::to_string(path) + ":amd64", std::to_string(random() % 3));
    }
    return out;
  };
  for (int turn = 0; turn < 200; ++turn) {
    const State before = any(), after = any();
    const auto delta = read_delta(to_json(delta_of(before, after)));
    ASSERT_TRUE(delta) << delta.error().message;
    const auto applied = apply(*delta, before);
    ASSERT_TRUE(applied) << applied.error().message;
    ASSERT_EQ(*applied, after);
  }
}

TEST(Delta, what_is_none_is_refused) {
  for (const char* text : {"[]", "{}", R"({"packages": [], "files": {}})", R"({"packages": [{"name": "a"}], "files": []})", R"({"packages": [], "files": [{"path": "etc"}]})",
                           R"({"packages": [], "files": [{"path": "/etc", "after": {"type": "pipe", "mode": "0755", "uid": 0, "gid": 0}}]})",
                           R"({"packages": [], "files": [{"path": "/etc", "after": {"type": "file", "mode": "9", "uid": 0, "gid": 0}}]})",
                           R"({"packages": [], "files": [{"path": "/etc", "after": {"type": "file", "mode": "0644", "uid": -1, "gid": 0}}]})",
                           R"({"packages": [], "files": [{"path": "/etc", "after": {"type": "file", "mode": "0644", "uid": 0, "gid": 0, "sha256": "ab", "size": 1}}]})"}) {
    EXPECT_FALSE(read_delta(parse_json(text, "delta").value())) << text;
  }
}

}  // namespace
}  // namespace ashlar::inventory
