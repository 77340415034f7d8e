#include "guest_image.h"

#include "inventory/target.h"
#include "plan/definition.h"

namespace ashlar::flow {
namespace {

void add(Bytes& tar, TarEntry entry, std::string_view content) {
  entry.size = entry.type == FileType::Regular ? content.size() : 0;
  append_tar_header(tar, entry);
  if (entry.type != FileType::Regular) return;
  tar.insert(tar.end(), content.begin(), content.end());
  tar.insert(tar.end(), tar_padding(content.size()), 0);
}

Done put_layer(oci::LayoutWriter& layout, Bytes tar, oci::Manifest& manifest, oci::Config& config) {
  tar.insert(tar.end(), tar_end_size, 0);
  TRY_ASSIGN(auto layer, layout.put(oci::media::layer_tar, as_text(tar)));
  config.diff_ids.push_back(layer.digest);
  manifest.layers.push_back(std::move(layer));
  return {};
}

}  // namespace

GuestImage::GuestImage() {
  config.user = "guest";
  config.working_dir = "/data";
  config.env = {"FROM_IMAGE=yes", "PATH=/bin"};
  config.entrypoint = {"/bin/guest"};
  config.cmd = {"serve", "8080"};
  config.volumes = {"/data"};
}

Done GuestImage::write(const host::Path& folder) const {
  host::Machine machine = host::real_machine();
  TRY_ASSIGN(auto layout, oci::LayoutWriter::open(*machine.files, folder));
  TRY_ASSIGN(const std::string program, machine.files->read(ASHLAR_GUEST));
  Bytes tar;
  for (const char* path : {"bin", "etc", "run"}) add(tar, {path, FileType::Directory, 0755}, {});
  add(tar, {"data", FileType::Directory, 0700, 1000, 1000}, {});
  add(tar, {"data/seed", FileType::Regular, 0644, 1000, 1000}, "sown");
  add(tar, {"run/guest", FileType::Directory, 0700, 1000, 1000}, {});
  add(tar, {"bin/guest", FileType::Regular, 0755}, program);
  add(tar, {"etc/passwd", FileType::Regular, 0644}, "root:x:0:0::/:/x\nguest:x:1000:1000::/data:/x\n");
  add(tar, {"etc/group", FileType::Regular, 0644}, "root:x:0:\nguest:x:1000:\nbeside:x:2000:other,guest\n");
  add(tar, {"etc/old", FileType::Regular, 0644}, "from the image");
  for (const TarEntry& entry : more) add(tar, entry, "x");
  oci::Manifest manifest;
  oci::Config described = config;
  TRY(put_layer(layout, std::move(tar), manifest, described));
  if (!upper.empty()) {
    Bytes second;
    for (const TarEntry& entry : upper) add(second, entry, "y");
    TRY(put_layer(layout, std::move(second), manifest, described));
  }
  TRY_ASSIGN(manifest.config, layout.put(oci::media::config, oci::to_text(described)));
  TRY_ASSIGN(const auto root, layout.put(oci::media::manifest, oci::to_text(manifest)));
  return layout.point("latest", root);
}

Result<std::vector<prove::Check>> run_guest(const Stage& stage, const std::string& tests, const std::string& image) {
  host::Machine machine = host::real_machine();
  TRY_ASSIGN(const auto definition, plan::read_definition("distribution: debian-13\nimage: a/guest\ncontents: {}\ntests:\n" + tests, "guest.yaml"));
  TRY_ASSIGN(auto target, inventory::open_target(machine, "oci:" + (stage.folder() / image).string()));
  Silence silence;
  return prove::run_tests(*target.image, target.which, definition, machine, {stage.folder(), stage.folder() / "cache", stage.folder() / "state", {}}, silence);
}

std::string told(const prove::Check& check) {
  std::string text(prove::to_string(check.outcome));
  for (const std::string& line : check.evidence) text += "\n" + line;
  return text;
}

}  // namespace ashlar::flow
