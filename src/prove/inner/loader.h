#pragma once
// Which files the dynamic loader of glibc takes (ld.so(8)): without running anything.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "prove/inner/scene.h"

namespace ashlar::prove {

/// etc/ld.so.cache (glibc, elf/cache.c, format 1.1): name to paths, in its order. Empty when it is none or damaged.
std::multimap<std::string, std::string, std::less<>> read_loader_cache(std::string_view bytes);

class Loader {
 public:
  explicit Loader(const Scene& scene);

  /// An ELF file of the image by its resolved path.
  struct Object {
    std::string path;
    const Elf* elf = nullptr;
  };
  /// What is missing for `object` to be loaded as the loader would, one line each; libraries that it takes are added to `taken`.
  std::vector<std::string> missing_for_program(const Object& object, std::set<std::string>& taken) const;
  /// The same for a library that others load while they run. Where its own search finds nothing, a library of that name which programs load before it
  /// (`loaded`), or one of the same package or folder that they must load first, is taken; `notes` says so.
  std::vector<std::string> missing_for_library(const Object& object, const std::set<std::string>& loaded, std::vector<std::string>& notes) const;
  std::vector<Object> objects() const;
  /// What the loader maps for `object`, itself first, in the order in which names are looked up in it; what is not found is left out.
  std::vector<Object> scope_of(const Object& object) const;
  /// The library that a program like `like` without folders of its own finds under this name.
  std::optional<Object> library(const std::string& name, const Elf& like) const;

 private:
  struct Chain { const Object* object; const Chain* loader; };
  struct Walk;
  Walk walk(const Object& object) const;
  std::optional<Object> find(const std::string& name, const Chain& chain) const;
  std::optional<Object> at(const std::string& path, const Elf& like) const;
  std::optional<Object> in_folders(const std::string& list, const std::string& name, const Object& object) const;

  const Scene& scene_;
  std::multimap<std::string, std::string, std::less<>> cache_;
  std::string library_path_;              // LD_LIBRARY_PATH of the configuration
  std::map<std::string, std::vector<std::string>> by_soname_;  // paths
};

}  // namespace ashlar::prove
