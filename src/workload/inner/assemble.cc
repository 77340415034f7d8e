#include "workload/inner/assemble.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::workload {
namespace {

bool is_under(std::string_view path, std::string_view folder) { return folder == "/" || path == folder || (path.starts_with(folder) && path.substr(folder.size()).starts_with('/')); }

/// Folders of the system, that are never copied as a whole.
bool is_of_the_system(std::string_view path) {
  constexpr std::array<std::string_view, 20> system = {"/", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/share", "/var", "/var/lib", "/root", "/home", "/usr/lib/x86_64-linux-gnu", "/var/log", "/etc/ssl", "/var/run", "/run"};
  return std::ranges::find(system, path) != system.end();
}
/// What no image needs of a build.
bool is_left_behind(std::string_view path) {
  constexpr std::array<std::string_view, 15> behind = {"/tmp", "/var/tmp", "/dev", "/proc", "/sys", "/var/cache/apt", "/var/lib/apt", "/etc/apt", "/root/.cache", "/root/.ssh", "/root/.m2", "/root/.npm", "/etc/locale.gen", "/var/cache/apk", "/usr/share/keyrings"};
  return std::ranges::any_of(behind, [&](std::string_view each) { return is_under(path, each); });
}

std::string last_part(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

class Assembler {
 public:
  Assembler(Migration& work, const Assembly& assembly) : work_(work), assembly_(assembly), last_(work.file.stages.size() - 1), own_(work.file.stages[last_]), eol_(work.newline()) {}

  std::string in_place() {
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
    sort_out();
    std::string text = build_stage();
    text += needs_line();
    if (!text.ends_with("\n")) text += eol_;
    text += eol_ + runtime_from() + runtime_stage();
    return text + tail();
  }

 private:
  const Instruction& at(size_t number) const { return work_.file.instructions[number]; }

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

  /// Finds what the build makes, and where the last thing that it runs stands.
  void sort_out() {
    for (const size_t number : assembly_.numbers) {
      if (at(number).keyword == "RUN" && !work_.dropped.contains(number)) last_run_ = number;
    }
    for (const Output& each : assembly_.extra) outputs_.push_back(each);
    for (const size_t number : assembly_.numbers) {
      const Instruction& each = at(number);
      const bool own = number >= own_.first;
      if ((each.keyword == "COPY" || each.keyword == "ADD") && (!own || number < last_run_) && !work_.dropped.contains(number)) copied(number, each);
      if (each.keyword == "RUN") made(number);
      if (each.keyword == "VOLUME") for (const Traced& word : each.words) volumes_.push_back(absolute(word.text, work_.places[number].folder));
    }
    for (const std::string& each : volumes_) outputs_.push_back({each, true});
    tidy();
    for (const size_t number : assembly_.numbers) removed(number), unknown(number);
  }

  void copied(size_t number, const Instruction& each) {
    const std::string& folder = work_.places[number].folder;
    const std::string& to = each.words.back().text;
    if (to.find('$') != std::string::npos) {
      const ExecForm form = exec_form("x " + to, work_.places[number].values());
      if (form.words.size() == 2) return copied_to(number, each, form.words[1], folder);
      work_.breaks("files", each.span, work_.shown(number), "a variable says where it goes", "copy it into the last stage, too");
      return;
    }
    copied_to(number, each, to, folder);
  }

  void copied_to(size_t number, const Instruction& each, const std::string& to, const std::string& folder) {
    const std::string whole = absolute(to, folder);
    const bool owned = std::ranges::any_of(each.flags, [](const Flag& flag) { return flag.name == "chown"; });
    // Into the folder where it works: that is copied as a whole.
    if (!is_of_the_system(folder) && is_under(whole, folder)) return outputs_.push_back({folder, owned});
    const bool into = to.ends_with('/') || each.words.size() > 2 || is_of_the_system(whole);
    if (!is_of_the_system(whole) && !into) return outputs_.push_back({whole, owned});
    if (!is_of_the_system(whole) && whole != "/usr/local/bin") return outputs_.push_back({whole, owned});
    for (size_t word = 0; word + 1 < each.words.size(); ++word) {
      const std::string name = last_part(absolute(each.words[word].text, "/"));
      const bool named = !name.empty() && name.find_first_of("*?[$") == std::string::npos && !each.words[word].text.starts_with("<<");
      if (named) outputs_.push_back({absolute(name, whole), owned});
      else work_.breaks("files", each.span, work_.shown(number), fmt::format("what comes into '{}' by this is not known", whole), "copy it into the last stage by name");
    }
  }

  void made(size_t number) {
    const auto found = work_.runs.find(number);
    if (found == work_.runs.end()) return;
    const RunLine& run = found->second;
    const std::string& folder = work_.places[number].folder;
    if (work_.dropped.contains(number)) {
      // What only owners were changed of is somewhere else's to copy.
      for (const std::string& each : run.owned) given_.insert(each);
      return;
    }
    for (const std::string& each : run.owned) given_.insert(each);
    for (const std::string& each : run.made) {
      outputs_.push_back({each, false});
      if (is_of_the_system(each) && std::ranges::find(run.owned, each) == run.owned.end()) work_.breaks("files", at(number).span, work_.shown(number), fmt::format("what comes into '{}' by this is not known", each), "copy it into the last stage by name");
    }
    if (run.makes_locales) outputs_.push_back({"/usr/lib/locale", false});
    if (run.trusts) outputs_.push_back({"/etc/ssl/certs", false}), outputs_.push_back({"/usr/local/share/ca-certificates", false}), trusts(number);
    if (run.installs_globally) outputs_.push_back({"/usr/local/lib/node_modules", false}), outputs_.push_back({"/usr/local/bin", false});
    const bool installs_only = run.line.good && !(run.commands.empty() && !run.programs.empty()) && installs_alone(run);
    if (!is_of_the_system(folder) && !installs_only) outputs_.push_back({folder, false});
    if (!run.line.good && !installs_only) work_.breaks("files", at(number).span, work_.shown(number), "its shell is not understood: what it makes outside of the folder where it works is not copied", "copy it into the last stage by name");
    for (const std::string& each : run.unknown) {
      if (each.find("(") == std::string::npos && each != "$@") work_.breaks("files", at(number).span, each, "a variable says what it makes", "copy it into the last stage, if it is needed there");
    }
  }

  /// What a RUN takes away of the base is still there: only what is copied changes.
  void removed(size_t number) {
    const auto found = work_.runs.find(number);
    if (found == work_.runs.end() || work_.dropped.contains(number)) return;
    for (const LineCommand& command : found->second.line.commands) {
      if (command.program() != "rm") continue;
      for (const LineWord& word : command.words) {
        const std::string path = absolute(word.value, work_.places[number].folder);
        const bool own = !word.value.starts_with("/") || is_left_behind(path) || is_under(path, "/var/cache") || is_under(path, "/var/lib/apt") || is_under(path, "/root") || path.find('$') != std::string::npos;
        if (own || std::ranges::any_of(outputs_, [&](const Output& each) { return is_under(path, each.path); })) continue;
        work_.breaks("files", at(number).span, work_.shown(number), fmt::format("'{}' is removed where it is built; what the hardened image has of it stays", path), "see whether it matters there, or copy something else over it");
      }
    }
  }

  /// What a RUN may write where nothing is copied from.
  void unknown(size_t number) {
    const auto found = work_.runs.find(number);
    if (found == work_.runs.end() || work_.dropped.contains(number)) return;
    std::vector<std::string> who, where;
    for (const UnknownWriter& writer : found->second.writers) {
      std::vector<std::string> left;
      for (const std::string& path : writer.named) {
        if (!is_left_behind(path) && !is_under(path, "/usr/bin") && !is_under(path, "/bin") && std::ranges::none_of(outputs_, [&](const Output& each) { return is_under(path, each.path); })) left.push_back(path);
      }
      // It says where it writes, and that is copied.
      if (!writer.outputs.empty() && left.empty()) continue;
      who.push_back("'" + visible(writer.what) + "'");
      for (const std::string& path : left) {
        if (std::ranges::find(where, path) == where.end()) where.push_back(path);
      }
    }
    if (who.empty()) return;
    const std::string& folder = work_.places[number].folder;
    work_.breaks("files", at(number).span, work_.shown(number), fmt::format("what {} writes{} is not known, and not copied{}", join(who, ", "), is_of_the_system(folder) ? std::string() : fmt::format(" outside of '{}'", folder), where.empty() ? std::string() : fmt::format("; it names {}", join(where, ", "))),
                 fmt::format("copy what it makes into the last stage by name: COPY --from={} {} {}", free_name(), where.empty() ? "PATH" : where.front(), where.empty() ? "PATH" : where.front()));
  }

  /// Whether it does nothing but install packages, and tidies up after that.
  static bool installs_alone(const RunLine& run) {
    for (size_t each = 0; each < run.commands.size(); ++each) {
      const std::string& program = run.line.commands[each].program();
      if (run.commands[each].role == Role::Keep && program != "rm" && program != "apt-get" && program != "apt" && program != "mkdir" && program != "chmod" && program != "set") return false;
    }
    return true;
  }

  void trusts(size_t number) {
    if (assembly_.base->family != "node" || said_trust_) return;
    said_trust_ = true;
    work_.set_variable("NODE_EXTRA_CA_CERTS", "/etc/ssl/certs/ca-certificates.crt");
    work_.change("certificates", at(number).span, work_.shown(number), "Node.js has roots of its own: NODE_EXTRA_CA_CERTS adds the bundle's");
  }

  /// Each path once, none below another, none that stays behind.
  void tidy() {
    std::vector<Output> out;
    for (Output& each : outputs_) {
      if (is_left_behind(each.path) || is_of_the_system(each.path)) continue;
      // Of the hardened image itself.
      if (is_under(each.path, "/usr/lib/x86_64-linux-gnu") || each.path == "/etc/localtime" || each.path == "/etc/timezone") continue;
      each.owned = each.owned || given_.contains(each.path);
      const auto same = std::ranges::find(out, each.path, &Output::path);
      if (same != out.end()) { same->owned = same->owned || each.owned; continue; }
      out.push_back(each);
    }
    for (const std::string& each : given_) {
      // A part of a folder that is written to.
      const auto holder = std::ranges::find_if(out, [&](const Output& other) { return other.path != each && is_under(each, other.path); });
      if (holder != out.end() && std::ranges::find(out, each, &Output::path) == out.end()) out.push_back({each, true});
    }
    // What lies below another comes after it, and only where its owner is another.
    std::vector<Output> nested;
    outputs_.clear();
    for (const Output& each : out) {
      const bool below = std::ranges::any_of(out, [&](const Output& other) { return other.path != each.path && is_under(each.path, other.path); });
      const bool covered = std::ranges::any_of(out, [&](const Output& other) { return other.path != each.path && is_under(each.path, other.path) && (other.owned || !each.owned); });
      if (!covered) (below ? nested : outputs_).push_back(each);
    }
    outputs_.insert(outputs_.end(), nested.begin(), nested.end());
  }

  std::string free_name() const {
    for (const char* name : {"build", "assemble", "prepare"}) {
      if (stage_of(work_.file, name, work_.file.stages.size()) < 0) return name;
    }
    return fmt::format("build-{}", work_.file.stages.size());
  }

  std::string build_stage() {
    name_ = free_name();
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
    out += "      if [ -e \"/runtime-has/${package%%:*}\" ]; then continue; fi;" + next;
    out += "      dpkg -L \"$package\" | grep -vE '^/usr/share/(man|info|lintian|bug)/' | tar -c --no-recursion --ignore-failed-read -T - 2>/dev/null | tar -x -C /runtime;" + next;
    out += "      dpkg -s \"$package\" | grep -v '^Status:' > \"/runtime/var/lib/dpkg/status.d/${package%%:*}\";" + next;
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
  bool said_trust_ = false;
  std::vector<Output> outputs_;
  std::vector<std::string> volumes_;
  std::set<std::string> given_;
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
