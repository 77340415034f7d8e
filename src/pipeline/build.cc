#include "pipeline/build.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "oci/copy.h"
#include "build/ahead.h"
#include "pipeline/archives.h"
#include "pipeline/catalog.h"
#include "pipeline/inner/scratch.h"
#include "pipeline/supplies.h"

namespace ashlar::pipeline {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Why `name` is not built: the platforms that there are, and the one that was probably meant.
std::string no_such_platform(const std::string& name, const plan::Lock& lock, const plan::Definition& definition) {
  const auto& known = definition.platforms;
  if (std::find(known.begin(), known.end(), name) != known.end()) return fmt::format("its lock has no platform '{}'; lock it again with `ashlar lock`", name);
  std::vector<std::string> there;
  for (const auto& [platform, locked] : lock.platforms) there.push_back(platform);
  const std::vector<std::string_view> names(there.begin(), there.end());
  const std::string near = nearest(name, names);
  return fmt::format("it has no platform '{}', it has {}{}", name, join(there, " and "), near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
}

/// The platforms to build: those asked for, each of which the lock must have, or all of the lock.
Result<std::vector<oci::Platform>> platforms_of(const plan::Lock& lock, const plan::Definition& definition, const std::vector<std::string>& asked, const std::string& what) {
  std::vector<oci::Platform> out;
  std::vector<std::string> names = asked;
  if (names.empty()) {
    for (const auto& [name, locked] : lock.platforms) names.push_back(name);
  }
  for (const std::string& name : names) {
    TRY_ASSIGN(auto platform, oci::Platform::parse(name));
    if (!lock.platforms.contains(platform.str())) return cannot(Kind::NotFound, what, no_such_platform(name, lock, definition));
    if (std::find(out.begin(), out.end(), platform) == out.end()) out.push_back(std::move(platform));
  }
  return out;
}

/// The tags of one definition in `to`.
std::vector<std::string> tags_of(const oci::ImageRef& to, const plan::Definition& definition, bool alone) {
  if (!to.tag.empty()) return {to.tag};
  std::vector<std::string> tags = definition.tags;
  if (tags.empty()) tags.emplace_back("latest");
  if (alone) return tags;
  for (std::string& tag : tags) tag = build_tag(definition, tag);
  return tags;
}

/// One definition to build, with its tags.
struct Order {
  host::Path path;
  plan::Definition definition;
  std::vector<std::string> tags;
};

/// The definitions, each file once, in the order in which they were named.
Result<std::vector<Order>> orders_of(Workshop& workshop, const std::vector<host::Path>& paths, const oci::ImageRef& to) {
  std::vector<Order> out;
  for (const host::Path& path : paths) {
    const auto same = [&](const Order& each) { return std::filesystem::absolute(each.path).lexically_normal() == std::filesystem::absolute(path).lexically_normal(); };
    if (std::any_of(out.begin(), out.end(), same)) continue;
    TRY_ASSIGN(auto definition, load_definition(*workshop.machine.files, path));
    out.push_back({path, std::move(definition), {}});
  }
  std::map<std::string, const Order*> taken;
  for (Order& order : out) {
    order.tags = tags_of(to, order.definition, out.size() == 1);
    for (const std::string& tag : order.tags) {
      const auto [there, fresh] = taken.emplace(tag, &order);
      if (fresh || there->second == &order) continue;
      return cannot(Kind::Conflict, fmt::format("build '{}' and '{}' into '{}'", there->second->path.string(), order.path.string(), to.str()),
                    fmt::format("both would get the tag '{}'{}", tag, to.tag.empty() ? "; give one of them other tags, or build it into a place of its own" : "; leave the tag away, and each gets its own tags"));
    }
  }
  return out;
}

/// An index over the platforms' manifests; one manifest stands for itself.
Result<oci::Descriptor> root_of(oci::LayoutWriter& layout, const std::vector<build::Image>& images, const plan::Definition& definition) {
  if (images.size() == 1) return images.front().manifest;
  oci::ImageIndex index;
  index.annotations = definition.annotations;
  for (const build::Image& image : images) {
    oci::Descriptor descriptor = image.manifest;
    descriptor.platform = image.platform;
    index.manifests.push_back(std::move(descriptor));
  }
  return layout.put(oci::media::index, oci::to_text(index));
}

/// In one line, what a lock that was made anew has changed.
std::string relocked(const LockOutcome& outcome, const plan::Definition& definition) {
  size_t fresh = 0, gone = 0, moved = 0;
  for (const std::string& change : by_platforms(outcome.changes)) {
    if (change.ends_with(" is new")) ++fresh;
    else if (change.ends_with(" is gone")) ++gone;
    else if (change.find(" -> ") != std::string::npos) ++moved;
  }
  return fmt::format("'{}' no longer fitted '{}' and was made anew: {} packages new, {} gone, {} moved", outcome.path.string(), definition.path, fresh, gone, moved);
}

/// The lock: what was written down, or made now. `written` is where that went.
Result<plan::Lock> settle_lock(Workshop& workshop, const plan::Definition& definition, const BuildOptions& options, host::Path& written) {
  if (options.must_be_locked) return read_fitting_lock(workshop, definition, options.lock);
  const bool there = workshop.machine.files->exists(lock_file(definition, options.lock));
  LockOptions how = options.lock;
  how.enough = options.platforms;
  TRY_ASSIGN(auto outcome, lock(workshop, definition, how));
  if (there && outcome.written) workshop.progress.note(relocked(outcome, definition));
  if (outcome.written) written = outcome.path;
  for (const std::string& note : by_platforms(outcome.notes)) workshop.progress.note(note);
  for (const std::string& detail : by_platforms(outcome.details)) workshop.progress.detail(detail);
  return std::move(outcome.lock);
}

/// Whether the image has an apt that nobody told of an archive.
bool has_idle_apt(const plan::Definition& definition, const plan::Lock& lock, const BuildOptions& options) {
  if (definition.variant != plan::Variant::Dev || !options.image_mirror.empty() || !definition.repositories.empty()) return false;
  const auto& paths = definition.paths;
  if (std::any_of(paths.begin(), paths.end(), [](const plan::PathRule& each) { return each.path.starts_with("/etc/apt/sources.list"); })) return false;
  return std::any_of(lock.platforms.begin(), lock.platforms.end(), [](const auto& each) {
    const auto& packages = each.second.packages;
    return std::any_of(packages.begin(), packages.end(), [](const plan::LockedPackage& package) { return package.name == "apt"; });
  });
}

/// One platform's image. What is damaged in the cache is fetched again once; a package that is what the lock says and still does not unpack is refused.
Result<build::Image> assemble_healing(const Supplies& supplies, const oci::Platform& platform, oci::LayoutWriter& layout, const build::Options& how) {
  TRY_ASSIGN(const plan::Definition here, plan::for_platform(supplies.definition, platform.str()));
  Workshop& workshop = supplies.workshop;
  const auto assemble = [&] { return build::assemble(here, supplies.lock, platform, supplies.cache.packages(), layout, workshop.machine, how, workshop.progress); };
  auto image = assemble();
  if (image || image.error().kind != Kind::Corrupt) return image;
  TRY_ASSIGN(const bool healed, heal(supplies));
  return healed ? assemble() : std::move(image);
}

/// A definition whose lock is settled and whose packages lie in the cache.
struct Prepared {
  const Order* order;
  Built built;
  std::vector<oci::Platform> platforms;
  build::Options how;
};

/// From a definition to all that its image is made of.
Result<Prepared> prepare(Workshop& workshop, const Order& order, const BuildOptions& options, deb::ArchiveReader& cache) {
  const auto start = Clock::now();
  Prepared out{&order, {}, {}, {}};
  Built& built = out.built;
  built.definition = order.definition;
  const std::string what = fmt::format("build '{}'", order.path.string());
  if (const auto& unbuilt = built.definition.unbuilt; !unbuilt.empty()) {
    std::vector<std::string> names;
    for (const plan::Unbuilt& each : unbuilt) names.push_back(each.what);
    return cannot(Kind::Invalid, what, fmt::format("not built by ashlar yet: {}", fmt::join(names, ", ")));
  }

  TRY_ASSIGN(built.lock, settle_lock(workshop, built.definition, options, built.lock_written));
  built.timings.lock = seconds_since(start);
  TRY_ASSIGN(out.platforms, platforms_of(built.lock, built.definition, options.platforms, what));
  built.idle_apt = has_idle_apt(built.definition, built.lock, options);

  // The packages: in the cache, by digest.
  const auto before_fetch = Clock::now();
  TRY(fetch({workshop, cache, built.definition, built.lock, out.platforms, options.lock}));
  built.timings.fetch = seconds_since(before_fetch);

  build::Options& how = out.how;
  TRY_ASSIGN(how.catalog_root, catalog_root(*workshop.machine.files, built.definition));
  TRY_ASSIGN(how.release, release_of(workshop, built.definition, &built.lock));
  how.effects = workshop.data / "effects";
  how.recorded = effects_path(order.path);
  how.cache = workshop.folders.cache / "frames";
  how.threads = options.threads;
  how.run_scripts = options.run_scripts;
  how.image_mirror = options.image_mirror;
  built.timings.total = seconds_since(start);
  return out;
}

/// The image of each platform, and its tags.
Result<Built> finish(Workshop& workshop, Prepared prepared, deb::ArchiveReader& cache, oci::LayoutWriter& layout, const BuildOptions& options) {
  const auto start = Clock::now();
  Built& built = prepared.built;
  const Supplies supplies{workshop, cache, built.definition, built.lock, prepared.platforms, options.lock};
  for (const oci::Platform& platform : prepared.platforms) {
    TRY_ASSIGN(auto image, assemble_healing(supplies, platform, layout, prepared.how));
    built.timings.unpack += image.timings.unpack;
    built.timings.pack += image.timings.pack;
    built.images.push_back(std::move(image));
  }

  // The tags, last: who reads the layout meanwhile sees the old image whole.
  TRY_ASSIGN(built.root, root_of(layout, built.images, built.definition));
  built.tags = prepared.order->tags;
  for (const std::string& tag : built.tags) TRY(layout.point(tag, built.root));
  built.timings.total += seconds_since(start);
  return std::move(built);
}

/// Packs what several images take before the first of them is made; their first has the time that it took.
void pack_ahead(Workshop& workshop, std::vector<Prepared>& prepared, deb::ArchiveReader& cache, const oci::LayoutWriter& layout) {
  const auto start = Clock::now();
  std::vector<build::Coming> coming;
  for (const Prepared& each : prepared) {
    for (const oci::Platform& platform : each.platforms) coming.push_back({&each.built.definition, &each.built.lock, platform, &each.how});
  }
  build::pack_ahead(coming, cache.packages(), layout, *workshop.machine.files, workshop.progress);
  if (prepared.empty()) return;
  prepared.front().built.timings.unpack += seconds_since(start);
  prepared.front().built.timings.total += seconds_since(start);
}

/// One line for all images with an apt that nobody told of an archive.
void note_idle_apt(Workshop& workshop, const std::vector<Built>& done) {
  std::vector<std::string> names;
  for (const Built& each : done) {
    if (each.idle_apt) names.push_back(fmt::format("'{}'", each.definition.path));
  }
  if (names.empty()) return;
  const std::string which = names.size() <= 3 ? join(names, ", ") : fmt::format("{} and {} more", names.front(), names.size() - 1);
  workshop.progress.note(fmt::format("apt in the image{} of {} knows no archive; name one with --image-mirror", names.size() == 1 ? "" : "s", which));
}

Result<Builds> build_into(Workshop& workshop, const std::vector<Order>& orders, const host::Path& folder, const BuildOptions& options) {
  TRY_ASSIGN(auto layout, oci::LayoutWriter::open(*workshop.machine.files, folder));
  Builds out;
  deb::ArchiveReader cache = open_archives(workshop, {}, true);
  std::vector<Prepared> prepared;
  for (const Order& order : orders) {
    auto one = prepare(workshop, order, options, cache);
    if (!one) {
      out.failed = std::move(one).error();
      break;
    }
    prepared.push_back(std::move(*one));
  }
  pack_ahead(workshop, prepared, cache, layout);
  for (Prepared& each : prepared) {
    auto built = finish(workshop, std::move(each), cache, layout, options);
    if (!built) {
      out.failed = std::move(built).error();
      break;
    }
    out.done.push_back(std::move(*built));
  }
  note_idle_apt(workshop, out.done);
  return out;
}

Result<Builds> build_archive(Workshop& workshop, const std::vector<Order>& orders, const host::Path& file, const BuildOptions& options) {
  host::Files& files = *workshop.machine.files;
  TRY_ASSIGN(const auto scratch, Scratch::open(files, file.parent_path(), file.filename().string()));
  TRY_ASSIGN(auto out, build_into(workshop, orders, scratch.path(), options));
  if (out.failed) return std::unexpected(std::move(*out.failed));
  TRY(oci::write_archive(files, scratch.path(), file));
  return out;
}

/// Builds into a folder of our own and pushes from there: each image under its tags, once all of it is in the registry.
Result<Builds> build_registry(Workshop& workshop, const std::vector<Order>& orders, const oci::ImageRef& to, const BuildOptions& options) {
  host::Files& files = *workshop.machine.files;
  TRY_ASSIGN(const auto registry, oci::Registry::open(workshop.machine, to));
  TRY(registry->find_manifest(orders.front().tags.front()));  // a registry that does not answer is said before the work
  TRY(files.make_folders(workshop.folders.cache));
  TRY_ASSIGN(const auto scratch, Scratch::open(files, workshop.folders.cache, "push-" + Digest::of(to.location).hex().substr(0, 16)));
  TRY_ASSIGN(auto out, build_into(workshop, orders, scratch.path(), options));
  TRY_ASSIGN(const auto writer, oci::write_registry(workshop.machine, to));
  for (size_t at = 0; at < out.done.size(); ++at) {
    const std::vector<std::string>& tags = out.done[at].tags;
    TRY_ASSIGN(const auto image, oci::open_image(files, {oci::Transport::OciLayout, scratch.path().string(), tags.front(), {}}));
    if (auto pushed = oci::copy_image(*image, *writer, tags); !pushed) {
      out.failed = cannot(fmt::format("push '{}'", out.done[at].definition.path), std::move(pushed).error()).error();
      out.done.resize(at);
      break;
    }
  }
  return out;
}

}  // namespace

Result<oci::ImageRef> parse_target(std::string_view text) {
  if (text.starts_with("oci:") || text.starts_with("oci-archive:")) return oci::ImageRef::parse(text);
  if (text.starts_with("docker://")) {
    TRY_ASSIGN(auto ref, oci::ImageRef::parse(text));
    if (!ref.digest.empty()) return cannot(Kind::Invalid, fmt::format("build into '{}'", text.substr(0, 200)), "an image gets its digest by being built");
    return ref;
  }
  const auto [transport, rest] = cut(text, ':');
  constexpr std::array<std::string_view, 2> transports = {"oci", "oci-archive"};
  const std::string near = rest.empty() ? std::string("oci") : nearest(transport, transports);
  return cannot(Kind::Invalid, fmt::format("build into '{}'", text.substr(0, 200)),
                fmt::format("images are written as oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker://HOST/REPO[:TAG]; {}",
                            near.empty() ? "`ashlar copy` brings them elsewhere" : fmt::format("did you mean '{}:{}'?", near, (rest.empty() ? text : rest).substr(0, 200))));
}

Result<Builds> build(Workshop& workshop, const std::vector<host::Path>& definitions, const oci::ImageRef& to, const BuildOptions& options) {
  TRY_ASSIGN(const auto orders, orders_of(workshop, definitions, to));
  if (to.transport == oci::Transport::OciArchive) return build_archive(workshop, orders, to.location, options);
  if (to.transport == oci::Transport::Registry) return build_registry(workshop, orders, to, options);
  return build_into(workshop, orders, to.location, options);
}

}  // namespace ashlar::pipeline
