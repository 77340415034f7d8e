#include "plan/inner/test_keys.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::plan {
namespace {

Mark mark_of(const YamlNode& node) { return {node.line, node.column}; }

template <auto Field, int Least, int Most>
constexpr auto put_number = [](Reader& reader, const YamlNode& value, auto& into) {
  into.*Field = static_cast<std::remove_reference_t<decltype(into.*Field)>>(reader.integer(value, Least, Most));
};
template <auto Field, int Least, int Most>
constexpr auto put_seconds = [](Reader& reader, const YamlNode& value, auto& into) { into.*Field = static_cast<int>(reader.seconds(value, Least, Most)); };
/// Texts of tests: variables are replaced, what is none of ours stays.
template <auto Field>
constexpr auto put_kept = [](Reader& reader, const YamlNode& value, auto& into) { into.*Field = reader.expanded(value, Undefined::Keep); };

Objection check_command(std::string_view command) {
  const auto words = split_command(std::string(command));
  if (!words) return {"a quote in the command is not closed", "words are split as a shell does it, yet no shell runs: '...' and \"...\" keep spaces"};
  if (words->empty() || words->front().empty()) return {"the command is empty", {}};
  return {};
}

/// `5432/tcp` or `5432`: one port, for only TCP says that it is there.
void read_port(Reader& reader, const YamlNode& value, RunTest& into) {
  const std::string text = reader.checked(value, [](std::string_view port) -> Objection {
    if (Objection wrong = check_port(port)) return wrong;
    if (port.find('-') != std::string_view::npos) return {"one port is expected", {}};
    if (port.ends_with("/udp") || port.ends_with("/sctp")) return {"only a TCP port can be seen to answer", "ask it with a command"};
    return {};
  });
  if (reader.ok(value)) into.port = static_cast<std::uint16_t>(parse_number(cut(text, '/').first, 65535).value_or(0));
}

constexpr Key<HttpQuestion> http_keys[] = {
    {"port", put_number<&HttpQuestion::port, 1, 65535>, true},
    {"path",
     [](Reader& reader, const YamlNode& value, HttpQuestion& into) {
       into.path = reader.expanded(value, Undefined::Keep);
       if (reader.ok(value) && !into.path.starts_with('/')) reader.fault(value, "a path begins with '/'");
     }},
    {"status", put_number<&HttpQuestion::status, 100, 599>},
    {"body", put_kept<&HttpQuestion::body>},
    {"tls", put_bool<&HttpQuestion::tls>},
};

Objection check_file_path(std::string_view path) {
  if (Objection wrong = check_absolute_path(path)) return wrong;
  return path == "/" ? Objection{"the root is no file", {}} : Objection{};
}

Objection check_source(std::string_view source) {
  if (source.empty() || source.starts_with('/')) return {"a path below the catalogue's root is expected", "as 'nginx/tls.conf'"};
  for (const std::string_view part : split(source, '/')) {
    if (part == "..") return {"a path below the catalogue's root is expected", "without '..'"};
  }
  return {};
}

constexpr Key<TestFile> file_keys[] = {
    {"probe", put_bool<&TestFile::probe>},
    {"path", put_checked<&TestFile::path, check_file_path>, true},
    {"content", [](Reader& reader, const YamlNode& value, TestFile& into) { into.content = reader.text(value); }},
    {"source", put_checked<&TestFile::source, check_source>},
    {"mode", put_mode<&TestFile::mode>},
};

void read_files(Reader& reader, const YamlNode& value, RunTest& into) {
  reader.each(value, [&](const YamlNode& item) {
    TestFile file;
    file.at = mark_of(item);
    if (!read_mapping(reader, item, file_keys, file)) return;
    if (file.content.has_value() + !file.source.empty() + file.probe != 1) reader.fault(item, "a file of a test has either 'content' or 'source' or 'probe: true'");
    if (std::ranges::any_of(into.files, [&](const TestFile& other) { return other.path == file.path; })) {
      reader.fault(item, fmt::format("the file '{}' stands twice", file.path));
    }
    into.files.push_back(std::move(file));
  });
}

constexpr Key<TestCertificate> certificate_keys[] = {
    {"path", put_checked<&TestCertificate::path, check_file_path>, true},
    {"key", put_checked<&TestCertificate::key, check_file_path>, true},
};

constexpr Key<RunTest> test_keys[] = {
    {"name", put<&RunTest::name>},
    {"directory", put<&RunTest::directory>},
    {"commands",
     [](Reader& reader, const YamlNode& value, RunTest& into) {
       reader.each(value, [&](const YamlNode& item) {
         into.commands.push_back(reader.expanded(item, Undefined::Keep));
         if (reader.ok(item)) reader.object(item, check_command(into.commands.back()));
       });
     }},
    {"exit-code", put_number<&RunTest::exit_code, 0, 255>, true},
    {"timeout", put_seconds<&RunTest::timeout, 0, 86400>},
    {"output", put_kept<&RunTest::output>},
    // Ours:
    {"service", put_bool<&RunTest::service>},
    {"args", [](Reader& reader, const YamlNode& value, RunTest& into) { into.args = reader.texts(value); }},
    {"port", read_port},
    {"file", put_checked<&RunTest::file, check_file_path>},
    {"http", [](Reader& reader, const YamlNode& value, RunTest& into) { read_mapping(reader, value, http_keys, into.http.emplace()); }},
    {"network",
     [](Reader& reader, const YamlNode& value, RunTest&) {
       if (reader.boolean(value)) reader.fault(value, "no test gets a network beyond its own loopback", "leave the key out: services answer on the loopback, and what they need can be brought with 'files'");
     }},
    {"environment", put_pairs<&RunTest::environment>},
    {"files", read_files},
    {"certificate", [](Reader& reader, const YamlNode& value, RunTest& into) { read_mapping(reader, value, certificate_keys, into.certificate.emplace()); }},
};

/// Keys that mean something only while a service runs, or only without one.
void judge_together(Reader& reader, const YamlNode& node, const RunTest& test) {
  for (const char* key : {"port", "file", "http"}) {
    const YamlNode* value = node.find(key);
    if (value != nullptr && !test.service) reader.fault(*value, fmt::format("'{}' is asked of a service", key), "add 'service: true'");
  }
  const YamlNode* code = node.find("exit-code");
  if (test.service && test.commands.empty() && test.exit_code != 0 && code != nullptr) {
    reader.fault(*code, "a service that no command follows is ended by the test, and has no exit code", "write 0");
  }
  const YamlNode* args = node.find("args");
  if (args != nullptr && !test.service && !test.commands.empty()) {
    reader.fault(*args, "'args' follow the image's entrypoint, in whose place the commands run", "add 'service: true', or leave one of both out");
  }
}

}  // namespace

void read_run_test(Reader& reader, const YamlNode& node, std::vector<RunTest>& tests) {
  RunTest test;
  test.at = mark_of(node);
  if (!read_mapping(reader, node, test_keys, test)) return;
  judge_together(reader, node, test);
  const bool twice = !test.name.empty() && std::ranges::any_of(tests, [&](const RunTest& other) { return other.name == test.name; });
  if (twice) reader.fault(*node.find("name"), fmt::format("a test '{}' stands above", test.name.substr(0, 80)), "each has a name of its own");
  tests.push_back(std::move(test));
}

}  // namespace ashlar::plan
