#include "workload/inner/grammar.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/inner/words.h"

namespace ashlar::workload {
namespace {

enum class Form { Words, Text, JsonOrText, JsonOrWords, Pairs, Names, Trigger, Health };

struct Rule {
  std::string_view keyword;
  Form form;
  std::string_view flags;  ///< those that it takes
};
constexpr std::array<Rule, 18> rules = {{
    {"ADD", Form::JsonOrWords, "chown chmod link keep-git-dir checksum exclude unpack"},
    {"ARG", Form::Names, ""},
    {"CMD", Form::JsonOrText, ""},
    {"COPY", Form::JsonOrWords, "chown chmod from link parents exclude"},
    {"ENTRYPOINT", Form::JsonOrText, ""},
    {"ENV", Form::Pairs, ""},
    {"EXPOSE", Form::Words, ""},
    {"FROM", Form::Words, "platform"},
    {"HEALTHCHECK", Form::Health, "interval timeout start-period start-interval retries"},
    {"LABEL", Form::Pairs, ""},
    {"MAINTAINER", Form::Text, ""},
    {"ONBUILD", Form::Trigger, ""},
    {"RUN", Form::JsonOrText, "mount network security device"},
    {"SHELL", Form::JsonOrText, ""},
    {"STOPSIGNAL", Form::Text, ""},
    {"USER", Form::Text, ""},
    {"VOLUME", Form::JsonOrWords, ""},
    {"WORKDIR", Form::Text, ""},
}};

Span span_of(const Traced& text, const Lines& lines) {
  const auto extent = text.extent();
  return extent ? lines.span(extent->first, extent->second) : Span{};
}

class InstructionReader {
 public:
  InstructionReader(const Traced& line, Grammar& grammar) : line_(trimmed(line)), grammar_(grammar) {}

  std::optional<Instruction> read() {
    size_t end = 0;
    while (end < line_.size() && !is_blank(line_.text[end])) ++end;
    const Traced keyword = line_.slice(0, end);
    out_.keyword = keyword.text;
    std::ranges::transform(out_.keyword, out_.keyword.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    out_.span = out_.keyword_span = span_of(keyword, grammar_.lines);
    const auto rule = std::ranges::find(rules, out_.keyword, &Rule::keyword);
    if (rule == rules.end()) return unknown(keyword);
    while (end < line_.size() && is_blank(line_.text[end])) ++end;
    out_.rest = trimmed(take_flags(line_.slice(end, line_.size()), grammar_.escape, out_.flags));
    check_flags(*rule);
    if (!read_arguments(rule->form)) return std::nullopt;
    return std::move(out_);
  }

 private:
  bool fault(std::string message, std::string hint = {}) { return grammar_.fault(out_.span, std::move(message), std::move(hint)), false; }

  std::optional<Instruction> unknown(const Traced& keyword) {
    std::array<std::string_view, rules.size()> names;
    std::ranges::transform(rules, names.begin(), &Rule::keyword);
    const std::string near = nearest(out_.keyword, names);
    fault(fmt::format("unknown instruction '{}'", visible(keyword.text.substr(0, 80))), near.empty() ? std::string() : fmt::format("did you mean '{}'?", near));
    return std::nullopt;
  }

  void check_flags(const Rule& rule) {
    const auto known = words(rule.flags);
    for (Flag& each : out_.flags) {
      each.span = grammar_.lines.span(each.span.begin, each.span.end);
      constexpr std::array<std::string_view, 4> switches = {"link", "keep-git-dir", "parents", "unpack"};
      if (!each.has_value && std::ranges::find(switches, each.name) == switches.end() && std::ranges::find(known, each.name) != known.end()) grammar_.fault(each.span, fmt::format("--{} needs a value", each.name));
      if (std::ranges::find(known, each.name) == known.end()) {
        const std::string near = nearest(each.name, known);
        grammar_.fault(each.span, fmt::format("{} has no flag '--{}'", out_.keyword, visible(each.name.substr(0, 80))), near.empty() ? std::string() : fmt::format("did you mean '--{}'?", near));
      }
    }
  }

  bool read_arguments(Form form) {
    switch (form) {
      case Form::Words: out_.words = split_blanks(out_.rest); break;
      case Form::Text: if (!out_.rest.empty()) out_.words = {out_.rest}; break;
      case Form::JsonOrText: return read_json(out_.rest, false);
      case Form::JsonOrWords: return read_json(out_.rest, true);
      case Form::Pairs: return read_pairs();
      case Form::Names: return read_names();
      case Form::Trigger: return read_trigger();
      case Form::Health: return read_health();
    }
    return !out_.words.empty() || fault(fmt::format("{} needs an argument", out_.keyword));
  }

  bool read_json(const Traced& text, bool splits) {
    std::vector<Traced> strings;
    const JsonForm form = json_words(text, strings);
    if (form == JsonForm::Mixed) return fault("only strings may stand in the array");
    out_.exec = form == JsonForm::Strings;
    if (out_.exec) out_.words.insert(out_.words.end(), strings.begin(), strings.end());
    else if (splits) out_.words = split_blanks(text);
    else if (!text.empty()) out_.words.push_back(text);
    if (out_.keyword == "SHELL" && (!out_.exec || out_.words.empty())) return fault("SHELL needs an array of strings", "SHELL [\"/bin/sh\", \"-c\"]");
    const bool empty = text.empty() && out_.keyword != "HEALTHCHECK" && out_.keyword != "CMD";
    if (empty) return fault(fmt::format("{} needs an argument", out_.keyword));
    if ((out_.keyword == "COPY" || out_.keyword == "ADD") && out_.words.size() < 2) return fault(fmt::format("{} needs a source and a destination", out_.keyword));
    return true;
  }

  bool add_pair(const Traced& word) {
    const size_t equals = word.text.find('=');
    if (equals == std::string::npos) return fault(fmt::format("'{}' is no NAME=value", visible(word.text.substr(0, 80))));
    if (equals == 0) return fault(fmt::format("{} has a value without a name", out_.keyword));
    out_.assignments.push_back({word.slice(0, equals), word.slice(equals + 1, word.size()), true});
    return true;
  }

  bool read_pairs() {
    const auto pairs = quoted_words(out_.rest, grammar_.escape);
    if (pairs.empty()) return fault(fmt::format("{} needs an argument", out_.keyword));
    if (pairs[0].text.find('=') != std::string::npos) return std::ranges::all_of(pairs, [&](const Traced& each) { return add_pair(each); });
    // The old form: a name, and all that comes after it.
    size_t end = 0;
    while (end < out_.rest.size() && !is_blank(out_.rest.text[end])) ++end;
    size_t begin = end;
    while (begin < out_.rest.size() && is_blank(out_.rest.text[begin])) ++begin;
    if (begin == out_.rest.size()) return fault(fmt::format("{} needs a value", out_.keyword), fmt::format("{} {}=value", out_.keyword, visible(out_.rest.text.substr(0, 80))));
    out_.assignments.push_back({out_.rest.slice(0, end), out_.rest.slice(begin, out_.rest.size()), true});
    return true;
  }

  bool read_names() {
    const auto names = quoted_words(out_.rest, grammar_.escape);
    if (names.empty()) return fault("ARG needs an argument");
    for (const Traced& each : names) {
      const bool valued = each.text.find('=') != std::string::npos;
      if (valued && !add_pair(each)) return false;
      if (!valued) out_.assignments.push_back({each, {}, false});
    }
    return true;
  }

  bool read_trigger() {
    if (out_.rest.empty()) return fault("ONBUILD needs an instruction");
    std::string first = split_blanks(out_.rest.slice(0, 20)).front().text;
    std::ranges::transform(first, first.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    for (const char* word : {"ONBUILD", "FROM", "MAINTAINER"}) {
      if (first == word) return fault(fmt::format("{} is not allowed as a trigger of ONBUILD", word));
    }
    auto inner = read_instruction(out_.rest, grammar_);
    if (!inner) return false;
    inner->span = span_of(out_.rest, grammar_.lines);
    out_.trigger.push_back(std::move(*inner));
    return true;
  }

  bool read_health() {
    size_t end = 0;
    while (end < out_.rest.size() && !is_space(out_.rest.text[end])) ++end;
    const Traced type = out_.rest.slice(0, end);
    std::string upper = type.text;
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (upper != "CMD" && upper != "NONE") return fault(fmt::format("HEALTHCHECK has CMD or NONE, not '{}'", visible(type.text.substr(0, 80))));
    const Traced command = trimmed(out_.rest.slice(end, out_.rest.size()));
    if (upper == "NONE" && !command.empty()) return fault("HEALTHCHECK NONE takes no arguments");
    if (upper == "CMD" && command.empty()) return fault("HEALTHCHECK CMD needs a command");
    out_.words = {type};
    return read_json(command, false);
  }

  Traced line_;
  Grammar& grammar_;
  Instruction out_;
};

bool is_stage_name(std::string_view text) {
  const auto good = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; };
  return !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])) != 0 && std::ranges::all_of(text, good);
}

}  // namespace

void Grammar::fault(const Span& span, std::string message, std::string hint) {
  faults.push_back({std::string(path), span.line, span.column, std::move(message), std::move(hint), visible(lines.line(span.line).substr(0, 400))});
}

std::optional<Instruction> read_instruction(const Traced& line, Grammar& grammar) { return InstructionReader(line, grammar).read(); }

void find_stages(Dockerfile& file, Grammar& grammar) {
  for (size_t at = 0; at < file.instructions.size(); ++at) {
    const Instruction& each = file.instructions[at];
    if (each.keyword != "FROM") {
      if (file.stages.empty() && each.keyword != "ARG") grammar.fault(each.span, fmt::format("{} stands before the first FROM", each.keyword), "only ARG may");
      if (!file.stages.empty()) file.stages.back().end = at + 1;
      continue;
    }
    const bool named = each.words.size() == 3 && (each.words[1].text == "AS" || each.words[1].text == "as" || each.words[1].text == "As" || each.words[1].text == "aS");
    if (each.words.size() != 1 && !named) grammar.fault(each.span, "FROM takes an image, and perhaps a name", "FROM image AS name");
    Stage stage;
    stage.base = each.words[0];
    if (named) {
      stage.name = each.words[2].text;
      std::ranges::transform(stage.name, stage.name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      if (!is_stage_name(stage.name)) grammar.fault(each.span, fmt::format("'{}' is no name of a stage", visible(stage.name.substr(0, 80))), "a letter, then letters, digits and -_.");
    }
    for (const Flag& flag : each.flags) {
      if (flag.name == "platform") stage.platform = flag.value;
    }
    stage.first = at, stage.end = at + 1;
    file.stages.push_back(std::move(stage));
  }
  if (file.stages.empty()) grammar.fault(file.instructions.empty() ? Span{0, 0, 1, 1} : file.instructions.back().span, "it has no FROM");
}

}  // namespace ashlar::workload
