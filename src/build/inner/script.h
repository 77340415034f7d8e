#pragma once
// Recognises a maintainer script: follows it as the shell would on a fresh installation, over a model of the image. Nothing is executed; a command or
// an expansion that is not understood ends recognition.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "build/inner/accounts.h"
#include "build/inner/alternatives.h"
#include "build/inner/shell.h"
#include "build/inner/world.h"

namespace ashlar::build {

/// What scripts act on, beside files.
struct ScriptState {
  World world;
  AccountBook accounts;
  Alternatives alternatives;
  bool ca_bundle = false;        ///< asked for by update-ca-certificates
  bool java_store = false;       ///< and of Java's key store
  std::set<std::string> packages{};  ///< of the image
  bool full = false;             ///< a `-dev` image, in which dpkg goes on
};

struct ScriptOrigin {
  std::string package, version, architecture, script;
  std::string templates;  ///< debconf's, of the package
};

class Script {
 public:
  Script(ScriptState& state, const ScriptOrigin& origin) : state_(state), origin_(origin) {}  // borrowed

  /// Follows `text` with `arguments` to its end. Invalid, with the line and the command, where it is not understood or would fail; `state` is then
  /// of no use.
  Done run(std::string_view text, std::vector<std::string> arguments);

  // For the commands (script_commands.cc):
  using Words = std::vector<std::string>;
  std::unexpected<Error> unknown(std::string_view what) const;
  ScriptState& state() { return state_; }
  const ScriptOrigin& origin() const { return origin_; }
  /// Follows a file of the image where the script reads it in (`.`); faults name it.
  Result<int> include(std::string_view text, std::string_view path);
  void print(std::string_view text) { if (afford(text.size()) && out_ != nullptr) *out_ += text; }
  /// Counts bytes of words, variables and output that the script makes. False, and for good, when they are more than `most_bytes`: they must not be made,
  /// and the script is followed no further.
  bool afford(std::uint64_t bytes) { return (spent_ += std::min(bytes, most_bytes + 1)) <= most_bytes; }
  static constexpr std::uint64_t most_bytes = std::uint64_t{64} << 20;
  const std::string* input() const { return in_; }
  std::map<std::string, std::string>& variables() { return variables_; }
  std::map<std::string, std::string> answers;  ///< of debconf, set by the script
  bool debconf = false;
  int temporaries = 0;
  bool bash() const { return bash_; }
  /// Whether the shell knows the name itself: a function, or what dash has built in.
  bool knows(const std::string& name) const;

 private:
  enum class Flow { On, Break, Continue, Return, Exit };
  Result<int> execute(const ShellNode& node, bool tested);
  Result<int> simple(const ShellNode& node, bool tested);
  Result<int> loop(const ShellNode& node, bool tested);
  Result<int> choose(const ShellNode& node, bool tested);
  Result<int> pipe(const ShellNode& node, bool tested);
  Result<int> call(const Words& words, bool tested);
  Result<int> builtin(const Words& words, bool& known);  // with those below in script_builtins.cc
  Result<int> leave(const Words& words);
  Result<int> set_options(const Words& words);
  Result<int> declare(const Words& words);
  Result<int> forget(const Words& words);
  Result<int> set_trap(const Words& words);
  Result<Words> command_words(const ShellNode& node);
  Done assign(const std::string& name, std::string value);
  static bool is_variable(std::string_view name);
  static bool is_special(std::string_view name);
  Result<int> redirected(const ShellNode& node, const std::function<Result<int>()>& action);
  Result<Words> expand(const ShellWord& word);
  Result<std::string> expand_one(const ShellWord& word);
  Result<std::string> value_of(const ShellPart& part);
  Result<std::string> output_of(const ShellNode& node);
  Result<std::string> pattern_of(const ShellWord& word);
  Result<Words> glob(const std::string& pattern, const std::string& text);
  /// The fields of a word while they are made; `pattern` is `text` with a `\` before what is quoted.
  struct Fields {
    Words done{};
    std::string text{}, pattern{};
    bool begun = false, globs = false, slashes = false;
  };
  Done add_part(Fields& fields, const ShellPart& part, bool split);
  Done end_field(Fields& fields);
  std::unexpected<Error> too_much() const;
  Result<bool> fits(std::string_view pattern, std::string_view text);
  /// As a subshell does it: what it sets, and how it ends, stays in it.
  Result<int> apart(const std::function<Result<int>()>& action);

  ScriptState& state_;
  const ScriptOrigin& origin_;
  std::map<std::string, std::string> variables_;
  std::map<std::string, std::shared_ptr<const ShellNode>> functions_;  // shared: one may be replaced while it runs
  std::vector<std::map<std::string, std::optional<std::string>>> locals_;  // of the functions being followed: what `local` hides
  std::vector<std::string> arguments_;
  Flow flow_ = Flow::On;
  int status_ = 0, line_ = 0, depth_ = 0, steps_ = 0;
  int substituted_ = 0;      // the status of the last $(...)
  int exit_status_ = 0;      // of `exit`, while flow_ is Exit
  int shells_ = 0, loops_ = 0;
  bool bash_ = false, nounset_ = false;
  std::set<std::string> readonly_;
  std::string trap_;         // what runs at the end
  std::uint64_t spent_ = 0;
  bool errexit_ = false;
  std::string* out_ = nullptr;
  std::string* err_ = nullptr;
  const std::string* in_ = nullptr;
};

/// Runs one known command; nothing when there is none of that name.
std::optional<Result<int>> run_command(Script& script, const Script::Words& words);
/// test(1) over the model.
Result<int> run_test(Script& script, std::span<const std::string> words);
/// Whether `text` fits a pattern of the shell, in which `*` takes `/`, too.
/// `steps`, where given, grows by the work it was.
bool fits_pattern(std::string_view pattern, std::string_view text, std::uint64_t* steps = nullptr);

}  // namespace ashlar::build
