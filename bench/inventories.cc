// inventories FOLDER IMAGES TRACKER: remembers so many generated images in FOLDER/inventories.db, as scans of them would. Each has 27 to 420 packages of the source
// packages that TRACKER (in the form of Debian's, bench/advisories generates one) names, at one of some versions of each, as images of a fleet share them.
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "scan/inventories.h"

using namespace ashlar;

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "usage: inventories FOLDER IMAGES TRACKER\n", 2;
  std::ifstream file(argv[3], std::ios::binary);
  const auto tracker = nlohmann::json::parse(std::string{std::istreambuf_iterator<char>(file), {}}, nullptr, false);
  if (!tracker.is_object() || tracker.size() < 500) return std::cerr << "inventories: '" << argv[3] << "' names no 500 source packages\n", 2;
  std::vector<std::string> sources;
  for (const auto& [name, records] : tracker.items()) sources.push_back(name);
  auto store = scan::Inventories::open(std::string(argv[1]) + "/inventories.db");
  if (!store) return std::cerr << "inventories: " << store.error().message << "\n", 1;
  std::mt19937 random(20261126);
  inventory::Contents contents;
  contents.texts["etc/os-release"] = "ID=debian\nVERSION_ID=13\n";
  const auto database = advisory::no_database("none is needed");
  const int images = std::stoi(argv[2]);
  for (int image = 0; image < images; ++image) {
    const std::string name = fmt::format("oci:fleet/{}:1", image);
    scan::Subject subject{.ref = name, .digest = Digest::of(name).str(), .platform = "linux/amd64", .contents = &contents};
    const size_t packages = 27 + random() % 394;
    for (size_t each = 0; each < packages; ++each) {
      // What every image has comes first; the rest is drawn from all, as applications need it.
      const std::string& source = sources[each < 20 ? each : random() % sources.size()];
      const std::string version = fmt::format("{}.{}.{}-{}", 1 + random() % 3, random() % 10, random() % 2, 1 + random() % 2);
      subject.components.push_back({.type = "deb", .name = source, .version = version, .found_by = "dpkg", .path = "var/lib/dpkg/status"});
    }
    const scan::Report report{.distribution = scan::distribution_of(subject), .database = {}};
    if (const Done kept = store->keep(subject, report, Time{1'795'000'000}, "generated"); !kept) return std::cerr << "inventories: " << kept.error().message << "\n", 1;
  }
  return 0;
}
