#include "workload/dockerfile.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"
#include "workload/images.h"

namespace ashlar::workload {
namespace {

/// A file in one line: `FROM[a|b] --flag=x RUN*[exec|form] <<EOF(content)`.
std::string shown(const Instruction& each) {
  std::vector<std::string> words;
  for (const Traced& word : each.words) words.push_back(word.text);
  for (const Assignment& pair : each.assignments) words.push_back(pair.name.text + (pair.has_value ? "=" + pair.value.text : ""));
  for (const Instruction& inner : each.trigger) words.push_back(shown(inner));
  std::string out = each.keyword + (each.exec ? "*" : "");
  for (const Flag& flag : each.flags) out += " --" + flag.name + (flag.has_value ? "=" + flag.value.text : "");
  out += "[" + join(words, "|") + "]";
  for (const Heredoc& doc : each.heredocs) out += fmt::format("<<{}{}{}{}({})", doc.descriptor == 0 ? "" : std::to_string(doc.descriptor), doc.strips ? "-" : "", doc.expands ? "" : "'", doc.name, doc.content);
  return out;
}

std::string shown(const Result<Dockerfile>& file) {
  if (!file) return file.error().faults.empty() ? file.error().message : fmt::format("{}:{}: {}", file.error().faults[0].line, file.error().faults[0].column, file.error().faults[0].message);
  std::vector<std::string> out;
  for (const Instruction& each : file->instructions) out.push_back(shown(each));
  return join(out, " ");
}

struct Row {
  const char* summary;
  const char* text;
  const char* read;
};

const Row rows[] = {
    {"the smallest", "FROM scratch", "FROM[scratch]"},
    {"keywords in any case", "from a\nrUn x", "FROM[a] RUN[x]"},
    {"blank lines and comments between", "\n# one\n\nFROM a\n  # two\n\t\nRUN x\n", "FROM[a] RUN[x]"},
    {"lines end with CR LF", "FROM a\r\nRUN x\r\n", "FROM[a] RUN[x]"},
    {"a byte order mark", "\xef\xbb\xbf"
                          "FROM a",
     "FROM[a]"},
    {"white space before and after", "   FROM \t a  \n", "FROM[a]"},
    {"a stage with a name", "FROM a AS b", "FROM[a|AS|b]"},
    {"in small letters", "FROM a as B", "FROM[a|as|B]"},
    {"a platform", "FROM --platform=$BUILDPLATFORM a", "FROM --platform=$BUILDPLATFORM[a]"},
    {"a continuation", "FROM a\nRUN x \\\n  y", "FROM[a] RUN[x   y]"},
    {"with blanks behind it", "FROM a\nRUN x \\  \t\n  y", "FROM[a] RUN[x   y]"},
    {"within a word", "FROM deb\\\nian", "FROM[debian]"},
    {"a comment within", "FROM a\nRUN x \\\n# no\n  # neither\n  y", "FROM[a] RUN[x   y]"},
    {"an empty line within", "FROM a\nRUN x \\\n\n  y", "FROM[a] RUN[x   y]"},
    {"on a line of its own", "FROM a\nRUN x \\\n\\\ny", "FROM[a] RUN[x y]"},
    {"nothing comes after one", "FROM a\n\\\n\n", "2:1: a line goes on, and nothing comes"},
    {"two escapes are none", "FROM a\nRUN x \\\\\nRUN y", "FROM[a] RUN[x \\\\] RUN[y]"},
    {"one at the file's end", "FROM a\nRUN x \\", "FROM[a] RUN[x]"},
    {"another escape", "# escape=`\nFROM a\nRUN dir C:\\ `\n x", "FROM[a] RUN[dir C:\\  x]"},
    {"after a comment a directive is a comment", "# hello\n# escape=`\nFROM a\nRUN x \\\n y", "FROM[a] RUN[x  y]"},
    {"after an empty line as well", "\n# escape=`\nFROM a\nRUN x \\\n y", "FROM[a] RUN[x  y]"},
    {"directives in any case, with blanks", "#  EsCaPe =  ` \n#syntax=x/y:1\nFROM a\nRUN b`\nc", "FROM[a] RUN[bc]"},
    {"a directive that is none ends them", "# escapes=`\n# escape=`\nFROM a\nRUN x \\\n y", "FROM[a] RUN[x  y]"},
    {"an escape that is none", "# escape=x\nFROM a", "1:1: 'x' is no escape: ` or \\"},
    {"a directive twice", "# escape=`\n# escape=\\\nFROM a", "2:1: only one directive 'escape' may stand in a file"},
    {"the exec form", "FROM a\nCMD [\"x\", \"y z\"]", "FROM[a] CMD*[x|y z]"},
    {"over several lines", "FROM a\nENTRYPOINT [\"x\", \\\n  \"y\"]", "FROM[a] ENTRYPOINT*[x|y]"},
    {"with escapes", "FROM a\nCMD [\"a\\\"b\\u0041\"]", "FROM[a] CMD*[a\"bA]"},
    {"an empty array", "FROM a\nENTRYPOINT []", "FROM[a] ENTRYPOINT*[]"},
    {"single quotes are no JSON", "FROM a\nCMD ['x']", "FROM[a] CMD[['x']]"},
    {"a comma too many is none", "FROM a\nCMD [\"x\",]", "FROM[a] CMD[[\"x\",]]"},
    {"something behind it is none", "FROM a\nCMD [\"x\"] y", "FROM[a] CMD[[\"x\"] y]"},
    {"a number in it", "FROM a\nCMD [\"x\", 1]", "2:1: only strings may stand in the array"},
    {"the shell form is one text", "FROM a\nCMD exec  x   y", "FROM[a] CMD[exec  x   y]"},
    {"COPY in words", "FROM a\nCOPY  x  y /z", "FROM[a] COPY[x|y|/z]"},
    {"COPY as an array", "FROM a\nCOPY [\"x y\", \"/z\"]", "FROM[a] COPY*[x y|/z]"},
    {"COPY with flags", "FROM a\nCOPY --from=b --chown=1:1 --link x y", "FROM[a] COPY --from=b --chown=1:1 --link[x|y]"},
    {"a flag in quotes", "FROM a\nCOPY --chown=\"1 2\" x y", "FROM[a] COPY --chown=1 2[x|y]"},
    {"flags end at --", "FROM a\nRUN -- --x", "FROM[a] RUN[--x]"},
    {"what looks like one later is none", "FROM a\nRUN x --mount=y", "FROM[a] RUN[x --mount=y]"},
    {"a flag that there is not", "FROM a\nCOPY --form=b x y", "2:6: COPY has no flag '--form'"},
    {"a flag without its value", "FROM a\nCOPY --from x y", "2:6: --from needs a value"},
    {"COPY needs two", "FROM a\nCOPY x", "2:1: COPY needs a source and a destination"},
    {"RUN with mounts", "FROM a\nRUN --mount=type=cache,target=/c --network=none make", "FROM[a] RUN --mount=type=cache,target=/c --network=none[make]"},
    {"ENV pairs", "FROM a\nENV A=1 B=\"x y\" C=x\\ y", "FROM[a] ENV[A=1|B=\"x y\"|C=x\\ y]"},
    {"white space that is wide", "FROM a\nENV A=1\u00a0B=2\nUSER \u2003u\u3000", "FROM[a] ENV[A=1|B=2] USER[u]"},
    {"ENV of old", "FROM a\nENV A  x  y=z", "FROM[a] ENV[A=x  y=z]"},
    {"ENV without a value", "FROM a\nENV A", "2:1: ENV needs a value"},
    {"ENV with a word between", "FROM a\nENV A=1 B", "2:1: 'B' is no NAME=value"},
    {"ENV without a name", "FROM a\nENV =1", "2:1: ENV has a value without a name"},
    {"LABEL over lines", "FROM a\nLABEL a=1 \\\n  b='x y'", "FROM[a] LABEL[a=1|b='x y']"},
    {"ARG of several", "ARG A B=2\nFROM a", "ARG[A|B=2] FROM[a]"},
    {"ARG with nothing", "ARG\nFROM a", "1:1: ARG needs an argument"},
    {"EXPOSE", "FROM a\nEXPOSE 80/tcp 443", "FROM[a] EXPOSE[80/tcp|443]"},
    {"VOLUME as an array", "FROM a\nVOLUME [\"/a\", \"/b\"]", "FROM[a] VOLUME*[/a|/b]"},
    {"VOLUME in words", "FROM a\nVOLUME /a /b", "FROM[a] VOLUME[/a|/b]"},
    {"USER, WORKDIR and STOPSIGNAL are one text", "FROM a\nUSER a b\nWORKDIR /x y\nSTOPSIGNAL SIGTERM", "FROM[a] USER[a b] WORKDIR[/x y] STOPSIGNAL[SIGTERM]"},
    {"SHELL", "FROM a\nSHELL [\"/bin/sh\", \"-c\"]", "FROM[a] SHELL*[/bin/sh|-c]"},
    {"SHELL in words", "FROM a\nSHELL /bin/sh", "2:1: SHELL needs an array of strings"},
    {"HEALTHCHECK with a command", "FROM a\nHEALTHCHECK --interval=5s --retries=3 CMD [\"x\", \"y\"]", "FROM[a] HEALTHCHECK* --interval=5s --retries=3[CMD|x|y]"},
    {"HEALTHCHECK in the shell form", "FROM a\nHEALTHCHECK CMD x || exit 1", "FROM[a] HEALTHCHECK[CMD|x || exit 1]"},
    {"HEALTHCHECK NONE", "FROM a\nHEALTHCHECK NONE", "FROM[a] HEALTHCHECK[NONE]"},
    {"HEALTHCHECK of another kind", "FROM a\nHEALTHCHECK RUN x", "2:1: HEALTHCHECK has CMD or NONE, not 'RUN'"},
    {"ONBUILD", "FROM a\nONBUILD COPY --from=b x y", "FROM[a] ONBUILD[COPY --from=b[x|y]]"},
    {"ONBUILD in ONBUILD", "FROM a\nONBUILD ONBUILD RUN x", "2:1: ONBUILD is not allowed as a trigger of ONBUILD"},
    {"ONBUILD FROM", "FROM a\nONBUILD FROM b", "2:1: FROM is not allowed as a trigger of ONBUILD"},
    {"a heredoc", "FROM a\nRUN <<EOF\necho a\n  b\nEOF\nUSER x", "FROM[a] RUN[<<EOF]<<EOF(echo a\n  b\n) USER[x]"},
    {"with a quoted name", "FROM a\nRUN <<'EOF'\n$x\nEOF", "FROM[a] RUN[<<'EOF']<<'EOF($x\n)"},
    {"with tabs before its end", "FROM a\nRUN <<-EOF\n\techo\n\tEOF", "FROM[a] RUN[<<-EOF]<<-EOF(\techo\n)"},
    {"tabs count without the hyphen", "FROM a\nRUN <<EOF\n\tEOF\nEOF", "FROM[a] RUN[<<EOF]<<EOF(\tEOF\n)"},
    {"two of them", "FROM a\nCOPY <<one <<two /x\n1\none\n2\ntwo", "FROM[a] COPY[<<one|<<two|/x]<<one(1\n)<<two(2\n)"},
    {"with a descriptor", "FROM a\nRUN cat 3<<EOF\nx\nEOF", "FROM[a] RUN[cat 3<<EOF]<<3EOF(x\n)"},
    {"what looks like an instruction in it", "FROM a\nRUN <<EOF\nFROM b\n# no comment\nEOF", "FROM[a] RUN[<<EOF]<<EOF(FROM b\n# no comment\n)"},
    {"a here-string is none", "FROM a\nRUN cat <<<x\nUSER y", "FROM[a] RUN[cat <<<x] USER[y]"},
    {"one in quotes is none", "FROM a\nRUN echo \"<<EOF\"\nUSER y", "FROM[a] RUN[echo \"<<EOF\"] USER[y]"},
    {"none in the exec form", "FROM a\nRUN [\"cat\", \"<<EOF\"]\nUSER y", "FROM[a] RUN*[cat|<<EOF] USER[y]"},
    {"none of CMD", "FROM a\nCMD cat <<EOF\nUSER y", "FROM[a] CMD[cat <<EOF] USER[y]"},
    {"in ONBUILD", "FROM a\nONBUILD RUN <<EOF\nx\nEOF", "FROM[a] ONBUILD[RUN[<<EOF]<<EOF(x\n)]"},
    {"one that does not end", "FROM a\nRUN <<EOF\nx\n", "2:1: the heredoc 'EOF' does not end"},
    {"after a continuation", "FROM a\nRUN x \\\n <<EOF\ny\nEOF", "FROM[a] RUN[x  <<EOF]<<EOF(y\n)"},
    {"an unknown instruction", "FROM a\nRUM x", "2:1: unknown instruction 'RUM'"},
    {"an instruction before the first stage", "RUN x\nFROM a", "1:1: RUN stands before the first FROM"},
    {"no stage", "ARG A=1", "1:1: it has no FROM"},
    {"nothing", "# only this\n", "2:1: it has no instruction"},
    {"an empty file", "", "1:1: it has no instruction"},
    {"FROM with too much", "FROM a b", "1:1: FROM takes an image, and perhaps a name"},
    {"FROM with nothing", "FROM", "1:1: FROM needs an argument"},
    {"a name that is none", "FROM a AS 1b", "1:1: '1b' is no name of a stage"},
    {"a byte 0", std::string_view("FROM a\nRUN \0x", 13).data(), "FROM[a] RUN[]"},
};

TEST(Dockerfiles, AreReadByTheirGrammar) {
  for (const Row& row : rows) {
    if (std::string_view(row.summary) == "a byte 0") continue;
    EXPECT_EQ(shown(parse_dockerfile(row.text, "Dockerfile")), row.read) << row.summary;
  }
  EXPECT_GE(std::size(rows), 80U);
  EXPECT_EQ(shown(parse_dockerfile(std::string_view("FROM a\nRUN \0x", 13), "Dockerfile")), "2:5: a byte 0 is in no Dockerfile");
}

TEST(Dockerfiles, FaultsShowTheirPlace) {
  const auto file = parse_dockerfile("FROM a\n  RUM x\nCPOY y z\n", "d/Dockerfile");
  ASSERT_FALSE(file);
  ASSERT_EQ(file.error().faults.size(), 2U);
  EXPECT_EQ(to_string(file.error().faults[0]), "d/Dockerfile:2:3: unknown instruction 'RUM'\n    RUM x\n    ^\n  hint: did you mean 'RUN'?") << to_string(file.error().faults[0]);
  EXPECT_EQ(file.error().faults[1].hint, "did you mean 'COPY'?");
}

TEST(Dockerfiles, EverythingKnowsItsPlace) {
  const std::string text = "# syntax=x/y:1\nARG V=1\nFROM --platform=p a:$V AS b\nRUN x \\\n  # c\n  yy <<E\nz\nE\nUSER u\n";
  const auto file = parse_dockerfile(text, "Dockerfile");
  ASSERT_TRUE(file) << shown(file);
  const auto bytes = [&](const Span& span) { return text.substr(span.begin, span.end - span.begin); };
  EXPECT_EQ(file->directives.at(0).value.text, "x/y:1");
  EXPECT_EQ(bytes(file->directives[0].span), "# syntax=x/y:1");
  const Instruction& from = file->instructions.at(1);
  EXPECT_EQ(bytes(from.span), "FROM --platform=p a:$V AS b");
  EXPECT_EQ(bytes(from.flags[0].span), "--platform=p");
  EXPECT_EQ(from.words[0].run(0, 4), (std::pair<size_t, size_t>(41, 45)));
  EXPECT_EQ(text.substr(41, 4), "a:$V");
  const Instruction& run = file->instructions.at(2);
  EXPECT_EQ(bytes(run.span), "RUN x \\\n  # c\n  yy <<E\nz\nE");
  EXPECT_EQ(run.span.line, 4);
  EXPECT_EQ(run.last_line, 8);
  EXPECT_EQ(bytes(run.heredocs[0].span), "z\n");
  EXPECT_EQ(run.words[0].run(0, run.words[0].size()), std::nullopt) << "it is in two pieces";
  const size_t yy = run.words[0].text.find("yy");
  EXPECT_EQ(run.words[0].run(yy, yy + 2)->first, text.find("yy"));
  EXPECT_EQ(file->instructions.at(3).span.line, 9);
}

TEST(Dockerfiles, StagesAreFoundByNameAndNumber) {
  const auto file = parse_dockerfile("ARG A\nFROM a AS Build\nRUN x\nFROM b\nFROM build AS c\nUSER x\n", "Dockerfile");
  ASSERT_TRUE(file);
  ASSERT_EQ(file->stages.size(), 3U);
  EXPECT_EQ(file->stages[0].name, "build");
  EXPECT_EQ(file->stages[2].first, 4U);
  EXPECT_EQ(file->stages[2].end, 6U);
  EXPECT_EQ(stage_of(*file, "BUILD", 3), 0);
  EXPECT_EQ(stage_of(*file, "c", 2), -1) << "one that comes later";
  EXPECT_EQ(stage_of(*file, "1", 3), 1);
  EXPECT_EQ(stage_of(*file, "3", 3), -1);
  EXPECT_EQ(stage_of(*file, "", 3), -1);
  EXPECT_EQ(stage_of(*file, "99999999999", 3), -1);
}

/// Shapes as teams have them, and what is read of each, its lines and images among it: tests/data/workload/dockerfiles. BuildKit's parser reads them the same.
TEST(Dockerfiles, ShapesAreReadAsTheyWere) {
  namespace fs = std::filesystem;
  const auto read = [](const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(ASHLAR_SOURCE_DIR "/tests/data/workload/dockerfiles")) {
    if (entry.path().extension() == ".read") continue;
    ++count;
    const std::string text = read(entry.path());
    const auto file = parse_dockerfile(text, entry.path().filename().string());
    ASSERT_TRUE(file) << shown(file) << entry.path();
    std::string out;
    for (const Directive& each : file->directives) out += fmt::format("{}: {} = {}\n", each.span.line, each.name, each.value.text);
    for (const Instruction& each : file->instructions) out += fmt::format("{}-{}: {}\n", each.span.line, each.last_line, shown(each));
    for (const Stage& each : file->stages) out += fmt::format("stage '{}' from {} to {}\n", each.name, each.first, each.end);
    for (const ImageUse& each : images_of(*file, text))
      out += fmt::format("{}:{}: {} of stage '{}' on '{}': {}{}\n", each.span.line, each.span.column, each.where, each.stage, each.platform, each.image ? each.image->str() : "unknown: " + each.written, each.variables.empty() ? "" : " by " + join(each.variables, ", "));
    const fs::path golden = entry.path().string() + ".read";
    if (std::getenv("ASHLAR_ACCEPT") != nullptr) std::ofstream(golden, std::ios::binary) << out;
    EXPECT_EQ(out, read(golden)) << entry.path();
  }
  EXPECT_GE(count, 23U);
}

TEST(Dockerfiles, HostileOnesAreRefusedInBoundedTime) {
  EXPECT_EQ(parse_dockerfile(std::string((1 << 20) + 1, 'x'), "D").error().message, "cannot read 'D': it is larger than 1 MiB");
  std::string many = "FROM a\n";
  while (many.size() < 1'000'000) many += "RUM\n";
  EXPECT_LE(parse_dockerfile(many, "D").error().faults.size(), 60U);
  std::string long_line = "FROM a\nRUN " + std::string(1'000'000, 'x');
  EXPECT_TRUE(parse_dockerfile(long_line, "D"));
  std::string deep = "FROM a\n";
  for (int at = 0; at < 100'000; ++at) deep += "ONBUILD ";
  EXPECT_FALSE(parse_dockerfile(deep + "RUN x", "D"));
  EXPECT_TRUE(parse_dockerfile("FROM a\nCMD " + std::string(500'000, '['), "D")) << "no array, so a text";
  std::string stages;
  for (int at = 0; at < 20'000; ++at) stages += fmt::format("FROM s{} AS s{}\n", at + 1, at);
  EXPECT_TRUE(parse_dockerfile(stages, "D"));
}

}  // namespace
}  // namespace ashlar::workload
