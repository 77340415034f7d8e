#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "inventory/inner/lock_files.h"
#include "inventory/inner/reader_trial.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {
namespace {

using trial::Strings;

struct Case {
  const char* summary;
  const char* path;
  std::string content;
  Strings told;
};

const Case cases[] = {
    {"an installed package", "app/node_modules/rc/package.json", R"({"name":"rc","version":"1.2.8"})", {"npm rc 1.2.8 app/node_modules/rc/package.json"}},
    {"with a scope", "app/node_modules/@babel/core/package.json", R"({"name":"@babel/core","version":"7.0.0"})", {"npm @babel/core 7.0.0 app/node_modules/@babel/core/package.json"}},
    {"as pnpm lays it out", "node_modules/.pnpm/ms@2.1.3/node_modules/ms/package.json", R"({"version":"2.1.3","name":"ms"})", {"npm ms 2.1.3 node_modules/.pnpm/ms@2.1.3/node_modules/ms/package.json"}},
    {"an alias: the package says who it is", "node_modules/alias/package.json", R"({"name":"real","version":"1.0.0"})", {"npm real 1.0.0 node_modules/alias/package.json"}},
    {"of two members the last counts, as for node", "node_modules/x/package.json", R"({"name":"x","version":"1.0.0","version":"2.0.0"})", {"npm x 2.0.0 node_modules/x/package.json"}},
    {"a byte order mark", "node_modules/x/package.json", "\xef\xbb\xbf{\"name\":\"x\",\"version\":\"1.0.0\"}", {"npm x 1.0.0 node_modules/x/package.json"}},
    {"no version", "node_modules/x/package.json", R"({"name":"x"})", {"npm x  node_modules/x/package.json [its package.json has no version]"}},
    {"a version that is no text", "node_modules/x/package.json", R"({"name":"x","version":1})", {"npm x  node_modules/x/package.json [its package.json has no version]"}},
    {"neither, and node would load it", "node_modules/x/package.json", R"({"main":"i.js"})", {"unread: cannot read 'node_modules/x/package.json': it names no package"}},
    {"a tool's own folder beside packages", "node_modules/.cache/package.json", R"({"type":"module"})", {}},
    {"larger than any", "node_modules/x/package.json", "{\"name\":\"x\"," + std::string(5 << 20, ' ') + "\"version\":\"1\"}", {"unread: cannot read 'node_modules/x/package.json': a part of it has 5242906 bytes, more than 4194304"}},
    {"no name", "node_modules/x/package.json", R"({"version":"1"})", {"unread: cannot read 'node_modules/x/package.json': it names no package"}},
    {"inside of a package", "node_modules/x/test/fixture/package.json", R"({"name":"y","version":"1.0.0"})", {}},
    {"an application", "app/package.json", R"({"name":"shop","version":"1.0.0"})", {"npm shop 1.0.0 app/package.json [not below node_modules: an application's own, or unpacked by hand]"}},
    {"a private one", "app/package.json", R"({"name":"shop","version":"1.0.0","private":true})", {"npm shop 1.0.0 app/package.json [a private package]"}},
    {"an editor's extension, though npm has one of that name", "usr/lib/code/extensions/handlebars/package.json", R"({"name":"handlebars","publisher":"vscode","version":"1.0.0","engines":{"vscode":"*"},"private":true})", {"vscode-extension vscode/handlebars 1.0.0 usr/lib/code/extensions/handlebars/package.json"}},
    {"one without a publisher", "ext/npm/package.json", R"({"engines":{"node":">=4","vscode":"0.10.x"},"name":"npm","version":"1.0.1"})", {"vscode-extension npm 1.0.1 ext/npm/package.json"}},
    {"an editor's library that npm installed", "app/node_modules/vscode-languageclient/package.json", R"({"name":"vscode-languageclient","version":"9.0.1","engines":{"vscode":"^1.82.0"}})", {"npm vscode-languageclient 9.0.1 app/node_modules/vscode-languageclient/package.json"}},
    {"engines that name another", "app/package.json", R"({"name":"shop","version":"1.0.0","engines":{"node":">=18"}})", {"npm shop 1.0.0 app/package.json [not below node_modules: an application's own, or unpacked by hand]"}},
    {"engines that are a list, as long ago", "app/package.json", R"({"name":"shop","version":"1.0.0","engines":["vscode"]})", {"npm shop 1.0.0 app/package.json [not below node_modules: an application's own, or unpacked by hand]"}},
    {"an application without a version", "app/package.json", R"({"name":"shop"})", {}},
    {"broken where a package must be", "node_modules/x/package.json", "{\"name\":", {"unread: cannot read 'node_modules/x/package.json': it is no JSON object"}},
    {"no object", "node_modules/x/package.json", "[]", {"unread: cannot read 'node_modules/x/package.json': it is no JSON object"}},
    {"empty", "node_modules/x/package.json", "", {"unread: cannot read 'node_modules/x/package.json': it is no JSON object"}},
    {"broken elsewhere: a file of a test, say", "app/fixture/package.json", "{\"name\":", {}},
    {"yarn's Plug'n'Play", "app/.yarn/cache/ms-npm-2.1.3-81ff3cfac1-d924b57e72.zip", trial::zip({{"node_modules/ms/package.json", R"({"name":"ms","version":"2.1.3"})"}, {"node_modules/ms/test/package.json", R"({"name":"z","version":"1"})"}}),
     {"npm ms 2.1.3 app/.yarn/cache/ms-npm-2.1.3-81ff3cfac1-d924b57e72.zip!node_modules/ms/package.json"}},
    {"a zip elsewhere", "app/data.zip", "x", {}},
    {"a cache's zip that is none", ".yarn/cache/x.zip", "x", {"unread: cannot read '.yarn/cache/x.zip': it ends as no zip archive"}},
    {"a lock file that is none", "app/yarn.lock", "x", {"unread: cannot read 'app/yarn.lock': it is no lock file of yarn"}},
};

TEST(Npm, TellsOfFiles) {
  for (const Case& each : cases) EXPECT_EQ(trial::lines(trial::tell("npm", each.path, each.content)), each.told) << each.summary;
}

struct LockCase {
  const char* summary;
  const char* name;
  const char* text;
  Strings locked;
};

const LockCase locks[] = {
    {"npm 2 and 3: what is not for development, without links and the project itself", "package-lock.json",
     R"({"lockfileVersion":3,"packages":{"":{"name":"app","version":"1.0.0"},"node_modules/a":{"version":"1.0.0"},"node_modules/a/node_modules/@s/b":{"version":"2.0.0"},"node_modules/d":{"version":"1.0.0","dev":true},"node_modules/l":{"link":true},"node_modules/n":{"name":"real","version":"3.0.0"}}})",
     {"@s/b 2.0.0", "a 1.0.0", "real 3.0.0"}},
    {"npm 1: dependencies within dependencies", "npm-shrinkwrap.json",
     R"({"lockfileVersion":1,"dependencies":{"a":{"version":"1.0.0","dependencies":{"b":{"version":"2.0.0"}}},"d":{"version":"1.0.0","dev":true},"g":{"version":"git+https://host/x"}}})", {"a 1.0.0", "b 2.0.0"}},
    {"yarn 1", "yarn.lock", "# yarn lockfile v1\n\n\n\"@babel/core@^7.0.0\", \"@babel/core@^7.1.0\":\n  version \"7.2.0\"\n  resolved \"x\"\n  dependencies:\n    version \"^9\"\n\nms@2.1.3:\n  version \"2.1.3\"\n", {"@babel/core 7.2.0", "ms 2.1.3"}},
    {"yarn 2 and later: an alias is what it resolves to, the project's own parts are none", "yarn.lock",
     "__metadata:\n  version: 8\n\n\"@s/a@npm:^1.0.0\":\n  version: 1.2.0\n  resolution: \"@s/a@npm:1.2.0\"\n  linkType: hard\n\n\"alias@npm:real@1\":\n  version: 1.0.0\n  resolution: \"real@npm:1.0.0\"\n\n\"app@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"app@workspace:.\"\n  linkType: soft\n",
     {"@s/a 1.2.0", "real 1.0.0"}},
    {"pnpm 5", "pnpm-lock.yaml", "lockfileVersion: 5.4\npackages:\n\n  /ms/2.1.3:\n    dev: false\n\n  /@s/b/1.0.0_peer@2.0.0:\n    dev: false\n\n  /d/1.0.0:\n    dev: true\n", {"@s/b 1.0.0", "ms 2.1.3"}},
    {"pnpm 6", "pnpm-lock.yaml", "lockfileVersion: '6.0'\n\npackages:\n\n  /ms@2.1.3:\n    resolution: {}\n\n  /@s/b@1.0.0(peer@2.0.0):\n    resolution: {}\n", {"@s/b 1.0.0", "ms 2.1.3"}},
    {"pnpm, and a key without a name", "pnpm-lock.yaml", "lockfileVersion: 5.4\npackages:\n\n  //1.0.0:\n    dev: false\n\n  /ms/2.1.3:\n    dev: false\n", {"ms 2.1.3"}},
    {"npm, and a folder without a name", "package-lock.json", R"({"lockfileVersion": 3, "packages": {"node_modules/": {"version": "1.0.0"}, "node_modules/ms": {"version": "2.1.3"}}})", {"ms 2.1.3"}},
    {"pnpm 9", "pnpm-lock.yaml", "lockfileVersion: '9.0'\n\npackages:\n\n  ms@2.1.3:\n    resolution: {}\n\n  '@s/b@1.0.0':\n    resolution: {}\n\n  local@file:x:\n    resolution: {}\n\nsnapshots:\n\n  other@1.0.0: {}\n", {"@s/b 1.0.0", "ms 2.1.3"}},
};

TEST(Npm, ReadsLockFiles) {
  for (const LockCase& each : locks) {
    const auto locked = read_npm_lock(each.name, each.text);
    ASSERT_TRUE(locked) << each.summary << ": " << locked.error().message;
    Strings found;
    for (const auto& [name, version] : *locked) found.push_back(name + " " + version);
    EXPECT_EQ(found, each.locked) << each.summary;
  }
  for (const char* name : {"package-lock.json", "yarn.lock", "pnpm-lock.yaml"}) EXPECT_FALSE(read_npm_lock(name, "{}")) << name;
}

TEST(Npm, ALockCountsOnlyWhereNothingIsInstalledBesideIt) {
  const char* const lock = R"({"lockfileVersion":3,"packages":{"node_modules/a":{"version":"1.0.0"}}})";
  Told bare = trial::tell("npm", "app/package-lock.json", lock), installed = bare, top = trial::tell("npm", "package-lock.json", lock);
  Contents contents;
  settle_npm(bare, contents);
  EXPECT_EQ(trial::lines(bare), (Strings{"npm a 1.0.0 app/package-lock.json [locked, and not seen installed]"}));
  contents.files["app/node_modules/a/package.json"] = {};
  settle_npm(installed, contents);
  EXPECT_EQ(trial::lines(installed), Strings{});
  settle_npm(top, contents);
  EXPECT_EQ(top.components.size(), 1U) << "node_modules lies beside another one";
}

TEST(Npm, AMapWithoutItsCacheIsNoted) {
  Contents contents;
  contents.files["app/.pnp.cjs"] = {};
  contents.files["whole/.pnp.cjs"] = {};
  contents.files["whole/.yarn/cache/ms.zip"] = {};
  contents.files["installed/node_modules/ms/package.json"] = {};
  Told told;
  told.unread = {{"bare/yarn.lock", "it is broken"}, {"installed/yarn.lock", "it is broken"}, {"installed/node_modules/x/package.json", "it is broken"}};
  settle_npm(told, contents);
  EXPECT_EQ(told.unread, (std::vector<Unread>{{"bare/yarn.lock", "it is broken"}, {"installed/node_modules/x/package.json", "it is broken"}})) << "what is installed counts, and no lock beside it";
  EXPECT_EQ(told.notes, (Strings{"cannot read 'installed/yarn.lock': it is broken", "'app/.pnp.cjs' maps packages, and no cache of them lies beside it"}));
}

// npm itself, as node reads its files.
TEST(Npm, ReadsWhatIsInstalledHereAsNodeDoes) {
  const std::string root(trim(trial::output_of("npm root -g 2>/dev/null")));
  if (root.empty() || !std::filesystem::exists(root)) GTEST_SKIP() << "npm is not installed";
  const std::string script = "const fs=require('fs');for(const f of fs.readFileSync(0,'utf8').trim().split('\\n')){const p=JSON.parse(fs.readFileSync(f,'utf8'));if(p.name&&p.version)console.log(p.name+' '+p.version)}";
  std::multiset<std::string> ours, theirs;
  std::string list;
  for (const auto& each : std::filesystem::recursive_directory_iterator(root)) {
    if (each.path().filename() != "package.json" || !each.is_regular_file()) continue;
    const std::string path = each.path().string().substr(1);
    const Told told = trial::tell("npm", path, trial::content_of(each.path()));
    for (const Component& component : told.components) ours.insert(component.name + " " + component.version), list += "/" + path + "\n";
  }
  const std::string file = std::filesystem::temp_directory_path() / ("ashlar-npm-" + std::to_string(::getpid()));
  trial::put(file, list);
  const std::string output = trial::output_of("node -e \"" + script + "\" <" + file);
  for (const std::string_view line : split(trim(output), '\n')) theirs.emplace(line);
  std::filesystem::remove(file);
  EXPECT_GT(ours.size(), 100U);
  EXPECT_EQ(ours, theirs);
}

TEST(Npm, AnyBytesGiveAnAnswer) {
  trial::torture("npm", "node_modules/x/package.json", R"({"name":"x","version":"1.0.0","private":false,"deep":{"a":[1,2,{"b":null}]}})");
  trial::torture("npm", "package-lock.json", locks[0].text);
  trial::torture("npm", "yarn.lock", locks[3].text);
  trial::torture("npm", "pnpm-lock.yaml", locks[4].text);
  EXPECT_EQ(trial::tell("npm", "node_modules/x/package.json", std::string(100'000, '[')).unread.size(), 1U) << "nested without end";
  EXPECT_EQ(trial::tell("npm", "package-lock.json", "{\"packages\":" + std::string(100'000, '{')).unread.size(), 1U);
}

}  // namespace
}  // namespace ashlar::inventory
