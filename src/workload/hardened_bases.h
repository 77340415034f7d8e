#pragma once
// What hardened images there are to build upon, and which usual image each stands in for: the data file policies/migration.yaml.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "workload/images.h"

namespace ashlar::workload {

struct HardenedBase {
  std::string name;                     ///< the last part of its repository: `python`
  std::string runtime, dev, compat;     ///< tags; compat: with a shell, empty where there is none
  std::string family;                   ///< of what is built on it: `python`, `node`, `java`, `php`, `ruby`, `nginx`, ...
  std::string user = "65532";           ///< whom it runs as, as USER takes it
  std::string group = "65532";
  std::vector<std::string> programs;    ///< in the runtime image's PATH
  std::vector<std::string> packages;    ///< of the runtime image, those that Dockerfiles ask for
  std::vector<std::string> dev_programs;  ///< in the -dev image beyond what every -dev image has
};

/// What a usual image becomes.
struct BaseMatch {
  const HardenedBase* base = nullptr;   ///< null: none is known
  std::string version;                  ///< of what it has, as its tag says; empty: none is said
  std::string offered;                  ///< of the hardened one
  bool same_version = true;             ///< as far as the tag says
  bool alpine = false;                  ///< built on musl
  bool rpm = false;
  bool build_only = false;              ///< a compiler's image, that only build stages stand on and that stays as it is
  bool windows = false;
  std::string why;                      ///< why there is none, where the table says so
};

class HardenedBases {
 public:
  /// Reads the table. Faults are of kind Invalid.
  static Result<HardenedBases> parse(std::string_view text, std::string_view path);
  /// Of an image as a file names it. Registry and namespace of well-known copies count as the plain name.
  BaseMatch match(const ImageName& image) const;
  /// A hardened image by the last part of its repository, or null.
  const HardenedBase* find(std::string_view name) const;
  const std::vector<HardenedBase>& all() const { return bases_; }

 private:
  struct Usual {
    std::string name;
    std::string base;                   ///< empty: none
    std::string tag;                    ///< a glob that the tag must fit; empty: any
    bool versions = true;               ///< its tag names the version of what the base is named for
    bool alpine = false, rpm = false, build_only = false, windows = false;
    std::string why;
  };
  std::vector<HardenedBase> bases_;
  std::vector<Usual> usual_;
  std::vector<std::string> registries_;
};

}  // namespace ashlar::workload
