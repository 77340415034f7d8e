#include "prove/run.h"

#include <algorithm>

#include <fmt/format.h>

#include "inventory/reading.h"
#include "prove/inner/here.h"
#include "prove/inner/trial.h"

namespace ashlar::prove {
namespace {

std::string name_of(const plan::RunTest& test, size_t place) { return test.name.empty() ? std::to_string(place + 1) : test.name; }

/// A check for each test that says why it was not run.
std::vector<Check> not_run(const std::vector<plan::RunTest>& tests, const std::string& reason) {
  std::vector<Check> checks;
  for (size_t at = 0; at < tests.size(); ++at) checks.push_back({"run:" + name_of(tests[at], at), "the image runs", Outcome::NotApplicable, {reason}});
  return checks;
}

}  // namespace

Result<std::vector<Check>> run_tests(oci::ImageReader& image, const oci::PlatformImage& which, const plan::Definition& definition, host::Machine& machine,
                                     const RunOptions& options, Progress& progress) {
  TRY_ASSIGN(const plan::Definition here, plan::for_platform(definition, which.platform.str()));
  std::vector<plan::RunTest> tests = here.tests;
  for (size_t at = 0; at < tests.size(); ++at) tests[at].name = name_of(tests[at], at);
  if (!options.only.empty()) std::erase_if(tests, [&](const plan::RunTest& test) { return std::ranges::find(options.only, test.name) == options.only.end(); });
  if (tests.empty()) return std::vector<Check>();
  if (which.platform.architecture != own_architecture) {
    return not_run(tests, fmt::format("the image is for {}, this machine is {}", which.platform.str(), own_architecture));
  }
  const std::string what = fmt::format("run the tests of '{}'", definition.path);
  auto runtime = Runtime::open(machine, options.state);
  if (!runtime && runtime.error().kind == Kind::NotFound) return not_run(tests, runtime.error().message);
  if (!runtime) return cannot(what, std::move(runtime).error());
  inventory::ReadOptions reading;
  reading.keep = [](std::string_view path) { return path == "etc/passwd" || path == "etc/group"; };
  TRY_ASSIGN(const inventory::Contents contents, inventory::read_contents(image, which, reading));
  const auto text = [&](const char* path) { return contents.texts.contains(path) ? contents.texts.at(path) : std::string(); };
  Cell cell;
  cell.image = &contents;
  cell.maps = (*runtime)->maps();
  TRY_ASSIGN(ImageUser user, image_user(which.config.user, text("etc/passwd"), text("etc/group")));
  cell.user = (*runtime)->startable(std::move(user), progress);
  // Numbers of an ordinary user's containers cannot be removed by whoever tidies the cache: such a root goes with the work.
  const host::Path folder = cell.maps.empty() ? options.cache / "roots" : (*runtime)->work() / "roots";
  TRY_ASSIGN(cell.root, unpacked_root(machine, folder, image, contents, cell.maps));
  Trials trials{machine, **runtime, contents, options, cell};
  progress.stage("run tests", tests.size());
  std::vector<Check> checks;
  for (size_t at = 0; at < tests.size(); ++at) {
    auto check = run_trial(trials, tests[at], at);
    if (!check && check.error().kind == Kind::Unavailable && checks.empty()) return not_run(tests, check.error().message);
    if (!check) return cannot(what, std::move(check).error());
    checks.push_back(std::move(*check));
    progress.step(checks.back().id, 1);
  }
  const bool control_groups = (*runtime)->control_groups();
  if (const auto closed = (*runtime)->close(); !closed) progress.note(closed.error().message);
  if (!control_groups) progress.detail("this machine gives containers no control groups: memory and processes are bounded by resource limits");
  return checks;
}

}  // namespace ashlar::prove
