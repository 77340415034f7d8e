#include "pipeline/publish.h"

#include <algorithm>
#include <functional>
#include <set>

#include <fmt/format.h>

#include "oci/copy.h"
#include "pipeline/inner/revision.h"
#include "pipeline/inner/tags.h"
#include "pipeline/workshop.h"

namespace ashlar::pipeline {
namespace {

/// The part of a package's version that its authors gave it.
std::string upstream_of(const std::string& version) {
  std::string_view rest = version;
  if (const size_t colon = rest.find(':'); colon != std::string_view::npos) rest.remove_prefix(colon + 1);
  if (const size_t dash = rest.rfind('-'); dash != std::string_view::npos) rest = rest.substr(0, dash);
  return std::string(version_in_front(rest));
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

Result<std::unique_ptr<oci::ImageWriter>> writer_to(host::Machine& machine, const oci::ImageRef& to) {
  if (to.transport == oci::Transport::Registry) return oci::write_registry(machine, to);
  return oci::write_layout(*machine.files, to.location);
}

Result<std::unique_ptr<host::FileLock>> take_turn(Workshop& workshop, const oci::ImageRef& to) {
  const host::Path folder = workshop.folders.cache / "candidates";
  TRY(workshop.machine.files->make_folders(folder));
  return workshop.machine.files->lock(folder / ("to-" + Digest::of(to.location).hex().substr(0, 16) + ".lock"));
}

Result<std::optional<Digest>> pointed_at(host::Machine& machine, const oci::ImageRef& to, const std::string& tag) {
  TRY_ASSIGN(auto tags, Tags::open(machine, to));
  return tags.find(tag);
}

Result<std::optional<oci::ImageRef>> published_now(host::Machine& machine, const oci::ImageRef& to, const plan::Definition& definition) {
  TRY_ASSIGN(const auto there, pointed_at(machine, to, moving_tags(to, definition).front()));
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
  oci::Descriptor root = reader->root();
  root.annotations.erase("org.opencontainers.image.ref.name");  // the candidate's own name is none there
  return writer->put_manifest({root, text}, true);
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
  std::vector<std::string> moved, all;
  if (!names.revision.empty()) all.push_back(names.revision);
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
