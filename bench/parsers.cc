// How fast definitions and versions are read. ASHLAR_BENCH_DEFINITIONS names a folder of definitions; without one that part is left out.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "deb/version.h"
#include "plan/definition.h"

namespace {

using namespace ashlar;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Every definition of the folder, read and checked, one after the other on one processor.
void definitions(benchmark::State& state) {
  const char* folder = std::getenv("ASHLAR_BENCH_DEFINITIONS");
  if (folder == nullptr) return state.SkipWithError("ASHLAR_BENCH_DEFINITIONS names no folder");
  std::vector<std::pair<std::string, std::string>> files;
  std::int64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".yaml") continue;
    files.emplace_back(entry.path().string(), read_file(entry.path()));
    bytes += static_cast<std::int64_t>(files.back().second.size());
  }
  std::int64_t refused = 0;
  for (auto _ : state) {
    refused = 0;
    for (const auto& [path, text] : files) {
      auto definition = plan::read_definition(text, path);
      refused += definition ? 0 : 1;
      benchmark::DoNotOptimize(definition);
    }
  }
  state.SetBytesProcessed(bytes * static_cast<std::int64_t>(state.iterations()));
  state.counters["files"] = static_cast<double>(files.size());
  state.counters["refused"] = static_cast<double>(refused);
}
BENCHMARK(definitions)->Unit(benchmark::kMillisecond);

void versions(benchmark::State& state) {
  std::vector<deb::Version> all;
  for (const char* text : {"1:2.38.1-5+deb13u1", "2.41-12", "2.41-12+deb13u2", "3.13.5-2", "5.8.1-1~bpo12+1", "0~20240101", "13.8+deb13u8"}) {
    auto version = deb::Version::parse(text);
    if (!version) return state.SkipWithError("a version is refused");
    all.push_back(std::move(*version));
  }
  for (auto _ : state) {
    for (const auto& a : all) {
      for (const auto& b : all) benchmark::DoNotOptimize(a < b);
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * all.size() * all.size()));
}
BENCHMARK(versions);

}  // namespace

BENCHMARK_MAIN();
