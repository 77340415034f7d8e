#include "workload/inner/migration.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/variables.h"

namespace ashlar::workload {

const Variables& Place::values() const {
  static const Variables none;
  return known == nullptr ? none : *known;
}

Migration::Migration(std::string_view whole, std::string_view where, const MigrateOptions& how, Dockerfile read) : text(whole), path(where), options(how), file(std::move(read)), lines(whole) {}

void Migration::change(std::string id, const Span& span, std::string what, std::string why, std::string remedy) { out.changes.push_back({std::move(id), span, visible(what), std::move(why), std::move(remedy)}); }
void Migration::breaks(std::string id, const Span& span, std::string what, std::string why, std::string remedy) { out.breaks.push_back({std::move(id), span, visible(what), std::move(why), std::move(remedy)}); }
void Migration::refuse(std::string id, const Span& span, std::string what, std::string why, std::string remedy) { out.refusals.push_back({std::move(id), span, visible(what), std::move(why), std::move(remedy)}); }

void Migration::set_variable(const std::string& name, const std::string& value) {
  const auto sets = [&](const Instruction& each) { return each.keyword == "ENV" && std::ranges::any_of(each.assignments, [&](const Assignment& pair) { return pair.name.text == name; }); };
  for (size_t at = 0; at < stages.size(); ++at) {
    const auto begin = file.instructions.begin() + static_cast<std::ptrdiff_t>(file.stages[at].first), end = file.instructions.begin() + static_cast<std::ptrdiff_t>(file.stages[at].end);
    if (stages[at].final_chain && std::any_of(begin, end, sets)) return;
  }
  if (std::ranges::none_of(environment, [&](const auto& each) { return each.first == name; })) environment.emplace_back(name, value);
}

void Migration::replace(const Traced& part, std::string bytes) {
  if (const auto extent = part.extent()) edits.push_back({extent->first, extent->second, std::move(bytes)});
}

void Migration::remove(size_t begin, size_t end, size_t number, std::string bytes) {
  // Lines of comments within stay, before the instruction.
  for (size_t at = text.find('\n', begin); at != std::string_view::npos && at + 1 < end; at = text.find('\n', at + 1)) {
    const std::string_view line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
    if (trim(line).starts_with('#')) before[number] += std::string(trim(line)) + newline();
  }
  edits.push_back({begin, end, std::move(bytes)});
}

std::string Migration::shown(size_t number) const {
  const Instruction& each = file.instructions[number];
  std::string line(text.substr(each.span.begin, std::min<size_t>(each.span.end - each.span.begin, 160)));
  line = line.substr(0, line.find('\n'));
  return std::string(trim(line));
}

std::string Migration::reference(const HardenedBase& base, const std::string& tag) const { return fmt::format("{}/{}:{}", options.prefix, base.repository, tag); }

std::string Migration::edited(size_t begin, size_t end) const {
  std::vector<Edit> inside;
  for (const Edit& each : edits) {
    if (each.begin >= begin && each.end <= end) inside.push_back(each);
  }
  std::ranges::stable_sort(inside, [](const Edit& a, const Edit& b) { return a.begin < b.begin; });
  std::string whole;
  size_t at = begin;
  for (const Edit& each : inside) {
    if (each.begin < at) continue;  // within one that is gone
    whole += text.substr(at, each.begin - at);
    whole += each.bytes;
    at = each.end;
  }
  return whole += text.substr(at, end - at);
}

size_t Migration::chunk_end(size_t number) const {
  const size_t line = text.find('\n', file.instructions[number].span.end);
  return line == std::string_view::npos ? text.size() : line + 1;
}

size_t Migration::chunk_begin(size_t number) const {
  if (number == 0) return 0;
  return chunk_end(number - 1);
}

namespace {

class Surveyor {
 public:
  explicit Surveyor(Migration& work) : work_(work) {}

  void run() {
    work_.places.resize(work_.file.instructions.size());
    for (size_t at = 0; at < work_.file.instructions.size() && work_.file.instructions[at].keyword != "FROM"; ++at) remember(work_.file.instructions[at], globals_);
    const auto uses = images_of(work_.file, work_.text);
    for (const ImageUse& each : uses) {
      if (each.where == "FROM") bases_.emplace(each.span.begin, &each);
    }
    for (size_t at = 0; at < work_.file.stages.size(); ++at) stage(at);
    if (work_.stages.empty()) return;
    for (int at = static_cast<int>(work_.stages.size()) - 1; at >= 0; at = work_.stages[static_cast<size_t>(at)].parent) work_.stages[static_cast<size_t>(at)].final_chain = true;
    move_home(work_);
    for (size_t at = 0; at < work_.stages.size(); ++at) walk(at);
  }

 private:
  void stage(size_t number) {
    const Stage& read = work_.file.stages[number];
    MigratedStage view;
    view.root = static_cast<int>(number);
    const auto extent = read.base.extent();
    const auto use = extent ? bases_.find(extent->first) : bases_.end();
    const ImageUse* image = use == bases_.end() ? nullptr : use->second;
    if (image == nullptr) {
      const Substituted value = settled(read.base);
      view.parent = stage_of(work_.file, value.text.text, number);
      if (view.parent >= 0) {
        const int parent = view.parent;
        view = work_.stages[static_cast<size_t>(parent)];
        view.parent = parent;
        view.final_chain = false;
      } else {
        view.scratch = value.text.text == "scratch";
        view.image = value.text.text;
      }
    } else if (!image->image) {
      view.image = image->unknown.empty() ? image->text.text : image->written;
      view.stays = true;
    } else {
      view.image = image->image->str();
      view.name = *image->image;
      view.hardened = view.name.name.starts_with(work_.options.prefix + "/");
      if (!view.hardened) view.match = work_.options.bases->match(view.name);
      if (!view.hardened && !view.match.known) view.match = replaced(view.name);
      view.base = view.match.base;
      view.stays = view.match.build_only || view.base == nullptr;
    }
    work_.stages.push_back(std::move(view));
  }

  /// Of an image that only the table of replacements knows.
  BaseMatch replaced(const ImageName& name) const {
    BaseMatch out;
    const auto advice = work_.options.replacements == nullptr ? std::nullopt : work_.options.replacements->find(name);
    if (!advice) return out;
    out.known = true;
    out.alpine = name.tag.find("alpine") != std::string::npos || name.name.ends_with("alpine");
    for (const HardenedBase& each : work_.options.bases->all()) {
      if (!advice->found() || each.repository != advice->image) continue;
      if (out.base == nullptr || each.runtime == advice->tag) out.base = &each;
    }
    out.version = advice->version;
    out.same_version = out.base == nullptr || advice->version.empty() || out.base->version.starts_with(advice->version) || advice->version.starts_with(out.base->version);
    if (out.base == nullptr) out.why = advice->entry != nullptr && !advice->entry->instead.empty() ? advice->entry->instead : join(advice->differs, "; ");
    return out;
  }

  Substituted settled(const Traced& text) {
    held_.clear();
    return substitute(text, Dialect::Dockerfile, work_.file.escape, [&](const std::string& name) -> const Traced* {
      const auto found = globals_.find(name);
      if (found == globals_.end()) return nullptr;
      Traced value;
      value.add_loose(found->second);
      return &held_.insert_or_assign(name, std::move(value)).first->second;
    });
  }

  void remember(const Instruction& each, Variables& into) {
    for (const Assignment& pair : each.assignments) {
      if (!pair.has_value) {
        const auto global = globals_.find(pair.name.text);
        if (global != globals_.end()) into[pair.name.text] = global->second;
        continue;
      }
      std::map<std::string, Traced> held;
      const Substituted value = substitute(pair.value, Dialect::Dockerfile, work_.file.escape, [&](const std::string& name) -> const Traced* {
        const auto found = into.find(name);
        if (found == into.end()) return nullptr;
        Traced text;
        text.add_loose(found->second);
        return &held.insert_or_assign(name, std::move(text)).first->second;
      });
      if (value.good && value.unknown.empty() && value.text.size() <= max_value) into[pair.name.text] = value.text.text;
      else into.erase(pair.name.text);
    }
  }

  /// Where each instruction of a stage runs, and with which variables.
  void walk(size_t number) {
    const Stage& read = work_.file.stages[number];
    const int parent = work_.stages[number].parent;
    End place;
    bool changed = true;
    if (parent >= 0) place = ends_[static_cast<size_t>(parent)];
    for (size_t at = read.first + 1; at < read.end; ++at) {
      const Instruction& each = work_.file.instructions[at];
      // Values are kept where somebody asks for them alone: files may have many variables.
      const bool asks = each.keyword == "RUN" || each.keyword == "COPY" || each.keyword == "ADD" || each.keyword == "CMD" || each.keyword == "ENTRYPOINT" || each.keyword == "HEALTHCHECK" || each.keyword == "WORKDIR" || each.keyword == "VOLUME" || each.keyword == "EXPOSE" || each.keyword == "USER";
      work_.places[at].folder = place.folder;
      if (asks && place.values.size() <= max_variables && work_.snapshots.size() < max_snapshots) {
        if (std::exchange(changed, false)) work_.snapshots.push_back(place.values);
        work_.places[at].known = &work_.snapshots.back();
      }
      if (each.keyword == "ENV" || each.keyword == "ARG") remember(each, place.values), changed = true;
      if (each.keyword == "WORKDIR" && !each.words.empty()) place.folder = absolute(expanded(each.words[0].text, place.values), place.folder);
      if (each.keyword == "RUN") work_.runs.emplace(at, read_run(each, place.folder, place.values));
    }
    ends_.push_back(std::move(place));
  }

  static std::string expanded(const std::string& text, const Variables& values) {
    const ExecForm form = exec_form("x " + text, values);
    return form.words.size() == 2 ? form.words[1] : text;
  }

  struct End {
    std::string folder = "/";
    Variables values;
  };
  static constexpr size_t max_variables = 200, max_snapshots = 500, max_value = 4096;
  Migration& work_;
  Variables globals_;
  std::map<std::string, Traced> held_;
  std::map<size_t, const ImageUse*> bases_;
  std::vector<End> ends_;
};

}  // namespace

void survey(Migration& work) { Surveyor(work).run(); }

}  // namespace ashlar::workload
