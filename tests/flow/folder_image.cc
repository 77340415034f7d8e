#include "folder_image.h"

#include <fmt/format.h>

#include "oci/layout.h"

namespace ashlar::flow {

void make_image(const Stage& stage, const std::string& layout, const Words& folders) {
  const auto files = host::machine_files();
  auto writer = oci::LayoutWriter::open(*files, stage.folder() / layout);
  ASSERT_TRUE(writer) << writer.error().message;
  oci::Manifest manifest;
  oci::Config config;
  for (const std::string& folder : folders) {
    const Ran ran = stage.run({"sh", "-c", fmt::format("tar -C {0} --owner=0 --group=0 --sort=name --mtime=@1 -cf {0}.tar . && gzip -1n < {0}.tar > {0}.tar.gz", folder)});
    ASSERT_EQ(ran.code, 0) << ran.told;
    const std::string packed = stage.read(folder + ".tar.gz");
    manifest.layers.push_back(*writer->put(oci::media::layer_gzip, packed));
    config.diff_ids.push_back(Digest::of(stage.read(folder + ".tar")));
  }
  manifest.config = *writer->put(oci::media::config, oci::to_text(config));
  ASSERT_TRUE(writer->point("1", *writer->put(oci::media::manifest, oci::to_text(manifest))));
}

}  // namespace ashlar::flow
