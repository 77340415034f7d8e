#include "prove/rebase.h"

#include <algorithm>

#include "prove/inner/planted.h"

namespace ashlar::prove {
namespace {

const std::string library_folder = "usr/lib/x86_64-linux-gnu/";

SmallElf word_library() {
  SmallElf out = small_library("libword.so.1");
  out.gives = {"word_say@WORD_1.0", "word_hear@WORD_1.0", "word_plain"};
  return out;
}

/// What the application runs: it takes names of the base's library.
SmallElf application() {
  SmallElf out;
  out.needed = {"libc.so.6", "libword.so.1"};
  out.takes = {"word_say@WORD_1.0@libword.so.1", "word_plain"};
  return out;
}

/// A base, and an application on it; rows spoil them.
struct World {
  Members old_base, new_base, own;
  oci::Config config = clean_config();

  World() {
    old_base = loaderless(clean());
    old_base.insert(old_base.end(), {program(library_folder + "libword.so.1", word_library().bytes()), {"etc/base.conf", "base\n"}, folder("srv"), {"srv/data", "data\n"}});
    new_base = old_base;
    SmallElf patched = word_library();
    patched.gives.push_back("word_new@WORD_1.1");
    at(new_base, library_folder + "libword.so.1").content = patched.bytes();
    own = {folder("opt"), folder("opt/app"), program("opt/app/run", application().bytes()), symlink("opt/app/data", "/srv/data"), {"opt/app/settings", "a=1\n"}};
    config.cmd = {"/opt/app/run"};
  }
  static Member& at(Members& members, std::string_view path) {
    const auto found = std::ranges::find(members, path, &Member::path);
    EXPECT_NE(found, members.end()) << path;
    return *found;
  }
  static void remove(Members& members, std::string_view path) { ASSERT_EQ(std::erase_if(members, [&](const Member& each) { return each.path == path; }), 1U) << path; }

  RebaseAnswer ask() const {
    const auto surface = [&](const std::vector<Members>& layers) {
      inventory::Target target = target_of(layers, config);
      auto read = Surface::read(target);
      EXPECT_TRUE(read) << (read ? "" : read.error().message);
      return std::move(*read);
    };
    const Surface one = surface({old_base}), image = surface({old_base, own}), other = surface({new_base}), rebased = surface({new_base, own});
    return may_rebase({one, image, other, rebased, 1});
  }
};

struct Row {
  std::string summary;
  std::function<void(World&)> change;
  std::vector<std::string> refusals;  ///< `id subject`
};

class RebaseTable : public ::testing::TestWithParam<Row> {};

TEST_P(RebaseTable, says_all_that_stands_against_it) {
  World world;
  GetParam().change(world);
  std::vector<std::string> found;
  std::string told;
  for (const Refusal& each : world.ask().refusals) found.push_back(each.id + " " + each.subject), told += each.what + "\n";
  EXPECT_EQ(found, GetParam().refusals) << GetParam().summary << "\n" << told;
}

#define WORLD [](World& it)

INSTANTIATE_TEST_SUITE_P(
    Rows, RebaseTable,
    ::testing::Values(
        Row{"a patched library that gives more", WORLD { (void)it; }, {}},
        Row{"the very same base", WORLD { it.new_base = it.old_base; }, {}},
        Row{"the application changes a file of the base", WORLD { it.own.push_back({"etc/base.conf", "mine\n"}); }, {"base-file-changed /etc/base.conf"}},
        Row{"it changes the mode of one", WORLD { it.own.push_back({"etc/base.conf", "base\n", FileType::Regular, 0600}); }, {"base-file-changed /etc/base.conf"}},
        Row{"it changes the mode of a folder", WORLD { it.own.push_back(folder("srv", 0777)); }, {"base-file-changed /srv"}},
        Row{"it makes a folder of a file", WORLD { it.own.push_back(folder("etc/base.conf")); }, {"base-file-changed /etc/base.conf"}},
        Row{"it repeats one as both bases have it", WORLD { it.own.push_back({"etc/base.conf", "base\n"}); }, {}},
        Row{"it repeats one that the new base has patched", WORLD { it.own.push_back({"etc/base.conf", "base\n"}), World::at(it.new_base, "etc/base.conf").content = "new\n"; }, {"new-base-file-hidden /etc/base.conf"}},
        Row{"it repeats one that the new base has no more", WORLD { it.own.push_back({"etc/base.conf", "base\n"}), World::remove(it.new_base, "etc/base.conf"); }, {"base-file-repeated /etc/base.conf"}},
        Row{"it takes a file of the base away", WORLD { it.own.push_back({"etc/.wh.base.conf"}); }, {"base-file-removed /etc/base.conf", "new-base-file-removed /etc/base.conf"}},
        Row{"it empties a folder of the base", WORLD { it.own.push_back({"srv/.wh..wh..opq"}), World::remove(it.own, "opt/app/data"); }, {"base-file-removed /srv/data", "new-base-file-removed /srv/data"}},
        Row{"it takes away what only the new base has", WORLD { it.own.push_back({"etc/.wh.later.conf"}), it.new_base.push_back({"etc/later.conf", "x\n"}); }, {"new-base-file-removed /etc/later.conf"}},
        Row{"the new base has a file of the application's name", WORLD { it.new_base.push_back(folder("opt/app")), it.new_base.push_back({"opt/app/settings", "b=2\n"}); }, {"new-base-file-hidden /opt/app/settings"}},
        Row{"a library gives a name less that is used", WORLD {
              SmallElf elf = word_library();
              elf.gives = {"word_hear@WORD_1.0", "word_plain"};
              World::at(it.new_base, library_folder + "libword.so.1").content = elf.bytes();
            }, {"symbol-gone /opt/app/run"}},
        Row{"a library gives a name less that is not used", WORLD {
              SmallElf elf = word_library();
              elf.gives = {"word_say@WORD_1.0", "word_plain"};
              World::at(it.new_base, library_folder + "libword.so.1").content = elf.bytes();
            }, {}},
        Row{"a name has another version", WORLD {
              SmallElf elf = word_library();
              elf.gives = {"word_say@WORD_2.0", "word_plain"};
              World::at(it.new_base, library_folder + "libword.so.1").content = elf.bytes();
            }, {"symbol-gone /opt/app/run"}},
        Row{"a name without version got one", WORLD {
              SmallElf elf = word_library();
              elf.gives = {"word_say@WORD_1.0", "word_plain@WORD_1.0"};
              World::at(it.new_base, library_folder + "libword.so.1").content = elf.bytes();
            }, {}},
        Row{"a library has another name", WORLD {
              SmallElf elf = word_library();
              elf.soname = "libword.so.2";
              World::at(it.new_base, library_folder + "libword.so.1") = program(library_folder + "libword.so.2", elf.bytes());
            }, {"needed-unresolved /opt/app/run", "symbol-gone /opt/app/run", "symbol-gone /opt/app/run"}},
        Row{"the loader is gone", WORLD { World::remove(it.new_base, "lib64"); }, {"needed-unresolved /opt/app/run", "needed-unresolved /usr/bin/app"}},
        Row{"what a link leads to is gone", WORLD { World::remove(it.new_base, "srv/data"); }, {"link-broken /opt/app/data"}},
        Row{"what it starts is the base's, and gone", WORLD { it.config.cmd = {"app"}, World::remove(it.new_base, "usr/bin/app"); }, {"program-gone entrypoint"}},
        Row{"its user has another number", WORLD { World::at(it.new_base, "etc/passwd").content = "root:x:0:0:root:/root:/usr/sbin/nologin\nnonroot:x:1000:65532::/:/usr/sbin/nologin\n"; }, {"user-changed nonroot"}},
        Row{"the owner of its files is another", WORLD { World::at(it.new_base, "etc/passwd").content = "toor:x:0:0:root:/root:/usr/sbin/nologin\nnonroot:x:65532:65532::/:/usr/sbin/nologin\n"; }, {"user-changed root"}},
        Row{"a folder is a link in the new base", WORLD { it.own.push_back({"srv/own", "x\n"}), World::remove(it.own, "opt/app/data"), World::remove(it.new_base, "srv/data"), World::at(it.new_base, "srv") = symlink("srv", "var"); }, {"folder-changed /srv"}}),
    [](const auto& row) { return std::to_string(row.index); });

TEST(Rebase, what_is_the_same_in_both_is_told) {
  World world;
  world.own.push_back({"etc/base.conf", "base\n"});
  const RebaseAnswer answer = world.ask();
  EXPECT_EQ(answer.refusals.size(), 0U);
  EXPECT_EQ(answer.harmless, (std::vector<std::string>{"'/etc/base.conf' is in both bases with the same bytes, owner and mode", "1 folder of the application is in both bases with the same owner and mode"}));
}

TEST(Rebase, a_weak_name_may_lack_and_a_plug_in_may_be_given_names_by_whoever_loads_it) {
  World world;
  // The base's program gives names to plug-ins, as interpreters do.
  SmallElf host;
  host.gives = {"host_register"};
  World::at(world.old_base, "usr/bin/app").content = host.bytes();
  World::at(world.new_base, "usr/bin/app").content = host.bytes();
  SmallElf plug_in = small_library("");
  plug_in.takes = {"host_register", "nobody_gives_this"};
  world.own.push_back(program("opt/app/plug.so", plug_in.bytes()));
  EXPECT_EQ(world.ask().refusals.size(), 0U) << "what nobody gave before is no loss";
  host.gives = {"host_other"};
  World::at(world.new_base, "usr/bin/app").content = host.bytes();
  const RebaseAnswer answer = world.ask();
  ASSERT_EQ(answer.refusals.size(), 1U);
  EXPECT_EQ(answer.refusals[0].what, "'/opt/app/plug.so' needs 'host_register', which nothing in the new base gives");
}

}  // namespace
}  // namespace ashlar::prove
