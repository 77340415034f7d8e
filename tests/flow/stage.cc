#include "stage.h"

#include <stdlib.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/digest.h"
#include "base/schema_trial.h"

namespace ashlar::flow {
namespace fs = std::filesystem;

namespace {

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Why an answer is not as its schema in schemas/ says, which is found by what `schema` names. Empty: it is, it has none, or there is nothing here to tell.
std::string misfit_of_schema([[maybe_unused]] const Json& answer) {
  std::string why;
#ifdef ASHLAR_WITH_VALIJSON
  // Schemas by what they are of.
  static const auto schemas = [] {
    std::map<std::string, SchemaTrial> all;
    for (const auto& each : fs::directory_iterator(fs::path(ASHLAR_SOURCE_DIR) / "schemas")) {
      all.try_emplace(Json::parse(read_file(each.path())).value("$id", each.path().string()), each.path().string());
    }
    return all;
  }();
  const auto schema = answer.is_object() ? schemas.find(answer.value("schema", "")) : schemas.end();
  if (schema != schemas.end()) schema->second.takes(SchemaTrial::Value::parse(answer.dump()), &why);
#endif
  return why;
}

std::string cut_to(std::string text, size_t most) {
  if (text.size() > most) text = text.substr(0, most) + "...";
  return text;
}

}  // namespace

Stage::Stage() : machine_(host::real_machine()) {
  std::string name = (fs::temp_directory_path() / "ashlar-flow-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder can be made: " + name);
  folder_ = fs::canonical(name);
  fs::permissions(folder_, fs::perms(0755));
  const char* const path = std::getenv("PATH");
  environment = {{"PATH", std::string(path == nullptr ? "/usr/bin:/bin" : path) + ":/usr/sbin:/sbin"},
                 {"HOME", (folder_ / "home").string()},
                 {"XDG_CACHE_HOME", (folder_ / "home/cache").string()},
                 {"XDG_DATA_HOME", (folder_ / "home/data").string()},
                 {"XDG_CONFIG_HOME", (folder_ / "home/config").string()},
                 {"ASHLAR_DATA_DIR", ASHLAR_SOURCE_DIR}};
  fs::create_directories(folder_ / "home");
}

Stage::~Stage() { (void)machine_.files->remove_tree(folder_); }

Ran Stage::run(Words argv) const {
  argv.insert(argv.begin(), before.begin(), before.end());
  host::Command command;
  command.argv = argv;
  command.environment = environment;
  command.folder = folder_;
  command.timeout = std::chrono::seconds(600);
  command.output_limit = 64 << 20;
  const auto outcome = machine_.processes->run(command);
  Ran ran;
  if (!outcome) {
    ran.told = outcome.error().message;
    return ran;
  }
  ran.code = outcome->exit_code;
  ran.out = outcome->out;
  ran.err = outcome->err;
  ran.told = fmt::format("$ {}\n{}{}exit code {}", fmt::join(argv, " "), cut_to(ran.out, 3000), cut_to(ran.err, 3000), ran.code);
  return ran;
}

Ran Stage::ashlar(Words arguments) const {
  arguments.insert(arguments.begin(), program_under_test());
  return run(std::move(arguments));
}

Json Stage::json(Words arguments, int code) const {
  arguments.insert(arguments.end(), {"--format", "json", "--quiet"});
  const Ran ran = ashlar(std::move(arguments));
  EXPECT_EQ(ran.code, code) << ran.told;
  auto value = parse_json(ran.out, "answer");
  EXPECT_TRUE(value) << ran.told;
  const std::string misfits = value ? misfit_of_schema(*value) : std::string();
  EXPECT_EQ(misfits, "") << ran.told;
  return value ? std::move(*value) : Json();
}

std::string Stage::digest(const std::string& definition, const std::string& to, Words more) const {
  Words arguments = {"build", definition, "-o", to, "--format", "json", "--quiet"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Ran ran = ashlar(std::move(arguments));
  const auto value = parse_json(ran.out, "answer");
  if (ran.code != 0 || !value) return ran.told;
  return value->value("root", ran.told);
}

host::Path Stage::cache() const { return host::Path(environment.at("XDG_CACHE_HOME")) / "ashlar"; }
std::string Stage::read(const host::Path& path) const { return read_file(folder_ / path); }
void Stage::write(const host::Path& path, std::string_view content) const {
  fs::create_directories((folder_ / path).parent_path());
  std::ofstream(folder_ / path, std::ios::binary | std::ios::trunc) << content;
}
bool Stage::exists(const host::Path& path) const { return fs::exists(folder_ / path); }

std::string broken_entries(const host::Path& cache) {
  std::string out;
  if (!fs::exists(cache)) return out;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(cache)) {
    if (!entry.is_regular_file()) continue;
    const fs::path folder = entry.path().parent_path();
    const std::string name = folder.filename().string() + entry.path().filename().string();
    if (folder.parent_path().filename() != "sha256") continue;
    const std::string hex = Digest::of(read_file(entry.path())).hex();
    if (hex != name) out += fmt::format("{} holds other bytes: {}\n", entry.path().string(), hex);
  }
  return out;
}

std::string misfit(const Json& value, const Json& shape, const std::string& place) {
  if (shape.is_null()) return {};
  const bool same = shape.is_number() ? value.is_number() : shape.type() == value.type();
  if (!same) return fmt::format("{} is {}, not {}", place, value.type_name(), shape.type_name());
  if (shape.is_object()) {
    for (const auto& [key, inner] : shape.items()) {
      if (!value.contains(key)) return fmt::format("{} has no '{}'", place, key);
      if (std::string found = misfit(value[key], inner, place + "." + key); !found.empty()) return found;
    }
  }
  if (shape.is_array() && !shape.empty()) {
    if (value.empty()) return fmt::format("{} is empty, so nothing shows its form", place);
    for (size_t at = 0; at < value.size(); ++at) {
      if (std::string found = misfit(value[at], shape[0], fmt::format("{}[{}]", place, at)); !found.empty()) return found;
    }
  }
  return {};
}

std::string program_under_test() {
  const char* const named = std::getenv("ASHLAR_PROGRAM");
  return named == nullptr ? ASHLAR_PROGRAM : named;
}

std::optional<std::string> program(std::string_view name) {
  const auto found = host::machine_processes()->find(name);
  return found ? std::optional<std::string>(found->string()) : std::nullopt;
}

bool is_root() { return ::geteuid() == 0; }

Ran podman_run(Stage& stage, const std::string& ref, const Words& arguments) {
  const std::string root = (stage.folder() / "podman").string();
  fs::create_directories(root + "/runtime");
  stage.environment["XDG_RUNTIME_DIR"] = root + "/runtime";
  Words podman = {"podman", "--root", root + "/root", "--runroot", root + "/run", "--tmpdir", root + "/tmp", "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs",
                  "--events-backend", "none"};
  if (program("runc")) podman.insert(podman.begin() + 1, {"--runtime", "runc"});  // crun does not start under every layout of control groups
  const auto with = [&](const Words& more) {
    Words argv = podman;
    argv.insert(argv.end(), more.begin(), more.end());
    return stage.run(std::move(argv));
  };
  const Ran pulled = with({"pull", "-q", ref});
  if (pulled.code != 0) return pulled;
  Ran ran;
  for (const char* cgroups : {"enabled", "disabled"}) {
    Words run = {"run", "--rm", "--cgroups", cgroups, "--read-only", "--cap-drop", "ALL", "--network", "none", "--security-opt", "no-new-privileges", "--ulimit", "nofile=1024:1024",
                 "--ulimit", "nproc=1024:1024", pulled.out.substr(0, pulled.out.find('\n'))};
    run.insert(run.end(), arguments.begin(), arguments.end());
    ran = with(run);
    if (ran.code == 0) break;
  }
  (void)with({"rmi", "--all", "--force"});
  return ran;
}

bool cannot_contain(const Ran& ran) {
  if (ran.code < 125 || ran.code > 127) return false;
  for (const char* word : {"not permitted", "ermission denied", "namespace", "newuidmap", "cgroup", "crun", "runc"}) {
    if (ran.err.find(word) != std::string::npos && ran.err.find("executable file not found") == std::string::npos) return true;
  }
  return false;
}

std::string shell_word(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace ashlar::flow
