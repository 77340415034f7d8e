#include "workload/inner/context_files.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::workload {
namespace {

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// `flask` of `flask[async]>=3; python_version < "3.9"`; empty: the line names none.
std::string requirement(std::string_view line) {
  line = trim(line.substr(0, line.find('#')));
  if (line.empty() || line[0] == '-' || line[0] == '.' || line.find("://") != std::string_view::npos) return {};
  return std::string(line.substr(0, line.find_first_of(" <>=!~;[@\t'\"")));
}

constexpr size_t max_files = 100, max_tries = 200, max_requirements = 1 << 16;

std::optional<std::string> look_for(const Migration& work, std::string_view name) {
  const std::string bare(name.starts_with("./") ? name.substr(2) : name);
  if (!bare.starts_with("/")) {
    if (auto text = work.options.context(bare)) return text;
  }
  const std::string_view last = last_part(bare);
  size_t tried = 0;
  for (const Instruction& each : work.file.instructions) {
    if ((each.keyword != "COPY" && each.keyword != "ADD") || std::ranges::any_of(each.flags, [](const Flag& flag) { return flag.name == "from"; })) continue;
    for (size_t at = 0; at + 1 < each.words.size(); ++at) {
      if (++tried > max_tries) return std::nullopt;
      const std::string& from = each.words[at].text;
      const std::string folder = matches_glob(last_part(from), last) ? from.substr(0, from.size() - last_part(from).size()) : from.ends_with('/') ? from : from + "/";
      if (from.find_first_of("$<") != std::string::npos || folder.find("://") != std::string::npos) continue;
      if (auto text = work.options.context(folder + std::string(last))) return text;
    }
  }
  return std::nullopt;
}

class PipReader {
 public:
  PipReader(Migration& work, Requirements& out) : work_(work), out_(out) {}

  void command(const LineCommand& command) {
    const auto& words = command.words;
    size_t at = 0;
    while (at < words.size() && !last_part(words[at].value).starts_with("pip")) ++at;
    while (at < words.size() && words[at].value != "install") ++at;
    if (at >= words.size()) return;
    for (++at; at < words.size(); ++at) {
      const std::string& word = words[at].value;
      const bool joined = word.starts_with("--requirement=") || (word.starts_with("-r") && word.size() > 2);
      if (joined) file(word.substr(word.starts_with("-r") ? 2 : word.find('=') + 1), words[at].plain);
      else if ((word == "-r" || word == "--requirement") && at + 1 < words.size()) ++at, file(words[at].value, words[at].plain);
      else if (const std::string name = requirement(word); !name.empty() && words[at].plain) out_.names.push_back(name);
      else if (!word.starts_with("-")) out_.whole = false;
    }
  }

 private:
  void file(const std::string& name, bool plain) {
    const auto text = plain ? context_file(work_, name) : std::nullopt;
    out_.whole = out_.whole && text && text->size() <= max_requirements;
    if (!text || text->size() > max_requirements) return;
    for (const std::string_view line : Parts(*text, '\n')) {
      if (std::string found = requirement(line); !found.empty()) out_.names.push_back(std::move(found));
      else if (trim(line).starts_with("-r")) out_.whole = false;
    }
  }

  Migration& work_;
  Requirements& out_;
};

}  // namespace

std::optional<std::string> context_file(Migration& work, std::string_view name) {
  if (!work.options.context) return std::nullopt;
  const auto known = work.beside.find(name);
  if (known != work.beside.end()) return known->second;
  if (work.beside.size() >= max_files) return std::nullopt;
  return work.beside.emplace(name, look_for(work, name)).first->second;
}

std::string manager_package(Migration& work, std::string_view tool) {
  const std::string before = fmt::format("{}@", tool);
  const auto version_in = [&](std::string_view text) {
    const size_t at = text.find(before);
    if (at == std::string_view::npos || (at > 0 && std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0)) return std::string();
    const std::string_view rest = text.substr(at + before.size());
    return std::string(rest.substr(0, rest.find_first_not_of("0123456789.")));
  };
  std::string version;
  for (const auto& [number, run] : work.runs) {
    for (const LineCommand& command : run.line.commands) {
      if (command.program() != "corepack") continue;
      for (const LineWord& word : command.words) version = version.empty() ? version_in(word.value) : version;
    }
  }
  const auto json = version.empty() ? context_file(work, "package.json") : std::nullopt;
  const size_t said = json ? json->find("\"packageManager\"") : std::string::npos;
  if (said != std::string::npos) version = version_in(std::string_view(*json).substr(said, 120));
  if (version.empty()) return std::string(tool);
  // Since its second version yarn has another name among npm's packages.
  return tool == "yarn" && !version.starts_with("1.") && version != "1" ? fmt::format("@yarnpkg/cli-dist@{}", version) : before + version;
}

Requirements pip_requirements(Migration& work, size_t stage) {
  Requirements out;
  PipReader reader(work, out);
  for (size_t number = work.file.stages[stage].first; number < work.file.stages[stage].end; ++number) {
    const auto run = work.runs.find(number);
    if (run == work.runs.end() || !run->second.uses_pip) continue;
    for (const LineCommand& each : run->second.line.commands) reader.command(each);
  }
  return out;
}

}  // namespace ashlar::workload
