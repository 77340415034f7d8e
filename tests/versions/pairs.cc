// Pairs of versions for scripts/compare-versions.sh, and what we say of them.
//   pairs make GRAMMAR SEED COUNT   prints pairs that are near to each other, `a<TAB>b`; the same for the same arguments everywhere
//   pairs judge GRAMMAR             reads pairs and prints `a<TAB>b<TAB>ORDER`: <, =, > or ?, where one is no version
#include <charconv>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "pairs.h"

namespace {

int make(const versions::Breed& breed, std::string_view seed, std::string_view count) {
  std::uint64_t numbers[2] = {0, 0};
  const std::string_view texts[2] = {seed, count};
  for (int at = 0; at < 2; ++at) {
    const auto [end, error] = std::from_chars(texts[at].data(), texts[at].data() + texts[at].size(), numbers[at]);
    if (error != std::errc{} || end != texts[at].data() + texts[at].size()) {
      std::cerr << "error: '" << texts[at] << "' is no number\n";
      return 2;
    }
  }
  versions::Random random(numbers[0]);
  for (std::uint64_t made = 0; made < numbers[1]; ++made) {
    const auto [a, b] = versions::make_pair(breed, random);
    std::cout << a << '\t' << b << '\n';
  }
  return 0;
}

int judge(const versions::Breed& breed) {
  std::string line;
  while (std::getline(std::cin, line)) {
    const size_t tab = line.find('\t');
    if (tab == std::string::npos) {
      std::cerr << "error: '" << line << "' is no pair\n";
      return 1;
    }
    const std::string_view a = std::string_view(line).substr(0, tab), b = std::string_view(line).substr(tab + 1);
    std::cout << a << '\t' << b << '\t' << versions::sign(ashlar::advisory::compare(breed.grammar, a, b)) << '\n';
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string_view> words(arguments + 1, arguments + count);
  const versions::Breed* breed = words.size() > 1 ? versions::find_breed(words[1]) : nullptr;
  std::ios::sync_with_stdio(false);
  if (breed != nullptr && words.size() == 4 && words[0] == "make") return make(*breed, words[2], words[3]);
  if (breed != nullptr && words.size() == 2 && words[0] == "judge") return judge(*breed);
  std::cerr << "usage: pairs make GRAMMAR SEED COUNT | pairs judge GRAMMAR\n";
  return 2;
}
