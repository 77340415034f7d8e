// Verdicts on prepared images, on one core.
//   policy POLICY FINDINGS SECONDS
// Reads the policy once and judges images of which all is known, each with so many findings, in environment `production`, until the seconds are over. Prints one line of JSON: verdicts a
// second of processor time, and the same with the judgement written as JSON.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "policy/judgement_forms.h"

namespace {

using namespace ashlar;

constexpr Time now{1'795'000'000};

double cpu() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

scan::Report report_of(size_t findings) {
  scan::Report out;
  out.now = now;
  out.verdict = scan::Verdict::Affected;
  out.coverage.packages = 300;
  out.database.digest = Digest::of("a database");
  for (const char* name : {"kev", "epss"}) out.database.feeds.push_back({.name = name, .format = name, .digest = Digest::of(std::string_view(name)), .dated = now, .max_age = 86400});
  for (size_t at = 0; at < findings; ++at) {
    scan::Finding each{.id = fmt::format("CVE-2026-{}", 10000 + at), .owner = at % 3 == 0 ? scan::Owner::App : scan::Owner::Base, .severity = static_cast<advisory::Severity>(at % 4), .fixed_in = at % 2 == 0 ? "1.2.3" : ""};
    each.component.name = fmt::format("package-{}", at % 97);
    each.published = Time{now.seconds - static_cast<std::int64_t>(at % 400) * 86400};
    each.likelihood.emplace().score = static_cast<double>(at % 40) / 100;
    if (at % 10 == 0) each.status = scan::Status::Excepted, each.reason = "'team' until 2026-12-31: not reached";
    out.findings.push_back(std::move(each));
  }
  return out;
}

policy::FinishedImage image_of(size_t number, const scan::Report& report, const policy::SelectedBase& selected) {
  policy::FinishedImage out{.ref = fmt::format("registry.example/team/app-{}:1", number), .repository = fmt::format("registry.example/team/app-{}", number), .digest = Digest::of(std::to_string(number)).str(), .platform = "linux/amd64"};
  const policy::VerifyVerdict good{true, "bases", {{"signed-by", "the image is signed by platform", true, {}}}};
  out.base = {.how = policy::BaseFacts::How::Found, .words = "its layers are the image's first", .repository = selected.repository, .digest = selected.digest, .tags = {"3.13"}, .layers = 3, .created = Time{now.seconds - 86400}, .selected = &selected, .signatures = good};
  for (const char* id : {"no-shell", "no-package-manager", "nonroot", "no-secrets", "no-setuid", "no-world-writable", "no-devices", "elf-resolves", "entrypoint"}) out.proofs.push_back({.id = id, .title = {}});
  if (number % 5 == 0) out.proofs[0].answer = policy::Checked::Answer::Failed;
  out.report = &report;
  out.signatures = policy::VerifyVerdict{true, "releases", {{"signed-by", "the image is signed by release", true, {}}}};
  return out;
}

/// Verdicts a second of processor time, in at least so many seconds of it.
template <class Work>
double rate(double seconds, const Work& work) {
  const double begin = cpu();
  size_t count = 0;
  while (count % 100 != 0 || cpu() - begin < seconds) work(count++);
  return static_cast<double>(count) / (cpu() - begin);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fputs("usage: policy POLICY FINDINGS SECONDS\n", stderr), 2;
  std::ifstream file(argv[1], std::ios::binary);
  const auto rules = policy::read_policy({std::istreambuf_iterator<char>(file), {}}, argv[1]);
  if (!rules) return std::fprintf(stderr, "policy: %s\n", rules.error().message.c_str()), 1;
  const size_t findings = std::strtoul(argv[2], nullptr, 10);
  const double seconds = std::atof(argv[3]);
  const scan::Report report = report_of(findings);
  const policy::SelectedBase selected{.repository = "registry.example/hardened/python", .tags = {"3.13"}, .digest = Digest::of("base").str(), .supported_until = Time{now.seconds + 86400}, .from = Time{0}, .approved_by = "platform"};
  std::vector<policy::FinishedImage> images;
  for (size_t at = 0; at < 100; ++at) images.push_back(image_of(at, report, selected));
  size_t reasons = 0, bytes = 0, denied = 0;
  const double judged = rate(seconds, [&](size_t at) {
    const auto judgement = policy::judge(*rules, images[at % images.size()], "production", now);
    reasons += judgement.reasons.size();
    denied += judgement.answer == policy::Answer::Denied ? 1 : 0;
  });
  const double written = rate(seconds, [&](size_t at) { bytes += to_pretty(policy::to_json(policy::judge(*rules, images[at % images.size()], "production", now))).size(); });
  const nlohmann::json answer = {{"findings", findings}, {"verdicts_per_second", judged}, {"written_per_second", written}, {"reasons", reasons}, {"denied", denied}, {"bytes", bytes}};
  std::puts(answer.dump().c_str());
  return 0;
}
