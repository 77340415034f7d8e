// How fast definitions are read and checked, in MB of YAML a second on one core: `definitions FOLDER [ROUNDS]` takes every .yaml below FOLDER.
// The peer beside it is the bare YAML parser on the same texts.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/yaml.h"
#include "plan/definition.h"

namespace {

struct Text {
  std::string path, text;
};

std::vector<Text> texts_below(const char* folder) {
  std::vector<Text> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".yaml") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    found.push_back({entry.path().string(), {std::istreambuf_iterator<char>(file), {}}});
  }
  return found;
}

/// The median seconds of `rounds` runs over all texts; `read` returns whether one was taken.
template <class Read>
double median_seconds(const std::vector<Text>& texts, int rounds, size_t& taken, Read read) {
  std::vector<double> seconds;
  for (int round = 0; round < rounds; ++round) {
    taken = 0;
    const auto start = std::chrono::steady_clock::now();
    for (const Text& text : texts) taken += read(text) ? 1 : 0;
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + rounds / 2, seconds.end());
  return seconds[static_cast<size_t>(rounds / 2)];
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    fmt::print(stderr, "usage: definitions FOLDER [ROUNDS]\n");
    return 2;
  }
  const std::vector<Text> texts = texts_below(arguments[1]);
  const int rounds = std::clamp(count > 2 ? std::atoi(arguments[2]) : 7, 1, 1000);
  size_t bytes = 0, parsed = 0, good = 0;
  for (const Text& text : texts) bytes += text.text.size();
  if (bytes == 0) {
    fmt::print(stderr, "no .yaml below {}\n", arguments[1]);
    return 2;
  }
  const double parse = median_seconds(texts, rounds, parsed, [](const Text& text) { return ashlar::parse_yaml(text.text, text.path).has_value(); });
  const double read = median_seconds(texts, rounds, good, [](const Text& text) { return ashlar::plan::read_definition(text.text, text.path).has_value(); });
  const double megabytes = static_cast<double>(bytes) / 1e6;
  fmt::print("{} files, {:.2f} MB, median of {} rounds\n", texts.size(), megabytes, rounds);
  fmt::print("YAML parsed:              {:6.1f} MB/s  ({} taken)\n", megabytes / parse, parsed);
  fmt::print("definitions read, checked: {:5.1f} MB/s  ({} taken, {} refused)\n", megabytes / read, good, texts.size() - good);
  fmt::print("the whole costs {:.2f} times the bare parser\n", read / parse);
  return 0;
}
