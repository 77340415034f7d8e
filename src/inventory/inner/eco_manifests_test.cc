#include <gtest/gtest.h>

#include "inventory/inner/reader_trial.h"

namespace ashlar::inventory {
namespace {

using trial::Strings;

struct Case {
  const char *summary, *ecosystem, *path;
  std::string content;
  Strings told;
};

const Case cases[] = {
    {"a gem", "gem", "usr/local/bundle/specifications/rack-3.1.7.gemspec", "x", {"gem rack 3.1.7 usr/local/bundle/specifications/rack-3.1.7.gemspec"}},
    {"one that Ruby brings", "gem", "usr/lib/ruby/gems/3.3.0/specifications/default/net-http-0.4.1.gemspec", "x", {"gem net-http 0.4.1 usr/lib/ruby/gems/3.3.0/specifications/default/net-http-0.4.1.gemspec"}},
    {"for a platform", "gem", "g/specifications/nokogiri-1.16.5-x86_64-linux.gemspec", "x", {"gem nokogiri 1.16.5 g/specifications/nokogiri-1.16.5-x86_64-linux.gemspec"}},
    {"a name with a number", "gem", "g/specifications/foo-2-bar-1.0.0.gemspec", "x", {"gem foo-2-bar 1.0.0 g/specifications/foo-2-bar-1.0.0.gemspec"}},
    {"a version of one number", "gem", "g/specifications/foo-7.gemspec", "x", {"gem foo 7 g/specifications/foo-7.gemspec"}},
    {"no version", "gem", "g/specifications/foo.gemspec", "x", {"unread: cannot read 'g/specifications/foo.gemspec': its name has no version"}},
    {"a specification of a project's own", "gem", "srv/app/app.gemspec", "x", {}},
    {"Composer 2", "composer", "srv/vendor/composer/installed.json", R"({"packages": [{"name": "symfony/http-kernel", "version": "v7.1.2"}, {"name": "a/b"}, {"version": "1"}, "x"], "dev": false})",
     {"composer symfony/http-kernel v7.1.2 srv/vendor/composer/installed.json", "composer a/b  srv/vendor/composer/installed.json [it has no version]", "unread: cannot read 'srv/vendor/composer/installed.json': a package of it has no name",
      "unread: cannot read 'srv/vendor/composer/installed.json': a package of it has no name"}},
    {"Composer 1", "composer", "vendor/composer/installed.json", R"([{"name": "a/b", "version": "1.0"}])", {"composer a/b 1.0 vendor/composer/installed.json"}},
    {"no packages", "composer", "vendor/composer/installed.json", "{}", {"unread: cannot read 'vendor/composer/installed.json': it has no list of packages"}},
    {"elsewhere", "composer", "srv/composer/installed.json", "[]", {}},
    {".NET", "nuget", "app/App.deps.json", R"({"libraries": {"App/1.0.0": {"type": "project"}, "Newtonsoft.Json/13.0.1": {"type": "package"}, "x": {"type": "package"}, "y/1": 2}})",
     {"nuget Newtonsoft.Json 13.0.1 app/App.deps.json", "unread: cannot read 'app/App.deps.json': a package of it has no name and version"}},
    {"Elixir", "hex", "app/lib/phoenix-1.7.14/ebin/phoenix.app", "{application,phoenix,\n [{modules,['Elixir.Phoenix']},\n {vsn,\"1.7.14\"}]}.\n", {"hex phoenix 1.7.14 app/lib/phoenix-1.7.14/ebin/phoenix.app"}},
    {"Erlang, with blanks and quotes", "hex", "l/ebin/x.app", "%% a comment\n{ application, x, []}.", {"unread: cannot read 'l/ebin/x.app': it names no application"}},
    {"Erlang, with an atom in quotes", "hex", "l/ebin/x.app", "{application , 'x.y' ,\n [{description, \"d\"}, {vsn , \"2.0\"}]}.", {"hex x.y 2.0 l/ebin/x.app"}},
    {"no version", "hex", "l/ebin/x.app", "{application, x, []}.", {"hex x  l/ebin/x.app [it has no version]"}},
    {"an application of another system", "hex", "Applications/X.app", "{application, x, []}.", {}},
    {"Conda", "conda", "opt/conda/conda-meta/openssl-3.0.8-h0.json", R"({"name": "openssl", "version": "3.0.8", "build": "h0", "files": []})", {"conda openssl 3.0.8 opt/conda/conda-meta/openssl-3.0.8-h0.json"}},
    {"of Conda without a name", "conda", "conda-meta/x.json", "[]", {"unread: cannot read 'conda-meta/x.json': it names no package"}},
    {"R", "cran", "usr/local/lib/R/site-library/commonmark/DESCRIPTION", "Package: commonmark\nType: Package\nVersion: 1.7\n", {"cran commonmark 1.7 usr/local/lib/R/site-library/commonmark/DESCRIPTION"}},
    {"a description of something else", "cran", "srv/commonmark/DESCRIPTION", "Package: commonmark\n", {}},
    {"of no package of R", "cran", "R/library/x/DESCRIPTION", "Version: 1\n", {}},
    {"no libraries", "nuget", "app/App.deps.json", "[]", {"unread: cannot read 'app/App.deps.json': it has no libraries"}},
};

TEST(Manifests, OfEcosystemsThatAreNotJudged) {
  for (const Case& each : cases) EXPECT_EQ(trial::lines(trial::tell(each.ecosystem, each.path, each.content)), each.told) << each.summary;
  for (const char* broken : {"{", "", "\xff"}) {
    EXPECT_EQ(trial::tell("composer", "vendor/composer/installed.json", broken).unread.size(), 1U) << broken;
    EXPECT_EQ(trial::tell("nuget", "app/App.deps.json", broken).unread.size(), 1U) << broken;
    EXPECT_EQ(trial::tell("conda", "conda-meta/x.json", broken).unread.size(), 1U) << broken;
  }
}

TEST(Manifests, AnyBytesGiveAnAnswer) {
  trial::torture("composer", "vendor/composer/installed.json", cases[7].content);
  trial::torture("nuget", "app/App.deps.json", cases[11].content);
  trial::torture("hex", "x/ebin/x.app", cases[12].content);
  trial::torture("conda", "conda-meta/x.json", R"({"name": "openssl", "version": "3.0.8"})");
  trial::torture("cran", "R/library/x/DESCRIPTION", "Package: x\nVersion: 1\n");
}

}  // namespace
}  // namespace ashlar::inventory
