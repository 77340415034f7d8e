#pragma once
// Surfaces from within: what comparisons look at.
#include "prove/inner/loader.h"
#include "prove/inner/rights.h"
#include "prove/surface.h"

namespace ashlar::prove {

struct Surface::Seen {
  inventory::Contents contents;
  FactsByPlace facts;                            ///< of ELF files at least
  std::map<inventory::Place, std::string> paths; ///< none: a scene asks for them
  Result<inventory::Ownership> owners = inventory::Ownership();
  Yardstick yardstick{};                         ///< nothing
  Root root{contents};
  Scene scene{contents, root, facts, paths, owners, yardstick};
  std::optional<Loader> loader;                  ///< always there; looks into the scene

  void settle();                                 ///< once contents and facts are there

  const ElfSymbols* symbols_of(const std::string& path) const {
    const auto file = contents.files.find(path);
    const FileFacts* const found = file == contents.files.end() ? nullptr : scene.facts_of(file->second);
    return found == nullptr ? nullptr : found->symbols.get();
  }
  std::string text(std::string_view path) const {
    const std::string* const found = root.text(path);
    return found == nullptr ? std::string() : *found;
  }
  /// `package:libc6`, `definition`, ...; empty where nobody claims it.
  std::string_view owner(std::string_view path) const {
    if (!owners) return {};
    const auto found = owners->files.find(path);
    return found == owners->files.end() ? std::string_view() : std::string_view(found->second.owner);
  }
  Rights rights() const { return Rights(contents.config.user, text("etc/passwd"), text("etc/group")); }
};

}  // namespace ashlar::prove
