#pragma once
// What short names of images mean (policies/registries.yaml), so that two spellings of one image are one.
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ashlar::policy {

struct Registries {
  std::string host{};                             ///< of names without one; empty: such names stay as they are
  std::string single{};                           ///< the folder of names of one word: `library`
  std::vector<std::string> also{};                ///< words before the host that make no other one of it: `index`
  std::string reached{};                          ///< the host that serves what is called by `host`, or the word before that; empty: that one itself
  std::string login{};                            ///< the address under which logins to it are kept, or the word before `host`; empty: `host`
};

Result<Registries> read_registries(std::string text, std::string path);

/// `nginx` as `HOST/library/nginx`. The first word is a host when it has a dot, a colon or a capital or is `localhost`, as registries' clients read it; capitals in it,
/// a dot at its end and the port of https go.
std::string full_name(const Registries& registries, std::string_view name);

}  // namespace ashlar::policy
