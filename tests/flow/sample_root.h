#pragma once
// Small root file systems, images and SBOMs, and feeds in their publishers' forms, for flows of `ashlar scan` that need no archive.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>

#include "oci/layout.h"
#include "stage.h"

namespace ashlar::flow {

namespace fs = std::filesystem;
using Set = std::set<std::string>;

inline constexpr const char* debian13 = "ID=debian\nVERSION_ID=\"13\"\n";

/// A paragraph of dpkg's database.
inline std::string deb(const std::string& name, const std::string& version, const std::string& more = "", const std::string& status = "install ok installed") {
  return fmt::format("Package: {}\nStatus: {}\nArchitecture: amd64\nVersion: {}\nMaintainer: Debian <x@lists.debian.org>\n{}Description: x\n\n", name, status, version, more);
}
inline std::string apk(const std::string& name, const std::string& version, const std::string& origin) { return fmt::format("P:{}\nV:{}\nA:x86_64\no:{}\nF:usr\n\n", name, version, origin); }

/// One flaw of a source package in the tracker's form; `releases`: code name to fixed version, empty: open.
inline std::string tracked(const std::string& source, const std::map<std::string, std::string>& releases, const std::string& urgency = "medium") {
  std::string list;
  for (const auto& [release, fixed] : releases) {
    list += fmt::format(R"({}"{}": {{{}, "urgency": "{}", "repositories": {{"{}": "9:9"}}}})", list.empty() ? "" : ", ", release, fixed.empty() ? R"("status": "open")" : fmt::format(R"("status": "resolved", "fixed_version": "{}")", fixed), urgency, release);
  }
  return fmt::format("{{\"{}\": {{\"CVE-2026-0001\": {{\"scope\": \"remote\", \"releases\": {{{}}}}}}}}}\n", source, list);
}
inline std::string osv(const std::string& ecosystem, const std::string& name, const std::string& fixed) {
  return fmt::format(R"({{"schema_version": "1.6.0", "id": "X-2026-1", "aliases": ["CVE-2026-0002"], "modified": "{}", "affected": [{{"package": {{"ecosystem": "{}", "name": "{}"}}, "ranges": [{{"type": "{}", "events": [{{"introduced": "0"}}, {{"fixed": "{}"}}]}}]}}]}})", "2026-01-01T00:00:00Z", ecosystem, name, ecosystem == "Go" ? "SEMVER" : "ECOSYSTEM", fixed);
}
inline std::string secdb(const std::string& package, const std::string& fixed) {
  return fmt::format(R"({{"distroversion": "v3.22", "reponame": "main", "packages": [{{"pkg": {{"name": "{}", "secfixes": {{"{}": ["CVE-2026-0003"]}}}}}}]}})", package, fixed);
}
inline std::string sbom(const Set& purls) {
  std::string components;
  for (const std::string& purl : purls) {
    const size_t at = purl.rfind('@'), slash = purl.find('/');
    components += fmt::format(R"({}{{"type": "library", "name": "{}", {}"purl": "{}"}})", components.empty() ? "" : ", ", purl.substr(slash + 1, at == std::string::npos ? at : at - slash - 1), at == std::string::npos ? "" : fmt::format(R"("version": "{}", )", purl.substr(at + 1)), purl);
  }
  return fmt::format(R"({{"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": [{}]}})", components);
}

/// A folder as the only layer of an image, as whoever squashes one would make it.
inline void pack_root(const Stage& stage, const std::string& folder, const std::string& layout) {
  const Ran ran = stage.run({"tar", "-C", folder, "--owner=0", "--group=0", "-cf", folder + ".tar", "."});
  ASSERT_EQ(ran.code, 0) << ran.told;
  const auto files = host::machine_files();
  auto writer = oci::LayoutWriter::open(*files, stage.folder() / layout);
  ASSERT_TRUE(writer) << writer.error().message;
  const std::string tar = stage.read(folder + ".tar");
  oci::Manifest manifest;
  oci::Config config;
  manifest.layers.push_back(*writer->put(oci::media::layer_tar, tar));
  config.diff_ids.push_back(Digest::of(tar));
  manifest.config = *writer->put(oci::media::config, oci::to_text(config));
  ASSERT_TRUE(writer->point("1", *writer->put(oci::media::manifest, oci::to_text(manifest))));
}

/// Attaches a statement to every image of a layout, as a manifest whose subject it is.
inline void attach(const Stage& stage, const std::string& layout, const std::string& statement, const std::string& artifact_type = "application/vnd.in-toto+json") {
  const auto files = host::machine_files();
  auto writer = oci::LayoutWriter::open(*files, stage.folder() / layout);
  ASSERT_TRUE(writer) << writer.error().message;
  const auto config = writer->put("application/vnd.oci.empty.v1+json", "{}"), content = writer->put("application/vnd.in-toto+json", statement);
  ASSERT_TRUE(config && content);
  Json index = parse_json(stage.read(layout + "/index.json"), "index").value();
  const Json images = index["manifests"];
  for (const Json& image : images) {
    oci::Manifest manifest;
    manifest.config = *config, manifest.layers = {*content};
    Json artifact = parse_json(oci::to_text(manifest), "manifest").value();
    if (!artifact_type.empty()) artifact["artifactType"] = artifact_type;
    artifact["subject"] = {{"mediaType", image["mediaType"]}, {"digest", image["digest"]}, {"size", image["size"]}};
    const auto made = writer->put(oci::media::manifest, to_compact(artifact));
    ASSERT_TRUE(made);
    index["manifests"].push_back({{"mediaType", made->media_type}, {"digest", made->digest.str()}, {"size", made->size}});
  }
  stage.write(layout + "/index.json", to_compact(index));
}

class SampleRoot : public ::testing::Test {
 protected:
  void know(const std::map<std::string, std::string>& feeds) const {
    Words words = {"feed", "update"};
    for (const auto& [name, text] : feeds) {
      stage.write(name + ".json", text);
      words.push_back(name + "=" + name + ".json");
    }
    const Ran ran = stage.ashlar(words);
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
  /// Scans a root file system of these files.
  Json root(const std::map<std::string, std::string>& files, const Words& more = {}) const {
    fs::remove_all(stage.folder() / "root");
    for (const auto& [path, text] : files) stage.write("root/" + path, text);
    return scan("dir:root", more);
  }
  Json document(const Set& purls) const {
    stage.write("target.cdx.json", sbom(purls));
    return scan("target.cdx.json");
  }
  Json scan(const std::string& target, const Words& more = {}) const {
    Words words = {"scan", target, "--format", "json", "--quiet"};
    words.insert(words.end(), more.begin(), more.end());
    const Ran ran = stage.ashlar(words);
    auto answer = parse_json(ran.out, "scan");
    EXPECT_TRUE(answer) << ran.told;
    if (!answer) return {};
    EXPECT_EQ(ran.code == 3, (*answer)["verdict"] == "unknown") << ran.told;
    return std::move(*answer);
  }
  Stage stage;
};

/// `CVE package` of everything that affects it.
inline Set found(const Json& answer) {
  Set out;
  for (const Json& each : answer["findings"]) {
    if (each["status"] == "affected") out.insert(each["id"].get<std::string>() + " " + each["package"]["name"].get<std::string>());
  }
  return out;
}
inline std::string causes(const Json& answer) { return answer["causes"].dump(); }

}  // namespace ashlar::flow
