#include "workload/migrate.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/assemble.h"
#include "workload/inner/context_files.h"
#include "workload/inner/entry_presence.h"
#include "workload/inner/unused_stages.h"

namespace ashlar::workload {
namespace {

constexpr std::string_view environment = "/opt/venv";
constexpr size_t max_instructions = 2000;

class Migrator {
 public:
  explicit Migrator(Migration& work) : work_(work), last_(work.file.stages.size() - 1) {}

  void run() {
    if (work_.file.instructions.size() > max_instructions) return work_.refuse("files", {}, "the file", fmt::format("it has more than {} instructions", max_instructions), "migrate it in parts");
    survey(work_);
    MigratedStage& view = work_.stages[last_];
    if (view.hardened) return;
    if (!has_counterpart(view)) return;
    Assembly assembly;
    assembly.base = choose_final_base(work_);
    if (work_.out.refused() || assembly.base == nullptr) return;
    assembly.dev = view.match.base != nullptr && view.match.base->runtime.empty() ? view.match.base : assembly.base;
    say_base(view, *assembly.base, *assembly.dev);
    for (size_t at = 0; at < work_.stages.size(); ++at) {
      if (work_.stages[at].final_chain && !work_.stages[at].stays) work_.stages[at].base = assembly.dev;
    }
    for (size_t at = 0; at <= last_; ++at) chosen_outside(at);
    for (size_t at = 0; at < last_; ++at) build_stage(at, assembly);
    last_stage(assembly);
    expect_glibc(work_);
  }

 private:
  const Span& from_span(size_t stage) const { return work_.file.instructions[work_.file.stages[stage].first].span; }

  bool has_counterpart(const MigratedStage& view) {
    for (size_t at = 0; at < work_.stages.size(); ++at) {
      if (work_.stages[at].match.windows) return work_.refuse("base", from_span(at), work_.stages[at].image, "Windows: hardened images are Linux", "build it as it is"), false;
    }
    for (const Instruction& each : work_.file.instructions) {
      if (each.keyword == "SHELL" && !each.words.empty() && each.words[0].text.find("powershell") != std::string::npos) return work_.refuse("base", each.span, "SHELL", "PowerShell: hardened images are Debian", "build it as it is"), false;
    }
    if (view.scratch || view.base != nullptr) return true;
    if (!view.name.name.empty() && view.match.known) work_.refuse("base", from_span(last_), view.image, view.match.why.empty() ? "no hardened image stands in for it" : view.match.why, "name a base of a language or server, or build upon one of `ashlar catalog list`");
    else if (view.name.name.empty() && view.image.find('$') != std::string::npos) work_.refuse("base", from_span(last_), view.image, "a variable without a value says what it is built upon", "give the ARG a default");
    else if (view.name.name.empty()) work_.refuse("base", from_span(last_), view.image, fmt::format("it is no reference to an image: {}", no_reference(view.image)), "name an image: HOST/NAME:TAG, or with @sha256: and 64 digits behind it");
    else work_.refuse("base", from_span(last_), view.image, "it is not known what is in it", "migrate the Dockerfile that it is built from, or name it in a table of your own (--table)");
    return false;
  }

  static std::string no_reference(const std::string& text) {
    if (std::ranges::any_of(text.substr(0, text.find_last_of('/') == std::string::npos ? 0 : text.find_last_of('/')), [](unsigned char c) { return std::isupper(c) != 0; })) return "names are in small letters";
    const auto parsed = ImageName::parse(text);
    return parsed ? "it has no name" : parsed.error().message;
  }

  void say_base(const MigratedStage& view, const HardenedBase& base, const HardenedBase& dev) {
    const size_t root = static_cast<size_t>(view.root);
    work_.change("base", from_span(root), view.image.empty() ? "scratch" : view.image, fmt::format("{} when it runs{}", work_.reference(base, base.runtime.empty() ? base.dev : base.runtime), view.match.build_only || view.scratch ? "" : fmt::format(", {} where it is built", work_.reference(dev, dev.dev))));
    if (!view.match.distribution && view.match.base != nullptr && view.match.base == &base && !view.match.same_version)
      work_.breaks("version", from_span(root), view.image, fmt::format("{} {} is not among the hardened images; {} is", base.repository, view.match.version, base.version), fmt::format("try the application with {}", base.version));
    if (view.match.newest && view.match.base == &base)
      work_.breaks("version", from_span(root), view.image, fmt::format("its tag says no version: it is the newest of the day; the hardened image has {} {}", base.repository, base.version), fmt::format("try the application with {}", base.version));
  }

  /// What whoever builds chooses by name: a base by an ARG, a stage by --target.
  void chosen_outside(size_t at) {
    const MigratedStage& view = work_.stages[at];
    const Stage& read = work_.file.stages[at];
    const bool last = at == last_, changes = last || (view.parent < 0 && !view.stays && !view.scratch && !view.hardened);
    if (changes && read.base.text.find('$') != std::string::npos)
      work_.breaks("variables", from_span(at), work_.shown(read.first), "FROM is what the ARG comes to by default: another value given to the build changes nothing any more", "give builds with other values a file of their own, or an ARG for the tag of the hardened image");
    const bool starts = std::ranges::any_of(numbers_of(at), [&](size_t number) { return work_.file.instructions[number].keyword == "CMD" || work_.file.instructions[number].keyword == "ENTRYPOINT"; });
    const Instruction& from = work_.file.instructions[read.first];
    if (last || !starts || from.words.size() != 3 || view.scratch || view.hardened) return;
    work_.breaks("stage", from.span, work_.shown(read.first), fmt::format("whoever builds it by --target {} gets no hardened image: it {}, with a shell and as root", visible(from.words[2].text), view.stays ? fmt::format("stays on {}", view.image) : "stands on a -dev image"),
                 fmt::format("let '{}' be the last stage of a file, and migrate that", visible(from.words[2].text)));
  }

  /// Instructions of the stages that the last one stands on, and its own, as far as nothing later takes their place.
  std::vector<size_t> in_force(const std::vector<size_t>& chain) const {
    std::vector<size_t> out;
    std::set<std::string> said;
    for (const size_t stage : chain) {
      std::vector<size_t> numbers = numbers_of(stage);
      const auto gone = [&](size_t number) { return said.contains(work_.file.instructions[number].keyword); };
      std::erase_if(numbers, gone);
      for (const size_t number : numbers) {
        const std::string& keyword = work_.file.instructions[number].keyword;
        if (keyword == "CMD" || keyword == "ENTRYPOINT" || keyword == "HEALTHCHECK" || keyword == "STOPSIGNAL") said.insert(keyword);
        // An entry point of its own takes no command of another stage's.
        if (keyword == "ENTRYPOINT") said.insert("CMD");
      }
      out.insert(out.begin(), numbers.begin(), numbers.end());
    }
    return out;
  }

  /// Instructions of a stage, without its FROM.
  std::vector<size_t> numbers_of(size_t stage) const {
    std::vector<size_t> out;
    for (size_t at = work_.file.stages[stage].first + 1; at < work_.file.stages[stage].end; ++at) out.push_back(at);
    return out;
  }

  void build_stage(size_t at, Assembly& assembly) {
    MigratedStage& view = work_.stages[at];
    const Stage& read = work_.file.stages[at];
    if (view.hardened || view.scratch) return;
    if (view.stays) return stays(at, view);
    if (view.base == nullptr) return;
    if (view.parent < 0) {
      work_.replace(read.base, work_.reference(*view.base, view.base->dev));
      if (!view.final_chain) {
        work_.change("base", from_span(at), view.image, fmt::format("the build stage stands on {}", work_.reference(*view.base, view.base->dev)));
        if (!view.match.same_version) work_.breaks("version", from_span(at), view.image, fmt::format("{} {} is not among the hardened images; {} is", view.base->repository, view.match.version, view.base->version), fmt::format("try the build with {}", view.base->version));
      }
    }
    PackageNeeds own;
    for (const size_t number : numbers_of(at)) {
      if (work_.file.instructions[number].keyword == "RUN") rewrite_run(work_, number, view, view.final_chain, view.final_chain ? assembly.packages : own);
    }
    for (const size_t number : numbers_of(at)) users_of_build(number);
    languages(at, view);
  }

  /// A build stage whose image has no counterpart. What it makes must not need what only that image has.
  void stays(size_t at, const MigratedStage& view) {
    if (view.parent >= 0 || view.image.empty()) return;
    work_.change("stage", from_span(at), view.image, "the build stage stays on it: there is no hardened image with these tools");
    if (!view.match.alpine || !view.match.build_only) return;
    bool native = false, still = false;
    for (const size_t number : numbers_of(at)) {
      const std::string& rest = work_.file.instructions[number].rest.text;
      still = still || rest.find("CGO_ENABLED=0") != std::string::npos || rest.find("-static") != std::string::npos || rest.find("linux-musl") != std::string::npos;
      native = native || rest.find("build-base") != std::string::npos || rest.find("musl-dev") != std::string::npos || rest.find(" gcc") != std::string::npos || rest.find("CGO_ENABLED=1") != std::string::npos;
    }
    const bool go = view.image.find("golang") != std::string::npos;
    if (go && native && !still) work_.breaks("libc", from_span(at), view.image, "it links with musl, and the image that runs it has glibc: the program would not start ('not found')", "build without cgo (CGO_ENABLED=0) or on the image without -alpine");
  }

  /// COPY --chown of accounts that no -dev image has.
  void users_of_build(size_t number) {
    const Instruction& each = work_.file.instructions[number];
    for (const Flag& flag : each.flags) {
      if (flag.name != "chown" || flag.value.text.empty() || std::isdigit(static_cast<unsigned char>(flag.value.text[0])) != 0 || flag.value.text.starts_with("root")) continue;
      work_.replace(flag.value, "65532:65532");
    }
    if (each.keyword == "USER") work_.dropped_users.insert(number);
  }

  void put_before(size_t number, const std::string& line) { work_.before[number] += line + work_.newline(); }

  /// What languages need in a -dev image: environments, places of packages, programs.
  void languages(size_t at, const MigratedStage& view) {
    const auto numbers = numbers_of(at);
    const auto first_run = std::ranges::find_if(numbers, [&](size_t number) { return work_.runs.contains(number) && !work_.dropped.contains(number); });
    if (first_run == numbers.end()) return;
    if (const std::string home = view.parent < 0 ? compiler_home(work_, at) : std::string(); !home.empty()) {
      put_before(*first_run, "ENV " + home);
      work_.change("tools", from_span(at), view.image, fmt::format("what it installs goes where the usual image has it: {}", home));
    }
    std::vector<std::string> packages = view.parent < 0 ? view.match.toolchain : std::vector<std::string>();
    for (std::string& each : missing_packages(work_, at)) packages.push_back(std::move(each));
    if (!packages.empty()) {
      put_before(*first_run, fmt::format("RUN apt-get update && apt-get install -y --no-install-recommends {} && rm -rf /var/lib/apt/lists/*", join(packages, " ")));
      work_.change("tools", work_.file.instructions[*first_run].span, work_.shown(*first_run), fmt::format("the -dev image has not all that it starts: {} installed before", join(packages, ", ")));
    }
    for (const size_t number : numbers) {
      const auto run = work_.runs.find(number);
      if (run == work_.runs.end() || work_.dropped.contains(number)) continue;
      if (run->second.uses_pip && view.base->family != "node" && view.base->family != "php" && !has_environment(at, number)) python(at, number);
      if (run->second.uses_gem && view.base->family == "ruby" && !gems_.contains(root_of(at))) {
        gems_.insert(root_of(at));
        gem_stages_.insert(at);
        put_before(number, std::string("ENV ") + gem_variables);
        work_.change("tools", work_.file.instructions[number].span, work_.shown(number), "gems go to /usr/local/bundle, as in the usual image");
      }
      for (const char* tool : {"yarn", "pnpm"}) {
        if (view.base->family == "node" && run->second.programs.contains(tool) && tools_.insert(fmt::format("{}{}", root_of(at), tool)).second && !installs(tool)) {
          put_before(number, fmt::format("RUN npm install -g {}", manager_package(work_, tool)));
          work_.change("tools", work_.file.instructions[number].span, work_.shown(number), fmt::format("npm installs {}, which the -dev image has not", tool));
        }
      }
    }
  }
  bool installs(std::string_view tool) const {
    return std::ranges::any_of(work_.runs, [&](const auto& each) { return each.second.installs_globally && each.second.text.text.find(fmt::format("{}", tool)) != std::string::npos && each.second.programs.contains("npm"); });
  }
  size_t root_of(size_t stage) const {
    while (work_.stages[stage].parent >= 0) stage = static_cast<size_t>(work_.stages[stage].parent);
    return stage;
  }

  /// Whether the stage, or one that it stands on, makes an environment before instruction `number`.
  bool has_environment(size_t stage, size_t number) const {
    for (int at = static_cast<int>(stage); at >= 0; at = work_.stages[static_cast<size_t>(at)].parent) {
      const Stage& read = work_.file.stages[static_cast<size_t>(at)];
      if (pythons_.contains(static_cast<size_t>(at))) return true;
      for (size_t each = read.first; each < std::min(read.end, number + 1); ++each) {
        const auto run = work_.runs.find(each);
        if (run != work_.runs.end() && !run->second.environment.empty()) return true;
      }
    }
    return false;
  }

  void python(size_t stage, size_t number) {
    pythons_.insert(stage);
    put_before(number, fmt::format("RUN python3 -m venv {}", environment));
    // Poetry that makes an environment beside the project takes no other one.
    const bool beside = work_.text.find("POETRY_VIRTUALENVS_IN_PROJECT") != std::string_view::npos || work_.text.find("virtualenvs.in-project") != std::string_view::npos;
    put_before(number, fmt::format("ENV {1}PATH=\"{0}/bin:$PATH\"", environment, beside ? std::string() : fmt::format("VIRTUAL_ENV={} ", environment)));
    if (work_.stages[stage].match.full && !pip_requirements(work_, stage).whole) work_.change("tools", work_.file.instructions[number].span, work_.shown(number), "whether a package is compiled is not known: the usual image has compilers, the -dev image has none", "where the build asks for one: apt-get install gcc libc6-dev python3-dev before it");
    work_.change("tools", work_.file.instructions[number].span, work_.shown(number), fmt::format("Debian's Python takes packages in an environment only: {} is made, and copied into the image", environment));
    prefixes(number);
  }

  /// `--prefix=/install`: the environment takes the place of the folder.
  void prefixes(size_t number) {
    const RunLine& run = work_.runs.at(number);
    for (const LineCommand& command : run.line.commands) {
      for (size_t at = 1; at < command.words.size(); ++at) {
        const std::string& word = command.words[at].value;
        const bool joined = word.starts_with("--prefix=") || word.starts_with("--root=");
        if (!joined && word != "--prefix") continue;
        const std::string folder = joined ? word.substr(word.find('=') + 1) : at + 1 < command.words.size() ? command.words[at + 1].value : std::string();
        prefixes_.insert(absolute(folder, "/"));
        const size_t end = joined ? command.words[at].end : command.words[std::min(at + 1, command.words.size() - 1)].end;
        if (const auto extent = run.text.slice(command.words[at - 1].end, end).extent()) work_.edits.push_back({extent->first, extent->second, ""});
      }
    }
  }

  void last_stage(Assembly& assembly) {
    std::vector<size_t> chain;
    for (int at = static_cast<int>(last_); at >= 0; at = work_.stages[static_cast<size_t>(at)].parent) chain.push_back(static_cast<size_t>(at));
    assembly.numbers = in_force(chain);
    MigratedStage view = work_.stages[last_];
    const bool kept = view.stays;  // a compiler's image, that stays as the build stage
    view.base = assembly.dev;
    if (!kept) {
      for (const size_t number : numbers_of(last_)) {
        if (work_.file.instructions[number].keyword == "RUN") rewrite_run(work_, number, view, true, assembly.packages);
      }
    }
    EntryNeeds entries;
    rewrite_settings(work_, assembly.numbers, *assembly.base);
    rewrite_entries(work_, assembly.numbers, *assembly.base, entries);
    for (const std::string& each : entries.packages) assembly.packages.run.push_back(each), assembly.packages.install.push_back(each);
    carry_dotnet(work_, assembly.packages);
    assembly.probe = entries.probe;
    assembly.program = entries.program;
    assembly.program_at = entries.program_at;
    assembly.tag = assembly.base->runtime;
    if (entries.shell) shell(assembly, entries);
    if (work_.out.refused()) return;
    environments(assembly);
    if (!kept) languages(last_, view);
    if (!kept && std::ranges::any_of(pip_requirements(work_, last_).names, [&](const std::string& each) { return work_.options.packages->sources_of_pip(each) != nullptr; })) assembly.packages.native = true;
    for (const size_t stage : chain) {
      const std::string programs = installed_programs(work_, stage);
      if (programs.empty()) continue;
      assembly.extra.push_back({brought_programs(work_, stage, entries.program), false});
      work_.environment.emplace_back("PATH", fmt::format("\"{}:$PATH\"", programs));
    }
    if (pythons_.contains(last_)) use_environment(assembly);
    for (const std::string& each : work_.linked_logs) assembly.extra.push_back({each, false});
    if (!gems_.empty() && assembly.base->family == "ruby") {
      work_.environment.emplace_back(gem_variables_name, gem_variables_value);
      if (std::ranges::any_of(chain, [&](size_t stage) { return gem_stages_.contains(stage); })) assembly.extra.push_back({"/usr/local/bundle", false});
    }
    extensions(assembly);
    if (work_.options.old != nullptr) compare_with_old_image(work_, *assembly.base);
    const std::string tail = write_last_stage(work_, assembly);
    const size_t begin = work_.chunk_begin(work_.file.stages[last_].first);
    work_.out.text = head(begin, {}) + tail;
    if (const auto unused = unused_stages(work_, work_.out.text); !unused.empty()) work_.out.text = head(begin, unused) + tail;
  }

  /// Everything before the last stage, edited, without some stages.
  std::string head(size_t end, const std::set<size_t>& without) const {
    std::string out;
    size_t at = 0;
    for (size_t number = 0; number < work_.file.stages[last_].first; ++number) {
      const auto goes = std::ranges::find_if(without, [&](size_t stage) { return number >= work_.file.stages[stage].first && number < work_.file.stages[stage].end; });
      if (goes != without.end()) {
        out += comments_in(work_.text.substr(at, work_.chunk_end(number) - at));
        at = work_.chunk_end(number);
        continue;
      }
      const size_t begin = work_.file.instructions[number].span.begin, stop = work_.chunk_end(number);
      const size_t line = begin == 0 ? std::string_view::npos : work_.text.rfind('\n', begin - 1);
      const size_t start = line == std::string_view::npos || line < at ? at : line + 1;
      out += work_.text.substr(at, start - at);
      if (const auto found = work_.before.find(number); found != work_.before.end()) out += found->second;
      if (!work_.dropped.contains(number) && !work_.dropped_users.contains(number)) out += work_.edited(start, stop);
      at = stop;
    }
    return out += work_.text.substr(at, end - at);
  }

  void shell(Assembly& assembly, const EntryNeeds& entries) {
    const Span& span = work_.file.instructions[entries.shell_at].span;
    const std::string what = work_.shown(entries.shell_at);
    if (assembly.base->compat.empty()) {
      work_.refuse("shell", span, what, fmt::format("{}, and the image has none", entries.shell_reason), "let the program do it itself (read variables, wait for others), or do it in a container that runs before (initContainers)");
      return;
    }
    assembly.tag = assembly.base->compat;
    work_.breaks("shell", span, what, fmt::format("{}: the image is {}, which keeps one", entries.shell_reason, work_.reference(*assembly.base, assembly.tag)), fmt::format("start the program itself, and take {}", work_.reference(*assembly.base, assembly.base->runtime)));
  }

  void use_environment(Assembly& assembly) {
    assembly.extra.push_back({std::string(environment), false});
    if (std::ranges::none_of(work_.environment, [](const auto& each) { return each.first == "PATH"; })) work_.environment.emplace_back("PATH", fmt::format("\"{}/bin:$PATH\"", environment));
  }

  /// COPY --from of what pip installed into a build stage: the environment is copied in its place.
  void environments(Assembly& assembly) {
    bool copied = false;
    for (const size_t number : assembly.numbers) {
      const Instruction& each = work_.file.instructions[number];
      if (each.keyword != "COPY" || each.words.size() < 2) continue;
      const auto from = std::ranges::find(each.flags, "from", &Flag::name);
      const int stage = from == each.flags.end() ? -1 : stage_of(work_.file, from->value.text, work_.file.stages.size());
      if (stage >= 0 && assembly.base->family == "python" && makes_elsewhere(static_cast<size_t>(stage)))
        work_.breaks("files", each.span, work_.shown(number), fmt::format("an environment that is made on '{}' has its Python, which the hardened image has elsewhere: what is started of it does not start", visible(work_.stages[static_cast<size_t>(stage)].image)),
                     fmt::format("make it on {}, with what makes it copied there (COPY --from=... /uv /bin/)", work_.reference(*assembly.base, assembly.base->dev)));
      if (stage < 0 || each.words.size() != 2 || !makes_environment(static_cast<size_t>(stage))) {
        // Neither is it there to be copied, nor would Debian's Python look for it.
        if (assembly.base->family == "python" && std::ranges::any_of(each.words, [](const Traced& word) { return word.text.starts_with("/usr/local/lib/python3"); }))
          work_.breaks("files", each.span, work_.shown(number), "Debian's Python looks in /usr/lib/python3/dist-packages and in environments, not there", fmt::format("install it with pip in a build stage, into {}, and copy that", environment));
        continue;
      }
      const std::string source = absolute(each.words[0].text, work_.places[number].folder);
      const bool pip = prefixes_.contains(source) || source == "/root/.local" || source == "/usr/local" || source == "/usr/local/bin" || source.starts_with("/usr/local/lib/python3") || source == std::string(environment);
      if (!pip) continue;
      if (std::exchange(copied, true)) {
        work_.change("files", each.span, work_.shown(number), "it lies in the environment that is copied");
        work_.dropped.insert(number);
        continue;
      }
      if (source != environment) {
        work_.change("files", each.span, work_.shown(number), fmt::format("what pip installed lies in {}", environment));
        work_.replace(each.words[0], std::string(environment));
        work_.replace(each.words[1], std::string(environment));
        work_.brings[number] = environment;
      }
      if (std::ranges::none_of(work_.environment, [](const auto& pair) { return pair.first == "PATH"; })) work_.environment.emplace_back("PATH", fmt::format("\"{}/bin:$PATH\"", environment));
    }
  }
  /// Whether a stage that stays on an image of somebody else's makes an environment of Python there.
  bool makes_elsewhere(size_t stage) const {
    constexpr std::array<std::string_view, 6> ways = {"uv sync", "uv venv", "-m venv", "virtualenv ", "poetry install", "pdm install"};
    const Stage& read = work_.file.stages[stage];
    if (!work_.stages[stage].stays) return false;
    for (size_t number = read.first; number < read.end; ++number) {
      const Instruction& each = work_.file.instructions[number];
      if (each.keyword == "RUN" && std::ranges::any_of(ways, [&](std::string_view way) { return each.rest.text.find(way) != std::string::npos; })) return true;
    }
    return false;
  }
  bool makes_environment(size_t stage) const {
    for (int at = static_cast<int>(stage); at >= 0; at = work_.stages[static_cast<size_t>(at)].parent) {
      if (pythons_.contains(static_cast<size_t>(at))) return true;
    }
    return false;
  }

  /// Extensions of PHP are switched on by files that their packages make when they are installed.
  void extensions(Assembly& assembly) {
    const bool php = std::ranges::any_of(assembly.packages.run, [](const std::string& each) { return each.starts_with("php8.4-") || each.starts_with("php-"); });
    if (!php) return;
    assembly.extra.push_back({"/etc/php/8.4/mods-available", false});
    assembly.extra.push_back({assembly.base->family == "php-fpm" ? "/etc/php/8.4/fpm/conf.d" : "/etc/php/8.4/cli/conf.d", false});
  }

  static constexpr const char* gem_variables = "GEM_HOME=/usr/local/bundle BUNDLE_APP_CONFIG=/usr/local/bundle BUNDLE_SILENCE_ROOT_WARNING=1 PATH=\"/usr/local/bundle/bin:$PATH\"";
  static constexpr const char* gem_variables_name = "GEM_HOME";
  static constexpr const char* gem_variables_value = "/usr/local/bundle BUNDLE_APP_CONFIG=/usr/local/bundle PATH=\"/usr/local/bundle/bin:$PATH\"";

  Migration& work_;
  size_t last_;
  std::set<size_t> pythons_;   ///< stages that get an environment
  std::set<size_t> gems_;      ///< roots of stages that get a place for gems
  std::set<size_t> gem_stages_;
  std::set<std::string> tools_;
  std::set<std::string> prefixes_;
};

}  // namespace

Result<Migrated> migrate(std::string_view dockerfile, std::string_view path, const MigrateOptions& options) {
  TRY_ASSIGN(auto file, parse_dockerfile(dockerfile, path));
  Migration work(dockerfile, path, options, std::move(file));
  Migrator(work).run();
  Migrated out = std::move(work.out);
  const auto by_place = [](const MigrationPoint& a, const MigrationPoint& b) { return a.span.begin < b.span.begin; };
  for (auto* list : {&out.changes, &out.breaks, &out.refusals}) {
    std::ranges::stable_sort(*list, by_place);
    for (MigrationPoint& each : *list) each.what = shortened(each.what);
  }
  if (out.refused() || out.text.empty()) out.text = std::string(dockerfile);
  out.changed = out.text != dockerfile;
  return out;
}

}  // namespace ashlar::workload
