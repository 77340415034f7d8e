#include "attest/sbom.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "attest/cyclonedx.h"
#include "attest/inner/describing.h"
#include "attest/inner/identity.h"
#include "attest/purl.h"
#include "attest/spdx.h"

namespace ashlar::attest {
namespace {

using inventory::Contents;
using inventory::File;
using inventory::InstalledPackage;

void put(Contents& contents, const std::string& path, const std::string& text, FileType type = FileType::Regular, const std::string& link = {}) {
  File file;
  file.entry.path = path;
  file.entry.type = type;
  file.entry.link = link;
  file.entry.mtime = 1000;
  if (type == FileType::Regular) {
    file.content = Digest::of(text);
    file.sha1 = std::string(40, 'a');
    file.md5 = md5_hex(as_bytes(text));
    contents.texts[path] = text;
  }
  contents.files[path] = std::move(file);
}

InstalledPackage installed(const std::string& name, const std::string& version, const std::string& depends = {}, const std::string& source = {}, const std::string& source_version = {}) {
  InstalledPackage out{name, version, "amd64", source.empty() ? name : source, source_version.empty() ? version : source_version};
  out.maintainer = "Debian A Team <a@lists.example.org>";
  out.homepage = "https://a.example.org/";
  out.depends = depends;
  return out;
}

/// An image of two packages, a file of each, and one that nobody owns.
Contents image() {
  Contents out{{}, {"", Digest::of(std::string_view("manifest")), 1, {}, {}}, {}, {}, {}, {}, {}};
  out.config.created = "2026-11-01T00:00:00Z";
  out.packages = {installed("liba", "1:1.0+b1", {}, "a", "1:1.0"), installed("tool", "2.0~rc1", "missing | virtual-a, liba (>= 1)")};
  out.packages[0].provides = "virtual-a";
  put(out, "usr/lib/os-release", "ID=debian\nVERSION_ID=\"13\"\n");
  put(out, "usr/lib/liba.so", "liba");
  put(out, "usr/bin/tool", "tool");
  put(out, "usr/bin/planted", "planted");
  put(out, "usr/share/doc/liba/copyright", "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: A\nLicense: Expat\n");
  put(out, "usr/share/doc/tool", {}, FileType::Symlink, "liba");
  put(out, "usr/share/ashlar/packages.json",
      R"({"schema": "https://ashlar.dev/packages/v1", "packages": {"liba": {"version": "1:1.0+b1", "archive": "debian", "suite": "trixie", "path": "pool/main/a/a/liba_1.0_amd64.deb", "sha256": ")" + std::string(64, 'b') +
          R"(", "size": 1}, "tool": {"version": "1.9", "archive": "debian", "suite": "trixie", "path": "pool/t.deb", "sha256": ")" + std::string(64, 'c') + R"(", "size": 1}}})");
  put(out, "usr/share/ashlar/image.json", R"({"schema": "https://ashlar.dev/image/v1", "image": "registry.example/team/tool", "owners": {}})");
  return out;
}

inventory::Ownership owners(const Contents& contents) {
  inventory::Ownership out;
  for (const auto& [path, file] : contents.files) out.files[path] = {"effect:owners", inventory::Standing::Made, {}};
  out.files["usr/lib/liba.so"] = {"package:liba", inventory::Standing::Verified, {}};
  out.files["usr/bin/tool"] = {"package:tool", inventory::Standing::Altered, "other bytes"};
  out.files["usr/bin/planted"] = {"package:tool", inventory::Standing::Unowned, "no digest"};
  return out;
}

Sbom described() {
  const Contents contents = image();
  auto sbom = describe(contents, owners(contents), {Sbom::Kind::Image, "out/tool"});
  EXPECT_TRUE(sbom);
  return std::move(*sbom);
}

Json read(const std::string& text) {
  auto json = parse_json(text, "sbom.json");
  EXPECT_TRUE(json) << text;
  EXPECT_EQ(to_pretty(*json), text) << "not in the house's form";
  return json ? std::move(*json) : Json();
}
Json spdx(const Sbom& sbom) { return read(to_spdx_json(sbom)); }
Json cyclonedx(const Sbom& sbom) { return read(to_cyclonedx_json(sbom)); }

plan::Lock lock() {
  plan::Lock out;
  out.definition = "registry.example/team/tool";
  out.distribution = "debian-13";
  out.archives = {{"debian", "trixie", std::string(64, '1'), "2026-10-01T00:00:00Z", {"main"}}, {"debian-security", "trixie-security", std::string(64, '2'), "2026-10-02T00:00:00Z", {"main"}}};
  plan::LockedPackage liba{"liba", "1:1.0+b1", "a", "1:1.0", "amd64", 1, std::string(64, 'b'), "pool/main/a/a/liba_1.0_amd64.deb", "debian", "trixie", "asked for", {}, "Debian A Team <a@lists.example.org>"};
  plan::LockedPackage tool{"tool", "2.0~rc1", "tool", "2.0~rc1", "amd64", 1, std::string(64, 'c'), "pool/t.deb", "debian", "trixie", "asked for", {"liba"}, "Debian A Team <a@lists.example.org>"};
  out.platforms["linux/amd64"] = {{liba, tool}, {{"/opt/app.jar", "https://example.org/app.jar", std::string(64, 'd'), 5}}};
  return out;
}

TEST(Purl, Table) {
  struct Row { std::string summary; DebIdentity identity; std::string expected; };
  const std::vector<Row> rows = {
      {"as scanners write it", {"tar", "1.35+dfsg-3.1", "amd64", "tar", "1.35+dfsg-3.1", "debian-13"}, "pkg:deb/debian/tar@1.35%2Bdfsg-3.1?arch=amd64&distro=debian-13"},
      {"another source", {"libssl3t64", "3.5.1-1", "amd64", "openssl", "3.5.1-1", "debian-13"}, "pkg:deb/debian/libssl3t64@3.5.1-1?arch=amd64&distro=debian-13&upstream=openssl"},
      {"another version of the source", {"liba", "1.0+b1", "arm64", "a", "1.0", "debian-13"}, "pkg:deb/debian/liba@1.0%2Bb1?arch=arm64&distro=debian-13&upstream=a%401.0"},
      {"an epoch and a tilde", {"zlib1g", "1:1.3~x", "all", "zlib1g", "1:1.3~x", "ubuntu-24.04"}, "pkg:deb/ubuntu/zlib1g@1:1.3~x?arch=all&distro=ubuntu-24.04"},
      {"plus signs in names", {"libstdc++6", "14", "amd64", "gcc-14", "14", "debian-13"}, "pkg:deb/debian/libstdc%2B%2B6@14?arch=amd64&distro=debian-13&upstream=gcc-14"},
      {"nothing else known", {"a1", "1", "", "", "", ""}, "pkg:deb/debian/a1@1"},
  };
  for (const Row& row : rows) EXPECT_EQ(deb_purl(row.identity), row.expected) << row.summary;
  EXPECT_EQ(oci_purl("registry.example/team/tool", "sha256:ab", "amd64"), "pkg:oci/tool@sha256:ab?arch=amd64&repository_url=registry.example/team/tool");
  EXPECT_EQ(oci_purl("tool", "sha256:ab", "arm64"), "pkg:oci/tool@sha256:ab?arch=arm64");
  EXPECT_EQ(generic_purl("app", "1 2", "https://e.org/a?b", "cd"), "pkg:generic/app@1%202?checksum=sha256:cd&download_url=https://e.org/a%3Fb");
}

TEST(Identity, PartiesTable) {
  struct Row { std::string text, name, email; bool person; };
  const std::vector<Row> rows = {{"Some One <one@example.org>", "Some One", "one@example.org", true},
                                 {"Debian OpenSSL Team <x@lists.example.org>", "Debian OpenSSL Team", "x@lists.example.org", false},
                                 {"GNU Libc Maintainers <glibc@lists.example.org>", "GNU Libc Maintainers", "glibc@lists.example.org", false},
                                 {"registry.example", "registry.example", "", false},
                                 {"<a@example.org>", "a@example.org", "a@example.org", true}};
  for (const Row& row : rows) {
    const Party party = party_of(row.text);
    EXPECT_EQ(party.name, row.name);
    EXPECT_EQ(party.email, row.email);
    EXPECT_EQ(party.person, row.person) << row.text;
  }
  EXPECT_EQ(supplier_of("Acme", "registry.example/a"), "Acme");
  EXPECT_EQ(supplier_of("", "registry.example/a"), "registry.example");
  EXPECT_EQ(supplier_of("", "a"), "");
}

/// The entry of a list whose `key` is `value`.
Json entry(const Json& list, const char* key, const std::string& value) {
  for (const Json& each : list) {
    if (each.contains(key) && each.at(key) == value) return each;
  }
  ADD_FAILURE() << "no " << key << " " << value;
  return Json::object();
}

TEST(Describe, AnImageSaysWhatItHolds) {
  const Sbom sbom = described();
  EXPECT_EQ(sbom.name, "registry.example/team/tool");
  EXPECT_EQ(sbom.supplier, "registry.example");
  EXPECT_EQ(sbom.version, Digest::of(std::string_view("manifest")).str());
  EXPECT_EQ(sbom.distribution, "debian-13");
  EXPECT_EQ(sbom.created.str(), "2026-11-01T00:00:00Z");
  ASSERT_EQ(sbom.packages.size(), 2U);
  const SbomPackage &liba = sbom.packages[0], &tool = sbom.packages[1];
  EXPECT_EQ(liba.purl, "pkg:deb/debian/liba@1:1.0%2Bb1?arch=amd64&distro=debian-13&upstream=a%401:1.0");
  EXPECT_EQ(liba.location, "deb:trixie@debian.archive/pool/main/a/a/liba_1.0_amd64.deb");
  EXPECT_EQ(liba.sha256, std::string(64, 'b'));
  EXPECT_EQ(liba.licence.expression, "MIT");
  EXPECT_EQ(tool.licence.expression, "MIT") << "its folder is a link to liba's";
  EXPECT_EQ(tool.licence.comment, "from /usr/share/doc/liba/copyright");
  EXPECT_EQ(tool.location + tool.sha256, "") << "packages.json speaks of another version";
  EXPECT_EQ(tool.depends, (std::vector<std::string>{"liba"})) << "by name and by what it provides";
  EXPECT_EQ(sbom.files.size(), 7U);
}

/// What an application brings along is in its SBOM as what the distribution has; what a package of the distribution ships is described with that.
TEST(Describe, PackagesOfLanguagesStandBesideThoseOfTheDistribution) {
  Contents contents = image();
  put(contents, "app/site/flask-3.0.dist-info/METADATA", "flask");
  put(contents, "app/lib/a.jar", "jar");
  inventory::Ownership ownership = owners(contents);
  ownership.files["app/lib/a.jar"] = {{}, inventory::Standing::Unowned, {}};
  ownership.files["app/site/flask-3.0.dist-info/METADATA"] = {{}, inventory::Standing::Unowned, {}};
  const auto component = [](std::string type, std::string name, std::string version, std::string path) { return inventory::Component{.type = std::move(type), .name = std::move(name), .version = std::move(version), .path = std::move(path)}; };
  const std::vector<inventory::Component> found = {
      component("deb", "liba", "1:1.0+b1", "var/lib/dpkg/status.d/liba"),
      component("maven", "org.example:inner", "1.2", "app/lib/a.jar!lib/b.jar"),
      component("npm", "@scope/left", "", "app/node_modules/@scope/left/package.json"),
      component("pypi", "flask", "3.0", "app/site/flask-3.0.dist-info/METADATA"),
      component("pypi", "flask", "3.0", "app/other/flask-3.0.dist-info/METADATA"),
      component("pypi", "of-tool", "1", "usr/bin/tool"),    // the package's path, with other bytes
      component("pypi", "of-liba", "1", "usr/lib/liba.so"),
      component("pypi", "", "1", "app/nameless"),
      component("pypi", "tool", "9", "app/tool"),           // called as a package of the distribution
  };
  const auto sbom = describe(contents, ownership, {Sbom::Kind::Image, "out/tool"}, found);
  ASSERT_TRUE(sbom);
  std::vector<std::string> purls;
  for (const SbomPackage& each : sbom->packages) purls.push_back(each.purl.substr(0, each.purl.find('?')));
  EXPECT_EQ(purls, (std::vector<std::string>{"pkg:deb/debian/liba@1:1.0%2Bb1", "pkg:deb/debian/tool@2.0~rc1", "pkg:maven/org.example/inner@1.2", "pkg:npm/%40scope/left", "pkg:pypi/flask@3.0", "pkg:pypi/of-tool@1", "pkg:pypi/tool@9"}));
  EXPECT_EQ(sbom->packages[2].path, "app/lib/a.jar!lib/b.jar");
  const Json in_spdx = spdx(*sbom), in_cyclonedx = cyclonedx(*sbom);
  EXPECT_EQ(entry(in_spdx["packages"], "name", "flask")["sourceInfo"], "named by /app/site/flask-3.0.dist-info/METADATA");
  EXPECT_FALSE(entry(in_spdx["packages"], "name", "@scope/left").contains("versionInfo"));
  EXPECT_EQ(entry(in_cyclonedx["components"], "name", "flask")["type"], "library");
  EXPECT_EQ(entry(in_cyclonedx["components"], "name", "flask")["properties"][0]["value"], "/app/site/flask-3.0.dist-info/METADATA");
  // Files and dependencies are those of the distribution's package of that name.
  const auto id = [&](const char* version) { return entry(in_spdx["packages"], "versionInfo", version)["SPDXID"].get<std::string>(); };
  const std::string file = entry(in_spdx["files"], "fileName", "./usr/bin/tool")["SPDXID"];
  const auto relates = [&](const std::string& from, const char* type, const std::string& to) { return std::ranges::any_of(in_spdx["relationships"], [&](const Json& each) { return each["spdxElementId"] == from && each["relationshipType"] == type && each["relatedSpdxElement"] == to; }); };
  EXPECT_TRUE(relates(id("2.0~rc1"), "CONTAINS", file));
  EXPECT_FALSE(relates(id("9"), "CONTAINS", file));
  Sbom moved = *sbom;
  moved.packages[2].path = "elsewhere.jar";
  EXPECT_NE(spdx(moved)["documentNamespace"], in_spdx["documentNamespace"]);
}

TEST(Describe, APackageOfAnotherFamilyIsOne) {
  Contents contents = image();
  contents.packages.clear();
  put(contents, "usr/lib/os-release", "ID=alpine\nVERSION_ID=3.22\n");
  const auto sbom = describe(contents, owners(contents), {Sbom::Kind::Image, "a"}, {{.type = "apk", .name = "musl", .version = "1.2.5-r10", .architecture = "x86_64", .source = "musl", .maintainer = "A <a@example.org>", .path = "lib/apk/db/installed"}});
  ASSERT_TRUE(sbom);
  ASSERT_EQ(sbom->packages.size(), 1U);
  EXPECT_EQ(sbom->packages[0].purl, "pkg:apk/alpine/musl@1.2.5-r10?arch=x86_64&distro=alpine-3.22");
  EXPECT_EQ(sbom->packages[0].supplier, "A <a@example.org>");
}

TEST(Describe, ARootFileSystemHasTheTimeAndDigestOfItsFiles) {
  Contents contents = image();
  contents.config = {};
  contents.files.erase("usr/share/ashlar/image.json");
  contents.texts.erase("usr/share/ashlar/image.json");
  const auto sbom = describe(contents, owners(contents), {Sbom::Kind::RootFs, "root"});
  ASSERT_TRUE(sbom);
  EXPECT_EQ(sbom->name, "root");
  EXPECT_EQ(sbom->created.seconds, 1000);
  EXPECT_TRUE(sbom->version.starts_with("sha256:"));
  put(contents, "usr/bin/tool", "other");
  EXPECT_NE(describe(contents, owners(contents), {Sbom::Kind::RootFs, "root"})->version, sbom->version);
}

TEST(Describe, TheSamePackageGivesTheSameFactsFromALock) {
  const auto sbom = describe(lock(), "linux/amd64", nullptr);
  ASSERT_TRUE(sbom) << sbom.error().message;
  const SbomPackage &ours = sbom->packages.at(0), theirs = described().packages.at(0);
  EXPECT_EQ(ours.purl, theirs.purl);
  EXPECT_EQ(ours.supplier, theirs.supplier);
  EXPECT_EQ(ours.location, theirs.location);
  EXPECT_EQ(ours.sha256, theirs.sha256);
  EXPECT_EQ(sbom->packages.at(1).depends, described().packages.at(1).depends);
  EXPECT_EQ(sbom->created.str(), "2026-10-02T00:00:00Z") << "the newest archive's date";
  EXPECT_EQ(sbom->packages.at(2).name, "app.jar");
  EXPECT_EQ(sbom->packages.at(2).location, "https://example.org/app.jar");
  plan::Definition definition;
  definition.labels["org.opencontainers.image.vendor"] = "Acme";
  definition.files.push_back({});
  definition.files[0].url = "https://example.org/app.jar", definition.files[0].path = "/opt/app.jar";
  definition.files[0].spdx_name = "app", definition.files[0].spdx_version = "1.2";
  const auto told = describe(lock(), "linux/amd64", &definition);
  EXPECT_EQ(told->supplier, "Acme");
  EXPECT_EQ(told->packages.at(2).name, "app");
  EXPECT_EQ(told->packages.at(2).version, "1.2");
  const auto lacking = describe(lock(), "linux/arm64", nullptr);
  ASSERT_FALSE(lacking);
  EXPECT_EQ(lacking.error().message, "cannot describe the lock of 'registry.example/team/tool': it has no platform 'linux/arm64'");
}

TEST(Describe, ALockHasTheLicencesThatItIsGiven) {
  const struct {
    const char* summary;
    CopyrightOf copyright_of;
    std::string expression, comment;
  } rows[] = {
      {"nobody to ask", {}, "", "not known: a lock does not hold the package's copyright file"},
      {"a file", [](const plan::LockedPackage&) { return Result<std::string>("Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: MIT\n"); }, "MIT", "from /usr/share/doc/liba/copyright"},
      {"no file", [](const plan::LockedPackage& package) { return Result<std::string>(fail(Kind::NotFound, "no file of " + package.name)); }, "", "not known: no file of "},
  };
  for (const auto& row : rows) {
    const auto sbom = describe(lock(), "linux/amd64", nullptr, row.copyright_of);
    ASSERT_TRUE(sbom) << row.summary;
    const SbomPackage& package = sbom->packages.at(0);
    EXPECT_EQ(package.licence.expression, row.expression) << row.summary;
    EXPECT_TRUE(package.licence.comment.starts_with(row.comment)) << row.summary << ": " << package.licence.comment;
  }
}

TEST(Spdx, ADocumentHasItsParts) {
  const Json json = spdx(described());
  EXPECT_EQ(json["spdxVersion"], "SPDX-2.3");
  EXPECT_EQ(json["creationInfo"]["created"], "2026-11-01T00:00:00Z");
  const Json liba = entry(json["packages"], "name", "liba"), tool = entry(json["packages"], "name", "tool");
  EXPECT_EQ(liba["supplier"], "Organization: Debian A Team (a@lists.example.org)");
  EXPECT_EQ(liba["licenseDeclared"], "MIT");
  EXPECT_EQ(liba["checksums"][0]["checksumValue"], std::string(64, 'b'));
  EXPECT_EQ(tool["downloadLocation"], "NOASSERTION");
  EXPECT_EQ(liba["externalRefs"][0]["referenceLocator"], described().packages[0].purl);
  EXPECT_EQ(liba["sourceInfo"], "built from source package: a 1:1.0");
  // One file, whose SHA-1 is forty times `a`: the SHA-1 of that text (spdx-spec 2.3, 7.9).
  EXPECT_EQ(liba["packageVerificationCode"]["packageVerificationCodeValue"], "a56559418dc7908ce5f0b24b05c78e055cb863dc");
  std::set<std::string> ids, related;
  for (const Json& each : json["packages"]) ids.insert(each["SPDXID"]);
  for (const Json& each : json["files"]) ids.insert(each["SPDXID"]);
  EXPECT_EQ(ids.size(), 3 + json["files"].size()) << "identifiers are told apart";
  for (const Json& each : json["relationships"]) {
    related.insert(each["spdxElementId"].get<std::string>() + " " + each["relationshipType"].get<std::string>() + " " + each["relatedSpdxElement"].get<std::string>());
    EXPECT_TRUE(ids.contains(each["relatedSpdxElement"]));
  }
  const std::string root = json["packages"][0]["SPDXID"];
  const auto id = [](const Json& of) { return of["SPDXID"].get<std::string>(); };
  EXPECT_TRUE(related.contains("SPDXRef-DOCUMENT DESCRIBES " + root));
  EXPECT_TRUE(related.contains(id(tool) + " DEPENDS_ON " + id(liba)));
  EXPECT_TRUE(related.contains(id(tool) + " CONTAINS " + id(entry(json["files"], "fileName", "./usr/bin/tool"))));
  const Json planted = entry(json["files"], "fileName", "./usr/bin/planted");
  EXPECT_TRUE(related.contains(root + " CONTAINS " + id(planted))) << "what no package bears out is the image's alone";
  EXPECT_EQ(planted["comment"], "owner: package:tool (unowned)");
}

TEST(CycloneDx, ADocumentHasItsParts) {
  const Json json = cyclonedx(described());
  EXPECT_EQ(json["specVersion"], "1.6");
  EXPECT_EQ(json["metadata"]["timestamp"], "2026-11-01T00:00:00Z");
  EXPECT_EQ(json["metadata"]["component"]["purl"], root_purl(described()));
  const Json liba = entry(json["components"], "name", "liba");
  EXPECT_EQ(liba["licenses"][0]["expression"], "MIT");
  EXPECT_EQ(liba["supplier"]["contact"][0]["email"], "a@lists.example.org");
  EXPECT_EQ(liba["externalReferences"][0]["url"], "deb:trixie@debian.archive/pool/main/a/a/liba_1.0_amd64.deb");
  EXPECT_EQ(entry(json["components"], "type", "operating-system")["version"], "13");
  EXPECT_EQ(entry(json["components"], "name", "/usr/bin/planted")["properties"][1]["value"], "unowned");
  EXPECT_EQ(entry(json["dependencies"], "ref", described().packages[1].purl)["dependsOn"], Json::array({described().packages[0].purl}));
  std::set<std::string> refs;
  for (const Json& each : json["components"]) EXPECT_TRUE(refs.insert(each["bom-ref"]).second) << each["bom-ref"];
}

TEST(Sbom, IdentifiersFollowFromContentAlone) {
  const Sbom one = described();
  Sbom other = described();
  EXPECT_EQ(to_spdx_json(one), to_spdx_json(other));
  EXPECT_EQ(to_cyclonedx_json(one), to_cyclonedx_json(other));
  EXPECT_EQ(to_compact(to_json(one)), to_compact(to_json(other)));
  other.files[0].sha256[0] = other.files[0].sha256[0] == '0' ? '1' : '0';
  EXPECT_NE(spdx(one)["documentNamespace"], spdx(other)["documentNamespace"]);
  EXPECT_NE(cyclonedx(one)["serialNumber"], cyclonedx(other)["serialNumber"]);
}

TEST(Sbom, AFreeFormLicenceIsNotAsserted) {
  Sbom sbom = described();
  sbom.packages[0].licence = {{}, {}, "not known: there is no /usr/share/doc/liba/copyright"};
  EXPECT_EQ(entry(spdx(sbom)["packages"], "name", "liba")["licenseDeclared"], "NOASSERTION");
  EXPECT_FALSE(entry(cyclonedx(sbom)["components"], "name", "liba").contains("licenses"));
  sbom.packages[0].licence = {"LicenseRef-odd-1", {{"LicenseRef-odd-1", "its text"}}, {}};
  EXPECT_EQ(spdx(sbom)["hasExtractedLicensingInfos"][0]["extractedText"], "its text");
}

}  // namespace
}  // namespace ashlar::attest
