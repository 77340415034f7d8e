#include "pipeline/build.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "base/text.h"
#include "pipeline/archives.h"
#include "pipeline/catalog.h"

namespace ashlar::pipeline {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// The platforms to build: those asked for, each of which the lock must have, or all of the lock.
Result<std::vector<oci::Platform>> platforms_of(const plan::Lock& lock, const std::vector<std::string>& asked, const std::string& what) {
  std::vector<oci::Platform> out;
  std::vector<std::string> names = asked;
  if (names.empty()) {
    for (const auto& [name, locked] : lock.platforms) names.push_back(name);
  }
  for (const std::string& name : names) {
    TRY_ASSIGN(auto platform, oci::Platform::parse(name));
    if (!lock.platforms.contains(platform.str())) return cannot(Kind::NotFound, what, fmt::format("its lock has no platform '{}'; lock it again with --platform", name));
    if (std::find(out.begin(), out.end(), platform) == out.end()) out.push_back(std::move(platform));
  }
  return out;
}

/// What the platforms take and the cache lacks.
struct Missing {
  std::vector<deb::ArchiveReader::Wanted> packages;
  std::vector<deb::ArchiveReader::WantedFile> files;
};

Result<Missing> missing(deb::ArchiveReader& reader, const plan::Lock& lock, const std::vector<oci::Platform>& platforms) {
  Missing out;
  for (const oci::Platform& platform : platforms) {
    const plan::LockedPlatform& locked = lock.platforms.at(platform.str());
    for (const plan::LockedPackage& package : locked.packages) {
      TRY_ASSIGN(const Digest digest, Digest::parse_hex(package.sha256));
      if (!reader.packages().has(digest)) out.packages.push_back({package.archive, package.suite, package.path, package.sha256, package.size});
    }
    for (const plan::LockedFile& file : locked.files) {
      TRY_ASSIGN(const Digest digest, Digest::parse_hex(file.sha256));
      if (!reader.packages().has(digest)) out.files.push_back({file.url, file.sha256, file.size});
    }
  }
  return out;
}

/// Sees that the cache holds every package and file that the platforms take. Where it does already, no archive need be known to this machine.
Done fetch(Workshop& workshop, deb::ArchiveReader& cache, const plan::Definition& definition, const plan::Lock& lock, const std::vector<oci::Platform>& platforms,
           const LockOptions& options) {
  TRY_ASSIGN(const Missing wanted, missing(cache, lock, platforms));
  if (wanted.packages.empty() && wanted.files.empty()) return {};
  TRY_ASSIGN(Sources sources, sources_of(workshop, definition, options));
  deb::ArchiveReader reader = open_archives(workshop, std::move(sources.access), options.offline);
  TRY(reader.fetch(wanted.packages, sources.archives));
  return reader.fetch_files(wanted.files);
}

/// The tag of one definition in `to`.
std::string tag_of(const oci::ImageRef& to, const plan::Definition& definition, size_t definitions) {
  if (!to.tag.empty()) return to.tag;
  const std::string first = definition.tags.empty() ? "latest" : definition.tags.front();
  if (definitions == 1) return first;
  const size_t slash = definition.image.rfind('/');
  return fmt::format("{}-{}", slash == std::string::npos ? definition.image : definition.image.substr(slash + 1), first);
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

/// One definition, from its lock to its tag.
Result<Built> build_one(Workshop& workshop, const host::Path& path, oci::LayoutWriter& layout, const oci::ImageRef& to, size_t definitions, const BuildOptions& options) {
  const auto start = Clock::now();
  Built built;
  TRY_ASSIGN(built.definition, load_definition(*workshop.machine.files, path));
  const std::string what = fmt::format("build '{}'", path.string());
  if (const auto& unbuilt = built.definition.unbuilt; !unbuilt.empty()) {
    std::vector<std::string> names;
    for (const plan::Unbuilt& each : unbuilt) names.push_back(each.what);
    return cannot(Kind::Invalid, what, fmt::format("not built by ashlar yet: {}", fmt::join(names, ", ")));
  }

  // The lock: what was written down, or made now.
  const auto before_lock = Clock::now();
  if (options.must_be_locked) {
    TRY_ASSIGN(built.lock, read_fitting_lock(workshop, built.definition, options.lock));
  } else {
    TRY_ASSIGN(auto outcome, lock(workshop, built.definition, options.lock));
    for (const std::string& note : outcome.notes) workshop.progress.note(note);
    built.lock = std::move(outcome.lock);
  }
  built.timings.lock = seconds_since(before_lock);
  TRY_ASSIGN(const auto platforms, platforms_of(built.lock, options.platforms, what));

  // The packages: in the cache, by digest.
  const auto before_fetch = Clock::now();
  deb::ArchiveReader cache = open_archives(workshop, {}, true);
  TRY(fetch(workshop, cache, built.definition, built.lock, platforms, options.lock));
  built.timings.fetch = seconds_since(before_fetch);

  // The image of each platform.
  build::Options how;
  TRY_ASSIGN(how.catalog_root, catalog_root(*workshop.machine.files, built.definition));
  how.effects = workshop.data / "effects";
  how.recorded = effects_path(path);
  how.cache = workshop.folders.cache / "frames";
  how.threads = options.threads;
  how.run_scripts = options.run_scripts;
  how.image_mirror = options.image_mirror;
  for (const oci::Platform& platform : platforms) {
    TRY_ASSIGN(const plan::Definition here, plan::for_platform(built.definition, platform.str()));
    TRY_ASSIGN(auto image, build::assemble(here, built.lock, platform, cache.packages(), layout, workshop.machine, how, workshop.progress));
    built.timings.unpack += image.timings.unpack;
    built.timings.pack += image.timings.pack;
    built.images.push_back(std::move(image));
  }

  // The tag, last: who reads the layout meanwhile sees the old image whole.
  TRY_ASSIGN(built.root, root_of(layout, built.images, built.definition));
  built.tag = tag_of(to, built.definition, definitions);
  TRY(layout.point(built.tag, built.root));
  built.timings.total = seconds_since(start);
  return built;
}

}  // namespace

Result<std::vector<Built>> build(Workshop& workshop, const std::vector<host::Path>& definitions, const oci::ImageRef& to, const BuildOptions& options) {
  if (to.transport != oci::Transport::OciLayout && to.transport != oci::Transport::OciArchive)
    return cannot(Kind::Invalid, fmt::format("build into '{}'", to.str()), "images are written as oci:DIR[:TAG] or oci-archive:FILE[:TAG]; copy them elsewhere with skopeo");
  const bool archive = to.transport == oci::Transport::OciArchive;
  host::Files& files = *workshop.machine.files;
  // An archive's layout is made beside it, so that both lie on one file system, and goes when it is packed.
  const host::Path folder = archive ? host::Path(to.location + ".layout") : host::Path(to.location);
  if (archive) TRY(files.remove_tree(folder));
  TRY_ASSIGN(auto layout, oci::LayoutWriter::open(files, folder));
  std::vector<Built> all;
  for (const host::Path& path : definitions) {
    TRY_ASSIGN(auto built, build_one(workshop, path, layout, to, definitions.size(), options));
    all.push_back(std::move(built));
  }
  if (archive) {
    TRY(oci::write_archive(files, folder, to.location));
    TRY(files.remove_tree(folder));
  }
  return all;
}

}  // namespace ashlar::pipeline
