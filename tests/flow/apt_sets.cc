// Compares our choice of packages with apt's: apt_sets FOLDER, with *.Packages (suites in the order of their names' lengths), sets.txt and apt-answers.txt.
// Prints every difference and a count; exits 1 when there is one.
#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <utility>

#include "plan/inner/apt_comparison.h"

namespace {

using namespace ashlar;

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

double seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    std::cerr << "usage: apt_sets FOLDER [INDEX-FOLDER]\n";
    return 2;
  }
  const std::filesystem::path folder = arguments[1], index = arguments[count > 2 ? 2 : 1];
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(index)) {
    if (entry.path().extension() == ".Packages") files.push_back(entry.path());
  }
  // trixie, trixie-updates, trixie-security: the order in which apt was given them.
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
    const std::string x = a.filename().string(), y = b.filename().string();
    return x.size() != y.size() ? x.size() < y.size() : x < y;
  });
  std::vector<deb::Package> packages;
  std::deque<std::string> texts;  // what they look into
  plan::Request request{{}, "amd64", {}};
  auto since = std::chrono::steady_clock::now();
  for (std::uint32_t at = 0; at < files.size(); ++at) {
    auto parsed = deb::parse_packages(texts.emplace_back(read_text(files[at])), files[at].string(), at);
    if (!parsed) {
      std::cerr << parsed.error().message << '\n';
      return 2;
    }
    if (files[at].stem().string().ends_with("-security")) request.security_archives.insert(at);
    std::move(parsed->begin(), parsed->end(), std::back_inserter(packages));
  }
  const double reading = seconds(since);
  since = std::chrono::steady_clock::now();
  const plan::Universe universe(packages, "amd64");
  const double making = seconds(since);
  const std::string sets = read_text(folder / "sets.txt"), answers = read_text(folder / "apt-answers.txt");
  const auto lines = std::min(std::count(sets.begin(), sets.end(), '\n'), std::count(answers.begin(), answers.end(), '\n'));
  since = std::chrono::steady_clock::now();
  const auto differences = plan::compare_with_apt(universe, request, sets, answers);
  const double taken = seconds(since);
  const auto refused = std::count(answers.begin(), answers.end(), '\n') - std::count_if(answers.begin(), answers.end(), [after = '\n'](char c) mutable {
    return std::exchange(after, c) == '\n' && c != '\n';
  });
  std::cout << lines - static_cast<std::ptrdiff_t>(differences.size()) << " of " << lines << " sets have apt's answer (" << refused << " times a refusal), "
            << taken * 1000 / static_cast<double>(lines) << " ms a set; " << packages.size() << " packages read in " << reading << " s, indexed in " << making << " s\n";
  for (const auto& difference : differences) std::cout << "  " << plan::to_string(difference) << '\n';
  return differences.empty() ? 0 : 1;
}
