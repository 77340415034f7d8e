#include "workload/migrate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml.h"
#include "workload/inner/migrate_cases.h"

namespace ashlar::workload {
namespace {

using namespace migrations;

/// Dockerfiles as teams have them: tests/data/workload/migrate. `shape.yaml` says what is expected of each, and how it is built and run (scripts/migrate-shapes.sh).
TEST(Migrate, ShapesOfRealFiles) {
  size_t count = 0, converted = 0;
  for (const auto& entry : fs::directory_iterator(source / "tests/data/workload/migrate")) {
    const fs::path folder = entry.path();
    const std::string name = folder.filename().string(), text = read(folder / "Dockerfile");
    const auto shape = parse_yaml(read(folder / "shape.yaml"), name + "/shape.yaml");
    ASSERT_TRUE(shape) << name;
    MigrateOptions options = usual_options();
    options.context = [&](std::string_view path) -> std::optional<std::string> {
      if (!fs::exists(folder / path)) return std::nullopt;
      return read(folder / path);
    };
    const auto done = migrate(text, "Dockerfile", options);
    ASSERT_TRUE(done) << name << ": " << done.error().message << (done.error().faults.empty() ? "" : to_string(done.error().faults[0]));
    ++count;
    const YamlNode* expected = shape->root.find("expect");
    ASSERT_TRUE(expected != nullptr && shape->root.find("summary") != nullptr) << name;
    EXPECT_EQ(expected->text, done->refused() ? "refused" : "converts") << name << "\n" << to_text(*done, "Dockerfile");
    converted += done->refused() ? 0 : 1;
    expect_sound(text, *done, options, name);
    const std::string report = to_text(*done, "Dockerfile");
    if (std::getenv("ASHLAR_ACCEPT") != nullptr) {
      std::ofstream(folder / "report.txt", std::ios::binary) << report;
      if (done->refused()) fs::remove(folder / "Dockerfile.hardened");
      else std::ofstream(folder / "Dockerfile.hardened", std::ios::binary) << done->text;
    }
    EXPECT_EQ(report, read(folder / "report.txt")) << name;
    if (!done->refused()) {
      EXPECT_EQ(done->text, read(folder / "Dockerfile.hardened")) << name;
    }
  }
  EXPECT_GE(count, 60U);
  EXPECT_GE(converted, 45U);
}


/// What breaks when people move to images without a shell, each by its name: what the text becomes, or what is said of it.
const Break breaks[] = {
    // Health checks.
    {"a health check with curl", "FROM node:20\nHEALTHCHECK --interval=5s CMD curl -f http://localhost:3000/health || exit 1\nCMD [\"node\", \"a.js\"]\n",
     {"HEALTHCHECK --interval=5s CMD [\"/usr/lib/ashlar/probe\", \"http\", \"http://localhost:3000/health\"]", "COPY --from=registry.example/hardened/probe:1 /usr/lib/ashlar/probe /usr/lib/ashlar/probe"}, {"curl"}},
    {"a health check with wget", "FROM node:20-alpine\nHEALTHCHECK CMD wget -q --spider http://127.0.0.1:3000/\nCMD [\"node\", \"a.js\"]\n", {"\"http\", \"http://127.0.0.1:3000/\""}, {"wget"}},
    {"a health check in words that name a shell", "FROM node:20\nHEALTHCHECK CMD [\"sh\", \"-c\", \"curl -f http://localhost/ || exit 1\"]\nCMD [\"node\", \"a.js\"]\n", {"CMD [\"/usr/lib/ashlar/probe\", \"http\", \"http://localhost/\"]"}, {"sh\""}},
    {"a health check by TLS", "FROM node:20\nHEALTHCHECK CMD curl -fk https://localhost/ || exit 1\nCMD [\"node\", \"a.js\"]\n", {"# HEALTHCHECK CMD curl -fk https://localhost/ || exit 1\n"}, {"\nHEALTHCHECK"}, "break health-check: the probe speaks no TLS"},
    {"a health check by a script", "FROM node:20\nCOPY check.sh /\nHEALTHCHECK CMD /check.sh\nCMD [\"node\", \"a.js\"]\n", {"# HEALTHCHECK CMD /check.sh\n"}, {}, "break health-check: the script '/check.sh' needs a shell"},
    {"a health check in words that have quotes of Python", "FROM python:3.13\nHEALTHCHECK CMD [\"python\", \"-c\", \"import urllib.request; urllib.request.urlopen('http://localhost/')\"]\nCMD [\"python\", \"a.py\"]\n", {"HEALTHCHECK CMD [\"python\", \"-c\", \"import urllib.request; urllib.request.urlopen('http://localhost/')\"]"}},
    {"a health check in words that have quotes of Node.js", "FROM node:20\nHEALTHCHECK CMD [\"node\", \"-e\", \"require('http').get('http://localhost:3000/', r => process.exit(r.statusCode == 200 ? 0 : 1)); const $a = `b`\"]\nCMD [\"node\", \"a.js\"]\n",
     {"HEALTHCHECK CMD [\"node\", \"-e\", \"require('http').get('http://localhost:3000/', r => process.exit(r.statusCode == 200 ? 0 : 1)); const $a = `b`\"]"}},
    {"a health check in words with a dollar that no shell reads", "FROM node:20\nENV PORT=3000\nHEALTHCHECK CMD [\"curl\", \"-f\", \"http://localhost:$PORT/\"]\nCMD [\"node\", \"a.js\"]\n", {"# HEALTHCHECK"}, {}, "break health-check: a variable in the address needs a shell"},
    {"curl was there for the health check alone", "FROM python:3.13\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\nHEALTHCHECK CMD curl -f http://localhost:8000/\nCMD [\"python\", \"a.py\"]\n", {"\"/usr/lib/ashlar/probe\""}, {"curl", "RUN"}},
    // No shell.
    {"a command that an init starts", "FROM node:20\nENTRYPOINT [\"/sbin/tini\", \"--\"]\nCMD [\"npm\", \"start\"]\n", {}, {}, "refused shell: what 'npm start' starts stands in package.json"},
    {"a script that an init starts", "FROM python:3.13\nENTRYPOINT [\"dumb-init\", \"-v\", \"--\"]\nCMD [\"./app.py\"]\n", {"CMD [\"python3\", \"./app.py\"]"}},
    {"a command behind the usual entry script", "FROM node:20\nENTRYPOINT [\"docker-entrypoint.sh\"]\nCMD [\"./app.js\"]\n", {"CMD [\"node\", \"./app.js\"]"}, {"ENTRYPOINT"}},
    {"arguments of an entry point stay what they are", "FROM node:20\nENTRYPOINT [\"node\", \"a.js\"]\nCMD [\"npm\", \"start\"]\n", {"CMD [\"npm\", \"start\"]"}},
    {"the command in shell form", "FROM python:3.13\nCMD python app.py\n", {"CMD [\"python\", \"app.py\"]"}},
    {"variables in the entry point of Java", "FROM eclipse-temurin:21-jre\nENV JVM_OPTS=\"-Xmx1g\"\nENTRYPOINT java $JVM_OPTS -jar app.jar\n", {"ENTRYPOINT [\"java\", \"-jar\", \"app.jar\"]", "ENV JDK_JAVA_OPTIONS=\"-Xmx1g\""}, {}, "break variables: Java itself reads JDK_JAVA_OPTIONS"},
    {"a shell that only hands on options and arguments, as in Spring's guide", "FROM eclipse-temurin:21-jre\nCOPY app.jar /app.jar\nENTRYPOINT [\"sh\", \"-c\", \"java ${JAVA_OPTS} -jar /app.jar ${0} ${@}\"]\n", {"ENTRYPOINT [\"java\", \"-jar\", \"/app.jar\"]"}, {"sh\""}, "break variables: a shell put $JAVA_OPTS among Java's options"},
    {"a variable with a value", "FROM node:20\nENV PORT=3000\nCMD node a.js $PORT\n", {"CMD [\"node\", \"a.js\", \"3000\"]"}, {}, "break variables: no shell puts in the value of PORT"},
    {"a variable without one", "FROM python:3.13\nCMD python a.py $MODE\n", {}, {}, "refused shell: '$MODE' has no value here"},
    {"two commands", "FROM python:3.13\nCMD python migrate.py && python app.py\n", {}, {}, "refused shell: several commands ('&&') need a shell"},
    {"an entry script, where an image with a shell is there", "FROM node:20\nCOPY start.sh /\nENTRYPOINT [\"/start.sh\"]\n", {"FROM registry.example/hardened/node:20-compat"}, {}, "break shell: the script '/start.sh' needs a shell"},
    {"an entry script, where none is", "FROM python:3.13\nCOPY start.sh /\nENTRYPOINT [\"/start.sh\"]\n", {}, {}, "refused shell: the script '/start.sh' needs a shell"},
    {"a change of user when it starts", "FROM python:3.13\nENTRYPOINT [\"gosu\", \"app\", \"python\", \"a.py\"]\n", {}, {}, "refused shell: 'gosu' changes from root to another user"},
    {"npm without its package.json", "FROM node:20\nCMD [\"npm\", \"start\"]\n", {}, {}, "refused shell: what 'npm start' starts stands in package.json"},
    {"a program that npm installs for all", "FROM node:20\nRUN npm install -g serve\nCMD [\"serve\", \"-s\", \"/site\"]\n", {"CMD [\"node\", \"/usr/local/bin/serve\", \"-s\", \"/site\"]", "COPY --from=build /usr/local/lib/node_modules /usr/local/lib/node_modules"}},
    {"a script with a line for env", "FROM python:3.13\nCOPY manage.py /\nCMD [\"/manage.py\", \"run\"]\n", {"CMD [\"python3\", \"/manage.py\", \"run\"]"}},
    {"tar and a shell at run time", "FROM alpine:3.20\nRUN apk add --no-cache bash tar\nCOPY backup.sh /\nCMD [\"bash\", \"/backup.sh\"]\n", {}, {}, "refused shell: the script '/backup.sh' needs a shell"},
    // Certificates.
    {"a CA of one's own", "FROM python:3.13\nCOPY ca.crt /usr/local/share/ca-certificates/\nRUN update-ca-certificates\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=build /etc/ssl/certs /etc/ssl/certs", "COPY --from=build /usr/local/share/ca-certificates /usr/local/share/ca-certificates"}},
    {"a CA for Java's store", "FROM eclipse-temurin:21-jre\nCOPY ca.crt /tmp/ca.crt\nRUN keytool -importcert -noprompt -cacerts -storepass changeit -file /tmp/ca.crt -alias own\nCMD [\"java\", \"-jar\", \"a.jar\"]\n", {"COPY --from=build /etc/ssl/certs /etc/ssl/certs"}},
    {"a CA for Node.js, that has roots of its own", "FROM node:20\nCOPY ca.crt /usr/local/share/ca-certificates/ca.crt\nRUN update-ca-certificates\nCMD [\"node\", \"a.js\"]\n", {"ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt"}},
    {"a CA in RPM's place", "FROM rockylinux:9\nRUN dnf install -y python3\nCOPY ca.crt /etc/pki/ca-trust/source/anchors/\nRUN update-ca-trust\nCMD [\"python3\", \"a.py\"]\n", {"COPY ca.crt /usr/local/share/ca-certificates/", "RUN update-ca-certificates"}},
    // Not root.
    {"a port below 1024", "FROM node:20\nEXPOSE 80\nCMD [\"node\", \"a.js\"]\n", {"EXPOSE 80"}, {}, "break port: port 80 is below 1024"},
    {"the port of a server's own configuration", "FROM nginx:1.26\nCOPY site /usr/share/nginx/html\nEXPOSE 80\n", {"EXPOSE 8080"}, {}, "break port: the hardened image listens on 8080"},
    {"a volume that belongs to root", "FROM python:3.13\nVOLUME /data\nCMD [\"python\", \"a.py\"]\n", {"RUN mkdir -p /data", "COPY --from=build --chown=65532:65532 /data /data"}, {}, "break volume: volumes that exist belong to root"},
    {"a capability on a file", "FROM python:3.13\nRUN setcap cap_net_raw+ep /usr/bin/python3.13\nCMD [\"python\", \"a.py\"]\n", {}, {"setcap"}, "break capabilities: file capabilities are lost by COPY"},
    {"a capability for ports", "FROM node:20\nRUN setcap cap_net_bind_service=+ep /usr/local/bin/node\nCMD [\"node\", \"a.js\"]\n", {}, {"setcap"}},
    {"ownership that is changed later", "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN chown -R node:node /app\nUSER node\nCMD [\"node\", \"a.js\"]\n", {"COPY --chown=65532:65532 . .", "USER 65532:65532"}, {"chown -R"}},
    // Users.
    {"a copied list of accounts", "FROM golang:1.24 AS b\nRUN CGO_ENABLED=0 go build -o /a .\nFROM scratch\nCOPY --from=b /etc/passwd /etc/passwd\nCOPY --from=b /a /a\nCMD [\"/a\"]\n", {"FROM registry.example/hardened/static:13"}, {"/etc/passwd"}},
    {"useradd of Debian", "FROM python:3.13\nRUN groupadd -g 1000 app && useradd -u 1000 -g app app\nUSER app\nCMD [\"python\", \"a.py\"]\n", {"USER 65532:65532"}, {"useradd", "groupadd"}},
    {"adduser of Alpine", "FROM python:3.13-alpine\nRUN addgroup -S app && adduser -S app -G app\nUSER app:app\nCMD [\"python\", \"a.py\"]\n", {"USER 65532:65532"}, {"adduser"}},
    {"USER root goes", "FROM python:3.13\nUSER root\nCMD [\"python\", \"a.py\"]\n", {}, {"USER"}},
    // Time zones, /tmp, accounts.
    {"a time zone", "FROM python:3.13\nRUN apt-get update && apt-get install -y tzdata && ln -sf /usr/share/zoneinfo/Europe/Berlin /etc/localtime\nCMD [\"python\", \"a.py\"]\n", {"ENV TZ=Europe/Berlin"}, {"localtime", "tzdata"}},
    {"a time zone of Alpine", "FROM node:20-alpine\nRUN apk add --no-cache tzdata && cp /usr/share/zoneinfo/Asia/Tokyo /etc/localtime && echo Asia/Tokyo > /etc/timezone\nCMD [\"node\", \"a.js\"]\n", {"ENV TZ=Asia/Tokyo"}, {"apk", "localtime"}},
    {"a time zone by a variable", "FROM python:3.13\nENV TZ=Europe/Oslo\nRUN ln -snf /usr/share/zoneinfo/$TZ /etc/localtime && echo $TZ > /etc/timezone\nCMD [\"python\", \"a.py\"]\n", {"ENV TZ=Europe/Oslo"}, {"localtime"}},
    {"a locale", "FROM python:3.13\nRUN apt-get update && apt-get install -y locales && localedef -i de_DE -f UTF-8 de_DE.UTF-8\nENV LANG=de_DE.UTF-8\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=build /usr/lib/locale /usr/lib/locale"}},
    {"a folder that is written to", "FROM python:3.13\nRUN mkdir -p /var/cache/app\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=build --chown=65532:65532 /var/cache/app /var/cache/app"}},
    {"nginx with a configuration that is not known", "FROM nginx:1.26\nCOPY nginx.conf /etc/nginx/nginx.conf\n", {}, {}, "break writable: whether its pid file"},
    // glibc and musl.
    {"a musl program on glibc", "FROM golang:1.26-alpine AS b\nRUN apk add --no-cache build-base\nRUN go build -o /a .\nFROM alpine\nCOPY --from=b /a /a\nCMD [\"/a\"]\n", {}, {}, "break libc: it links with musl"},
    {"a static program is none", "FROM golang:1.26-alpine AS b\nRUN CGO_ENABLED=0 go build -o /a .\nFROM alpine\nCOPY --from=b /a /a\nCMD [\"/a\"]\n", {"FROM registry.example/hardened/static:13"}},
    {"what compiles extensions of PHP", "FROM php:8.4-fpm-alpine\nRUN apk add --no-cache $PHPIZE_DEPS libzip-dev && docker-php-ext-install pdo_mysql && pecl install redis\n", {"apt-get install -y --no-install-recommends libzip-dev", "php8.4-redis"}, {"PHPIZE_DEPS"}},
    {"and nothing else, to be taken away again", "FROM php:8.4-cli\nRUN apt-get update && apt-get install -y ${PHPIZE_DEPS} && pecl install apcu && apt-get purge -y ${PHPIZE_DEPS}\nCMD [\"php\", \"a.php\"]\n", {"php8.4-apcu"}, {"install -y ${PHPIZE_DEPS}"}},
    {"where something is compiled by hand it is asked", "FROM php:8.4-fpm-alpine\nRUN apk add --no-cache $PHPIZE_DEPS && cd /src && phpize && ./configure && make install\n", {}, {}, "break packages: a variable says which packages"},
    {"packages of Alpine have other names", "FROM python:3.13-alpine\nRUN apk add --no-cache libpq postgresql-dev\nCMD [\"python\", \"a.py\"]\n", {"apt-get install -y --no-install-recommends libpq5 libpq-dev", "packages=\"libpq5\""}, {"apk"}},
    {"one that is not known", "FROM python:3.13-alpine\nRUN apk add --no-cache frobnicate\nCMD [\"python\", \"a.py\"]\n", {}, {"frobnicate"}, "break packages: what it is called in Debian is not known"},
    // Stages.
    {"a RUN of which nothing goes into the image", "FROM node:20\n# is it there?\nRUN node --version\nWORKDIR /app\nCOPY . .\nCMD [\"node\", \"a.js\"]\n", {"FROM registry.example/hardened/node:20\n# is it there?\nWORKDIR /app\n"}, {"RUN", " AS ", "-dev"}},
    {"a stage that tests are built by", "FROM golang:1.26 AS b\nRUN CGO_ENABLED=0 go build -o /a .\nFROM b AS test\nRUN go test ./...\nFROM scratch\nCOPY --from=b /a /a\nCMD [\"/a\"]\n", {"FROM b AS test\nRUN go test ./...\n"}},
    {"a stage without a name that nothing takes from", "# syntax=docker/dockerfile:1\n# ours\nFROM debian:13\n# to look at\nRUN ls\nFROM golang:1.26 AS b\nRUN CGO_ENABLED=0 go build -o /a .\nFROM scratch\nCOPY --from=b /a /a\nCMD [\"/a\"]\n", {"# syntax=docker/dockerfile:1\n# ours\n# to look at\nFROM"}, {"RUN ls"}},
    {"the same where a number names another one", "FROM debian:13\nRUN ls\nFROM golang:1.26\nRUN CGO_ENABLED=0 go build -o /a .\nFROM scratch\nCOPY --from=1 /a /a\nCMD [\"/a\"]\n", {"RUN ls", "COPY --from=1 /a /a"}},
    {"what it stood on alone", "FROM node:20 AS base\nRUN node --version\nFROM base\nCOPY . /app\nCMD [\"node\", \"/app/a.js\"]\n", {"FROM registry.example/hardened/node:20\n"}, {" AS base", "RUN"}},
    {"a mount needs a stage", "FROM node:20 AS base\nRUN node --version\nFROM golang:1.26 AS b\nRUN --mount=type=bind,from=base,target=/b CGO_ENABLED=0 go build -o /a .\nFROM scratch\nCOPY --from=b /a /a\nCMD [\"/a\"]\n", {" AS base\n", "from=base"}},
    // Debugging.
    {"tools for people", "FROM python:3.13\nRUN apt-get update && apt-get install -y vim less strace\nCMD [\"python\", \"a.py\"]\n", {}, {"vim", "strace", "RUN"}},
    // Tools that usual images have and -dev images lack.
    {"git that the -dev image has not", "FROM python:3.13\nWORKDIR /app\nRUN git clone https://git.example/a /app/a\nCMD [\"python\", \"a/a.py\"]\n", {"RUN apt-get update && apt-get install -y --no-install-recommends git &&"}},
    {"curl, jq, make and g++", "FROM python:3.13\nWORKDIR /app\nRUN curl -fsS https://x.example/a.json | jq .v && make && g++ -o /app/x x.cc\nCMD [\"python\", \"a.py\"]\n", {"--no-install-recommends curl jq g++ make gcc libc6-dev &&"}},
    {"make where the usual image has no compiler either", "FROM python:3.13-slim\nWORKDIR /app\nRUN make\nCMD [\"python\", \"a.py\"]\n", {"--no-install-recommends make &&"}},
    {"gcc with the headers of C", "FROM python:3.13\nWORKDIR /app\nRUN gcc -o /app/x x.c\nCMD [\"python\", \"a.py\"]\n", {"--no-install-recommends gcc libc6-dev &&"}},
    {"a tool that the file installs itself", "FROM python:3.13\nWORKDIR /app\nRUN apt-get update && apt-get install -y wget\nRUN wget -O /app/m https://x.example/m\nCMD [\"python\", \"a.py\"]\n", {"apt-get install -y wget"}, {"--no-install-recommends wget"}},
    {"a tool that is installed only after it is used", "FROM python:3.13\nWORKDIR /app\nRUN wget -O /app/m https://x.example/m\nRUN apt-get update && apt-get install -y wget\nCMD [\"python\", \"a.py\"]\n", {"--no-install-recommends wget"}},
    {"pip takes from git", "FROM python:3.13\nRUN pip install git+https://git.example/a\nCMD [\"python\", \"a.py\"]\n", {"--no-install-recommends git &&"}},
    {"what a build stage starts, a stage on it has", "FROM python:3.13 AS a\nRUN git --version\nFROM a\nWORKDIR /app\nRUN git clone https://git.example/a /app/a\nCMD [\"python\", \"a.py\"]\n", {"--no-install-recommends git &&"}},
    // Where compilers and interpreters lie in usual images.
    {"go install", "FROM golang:1.24 AS b\nRUN CGO_ENABLED=0 go install ./cmd/tool\nFROM scratch\nCOPY --from=b /go/bin/tool /tool\nCMD [\"/tool\"]\n", {"ENV GOPATH=/go PATH=\"/go/bin:$PATH\"\nRUN apt-get", "COPY --from=b /go/bin/tool /tool"}},
    {"go install in the stage that runs", "FROM golang:1.24\nWORKDIR /src\nCOPY . .\nRUN go install ./cmd/tool\nCMD [\"tool\"]\n", {"ENV GOPATH=/go PATH=\"/go/bin:$PATH\"\n", "ENV PATH=\"/go/bin:$PATH\"\n", "COPY --from=build /go/bin /go/bin"}},
    {"a place for Go's programs that the file chooses", "FROM golang:1.24 AS b\nENV GOBIN=/out\nRUN CGO_ENABLED=0 go install ./cmd/tool\nFROM scratch\nCOPY --from=b /out/tool /tool\nCMD [\"/tool\"]\n", {}, {"GOPATH"}},
    {"cargo install", "FROM rust:1.85 AS b\nRUN cargo install --path .\nFROM debian:12-slim\nCOPY --from=b /usr/local/cargo/bin/app /usr/local/bin/app\nCMD [\"app\"]\n", {"ENV CARGO_HOME=/usr/local/cargo PATH=\"/usr/local/cargo/bin:$PATH\"\n"}},
    {"python where the usual image has it", "FROM python:3.13\nCMD [\"/usr/local/bin/python\", \"/a.py\"]\n", {"CMD [\"python\", \"/a.py\"]"}},
    {"a program of pip's where the usual image has it", "FROM python:3.13\nRUN pip install gunicorn\nCMD [\"/usr/local/bin/gunicorn\", \"a:b\"]\n", {"CMD [\"gunicorn\", \"a:b\"]", "PATH=\"/opt/venv/bin:$PATH\""}},
    {"a program of one's own there", "FROM python:3.13\nRUN pip install x\nCOPY tool /usr/local/bin/tool\nCMD [\"/usr/local/bin/tool\"]\n", {"CMD [\"/usr/local/bin/tool\"]"}},
    {"packages of Python from another image", "FROM python:3.13\nCOPY --from=registry.example/own/libs /usr/local/lib/python3.13/site-packages /usr/local/lib/python3.13/site-packages\nCMD [\"python\", \"a.py\"]\n", {}, {}, "break files: Debian's Python looks in"},
    {"an interpreter of another version", "FROM python:3.13\nCMD [\"python3.11\", \"/a.py\"]\n", {"CMD [\"python3\", \"/a.py\"]"}, {}, "break version: 'python3.11' is not in the image; python 3.13 is"},
    {"Java of another version", "FROM debian:12\nRUN apt-get update && apt-get install -y openjdk-17-jre-headless\nCMD [\"java\", \"-jar\", \"/a.jar\"]\n", {"hardened/openjdk:21-jre"}, {"openjdk-17"}, "break version: openjdk 21 is what Debian 13 and the hardened image have"},
    {"Java of that version", "FROM debian:12\nRUN apt-get update && apt-get install -y openjdk-21-jre-headless\nCMD [\"java\", \"-jar\", \"/a.jar\"]\n", {"hardened/openjdk:21-jre"}},
    {"Python of another version", "FROM debian:12\nRUN apt-get update && apt-get install -y python3.11\nCMD [\"python3.11\", \"/a.py\"]\n", {"CMD [\"python3\", \"/a.py\"]"}, {}, "break version: python 3.13 is what Debian 13"},
    {"Java of another version in Alpine", "FROM alpine:3.20\nRUN apk add --no-cache openjdk17-jre\nCMD [\"java\", \"-jar\", \"/a.jar\"]\n", {}, {}, "break version: openjdk 21 is what Debian 13"},
    {"a shell as the command", "FROM debian:12\nCMD [\"bash\"]\n", {}, {}, "refused shell: it starts a shell"},
    {"a shell as the command, where an image with one is there", "FROM node:20\nCMD [\"/bin/bash\"]\n", {}, {}, "refused shell: it starts a shell"},
    {"a shell as the command of a build that is the last stage", "FROM golang:1.24\nRUN go build -o /a .\nCMD bash\n", {}, {}, "refused shell: it starts a shell"},
    // What whoever builds chooses.
    {"a target that is not the last stage", "FROM python:3.13 AS prod\nWORKDIR /app\nCOPY . .\nUSER app\nCMD [\"python\", \"a.py\"]\nFROM prod AS dev\nCMD [\"python\", \"a.py\", \"--reload\"]\n", {"CMD [\"python\", \"a.py\", \"--reload\"]\n"}, {}, "break stage: whoever builds it by --target prod gets no hardened image"},
    {"a target beside the last stage", "FROM node:20 AS worker\nCMD [\"node\", \"w.js\"]\nFROM node:20\nCMD [\"node\", \"a.js\"]\n", {}, {}, "break stage: --target worker"},
    {"a stage that only builds is no target", "FROM node:20 AS b\nWORKDIR /app\nRUN npm ci\nFROM node:20\nCOPY --from=b /app /app\nCMD [\"node\", \"/app/a.js\"]\n", {}},
    {"a base that an ARG chooses", "ARG BASE=python:3.13\nFROM $BASE\nCMD [\"python\", \"a.py\"]\n", {"FROM registry.example/hardened/python:3.13\n"}, {}, "break variables: another value given to the build changes nothing any more"},
    {"a tag of a build stage that an ARG chooses", "ARG V=20\nFROM node:${V} AS b\nWORKDIR /app\nRUN npm ci\nFROM node:20\nCOPY --from=b /app /app\nCMD [\"node\", \"/app/a.js\"]\n", {}, {}, "break variables: another value given to the build"},
    // What a build makes where nobody would look.
    {"a folder that a script is told to write to", "FROM python:3.13\nRUN python build_data.py --out /data\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=build /data /data"}},
    {"one that it is told with an equals sign", "FROM python:3.13\nRUN ./make-site --output=/srv/site\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=build /srv/site /srv/site"}},
    {"a folder of the system that it is told", "FROM python:3.13\nRUN ./make-site --prefix /usr\nCMD [\"python\", \"a.py\"]\n", {}, {}, "break files: what comes into '/usr' by this is not known"},
    {"a file that Perl edits", "FROM python:3.13\nRUN perl -pi -e s/a/b/ /etc/own.conf\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=build /etc/own.conf /etc/own.conf"}},
    {"a program that goes to a folder of the system", "FROM python:3.13\nRUN mv a b/tool /usr/bin/\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=build /usr/bin/a /usr/bin/a\nCOPY --from=build /usr/bin/tool /usr/bin/tool\n"}},
    {"whatever goes to a folder of the system", "FROM python:3.13\nRUN tar -x -f a.tar -C /etc\nCMD [\"python\", \"a.py\"]\n", {}, {}, "break files: what comes into '/etc' by this is not known"},
    {"an installer", "FROM python:3.13\nCOPY install.sh .\nRUN ./install.sh\nCMD [\"python\", \"a.py\"]\n", {}, {}, "break files: what './install.sh' writes is not known, and not copied"},
    {"an installer in exec form", "FROM python:3.13\nWORKDIR /app\nCOPY install.sh .\nRUN [\"./install.sh\", \"/etc/own\"]\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=build /app /app"}, {}, "break files: outside of '/app' is not known, and not copied; it names /etc/own"},
    {"data of nltk", "FROM python:3.13\nRUN pip install nltk && python -m nltk.downloader -d /usr/share/nltk_data punkt\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=build /usr/share/nltk_data /usr/share/nltk_data"}},
    {"data of nltk where nobody says", "FROM python:3.13\nRUN pip install nltk && python -m nltk.downloader punkt\nCMD [\"python\", \"a.py\"]\n", {}, {}, "break files: what 'python -m' writes is not known"},
    {"wheels", "FROM python:3.13\nRUN pip download -d /wheels flask\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=build /wheels /wheels"}},
    {"a script of Python in the file", "FROM python:3.13\nRUN python - <<EOF\nopen('/srv/a.txt', 'w').write('x')\nEOF\nCMD [\"python\", \"a.py\"]\n", {}, {}, "break files: it names /srv/a.txt"},
    {"a script of a shell's in the file", "FROM python:3.13\nRUN bash -e <<EOF\nmkdir -p /srv/b\necho x > /etc/own.conf\nEOF\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=build --chown=65532:65532 /srv/b /srv/b", "COPY --from=build /etc/own.conf /etc/own.conf"}},
    {"a file of the file", "FROM python:3.13\nRUN <<EOF cat > /etc/app.conf\na=b\nEOF\nCMD [\"python\", \"a.py\"]\n", {"COPY --from=build /etc/app.conf /etc/app.conf"}},
    {"what runs where it works, by tools that everybody knows", "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci && npx prisma generate && npm run build && rm -rf src\nCMD [\"node\", \"a.js\"]\n", {"COPY --from=build /app /app"}},
    // Over-trimming: what the text does not say is said.
    {"what a RUN makes elsewhere", "FROM python:3.13\nARG D\nRUN ./setup.sh && cp -r out $D\nCMD [\"python\", \"a.py\"]\n", {}, {}, "break files: a variable says what it makes"},
    {"what is removed of the base", "FROM nginx:1.26\nRUN rm /etc/nginx/conf.d/default.conf && touch /usr/share/nginx/html/ready\nCOPY site.conf /etc/nginx/conf.d/\n", {}, {}, "break files: '/etc/nginx/conf.d/default.conf' is removed where it is built"},
    {"templates for a start script", "FROM nginx:1.26\nCOPY a.template /etc/nginx/templates/\n", {}, {}, "break shell: what lies in '/etc/nginx/templates' is for the start script"},
    {"triggers that need a shell", "FROM node:20\nONBUILD RUN npm ci\nCMD [\"node\", \"a.js\"]\n", {}, {}, "refused trigger: images that build on this one run it in a shell"},
    // Versions and pins.
    {"a version that is not offered", "FROM python:3.9\nCMD [\"python\", \"a.py\"]\n", {"hardened/python:3.13"}, {}, "break version: python 3.9 is not among the hardened images"},
    {"a digest names an old image", "FROM python:3.13@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nCMD [\"python\", \"a.py\"]\n", {"FROM registry.example/hardened/python:3.13\n"}, {"sha256"}},
    {"a package pinned to another release", "FROM python:3.13\nRUN apt-get update && apt-get install -y libpq5=15.3-0\nCMD [\"python\", \"a.py\"]\n", {}, {}, "break packages: the version is that of another release"},
    {"several services by name", "FROM python:3.13\nRUN pip install supervisor\nCMD [\"supervisord\", \"-n\"]\n", {}, {}, "refused shell: 'supervisord' runs other programs as root"},
    {"several services in one", "FROM debian:12\nRUN apt-get update && apt-get install -y cron\nCMD [\"cron\", \"-f\"]\n", {}, {}, "refused shell: it runs other programs as root"},
};

TEST(Migrate, WhatBreaksIsMendedOrSaid) {
  expect_rows(breaks, usual_options());
  EXPECT_GE(std::size(breaks), 50U);
}

/// A stage that stands on another says again what that one said: once it is there, as in the image that was.
TEST(Migrate, WhatALaterStageSaysTakesThePlaceOfTheEarlier) {
  struct Row {
    const char* summary;
    const char* first;
    const char* then;
    std::vector<const char*> holds;   ///< of the last stage
    std::vector<const char*> lacks;
  };
  const Row rows[] = {
      {"a command", "CMD [\"python\", \"a.py\"]\n", "CMD [\"python\", \"b.py\"]\n", {"b.py"}, {"a.py"}},
      {"an entry point takes the command away, too", "CMD [\"python\", \"a.py\"]\n", "ENTRYPOINT [\"python\", \"b.py\"]\n", {"b.py"}, {"a.py", "CMD"}},
      {"a command is what an entry point gets", "ENTRYPOINT [\"python\", \"a.py\"]\n", "CMD [\"--x\"]\n", {"a.py", "--x"}, {}},
      {"a health check", "HEALTHCHECK CMD curl -f http://localhost:1/\nCMD [\"python\", \"a.py\"]\n", "HEALTHCHECK CMD curl -f http://localhost:2/\n", {"localhost:2", "a.py"}, {"localhost:1"}},
      {"a signal", "STOPSIGNAL SIGINT\nCMD [\"python\", \"a.py\"]\n", "STOPSIGNAL SIGQUIT\n", {"SIGQUIT"}, {"SIGINT"}},
      {"what is said once", "LABEL a=b\nCMD [\"python\", \"a.py\"]\n", "LABEL c=d\n", {"a=b", "c=d", "a.py"}, {}},
  };
  for (const Row& row : rows) {
    for (const char* run : {"", "RUN python -m compileall /srv\n"}) {
      const auto done = migrate(fmt::format("FROM python:3.13 AS prod\n{}{}FROM prod\n{}", run, row.first, row.then), "Dockerfile", usual_options());
      ASSERT_TRUE(done && !done->refused()) << row.summary;
      const std::string last = done->text.substr(done->text.rfind("FROM "));
      for (const char* part : row.holds) EXPECT_NE(last.find(part), std::string::npos) << row.summary << "\n" << done->text;
      for (const char* part : row.lacks) EXPECT_EQ(last.find(part), std::string::npos) << row.summary << "\n" << done->text;
    }
  }
}

/// Why a USER before the last one goes: the truth about what is run between them.
TEST(Migrate, UsersBeforeTheLastGoForTheRightReason) {
  struct Row {
    const char* summary;
    const char* between;
    const char* why;
  };
  const Row rows[] = {
      {"nothing", "", "nothing is run between this and the next USER"},
      {"files alone", "COPY a /b\n", "nothing is run between this and the next USER"},
      {"a RUN", "RUN pip install --user x\n", "what is run after it is run as root where it is built"},
      {"a RUN after a copy", "COPY a /b\nRUN [\"true\"]\n", "what is run after it is run as root where it is built"},
      {"a RUN after another USER", "USER root\nRUN true\n", "nothing is run between this and the next USER"},
  };
  for (const Row& row : rows) {
    const auto done = migrate(fmt::format("FROM python:3.13\nRUN true\nUSER nobody\n{}USER app\nCMD [\"python\", \"a.py\"]\n", row.between), "Dockerfile", usual_options());
    ASSERT_TRUE(done && !done->refused()) << row.summary;
    const auto point = std::ranges::find(done->changes, "USER nobody", &MigrationPoint::what);
    ASSERT_NE(point, done->changes.end()) << row.summary;
    EXPECT_EQ(point->why, row.why) << row.summary;
  }
}

TEST(Migrate, WhatTheOldImageTellsCounts) {
  OldImage old;
  old.uid = old.gid = 1000;
  old.volumes = {"/data"};
  old.time_zone = "Europe/Berlin";
  old.own_certificates = {"/etc/ssl/certs/own.pem"};
  old.writable = {"/data", "/srv/uploads"};
  old.programs = {{.path = "/app/native.so", .loader = {}, .libc = OldImage::Libc::Musl, .needs = {}, .unresolved = {"libx.so.1"}, .package = {}, .capabilities = true}};
  old.scripts = {{.path = "/app/job", .interpreter = "/bin/sh", .text = {}, .package = {}}, {.path = "/app/a.py", .interpreter = "/usr/bin/python3", .text = {}, .package = {}}, {.path = "/usr/bin/ldd", .interpreter = "/bin/sh", .text = {}, .package = "libc-bin"}};
  old.health = OldImage::Health{{"CMD-SHELL", "curl localhost"}, 0, 0, 0, 0};
  MigrateOptions options = usual_options();
  options.old = &old;
  const auto done = migrate("FROM python:3.13-alpine\nCOPY . /app\nCMD [\"python\", \"/app/a.py\"]\n", "Dockerfile", options);
  ASSERT_TRUE(done);
  std::vector<std::string> ids;
  for (const MigrationPoint& each : done->breaks) ids.push_back(each.id + " " + each.what);
  std::ranges::sort(ids);
  EXPECT_EQ(ids, (std::vector<std::string>{"capabilities /app/native.so", "certificates /etc/ssl/certs/own.pem", "health-check CMD-SHELL curl localhost", "libc /app/native.so", "old-image /app/native.so", "shell /app/job", "volume user 1000", "writable /srv/uploads"}));
  EXPECT_NE(done->text.find("ENV TZ=Europe/Berlin"), std::string::npos);
}

/// Files put together at random: whatever comes out is a Dockerfile, keeps its comments, and is not changed a second time.
TEST(Migrate, WhateverTheTextTheResultIsSound) {
  const char* const froms[] = {"FROM python:3.13-slim", "FROM node:20-alpine AS app", "FROM debian:12", "FROM alpine:3.20", "FROM nginx:1.26", "FROM eclipse-temurin:21", "FROM php:8.4-fpm", "FROM ruby:3.3", "FROM rockylinux:9", "FROM golang:1.24 AS x", "FROM scratch"};
  const char* const lines[] = {"# a comment of its own", "RUN apt-get update && apt-get install -y libpq5 \\\n    # within\n    curl \\\n && rm -rf /var/lib/apt/lists/*", "RUN apk add --no-cache --virtual .b gcc musl-dev && pip install x && apk del .b", "COPY . .", "COPY --chown=app:app a b /srv/", "WORKDIR /app", "WORKDIR sub", "ENV A=1 B=\"two words\"", "ARG V=1",
    "USER app", "USER root", "EXPOSE 80 443/tcp", "VOLUME [\"/data\"]", "RUN useradd -r app && chown -R app /app", "RUN <<E\nset -e\napt-get install -y git\nE", "RUN [\"true\"]", "HEALTHCHECK CMD curl -f http://localhost/ || exit 1", "HEALTHCHECK NONE", "LABEL a=b", "SHELL [\"/bin/bash\", \"-c\"]", "STOPSIGNAL SIGINT", "ADD x.tar.gz /opt/",
    "RUN if [ -f x ]; then apk add x; fi", "RUN pip install --prefix=/install -r r.txt", "RUN npm ci && npm run build", "RUN bundle install", "RUN ln -sf /usr/share/zoneinfo/UTC /etc/localtime", "RUN mkdir -p /data && chown 1000 /data", "RUN --mount=type=cache,target=/c make install", "\n", "  # indented", "RUN setcap cap_net_admin+ep /x", "ONBUILD COPY a b", "RUN rm -rf /etc/x", "MAINTAINER someone"};
  const char* const ends[] = {"CMD [\"python\", \"a.py\"]", "CMD node a.js", "ENTRYPOINT [\"/app/x\"]", "CMD exec java $JAVA_OPTS -jar a.jar", "CMD npm start", "ENTRYPOINT [\"tini\", \"--\", \"python3\", \"x.py\"]", ""};
  std::minstd_rand random(11);
  const MigrateOptions options = usual_options();
  size_t converted = 0;
  for (int round = 0; round < 600; ++round) {
    std::string text;
    const std::string eol = round % 5 == 0 ? "\r\n" : "\n";
    const auto add = [&](std::string line) {
      if (eol.size() == 2) for (size_t at = line.find('\n'); at != std::string::npos; at = line.find('\n', at + 2)) line.replace(at, 1, eol);
      text += line + eol;
    };
    for (size_t stage = 0; stage <= random() % 2; ++stage) {
      add(froms[random() % std::size(froms)]);
      for (size_t count = random() % 9; count-- > 0;) add(lines[random() % std::size(lines)]);
    }
    add(ends[random() % std::size(ends)]);
    const auto done = migrate(text, "Dockerfile", options);
    if (!done) continue;
    converted += done->refused() ? 0 : 1;
    expect_sound(text, *done, options, text);
    if (testing::Test::HasFailure()) break;
    if (done->refused()) continue;
    // What no image without a shell needs to be changed for is there as it was; stages before the last have no name here, and go.
    const std::string last = text.substr(text.rfind("FROM "));
    for (const char* kept : {"LABEL a=b", "STOPSIGNAL SIGINT", "ONBUILD COPY a b", "MAINTAINER someone"}) {
      if (last.find(kept) != std::string::npos) {
        EXPECT_NE(done->text.find(kept), std::string::npos) << text << "\n->\n" << done->text;
      }
    }
  }
  EXPECT_GE(converted, 200U);
}

/// Images that only the table of replacements knows; and both tables say the same of what both know.
TEST(Migrate, ReplacementsAreAskedForTheRest) {
  const auto known = migrate("FROM registry.example/chainguard/python:latest\nCMD [\"python\", \"a.py\"]\n", "Dockerfile", usual_options());
  ASSERT_TRUE(known);
  EXPECT_NE(known->text.find("FROM registry.example/hardened/python:3.13\n"), std::string::npos) << known->text << to_text(*known, "D");
  const auto none = migrate("FROM neo4j:5\nCOPY a /b\n", "Dockerfile", usual_options());
  ASSERT_TRUE(none && none->refused());
  EXPECT_FALSE(none->refusals[0].why.empty());
  // Here other things are known: busybox runs static programs, and start scripts or other databases are no base to build on.
  const std::vector<std::string> otherwise = {"busybox", "tiangolo/uvicorn-gunicorn-fastapi", "tiangolo/uvicorn-gunicorn", "mysql", "opensuse/leap", "opensuse/tumbleweed"};
  for (const Replacement& entry : replacements().entries()) {
    for (std::string name : entry.names) {
      if (name.starts_with("*/")) name = "registry.example" + name.substr(1);
      const auto image = ImageName::parse(name);
      if (!image || entry.image.empty() || std::ranges::find(otherwise, name) != otherwise.end()) continue;
      const BaseMatch match = bases().match(*image);
      if (!match.known) continue;
      EXPECT_TRUE(match.base != nullptr && match.base->repository == entry.image) << name << ": " << entry.image << " in one table, " << (match.base == nullptr ? "none" : match.base->repository) << " in the other";
    }
  }
}

TEST(Migrate, HardenedFilesStay) {
  const std::string text = "FROM registry.example/hardened/python:3.13-dev AS build\nRUN apt-get update\nFROM registry.example/hardened/python:3.13\nCMD [\"python\"]\n";
  const auto done = migrate(text, "Dockerfile", usual_options());
  ASSERT_TRUE(done);
  EXPECT_EQ(done->text, text);
  EXPECT_FALSE(done->changed);
  EXPECT_TRUE(done->changes.empty());
}

TEST(Migrate, ReportsHaveTheirForms) {
  const auto done = migrate("FROM python:3.9\nEXPOSE 80\nCMD python a.py\n", "d/Dockerfile", usual_options());
  ASSERT_TRUE(done);
  const Json json = to_json(*done, "d/Dockerfile");
  EXPECT_EQ(json["schema"], "https://ashlar.dev/migration/v1");
  EXPECT_EQ(json["result"], "converted");
  EXPECT_EQ(json["breaks"].size(), 2U);
  EXPECT_EQ(json["breaks"][0]["id"], "version");
  EXPECT_EQ(json["breaks"][1]["line"], 2);
  const std::string markdown = to_markdown(*done, "d/Dockerfile");
  EXPECT_NE(markdown.find("### To decide (2)"), std::string::npos) << markdown;
  EXPECT_NE(markdown.find("| 2 | port | `EXPOSE 80` |"), std::string::npos) << markdown;
  EXPECT_NE(to_text(*done, "d/Dockerfile").find("d/Dockerfile:2:1: break [port] 'EXPOSE 80'"), std::string::npos);
  const auto no = migrate("FROM registry.example/a|<b>\n", "Dockerfile", usual_options());
  EXPECT_FALSE(no.has_value() && !no->refused());
  // Texts of others end no cell and begin no tag.
  const auto odd = migrate("FROM python:3.13\nEXPOSE 80\nHEALTHCHECK CMD a | <script>`x`\nCMD [\"python\"]\n", "D", usual_options());
  ASSERT_TRUE(odd);
  const std::string page = to_markdown(*odd, "D");
  EXPECT_EQ(page.find("<script>"), std::string::npos);
  EXPECT_NE(page.find("a \\| &lt;script>'x'"), std::string::npos) << page;
}

TEST(Migrate, HostileFilesEndInTime) {
  MigrateOptions options = usual_options();
  size_t asked = 0;
  options.context = [&](std::string_view) { return ++asked, std::optional<std::string>(); };
  const auto begin = std::chrono::steady_clock::now();
  std::string many = "FROM python:3.13\n", names = "FROM python:3.13\nRUN apt-get install -y", stages, variables = "FROM python:3.13\nENV A0=0123456789\n", growing = "ARG A0=0123456789\n", nested = "FROM python:3.13\nRUN " + std::string(400'000, '(');
  for (int at = 0; at < 20'000; ++at) many += "RUN apt-get install -y a && useradd b\n";
  for (int at = 0; at < 60'000; ++at) names += " p" + std::to_string(at);
  for (int at = 0; at < 4'000; ++at) stages += fmt::format("FROM python:3.13 AS s{}\nRUN pip install x\nCOPY --from=s{} a b\n", at, at == 0 ? 0 : at - 1);
  for (int at = 0; at < 1'900; ++at) variables += fmt::format("ENV A{}=$A{}$A{}\n", at + 1, at, at);
  for (int at = 0; at < 1'900; ++at) growing += fmt::format("ARG A{}=$A{}$A{}\n", at + 1, at, at);
  std::string most = "FROM python:3.13\n";
  for (int at = 0; at < 900; ++at) most += fmt::format("ENV V{0}={0}\nRUN mkdir /d{0} && chown app /d{0} /e{0} && apt-get install -y p{0}\n", at);
  std::string made = "FROM python:3.13\nRUN mkdir", pips = "FROM python:3.13\n";
  for (int at = 0; at < 60'000; ++at) made += fmt::format(" /d{}", at);
  made += " && rm";
  for (int at = 0; at < 60'000; ++at) made += fmt::format(" /d{}", at);
  for (int at = 0; at < 900; ++at) pips += fmt::format("COPY a{0} b{0} c{0} /x/\nRUN pip install -r r{0}.txt\n", at);
  for (const std::string& text : {made + "\n", pips, many, most, names, stages, variables, growing + "FROM python:$A1900\n", nested, "FROM python:3.13\nRUN " + std::string(900'000, '\''), "FROM python:3.13\nCMD " + std::string(900'000, '$'), "FROM a AS b\nFROM b AS a\nFROM a\n" + std::string("RUN \xff\xfe\n")}) {
    const auto done = migrate(text, "Dockerfile", options);
    if (done && !done->refused()) {
      EXPECT_TRUE(parse_dockerfile(done->text, "Dockerfile") || done->text.size() > (1 << 20));
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  // What is reported of them is no longer than people read.
  const auto long_one = migrate("FROM python:3.13\nCMD " + std::string(300'000, '$') + "\n", "Dockerfile", options);
  ASSERT_TRUE(long_one);
  for (const auto* list : {&long_one->changes, &long_one->breaks, &long_one->refusals}) {
    for (const MigrationPoint& each : *list) EXPECT_LT(each.what.size() + line_of(long_one->text, each.span).size(), 2'100U) << each.id;
  }
  EXPECT_GT(long_one->changes.size() + long_one->breaks.size() + long_one->refusals.size(), 0U);
  EXPECT_GT(asked, 100U);
  EXPECT_LT(asked, 100'000U) << "files beside it are asked for within bounds";
}

}  // namespace
}  // namespace ashlar::workload
