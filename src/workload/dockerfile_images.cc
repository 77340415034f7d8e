// The images of a Dockerfile: what stages are made of, and what others give to them.
#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

#include "base/text.h"
#include "workload/images.h"
#include "workload/inner/uses.h"
#include "workload/variables.h"

namespace ashlar::workload {
namespace {

constexpr size_t max_value = 4096;  // no reference is longer

class Finder {
 public:
  Finder(const Dockerfile& file, std::string_view text, const BuildArguments& given) : file_(file), text_(text), given_(given), lines_(text) {}

  std::vector<ImageUse> find() {
    for (const Directive& each : file_.directives) {
      if (each.name != "syntax") continue;
      // What stands behind it is for the frontend.
      const Traced frontend = each.value.slice(0, std::min(each.value.text.find(' '), each.value.size()));
      add("syntax", frontend, substitute_none(frontend));
    }
    read_globals();
    for (present_ = 0; present_ < file_.stages.size(); ++present_) {
      const Stage& stage = file_.stages[present_];
      base(stage);
      for (size_t at = stage.first + 1; at < stage.end; ++at) given(file_.instructions[at], "");
      if (!stage.name.empty()) names_.insert(stage.name);
    }
    return std::move(out_);
  }

  std::vector<ImageUse> find_scratch() {
    read_globals();
    for (present_ = 0; present_ < file_.stages.size(); ++present_) {
      Substituted value = resolved(file_.stages[present_].base);
      if (value.good && value.unknown.empty() && value.text.text == "scratch") add("FROM", file_.stages[present_].base, std::move(value));
    }
    return std::move(out_);
  }

 private:
  void read_globals() {
    for (const Instruction& each : file_.instructions) {
      if (each.keyword == "FROM") break;
      if (each.keyword == "ARG") global(each);
    }
  }
  /// An ARG before the first FROM, for all of them.
  void global(const Instruction& arg) {
    for (const Assignment& each : arg.assignments) {
      const std::string& name = each.name.text;
      if (const auto given = given_.find(name); given != given_.end()) {
        values_.erase(name);
        if (given->second && given->second->size() <= max_value) values_[name].add_loose(*given->second), opaque_.erase(name);
        else opaque_.insert(name);
        continue;
      }
      // Without a value it is what the builder is given; behind a value, builders differ in what it is worth.
      if (!each.has_value && !values_.contains(name)) continue;
      const Substituted value = each.has_value ? resolved(each.value) : Substituted{.text = {}, .unknown = {name}, .used = {}};
      // Values that are put into each other grow twofold by each.
      const bool known = value.good && value.unknown.empty() && value.text.size() <= max_value;
      if (known) values_[name] = value.text, opaque_.erase(name);
      else values_.erase(name), opaque_.insert(name);
    }
  }
  /// With the variables among the unknown whose value is more than anybody here can tell: no default stands in for them.
  Substituted resolved(const Traced& text) const {
    Substituted out = substitute(text, Dialect::Dockerfile, file_.escape, lookup());
    for (const std::string& name : out.used) {
      if ((opaque_.contains(name) || is_of_platform(name)) && std::ranges::find(out.unknown, name) == out.unknown.end()) out.unknown.push_back(name);
    }
    return out;
  }
  /// Those that the builder itself gives a value: TARGETARCH, BUILDPLATFORM, ...
  static bool is_of_platform(std::string_view name) {
    static constexpr std::array<std::string_view, 5> parts = {"PLATFORM", "OS", "ARCH", "VARIANT", "STAGE"};
    const bool begins = name.starts_with("TARGET") || name.starts_with("BUILD");
    return begins && std::ranges::find(parts, name.substr(name[0] == 'T' ? 6 : 5)) != parts.end();
  }
  Lookup lookup() const {
    return [this](const std::string& name) {
      const auto found = values_.find(name);
      return found == values_.end() ? nullptr : &found->second;
    };
  }
  static Substituted substitute_none(const Traced& text) { return {.text = text, .unknown = {}, .used = {}}; }

  /// Whether it is a stage before the present one, as stage_of() says; files may have many.
  bool is_stage(std::string_view name) const {
    std::string lower(name.substr(0, 300));
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return is_number(name) ? stage_of(file_, name, present_) >= 0 : names_.contains(lower);
  }
  static bool is_number(std::string_view name) { return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) != 0; }

  void base(const Stage& stage) {
    Substituted value = resolved(stage.base);
    // FROM takes stages by their names alone.
    if (value.good && value.unknown.empty() && (value.text.text == "scratch" || (!is_number(value.text.text) && is_stage(value.text.text)))) return;
    add("FROM", stage.base, std::move(value));
    out_.back().platform = stage.platform.text;
  }

  void given(const Instruction& from, const std::string& before) {
    for (const Instruction& each : from.trigger) given(each, "ONBUILD ");
    for (const Flag& flag : from.flags) {
      if (flag.name == "from" && from.keyword == "COPY") source(before + "COPY --from", flag.value);
      if (flag.name != "mount" || from.keyword != "RUN") continue;
      for (const Traced& field : fields(flag.value)) {
        if (is_from(field.text)) source(before + "RUN --mount", field.slice(5, field.size()), false);
      }
    }
  }

  /// Keys of mounts are the same in any case.
  static bool is_from(std::string_view field) {
    return field.size() >= 5 && std::ranges::equal(field.substr(0, 5), std::string_view("from="), [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
  }

  /// Parts between commas, those in quotes among them.
  static std::vector<Traced> fields(const Traced& text) {
    std::vector<Traced> out(1);
    bool quoted = false;
    for (size_t at = 0; at < text.size(); ++at) {
      if (text.text[at] == '"') quoted = !quoted;
      else if (text.text[at] == ',' && !quoted) out.emplace_back();
      else out.back().add(text.text[at], text.from[at]);
    }
    return out;
  }

  /// Builders put no variables in here: where one stands, nobody knows what it is.
  /// `numbers`: of stages they are names, too.
  void source(const std::string& where, const Traced& text, bool numbers = true) {
    if (text.text == "scratch" || text.empty() || (is_stage(text.text) && (numbers || !is_number(text.text)))) return;
    Substituted value = substitute_none(text);
    if (text.text.find('$') != std::string::npos) value.unknown.push_back(text.text);
    add(where, text, std::move(value));
  }

  void add(const std::string& where, const Traced& written, Substituted value) {
    ImageUse use = make_use(where, written, std::move(value), lines_);
    if (where != "syntax" && present_ < file_.stages.size()) use.stage = file_.stages[present_].name.empty() ? std::to_string(present_) : file_.stages[present_].name;
    out_.push_back(std::move(use));
  }

  const Dockerfile& file_;
  std::string_view text_;
  const BuildArguments& given_;
  Lines lines_;
  std::map<std::string, Traced> values_;
  std::set<std::string> opaque_;  ///< have a value, and nobody here knows which
  std::set<std::string> names_;  ///< of the stages before the present one
  size_t present_ = 0;
  std::vector<ImageUse> out_;
};

}  // namespace

std::vector<ImageUse> images_of(const Dockerfile& file, std::string_view text, const BuildArguments& given) { return Finder(file, text, given).find(); }
std::vector<ImageUse> scratch_of(const Dockerfile& file, std::string_view text, const BuildArguments& given) { return Finder(file, text, given).find_scratch(); }

}  // namespace ashlar::workload
