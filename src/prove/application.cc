#include "prove/application.h"

#include <algorithm>
#include <array>
#include <deque>
#include <set>

#include "base/text.h"
#include "inventory/inventory.h"
#include "prove/inner/certificates.h"
#include "prove/inner/front_watcher.h"
#include "prove/inner/links.h"
#include "prove/inner/locales.h"
#include "prove/inner/seen.h"

namespace ashlar::prove {
namespace {

constexpr std::array<std::string_view, 2> named = {"etc/timezone", "usr/lib/locale/locale-archive"};
constexpr std::array<std::string_view, 9> shells = {"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "busybox"};
constexpr std::array<std::string_view, 8> languages = {"python", "node", "perl", "ruby", "php", "lua", "java", "tclsh"};
constexpr std::array<std::string_view, 4> always_there = {"tmp", "dev", "proc", "sys"};

bool below(std::string_view path, std::string_view folder) { return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/'); }

/// `python3.13` for `python`.
bool is_version_of(std::string_view name, std::string_view language) { return name.starts_with(language) && name.substr(language.size()).find_first_not_of("0123456789.") == std::string_view::npos; }

/// Two who see the same.
class Pair final : public inventory::Onlooker {
 public:
  void begin(const TarEntry& entry, inventory::Place place) override { links.begin(entry, place), fronts.begin(entry, place); }
  void more(BytesView bytes) override { links.more(bytes), fronts.more(bytes); }
  void end() override { links.end(), fronts.end(); }
  LinkWatcher links;
  FrontWatcher fronts;
};

/// The programs that a shell's text starts at the beginning of its commands, as words.
std::vector<std::string> first_words(std::string_view text) {
  std::vector<std::string> out;
  bool first = true;
  std::string word;
  const auto ends = [&](bool command) {
    const bool setting = word.find('=') != std::string::npos;
    if (first && !word.empty() && word != "exec" && !setting) out.push_back(word), first = false;
    word.clear();
    if (command) first = true;
  };
  for (const char c : text) {
    if (c == ';' || c == '&' || c == '|' || c == '\n' || c == '(' || c == ')') ends(true);
    else if (c == ' ' || c == '\t') ends(false);
    else word += c;
  }
  ends(true);
  return out;
}

class Reading {
 public:
  Reading(const Surface::Seen& seen, const std::map<inventory::Place, std::string>& fronts, const std::vector<inventory::Component>& components) : seen_(seen), fronts_(fronts) {
    for (const inventory::Component& each : components) {
      if (each.type != "apk" && each.type != "rpm") continue;
      for (const std::string& path : each.files) listed_.emplace(path, each.name);
    }
  }

  Application run() {
    find_starts();
    for (const auto& [path, file] : seen_.contents.files) {
      if (!file.content) continue;
      const std::string package = package_of(path);
      if (!package.empty() && !started_.contains(path)) continue;
      add_program(path, file, package);
      add_script(path, file, package);
      add_certificate(path, file, package);
    }
    add_interpreters();
    add_places();
    add_zone_and_locales();
    for (const auto& each : seen_.contents.packages) out_.packages.emplace_back(each.name, each.version);
    out_.distribution = distribution_of(seen_.root);
    out_.passwd = seen_.text("etc/passwd");
    out_.group = seen_.text("etc/group");
    return std::move(out_);
  }

 private:
  const oci::Config& config() const { return seen_.contents.config; }

  /// Who brought a file, by the lists of its distribution's packages.
  std::string package_of(const std::string& path) const {
    const std::string_view owner = seen_.owner(path);
    if (owner.starts_with("package:")) return std::string(owner.substr(8));
    const auto found = listed_.find(path);
    return found == listed_.end() ? std::string() : found->second;
  }

  const std::string* front_of(const inventory::File& file) const {
    const auto found = fronts_.find(file.bytes);
    return found == fronts_.end() ? nullptr : &found->second;
  }

  /// The file that a word starts, as runtimes look for it.
  std::optional<std::string> program_at(const std::string& word) const {
    for (const std::string& place : oci::program_places(config(), word)) {
      const auto real = seen_.root.resolve(place);
      const auto* const file = real ? seen_.root.file(place) : nullptr;
      if (file != nullptr && file->content && (file->entry.mode & 0111) != 0) return real;
    }
    return std::nullopt;
  }

  void find_starts() {
    const auto start_words = [&](const std::vector<std::string>& words) {
      // What runs others (`tini -- x`, `sh -c "x"`) names them behind itself.
      for (size_t at = 0; at < words.size(); ++at) {
        const bool text = at > 0 && words[at - 1].starts_with('-') && words[at - 1].ends_with('c');
        if (text) start_all(first_words(words[at]));
        else if (at == 0 || words[at].find('/') != std::string::npos || words[at - 1] == "--") start(words[at]);
      }
    };
    start_words(config().entrypoint);
    start_words(config().cmd);
    if (config().health && config().health->test.size() > 1) {
      const std::vector<std::string> words(config().health->test.begin() + 1, config().health->test.end());
      if (config().health->test.front() == "CMD-SHELL") start("/bin/sh"), start_all(first_words(join(words, " ")));
      else start_words(words);
    }
    for (; !open_.empty(); open_.pop_front()) follow(open_.front());
  }

  void start_all(const std::vector<std::string>& words) {
    for (const std::string& word : words) start(word);
  }
  void start(const std::string& word) {
    const auto path = word.empty() ? std::nullopt : program_at(word);
    if (path && started_.insert(*path).second) open_.push_back(*path);
  }

  /// What a script starts: its interpreter, and what it hands over to.
  void follow(const std::string& path) {
    const auto file = seen_.contents.files.find(path);
    const std::string* const text = file == seen_.contents.files.end() ? nullptr : front_of(file->second);
    if (text == nullptr || !text->starts_with("#!")) return;
    const auto line = words(std::string_view(*text).substr(2, text->find('\n') - 2));
    if (!line.empty()) start(std::string(line.front()));
    start(interpreter_of(*text));
    for (const std::string_view each : split(*text, '\n')) {
      if (trim(each).starts_with("exec ")) start_all(first_words(trim(each)));
    }
  }

  /// Of `#!/usr/bin/env -S python3 -u`, `python3`.
  static std::string interpreter_of(std::string_view text) {
    const auto line = words(text.substr(2, text.find('\n') - 2));
    if (line.empty()) return {};
    if (line.front() != "env" && !line.front().ends_with("/env")) return std::string(line.front());
    const auto found = std::ranges::find_if(line.begin() + 1, line.end(), [](std::string_view word) { return !word.starts_with('-') && word.find('=') == std::string_view::npos; });
    return found == line.end() ? std::string() : std::string(*found);
  }

  void add_program(const std::string& path, const inventory::File& file, const std::string& package) {
    const FileFacts* const facts = seen_.scene.facts_of(file);
    if (facts == nullptr || facts->elf == nullptr) return;
    const Elf& elf = *facts->elf;
    Application::Program made{"/" + path, elf.interpreter, libc_of(elf), elf.needed, {}, package, file.entry.xattrs.contains("security.capability")};
    std::ranges::sort(made.needs);
    std::set<std::string> taken;
    std::vector<std::string> notes;
    made.unresolved = elf.program() ? seen_.loader->missing_for_program({path, &elf}, taken) : seen_.loader->missing_for_library({path, &elf}, {}, notes);
    std::ranges::sort(made.unresolved);
    made.unresolved.erase(std::ranges::unique(made.unresolved).begin(), made.unresolved.end());
    out_.programs.push_back(std::move(made));
  }

  static Application::Libc libc_of(const Elf& elf) {
    const auto needs = [&](std::string_view begins) { return std::ranges::any_of(elf.needed, [&](const std::string& each) { return each.starts_with(begins); }); };
    if (elf.interpreter.find("ld-musl") != std::string::npos || needs("libc.musl") || needs("ld-musl")) return Application::Libc::Musl;
    return !elf.interpreter.empty() || needs("libc.so.6") ? Application::Libc::Glibc : Application::Libc::None;
  }

  void add_script(const std::string& path, const inventory::File& file, const std::string& package) {
    const std::string* const text = front_of(file);
    if (text == nullptr || !text->starts_with("#!")) return;
    out_.scripts.push_back({"/" + path, interpreter_of(*text), *text, package});
  }

  /// A bundle that tools of the distribution put together is its own work, whoever ran them.
  void add_certificate(const std::string& path, const inventory::File& file, const std::string& package) {
    const std::string* const text = front_of(file);
    const bool generated = path.starts_with("etc/ssl/certs/") || path.starts_with("etc/pki/ca-trust/extracted/") || path.starts_with("etc/pki/tls/");
    if (text == nullptr || !package.empty() || generated || text->starts_with("#!") || certificates_in(*text).empty()) return;
    out_.certificates.push_back("/" + path);
  }

  void add_interpreters() {
    std::set<std::string> found;
    const std::string search = oci::variable(config(), "PATH").value_or(std::string(oci::default_path));
    for (const std::string_view folder : split(search, ':')) {
      const auto real = seen_.root.resolve(folder);
      if (!real || real->empty()) continue;
      const std::string inside = *real + "/";
      for (auto at = seen_.contents.files.lower_bound(inside); at != seen_.contents.files.end() && at->first.starts_with(inside); ++at) {
        const std::string_view name = std::string_view(at->first).substr(inside.size());
        const bool known = std::ranges::find(shells, name) != shells.end() || std::ranges::any_of(languages, [&](std::string_view each) { return is_version_of(name, each); });
        const auto leads = known ? seen_.root.resolve(at->first) : std::nullopt;
        const auto* const file = leads ? seen_.root.file(at->first) : nullptr;
        if (file != nullptr && file->content && (file->entry.mode & 0111) != 0) found.insert("/" + *leads);
      }
    }
    out_.interpreters.assign(found.begin(), found.end());
  }

  void add_places() {
    const Rights rights = seen_.rights();
    out_.user = rights.who();
    const bool root = rights.who() && rights.who()->uid == 0;
    std::string_view last;
    for (const auto& [path, file] : seen_.contents.files) {
      if (file.entry.type != FileType::Directory) continue;
      if (std::ranges::any_of(always_there, [&](std::string_view each) { return below(path, each); }) || (!last.empty() && below(path, last))) continue;
      const bool writes = root ? file.entry.uid != 0 || (file.entry.mode & 02) != 0 : rights.may(file.entry, Rights::write | Rights::execute);
      if (!writes) continue;
      out_.writable.push_back("/" + path);
      last = path;
    }
  }

  void add_zone_and_locales() {
    if (const auto leads = seen_.root.resolve("etc/localtime")) {
      const size_t at = leads->find("zoneinfo/");
      if (at != std::string::npos) out_.time_zone = leads->substr(at + 9);
    }
    const auto text = [&](std::string_view path) {
      const auto* const file = seen_.root.file(path);
      const std::string* const front = file == nullptr ? nullptr : front_of(*file);
      return front == nullptr ? std::string() : *front;
    };
    if (out_.time_zone.empty()) out_.time_zone = trim(text(named[0]));
    if (out_.time_zone == "Etc/UTC" || out_.time_zone == "UTC" || out_.time_zone == "Etc/UCT") out_.time_zone.clear();
    std::set<std::string> locales;
    for (std::string& each : locales_in_archive(text(named[1]))) locales.insert(std::move(each));
    const std::string folder = "usr/lib/locale/";
    for (auto at = seen_.contents.files.lower_bound(folder); at != seen_.contents.files.end() && at->first.starts_with(folder); ++at) {
      const std::string name = at->first.substr(folder.size());
      if (at->second.entry.type == FileType::Directory && name.find('/') == std::string::npos) locales.insert(name);
    }
    for (const char* each : {"C.utf8", "C.UTF-8", "C"}) locales.erase(each);
    out_.locales.assign(locales.begin(), locales.end());
  }

  const Surface::Seen& seen_;
  const std::map<inventory::Place, std::string>& fronts_;
  std::map<std::string, std::string> listed_;  // package by path, of distributions whose databases list files
  std::set<std::string> started_;
  std::deque<std::string> open_;               // of those what was not followed yet
  Application out_;
};

}  // namespace

void FrontWatcher::begin(const TarEntry& entry, inventory::Place place) {
  place_ = place;
  held_.clear();
  judged_ = std::ranges::find(named, entry.path) != named.end();
  wanted_ = all_ < most_in_all;
}

void FrontWatcher::more(BytesView bytes) {
  if (!wanted_ || held_.size() >= most) return;
  held_ += as_text(bytes.first(std::min(bytes.size(), most - held_.size())));
  constexpr std::string_view script = "#!", certificate = "-----BEGIN ";
  if (judged_ || held_.size() < certificate.size()) return;
  judged_ = true;
  wanted_ = held_.starts_with(script) || held_.starts_with(certificate);
}

void FrontWatcher::end() {
  if (!wanted_ || held_.empty() || !(judged_ || held_.starts_with("#!"))) return;
  all_ += held_.size();
  fronts.emplace(place_, std::move(held_));
  held_ = {};
}

Result<Application> read_application(inventory::Target& target) {
  std::vector<std::unique_ptr<Pair>> pairs;
  inventory::ReadOptions options;
  options.onlooker = [&](size_t) { return pairs.emplace_back(std::make_unique<Pair>()).get(); };
  options.keep = is_wanted;
  options.md5 = true;
  options.damaged_databases = true;
  Surface::Seen seen;
  TRY_ASSIGN(auto read, inventory::read_inventory(target, options));
  seen.contents = std::move(read.contents);
  std::map<inventory::Place, std::string> fronts;
  for (const auto& pair : pairs) {
    seen.facts.merge(pair->links.facts);
    fronts.merge(pair->fronts.fronts);
  }
  seen.settle();
  return Reading(seen, fronts, read.found.components).run();
}

}  // namespace ashlar::prove
