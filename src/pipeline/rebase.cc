#include "pipeline/rebase.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/text.h"
#include "inventory/target.h"
#include "oci/copy.h"
#include "oci/platform_choice.h"
#include "pipeline/inner/kept_layers.h"
#include "pipeline/inner/rebased.h"
#include "pipeline/inner/tags.h"
#include "pipeline/publish.h"
#include "scan/base.h"

namespace ashlar::pipeline {
namespace {

constexpr size_t most_looked_at = 200;  // images that might be the base

/// The rebased image before it is written: its layers are read where they lie.
class Joined final : public oci::ImageReader {
 public:
  Joined(RebasedImage image, oci::ImageReader& base, oci::ImageReader& application, size_t base_layers) : image_(std::move(image)), base_(base), application_(application), base_layers_(base_layers) {}
  Result<std::string> blob(const Digest& digest, size_t limit) override {
    if (digest == image_.which.descriptor.digest) return image_.manifest_text;
    if (digest == image_.which.manifest.config.digest) return image_.config_text;
    return home(digest).blob(digest, limit);
  }
  Result<std::unique_ptr<Source>> open(const Digest& digest) override {
    if (digest == image_.which.manifest.config.digest) return std::make_unique<MemorySource>(as_bytes(image_.config_text));
    return home(digest).open(digest);
  }
  oci::Descriptor root() const override { return image_.which.descriptor; }
  bool is_remote() const override { return base_.is_remote() || application_.is_remote(); }
  const RebasedImage& image() const { return image_; }

 private:
  oci::ImageReader& home(const Digest& digest) {
    const auto& layers = image_.which.manifest.layers;
    const auto found = std::ranges::find(layers, digest, &oci::Descriptor::digest);
    return static_cast<size_t>(found - layers.begin()) < base_layers_ ? base_ : application_;
  }
  RebasedImage image_;
  oci::ImageReader& base_;
  oci::ImageReader& application_;
  size_t base_layers_;
};

/// References that may be the base that an image was made on. The first `proven` are named by digest or by whoever asks, the first `declared` by the image.
struct Candidates {
  std::vector<std::string> refs;
  size_t proven = 0, declared = 0;
};

Result<Candidates> candidates(host::Machine& machine, const inventory::Target& image, const std::string& onto, const std::string& from) {
  if (!from.empty()) return Candidates{{from}, 1, 1};
  Candidates whole;
  std::vector<std::string>& out = whole.refs;
  // What the image says is a hint: its layers tell.
  const auto& annotations = image.which.manifest.annotations;
  if (const auto name = annotations.find("org.opencontainers.image.base.name"); name != annotations.end()) {
    const auto digest = annotations.find("org.opencontainers.image.base.digest");
    auto ref = oci::ImageRef::parse(name->second);
    if (ref && digest != annotations.end()) {
      ref->tag.clear();
      ref->digest = digest->second;
      out.push_back(ref->str());
    }
    whole.proven = out.size();
    out.push_back(name->second);
  }
  whole.declared = out.size();
  TRY_ASSIGN(oci::ImageRef place, oci::ImageRef::parse(onto));
  if (place.transport != oci::Transport::Registry && place.transport != oci::Transport::OciLayout) return whole;
  TRY_ASSIGN(auto tags, Tags::open(machine, place));
  TRY_ASSIGN(const auto names, tags.all());
  place.digest.clear();
  for (const std::string& name : names) {
    if (name.starts_with("sha256-") || out.size() >= most_looked_at) continue;
    place.tag = name;
    out.push_back(place.str());
  }
  return whole;
}

struct Found {
  std::string ref;
  inventory::Target target;
  size_t layers = 0;
};

/// What `base` sets and the image does not have. Builders hand on each variable, label, port and volume: where one lacks, it was built on another image with these layers.
std::string lacks_of(const oci::Config& image, const oci::Config& base) {
  const auto sets = [](const std::vector<std::string>& variables, std::string_view name) { return std::ranges::any_of(variables, [&](const std::string& each) { return cut(each, '=').first == name; }); };
  for (const std::string& each : base.env) {
    if (!sets(image.env, cut(each, '=').first)) return fmt::format("variable {}", cut(each, '=').first);
  }
  for (const auto& [name, unused] : base.labels) {
    if (!image.labels.contains(name)) return fmt::format("label '{}'", name);
  }
  for (const std::string& each : base.ports) {
    if (std::ranges::find(image.ports, each) == image.ports.end()) return fmt::format("port {}", each);
  }
  for (const std::string& each : base.volumes) {
    if (std::ranges::find(image.volumes, each) == image.volumes.end()) return fmt::format("volume '{}'", each);
  }
  return {};
}

/// Looks for the base: by the image's lowest layers, and where several images have those, by what they set.
class BaseHunt {
 public:
  BaseHunt(host::Machine& machine, const inventory::Target& image, std::vector<std::string>& why_not) : machine_(machine), image_(image), why_not_(why_not) {}

  /// What whoever asks names, or the image by digest; else the only one whose layers and settings fit. Where several fit nothing is guessed.
  Result<std::optional<Found>> among(const Candidates& all, bool named) {
    for (size_t at = 0; at < all.refs.size(); ++at) {
      const std::string& ref = all.refs[at];
      auto target = inventory::open_target(machine_, ref, image_.which.platform.str());
      if (!target && named) return std::unexpected(std::move(target).error());
      if (!target || !target->image) continue;
      const auto base = scan::layers_of_base(image_.which.config, target->which.config, ref);
      if (!base) not_it(ref, std::string(text_behind(base.error().message, fmt::format("cannot take '{}' as the base: ", ref))));
      else if (base->count == image_.which.config.diff_ids.size()) not_it(ref, "it has all of the image's layers");
      else if (at < all.proven) return std::optional<Found>({ref, std::move(*target), base->count});
      else if (!take({ref, std::move(*target), base->count}, at < all.declared)) return std::nullopt;
    }
    return choose();
  }

 private:
  /// False where nothing tells which of two it is.
  bool take(Found found, bool declared) {
    const auto& config = found.target.which.manifest.config.digest;
    if (declared) declared_layers_ = found.layers;
    if (declared_layers_ != 0 && found.layers != declared_layers_) return true;
    for (const Found& each : fit_) {
      if (each.target.which.manifest.config.digest == config) return true;  // the same image by another name
    }
    if (const std::string lacks = lacks_of(image_.which.config, found.target.which.config); !lacks.empty()) {
      not_it(found.ref, fmt::format("it has the image's lowest layers and sets {}, which the image lacks: that was built on another one with these layers", lacks));
      return true;
    }
    if (!fit_.empty() && fit_.front().layers != found.layers) {
      why_not_ = {fmt::format("both '{}' and '{}' are its lowest layers: say with --from which of them is the base", fit_.front().ref, found.ref)};
      return false;
    }
    fit_.push_back(std::move(found));
    return true;
  }

  /// Of several with the same layers the one whose history the image's begins with.
  std::optional<Found> choose() {
    if (fit_.empty()) {
      for (const auto& [cause, refs] : passed_over_) why_not_.push_back(fmt::format("{} {} not its base: {}", some(refs), refs.size() == 1 ? "is" : "are", cause));
      why_not_.emplace_back("name the base that it was built on with --from, best by digest: `docker history` or whoever built it knows");
      return std::nullopt;
    }
    if (fit_.size() == 1) return std::move(fit_.front());
    const auto hands_on = [&](const Found& each) {
      const auto& base = each.target.which.config.history;
      const auto& own = image_.which.config.history;
      const auto same = [](const oci::Config::History& a, const oci::Config::History& b) { return std::tie(a.created, a.created_by, a.comment, a.empty_layer) == std::tie(b.created, b.created_by, b.comment, b.empty_layer); };
      return !base.empty() && base.size() <= own.size() && std::equal(base.begin(), base.end(), own.begin(), same);
    };
    if (std::ranges::count_if(fit_, hands_on) == 1) return std::move(*std::ranges::find_if(fit_, hands_on));
    std::vector<std::string> names;
    for (const Found& each : fit_) names.push_back(fmt::format("'{}'", each.ref));
    why_not_ = {fmt::format("{} have the same layers and other settings, and nothing tells which of them it was built on: say it with --from, best by digest", join(names, " and "))};
    return std::nullopt;
  }

  /// One line for all that are passed over for the same cause, as the tags of one image are.
  void not_it(const std::string& ref, std::string cause) {
    auto same = std::ranges::find(passed_over_, cause, &std::pair<std::string, std::vector<std::string>>::first);
    if (same == passed_over_.end()) same = passed_over_.insert(same, {std::move(cause), {}});
    same->second.push_back(ref);
  }
  static std::string some(const std::vector<std::string>& refs) {
    constexpr size_t most = 3;
    std::string out;
    for (size_t at = 0; at < std::min(most, refs.size()); ++at) out += fmt::format("{}'{}'", at == 0 ? "" : ", ", refs[at]);
    return refs.size() <= most ? out : fmt::format("{} and {} more", out, refs.size() - most);
  }
  static std::string_view text_behind(std::string_view text, std::string_view before) { return text.starts_with(before) ? text.substr(before.size()) : text; }

  host::Machine& machine_;
  const inventory::Target& image_;
  std::vector<std::string>& why_not_;
  std::vector<std::pair<std::string, std::vector<std::string>>> passed_over_;  // why, and which
  std::vector<Found> fit_;
  size_t declared_layers_ = 0;  // of the base that the image names by a tag alone
};

Result<std::optional<Found>> find_base(host::Machine& machine, const inventory::Target& image, const std::string& onto, const RebaseOptions& options, std::vector<std::string>& why_not) {
  TRY_ASSIGN(const auto all, candidates(machine, image, onto, options.from));
  return BaseHunt(machine, image, why_not).among(all, !options.from.empty());
}

/// One platform's image before it is written, and all that it is read from.
struct Part {
  Rebased out{};
  std::optional<inventory::Target> image{}, base{};
  std::optional<inventory::Target> rebased{};  ///< where nothing stands against it
};

/// Looks at the image of one platform, which `part` has, and the two bases.
Done look_at(host::Machine& machine, const std::string& image_ref, const std::string& onto, const RebaseOptions& options, Part& part) {
  inventory::Target& image = *part.image;
  Rebased& out = part.out;
  out.image = image.which.descriptor.digest, out.platform = image.which.platform;
  const auto refuse = [&](const char* id, std::string subject, std::string what) { out.answer.refusals.push_back({id, std::move(subject), std::move(what)}); };
  auto base = inventory::open_target(machine, onto, image.which.platform.str());
  if (!base && base.error().kind == Kind::NotFound && inventory::open_target(machine, onto)) {
    refuse("platform-lacks", image.which.platform.str(), fmt::format("the new base is not for {}", image.which.platform.str()));
    return {};
  }
  if (!base) return std::unexpected(std::move(base).error());
  if (!base->image) return fail(Kind::Invalid, fmt::format("'{}' is no image", onto));
  if (base->which.platform != image.which.platform) {
    refuse("platform-lacks", image.which.platform.str(), fmt::format("the new base is for {}, the image for {}", base->which.platform.str(), image.which.platform.str()));
    return {};
  }
  out.onto = base->which.descriptor.digest;
  std::vector<std::string> why_not;
  TRY_ASSIGN(auto found, find_base(machine, image, onto, options, why_not));
  if (!found) {
    for (const std::string& each : why_not) refuse("base-unknown", image_ref, each);
    return {};
  }
  out.from = found->ref, out.layers = found->layers, out.own_layers = image.which.manifest.layers.size() - found->layers;
  if (image.which.manifest.layers.size() != image.which.config.diff_ids.size()) return fail(Kind::Corrupt, "its manifest and its configuration name other layers");

  TRY_ASSIGN(auto made, rebased_image(*found->target.image, found->target.which, *image.image, image.which, *base->image, base->which, found->layers, onto));
  out.kept = made.kept;
  const oci::PlatformImage which = made.which;
  inventory::Target rebased{{}, *machine.files, std::make_unique<Joined>(std::move(made), *base->image, *image.image, base->which.manifest.layers.size()), which};
  const auto shelf = kept_layers(machine, for_proofs, false);
  const inventory::LayerShelf* const kept = shelf ? &*shelf : nullptr;
  TRY_ASSIGN(const auto old_surface, prove::Surface::read(found->target, kept));
  TRY_ASSIGN(const auto image_surface, prove::Surface::read(image, kept));
  TRY_ASSIGN(const auto new_surface, prove::Surface::read(*base, kept));
  TRY_ASSIGN(const auto rebased_surface, prove::Surface::read(rebased, kept));
  out.answer = prove::may_rebase({old_surface, image_surface, new_surface, rebased_surface, found->layers});
  part.base.emplace(std::move(*base));  // what it reads stays where it is
  if (out.answer.refusals.empty()) part.rebased.emplace(std::move(rebased));
  return {};
}

/// The rebased images of several platforms under one index, each read where it lies.
class Several final : public oci::ImageReader {
 public:
  Several(std::vector<Part>& parts, const oci::ImageIndex& index) : parts_(parts), text_(oci::to_text(index)), digest_(Digest::of(text_)) {}
  Result<std::string> blob(const Digest& digest, size_t limit) override {
    if (digest == digest_) return text_;
    return home(digest).blob(digest, limit);
  }
  Result<std::unique_ptr<Source>> open(const Digest& digest) override { return home(digest).open(digest); }
  oci::Descriptor root() const override { return {std::string(oci::media::index), digest_, text_.size(), {}, {}}; }
  bool is_remote() const override {
    return std::ranges::any_of(parts_, [](const Part& each) { return each.rebased->image->is_remote(); });
  }

 private:
  oci::ImageReader& home(const Digest& digest) {
    const auto has = [&](const Part& each) {
      const oci::PlatformImage& which = each.rebased->which;
      return which.descriptor.digest == digest || which.manifest.config.digest == digest || std::ranges::find(which.manifest.layers, digest, &oci::Descriptor::digest) != which.manifest.layers.end();
    };
    const auto found = std::ranges::find_if(parts_, has);
    return *(found == parts_.end() ? parts_.front() : *found).rebased->image;
  }
  std::vector<Part>& parts_;
  std::string text_;
  Digest digest_;
};

/// What is said of all platforms in one.
Rebased summed(const std::vector<Part>& parts) {
  Rebased out{.from = parts.front().out.from};
  for (const Part& each : parts) {
    const std::string platform = each.out.platform.str() + ": ";
    for (const prove::Refusal& one : each.out.answer.refusals) out.answer.refusals.push_back({one.id, one.subject, platform + one.what});
    for (const std::string& one : each.out.answer.harmless) out.answer.harmless.push_back(platform + one);
    for (const std::string& one : each.out.kept) out.kept.push_back(platform + one);
    out.layers = std::max(out.layers, each.out.layers), out.own_layers = std::max(out.own_layers, each.out.own_layers);
    out.each.push_back(each.out);
  }
  return out;
}

/// The image's index with the rebased manifests in the place of its own.
oci::ImageIndex index_of(const std::vector<Part>& parts, const oci::ImageIndex& image, const std::string& onto, const Digest& base) {
  oci::ImageIndex out{.manifests = {}, .annotations = image.annotations};
  for (const Part& each : parts) {
    oci::Descriptor descriptor = each.rebased->which.descriptor;
    descriptor.platform = each.out.platform;
    out.manifests.push_back(std::move(descriptor));
  }
  if (const auto name = out.annotations.find("org.opencontainers.image.base.name"); name != out.annotations.end()) name->second = onto;
  if (const auto digest = out.annotations.find("org.opencontainers.image.base.digest"); digest != out.annotations.end()) digest->second = base.str();
  return out;
}

Result<Rebased> put(Workshop& workshop, const std::string& image_ref, const std::string& onto, const oci::ImageRef& to, const RebaseOptions& options) {
  host::Machine& machine = workshop.machine;
  if (to.transport != oci::Transport::Registry && to.transport != oci::Transport::OciLayout) return fail(Kind::Invalid, "it is written to registries and layouts");
  if (to.tag.empty()) return fail(Kind::Invalid, "name the tag that it shall have");
  TRY_ASSIGN(auto first, inventory::open_target(machine, image_ref, options.platform));
  if (!first.image) return fail(Kind::Invalid, "it is no image");
  const oci::Descriptor root = first.image->root();
  const std::vector<std::string> others = options.platform.empty() ? first.others : std::vector<std::string>();
  std::vector<Part> parts(1);
  parts.front().image.emplace(std::move(first));
  for (const std::string& platform : others) {
    if (std::ranges::any_of(parts, [&](const Part& each) { return each.image->which.platform.str() == platform; })) continue;
    TRY_ASSIGN(auto other, inventory::open_target(machine, image_ref, platform));
    parts.emplace_back().image.emplace(std::move(other));
  }
  for (Part& each : parts) TRY(look_at(machine, image_ref, onto, options, each));
  Rebased out = parts.size() == 1 ? parts.front().out : summed(parts);
  if (!out.answer.refusals.empty()) return out;

  std::unique_ptr<oci::ImageReader> several;
  if (parts.size() > 1) {
    out.image = root.digest, out.onto = parts.front().base->image->root().digest;
    TRY_ASSIGN(const std::string text, parts.front().image->image->manifest(root.digest));
    TRY_ASSIGN(const auto image, oci::read_index(text));
    several = std::make_unique<Several>(parts, index_of(parts, image, onto, out.onto));
  }
  oci::ImageReader& reader = several ? *several : *parts.front().rebased->image;
  TRY_ASSIGN(const auto turn, take_turn(workshop, to));
  TRY_ASSIGN(const auto writer, writer_to(machine, to));
  TRY(oci::copy_image(reader, *writer, {to.tag}));
  out.rebased = reader.root().digest;
  for (size_t at = 0; at < out.each.size(); ++at) out.each[at].rebased = parts[at].rebased->which.descriptor.digest;
  return out;
}

}  // namespace

Result<Rebased> rebase(Workshop& workshop, const std::string& image, const std::string& onto, const oci::ImageRef& to, const RebaseOptions& options) {
  auto out = put(workshop, image, onto, to, options);
  if (!out) return cannot(fmt::format("rebase '{}' onto '{}'", image, onto), std::move(out).error());
  return out;
}

}  // namespace ashlar::pipeline
