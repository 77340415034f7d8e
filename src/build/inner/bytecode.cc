#include "build/inner/bytecode.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "build/inner/recorded.h"
#include "build/inner/sandbox_root.h"

namespace ashlar::build {
namespace {

/// Reads paths, each with a NUL at its end, and writes the byte code of the Nth to `out/N` and where it belongs into `places`; nothing for a module that
/// is not of this Python. A process for each: what was compiled before leaves no mark on marshal's references.
constexpr std::string_view compiler = R"(import os, sys
from importlib.util import cache_from_source
from py_compile import PycInvalidationMode, compile
stage = sys.argv[1]
with open(stage + '/modules', 'rb') as file:
    modules = [os.fsdecode(name) for name in file.read().split(b'\0')[:-1]]
places = []
for number, module in enumerate(modules):
    child = os.fork()
    if child == 0:
        try:
            compile(module, f'{stage}/out/{number}', doraise=True, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in (0, 1):
        sys.exit(f'compiling {module} ended with status {status}')
    places.append(cache_from_source(module) if status == 0 else '')
with open(stage + '/places', 'wb') as file:
    file.write(b''.join(os.fsencode(place) + b'\0' for place in places))
)";
constexpr std::uint64_t largest_module = std::uint64_t{16} << 20;

/// The words of a record: this, a module, its SHA-256, and where its byte code lies; nothing where it is not of this Python.
constexpr std::string_view compiled = "compiled";

struct Python {
  std::string program, package, version;
};

/// `usr/bin/python3.13`, of the newest Python there is.
std::optional<Python> python_of(const Tree& tree, const std::vector<Part>& parts) {
  constexpr std::string_view prefix = "usr/bin/python3.", owned = "package:";
  std::optional<Python> found;
  for (const auto& [path, node] : tree.nodes()) {
    const bool version = path.starts_with(prefix) && path.size() > prefix.size() && path.find_first_not_of("0123456789", prefix.size()) == std::string::npos;
    if (!version || node.entry.type != FileType::Regular || !node.owner.starts_with(owned)) continue;
    if (found && found->program.size() > path.size()) continue;
    const auto part = std::ranges::find_if(parts, [&](const Part& each) { return each.package->name == std::string_view(node.owner).substr(owned.size()); });
    if (part != parts.end()) found = Python{path, part->package->name, part->package->version};
  }
  return found;
}

struct Module {
  std::string path, sha256;
  std::int64_t mtime = 0;
};

Result<std::vector<Module>> modules_of(const Tree& tree) {
  std::vector<Module> out;
  for (const auto& [path, node] : tree.nodes()) {
    if (node.entry.type != FileType::Regular || node.entry.size > largest_module || !is_module(path)) continue;
    TRY_ASSIGN(const Bytes content, tree.content(node));
    out.push_back({path, Digest::of(content).hex(), node.entry.mtime});
  }
  return out;
}

/// What is recorded of each module.
struct Known {
  std::string sha256, place;             ///< place: empty when the module is not of this Python
  const RecordedChange* file = nullptr;  ///< the byte code
};

std::map<std::string, Known> known_of(const RecordedScript* record) {
  std::map<std::string, Known> out;
  if (record == nullptr) return out;
  std::map<std::string_view, const RecordedChange*> files;
  for (const RecordedChange& each : record->changes) {
    if (!each.removed && each.type == FileType::Regular && each.path.ends_with(".pyc")) files[each.path] = &each;
  }
  for (const Script::Words& words : record->commands) {
    if (words.size() != 4 || words[0] != compiled) continue;
    const auto file = files.find(words[3]);
    if (words[3].empty() || file != files.end()) out[words[1]] = {words[2], words[3], words[3].empty() ? nullptr : file->second};
  }
  return out;
}

std::vector<std::string> read_places(std::string_view text) {
  std::vector<std::string> out;
  for (const std::string_view each : split(text, '\0')) out.emplace_back(each);
  if (!out.empty()) out.pop_back();  // after the last NUL
  return out;
}

/// Compiles `modules` in a sandbox; what the record has of others stays.
Result<RecordedScript> compile(const Tree& tree, const BytecodeRequest& request, const Python& python, const std::vector<Module>& modules, const RecordedScript* before, host::Machine& machine) {
  const std::string what = fmt::format("compile the Python modules of '{}' in a sandbox", request.definition.image);
  const auto add_stage = [&](StageArchive& archive) -> Done {
    std::string names;
    for (const Module& each : modules) names += "/" + each.path + '\0';
    TRY(archive.add_text("stage/modules", names, 0644));
    TRY(archive.add_text("stage/compiler", compiler, 0644));
    return archive.add(TarEntry{.path = "stage/out", .type = FileType::Directory, .mode = 0755}, {});
  };
  const World world(tree, tree.newest());
  TRY_ASSIGN(SandboxRoot root, SandboxRoot::lay_out(world, request.scratch, add_stage, machine, what));
  // Neither the machine's settings nor the image's site packages take part, and Python writes no byte code of its own.
  TRY(root.run({"/" + python.program, "-s", "-S", "-B", fmt::format("{}/compiler", stage_inside), std::string(stage_inside)},
               {{"PATH", "/usr/bin:/bin"}, {"HOME", "/"}, {"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}, {"PYTHONHASHSEED", "0"}, {"SOURCE_DATE_EPOCH", "0"}}));
  TRY_ASSIGN(const std::string text, machine.files->read(root.stage() / "places"));
  const auto places = read_places(text);
  if (places.size() != modules.size()) return cannot(Kind::Corrupt, what, fmt::format("{} places came of {} modules", places.size(), modules.size()));

  RecordedScript record{.package = python.package, .version = python.version, .script = std::string(bytecode_script), .sha256 = compiler_digest()};
  std::map<std::string, RecordedChange> files;
  std::map<std::string, Script::Words> commands;
  for (auto& [path, known] : known_of(before)) {
    commands[path] = {std::string(compiled), path, known.sha256, known.place};
    if (known.file != nullptr) files[known.place] = *known.file;
  }
  for (size_t at = 0; at < modules.size(); ++at) {
    const std::string place = places[at].starts_with('/') ? places[at].substr(1) : places[at];
    commands[modules[at].path] = {std::string(compiled), modules[at].path, modules[at].sha256, place};
    if (place.empty()) continue;
    TRY_ASSIGN(const std::string code, machine.files->read(root.stage() / "out" / std::to_string(at)));
    const BytesView bytes = as_bytes(code);
    files[place] = {.path = place, .removed = false, .type = FileType::Regular, .mode = 0644, .target = {}, .content = {bytes.begin(), bytes.end()}};
  }
  TRY(root.done());
  for (auto& [path, file] : files) record.changes.push_back(std::move(file));
  for (auto& [path, words] : commands) record.commands.push_back(std::move(words));
  return record;
}

/// The modules that the record does not have as they are.
std::vector<Module> missing_of(const std::vector<Module>& modules, const std::map<std::string, Known>& known) {
  std::vector<Module> out;
  for (const Module& each : modules) {
    const auto found = known.find(each.path);
    if (found == known.end() || found->second.sha256 != each.sha256) out.push_back(each);
  }
  return out;
}

Done put_code(Tree& tree, const std::vector<Module>& modules, const std::map<std::string, Known>& known, const Python& python) {
  for (const Module& each : modules) {
    const auto found = known.find(each.path);
    if (found == known.end() || found->second.sha256 != each.sha256 || found->second.file == nullptr) continue;
    TarEntry entry;
    entry.path = found->second.place;
    entry.mode = 0644;
    entry.mtime = each.mtime;
    TRY(tree.put(std::move(entry), found->second.file->content, fmt::format("effect:script:{}.{}", python.package, bytecode_script)));
  }
  return {};
}

}  // namespace

std::string compiler_digest() { return Digest::of(compiler).hex(); }

bool is_module(std::string_view path) {
  constexpr std::string_view outside[] = {"etc/", "usr/bin/", "usr/sbin/", "usr/local/bin/", "usr/local/sbin/", "usr/share/doc/"};
  return path.ends_with(".py") && std::ranges::none_of(outside, [&](std::string_view folder) { return path.starts_with(folder); });
}

Done add_bytecode(Tree& tree, const BytecodeRequest& request, host::Machine& machine, Progress& progress) {
  if (!request.definition.bytecode) return {};
  const std::string what = fmt::format("compile the Python modules of '{}'", request.definition.image);
  const auto refuse = [&](std::string_view cause, std::string hint) { return plan::cannot_at(request.definition, request.definition.bytecode_at, Kind::Invalid, what, cause, std::move(hint)); };
  const auto python = python_of(tree, request.parts);
  if (!python) return refuse("no package of the image brings a Python ('/usr/bin/python3.N')", "name one in contents.packages, or leave 'bytecode' out");
  TRY_ASSIGN(const std::vector<Module> modules, modules_of(tree));
  TRY_ASSIGN(RecordedEffects recorded, RecordedEffects::read(*machine.files, request.recorded));
  const auto find = [&] { return recorded.find(python->package, python->version, bytecode_script, compiler_digest()); };
  const bool here = runs_here(request.architecture);
  std::vector<Module> missing = missing_of(modules, known_of(find()));
  if (!missing.empty() && here && request.run) {
    TRY_ASSIGN(auto record, compile(tree, request, *python, missing, find(), machine));
    recorded.add(std::move(record));
    TRY(recorded.write(*machine.files, request.recorded));
    progress.detail(fmt::format("{} Python modules of '{}' were compiled; their byte code goes into '{}'", missing.size(), request.definition.image, request.recorded.string()));
    missing = missing_of(modules, known_of(find()));
  }
  if (!missing.empty() && (here || missing.size() == modules.size()))
    return refuse(fmt::format("{} of {} modules are not recorded for {} {}, '/{}' first", missing.size(), modules.size(), python->package, python->version, missing.front().path),
                  here ? "compile them in a sandbox with `ashlar build --record-effects`" : fmt::format("build first with `--record-effects` where programs of another of its platforms run; this machine has no {}", request.architecture));
  if (!missing.empty()) progress.detail(fmt::format("{} Python modules that only {} has are not compiled, '/{}' first", missing.size(), request.architecture, missing.front().path));
  return put_code(tree, modules, known_of(find()), *python);
}

}  // namespace ashlar::build
