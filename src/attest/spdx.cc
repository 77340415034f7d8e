#include "attest/spdx.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include <fmt/format.h>

#include "attest/inner/identity.h"
#include "base/json_writer.h"
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

  std::string text() {
    for (const SbomPackage& package : sbom_.packages) {
      if (package.path.empty()) packages_[package.name] = id_of(package);
    }
    for (const SbomFile& file : sbom_.files) add(file);
    to_.begin_object();
    to_.member("spdxVersion", "SPDX-2.3").member("dataLicense", "CC0-1.0").member("SPDXID", "SPDXRef-DOCUMENT");
    to_.member("name", fmt::format("{} {}", sbom_.name, sbom_.platform)).member("documentNamespace", fmt::format("https://ashlar.dev/spdx/{}", content_digest(sbom_).hex()));
    to_.key("creationInfo").json({{"created", sbom_.created.str()}, {"creators", {fmt::format("Tool: ashlar-{}", ASHLAR_VERSION), supplier(creator())}}, {"licenseListVersion", "3.25"}});
    to_.key("packages").begin_array().json(root());
    for (const SbomPackage& package : sbom_.packages) to_.json(one(package));
    to_.end();
    write_files();
    if (!texts_.empty()) to_.key("hasExtractedLicensingInfos").json(texts());
    write_relationships();
    return to_.end().take();
  }

 private:
  struct FileRow { std::string id, by; };  ///< the file's, and what contains it

  std::string creator() const { return sbom_.supplier.empty() ? "ashlar" : sbom_.supplier; }

  void add(const SbomFile& file) {
    const auto [kind, name] = cut(file.owner, ':');
    const auto owner = kind == "package" ? packages_.find(std::string(name)) : packages_.end();
    const bool held = owner != packages_.end() && file.standing != inventory::Standing::Unowned;
    const std::string& by = held ? owner->second : root_;
    sums_[by].push_back(file.sha1);
    files_.push_back({id_of(file), by});
  }

  void write_checksum(std::string_view algorithm, std::string_view value) { to_.begin_object().member("algorithm", algorithm).member("checksumValue", value).end(); }

  void write_files() {
    if (files_.empty()) return;
    to_.key("files").begin_array();
    for (size_t at = 0; at < files_.size(); ++at) {
      const SbomFile& file = sbom_.files[at];
      to_.begin_object().member("fileName", "./" + file.path).member("SPDXID", files_[at].id).key("checksums").begin_array();
      write_checksum("SHA1", file.sha1);
      write_checksum("SHA256", file.sha256);
      to_.end().member("licenseConcluded", unknown).member("copyrightText", unknown);
      to_.member("comment", fmt::format("owner: {} ({})", file.owner.empty() ? "none" : file.owner, inventory::to_string(file.standing))).end();
    }
    to_.end();
  }

  void write_relationship(std::string_view from, std::string_view type, std::string_view to) {
    to_.begin_object().member("spdxElementId", from).member("relationshipType", type).member("relatedSpdxElement", to).end();
  }

  void write_relationships() {
    to_.key("relationships").begin_array();
    write_relationship("SPDXRef-DOCUMENT", "DESCRIBES", root_);
    for (const SbomPackage& package : sbom_.packages) {
      const std::string id = id_of(package);
      write_relationship(root_, "CONTAINS", id);
      for (const std::string& name : package.depends) {
        if (const auto other = packages_.find(name); other != packages_.end()) write_relationship(id, "DEPENDS_ON", other->second);
      }
    }
    for (const FileRow& file : files_) write_relationship(file.by, "CONTAINS", file.id);
    to_.end();
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
    if (package.version.empty()) out.erase("versionInfo");
    add_analysis(out, id_of(package));
    if (!package.sha256.empty()) out["checksums"] = {{{"algorithm", "SHA256"}, {"checksumValue", package.sha256}}};
    if (!package.homepage.empty() && package.homepage.starts_with("http")) out["homepage"] = package.homepage;
    if (!package.source.empty()) out["sourceInfo"] = fmt::format("built from source package: {} {}", package.source, package.source_version);
    else if (!package.path.empty()) out["sourceInfo"] = fmt::format("named by /{}", package.path);
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
  std::map<std::string, std::string> packages_;  ///< identifiers by name, of those that own files and are depended on
  std::map<std::string, std::vector<std::string_view>> sums_;
  std::map<std::string, std::string> texts_;
  std::vector<FileRow> files_;  ///< as those of the SBOM
  JsonWriter to_;
};

}  // namespace

std::string to_spdx_json(const Sbom& sbom) { return Document(sbom).text(); }

}  // namespace ashlar::attest
