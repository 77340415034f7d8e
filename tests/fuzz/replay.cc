// A driver's main where there is no libFuzzer: the seeds in the folders named, cut short and changed, the same way every time.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "fuzz.h"

namespace {

void run(const std::string& input) { LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size()); }

void run_changed(const std::string& seed) {
  constexpr size_t cuts = 24, changes = 60;
  std::minstd_rand random(1);
  const auto below = [&](size_t limit) { return static_cast<size_t>(random()) % limit; };
  for (size_t cut = 0; cut < cuts; ++cut) run(seed.substr(0, seed.size() * cut / cuts));
  for (size_t change = 0; change < changes && !seed.empty(); ++change) {
    std::string copy = seed;
    for (size_t count = 1 + below(3); count-- > 0;) {
      const size_t at = below(copy.size());
      switch (below(4)) {
        case 0: copy[at] = static_cast<char>(random()); break;
        case 1: copy[at] = copy[below(copy.size())]; break;
        case 2: copy.erase(at, 1 + below(8)); break;
        default: copy.insert(at, copy.substr(below(copy.size()), 1 + below(40))); break;
      }
      if (copy.empty()) break;
    }
    run(copy);
  }
}

}  // namespace

int main(int count, char** arguments) {
  std::vector<std::filesystem::path> paths;
  for (int at = 1; at < count; ++at) {
    for (const auto& item : std::filesystem::recursive_directory_iterator(arguments[at])) {
      if (item.is_regular_file()) paths.push_back(item.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  if (paths.empty()) {
    std::fprintf(stderr, "no seeds\n");
    return 1;
  }
  run({});
  for (const auto& path : paths) {
    std::ifstream in(path, std::ios::binary);
    const std::string seed{std::istreambuf_iterator<char>(in), {}};
    run(seed);
    if (seed.size() <= 64 * 1024) run_changed(seed);
  }
  std::printf("%zu seeds\n", paths.size());
}
