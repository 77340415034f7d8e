#include "prove/inner/runtime.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"

namespace ashlar::prove {
namespace {

constexpr size_t output_limit = 1 << 20;
constexpr std::chrono::seconds short_while{20};

/// Waits for the lock on a work folder, which its owner holds while it lives, and removes what is left there: containers, then the folder. Where the
/// runtime cannot remove a container, all stays: without its state nobody could.
/// $1 the folder, $2 the runtime, $3 and $4 what newuidmap(1) and newgidmap(1) are told of the container's users; empty where their files are ours to remove.
/// This runs when we are gone, so it maps numbers by itself: what stands left of the pipe maps those of what stands right of it, which waits for that. When
/// either ends, so does the other: one has nothing to read any more, the other nobody who says who it is.
constexpr std::string_view clean_up = R"(work=$1 runtime=$2 users=$3 groups=$4 number=$1/namespaced
[ -d "$work" ] || exit 0
for container in "$work"/containers/*; do
  [ ! -d "$container" ] || "$runtime" --root "$work/containers" delete --force "${container##*/}" || exit 1
done
[ -n "$users" ] || exec rm -rf "$work"
rm -f "$number"
{
  turn=0
  until [ -s "$number" ] || [ "$turn" -ge 300 ]; do sleep 0.1; turn=$((turn + 1)); done
  read -r process <"$number" && newuidmap "$process" $users && newgidmap "$process" $groups && echo mapped
} | unshare --user sh -c 'echo $$ >"$1" && read -r mapped && exec rm -rf "$2"' inside "$number" "$work" || echo 0 >"$number"
)";

/// As newuidmap(1) takes them, behind the process.
std::string as_words(const std::vector<IdRange>& ranges) {
  std::vector<std::string> words;
  for (const IdRange& range : ranges) words.push_back(fmt::format("{} {} {}", range.inside, range.outside, range.count));
  return join(words, " ");
}

std::vector<std::string> clean_up_command(const host::Path& work, const std::string& runtime, const IdMaps& maps, bool wait) {
  return {"flock", wait ? "--exclusive" : "--nonblock", (work / "lock").string(), "sh", "-c", std::string(clean_up), "clean-up", work.string(), runtime, as_words(maps.users), as_words(maps.groups)};
}

/// First number and count of the lines of /etc/subuid or /etc/subgid for a user.
std::optional<IdRange> subordinate(std::string_view text, std::string_view name, std::string_view number) {
  const auto value = [](std::string_view digits) {
    std::uint32_t out = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return out;
  };
  for (const std::string_view line : split(text, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() == 3 && (fields[0] == name || fields[0] == number)) return IdRange{1, value(fields[1]), value(fields[2])};
  }
  return std::nullopt;
}

Result<std::string> ask_id(host::Machine& machine, const char* option) {
  host::Command command;
  command.argv = {"id", option};
  TRY_ASSIGN(const host::Outcome outcome, machine.processes->run(command));
  return std::string(trim(outcome.out));
}

Result<std::uint32_t> ask_number(host::Machine& machine, const char* option) {
  TRY_ASSIGN(const std::string text, ask_id(machine, option));
  std::uint32_t number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{}) return number;
  return cannot(Kind::Unavailable, "run a container", fmt::format("'id {}' says '{}'", option, text));
}

/// How the numbers of an ordinary user's containers are mapped; nothing for root.
Result<IdMaps> maps_of_user(host::Machine& machine) {
  TRY_ASSIGN(const std::uint32_t uid, ask_number(machine, "-u"));
  if (uid == 0) return IdMaps{};
  TRY_ASSIGN(const std::uint32_t gid, ask_number(machine, "-g"));
  TRY_ASSIGN(const std::string login, ask_id(machine, "-un"));
  const auto range = [&](const char* path) { return subordinate(machine.files->read(path).value_or(""), login, std::to_string(uid)); };
  const auto users = range("/etc/subuid"), groups = range("/etc/subgid");
  if (users && groups && machine.processes->find("newuidmap")) return IdMaps{{{0, uid, 1}, *users}, {{0, gid, 1}, *groups}};
  return cannot(Kind::NotFound, "run a container without root", fmt::format("it needs newuidmap and ranges of numbers for '{}' in /etc/subuid and /etc/subgid", login));
}

/// The words of an error in the runtime's log, which is a line of JSON or of key=value for each event. What it could not clear away afterwards is not why
/// it failed.
std::string error_in(const std::string& log) {
  std::string untidy;
  for (const std::string_view line : split(log, '\n')) {
    if (line.find("level=error") == std::string_view::npos && line.find("\"level\":\"error\"") == std::string_view::npos) continue;
    for (const std::string_view key : {"\"msg\":\"", "msg=\""}) {
      const size_t at = line.find(key);
      if (at == std::string_view::npos) continue;
      const std::string_view rest = line.substr(at + key.size());
      std::string words;
      for (size_t each = 0; each < rest.size() && rest[each] != '"'; ++each) {
        if (rest[each] == '\\' && each + 1 < rest.size()) ++each;
        words += rest[each] == '"' ? '\'' : rest[each];
      }
      if (!words.starts_with("Failed to remove")) return words;
      untidy = words;
    }
    if (untidy.empty()) return std::string(line);
  }
  return untidy;
}

/// Whether the runtime says that the image's program, and not this machine, is at fault.
bool blames_program(const std::string& trouble) {
  if (trouble.find("cgroup") != std::string::npos) return false;
  for (const std::string_view sign : {"exec: ", "exec failed", "executable file", "chdir to cwd", "chdir"}) {
    if (trouble.find(sign) != std::string::npos) return true;
  }
  return false;
}

std::chrono::seconds left_until(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::seconds>(deadline - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::seconds(1));
}

}  // namespace

Result<std::unique_ptr<Runtime>> Runtime::open(host::Machine& machine, const host::Path& state) {
  std::unique_ptr<Runtime> runtime(new Runtime(machine));
  std::string last;
  for (const char* const name : {"runc", "crun"}) {
    if (const auto found = machine.processes->find(name)) {
      runtime->name_ = found->string();
      break;
    }
  }
  if (runtime->name_.empty()) return cannot(Kind::NotFound, "run a container", "this machine has neither runc nor crun; install one of both");
  for (const char* const name : {"tar", "flock", "setsid", "unshare"}) {
    if (!machine.processes->find(name)) return cannot(Kind::NotFound, "run a container", fmt::format("this machine has no '{}'", name));
  }
  TRY_ASSIGN(runtime->maps_, maps_of_user(machine));
  TRY(runtime->make_work(state));
  return runtime;
}

Done Runtime::make_work(const host::Path& state) {
  TRY(machine_.files->make_folders(state / "run"));
  TRY_ASSIGN(const host::Path folder, machine_.files->canonical(state / "run"));  // runc takes no root that a symlink leads to
  // Nobody sweeps away a folder of ours that is not locked yet.
  TRY_ASSIGN(const auto alone, machine_.files->lock(state / "run.lock"));
  TRY_ASSIGN(const auto before, machine_.files->list(folder));
  for (const std::string& name : before) {
    host::Command sweep;
    sweep.argv = clean_up_command(folder / name, name_, maps_, false);
    (void)machine_.processes->run(sweep);  // of a run that goes on: its lock is held, and nothing happens
  }
  std::random_device random;
  work_ = folder / fmt::format("{:08x}{:08x}", random(), random());
  TRY(machine_.files->make_folders(work_ / "containers"));
  TRY_ASSIGN(lock_, machine_.files->lock(work_ / "lock"));
  // In a session of its own, so that it outlives us; it waits for our lock. We wait until it has that session, for what is left of ours is killed.
  host::Command watch;
  watch.argv = {"sh", "-c", "setsid --fork sh -c 'echo begun; exec \"$@\" </dev/null >/dev/null 2>&1' watch \"$@\" | { read begun; }", "watch"};
  std::ranges::move(clean_up_command(work_, name_, maps_, true), std::back_inserter(watch.argv));
  TRY(machine_.processes->run(watch));
  return {};
}

Runtime::~Runtime() { (void)close(); }

ImageUser Runtime::startable(ImageUser user, Progress& progress) const {
  if (maps_.empty() || user.groups.empty() || !name_.ends_with("runc")) return user;
  progress.note(fmt::format("runc gives no further groups without root: user {} runs without group {}", user.uid, fmt::join(user.groups, ", ")));
  user.groups.clear();
  return user;
}

Done Runtime::close() {
  if (work_.empty()) return {};
  const host::Path work = std::exchange(work_, {});
  const auto left = machine_.files->list(work / "containers");
  for (const std::string& id : left ? *left : std::vector<std::string>()) {
    host::Command command;
    command.argv = {name_, "--root", (work / "containers").string(), "delete", "--force", id};
    command.timeout = short_while;
    const auto outcome = machine_.processes->run(command);
    if (outcome && outcome->exit_code == 0 && !outcome->timed_out) continue;
    const std::string why = !outcome ? outcome.error().message : outcome->timed_out ? "it did not end" : outcome->err.empty() ? fmt::format("it ended with {}", outcome->exit_code) : std::string(trim(outcome->err));
    return cannot(Kind::Unavailable, fmt::format("remove container '{}' with '{}'", id, name_), fmt::format("{}; its state is kept in '{}', and the next run tries again", why, work.string()));
  }
  // Whoever waits for the lock removes the folder; done here, too, so that it is gone when we return.
  (void)run_as_their_root(machine_, maps_, {"rm", "-rf", work.string()}, "remove a work folder");
  return {};
}

host::Command Runtime::command(std::vector<std::string> arguments, Deadline deadline) const {
  host::Command out;
  out.argv = {name_, "--root", (work_ / "containers").string()};
  std::ranges::move(arguments, std::back_inserter(out.argv));
  out.timeout = left_until(deadline);
  out.output_limit = output_limit;
  return out;
}

Result<Ended> Runtime::run_once(const Cell& cell, const Program& program, Deadline deadline, const std::string& id, const host::Path& output, std::string& trouble) {
  const host::Path bundle = work_ / id, log = bundle / "log";
  TRY(machine_.files->make_folders(bundle));
  TRY(machine_.files->write(bundle / "config.json", to_pretty(bundle_config(cell, program)), host::Durability::Cache));
  TRY(machine_.files->remove(log));
  std::vector<std::string> arguments = {"--log", log.string()};
  if (name_.ends_with("runc")) {
    arguments.insert(arguments.end(), {"--rootless", cell.bounds.control_groups ? "auto" : "true"});
  } else if (!cell.bounds.control_groups) {
    arguments.emplace_back("--cgroup-manager=disabled");
  }
  for (const std::string& word : {std::string("run"), std::string("--bundle"), bundle.string(), std::string("--pid-file"), (bundle / "pid").string(), id}) arguments.push_back(word);
  host::Command run = command(std::move(arguments), deadline);
  if (!output.empty()) {
    std::vector<std::string> argv = {"sh", "-c", "out=$1; shift; exec \"$@\" >\"$out\" 2>&1", "run", output.string()};
    std::ranges::move(run.argv, std::back_inserter(argv));
    run.argv = std::move(argv);
  }
  TRY_ASSIGN(host::Outcome outcome, machine_.processes->run(run));
  const std::string written = machine_.files->read(log).value_or("");
  trouble = outcome.timed_out || machine_.files->exists(bundle / "pid") ? std::string() : error_in(written);
  if (trouble.empty() && !machine_.files->exists(bundle / "pid") && outcome.exit_code != 0 && !outcome.timed_out) trouble = std::string(trim(outcome.err));
  return Ended{outcome.exit_code, outcome.timed_out, outcome.out + outcome.err, outcome.out.size(), {}};
}

Result<Ended> Runtime::run(Cell cell, const Program& program, Deadline deadline, const std::string& id, const host::Path& log) {
  for (;;) {
    cell.bounds.control_groups = control_groups_;
    std::string trouble;
    auto ended = run_once(cell, program, deadline, id, log, trouble);
    remove(id);
    if (!ended || trouble.empty()) return ended;
    if (blames_program(trouble)) {
      ended->refusal = std::move(trouble);
      ended->output.clear();
      return ended;
    }
    if (!control_groups_) return cannot(Kind::Unavailable, "run a container", trouble);
    control_groups_ = false;  // many sandboxes leave none to write to
  }
}

Result<Ended> Runtime::run_beside(const Cell& cell, const Program& program, Deadline deadline, const std::string& id) {
  Cell there = cell;
  there.bounds.control_groups = control_groups_;
  const host::Path process = work_ / id / "process.json", log = work_ / id / "exec-log";
  TRY(machine_.files->write(process, to_pretty(process_config(there, program)), host::Durability::Cache));
  TRY(machine_.files->remove(log));
  TRY_ASSIGN(host::Outcome outcome, machine_.processes->run(command({"--log", log.string(), "exec", "--process", process.string(), id}, deadline)));
  Ended ended{outcome.exit_code, outcome.timed_out, outcome.out + outcome.err, outcome.out.size(), {}};
  const std::string trouble = outcome.timed_out ? std::string() : error_in(machine_.files->read(log).value_or(""));
  if (trouble.empty()) return ended;
  ended.refusal = trouble;
  return ended;
}

std::optional<int> Runtime::process_of(const std::string& id) {
  const auto text = machine_.files->read(work_ / id / "pid");
  int process = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), process).ec != std::errc{}) return std::nullopt;
  return process;
}

void Runtime::signal(const std::string& id, const std::string& signal) {
  (void)machine_.processes->run(command({"kill", id, signal}, std::chrono::steady_clock::now() + short_while));
}

void Runtime::remove(const std::string& id) { (void)machine_.processes->run(command({"delete", "--force", id}, std::chrono::steady_clock::now() + short_while)); }

}  // namespace ashlar::prove
