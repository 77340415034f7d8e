#include "cli/command_line.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/hints.h"
#include "cli/terminal.h"
#include "cli/verb.h"
#include "host/memory.h"
#include "base/progress.h"

namespace ashlar::cli {
namespace {

/// What a verb answers on a machine in memory.
struct Answer {
  Result<Exit> exit;
  std::string text;
};
Answer run(host::Machine& machine, std::vector<std::string> words, bool json = false) {
  CommandLine line;
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  line.app->parse(words);
  Silence silent;
  std::string text;
  Context context{machine, silent, json, false, false, line.globals->config, &text};
  for (auto& [app, action] : line.actions) {
    if (!app->parsed()) continue;
    auto exit = action(context);
    return {std::move(exit), std::move(text)};
  }
  return {fail(Kind::Invalid, "no verb"), ""};
}

TEST(CommandLine, of_one_verb_is_that_of_all) {
  const CommandLine all;
  for (const Verb& verb : verbs()) {
    const CommandLine one(verb.name);
    const std::string name(verb.name);
    const auto shape = [&](const CommandLine& line) {
      std::string out;
      for (const CLI::Option* each : line.app->get_subcommand(name)->get_options()) out += each->get_name(true) + " " + each->get_description() + "\n";
      return out;
    };
    EXPECT_EQ(shape(one), shape(all)) << name;
    EXPECT_EQ(one.app->help(), all.app->help()) << name;
    size_t declared = 0;
    for (const auto& [app, action] : one.actions) declared += action ? 1 : 0;
    EXPECT_EQ(declared, 1U) << name;
  }
}

TEST(Keys, APinOnTheCommandLineIsRefused) {
  struct Row { const char* summary; std::vector<std::string> words; bool refused; };
  const std::string uri = "pkcs11:token=t1;object=p256";
  const Row rows[] = {
      {"to sign with", {"sign", "oci:a:1", "--key", uri + "?pin-value=1234"}, true},
      {"to attest with", {"attest", "oci:a:1", "--key", uri + "?module-path=/m.so&pin-value=1234"}, true},
      {"to make with", {"make", "a.yaml", "--to", "oci:a", "--key", uri + "?pin-value=1234"}, true},
      {"to copy with", {"copy", "oci:a", "oci:b", "--key", uri + "?pin-value=1234"}, true},
      {"to verify by", {"verify", "oci:a:1", "--key", "our.pub", "--key", uri + "?pin-value=1234"}, true},
      {"to export a feed with", {"feed", "export", "--key", uri + "?pin-value=1234"}, true},
      {"to export", {"keys", "export", uri + "?pin-value=1234"}, true},
      {"with white space, which p11-kit drops", {"sign", "oci:a:1", "--key", uri + "? pin-val ue=1234"}, true},
      {"a file with the PIN", {"sign", "oci:a:1", "--key", uri + "?pin-source=file:/run/pin"}, false},
      {"no PIN", {"keys", "export", uri}, false},
      {"a file of such a name", {"sign", "oci:a:1", "--key", "pin-value.key"}, false},
  };
  for (const Row& row : rows) {
    CommandLine line;
    std::vector<std::string> words(row.words.rbegin(), row.words.rend());
    std::string why;
    try {
      line.app->parse(words);
    } catch (const CLI::ParseError& error) {
      why = error.what();
    }
    EXPECT_EQ(!why.empty(), row.refused) << row.summary << ": " << why;
    if (!row.refused) continue;
    EXPECT_NE(why.find("name a file with pin-source=file:PATH, or give it in ASHLAR_KEY_PASSWORD"), std::string::npos) << row.summary << ": " << why;
    EXPECT_EQ(why.find("1234"), std::string::npos) << row.summary << ": the PIN is not repeated";
  }
}

TEST(Verbs, AreDescribedAlike) {
  std::set<std::string_view> names;
  for (const Verb& verb : verbs()) {
    SCOPED_TRACE(verb.name);
    EXPECT_TRUE(names.insert(verb.name).second);
    EXPECT_TRUE(verb.example.starts_with("ashlar " + std::string(verb.name))) << verb.example;
    EXPECT_FALSE(verb.summary.ends_with('.'));
    EXPECT_TRUE(std::islower(static_cast<unsigned char>(verb.summary.front())));
    EXPECT_LE(verb.summary.size(), 78U);
  }
  for (const char* name : {"validate", "lock", "build", "diff", "explain", "catalog", "cache", "doctor"}) EXPECT_TRUE(names.contains(name)) << name;
}

TEST(Verbs, TheirExamplesParse) {
  for (const Verb& verb : verbs()) {
    SCOPED_TRACE(verb.example);
    CommandLine line;
    EXPECT_NO_THROW(line.app->parse(std::string(verb.example), true));
  }
}

TEST(Verbs, TakeTheSameGeneralOptions) {
  const CommandLine line;
  for (const Verb& verb : verbs()) {
    const CLI::App* app = line.app->get_subcommand(std::string(verb.name));
    for (const char* option : {"--format", "--output", "--config", "--quiet", "--verbose", "--no-color", "--help"}) EXPECT_NO_THROW((void)app->get_option(option)) << verb.name << " " << option;
    for (const CLI::Option* option : app->get_options()) EXPECT_FALSE(option->get_description().empty()) << verb.name << " " << option->get_name();
  }
}

TEST(Verbs, ActionsShowTheirOwnOptionsAlone) {
  const CommandLine line;
  const CLI::App* const policy = line.app->get_subcommand("policy");
  struct Row { const char *action, *own, *others; };
  for (const Row& row : {Row{"init", "--to", "--policy"}, {"test", "--policy", "--pod-rules"}, {"export", "--pod-rules", "--believe"}, {"select", "--believe", "--pod-rules"}}) {
    const std::string help = policy->get_subcommand(row.action)->help();
    EXPECT_NE(help.find(row.own), std::string::npos) << row.action << "\n" << help;
    EXPECT_EQ(help.find(row.others), std::string::npos) << row.action << "\n" << help;
    EXPECT_NE(policy->help().find(row.action), std::string::npos);
    EXPECT_EQ(policy->help().find("--pod-rules"), std::string::npos);
    for (const std::string& page : {man_page(line, "policy"), completions(line, "bash").value(), completions(line, "zsh").value(), completions(line, "fish").value()}) {
      std::string name = std::string(row.own).substr(2);
      const size_t dash = name.find('-');
      EXPECT_TRUE(page.find(name) != std::string::npos || (dash != std::string::npos && page.find(name.substr(0, dash) + "\\-" + name.substr(dash + 1)) != std::string::npos)) << row.own;
    }
    for (const CLI::Option* option : policy->get_subcommand(row.action)->get_options()) EXPECT_FALSE(option->get_description().empty()) << row.action << " " << option->get_name();
  }
  for (const char* const words : {"ashlar policy export --to vap --format json", "ashlar policy --format json export --to vap", "ashlar policy select oci:a oci:b --key k --quiet", "ashlar policy test a b --policy p"}) {
    CommandLine fresh;
    EXPECT_NO_THROW(fresh.app->parse(std::string(words), true)) << words;
  }
}

/// Each option of each verb with a letter too much, behind a word that the verb may take: whatever CLI11 complains of first, the option is named, and what was meant.
TEST(Verbs, AnOptionThatIsMisspeltIsNamedWithTheOneThatWasMeant) {
  const CommandLine all;
  size_t options = 0;
  for (const Verb& verb : verbs()) {
    const std::string name(verb.name);
    for (const std::string& right : long_names(*all.app->get_subcommand(name))) {
      const std::string wrong = right + "x";
      CommandLine line(verb.name);
      try {
        line.app->parse(fmt::format("{} {} a", name, wrong), false);
        if (name != "policy") ADD_FAILURE() << name << " takes " << wrong;  // it reads the rest by itself
      } catch (const CLI::ParseError& error) {
        EXPECT_NE(error.get_exit_code(), 0) << name << wrong;
      }
      EXPECT_EQ(misreading(*line.app->get_subcommand(name), "another cause"), fmt::format("there is no option '{}'; did you mean '{}'?", wrong, right)) << name;
      ++options;
    }
  }
  EXPECT_GT(options, 300U);
}

TEST(Verbs, WhatIsMisreadIsSaidInWords) {
  struct Row { std::string summary, verb, words, says; };
  const Row rows[] = {
      {"letters in another order", "sign", "sign oci:a --kye k", "there is no option '--kye'; did you mean '--key'?"},
      {"with its word behind a sign", "verify", "verify oci:a --recipt=r.json", "there is no option '--recipt'; did you mean '--receipt'?"},
      {"one dash", "make", "make a.yaml -retain 3", "there is no option '-retain'; did you mean '--retain'?"},
      {"of an action", "policy", "policy export --too kyverno", "there is no option '--too'; did you mean '--to'?"},
      {"of another action", "policy", "policy init --environment e", "there is no option '--environment'"},
      {"like none", "sign", "sign oci:a --frobnicate", "there is no option '--frobnicate'"},
      {"with what moves a cursor", "sign", "sign oci:a --ke\x1b[2J", "there is no option '--ke\\x1b[2J'"},
      {"nothing that is misspelt", "sign", "sign oci:a", "the cause"},
      {"a word too many", "sign", "sign oci:a b --key k", "the cause"},
  };
  for (const Row& row : rows) {
    CommandLine line(row.verb);
    try {
      line.app->parse(row.words, false);
    } catch (const CLI::ParseError&) {
    }
    EXPECT_EQ(misreading(*line.app->get_subcommand(row.verb), "the cause"), row.says) << row.summary;
  }
}

TEST(Verbs, AnActionThatIsMisspeltIsSaidWithTheOneThatWasMeant) {
  struct Row { std::vector<std::string> words; std::string says; };
  const Row rows[] = {
      {{"keys", "genrate"}, "cannot keys 'genrate': the actions are generate, list, export, add and revoke; did you mean 'generate'?"},
      {{"vex", "exprot", "oci:a"}, "cannot vex 'exprot': the actions are add, list, sign and export; did you mean 'export'?"},
      {{"feed", "updat"}, "cannot feed 'updat': the actions are update, list, add, export and import; did you mean 'update'?"},
      {{"except", "revoek", "E-1"}, "cannot except 'revoek': the actions are add, list, sign and revoke; did you mean 'revoke'?"},
      {{"tickets", "delivr"}, "cannot tickets 'delivr': the actions are list, deliver, add and drop; did you mean 'deliver'?"},
      {{"audit", "verfiy"}, "cannot audit 'verfiy': the actions are log, verify, checkpoint and report; did you mean 'verify'?"},
      {{"cache", "prun"}, "cannot cache 'prun': the actions are show and prune; did you mean 'prune'?"},
      {{"catalog", "shwo"}, "cannot catalog 'shwo': the actions are list, show and page; did you mean 'show'?"},
      {{"policy", "slect"}, "cannot policy 'slect': the actions are init, test, export and select; did you mean 'select'?"},
      {{"keys", "burn"}, "cannot keys 'burn': the actions are generate, list, export, add and revoke"},
  };
  host::MemoryMachine machine;
  machine.environment = {{"HOME", "/home/u"}, {"ASHLAR_DATA_DIR", "/data"}};
  for (const char* folder : {"/data/distributions/a", "/data/effects/a", "/data/catalog/a"}) ASSERT_TRUE(machine.files.write(folder, "", host::Durability::Cache));
  for (const Row& row : rows) {
    const Answer answer = run(machine.machine, row.words);
    ASSERT_FALSE(answer.exit) << row.says;
    EXPECT_EQ(answer.exit.error().message, row.says);
    EXPECT_EQ(answer.exit.error().kind, Kind::Invalid) << row.says;
  }
}

TEST(Verbs, AnOptionThatMayBeRepeatedTakesOneWord) {
  struct Row { std::string summary, words; };
  const std::vector<Row> rows = {
      {"a key before the image", "verify --key a.pub --key b.pub oci:x"},
      {"a type before the image", "verify --type vuln oci:x"},
      {"a receipt and a key before the image", "verify --receipt r.json --key=a.pub oci:x"},
      {"a mirror before the definition", "make --mirror http://127.0.0.1/ a.yaml --to oci:x --unsigned"},
      {"platforms with a comma before the definition", "build --platform linux/amd64,linux/arm64 a.yaml -o oci:x"},
      {"statements before the image", "scan --vex a.json --vex b.json oci:x"},
  };
  for (const Row& row : rows) {
    CommandLine fresh;
    EXPECT_NO_THROW(fresh.app->parse(row.words, false)) << row.summary;
  }
  CommandLine all;
  for (const CLI::App* verb : all.app->get_subcommands([](const CLI::App*) { return true; })) {
    for (const CLI::Option* option : verb->get_options()) {
      const bool repeatable = !option->get_positional() && option->get_expected_min() > 0 && option->get_expected_max() > 1;
      EXPECT_FALSE(repeatable && option->get_allow_extra_args()) << verb->get_name() << " " << option->get_name();
    }
  }
}

TEST(CommandLineTest, RefusesWhatItDoesNotKnow) {
  for (const char* words : {"ashlar", "ashlar nothing", "ashlar lock", "ashlar lock --nothing x", "ashlar build --jobs many", "ashlar diff one", "ashlar explain", "ashlar validate",
                            "ashlar doctor extra", "ashlar --nothing"}) {
    CommandLine line;
    EXPECT_THROW(line.app->parse(std::string(words), true), CLI::ParseError) << words;
  }
}

TEST(CommandLineTest, ListsAreCutAtCommas) {
  struct Row {
    std::string words;
    bool well;
  };
  for (const Row& row : {Row{"ashlar build x.yaml --platform linux/amd64,linux/arm64", true}, {"ashlar lock x.yaml --update", true}, {"ashlar lock x.yaml --update a b", true},
                         {"ashlar lock x.yaml --mirror http://a --mirror security=http://b", true}, {"ashlar build a.yaml b.yaml -o oci:x", true}, {"ashlar build a.yaml -o", false}}) {
    CommandLine line;
    if (row.well) {
      EXPECT_NO_THROW(line.app->parse(row.words, true)) << row.words;
    } else {
      EXPECT_THROW(line.app->parse(row.words, true), CLI::ParseError) << row.words;
    }
  }
}

TEST(ManPage, HoldsEveryVerbAndOption) {
  const CommandLine line;
  const std::string whole = man_page(line, "");
  EXPECT_TRUE(whole.starts_with(".TH ASHLAR 1 "));
  for (const Verb& verb : verbs()) {
    EXPECT_NE(whole.find(".B " + std::string(verb.name) + "\n"), std::string::npos) << verb.name;
    const std::string page = man_page(line, verb.name);
    for (const char* part : {".SH NAME\n", ".SH SYNOPSIS\n", ".SH OPTIONS\n", ".SH EXAMPLE\n"}) EXPECT_NE(page.find(part), std::string::npos) << verb.name << part;
    for (const CLI::Option* option : line.app->get_subcommand(std::string(verb.name))->get_options()) {
      for (std::string name : option->get_lnames()) {
        for (size_t at = 0; (at = name.find('-', at)) != std::string::npos; at += 2) name.insert(at, "\\");
        EXPECT_NE(page.find("\\-\\-" + name), std::string::npos) << verb.name << " " << name;
      }
    }
    // A line of text that begins with a dot would be a command of roff.
    EXPECT_EQ(page.find("\n..."), std::string::npos);
  }
  for (const char* code : {"0", "1", "2", "3", "4", "5", "70"}) EXPECT_NE(whole.find(std::string(".B ") + code + "\n"), std::string::npos) << code;
}

TEST(Completions, HoldEveryVerbAndLongOption) {
  const CommandLine line;
  for (const char* shell : {"bash", "zsh", "fish"}) {
    SCOPED_TRACE(shell);
    const auto script = completions(line, shell);
    ASSERT_TRUE(script);
    const std::string dashes = std::string(shell) == "fish" ? "-l " : "--";
    for (const Verb& verb : verbs()) {
      EXPECT_NE(script->find(verb.name), std::string::npos) << verb.name;
      for (const CLI::Option* option : line.app->get_subcommand(std::string(verb.name))->get_options()) {
        for (const std::string& name : option->get_lnames()) EXPECT_NE(script->find(dashes + name), std::string::npos) << verb.name << " " << name;
      }
    }
  }
  const auto none = completions(line, "tcsh");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "cannot write completions for 'tcsh': the shells are bash, zsh and fish");
}

TEST(Tables, HaveColumnsOfEqualWidth) {
  host::MemoryMachine machine;
  Silence silent;
  std::string text;
  Context context{machine.machine, silent, false, false, false, "", &text};
  struct Row {
    std::string summary;
    std::vector<std::vector<std::string>> rows;
    std::string shown;
  };
  const Row rows[] = {
      {"none", {}, ""},
      {"a head alone", {{"A", "B"}}, "A  B\n"},
      {"columns", {{"NAME", "N"}, {"x", "10"}, {"longer", "1"}}, "NAME    N\nx       10\nlonger  1\n"},
      {"characters of several bytes", {{"\xC3\xA4\xC3\xB6", "B"}, {"abc", "d"}}, "\xC3\xA4\xC3\xB6   B\nabc  d\n"},
      {"rows of different lengths", {{"A"}, {"b", "c"}}, "A\nb  c\n"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    EXPECT_EQ(table(context, row.rows), row.shown);
  }
  context.color = true;
  EXPECT_EQ(table(context, {{"A"}, {"b"}}), "\x1b[1mA\x1b[0m\nb\n");
  EXPECT_EQ(faint(context, "x"), "\x1b[2mx\x1b[0m");
}

TEST(Answers, AreGatheredBeforeTheyAreWritten) {
  host::MemoryMachine machine;
  Silence silent;
  std::string text;
  Context context{machine.machine, silent, true, false, false, "", &text};
  say(context, "one");
  say(context, "two");
  answer(context, Json{{"a", 1}});
  EXPECT_EQ(text, "one\ntwo\n{\n  \"a\": 1\n}\n");
}

TEST(TerminalTest, NotesStandAboveTheLine) {
  struct Row {
    std::string summary;
    bool live, quiet, verbose;
    std::string shown;
  };
  const Row rows[] = {
      {"a file", false, false, false, "note: careful\n"},
      {"a file, with all that there is to say", false, false, true, "note: careful\ndetail: by the way\n"},
      {"a file, quietly", false, true, false, ""},
      {"a file, both at once", false, true, true, ""},
      {"a terminal, quietly", true, true, false, ""},
      {"a terminal", true, false, false, "\r\x1b[Kfetch   0%  \r\x1b[Knote: careful\n"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    testing::internal::CaptureStderr();
    {
      const auto progress = terminal_progress(row.live, row.quiet, row.verbose);
      progress->stage("fetch", 10);
      progress->note("careful");
      progress->detail("by the way");
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(), row.shown);
  }
}

class VerbsOnAMachine : public ::testing::Test {
 protected:
  void SetUp() override {
    machine.environment = {{"HOME", "/home/u"}, {"ASHLAR_DATA_DIR", "/data"}};
    put("/data/distributions/debian-13.yaml", "id: debian\nrelease: \"13\"\ncodename: trixie\ncomponents: [main]\nkeyrings: [k]\narchives: [{name: debian, suites: [trixie]}]\n");
    put("/data/effects/debian-13.yaml", "");
    put("/data/catalog/small/1.yaml", definition);
    put("/data/catalog/small/info.yaml", "description: A test\nlicense: MIT\nend-of-life: \"2030-01-02\"\n");
    put("/p/small.yaml", definition);
  }
  void put(const std::string& path, std::string_view text) { ASSERT_TRUE(machine.files.write(path, text, host::Durability::Cache)); }
  static constexpr std::string_view definition = "image: example/small\ndistribution: debian-13\nplatforms: [linux/amd64]\ncontents: {packages: [base-files]}\n";
  host::MemoryMachine machine{Time{1'700'000'000}};
};

TEST_F(VerbsOnAMachine, CatalogueTellsInBothForms) {
  const Answer text = run(machine.machine, {"catalog"});
  ASSERT_TRUE(text.exit) << text.exit.error().message;
  EXPECT_EQ(text.text, "NAME   VERSION  VARIANT  PLATFORMS    END OF LIFE  DEFINITION\nsmall  1        runtime  linux/amd64  2030-01-02   /data/catalog/small/1.yaml\n");
  const Answer json = run(machine.machine, {"catalog", "show", "small"}, true);
  ASSERT_TRUE(json.exit);
  const Json record = Json::parse(json.text);
  EXPECT_EQ(record["schema"], "https://ashlar.dev/catalog/v1");
  EXPECT_EQ(record["images"][0]["end_of_life"], "2030-01-02");
}

TEST_F(VerbsOnAMachine, CatalogueTellsVariantsApart) {
  put("/data/catalog/small/1-dev.yaml", "variant: dev\ntags: [1-dev]\n" + std::string(definition));
  put("/data/catalog/small/1-fpm.yaml", "flavor: fpm\ntags: [1-fpm, 1-fpm-debian13]\n" + std::string(definition));
  put("/data/catalog/small/2.yaml", definition);
  put("/data/catalog/other/1.yaml", definition);
  put("/data/catalog/other/info.yaml", "description: Another\nlicense: MIT\n");
  const struct {
    std::string summary;
    std::vector<std::string> words;
    std::vector<std::string> rows;  ///< name, version and variant of the table
  } rows[] = {
      {"all", {"catalog", "list"}, {"other  1        runtime    ", "small  1        dev        ", "small  1        runtime fpm", "small  1        runtime    ", "small  2        runtime    "}},
      {"of one name", {"catalog", "list", "small"}, {"small  1        dev        ", "small  1        runtime fpm", "small  1        runtime    ", "small  2        runtime    "}},
      {"of one version", {"catalog", "list", "small:1"}, {"small  1        dev        ", "small  1        runtime fpm", "small  1        runtime    "}},
      {"of a version and variant", {"catalog", "list", "small:1-fpm"}, {"small  1        runtime fpm"}},
      {"of a tag", {"catalog", "list", "small:1-fpm-debian13"}, {"small  1        runtime fpm"}},
      {"of the -dev variant", {"catalog", "list", "small:1-dev"}, {"small  1        dev    "}},
  };
  for (const auto& row : rows) {
    const Answer answer = run(machine.machine, row.words);
    ASSERT_TRUE(answer.exit) << row.summary << ": " << answer.exit.error().message;
    std::string_view rest = cut(answer.text, '\n').second;
    for (const std::string& each : row.rows) {
      const auto [line, after] = cut(rest, '\n');
      EXPECT_TRUE(line.starts_with(each)) << row.summary << ": '" << line << "' should begin with '" << each << "'";
      rest = after;
    }
    EXPECT_EQ(rest, "") << row.summary;
  }
  const Answer fpm = run(machine.machine, {"catalog", "show", "small:1-fpm"});
  ASSERT_TRUE(fpm.exit);
  EXPECT_TRUE(fpm.text.starts_with("small 1 (runtime fpm)\n")) << fpm.text;
}

TEST_F(VerbsOnAMachine, SayNoInWords) {
  put("/p/bad.yaml", "image: x\ncolour: grey\n");
  struct Row {
    std::string summary;
    std::vector<std::string> words;
    Kind kind;
    std::string says;
  };
  const Row rows[] = {
      {"an image that the catalogue lacks", {"catalog", "show", "smal"}, Kind::NotFound, "did you mean 'small'?"},
      {"a version that the catalogue lacks", {"catalog", "show", "small:9"}, Kind::NotFound, "the catalogue has no such version; there are 1"},
      {"a list of an image that the catalogue lacks", {"catalog", "list", "smal"}, Kind::NotFound, "did you mean 'small'?"},
      {"another action", {"catalog", "burn"}, Kind::Invalid, "the actions are list, show and page"},
      {"a lock of what cannot be read", {"lock", "/p/bad.yaml"}, Kind::Invalid, "/p/bad.yaml"},
      {"a lock of what is not there", {"lock", "/p/gone.yaml"}, Kind::NotFound, "/p/gone.yaml"},
      {"a build of nothing", {"build"}, Kind::Invalid, "no definition is named"},
      {"a build into a folder", {"build", "/p/small.yaml", "-o", "dir:/x"}, Kind::Invalid, "oci:DIR"},
      {"a locked build without a lock", {"build", "/p/small.yaml", "--locked"}, Kind::NotFound, "ashlar lock"},
      {"an explanation without a lock", {"explain", "/p/small.yaml", "x"}, Kind::NotFound, "ashlar lock /p/small.yaml"},
      {"a prune without a limit", {"cache", "prune"}, Kind::Invalid, "--max-size"},
      {"a difference of what is not there", {"diff", "oci:/a", "oci:/b"}, Kind::NotFound, "/a"},
      {"a difference of what is no image", {"diff", "nonsense:/a", "oci:/b"}, Kind::Invalid, "nonsense"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const Answer answer = run(machine.machine, row.words);
    ASSERT_FALSE(answer.exit);
    EXPECT_EQ(answer.exit.error().kind, row.kind) << answer.exit.error().message;
    EXPECT_NE(answer.exit.error().message.find(row.says), std::string::npos) << answer.exit.error().message;
    EXPECT_EQ(answer.text, "");
  }
}

TEST_F(VerbsOnAMachine, ValidateCountsAndShows) {
  put("/p/bad.yaml", "image: x\ndistribution: debian-13\ncolour: grey\ncontents: {packages: [a]}\n");
  const Answer both = run(machine.machine, {"validate", "/p/small.yaml", "/p/bad.yaml"});
  ASSERT_TRUE(both.exit);
  EXPECT_EQ(*both.exit, Exit::Wrong);
  EXPECT_TRUE(both.text.starts_with("/p/bad.yaml:3:1: unknown key 'colour'\n")) << both.text;
  EXPECT_TRUE(both.text.ends_with("1 of 2 files are valid\n")) << both.text;
  const Answer well = run(machine.machine, {"validate", "/p/small.yaml"});
  EXPECT_EQ(*well.exit, Exit::Clean);
}

TEST_F(VerbsOnAMachine, DoctorsExitCodeIsItsAnswer) {
  const Answer ill = run(machine.machine, {"doctor"}, true);
  ASSERT_TRUE(ill.exit);
  EXPECT_EQ(*ill.exit, Exit::No);  // no keyring
  EXPECT_FALSE(Json::parse(ill.text)["ok"].get<bool>());
  EXPECT_NE(Json::parse(ill.text)["mend"].get<std::string>().find("apt-get install"), std::string::npos);
}

TEST_F(VerbsOnAMachine, ManPagesAreWrittenForEachVerb) {
  ASSERT_TRUE(run(machine.machine, {"man", "/man"}).exit);
  EXPECT_EQ(machine.files.list("/man")->size(), verbs().size() + 1);
}

}  // namespace
}  // namespace ashlar::cli
