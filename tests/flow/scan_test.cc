// `ashlar scan` of a small image that was built here: what it answers, and that no damage to the image makes it clean.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

#include <fmt/format.h>

#include "base/old_hash.h"
#include "oci/layout.h"
#include "sample_root.h"
#include "small_archive.h"

namespace ashlar::flow {
namespace {

/// The small image made of packages of `Debian 13`, and feeds that know them.
class ScanFlow : public KnownProject {
 protected:
  /// The files of the image as a folder of the stage; of layers that ashlar makes none hides another's.
  void unpack(const std::string& folder) const {
    fs::remove_all(stage.folder() / folder);
    fs::create_directories(stage.folder() / folder);
    const auto files = host::machine_files();
    const auto image = oci::open_image(*files, *oci::ImageRef::parse("oci:" + (stage.folder() / "out").string() + ":1"));
    ASSERT_TRUE(image) << image.error().message;
    const auto all = oci::platforms(**image);
    ASSERT_TRUE(all) << all.error().message;
    for (const auto& layer : all->front().manifest.layers) {
      const Ran ran = stage.run({"tar", "-C", folder, "--no-same-owner", "-xf", "out/blobs/sha256/" + layer.digest.hex()});
      ASSERT_EQ(ran.code, 0) << ran.told;
    }
  }

  /// What somebody did to the image, and what a cause of the verdict must say then.
  struct Damage {
    const char* summary;
    std::function<void()> plant;
    const char* cause;
  };
  /// Plants each in a copy of its own in `root`, which is scanned as a folder and as an image of one layer.
  void never_clean(const std::vector<Damage>& rows) {
    for (const Damage& row : rows) {
      unpack("root");
      row.plant();
      fs::remove_all(stage.folder() / "squashed");
      pack_root(stage, "root", "squashed");
      for (const char* target : {"dir:root", "oci:squashed:1"}) {
        const Json answer = stage.json({"scan", target}, 3);
        EXPECT_EQ(answer["verdict"], "unknown") << row.summary << ", " << target;
        EXPECT_TRUE(says(answer, row.cause)) << row.summary << ", " << target << ": " << answer["causes"];
      }
    }
  }
  void replace(const std::string& path, const std::string& from, const std::string& to) { edit("root/" + path, from, to); }
  fs::path database() const { return stage.folder() / "root/var/lib/dpkg"; }

  /// Whether a cause of the verdict says so.
  static bool says(const Json& answer, std::string_view words) {
    return std::ranges::any_of(answer["causes"], [&](const Json& cause) { return cause.get<std::string>().find(words) != std::string::npos; });
  }
};

TEST_F(ScanFlow, clean_affected_and_unknown_have_exit_codes_of_their_own) {
  const Json clean = stage.json({"scan", "oci:out:1"});
  EXPECT_EQ(clean["verdict"], "clean") << clean["causes"];
  EXPECT_EQ(clean["coverage"]["packages"], clean["coverage"]["judged"]);
  EXPECT_GE(clean["coverage"]["judged"], 3);
  EXPECT_EQ(clean["findings"], Json::array());
  know("2.0");
  const Json affected = stage.json({"scan", "oci:out:1"});
  EXPECT_EQ(affected["verdict"], "affected");
  ASSERT_EQ(affected["findings"].size(), 1U);
  const Json& finding = affected["findings"][0];
  EXPECT_EQ(finding["id"], "CVE-2026-0001");
  EXPECT_EQ(finding["package"]["name"], "greeter");
  EXPECT_EQ(finding["fixed_in"], "2.0");
  EXPECT_EQ(finding["proof"].back()["text"], "1.1 < 2.0 (fixed, dpkg)");
  for (const auto& [rule, code] : {std::pair{"high", 1}, {"low", 1}, {"critical", 0}, {"fixable", 1}, {"high,fixable", 1}, {"critical,fixable", 0}, {"kev", 3}, {"dreadful", 2}, {"high,dreadful", 2}}) EXPECT_EQ(stage.ashlar({"scan", "oci:out:1", "--fail-on", rule}).code, code) << rule;
  const Ran words = stage.ashlar({"scan", "oci:out:1"});
  for (const char* line : {"CVE-2026-0001  high      -     base   greeter  1.1      2.0\n", "verdict     affected\n", "findings    1 affected\n", "packages    3 of 3 judged\n"}) EXPECT_NE(words.out.find(line), std::string::npos) << line << words.told;
  unpack("root");
  stage.write("root/opt/stray", bytes_of(ASHLAR_GREETER));
  const Json unknown = stage.json({"scan", "dir:root", "--fail-on", "high"}, 3);
  EXPECT_EQ(unknown["verdict"], "unknown") << "unknown outranks affected";
  EXPECT_EQ(unknown["findings"].size(), 1U) << "and hides no finding";
}

TEST_F(ScanFlow, planted_package_database_removed_is_never_clean) {
  never_clean({
      {"all of it", [&] { fs::remove_all(database()); }, "the image says that it is 'Debian:13' and has no package database of it"},
      {"it was emptied", [&] { fs::remove_all(database() / "status.d"), stage.write("root/var/lib/dpkg/status", ""); }, "the image says that it is 'Debian:13' and has no package database of it"},
      {"it was moved, and a link leads to it", [&] { fs::rename(database(), stage.folder() / "root/opt"), fs::create_directory_symlink("../../opt", database()); }, "the image says that it is 'Debian:13' and has no package database of it"},
      {"one package with a program was taken out of it", [&] { fs::remove(database() / "status.d/greeter"), fs::remove(database() / "status.d/greeter.md5sums"); }, "/usr/bin/greet"},
      {"the list of a package's files was removed", [&] { fs::remove(database() / "status.d/greeter.md5sums"); }, "/usr/bin/greet"},
      {"what was put in its place is none", [&] { fs::remove_all(database() / "status.d"), stage.write("root/var/lib/dpkg/status", "\x7f" "ELF\n"); }, "the package database is damaged"},
  });
  unpack("root");
  EXPECT_EQ(stage.json({"scan", "dir:root"})["verdict"], "clean") << "and without damage it is clean";
}

TEST_F(ScanFlow, planted_os_release_faked_is_never_clean) {
  never_clean({
      {"another distribution", [&] { replace("usr/lib/os-release", "ID=debian", "ID=nobody"); }, "distribution 'nobody' is not known"},
      {"a release that no feed covers", [&] { replace("usr/lib/os-release", "\"13\"", "\"99\""); }, "no feed covers 'Debian:99'"},
      {"a distribution of other packages", [&] { replace("usr/lib/os-release", "ID=debian", "ID=wolfi"); }, "'wolfi' has apk packages"},
      {"an older release that a feed covers", [&] { replace("usr/lib/os-release", "\"13\"", "\"12\""); }, "the image says that it is 'Debian:12', and 'base-files' 13.1 is of 'Debian:13', 'etc/debian_version' says '13.1'"},
      {"and the older file with it", [&] { replace("usr/lib/os-release", "\"13\"", "\"12\""), stage.write("root/etc/debian_version", "12.4\n"); }, "the image says that it is 'Debian:12', and 'base-files' 13.1 is of 'Debian:13'"},
      {"another file before it", [&] { fs::remove(stage.folder() / "root/etc/os-release"), stage.write("root/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n"); }, "the image says that it is 'Debian:12'"},
      {"no release", [&] { replace("usr/lib/os-release", "VERSION_ID=\"13\"", ""); }, "names no release (VERSION_ID) of 'debian'"},
      {"no name", [&] { replace("usr/lib/os-release", "ID=debian", "NAME=debian"); }, "names no distribution (ID)"},
      {"it was removed", [&] { fs::remove(stage.folder() / "root/usr/lib/os-release"), fs::remove(stage.folder() / "root/etc/os-release"); }, "no os-release"},
  });
}

TEST_F(ScanFlow, planted_stray_binary_in_the_base_is_never_clean) {
  never_clean({
      {"a program", [&] { stage.write("root/opt/stray", bytes_of(ASHLAR_GREETER)); }, "/opt/stray"},
      {"a program that nobody may start", [&] { stage.write("root/usr/share/doc/notes.txt", bytes_of(ASHLAR_GREETER)), fs::permissions(stage.folder() / "root/usr/share/doc/notes.txt", fs::perms(0444)); }, "/usr/share/doc/notes.txt"},
      {"a program below the package database", [&] { stage.write("root/var/lib/dpkg/info/stray", bytes_of(ASHLAR_GREETER)); }, "/var/lib/dpkg/info/stray"},
      {"a program that the image's own statement claims", [&] { stage.write("root/opt/stray", bytes_of(ASHLAR_GREETER)), replace("usr/share/ashlar/image.json", "\"usr/bin/greet\"", "\"opt/stray\", \"usr/bin/greet\""); }, "/opt/stray"},
      {"a program in the place of a package's", [&] { stage.write("root/usr/bin/greet", bytes_of(ASHLAR_GREETER) + "more"); }, "/usr/bin/greet"},
      {"an archive", [&] { stage.write("root/usr/share/doc/notes", std::string("PK\x03\x04") + "more"); }, "/usr/share/doc/notes"},
      {"a program of Windows", [&] { stage.write("root/opt/tool.dat", "MZ" + std::string(200, '\0')); }, "/opt/tool.dat"},
      {"an archive behind a script", [&] { stage.write("root/opt/run", "#!/bin/sh\nexec java -jar $0\n" + std::string("PK\x03\x04\0more", 9)); }, "/opt/run"},
      {"what bzip2 packed", [&] { stage.write("root/opt/notes", "BZh91AY&SYmore"); }, "/opt/notes"},
      {"something packed", [&] { stage.write("root/etc/notes", std::string("\x28\xb5\x2f\xfd") + "more"); }, "/etc/notes"},
  });
}

// A version that is raised so that no advisory meets it, by somebody who covers more and more of the tracks.
TEST_F(ScanFlow, planted_package_database_edited_is_never_clean) {
  know("2.0");
  const std::string status = "var/lib/dpkg/status.d/greeter", list = "usr/share/ashlar/packages.json";
  const auto raise = [&] { replace(status, "Version: 1.1", "Version: 9.9"); };
  const auto remove = [&](const std::string& path) { EXPECT_TRUE(fs::remove(stage.folder() / "root" / path)) << path; };
  const auto forget_list = [&] { remove(list), replace("usr/share/ashlar/image.json", "\"" + list + "\"", "\"etc/nothing\""), stage.write("root/etc/nothing", "\n"); };
  never_clean({
      {"a version was raised over what another package depends on", [&] { replace("var/lib/dpkg/status.d/words", "Version: 1.0", "Version: 9.0"); }, "depends on 'words (= 1.0)', and 9.0 is installed"},
      {"the version alone", raise, "of 'greeter' it says 9.9, and 'usr/share/ashlar/packages.json' (the image's own list) 1.1"},
      {"in the image's own list as well", [&] { raise(), replace(list, "\"version\":\"1.1\"", "\"version\":\"9.9\""); }, "'usr/share/ashlar/packages.json' (the name of its file) 1.1"},
      {"and in the name of its file there", [&] { raise(), replace(list, "\"version\":\"1.1\"", "\"version\":\"9.9\""), replace(list, "greeter_1.1_", "greeter_9.9_"); }, "no release of 'Debian:13' has such a version of 'greeter': the newest that feed 'debian-tracker' knows is 1.1"},
      {"and the list is gone", [&] { raise(), remove(list); }, "'usr/share/ashlar/packages.json', by which its versions could be told, was removed"},
      {"a second paragraph", [&] { forget_list(), stage.write("root/var/lib/dpkg/status", "Package: greeter\nStatus: install ok installed\nArchitecture: amd64\nVersion: 9.9\n"); }, "'greeter' stands twice, with"},
      {"a version beyond all order", [&] { replace(status, "Version: 1.1", "Version: newest!"); }, "'greeter' has the version 'newest!', which is none"},
      {"no version", [&] { replace(status, "Version: 1.1\n", ""); }, "the package database is damaged: cannot read 'var/lib/dpkg/status.d/greeter': the paragraph of 'greeter' has no Version"},
      {"the package counts as removed", [&] { replace(status, "Version: 1.1", "Status: deinstall ok config-files\nVersion: 1.1"); }, "/usr/bin/greet"},
      {"the package is a vendor's", [&] { replace(status, "Maintainer: Nobody <nobody@lists.debian.org>", "Maintainer: Docker <support@docker.com>"); }, "it was built by 'docker.com'"},
      {"only its data was taken out", [&] { remove("var/lib/dpkg/status.d/words"); }, "it does not name 'words', and 'usr/share/ashlar/packages.json' (the image's own list) does"},
  });
  unpack("root");
  EXPECT_EQ(stage.json({"scan", "dir:root"})["verdict"], "affected") << "and without an edit nothing stands against it";
}

TEST_F(ScanFlow, planted_end_of_life_release_is_never_clean) {
  stage.write("eol.json", R"([{"cycle": "13", "eol": "2020-01-01"}])");
  know("1.1");
  EXPECT_TRUE(says(stage.json({"scan", "oci:out:1"}, 3), "'Debian:13' is past its end of life (2020-01-01)"));
}

TEST_F(ScanFlow, stale_facts_beside_advisories_are_told_in_every_form) {
  const auto kev = [](const std::string& released) {
    return fmt::format(R"({{"title": "x", "catalogVersion": "1", "dateReleased": "{}", "count": 1, "vulnerabilities": [{{"cveID": "CVE-2026-0001", "vendorProject": "x", "product": "x", "vulnerabilityName": "x", "dateAdded": "2020-01-01", "shortDescription": "x", "requiredAction": "x", "dueDate": "2020-02-01", "knownRansomwareCampaignUse": "Unknown"}}]}})", released);
  };
  know("2.0");
  stage.write("epss.csv", "#model_version:v2025.03.14,score_date:2020-01-02T00:00:00+0000\ncve,epss,percentile\nCVE-2026-0001,0.5,0.9\n");
  stage.write("kev.json", kev("2020-01-02T00:00:00.0Z"));
  ASSERT_EQ(stage.ashlar({"feed", "update", "kev=kev.json", "epss=epss.csv"}).code, 0);
  for (const char* format : {"table", "json", "sarif", "cyclonedx-json", "cosign-vuln", "html", "grype-json", "trivy-json"}) {
    const Ran ran = stage.ashlar({"scan", "oci:out:1", "--format", format});
    EXPECT_EQ(ran.code, 0) << ran.told << "\nno package is judged by them";
    for (const char* words : {" days are allowed: more may be known to be exploited", " days are allowed: the likelihoods are of that day"}) EXPECT_NE(ran.out.find(words), std::string::npos) << format << words;
  }
  // What rests on such a feed alone cannot be answered by it, but where it has the answer.
  EXPECT_EQ(stage.ashlar({"scan", "oci:out:1", "--fail-on", "kev"}).code, 1);
  know("1.1");
  const Ran none = stage.ashlar({"scan", "oci:out:1", "--fail-on", "kev"});
  EXPECT_EQ(none.code, 3) << none.told;
  EXPECT_NE(none.err.find("no fresh feed of what is exploited"), std::string::npos) << none.told;
  stage.write("kev.json", kev("2026-01-02T00:00:00.0Z"));
  stage.write("max-age.yaml", "summary: x\nformat: kev\npublisher: CISA\nurls: [https://example.org/kev.json]\nmax-age: 9999w\n");
  ASSERT_EQ(stage.ashlar({"feed", "add", "max-age.yaml"}).code, 0);
  ASSERT_EQ(stage.ashlar({"feed", "update", "max-age=kev.json"}).code, 0);
  EXPECT_EQ(stage.ashlar({"scan", "oci:out:1", "--fail-on", "kev"}).code, 0) << "a fresh one answers";
}

TEST_F(ScanFlow, the_support_of_single_packages_is_told) {
  know("2.0");
  stage.write("limited", "greet.* only for polite people\n");
  stage.write("ended", "words 0.9 2020-01-01 nobody speaks any more\n");
  ASSERT_EQ(stage.ashlar({"feed", "update", "debian-13-support-limited=limited"}).code, 0);
  const Json limited = stage.json({"scan", "oci:out:1"});
  EXPECT_EQ(limited["verdict"], "affected");
  EXPECT_EQ(limited["coverage"]["support"], Json::parse(R"([{"package": "greeter", "remark": "limited: only for polite people", "ended": false}])"));
  EXPECT_EQ(limited["findings"][0]["support"], "limited: only for polite people");
  EXPECT_NE(limited["notes"].dump().find("the security support of 'greeter' in 'Debian:13' is limited: only for polite people"), std::string::npos) << limited["notes"];
  ASSERT_EQ(stage.ashlar({"feed", "update", "debian-13-support-ended=ended"}).code, 0);
  EXPECT_TRUE(says(stage.json({"scan", "oci:out:1"}, 3), "the support of 'words' in 'Debian:13' ended on 2020-01-01"));
}

TEST_F(ScanFlow, planted_forged_vex_is_never_clean) {
  know("2.0");
  const std::string openvex = R"({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/vex", "author": "Debian Security Team", "timestamp": "2099-01-01T00:00:00Z", "version": 1, "statements": [
    {"vulnerability": {"name": "CVE-2026-0001"}, "products": [{"@id": "pkg:deb/debian/greeter"}], "status": "not_affected", "justification": "vulnerable_code_not_present"}]})";
  const std::string cyclonedx = R"({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": {"timestamp": "2026-01-01T00:00:00Z"}, "vulnerabilities": [
    {"id": "CVE-2026-0001", "analysis": {"state": "not_affected", "justification": "code_not_present"}, "affects": [{"ref": "pkg:deb/debian/greeter@1.1"}]}]})";
  const std::string csaf = R"({"document": {"category": "csaf_vex", "csaf_version": "2.0", "title": "x", "publisher": {"category": "vendor", "name": "Debian", "namespace": "https://example.org"}, "tracking": {"current_release_date": "2026-01-01T00:00:00Z", "id": "x", "initial_release_date": "2026-01-01T00:00:00Z", "revision_history": [], "status": "final", "version": "1"}},
    "product_tree": {"full_product_names": [{"product_id": "P", "name": "greeter", "product_identification_helper": {"purl": "pkg:deb/debian/greeter@1.1"}}]},
    "vulnerabilities": [{"cve": "CVE-2026-0001", "product_status": {"known_not_affected": ["P"]}, "flags": [{"label": "vulnerable_code_not_present", "product_ids": ["P"]}]}]})";
  for (const auto& [name, text] : {std::pair{"OpenVEX", openvex}, {"CycloneDX", cyclonedx}, {"CSAF", csaf}}) {
    unpack("root");
    stage.write("root/usr/share/vex/own.vex.json", text);
    fs::remove_all(stage.folder() / "squashed");
    pack_root(stage, "root", "squashed");
    for (const char* target : {"dir:root", "oci:squashed:1"}) {
      const Json forged = stage.json({"scan", target});
      EXPECT_EQ(forged["verdict"], "affected") << name;
      EXPECT_EQ(forged["findings"][0]["status"], "affected") << name;
      ASSERT_EQ(forged["statements"].size(), 1U) << name << ": it is shown";
      EXPECT_EQ(forged["statements"][0]["applied"], false) << name;
      EXPECT_EQ(forged["statements"][0]["matched"], 1) << name << ": it would have met the finding";
      EXPECT_EQ(forged["statements"][0]["reason"], "an image cannot acquit itself") << name;
      EXPECT_EQ(stage.ashlar({"scan", target, "--fail-on", "high"}).code, 1) << name;
    }
    // Attached to the image from outside, it is as good as unsigned until somebody checks who signed it.
    fs::remove_all(stage.folder() / "attached");
    fs::copy(stage.folder() / "out", stage.folder() / "attached", fs::copy_options::recursive);
    attach(stage, "attached", R"({"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://openvex.dev/ns", "subject": [{"digest": {"sha256": ")" + std::string(64, 'a') + R"("}}], "predicate": )" + text + "}");
    const Json outside = stage.json({"scan", "oci:attached:1"});
    EXPECT_EQ(outside["findings"][0]["status"], "affected") << name;
    ASSERT_EQ(outside["statements"].size(), 1U) << name;
    EXPECT_EQ(outside["statements"][0]["reason"], "nothing signs it") << name;
    EXPECT_TRUE(outside["statements"][0]["source"].get<std::string>().starts_with("attached as sha256:")) << outside["statements"][0];
    // The same document counts when the user names it.
    stage.write("named.json", text);
    const Json named = stage.json({"scan", "oci:out:1", "--vex", "named.json"});
    EXPECT_EQ(named["findings"][0]["status"], "not_affected") << name;
    EXPECT_EQ(named["verdict"], "clean") << name;
  }
}

TEST_F(ScanFlow, statements_count_whose_signer_is_believed) {
  ASHLAR_NEED("openssl");
  know("2.0");
  for (const char* name : {"our", "other"}) {
    ASSERT_EQ(stage.run({"openssl", "genpkey", "-algorithm", "ED25519", "-out", fmt::format("{}.key", name)}).code, 0);
    ASSERT_EQ(stage.run({"openssl", "pkey", "-in", fmt::format("{}.key", name), "-pubout", "-out", fmt::format("{}.pub", name)}).code, 0);
  }
  stage.write("vex.json", R"({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/vex/1", "author": "platform", "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": [
    {"vulnerability": {"name": "CVE-2026-0001"}, "products": [{"@id": "pkg:deb/debian/greeter@1.1"}], "status": "not_affected", "justification": "vulnerable_code_not_present"}]})");
  const std::string plain = stage.read("ashlar.yaml");
  for (const char* layout : {"tag", "bundle", "both"}) {
    fs::remove_all(stage.folder() / "said");
    fs::copy(stage.folder() / "out", stage.folder() / "said", fs::copy_options::recursive);
    const Ran said = stage.ashlar({"attest", "oci:said:1", "--key", "our.key", "--type", "openvex", "--predicate", "vex.json", "--layout", layout});
    ASSERT_EQ(said.code, 0) << said.told;
    struct Row { const char *summary, *trust, *status, *reason; };
    const Row rows[] = {
        {"nobody is believed", "", "affected", "it is signed with a key, and no key is believed: name one with --key, or in the configuration's `trust`"},
        {"another is believed", "trust: {keys: [other.pub]}\n", "affected", "signed by another key"},
        {"the signer is believed", "trust: {keys: [other.pub, our.pub]}\n", "not_affected", ""},
    };
    for (const Row& row : rows) {
      stage.write("ashlar.yaml", plain + row.trust);
      const Json answer = stage.json({"scan", "oci:said:1"});
      EXPECT_EQ(answer["findings"][0]["status"], row.status) << row.summary << ", " << layout;
      ASSERT_EQ(answer["statements"].size(), 1U) << row.summary << ", " << layout << ": one statement in two layouts is one";
      EXPECT_EQ(answer["statements"][0]["applied"], std::string_view(row.reason).empty()) << row.summary << ", " << layout;
      EXPECT_EQ(answer["statements"][0].value("reason", ""), row.reason) << row.summary << ", " << layout;
    }
  }
}

TEST_F(ScanFlow, a_statement_counts_whose_own_manifest_is_signed) {
  ASHLAR_NEED("openssl");
  know("2.0");
  ASSERT_EQ(stage.run({"openssl", "genpkey", "-algorithm", "ED25519", "-out", "our.key"}).code, 0);
  ASSERT_EQ(stage.run({"openssl", "pkey", "-in", "our.key", "-pubout", "-out", "our.pub"}).code, 0);
  const std::string image = Json::parse(stage.read("out/index.json"))["manifests"][0]["digest"];
  const std::string vex = R"({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/vex/1", "author": "platform", "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": [
    {"vulnerability": {"name": "CVE-2026-0001"}, "products": [{"@id": "pkg:deb/debian/greeter@1.1"}], "status": "not_affected", "justification": "vulnerable_code_not_present"}]})";
  const std::string plain = stage.read("ashlar.yaml");
  stage.write("ashlar.yaml", plain + "trust: {keys: [our.pub], statements-by-manifest: true}\n");
  const auto status_of = [&](const std::string& subject, bool sign, const std::string& artifact_type = "application/vnd.in-toto+json") {
    fs::remove_all(stage.folder() / "said");
    fs::copy(stage.folder() / "out", stage.folder() / "said", fs::copy_options::recursive);
    attach(stage, "said", fmt::format(R"({{"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://openvex.dev/ns", "subject": [{{"digest": {{"sha256": "{}"}}}}], "predicate": {}}})", subject.substr(7), vex), artifact_type);
    const Json index = Json::parse(stage.read("said/index.json"));
    const std::string artifact = index["manifests"].back()["digest"];
    const Ran ran = sign ? stage.ashlar({"sign", "oci:said@" + artifact, "--key", "our.key"}) : Ran{.code = 0, .out = {}, .err = {}, .told = {}};
    EXPECT_EQ(ran.code, 0) << ran.told;
    return stage.json({"scan", "oci:said:1"})["findings"][0].value("status", "");
  };
  EXPECT_EQ(status_of(image, false), "affected") << "nothing signs it";
  EXPECT_EQ(status_of(image, true), "not_affected");
  EXPECT_EQ(status_of("sha256:" + std::string(64, 'a'), true), "affected") << "it is signed, and on something else";
  EXPECT_EQ(status_of(image, true, ""), "affected") << "whoever signs an image vouches for no statement in it";
  EXPECT_EQ(status_of(image, true, "application/vnd.example"), "affected");
  stage.write("ashlar.yaml", plain + "trust: {keys: [our.pub]}\n");
  EXPECT_EQ(status_of(image, true), "affected") << "nobody said that it counts so";
}

TEST_F(ScanFlow, no_database_no_answer) {
  fs::remove_all(fs::path(stage.environment["XDG_DATA_HOME"]) / "ashlar/advisories");
  const Json answer = stage.json({"scan", "oci:out:1"}, 3);
  EXPECT_EQ(answer["verdict"], "unknown");
  EXPECT_TRUE(says(answer, "there is none: `ashlar feed update` makes one")) << answer["causes"];
  EXPECT_EQ(answer["coverage"]["judged"], 0);
  EXPECT_EQ(answer["coverage"]["packages"], 3) << "what is there is counted";
  EXPECT_EQ(answer["database"]["digest"], nullptr);
  const Ran words = stage.ashlar({"scan", "oci:out:1", "--fail-on", "low"});
  EXPECT_EQ(words.code, 3) << words.told;
  EXPECT_NE(words.out.find("advisories  none: there is no database\n"), std::string::npos) << words.told;
  const Ran named = stage.ashlar({"scan", "oci:out:1", "--db", "nowhere.db"});
  EXPECT_EQ(named.code, 2) << "one that was named and is not there is a slip of whoever named it\n" << named.told;
}

TEST_F(ScanFlow, no_database_as_old_as_that_no_answer) {
  const Json answer = stage.json({"scan", "oci:out:1", "--as-of", "2001-01-01"}, 3);
  EXPECT_EQ(answer["verdict"], "unknown");
  EXPECT_TRUE(says(answer, "none that is kept is as old as 2001-01-01T23:59:59Z")) << answer["causes"];
}

TEST_F(ScanFlow, a_damaged_package_database_is_unknown_and_the_rest_is_judged) {
  know("2.0");
  unpack("root");
  const std::string database = "root/var/lib/dpkg/status.d/words";
  const auto spoil = [&](const std::string& text) {
    fs::permissions(stage.folder() / database, fs::perms(0644));
    stage.write(database, text);
    const Json answer = stage.json({"scan", "dir:root"}, 3);
    EXPECT_EQ(answer["verdict"], "unknown") << text;
    EXPECT_TRUE(says(answer, "the package database is damaged: cannot read")) << text << answer["causes"];
    EXPECT_TRUE(says(answer, "var/lib/dpkg/status.d/words")) << text << answer["causes"];
    ASSERT_EQ(answer["findings"].size(), 1U) << text;
    EXPECT_EQ(answer["findings"][0]["package"]["name"], "greeter") << "what does read is judged";
  };
  const std::string good = stage.read(database);
  spoil(good + "what is this\n");
  spoil("Package: words\nArchitecture: all\n");
  spoil("\x1f\x8b\x08");
  spoil(good.substr(0, good.find("Version")));
  pack_root(stage, "root", "squashed");
  // Where a verb is about the image as it was built, damage is damage.
  const Ran diff = stage.ashlar({"diff", "oci:out:1", "oci:squashed:1"});
  EXPECT_EQ(diff.code, 5) << diff.told;
}

TEST_F(ScanFlow, any_number_of_processors_gives_the_same_bytes) {
  ASHLAR_NEED("taskset");
  know("2.0");
  for (const char* format : {"json", "table", "sarif", "cyclonedx-json", "html"}) {
    // `--as-of` fixes the moment of a scan, which some forms name.
    const Words words = {program_under_test(), "scan", "oci:out:1", "--format", format, "--as-of", "2099-01-01"};
    Words one = {"taskset", "-c", "0"};
    one.insert(one.end(), words.begin(), words.end());
    const Ran narrow = stage.run(one), wide = stage.run(words);
    EXPECT_EQ(narrow.code, 3) << narrow.told << "\nthe feed is old by then";
    EXPECT_FALSE(narrow.out.empty()) << format;
    EXPECT_EQ(narrow.out, wide.out) << format;
  }
}

TEST_F(ScanFlow, opens_no_socket) {
  ASHLAR_NEED("strace");
  const Ran ran = stage.run({"strace", "-f", "-e", "trace=network", "-o", "trace", program_under_test(), "scan", "oci:out:1"});
  if (ran.err.find("ptrace") != std::string::npos || ran.err.find("PTRACE") != std::string::npos) GTEST_SKIP() << "nothing can be traced here: " << ran.err;
  ASSERT_EQ(ran.code, 0) << ran.told;
  const std::string trace = stage.read("trace");
  EXPECT_NE(trace.find("+++ exited with 0 +++"), std::string::npos) << "it was traced";
  for (const char* call : {"socket(", "connect(", "sendto(", "bind("}) EXPECT_EQ(trace.find(call), std::string::npos) << trace;
}

}  // namespace
}  // namespace ashlar::flow
