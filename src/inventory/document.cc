#include "inventory/document.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "inventory/purl.h"

namespace ashlar::inventory {
namespace {

constexpr size_t max_components = 1'000'000;

std::string text_of(const Json& json, const char* key) {
  const auto found = json.is_object() ? json.find(key) : json.end();
  return json.is_object() && found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}
/// A list, or an empty one where there is none.
const Json& list_of(const Json& json, const char* key) {
  static const Json none = Json::array();
  const auto found = json.is_object() ? json.find(key) : json.end();
  return json.is_object() && found != json.end() && found->is_array() ? *found : none;
}

class DocumentReader {
 public:
  DocumentReader(Document& document, std::string_view path) : document_(document), path_(path) {}

  Done read_spdx(const Json& json) {
    if (const auto packages = json.find("packages"); packages != json.end() && !packages->is_array()) return fail(Kind::Corrupt, "its 'packages' are no list");
    std::set<std::string> described;
    for (const Json& each : list_of(json, "documentDescribes")) {
      if (each.is_string()) described.insert(each.get<std::string>());
    }
    for (const Json& each : list_of(json, "relationships")) {
      if (text_of(each, "relationshipType") == "DESCRIBES") described.insert(text_of(each, "relatedSpdxElement"));
    }
    document_.subject = text_of(json, "name");
    if (const auto creation = json.find("creationInfo"); creation != json.end() && creation->is_object()) {
      for (const Json& each : list_of(*creation, "creators")) {
        if (each.is_string() && each.get_ref<const std::string&>().starts_with("Tool: ")) made_by(std::string_view(each.get_ref<const std::string&>()).substr(6));
      }
    }
    for (const Json& each : list_of(json, "packages")) {
      if (!each.is_object()) return fail(Kind::Corrupt, "a package of it is no object");
      TRY(add_spdx(each, described.contains(text_of(each, "SPDXID"))));
    }
    return {};
  }

  Done read_cyclonedx(const Json& json) {
    if (const auto components = json.find("components"); components != json.end() && !components->is_array()) return fail(Kind::Corrupt, "its 'components' are no list");
    if (const auto metadata = json.find("metadata"); metadata != json.end() && metadata->is_object()) {
      if (const auto subject = metadata->find("component"); subject != metadata->end()) document_.subject = text_of(*subject, "name");
      read_tools(*metadata);
    }
    return add_components(list_of(json, "components"));
  }

  void finish() {
    std::ranges::stable_sort(document_.components, {}, [](const Component& each) { return std::tie(each.type, each.name, each.version); });
    mark_without_source();
    if (!document_.distribution.empty()) return;
    std::set<std::string> all;
    for (const Component& each : document_.components) {
      if (!each.distribution.empty()) all.insert(each.distribution);
    }
    if (all.size() == 1) document_.distribution = *all.begin();
  }

 private:
  static bool goes_by_source(const Component& component) { return component.type == "deb" || component.type == "rpm" || component.type == "apk"; }

  /// Advisories of distributions go by source package: what names none is judged by its own name only where that says that they are the same.
  void mark_without_source() {
    const auto told = [](const Component& each) { return goes_by_source(each) && !each.source.empty(); };
    if (sources_told_ || std::ranges::any_of(document_.components, told)) return;
    for (Component& each : document_.components) {
      if (goes_by_source(each)) each.remark = "the document names no source packages, by which advisories go";
    }
  }

  /// Of these tools it is known that they leave the source package away only where it has the package's name.
  void made_by(std::string_view tool) {
    constexpr std::array<std::string_view, 3> known = {"ashlar", "syft", "trivy"};
    if (std::ranges::any_of(known, [&](std::string_view each) { return tool == each || (tool.starts_with(each) && tool[each.size()] == '-'); })) sources_told_ = true;
  }
  /// `tools` of CycloneDX 1.4 is a list; from 1.5 on it may be an object with components.
  void read_tools(const Json& metadata) {
    const auto tools = metadata.find("tools");
    if (tools == metadata.end()) return;
    for (const Json& each : tools->is_object() ? list_of(*tools, "components") : list_of(metadata, "tools")) {
      if (each.is_object()) made_by(text_of(each, "name"));
    }
  }

  Done add(Component component) {
    if (document_.components.size() == max_components) return fail(Kind::Corrupt, fmt::format("it has more than {} components", max_components));
    if (component.name.empty()) return {};  // a broken URL, which is noted, and no name beside it
    component.path = path_;
    component.found_by = document_.format == Document::Format::Spdx ? "spdx" : "cyclonedx";
    document_.components.push_back(std::move(component));
    return {};
  }

  /// By package URL; of type `generic` where there is none or none that reads.
  Component component(const std::string& purl, const std::string& name, const std::string& version) {
    auto parsed = parse_purl(purl);
    if (parsed) return component_of(*parsed);
    if (!purl.empty()) document_.notes.push_back(parsed.error().message);
    return {.type = "generic", .name = name, .version = version, .remark = "the document gives no package URL for it"};
  }

  Done add_spdx(const Json& package, bool described) {
    const std::string name = text_of(package, "name"), version = text_of(package, "versionInfo"), purpose = text_of(package, "primaryPackagePurpose");
    std::string purl;
    for (const Json& each : list_of(package, "externalRefs")) {
      if (text_of(each, "referenceType") == "purl" && purl.empty()) purl = text_of(each, "referenceLocator");
    }
    if (purpose == "OPERATING-SYSTEM" && purl.empty()) {
      document_.distribution = version.empty() ? name : name + "-" + version;
      return {};
    }
    // The whole: an image or a folder. A package that was scanned by itself is described, too, and has a URL of its ecosystem.
    if (described && (purl.empty() || purl.starts_with("pkg:oci/") || purl.starts_with("pkg:docker/") || purl.starts_with("pkg:generic/"))) return {};
    if (purpose == "FILE" || (purl.empty() && (purpose == "CONTAINER" || name.empty()))) return {};
    Component out = component(purl, name, version);
    if (out.source.empty() && goes_by_source(out)) read_source_info(text_of(package, "sourceInfo"), out);
    if (out.maintainer.empty()) out.maintainer = supplier(text_of(package, "supplier"));
    return add(std::move(out));
  }

  /// `built package from: acl 2.3.1-3`, or `built from source package: acl 2.3.1-3`.
  static void read_source_info(std::string_view info, Component& out) {
    for (const std::string_view begin : {"built package from: ", "built from source package: "}) {
      if (!info.starts_with(begin)) continue;
      const auto parts = words(info.substr(begin.size()));
      if (!parts.empty()) out.source = parts[0];
      if (parts.size() > 1) out.source_version = parts[1];
    }
  }
  static std::string supplier(std::string_view text) {
    for (const std::string_view begin : {"Organization: ", "Person: "}) {
      if (text.starts_with(begin)) return std::string(text.substr(begin.size()));
    }
    return {};
  }

  Done add_components(const Json& components) {
    for (const Json& each : components) {
      if (!each.is_object()) return fail(Kind::Corrupt, "a component of it is no object");
      const std::string kind = text_of(each, "type"), name = text_of(each, "name"), version = text_of(each, "version"), purl = text_of(each, "purl");
      if (kind == "operating-system") {
        document_.distribution = version.empty() ? name : name + "-" + version;
      } else if (!(kind == "file" && purl.empty()) && !(name.empty() && purl.empty())) {
        const std::string group = text_of(each, "group");
        Component out = component(purl, group.empty() ? name : group + "/" + name, version);
        read_properties(list_of(each, "properties"), out);
        TRY(add(std::move(out)));
      }
      TRY(add_components(list_of(each, "components")));  // parse_json() bounds the depth
    }
    return {};
  }

  /// What URLs do not tell and trivy and we write beside them.
  static void read_properties(const Json& properties, Component& out) {
    std::map<std::string, std::string, std::less<>> all;
    for (const Json& each : properties) {
      if (each.is_object()) all.insert_or_assign(text_of(each, "name"), text_of(each, "value"));
    }
    const auto get = [&](std::string_view key) {
      const auto found = all.find(key);
      return found == all.end() ? std::string() : found->second;
    };
    if (out.source.empty() && all.contains("aquasecurity:trivy:SrcName")) {
      const std::string epoch = get("aquasecurity:trivy:SrcEpoch"), release = get("aquasecurity:trivy:SrcRelease");
      out.source = get("aquasecurity:trivy:SrcName");
      out.source_version = get("aquasecurity:trivy:SrcVersion");
      if (!release.empty()) out.source_version += "-" + release;
      if (!epoch.empty() && epoch != "0") out.source_version = epoch + ":" + out.source_version;
    }
    if (out.source.empty()) out.source = get("ashlar:source"), out.source_version = get("ashlar:source_version");
  }

  Document& document_;
  std::string path_;
  bool sources_told_ = false;  ///< by who made it
};

}  // namespace

bool is_document(std::string_view front) {
  return front.find("\"spdxVersion\"") != std::string_view::npos || (front.find("\"bomFormat\"") != std::string_view::npos && front.find("CycloneDX") != std::string_view::npos);
}

Result<Document> read_document(std::string_view text, std::string_view path) {
  TRY_ASSIGN(const Json json, parse_json(text, path));
  const std::string what = fmt::format("read '{}'", path);
  if (!json.is_object()) return cannot(Kind::Invalid, what, "it is neither an SPDX nor a CycloneDX document");
  Document document;
  DocumentReader reader(document, path);
  Done done;
  if (std::string version = text_of(json, "spdxVersion"); !version.empty()) {
    if (version != "SPDX-2.2" && version != "SPDX-2.3") return cannot(Kind::Invalid, what, fmt::format("'{}' is no version of SPDX that is read: 2.2, 2.3", version));
    document.version = version.substr(5);
    done = reader.read_spdx(json);
  } else if (text_of(json, "bomFormat") == "CycloneDX") {
    document.format = Document::Format::CycloneDx;
    document.version = text_of(json, "specVersion");
    constexpr std::array<std::string_view, 4> known = {"1.4", "1.5", "1.6", "1.7"};
    if (std::ranges::find(known, document.version) == known.end()) return cannot(Kind::Invalid, what, fmt::format("'{}' is no version of CycloneDX that is read: 1.4 to 1.7", document.version));
    done = reader.read_cyclonedx(json);
  } else {
    return cannot(Kind::Invalid, what, json.contains("@context") ? "it is an SPDX 3 document, which is not read" : "it is neither an SPDX nor a CycloneDX document");
  }
  if (!done) return cannot(what, std::move(done).error());
  reader.finish();
  return document;
}

}  // namespace ashlar::inventory
