#include "pipeline/fleet.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "base/amount.h"
#include "base/text.h"
#include "base/yaml_section.h"
#include "forge/repository.h"
#include "pipeline/inner/revision.h"
#include "pipeline/make.h"
#include "workload/images.h"

namespace ashlar::pipeline {
namespace {

constexpr std::array<std::string_view, 5> fleet_keys = {"images", "applications", "policy", "announce", "defaults"};
constexpr std::array<std::string_view, 10> image_keys = {"definition", "to", "owner", "cadence", "support", "sla", "rollout", "take", "replaces", "downstream"};
constexpr std::array<std::string_view, 6> default_keys = {"owner", "cadence", "support", "sla", "rollout", "take"};
constexpr std::array<std::string_view, 2> support_keys = {"from", "until"};
constexpr std::array<std::string_view, 2> rollout_keys = {"canary", "soak"};
constexpr std::array<std::string_view, 5> downstream_keys = {"target", "project", "base", "files", "name"};
constexpr std::array<std::string_view, 7> application_keys = {"image", "base", "to", "owner", "tests", "downstream", "build"};
constexpr std::array<std::string_view, 3> build_keys = {"target", "project", "base"};

class Reader : public YamlSection {
 public:
  Reader(const YamlDocument& document, host::Path folder) : YamlSection(document), document_(document), folder_(std::move(folder)) {}

  void read(Fleet& out) {
    if (!known(document_.root, fleet_keys)) return;
    FleetImage defaults;
    if (const YamlNode* node = document_.root.find("defaults"); node != nullptr && known(*node, default_keys)) read_upkeep(*node, defaults);
    if (const YamlNode* node = document_.root.find("policy")) {
      if (const std::string path = text(*node, "the path of a policy"); !path.empty()) out.policy = beside(path);
    }
    if (const YamlNode* node = document_.root.find("announce")) age(*node, out.announce);
    const YamlNode* const images = document_.root.find("images");
    if (images == nullptr || images->type != YamlNode::Type::Sequence || images->items.empty()) fault(images == nullptr ? document_.root : *images, "a list of images is expected under 'images'", "images: [{definition: python/3.13.yaml, to: 'oci:published'}]");
    else for (const YamlNode& each : images->items) read_image(each, defaults, out);
    const YamlNode* const applications = document_.root.find("applications");
    if (applications != nullptr && applications->type != YamlNode::Type::Sequence) return fault(*applications, "a list of images is expected here", "applications: [{image: 'docker://HOST/REPO:TAG', base: HOST/REPO}]");
    if (applications != nullptr) for (const YamlNode& each : applications->items) read_application(each, out);
  }
 private:
  std::string text(const YamlNode& node, std::string_view what) {
    if (node.type == YamlNode::Type::Scalar && !node.text.empty()) return node.text;
    fault(node, fmt::format("{} is expected here", what));
    return {};
  }
  bool age(const YamlNode& node, std::int64_t& out) {
    auto read = parse_age(node.text);
    if (!read) fault(node, read.error().message);
    else out = *read;
    return read.has_value();
  }
  void moment(const YamlNode& in, std::string_view key, std::optional<Time>& out) {
    const YamlNode* const node = in.find(key);
    if (node == nullptr) return;
    auto read = Time::parse(node->text);
    if (read) out = *read;
    else fault(*node, read.error().message, "2028-06-30");
  }
  host::Path beside(const std::string& path) const { return host::Path(path).is_absolute() ? host::Path(path) : folder_ / path; }

  void read_upkeep(const YamlNode& node, FleetImage& out) {
    if (const YamlNode* value = node.find("owner")) out.owner = text(*value, "a name");
    if (const YamlNode* value = node.find("cadence")) {
      std::int64_t seconds = 0;
      if (age(*value, seconds)) out.cadence = seconds;
    }
    if (const YamlNode* value = node.find("support"); value != nullptr && known(*value, support_keys)) {
      moment(*value, "from", out.from);
      moment(*value, "until", out.until);
      if (out.from && out.until && *out.until <= *out.from) fault(*value, "support ends before it begins");
    }
    if (const YamlNode* value = node.find("sla")) {
      out.sla = text(*value, "the name of a preset or the path of a policy");
      if (out.sla.find('/') != std::string::npos || out.sla.ends_with(".yaml")) out.sla = beside(out.sla).string();
    }
    if (const YamlNode* value = node.find("take")) {
      if (value->text == "security" || value->text == "all") out.security_only = value->text == "security";
      else fault(*value, fmt::format("'{}' is neither 'all' nor 'security'", value->text));
    }
    if (const YamlNode* value = node.find("rollout"); value != nullptr && known(*value, rollout_keys)) {
      Rollout rollout;
      if (const YamlNode* tag = value->find("canary")) rollout.canary = text(*tag, "a tag");
      else fault(*value, "a rollout has a 'canary' tag");
      if (const YamlNode* soak = value->find("soak")) age(*soak, rollout.soak);
      else fault(*value, "a rollout has a 'soak' time", "soak: 24h");
      out.rollout = std::move(rollout);
    }
  }
  void read_image(const YamlNode& node, const FleetImage& defaults, Fleet& out) {
    if (!known(node, image_keys)) return;
    FleetImage image = defaults;
    const YamlNode *definition = node.find("definition"), *to = node.find("to");
    if (definition == nullptr) return fault(node, "an image has a 'definition'");
    if (to == nullptr) return fault(node, "an image is published somewhere: 'to'", "to: docker://HOST/REPO");
    image.definition = beside(text(*definition, "the path of a definition"));
    image.written = image.to = text(*to, "where it is published");
    read_upkeep(node, image);
    if (const YamlNode* value = node.find("replaces")) image.replaces = existing_ref(*value);
    auto place = parse_destination(image.to);
    if (!place) return fault(*to, place.error().message);
    if (place->transport == oci::Transport::OciLayout && !host::Path(place->location).is_absolute()) place->location = (folder_ / place->location).lexically_normal().string();
    image.to = place->str();
    image.repository = ledger_name(*place);
    if (const auto [there, fresh] = names_.emplace(image.repository, definition->text); !fresh) return fault(*to, fmt::format("'{}' is published in that repository, too", there->second), "each image of a fleet has a repository or layout of its own");
    const bool again = std::ranges::any_of(out.images, [&](const FleetImage& each) { return each.definition.lexically_normal() == image.definition.lexically_normal(); });
    if (again) return fault(*definition, fmt::format("'{}' is in the fleet already", definition->text), "publish it once, and copy it with `ashlar copy`");
    if (image.rollout && revision_number(image.rollout->canary, image.rollout->canary.substr(0, image.rollout->canary.rfind("-r"))) > 0) return fault(node, fmt::format("the canary's tag '{}' has the form of a revision", image.rollout->canary));
    if (image.rollout && !place->tag.empty() && image.rollout->canary == place->tag) return fault(node, "the canary's tag is the stable one");
    if (image.rollout && image.rollout->canary == "latest") return fault(node, "'latest' is what they get who name no tag: none of them asked for a canary", "rollout: {canary: next, soak: 24h}");
    if (const YamlNode* value = node.find("downstream")) read_downstream(*value, *place, image.downstream);
    out.images.push_back(std::move(image));
  }
  void read_downstream(const YamlNode& node, const oci::ImageRef& place, std::vector<FleetDownstream>& out) {
    constexpr const char* example = "downstream: [{target: forge, project: team/shop, files: [Dockerfile]}]";
    if (node.type != YamlNode::Type::Sequence) return fault(node, "a list of repositories is expected here", example);
    for (const YamlNode& each : node.items) {
      if (!known(each, downstream_keys)) continue;
      FleetDownstream repository;
      const YamlNode *target = each.find("target"), *files = each.find("files");
      if (target == nullptr || files == nullptr || files->type != YamlNode::Type::Sequence || files->items.empty()) {
        fault(each, "a repository has a 'target', which is a forge of the configuration, and 'files' that name the image", example);
        continue;
      }
      repository.target = text(*target, "the name of a forge");
      for (const YamlNode& file : files->items) {
        repository.files.push_back(text(file, "the path of a file"));
        if (!forge::is_repository_path(repository.files.back())) fault(file, fmt::format("'{}' is no path from a repository's root", repository.files.back()), "deploy/Dockerfile");
      }
      read_place(each, repository.project, repository.base);
      if (const YamlNode* name = each.find("name")) repository.name = text(*name, "what its files call the image");
      else if (place.transport == oci::Transport::Registry) repository.name = place.location;
      const auto name = workload::ImageName::parse(repository.name);
      if (!name || !name->tag.empty() || !name->digest.empty()) fault(each, repository.name.empty() ? "a layout has no name that files could call it by: 'name' is missing" : fmt::format("'{}' is no name without tag and digest", repository.name), "name: registry.example/python");
      out.push_back(std::move(repository));
    }
  }
  /// A reference with a tag; a layout lies beside the file.
  std::string beside_ref(const YamlNode& node) {
    auto place = parse_destination(text(node, "a reference"));
    if (place && place->tag.empty() && place->digest.empty()) place = fail(Kind::Invalid, "a tag is missing");
    if (!place) {
      fault(node, place.error().message, "docker://HOST/REPO:TAG");
      return {};
    }
    if (place->transport == oci::Transport::OciLayout && !host::Path(place->location).is_absolute()) place->location = (folder_ / place->location).lexically_normal().string();
    return place->str();
  }
  /// The reference of any image; what lies in a file or folder lies beside the fleet's.
  std::string existing_ref(const YamlNode& node) {
    auto place = oci::ImageRef::parse(text(node, "the image that it took the place of"));
    if (!place) {
      fault(node, place.error().message, "docker://HOST/REPO:TAG");
      return {};
    }
    if (place->transport != oci::Transport::Registry) place->location = beside(place->location).lexically_normal().string();
    return place->str();
  }
  void read_application(const YamlNode& node, Fleet& out) {
    if (!known(node, application_keys)) return;
    FleetApplication application;
    const YamlNode *image = node.find("image"), *base = node.find("base");
    if (image == nullptr || base == nullptr) return fault(node, "an application has an 'image' and the 'base' that it is built on");
    application.ref = beside_ref(*image);
    application.base = text(*base, "the repository of an image of the fleet");
    if (const YamlNode* to = node.find("to")) application.to = beside_ref(*to);
    if (const YamlNode* owner = node.find("owner")) application.owner = text(*owner, "a name");
    if (const YamlNode* tests = node.find("tests")) application.tests = beside(text(*tests, "the path of a definition with run tests"));
    const auto there = std::ranges::find_if(out.images, [&](const FleetImage& each) { return each.repository == application.base || each.written == application.base; });
    if (there != out.images.end()) application.base = there->repository;
    else if (!read_base_of_others(*base, application)) return;
    if (const YamlNode* value = node.find("downstream")) {
      if (!application.base_of_others) return fault(*value, "those whose files name an image of the fleet stand below that image");
      read_downstream(*value, oci::ImageRef::parse(application.base).value(), application.downstream);
    }
    if (const YamlNode* value = node.find("build")) read_build(*value, application);
    out.applications.push_back(std::move(application));
  }
  void read_build(const YamlNode& node, FleetApplication& out) {
    if (!known(node, build_keys)) return;
    const YamlNode* const target = node.find("target");
    if (target == nullptr) return fault(node, "a build is started somewhere: 'target', which is one of the configuration", "build: {target: forge, project: team/shop}");
    FleetBuild& build = out.build.emplace();
    build.target = text(*target, "the name of a forge or webhook");
    read_place(node, build.project, build.base);
  }
  /// A project and a branch of it, where they are named.
  void read_place(const YamlNode& node, std::string& project, std::string& branch) {
    if (const YamlNode* value = node.find("project")) project = text(*value, "owner/name");
    if (!project.empty() && !forge::is_project(project)) fault(node, fmt::format("'{}' is no project", project), "owner/name");
    if (const YamlNode* value = node.find("base"); value != nullptr && !forge::is_branch(branch = text(*value, "the name of a branch"))) fault(*value, fmt::format("'{}' is no branch", branch));
  }
  /// A base that the fleet does not make: the tag that is watched, of a registry or layout.
  bool read_base_of_others(const YamlNode& node, FleetApplication& out) {
    auto place = oci::ImageRef::parse(out.base);
    const bool watched = place && (place->transport == oci::Transport::Registry || place->transport == oci::Transport::OciLayout);
    if (!watched || place->tag.empty() || !place->digest.empty()) {
      fault(node, fmt::format("the fleet has no image '{}'", out.base), "an image of others is named with the tag that is watched: docker://HOST/REPO:TAG");
      return false;
    }
    if (place->transport == oci::Transport::OciLayout && !host::Path(place->location).is_absolute()) place->location = (folder_ / place->location).lexically_normal().string();
    out.base = place->str();
    out.base_of_others = true;
    return true;
  }

  const YamlDocument& document_;
  host::Path folder_;
  std::map<std::string, std::string> names_;  ///< of definitions, by where they are published
};

}  // namespace

std::string ledger_name(const oci::ImageRef& place) {
  return place.transport == oci::Transport::OciLayout ? "oci:" + std::filesystem::absolute(place.location).lexically_normal().string() : place.location;
}

namespace {

/// Whether a word means what lies at `ref`: by any reference to it, with its tag or, where it has none of its own, without.
bool means(const std::string& word, const std::string& ref, bool with_tag) {
  auto meant = oci::ImageRef::parse(word), there = oci::ImageRef::parse(ref);
  if (!meant || !there || ledger_name(*meant) != ledger_name(*there)) return false;
  return meant->digest.empty() && (meant->tag == there->tag || (!with_tag && (meant->tag.empty() || there->tag.empty())));
}

bool means(const std::string& word, const FleetImage& image) {
  const auto path = [](const host::Path& each) { return std::filesystem::absolute(each).lexically_normal(); };
  return word == image.repository || word == image.written || means(word, image.to, false) || path(word) == path(image.definition);
}

bool means(const std::string& word, const FleetApplication& application) {
  return word == application.ref || means(word, application.ref, true) || (!application.to.empty() && means(word, application.to, true));
}

}  // namespace

Result<FleetChoice> choose(const Fleet& fleet, const std::vector<std::string>& words) {
  FleetChoice out;
  std::vector<std::string> strangers = words;
  const auto chosen = [&](const auto& each) {
    const auto found = std::ranges::find_if(words, [&](const std::string& word) { return means(word, each); });
    if (found != words.end()) std::erase_if(strangers, [&](const std::string& word) { return means(word, each); });
    return words.empty() || found != words.end();
  };
  for (const FleetImage& each : fleet.images) {
    if (chosen(each)) out.images.push_back(&each);
  }
  for (const FleetApplication& each : fleet.applications) {
    if (chosen(each)) out.applications.push_back(&each);
  }
  if (strangers.empty()) return out;
  std::vector<std::string> names;
  for (const FleetImage& each : fleet.images) names.push_back(each.repository);
  for (const FleetApplication& each : fleet.applications) names.push_back(each.ref);
  return cannot(Kind::NotFound, fmt::format("renew '{}'", strangers.front()), fmt::format("the fleet has {}", join(names, ", ")));
}

Result<Fleet> read_fleet(std::string text, const host::Path& path) {
  TRY_ASSIGN(const YamlDocument document, parse_yaml(std::move(text), path.string()));
  Fleet out;
  out.path = path.string();
  Reader reader(document, std::filesystem::absolute(path).parent_path());
  reader.read(out);
  if (reader.faults.empty()) return out;
  auto error = cannot(Kind::Invalid, fmt::format("read fleet '{}'", path.string()), "it has faults");
  error.error().faults = std::move(reader.faults);
  return error;
}

}  // namespace ashlar::pipeline
