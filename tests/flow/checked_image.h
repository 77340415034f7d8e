#pragma once
// For flows of `ashlar check` on finished images: bases of two layers, images that are built on them, and who may select.
#include <fmt/format.h>

#include "layered_image.h"
#include "sample_root.h"

namespace ashlar::flow {

inline const Layer os = {inventory::folder("etc"), {"etc/os-release", debian13}, inventory::folder("var"), inventory::folder("var/lib"), inventory::folder("var/lib/dpkg"), {"var/lib/dpkg/status", deb("a", "1")}};
inline const Layer runtime = {inventory::folder("usr"), inventory::folder("usr/lib"), {"usr/lib/runtime.txt", "3.13\n"}};
inline const Layer newer = {inventory::folder("usr"), inventory::folder("usr/lib"), {"usr/lib/runtime.txt", "3.13 again\n"}};
inline const Layer app = {inventory::folder("app"), {"app/main", "print(1)\n"}};
inline const Layer foreign = {inventory::folder("etc"), {"etc/os-release", "ID=other\nVERSION_ID=\"1\"\n"}};

inline Words operator+(Words a, const Words& b) { return a.insert(a.end(), b.begin(), b.end()), a; }

class CheckImage : public SampleRoot {
 protected:
  void SetUp() override {
    for (const char* name : {"alice", "mallory"}) ASSERT_EQ(stage.ashlar({"keys", "generate", "--layout", "pkcs8", "--no-password", "--output-prefix", name}).code, 0);
    const Ran trusted = stage.ashlar({"keys", "add", "alice.pub", "--name", "alice"});
    ASSERT_EQ(trusted.code, 0) << trusted.told;
    stage.write("policy.yaml", "bases: {selection: selection.json, why: the platform team patches these}\n");
    put_image(stage, "bases", "runtime", {{{os, runtime}}});
    put_image(stage, "bases", "os", {{{os}}});
  }
  /// Selects `oci:bases:TAG` as the repository `registry.example/hardened/TAG`.
  void select(const std::string& tag, const Words& more = {}, const std::string& layout = "bases") const {
    const Ran ran = stage.ashlar(Words{"policy", "select", fmt::format("oci:{}:{}", layout, tag), "--name", fmt::format("registry.example/hardened/{}:1", tag), "--by", "Alice", "--key", "alice.key"} + more);
    ASSERT_EQ(ran.code, 0) << ran.told;
  }
  void image(const std::vector<Layer>& layers, const Layered& like = {}) const {
    Layered made = like;
    made.layers = layers;
    put_image(stage, "out", "app", {made});
  }
  Json checked(int code, const Words& more = {}, const std::string& ref = "oci:out:app") const {
    return stage.json(Words{"check", ref, "--policy", "policy.yaml"} + more, code);
  }
  std::string told(const Words& more = {}, const std::string& ref = "oci:out:app") const { return stage.ashlar(Words{"check", ref, "--policy", "policy.yaml"} + more).out; }
};

}  // namespace ashlar::flow
