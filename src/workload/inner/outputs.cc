#include "workload/inner/outputs.h"

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

class OutputFinder {
 public:
  OutputFinder(Migration& work, const Assembly& assembly, std::string name) : work_(work), assembly_(assembly), own_(work.file.stages.back()), name_(std::move(name)) {}

  /// Finds what the build makes, and where the last thing that it runs stands.
  Outputs find() {
    for (const size_t number : assembly_.numbers) {
      if (at(number).keyword == "RUN" && !work_.dropped.contains(number)) out_.last_run = number;
    }
    for (const Output& each : assembly_.extra) outputs_.push_back(each);
    for (const size_t number : assembly_.numbers) {
      const Instruction& each = at(number);
      const bool own = number >= own_.first;
      if ((each.keyword == "COPY" || each.keyword == "ADD") && (!own || number < out_.last_run) && !work_.dropped.contains(number)) copied(number, each);
      if (each.keyword == "RUN") made(number);
      if (each.keyword == "VOLUME") for (const Traced& word : each.words) out_.volumes.push_back(absolute(word.text, work_.places[number].folder));
    }
    for (const std::string& each : out_.volumes) outputs_.push_back({each, true});
    tidy();
    for (const size_t number : assembly_.numbers) removed(number), unknown(number);
    out_.outputs = std::move(outputs_);
    return std::move(out_);
  }

 private:
  /// Something that only a person can copy from the build stage.
  void lost(const Span& span, std::string what, std::string why, std::string remedy) {
    out_.open = true;
    work_.breaks("files", span, std::move(what), std::move(why), std::move(remedy));
  }
  void copied(size_t number, const Instruction& each) {
    const std::string& folder = work_.places[number].folder;
    const auto moved = work_.brings.find(number);
    const std::string& to = moved == work_.brings.end() ? each.words.back().text : moved->second;
    if (to.find('$') != std::string::npos) {
      const ExecForm form = exec_form("x " + to, work_.places[number].values());
      if (form.words.size() == 2) return copied_to(number, each, form.words[1], folder);
      lost(each.span, work_.shown(number), "a variable says where it goes", "copy it into the last stage, too");
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
      // What lies in a folder comes there, not the folder; what is a folder without saying so nobody knows.
      const bool content = each.words[word].text.ends_with('/') || each.words[word].text.ends_with('.');
      if (content && whole == "/usr/local/bin") { outputs_.push_back({whole, owned}); continue; }
      const std::string name = last_part(absolute(each.words[word].text, "/"));
      const bool named = !content && !name.empty() && name.find_first_of("*?[$") == std::string::npos && !each.words[word].text.starts_with("<<");
      if (named) outputs_.push_back({absolute(name, whole), owned});
      else lost(each.span, work_.shown(number), fmt::format("what comes into '{}' by this is not known", whole), "copy it into the last stage by name");
    }
  }

  void made(size_t number) {
    const auto found = work_.runs.find(number);
    if (found == work_.runs.end()) return;
    const RunLine& run = found->second;
    const std::string& folder = work_.places[number].folder;
    for (const std::string& gone : work_.dropped.contains(number) ? std::vector<std::string>() : run.removed) {
      if (++removals_ > max_removals) break;
      std::erase_if(outputs_, [&](const Output& each) { return is_under(each.path, gone); });
      std::erase_if(given_, [&](const std::string& each) { return is_under(each, gone); });
    }
    if (work_.dropped.contains(number)) {
      // What only owners were changed of is somewhere else's to copy.
      for (const std::string& each : run.owned) given_.insert(each);
      return;
    }
    for (const std::string& each : run.owned) given_.insert(each);
    for (const std::string& each : run.made) {
      outputs_.push_back({each, false});
      if (is_of_the_system(each) && std::ranges::find(run.owned, each) == run.owned.end()) lost(at(number).span, work_.shown(number), fmt::format("what comes into '{}' by this is not known", each), "copy it into the last stage by name");
    }
    if (run.makes_locales) outputs_.push_back({"/usr/lib/locale", false});
    if (run.trusts) outputs_.push_back({"/etc/ssl/certs", false}), outputs_.push_back({"/usr/local/share/ca-certificates", false}), trusts(number);
    if (run.installs_globally) outputs_.push_back({"/usr/local/lib/node_modules", false}), outputs_.push_back({"/usr/local/bin", false});
    const bool installs_only = run.line.good && !(run.commands.empty() && !run.programs.empty()) && installs_alone(run);
    if (!is_of_the_system(folder) && !installs_only) outputs_.push_back({folder, false});
    if (!run.line.good && !installs_only) lost(at(number).span, work_.shown(number), "its shell is not understood: what it makes outside of the folder where it works is not copied", "copy it into the last stage by name");
    for (const std::string& each : run.unknown) {
      if (each.find("(") == std::string::npos && each != "$@") lost(at(number).span, each, "a variable says what it makes", "copy it into the last stage, if it is needed there");
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
        if (++removals_ > 2 * max_removals) return;
        const auto makes = [&](const auto& each) { return each.first < number && std::ranges::any_of(each.second.made, [&](const std::string& made) { return is_under(made, path); }); };
        const bool own = std::ranges::find(found->second.undone, path) != found->second.undone.end() || std::ranges::any_of(work_.runs, makes) || !word.value.starts_with("/") || is_left_behind(path) || is_under(path, "/var/cache") || is_under(path, "/var/lib/apt") || is_under(path, "/root") || path.find('$') != std::string::npos;
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
    lost(at(number).span, work_.shown(number), fmt::format("what {} writes{} is not known, and not copied{}", join(who, ", "), is_of_the_system(folder) ? std::string() : fmt::format(" outside of '{}'", folder), where.empty() ? std::string() : fmt::format("; it names {}", join(where, ", "))),
                 fmt::format("copy what it makes into the last stage by name: COPY --from={} {} {}", name_, where.empty() ? "PATH" : where.front(), where.empty() ? "PATH" : where.front()));
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
      if (each.path == "/etc/localtime" || each.path == "/etc/timezone") continue;  // TZ says it
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

  const Instruction& at(size_t number) const { return work_.file.instructions[number]; }

  Migration& work_;
  const Assembly& assembly_;
  const Stage& own_;
  std::string name_;
  Outputs out_;
  static constexpr size_t max_removals = 2000;
  size_t removals_ = 0;
  bool said_trust_ = false;
  std::vector<Output> outputs_;
  std::set<std::string> given_;
};

}  // namespace

std::string free_stage_name(const Dockerfile& file) {
  for (const char* name : {"build", "assemble", "prepare"}) {
    if (stage_of(file, name, file.stages.size()) < 0) return name;
  }
  return fmt::format("build-{}", file.stages.size());
}

Outputs find_outputs(Migration& work, const Assembly& assembly, std::string_view name) { return OutputFinder(work, assembly, std::string(name)).find(); }

}  // namespace ashlar::workload
