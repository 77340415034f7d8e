// What a definition declares for an image without a shell, as the layers have it.
#include "build/inner/provisions.h"

#include <nlohmann/json.hpp>

#include "build/inner/trial.h"

namespace ashlar::build {
namespace {

using namespace trial;

class Provisions : public Trial {
 protected:
  /// As after an edit: what was built of the definition before is not asked for again.
  void edited() { definition.digest_hex[0] = static_cast<char>(definition.digest_hex[0] + 1); }
  static std::string owner(const Contents& all, const std::string& path) {
    const auto found = all.find(path);
    if (found == all.end()) return "(absent)";
    return std::to_string(found->second.entry.uid) + ":" + std::to_string(found->second.entry.gid) + (found->second.entry.type == FileType::Directory ? " folder" : " file");
  }
  /// The place of the error, as a person sees it.
  std::string fault() {
    const auto image = assemble_into("layout");
    return image || image.error().faults.empty() ? "no fault" : to_string(image.error().faults.front());
  }
  void declare(plan::PathType type, std::string path, std::uint32_t uid) {
    plan::PathRule rule;
    rule.type = type;
    rule.path = std::move(path);
    rule.uid = rule.gid = uid;
    definition.paths.push_back(std::move(rule));
  }
};

TEST_F(Provisions, volumes_belong_to_the_image_s_user) {
  lock_packages({{"aa", {folder("var"), folder("var/lib"), folder("var/lib/aa"), folder("var/spool", 01777), symlink("data", "var/lib/link"), {"etc/file", "x"}}}});
  definition.volumes = {"/new/deep", "/var/lib/aa", "/var/spool", "/chosen", "/data"};
  declare(plan::PathType::Directory, "/chosen", 7);
  const Contents all = contents();
  EXPECT_EQ(owner(all, "new/deep"), "65532:65532 folder");
  EXPECT_EQ(owner(all, "new"), "0:0 folder");
  EXPECT_EQ(owner(all, "var/lib/aa"), "65532:65532 folder") << "root's own folder of a package is given over";
  EXPECT_EQ(owner(all, "var/spool"), "0:0 folder") << "everybody writes it already";
  EXPECT_EQ(owner(all, "chosen"), "7:7 folder") << "the definition says whose it is";
  EXPECT_EQ(owner(all, "var/lib/link"), "65532:65532 folder") << "made where the symlink leads";
  definition.volumes = {"/etc/file"};
  edited();
  EXPECT_NE(error().find("cannot make volume '/etc/file': the image has a file there"), std::string::npos) << error();
}

TEST_F(Provisions, the_time_zone_is_a_link_into_the_image_s_own_zones) {
  lock_packages({{"tzdata", {folder("usr/share/zoneinfo"), {"usr/share/zoneinfo/Europe/Berlin", "TZif2"}}}});
  definition.time_zone = "Europe/Berlin";
  const Contents all = contents();
  EXPECT_EQ(all.at("etc/localtime").entry.link, "/usr/share/zoneinfo/Europe/Berlin");
  EXPECT_EQ(all.at("etc/timezone").content, "Europe/Berlin\n");
  definition.time_zone = "Europe/Atlantis";
  definition.text = "image: example/small\ntimezone: Europe/Atlantis\n";
  definition.time_zone_at = {2, 11};
  edited();
  EXPECT_EQ(fault(), "catalog/small.yaml:2:11: the image's tzdata has no such zone\n  timezone: Europe/Atlantis\n            ^\n  hint: older names are in tzdata-legacy");
  EXPECT_NE(error().find("cannot set the time zone 'Europe/Atlantis': the image's tzdata has no such zone"), std::string::npos) << error();
  definition.time_zone = "Europe";
  edited();
  EXPECT_NE(error().find("no such zone"), std::string::npos) << "a folder is none: " << error();
  lock_packages({{"aa", {{"etc/x", "1"}}}});
  EXPECT_NE(error().find("the image has no package 'tzdata'"), std::string::npos) << error();
}

TEST_F(Provisions, certificates_need_their_package_and_a_certificate) {
  lock_packages({{"aa", {{"etc/x", "1"}}}});
  definition.certificates = {{"company", "", "-----BEGIN", {3, 5}}};
  EXPECT_TRUE(fault().starts_with("catalog/small.yaml:3:5: the image has no package 'ca-certificates'")) << fault();
  EXPECT_NE(error().find("the image has no package 'ca-certificates'"), std::string::npos) << error();
  lock_packages({{"ca-certificates", {{"etc/x", "1"}}}});
  EXPECT_NE(error().find("it holds no X.509 certificate in PEM"), std::string::npos) << error();
  definition.certificates = {{"company", "nowhere/x.pem", std::nullopt, {}}};
  EXPECT_NE(error().find("cannot add certificate 'company'"), std::string::npos) << error();
}

TEST_F(Provisions, openssl_must_find_the_bundle) {
  const Package bundle{"ca-certificates", {{"etc/ssl/certs/ca-certificates.crt", "roots"}}}, library{"libssl3t64", {{"usr/lib/x86_64-linux-gnu/libssl.so.3", "\177ELF"}}};
  const struct {
    const char* summary;
    std::vector<Package> packages;
    std::map<std::string, std::string> environment;
    bool noted;
  } rows[] = {
      {"a library without its folder", {bundle, library}, {}, true},
      {"with the variable", {bundle, library}, {{"SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"}}, false},
      {"with the variable for a folder", {bundle, library}, {{"SSL_CERT_DIR", "/etc/ssl/certs"}}, false},
      {"with the package openssl", {bundle, library, {"openssl", {folder("usr/lib/ssl"), symlink("usr/lib/ssl/certs", "/etc/ssl/certs")}}}, {}, false},
      {"where that link leads nowhere", {library, {"openssl", {folder("usr/lib/ssl"), symlink("usr/lib/ssl/certs", "/etc/ssl/certs")}}}, {}, false},
      {"without OpenSSL", {bundle}, {}, false},
      {"without certificates", {library}, {}, false},
  };
  for (const auto& row : rows) {
    lock_packages(row.packages);
    definition.environment = row.environment;
    progress.notes.clear();
    edited();
    ASSERT_TRUE(assemble_into("layout")) << row.summary << ": " << error();
    EXPECT_EQ(progress.notes.find("add 'SSL_CERT_FILE: /etc/ssl/certs/ca-certificates.crt' to 'environment'") != std::string::npos, row.noted) << row.summary << ": " << progress.notes;
  }
}

TEST_F(Provisions, locales_must_be_there) {
  lock_packages({{"locales-all", {{"usr/lib/locale/de_DE.utf8/LC_TIME", "x"}, {"usr/lib/locale/fr_FR.utf8/LC_TIME", "x"}}}});
  definition.locales = {"de_DE.UTF-8"};
  definition.slices = {{"locales-all", {"usr/lib/locale/de_DE.utf8/**"}, {}, {}}};
  const Contents all = contents();
  EXPECT_TRUE(all.contains("usr/lib/locale/de_DE.utf8/LC_TIME"));
  EXPECT_FALSE(all.contains("usr/lib/locale/fr_FR.utf8/LC_TIME"));
  definition.slices = {{"locales-all", {"usr/lib/locale/de_DE.utf8/**", "usr/lib/locale/xx_XX.utf8/**"}, {}, {}}};
  definition.text = "locales: [de_DE.UTF-8, xx_XX.UTF-8]";
  definition.locales_at = {{1, 11}, {1, 24}};
  edited();
  EXPECT_TRUE(fault().starts_with("catalog/small.yaml:1:24: the distribution's locales-all has none of this name\n")) << fault();
  EXPECT_NE(error().find("cannot add locale 'xx_XX.utf8'"), std::string::npos) << error();
}

TEST_F(Provisions, health_brings_the_probe_and_says_so) {
  lock_packages({{"aa", {{"etc/x", "1"}}}});
  EXPECT_FALSE(contents().contains(std::string(probe_path)));
  definition.health = plan::Health{"tcp", "localhost:80", 30, 5, 3};
  edited();
  const auto made = assemble_into("layout");
  if (!made && made.error().kind == Kind::Unavailable) GTEST_SKIP() << made.error().message;
  ASSERT_TRUE(made) << made.error().message;
  const Contents all = read(*made, "layout");
  const Found& probe = all.at(std::string(probe_path));
  EXPECT_EQ(probe.entry.mode, 0755u);
  EXPECT_TRUE(probe.content.starts_with("\177ELF"));
  EXPECT_LT(probe.content.size(), 100'000u);
  EXPECT_NE(all.at("usr/share/ashlar/image.json").content.find("effect:health"), std::string::npos);
  // A command of the image needs no probe.
  definition.health = plan::Health{"exec", "pg_isready -h 'a b'", 30, 5, 2};
  edited();
  EXPECT_FALSE(contents().contains(std::string(probe_path)));
  EXPECT_EQ(health_check(definition)->test, (std::vector<std::string>{"CMD", "pg_isready", "-h", "a b"}));
}

}  // namespace
}  // namespace ashlar::build
