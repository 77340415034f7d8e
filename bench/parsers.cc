// How fast definitions and versions are read. ASHLAR_BENCH_DEFINITIONS names a folder of definitions; without one that part is left out.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "advisory/version.h"
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

/// Two texts of a grammar read and compared, each of ten with each: nanoseconds a comparison are the reverse of items a second.
void orders(benchmark::State& state, advisory::Grammar grammar, const std::vector<std::string>& texts) {
  for (const auto& text : texts) {
    if (!advisory::is_version(grammar, text)) return state.SkipWithError("a version is refused");
  }
  for (auto _ : state) {
    for (const auto& a : texts) {
      for (const auto& b : texts) benchmark::DoNotOptimize(advisory::compare(grammar, a, b));
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * texts.size() * texts.size()));
}
using advisory::Grammar;
using Texts = std::vector<std::string>;
BENCHMARK_CAPTURE(orders, dpkg, Grammar::Dpkg, Texts{"1:2.38.1-5+deb13u1", "2.41-12", "2.41-12+deb13u2", "3.13.5-2", "5.8.1-1~bpo12+1", "0~20240101", "13.8+deb13u8", "7.88.1-10+deb12u12", "7.88.1-10+deb12u5", "1.1.1n-0+deb11u5"});
BENCHMARK_CAPTURE(orders, apk, Grammar::Apk, Texts{"1.36.1-r29", "1.36.1-r30", "3.3.2-r1", "3.3.2-r10", "0.0.0_git20250210-r0", "1.1.1w-r1", "2.0_rc2-r0", "20240705-r0", "9.9_p1-r3", "9.9_p2-r0"});
BENCHMARK_CAPTURE(orders, rpm, Grammar::Rpm,
                  Texts{"1:3.0.7-27.el9", "1:3.0.7-28.el9_4", "2.34-100.el9_4.2", "5.14.0-427.13.1.el9_4", "5.14.0-427.16.1.el9_4", "1.0~rc1-1", "1.0^20240101git-1", "9.0p1-8.el9", "0:1.2.3-4.el9_2", "4.18.0-553.el8"});
BENCHMARK_CAPTURE(orders, semver, Grammar::Semver, Texts{"1.2.3", "1.2.4", "4.17.21", "4.17.20", "1.0.0-rc.1", "1.0.0-rc.2", "24.4.2+141-stable", "v2.0.0", "10.20.30", "3.10.0-alpha3"});
BENCHMARK_CAPTURE(orders, pep440, Grammar::Pep440, Texts{"1.0", "1.0.post1", "2024.1.15", "4.2.11", "4.2.9", "1.0rc1", "1.0a1.dev2", "2.31.0", "1!2.0", "1.0+local.1"});
BENCHMARK_CAPTURE(orders, maven, Grammar::Maven, Texts{"2.17.1", "2.17.0", "5.3.0.Final", "3.2.1.RELEASE", "1.0-alpha-1", "31.1-jre", "9.4.44.v20210927", "4.1.100.Final", "1.0-SNAPSHOT", "2.0-M3"});
BENCHMARK_CAPTURE(orders, go, Grammar::Go,
                  Texts{"v1.2.3", "v0.0.0-20200101000000-abcdefabcdef", "v0.0.0-20210101000000-abcdefabcdef", "go1.22.3", "1.22.0-rc.1", "go1.22rc1", "v2.0.0+incompatible", "0.17.0", "0.21.0", "v1.2.3-0.20200101000000-abcdef123456"});

}  // namespace

BENCHMARK_MAIN();
