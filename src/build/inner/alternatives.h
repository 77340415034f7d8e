#pragma once
// update-alternatives(1): which program a generic name leads to.
#include <map>
#include <string>
#include <vector>

#include "build/inner/world.h"

namespace ashlar::build {

class Alternatives {
 public:
  struct Slave { std::string link, name, path; };
  struct Choice { std::string path; int priority = 0; std::vector<Slave> slaves; };
  struct Group { std::string link; std::vector<Choice> choices; };

  void install(const std::string& link, const std::string& name, Choice choice);
  bool knows(const std::string& name) const { return groups_.contains(name); }
  void remove(const std::string& name, const std::string& path);
  /// Links every group to its choice of highest priority that is in the image (of equal ones the path that sorts first). With `full`, writes
  /// var/lib/dpkg/alternatives/ too, so that update-alternatives can go on in the image.
  Done write(World& world, bool full) const;

 private:
  std::map<std::string, Group> groups_;
};

}  // namespace ashlar::build
