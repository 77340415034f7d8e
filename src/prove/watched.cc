#include "prove/watched.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "base/text.h"
#include "host/container.h"
#include "inventory/reading.h"
#include "prove/inner/here.h"
#include "prove/inner/runtime.h"

namespace ashlar::prove {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds between_looks{25}, quiet{500}, longest_settling{3000};
constexpr std::chrono::seconds time_to_stop{10}, proof_of_life{5}, answers_well{5};
constexpr size_t last_lines = 20, longest_line = 400, most_paths = 1000;
constexpr std::uint64_t longest_log = 64 << 20;
/// What the clients of an answer go by, beside its status and body.
constexpr std::array<std::string_view, 15> telling_headers = {"access-control-allow-origin", "allow", "cache-control", "content-disposition", "content-encoding", "content-language", "content-security-policy", "content-type",
                                                              "location", "referrer-policy", "strict-transport-security", "vary", "www-authenticate", "x-content-type-options", "x-frame-options"};
/// Where no file of an image's is: the kernel's, the runtime's.
constexpr std::array<std::string_view, 3> of_nobody = {"/proc", "/sys", "/dev"};

bool lies_in(std::string_view path, std::string_view folder) { return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/'); }

/// A container's number for one of the machine's.
std::uint32_t inside(const std::vector<IdRange>& ranges, std::uint32_t number) {
  for (const IdRange& range : ranges) {
    if (number >= range.outside && number - range.outside < range.count) return range.inside + (number - range.outside);
  }
  return number;
}

AnswerSeen seen(const Request& request, const Result<host::InsideAnswer>& answer) {
  AnswerSeen out;
  out.request = request;
  if (!answer) return out.silence = answer.error().message, out;
  out.status = answer->status;
  out.size = answer->body.size();
  out.body = Digest::of(answer->body);
  out.begins = visible(std::string_view(answer->body).substr(0, 256));
  for (const auto& [name, value] : answer->headers) {
    if (std::ranges::find(telling_headers, name) != telling_headers.end()) out.headers[name] = value;
    else if (name == "set-cookie") out.headers["set-cookie"] += fmt::format("{}{}", out.headers["set-cookie"].empty() ? "" : ", ", cut(value, '=').first);
  }
  return out;
}

/// An image under way.
class Watch {
 public:
  Watch(Runtime& runtime, Cell cell, host::Machine& machine, const WatchOptions& options) : runtime_(runtime), cell_(std::move(cell)), machine_(machine), options_(options) {}

  Result<Watched> run() {
    prepare();
    TRY(stamp());
    const auto own = own_program(options_.arguments ? *options_.arguments : config().cmd);
    if (own.empty()) watched_.refusal = "it has neither entrypoint nor cmd";
    else TRY(run_main(own));
    for (size_t at = 0; at < options_.alone.size(); ++at) {
      TRY_ASSIGN(const Ended ended, runtime_.run(cell_, program(own_program(options_.alone[at])), Clock::now() + options_.patience, fmt::format("alone-{}", at)));
      watched_.alone.push_back(command_of(options_.alone[at], ended));
    }
    if (options_.loose) TRY(find_written());
    return std::move(watched_);
  }

 private:
  const oci::Config& config() const { return cell_.image->config; }

  void prepare() {
    std::map<std::string, std::string> values;
    for (const std::string& pair : config().env) values[std::string(cut(pair, '=').first)] = std::string(cut(pair, '=').second);
    values.try_emplace("PATH", oci::default_path);
    for (const auto& [name, value] : options_.environment) values[name] = value;
    for (const auto& [name, value] : values) environment_.push_back(fmt::format("{}={}", name, value));
    folder_ = config().working_dir.empty() ? "/" : config().working_dir;
    watched_.writable = {"/run", "/tmp"};
    std::ranges::copy(config().volumes, std::back_inserter(watched_.writable));
  }

  Program program(std::vector<std::string> argv) const { return {std::move(argv), environment_, folder_}; }

  std::vector<std::string> own_program(const std::vector<std::string>& arguments) const {
    std::vector<std::string> argv = config().entrypoint;
    std::ranges::copy(arguments, std::back_inserter(argv));
    return argv;
  }

  static CommandSeen command_of(std::vector<std::string> words, const Ended& ended) {
    return {std::move(words), ended.exit_code, ended.timed_out, ended.output.substr(0, ended.standard), ended.output.substr(std::min(ended.standard, ended.output.size())), ended.refusal};
  }

  /// What is changed from now on is newer than the stamp.
  Done stamp() {
    TRY(machine_.files->write(stamp_path(), "", host::Durability::Cache));
    std::this_thread::sleep_for(between_looks);  // file systems count in steps of some ms
    return {};
  }
  host::Path stamp_path() const { return runtime_.work() / "begun"; }

  Done run_main(const std::vector<std::string>& argv) {
    const host::Path output = runtime_.work() / "main.out";
    std::atomic<bool> over = false;
    Result<Ended> ended = Ended{};
    begun_ = Clock::now();
    // Bounded by what is asked of it, each part of which is: it ends by itself long after.
    const auto most = options_.patience * static_cast<int>(4 + options_.requests.size() + options_.beside.size());
    {
      const std::jthread server([&] {
        ended = runtime_.run(cell_, program(argv), begun_ + most, "main", output);
        over = true;
      });
      const Done looked = look(over, output);
      const bool by_itself = over;
      stop(over);
      TRY(looked);
      ended_early_ = by_itself;
    }
    TRY(ended);
    const auto text = machine_.files->read(output);
    const std::string printed = text ? std::string(trim(*text)) : std::string();
    const auto lines = split(printed, '\n');
    for (const std::string_view line : std::span(lines).subspan(lines.size() > last_lines ? lines.size() - last_lines : 0)) watched_.last_lines += fmt::format("{}{}", watched_.last_lines.empty() ? "" : "\n", line.substr(0, longest_line));
    watched_.refusal = ended->refusal;
    if (ended_early_ && ended->refusal.empty()) {
      watched_.exit_code = ended->exit_code;
      if (!watched_.ready_seconds) watched_.ready_seconds = std::chrono::duration<double>(ended_at_ - begun_).count();
    }
    return {};
  }

  /// Whether it holds before `until`, while the program goes on.
  template <class Holds>
  bool wait(const std::atomic<bool>& over, Clock::time_point until, Holds holds) {
    for (;;) {
      if (over) return ended_at_ = Clock::now(), false;
      if (holds()) return true;
      if (Clock::now() > until) return false;
      std::this_thread::sleep_for(between_looks);
    }
  }

  Done look(const std::atomic<bool>& over, const host::Path& output) {
    const auto patience = begun_ + options_.patience;
    std::optional<int> process;
    if (!wait(over, patience, [&] { return (process = runtime_.process_of("main")).has_value(); })) return {};
    const host::Inside container(*process);
    const auto listens = [&](std::uint16_t port) { return container.answers(port).value_or(false); };
    const auto is_ready = [&] {
      const auto stat = machine_.files->stat(output);
      if (stat && stat->size > longest_log) return false;
      if (!options_.requests.empty()) return std::ranges::all_of(options_.requests, [&](const Request& each) { return listens(each.port); });
      return !container.listening().value_or(std::vector<std::uint16_t>()).empty();
    };
    const bool serves = !options_.requests.empty() || !options_.ports.empty();
    const bool ready = wait(over, serves ? patience : std::min(patience, begun_ + proof_of_life), is_ready);
    if (ready) watched_.ready_seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
    if (over) return {};
    settle(container, over);
    for (const Request& each : options_.requests) watched_.answers.push_back(ask(container, each, over));
    for (const host::InsideProcess& each : container.processes().value_or(std::vector<host::InsideProcess>())) {
      watched_.processes.push_back({each.name, inside(cell_.maps.users, each.uid), inside(cell_.maps.groups, each.gid), each.capabilities != 0});
    }
    std::ranges::sort(watched_.processes);
    watched_.processes.erase(std::ranges::unique(watched_.processes).begin(), watched_.processes.end());
    TRY(ask_health(over));
    for (size_t at = 0; at < options_.beside.size() && !over; ++at) {
      TRY_ASSIGN(const Ended ended, runtime_.run_beside(cell_, program(options_.beside[at]), Clock::now() + options_.patience, "main"));
      watched_.beside.push_back(command_of(options_.beside[at], ended));
    }
    return {};
  }

  /// Until no port is added for a while.
  void settle(const host::Inside& container, const std::atomic<bool>& over) {
    const auto end = Clock::now() + longest_settling;
    auto since = Clock::now();
    wait(over, end, [&] {
      auto now = container.listening().value_or(std::vector<std::uint16_t>());
      if (now != watched_.listening) since = Clock::now();
      watched_.listening = std::move(now);
      return Clock::now() - since > quiet;
    });
  }

  /// An answer that is no fault of the server's, as soon as there is one; and whether it stays the same.
  AnswerSeen ask(const host::Inside& container, const Request& request, const std::atomic<bool>& over) {
    const auto get = [&] { return seen(request, container.get({request.port, request.path, request.tls, {}, std::min(options_.patience, std::chrono::seconds(10))})); };
    AnswerSeen answer = get();
    wait(over, Clock::now() + answers_well, [&] {
      if (answer.silence.empty() && answer.status < 500) return true;
      answer = get();
      return false;
    });
    const AnswerSeen again = get();
    answer.steady = again.status == answer.status && again.body == answer.body;
    return answer;
  }

  Done ask_health(const std::atomic<bool>& over) {
    if (!config().health || config().health->test.size() < 2 || config().health->test.front() == "NONE") return {};
    std::vector<std::string> words(config().health->test.begin() + 1, config().health->test.end());
    if (config().health->test.front() == "CMD-SHELL") words = {"/bin/sh", "-c", join(words, " ")};
    // It may fail while the program starts; so long engines do not count it either.
    for (const auto until = Clock::now() + answers_well; !over;) {
      TRY_ASSIGN(const Ended ended, runtime_.run_beside(cell_, program(words), Clock::now() + options_.patience, "main"));
      watched_.health = command_of(words, ended);
      if (ended.exit_code == 0 || !ended.refusal.empty() || Clock::now() > until) break;
      std::this_thread::sleep_for(quiet);
    }
    return {};
  }

  /// The image's own signal, then a kill.
  void stop(const std::atomic<bool>& over) {
    if (!over) runtime_.signal("main", config().stop_signal.empty() ? "SIGTERM" : config().stop_signal);
    for (const auto until = Clock::now() + time_to_stop; !over && Clock::now() < until;) std::this_thread::sleep_for(between_looks);
    if (!over) runtime_.remove("main");
  }

  Done find_written() {
    host::Command find;
    find.argv = {"find", cell_.root.string(), "-xdev", "-cnewer", stamp_path().string(), "-printf", "%y/%P\\n"};
    find.timeout = options_.patience;
    TRY_ASSIGN(const host::Outcome found, cell_.maps.empty() ? machine_.processes->run(find) : host::run_as_root_inside(cell_.maps, find));
    if (found.exit_code != 0) return cannot(Kind::Unavailable, "find what the image wrote", fmt::format("'find' says: {}", cut(trim(found.err), '\n').first));
    std::set<std::string> written;
    for (const std::string_view line : split(found.out, '\n')) {
      if (line.size() < 3 || written.size() >= most_paths) continue;
      const std::string path(line.substr(1));
      const bool folder = line.front() == 'd', brought = cell_.image->files.contains(path.substr(1));
      const auto covers = [&](std::string_view each) { return lies_in(path, each); };
      // A folder of the image's changes whenever something is made in it, which is told by itself; the runtime makes the places of its mounts.
      if ((folder && brought) || std::ranges::any_of(of_nobody, covers) || (folder && std::ranges::any_of(config().volumes, covers))) continue;
      written.insert(path);
    }
    watched_.written.assign(written.begin(), written.end());
    return {};
  }

  Runtime& runtime_;
  Cell cell_;
  host::Machine& machine_;
  const WatchOptions& options_;
  Watched watched_;
  std::vector<std::string> environment_;
  std::string folder_;
  Clock::time_point begun_, ended_at_;
  bool ended_early_ = false;
};

}  // namespace

std::string Request::str() const { return fmt::format("{}://localhost:{}{}", tls ? "https" : "http", port, path); }

Result<Watched> watch(oci::ImageReader& image, const oci::PlatformImage& which, host::Machine& machine, const WatchOptions& options, Progress& progress) {
  const std::string what = fmt::format("run image '{}'", which.descriptor.digest.str());
  if (which.platform.architecture != own_architecture) return cannot(Kind::NotFound, what, fmt::format("it is for {}, this machine is {}", which.platform.str(), own_architecture));
  if (options.loose && !machine.processes->find("find")) return cannot(Kind::NotFound, what, "this machine has no 'find'");
  TRY_ASSIGN(auto runtime, Runtime::open(machine, options.state));
  inventory::ReadOptions reading;
  reading.keep = [](std::string_view path) { return path == "etc/passwd" || path == "etc/group" || path == "etc/hosts"; };
  TRY_ASSIGN(const inventory::Contents contents, inventory::read_contents(image, which, reading));
  const auto text = [&](const char* path) { return contents.texts.contains(path) ? contents.texts.at(path) : std::string(); };
  Cell cell;
  cell.image = &contents;
  cell.maps = runtime->maps();
  cell.loose = options.loose;
  TRY_ASSIGN(ImageUser user, image_user(which.config.user, text("etc/passwd"), text("etc/group")));
  cell.user = runtime->startable(std::move(user), progress);
  // A loose container writes to its root: it is one of its own, and goes with the work.
  TRY_ASSIGN(cell.root, unpacked_root(machine, runtime->work() / "roots", image, contents, cell.maps));
  if (trim(text("etc/hosts")).empty()) {  // engines bring it
    const host::Path root = runtime->work() / "with-hosts" / "root";
    TRY(extend_root(machine, contents, cell.root, {{"/etc/hosts", "127.0.0.1\tlocalhost ashlar-test\n::1\tlocalhost\n"}}, cell.maps, root));
    cell.root = root;
  }
  auto watched = Watch(*runtime, cell, machine, options).run();
  if (const auto closed = runtime->close(); !closed) progress.note(closed.error().message);
  if (!watched) return cannot(what, std::move(watched).error());
  return watched;
}

}  // namespace ashlar::prove
