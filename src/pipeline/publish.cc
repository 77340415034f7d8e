#include "pipeline/publish.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>

#include "oci/copy.h"
#include "oci/registry.h"
#include "pipeline/inner/revision.h"

namespace ashlar::pipeline {
namespace {

/// The part of a package's version that its authors gave it.
std::string upstream_of(const std::string& version) {
  std::string_view rest = version;
  if (const size_t colon = rest.find(':'); colon != std::string_view::npos) rest.remove_prefix(colon + 1);
  if (const size_t dash = rest.rfind('-'); dash != std::string_view::npos) rest = rest.substr(0, dash);
  return std::string(version_in_front(rest));
}

/// Tags at a place, with what they point at. None where there is no such place yet.
class Tags {
 public:
  static Result<Tags> open(host::Machine& machine, const oci::ImageRef& to) {
    Tags out(machine, to);
    if (to.transport == oci::Transport::OciLayout) {
      const host::Path index = host::Path(to.location) / "index.json";
      if (!machine.files->exists(index)) return out;
      TRY_ASSIGN(const std::string text, machine.files->read(index));
      TRY_ASSIGN(const auto read, oci::read_index(text));
      for (const oci::Descriptor& each : read.manifests) {
        if (const auto name = each.annotations.find("org.opencontainers.image.ref.name"); name != each.annotations.end()) out.known_.insert_or_assign(name->second, each.digest);
      }
      return out;
    }
    TRY_ASSIGN(out.registry_, oci::Registry::open(machine, to));
    return out;
  }
  Result<std::vector<std::string>> all() {
    std::vector<std::string> out;
    for (const auto& [name, digest] : known_) out.push_back(name);
    if (!registry_) return out;
    auto tags = registry_->tags();
    if (!tags && tags.error().kind == Kind::NotFound) return out;  // nothing was pushed there yet
    return tags;
  }
  Result<std::optional<Digest>> find(const std::string& tag) {
    if (!registry_) return known_.contains(tag) ? std::optional(known_.at(tag)) : std::nullopt;
    TRY_ASSIGN(const auto found, registry_->find_manifest(tag));
    return found ? std::optional(found->digest) : std::nullopt;
  }

 private:
  Tags(host::Machine&, const oci::ImageRef&) {}
  std::map<std::string, Digest> known_;
  std::unique_ptr<oci::Registry> registry_;
};

Result<std::unique_ptr<oci::ImageWriter>> writer_to(host::Machine& machine, const oci::ImageRef& to) {
  if (to.transport == oci::Transport::Registry) return oci::write_registry(machine, to);
  return oci::write_layout(*machine.files, to.location);
}

}  // namespace

std::vector<std::string> moving_tags(const oci::ImageRef& to, const plan::Definition& definition) {
  if (!to.tag.empty()) return {to.tag};
  return definition.tags.empty() ? std::vector<std::string>{"latest"} : definition.tags;
}

std::string revision_stem(const plan::Definition& definition, const plan::Lock& lock) {
  const std::string tag = definition.tags.empty() ? "latest" : definition.tags.front();
  const std::string_view front = version_in_front(tag);
  if (front.empty() || lock.platforms.empty()) return tag;
  const std::string image = definition.image.substr(definition.image.rfind('/') + 1);
  std::string best;
  bool best_named = false;
  for (const plan::LockedPackage& each : lock.platforms.begin()->second.packages) {
    const bool asked = std::ranges::any_of(definition.packages, [&](const plan::Wish& wish) { return wish.name == each.name; });
    const std::string version = upstream_of(each.version);
    if (!asked || !is_one_of(version, front)) continue;
    const bool named = each.name.find(image) != std::string::npos;
    if (best.empty() || (named && !best_named)) best = version, best_named = named;
  }
  return best.empty() ? tag : best + tag.substr(front.size());
}

Result<std::optional<oci::ImageRef>> published_now(host::Machine& machine, const oci::ImageRef& to, const plan::Definition& definition) {
  TRY_ASSIGN(auto tags, Tags::open(machine, to));
  TRY_ASSIGN(const auto there, tags.find(moving_tags(to, definition).front()));
  if (!there) return std::nullopt;
  oci::ImageRef out = to;
  out.tag.clear();
  out.digest = there->str();
  return out;
}

Result<Names> names_for(host::Machine& machine, const oci::ImageRef& to, const plan::Definition& definition, const plan::Lock& lock, const Digest& image) {
  Names out{.revision = {}, .moving = moving_tags(to, definition)};
  const std::string stem = revision_stem(definition, lock);
  TRY_ASSIGN(auto tags, Tags::open(machine, to));
  TRY_ASSIGN(const auto names, tags.all());
  std::set<unsigned, std::greater<>> numbers;
  for (const std::string& name : names) {
    if (const unsigned number = revision_number(name, stem); number > 0) numbers.insert(number);
  }
  for (const unsigned number : numbers) {
    out.revision = fmt::format("{}-r{}", stem, number);
    TRY_ASSIGN(const auto there, tags.find(out.revision));
    if (there == image) return out;
  }
  out.revision = fmt::format("{}-r{}", stem, numbers.empty() ? 1 : *numbers.begin() + 1);
  return out;
}

Done push_candidate(host::Machine& machine, const oci::ImageRef& from, const oci::ImageRef& to) {
  TRY_ASSIGN(const auto reader, oci::open_image(machine, from));
  TRY_ASSIGN(const auto writer, writer_to(machine, to));
  TRY(oci::copy_image(*reader, *writer, {}));
  if (to.transport != oci::Transport::OciLayout) return {};
  // Nothing of a layout is found that its index does not name.
  TRY_ASSIGN(const std::string text, reader->manifest(reader->root().digest));
  return writer->put_manifest({reader->root(), text}, true);
}

Result<std::vector<std::string>> move_tags(host::Machine& machine, const oci::ImageRef& to, const Names& names, const Digest& image) {
  oci::ImageRef by_digest = to;
  by_digest.tag.clear();
  by_digest.digest = image.str();
  TRY_ASSIGN(const auto reader, oci::open_image(machine, by_digest));
  TRY_ASSIGN(const std::string text, reader->manifest(image));
  const oci::Document document{reader->root(), text};
  TRY_ASSIGN(auto tags, Tags::open(machine, to));
  TRY_ASSIGN(const auto writer, writer_to(machine, to));
  std::vector<std::string> moved, all = {names.revision};
  all.insert(all.end(), names.moving.begin(), names.moving.end());
  for (const std::string& tag : all) {
    TRY_ASSIGN(const auto there, tags.find(tag));
    if (there == image) continue;
    if (there && tag == names.revision) return cannot(Kind::Conflict, fmt::format("name it '{}'", tag), fmt::format("the revision is '{}' already, and revisions never move", there->str()));
    TRY(writer->point(tag, document));
    moved.push_back(tag);
    if (tag != names.revision) continue;
    TRY_ASSIGN(auto again, Tags::open(machine, to));
    TRY_ASSIGN(const auto now, again.find(tag));
    if (now != image) return cannot(Kind::Conflict, fmt::format("name it '{}'", tag), "another has taken that revision at the same time; make it again, and it gets the next one");
  }
  return moved;
}

}  // namespace ashlar::pipeline
