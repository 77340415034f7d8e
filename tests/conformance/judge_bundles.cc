// judge_bundles TRUSTED_ROOT FOLDER...: judges every case of the folders (bundle_case.h) and prints `case<TAB>expected<TAB>found<TAB>why`; exit code 1 when one was
// judged wrongly.
#include <cstdio>
#include <fstream>
#include <sstream>

#include "bundle_case.h"

int main(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "usage: judge_bundles TRUSTED_ROOT FOLDER...\n");
    return 2;
  }
  std::ostringstream root;
  root << std::ifstream(arguments[1], std::ios::binary).rdbuf();
  int wrong = 0;
  for (int at = 2; at < count; ++at) {
    for (const conformance::BundleCase& each : conformance::read_cases(arguments[at], root.str())) {
      const conformance::Outcome found = conformance::judge(each);
      wrong += found.accepted == each.good ? 0 : 1;
      std::printf("%s\t%s\t%s\t%s\n", each.name.c_str(), each.good ? "accepted" : "refused", found.accepted ? "accepted" : "refused", found.why.c_str());
    }
  }
  return wrong == 0 ? 0 : 1;
}
