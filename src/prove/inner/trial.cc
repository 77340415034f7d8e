#include "prove/inner/trial.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "base/text.h"
#include "host/container.h"
#include "prove/inner/certificate.h"

namespace ashlar::prove {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds default_timeout{60}, time_to_stop{10}, proof_of_life{2};
constexpr std::chrono::milliseconds between_looks{25};
constexpr size_t last_lines = 20, longest_line = 400;
constexpr std::uint64_t longest_log = 64 << 20;

/// A test under way.
class Trial {
 public:
  Trial(Trials& trials, const plan::RunTest& test, std::string id)
      : trials_(trials), test_(test), id_(std::move(id)), cell_(trials.cell), timeout_(test.timeout == 0 ? default_timeout : std::chrono::seconds(test.timeout)) {}

  Result<Check> run(const std::string& name) {
    check_ = {"run:" + name, title(), Outcome::Passed, {}};
    log_ = trials_.options.state / "logs" / fmt::format("{}-{}.log", trials_.contents.manifest.digest.hex().substr(0, 16), id_);
    TRY(trials_.machine.files->make_folders(log_.parent_path()));
    TRY(trials_.machine.files->write(log_, "", host::Durability::Cache));
    TRY(prepare());
    begun_ = Clock::now();
    deadline_ = begun_ + timeout_;
    if (test_.service) TRY(run_service());
    else if (test_.commands.empty()) TRY(run_own_program());
    else TRY(run_commands([&](const Program& program, size_t at) { return trials_.runtime.run(cell_, program, deadline_, fmt::format("{}-{}", id_, at)); }));
    if (trials_.options.measured != nullptr) trials_.options.measured->push_back({check_.id, check_.outcome == Outcome::Passed, ready_.value_or(seconds_since(begun_)), listening_});
    if (check_.outcome == Outcome::Failed) add_log();
    return std::move(check_);
  }

 private:
  std::string title() const {
    if (test_.commands.size() > 1) return fmt::format("{} commands run, and the last exits with {}", test_.commands.size(), test_.exit_code);
    if (!test_.commands.empty()) return fmt::format("'{}' exits with {}", test_.commands.front(), test_.exit_code);
    return test_.service ? "the image's program runs and answers" : fmt::format("the image's program exits with {}", test_.exit_code);
  }

  static double seconds_since(Clock::time_point then) { return std::chrono::duration<double>(Clock::now() - then).count(); }

  void fail(std::string why) {
    check_.outcome = Outcome::Failed;
    check_.evidence.push_back(std::move(why));
  }
  bool failed() const { return check_.outcome == Outcome::Failed; }

  /// The environment, the folder, and what is brought in.
  Done prepare() {
    std::map<std::string, std::string> values;
    for (const std::string& pair : trials_.contents.config.env) values[std::string(cut(pair, '=').first)] = std::string(cut(pair, '=').second);
    if (!values.contains("PATH")) values["PATH"] = oci::default_path;
    for (const auto& [name, value] : test_.environment) values[name] = value;
    for (const auto& [name, value] : values) environment_.push_back(fmt::format("{}={}", name, value));
    folder_ = !test_.directory.empty() ? test_.directory : trials_.contents.config.working_dir.empty() ? "/" : trials_.contents.config.working_dir;
    return place_files();
  }

  Done place_files() {
    std::vector<PlacedFile> placed;
    const ImageUser& user = cell_.user;
    if (test_.certificate) {
      TRY_ASSIGN(const Certificate made, make_certificate(trials_.machine.clock->now()));
      roots_ = made.certificate;
      const bool one = test_.certificate->path == test_.certificate->key;
      placed.push_back({test_.certificate->path, made.certificate + (one ? made.key : ""), user.uid, user.gid, one ? 0400u : 0444u});
      if (!one) placed.push_back({test_.certificate->key, made.key, user.uid, user.gid, 0400});
    }
    for (const plan::TestFile& file : test_.files) {
      PlacedFile made{file.path, file.content.value_or(""), user.uid, user.gid, file.mode.value_or(file.probe ? 0555 : 0444)};
      if (file.probe) {
        if (trials_.options.probe.empty()) return cannot(Kind::Unavailable, "bring the health probe", "this program was built without one for this processor");
        made.content = trials_.options.probe;
      } else if (!file.content) {
        TRY_ASSIGN(made.content, trials_.machine.files->read(trials_.options.catalogue / file.source));
      }
      placed.push_back(std::move(made));
    }
    if (placed.empty()) return {};
    const host::Path root = trials_.runtime.work() / (id_ + "-root") / "root";
    TRY(extend_root(trials_.machine, trials_.contents, cell_.root, placed, cell_.maps, root));
    cell_.root = root;
    return {};
  }

  Program program(std::vector<std::string> argv) const { return {std::move(argv), environment_, folder_}; }

  /// The image's entrypoint with its cmd, or the test's args.
  std::vector<std::string> own_program() const {
    std::vector<std::string> argv = trials_.contents.config.entrypoint;
    std::ranges::copy(test_.args ? *test_.args : trials_.contents.config.cmd, std::back_inserter(argv));
    return argv;
  }

  void log(std::string_view text) {
    const std::string before = trials_.machine.files->read(log_).value_or("");
    (void)trials_.machine.files->write(log_, before + std::string(text), host::Durability::Cache);
  }

  /// Judges one end; `expected`: its exit code. False ends the test.
  bool judge(const Ended& ended, const std::string& what, int expected) {
    log(fmt::format("$ {}\n{}", what, ended.output));
    if (!ended.refusal.empty()) return fail(fmt::format("'{}' does not start: {}", what, ended.refusal)), false;
    if (ended.timed_out) return fail(fmt::format("'{}' did not end within the test's {} s, and was killed", what, timeout_.count())), false;
    if (ended.exit_code != expected) return fail(fmt::format("'{}' exited with {}, not {}", what, ended.exit_code, expected)), false;
    check_.evidence.push_back(fmt::format("'{}' exited with {}", what, expected));
    return true;
  }

  void judge_output(std::string_view printed, const std::string& who) {
    if (test_.output.empty() || failed()) return;
    if (printed.find(test_.output) == std::string_view::npos) fail(fmt::format("{} did not print '{}'", who, test_.output));
    else check_.evidence.push_back(fmt::format("{} printed '{}'", who, test_.output));
  }

  template <class Run>
  Done run_commands(Run run) {
    std::string printed;
    for (size_t at = 0; at < test_.commands.size(); ++at) {
      const std::string& line = test_.commands[at];
      TRY_ASSIGN(const Ended ended, run(program(plan::split_command(line).value_or(std::vector<std::string>{})), at));
      printed += ended.output;
      const bool last = at + 1 == test_.commands.size();
      if (!judge(ended, line, last ? test_.exit_code : 0)) return {};
    }
    judge_output(printed, test_.commands.size() == 1 ? "it" : "they");
    return {};
  }

  Done run_own_program() {
    const auto argv = own_program();
    if (argv.empty()) return fail("the image has neither entrypoint nor cmd"), Done();
    TRY_ASSIGN(const Ended ended, trials_.runtime.run(cell_, program(argv), deadline_, id_));
    if (judge(ended, join(argv, " "), test_.exit_code)) judge_output(ended.output, "it");
    return {};
  }

  Done run_service() {
    const auto argv = own_program();
    if (argv.empty()) return fail("the image has neither entrypoint nor cmd"), Done();
    const host::Path output = trials_.runtime.work() / (id_ + ".out");
    std::atomic<bool> over = false;
    Result<Ended> ended = Ended{};
    {
      const std::jthread server([&] {
        // A while longer than the test, which ends it by itself.
        ended = trials_.runtime.run(cell_, program(argv), deadline_ + time_to_stop, id_, output);
        over = true;
      });
      const Done asked = ask(output, over);
      if (const auto process = trials_.runtime.process_of(id_); asked && !over && process) listening_ = host::Inside(*process).listening().value_or(std::vector<std::uint16_t>());
      stop(over);
      TRY(asked);
    }
    log(fmt::format("$ {}\n{}", join(argv, " "), trials_.machine.files->read(output).value_or("")));
    TRY(ended);
    if (!ended->refusal.empty()) {
      check_.evidence.clear();
      fail(fmt::format("'{}' does not start: {}", join(argv, " "), ended->refusal));
    } else if (ended_early_) {
      fail(fmt::format("the service ended by itself, with {}", ended->exit_code));
    }
    return {};
  }

  /// Waits for what the service shall show, then runs the commands beside it.
  Done ask(const host::Path& output, const std::atomic<bool>& over) {
    const auto wait_for = [&](const std::string& what, auto holds) -> Result<bool> {
      for (;;) {
        if (over) return ended_early_ = true, false;
        TRY_ASSIGN(const bool now, holds());
        if (now) return true;
        const auto stat = trials_.machine.files->stat(output);
        if (stat && stat->size > longest_log) return fail("the service printed more than 64 MiB"), false;
        if (Clock::now() > deadline_) return fail(fmt::format("{} within the test's {} s", what, timeout_.count())), false;
        std::this_thread::sleep_for(between_looks);
      }
    };
    std::optional<int> process;
    TRY_ASSIGN(const bool begun, wait_for("the service did not start", [&]() -> Result<bool> { return (process = trials_.runtime.process_of(id_)).has_value(); }));
    if (!begun) return {};
    const host::Inside inside(*process);
    // What cannot be looked at is not there yet, or not any more: the end of the service is seen by itself.
    if (test_.port != 0) {
      TRY_ASSIGN(const bool seen, wait_for(fmt::format("port {} did not answer", test_.port), [&]() -> Result<bool> { return inside.answers(test_.port).value_or(false); }));
      if (!seen) return {};
      check_.evidence.push_back(fmt::format("port {} answered", test_.port));
    }
    if (!test_.file.empty()) {
      TRY_ASSIGN(const bool seen, wait_for(fmt::format("'{}' did not appear", test_.file), [&]() -> Result<bool> { return inside.has(test_.file).value_or(false); }));
      if (!seen) return {};
      check_.evidence.push_back(fmt::format("'{}' appeared", test_.file));
    }
    if (test_.http) {
      std::string last = "nobody answers";
      TRY_ASSIGN(const bool seen, wait_for("", [&]() -> Result<bool> { return answers_well(inside, last); }));
      if (!seen) {
        if (failed() && check_.evidence.back().starts_with(" within")) check_.evidence.back() = fmt::format("GET {} of port {}: {}{}", test_.http->path, test_.http->port, last, check_.evidence.back());
        return {};
      }
      check_.evidence.push_back(fmt::format("GET {} of port {} answered {}", test_.http->path, test_.http->port, last));
    }
    ready_ = seconds_since(begun_);
    return test_.commands.empty() ? watch(output, over, wait_for) : run_commands([&](const Program& beside, size_t) { return trials_.runtime.run_beside(cell_, beside, deadline_, id_); });
  }

  /// No command: what the service prints, or that it lives at all.
  template <class Wait>
  Done watch(const host::Path& output, const std::atomic<bool>&, Wait wait_for) {
    if (!test_.output.empty()) {
      const auto printed = [&]() -> Result<bool> { return trials_.machine.files->read(output).value_or("").find(test_.output) != std::string::npos; };
      TRY_ASSIGN(const bool seen, wait_for(fmt::format("the service did not print '{}'", test_.output), printed));
      ready_ = seconds_since(begun_);
      if (seen) check_.evidence.push_back(fmt::format("the service printed '{}'", test_.output));
    } else if (test_.port == 0 && test_.file.empty() && !test_.http) {
      const auto until = Clock::now() + proof_of_life;
      TRY_ASSIGN(const bool lives, wait_for("the service did not live long enough", [&]() -> Result<bool> { return Clock::now() > until; }));
      if (lives) check_.evidence.push_back(fmt::format("the service ran for {} s", proof_of_life.count()));
    }
    return {};
  }

  Result<bool> answers_well(const host::Inside& inside, std::string& last) const {
    const plan::HttpQuestion& wanted = *test_.http;
    const auto left = std::chrono::ceil<std::chrono::seconds>(deadline_ - Clock::now());
    const auto answer = inside.get({wanted.port, wanted.path, wanted.tls, wanted.tls ? roots_ : std::string(), std::clamp(left, std::chrono::seconds(1), std::chrono::seconds(10))});
    if (!answer) {
      last = answer.error().message;
      return false;
    }
    last = std::to_string(answer->status);
    if (answer->status != wanted.status) return last = fmt::format("it answered {}, not {}", answer->status, wanted.status), false;
    if (answer->body.find(wanted.body) == std::string::npos) return last = fmt::format("it answered {}, without '{}'", answer->status, wanted.body), false;
    if (!wanted.body.empty()) last += fmt::format(" with '{}'", wanted.body);
    return true;
  }

  /// The image's own signal, then a kill.
  void stop(const std::atomic<bool>& over) {
    const std::string& asked = trials_.contents.config.stop_signal;
    if (!over && !failed()) trials_.runtime.signal(id_, asked.empty() ? "SIGTERM" : asked);
    for (const auto until = Clock::now() + time_to_stop; !over && !failed() && Clock::now() < until;) std::this_thread::sleep_for(between_looks);
    if (!over) trials_.runtime.remove(id_);
  }

  void add_log() {
    const std::string text = trials_.machine.files->read(log_).value_or("");
    const auto lines = split(trim(text), '\n');
    const size_t from = lines.size() > last_lines ? lines.size() - last_lines : 0;
    if (from > 0) check_.evidence.push_back(fmt::format("the last {} lines of {}:", last_lines, lines.size()));
    for (const std::string_view line : std::span(lines).subspan(from)) check_.evidence.push_back(fmt::format("| {}", line.substr(0, longest_line)));
    check_.evidence.push_back(fmt::format("log: {}", log_.string()));
  }

  Trials& trials_;
  const plan::RunTest& test_;
  std::string id_;
  Cell cell_;
  std::chrono::seconds timeout_;
  Deadline deadline_, begun_;
  std::optional<double> ready_;  // seconds, of a service
  std::vector<std::uint16_t> listening_;
  std::vector<std::string> environment_;
  std::string folder_, roots_;
  host::Path log_;
  Check check_;
  bool ended_early_ = false;
};

}  // namespace

Result<Check> run_trial(Trials& trials, const plan::RunTest& test, size_t place) {
  const std::string name = test.name.empty() ? std::to_string(place + 1) : test.name;
  return Trial(trials, test, fmt::format("test-{}", place + 1)).run(name);
}

}  // namespace ashlar::prove
