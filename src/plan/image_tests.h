#pragma once
// A definition's `tests`: what is run in the finished image, and what shall come of it (docs/formats/definition.md, "tests").
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ashlar::plan {

/// Line and column of a value in its file, for errors that come later than reading.
struct Mark {
  int line = 0, column = 0;
};

/// What a service must answer to `GET path`.
struct HttpQuestion {
  std::uint16_t port = 0;
  std::string path = "/";
  int status = 200;
  std::string body;  ///< a text that must be in the answer's body
  bool tls = false;  ///< the service's certificate must be the test's own, where there is one
};

/// A file that is there for the test alone, read-only, owned by the image's user.
struct TestFile {
  std::string path;
  std::optional<std::string> content;
  std::string source;  ///< relative to the catalogue's root, when there is no content
  bool probe = false;  ///< our health probe instead of both
  std::optional<std::uint32_t> mode;
  Mark at;
};

/// A self-signed certificate for `localhost`, 127.0.0.1 and ::1, made anew for the test; both paths may be the same.
struct TestCertificate { std::string path, key; };

struct RunTest {
  std::string name, directory;
  std::vector<std::string> commands;  ///< words of one each, with quotes; no shell
  int exit_code = 0;                  ///< of the last command; those before it exit with 0
  int timeout = 0;                    ///< seconds for the whole test; 0: the default
  std::string output;
  // Ours:
  bool service = false;  ///< the image's entrypoint with its cmd (or `args`) runs while the commands do, in one container
  std::optional<std::vector<std::string>> args;
  std::uint16_t port = 0;  ///< a TCP port that must answer; 0: none
  std::string file;        ///< a path that must appear
  std::optional<HttpQuestion> http;
  std::map<std::string, std::string> environment;
  std::vector<TestFile> files;
  std::optional<TestCertificate> certificate;
  Mark at;
};

/// The words of a command line as a shell splits them: white space parts, '...' keeps all, "..." keeps all but `\"` and `\\`, `\` keeps the next
/// character. Nothing is expanded. Nothing when a quote is not closed.
std::optional<std::vector<std::string>> split_command(const std::string& line);

}  // namespace ashlar::plan
