// Two runs, held against each other: what whoever uses the image would notice.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "prove/inner/changes.h"
#include "prove/watched.h"

namespace ashlar::prove {
namespace {

constexpr size_t most_evidence = 12;
constexpr double slower = 0.5, slower_least = 0.1;  // a share of the start, and seconds

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  for (const std::string_view line : split(trim(text), '\n')) {
    if (!line.empty()) out.push_back(fmt::format("| {}", line));
  }
  return out.size() > most_evidence ? std::vector<std::string>(out.end() - most_evidence, out.end()) : out;
}

std::string shown(const std::vector<std::string>& words) { return join(words, " "); }

bool below(std::string_view path, std::string_view folder) { return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/'); }

/// What is made again where it lacks: nobody loses it.
bool made_again(std::string_view path) {
  constexpr std::array<std::string_view, 4> folders = {"/var/cache", "/var/log", "/root/.cache", "/var/tmp"};
  return std::ranges::any_of(folders, [&](std::string_view each) { return below(path, each); }) || path.find("/__pycache__") != std::string_view::npos || path.ends_with(".pyc") || path.ends_with(".pid");
}

class Comparison {
 public:
  Comparison(const Watched& before, const Watched& after) : before_(before), after_(after) {}

  std::vector<Change> run() {
    if (compare_end()) {
      compare_ports();
      compare_answers();
      compare_health();
      compare_processes();
      compare_time();
    }
    compare_commands(before_.alone, after_.alone, "run");
    compare_commands(before_.beside, after_.beside, "exec");
    compare_written();
    std::ranges::sort(changes_, {}, [](const Change& each) { return std::tie(each.weight, each.id, each.subject); });
    return std::move(changes_);
  }

 private:
  void add(Weight weight, std::string id, std::string subject, std::string what, std::vector<std::string> evidence = {}) {
    changes_.push_back({weight, std::move(id), std::move(subject), std::move(what), std::move(evidence)});
  }

  /// Whether both went on, so that there is more to compare.
  bool compare_end() {
    if (!after_.refusal.empty()) {
      if (before_.refusal.empty()) add(Weight::Breaking, "does-not-start", "program", fmt::format("it does not start any more: {}", after_.refusal));
      return false;
    }
    if (!before_.refusal.empty()) return false;
    if (before_.exit_code == after_.exit_code) {
      if (before_.exit_code && before_.last_lines != after_.last_lines) add(Weight::Notable, "output", "program", "it prints something else", both(before_.last_lines, after_.last_lines));
      return !before_.exit_code;
    }
    if (!before_.exit_code) add(Weight::Breaking, "exits", "program", fmt::format("it ended by itself with {}, and went on before", *after_.exit_code), lines_of(after_.last_lines));
    else if (!after_.exit_code) add(Weight::Breaking, "does-not-end", "program", fmt::format("it goes on, and ended with {} before", *before_.exit_code), lines_of(after_.last_lines));
    else add(Weight::Breaking, "exit-code", "program", fmt::format("it ends with {}, and ended with {} before", *after_.exit_code, *before_.exit_code), lines_of(after_.last_lines));
    return false;
  }

  static std::vector<std::string> both(std::string_view before, std::string_view after) {
    const auto mark = [](std::string_view text, char sign) {
      std::vector<std::string> out = lines_of(text);
      for (std::string& line : out) line[0] = sign;
      return out;
    };
    std::vector<std::string> out = mark(before, '-');
    std::ranges::move(mark(after, '+'), std::back_inserter(out));
    return out;
  }

  void compare_ports() {
    std::vector<std::uint16_t> gone, fresh;
    std::ranges::set_difference(before_.listening, after_.listening, std::back_inserter(gone));
    std::ranges::set_difference(after_.listening, before_.listening, std::back_inserter(fresh));
    if (gone.size() == 1 && fresh.size() == 1) return add(Weight::Breaking, "port-moved", std::to_string(gone.front()), fmt::format("it listens on port {}, and on {} before", fresh.front(), gone.front()));
    for (const auto port : gone) add(Weight::Breaking, "port-gone", std::to_string(port), fmt::format("nobody listens on port {} any more", port), lines_of(after_.last_lines));
    for (const auto port : fresh) add(Weight::Notable, "port-new", std::to_string(port), fmt::format("it listens on port {}, too", port));
  }

  void compare_answers() {
    for (size_t at = 0; at < std::min(before_.answers.size(), after_.answers.size()); ++at) {
      const AnswerSeen &was = before_.answers[at], &is = after_.answers[at];
      const std::string subject = was.request.str();
      if (!was.silence.empty()) continue;
      if (!is.silence.empty()) {
        add(Weight::Breaking, "answer-gone", subject, "nobody answers any more", {is.silence});
        continue;
      }
      if (was.status != is.status) {
        add(Weight::Breaking, "answer-status", subject, fmt::format("it answers {}, and {} before", is.status, was.status));
        continue;
      }
      if (was.body != is.body || was.size != is.size) {
        const bool comparable = was.steady && is.steady;
        add(comparable ? Weight::Breaking : Weight::Notable, "answer-body", subject, comparable ? "its body is another" : "its body is another, as it is each time that one asks",
            {fmt::format("before: {} bytes, {}", was.size, was.body.str()), fmt::format("now: {} bytes, {}", is.size, is.body.str())});
      }
      compare_headers(was, is, subject);
    }
  }

  void compare_headers(const AnswerSeen& was, const AnswerSeen& is, const std::string& subject) {
    std::set<std::string> names;
    for (const auto* each : {&was.headers, &is.headers}) {
      for (const auto& [name, value] : *each) names.insert(name);
    }
    const auto value_of = [](const AnswerSeen& answer, const std::string& name) { return answer.headers.contains(name) ? fmt::format("'{}'", answer.headers.at(name)) : std::string("none"); };
    for (const std::string& name : names) {
      const std::string old = value_of(was, name), fresh = value_of(is, name);
      if (old == fresh) continue;
      const bool leads = name == "content-type" || name == "location" || name == "content-encoding" || name == "www-authenticate";
      add(leads && old != "none" ? Weight::Breaking : Weight::Notable, "answer-header", fmt::format("{} of {}", name, subject), fmt::format("the header '{}' is {}, and {} before", name, fresh, old));
    }
  }

  void compare_health() {
    if (!before_.health) return;
    const bool was_well = before_.health->refusal.empty() && !before_.health->timed_out && before_.health->exit_code == 0;
    if (!was_well) return;
    if (!after_.health) return add(Weight::Notable, "health-gone", shown(before_.health->words), "it has no health command any more: who asked its engine asks nobody now");
    const CommandSeen& is = *after_.health;
    if (!is.refusal.empty()) add(Weight::Breaking, "health-fails", shown(is.words), fmt::format("its health command does not start: {}", is.refusal));
    else if (is.timed_out) add(Weight::Breaking, "health-fails", shown(is.words), "its health command does not end");
    else if (is.exit_code != 0) add(Weight::Breaking, "health-fails", shown(is.words), fmt::format("its health command ends with {}", is.exit_code), lines_of(is.printed + is.complained));
  }

  void compare_processes() {
    const auto told = [](const std::vector<ProcessSeen>& all) {
      std::set<std::string> out;
      for (const ProcessSeen& each : all) out.insert(fmt::format("{}:{}{}", each.uid, each.gid, each.capable ? " with capabilities" : ""));
      std::vector<std::string> list(out.begin(), out.end());
      return join(list, ", ");
    };
    const std::string was = told(before_.processes), is = told(after_.processes);
    if (was != is && !was.empty() && !is.empty()) add(Weight::Notable, "users", "processes", fmt::format("its processes run as {}, and as {} before", is, was));
  }

  void compare_time() {
    if (before_.ready_seconds && !after_.ready_seconds) return add(Weight::Breaking, "not-ready", "program", fmt::format("it does not become ready, and was after {:.1f} s before", *before_.ready_seconds), lines_of(after_.last_lines));
    if (!before_.ready_seconds || !after_.ready_seconds) return;
    const double was = *before_.ready_seconds, is = *after_.ready_seconds;
    if (is > was * (1 + slower) && is - was > slower_least) add(Weight::Notable, "slower", "program", fmt::format("it is ready after {:.1f} s, and was after {:.1f} s before", is, was));
  }

  void compare_commands(const std::vector<CommandSeen>& before, const std::vector<CommandSeen>& after, std::string_view how) {
    for (size_t at = 0; at < before.size(); ++at) {
      const CommandSeen& was = before[at];
      const std::string subject = fmt::format("{} {}", how, shown(was.words));
      if (!was.refusal.empty() || was.timed_out) continue;  // it said nothing that could be held against the other
      if (at >= after.size()) {
        add(Weight::Breaking, "command-fails", subject, "there is nothing any more in which it could be run");
        continue;
      }
      const CommandSeen& is = after[at];
      if (!is.refusal.empty()) add(Weight::Breaking, "command-fails", subject, fmt::format("it does not start: {}", is.refusal));
      else if (is.timed_out) add(Weight::Breaking, "command-fails", subject, "it does not end");
      else if (is.exit_code != was.exit_code) add(Weight::Breaking, "exit-code", subject, fmt::format("it ends with {}, and with {} before", is.exit_code, was.exit_code), lines_of(is.printed + is.complained));
      else if (is.printed != was.printed) add(Weight::Breaking, "output", subject, "it prints something else", both(was.printed, is.printed));
    }
  }

  void compare_written() {
    for (const std::string& path : before_.written) {
      if (std::ranges::any_of(after_.writable, [&](const std::string& each) { return below(path, each); })) continue;
      const bool again = made_again(path);
      add(again ? Weight::Notable : Weight::Breaking, "writes-outside", path, again ? fmt::format("it wrote '{}', which it makes again where it lacks, and cannot any more", path) : fmt::format("it wrote '{}', which is in no volume, and cannot any more", path));
    }
  }

  const Watched& before_;
  const Watched& after_;
  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> compare(const Watched& before, const Watched& after) { return Comparison(before, after).run(); }

}  // namespace ashlar::prove
