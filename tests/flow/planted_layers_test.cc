// Layers that say one thing to a reader and another to the runtime that unpacks them must never make a scan clean.
#include <filesystem>

#include "base/digest.h"
#include "base/old_hash.h"
#include "folder_image.h"
#include "inventory/sample_image.h"
#include "sample_root.h"

namespace ashlar::flow {
namespace {

/// Folders `base` (of `Debian 13`, with a sound `expat`) and `top`, each a layer of `oci:out:1`.
class LayeredScanFlow : public SampleRoot {
 protected:
  void SetUp() override { know({{"debian-tracker", tracked("expat", {{"trixie", "2"}})}, {"pypi", osv("PyPI", "left", "2")}}); }

  void begin() const {
    for (const char* folder : {"base", "top", "out"}) fs::remove_all(stage.folder() / folder);
    stage.write("base/etc/os-release", debian13);
    stage.write("base/var/lib/dpkg/status", deb("expat", "2"));
    stage.write("top/etc/motd", "hello\n");
  }
  void link(const std::string& to, const std::string& path) const {
    fs::create_directories((stage.folder() / path).parent_path());
    fs::create_hard_link(stage.folder() / to, stage.folder() / path);
  }
  Json answer() const {
    make_image(stage, "out", {"base", "top"});
    return scan("oci:out:1");
  }
};

TEST_F(LayeredScanFlow, a_sound_image_of_layers_is_clean) {
  begin();
  const Json sound = answer();
  EXPECT_EQ(sound["verdict"], "clean") << sound["causes"];
  EXPECT_EQ(sound["coverage"]["packages"], 1);
}

TEST_F(LayeredScanFlow, planted_hard_links_hide_no_package) {
  begin();
  const std::string metadata = "Metadata-Version: 2.1\nName: left\nVersion: 1\n\n", place = "usr/lib/python3/site-packages/left-1.dist-info/METADATA";
  stage.write("top/root/.cache/x", metadata);
  link("top/root/.cache/x", "top/" + place);
  for (int turn = 0; turn < 2; ++turn) EXPECT_EQ(found(answer()), Set{"CVE-2026-0002 left"}) << "also where the layers were kept";
  EXPECT_EQ(found(scan("dir:top")), Set{"CVE-2026-0002 left"});
  begin();
  fs::remove(stage.folder() / "base/var/lib/dpkg/status");
  stage.write("base/opt/x", deb("expat", "1"));
  link("base/opt/x", "base/var/lib/dpkg/status");
  for (int turn = 0; turn < 2; ++turn) EXPECT_EQ(found(answer()), Set{"CVE-2026-0001 expat"});
  EXPECT_EQ(found(scan("dir:base")), Set{"CVE-2026-0001 expat"});
}

/// The image of these layers, which no folder could be packed into.
void make_image_of(const Stage& stage, const std::string& layout, const std::vector<inventory::Members>& layers) {
  const auto files = host::machine_files();
  auto writer = oci::LayoutWriter::open(*files, stage.folder() / layout);
  ASSERT_TRUE(writer) << writer.error().message;
  oci::Manifest manifest;
  oci::Config config;
  for (const auto& members : layers) config.diff_ids.push_back(manifest.layers.emplace_back(*writer->put(oci::media::layer_tar, as_text(inventory::tar_of(members)))).digest);
  manifest.config = *writer->put(oci::media::config, oci::to_text(config));
  ASSERT_TRUE(writer->point("1", *writer->put(oci::media::manifest, oci::to_text(manifest))));
}

TEST_F(LayeredScanFlow, planted_databases_are_read_where_a_runtime_puts_them) {
  const std::string path = "var/lib/dpkg/status", old = deb("expat", "1");
  const inventory::Members base = {{"etc/os-release", debian13}, {path, deb("expat", "2")}, inventory::symlink("w", "/var")};
  struct Row { const char* summary; inventory::Members top; };
  const Row rows[] = {
      {"by its path", {{path, old}}},
      {"with dots and slashes", {{"./var//lib/./dpkg/status", old}}},
      {"with a step back", {{"var/lib/x/../dpkg/status", old}}},
      {"out of the root", {{"../../../var/lib/dpkg/status", old}}},
      {"through a symlink of its layer", {inventory::symlink("v", "var"), {"v/lib/dpkg/status", old}}},
      {"through a symlink of a lower layer", {{"w/lib/dpkg/status", old}}},
      {"as a hard link", {{"x", old}, inventory::hard_link(path, "x")}},
  };
  for (const Row& row : rows) {
    fs::remove_all(stage.folder() / "made");
    make_image_of(stage, "made", {base, row.top});
    const Json answer = scan("oci:made:1");
    EXPECT_EQ(found(answer), Set{"CVE-2026-0001 expat"}) << row.summary << answer["causes"];
    EXPECT_EQ(answer["coverage"]["packages"], 1) << row.summary;
  }
}

TEST_F(LayeredScanFlow, planted_records_that_do_not_read_are_never_clean) {
  const std::string npm = "app/node_modules/lodash/package.json", python = "app/left-1.dist-info/METADATA";
  struct Row { const char* summary; std::string path, text, cause; };
  const Row rows[] = {
      {"broken", npm, "{\"name\":", "it is no JSON object"},
      {"larger than any", npm, "{\"name\":\"lodash\"," + std::string(5 << 20, ' ') + "\"version\":\"4.17.4\"}", "more than 4194304"},
      {"it names nothing, and node loads it", npm, R"({"main":"i.js"})", "it names no package"},
      {"metadata without a name", python, "Metadata-Version: 2.1\n", "it names no package"},
      {"a jar of no bytes", "app/x.jar", "", "it ends as no zip archive"},
      {"a gem without a version", "app/specifications/x.gemspec", "x", "its name has no version"},
      {"what Composer installed", "app/vendor/composer/installed.json", "{", "installed.json"},
      {"what a program of .NET depends on", "app/x.deps.json", "[]", "it has no libraries"},
  };
  for (const Row& row : rows) {
    begin();
    stage.write("base/" + row.path, row.text);
    make_image(stage, "out", {"base", "top"});
    for (const char* target : {"oci:out:1", "oci:out:1", "dir:base"}) {
      const Json told = scan(target);
      EXPECT_EQ(told["verdict"], "unknown") << row.summary << ", " << target;
      EXPECT_NE(causes(told).find("cannot read '" + row.path + "'"), std::string::npos) << row.summary << causes(told);
      EXPECT_NE(causes(told).find(row.cause), std::string::npos) << row.summary << causes(told);
    }
  }
  begin();
  stage.write("base/" + python, "name: left\nversion: 1\n\n");
  make_image(stage, "out", {"base", "top"});
  EXPECT_EQ(found(scan("oci:out:1")), Set{"CVE-2026-0002 left"}) << "names of fields are in any case";
}

TEST_F(LayeredScanFlow, planted_files_that_records_name_in_vain) {
  const std::string elf = stage.read(ASHLAR_GREETER), site = "usr/lib/python3.13/site-packages/";
  std::string digest = to_base64(Digest::of(elf).raw());
  for (char& c : digest) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (digest.ends_with('=')) digest.pop_back();
  struct Row { const char *summary, *path; std::string record; const char* cause; };
  const Row rows[] = {
      {"its own bytes", "usr/bin/tool", "../../../bin/tool,sha256=" + digest + ",1\n", ""},
      {"other bytes", "usr/bin/tool", "../../../bin/tool,sha256=AAAA,1\n", "'/usr/bin/tool'"},
      {"no digest", "usr/bin/tool", "../../../bin/tool,,\n", "'/usr/bin/tool'"},
      {"out of its environment", "bin/tool", "../../../../bin/tool,sha256=" + digest + ",1\n", "'/bin/tool'"},
  };
  for (const Row& row : rows) {
    begin();
    stage.write("base/" + site + "right-1.dist-info/METADATA", "Name: right\nVersion: 1\n");
    stage.write("base/" + site + "right-1.dist-info/RECORD", row.record);
    stage.write(std::string("base/") + row.path, elf);
    make_image(stage, "out", {"base", "top"});
    for (const char* target : {"oci:out:1", "dir:base"}) {
      const Json told = scan(target);
      EXPECT_EQ(told["verdict"], "unknown") << "the feed is old, whatever the file is";
      const bool dark = causes(told).find(fmt::format("('/{}' first)", row.path)) != std::string::npos;
      EXPECT_EQ(dark, *row.cause != '\0') << row.summary << causes(told);
    }
  }
  // apk's `Z:` is the SHA-1.
  OldHasher hasher(OldHash::Sha1);
  hasher.update(as_bytes(elf));
  Bytes raw;
  const std::string hex = hasher.finish();
  for (size_t at = 0; at < hex.size(); at += 2) raw.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(at, 2), nullptr, 16)));
  know({{"alpine", secdb("busybox", "1")}});
  for (const auto& [sum, verdict] : {std::pair("Z:Q1" + to_base64(raw) + "\n", "clean"), {std::string("Z:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"), "unknown"}, {std::string(), "unknown"}}) {
    fs::remove_all(stage.folder() / "apks");
    stage.write("apks/etc/os-release", "ID=alpine\nVERSION_ID=3.22.1\n");
    stage.write("apks/bin/busybox", elf);
    stage.write("apks/lib/apk/db/installed", "P:busybox\nV:1.37.0-r1\nA:x86_64\no:busybox\nF:bin\nR:busybox\n" + sum + "\n");
    const Json told = scan("dir:apks");
    EXPECT_EQ(told["verdict"], verdict) << sum << causes(told);
  }
}

TEST_F(LayeredScanFlow, planted_whiteouts_that_no_runtime_takes_are_refused) {
  for (const char* name : {".wh.", "etc/.wh.", "etc/.wh..", "etc/.wh..."}) {
    begin();
    stage.write(std::string("top/") + name, "");
    make_image(stage, "out", {"base", "top"});
    const Ran ran = stage.ashlar({"scan", "oci:out:1"});
    EXPECT_EQ(ran.code, 5) << name << ran.told;
    EXPECT_NE(ran.told.find("it names no file"), std::string::npos) << ran.told;
  }
}

TEST_F(LayeredScanFlow, planted_layers_of_another_image_are_refused) {
  begin();
  make_image(stage, "out", {"base", "top"});
  const Json index = parse_json(stage.read("out/index.json"), "index").value();
  const auto blob = [](const Json& descriptor) { return "out/blobs/sha256/" + descriptor["digest"].get<std::string>().substr(7); };
  Json manifest = parse_json(stage.read(blob(index["manifests"][0])), "manifest").value();
  const Json config = parse_json(stage.read(blob(manifest["config"])), "config").value();
  const auto files = host::machine_files();
  auto writer = oci::LayoutWriter::open(*files, stage.folder() / "out");
  ASSERT_TRUE(writer) << writer.error().message;
  const auto refused = [&](const Json& diff_ids, const std::string& cause) {
    Json other = config;
    other["rootfs"]["diff_ids"] = diff_ids;
    const auto put = writer->put(oci::media::config, to_compact(other));
    ASSERT_TRUE(put);
    manifest["config"]["digest"] = put->digest.str(), manifest["config"]["size"] = put->size;
    ASSERT_TRUE(writer->point("2", *writer->put(oci::media::manifest, to_compact(manifest))));
    for (int turn = 0; turn < 2; ++turn) {
      const Ran ran = stage.ashlar({"scan", "oci:out:2"});
      EXPECT_EQ(ran.code, 5) << ran.told;
      EXPECT_NE(ran.told.find(cause), std::string::npos) << ran.told;
    }
  };
  const Json ids = config["rootfs"]["diff_ids"];
  refused(Json::array({ids[0]}), "its configuration has 1 layers and its manifest 2");
  refused(Json::array({ids[0], ids[0]}), "and the image's configuration says");
}

}  // namespace
}  // namespace ashlar::flow
