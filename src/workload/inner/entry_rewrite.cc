// CMD, ENTRYPOINT and HEALTHCHECK of the last stage, and which image can start them.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/context_files.h"
#include "workload/inner/migration.h"
#include "workload/inner/started_script.h"

namespace ashlar::workload {
namespace {

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& each : words) out += (out.empty() ? "" : " ") + each;
  return out;
}

std::vector<std::string> texts(const std::vector<Traced>& words, size_t from = 0) {
  std::vector<std::string> out;
  for (size_t at = from; at < words.size(); ++at) out.push_back(words[at].text);
  return out;
}

/// The language that a file is written in, by its ending.
std::string_view interpreter_of(std::string_view file) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> endings = {{{".py", "python3"}, {".js", "node"}, {".mjs", "node"}, {".cjs", "node"}, {".rb", "ruby"}, {".pl", "perl"}, {".php", "php"}}};
  for (const auto& [ending, program] : endings) {
    if (file.ends_with(ending)) return program;
  }
  return {};
}

class EntryRewriter {
 public:
  EntryRewriter(Migration& work, const HardenedBase& base, EntryNeeds& needs) : work_(work), base_(base), needs_(needs) {}

  void rewrite(const std::vector<size_t>& numbers) {
    for (const size_t number : numbers) {
      const Instruction& each = work_.file.instructions[number];
      if (each.keyword != "ENTRYPOINT") continue;
      const std::vector<std::string> words = each.exec ? texts(each.words) : std::vector<std::string>();
      reset_ = each.exec && (words.empty() || words[0].empty());
      has_entrypoint_ = !reset_ && !is_dropped(words);
      starts_command_ = is_bare_init(words);
    }
    for (const size_t number : numbers) {
      const Instruction& each = work_.file.instructions[number];
      if (each.keyword == "HEALTHCHECK") health(number, each);
      if (each.keyword == "CMD" || each.keyword == "ENTRYPOINT") entry(number, each);
    }
  }

 private:
  /// One that the hardened image has itself.
  bool is_dropped(const std::vector<std::string>& words) const { return !words.empty() && std::ranges::find(base_.starts, joined(words)) != base_.starts.end(); }
  /// An init alone, which starts whatever the command says.
  static bool is_bare_init(const std::vector<std::string>& words) {
    if (words.empty() || (last_part(words[0]) != "tini" && last_part(words[0]) != "dumb-init")) return false;
    return std::all_of(words.begin() + 1, words.end(), [](const std::string& word) { return word.starts_with('-'); });
  }

  void put(const Instruction& each, const std::vector<std::string>& words) {
    const auto extent = each.rest.extent();
    if (extent) work_.edits.push_back({extent->first, extent->second, json_array(words)});
  }

  void entry(size_t number, const Instruction& each) {
    if (each.words.empty() || (each.exec && each.words.size() == 1 && each.words[0].empty())) return;
    const std::vector<std::string> given = each.exec ? texts(each.words) : std::vector<std::string>();
    // Arguments of an entry point are no command.
    const bool arguments = each.keyword == "CMD" && has_entrypoint_ && !starts_command_ && each.exec;
    const std::string whole = each.exec ? joined(given) : std::string(trim(each.words[0].text));
    if (!arguments && std::ranges::find(base_.starts, whole) != base_.starts.end()) return starts_by_itself(number, each, whole);
    if (arguments) {
      if (std::ranges::find(base_.starts, whole) != base_.starts.end()) starts_by_itself(number, each, whole);
      return;
    }
    ExecForm form = each.exec ? exec_form(given, work_.places[number].values()) : exec_form(each.words[0].text, work_.places[number].values());
    if (!form.words.empty()) resolve_behind_init(form, number);
    if (form.words.empty() && hopeless_) return work_.refuse("shell", each.span, work_.shown(number), form.reason, "name the program itself, as in CMD [\"node\", \"server.js\"]");
    // A shell for somebody who types: no image that keeps one for a script is meant by that.
    if (form.words.empty() && words(whole).size() == 1 && is_shell(whole)) return work_.refuse("shell", each.span, work_.shown(number), form.reason, "name the program that the image is for; people look into a container with `ashlar debug`");
    if (form.words.empty()) return unstartable(number, form.reason);
    // The hardened image's own entry point is that program already: a command is its arguments.
    const bool inherits = each.keyword == "CMD" && !has_entrypoint_ && !reset_ && base_.entered;
    if (inherits && form.words.size() > 1 && last_part(form.words[0]) == base_.programs.front()) form.words.erase(form.words.begin());
    if (form.from_shell || form.words != given) {
      work_.change("shell", each.span, work_.shown(number), fmt::format("started without a shell: {}", json_array(form.words)));
      put(each, form.words);
    }
    settled(number, each, form);
    if (!inherits) runnable(number, each, form.words);
  }

  void starts_by_itself(size_t number, const Instruction& each, const std::string& whole) {
    work_.change("shell", each.span, work_.shown(number), fmt::format("the hardened image starts what '{}' stands for by itself", visible(whole)));
    work_.dropped.insert(number);
  }

  void unstartable(size_t number, const std::string& reason) {
    if (needs_.shell) return;
    needs_.shell = true;
    needs_.shell_reason = reason;
    needs_.shell_at = number;
  }

  /// Where the program begins that an init (`tini -- x`, `dumb-init x`) starts; 0 without one. May be the end.
  static size_t behind_init(const std::vector<std::string>& words) {
    const std::string_view program = last_part(words[0]);
    if (program != "tini" && program != "dumb-init") return 0;
    size_t at = 1;
    while (at < words.size() && words[at].starts_with("-") && words[at] != "--") ++at;
    return at < words.size() && words[at] == "--" ? at + 1 : at;
  }
  /// What an init starts is resolved as if it stood alone.
  void resolve_behind_init(ExecForm& form, size_t number) {
    const size_t behind = behind_init(form.words);
    const auto begin = form.words.begin();
    std::vector<std::string> init(begin, begin + static_cast<std::ptrdiff_t>(behind == form.words.size() ? 0 : behind));
    form.words.erase(begin, begin + static_cast<std::ptrdiff_t>(init.size()));
    resolve(form, number);
    if (init.empty() || form.words.empty()) return;
    if (init[0] == "/sbin/tini" || init[0] == "/usr/local/bin/tini") init[0] = "/usr/bin/tini", form.from_shell = true;
    form.words.insert(form.words.begin(), init.begin(), init.end());
  }

  /// Scripts of package managers become what they start.
  void resolve(ExecForm& form, size_t number) {
    std::vector<std::string> rest;
    for (int depth = 0; depth < 4; ++depth) {
      const std::string_view program = last_part(form.words[0]);
      if (const auto script = npm_script(form.words, rest)) {
        const auto json = context_file(work_, "package.json");
        auto line = json ? script_line(*json, *script) : std::nullopt;
        if (json && !line && *script == "start") line = "node server.js";  // what npm starts where nothing is said
        if (!line) return fail(form, fmt::format("what '{}' starts stands in package.json, which {}", joined(form.words), json ? "has no such script" : "does not lie beside the Dockerfile"));
        ExecForm inner = exec_form(*line, work_.places[number].values());
        if (inner.words.empty()) return fail(form, fmt::format("the script '{}' of package.json: {}", *script, inner.reason));
        // Programs of packages lie beside the application.
        if (inner.words[0].find('/') == std::string::npos && inner.words[0] != "node" && inner.words[0] != "npm" && inner.words[0] != "npx" && inner.words[0] != "yarn" && inner.words[0] != "pnpm") {
          if (is_global(inner.words[0])) inner.words[0] = "/usr/local/bin/" + inner.words[0], inner.words.insert(inner.words.begin(), "node");
          else inner.words.insert(inner.words.begin(), "npx");
        }
        inner.words.insert(inner.words.end(), rest.begin(), rest.end());
        inner.from_shell = true;
        form = std::move(inner);
      } else if ((program == "npx" || program == "bunx") && form.words.size() > 1 && !form.words[1].starts_with("-")) {
        form.words[1] = "node_modules/.bin/" + form.words[1];
        form.words[0] = "node";
        form.from_shell = true;
      } else if (const size_t behind = behind_runner(form.words); behind != 0) {
        in_environment(form, behind, number);
      } else if (program == "npm" || program == "yarn" || program == "pnpm" || program == "npx") {
        return fail(form, fmt::format("'{}' is not in the image", program));
      } else {
        break;
      }
    }
    if (form.words[0] == "/sbin/tini" || form.words[0] == "/usr/local/bin/tini") form.words[0] = "/usr/bin/tini", form.from_shell = true;
    if (usual_place(form.words)) form.from_shell = true;
    other_version(form, number);
    prefer_interpreter(form, number);
    if (form.words.empty()) return;
    java_options(form, number);
  }
  /// `uv run x`, `poetry run x`: where `x` begins; 0: it is none of these.
  static size_t behind_runner(const std::vector<std::string>& words) {
    const std::string_view program = last_part(words[0]);
    if (words.size() < 3 || words[1] != "run" || (program != "uv" && program != "poetry" && program != "pipenv")) return 0;
    constexpr std::array<std::string_view, 7> valued = {"--package", "--env-file", "--python", "-p", "--project", "--directory", "--group"};
    size_t at = 2;
    while (at < words.size() && words[at].starts_with("-") && words[at] != "--") at += std::ranges::find(valued, words[at]) != valued.end() ? 2 : 1;
    if (at < words.size() && words[at] == "--") ++at;
    return at < words.size() ? at : 0;
  }
  /// The program itself, out of the environment that was filled when the image was built.
  void in_environment(ExecForm& form, size_t behind, size_t number) const {
    const bool uv = last_part(form.words[0]) == "uv";
    std::string folder = uv ? absolute(".venv", work_.places[number].folder) : std::string();
    for (const auto& each : work_.runs) {
      if (uv && !each.second.project.empty()) folder = each.second.project;
    }
    const bool filled = std::ranges::any_of(work_.runs, [&](const auto& each) { return !each.second.project.empty() || each.second.environment == folder; }) || work_.text.find(folder) != std::string_view::npos;
    if (uv && !filled) work_.breaks("files", work_.file.instructions[number].span, work_.shown(number), fmt::format("nothing fills '{}' when the image is built: uv did so whenever it started", folder), "RUN uv sync --frozen --no-dev in the build stage");
    form.words.erase(form.words.begin(), form.words.begin() + static_cast<std::ptrdiff_t>(behind));
    if (form.words[0].ends_with(".py")) form.words.insert(form.words.begin(), "python");
    if (uv && form.words[0].find('/') == std::string::npos) form.words[0] = folder + "/bin/" + form.words[0];
    form.from_shell = true;
  }
  /// npm brought it for all, and the application has no packages beside itself.
  bool is_global(const std::string& program) const {
    bool global = false, local = false;
    for (const auto& [number, run] : work_.runs) {
      if (number < work_.file.stages[static_cast<size_t>(work_.stages.back().root)].first) continue;
      for (const LineCommand& command : run.line.commands) {
        const std::string& tool = command.program();
        if (tool != "npm" && tool != "pnpm" && tool != "yarn") continue;
        const bool everywhere = std::ranges::any_of(command.words, [](const LineWord& each) { return each.value == "-g" || each.value == "--global" || each.value == "global"; });
        if (!everywhere) local = true;
        else global = global || std::ranges::any_of(command.words, [&](const LineWord& each) { return each.value == program || each.value.starts_with(program + "@"); });
      }
    }
    const auto brings = [](const Instruction& each) { return (each.keyword == "COPY" || each.keyword == "ADD") && std::ranges::any_of(each.words, [](const Traced& word) { return word.text.find("node_modules") != std::string::npos; }); };
    return global && !local && std::ranges::none_of(work_.file.instructions, brings);
  }
  /// Not even an image that keeps a shell could start it.
  void fail(ExecForm& form, std::string reason) { form.words.clear(), form.reason = std::move(reason), hopeless_ = true; }

  /// `/usr/local/bin/python`, `/opt/python/bin/python3`, `/opt/java/openjdk/bin/java`: usual images have their programs there, the hardened ones where Debian has them, pip's in an environment.
  bool usual_place(std::vector<std::string>& words) const {
    const std::string program = words[0];
    const std::string name(last_part(program));
    const std::string folder = program.substr(0, program.size() - name.size());
    const bool of_base = std::ranges::find(base_.programs, name) != base_.programs.end();
    const bool of_pip = base_.family == "python" && std::ranges::any_of(work_.runs, [](const auto& each) { return each.second.uses_pip; });
    // Other vendors' Python lies elsewhere; that of Debian does not look into the environment, but by its bare name.
    const bool of_vendor = base_.family == "java" && of_base && folder.ends_with("/bin/") && (folder.starts_with("/opt/") || folder.starts_with("/usr/local/") || folder.starts_with("/usr/lib/jvm/"));
    const bool elsewhere = of_vendor || folder == "/usr/local/bin/" || (base_.family == "python" && of_base && (folder == "/opt/python/bin/" || (folder == "/usr/bin/" && of_pip)));
    if (!elsewhere) return false;
    const bool own = std::ranges::any_of(work_.runs, [&](const auto& each) { return std::ranges::find(each.second.made, program) != each.second.made.end(); }) ||
                     std::ranges::any_of(work_.file.instructions, [&](const Instruction& each) { return (each.keyword == "COPY" || each.keyword == "ADD") && each.words.size() > 1 && (each.words.back().text == program || each.words.back().text.starts_with("/usr/local") || brings(each.words.back().text, program)); });
    if (own || (!of_base && !of_pip)) return false;
    words[0] = name;
    return true;
  }
  /// Whether what comes to a folder may be a vendor's Java with its program.
  static bool brings(std::string_view folder, std::string_view program) {
    while (folder.ends_with('/')) folder.remove_suffix(1);
    return folder.size() > 1 && program.starts_with(folder) && program.size() > folder.size() && program[folder.size()] == '/' && program.starts_with("/opt/");
  }

  /// `python3.11` where 3.13 is.
  void other_version(ExecForm& form, size_t number) const {
    const std::string name(last_part(form.words[0]));
    const std::string stem = name.substr(0, name.find_last_not_of("0123456789.") + 1);
    const bool known = stem == "python" || stem == "ruby" || stem == "php" || stem == "perl" || stem == "node" || stem == "php-fpm";
    if (!known || stem == name || base_.programs.empty() || std::ranges::find(base_.programs, stem) == base_.programs.end() || std::ranges::find(base_.programs, name) != base_.programs.end()) return;
    if (form.words[0] != name && form.words[0] != "/usr/bin/" + name) return;
    work_.breaks("version", work_.file.instructions[number].span, work_.shown(number), fmt::format("'{}' is not in the image; {} {} is", visible(name), stem, base_.version), fmt::format("try the application with {}", base_.version));
    form.words[0] = stem == "python" ? "python3" : stem;
    form.from_shell = true;
  }

  void prefer_interpreter(ExecForm& form, size_t number) const {
    const bool global = base_.family == "node" && form.words[0].find('/') == std::string::npos && std::ranges::find(base_.programs, form.words[0]) == base_.programs.end() && form.words[0] != "tini" && form.words[0] != "dumb-init" &&
                        std::ranges::any_of(work_.runs, [&](const auto& each) { return each.second.installs_globally && each.second.text.text.find(form.words[0].substr(0, form.words[0].find('-'))) != std::string::npos; });
    if (global) {
      form.words[0] = "/usr/local/bin/" + form.words[0];
      form.words.insert(form.words.begin(), "node");
      form.from_shell = true;
      return;
    }
    const std::string_view interpreter = interpreter_of(form.words[0]);
    if (const auto script = interpreter.empty() ? started_script(work_, number, form.words[0]) : std::nullopt) {
      if (script->itself) return;
      if (script->interpreter.empty()) return form.words.clear(), void(form.reason = script->why);
      std::vector<std::string> line = script->interpreter;
      if (line[0] == "python") line[0] = "python3";
      if (std::ranges::find(base_.programs, line[0]) == base_.programs.end()) return;
      form.words.insert(form.words.begin(), line.begin(), line.end());
      form.from_shell = true;
      return;
    }
    if (interpreter.empty() || std::ranges::find(base_.programs, interpreter) == base_.programs.end()) return;
    // `#!/usr/bin/env` has no env there.
    form.words.insert(form.words.begin(), std::string(interpreter));
    form.from_shell = true;
  }

  void java_options(const ExecForm& form, size_t number) {
    if (form.java_options.empty()) return;
    const auto& values = work_.places[number].values();
    const auto found = values.find(form.java_options);
    if (found != values.end() && !trim(found->second).empty()) work_.set_variable("JDK_JAVA_OPTIONS", "\"" + found->second + "\"");
    work_.breaks("variables", work_.file.instructions[number].span, work_.shown(number), fmt::format("a shell put ${} among Java's options; Java itself reads JDK_JAVA_OPTIONS", form.java_options),
                 fmt::format("set JDK_JAVA_OPTIONS where {} is set today", form.java_options));
  }

  void settled(size_t number, const Instruction& each, const ExecForm& form) {
    if (form.settled.empty()) return;
    std::vector<std::string> names = form.settled;
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    work_.breaks("variables", each.span, work_.shown(number), fmt::format("no shell puts in the value of {} when it starts: the one that the Dockerfile gives stands there now", join(names, ", ")),
                 "let the application read the variable itself, or give the whole command where it runs");
  }

  /// Whether what is started will be there.
  void runnable(size_t number, const Instruction& each, const std::vector<std::string>& words) {
    const std::string& program = words[0];
    needs_.program = program, needs_.program_at = number;
    const bool by_name = program.ends_with(".sh") || is_entry_script(program);
    const auto script = by_name ? started_script(work_, number, program) : std::nullopt;
    if (by_name && !(script && script->itself)) return unstartable(number, fmt::format("the script '{}' needs a shell", visible(program)));
    if (program.starts_with("/") || program.starts_with("./") || std::ranges::find(base_.programs, program) != base_.programs.end()) {
      if (program == "/usr/bin/tini" || program == "/usr/bin/dumb-init") after_init(number, each, words);
      return;
    }
    if (program == "tini" || program == "dumb-init") return after_init(number, each, words);
    if (program == "bundle" && base_.family == "ruby") return needs_.packages.push_back("ruby-bundler");
    if (program == "gosu" || program == "su-exec" || program == "su" || program == "sudo") return work_.refuse("shell", each.span, work_.shown(number), fmt::format("'{}' changes from root to another user, and the image has no root", program), "start the program itself: the image runs as its user already");
    if (program == "supervisord" || program == "cron" || program == "crond" || program == "s6-svscan" || program == "runsvdir")
      work_.refuse("shell", each.span, work_.shown(number), fmt::format("'{}' runs other programs as root, several in one container", program), "make one image a service, without it");
  }
  static bool is_entry_script(std::string_view program) {
    const std::string_view name = last_part(program);
    return name == "entrypoint" || name == "docker-entrypoint" || name.ends_with("-entrypoint") || name == "start" || name == "run";
  }
  void after_init(size_t number, const Instruction& each, const std::vector<std::string>& words) {
    const size_t at = behind_init(words);
    if (at < words.size()) runnable(number, each, {words.begin() + static_cast<std::ptrdiff_t>(at), words.end()});
  }

  void health(size_t number, const Instruction& each) {
    if (each.words.empty() || each.words[0].text.size() == 4) return;  // NONE
    const std::vector<std::string> exec = each.exec ? texts(each.words, 1) : std::vector<std::string>();
    const std::string line = each.exec || each.words.size() < 2 ? std::string() : each.words[1].text;
    HealthForm form = health_form(line, !each.exec, exec, work_.places[number].values());
    if (form.none) return;
    if (!form.probe && !form.words.empty()) health_script(form.words), (void)usual_place(form.words);
    if (!form.probe && !form.words.empty() && form.words[0].find('/') == std::string::npos && std::ranges::find(base_.programs, form.words[0]) == base_.programs.end() && base_.family != "python" && !is_started(form.words[0])) form.reason = fmt::format("'{}' is not in the image", visible(form.words[0]));
    if (!form.words.empty() && is_shell(form.words[0])) form.reason = "it needs a shell";
    if (!form.words.empty() && form.reason.empty() && !interpreter_of(form.words[0]).empty()) form.words.insert(form.words.begin(), std::string(interpreter_of(form.words[0])));
    if (!form.words.empty() && form.words[0].ends_with(".sh")) form.reason = fmt::format("the script '{}' needs a shell", visible(form.words[0]));
    if (!form.reason.empty() || form.words.empty()) {
      work_.breaks("health-check", each.span, work_.shown(number), form.reason.empty() ? "what it asks is not known" : form.reason, "let the application answer on an address of its own, and ask with HEALTHCHECK CMD [\"/usr/lib/ashlar/probe\", \"http\", \"http://127.0.0.1:PORT/PATH\"], or with a probe of the cluster");
      return comment_out(number, each);
    }
    needs_.probe = needs_.probe || form.probe;
    if (form.words == exec) return;
    work_.change("health-check", each.span, work_.shown(number), form.probe ? fmt::format("the probe asks: {}", json_array(form.words)) : "asked without a shell", "Kubernetes does not read it: an exec probe with the same words does the same there");
    const auto extent = each.exec ? each.rest.extent() : each.words[1].extent();
    if (extent) work_.edits.push_back({extent->first, extent->second, (each.exec ? "CMD " : "") + json_array(form.words)});
  }

  /// A script of package.json becomes what it starts, where that is a program of Node.js; else it stays, and is told.
  void health_script(std::vector<std::string>& words) const {
    std::vector<std::string> rest;
    const auto script = npm_script(words, rest);
    const auto json = script ? context_file(work_, "package.json") : std::nullopt;
    const auto line = json ? script_line(*json, *script) : std::nullopt;
    if (!line) return;
    ExecForm form = exec_form(*line, {});
    if (form.words.empty() || form.words[0] != "node") return;
    form.words.insert(form.words.end(), rest.begin(), rest.end());
    words = std::move(form.words);
  }
  /// Whether it is what the image starts, by that name: whatever brings it brings it for the health check, too.
  bool is_started(const std::string& program) const {
    return std::ranges::any_of(work_.file.instructions, [&](const Instruction& each) {
      if ((each.keyword != "CMD" && each.keyword != "ENTRYPOINT") || each.words.empty()) return false;
      const std::vector<std::string> words = each.exec ? texts(each.words) : exec_form(each.words[0].text, work_.places[static_cast<size_t>(&each - work_.file.instructions.data())].values()).words;
      return !words.empty() && (words[0] == program || (behind_init(words) < words.size() && words[behind_init(words)] == program));
    });
  }

  void comment_out(size_t number, const Instruction& each) {
    std::string lines;
    for (const std::string_view line : split(work_.text.substr(each.span.begin, each.span.end - each.span.begin), '\n')) {
      const std::string_view bare = line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
      lines += (trim(bare).starts_with('#') ? "" : "# ") + std::string(bare) + work_.newline();
    }
    work_.before[number] += lines;
    work_.dropped.insert(number);
  }

  Migration& work_;
  const HardenedBase& base_;
  EntryNeeds& needs_;
  bool has_entrypoint_ = false, reset_ = false, starts_command_ = false, hopeless_ = false;
};

}  // namespace

void rewrite_entries(Migration& work, const std::vector<size_t>& numbers, const HardenedBase& base, EntryNeeds& needs) { EntryRewriter(work, base, needs).rewrite(numbers); }

}  // namespace ashlar::workload
