// What the usual images of .NET give a program that brings its own runtime, beside what any base has.
#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/migration.h"

namespace ashlar::workload {
namespace {

constexpr const char* invariant = "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT";

bool sets(const Migration& work, std::string_view name) {
  return std::ranges::any_of(work.file.instructions, [&](const Instruction& each) { return each.keyword == "ENV" && std::ranges::any_of(each.assignments, [&](const Assignment& pair) { return pair.name.text == name; }); });
}
bool runs(const Migration& work, std::string_view words) {
  return std::ranges::any_of(work.file.instructions, [&](const Instruction& each) { return each.keyword == "RUN" && each.rest.text.find(words) != std::string::npos; });
}
bool exposes(const Migration& work, std::string_view port) {
  return std::ranges::any_of(work.file.instructions, [&](const Instruction& each) { return each.keyword == "EXPOSE" && std::ranges::any_of(each.words, [&](const Traced& word) { return word.text == port || word.text == fmt::format("{}/tcp", port); }); });
}

/// `8` of `8.0-jammy`; of tags that name none the newest is meant.
int major_of(std::string_view tag) {
  int out = 0;
  std::from_chars(tag.data(), tag.data() + tag.size(), out);
  return out == 0 ? 99 : out;
}

}  // namespace

void carry_dotnet(Migration& work, PackageNeeds& needs) {
  const MigratedStage& last = work.stages.back();
  if (!last.match.dotnet) return;
  const Span& span = work.file.instructions[work.file.stages.back().first].span;
  const std::string& tag = last.name.tag;
  // Alpine's and the small ones have no ICU, and say so to .NET; the others have it, and .NET does not start without it.
  const bool small = last.match.alpine || ((tag.find("chiseled") != std::string::npos || tag.find("distroless") != std::string::npos) && tag.find("extra") == std::string::npos);
  std::string given = "DOTNET_RUNNING_IN_CONTAINER=true";
  if (small && !sets(work, invariant)) {
    work.set_variable(invariant, "true");
    given += fmt::format(", {}=true", invariant);
  } else if (!small && !sets(work, invariant) && !runs(work, "InvariantGlobalization=true")) {
    needs.run.emplace_back("libicu76"), needs.install.emplace_back("libicu76");
    work.change("packages", span, last.image, "'libicu76' and what it needs are copied into the image, as the usual one has it: .NET does not start without", fmt::format("where the application needs no languages: ENV {}=true in its place", invariant));
  }
  if (runs(work, "linux-musl-") || (last.match.alpine && !runs(work, "linux-x64") && !runs(work, "linux-arm64")))
    work.breaks("libc", span, last.image, "what is published for musl does not start on glibc", "publish for it: -r linux-x64");
  constexpr std::array<std::string_view, 5> listens = {"ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "DOTNET_URLS", "URLS", "HTTP_PORTS"};
  const bool before_8 = major_of(tag) < 8;
  if (std::ranges::none_of(listens, [&](std::string_view each) { return sets(work, each); })) {
    work.set_variable(before_8 ? "ASPNETCORE_URLS" : "ASPNETCORE_HTTP_PORTS", before_8 ? "http://+:80" : "8080");
    given += before_8 ? ", ASPNETCORE_URLS=http://+:80" : ", ASPNETCORE_HTTP_PORTS=8080";
    if (before_8 && !exposes(work, "80")) work.breaks("port", span, last.image, "the usual image makes it listen on port 80, below 1024: whether user 65532 may bind it is the engine's to say", "ENV ASPNETCORE_URLS=http://+:8080");
  }
  work.set_variable("DOTNET_RUNNING_IN_CONTAINER", "true");
  work.change("base", span, last.image, fmt::format("variables that the usual image sets are set: {}", given));
}

}  // namespace ashlar::workload
