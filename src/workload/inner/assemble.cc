#include "workload/inner/assemble.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/entry_presence.h"
#include "workload/inner/outputs.h"
#include "workload/inner/unused_stages.h"

namespace ashlar::workload {
namespace {

bool is_under(std::string_view path, std::string_view folder) { return folder == "/" || path == folder || (path.starts_with(folder) && path.substr(folder.size()).starts_with('/')); }

class Assembler {
 public:
  Assembler(Migration& work, const Assembly& assembly) : work_(work), assembly_(assembly), last_(work.file.stages.size() - 1), own_(work.file.stages[last_]), eol_(work.newline()) {}

  std::string in_place() {
    expect_program(work_, assembly_, {});
    replace_base(work_.reference(*assembly_.base, assembly_.tag));
    std::string text;
    for (size_t number = own_.first; number < own_.end; ++number) {
      text += chunk(number);
      if (number == own_.first) text += inherited() + settings();
      if (number == own_.first && assembly_.probe) text += probe_line();
    }
    return text + tail();
  }

  std::string in_two() {
    name_ = free_stage_name(work_.file);
    auto found = find_outputs(work_, assembly_, name_);
    last_run_ = found.last_run, outputs_ = std::move(found.outputs), volumes_ = std::move(found.volumes);
    if (outputs_.empty() && !found.open && needs_line().empty()) return without_runs();
    expect_program(work_, assembly_, outputs_);
    std::string text = build_stage();
    text += needs_line();
    if (!text.ends_with("\n")) text += eol_;
    text += eol_ + runtime_from() + runtime_stage();
    return text + tail();
  }

 private:
  const Instruction& at(size_t number) const { return work_.file.instructions[number]; }

  /// Nothing of a build stage would be copied, and no builder would run it.
  std::string without_runs() {
    for (const size_t number : assembly_.numbers) {
      if ((at(number).keyword != "RUN" && at(number).keyword != "SHELL") || work_.dropped.contains(number)) continue;
      if (at(number).keyword == "RUN") work_.change("stage", at(number).span, work_.shown(number), "nothing that it makes goes into the image: it goes, and so does the stage that would run it", "where it was there to check something, check that in a stage that is built by --target");
      // Without what was to come before it.
      work_.before[number] = comments_in(work_.text.substr(at(number).span.begin, at(number).span.end - at(number).span.begin));
      work_.dropped.insert(number);
    }
    return in_place();
  }

  /// The lines of an instruction with its comments, edited; its comments alone where it goes.
  std::string chunk(size_t number) {
    const size_t begin = work_.chunk_begin(number), end = work_.chunk_end(number);
    std::string text(work_.text.substr(begin, at(number).span.begin - begin));
    // White space before the keyword belongs to its line.
    size_t line = text.rfind('\n');
    line = line == std::string::npos ? 0 : line + 1;
    const std::string indent = text.substr(line);
    text.resize(line);
    if (const auto found = work_.before.find(number); found != work_.before.end()) text += found->second;
    if (work_.dropped.contains(number)) return text;
    text += indent;
    text += work_.edited(at(number).span.begin, end);
    if (!text.ends_with('\n')) text += eol_;
    return text;
  }
  std::string tail() const { return std::string(work_.text.substr(work_.chunk_end(own_.end - 1))); }

  void replace_base(const std::string& reference) {
    work_.replace(own_.base, reference);
  }

  std::string settings() const {
    std::string out;
    for (const auto& [name, value] : work_.environment) out += fmt::format("ENV {}={}{}", name, value, eol_);
    return out;
  }
  /// What the stages that it stood on said of it.
  std::string inherited() const {
    std::string out;
    for (const size_t number : assembly_.numbers) {
      if (number >= own_.first || work_.dropped.contains(number) || at(number).keyword == "RUN" || at(number).keyword == "SHELL") continue;
      out += work_.edited(at(number).span.begin, at(number).span.end) + eol_;
    }
    return out;
  }
  std::string probe_line() const { return fmt::format("COPY --from={}/probe:1 /usr/lib/ashlar/probe /usr/lib/ashlar/probe{}", work_.options.prefix, eol_); }

  enum class Where { Build, Run, Both };
  Where where(size_t number) const {
    const std::string& keyword = at(number).keyword;
    if (keyword == "ENV" || keyword == "ARG" || keyword == "WORKDIR") return Where::Both;
    if (keyword == "RUN" || keyword == "SHELL") return Where::Build;
    if (keyword == "COPY" || keyword == "ADD") return number > last_run_ ? Where::Run : Where::Build;
    return Where::Run;
  }

  std::string build_stage() {
    const Instruction& from = at(own_.first);
    std::string text;
    if (work_.stages[last_].parent < 0) replace_base(work_.stages[last_].stays ? work_.stages[last_].image : work_.reference(*assembly_.dev, assembly_.dev->dev));
    if (from.words.size() == 3) work_.replace(from.words[2], name_);
    text = chunk(own_.first);
    if (from.words.size() == 1) {
      while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
      text += " AS " + name_ + eol_;
    }
    for (size_t number = own_.first + 1; number < own_.end; ++number) {
      const Where place = where(number);
      const bool late = number > last_run_ && place == Where::Both;
      if (place == Where::Run || late) continue;
      text += chunk(number);
    }
    const auto fresh = [&](const std::string& folder) {
      return std::ranges::none_of(work_.runs, [&](const auto& each) { return std::ranges::any_of(each.second.made, [&](const std::string& path) { return is_under(folder, path) || is_under(path, folder); }); }) && !copied_into(folder);
    };
    for (const std::string& each : volumes_) {
      if (fresh(each)) text += fmt::format("RUN mkdir -p {}{}", each, eol_);
    }
    return text;
  }
  bool copied_into(const std::string& folder) const {
    return std::ranges::any_of(assembly_.numbers, [&](size_t number) {
      const Instruction& each = at(number);
      return (each.keyword == "COPY" || each.keyword == "ADD") && number < last_run_ && absolute(each.words.back().text, work_.places[number].folder) == folder;
    });
  }

  /// Collects packages, what they need and what was compiled against, with their records.
  std::string needs_line() const {
    const auto& needs = assembly_.packages;
    std::string folders;
    for (const Output& each : outputs_) folders += is_under(each.path, "/etc") ? std::string() : " " + each.path;
    const bool native = needs.native && !folders.empty();
    if (needs.run.empty() && !native) return {};
    const std::string next = " \\" + eol_;
    std::string out = "# What the application needs of Debian when it runs and the hardened image lacks: files of packages, of those that they need, and their records for scanners." + eol_;
    out += fmt::format("COPY --from={} /var/lib/dpkg/status.d /runtime-has{}", work_.reference(*assembly_.base, assembly_.tag), eol_);
    out += "RUN ";
    if (!needs.install.empty()) out += fmt::format("apt-get update && apt-get install -y --no-install-recommends {}{} && ", join(needs.install, " "), next);
    out += "mkdir -p /runtime/var/lib/dpkg/status.d" + next;
    out += fmt::format(" && packages=\"{}\"{}", join(needs.run, " "), next);
    if (native) out += fmt::format(" && packages=\"$packages $(find{} -type f \\( -name '*.so*' -o -perm /111 \\) -exec ldd '{{}}' + 2>/dev/null | awk '$3 ~ \"^/\" {{print $3}}' | sort -u | xargs -r realpath | xargs -r dpkg -S 2>/dev/null | cut -d: -f1 | sort -u | tr '\\n' ' ')\"{}", folders, next);
    out += " && for package in $(apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances $packages | grep '^[a-z0-9]' | sort -u); do" + next;
    out += "      case $package in bash|coreutils|dash|debconf|debianutils|dpkg|init-system-helpers|install-info|libc-bin|login*|mawk|passwd|perl-base|sensible-utils|tar|ucf) continue ;; esac;" + next;
    out += "      if [ -e \"/runtime-has/${package%%:*}\" ] || ! dpkg -s \"$package\" > /dev/null 2>&1; then continue; fi;" + next;
    out += "      dpkg -L \"$package\" | grep -vE '^/usr/share/(man|info|lintian|bug)/' | tar -c --no-recursion --ignore-failed-read -T - 2>/dev/null | tar -x -C /runtime;" + next;
    out += "      dpkg -s \"$package\" | grep -v '^Status:' > \"/runtime/var/lib/dpkg/status.d/${package%%:*}\";" + next;
    out += "      cat /var/lib/dpkg/info/${package%%:*}.md5sums /var/lib/dpkg/info/${package%%:*}:*.md5sums 2>/dev/null | grep -vE ' usr/share/(man|info|lintian|bug)/' > \"/runtime/var/lib/dpkg/status.d/${package%%:*}.md5sums\" || true;" + next;
    return out + "    done" + eol_;
  }

  std::string runtime_from() const {
    const Instruction& from = at(own_.first);
    std::string out = "FROM ";
    for (const Flag& flag : from.flags) out += fmt::format("--{}={} ", flag.name, flag.value.text);
    out += work_.reference(*assembly_.base, assembly_.tag);
    if (from.words.size() == 3) out += fmt::format(" {} {}", from.words[1].text, from.words[2].text);
    return out + eol_;
  }

  std::string copies() const {
    std::string out;
    const bool packages = !needs_line().empty();
    if (packages) out += fmt::format("COPY --from={} /runtime/ /{}", name_, eol_);
    for (const Output& each : outputs_) out += fmt::format("COPY --from={0}{1} {2} {2}{3}", name_, each.owned ? fmt::format(" --chown={}:{}", assembly_.base->user, assembly_.base->group) : "", each.path, eol_);
    if (assembly_.probe) out += probe_line();
    return out;
  }

  /// Whether the runtime stage has a use for an instruction of both.
  bool is_for_running(size_t number, const std::string& rest) const {
    const Instruction& each = at(number);
    if (each.keyword == "ARG") {
      return std::ranges::any_of(each.assignments, [&](const Assignment& pair) { return rest.find("$" + pair.name.text) != std::string::npos || rest.find("${" + pair.name.text) != std::string::npos; });
    }
    if (each.keyword != "ENV") return true;
    return std::ranges::any_of(each.assignments, [](const Assignment& pair) { return pair.name.text != "DEBIAN_FRONTEND" && !pair.name.text.starts_with("PIP_") && !pair.name.text.starts_with("POETRY_"); });
  }

  std::string runtime_stage() {
    std::string rest;
    for (const size_t number : assembly_.numbers) {
      if (where(number) != Where::Build && at(number).keyword != "ARG") rest += work_.edited(at(number).span.begin, at(number).span.end) + "\n";
    }
    std::string first, then;
    bool copied = false;
    for (const size_t number : assembly_.numbers) {
      const bool own = number >= own_.first;
      const Where place = where(number);
      if (place == Where::Build || (!own && (at(number).keyword == "COPY" || at(number).keyword == "ADD"))) continue;
      if (place == Where::Both) {
        const bool late = own && number > last_run_;
        if (!late && !is_for_running(number, rest)) continue;
        std::string text = late ? chunk(number) : work_.edited(at(number).span.begin, at(number).span.end) + eol_;
        (copied ? then : first) += text;
        continue;
      }
      if (at(number).keyword == "COPY" || at(number).keyword == "ADD") copied = true;
      std::string text = own ? chunk(number) : work_.dropped.contains(number) ? std::string() : work_.edited(at(number).span.begin, at(number).span.end) + eol_;
      then += text;
    }
    return first + settings() + copies() + then;
  }

  Migration& work_;
  const Assembly& assembly_;
  size_t last_;
  const Stage& own_;
  std::string eol_;
  std::string name_;
  size_t last_run_ = 0;
  std::vector<Output> outputs_;
  std::vector<std::string> volumes_;
};

}  // namespace

bool needs_build_stage(const Migration& work, const Assembly& assembly) {
  if (!assembly.packages.run.empty() || !assembly.extra.empty()) return true;
  return std::ranges::any_of(assembly.numbers, [&](size_t number) {
    const std::string& keyword = work.file.instructions[number].keyword;
    const bool own = number >= work.file.stages.back().first;
    return (keyword == "RUN" && !work.dropped.contains(number)) || keyword == "VOLUME" || (!own && (keyword == "COPY" || keyword == "ADD"));
  });
}

std::string write_last_stage(Migration& work, const Assembly& assembly) {
  Assembler assembler(work, assembly);
  return needs_build_stage(work, assembly) ? assembler.in_two() : assembler.in_place();
}

}  // namespace ashlar::workload
