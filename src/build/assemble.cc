#include "build/assemble.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "build/effects.h"
#include "build/encoder.h"
#include "build/inner/bytecode.h"
#include "build/inner/crew.h"
#include "build/inner/guard.h"
#include "build/inner/layers.h"
#include "build/inner/metadata.h"
#include "build/inner/provisions.h"
#include "build/inner/pruning.h"
#include "build/inner/rules.h"
#include "build/inner/stamp.h"
#include "build/inner/tree.h"

namespace ashlar::build {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Frames of all packages. The largest are begun first, so that none is left over at the end.
Result<std::vector<Part>> unpack(const plan::Definition& definition, const plan::LockedPlatform& locked, const plan::Encoder& encoder, FrameStore& store, const host::Blobs& packages,
                                 Crew& crew, Progress& progress) {
  std::vector<Part> parts(locked.packages.size());
  std::vector<size_t> order(parts.size());
  std::uint64_t total = 0;
  for (size_t at = 0; at < parts.size(); ++at) {
    parts[at].package = &locked.packages[at];
    order[at] = at;
    total += locked.packages[at].size;
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return locked.packages[a].size > locked.packages[b].size; });
  progress.stage("unpack", total);
  TRY(crew.each(parts.size(), [&](size_t at) -> Done {
    Part& part = parts[order[at]];
    part.keep = keep_of(definition, part.package->name);
    TRY_ASSIGN(part.frame, store.get(*part.package, part.keep, encoder, packages, crew));
    progress.step(part.package->name, part.package->size);
    return {};
  }));
  return parts;
}

/// Packages after those that they need (cycles are cut where the order of names first meets them), as dpkg configures.
std::vector<ScriptedPackage> configure_order(const std::vector<Part>& parts) {
  std::map<std::string_view, size_t> places;
  for (size_t at = 0; at < parts.size(); ++at) places[parts[at].package->name] = at;
  std::vector<ScriptedPackage> out;
  std::vector<char> seen(parts.size());
  std::vector<std::pair<size_t, size_t>> stack;  // package, next of its needs
  for (size_t root = 0; root < parts.size(); ++root) {
    if (seen[root] != 0) continue;
    seen[root] = 1;
    stack.emplace_back(root, 0);
    while (!stack.empty()) {
      auto& [at, next] = stack.back();
      const auto& needs = parts[at].package->depends;
      if (next < needs.size()) {
        const auto found = places.find(needs[next++]);
        if (found != places.end() && seen[found->second] == 0) {
          seen[found->second] = 1;
          stack.emplace_back(found->second, 0);
        }
        continue;
      }
      const plan::LockedPackage& package = *parts[at].package;
      out.push_back({package.name, package.version, package.architecture, parts[at].frame.control});
      stack.pop_back();
    }
  }
  return out;
}

/// Whose the path is after a change: a script that sets no more than owner or mode of a package's file leaves it the package's.
Result<std::string> owner_after(const Tree& tree, const Change& change) {
  std::string effect = "effect:" + change.effect;
  const Tree::Node* const before = tree.node(change.entry.path);
  if (before == nullptr || !before->owner.starts_with("package:") || change.entry.type != FileType::Regular) return effect;
  const bool regular = before->entry.type == FileType::Regular;
  if (!regular && before->entry.type != FileType::HardLink) return effect;
  if (regular && before->entry.size != change.content.size()) return effect;
  TRY_ASSIGN(const Bytes bytes, tree.content(*before));
  return bytes == change.content ? before->owner : effect;
}

Done apply(Tree& tree, std::vector<Change> changes) {
  for (Change& change : changes) {
    if (change.remove) {
      tree.remove(change.entry.path);
    } else if (Tree::Node* const folder = tree.edit(change.entry.path); folder != nullptr && change.entry.type == FileType::Directory && folder->entry.type == FileType::Directory) {
      folder->entry = std::move(change.entry);
      folder->part = -1;
      folder->owner = "effect:" + change.effect;
    } else {
      TRY_ASSIGN(std::string owner, owner_after(tree, change));
      TRY(tree.put(std::move(change.entry), std::move(change.content), std::move(owner)));
    }
  }
  return {};
}

/// The user by numbers, as orchestrators need them to see that it is not root: `65532:65532`.
std::string user_of(const plan::Definition& definition, const std::vector<plan::User>& users) {
  const std::string& run_as = definition.accounts.run_as;
  for (const plan::User& user : users) {
    if (user.name == run_as || std::to_string(user.uid) == run_as) return fmt::format("{}:{}", user.uid, user.gid);
  }
  if (run_as == "root" || run_as.empty()) return "0:0";
  return run_as.find_first_not_of("0123456789") == std::string::npos ? run_as + ":" + run_as : run_as;
}

/// What the image holds, before it is packed.
struct Interior {
  Tree tree;
  std::string user;
};

/// Everything that the image's files are: packages, what their scripts would have done, what the definition lays over them, what the image says of itself.
Result<Interior> furnish(const plan::Definition& definition, const plan::Lock& lock, const oci::Platform& platform, const std::vector<Part>& parts, Tree tree,
                         const host::Blobs& packages, host::Machine& machine, const Options& options, Progress& progress) {
  const plan::LockedPlatform& locked = lock.platforms.at(platform.str());
  TRY(add_certificates(tree, definition, *machine.files, options.catalog_root));
  EffectsRequest request;
  request.packages = configure_order(parts);
  request.definition = &definition;
  request.architecture = platform.debian();
  request.mtime = tree.newest();
  request.declared = options.effects;
  request.recorded = options.recorded;
  request.run_scripts = options.run_scripts;
  request.scratch = options.cache / "scripts";
  for (const plan::LockedArchive& archive : lock.archives) {
    if (const auto date = Time::parse(archive.date)) request.as_of = std::max(request.as_of, date->seconds);
  }
  TRY_ASSIGN(auto effects, apply_effects(request, tree, machine));
  for (const std::string& note : effects.notes) progress.note(note);
  for (const std::string& detail : effects.details) progress.detail(detail);
  TRY(apply(tree, std::move(effects.changes)));
  TRY(add_os_release(tree, definition, options.release));
  TRY(add_apt_sources(tree, definition, lock, options.image_mirror));
  TRY(add_downloads(tree, definition, locked, packages));
  TRY(apply_paths(tree, definition, platform.str(), *machine.files, options.catalog_root));
  const std::string user = user_of(definition, effects.accounts.users);
  TRY(add_volumes(tree, definition, user));
  TRY(set_time_zone(tree, definition));
  TRY(check_locales(tree, definition));
  TRY(add_probe(tree, definition, platform));
  TRY(add_bytecode(tree, {definition, parts, platform.debian(), options.recorded, options.cache / "scripts", options.run_scripts}, machine, progress));
  TRY(add_package_database(tree, parts, definition.variant));
  TRY(add_origins(tree, parts));
  if (const std::string note = certificates_note(tree, definition); !note.empty()) progress.note(note);
  TRY(take_off_set_ids(tree, definition, progress));
  TRY(guard(tree, definition, progress));
  TRY(add_owners(tree, definition));
  return Interior{std::move(tree), user};
}

oci::Config config_of(const plan::Definition& definition, const oci::Platform& platform, const Interior& interior) {
  oci::Config config;
  config.platform = platform;
  config.created = Time{interior.tree.newest()}.str();
  config.user = interior.user;
  config.working_dir = definition.work_dir.empty() ? "/" : definition.work_dir;
  config.stop_signal = definition.stop_signal;
  config.entrypoint = definition.entrypoint;
  config.cmd = definition.cmd;
  config.ports = definition.ports;
  for (std::string& port : config.ports) {
    if (port.find('/') == std::string::npos) port += "/tcp";
  }
  config.volumes = definition.volumes;
  config.health = health_check(definition);
  config.labels = definition.labels;
  for (const auto& [name, value] : definition.annotations) config.labels.try_emplace(name, value);
  std::map<std::string, std::string> environment = definition.environment;
  environment.try_emplace("PATH", oci::default_path);
  for (const auto& [name, value] : environment) config.env.push_back(name + "=" + value);
  return config;
}

/// The frames to pack: those of the parts, without what the tree no longer takes from them.
Result<std::vector<Frame>> final_frames(const Tree& tree, const std::vector<Part>& parts, const plan::Encoder& encoder, FrameStore& store, const host::Blobs& packages,
                                        Crew& crew) {
  std::vector<Frame> frames(parts.size());
  TRY(crew.each(parts.size(), [&](size_t at) -> Done {
    Keep keep = parts[at].keep;
    if (tree.adjust(at, keep)) {
      TRY_ASSIGN(frames[at], store.get(*parts[at].package, keep, encoder, packages, crew));
    } else {
      frames[at] = parts[at].frame;
    }
    return {};
  }));
  return frames;
}

/// The packages' files as one tree. Where a package's path lies below another's symlink, its frame is taken anew with the path that the link leads to.
Result<Tree> merge(std::vector<Part>& parts, const plan::Encoder& encoder, FrameStore& store, const host::Blobs& packages, Crew& crew) {
  TRY_ASSIGN(Tree tree, Tree::merge(parts, store, encoder));
  bool moved = false;
  for (size_t at = 0; at < parts.size(); ++at) {
    parts[at].keep.moves = tree.moves(at);
    if (parts[at].keep.moves.empty()) continue;
    TRY_ASSIGN(parts[at].frame, store.get(*parts[at].package, parts[at].keep, encoder, packages, crew));
    moved = true;
  }
  return moved ? Tree::merge(parts, store, encoder) : Result<Tree>(std::move(tree));
}

/// What assemble() was asked for, once its arguments fit each other.
struct Order {
  const plan::Definition& definition;  ///< for the platform
  const plan::Lock& lock;
  const oci::Platform& platform;
  const plan::Encoder& encoder;  ///< this program's
  const host::Blobs& packages;
  oci::LayoutWriter& layout;
  host::Machine& machine;
  const Options& options;
  Progress& progress;
};

struct Made {
  Image image;
  oci::Descriptor config;
};

Result<Made> make_image(const Order& order, FrameStore& store, Crew& crew) {
  const auto start = Clock::now();
  Made made;
  Image& image = made.image;
  image.platform = order.platform;

  // Packages become frames.
  TRY_ASSIGN(auto parts, unpack(order.definition, order.lock.platforms.at(order.platform.str()), order.encoder, store, order.packages, crew, order.progress));
  image.timings.unpack = seconds_since(start);

  // Frames become a tree, with everything that scripts and the definition add.
  const auto packing = Clock::now();
  TRY_ASSIGN(Tree merged, merge(parts, order.encoder, store, order.packages, crew));
  TRY_ASSIGN(const Interior interior, furnish(order.definition, order.lock, order.platform, parts, std::move(merged), order.packages, order.machine, order.options, order.progress));
  const Tree& tree = interior.tree;
  image.content_size = tree.content_size();

  // The tree becomes layers.
  TRY_ASSIGN(const auto frames, final_frames(tree, parts, order.encoder, store, order.packages, crew));
  const std::vector<LayerPlan> layers = plan_layers(tree, parts);
  image.layers.resize(layers.size());
  order.progress.stage("pack", layers.size());
  TRY(crew.each(layers.size(), [&](size_t at) -> Done {
    TRY_ASSIGN(image.layers[at], write_layer(layers[at], tree, parts, frames, store, order.encoder, crew, *order.machine.files, order.options.cache, order.layout));
    order.progress.step(layers[at].name, 1);
    return {};
  }));

  // Layers become an image.
  oci::Config config = config_of(order.definition, order.platform, interior);
  note_what_cannot_start(tree, order.definition, config, order.progress);
  oci::Manifest manifest;
  manifest.annotations = order.definition.annotations;
  for (size_t at = 0; at < layers.size(); ++at) {
    config.diff_ids.push_back(image.layers[at].diff_id);
    config.history.push_back({config.created, "ashlar: " + layers[at].name, {}, false});
    manifest.layers.push_back(image.layers[at].descriptor);
  }
  TRY_ASSIGN(made.config, order.layout.put(oci::media::config, oci::to_text(config)));
  manifest.config = made.config;
  TRY_ASSIGN(image.manifest, order.layout.put(oci::media::manifest, oci::to_text(manifest)));
  image.timings.pack = seconds_since(packing);
  return made;
}

/// This program's encoder for the lock's codec and level; says so when the lock was made with another, for then the digests differ.
plan::Encoder encoder_for(const plan::Encoder& locked, Progress& progress) {
  plan::Encoder ours = encoder_like(locked);
  if (ours.library != locked.library || ours.version != locked.version)
    progress.note(fmt::format("the lock was made with {} {}, and this program packs with {} {}: the content is the same, the digests of layers are not", locked.library, locked.version,
                              ours.library, ours.version));
  return ours;
}

}  // namespace

Result<Image> assemble(const plan::Definition& definition, const plan::Lock& lock, const oci::Platform& platform, host::Blobs& packages, oci::LayoutWriter& layout,
                       host::Machine& machine, const Options& options, Progress& progress) {
  const auto start = Clock::now();
  const std::string what = fmt::format("build '{}' for {}", definition.image, platform.str());
  if (!lock.platforms.contains(platform.str())) return cannot(Kind::NotFound, what, fmt::format("its lock has no platform '{}'", platform.str()));
  TRY_ASSIGN(const plan::Definition there, plan::for_platform(definition, platform.str()));
  const plan::Encoder packer = encoder_for(lock.encoder, progress);
  TRY_ASSIGN(const Stamp stamp, make_stamp(there, lock, packer, platform, *machine.files, options));
  if (auto known = find_stamped(stamp, layout, *machine.files, options.cache)) {
    known->timings.total = seconds_since(start);
    return std::move(*known);
  }
  Crew crew(options.threads);
  FrameStore store(*machine.files, options.cache);
  const Order order{there, lock, platform, packer, packages, layout, machine, options, progress};
  auto made = make_image(order, store, crew);
  if (!made && store.forgot()) {
    progress.note("a frame in the cache was damaged; it is made again");
    made = make_image(order, store, crew);
  }
  if (!made) return std::unexpected(std::move(made).error());
  // The image is whole; a cache that takes no note only makes the next build slower.
  if (const auto noted = note_stamp(stamp, made->image, made->config, *machine.files, options.cache); !noted) progress.note(fmt::format("nothing is kept for the next build: {}", noted.error().message));
  made->image.timings.total = seconds_since(start);
  return std::move(made->image);
}

}  // namespace ashlar::build
