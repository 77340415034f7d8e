#include "scan/base.h"

#include <gtest/gtest.h>

namespace ashlar::scan {
namespace {

oci::Config image_of(const std::vector<std::string>& layers, const std::vector<std::string>& history = {}) {
  oci::Config out;
  for (const std::string& layer : layers) out.diff_ids.push_back(Digest::of(layer));
  for (const std::string& line : history) out.history.push_back({.created = {}, .created_by = line.starts_with('+') ? line.substr(1) : line, .comment = {}, .empty_layer = !line.starts_with('+')});
  return out;
}

TEST(Base, IsKnownByItsLayers) {
  const auto image = image_of({"a", "b", "c"});
  EXPECT_EQ(layers_of_base(image, image_of({"a", "b"}), "oci:base").value().count, 2U);
  EXPECT_EQ(layers_of_base(image, image, "oci:same").value().count, 3U);
  EXPECT_EQ(layers_of_base(image, image_of({"a", "x"}), "oci:base").error().message, "cannot take 'oci:base' as the base: the image is not built on it: 1 of its 2 layers are the image's");
  EXPECT_FALSE(layers_of_base(image, image_of({"a", "b", "c", "d"}), "oci:base").has_value()) << "a base with more layers than the image";
  EXPECT_FALSE(layers_of_base(image, image_of({}), "oci:base").has_value());
}

TEST(Base, IsGuessedFromTheHistory) {
  struct Row { std::string_view summary; oci::Config image; bool ours; size_t count; };
  const Row rows[] = {
      {"an image that names its files", image_of({"a", "b"}), true, 2},
      {"the old builder's lines", image_of({"a", "b"}, {"+/bin/sh -c #(nop) ADD file:x in / ", "/bin/sh -c #(nop)  CMD [\"bash\"]", "+/bin/sh -c #(nop) COPY dir:x in /app", "/bin/sh -c #(nop)  CMD [\"app\"]"}), false, 1},
      {"buildkit's lines", image_of({"a", "b", "c"}, {"+# debian.sh", "CMD [\"bash\"]", "+RUN apt-get install x", "ENTRYPOINT [\"python\"]", "+COPY . /app"}), false, 2},
      {"an image that adds no layer above", image_of({"a", "b"}, {"+ADD rootfs", "CMD [\"sh\"]", "+RUN x", "CMD [\"python\"]"}), false, 1},
      {"both ends of a stage in one place", image_of({"a", "b"}, {"+ADD rootfs", "ENTRYPOINT [\"x\"]", "CMD [\"y\"]", "+COPY . /"}), false, 1},
      {"no history: all of it is as strict as a base", image_of({"a", "b", "c"}), false, 3},
      {"a history without an end of a stage", image_of({"a", "b"}, {"+x", "+y"}), false, 2},
      {"a history of fewer layers", image_of({"a", "b", "c"}, {"+x", "CMD y", "+z"}), false, 3},
      {"a history of other layers", image_of({"a"}, {"+x", "CMD y", "+z"}), false, 1},
      {"a word that begins alike", image_of({"a", "b"}, {"+ADD x", "CMDLINE=1", "+COPY y"}), false, 2},
      {"nothing at all", image_of({}), false, 0},
  };
  for (const Row& row : rows) EXPECT_EQ(guess_base(row.image, row.ours).count, row.count) << row.summary;
}

TEST(Base, WhatAnotherOneChanges) {
  const auto report = [](const std::string& ref, const std::vector<std::tuple<std::string, Owner, Status>>& findings) {
    Report out{.ref = ref, .database = {Digest::of(std::string_view()), {}, {}}};
    for (const auto& [id, owner, status] : findings) out.findings.push_back({.id = id, .component = {.name = "x"}, .owner = owner, .status = status});
    return out;
  };
  const auto change = change_base(report("app", {{"CVE-1", Owner::Base, Status::Affected}, {"CVE-2", Owner::Base, Status::Affected}, {"CVE-3", Owner::App, Status::Affected}, {"CVE-4", Owner::Base, Status::NotAffected}}),
                                  report("newer", {{"CVE-2", Owner::Base, Status::Affected}, {"CVE-5", Owner::Base, Status::Affected}}));
  EXPECT_EQ(change.ref, "newer");
  EXPECT_EQ(change.removed, std::vector<std::string>{"CVE-1 x"});
  EXPECT_EQ(change.kept, std::vector<std::string>{"CVE-2 x"});
  EXPECT_EQ(change.added, std::vector<std::string>{"CVE-5 x"});
}

}  // namespace
}  // namespace ashlar::scan
