#pragma once
// Stand-ins for the machine, for tests: everything in memory, with a record of what was touched. Safe to use from several threads.
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host/machine.h"

namespace ashlar::host {

/// Files in memory. Paths are taken as written (normalised, never resolved); there are no symlinks. Folders come to be with what is in them.
class MemoryFiles final : public Files {
 public:
  Result<std::string> read(const Path& path) override;
  Result<std::unique_ptr<ReadFile>> open(const Path& path) override;
  Done write(const Path& path, std::string_view content, Durability durability) override;
  Result<std::unique_ptr<Draft>> draft(const Path& folder) override;
  Result<std::unique_ptr<Spool>> spool() override;
  Result<FileStat> stat(const Path& path) override;
  Result<Path> canonical(const Path& path) override;
  bool exists(const Path& path) override;
  Result<std::vector<std::string>> list(const Path& folder) override;
  Done make_folders(const Path& folder) override;
  Done remove(const Path& path) override;
  Done remove_tree(const Path& path) override;
  Done link_or_copy(const Path& from, const Path& to) override;
  Done touch(const Path& path) override;
  Result<std::unique_ptr<FileLock>> lock(const Path& path) override;

  /// What was done, in order: `read /a`, `write /b`, `remove /c`, `lock /d`.
  std::vector<std::string> touched() const;
  /// From now on whatever reads or writes `path` fails so.
  void fail_at(const Path& path, Error error);
  /// The time that what is written from now on gets.
  void set_time(Time time);

 private:
  class MemoryDraft;
  class MemoryLock;
  class MemorySpool;
  struct Node {
    std::shared_ptr<const std::string> content;  // shared with those who opened it: they go on reading what they opened
    Time modified;
  };
  Done note(std::string_view verb, const Path& path);  // the planned failure, if there is one; locked by the caller
  Done put(const Path& path, std::string content);     // locked by the caller

  mutable std::mutex mutex_;
  std::condition_variable_any unlocked_;
  std::map<std::string, Node> nodes_;
  std::set<std::string> folders_{"/"}, locks_;
  std::map<std::string, Error> failures_;
  std::vector<std::string> touched_;
  Time now_;
};

/// An answer that a test has prepared.
struct CannedAnswer {
  int status = 200;
  std::map<std::string, std::string> headers;
  std::string body;
  std::optional<std::uint64_t> break_after;  ///< bytes of the body after which the connection breaks: Unavailable
  bool ranges = true;                        ///< answers `resume_from` with 206 and the rest, else with 200 and everything
};

/// Answers by URL; URLs that nobody prepared are the server's that serve_by() named, else 404. Several answers for one URL are given in turn, and the last for ever.
class MemoryHttp final : public Http {
 public:
  /// A server: what it answers to a request, of whose body it has got so much. Called from several threads.
  using Server = std::function<CannedAnswer(const HttpRequest& request, const std::string& body)>;
  void serve_by(Server server);
  /// The next `times` bodies that are longer than `after` break off there: the server sees what came, and the asker gets Unavailable.
  void break_bodies(std::uint64_t after, int times);
  Result<HttpResponse> send(const HttpRequest& request, Sink& sink, const Begin& begin) override;
  void add(const std::string& url, CannedAnswer answer);
  std::vector<HttpRequest> requests() const;
  std::vector<std::string> bodies() const;  ///< what came of the bodies of requests(), in their order
  size_t count(std::string_view url) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<CannedAnswer>, std::less<>> answers_;
  std::map<std::string, size_t> given_;
  std::vector<HttpRequest> requests_;
  std::vector<std::string> bodies_;
  Server server_;
  std::uint64_t break_after_ = 0;
  int breaks_ = 0;
};

/// Programs by argv[0] that answer as a test says; others are not there.
class MemoryProcesses final : public Processes {
 public:
  using Program = std::function<Result<Outcome>(const Command&)>;
  Result<Outcome> run(const Command& command) override;
  std::optional<Path> find(std::string_view program) override;
  void add(const std::string& program, Program answer);
  void add(const std::string& program, Outcome outcome);
  std::vector<Command> commands() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Program, std::less<>> programs_;
  std::vector<Command> commands_;
};

class FixedClock final : public Clock {
 public:
  explicit FixedClock(Time time) : time_(time) {}
  Time now() override { return time_; }
  void set(Time time) { time_ = time; }

 private:
  Time time_;
};

/// A machine in memory, with its parts in reach of the test.
struct MemoryMachine {
  explicit MemoryMachine(Time now = {});
  MemoryMachine(const MemoryMachine&) = delete;
  MemoryMachine& operator=(const MemoryMachine&) = delete;
  Machine machine;
  MemoryFiles& files;
  MemoryHttp& http;
  MemoryProcesses& processes;
  FixedClock& clock;
  std::map<std::string, std::string> environment;  ///< what `machine.environment` tells
};

}  // namespace ashlar::host
