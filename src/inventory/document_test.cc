#include "inventory/document.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "inventory/purl.h"
#include "inventory/inner/reader_trial.h"

namespace ashlar::inventory {
namespace {

using trial::Strings;

struct PurlCase {
  const char* purl;
  const char* line;  ///< `type name version`, then what is not empty of architecture, source, distribution; or the cause it is refused for
};

const PurlCase purls[] = {
    {"pkg:deb/debian/libssl3t64@3.5.1-1%2Bdeb13u1?arch=amd64&distro=debian-13&upstream=openssl", "deb libssl3t64 3.5.1-1+deb13u1 arch=amd64 source=openssl@3.5.1-1+deb13u1 distribution=debian-13"},
    {"pkg:deb/debian/perl-base@5.40?upstream=perl%405.39-1", "deb perl-base 5.40 source=perl@5.39-1 distribution=debian"},
    {"pkg:deb/debian/tar@1.35?os_distro=trixie&os_name=debian&os_version=13", "deb tar 1.35 distribution=debian-13"},
    {"pkg:apk/alpine/busybox@1.36.1-r2?distro=3.19", "apk busybox 1.36.1-r2 distribution=alpine-3.19"},
    {"pkg:rpm/redhat/bash@5.1.8-6.el9?arch=x86_64&epoch=2&upstream=bash-5.1.8-6.el9.src.rpm&distro=rhel-9.3", "rpm bash 2:5.1.8-6.el9 arch=x86_64 source=bash@5.1.8-6.el9 distribution=rhel-9.3"},
    {"pkg:rpm/redhat/bash@5.1.8-6.el9?epoch=0", "rpm bash 5.1.8-6.el9 distribution=redhat"},
    {"pkg:npm/%40babel/core@7.0.0", "npm @babel/core 7.0.0"},
    {"pkg:npm/@babel/core@7.0.0", "npm @babel/core 7.0.0"},
    {"pkg:npm/@babel/core", "npm @babel/core "},
    {"pkg:npm/ms@2.1.3#lib", "npm ms 2.1.3"},
    {"pkg:golang/github.com/gorilla/mux@v1.8.0", "golang github.com/gorilla/mux v1.8.0"},
    {"pkg:golang/stdlib@1.22.3", "golang stdlib 1.22.3"},
    {"pkg:maven/org.apache.commons/commons-text@1.9?type=jar", "maven org.apache.commons:commons-text 1.9"},
    {"pkg:pypi/Flask_SQLAlchemy@3.1.1", "pypi flask-sqlalchemy 3.1.1"},
    {"pkg:pypi/_@3.1.1", "pypi _ 3.1.1"},
    {"PKG:Cargo/serde@1.0.200", "cargo serde 1.0.200"},
    {"pkg://generic/x@1", "generic x 1"},
    {"pkg:generic/x", "generic x "},
    {"pkg:", "it has no type and name"},
    {"pkg:npm", "it has no type and name"},
    {"pkg:npm/", "it has no type and name"},
    {"npm/ms@1", "it does not begin with 'pkg:'"},
    {"pkg:npm/%ff@1", "it has no name"},
    {"", "it does not begin with 'pkg:'"},
};

TEST(Purl, SaysWhatAComponentIs) {
  for (const PurlCase& each : purls) {
    const auto purl = parse_purl(each.purl);
    if (!purl) {
      EXPECT_TRUE(purl.error().message.ends_with(std::string(": ") + each.line)) << each.purl << ": " << purl.error().message;
      continue;
    }
    const Component found = component_of(*purl);
    std::string line = found.type + " " + found.name + " " + found.version;
    if (!found.architecture.empty()) line += " arch=" + found.architecture;
    if (!found.source.empty()) line += " source=" + found.source + "@" + found.source_version;
    if (!found.distribution.empty()) line += " distribution=" + found.distribution;
    EXPECT_EQ(line, each.line) << each.purl;
  }
}

/// What is read, or the error.
Strings read(const std::string& text) {
  const auto document = read_document(text, "x.json");
  if (!document) return {document.error().message};
  Strings out = trial::lines({.components = document->components, .notes = document->notes});
  for (size_t at = 0; at < document->components.size(); ++at) {
    const Component& each = document->components[at];
    if (!each.source.empty()) out[at] += " source=" + each.source + "@" + each.source_version;
  }
  out.push_back(document->subject + "|" + document->distribution);
  return out;
}

std::string spdx(const std::string& packages, const std::string& more = {}) { return R"({"spdxVersion":"SPDX-2.3","name":"thing",)" + more + R"("packages":[)" + packages + "]}"; }
std::string cyclonedx(const std::string& components, const std::string& more = {}) {
  return R"({"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"name":"thing"}},)" + more + R"("components":[)" + components + "]}";
}
std::string purl_of(const std::string& purl) { return R"("externalRefs":[{"referenceCategory":"SECURITY","referenceType":"cpe23Type","referenceLocator":"cpe:2.3:a:x"},{"referenceType":"purl","referenceLocator":")" + purl + R"("}])"; }

struct Case {
  const char* summary;
  std::string text;
  Strings told;
};

const Case cases[] = {
    {"SPDX: by package URL", spdx(R"({"name":"x","versionInfo":"9",)" + purl_of("pkg:npm/ms@2.1.3") + "}"), {"npm ms 2.1.3 x.json", "thing|"}},
    {"SPDX: the source package in words, as trivy and we write it",
     spdx(R"({"name":"libacl1","sourceInfo":"built package from: acl 2.3.1-3",)" + purl_of("pkg:deb/debian/libacl1@2.3.1-3?distro=debian-12.5") + R"(},{"name":"l","sourceInfo":"built from source package: acl 2",)" +
          purl_of("pkg:deb/debian/l@3?distro=debian-12.5") + "}"),
     {"deb l 3 x.json source=acl@2", "deb libacl1 2.3.1-3 x.json source=acl@2.3.1-3", "thing|debian-12.5"}},
    {"SPDX: without a URL", spdx(R"({"name":"curl","versionInfo":"8.0"})"), {"generic curl 8.0 x.json [the document gives no package URL for it]", "thing|"}},
    {"SPDX: a URL that is none", spdx(R"({"name":"curl","versionInfo":"8.0",)" + purl_of("nonsense") + "}"),
     {"generic curl 8.0 x.json [the document gives no package URL for it]", "note: cannot read package URL 'nonsense': it does not begin with 'pkg:'", "thing|"}},
    {"SPDX: the image itself and its system are no packages",
     spdx(R"({"SPDXID":"SPDXRef-I","name":"img",)" + purl_of("pkg:oci/img@sha256%3A00") + R"(},{"name":"debian","versionInfo":"13","primaryPackagePurpose":"OPERATING-SYSTEM"},{"SPDXID":"R","name":"root"},{"name":"c","primaryPackagePurpose":"CONTAINER"})",
          R"("documentDescribes":["R"],"relationships":[{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-I"}],)"),
     {"thing|debian-13"}},
    {"SPDX 2.2 is read, too", R"({"spdxVersion":"SPDX-2.2","packages":[]})", {"|"}},
    {"SPDX of another version", R"({"spdxVersion":"SPDX-9"})", {"cannot read 'x.json': 'SPDX-9' is no version of SPDX that is read: 2.2, 2.3"}},
    {"SPDX 3", R"({"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[]})", {"cannot read 'x.json': it is an SPDX 3 document, which is not read"}},
    {"SPDX: packages that are none", R"({"spdxVersion":"SPDX-2.3","packages":{}})", {"cannot read 'x.json': its 'packages' are no list"}},
    {"SPDX: a package that is none", spdx("1"), {"cannot read 'x.json': a package of it is no object"}},
    {"CycloneDX: by package URL, nested ones too, files are left out",
     cyclonedx(R"({"type":"library","name":"a","purl":"pkg:maven/g/a@1","components":[{"type":"library","name":"b","purl":"pkg:maven/g/b@2"}]},{"type":"file","name":"/bin/sh"},{"type":"operating-system","name":"debian","version":"13"})"),
     {"maven g:a 1 x.json", "maven g:b 2 x.json", "thing|debian-13"}},
    {"CycloneDX: the source package in properties of trivy and of ours",
     cyclonedx(R"({"type":"library","name":"a","purl":"pkg:rpm/redhat/a@1-2","properties":[{"name":"aquasecurity:trivy:SrcName","value":"s"},{"name":"aquasecurity:trivy:SrcVersion","value":"1"},{"name":"aquasecurity:trivy:SrcRelease","value":"2"},{"name":"aquasecurity:trivy:SrcEpoch","value":"3"}]},{"type":"library","name":"b","purl":"pkg:deb/debian/b@1","properties":[{"name":"ashlar:source","value":"t"},{"name":"ashlar:source_version","value":"4"}]})"),
     {"deb b 1 x.json source=t@4", "rpm a 1-2 x.json source=s@3:1-2", "thing|"}},
    {"CycloneDX: without a URL", cyclonedx(R"({"type":"library","group":"g","name":"a","version":"1"})"), {"generic g/a 1 x.json [the document gives no package URL for it]", "thing|"}},
    {"CycloneDX of another version", R"({"bomFormat":"CycloneDX","specVersion":"1.1"})", {"cannot read 'x.json': '1.1' is no version of CycloneDX that is read: 1.4 to 1.7"}},
    {"CycloneDX: a component that is none", cyclonedx("[]"), {"cannot read 'x.json': a component of it is no object"}},
    {"neither", "{}", {"cannot read 'x.json': it is neither an SPDX nor a CycloneDX document"}},
    {"a list", "[]", {"cannot read 'x.json': it is neither an SPDX nor a CycloneDX document"}},
    {"no JSON", "{", {"cannot read 'x.json': it is not valid JSON"}},
};

TEST(Document, SaysWhatItNames) {
  for (const Case& each : cases) EXPECT_EQ(read(each.text), each.told) << each.summary;
}

TEST(Document, NestingIsBounded) {
  std::string text;
  for (int depth = 0; depth < 300; ++depth) text += R"({"type":"library","name":"a","components":[)";
  for (int depth = 0; depth < 300; ++depth) text += "]}";
  EXPECT_EQ(read(cyclonedx(text)), (Strings{"cannot read 'x.json': it nests deeper than 200"}));
}

TEST(Sbom, DocumentsInAnImageAreClaims) {
  const std::string text = spdx(R"({"name":"x",)" + purl_of("pkg:npm/ms@2.1.3") + "}");
  for (const char* path : {"usr/share/sbom/x.json", "var/lib/db/sbom/x-1.spdx.json", "opt/app/.spdx-x.spdx", "app/x.cdx.json", "opt/app/anything.json"}) {
    const Told told = trial::tell("sbom", path, text);
    EXPECT_TRUE(told.components.empty()) << path;
    EXPECT_EQ(told.notes, Strings{"'" + std::string(path) + "' claims 1 package of the image, and is not believed"});
    ASSERT_EQ(told.claims.size(), 1U) << path;
    EXPECT_EQ(told.claims[0].name, "ms");
    EXPECT_EQ(told.claims[0].remark, "claimed by a document in the image, and not believed");
  }
  EXPECT_TRUE(trial::tell("sbom", "app/x.json", text).claims.empty()) << "any JSON elsewhere";
  EXPECT_TRUE(trial::tell("sbom", "opt/app/x.json", "{}").claims.empty()) << "any other JSON";
  EXPECT_EQ(trial::tell("sbom", "usr/share/sbom/x.json", text.substr(0, text.size() - 1)).notes.size(), 1U);
  trial::torture("sbom", "usr/share/sbom/x.json", text);
}

// What syft writes of a folder, in both formats, names what our readers find in it.
TEST(Document, ReadsWhatSyftWrites) {
  if (!trial::has_program("syft")) GTEST_SKIP() << "syft is not installed";
  const trial::Scratch scratch;
  const std::string metadata = "Metadata-Version: 2.1\nName: Foo\nVersion: 1.5\n";
  trial::put(scratch / "in/lib/python3/site-packages/foo-1.5.dist-info/METADATA", metadata);
  trial::put(scratch / "in/lib/python3/site-packages/foo-1.5.dist-info/RECORD", "foo.py,,\n");
  trial::put(scratch / "in/b.jar", trial::zip({{"META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n"}, {"META-INF/maven/g.h/b/pom.properties", "groupId=g.h\nartifactId=b\nversion=3\n"}}));
  trial::put(scratch / "in/var/lib/dpkg/status", "Package: libssl3\nStatus: install ok installed\nSource: openssl\nVersion: 3.0.1-1\nArchitecture: amd64\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: amd64\n\n");
  trial::put(scratch / "in/etc/os-release", "ID=debian\nVERSION_ID=\"13\"\n");
  ASSERT_TRUE(trial::run(scratch.path(), "SYFT_CHECK_FOR_APP_UPDATE=false syft scan dir:in -q -o spdx-json=s.json -o cyclonedx-json=c.json")) << trial::content_of(scratch / "log.txt");
  const std::set<std::string> want = {"deb libssl3 3.0.1-1", "maven g.h:b 3", "pypi foo 1.5"};
  for (const char* name : {"s.json", "c.json"}) {
    const auto document = read_document(trial::content_of(scratch / name), name);
    ASSERT_TRUE(document) << document.error().message;
    std::set<std::string> found;
    for (const Component& each : document->components) {
      found.insert(each.type + " " + each.name + " " + each.version);
      EXPECT_TRUE(each.type != "deb" || (each.source == "openssl" && each.distribution == "debian-13")) << each.source << " " << each.distribution;
    }
    EXPECT_EQ(found, want) << name;
    EXPECT_EQ(document->distribution, "debian-13") << name;
  }
}

}  // namespace
}  // namespace ashlar::inventory
