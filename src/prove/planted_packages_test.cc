// What an image says of itself excuses nothing: packages are forged with their lists, and found out where the packages themselves are at hand.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "prove/inner/planted.h"

namespace ashlar::prove {
namespace {

using namespace std::string_literals;

/// Put together here, so that this file holds no key.
std::string key() {
  std::string body;
  for (int line = 0; line < 4; ++line) body += "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n";
  return "-----BEGIN RSA PRIVATE"s + " KEY-----\n" + body + "-----END RSA PRIVATE" + " KEY-----\n";
}

/// The image's package `tool`, with lists that agree with these files.
Members package_with(const Members& files) {
  std::string sums;
  for (const Member& each : files) {
    if (each.type == FileType::Regular) sums += md5_hex(as_bytes(each.content)) + "  " + each.path + "\n";
  }
  Members out = loaderless(clean());
  out.insert(out.end(), files.begin(), files.end());
  out.push_back({"var/lib/dpkg/status.d/tool", "Package: tool\nVersion: 1\nArchitecture: all\n"});
  out.push_back({"var/lib/dpkg/status.d/tool.md5sums", sums});
  return out;
}

/// What stands at a path, of these bytes.
inventory::Known known_package(const std::string& path, const std::string& content) {
  inventory::Known known;
  known.packages["tool"] = {"tool", "1", "all", {{path, {FileType::Regular, Digest::of(content), {}}}}};
  return known;
}

Check the(const std::string& id, const std::vector<Check>& checks) {
  const auto found = std::ranges::find(checks, id, &Check::id);
  EXPECT_NE(found, checks.end()) << id;
  return found == checks.end() ? Check() : *found;
}

TEST(PlantedPackages, KeysInTheirPathsTable) {
  struct Case { std::string summary; std::optional<inventory::Known> known; Outcome expected; std::string names; };
  const std::string path = "usr/share/tool/test.pem";
  const std::vector<Case> cases = {
      {"the package's own bytes", known_package(path, key()), Outcome::Excused, "the file of package:tool has the same bytes"},
      {"other bytes than the package's", known_package(path, "a public key"), Outcome::Failed, "'/usr/share/tool/test.pem':1 is a private key in PEM (RSA)"},
      {"in a path that the package does not have", known_package("usr/share/tool/else", key()), Outcome::Failed, "is a private key in PEM (RSA)"},
      {"the image's lists alone", std::nullopt, Outcome::Failed, "the image alone says that it is package:tool's"},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.summary);
    Yardstick yardstick;
    yardstick.known = each.known ? &*each.known : nullptr;
    const Check check = the("no-secrets", judge({package_with({folder("usr/share/tool"), {path, key()}})}, clean_config(), yardstick));
    EXPECT_EQ(check.outcome, each.expected);
    EXPECT_NE(join(check.evidence, "\n").find(each.names), std::string::npos) << join(check.evidence, "\n");
  }
}

TEST(PlantedPackages, ForgedListsTable) {
  struct Case { std::string summary; std::optional<inventory::Known> known; bool told_against; std::string names; };
  const std::vector<Case> cases = {
      {"with the package at hand", known_package("usr/bin/tool", "tool"), true, "'/usr/bin/tool' is altered: its SHA-256 is"},
      {"with the same package at hand", known_package("usr/bin/tool", "forged"), false, " verified"},
      {"with nothing at hand", std::nullopt, false, "1 files of 1 packages are claimed, not verified: the image's own lists bear them out, and the packages are not at hand (tool)"},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.summary);
    Yardstick yardstick;
    yardstick.known = each.known ? &*each.known : nullptr;
    const std::string evidence = join(the("no-unowned-files", judge({package_with({{"usr/bin/tool", "forged"}})}, clean_config(), yardstick)).evidence, "\n");
    EXPECT_EQ(evidence.find("'/usr/bin/tool' is altered") != std::string::npos, each.told_against) << evidence;
    EXPECT_NE(evidence.find(each.names), std::string::npos) << evidence;
  }
}

TEST(PlantedPackages, StrangersFail) {
  inventory::Known known;
  known.strangers["tool"] = "it is version 1, and the lock names 2";
  Yardstick yardstick;
  yardstick.known = &known;
  const Check check = the("no-unowned-files", judge({package_with({})}, clean_config(), yardstick));
  EXPECT_EQ(check.outcome, Outcome::Failed);
  EXPECT_NE(join(check.evidence, "\n").find("package 'tool' is not what it says: it is version 1, and the lock names 2"), std::string::npos);
}

/// Claims of files, each named; of very many only their number.
TEST(PlantedPackages, ClaimsAreSaid) {
  Members members = package_with({});
  std::string paths;
  for (int at = 0; at < 20; ++at) {
    const std::string path = "opt/made" + std::to_string(10 + at);
    members.push_back({path, "x"});
    paths += (paths.empty() ? "\"" : ", \"") + path + "\"";
  }
  members.push_back(folder("usr/share/ashlar"));
  members.push_back({"usr/share/ashlar/image.json", R"({"schema": "https://ashlar.dev/image/v1", "image": "registry.example/a", "variant": "runtime", "distribution": "debian-13", "slices": {}, "owners": {"effect:script:tool.postinst": [)" + paths + "]}}"});
  const std::string evidence = join(the("no-unowned-files", judge({members}, clean_config())).evidence, "\n");
  EXPECT_NE(evidence.find("'/opt/made10' is claimed for effect:script:tool.postinst, not verified: nothing at hand records what script 'tool.postinst' makes"), std::string::npos) << evidence;
  EXPECT_NE(evidence.find("and 8 more files are claimed, not verified"), std::string::npos) << evidence;
}

}  // namespace
}  // namespace ashlar::prove
