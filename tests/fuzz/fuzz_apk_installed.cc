// InstalledReader: every package has a name and a version, its paths lie within the root, and every round takes some of the text.
#include "apk/installed.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ashlar::apk::InstalledReader reader(fuzz::text(data, size), "x");
  ashlar::apk::Package package;
  for (std::size_t count = 0;; ++count) {
    fuzz::must(count <= size, "a package takes a byte");
    const auto more = reader.next(package);
    if (!more || !*more) return 0;
    fuzz::must(!package.name.empty() && !package.version.empty(), "a package has a name and a version");
    fuzz::must(package.files.size() + package.directories.size() <= size, "a path takes a byte");
    for (const auto* files : {&package.files, &package.directories}) {
      for (const auto& file : *files) {
        const std::string path = "/" + file.path + "/";
        fuzz::must(path.find("/../") == std::string::npos && path.find("/./") == std::string::npos, "a path does not lead upwards");
        fuzz::must(!file.path.starts_with('/') && file.path.find('\0') == std::string::npos, "a path is a path");
        fuzz::must(file.mode <= 07777, "a mode has permission bits alone");
        if (file.checksum) fuzz::must(file.checksum->hex.size() == 40 || file.checksum->hex.size() == 64, "a checksum has its length");
      }
    }
  }
}
