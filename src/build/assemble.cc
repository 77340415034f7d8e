#include "build/assemble.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "build/effects.h"
#include "build/inner/guard.h"
#include "build/inner/layers.h"
#include "build/inner/metadata.h"
#include "build/inner/rules.h"
#include "build/inner/stamp.h"
#include "build/inner/tree.h"

namespace ashlar::build {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

Keep keep_of(const plan::Definition& definition, const std::string& package) {
  Keep keep;
  for (const plan::Slice& slice : definition.slices) {
    if (slice.package != package) continue;
    const auto add = [](const std::vector<std::string>& from, std::vector<std::string>& to) {
      for (const std::string& glob : from) to.push_back(glob.starts_with('/') ? glob.substr(1) : glob);
    };
    add(slice.include, keep.include);
    add(slice.exclude, keep.exclude);
  }
  return keep;
}

/// Jobs side by side; the error of the first that failed, in their order.
Done all(Crew& crew, size_t count, const std::function<Done(size_t)>& job) {
  std::vector<Done> results(count);
  std::vector<std::function<void()>> jobs;
  for (size_t at = 0; at < count; ++at) jobs.emplace_back([&, at] { results[at] = job(at); });
  crew.run(std::move(jobs));
  for (Done& result : results) {
    if (!result) return std::unexpected(std::move(result).error());
  }
  return {};
}

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
  TRY(all(crew, parts.size(), [&](size_t at) -> Done {
    Part& part = parts[order[at]];
    TRY_ASSIGN(part.frame, store.get(*part.package, keep_of(definition, part.package->name), encoder, packages, crew));
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

Done apply(Tree& tree, EffectsResult effects) {
  for (Change& change : effects.changes) {
    if (change.remove) {
      tree.remove(change.entry.path);
    } else if (Tree::Node* const folder = tree.edit(change.entry.path); folder != nullptr && change.entry.type == FileType::Directory && folder->entry.type == FileType::Directory) {
      folder->entry = std::move(change.entry);
      folder->part = -1;
      folder->owner = "effect:" + change.effect;
    } else {
      TRY(tree.put(std::move(change.entry), std::move(change.content), "effect:" + change.effect));
    }
  }
  return {};
}

std::string user_of(const plan::Definition& definition) {
  const std::string& run_as = definition.accounts.run_as;
  for (const plan::User& user : definition.accounts.users) {
    if (user.name == run_as) return fmt::format("{}:{}", user.uid, user.gid);
  }
  return run_as.empty() || run_as == "root" ? "0:0" : run_as;
}

oci::Config config_of(const plan::Definition& definition, const oci::Platform& platform, const Time created) {
  oci::Config config;
  config.platform = platform;
  config.created = created.str();
  config.user = user_of(definition);
  config.working_dir = definition.work_dir.empty() ? "/" : definition.work_dir;
  config.stop_signal = definition.stop_signal;
  config.entrypoint = definition.entrypoint;
  config.cmd = definition.cmd;
  config.ports = definition.ports;
  for (std::string& port : config.ports) {
    if (port.find('/') == std::string::npos) port += "/tcp";
  }
  config.volumes = definition.volumes;
  config.labels = definition.labels;
  for (const auto& [name, value] : definition.annotations) config.labels.try_emplace(name, value);
  std::map<std::string, std::string> environment = definition.environment;
  environment.try_emplace("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  for (const auto& [name, value] : environment) config.env.push_back(name + "=" + value);
  return config;
}

/// Everything that the image's files are, before they are packed.
Result<Tree> furnish(const plan::Definition& definition, const plan::Lock& lock, const oci::Platform& platform, const std::vector<Part>& parts, const FrameStore& store,
                     const host::Blobs& packages, host::Machine& machine, const Options& options) {
  const plan::LockedPlatform& locked = lock.platforms.at(platform.str());
  TRY_ASSIGN(Tree tree, Tree::merge(parts, store, lock.encoder));
  EffectsRequest request;
  request.packages = configure_order(parts);
  request.definition = &definition;
  request.architecture = platform.debian();
  request.mtime = tree.newest();
  request.declared = options.effects;
  request.recorded = options.recorded;
  request.run_scripts = options.run_scripts;
  for (const plan::LockedArchive& archive : lock.archives) {
    if (const auto date = Time::parse(archive.date)) request.as_of = std::max(request.as_of, date->seconds);
  }
  TRY_ASSIGN(auto effects, apply_effects(request, tree, machine));
  TRY(apply(tree, std::move(effects)));
  TRY(add_os_release(tree, definition));
  TRY(add_apt_sources(tree, definition, lock, options.image_mirror));
  TRY(add_downloads(tree, definition, locked, packages));
  TRY(apply_paths(tree, definition, platform.str(), *machine.files, options.catalog_root));
  TRY(add_package_database(tree, parts, definition.variant));
  TRY(guard(tree, definition));
  TRY(add_owners(tree, definition));
  return tree;
}

/// The frames to pack: those of the parts, without what the tree no longer takes from them.
Result<std::vector<Frame>> final_frames(const Tree& tree, const std::vector<Part>& parts, const plan::Definition& definition, const plan::Encoder& encoder, FrameStore& store,
                                        const host::Blobs& packages, Crew& crew) {
  std::vector<Frame> frames(parts.size());
  TRY(all(crew, parts.size(), [&](size_t at) -> Done {
    Keep keep = keep_of(definition, parts[at].package->name);
    keep.drop = tree.dropped(at);
    if (keep.drop.empty()) {
      frames[at] = parts[at].frame;
      return {};
    }
    TRY_ASSIGN(frames[at], store.get(*parts[at].package, keep, encoder, packages, crew));
    return {};
  }));
  return frames;
}

}  // namespace

Result<Image> assemble(const plan::Definition& definition, const plan::Lock& lock, const oci::Platform& platform, host::Blobs& packages, oci::LayoutWriter& layout,
                       host::Machine& machine, const Options& options, Progress& progress) {
  const auto start = Clock::now();
  const auto locked = lock.platforms.find(platform.str());
  if (locked == lock.platforms.end()) return cannot(Kind::NotFound, fmt::format("build '{}'", definition.image), fmt::format("its lock has no platform '{}'", platform.str()));
  TRY_ASSIGN(const Stamp stamp, make_stamp(definition, lock, platform, *machine.files, options));
  if (auto known = find_stamped(stamp, layout, *machine.files, options.cache)) {
    known->timings.total = seconds_since(start);
    return std::move(*known);
  }

  // Packages become frames.
  Crew crew(options.threads);
  FrameStore store(*machine.files, options.cache);
  TRY_ASSIGN(const auto parts, unpack(definition, locked->second, lock.encoder, store, packages, crew, progress));
  Image image;
  image.platform = platform;
  image.timings.unpack = seconds_since(start);

  // Frames become a tree, with everything that scripts and the definition add.
  const auto packing = Clock::now();
  TRY_ASSIGN(const Tree tree, furnish(definition, lock, platform, parts, store, packages, machine, options));
  image.content_size = tree.content_size();

  // The tree becomes layers.
  TRY_ASSIGN(const auto frames, final_frames(tree, parts, definition, lock.encoder, store, packages, crew));
  const std::vector<LayerPlan> layers = plan_layers(tree, parts);
  image.layers.resize(layers.size());
  progress.stage("pack", layers.size());
  TRY(all(crew, layers.size(), [&](size_t at) -> Done {
    TRY_ASSIGN(image.layers[at], write_layer(layers[at], tree, parts, frames, store, lock.encoder, *machine.files, options.cache, layout));
    progress.step(layers[at].name, 1);
    return {};
  }));

  // Layers become an image.
  oci::Config config = config_of(definition, platform, Time{tree.newest()});
  oci::Manifest manifest;
  manifest.annotations = definition.annotations;
  for (size_t at = 0; at < layers.size(); ++at) {
    config.diff_ids.push_back(image.layers[at].diff_id);
    config.history.push_back({config.created, "ashlar: " + layers[at].name, {}, false});
    manifest.layers.push_back(image.layers[at].descriptor);
  }
  TRY_ASSIGN(manifest.config, layout.put(oci::media::config, oci::to_text(config)));
  TRY_ASSIGN(image.manifest, layout.put(oci::media::manifest, oci::to_text(manifest)));
  image.timings.pack = seconds_since(packing);
  TRY(note_stamp(stamp, image, manifest.config, *machine.files, options.cache));
  image.timings.total = seconds_since(start);
  return image;
}

}  // namespace ashlar::build
