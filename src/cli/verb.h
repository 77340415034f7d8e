#pragma once
// What a verb of the command line is, and what it may use.
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/progress.h"
#include "base/result.h"
#include "host/machine.h"

namespace CLI {
class App;
}

namespace ashlar::cli {

/// Exit codes: done, and the answer is yes; done, and it is no (a finding, a failed check); wrong usage or input; it cannot be told; something that is
/// needed is not to be had; something is damaged; a fault of ours. Errors get theirs in main.cc alone.
enum class Exit { Clean = 0, No = 1, Wrong = 2, Unknown = 3, Unavailable = 4, Damaged = 5, Internal = 70 };

/// What every verb is given.
struct Context {
  host::Machine& machine;
  Progress& progress;
  bool json = false;     ///< `--format json`
  bool verbose = false;
  bool color = false;    ///< may the answer use colours
  std::string config;    ///< `--config FILE`, or empty
  std::string* answer;   ///< what goes to standard output or `--output FILE` when the verb is done
  std::string format{};  ///< `--format`: one of the verb's, the first of them where none was named
};

/// Adds a line to the answer.
void say(Context& context, std::string_view line);
/// Makes `record` the answer: pretty JSON.
void answer(Context& context, const Json& record);
using Action = std::function<Result<Exit>(Context&)>;

/// One verb: a file cmd_<name>.cc and a row of the table in verbs.cc.
struct Verb {
  std::string_view name;
  std::string_view summary;                ///< one line, begins with a verb in the third person
  std::string_view example;                ///< one command line
  Action (*declare)(CLI::App& app);        ///< adds options; the action reads what they were set to
  std::vector<std::string> formats = {"text", "json"};  ///< of the answer
};

/// Every verb, in the order in which help shows them.
const std::vector<Verb>& verbs();

/// The word of a table cell in a colour when the context has colours.
std::string bold(const Context& context, std::string_view text);
std::string faint(const Context& context, std::string_view text);
/// Rows as columns of equal width, two spaces apart; the first row is the head.
std::string table(const Context& context, const std::vector<std::vector<std::string>>& rows);

}  // namespace ashlar::cli
