#include "host/memory.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace ashlar::host {
namespace {

/// Absolute and without `.`, `..` and slashes at the end, by the text alone.
std::string normal(const Path& path) {
  std::string text = (Path("/") / path).lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

std::string parent_of(const std::string& path) { return Path(path).parent_path().string(); }

bool is_inside(std::string_view path, std::string_view folder) {
  return folder == "/" || (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

class MemoryReadFile final : public ReadFile {
 public:
  explicit MemoryReadFile(std::shared_ptr<const std::string> content) : content_(std::move(content)) {}
  std::uint64_t size() const override { return content_->size(); }
  Result<size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    if (offset >= content_->size() || out.empty()) return size_t{0};
    const size_t count = std::min<size_t>(out.size(), content_->size() - offset);
    std::memcpy(out.data(), content_->data() + offset, count);
    return count;
  }

 private:
  std::shared_ptr<const std::string> content_;
};

}  // namespace

class MemoryFiles::MemoryDraft final : public Draft {
 public:
  explicit MemoryDraft(MemoryFiles& files) : files_(files) {}
  Done write(BytesView bytes) override {
    content_.append(as_text(bytes));
    return {};
  }
  Done commit(const Path& target, Durability) override {
    const std::lock_guard hold(files_.mutex_);
    TRY(files_.note("write", target));
    return files_.put(target, std::move(content_));
  }

 private:
  MemoryFiles& files_;
  std::string content_;
};

class MemoryFiles::MemorySpool final : public Spool {
 public:
  Done write(BytesView bytes) override {
    content_.append(as_text(bytes));
    return {};
  }
  Result<std::unique_ptr<ReadFile>> finish() override { return std::make_unique<MemoryReadFile>(std::make_shared<const std::string>(std::move(content_))); }

 private:
  std::string content_;
};

class MemoryFiles::MemoryLock final : public FileLock {
 public:
  MemoryLock(MemoryFiles& files, std::string path) : files_(files), path_(std::move(path)) {}
  ~MemoryLock() override {
    const std::lock_guard hold(files_.mutex_);
    files_.locks_.erase(path_);
    files_.unlocked_.notify_all();
  }

 private:
  MemoryFiles& files_;
  std::string path_;
};

Done MemoryFiles::note(std::string_view verb, const Path& path) {
  touched_.push_back(fmt::format("{} {}", verb, normal(path)));
  const auto planned = failures_.find(normal(path));
  if (planned != failures_.end()) return std::unexpected(planned->second);
  return {};
}

Done MemoryFiles::put(const Path& path, std::string content) {
  const std::string name = normal(path);
  if (folders_.contains(name)) return cannot(Kind::Conflict, fmt::format("write file '{}'", path.string()), "is a directory");
  for (std::string folder = parent_of(name); folders_.insert(folder).second; folder = parent_of(folder)) {}
  nodes_[name] = {std::make_shared<const std::string>(std::move(content)), now_};
  return {};
}

Result<std::string> MemoryFiles::read(const Path& path) {
  const std::lock_guard hold(mutex_);
  TRY(note("read", path));
  const auto found = nodes_.find(normal(path));
  if (found == nodes_.end()) return cannot(Kind::NotFound, fmt::format("open file '{}'", path.string()), "no such file or directory");
  return *found->second.content;
}

Result<std::unique_ptr<ReadFile>> MemoryFiles::open(const Path& path) {
  const std::lock_guard hold(mutex_);
  TRY(note("read", path));
  const auto found = nodes_.find(normal(path));
  if (found == nodes_.end()) return cannot(Kind::NotFound, fmt::format("open file '{}'", path.string()), "no such file or directory");
  return std::make_unique<MemoryReadFile>(found->second.content);
}

Done MemoryFiles::write(const Path& path, std::string_view content, Durability) {
  const std::lock_guard hold(mutex_);
  TRY(note("write", path));
  return put(path, std::string(content));
}

Result<std::unique_ptr<Spool>> MemoryFiles::spool() {
  const std::lock_guard hold(mutex_);
  TRY(note("spool", "/tmp"));
  return std::make_unique<MemorySpool>();
}

Result<std::unique_ptr<Draft>> MemoryFiles::draft(const Path& folder) {
  TRY(make_folders(folder));
  const std::lock_guard hold(mutex_);
  if (const auto planned = failures_.find(normal(folder)); planned != failures_.end()) return std::unexpected(planned->second);
  return std::make_unique<MemoryDraft>(*this);
}

Result<FileStat> MemoryFiles::stat(const Path& path) {
  const std::lock_guard hold(mutex_);
  const std::string name = normal(path);
  if (folders_.contains(name)) return FileStat{NodeType::Directory, 0, 0755, now_};
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) return cannot(Kind::NotFound, fmt::format("look at '{}'", path.string()), "no such file or directory");
  return FileStat{NodeType::Regular, found->second.content->size(), 0644, found->second.modified};
}

Result<Path> MemoryFiles::canonical(const Path& path) {
  TRY(stat(path));
  return Path(normal(path));
}

bool MemoryFiles::exists(const Path& path) { return stat(path).has_value(); }

Result<std::vector<std::string>> MemoryFiles::list(const Path& folder) {
  const std::lock_guard hold(mutex_);
  TRY(note("list", folder));
  const std::string name = normal(folder);
  if (!folders_.contains(name)) return cannot(Kind::NotFound, fmt::format("list folder '{}'", folder.string()), "no such file or directory");
  std::set<std::string> names;
  const auto add = [&](const std::string& each) {
    if (each != "/" && parent_of(each) == name) names.insert(Path(each).filename().string());
  };
  for (const auto& [each, node] : nodes_) add(each);
  for (const std::string& each : folders_) add(each);
  return std::vector<std::string>(names.begin(), names.end());
}

Done MemoryFiles::make_folders(const Path& folder) {
  const std::lock_guard hold(mutex_);
  for (std::string name = normal(folder);; name = parent_of(name)) {
    if (nodes_.contains(name)) return cannot(Kind::Conflict, fmt::format("make folder '{}'", folder.string()), "a file of that name is there");
    if (!folders_.insert(name).second) return {};
  }
}

Done MemoryFiles::remove(const Path& path) {
  const std::lock_guard hold(mutex_);
  TRY(note("remove", path));
  nodes_.erase(normal(path));
  return {};
}

Done MemoryFiles::remove_tree(const Path& path) {
  const std::lock_guard hold(mutex_);
  TRY(note("remove", path));
  const std::string name = normal(path);
  std::erase_if(nodes_, [&](const auto& each) { return each.first == name || is_inside(each.first, name); });
  std::erase_if(folders_, [&](const std::string& each) { return each != "/" && (each == name || is_inside(each, name)); });
  return {};
}

Done MemoryFiles::link_or_copy(const Path& from, const Path& to) {
  TRY_ASSIGN(std::string content, read(from));
  return write(to, content, Durability::Disk);
}

Done MemoryFiles::touch(const Path& path) {
  const std::lock_guard hold(mutex_);
  TRY(note("touch", path));
  const auto found = nodes_.find(normal(path));
  if (found == nodes_.end()) return cannot(Kind::NotFound, fmt::format("touch file '{}'", path.string()), "no such file or directory");
  found->second.modified = now_;
  return {};
}

Result<std::unique_ptr<FileLock>> MemoryFiles::lock(const Path& path) {
  std::unique_lock hold(mutex_);
  TRY(note("lock", path));
  const std::string name = normal(path);
  unlocked_.wait(hold, [&] { return !locks_.contains(name); });
  locks_.insert(name);
  if (!nodes_.contains(name)) TRY(put(path, {}));
  return std::make_unique<MemoryLock>(*this, name);
}

std::vector<std::string> MemoryFiles::touched() const {
  const std::lock_guard hold(mutex_);
  return touched_;
}

void MemoryFiles::fail_at(const Path& path, Error error) {
  const std::lock_guard hold(mutex_);
  failures_[normal(path)] = std::move(error);
}

void MemoryFiles::set_time(Time time) {
  const std::lock_guard hold(mutex_);
  now_ = time;
}

Result<HttpResponse> MemoryHttp::send(const HttpRequest& request, Sink& sink, const Begin& begin) {
  std::string carried;
  if (request.body.open) {
    TRY_ASSIGN(const auto source, request.body.open());
    TRY_ASSIGN(const Bytes bytes, read_all(*source, request.body.size));
    carried = as_text(bytes);
  }
  CannedAnswer answer{404, {}, {}, {}, true};
  Server server;
  bool broken = false;
  {
    const std::lock_guard hold(mutex_);
    broken = breaks_ > 0 && carried.size() > break_after_;
    if (broken) --breaks_, carried.resize(break_after_);
    requests_.push_back(request);
    bodies_.push_back(carried);
    if (const auto found = answers_.find(request.url); found != answers_.end()) {
      size_t& given = given_[request.url];
      answer = found->second[std::min(given++, found->second.size() - 1)];
    } else {
      server = server_;
    }
  }
  if (server) answer = server(request, carried);
  if (broken) return cannot(Kind::Unavailable, fmt::format("send to '{}'", request.url), "the connection broke");
  HttpResponse response{answer.status, answer.headers, 0, {}};
  if (answer.status / 100 != 2) {
    response.page = answer.body.substr(0, 4096);
    return response;
  }
  if (request.method == "HEAD") answer.body.clear();
  std::string_view body = answer.body;
  if (request.resume_from > 0 && answer.ranges) {
    response.status = request.resume_from < body.size() ? 206 : 416;
    if (response.status == 416) return response;
    body.remove_prefix(request.resume_from);
  }
  if (begin) TRY(begin(response));
  const size_t whole = body.size();
  if (answer.break_after) body = body.substr(0, *answer.break_after);
  const std::uint64_t before = response.status == 206 ? request.resume_from : 0;
  if (before + body.size() > request.limit) return cannot(Kind::Corrupt, fmt::format("fetch '{}'", request.url), fmt::format("it is larger than {} bytes", request.limit));
  if (!body.empty()) TRY(sink.write(as_bytes(body)));
  response.received = body.size();
  if (body.size() != whole) return cannot(Kind::Unavailable, fmt::format("fetch '{}'", request.url), "the connection broke");
  return response;
}

void MemoryHttp::add(const std::string& url, CannedAnswer answer) {
  const std::lock_guard hold(mutex_);
  answers_[url].push_back(std::move(answer));
}

std::vector<HttpRequest> MemoryHttp::requests() const {
  const std::lock_guard hold(mutex_);
  return requests_;
}

std::vector<std::string> MemoryHttp::bodies() const {
  const std::lock_guard hold(mutex_);
  return bodies_;
}

void MemoryHttp::serve_by(Server server) {
  const std::lock_guard hold(mutex_);
  server_ = std::move(server);
}

void MemoryHttp::break_bodies(std::uint64_t after, int times) {
  const std::lock_guard hold(mutex_);
  break_after_ = after, breaks_ = times;
}

size_t MemoryHttp::count(std::string_view url) const {
  const std::lock_guard hold(mutex_);
  return static_cast<size_t>(std::count_if(requests_.begin(), requests_.end(), [&](const HttpRequest& each) { return each.url == url; }));
}

Result<Outcome> MemoryProcesses::run(const Command& command) {
  if (command.argv.empty()) return cannot(Kind::Invalid, "run a program", "none is named");
  Program program;
  {
    const std::lock_guard hold(mutex_);
    commands_.push_back(command);
    const auto found = programs_.find(command.argv[0]);
    if (found == programs_.end()) return cannot(Kind::NotFound, fmt::format("run '{}'", command.argv[0]), "there is no such program");
    program = found->second;
  }
  return program(command);
}

std::optional<Path> MemoryProcesses::find(std::string_view program) {
  const std::lock_guard hold(mutex_);
  if (!programs_.contains(program)) return std::nullopt;
  return program.find('/') == std::string_view::npos ? Path("/usr/bin") / program : Path(program);
}

void MemoryProcesses::add(const std::string& program, Program answer) {
  const std::lock_guard hold(mutex_);
  programs_[program] = std::move(answer);
}

void MemoryProcesses::add(const std::string& program, Outcome outcome) {
  add(program, [outcome = std::move(outcome)](const Command&) -> Result<Outcome> { return outcome; });
}

std::vector<Command> MemoryProcesses::commands() const {
  const std::lock_guard hold(mutex_);
  return commands_;
}

namespace {

Machine machine_in_memory(Time now) {
  Machine machine;
  machine.files = std::make_unique<MemoryFiles>();
  machine.processes = std::make_unique<MemoryProcesses>();
  machine.http = std::make_unique<MemoryHttp>();
  machine.clock = std::make_unique<FixedClock>(now);
  return machine;
}

}  // namespace

MemoryMachine::MemoryMachine(Time now)
    : machine(machine_in_memory(now)),
      files(static_cast<MemoryFiles&>(*machine.files)),
      http(static_cast<MemoryHttp&>(*machine.http)),
      processes(static_cast<MemoryProcesses&>(*machine.processes)),
      clock(static_cast<FixedClock&>(*machine.clock)) {
  files.set_time(now);
  machine.environment = [this](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
}

}  // namespace ashlar::host
