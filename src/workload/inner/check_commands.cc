// The commands that RUN starts, and what is copied of what they made.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/libc.h"
#include "workload/inner/remarks.h"

namespace ashlar::workload {
namespace {

constexpr std::array<std::string_view, 3> apts = {"apt-get", "apt", "aptitude"};
constexpr std::array<std::string_view, 4> rpms = {"dnf", "yum", "microdnf", "zypper"};
constexpr std::array<std::string_view, 5> interpreters = {"python", "python3", "perl", "node", "ruby"};

constexpr std::size_t max_pipe = 16;   // commands between what fetches and what runs it
constexpr int max_copies = 1000;       // between stages that are looked at

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& list, std::string_view word) { return std::ranges::find(list, word) != list.end(); }

/// Options of apt that take the next word.
bool takes_value(std::string_view word) { return word == "-o" || word == "-t" || word == "-c" || word == "--option" || word == "--target-release" || word == "--config-file"; }

/// The first word that is no option: `install` of `apt-get -y install`; null: there is none.
const ShellWord* subcommand(const ShellCommand& command) {
  for (std::size_t at = 1; at < command.words.size(); ++at) {
    const std::string& word = command.words[at].text;
    if (takes_value(word)) ++at;
    else if (!word.starts_with('-')) return &command.words[at];
  }
  return nullptr;
}

/// Nobody is asked, or nothing is done: an answer that stands there already is not another one's to give.
bool answers_itself(const ShellCommand& command) {
  constexpr std::array<std::string_view, 9> words = {"--assume-no", "--yes=false", "--assume-yes=false", "--dry-run", "--simulate", "--just-print", "--no-act", "--recon", "-s"};
  return std::ranges::any_of(command.words, [&](const ShellWord& word) { return std::ranges::find(words, word.text) != words.end(); });
}

bool answers_yes(const ShellCommand& command) {
  return answers_itself(command) || std::ranges::any_of(command.words, [](const ShellWord& word) {
    const std::string& text = word.text;
    if (text == "--yes" || text == "--assume-yes" || text == "--force-yes" || text.find("APT::Get::Assume-Yes") != std::string::npos) return true;
    const bool letters = text.size() > 1 && text[0] == '-' && text[1] != '-';
    return letters && (text.find('y') != std::string::npos || std::ranges::count(text, 'q') > 1);
  }) || std::ranges::count(command.words, "-q", &ShellWord::text) > 1;
}

/// Of RUN: what several commands come to.
struct Packages {
  bool update = false, install = false, cleaned = false, dnf = false, dnf_cleaned = false, apk = false, apk_cleaned = false;
};

class Commands {
 public:
  Commands(const DockerfileView& view, Remarks& out) : view_(view), out_(out) {}

  void check() {
    for (stage_ = 0; stage_ < view_.file.stages.size(); ++stage_) {
      const Stage& stage = view_.file.stages[stage_];
      for (std::size_t at = stage.first + 1; at < stage.end; ++at) {
        const Instruction& each = view_.file.instructions[at];
        const Instruction& of = each.trigger.empty() ? each : each.trigger.front();
        if (of.keyword == "RUN") run(of);
        if (of.keyword == "COPY") copied(of);
      }
    }
  }

 private:
  Span span_of(const Script& script, const ShellCommand& command) const {
    if (command.words.empty() || command.words.back().end == 0) return run_->span;
    return view_.span(script.text, command.words.front().begin, command.words.back().end, run_->span);
  }

  void run(const Instruction& instruction) {
    run_ = &instruction;
    Packages packages;
    Span first = instruction.span;
    for (const Script& script : scripts_of(instruction)) {
      for (std::size_t at = 0; at < script.commands.size(); ++at) {
        const ShellCommand& command = script.commands[at];
        const Span span = span_of(script, command);
        if (command.sudo) out_.add("sudo", span, "sudo in a build", "USER root before it, and USER back after it");
        piped(script, at, span);
        unchecked(command, span);
        if (is_one_of(apts, command.program())) apt(script, command, span, packages, first);
        other(command, span, packages, first);
      }
    }
    kept(packages, first);
  }

  void apt(const Script& script, const ShellCommand& command, const Span& span, Packages& packages, Span& first) {
    const ShellWord* what = subcommand(command);
    if (what == nullptr) return;
    if (what->text == "update") packages.update = true, first = packages.install ? first : span;
    if (what->text == "clean" || what->text == "distclean") packages.cleaned = packages.cleaned || what->text == "distclean";
    if (what->text != "install") return;
    packages.install = true, first = span;
    const bool few = std::ranges::any_of(command.words, [](const ShellWord& word) { return word.text == "--no-install-recommends" || (word.text.find("APT::Install-Recommends=") != std::string::npos && !word.text.ends_with("1") && !word.text.ends_with("true")) || word.text == "--without-recommends"; });
    if (!few) out_.add("apt-recommends", span, fmt::format("{} installs what packages recommend", command.program()), "add --no-install-recommends");
    if (answers_yes(command)) return;
    Remark& remark = out_.add("apt-asks", span, fmt::format("{} install waits for an answer", command.program()), "add -y");
    if (const auto run = script.text.run(what->begin, what->end); run && what->end > 0) remark.edits = {{run->second, run->second, " -y"}};
  }

  void other(const ShellCommand& command, const Span& span, Packages& packages, Span& first) {
    const std::string_view program = command.program();
    const auto any = [&](std::string_view part) { return std::ranges::any_of(command.words, [&](const ShellWord& word) { return word.text.find(part) != std::string::npos; }); };
    if (program == "rm" || program == "find") {
      packages.cleaned = packages.cleaned || any("/var/lib/apt") || any("/var/lib/*") || any("/var/lib/{");
      packages.apk_cleaned = packages.apk_cleaned || any("/var/cache/apk") || any("/var/cache/*");
      packages.dnf_cleaned = packages.dnf_cleaned || any("/var/cache");
    } else if (program == "apk" && command.has("add")) {
      packages.apk = packages.apk || !command.has("--no-cache"), first = packages.apk ? span : first;
    } else if (is_one_of(rpms, program)) {
      packages.dnf = packages.dnf || command.has("install") || command.has("in"), packages.dnf_cleaned = packages.dnf_cleaned || command.has("clean");
      first = span;
    } else if (program == "chmod") {
      for (std::size_t at = 1; at < command.words.size(); ++at) {
        const std::string& mode = command.words[at].text;
        if (mode.starts_with('-')) continue;
        if (mode == "777" || mode == "0777" || mode == "666" || mode == "0666" || mode == "a+w" || mode == "a+rwx" || mode == "a+rw" || mode == "o+w" || mode == "ugo+rwx" || mode == "a=rwx" || mode == "+w")
          out_.add("world-writable", span, fmt::format("chmod {} lets everybody write", mode), "give it to the user who writes: chown, and 0755 or 0644");
        break;
      }
    } else if (program == "update-ca-certificates" && view_.stages[stage_].delivered) {
      out_.add("ca-by-tool", span, "update-ca-certificates runs in the image that is delivered", "name the roots under `certificates` of the base's definition, or copy /etc/ssl/certs/ca-certificates.crt from an earlier stage");
    } else if (program == "setcap") {
      capable_.insert(stage_);
    }
  }

  void kept(const Packages& packages, const Span& first) {
    if (packages.update && !packages.install && !mounts(*run_, "/var/lib/apt/lists")) out_.add("apt-update-alone", first, "apt update stands in a RUN without an install", "write update and install in one RUN");
    if (!view_.stages[stage_].delivered) return;
    const auto say = [&](std::string_view what, std::string_view remedy) { out_.add("package-cache-kept", first, fmt::format("{} in the image", what), std::string(remedy)); };
    if ((packages.install || packages.update) && !packages.cleaned && !mounts(*run_, "/var/lib/apt/lists")) say("apt's lists stay", "end the RUN with: && rm -rf /var/lib/apt/lists/*");
    if (packages.apk && !packages.apk_cleaned && !mounts(*run_, "/var/cache/apk") && !mounts(*run_, "/etc/apk/cache")) say("apk's index stays", "apk add --no-cache");
    if (packages.dnf && !packages.dnf_cleaned && !mounts(*run_, "/var/cache")) say("the cache of packages stays", "end the RUN with: && dnf clean all");
  }

  static bool fetches(const ShellCommand& command) { return command.program() == "curl" || command.program() == "wget"; }

  void piped(const Script& script, std::size_t at, const Span& span) {
    const ShellCommand& command = script.commands[at];
    const bool runs = is_shell(command.program()) || is_one_of(interpreters, command.program()) || command.program() == "eval" || command.program() == "source" || command.program() == ".";
    if (!runs) return;
    bool fetched = false;
    for (std::size_t before = at; before > 0 && at - before < max_pipe && script.commands[before].piped && !fetched; --before) fetched = fetches(script.commands[before - 1]);
    // With a script of its own, an interpreter reads what comes as data.
    const bool data = command.words.size() > 1 && !is_shell(command.program()) && command.words[1].text != "-";
    const bool inner = std::ranges::any_of(command.words, [](const ShellWord& word) { return word.text.find("$(curl") != std::string::npos || word.text.find("$(wget") != std::string::npos || word.text.find("<(curl") != std::string::npos || word.text.find("<(wget") != std::string::npos || word.text.find("`curl") != std::string::npos; });
    if ((fetched && !data) || inner) out_.add("piped-script", span, fmt::format("'{}' runs what was just fetched", command.program()), "fetch to a file, compare its SHA-256, then run it; or install a signed package");
  }

  void unchecked(const ShellCommand& command, const Span& span) {
    const std::string_view program = command.program();
    std::string_view how;
    if (program == "curl" && (command.has("-k") || command.has("--insecure"))) how = "--insecure";
    else if (program == "wget" && command.has("--no-check-certificate")) how = "--no-check-certificate";
    else if (is_one_of(apts, program) && (command.has("--allow-unauthenticated") || command.has("--force-yes"))) how = "--allow-unauthenticated";
    else if ((program == "pip" || program == "pip3") && command.has("--trusted-host")) how = "--trusted-host";
    else if (program == "apk" && command.has("--allow-untrusted")) how = "--allow-untrusted";
    else if (is_one_of(rpms, program) && (command.has("--nogpgcheck") || command.has("--no-gpg-checks"))) how = "--nogpgcheck";
    else if (program == "git" && command.has("http.sslVerify=false")) how = "http.sslVerify=false";
    else if (program == "npm" && command.has("strict-ssl") && command.has("false")) how = "strict-ssl false";
    if (!how.empty()) out_.add("unchecked-download", span, fmt::format("{} with {}", program, how), "add the root or key that is missing, instead of asking nobody");
  }

  // Files that stages give to stages.

  void copied(const Instruction& copy) {
    const auto flag = std::ranges::find(copy.flags, "from", &Flag::name);
    if (flag == copy.flags.end() || ++copies_ > max_copies) return;
    const int from = stage_of(view_.file, flag->value.text, stage_);
    if (from < 0) return;
    const StageView& source = view_.stages[static_cast<std::size_t>(from)];
    const StageView& here = view_.stages[stage_];
    if (capable_.contains(static_cast<std::size_t>(from))) out_.add("capabilities-lost", copy.span, "what was given capabilities by setcap is copied", "run setcap in the stage that is delivered, or listen on a port above 1023");
    if (source.base.empty() || here.base.empty() || here.base == "scratch" || source.base == "scratch") return;
    const bool statically = here.base.find("static") != std::string::npos;
    if (statically || is_musl(source.base) == is_musl(here.base)) return;
    if (values_say(static_cast<std::size_t>(from), "CGO_ENABLED", "0")) return;
    for (std::size_t at = 0; at + 1 < copy.words.size(); ++at) {
      if (!is_bound(copy.words[at].text)) continue;
      out_.add("libc-mixed", view_.span(copy.words[at], copy.span), fmt::format("'{}' comes from '{}' and goes to '{}'", visible(copy.words[at].text.substr(0, 200)), source.base, here.base), "build on the variant of the same distribution, or link statically");
      return;
    }
  }
  bool values_say(std::size_t stage, const std::string& name, std::string_view value) const {
    const auto found = view_.stages[stage].values.find(name);
    if (found != view_.stages[stage].values.end() && found->second == value) return true;
    const Stage& of = view_.file.stages[stage];
    const std::string text = fmt::format("{}={}", name, value);
    return std::any_of(view_.file.instructions.begin() + static_cast<std::ptrdiff_t>(of.first), view_.file.instructions.begin() + static_cast<std::ptrdiff_t>(of.end), [&](const Instruction& each) { return each.keyword == "RUN" && each.rest.text.find(text) != std::string::npos; });
  }

  const DockerfileView& view_;
  Remarks& out_;
  std::size_t stage_ = 0;
  const Instruction* run_ = nullptr;
  std::set<std::size_t> capable_;  ///< stages that call setcap
  int copies_ = 0;
};

}  // namespace

void check_commands(const DockerfileView& view, Remarks& out) { Commands(view, out).check(); }

}  // namespace ashlar::workload
