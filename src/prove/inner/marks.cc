#include "prove/inner/marks.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ashlar::prove {
namespace {

using namespace std::string_view_literals;

/// A text of the table, veiled while it compiles: a program that looks for these texts is none of the programs that hold them, and does not hold them either.
class Veiled {
 public:
  constexpr Veiled() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): rules are written as texts
  consteval Veiled(std::string_view text) : size_(static_cast<std::uint8_t>(text.size())) {
    for (size_t at = 0; at < text.size(); ++at) bytes_.at(at) = static_cast<char>(text[at] ^ veil);
  }
  bool empty() const { return size_ == 0; }
  std::string text() const {
    std::string out(bytes_.data(), size_);
    for (char& c : out) c = static_cast<char>(c ^ veil);
    return out;
  }

 private:
  static constexpr char veil = 0x55;
  std::array<char, 39> bytes_ = {};
  std::uint8_t size_ = 0;
};

/// One way to know a family: all of `all`, and at least `least` of `some`.
struct Rule {
  std::string_view family, what;
  Trait::Kind kind;
  bool programs;  ///< holds for programs alone: its libraries have the texts, too
  std::array<Veiled, 3> all;
  std::array<Veiled, 5> some = {};
  size_t least = 0;
};

constexpr auto interpreter = Trait::Kind::Interpreter, manager = Trait::Kind::PackageManager, hidden = Trait::Kind::Hidden;

// Names of built-in commands, variables that a language reads, its entry points. POSIX XCU section 2 names those of a shell, and section 4 (awk) its
// variables; a NUL at the end keeps words of prose out. make lists a shell's commands, too, but keeps no OPTIND; who writes dpkg's records without installing
// anything (as we do) has no state for a package that is half done.
constexpr std::array rules = {
    Rule{"shell", "a POSIX shell", interpreter, false, {"getopts\0"sv, "OPTIND"sv, "umask\0"sv}, {"readonly\0"sv, "unalias\0"sv, "ulimit\0"sv, "CDPATH"sv}, 2},
    Rule{"csh", "a C shell", interpreter, false, {"breaksw\0"sv, "unalias\0"sv}},
    Rule{"fish", "the shell fish", interpreter, false, {"f\0\0\0i\0\0\0s\0\0\0h\0\0\0_\0\0\0f\0\0\0u\0\0\0n\0\0\0c\0\0\0"sv}},
    Rule{"fish", "the shell fish", interpreter, true, {"fish_function_path"sv}},
    Rule{"elvish", "the shell elvish", interpreter, true, {"src.elv.sh/pkg/eval"sv}},
    Rule{"nu", "the shell nu", interpreter, true, {"nu_protocol"sv, "nu-command"sv}},
    Rule{"perl", "perl", interpreter, true, {"PERL5LIB"sv, "PERL5OPT"sv}},
    Rule{"perl", "perl by its library", interpreter, true, {"perl_parse\0"sv, "perl_run\0"sv}},
    Rule{"python", "python", interpreter, true, {"PYTHONHOME"sv, "PYTHONSTARTUP"sv}},
    Rule{"python", "python by its library", interpreter, true, {"Py_BytesMain\0"sv}},
    Rule{"python", "python by its library", interpreter, true, {"Py_Main\0"sv}},
    Rule{"lua", "lua", interpreter, true, {"LUA_INIT"sv}},
    Rule{"ruby", "ruby", interpreter, true, {"RUBYOPT"sv, "RUBYLIB"sv}},
    Rule{"ruby", "ruby by its library", interpreter, true, {"ruby_run_node\0"sv}},
    Rule{"node", "node", interpreter, true, {"NODE_REPL_HISTORY"sv}},
    Rule{"node", "node by its library", interpreter, true, {"_ZN4node5StartEiPPc\0"sv}},
    Rule{"deno", "deno", interpreter, true, {"DENO_DIR"sv, "DENO_AUTH_TOKENS"sv}},
    Rule{"bun", "bun", interpreter, true, {"BUN_INSTALL"sv, "BUN_RUNTIME_TRANSPILER"sv}},
    Rule{"php", "php", interpreter, true, {"PHP_INI_SCAN_DIR"sv}},
    Rule{"awk", "an awk", interpreter, false, {"CONVFMT"sv, "RSTART\0"sv, "SUBSEP\0"sv}},
    Rule{"tcl", "tclsh", interpreter, true, {"Tcl_MainEx\0"sv}},
    Rule{"tcl", "tclsh", interpreter, true, {"Tcl_Main\0"sv}},
    Rule{"guile", "guile", interpreter, true, {"scm_shell\0"sv}},
    Rule{"java", "a launcher of Java", interpreter, true, {"JLI_Launch\0"sv}},
    Rule{"java", "a launcher of Java", interpreter, true, {"JNI_CreateJavaVM\0"sv, "libjvm.so"sv}},
    Rule{"erlang", "Erlang's machine", interpreter, true, {"ERL_CRASH_DUMP\0"sv, "ERL_MAX_PORTS\0"sv}},
    Rule{"erlang", "a launcher of Erlang", interpreter, true, {"ERL_AFLAGS\0"sv, "PROGNAME\0"sv, "BINDIR\0"sv}},
    Rule{"erlang", "a launcher of Erlang's scripts", interpreter, true, {"ESCRIPT_EMULATOR\0"sv}},
    Rule{"erlang", "a launcher of Erlang's compiler", interpreter, true, {"ERLC_EMULATOR\0"sv}},
    Rule{"ocaml", "OCaml's machine", interpreter, true, {"CAML_LD_LIBRARY_PATH\0"sv}},
    Rule{"emacs", "emacs", interpreter, true, {"EMACSLOADPATH\0"sv}},
    Rule{"sbcl", "a Common Lisp", interpreter, true, {"SBCL_HOME\0"sv}},
    Rule{"gforth", "a Forth", interpreter, true, {"GFORTHPATH\0"sv}},
    Rule{"mono", "mono", interpreter, true, {"MONO_PATH\0"sv, "MONO_GAC_PREFIX\0"sv}},
    Rule{"dpkg", "dpkg", manager, true, {"/var/lib/dpkg"sv, "conffiles"sv, "half-configured"sv}},
    Rule{"apt", "apt by its library", manager, true, {"libapt-pkg.so"sv}},
    Rule{"rpm", "rpm by its library", manager, true, {"librpm.so"sv}},
    Rule{"rpm", "rpm", manager, true, {"var/lib/rpm"sv, "%_dbpath"sv}},
    Rule{"dnf", "dnf by its library", manager, true, {"libdnf"sv}},
    Rule{"zypper", "zypper by its library", manager, true, {"libzypp.so"sv}},
    Rule{"apk", "apk", manager, false, {"lib/apk/db"sv, "etc/apk/world"sv}},
    Rule{"pacman", "pacman by its library", manager, true, {"libalpm.so"sv}},
    Rule{"packed", "packed by UPX, so that nobody sees what it is", hidden, false, {"UPX!"sv, "$Info: This file is packed with"sv}},
};

/// Libraries that run programs of a language: who is linked with one can be told to. The launchers of Java are nothing else; others may have it for their
/// own configuration, and whoever names them with a reason decides.
struct Engine { std::string_view library, language, family; };
constexpr std::array engines = {
    Engine{"libjli.so", "Java", "java"},         Engine{"libjvm.so", "Java", "java"},         Engine{"libpython", "Python", embeds},      Engine{"libperl.so", "Perl", embeds},
    Engine{"libruby", "Ruby", embeds},           Engine{"libnode.so", "Node.js", embeds},     Engine{"liblua", "Lua", embeds},            Engine{"libtcl", "Tcl", embeds},
    Engine{"libguile", "Guile", embeds},         Engine{"libphp", "PHP", embeds},             Engine{"libmozjs", "JavaScript", embeds},   Engine{"libjavascriptcore", "JavaScript", embeds},
    Engine{"libduktape", "JavaScript", embeds},  Engine{"libquickjs", "JavaScript", embeds},  Engine{"libR.so", "R", embeds},             Engine{"libjulia", "Julia", embeds},
    Engine{"libswipl", "Prolog", embeds},        Engine{"liboctinterp", "Octave", embeds},    Engine{"libmono", "the machine of .NET", embeds}, Engine{"libcamlrun", "OCaml", embeds},
    Engine{"libwasm", "WebAssembly", embeds},
};

/// Names by family where they are not the family's own, `*` for versions.
struct Name { std::string_view family, name; };
constexpr std::array names = {Name{"shell", "*sh"},     Name{"shell", "*sh93"},  Name{"shell", "busybox*"}, Name{"csh", "*csh"},      Name{"awk", "*awk"},      Name{"awk", "busybox*"},
                              Name{"dpkg", "busybox*"}, Name{"rpm", "busybox*"}, Name{"tcl", "tclsh*"},     Name{"tcl", "wish*"},     Name{"java", "j*"},       Name{"java", "keytool*"},
                              Name{"java", "rmi*"},     Name{"java", "serialver*"}, Name{"java", "modules*"}, Name{"erlang", "erl*"},  Name{"erlang", "beam*"},  Name{"erlang", "escript*"}};

std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '\0') out += c;
  }
  return out;
}

/// Each text of the table once, and by number those of each rule.
struct Texts {
  std::vector<std::string> all;
  struct Numbers { std::vector<size_t> all, some; };
  std::vector<Numbers> rules;
};

size_t number_of(const Veiled& text, std::vector<std::string>& texts) {
  const std::string plain = text.text();
  const auto found = std::ranges::find(texts, plain);
  if (found != texts.end()) return static_cast<size_t>(found - texts.begin());
  texts.push_back(plain);
  return texts.size() - 1;
}

const Texts& the_texts() {
  static const Texts texts = [] {
    Texts out;
    for (const Rule& rule : rules) {
      Texts::Numbers& numbers = out.rules.emplace_back();
      for (const Veiled& text : rule.all) {
        if (!text.empty()) numbers.all.push_back(number_of(text, out.all));
      }
      for (const Veiled& text : rule.some) {
        if (!text.empty()) numbers.some.push_back(number_of(text, out.all));
      }
    }
    return out;
  }();
  return texts;
}

}  // namespace

std::span<const std::string_view> mark_texts() {
  static const std::vector<std::string_view> texts(the_texts().all.begin(), the_texts().all.end());
  return texts;
}

std::vector<Trait> judge_marks(const Marks& marks, bool program) {
  std::vector<Trait> out;
  if (marks.none()) return out;
  const Texts& texts = the_texts();
  for (size_t at = 0; at < rules.size(); ++at) {
    const Rule& rule = rules[at];
    const auto& [all, some] = texts.rules[at];
    const auto has = [&](size_t number) { return marks[number]; };
    if ((rule.programs && !program) || !std::ranges::all_of(all, has) || static_cast<size_t>(std::ranges::count_if(some, has)) < rule.least) continue;
    if (std::ranges::any_of(out, [&](const Trait& each) { return each.family == rule.family; })) continue;
    std::vector<std::string> found;
    for (const size_t number : all) found.push_back(shown(texts.all[number]));
    for (const size_t number : some) {
      if (has(number)) found.push_back(shown(texts.all[number]));
    }
    out.push_back({rule.kind, std::string(rule.family), fmt::format("{} (it has {})", rule.what, fmt::join(found, ", ")), {}});
  }
  return out;
}

void judge_needed(std::span<const std::string> needed, std::vector<Trait>& traits) {
  for (const std::string& each : needed) {
    const auto engine = std::ranges::find_if(engines, [&](const Engine& one) { return each.starts_with(one.library); });
    // Who is known as an interpreter by more needs no further word.
    if (engine == engines.end() || std::ranges::any_of(traits, [](const Trait& trait) { return trait.kind == Trait::Kind::Interpreter; })) continue;
    traits.push_back({interpreter, std::string(engine->family), fmt::format("linked with an engine of {} ({})", engine->language, each), {}});
  }
}

bool fits_family(std::string_view family, std::string_view name) {
  if (family == embeds || name.starts_with(family)) return true;
  return std::any_of(names.begin(), names.end(), [&](const Name& each) {
    if (each.family != family) return false;
    if (each.name.starts_with('*')) return name.ends_with(each.name.substr(1));
    return name.starts_with(each.name.substr(0, each.name.size() - 1));
  });
}

}  // namespace ashlar::prove
