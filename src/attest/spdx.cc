#include "attest/spdx.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include <fmt/format.h>

#include "attest/inner/identity.h"
#include "base/old_hash.h"
#include "base/text.h"

namespace ashlar::attest {
namespace {

constexpr const char* unknown = "NOASSERTION";

std::string or_unknown(const std::string& text) { return text.empty() ? unknown : text; }

/// `SPDXRef-` and letters, digits, `.` and `-` (spdx-spec 2.3, 7.2), told apart by a digest of `whole`.
std::string id_of(std::string_view kind, std::string_view name, std::string_view whole) {
  std::string out = fmt::format("SPDXRef-{}-", kind);
  for (const char c : name.substr(0, 60)) out += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' ? c : '-';
  return out + "-" + Digest::of(whole).hex().substr(0, 12);
}

std::string id_of(const SbomPackage& package) { return id_of("Package", package.name, package.purl); }
std::string id_of(const SbomFile& file) { return id_of("File", file.path.substr(file.path.rfind('/') + 1), file.path); }

/// `Organization: NAME (ADDRESS)`, or a person's.
std::string supplier(const std::string& text) {
  if (text.empty()) return unknown;
  const Party party = party_of(text);
  const std::string address = party.email.empty() ? std::string() : fmt::format(" ({})", party.email);
  return fmt::format("{}: {}{}", party.person ? "Person" : "Organization", party.name, address);
}

Json relationship(const std::string& from, std::string_view type, const std::string& to) { return {{"spdxElementId", from}, {"relationshipType", type}, {"relatedSpdxElement", to}}; }

/// spdx-spec 2.3, 7.9: the SHA-1 over the sorted SHA-1s of all files.
std::string verification_code(std::vector<std::string_view> sums) {
  std::ranges::sort(sums);
  OldHasher hasher(OldHash::Sha1);
  for (const std::string_view sum : sums) hasher.update(as_bytes(sum));
  return hasher.finish();
}

class Document {
 public:
  explicit Document(const Sbom& sbom) : sbom_(sbom), root_(id_of("Root", sbom.name, sbom.version)) {}

  Json json() {
    for (const SbomPackage& package : sbom_.packages) ids_[package.name] = id_of(package);
    add_files();
    relationships_.push_back(relationship("SPDXRef-DOCUMENT", "DESCRIBES", root_));
    packages_.push_back(root());
    for (const SbomPackage& package : sbom_.packages) packages_.push_back(one(package));
    for (const SbomPackage& package : sbom_.packages) {
      relationships_.push_back(relationship(root_, "CONTAINS", id_of(package)));
      for (const std::string& name : package.depends) {
        if (const auto other = ids_.find(name); other != ids_.end()) relationships_.push_back(relationship(id_of(package), "DEPENDS_ON", other->second));
      }
    }
    for (Json& each : file_relationships_) relationships_.push_back(std::move(each));
    Json out = {{"spdxVersion", "SPDX-2.3"},
                {"dataLicense", "CC0-1.0"},
                {"SPDXID", "SPDXRef-DOCUMENT"},
                {"name", fmt::format("{} {}", sbom_.name, sbom_.platform)},
                {"documentNamespace", fmt::format("https://ashlar.dev/spdx/{}", content_digest(sbom_).hex())},
                {"creationInfo", {{"created", sbom_.created.str()}, {"creators", {fmt::format("Tool: ashlar-{}", ASHLAR_VERSION), supplier(creator())}}, {"licenseListVersion", "3.25"}}},
                {"packages", std::move(packages_)}};
    if (!files_.empty()) out["files"] = std::move(files_);
    if (!texts_.empty()) out["hasExtractedLicensingInfos"] = texts();
    out["relationships"] = std::move(relationships_);
    return out;
  }

 private:
  std::string creator() const { return sbom_.supplier.empty() ? "ashlar" : sbom_.supplier; }

  void add_files() {
    for (const SbomFile& file : sbom_.files) {
      const std::string id = id_of(file);
      files_.push_back({{"fileName", "./" + file.path},
                        {"SPDXID", id},
                        {"checksums", {{{"algorithm", "SHA1"}, {"checksumValue", file.sha1}}, {{"algorithm", "SHA256"}, {"checksumValue", file.sha256}}}},
                        {"licenseConcluded", unknown},
                        {"copyrightText", unknown},
                        {"comment", fmt::format("owner: {} ({})", file.owner.empty() ? "none" : file.owner, inventory::to_string(file.standing))}});
      const auto [kind, name] = cut(file.owner, ':');
      const auto owner = kind == "package" ? ids_.find(std::string(name)) : ids_.end();
      const bool held = owner != ids_.end() && file.standing != inventory::Standing::Unowned;
      const std::string& by = held ? owner->second : root_;
      sums_[by].push_back(file.sha1);
      file_relationships_.push_back(relationship(by, "CONTAINS", id));
    }
  }

  /// Says which files were looked at, or that none were.
  void add_analysis(Json& package, const std::string& id) {
    const auto sums = sums_.find(id);
    package["filesAnalyzed"] = sums != sums_.end();
    if (sums != sums_.end()) package["packageVerificationCode"] = {{"packageVerificationCodeValue", verification_code(sums->second)}};
  }

  Json root() {
    Json out = {{"name", sbom_.name}, {"SPDXID", root_}, {"versionInfo", sbom_.version}, {"supplier", supplier(sbom_.supplier)}, {"downloadLocation", unknown}};
    add_analysis(out, root_);
    if (sbom_.kind == Sbom::Kind::Image) out["checksums"] = {{{"algorithm", "SHA256"}, {"checksumValue", sbom_.version.substr(sbom_.version.find(':') + 1)}}};
    out["licenseConcluded"] = unknown;
    out["licenseDeclared"] = unknown;
    out["copyrightText"] = unknown;
    out["primaryPackagePurpose"] = sbom_.kind == Sbom::Kind::RootFs ? "OPERATING-SYSTEM" : "CONTAINER";
    out["externalRefs"] = {{{"referenceCategory", "PACKAGE-MANAGER"}, {"referenceType", "purl"}, {"referenceLocator", root_purl(sbom_)}}};
    return out;
  }

  Json one(const SbomPackage& package) {
    Json out = {{"name", package.name}, {"SPDXID", id_of(package)}, {"versionInfo", package.version}, {"supplier", supplier(package.supplier)}, {"downloadLocation", or_unknown(package.location)}};
    add_analysis(out, id_of(package));
    if (!package.sha256.empty()) out["checksums"] = {{{"algorithm", "SHA256"}, {"checksumValue", package.sha256}}};
    if (!package.homepage.empty() && package.homepage.starts_with("http")) out["homepage"] = package.homepage;
    if (!package.source.empty()) out["sourceInfo"] = fmt::format("built from source package: {} {}", package.source, package.source_version);
    out["licenseConcluded"] = unknown;
    out["licenseDeclared"] = or_unknown(package.licence.expression);
    out["licenseComments"] = package.licence.comment;
    out["copyrightText"] = unknown;
    out["externalRefs"] = {{{"referenceCategory", "PACKAGE-MANAGER"}, {"referenceType", "purl"}, {"referenceLocator", package.purl}}};
    texts_.insert(package.licence.texts.begin(), package.licence.texts.end());
    return out;
  }

  Json texts() const {
    Json out = Json::array();
    for (const auto& [id, text] : texts_) out.push_back({{"licenseId", id}, {"extractedText", text}, {"name", unknown}});
    return out;
  }

  const Sbom& sbom_;
  std::string root_;
  std::map<std::string, std::string> ids_;  ///< by package name
  std::map<std::string, std::vector<std::string_view>> sums_;
  std::map<std::string, std::string> texts_;
  Json packages_ = Json::array(), files_ = Json::array(), relationships_ = Json::array();
  std::vector<Json> file_relationships_;
};

}  // namespace

Json to_spdx_json(const Sbom& sbom) { return Document(sbom).json(); }

}  // namespace ashlar::attest
