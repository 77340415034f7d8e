// Habits of words: how errors read, what is left to do, which hosts are named.
#include <algorithm>
#include <cctype>
#include <regex>
#include <set>
#include <utility>

#include "tree.h"

namespace habits {
namespace {

std::string place(const std::string& path, int line) { return path + ":" + std::to_string(line) + ": "; }

/// A text in a call of cannot() or fail(); neighbouring literals are one.
struct Message {
  int line;
  std::string text;
};

bool ends_with_call(std::string_view code) {
  for (const std::string_view name : {"cannot", "fail"}) {
    if (!code.ends_with(name)) continue;
    code.remove_suffix(name.size());
    return code.empty() || (std::isalnum(static_cast<unsigned char>(code.back())) == 0 && code.back() != '_' && code.back() != '.');
  }
  return false;
}

std::vector<Message> messages_of(std::string_view text) {
  std::vector<Message> out;
  std::string before;  // code up to here; white space as one blank, and none at its end
  bool blank = false;
  int depth = 0;       // parentheses open within the call; 0: not in one
  bool joins = false;  // nothing but white space since the last literal
  for (const Piece& piece : pieces_of(text)) {
    if (piece.type == Piece::Type::Comment) continue;
    if (piece.type == Piece::Type::String) {
      if (depth > 0 && joins) out.back().text += piece.text;
      else if (depth > 0) out.push_back({piece.line, piece.text});
      joins = depth > 0;
      continue;
    }
    for (const char c : piece.text) {
      if (std::isspace(static_cast<unsigned char>(c)) != 0) {
        blank = true;
        continue;
      }
      joins = false;
      if (depth > 0) depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      else if (c == '(' && ends_with_call(before)) depth = 1;
      if (std::exchange(blank, false) && c != '(') before += ' ';
      before += c;
      if (before.size() > 256) before.erase(0, 128);
    }
  }
  return out;
}

Faults check_messages(const Tree& tree, std::string_view) {
  Faults faults;
  for (const auto& [path, text] : tree) {
    if (!path.starts_with("src/") || !is_code(path) || is_test(path) || path == "src/base/result.cc") continue;  // where the two are made
    for (const Message& message : messages_of(text)) {
      const std::string& words = message.text;
      if (words.find(' ') == std::string::npos) continue;  // a name, a separator, a key
      const bool upper = std::isupper(static_cast<unsigned char>(words[0])) != 0;
      const bool acronym = upper && (std::isupper(static_cast<unsigned char>(words[1])) != 0 || std::isdigit(static_cast<unsigned char>(words[1])) != 0);
      const std::string shown = "'" + words.substr(0, 100) + "'";
      if (upper && !acronym) faults.push_back(place(path, message.line) + "a message begins in lower case: " + shown);
      if (words.ends_with('.') && !words.ends_with("...")) faults.push_back(place(path, message.line) + "a message has no full stop: " + shown);
      if (words.find("\\\"") != std::string::npos) faults.push_back(place(path, message.line) + "names stand in single quotes: " + shown);
      if (words.starts_with("cannot ")) faults.push_back(place(path, message.line) + "cannot() writes that word itself, and so do its callers: " + shown);
    }
  }
  return faults;
}

Tree broken_messages() {
  return {{"src/deb/a.cc",
           "// cannot(Kind::Invalid, \"A comment.\", \"x\")\n"
           "auto a() { return cannot(Kind::Invalid, \"read it\", \"The file is bad\"); }\n"
           "auto b() { return fail(Kind::Invalid, fmt::format(\"it is {} \"\n  \"bad.\", f(1))); }\n"
           "auto c() { return cannot(\"open \\\"{}\\\" now\", e); }\n"
           "auto d() { return cannot(Kind::Invalid, \"open '{}'\", \"YAML 1.2 is meant\"); }\n"
           "auto e() { print(\"Hello World.\"); return cannot(Kind::Invalid, \"walk\", \"cannot stand up\"); }\n"},
          {"src/deb/a_test.cc", "auto a() { return fail(Kind::Invalid, \"Whatever it is.\"); }\n"}};
}

/// Whether a host is one that archives and registries have: its first word says so, or the whole is a registry that everybody knows.
bool fetches_from(const std::string& host) {
  static const std::set<std::string, std::less<>> words = {"deb", "ftp", "security", "registry", "registry-1", "snapshot", "archive", "archives", "packages", "pypi", "files",
                                                           "index", "proxy", "mirror", "mirrors", "apt", "repo", "dl", "dl-cdn", "cdn", "static", "ports", "httpredir"};
  return words.contains(host.substr(0, host.find('.')));
}

bool holds_addresses(std::string_view path) {
  for (const std::string_view end : {".h", ".cc", ".c", ".md", ".sh", ".py", ".cmake", ".txt", ".json", ".yaml", ".yml"}) {
    if (path.ends_with(end)) return true;
  }
  return path == ".ci/run";
}

Faults check_hosts(const Tree& tree, std::string_view) {
  static const std::regex host(R"(([a-z0-9][a-z0-9-]*)(\.[a-z0-9][a-z0-9-]*)*\.(org|com|io|net|dev|cloud|app)(?![a-z0-9_.-]*[a-z0-9_(]))", std::regex::optimize);
  Faults faults;
  for (const auto& [path, text] : tree) {
    // What users write names the archives of others: the catalogue's definitions and the cases that are cut from real ones.
    if (!holds_addresses(path) || path.starts_with("catalog/") || path.starts_with("tests/data/") || path == "LICENSE") continue;
    int number = 0;
    for (const std::string_view line : lines_of(text)) {
      ++number;
      if (line.size() > 4000 || line.find('.') == std::string_view::npos) continue;
      const std::string copy(line);
      for (std::sregex_iterator at(copy.begin(), copy.end(), host), end; at != end; ++at) {
        const std::string found = at->str();
        const auto begin = static_cast<size_t>(at->position());
        const bool inside = begin > 0 && (std::isalnum(static_cast<unsigned char>(copy[begin - 1])) != 0 || copy[begin - 1] == '.' || copy[begin - 1] == '_' || copy[begin - 1] == '-');
        if (!inside && fetches_from(found)) faults.push_back(place(path, number) + "names the host '" + found + "': archives and registries come from configuration");
      }
    }
  }
  return faults;
}

/// Put together here, so that this file names none.
std::string at_host(std::string_view first, std::string_view rest) { return std::string(first) + "." + std::string(rest); }

Tree broken_hosts() {
  return {{"src/deb/a.cc", "const char* a = \"http://" + at_host("deb", "debian.org") + "/debian\";\nint registry_io = x.io;\n"},
          {"docs/tour.md", "Get it from " + at_host("registry", "example.com") + "/python, or see www.example.org, docs.example.org.\n"},
          {"tests/flow/x.sh", "curl https://" + at_host("snapshot", "debian.org") + "\n"},
          {"tests/data/a/x.yaml", "url: https://" + at_host("deb", "example.org") + "\n"},
          {"src/deb/fine.cc", "// " + at_host("registry", "example") + "/python; archive.index.size(); files.open(path); " + at_host("security", "read.com(1)") + "\n"}};
}

Faults check_left_to_do(const Tree& tree, std::string_view) {
  // The words are put together so that this file holds none of them.
  static const std::regex words("\\b(" + std::string("TO") + "DO|" + "FIX" + "ME|" + "XX" + "X|" + "HA" + "CK)\\b(.{0,8})");
  static const std::regex numbered(R"(^\(?\s?#[0-9]+.*)");
  Faults faults;
  for (const auto& [path, text] : tree) {
    if (!is_code(path) && !path.ends_with(".sh") && !path.ends_with(".cmake") && !path.ends_with("CMakeLists.txt") && !path.ends_with(".py")) continue;
    int number = 0;
    for (const std::string_view line : lines_of(text)) {
      ++number;
      std::match_results<std::string_view::const_iterator> found;
      if (!std::regex_search(line.begin(), line.end(), found, words)) continue;
      if (std::regex_match(found[2].first, found[2].second, numbered)) continue;
      faults.push_back(place(path, number) + "work that is left has the number of an issue: " + std::string(line.substr(0, 120)));
    }
  }
  return faults;
}

Tree broken_left_to_do() {
  const std::string word = std::string("TO") + "DO";
  return {{"src/deb/a.cc", "// " + word + " later\n// " + word + "(#12) fine\n// " + word + " #12: fine\nint " + word + "S;\n"}, {"scripts/a.sh", std::string("# FIX") + "ME\n"}};
}

}  // namespace

const std::vector<Habit>& habits_of_words() {
  static const std::vector<Habit> habits = {
      {"messages", "errors read `cannot <verb> <object>: <cause>`, lower case, no full stop, names in single quotes", check_messages, broken_messages,
       {"src/deb/a.cc:2: a message begins in lower case: 'The file is bad'", "src/deb/a.cc:3: a message has no full stop: 'it is {} bad.'",
        "src/deb/a.cc:5: names stand in single quotes", "src/deb/a.cc:7: cannot() writes that word itself"}},
      {"hosts", "no address from which packages or images are fetched stands in source, test or document", check_hosts, broken_hosts,
       {"src/deb/a.cc:1: names the host", "docs/tour.md:1: names the host", "tests/flow/x.sh:1: names the host"}},
      {"left-to-do", "work that is left has an issue", check_left_to_do, broken_left_to_do, {"src/deb/a.cc:1: work that is left", "scripts/a.sh:1: work that is left"}},
  };
  return habits;
}

}  // namespace habits
