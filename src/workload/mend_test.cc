// What --fix changes, and what it leaves alone.
#include "workload/inner/check_rows.h"

namespace ashlar::workload {
namespace {

struct Row {
  const char* summary;
  std::string before, after;  ///< an empty one: nothing changes
};

const Row rows[] = {
    {"ADD of a folder", "FROM a:1\nADD . /app\n", "FROM a:1\nCOPY . /app\n"},
    {"ADD with what COPY has, too", "FROM a:1\nADD --chown=1:1 --link src/ /app/  \n", "FROM a:1\nCOPY --chown=1:1 --link src/ /app/  \n"},
    {"ADD of a file may unpack it", "FROM a:1\nADD app.jar /app/\n", ""},
    {"ADD of an archive", "FROM a:1\nADD a.tar.gz ./ /\n", ""},
    {"ADD with what COPY has not", "FROM a:1\nADD --unpack=true ./ /x\n", ""},
    {"CMD of plain words", "FROM a:1\nCMD node server.js --port=8080\n", "FROM a:1\nCMD [\"node\", \"server.js\", \"--port=8080\"]\n"},
    {"with comments and another case", "FROM a:1\n# start\ncmd   node server.js   \n# end\n", "FROM a:1\n# start\ncmd   [\"node\", \"server.js\"]   \n# end\n"},
    {"with CR LF", "FROM a:1\r\nCMD node x.js\r\n", "FROM a:1\r\nCMD [\"node\", \"x.js\"]\r\n"},
    {"CMD with a variable", "FROM a:1\nCMD node $FILE\n", ""},
    {"CMD with a list", "FROM a:1\nCMD a && b\n", ""},
    {"CMD with an assignment", "FROM a:1\nCMD A=1 node x.js\n", ""},
    {"CMD of a built-in command", "FROM a:1\nCMD exec node x.js\n", ""},
    {"CMD with quotes", "FROM a:1\nCMD node 'x y.js'\n", ""},
    {"CMD with a glob", "FROM a:1\nCMD cat *.txt\n", ""},
    {"CMD over several lines", "FROM a:1\nCMD node \\\n  x.js\n", ""},
    {"CMD for another shell", "FROM a:1\nSHELL [\"/bin/bash\", \"-c\"]\nCMD node x.js\n", ""},
    {"CMD that an ENTRYPOINT is given", "FROM a:1\nENTRYPOINT [\"/x\"]\nCMD node x.js\n", ""},
    {"ENTRYPOINT alone", "FROM a:1\nENTRYPOINT java -jar x.jar\n", "FROM a:1\nENTRYPOINT [\"java\", \"-jar\", \"x.jar\"]\n"},
    {"ENTRYPOINT that would get a CMD", "FROM a:1\nENTRYPOINT java -jar x.jar\nCMD [\"y\"]\n", ""},
    {"CMD of a stage that others are from", "FROM a:1 AS b\nCMD node x.js\nFROM b\n", ""},
    {"a health check of plain words", "FROM a:1\nHEALTHCHECK --interval=5s CMD /app health || exit 1\n", "FROM a:1\nHEALTHCHECK --interval=5s CMD [\"/app\", \"health\"]\n"},
    {"a health check of a tool that will not be there", "FROM a:1\nHEALTHCHECK CMD curl -f http://localhost\n", ""},
    {"apt without -y", "FROM a:1\nRUN apt-get install \\\n    x\n", "FROM a:1\nRUN apt-get install -y \\\n    x\n"},
    {"twice in a RUN", "FROM a:1\nRUN apt-get install x && apt install z\n", "FROM a:1\nRUN apt-get install -y x && apt install -y z\n"},
    {"in a heredoc", "FROM a:1\nRUN <<E\napt-get install x\nE\n", "FROM a:1\nRUN <<E\napt-get install -y x\nE\n"},
    {"under a comment that silences it", "FROM a:1\n# ashlar: ignore=apt-asks yes is piped in\nRUN yes | apt-get install x\n", ""},
    {"several at once", "FROM a:1\nADD ./ /x\nRUN apt-get install x\nCMD x\n", "FROM a:1\nCOPY ./ /x\nRUN apt-get install -y x\nCMD [\"x\"]\n"},
};

TEST(Mend, ChangesWhatIsSafeAndNothingElse) {
  for (const Row& row : rows) {
    const auto mended = mend(FileKind::Dockerfile, row.before, "D");
    ASSERT_TRUE(mended) << row.summary;
    const std::string& wanted = row.after.empty() ? row.before : row.after;
    EXPECT_EQ(mended->text, wanted) << row.summary;
    EXPECT_EQ(mended->mended.empty(), row.after.empty()) << row.summary;
    for (const Remark& each : mended->mended) EXPECT_TRUE(each.rule->mends) << each.rule->id;
    const auto again = mend(FileKind::Dockerfile, mended->text, "D");
    ASSERT_TRUE(again) << row.summary;
    EXPECT_EQ(again->text, mended->text) << row.summary << ": twice is once";
    EXPECT_TRUE(again->mended.empty()) << row.summary;
  }
}

/// What is mended is read the same but for what was meant: the same stages, the same images, the same commands.
TEST(Mend, KeepsImagesAndStages) {
  for (const Row& row : rows) {
    const auto before = images_of(FileKind::Dockerfile, row.before, "D"), after = images_of(FileKind::Dockerfile, mend(FileKind::Dockerfile, row.before, "D")->text, "D");
    ASSERT_TRUE(before && after);
    ASSERT_EQ(before->size(), after->size()) << row.summary;
    for (std::size_t at = 0; at < before->size(); ++at) EXPECT_EQ((*before)[at].written, (*after)[at].written) << row.summary;
  }
}

TEST(Mend, SaysWhatIsWrongWithAFile) { EXPECT_FALSE(mend(FileKind::Dockerfile, "RUN x\n", "D")); }

}  // namespace
}  // namespace ashlar::workload
