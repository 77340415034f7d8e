// `ashlar migrate` as teams call it: answers, exit codes, what is written and what is not.
#include <fmt/format.h>

#include "stage.h"

namespace ashlar::flow {
namespace {

class MigrateFlow : public ::testing::Test {
 protected:
  Stage stage;
};

const char* const clean = "FROM python:3.13-slim\n# A comment.\nWORKDIR /app\nCOPY app.py .\nCMD python app.py\n";
const char* const open = "FROM nginx:1.26\nEXPOSE 80\nCOPY site /usr/share/nginx/html\n";
const char* const refused = "FROM debian:12\nRUN apt-get update && apt-get install -y cron\nCMD [\"cron\", \"-f\"]\n";

TEST_F(MigrateFlow, the_answer_is_the_file_and_the_report_is_told) {
  stage.write("Dockerfile", clean);
  const Ran ran = stage.ashlar({"migrate", "Dockerfile", "--bases", "registry.example/hardened"});
  EXPECT_EQ(ran.code, 0) << ran.told;
  EXPECT_EQ(ran.out, "FROM registry.example/hardened/python:3.13\n# A comment.\nWORKDIR /app\nCOPY app.py .\nCMD [\"python\", \"app.py\"]\n");
  EXPECT_NE(ran.err.find("Dockerfile:5:1: change [shell]"), std::string::npos) << ran.err;
  EXPECT_EQ(stage.read("Dockerfile"), clean) << "nothing is written";
  EXPECT_EQ(ran.err.find("--bases"), std::string::npos) << ran.err;
  const Ran nowhere = stage.ashlar({"migrate", "Dockerfile", "--output", "new"});
  EXPECT_EQ(nowhere.code, 0);
  EXPECT_NE(nowhere.err.find("'ashlar/...', which is nowhere of yours: --bases HOST/PREFIX"), std::string::npos) << nowhere.err;
  EXPECT_EQ(stage.read("new"), "FROM ashlar/python:3.13\n# A comment.\nWORKDIR /app\nCOPY app.py .\nCMD [\"python\", \"app.py\"]\n");
}

TEST_F(MigrateFlow, in_place_once_and_no_more) {
  stage.write("Dockerfile", open);
  const Ran check = stage.ashlar({"migrate", "Dockerfile", "--check"});
  EXPECT_EQ(check.code, 1) << check.told;
  EXPECT_EQ(stage.read("Dockerfile"), open);
  const Ran ran = stage.ashlar({"migrate", "Dockerfile", "--in-place"});
  EXPECT_EQ(ran.code, 1) << "a port is to be decided: " << ran.told;
  EXPECT_NE(ran.out.find("break [port] 'EXPOSE 80'"), std::string::npos) << ran.told;
  const std::string hardened = stage.read("Dockerfile");
  EXPECT_NE(hardened.find("FROM ashlar/nginx:1.26\nEXPOSE 8080\n"), std::string::npos) << hardened;
  const Ran again = stage.ashlar({"migrate", "Dockerfile", "--in-place"});
  EXPECT_EQ(again.code, 0) << again.told;
  EXPECT_EQ(stage.read("Dockerfile"), hardened);
  EXPECT_EQ(stage.ashlar({"migrate", "Dockerfile", "--check"}).code, 0);
}

TEST_F(MigrateFlow, what_cannot_be_is_refused_with_its_line) {
  stage.write("Dockerfile", refused);
  const Ran ran = stage.ashlar({"migrate", "Dockerfile", "--in-place"});
  EXPECT_EQ(ran.code, 2) << ran.told;
  EXPECT_NE(ran.err.find("Dockerfile:2:"), std::string::npos) << ran.err;
  EXPECT_EQ(stage.read("Dockerfile"), refused);
  const Ran fresh = stage.ashlar({"migrate", "Dockerfile", "--write", "new"});
  EXPECT_EQ(fresh.code, 2);
  EXPECT_FALSE(stage.exists("new"));
  stage.write("Dockerfile", "RUN x\n");
  EXPECT_EQ(stage.ashlar({"migrate", "Dockerfile"}).code, 2) << "no builder takes it";
  EXPECT_EQ(stage.ashlar({"migrate", "nowhere"}).code, 2);
}

TEST_F(MigrateFlow, reports_for_scripts_and_pull_requests) {
  stage.write("Dockerfile", open);
  const Json json = stage.json({"migrate", "Dockerfile"}, 1);
  EXPECT_EQ(json["schema"], "https://ashlar.dev/migration/v1");
  EXPECT_EQ(json["result"], "converted");
  EXPECT_EQ(json["breaks"][0]["id"], "port");
  EXPECT_EQ(json["breaks"][0]["line"], 2);
  EXPECT_NE(json["dockerfile"].get<std::string>().find("FROM ashlar/nginx:1.26"), std::string::npos);
  const Ran markdown = stage.ashlar({"migrate", "Dockerfile", "--format", "markdown", "--write", "new"});
  EXPECT_NE(markdown.out.find("### To decide (1)"), std::string::npos) << markdown.out;
  EXPECT_TRUE(stage.exists("new"));
}

TEST_F(MigrateFlow, several_at_once) {
  stage.write("a/Dockerfile", clean);
  stage.write("b/Dockerfile", open);
  stage.write("c/Dockerfile", refused);
  EXPECT_EQ(stage.ashlar({"migrate", "a/Dockerfile", "b/Dockerfile"}).code, 2) << "where should it go";
  const Ran ran = stage.ashlar({"migrate", "a/Dockerfile", "b/Dockerfile", "c/Dockerfile", "--in-place"});
  EXPECT_EQ(ran.code, 2) << ran.told;
  EXPECT_NE(stage.read("a/Dockerfile"), clean);
  EXPECT_NE(stage.read("b/Dockerfile"), open);
  EXPECT_EQ(stage.read("c/Dockerfile"), refused) << "the others are done all the same";
  // One that is no Dockerfile, and one that is not there, stop no other either.
  stage.write("d/Dockerfile", "FORM x\n");
  stage.write("e/Dockerfile", clean);
  const Ran more = stage.ashlar({"migrate", "d/Dockerfile", "none/Dockerfile", "e/Dockerfile", "--in-place"});
  EXPECT_EQ(more.code, 2) << more.told;
  EXPECT_NE(stage.read("e/Dockerfile"), clean) << more.told;
  EXPECT_EQ(stage.read("d/Dockerfile"), "FORM x\n");
  EXPECT_NE(more.out.find("d/Dockerfile:1:1: refused"), std::string::npos) << more.out;
  EXPECT_NE(more.out.find("none/Dockerfile"), std::string::npos) << more.out;
  EXPECT_EQ(stage.json({"migrate", "d/Dockerfile", "e/Dockerfile", "--check"}, 2)["files"][0]["result"], "refused");
  const Json json = stage.json({"migrate", "a/Dockerfile", "b/Dockerfile", "--check"}, 0);
  EXPECT_EQ(json["files"].size(), 2U);
  EXPECT_EQ(json["files"][0]["result"], "unchanged");
}

TEST_F(MigrateFlow, what_lies_beside_the_file_counts_and_nothing_else) {
  stage.write("app/package.json", R"({"scripts": {"start": "node main.js"}})");
  stage.write("app/Dockerfile", "FROM node:20\nCMD [\"npm\", \"start\"]\n");
  const Ran ran = stage.ashlar({"migrate", "app/Dockerfile"});
  EXPECT_EQ(ran.code, 0) << ran.told;
  EXPECT_NE(ran.out.find("CMD [\"node\", \"main.js\"]"), std::string::npos) << ran.out;
  EXPECT_EQ(stage.ashlar({"migrate", "app/Dockerfile", "--context", "elsewhere"}).code, 2) << "what npm starts is not known there";
  // A configuration outside of what is built from is not read.
  stage.write("outside.conf", "pid /tmp/x; client_body_temp_path /tmp/y;");
  stage.write("web/Dockerfile", "FROM nginx:1.26\nCOPY ../outside.conf /etc/nginx/nginx.conf\n");
  const Ran web = stage.ashlar({"migrate", "web/Dockerfile", "--check"});
  EXPECT_NE(web.out.find("whether its pid file and temporary folders are in /tmp is not known"), std::string::npos) << web.out;
}

}  // namespace
}  // namespace ashlar::flow
