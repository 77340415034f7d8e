// Why scanners are wrong, cause by cause as users report them (docs/accuracy.md): small root file systems and SBOMs, feeds in their publishers' forms,
// and what `ashlar scan` answers.
#include <fmt/format.h>

#include "sample_root.h"

namespace ashlar::flow {
namespace {

class UsersFlow : public SampleRoot {};

TEST_F(UsersFlow, users_c01_whose_package) {
  const std::string wolfi = "ID=wolfi\nVERSION_ID=20230201\n";
  stage.write("wolfi/zlib.advisories.yaml", "schema-version: 2.0.2\npackage:\n  name: zlib\nadvisories:\n  - id: CGA-1111-2222-3333\n    aliases:\n      - CVE-2026-0009\n    events:\n      - timestamp: 2026-01-01T00:00:00Z\n        type: fixed\n        data:\n          fixed-version: 1.3.1-r0\n");
  stage.write("alpine.json", secdb("zlib", "1.3.1-r13"));
  const Ran ran = stage.ashlar({"feed", "update", "wolfi=wolfi", "alpine=alpine.json", "debian-tracker=-"});
  EXPECT_NE(ran.code, 0) << "an empty pipe is no feed";
  ASSERT_EQ(stage.ashlar({"feed", "update", "wolfi=wolfi", "alpine=alpine.json"}).code, 0);
  // Wolfi's -r0 is not Alpine's -r13: each counts its own builds.
  const Json own = root({{"etc/os-release", wolfi}, {"usr/lib/apk/db/installed", apk("zlib", "1.3.1-r0", "zlib")}});
  EXPECT_EQ(found(own), Set()) << own["findings"];
  const Json alpine = root({{"etc/os-release", "ID=alpine\nVERSION_ID=3.22.1\n"}, {"lib/apk/db/installed", apk("zlib", "1.3.1-r0", "zlib")}});
  EXPECT_EQ(found(alpine), Set{"CVE-2026-0003 zlib"});
  // A vendor's package on Debian is not judged by Debian's tracker, and not called clean either.
  know({{"debian-tracker", tracked("docker-ce", {{"trixie", "99"}})}});
  const std::string vendor = "Package: docker-ce\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5:28.0-1\nMaintainer: Docker <support@docker.com>\nDescription: x\n";
  const Json docker = root({{"etc/os-release", debian13}, {"var/lib/dpkg/status", vendor}});
  EXPECT_EQ(found(docker), Set());
  EXPECT_EQ(docker["verdict"], "unknown");
  EXPECT_NE(causes(docker).find("built by 'docker.com'"), std::string::npos) << causes(docker);
}

TEST_F(UsersFlow, users_c02_source_against_binary) {
  know({{"debian-tracker", tracked("gcc-14", {{"trixie", "14.2.0-19"}})}, {"alpine", secdb("openssl", "3.5.1-r0")}});
  const auto judged = [&](const std::string& source) { return found(root({{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("libgcc-s1", "14.2.0-19", source)}})); };
  EXPECT_EQ(judged("Source: gcc-14 (14.2.0-18)\n"), Set{"CVE-2026-0001 libgcc-s1"}) << "the source is older than its binary says";
  EXPECT_EQ(judged("Source: gcc-14\n"), Set());
  EXPECT_EQ(judged(""), Set()) << "a binary of another source";
  const Json apks = root({{"etc/os-release", "ID=alpine\nVERSION_ID=3.22.1\n"}, {"lib/apk/db/installed", apk("libssl3", "3.5.0-r0", "openssl")}});
  EXPECT_EQ(found(apks), Set{"CVE-2026-0003 libssl3"}) << "the origin is read";
}

TEST_F(UsersFlow, users_c03_epochs) {
  struct Row { const char *summary, *installed, *fixed; bool affected; };
  const Row rows[] = {{"an epoch that the fix lacks", "1:0.5-1", "1.0-2", false}, {"an epoch that the installed lacks", "1.0-1", "1:0.1-1", true}, {"the same epoch", "1:1.0-1", "1:1.0-2", true}, {"none", "1.0-2", "1.0-2", false}};
  for (const Row& row : rows) {
    know({{"debian-tracker", tracked("a", {{"trixie", row.fixed}})}});
    EXPECT_EQ(found(root({{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("a", row.installed)}})).empty(), !row.affected) << row.summary;
  }
}

TEST_F(UsersFlow, users_c04_removed_but_not_purged) {
  know({{"debian-tracker", tracked("a", {{"trixie", "2"}})}});
  const Json answer = root({{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("a", "1", "", "deinstall ok config-files") + deb("b", "1")}});
  EXPECT_EQ(found(answer), Set());
  EXPECT_EQ(answer["coverage"]["packages"], 1);
  EXPECT_EQ(found(root({{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("a", "1", "", "deinstall ok installed")}})).size(), 1U) << "still there";
}

TEST_F(UsersFlow, users_c05_wrong_release) {
  know({{"debian-tracker", tracked("a", {{"bookworm", "2"}, {"trixie", "0"}})}});
  EXPECT_EQ(found(root({{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("a", "1")}})), Set()) << "13 was never affected";
  EXPECT_EQ(found(root({{"etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n"}, {"var/lib/dpkg/status", deb("a", "1")}})), Set{"CVE-2026-0001 a"});
  // What comes from the backports, or from another release, is newer than the release's fix and may lack what was fixed since.
  const Json backport = root({{"etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n"}, {"var/lib/dpkg/status", deb("a", "3-1~bpo12+1")}});
  EXPECT_EQ(backport["verdict"], "unknown");
  EXPECT_NE(causes(backport).find("its version says that it was built by Debian's backports"), std::string::npos) << causes(backport);
  // Of a document that was put together from several: each package is of the release that its URL names.
  std::string mixed = sbom({"pkg:deb/debian/a@1?distro=debian-12&upstream=a", "pkg:deb/debian/b@1?distro=debian-13&upstream=b"});
  mixed.insert(mixed.find("[{") + 1, R"({"type": "operating-system", "name": "debian", "version": "13"}, )");
  stage.write("mixed.cdx.json", mixed);
  const Json several = scan("mixed.cdx.json");
  EXPECT_EQ(several["verdict"], "unknown");
  EXPECT_NE(causes(several).find("'a' 1 was not judged: it is of 'debian-12', and what else is here of 'Debian:13'"), std::string::npos) << causes(several);
}

TEST_F(UsersFlow, users_c06_no_feed_is_not_zero) {
  know({{"debian-tracker", tracked("a", {{"trixie", "2"}})}});
  for (const auto& [release, cause] : {std::pair{"ID=ubuntu\nVERSION_ID=\"24.04\"\n", "no feed covers 'Ubuntu:24.04'"}, {"ID=strange\nVERSION_ID=1\n", "distribution 'strange' is not known"}, {"ID=debian\nVERSION_CODENAME=sid\n", "names no release"}}) {
    const Json answer = root({{"etc/os-release", release}, {"var/lib/dpkg/status", deb("a", "1")}});
    EXPECT_EQ(answer["verdict"], "unknown") << release;
    EXPECT_NE(causes(answer).find(cause), std::string::npos) << causes(answer);
  }
  // Of languages as well: what nobody publishes for here is not judged, and said.
  const Json languages = root({{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("b", "1")}, {"srv/vendor/composer/installed.json", R"([{"name": "a/b", "version": "1.0"}])"},
                               {"app/App.deps.json", R"({"libraries": {"Newtonsoft.Json/13.0.1": {"type": "package"}}})"}, {"usr/local/bundle/specifications/rack-3.1.7.gemspec", "Gem::Specification.new\n"},
                               {"app/lib/phoenix-1.7.14/ebin/phoenix.app", "{application,phoenix,[{vsn,\"1.7.14\"}]}.\n"}, {"opt/conda/conda-meta/openssl-3.0.8-h0.json", R"({"name": "openssl", "version": "3.0.8"})"}, {"usr/local/lib/R/site-library/commonmark/DESCRIPTION", "Package: commonmark\nVersion: 1.7\n"}});
  EXPECT_EQ(languages["verdict"], "unknown");
  for (const char* cause : {"'rack' 3.1.7 was not judged: no feed covers 'RubyGems'", "'a/b' 1.0 was not judged: no feed covers 'Packagist'", "'Newtonsoft.Json' 13.0.1 was not judged: no feed covers 'NuGet'", "'phoenix' 1.7.14 was not judged: no feed covers 'Hex'", "'commonmark' 1.7 was not judged: no feed covers 'CRAN'",
                            "'openssl' 3.0.8 was not judged: nobody publishes advisories for packages of type 'conda'"}) EXPECT_NE(causes(languages).find(cause), std::string::npos) << cause << causes(languages);
}

// PyPI's records name npm's packages where these have the same flaw; that makes nobody know all of npm's.
TEST_F(UsersFlow, users_c06_a_feed_speaks_for_its_own_ecosystem) {
  std::string both = osv("PyPI", "left", "1.2");
  const size_t at = both.find("{\"package\"");
  ASSERT_NE(at, std::string::npos) << both;
  both.insert(at, R"({"package": {"ecosystem": "npm", "name": "left"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.2.0"}]}]}, )");
  know({{"debian-tracker", tracked("a", {{"trixie", "2"}})}, {"pypi", both}});
  const std::map<std::string, std::string> base = {{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("a", "2")}};
  const auto with = [&](const char* name, const char* version) {
    auto files = base;
    files[fmt::format("app/node_modules/{}/package.json", name)] = fmt::format(R"({{"name": "{}", "version": "{}"}})", name, version);
    return root(files);
  };
  const Json other = with("right", "1.0.0");
  EXPECT_EQ(other["verdict"], "unknown") << "nobody speaks for npm";
  EXPECT_NE(causes(other).find("'right' 1.0.0 was not judged: no feed covers 'npm'"), std::string::npos) << causes(other);
  EXPECT_EQ(found(with("left", "1.0.0")), Set{"CVE-2026-0002 left"}) << "what it says of npm's counts";
}

TEST_F(UsersFlow, users_c07_package_database_absent) {
  know({{"debian-tracker", tracked("a", {{"trixie", "2"}})}});
  const Json answer = root({{"etc/os-release", debian13}, {"usr/bin/a", "\x7f" "ELF and more"}});
  EXPECT_EQ(answer["verdict"], "unknown");
  EXPECT_NE(causes(answer).find("has no package database of it"), std::string::npos) << causes(answer);
  EXPECT_NE(causes(answer).find("/usr/bin/a"), std::string::npos) << causes(answer);
}

TEST_F(UsersFlow, users_c07_package_database_false) {
  know({{"debian-tracker", tracked("a", {{"trixie", "2"}})}, {"alpine", secdb("a", "2-r0")}});
  const std::string log = "2026-11-26 10:00:00 status installed a:amd64 1\n", changes = "a (1) trixie; urgency=low\n", alpine = "ID=alpine\nVERSION_ID=3.22.1\n";
  struct Row {
    const char* summary;
    std::map<std::string, std::string> files;
    const char* cause;  ///< none: it is as it was built
  };
  const Row rows[] = {
      {"a changelog", {{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("a", "9")}, {"usr/share/doc/a/changelog.Debian", changes}}, "of 'a' it says 9, and 'usr/share/doc/a/changelog.Debian' (its changelog) 1"},
      {"dpkg's log", {{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("a", "9")}, {"var/log/dpkg.log", log}}, "of 'a' it says 9, and 'var/log/dpkg.log' (dpkg's log) 1"},
      {"the source, by its changelog", {{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("a", "1", "Source: harmless\n")}, {"usr/share/doc/a/changelog.Debian", changes}}, "of 'a' it says that it was built from 'harmless', and 'usr/share/doc/a/changelog.Debian' (its changelog) from 'a'"},
      {"the source's version, by its changelog", {{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("a", "1", "Source: a (9)\n")}, {"usr/share/doc/a/changelog.Debian", changes}}, "of 'a' it says 9"},
      {"a changelog that was forged with it", {{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("a", "9")}, {"var/lib/dpkg/info/a.md5sums", std::string(32, '0') + "  usr/share/doc/a/changelog.Debian.gz\n"}, {"usr/share/doc/a/changelog.Debian.gz", "\x1f\x8b" "of another"}}, "explained by no package ('/usr/share/doc/a/changelog.Debian.gz' first)"},
      {"neither contradicts", {{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("a", "1")}, {"var/log/dpkg.log", log}, {"usr/share/doc/a/changelog.Debian", changes}}, nullptr},
      {"a list of files without its package", {{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("b", "1")}, {"var/lib/dpkg/info/a:amd64.md5sums", ""}}, "lists the files of 'a:amd64', which it does not name"},
      {"a record that was cut off", {{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("b", "1") + "Package: a\nStatus: install ok inst"}}, "the package database is damaged"},
      {"a version that is none", {{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("b", "\xff")}}, "'b' \xef\xbf\xbd was not judged: its record is damaged: '\xef\xbf\xbd' is no version"},
      {"a version that is given twice, as dpkg refuses it", {{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("b", "1") + deb("a", "9", "Version: 1\n")}}, "the paragraph of 'a' gives the field 'Version' twice"},
      {"a source that nobody has", {{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("liba1", "1", "Source: zzz\n")}}, "'liba1' 1 was not judged: its record says that it was built from 'zzz', and neither a feed nor anything else in the image knows such a source"},
      {"what an apk provides", {{"etc/os-release", alpine}, {"lib/apk/db/installed", "P:a\nV:9-r0\no:a\np:cmd:a=1-r0\n\n"}}, "of 'a' it says 9-r0, and 'lib/apk/db/installed' (a command that it provides) 1-r0"},
      {"what needs an apk", {{"etc/os-release", alpine}, {"lib/apk/db/installed", "P:a\nV:9-r0\no:a\n\nP:b\nV:1-r0\no:b\nD:a=1-r0\n\n"}}, "(needed by 'b') 1-r0"},
      {"a damaged record of an apk", {{"etc/os-release", alpine}, {"lib/apk/db/installed", apk("b", "1-r0", "b") + "P:a\nnonsense\n\n"}}, "the package database is damaged"},
  };
  for (const Row& row : rows) {
    const Json answer = root(row.files);
    EXPECT_EQ(answer["verdict"], row.cause == nullptr ? "affected" : "unknown") << row.summary << causes(answer);
    EXPECT_NE(causes(answer).find(row.cause == nullptr ? "[]" : row.cause), std::string::npos) << row.summary << causes(answer);
  }
}

TEST_F(UsersFlow, users_c08_names_collide) {
  know({{"debian-tracker", tracked("rc", {{"trixie", ""}})}, {"npm", osv("npm", "other", "9.0.0")}});
  const Json answer = root({{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("b", "1")}, {"app/node_modules/rc/package.json", R"({"name": "rc", "version": "1.2.8"})"}});
  EXPECT_EQ(found(answer), Set()) << "npm's rc is not Plan 9's";
  EXPECT_EQ(answer["coverage"]["judged"], 2);
  // An editor's extension has a package.json, too.
  know({{"debian-tracker", tracked("rc", {{"trixie", ""}})}, {"npm", osv("npm", "handlebars", "4.0.0")}});
  const Json editor = root({{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("b", "1")}, {"usr/share/code/extensions/handlebars/package.json", R"({"name": "handlebars", "publisher": "vscode", "version": "1.0.0", "engines": {"vscode": "*"}})"}});
  EXPECT_EQ(found(editor), Set()) << "nor npm's handlebars";
  EXPECT_NE(causes(editor).find("no feed covers 'VSCode'"), std::string::npos) << causes(editor);
}

TEST_F(UsersFlow, users_c08_what_an_rpm_has_is_judged_by_it) {
  ASHLAR_NEED("rpmbuild");
  ASHLAR_NEED("rpm");
  ASHLAR_NEED("python3");
  know({{"pypi", osv("PyPI", "urllib3", "1.26.5")}});
  const std::string folder = "/usr/lib/python3.6/site-packages";
  stage.write("urllib3.spec", "Name: python3-urllib3\nVersion: 1.24.2\nRelease: 5.el8\nSummary: x\nLicense: MIT\nBuildArch: noarch\n%description\nx\n%install\nmkdir -p %{buildroot}" + folder + "/urllib3-1.24.2-py3.6.egg-info %{buildroot}" + folder +
                              "/urllib3\nprintf 'Metadata-Version: 1.2\\nName: urllib3\\nVersion: 1.24.2\\n' > %{buildroot}" + folder + "/urllib3-1.24.2-py3.6.egg-info/PKG-INFO\necho patched > %{buildroot}" + folder + "/urllib3/__init__.py\n%files\n" + folder + "/*\n");
  stage.write("install.sh", "set -e\nrpmbuild --quiet --define \"_topdir $PWD/top\" --define '__os_install_post %{nil}' -bb urllib3.spec\nmkdir -p root/etc\n"
                            "rpm --root \"$PWD/root\" --dbpath /var/lib/rpm --force-debian -i --nodeps --noscripts top/RPMS/noarch/*.rpm\n"
                            "python3 -c \"import sqlite3; sqlite3.connect('root/var/lib/rpm/rpmdb.sqlite').execute('PRAGMA journal_mode = DELETE')\"\n");
  const Ran made = stage.run({"bash", "install.sh"});
  if (made.code != 0) GTEST_SKIP() << "rpm makes no database here: " << made.told;
  stage.write("root/etc/os-release", "ID=rhel\nVERSION_ID=\"8.5\"\n");
  const Json owned = scan("dir:root");
  EXPECT_EQ(found(owned), Set()) << "its maintainers have patched it: " << owned["findings"];
  EXPECT_EQ(owned["coverage"]["within"].size(), 1U) << owned["coverage"];
  EXPECT_EQ(owned["verdict"], "unknown") << "no feed is there for the package";
  stage.write("root" + folder + "/urllib3-1.24.2-py3.6.egg-info/PKG-INFO", "Metadata-Version: 1.2\nName: urllib3\nVersion: 1.25.0\n");
  EXPECT_EQ(found(scan("dir:root")), Set{"CVE-2026-0002 urllib3"}) << "another one, put over the package's";
}

TEST_F(UsersFlow, users_c09_go) {
  know({{"go", osv("Go", "stdlib", "1.22.4")}});
  const Json answer = document({"pkg:golang/stdlib@1.22.3", "pkg:golang/example.com/app"});
  EXPECT_EQ(found(answer), Set{"CVE-2026-0002 stdlib"});
  EXPECT_EQ(answer["verdict"], "unknown") << "a main module without a version is not judged";
  EXPECT_EQ(found(document({"pkg:golang/stdlib@1.22.4"})), Set());
}

TEST_F(UsersFlow, users_c10_java) {
  ASHLAR_NEED("python3");
  know({{"maven", osv("Maven", "org.example:left", "1.2")}, {"debian-tracker", tracked("a", {{"trixie", "2"}})}});
  // A jar that was shaded into another, which lies in a war: only its pom.properties still says what it is.
  stage.write("make.py", "import io, sys, zipfile\ninner = io.BytesIO()\nwith zipfile.ZipFile(inner, 'w') as jar:\n    for name, version in (('app', '3.0'), ('left', sys.argv[1])):\n"
                         "        jar.writestr(f'META-INF/maven/org.example/{name}/pom.properties', f'groupId=org.example\\nartifactId={name}\\nversion={version}\\n')\n"
                         "with zipfile.ZipFile('app.war', 'w') as war:\n    war.writestr('WEB-INF/lib/app-3.0.jar', inner.getvalue())\n");
  for (const auto& [version, affected] : {std::pair{"1.1", true}, {"1.2", false}}) {
    const Ran made = stage.run({"python3", "make.py", version});
    ASSERT_EQ(made.code, 0) << made.told;
    const Json answer = root({{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("a", "2")}, {"srv/app.war", stage.read("app.war")}});
    EXPECT_EQ(found(answer), affected ? Set{"CVE-2026-0002 org.example:left"} : Set()) << version << answer["findings"];
  }
  // One that Gradle made has neither, and its manifest names no group.
  stage.write("plain.py", "import zipfile\nwith zipfile.ZipFile('left-1.1.jar', 'w') as jar:\n    jar.writestr('META-INF/MANIFEST.MF', 'Manifest-Version: 1.0\\r\\nImplementation-Title: left\\r\\nImplementation-Version: 1.1\\r\\n')\n");
  const Ran plain = stage.run({"python3", "plain.py"});
  ASSERT_EQ(plain.code, 0) << plain.told;
  const Json nobodys = root({{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("a", "2")}, {"srv/left-1.1.jar", stage.read("left-1.1.jar")}});
  EXPECT_EQ(found(nobodys), Set{"CVE-2026-0002 left"}) << "the one artifact of that name that advisories speak of";
}

TEST_F(UsersFlow, users_c11_vendored_native_code) {
  know({{"pypi", osv("PyPI", "left", "1.2")}, {"debian-tracker", tracked("openssl", {{"trixie", "9"}})}});
  const std::string site = "usr/lib/python3/dist-packages/";
  const Json answer = root({{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("a", "2")}, {site + "left-1.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: left\nVersion: 1.2\n"},
                            {site + "left-1.2.dist-info/RECORD", "left-1.2.dist-info/METADATA,,\nleft.libs/libssl-1a2b3c4d.so.3,,\n"}, {site + "left.libs/libssl-1a2b3c4d.so.3", "\x7f" "ELF and more"}});
  EXPECT_EQ(found(answer), Set()) << "a wheel's library is not the distribution's package of that name";
  EXPECT_NE(answer["coverage"]["notes"].dump().find("libssl-1a2b3c4d.so.3"), std::string::npos) << "and it is said that it is there: " << answer["coverage"]["notes"];
}

TEST_F(UsersFlow, users_c12_what_a_feed_means) {
  know({{"debian-tracker", tracked("a", {{"trixie", ""}}, "unimportant")}});
  stage.write("root/etc/os-release", debian13);
  stage.write("root/var/lib/dpkg/status", deb("a", "1"));
  EXPECT_EQ(stage.ashlar({"scan", "dir:root", "--fail-on", "low"}).code, 0) << "what is unimportant to Debian fails nobody";
  EXPECT_EQ(stage.ashlar({"scan", "dir:root", "--fail-on", "negligible"}).code, 1);
  // Debian's `undetermined` is no `resolved`: it stays under investigation.
  stage.write("undetermined.json", R"({"a": {"CVE-2026-0004": {"releases": {"trixie": {"status": "undetermined", "repositories": {"trixie": "1"}}}}}})");
  ASSERT_EQ(stage.ashlar({"feed", "update", "debian-tracker=undetermined.json"}).code, 0);
  const Json open = scan("dir:root");
  ASSERT_EQ(open["findings"].size(), 1U);
  EXPECT_EQ(open["findings"][0]["status"], "under_investigation");
  EXPECT_EQ(open["findings"][0]["reason"], "'debian-tracker' has not determined whether it is affected");
  // A database of fixes says since when something is fixed, and `0` that it never was affected.
  know({{"alpine", secdb("a", "0")}});
  EXPECT_EQ(found(root({{"etc/os-release", "ID=alpine\nVERSION_ID=3.22.1\n"}, {"lib/apk/db/installed", apk("a", "1-r0", "a")}})), Set());
}

TEST_F(UsersFlow, users_c13_nobody_waits_for_the_nvd) {
  know({{"debian-tracker", tracked("a", {{"trixie", "2"}}, "high")}});
  const Json answer = root({{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("a", "1")}});
  ASSERT_EQ(answer["findings"].size(), 1U);
  EXPECT_EQ(answer["findings"][0]["severity"], "high");
  EXPECT_EQ(answer["findings"][0]["severity_by"], "debian-tracker") << "who says so is named";
}

TEST_F(UsersFlow, users_c14_one_statement_one_effect) {
  know({{"debian-tracker", tracked("a", {{"trixie", "2"}})}});
  const std::map<std::string, std::string> files = {{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("liba1", "1", "Source: a\n") + deb("a-tools", "1", "Source: a\n")}};
  for (const auto& [product, left] : {std::pair{"pkg:deb/debian/a", 0U}, {"pkg:deb/debian/a?distro=debian-13", 0U}, {"pkg:deb/debian/a@1", 0U}, {"pkg:deb/debian/liba1@1?arch=amd64", 1U}, {"pkg:deb/debian/a@9", 2U}, {"pkg:deb/debian/a?distro=debian-12", 2U}, {"pkg:npm/a", 2U}}) {
    stage.write("a.vex.json", fmt::format(R"({{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/v", "author": "Team", "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": [
      {{"vulnerability": {{"name": "CVE-2026-0001"}}, "products": [{{"@id": "{}"}}], "status": "not_affected", "justification": "component_not_present"}}]}})", product));
    EXPECT_EQ(found(root(files, {"--vex", "a.vex.json"})).size(), left) << product;
  }
}

TEST_F(UsersFlow, users_c15_no_lag_of_a_daily_build) {
  know({{"debian-tracker", tracked("a", {{"trixie", ""}})}});
  const std::map<std::string, std::string> files = {{"etc/os-release", debian13}, {"var/lib/dpkg/status", deb("a", "2")}};
  EXPECT_EQ(found(root(files)).size(), 1U);
  know({{"debian-tracker", tracked("a", {{"trixie", "2"}})}});
  EXPECT_EQ(found(root(files)), Set()) << "what was fetched a moment ago counts";
}

}  // namespace
}  // namespace ashlar::flow
