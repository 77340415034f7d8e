#include "scan/identity.h"

#include <gtest/gtest.h>

namespace ashlar::scan {
namespace {

TEST(Identity, OfDistributions) {
  struct Row { std::string_view summary, text, space, reason; };
  const Row rows[] = {
      {"debian goes by its major release", "ID=debian\nVERSION_ID=\"13\"\n", "Debian:13", ""},
      {"a point release is the same one", "ID=debian\nVERSION_ID=\"12.4\"\n", "Debian:12", ""},
      {"debian unstable has no release", "ID=debian\nVERSION_CODENAME=sid\n", "", "'etc/os-release' names no release (VERSION_ID) of 'debian'"},
      {"ubuntu goes by both numbers", "ID=ubuntu\nVERSION_ID=\"24.04\"\n", "Ubuntu:24.04", ""},
      {"alpine goes by two of three", "ID=alpine\nVERSION_ID=3.20.3\n", "Alpine:v3.20", ""},
      {"alpine edge", "ID=alpine\nVERSION_ID=3.21_alpha20240923\n", "Alpine:v3.21_alpha20240923", ""},
      {"wolfi rolls", "ID=wolfi\nVERSION_ID=20230201\n", "Wolfi", ""},
      {"alpaquita's stream", "ID=alpaquita\nVERSION_ID=stream\nID_LIKE=alpine\n", "Alpaquita:stream", ""},
      {"bellsoft's images are not judged as alpine", "ID=bellsoft-hardened-containers\nVERSION_ID=25\nID_LIKE=alpine\n", "BellSoft Hardened Containers:25", ""},
      {"whoever is like debian is not debian", "ID=devuan\nID_LIKE=debian\nVERSION_ID=5\n", "", "distribution 'devuan' is not known"},
      {"no name at all", "NAME=x\n", "", "'etc/os-release' names no distribution (ID)"},
  };
  for (const Row& row : rows) {
    const Distribution distribution = identify(inventory::read_os_release(row.text, "etc/os-release"));
    EXPECT_EQ(distribution.space, row.space) << row.summary;
    EXPECT_EQ(distribution.reason, row.reason) << row.summary;
  }
  EXPECT_EQ(identify(std::nullopt).reason, "the image has no os-release: its distribution is not known");
}

TEST(Identity, OfComponents) {
  using inventory::Component;
  const Distribution alma{"almalinux", "9.4", "AlmaLinux:9", {}}, rocky{"rocky", "9.4", "Rocky Linux:9", {}};
  const Distribution debian{"debian", "13", "Debian:13", {}}, ubuntu{"ubuntu", "24.04", "Ubuntu:24.04", {}}, unknown{"devuan", "5", {}, "distribution 'devuan' is not known"};
  struct Row { std::string_view summary; Component component; const Distribution& distribution; Place place; };
  const Row rows[] = {
      {"a source of its own", {.type = "deb", .name = "libssl3t64", .version = "3.5.1-1", .source = "openssl", .source_version = "3.5.1-1"}, debian, {"Debian:13", "openssl", "3.5.1-1", {}}},
      {"a binary with another version than its source", {.type = "deb", .name = "libgcc-s1", .version = "14.2.0-19", .source = "gcc-14", .source_version = "14.2.0-18"}, debian, {"Debian:13", "gcc-14", "14.2.0-18", {}}},
      {"no source: named as its binary", {.type = "deb", .name = "bash", .version = "5.2-1"}, debian, {"Debian:13", "bash", "5.2-1", {}}},
      {"an unknown distribution", {.type = "deb", .name = "bash", .version = "5.2-1"}, unknown, {{}, "bash", "5.2-1", "distribution 'devuan' is not known"}},
      {"a vendor's package", {.type = "deb", .name = "docker-ce", .version = "5:28", .maintainer = "Docker <support@docker.com>"}, debian, {{}, "docker-ce", "5:28", "it was built by 'docker.com', whose advisories are not at hand, and not by the distribution"}},
      {"a rebuild that keeps the maintainer, by its version", {.type = "deb", .name = "postgresql-17", .version = "17.6-1.pgdg130+1", .maintainer = "Debian PostgreSQL Maintainers <team@tracker.debian.org>"}, debian, {{}, "postgresql-17", "17.6-1.pgdg130+1", "its version says that it was built by the PostgreSQL project, whose advisories are not at hand, and not by the distribution"}},
      {"another distribution's package", {.type = "deb", .name = "bash", .version = "5.2.21-2ubuntu4"}, debian, {{}, "bash", "5.2.21-2ubuntu4", "its version says that it was built by Ubuntu, whose advisories are not at hand, and not by the distribution"}},
      {"of the backports, which the release's advisories do not speak of", {.type = "deb", .name = "golang-1.24", .version = "1.24.4-1~bpo12+1", .maintainer = "Go Compiler Team <team+go-compiler@tracker.debian.org>"}, debian, {{}, "golang-1.24", "1.24.4-1~bpo12+1", "its version says that it was built by Debian's backports, whose advisories are not at hand, and not by the distribution"}},
      {"a document's, of this release", {.type = "deb", .name = "bash", .version = "5.2-1", .distribution = "debian-13.4"}, debian, {"Debian:13", "bash", "5.2-1", {}}},
      {"a document's, of another release", {.type = "deb", .name = "bash", .version = "5.2-1", .distribution = "debian-12"}, debian, {{}, "bash", "5.2-1", "it is of 'debian-12', and what else is here of 'Debian:13'"}},
      {"a document's, of another distribution", {.type = "deb", .name = "bash", .version = "5.2-1", .distribution = "ubuntu"}, debian, {{}, "bash", "5.2-1", "it is of 'ubuntu', and what else is here of 'Debian:13'"}},
      {"a document's, with a code name", {.type = "deb", .name = "bash", .version = "5.2-1", .distribution = "debian-trixie"}, debian, {"Debian:13", "bash", "5.2-1", {}}},
      {"on its own distribution it is its own", {.type = "deb", .name = "bash", .version = "5.2.21-2ubuntu4"}, ubuntu, {"Ubuntu:24.04", "bash", "5.2.21-2ubuntu4", {}}},
      {"rpm by its source", {.type = "rpm", .name = "bind-utils", .version = "32:9.16.23-18.el9", .source = "bind", .source_version = "32:9.16.23-18.el9"}, rocky, {"Rocky Linux:9", "bind", "32:9.16.23-18.el9", {}}},
      {"rpm by itself, where records name binaries", {.type = "rpm", .name = "bind-utils", .version = "32:9.16.23-18.el9", .source = "bind", .source_version = "32:9.16.23-18.el9"}, alma, {"AlmaLinux:9", "bind-utils", "32:9.16.23-18.el9", {}}},
      {"with its own version", {.type = "rpm", .name = "perl-IO", .version = "1.43-481.el9", .source = "perl", .source_version = "4:5.32.1-481.el9"}, alma, {"AlmaLinux:9", "perl-IO", "1.43-481.el9", {}}},
      {"apk on debian", {.type = "apk", .name = "musl", .version = "1.2.5-r0"}, debian, {{}, "musl", "1.2.5-r0", "it is a apk package, and 'debian' has deb packages"}},
      {"python needs no distribution", {.type = "pypi", .name = "jinja2", .version = "3.1.2"}, unknown, {"PyPI", "jinja2", "3.1.2", {}}},
      {"a main module without a version", {.type = "golang", .name = "example.com/app", .remark = "main module without a version"}, debian, {{}, "example.com/app", {}, "main module without a version"}},
      {"a jar that does not tell its group", {.type = "maven", .name = "spring-beans", .version = "5.3.17", .remark = "by its manifest, which names no group"}, debian, {{}, "spring-beans", "5.3.17", "nothing tells the group of this artifact, and advisories go by group and artifact"}},
      {"one that does", {.type = "maven", .name = "org.springframework:spring-beans", .version = "5.3.17"}, debian, {"Maven", "org.springframework:spring-beans", "5.3.17", {}}},
      {"an editor's extension is not npm's package of its name", {.type = "vscode-extension", .name = "vscode/handlebars", .version = "1.0.0"}, debian, {"VSCode", "vscode/handlebars", "1.0.0", {}}},
      {"a type nobody publishes for", {.type = "generic", .name = "thing", .version = "1"}, debian, {{}, "thing", "1", "nobody publishes advisories for packages of type 'generic'"}},
  };
  for (const Row& row : rows) {
    const Place place = place_of(row.component, row.distribution);
    EXPECT_EQ(place.space, row.place.space) << row.summary;
    EXPECT_EQ(place.package, row.place.package) << row.summary;
    EXPECT_EQ(place.version, row.place.version) << row.summary;
    EXPECT_EQ(place.reason, row.place.reason) << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::scan
