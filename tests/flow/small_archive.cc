#include "small_archive.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "base/old_hash.h"
#include "build/inner/trial.h"

namespace ashlar::flow {
namespace fs = std::filesystem;
using deb::fixture::xz;

namespace {

constexpr std::int64_t file_time = 1700000000;

build::trial::File file_of(const std::string& path, const std::string& content) {
  build::trial::File file;
  file.path = "./" + path;
  file.mtime = file_time;
  if (path.ends_with('/')) {
    file.path.pop_back();
    file.type = FileType::Directory;
    file.mode = path == "tmp/" ? 01777 : 0755;
  } else if (content.starts_with("-> ")) {
    file.type = FileType::Symlink;
    file.mode = 0777;
    file.link = content.substr(3);
  } else {
    file.content = content;
    file.mode = path.starts_with("usr/bin/") ? 0755 : 0644;
  }
  return file;
}

std::string control_of(const SmallPackage& package) {
  std::string text = fmt::format("Package: {}\nVersion: {}\nArchitecture: {}\nMaintainer: Nobody <nobody@lists.debian.org>\n", package.name, package.version, package.architecture);
  if (!package.depends.empty()) text += "Depends: " + package.depends + "\n";
  return text + "Description: of a test\n";
}

std::string tar_xz(const Bytes& members) {
  Bytes tar = members;
  tar.resize(tar.size() + tar_end_size);
  return xz(std::string(as_text(tar)));
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

}  // namespace

std::string deb_of(const SmallPackage& package) {
  Bytes control, data;
  build::trial::append_member(control, file_of("control", control_of(package)));
  for (const auto& [name, text] : package.scripts) build::trial::append_member(control, file_of(name, text));
  for (const auto& [path, content] : package.files) {
    build::trial::File file = file_of(path, content);
    if (const auto rights = package.rights.find(path); rights != package.rights.end()) file.uid = rights->second.uid, file.gid = rights->second.gid, file.mode = rights->second.mode;
    build::trial::append_member(data, file);
  }
  std::string ar = "!<arch>\n";
  build::trial::append_ar(ar, "debian-binary", "2.0\n");
  build::trial::append_ar(ar, "control.tar.xz", tar_xz(control));
  build::trial::append_ar(ar, "data.tar.xz", tar_xz(data));
  return ar;
}

SmallArchive::SmallArchive(host::Path folder) : folder_(std::move(folder)), suites_{{"stone", {}}, {"stone-security", {}}, {"stone-proposed", {}}}, date_{deb::fixture::real_now().seconds - 3600} {}

std::string SmallArchive::pool_path(const SmallPackage& package) { return fmt::format("pool/{}_{}_{}.deb", package.name, package.version, package.architecture); }

void SmallArchive::put(const std::string& suite, SmallPackage package) {
  auto& packages = suites_.at(suite);
  std::erase_if(packages, [&](const SmallPackage& each) { return each.name == package.name && each.architecture == package.architecture; });
  packages.push_back(std::move(package));
}

void SmallArchive::remove(const std::string& suite, const std::string& name) {
  std::erase_if(suites_.at(suite), [&](const SmallPackage& each) { return each.name == name; });
}

void SmallArchive::publish() {
  date_.seconds += 60;
  for (const auto& [suite, packages] : suites_) publish_suite(suite);
}

void SmallArchive::publish_suite(const std::string& suite) {
  const fs::path dists = folder_ / "dists" / suite;
  std::string release = fmt::format("Origin: Stone\nSuite: {0}\nCodename: {0}\nDate: {1}\nArchitectures: amd64 arm64\nComponents: main\nSHA256:\n", suite, deb::fixture::mail_date(date_));
  for (const std::string architecture : {"amd64", "arm64"}) {
    std::string index;
    for (const SmallPackage& package : suites_.at(suite)) {
      if (package.architecture != "all" && package.architecture != architecture) continue;
      const std::string deb = deb_of(package), path = pool_path(package);
      if (!fs::exists(folder_ / path)) write_file(folder_ / path, deb);
      index += control_of(package) + fmt::format("Filename: {}\nSize: {}\nSHA256: {}\n\n", path, deb.size(), Digest::of(deb).hex());
    }
    const std::string packed = xz(index), name = "main/binary-" + architecture + "/Packages.xz";
    write_file(dists / name, packed);
    release += fmt::format(" {} {} {}\n", Digest::of(packed).hex(), packed.size(), name);
  }
  write_file(dists / "InRelease", key_.cleartext(release));
}

void SmallProject::SetUp() {
  archive = std::make_unique<SmallArchive>(stage.folder() / "archive");
  archive->put("stone", {"base-files", "1", "all", "",
                         {{"etc/", ""}, {"tmp/", ""}, {"usr/", ""}, {"usr/bin/", ""}, {"usr/lib/", ""}, {"bin", "-> usr/bin"}, {"lib", "-> usr/lib"}, {"etc/debian_version", "1.0\n"},
                          {"usr/lib/os-release", "ID=stone\n"}, {"etc/os-release", "-> ../usr/lib/os-release"}, {"usr/share/doc/base-files/copyright", "free\n"}}});
  offer_words("1.0", false);
  offer_greeter("1.0");
  archive->publish();
  stage.write("key.asc", archive->certificate());
  stage.write("ashlar.yaml", fmt::format("mirrors:\n  stone: {0}\n  stone-security: {0}\nkeyrings: [key.asc]\ndistributions:\n  stone-1:\n    id: stone\n    release: \"1\"\n"
                                         "    codename: stone\n    components: [main]\n    architectures: [amd64, arm64]\n    keyrings: [stone.gpg]\n    archives:\n"
                                         "      - {{name: stone, suites: [stone], proposed: [stone-proposed]}}\n      - {{name: stone-security, suites: [stone-security], security: true}}\n", archive->url()));
  stage.write("small.yaml",
              "name: Small\nimage: example/small\ndistribution: stone-1\nvariant: runtime\ntags: [\"1\", 1-stone]\nplatforms: [linux/amd64, linux/arm64]\n"
              "contents:\n  packages: [base-files, greeter]\naccounts:\n  run-as: nonroot\n  users:\n    - {name: nonroot, uid: 65532, gid: 65532}\n"
              "  groups:\n    - {name: nonroot, gid: 65532, members: [nonroot]}\nenvironment:\n  COLOUR: grey\nentrypoint: [/usr/bin/greet]\ncmd: [everyone]\n");
  std::string dev = stage.read("small.yaml");
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{{"runtime", "dev"}, {"\"1\", 1-stone", "1-dev"}, {", linux/arm64", ""}, {"run-as: nonroot", "root: true\n  run-as: root"}})
    dev.replace(dev.find(from), from.size(), to);
  stage.write("dev.yaml", dev);
}

void SmallProject::offer_words(const std::string& version, bool security) {
  archive->put(security ? "stone-security" : "stone", {"words", version, "all", "", {{"usr/share/words/hello.txt", "hello " + version + "\n"}, {"usr/share/doc/words/copyright", "free\n"}}});
}

void SmallProject::offer_greeter(const std::string& version) {
  const std::string program = read_file(ASHLAR_GREETER);
  ASSERT_FALSE(program.empty()) << "there is no " << ASHLAR_GREETER;
  archive->put("stone", {"greeter", version, "amd64", "words (>= 1.0)", {{"usr/bin/greet", program}, {"usr/share/doc/greeter/copyright", "free\n"}, {"usr/share/greeter/version", version + "\n"}}});
  archive->put("stone", {"greeter", version, "arm64", "words (>= 1.0)", {{"usr/bin/greet", "\177ELF of another processor\n"}, {"usr/share/doc/greeter/copyright", "free\n"}}});
}

void SmallProject::edit(const host::Path& path, std::string_view from, std::string_view to) {
  std::string text = stage.read(path);
  const size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << path << " has no '" << from << "'";
  stage.write(path, text.replace(at, from.size(), to));
}

Json SmallProject::lock(const std::string& name) const {
  auto value = parse_json(stage.read(name + ".lock.json"), name);
  EXPECT_TRUE(value);
  return value ? std::move(*value) : Json();
}

std::string SmallProject::version_of(const std::string& package, const std::string& platform) const {
  const Json all = lock();
  if (!all.contains("platforms") || !all["platforms"].contains(platform)) return "no such platform";
  for (const Json& each : all["platforms"][platform]["packages"]) {
    if (each.value("name", "") == package) return each.value("version", "");
  }
  return "none";
}

std::string KnownProject::bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void KnownProject::SetUp() {
  SmallProject::SetUp();
  archive->put("stone", {"base-files", "13.1", "all", "",
                         {{"etc/", ""}, {"tmp/", ""}, {"usr/", ""}, {"usr/bin/", ""}, {"usr/lib/", ""}, {"bin", "-> usr/bin"}, {"lib", "-> usr/lib"}, {"etc/debian_version", "13.1\n"},
                          {"usr/lib/os-release", "ID=debian\nVERSION_ID=\"13\"\n"}, {"etc/os-release", "-> ../usr/lib/os-release"}, {"usr/share/doc/base-files/copyright", "free\n"}}});
  offer_known_greeter("1.1");
  archive->publish();
  edit("ashlar.yaml", "id: stone\n    release: \"1\"", "id: debian\n    release: \"13\"");
  const Ran built = stage.ashlar({"build", "small.yaml", "--platform", "linux/amd64", "-o", "oci:out:1"});
  ASSERT_EQ(built.code, 0) << built.told;
  stage.write("eol.json", R"([{"cycle": "13", "eol": "2099-01-01"}])");
  know("1.1");
}

void KnownProject::call_it_debian() {
    edit("small.yaml", "platforms: [linux/amd64, linux/arm64]", "platforms: [linux/amd64]");
    edit("small.yaml", "distribution: stone-1", "distribution: debian-13");
    edit("ashlar.yaml", "  stone-1:", "  debian-13:");
    ASSERT_EQ(stage.ashlar({"lock", "small.yaml", "--update"}).code, 0);
}

void KnownProject::make_key(const std::string& name) const {
  ASSERT_EQ(stage.run({"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", name + ".key"}).code, 0);
  ASSERT_EQ(stage.run({"openssl", "pkey", "-in", name + ".key", "-pubout", "-out", name + ".pub"}).code, 0);
}

void KnownProject::offer_known_greeter(const std::string& version) {
  const std::string greeter = bytes_of(ASHLAR_GREETER);
  OldHasher hash(OldHash::Md5);
  hash.update(as_bytes(greeter));
  archive->put("stone", {"greeter", version, "amd64", "words (= 1.0)", {{"usr/bin/greet", greeter}, {"usr/share/doc/greeter/copyright", "free\n"}}, {{"md5sums", hash.finish() + "  usr/bin/greet\n"}}});
}

void KnownProject::know(const std::string& fixed) {
  stage.write("tracker.json", fmt::format(R"({{"greeter": {{"CVE-2026-0001": {{"description": "greets too loud", "scope": "remote", "releases": {{"trixie": {{"status": "resolved", "fixed_version": "{0}", "urgency": "high", "repositories": {{"trixie": "1.1"}}}}, "bookworm": {{"status": "resolved", "fixed_version": "0", "repositories": {{"bookworm": "1.1"}}}}}}}}}}}})", fixed));
  const Ran ran = stage.ashlar({"feed", "update", "debian-tracker=tracker.json", "debian-eol=eol.json"});
  ASSERT_EQ(ran.code, 0) << ran.told;
}

}  // namespace ashlar::flow
