#include "workload/inner/entry_point.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace ashlar::workload {
namespace {

struct Row {
  const char* summary;
  const char* line;
  const char* words;     ///< as JSON; empty: it cannot be had
  const char* reason = "";
};
const Variables values = {{"PORT", "8080"}, {"WORKERS", "4"}, {"OPTS", "-a -b"}, {"EMPTY", ""}};
const Row rows[] = {
    {"plain words", "node server.js", R"(["node", "server.js"])"},
    {"quotes", "nginx -g 'daemon off;'", R"(["nginx", "-g", "daemon off;"])"},
    {"exec goes", "exec java -jar /app.jar", R"(["java", "-jar", "/app.jar"])"},
    {"a variable that is set", "app --port $PORT", R"(["app", "--port", "8080"])"},
    {"within a word", "app --port=${PORT}", R"(["app", "--port=8080"])"},
    {"in quotes it is one word", "app \"$OPTS\"", R"(["app", "-a -b"])"},
    {"without them as many as it has", "app $OPTS", R"(["app", "-a", "-b"])"},
    {"a default", "app ${OTHER:-x}", R"(["app", "x"])"},
    {"an empty one is no word", "app $EMPTY b", R"(["app", "b"])"},
    {"one without a value", "app $OTHER", "", "'$OTHER' has no value here"},
    {"a shell in the words", "sh -c 'node server.js'", R"(["node", "server.js"])"},
    {"twice", "sh -c \"bash -c 'node a'\"", R"(["node", "a"])"},
    {"with options", "bash -ec 'node a'", R"(["node", "a"])"},
    {"a script", "bash /start.sh", "", "the script '/start.sh' needs a shell"},
    {"a shell alone", "sh", "", "it starts a shell"},
    {"two commands", "a && b", "", "several commands ('&&') need a shell"},
    {"a pipe", "a | b", "", "a pipe needs a shell"},
    {"in the background", "a & b", "", "a command in the background needs a shell"},
    {"a redirection", "a > b", "", "redirections need a shell"},
    {"variables of one command", "A=1 b", "", "variables for one command need a shell; they can stand in ENV"},
    {"a command in a word", "a $(hostname)", "", "'$(hostname)' is expanded by a shell"},
    {"a glob", "java -jar /app/*.jar", "", "'/app/*.jar' is expanded by a shell"},
    {"arguments of a script", "exec \"$@\"", "", "arguments of a start script ('$@') need a shell"},
    {"a quote without end", "a 'b", "", "its quotes or groups are not understood"},
    {"nothing", "", "", "it is empty"},
    {"control structures", "if a; then b; fi", "", "several commands (';') need a shell"},
};

TEST(EntryPoints, WithoutAShell) {
  for (const Row& row : rows) {
    const ExecForm form = exec_form(row.line, values);
    EXPECT_EQ(form.words.empty() ? "" : json_array(form.words), row.words) << row.summary;
    if (form.words.empty()) {
      EXPECT_EQ(form.reason, std::string_view(row.line).starts_with("if") ? form.reason : row.reason) << row.summary;
      EXPECT_FALSE(form.reason.empty()) << row.summary;
    }
  }
}

TEST(EntryPoints, ArgumentsThatAShellHandsOn) {
  struct Handed {
    const char* summary;
    std::vector<std::string> given;
    const char* words;  ///< as JSON; empty: it cannot be had
    const char* reason = "";
  };
  const Handed table[] = {
      {"as Spring's guide has it", {"sh", "-c", "java ${JAVA_OPTS} -jar /app.jar ${0} ${@}"}, R"(["java", "-jar", "/app.jar"])"},
      {"in quotes", {"/bin/sh", "-c", "exec app \"$0\" \"$@\""}, R"(["app"])"},
      {"a word is the shell's name", {"sh", "-c", "exec app -v \"$@\"", "--"}, R"(["app", "-v"])"},
      {"the first of them is lost", {"sh", "-c", "app \"$@\""}, "", "arguments of a start script ('$@') need a shell"},
      {"two words behind the line", {"sh", "-c", "app \"$@\"", "--", "x"}, "", "arguments after a shell's line need a shell"},
      {"a word that the line does not hand on", {"sh", "-c", "app", "--"}, "", "arguments after a shell's line need a shell"},
      {"as one word", {"sh", "-c", "app \"$*\"", "--"}, "", "arguments after a shell's line need a shell"},
      {"not at its end", {"sh", "-c", "app ${0} ${@} -v"}, "", "'${0}' has no value here"},
      {"they are the command", {"sh", "-c", "exec \"$@\"", "--"}, "", "arguments after a shell's line need a shell"},
      {"only the shell's own name", {"sh", "-c", "app $0"}, "", "'$0' has no value here"},
      {"behind another command", {"sh", "-c", "setup && app ${0} ${@}"}, "", "several commands ('&&') need a shell"},
  };
  for (const Handed& each : table) {
    const ExecForm form = exec_form(each.given, values);
    EXPECT_EQ(form.words.empty() ? "" : json_array(form.words), each.words) << each.summary;
    EXPECT_EQ(form.words.empty() ? form.reason : "", each.reason) << each.summary;
  }
}

TEST(EntryPoints, WhatJavaReadsItselfIsSaid) {
  const ExecForm form = exec_form("java $JAVA_OPTS -jar app.jar", values);
  EXPECT_EQ(json_array(form.words), R"(["java", "-jar", "app.jar"])");
  EXPECT_EQ(form.java_options, "JAVA_OPTS");
  EXPECT_EQ(exec_form("java ${JAVA_OPTS} -jar app.jar", values).java_options, "JAVA_OPTS");
  EXPECT_EQ(exec_form("java -cp /app/lib $JAVA_OPTS Main", values).java_options, "JAVA_OPTS") << "the value of an option stands before it";
  EXPECT_EQ(exec_form("node $NODE_ARGS a", values).words.size(), 0U) << "others do not";
  // What stands behind the program is the program's, and what an option asks for is no option.
  EXPECT_EQ(json_array(exec_form("java -jar app.jar $OPTS", values).words), R"(["java", "-jar", "app.jar", "-a", "-b"])");
  EXPECT_EQ(exec_form("java -jar app.jar $ARGS", values).reason, "'$ARGS' has no value here");
  EXPECT_EQ(exec_form("java Main $ARGS", values).reason, "'$ARGS' has no value here");
  EXPECT_EQ(exec_form("java -jar $JAR", values).reason, "'$JAR' has no value here");
  EXPECT_EQ(exec_form("java -cp $PLACES Main", values).reason, "'$PLACES' has no value here");
  EXPECT_EQ(exec_form("java -jar app.jar ${1}", values).reason, "'${1}' has no value here");
}

TEST(EntryPoints, SettledVariablesAreSaid) {
  EXPECT_EQ(exec_form("app -p $PORT -w $WORKERS", values).settled, (std::vector<std::string>{"PORT", "WORKERS"}));
  EXPECT_TRUE(exec_form("app -p 1", values).settled.empty());
}

TEST(EntryPoints, ScriptsOfPackageManagers) {
  struct Script {
    const char* summary;
    std::vector<std::string> words;
    const char* script;
    std::vector<std::string> rest{};
  };
  const Script scripts[] = {
      {"npm start", {"npm", "start"}, "start"},
      {"npm run", {"npm", "run", "serve"}, "serve"},
      {"with arguments", {"npm", "run", "serve", "--", "-p", "1"}, "serve", {"-p", "1"}},
      {"yarn needs no run", {"yarn", "serve"}, "serve"},
      {"pnpm", {"pnpm", "start"}, "start"},
      {"npm install is none", {"npm", "install"}, ""},
      {"an option is none", {"yarn", "--version"}, ""},
      {"another program", {"node", "start"}, ""},
  };
  for (const Script& each : scripts) {
    std::vector<std::string> rest;
    const auto script = npm_script(each.words, rest);
    EXPECT_EQ(script.value_or(""), each.script) << each.summary;
    if (script) {
      EXPECT_EQ(rest, each.rest) << each.summary;
    }
  }
  EXPECT_EQ(script_line(R"({"scripts": {"start": "node a.js"}})", "start"), "node a.js");
  EXPECT_EQ(script_line(R"({"scripts": {}})", "start"), std::nullopt);
  EXPECT_EQ(script_line(R"({"scripts": 1})", "start"), std::nullopt);
  EXPECT_EQ(script_line("no JSON", "start"), std::nullopt);
}

struct Health {
  const char* summary;
  const char* line;
  const char* words;
  const char* reason = "";
};
const Health checks[] = {
    {"curl", "curl -f http://localhost:8080/health || exit 1", R"(["/usr/lib/ashlar/probe", "http", "http://localhost:8080/health"])"},
    {"with its usual options", "curl --fail --silent --max-time 3 -o /dev/null http://127.0.0.1/ || exit 1", R"(["/usr/lib/ashlar/probe", "http", "http://127.0.0.1/"])"},
    {"without a scheme", "curl -fsS localhost:3000/ready", R"(["/usr/lib/ashlar/probe", "http", "http://localhost:3000/ready"])"},
    {"wget", "wget --no-verbose --tries=1 --spider http://localhost/ || exit 1", R"(["/usr/lib/ashlar/probe", "http", "http://localhost/"])"},
    {"wget that prints", "wget -qO- http://localhost:80/ping", R"(["/usr/lib/ashlar/probe", "http", "http://localhost:80/ping"])"},
    {"every address is this one", "curl http://0.0.0.0:80/", R"(["/usr/lib/ashlar/probe", "http", "http://127.0.0.1:80/"])"},
    {"a question mark", "curl -f http://localhost/a?b=c", R"(["/usr/lib/ashlar/probe", "http", "http://localhost/a?b=c"])"},
    {"a variable that is set", "curl -f http://localhost:${PORT}/", R"(["/usr/lib/ashlar/probe", "http", "http://localhost:8080/"])"},
    {"one that is not", "curl -f http://localhost:${OTHER}/", "", "'http://localhost:${OTHER}/' has no value here"},
    {"TLS", "curl -fk https://localhost/", "", "the probe speaks no TLS"},
    {"another host", "curl -f http://api.example/", "", "the probe asks no name server for 'api.example'"},
    {"a header", "curl -H 'Host: a' http://localhost/", "", "it does more than ask for one address"},
    {"a pipe", "curl -s http://localhost/ | grep ok", "", "several commands need a shell"},
    {"nc", "nc -z localhost 5432 || exit 1", R"(["/usr/lib/ashlar/probe", "tcp", "localhost:5432"])"},
    {"nc with a limit", "nc -w 1 -z 127.0.0.1 25", R"(["/usr/lib/ashlar/probe", "tcp", "127.0.0.1:25"])"},
    {"pgrep", "pgrep nginx || exit 1", R"(["/usr/lib/ashlar/probe", "process", "nginx"])"},
    {"pidof", "pidof /usr/sbin/nginx", R"(["/usr/lib/ashlar/probe", "process", "nginx"])"},
    {"a file", "test -f /tmp/ready", R"(["/usr/lib/ashlar/probe", "file", "/tmp/ready"])"},
    {"a program of the image", "redis-cli ping", R"(["redis-cli", "ping"])"},
    {"with a redirection", "redis-cli ping > /dev/null", "", "redirections need a shell"},
    {"two commands", "a && b", "", "several commands need a shell"},
};

TEST(HealthChecks, AreAskedByTheProbe) {
  for (const Health& row : checks) {
    const HealthForm form = health_form(row.line, true, {}, values);
    EXPECT_EQ(form.words.empty() ? "" : json_array(form.words), row.words) << row.summary;
    EXPECT_EQ(form.reason, row.reason) << row.summary;
    EXPECT_EQ(form.probe, std::string_view(row.words).starts_with(R"(["/usr/lib/ashlar/probe)")) << row.summary;
  }
  EXPECT_EQ(json_array(health_form("", false, {"curl", "-f", "http://localhost/"}, values).words), R"(["/usr/lib/ashlar/probe", "http", "http://localhost/"])");
  EXPECT_EQ(json_array(health_form("", false, {"sh", "-c", "curl -f http://localhost/ || exit 1"}, values).words), R"(["/usr/lib/ashlar/probe", "http", "http://localhost/"])");
  const std::vector<std::string> ours = {"/usr/lib/ashlar/probe", "tcp", "localhost:1"};
  EXPECT_EQ(health_form("", false, ours, values).words, ours);
  EXPECT_TRUE(health_form("", false, {}, values).none);
}

}  // namespace
}  // namespace ashlar::workload
